/*
 * check_cache: validators against each other. A cached cause needs the pair: one that starts
 * fresh (our own chain, or a fresh library context) says secure, one with a cache says bogus, and
 * what that one holds (asked with checking disabled) is not what is served. EDE codes alone prove
 * nothing (signers.md 4.7, incidents: vendors disagree).
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"
#include "model/history.h"

static bool
fresh_is_secure(const struct work *w)
{
	bool fresh = false;

	for (size_t i = 0; i < w->d->n_vantages; i++) {
		const struct vantage_row *r = &w->d->vantages[i];
		if (r->v->v->type != VANTAGE_LIBUNBOUND || r->v->v->cache_kept)
			continue;
		if (r->state == V_BOGUS)
			return false;
		fresh |= r->state == V_SECURE;
	}
	return fresh || w->d->chain->state == LINK_SECURE;
}

/* What a vantage holds of TYPE, with CD=1; NULL when it did not tell. */
static const struct obs *
held(const struct vantage_row *r, enum vq q)
{
	const struct obs *o = r->v->heard[q][1];

	return o && o->u.resolve.rcode == 0 ? o : NULL;
}

static bool
in_set(const char *set, const char *one)
{
	size_t n = strlen(one);

	for (const char *p = set; *p;) {
		size_t len = strcspn(p, " ");
		if (len == n && memcmp(p, one, n) == 0)
			return true;
		p += len + (p[len] == ' ');
	}
	return false;
}

/* Is what this vantage holds one of the sets that servers give now? */
static bool
served_now(struct work *w, const struct cut_state *c, enum probe p, uint16_t type, const char *value)
{
	uint32_t ttl;

	for (size_t i = 0; c && i < c->n; i++) {
		const struct obs *o = c->servers[i].answer[p];
		if (o && o->u.answer.rcode == 0 && !o->u.answer.tc &&
			name_equal(&o->u.answer.qname, &w->s->zone) &&
			strcmp(rrset_value(w->a, &o->u.answer.rrs, &w->s->zone, type, &ttl), value) == 0)
			return true;
	}
	return false;
}

/* Old: served by nobody now, and the servers were asked. */
static bool
holds_old(struct work *w, const struct vantage_row *r, enum vq q, uint16_t type, int64_t *clears)
{
	const struct obs *o = held(r, q);
	const struct cut_state *c = type == T_DS ? w->parent : w->child;
	uint32_t ttl;

	if (!o || !c || (type == T_DS ? !w->link || !w->link->ds_known : !zone_is_signed(w)))
		return false;
	const char *value = rrset_value(w->a, &o->u.resolve.rrs, &w->s->zone, type, &ttl);
	*clears = o->t / USEC + ttl;
	return *value && *clears >= w->now && !served_now(w, c, type == T_DS ? PROBE_DS : PROBE_DNSKEY,
		type, value);
}

/* Does the set that this vantage holds lack every key that signs the data now? */
static bool
lacks_signers(const struct work *w, const struct vantage_row *r)
{
	for (size_t i = 0; i < w->link->n_data_signers; i++)
		for (size_t k = 0; k < r->n_held; k++)
			if (r->held_tags[k] == w->link->data_signers[i])
				return false;
	return w->link->n_data_signers > 0;
}

/* The last moment at which any cache may hold another DNSKEY set than the present one. */
static int64_t
last_clear(const struct version_list *l)
{
	int64_t t = TIME_UNSET;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].off != TIME_NEVER && *l->v[i].value && l->v[i].off + l->v[i].ttl > t)
			t = l->v[i].off + l->v[i].ttl;
	return t;
}

static const struct key_row *
any_row(const struct work *w, uint16_t tag)
{
	for (size_t i = 0; i < w->d->inventory->n; i++)
		if (w->d->inventory->rows[i].tag == tag)
			return &w->d->inventory->rows[i];
	return NULL;
}

