#include "observe/wire.h"

#include <string.h>

#define HEADER 12u
#define CLASS_IN 1u
#define EDNS_NSID 3u
#define EDNS_COOKIE 10u
#define EDNS_EDE 15u
#define T_SIG 24u
#define T_TSIG 250u

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

size_t
wire_query(uint8_t out[WIRE_QUERY_MAX], const struct wire_question *q)
{
	uint8_t *p = out;

	p = put16(p, q->id);
	p = put16(p, (q->rd ? 0x0100u : 0) | (q->cd ? 0x0010u : 0));
	p = put16(p, 1);
	p = put16(p, 0);
	p = put16(p, 0);
	p = put16(p, q->dnssec ? 1 : 0);
	memcpy(p, q->qname.wire, q->qname.len);
	p += q->qname.len;
	p = put16(p, q->qtype);
	p = put16(p, CLASS_IN);
	if (q->dnssec) {
		*p++ = 0;
		p = put16(p, T_OPT);
		p = put16(p, WIRE_EDNS_SIZE);
		p = put16(p, 0);
		p = put16(p, 0x8000); /* DO */
		p = put16(p, q->nsid ? 4 : 0);
		if (q->nsid) {
			p = put16(p, EDNS_NSID);
			p = put16(p, 0);
		}
	}
	return (size_t)(p - out);
}

size_t
wire_name(const uint8_t *p, size_t n, size_t at, struct name *out)
{
	size_t end = 0, limit = at; /* every pointer leads before LIMIT, where the last part began */
	unsigned jumps = 0, len = 0;

	for (;;) {
		if (at >= n)
			return 0;
		unsigned c = p[at];
		if (c >= 0xc0) {
			if (at + 1 >= n || ++jumps > WIRE_POINTERS_MAX)
				return 0;
			if (end == 0)
				end = at + 2;
			at = (c & 0x3f) << 8 | p[at + 1];
			if (at >= limit || at < HEADER)
				return 0;
			limit = at;
			continue;
		}
		if (c > 63 || at + 1 + c > n || len + 1 + c + (c != 0) > NAME_MAX_WIRE)
			return 0;
		memcpy(out->wire + len, p + at, 1 + c);
		len += 1 + c;
		at += 1 + c;
		if (c == 0)
			break;
	}
	out->len = (uint8_t)len;
	return end ? end : at;
}

enum wire_match
wire_matches(const uint8_t *p, size_t n, const struct wire_question *q)
{
	struct name name;
	size_t at;

	if (n < HEADER || get16(p) != q->id || !(p[2] & 0x80) || (p[2] & 0x78))
		return WIRE_OTHER;
	if (get16(p + 4) == 0)
		return WIRE_GARBLED;
	at = wire_name(p, n, HEADER, &name);
	if (at == 0 || at + 4 > n)
		return WIRE_GARBLED;
	if (get16(p + 4) != 1 || get16(p + at) != q->qtype || get16(p + at + 2) != CLASS_IN ||
		!name_equal(&name, &q->qname))
		return WIRE_OTHER;
	return WIRE_MATCH;
}

/*
 * Types whose RDATA may hold compressed names (RFC 3597 4; RFC 2782 forbids SRV's but asks to
 * read them): PREFIX octets, then NAMES names, then octets up to the end.
 * To add a type: a row here; but no type defined after RFC 3597 may need one.
 */
static const struct layout {
	uint16_t type;
	uint8_t prefix, names, tail; /* tail: exact octets after the names */
} layouts[] = {
	{ T_NS, 0, 1, 0 }, { 3, 0, 1, 0 }, { 4, 0, 1, 0 }, { T_CNAME, 0, 1, 0 }, { T_SOA, 0, 2, 20 },
	{ 7, 0, 1, 0 }, { 8, 0, 1, 0 }, { 9, 0, 1, 0 }, { T_PTR, 0, 1, 0 }, { 14, 0, 2, 0 },
	{ T_MX, 2, 1, 0 }, { 17, 0, 2, 0 }, { 18, 2, 1, 0 }, { 21, 2, 1, 0 }, { 26, 2, 2, 0 },
	{ T_SRV, 6, 1, 0 }, { 36, 2, 1, 0 }, { T_DNAME, 0, 1, 0 },
};

static const struct layout *
layout_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

static bool
copy_rdata(struct arena *a, const uint8_t *p, size_t at, size_t rdlen, struct rr *rr)
{
	const struct layout *l = layout_of(rr->type);
	uint8_t buf[6 + 2 * NAME_MAX_WIRE + 20];
	size_t end = at + rdlen, o = 0;
	struct name name;

	if (!l) {
		rr->rdlen = (uint16_t)rdlen;
		rr->rdata = arena_memdup(a, p + at, rdlen);
		return true;
	}
	if (rdlen < l->prefix)
		return false;
	memcpy(buf, p + at, l->prefix);
	o = l->prefix;
	at += l->prefix;
	for (unsigned i = 0; i < l->names; i++) {
		/* END bounds what is read here; a pointer may lead anywhere before */
		at = wire_name(p, end, at, &name);
		if (at == 0 || at > end)
			return false;
		memcpy(buf + o, name.wire, name.len);
		o += name.len;
	}
	if (end - at != l->tail)
		return false;
	memcpy(buf + o, p + at, l->tail);
	o += l->tail;
	rr->rdlen = (uint16_t)o;
	rr->rdata = arena_memdup(a, buf, o);
	return true;
}

static const char *
foreign(struct arena *a, const uint8_t *p, size_t n)
{
	return arena_strndup(a, (const char *)p, n);
}

