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
	int64_t ahead; /* of its clock, seconds */
};

/* Where the version that it fetched at T came from: it asks on until a server gives a good one. */
static const struct lab_zone *
asked(const struct cache *c, bool parent, int64_t t, unsigned nth, bool *strips)
{
	unsigned found = 0;

	for (unsigned i = 0; i < c->w->s->servers_count; i++) {
		enum sc_cut cut = c->w->s->servers[i].cut;
		if (cut != (parent ? SC_PARENT : SC_CHILD) || world_fault_at(c->w, i, SC_DROPS_UDP, t))
			continue;
		const struct lab_zone *z = world_served(c->w, i, t, strips, NULL);
		if (z && found++ == nth)
			return z;
	}
	return NULL;
}

static uint32_t
entry_ttl(const struct cache *c, enum entry e)
{
	switch (e) {
	case E_DS: return c->w->s->ds_ttl;
	case E_DNSKEY: return c->w->s->dnskey_ttl;
	case E_NODATA: case E_NXDOMAIN: return c->w->zones.v[0].minimum;
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
	k = c->w->keys[world_key(c->w, c->v->wrong_digest)].priv;
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

/* What the NTH server gives for E at the second FROM; -1: there is none, -2: no more. */
static int
content_of(const struct cache *c, enum entry e, int64_t from, unsigned nth, struct rr_list *out)
{
	struct name qname;
	uint16_t qtype;
	bool aa, strips;
	const struct lab_zone *z = asked(c, e == E_DS, from * USEC, nth, &strips);

	if (!z)
		return nth ? -2 : -1;
	question(c, e, &qname, &qtype);
	int rcode = lab_answer(c->a, z, &qname, qtype, out, &aa);
	if (e == E_DS)
		spoil_ds(c, out);
	size_t n = 0;
	for (size_t i = 0; i < out->n; i++)
		if (!strips || (out->v[i].type != T_RRSIG && out->v[i].type != T_NSEC))
			out->v[n++] = out->v[i];
	out->n = n;
	return rcode;
}

static int
content(const struct cache *c, enum entry e, int64_t from, struct rr_list *out)
{
	return content_of(c, e, from, 0, out);
}

/* The keys held at AT: the second when they were fetched, and the DS that they were judged by. */
static int64_t
held_keys(const struct cache *c, int64_t at, struct rr_list *ds, struct rr_list *keys)
{
	int64_t from = fetched(c, E_DNSKEY, at);

	content(c, E_DS, fetched(c, E_DS, from), ds);
	content(c, E_DNSKEY, from, keys);
	if (verdict_keys(c->memo, &c->w->s->apex, ds, keys, from + c->ahead, c->profile))
		return from;
	ds->n = 0; /* not accepted, so not kept: fetched again, from each server until one is good */
	content(c, E_DS, fetched(c, E_DS, at), ds);
	for (unsigned nth = 0; nth < 16; nth++) {
		struct rr_list other = { 0 };
		if (content_of(c, E_DNSKEY, at, nth, &other) < 0)
			break;
		*keys = other;
		if (verdict_keys(c->memo, &c->w->s->apex, ds, keys, at + c->ahead, c->profile))
			break;
	}
	return at;
}

struct said {
	int rcode;
	int64_t from;
	enum verdict verdict;
	const char *why;
	struct rr_list rrs;
};

static enum verdict
weigh(const struct cache *c, const struct rr_list *ds, const struct rr_list *keys,
	const struct rr_list *data, int64_t t, const char **why)
{
	return verdict_of(c->memo, &c->w->s->apex, ds, keys, data, t + c->ahead, c->profile, why);
}

/* Fetched again now, from each server until one gives what validates. */
static void
ask_all(const struct cache *c, enum entry e, struct said *s)
{
	struct rr_list ds = { 0 }, keys = { 0 };

	s->from = c->t;
	held_keys(c, c->t, &ds, &keys);
	for (unsigned nth = 0; nth < 16; nth++) {
		struct said other = *s;
		other.rrs = (struct rr_list){ 0 };
		other.rcode = content_of(c, e, c->t, nth, &other.rrs);
		if (other.rcode == -2)
			return;
		if (other.rcode == -1) {
			*s = other; /* nobody answers at all */
			s->verdict = VERDICT_BOGUS;
			s->why = "no server could be reached";
			return;
		}
		other.verdict = weigh(c, &ds, &keys, &other.rrs, c->t, &other.why);
		*s = other;
		if (s->verdict != VERDICT_BOGUS)
			return;
	}
}

/* Its clock says that the root's own signatures are not valid: nothing can be. */
static bool
root_fails(const struct cache *c)
{
	const struct lab_set *soa = lab_find(&c->w->root_zone, &name_root, T_SOA);
	int64_t t = c->t + c->ahead;
	struct rrsig sig;

	if (c->v->t_root_copy != TIME_UNSET && c->t * USEC < c->w->clocks_mended)
		return c->t > c->v->t_root_copy + 7 * 86400;
	return soa && soa->sigs.n && rrsig_parse(soa->sigs.v[0].rdata, soa->sigs.v[0].rdlen, &sig) &&
		(t < clock_from_rrsig(sig.inception, c->t) || t > clock_from_rrsig(sig.expiration, c->t));
}

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
			: weigh(c, &ds, &keys, &(struct rr_list){ 0 }, c->t, &s->why);
	} else {
		s->rcode = content(c, e, s->from, &s->rrs);
		s->verdict = s->rcode < 0 ? VERDICT_BOGUS
			: weigh(c, &ds, &keys, &s->rrs, s->from, &s->why);
		if (s->verdict == VERDICT_BOGUS) /* refused then, so asked again now */
			ask_all(c, e, s);
	}
	if (root_fails(c)) {
		s->verdict = VERDICT_BOGUS;
		s->why = "signature expired: trust anchor .";
	}
	if (s->rcode < 0)
		s->rcode = 2;
}

/* Extended errors as Unbound 1.17 gives them, measured (RFC 8914); the first that fits. */
static const struct {
	const char *why;
	uint16_t code;
} codes[] = { { "signature expired", 7 }, { "before inception", 8 }, { "signature missing", 10 },
	{ "no signatures", 12 }, { "signature crypto failed", 6 }, { "key", 9 }, { "DNSKEY", 9 },
	{ "DS", 9 }, { "", 6 } };

static void
add_ede(struct obs *o, const struct cache *c, const char *why)
{
	size_t i = 0;

	while (!strstr(why, codes[i].why))
		i++;
	if (c->v->ede)
		arena_push(o->arena, &o->u.resolve.ede, ((struct ede){ codes[i].code, "" }));
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
	f->ad = !root_fails(c);
	f->status = !c->v->libunbound ? NULL : f->ad ? "secure" : "bogus";
	if (!f->ad) {
		f->rcode = 2;
		f->rrs.n = 0;
		f->why = c->v->libunbound ? "signature expired: trust anchor ." : NULL;
	}
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
		c.memo = w->memo;
		c.ahead = t < w->clocks_mended ? c.v->t_clock : 0;
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