/* A data key that the old sets had and the present one has not: the one that was swapped out. */
static int
swapped_out(const struct work *w, const struct vantage_row *r)
{
	for (size_t k = 0; k < r->n_held; k++) {
		const struct key_row *row = any_row(w, r->held_tags[k]);
		const struct obs *o = held(r, VQ_DNSKEY);
		bool zsk = row ? !(row->flags & DNSKEY_SEP) : false;
		for (size_t i = 0; !row && i < o->u.resolve.rrs.n; i++) {
			struct dnskey key;
			if (o->u.resolve.rrs.v[i].type == T_DNSKEY && dnskey_parse(o->u.resolve.rrs.v[i].rdata,
				    o->u.resolve.rrs.v[i].rdlen, &key) && key.tag == r->held_tags[k])
				zsk = !(key.flags & DNSKEY_SEP);
		}
		if (zsk && !served_key(w, r->held_tags[k], 0))
			return r->held_tags[k];
	}
	return -1;
}

static void
add_vantage(struct text *t, const struct vantage_row *r)
{
	text_add(t, "%s", t->len ? ", " : "");
	text_add_clean(t, r->v->v->name);
}

static int64_t
current_on(const struct version_list *l)
{
	for (size_t i = l->n; i-- > 0;)
		if (l->v[i].off == TIME_NEVER)
			return l->v[i].on;
	return TIME_UNSET;
}

/* What was seen of one kind of stale cache. */
struct stale {
	unsigned failing, waiting; /* bogus now; still living on cached answers */
	int64_t seen_until, last;  /* of the caches that we ask; of any cache, at the latest */
	int out;		   /* the ZSK that went, -1 */
};

static const char *
stale_until(struct work *w, const struct stale *s)
{
	if (s->last == TIME_UNSET || s->last <= s->seen_until + 120)
		return when(w, s->seen_until);
	return say(w, "%s, others at the latest until %s", when(w, s->seen_until), when(w, s->last));
}

static void
old_dnskey_text(struct work *w, struct finding *f, const struct stale *s)
{
	uint16_t in = w->link->n_data_signers ? w->link->data_signers[0] : 0;
	unsigned n = s->failing + s->waiting;
	int64_t on = current_on(&w->s->history.dnskey);
	const char *at = on == TIME_UNSET ? "" : say(w, " at %s", when(w, on));
	const char *ttl = w->link->dnskey_ttl ? say(w, " (DNSKEY TTL %s)", span(w, w->link->dnskey_ttl)) : "";
	const char *holds = say(w, "%u cache%s hold%s", n, n == 1 ? "" : "s", n == 1 ? "s" : "");
	const char *later = s->failing ? "" : "; they fail when their cached answers run out";

	f->since = on;
	f->until = s->last > s->seen_until ? s->last : s->seen_until;
	if (s->out >= 0)
		f->text = say(w, "ZSK swapped %d -> %u%s without pre-publishing it%s: %s the old DNSKEY set until "
			"%s%s", s->out, in, at, ttl, holds, stale_until(w, s), later);
	else
		f->text = say(w, "the DNSKEY set changed%s%s: %s the old set, which lacks key %u, until %s%s", at,
			ttl, holds, in, stale_until(w, s), later);
}

static void
prove_served(struct work *w, struct finding *f)
{
	for (size_t i = 0; w->child && i < w->child->n; i++)
		if (child_server(w, i) && key_answer_of(&w->child->servers[i])) {
			finding_prove(f, ev_answer(w, &w->child->servers[i], PROBE_DNSKEY,
				say(w, "served: DNSKEY %s", tag_set(w, &w->link->dnskey))));
			return;
		}
}

static void
old_dnskey(struct work *w)
{
	struct finding f = finding_of("cache-holds-old-dnskey", SEV_CRITICAL);
	struct stale s = { .seen_until = TIME_UNSET, .out = -1 };
	struct text who = { 0 };
	int64_t clears;

	for (size_t i = 0; i < w->d->n_vantages; i++) {
		const struct vantage_row *r = &w->d->vantages[i];
		if ((r->state != V_BOGUS && (r->state != V_SECURE || !r->counted)) ||
			!holds_old(w, r, VQ_DNSKEY, T_DNSKEY, &clears) || !lacks_signers(w, r))
			continue;
		s.failing += r->state == V_BOGUS;
		s.waiting += r->state != V_BOGUS;
		add_vantage(&who, r);
		if (clears > s.seen_until)
			s.seen_until = clears;
		if (s.out < 0)
			s.out = swapped_out(w, r);
		const struct obs *o = held(r, VQ_DNSKEY);
		finding_prove(&f, ev_resolve(w, o, say(w, "DNSKEY with CD=1: %s, %s left",
			tag_set(w, &o->u.resolve.rrs), span(w, clears - w->now))));
	}
	if (s.failing + s.waiting) {
		s.last = last_clear(&w->s->history.dnskey); /* caches that we do not ask may be younger */
		f.severity = s.failing ? SEV_CRITICAL : SEV_HIGH;
		f.keytag = s.out;
		f.server = arena_strdup(w->a, text_str(&who));
		old_dnskey_text(w, &f, &s);
		prove_served(w, &f);
		finding_add(w, f);
	}
	text_free(&who);
}

