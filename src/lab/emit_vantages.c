/*
 * What validators say out of their caches. A cache fetched each thing at some moment and does so
 * again whenever its TTL has run out; what it fetched is judged then, with the keys that it held
 * then, and kept for its TTL (signers.md 4.7 C3). What was bogus is fetched again each time.
 */
#include <string.h>

#include "base/arena.h"
#include "lab/emit_parts.h"
#include "verdict/verdict.h"

enum entry { E_SOA, E_POSITIVE, E_NODATA, E_NXDOMAIN, E_DNSKEY, E_DS, E_COUNT }; /* as enum vq */

struct cache {
	const struct world *w;
	const struct sc_vantage *v;
	struct arena *a;
	struct memo *memo;
	const struct profile *profile;
	int64_t t; /* seconds */
};

static uint32_t
entry_ttl(const struct cache *c, enum entry e)
{
	switch (e) {
	case E_DS: return c->w->s->ds_ttl;
	case E_DNSKEY: return c->w->s->dnskey_ttl;
	case E_NODATA: case E_NXDOMAIN: return c->w->zones[0].minimum;
	default: return c->w->s->data_ttl;
	}
}

/* When the cache fetched E, as seen at T (seconds). */
static int64_t
fetched(const struct cache *c, enum entry e, int64_t t)
{
	int64_t ttl = entry_ttl(c, e), since = t - c->v->t_filled[e] / USEC;

	if (c->v->fresh || ttl <= 0)
		return t;
	return t - ((since % ttl) + ttl) % ttl;
}

static void
question(const struct cache *c, enum entry e, struct name *qname, uint16_t *qtype)
{
	static const uint16_t types[E_COUNT] = { T_SOA, T_A, LAB_NODATA_TYPE, T_A, T_DNSKEY, T_DS };

	*qname = c->w->s->apex;
	*qtype = types[e];
	if (e == E_NXDOMAIN)
		lab_absent_name(c->w, c->t * USEC, qname);
}

/* Another digest for one key's DS, as a private view of the parent gives it: unsigned. */
static void
spoil_ds(const struct cache *c, struct rr_list *ds)
{
	const struct privkey *k;
	size_t n = 0;

	if (!c->v->wrong_digest || c->t * USEC < c->v->t_wrong || c->t * USEC >= c->v->t_wrong_until)
		return;
	k = c->w->keys[scenario_key(c->w->s, c->v->wrong_digest) - c->w->s->keys];
	for (size_t i = 0; i < ds->n; i++) {
		struct rr rr = ds->v[i];
		if (rr.type != T_DS)
			continue;
		if (rr.rdlen > 4 && (rr.rdata[0] << 8 | rr.rdata[1]) == k->tag) {
			uint8_t *other = arena_memdup(c->a, rr.rdata, rr.rdlen);
			for (size_t b = 4; b < rr.rdlen; b++)
				other[b] ^= 0x5a;
			rr.rdata = other;
		}
		ds->v[n++] = rr;
	}
	ds->n = n;
}

/* What was served for E at the second FROM. */
static int
content(const struct cache *c, enum entry e, int64_t from, struct rr_list *out)
{
	struct name qname;
	uint16_t qtype;
	bool aa;
	const struct lab_zone *z = e == E_DS ? world_parent(c->w, from * USEC) : world_zone(c->w, from * USEC);

	question(c, e, &qname, &qtype);
	int rcode = lab_answer(c->a, z, &qname, qtype, out, &aa);
	if (e == E_DS)
		spoil_ds(c, out);
	return rcode;
}

/* The keys held at AT: the second when they were fetched, and the DS that they were judged by. */
static int64_t
held_keys(const struct cache *c, int64_t at, struct rr_list *ds, struct rr_list *keys)
{
	int64_t from = fetched(c, E_DNSKEY, at);

	content(c, E_DS, fetched(c, E_DS, from), ds);
	content(c, E_DNSKEY, from, keys);
	if (verdict_keys(c->memo, &c->w->s->apex, ds, keys, from, c->profile) || from == at)
		return from;
	ds->n = keys->n = 0; /* not accepted, so not kept: fetched again */
	content(c, E_DS, fetched(c, E_DS, at), ds);
	content(c, E_DNSKEY, at, keys);
	return at;
}

struct said {
	int rcode;
	int64_t from;
	enum verdict verdict;
	const char *why;
	struct rr_list rrs;
};

static void
judge(const struct cache *c, enum entry e, int64_t at, struct said *s)
{
	struct rr_list ds = { 0 }, keys = { 0 };

	s->rrs.n = 0;
	s->why = "";
	s->from = e == E_DNSKEY || e == E_DS ? at : fetched(c, e, at);
	int64_t held = held_keys(c, s->from, &ds, &keys);
	if (e == E_DNSKEY || e == E_DS) {
		s->from = e == E_DNSKEY ? held : fetched(c, E_DS, at);
		s->rcode = content(c, e, s->from, &s->rrs);
		s->verdict = e == E_DS ? VERDICT_SECURE
			: verdict_of(c->memo, &c->w->s->apex, &ds, &keys, &(struct rr_list){ 0 }, c->t,
				  c->profile, &s->why);
		return;
	}
	s->rcode = content(c, e, s->from, &s->rrs);
	s->verdict = verdict_of(c->memo, &c->w->s->apex, &ds, &keys, &s->rrs, s->from, c->profile, &s->why);
	if (s->verdict != VERDICT_BOGUS || s->from == c->t)
		return;
	s->rrs.n = ds.n = keys.n = 0; /* refused then, so asked again now */
	s->from = c->t;
	held_keys(c, c->t, &ds, &keys);
	s->rcode = content(c, e, c->t, &s->rrs);
	s->verdict = verdict_of(c->memo, &c->w->s->apex, &ds, &keys, &s->rrs, c->t, c->profile, &s->why);
}

