/* wire: what we ask, and that no reply of anybody can do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "observe/wire.h"

struct message {
	uint8_t v[70000];
	size_t n;
};

static void
add(struct message *m, const void *p, size_t n)
{
	memcpy(m->v + m->n, p, n);
	m->n += n;
}

static void
add16(struct message *m, unsigned v)
{
	add(m, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

/* Header with counts and the question "ex.org. SOA". */
static void
begin(struct message *m, unsigned an, unsigned ns, unsigned ar)
{
	m->n = 0;
	add16(m, 0x1234);
	add16(m, 0x8400);
	add16(m, 1);
	add16(m, an);
	add16(m, ns);
	add16(m, ar);
	add(m, "\2ex\3org", 8);
	add16(m, T_SOA);
	add16(m, 1);
}

static void
add_rr(struct message *m, const char *owner, size_t owner_len, unsigned type, const void *rdata, size_t n)
{
	add(m, owner, owner_len);
	add16(m, type);
	add16(m, 1);
	add16(m, 0);
	add16(m, 300);
	add16(m, (unsigned)n);
	add(m, rdata, n);
}

/* Parses an exact copy on the heap, so that ASan sees every octet that is read behind it. */
static bool
parse(const uint8_t *p, size_t n, struct wire_message *m, struct arena *a)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct err e = { 0 };

	memcpy(copy, p, n);
	bool ok = wire_parse(a, copy, n, m, &e);
	assert_true(ok || (e.code == ERR_PARSE || e.code == ERR_LIMIT));
	assert_true(ok || (*e.rule && *e.seen));
	free(copy);
	return ok;
}

static bool
parses(const struct message *x)
{
	struct arena *a = arena_new();
	struct wire_message m;
	bool ok = parse(x->v, x->n, &m, a);

	arena_free(a);
	return ok;
}

/* A good answer: compressed SOA and MX, RRSIG-like unknown type, OPT with NSID and EDE. */
static void
good(struct message *m)
{
	static const char soa[] = "\3ns1\xc0\x0c\1h\xc0\x0c\0\0\0\7\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4";

	begin(m, 2, 1, 1);
	add_rr(m, "\xc0\x0c", 2, T_SOA, soa, sizeof soa - 1);
	add_rr(m, "\xc0\x0c", 2, T_MX, "\0\12\4mail\xc0\x0f", 9);
	add_rr(m, "\xc0\x0c", 2, 65280, "\xc0\x0c\x99", 3);
	add(m, "\0\0\x29\x04\xd0\0\0\x80\0\0\x0e\0\3\0\3abc\0\x0f\0\3\0\6x", 25);
}

static void
test_query(void **state)
{
	struct wire_question q = { .id = 0xabcd, .qtype = T_DNSKEY, .cd = true, .dnssec = true, .nsid = true };
	uint8_t out[WIRE_QUERY_MAX];

	(void)state;
	assert_true(name_from_text(&q.qname, "ex.org.", NULL));
	size_t n = wire_query(out, &q);
	assert_int_equal(n, 12 + 8 + 4 + 11 + 4);
	assert_memory_equal(out, "\xab\xcd\x00\x10\0\1\0\0\0\0\0\1\2ex\3org\0\0\x30\0\1"
		"\0\0\x29\x04\xd0\0\0\x80\0\0\4\0\3\0\0", n);
	out[2] |= 0x80;
	assert_int_equal(wire_matches(out, n, &q), WIRE_MATCH);
	out[13] ^= 0x20; /* the case of the name does not matter */
	assert_int_equal(wire_matches(out, n, &q), WIRE_MATCH);
}

static void
test_matches(void **state)
{
	struct wire_question q = { .id = 0x1234, .qtype = T_SOA };
	struct message m;

	(void)state;
	assert_true(name_from_text(&q.qname, "ex.org.", NULL));
	good(&m);
	assert_int_equal(wire_matches(m.v, m.n, &q), WIRE_MATCH);
	/* every single changed bit of header (ID, QR, opcode), count and question is another answer */
	for (size_t i = 0; i < 24; i++)
		for (int bit = 0; bit < 8; bit++) {
			bool matters = i < 2 || (i == 2 && bit >= 3) || i == 4 || i == 5 || i >= 12;
			bool letter_case = bit == 5 && i >= 13 && i < 19 && i != 15;
			if (!matters || letter_case)
				continue;
			m.v[i] ^= (uint8_t)(1 << bit);
			assert_int_not_equal(wire_matches(m.v, m.n, &q), WIRE_MATCH);
			m.v[i] ^= (uint8_t)(1 << bit);
		}
	for (size_t n = 0; n < 24; n++)
		assert_int_not_equal(wire_matches(m.v, n, &q), WIRE_MATCH);
}