/* The DS that it holds leads to no key of the set that is served. */
static bool
old_ds_misleads(const struct work *w, const struct obs *o)
{
	for (size_t i = 0; i < o->u.resolve.rrs.n; i++) {
		struct ds d;
		if (o->u.resolve.rrs.v[i].type == T_DS &&
			ds_parse(o->u.resolve.rrs.v[i].rdata, o->u.resolve.rrs.v[i].rdlen, &d) &&
			served_key(w, d.tag, d.alg))
			return false;
	}
	return true;
}

static void
old_ds(struct work *w)
{
	struct finding f = finding_of("cache-holds-old-ds", SEV_CRITICAL);
	struct text who = { 0 };
	int64_t clears;

	for (size_t i = 0; i < w->d->n_vantages; i++) {
		const struct vantage_row *r = &w->d->vantages[i];
		const struct obs *o = held(r, VQ_DS);
		if (r->state != V_BOGUS || !holds_old(w, r, VQ_DS, T_DS, &clears) || !old_ds_misleads(w, o))
			continue;
		add_vantage(&who, r);
		if (f.until == TIME_UNSET || clears > f.until)
			f.until = clears;
		for (size_t k = 0; k < o->u.resolve.rrs.n; k++) {
			struct ds d;
			if (o->u.resolve.rrs.v[k].type == T_DS &&
				ds_parse(o->u.resolve.rrs.v[k].rdata, o->u.resolve.rrs.v[k].rdlen, &d))
				f.keytag = d.tag;
		}
		finding_prove(&f, ev_resolve(w, o, say(w, "DS with CD=1: a set that no parent server gives, "
			"%s left", span(w, clears - w->now))));
	}
	if (f.evidence.n) {
		int64_t last = last_clear(&w->s->history.ds);
		if (last > f.until)
			f.until = last;
		f.server = arena_strdup(w->a, text_str(&who));
		f.text = say(w, "caches (%s) hold an old DS set, whose key %d is no longer in the zone, until %s",
			f.server, f.keytag, when(w, f.until));
		finding_add(w, f);
	}
	text_free(&who);
}

/* A vantage whose DS is neither at the parent now nor was before: another view, not a cache. */
static void
ds_view(struct work *w, struct vantage_row *r)
{
	const struct obs *o = held(r, VQ_DS);
	uint32_t ttl;
	int64_t clears;

	if (!o || !holds_old(w, r, VQ_DS, T_DS, &clears))
		return;
	const char *value = rrset_value(w->a, &o->u.resolve.rrs, &w->s->zone, T_DS, &ttl);
	for (size_t i = 0; i < w->s->history.ds.n; i++) {
		const struct version *v = &w->s->history.ds.v[i];
		if (!v->inferred && strcmp(v->value, value) == 0)
			return; /* it was served once: a cache */
	}
	/* All of it known before would be a cache; something new besides is another view. */
	bool novel = false;
	for (size_t i = 0; i < o->u.resolve.rrs.n; i++) {
		const struct rr *rr = &o->u.resolve.rrs.v[i];
		if (rr->type != T_DS)
			continue;
		char *hex = arena_alloc(w->a, 2u * rr->rdlen + 1);
		text_hex(hex, 2u * rr->rdlen + 1, rr->rdata, rr->rdlen);
		bool there = false;
		for (size_t k = 0; k < w->s->history.ds.n; k++)
			there |= !w->s->history.ds.v[k].inferred && in_set(w->s->history.ds.v[k].value, hex);
		novel |= !there;
	}
	bool internal = r->v->v->kind && strcmp(r->v->v->kind, "internal") == 0;
	if (!novel || !internal)
		return;
	r->note = "split horizon: its DS is not the parent's; it says nothing of the Internet";
	r->counted = false;
	struct finding f = finding_of("ds-view-differs", SEV_INFO);
	f.server = text_clean_dup(w->a, r->v->v->name);
	f.text = say(w, "%s shows a DS set that no parent server gives: an internal view, not counted",
		f.server);
	finding_prove(&f, ev_resolve(w, o, "DS with CD=1: not the parent's"));
	finding_add(w, f);
}

