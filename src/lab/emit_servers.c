/* What every authoritative server answers. */
#include <string.h>

#include "base/arena.h"
#include "lab/emit_parts.h"

void
lab_absent_name(const struct world *w, int64_t t, struct name *out)
{
	char label[48] = "unbogus-";

	clock_dnssec(label + 8, sizeof label - 8, t / USEC);
	if (!name_prepend(&w->s->apex, label, out))
		*out = w->s->apex;
}

/* The delegation of Z that QNAME is at or below, or NULL. */
static const struct lab_set *
delegation(const struct lab_zone *z, const struct name *qname)
{
	for (size_t i = 0; i < z->n; i++)
		if (z->v[i].type == T_NS && !name_equal(&z->v[i].owner, &z->apex) &&
			name_at_or_below(qname, &z->v[i].owner))
			return &z->v[i];
	return NULL;
}

static void
negative(struct arena *a, const struct lab_zone *z, const struct name *qname, bool exists,
	struct rr_list *out)
{
	const struct lab_set *here = lab_cover(z, qname), *wild = NULL;
	struct name star;
	size_t before = out->n;

	lab_put(a, out, lab_find(z, &z->apex, T_SOA), SECTION_AUTHORITY);
	for (size_t i = before; i < out->n; i++) /* RFC 2308 3 */
		out->v[i].ttl = out->v[i].ttl < z->minimum ? out->v[i].ttl : z->minimum;
	lab_put(a, out, here, SECTION_AUTHORITY);
	if (!exists && name_prepend(&z->apex, "*", &star))
		wild = lab_cover(z, &star);
	if (wild && wild != here)
		lab_put(a, out, wild, SECTION_AUTHORITY);
}

static void
glue(struct arena *a, const struct lab_zone *z, const struct lab_set *ns, struct rr_list *out)
{
	struct name target;

	for (size_t i = 0; i < ns->rrs.n; i++) {
		if (!name_from_wire(&target, ns->rrs.v[i].rdata, ns->rrs.v[i].rdlen))
			continue;
		lab_put(a, out, lab_find(z, &target, T_A), SECTION_ADDITIONAL);
		lab_put(a, out, lab_find(z, &target, T_AAAA), SECTION_ADDITIONAL);
	}
}

int
lab_answer(struct arena *a, const struct lab_zone *z, const struct name *qname, uint16_t qtype,
	struct rr_list *out, bool *aa)
{
	const struct lab_set *cut = delegation(z, qname);

	*aa = true;
	if (cut && !(qtype == T_DS && name_equal(qname, &cut->owner))) {
		const struct lab_set *ds = lab_find(z, &cut->owner, T_DS);
		*aa = false;
		lab_put(a, out, cut, SECTION_AUTHORITY);
		lab_put(a, out, ds ? ds : lab_find(z, &cut->owner, T_NSEC), SECTION_AUTHORITY);
		glue(a, z, cut, out);
		return 0;
	}
	const struct lab_set *set = lab_find(z, qname, qtype);
	bool exists = set || lab_name_exists(z, qname);
	const struct lab_set *alias = set ? NULL : lab_find(z, qname, T_CNAME);
	struct name target;
	if (set)
		lab_put(a, out, set, SECTION_ANSWER);
	else if (alias && alias->rrs.n) {
		lab_put(a, out, alias, SECTION_ANSWER);
		if (name_from_wire(&target, alias->rrs.v[0].rdata, alias->rrs.v[0].rdlen) &&
			name_at_or_below(&target, &z->apex))
			lab_put(a, out, lab_find(z, &target, qtype), SECTION_ANSWER);
	} else
		negative(a, z, qname, exists, out);
	return exists ? 0 : 3;
}

static uint32_t
message_size(const struct name *qname, const struct rr_list *l)
{
	uint32_t n = 12 + qname->len + 4 + 11;

	for (size_t i = 0; i < l->n; i++) /* an owner is a pointer of two octets, as compressed */
		n += 12 + l->v[i].rdlen;
	return n;
}

static void
endpoint(struct arena *a, const struct world *w, const struct sc_server *v, struct endpoint *at)
{
	static const enum role roles[] = { ROLE_ROOT, ROLE_PARENT, ROLE_CHILD, ROLE_PRIMARY };

	*at = (struct endpoint){ .ns = scenario_text(w->s, a, v->name),
		.address = arena_strdup(a, v->address), .port = 53, .role = roles[v->cut],
		.cut = v->cut == SC_ROOT ? name_root : v->cut == SC_PARENT ? w->s->above : w->s->apex };
}

static int64_t
answer_time(const struct sc_server *v, int64_t t, enum probe probe)
{
	return t + (v->rtt + probe) * 1000;
}

