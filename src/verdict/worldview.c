#include "verdict/worldview.h"

/* Records of TYPE at OWNER and the RRSIGs over them, from a server's or a vantage's answer. */
static struct rr_list
rrset_of(struct arena *a, const struct obs *o, const struct name *owner, uint16_t type)
{
	const struct rr_list *rrs = o && o->fact == FACT_ANSWER ? &o->u.answer.rrs
		: o && o->fact == FACT_RESOLVE			? &o->u.resolve.rrs
								: NULL;
	struct rr_list out = { 0 };

	for (size_t i = 0; rrs && i < rrs->n; i++) {
		const struct rr *rr = &rrs->v[i];
		struct rrsig sig;
		if (rr->section != SECTION_ANSWER || !name_equal(&rr->owner, owner))
			continue;
		if (rr->type == type || (rr->type == T_RRSIG &&
				rrsig_parse(rr->rdata, rr->rdlen, &sig) && sig.covered == type))
			arena_push(a, &out, *rr);
	}
	return out;
}

static void
add_versions(struct arena *a, struct world_list *out, const struct version_list *in,
	const struct name *zone, uint16_t type, uint32_t least_ttl, int64_t propagation,
	struct worldview *w)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct version *v = &in->v[i];
		struct world_version ver = { .rrs = rrset_of(a, v->sample, zone, type),
			/* the careful side: it may have been served since we last saw none of it */
			.on = v->on_before != TIME_UNSET && v->on_before < v->on ? v->on_before : v->on,
			.off = v->off == TIME_NEVER ? TIME_NEVER : v->off + propagation,
			.ttl = v->ttl > least_ttl ? v->ttl : least_ttl };
		w->has_inferred |= v->inferred;
		if (*v->value && ver.rrs.n == 0)
			continue; /* nothing shows its records: it cannot be judged */
		arena_push(a, out, ver);
	}
}

/* A negative answer: SOA, NSEC and NSEC3 with their signatures, from the authority section. */
static struct rr_list
denial_of(struct arena *a, const struct obs *o, uint32_t *ttl)
{
	struct rr_list out = { 0 };
	struct soa soa;

	for (size_t i = 0; o && i < o->u.answer.rrs.n; i++) {
		const struct rr *rr = &o->u.answer.rrs.v[i];
		if (rr->section != SECTION_AUTHORITY || (rr->type != T_SOA && rr->type != T_NSEC &&
				rr->type != T_NSEC3 && rr->type != T_RRSIG))
			continue;
		if (rr->type == T_SOA && soa_parse(rr->rdata, rr->rdlen, &soa))
			*ttl = rr->ttl < soa.minimum ? rr->ttl : soa.minimum; /* RFC 2308 5 */
		arena_push(a, &out, *rr);
	}
	return out;
}

static void
add_negative(struct arena *a, struct worldview *w, const struct snapshot *s)
{
	static const enum probe probes[] = { PROBE_NODATA, PROBE_NXDOMAIN };
	const struct cut_state *child = snapshot_child(s);
	const struct world_version *now = w->in.data.n ? &w->in.data.v[w->in.data.n - 1] : NULL;

	for (size_t p = 0; child && now && p < sizeof probes / sizeof *probes; p++)
		for (size_t i = 0; i < child->n; i++) {
			const struct obs *o = child->servers[i].answer[probes[p]];
			uint32_t ttl = 0;
			struct rr_list rrs = denial_of(a, o, &ttl);
			if (!rrs.n)
				continue;
			arena_push(a, &w->in.negative, ((struct world_version){ .rrs = rrs, .on = now->on,
				.off = TIME_NEVER, .ttl = ttl }));
			break; /* one server stands for all: differences are findings of their own */
		}
}

/* Largest TTL of any data record that a server of the zone gave. */
static uint32_t
largest_ttl(const struct snapshot *s)
{
	static const enum probe probes[] = { PROBE_SOA, PROBE_NS, PROBE_POSITIVE };
	const struct cut_state *child = snapshot_child(s);
	uint32_t ttl = 0;

	for (size_t i = 0; child && i < child->n; i++)
		for (size_t p = 0; p < sizeof probes / sizeof *probes; p++) {
			const struct obs *o = child->servers[i].answer[probes[p]];
			for (size_t k = 0; o && k < o->u.answer.rrs.n; k++)
				if (o->u.answer.rrs.v[k].section == SECTION_ANSWER &&
					o->u.answer.rrs.v[k].ttl > ttl)
					ttl = o->u.answer.rrs.v[k].ttl;
		}
	return ttl;
}

static uint32_t
list_ttl(const struct world_list *list)
{
	uint32_t ttl = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].ttl > ttl)
			ttl = list->v[i].ttl;
	return ttl;
}

const struct worldview *
worldview_make(struct arena *a, const struct snapshot *s, int64_t propagation)
{
	struct worldview *w = arena_new_one(a, struct worldview);
	uint32_t most;

	w->in.zone = s->zone;
	w->in.now = s->now / USEC;
	add_versions(a, &w->in.ds, &s->history.ds, &s->zone, T_DS, 0, propagation, w);
	add_versions(a, &w->in.dnskey, &s->history.dnskey, &s->zone, T_DNSKEY, 0, propagation, w);
	add_versions(a, &w->in.data, &s->history.signers, &s->zone, T_SOA, largest_ttl(s), propagation, w);
	add_negative(a, w, s);
	w->ttl_ds = list_ttl(&w->in.ds);
	w->ttl_dnskey = list_ttl(&w->in.dnskey);
	w->ttl_data = list_ttl(&w->in.data);
	most = w->ttl_ds > w->ttl_dnskey ? w->ttl_ds : w->ttl_dnskey;
	most = most > w->ttl_data ? most : w->ttl_data;
	w->proven_from = s->history.since == TIME_UNSET ? TIME_UNSET : s->history.since + most;
	return w;
}
