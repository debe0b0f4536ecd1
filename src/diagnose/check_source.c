/*
 * check_source: does what was written get out? Source of truth against the signed file against
 * the servers. A signer that makes serials of its own is ahead of the source: that is no fault.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

#define SIGNER_GRACE 900 /* seconds that a commit may take to be signed and loaded */

static bool
source_serial(const struct work *w, uint32_t *serial, int64_t *date)
{
	const struct fact_source *f = w->s->source ? &w->s->source->u.source : NULL;
	const struct fact_zonefile *z = w->s->source_file ? &w->s->source_file->u.zonefile : NULL;

	if (f && f->readable && f->has_serial) {
		*serial = f->serial;
		*date = f->date;
		return true;
	}
	if (!z || !z->readable || !z->has_soa)
		return false;
	*serial = z->serial;
	*date = z->mtime;
	return true;
}

static bool
signer_failed(const struct work *w)
{
	const struct fact_signer *s = w->s->signer ? &w->s->signer->u.signer : NULL;

	return s && ((s->has_exit && s->exit_status) || s->message_class);
}

static const struct server_state *
a_server(const struct work *w)
{
	uint32_t v;

	for (size_t i = 0; w->child && i < w->child->n; i++)
		if (child_server(w, i) && server_serial(&w->child->servers[i], &w->s->zone, &v))
			return &w->child->servers[i];
	return NULL;
}

static void
prove_source(struct work *w, struct finding *f, uint32_t source, uint32_t served)
{
	const struct fact_source *s = w->s->source ? &w->s->source->u.source : NULL;
	const struct server_state *server = a_server(w);

	if (s && s->has_serial)
		finding_prove(f, ev_source(w, say(w, "%s%sserial %u%s%s",
			s->revision ? text_clean_dup(w->a, s->revision) : "", s->revision ? ": " : "", source,
			s->author ? " by " : "", s->author ? text_clean_dup(w->a, s->author) : "")));
	else
		finding_prove(f, ev_zonefile(w, w->s->source_file, say(w, "serial %u", source)));
	if (server)
		finding_prove(f, ev_answer(w, server, PROBE_SOA, say(w, "SOA serial %u", served)));
}

static void
ahead(struct work *w)
{
	uint32_t source, served;
	int64_t date = TIME_UNSET;

	if (!source_serial(w, &source, &date) || !newest_served(w, &served) ||
		serial_cmp(source, served, NULL) <= 0)
		return;
	bool young = date != TIME_UNSET && w->now - date < SIGNER_GRACE && !signer_failed(w);
	struct finding f = finding_of("source-ahead-of-served", young ? SEV_INFO : SEV_HIGH);
	f.since = date;
	f.text = say(w, "the source has serial %u, every server %u or older%s", source, served,
		young ? "; it was changed moments ago" : "");
	prove_source(w, &f, source, served);
	finding_add(w, f);
}

static void
not_deployed(struct work *w)
{
	const struct fact_zonefile *f = w->s->signed_file ? &w->s->signed_file->u.zonefile : NULL;
	const struct server_state *server = a_server(w);
	uint32_t served, primary;

	if (!f || !f->readable || !f->has_soa || !newest_served(w, &served) ||
		serial_cmp(f->serial, served, NULL) <= 0)
		return;
	for (size_t i = 0; w->child && i < w->child->n; i++)
		if (w->child->servers[i].at.role == ROLE_PRIMARY &&
			server_serial(&w->child->servers[i], &w->s->zone, &primary) &&
			serial_cmp(primary, f->serial, NULL) >= 0)
			return; /* the primary has it: the rest is transfer */
	bool young = w->now - f->mtime < SIGNER_GRACE;
	struct finding x = finding_of("signer-output-not-deployed", young ? SEV_INFO : SEV_HIGH);
	x.since = f->mtime;
	x.subject = text_clean_dup(w->a, f->path);
	x.text = say(w, "the signed file has serial %u since %s, every server %u or older: it was not loaded%s",
		f->serial, when(w, f->mtime), served, young ? " yet" : "");
	finding_prove(&x, ev_zonefile(w, w->s->signed_file, say(w, "serial %u, written %s", f->serial,
		when(w, f->mtime))));
	if (server)
		finding_prove(&x, ev_answer(w, server, PROBE_SOA, say(w, "SOA serial %u", served)));
	finding_add(w, x);
}

void
check_source(struct work *w)
{
	ahead(w);
	not_deployed(w);
}
