/*
 * serials: the serial's way from the source of truth over the signed file and the hidden primary
 * to the servers, as rows. Comparison is RFC 1982's.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

static struct serial_row *
row_add(struct work *w, const char *stage, const char *where)
{
	struct serial_row *r = &w->d->serials[w->d->n_serials++];

	*r = (struct serial_row){ .stage = stage, .where = where, .sig_expires = TIME_UNSET,
		.seen = TIME_UNSET };
	return r;
}

static void
row_source(struct work *w)
{
	const struct obs *o = w->s->source;
	const struct fact_source *f = o ? &o->u.source : NULL;

	if (!f)
		return;
	struct serial_row *r = row_add(w, say(w, "source (%s)", text_clean_dup(w->a, f->type)),
		say(w, "%s%s%s", f->revision ? text_clean_dup(w->a, f->revision) : "",
			f->revision ? " " : "", text_clean_dup(w->a, f->path ? f->path : "")));
	r->obs = o;
	r->seen = o->t;
	r->known = f->readable && f->has_serial;
	r->serial = f->serial;
}

static void
row_file(struct work *w, const struct obs *o, const char *stage)
{
	if (!o)
		return;
	const struct fact_zonefile *f = &o->u.zonefile;
	struct serial_row *r = row_add(w, stage, text_clean_dup(w->a, f->path));
	r->obs = o;
	r->seen = o->t;
	r->known = f->readable && f->has_soa;
	r->serial = f->serial;
	for (size_t i = 0; i < f->signers.n; i++)
		if (r->sig_expires == TIME_UNSET || f->signers.v[i].first_expiration < r->sig_expires)
			r->sig_expires = f->signers.v[i].first_expiration;
}

static int64_t
server_expires(const struct work *w, const struct server_state *s)
{
	int64_t t = TIME_UNSET;

	for (size_t i = 0; i < w->d->chain->sigs.n; i++) {
		const struct sig_check *c = &w->d->chain->sigs.v[i];
		if (c->server == s && name_equal(&c->sig.signer, &w->s->zone) &&
			(t == TIME_UNSET || c->expiration < t))
			t = c->expiration;
	}
	return t;
}

static void
row_server(struct work *w, const struct server_state *s)
{
	bool primary = s->at.role == ROLE_PRIMARY;
	struct serial_row *r = row_add(w,
		primary ? "hidden primary" : text_clean_dup(w->a, server_label(w->a, w->child, s)),
		text_clean_dup(w->a, primary && s->at.ns ? say(w, "%s %s", s->at.ns, s->at.address)
							 : s->at.address));
	r->server = s;
	r->obs = s->answer[PROBE_SOA];
	r->known = server_serial(s, &w->s->zone, &r->serial);
	r->silent = s->silence[PROBE_SOA] != NULL;
	r->seen = r->obs ? r->obs->t : TIME_UNSET;
	r->sig_expires = server_expires(w, s);
}

static void
compare(struct work *w)
{
	const struct serial_row *first = NULL, *before = NULL;
	bool broke = false;

	for (size_t i = 0; i < w->d->n_serials; i++) {
		struct serial_row *r = &w->d->serials[i];
		if (!r->known)
			continue;
		if (!first)
			first = r;
		int c = serial_cmp(r->serial, first->serial, NULL);
		r->lag = c < 0 ? -1 : c > 0;
		if (before && before->serial != r->serial && !broke)
			broke = r->first_break = true;
		before = r;
	}
}

void
rows_serials(struct work *w)
{
	size_t most = 4 + (w->child ? w->child->n : 0);

	w->d->serials = arena_new_array(w->a, struct serial_row, most);
	row_source(w);
	if (!w->s->source || !w->s->source->u.source.has_serial)
		row_file(w, w->s->source_file, "source (file)");
	row_file(w, w->s->signed_file, "signed file");
	for (int primary = 1; primary >= 0; primary--)
		for (size_t i = 0; w->child && i < w->child->n; i++)
			if ((w->child->servers[i].at.role == ROLE_PRIMARY) == (primary == 1))
				row_server(w, &w->child->servers[i]);
	compare(w);
}