static void
test_good(void **state)
{
	struct message x;
	struct wire_message m;
	struct arena *a = arena_new();
	struct soa soa;
	char text[NAME_MAX_TEXT];

	(void)state;
	good(&x);
	assert_true(parse(x.v, x.n, &m, a));
	assert_int_equal(m.rrs.n, 3);
	assert_true(m.aa && m.edns && m.do_bit);
	assert_true(soa_parse(m.rrs.v[0].rdata, m.rrs.v[0].rdlen, &soa));
	assert_string_equal(name_to_text(text, &soa.mname), "ns1.ex.org.");
	assert_int_equal(soa.serial, 7);
	assert_int_equal(m.rrs.v[1].rdlen, 2 + 10);
	assert_memory_equal(m.rrs.v[1].rdata, "\0\12\4mail\3org", 12);
	assert_memory_equal(m.rrs.v[2].rdata, "\xc0\x0c\x99", 3); /* RFC 3597: no names in there */
	assert_int_equal(m.rrs.v[2].section, SECTION_AUTHORITY);
	assert_int_equal(m.nsid_len, 3);
	assert_int_equal(m.ede.n, 1);
	assert_int_equal(m.ede.v[0].code, 6);
	assert_string_equal(m.ede.v[0].text, "x");
	arena_free(a);
}

static void
test_truncated_everywhere(void **state)
{
	struct message x;

	(void)state;
	good(&x);
	assert_true(parses(&x));
	size_t whole = x.n;
	for (x.n = 0; x.n < whole; x.n++)
		assert_false(parses(&x));
	x.n = whole + 1; /* and something behind the end */
	assert_false(parses(&x));
}

static void
test_every_octet_changed(void **state)
{
	struct message x;

	(void)state;
	good(&x);
	for (size_t i = 0; i < x.n; i++) {
		uint8_t was = x.v[i];
		for (int v = 0; v < 256; v++) {
			x.v[i] = (uint8_t)v;
			parses(&x); /* either is right; what counts is that nothing is read outside */
		}
		x.v[i] = was;
	}
}

static void
test_pointers(void **state)
{
	struct message x;
	uint8_t loop[2];

	(void)state;
	/* to itself, forwards, into the header, over the end */
	for (unsigned to = 0; to < 0x4000; to += to < 64 ? 1 : 251) {
		begin(&x, 1, 0, 0);
		size_t here = x.n;
		loop[0] = (uint8_t)(0xc0 | to >> 8);
		loop[1] = (uint8_t)to;
		add_rr(&x, (char *)loop, 2, T_A, "\1\2\3\4", 4);
		if (to < 12 || to >= here)
			assert_false(parses(&x));
		else
			parses(&x);
	}
	/* two that point at each other */
	begin(&x, 2, 0, 0);
	unsigned first = (unsigned)x.n, second = first + 2 + 10 + 4;
	add_rr(&x, (char[]){ (char)0xc0, (char)second }, 2, T_A, "\1\2\3\4", 4);
	add_rr(&x, (char[]){ (char)0xc0, (char)first }, 2, T_A, "\1\2\3\4", 4);
	assert_false(parses(&x));
	/* reserved label types */
	for (int c = 64; c < 192; c++) {
		begin(&x, 1, 0, 0);
		add_rr(&x, (char[]){ (char)c, 0 }, 2, T_A, "\1\2\3\4", 4);
		assert_false(parses(&x));
	}
}