static void
tell_silence(const struct world *w, const struct sc_server *v, int64_t t, enum probe probe,
	const struct name *qname, uint16_t qtype, const char *why, struct text *out)
{
	struct obs *o = lab_fact(w, FACT_NO_ANSWER, answer_time(v, t, probe));
	struct fact_no_answer *f = &o->u.no_answer;

	f->probe = probe;
	endpoint(o->arena, w, v, &f->at);
	f->qname = *qname;
	f->qtype = qtype;
	f->why = why;
	f->final = true;
	f->attempts = strcmp(why, "timeout") == 0 ? 3 : 1;
	f->waited_us = strcmp(why, "timeout") == 0 ? 1200000 : v->rtt * 1000;
	lab_tell(out, o);
}

static void
strip_signatures(struct rr_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].type != T_RRSIG && l->v[i].type != T_NSEC)
			l->v[n++] = l->v[i];
	l->n = n;
}

static void
tell_answer(const struct world *w, unsigned server, int64_t t, enum probe probe,
	const struct name *qname, uint16_t qtype, struct text *out)
{
	const struct sc_server *v = &w->s->servers[server];
	const char *why;
	bool strips;
	const struct lab_zone *z = world_served(w, server, t, &strips, &why);

	if (!z || world_fault_at(w, server, SC_DROPS_UDP, t)) {
		tell_silence(w, v, t, probe, qname, qtype, z ? "timeout" : why, out);
		return;
	}
	struct obs *o = lab_fact(w, FACT_ANSWER, answer_time(v, t, probe));
	struct fact_answer *f = &o->u.answer;
	f->probe = probe;
	endpoint(o->arena, w, v, &f->at);
	f->qname = *qname;
	f->qtype = qtype;
	f->edns = f->do_bit = true;
	f->rtt_us = v->rtt * 1000 + 137 * (uint32_t)probe;
	f->rcode = lab_answer(o->arena, z, qname, qtype, &f->rrs, &f->aa);
	if (strips)
		strip_signatures(&f->rrs);
	f->size = message_size(qname, &f->rrs);
	f->tcp = f->tcp_after_tc = f->size > 1232;
	if (f->tcp && world_fault_at(w, server, SC_NO_TCP, t)) {
		obs_unref(o);
		tell_silence(w, v, t, probe, qname, qtype, "tcp-timeout", out);
		return;
	}
	lab_tell(out, o);
}

static void
ask_child(const struct world *w, unsigned v, int64_t t, struct text *out)
{
	static const struct {
		enum probe probe;
		uint16_t type;
	} apex[] = { { PROBE_SOA, T_SOA }, { PROBE_NS, T_NS }, { PROBE_DNSKEY, T_DNSKEY },
		{ PROBE_CDS, T_CDS }, { PROBE_CDNSKEY, T_CDNSKEY }, { PROBE_NSEC3PARAM, T_NSEC3PARAM },
		{ PROBE_POSITIVE, T_A }, { PROBE_NODATA, LAB_NODATA_TYPE } };
	struct name absent;

	for (size_t i = 0; i < sizeof apex / sizeof *apex; i++)
		tell_answer(w, v, t, apex[i].probe, &w->s->apex, apex[i].type, out);
	lab_absent_name(w, t, &absent);
	tell_answer(w, v, t, PROBE_NXDOMAIN, &absent, T_A, out);
}

/* A server above the zone: its own keys, and what it says of the zone below. */
static void
ask_upper(const struct world *w, unsigned v, const struct name *apex, const struct name *child,
	int64_t t, struct text *out)
{
	tell_answer(w, v, t, PROBE_REFERRAL, child, T_NS, out);
	tell_answer(w, v, t, PROBE_DS, child, T_DS, out);
	tell_answer(w, v, t, PROBE_DNSKEY, apex, T_DNSKEY, out);
}

void
lab_emit_servers(const struct world *w, int64_t t, bool first, struct text *out)
{
	for (unsigned i = 0; first && i < w->s->servers_count; i++) {
		struct obs *o = lab_fact(w, FACT_SERVER, t);
		endpoint(o->arena, w, &w->s->servers[i], &o->u.server.at);
		o->u.server.source = w->s->servers[i].cut == SC_ROOT ? "hints"
			: w->s->servers[i].cut == SC_PRIMARY ? "config" : "referral";
		lab_tell(out, o);
	}
	for (unsigned i = 0; i < w->s->servers_count; i++) {
		enum sc_cut cut = w->s->servers[i].cut;
		if (cut == SC_ROOT)
			ask_upper(w, i, &name_root, &w->s->above, t, out);
		else if (cut == SC_PARENT)
			ask_upper(w, i, &w->s->above, &w->s->apex, t, out);
		else
			ask_child(w, i, t, out);
	}
}