/* Its own answers carry signatures that are valid now, and it calls them out of date. */
static void
clock_wrong(struct work *w, const struct vantage_row *r)
{
	const struct obs *bad = NULL, *cd = held(r, VQ_SOA) ? held(r, VQ_SOA) : held(r, VQ_DNSKEY);
	bool in_date = false;

	for (int q = VQ_SOA; q <= VQ_DNSKEY; q++) {
		const struct obs *o = r->v->heard[q][0];
		if (!o)
			continue;
		const struct fact_resolve *f = &o->u.resolve;
		bool dates = f->why && (strstr(f->why, "expired") || strstr(f->why, "before inception"));
		for (size_t i = 0; i < f->ede.n; i++)
			dates |= f->ede.v[i].code == 7 || f->ede.v[i].code == 8;
		if (dates)
			bad = o;
	}
	for (size_t i = 0; cd && i < cd->u.resolve.rrs.n; i++) {
		struct rrsig sig;
		if (cd->u.resolve.rrs.v[i].type != T_RRSIG ||
			!rrsig_parse(cd->u.resolve.rrs.v[i].rdata, cd->u.resolve.rrs.v[i].rdlen, &sig))
			continue;
		if (w->now < clock_from_rrsig(sig.inception, w->now) ||
			w->now > clock_from_rrsig(sig.expiration, w->now))
			return; /* it holds signatures that are out of date indeed */
		in_date = true;
	}
	if (!bad || !in_date)
		return;
	struct finding f = finding_of("resolver-clock-wrong", SEV_WARNING);
	f.server = text_clean_dup(w->a, r->v->v->name);
	f.text = say(w, "%s calls signatures out of date that are valid now: its clock is wrong", f.server);
	finding_prove(&f, ev_resolve(w, bad, "out of date, it says"));
	finding_prove(&f, ev_resolve(w, cd, "with CD=1: signatures that are valid now"));
	finding_add(w, f);
}

/* Bogus, with the present sets in its cache and a good zone: a failure remembered. */
static void
remembered(struct work *w, const struct vantage_row *r)
{
	int64_t clears;

	for (size_t i = 0; i < w->findings.n; i++)
		if ((strncmp(w->findings.v[i].id, "cache-holds", 11) == 0 ||
			strcmp(w->findings.v[i].id, "resolver-clock-wrong") == 0) &&
			w->findings.v[i].server && strstr(w->findings.v[i].server, r->v->v->name))
			return;
	if (!held(r, VQ_DNSKEY) || holds_old(w, r, VQ_DNSKEY, T_DNSKEY, &clears))
		return;
	struct finding f = finding_of("cached-servfail", SEV_WARNING);
	f.server = text_clean_dup(w->a, r->v->v->name);
	f.text = say(w, "%s fails although it holds the present keys: validators remember a failure for a "
		"minute or two", f.server);
	finding_prove(&f, ev_resolve(w, held(r, VQ_DNSKEY), say(w, "DNSKEY with CD=1: %s, as served",
		tag_set(w, &held(r, VQ_DNSKEY)->u.resolve.rrs))));
	finding_add(w, f);
}

void
check_cache(struct work *w)
{
	for (size_t i = 0; i < w->d->n_vantages; i++)
		ds_view(w, &w->d->vantages[i]);
	if (!w->link || !fresh_is_secure(w))
		return; /* a zone that is bogus for everybody is no cache's fault */
	old_dnskey(w);
	old_ds(w);
	for (size_t i = 0; i < w->d->n_vantages; i++)
		if (w->d->vantages[i].state == V_BOGUS) {
			clock_wrong(w, &w->d->vantages[i]);
			remembered(w, &w->d->vantages[i]);
		}
}
