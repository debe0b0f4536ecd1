#include "lab/respond.h"

#include <string.h>

#include "base/arena.h"
#include "lab/emit.h"
#include "observe/wire.h"

#define HEADER 12
#define OPT_SIZE 11
#define NOTIMP 4
#define REFUSED 5
#define FORMERR 1

struct reply {
	uint8_t *out;
	size_t n, max;
	bool full;
	unsigned count[3];
};

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put(struct reply *r, const void *p, size_t n)
{
	if (r->full || r->n + n > r->max) {
		r->full = true;
		return;
	}
	memcpy(r->out + r->n, p, n);
	r->n += n;
}

static void
put_rr(struct reply *r, const struct rr *rr)
{
	uint8_t fixed[10];
	size_t before = r->n;

	put16(fixed, rr->type);
	put16(fixed + 2, rr->class);
	put16(fixed + 4, rr->ttl >> 16);
	put16(fixed + 6, rr->ttl & 0xffff);
	put16(fixed + 8, rr->rdlen);
	put(r, rr->owner.wire, rr->owner.len);
	put(r, fixed, sizeof fixed);
	put(r, rr->rdata, rr->rdlen);
	if (r->full)
		r->n = before;
	else
		r->count[rr->section]++;
}

/* Records of SECTION; without DO no DNSSEC records but what was asked for. */
static void
put_section(struct reply *r, const struct rr_list *l, enum rr_section section, uint16_t qtype, bool dnssec)
{
	for (size_t i = 0; i < l->n; i++) {
		uint16_t type = l->v[i].type;
		bool extra = type == T_RRSIG || type == T_NSEC ||
			(type == T_DS && section == SECTION_AUTHORITY);
		if (l->v[i].section == section && (dnssec || !extra || type == qtype))
			put_rr(r, &l->v[i]);
	}
}

/* The zone that speaks for QNAME: the deepest, but of a DS the one above. */
static const struct lab_zone *
zone_for(const struct world *w, int server, int64_t t, const struct name *qname, uint16_t qtype, bool *strips)
{
	const struct name *apex[] = { &w->s->apex, &w->s->above, &name_root };
	int i = 0;

	*strips = false;
	while (i < 2 && (!name_at_or_below(qname, apex[i]) || (qtype == T_DS && name_equal(qname, apex[i]))))
		i++;
	if (server >= 0) {
		static const enum sc_cut cuts[] = { SC_CHILD, SC_PARENT, SC_ROOT };
		enum sc_cut cut = w->s->servers[server].cut;
		return cut == cuts[i] || (cut == SC_PRIMARY && i == 0)
			? world_served(w, (unsigned)server, t, strips, NULL) : NULL;
	}
	return i == 0 ? world_zone(w, t) : i == 1 ? world_parent(w, t) : &w->root_zone;
}

static size_t
finish(struct reply *r, const struct wire_message *m, int rcode, bool aa, size_t question)
{
	uint8_t opt[OPT_SIZE] = { 0, 0, T_OPT, RESPOND_UDP >> 8, RESPOND_UDP & 0xff };

	if (r->full) { /* RFC 2181 9: only the question, and the client comes again over TCP */
		r->n = question;
		memset(r->count, 0, sizeof r->count);
	}
	if (m->edns) {
		opt[7] = m->do_bit ? 0x80 : 0;
		r->max += OPT_SIZE;
		bool cut = r->full;
		r->full = false;
		put(r, opt, sizeof opt);
		r->full = cut;
		r->count[SECTION_ADDITIONAL]++;
	}
	put16(r->out, m->id);
	r->out[2] = (uint8_t)(0x80 | (m->opcode & 15) << 3 | (aa ? 4 : 0) | (r->full ? 2 : 0) | (m->rd ? 1 : 0));
	r->out[3] = (uint8_t)((m->cd ? 0x10 : 0) | (rcode & 15));
	put16(r->out + 4, question > HEADER ? 1 : 0);
	put16(r->out + 6, r->count[SECTION_ANSWER]);
	put16(r->out + 8, r->count[SECTION_AUTHORITY]);
	put16(r->out + 10, r->count[SECTION_ADDITIONAL]);
	return r->n;
}

static size_t
answer(const struct world *w, int server, int64_t t, const struct wire_message *m, bool tcp, struct reply *r,
	struct arena *a)
{
	bool dnssec = m->edns && m->do_bit, aa = true, strips;
	size_t room = tcp ? RESPOND_MAX : !m->edns || m->edns_size < 512 ? 512
		: m->edns_size > RESPOND_UDP ? RESPOND_UDP : m->edns_size;
	struct rr_list rrs = { 0 };
	uint8_t tail[4];

	r->max = room - (m->edns ? OPT_SIZE : 0);
	if (!m->qname.len)
		return finish(r, m, FORMERR, false, r->n);
	put(r, m->qname.wire, m->qname.len);
	put16(tail, m->qtype);
	put16(tail + 2, m->qclass);
	put(r, tail, sizeof tail);
	size_t question = r->n;
	if (m->opcode)
		return finish(r, m, NOTIMP, false, question);
	const struct lab_zone *z = zone_for(w, server, t, &m->qname, m->qtype, &strips);
	if (!z || m->qclass != 1)
		return finish(r, m, REFUSED, false, question);
	int rcode = lab_answer(a, z, &m->qname, m->qtype, &rrs, &aa);
	for (int section = SECTION_ANSWER; section <= SECTION_AUTHORITY; section++)
		put_section(r, &rrs, (enum rr_section)section, m->qtype, dnssec && !strips);
	bool cut = r->full; /* what is additional may be left out, RFC 2181 9 */
	put_section(r, &rrs, SECTION_ADDITIONAL, m->qtype, dnssec && !strips);
	r->full = cut;
	return finish(r, m, rcode, aa, question);
}

size_t
respond(const struct world *w, int server, int64_t t, const uint8_t *q, size_t n, bool tcp, uint8_t *out)
{
	struct reply r = { .out = out, .n = HEADER };
	struct wire_message m;
	size_t len = 0;

	if (server >= 0 && (world_fault_at(w, (unsigned)server, SC_DOWN, t) ||
			(tcp ? world_fault_at(w, (unsigned)server, SC_NO_TCP, t)
			     : world_fault_at(w, (unsigned)server, SC_DROPS_UDP, t))))
		return 0;
	struct arena *a = arena_new();
	memset(out, 0, HEADER);
	if (n >= HEADER && !(q[2] & 0x80) && wire_parse(a, q, n, &m, NULL))
		len = answer(w, server, t, &m, tcp, &r, a);
	arena_free(a);
	return len;
}