/* One EDNS option (RFC 6891 6.1.2); unknown ones are counted and passed over. */
static void
read_option(struct arena *a, unsigned code, const uint8_t *p, size_t n, struct wire_message *m)
{
	switch (code) {
	case EDNS_NSID:
		if (m->nsid)
			break;
		m->nsid = n ? arena_memdup(a, p, n) : arena_alloc(a, 1);
		m->nsid_len = (uint16_t)n;
		break;
	case EDNS_COOKIE:
		if (m->cookie || n < 8 || n > 40)
			break;
		m->cookie = arena_memdup(a, p, n);
		m->cookie_len = (uint16_t)n;
		break;
	case EDNS_EDE:
		if (n >= 2)
			arena_push(a, &m->ede, ((struct ede){ .code = get16(p), .text = foreign(a, p + 2, n - 2) }));
		break;
	default:
		break;
	}
}

static bool
read_opt(struct arena *a, const uint8_t *p, size_t n, const uint8_t *fixed, struct wire_message *m,
	struct err *e)
{
	size_t at = 0;

	if (m->edns)
		return err_set(e, ERR_PARSE, "reply", "RFC 6891 6.1.1", "one OPT record", "more than one");
	m->edns = true;
	m->edns_size = get16(fixed + 2);
	m->rcode |= fixed[4] << 4;
	m->edns_version = fixed[5];
	m->do_bit = (fixed[6] & 0x80) != 0;
	while (at < n) {
		if (n - at < 4 || n - at - 4 < get16(p + at + 2))
			return err_set(e, ERR_PARSE, "reply", "RFC 6891 6.1.2",
				"options inside OPT's RDATA", "option %u runs over its end", m->options + 1);
		if (++m->options > WIRE_OPTIONS_MAX)
			return err_set(e, ERR_LIMIT, "reply", "limit", "at most 32 EDNS options", "more");
		read_option(a, get16(p + at), p + at + 4, get16(p + at + 2), m);
		at += 4u + get16(p + at + 2);
	}
	return true;
}

/* One record at *AT; false with E. */
static bool
read_rr(struct arena *a, const uint8_t *p, size_t n, size_t *at, enum rr_section section,
	struct wire_message *m, struct err *e)
{
	struct rr rr = { .section = section };
	size_t here = wire_name(p, n, *at, &rr.owner), rdlen;

	if (here == 0)
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 4.1.4", "an owner name",
			"a broken name at octet %zu", *at);
	if (n - here < 10)
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 4.1.3", "a whole record",
			"the message ends at octet %zu", n);
	rr.type = get16(p + here);
	rr.class = get16(p + here + 2);
	rr.ttl = get32(p + here + 4);
	if (rr.ttl > INT32_MAX) /* RFC 2181 8 */
		rr.ttl = 0;
	rdlen = get16(p + here + 8);
	if (n - here - 10 < rdlen)
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 4.1.3", "RDATA inside the message",
			"%zu octets announced, %zu there", rdlen, n - here - 10);
	*at = here + 10 + rdlen;
	if (rr.type == T_OPT) {
		if (section != SECTION_ADDITIONAL || rr.owner.len != 1)
			return err_set(e, ERR_PARSE, "reply", "RFC 6891 6.1.1", "OPT of the root in ADDITIONAL",
				"OPT elsewhere");
		return read_opt(a, p + here + 10, rdlen, p + here, m, e);
	}
	if (rr.type == T_TSIG || rr.type == T_SIG || rr.class != CLASS_IN) {
		m->more++;
		return true;
	}
	if (!copy_rdata(a, p, here + 10, rdlen, &rr))
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 3.3", "RDATA of its type",
			"broken RDATA of type %u at octet %zu", rr.type, here + 10);
	arena_push(a, &m->rrs, rr);
	return true;
}

static bool
read_head(const uint8_t *p, size_t n, size_t *at, struct wire_message *m, struct err *e)
{
	if (n < HEADER || n > WIRE_MAX)
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 4.1.1", "12 to 65535 octets", "%zu", n);
	m->id = get16(p);
	m->qr = p[2] & 0x80;
	m->opcode = p[2] >> 3 & 15;
	m->aa = p[2] & 0x04;
	m->tc = p[2] & 0x02;
	m->rd = p[2] & 0x01;
	m->ra = p[3] & 0x80;
	m->ad = p[3] & 0x20;
	m->cd = p[3] & 0x10;
	m->rcode = p[3] & 15;
	*at = HEADER;
	if (get16(p + 4) > 1)
		return err_set(e, ERR_PARSE, "reply", "RFC 9619", "one question", "%u", get16(p + 4));
	if (get16(p + 4) == 0)
		return true;
	*at = wire_name(p, n, HEADER, &m->qname);
	if (*at == 0 || n - *at < 4)
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 4.1.2", "a whole question", "a broken one");
	m->qtype = get16(p + *at);
	m->qclass = get16(p + *at + 2);
	*at += 4;
	return true;
}

bool
wire_parse(struct arena *a, const uint8_t *p, size_t n, struct wire_message *m, struct err *e)
{
	size_t at = 0, total = 0;

	*m = (struct wire_message){ 0 };
	if (!read_head(p, n, &at, m, e))
		return false;
	for (int s = 0; s < 3; s++)
		total += get16(p + 6 + 2 * s);
	if (total > WIRE_RRS_MAX)
		return err_set(e, ERR_LIMIT, "reply", "limit", "at most 4096 records", "%zu", total);
	for (int s = 0; s < 3; s++)
		for (unsigned i = get16(p + 6 + 2 * s); i > 0; i--)
			if (!read_rr(a, p, n, &at, (enum rr_section)s, m, e))
				return false;
	if (at != n)
		return err_set(e, ERR_PARSE, "reply", "RFC 1035 4.1", "nothing after the last record",
			"%zu octets", n - at);
	return true;
}