/* A chain of N pointers, each to the one before it. */
static bool
chain_parses(unsigned n)
{
	struct message x;
	uint8_t rdata[1024];

	begin(&x, 2, 0, 0);
	unsigned at = (unsigned)x.n + 11;
	for (unsigned i = 0; i < n; i++) {
		unsigned to = i == 0 ? 12 : at + 2 * (i - 1);
		rdata[2 * i] = (uint8_t)(0xc0 | to >> 8);
		rdata[2 * i + 1] = (uint8_t)to;
	}
	add_rr(&x, "\0", 1, 65280, rdata, 2 * n);
	unsigned last = at + 2 * (n - 1);
	add_rr(&x, (char[]){ (char)(0xc0 | last >> 8), (char)last }, 2, T_A, "\1\2\3\4", 4);
	return parses(&x);
}

static void
test_limits(void **state)
{
	struct message x;

	(void)state;
	assert_true(chain_parses(WIRE_POINTERS_MAX - 1));
	assert_false(chain_parses(WIRE_POINTERS_MAX));
	for (unsigned n = 4095; n <= 4098; n++) {
		begin(&x, n, 0, 0);
		for (unsigned i = 0; i < n; i++)
			add_rr(&x, "\0", 1, 65280, "", 0);
		assert_int_equal(parses(&x), n <= WIRE_RRS_MAX);
	}
	for (unsigned n = 31; n <= 33; n++) {
		begin(&x, 0, 0, 1);
		add(&x, "\0\0\x29\x04\xd0\0\0\0\0", 9);
		add16(&x, 4 * n);
		for (unsigned i = 0; i < n; i++)
			add(&x, "\xff\xf0\0\0", 4);
		assert_int_equal(parses(&x), n <= WIRE_OPTIONS_MAX);
	}
	x.n = 65536;
	assert_false(parses(&x));
	begin(&x, 0, 0, 2); /* two OPT */
	add(&x, "\0\0\x29\x04\xd0\0\0\0\0\0\0\0\0\x29\x04\xd0\0\0\0\0\0\0", 22);
	assert_false(parses(&x));
	begin(&x, 1, 0, 0); /* OPT where it may not be */
	add(&x, "\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
	assert_false(parses(&x));
}

/* Every option code with lengths 0, 1, 2 and the largest that fits; announced lengths that lie. */
static void
test_option_sweep(void **state)
{
	static struct message x;
	static const unsigned lengths[] = { 0, 1, 2, 300 };

	(void)state;
	for (unsigned code = 0; code < 65536; code++)
		for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
			begin(&x, 0, 0, 1);
			add(&x, "\0\0\x29\x04\xd0\0\0\0\0", 9);
			add16(&x, 4 + lengths[i]);
			add16(&x, code);
			add16(&x, lengths[i]);
			memset(x.v + x.n, 0xff, lengths[i]);
			x.n += lengths[i];
			assert_true(parses(&x));
		}
	for (unsigned code = 0; code < 32; code++) {
		unsigned most = 65535 - 24 - 11 - 4;
		begin(&x, 0, 0, 1);
		add(&x, "\0\0\x29\x04\xd0\0\0\0\0", 9);
		add16(&x, 4 + most);
		add16(&x, code);
		add16(&x, most);
		memset(x.v + x.n, 0x1b, most);
		x.n += most;
		assert_true(parses(&x));
		x.v[24 + 11 + 3]++; /* one more than is there */
		assert_false(parses(&x));
	}
}

/* The 38 octets that crash ldns_pkt2str(): EDNS option 13 (CHAIN) of one octet. */
static void
test_chain_reply(void **state)
{
	struct message x;
	struct wire_message m;
	struct arena *a = arena_new();

	(void)state;
	x.n = 0;
	add(&x, "\x12\x34\x84\0\0\1\0\0\0\0\0\1\3org\0\0\6\0\1", 21);
	add(&x, "\0\0\x29\x04\xd0\0\0\0\0\0\6\0\x0d\0\2\0\0", 17);
	assert_int_equal(x.n, 38);
	assert_true(parse(x.v, x.n, &m, a));
	assert_int_equal(m.options, 1);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query), cmocka_unit_test(test_matches), cmocka_unit_test(test_good),
		cmocka_unit_test(test_truncated_everywhere), cmocka_unit_test(test_every_octet_changed),
		cmocka_unit_test(test_pointers), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_option_sweep), cmocka_unit_test(test_chain_reply),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