static void
add_ede(struct obs *o, const struct cache *c, const char *why)
{
	struct ede e = { strstr(why, "expired") ? 7 : strstr(why, "key") ? 9 : 6, "" };

	if (c->v->ede)
		arena_push(o->arena, &o->u.resolve.ede, e);
}

static struct obs *
resolve_fact(const struct cache *c, enum entry e, bool cd)
{
	struct obs *o = lab_fact(c->w, FACT_RESOLVE, c->t * USEC + (2 * e + cd) * 1000 + c->v->rtt * 1000);
	struct fact_resolve *f = &o->u.resolve;

	f->vantage = arena_strdup(o->arena, c->v->name);
	f->question = (enum vq)e;
	f->cd = cd;
	f->rtt_us = c->v->rtt * 1000;
	question(c, e, &f->qname, &f->qtype);
	return o;
}

static void
tell_said(const struct cache *c, enum entry e, bool cd, const struct said *s, struct text *out)
{
	struct obs *o = resolve_fact(c, e, cd);
	struct fact_resolve *f = &o->u.resolve;
	bool bogus = s->verdict == VERDICT_BOGUS && !cd;
	int64_t age = c->t - s->from;

	f->rcode = bogus ? 2 : s->rcode;
	f->ad = !cd && s->verdict == VERDICT_SECURE;
	if (e == E_DS && c->v->wrong_digest && c->t * USEC >= c->v->t_wrong && c->t * USEC < c->v->t_wrong_until)
		f->ad = false; /* data of its own, not signed */
	if (c->v->libunbound && !cd)
		f->status = verdict_name(s->verdict);
	if (bogus) {
		f->why = c->v->libunbound ? s->why : NULL;
		add_ede(o, c, s->why);
	}
	for (size_t i = 0; !bogus && i < s->rrs.n; i++) {
		struct rr rr = s->rrs.v[i];
		uint32_t ttl = entry_ttl(c, e) < rr.ttl ? entry_ttl(c, e) : rr.ttl;
		rr.ttl = ttl > age ? ttl - (uint32_t)age : 0;
		arena_push(o->arena, &f->rrs, rr);
	}
	lab_tell(out, o);
}

static void
tell_silence(const struct cache *c, enum entry e, bool cd, struct text *out)
{
	struct obs *o = resolve_fact(c, e, cd);

	o->u.resolve.rcode = -1;
	o->u.resolve.why = "timeout 13.0s";
	o->u.resolve.rtt_us = 0;
	lab_tell(out, o);
}

/* A name that is known to validate: the root's SOA. */
static void
tell_known_good(const struct cache *c, struct text *out)
{
	struct obs *o = resolve_fact(c, E_SOA, false);
	struct fact_resolve *f = &o->u.resolve;
	bool aa;

	f->question = VQ_GOOD;
	f->qname = name_root;
	f->rcode = lab_answer(o->arena, &c->w->root_zone, &name_root, T_SOA, &f->rrs, &aa);
	f->ad = true;
	f->status = c->v->libunbound ? "secure" : NULL;
	lab_tell(out, o);
}

static void
declare(const struct world *w, const struct sc_vantage *v, int64_t t, struct text *out)
{
	struct obs *o = lab_fact(w, FACT_VANTAGE, t);

	o->u.vantage = (struct fact_vantage){ .name = v->name,
		.type = v->libunbound ? VANTAGE_LIBUNBOUND : VANTAGE_RESOLVER, .kind = v->kind,
		.address = v->address, .port = v->address ? 53 : 0,
		.cache_kept = v->libunbound && !v->fresh, .counted = v->counted,
		.cache_since = v->t_since != TIME_UNSET && v->t_since <= t ? v->t_since / USEC : TIME_UNSET };
	lab_tell(out, o);
}

void
lab_emit_vantages(const struct world *w, int64_t t, bool first, struct text *out)
{
	for (unsigned i = 0; first && i < w->s->vantages_count; i++)
		declare(w, &w->s->vantages[i], t, out);
	for (unsigned i = 0; i < w->s->vantages_count; i++) {
		struct cache c = { .w = w, .v = &w->s->vantages[i], .a = arena_new(), .t = t / USEC };
		c.memo = memo_new(c.a);
		c.profile = profile_find("strict");
		for (int e = 0; e < E_COUNT; e++) {
			struct said s = { 0 };
			bool silent = t >= c.v->t_silent;
			if (!silent)
				judge(&c, (enum entry)e, c.t, &s);
			for (int cd = 0; cd < 2; cd++)
				if (silent)
					tell_silence(&c, (enum entry)e, cd, out);
				else
					tell_said(&c, (enum entry)e, cd, &s, out);
		}
		if (t < c.v->t_silent)
			tell_known_good(&c, out);
		arena_free(c.a);
	}
}
