/* store: canonical order, sets, classification, and text that reads back as the same zone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/file.h"
#include "zone/store.h"

static struct zone *
parse(const char *text, const char *origin)
{
	struct name n;
	struct err e = { 0 };
	char msg[1000];

	if (origin)
		assert_true(name_from_text(&n, origin, NULL));
	struct zone *z = zone_parse("test", text, strlen(text), origin ? &n : NULL, &e);
	if (!z)
		print_message("%s\n", err_str(&e, msg, sizeof msg));
	return z;
}

static void
dump(const struct zone *z, struct text *t)
{
	for (size_t i = 0; i < z->n_nodes; i++)
		for (size_t s = 0; s < z->nodes[i].nsets; s++) {
			const struct zset *set = &z->sets[z->nodes[i].first_set + s];
			for (size_t k = 0; k < set->n + set->nsig; k++)
				zrr_text(t, &z->nodes[i], z->rrs[set->first + k]);
		}
}

static void
order_is_canonical(void **state)
{
	struct zone *z = parse("Z.example. 1 IN A 1.1.1.1\nexample. 5 IN SOA . . 1 2 3 4 5\n"
			       "a.Z.example. 1 IN A 1.1.1.1\n*.z.example. 1 IN A 1.1.1.1\n"
			       "\\200.z.example. 1 IN A 1.1.1.1\nzABC.a.EXAMPLE. 1 IN A 1.1.1.1\n"
			       "yljkjljk.a.example. 1 IN A 1.1.1.1\na.example. 1 IN A 1.1.1.2\n"
			       "\\001.z.example. 1 IN A 1.1.1.1\na.example. 2 IN A 1.1.1.1\n"
			       "A.example. 1 IN A 1.1.1.2\na.example. 1 IN MX 5 B.example.\n"
			       "a.example. 1 IN MX 5 b.example.\na.example. 1 IN MX 5 a.example.\n", NULL);
	static const char *const want[] = { "example.", "a.example.", "yljkjljk.a.example.",
		"zabc.a.example.", "z.example.", "\\001.z.example.", "*.z.example.", "a.z.example.",
		"\\200.z.example." }; /* RFC 4034 6.1 */
	char text[NAME_MAX_TEXT];
	struct name n;

	(void)state;
	assert_non_null(z);
	assert_int_equal(z->n_nodes, sizeof want / sizeof *want);
	for (size_t i = 0; i < z->n_nodes; i++) {
		znode_name(&z->nodes[i], &n);
		assert_string_equal(name_to_text(text, &n), want[i]);
		assert_ptr_equal(zone_find(z, &n), &z->nodes[i]);
	}
	assert_int_equal(z->duplicates, 2);
	assert_true(name_from_text(&n, "A.Example.", NULL));
	const struct zset *a = znode_set(z, zone_find(z, &n), T_A);
	assert_int_equal(a->n, 2);
	assert_true(a->flags & ZSET_TTL_MIXED);
	assert_int_equal(zset_ttl(z, a), 1);
	assert_int_equal(z->rrs[a->first]->rdata[3], 1);
	assert_int_equal(znode_set(z, zone_find(z, &n), T_MX)->n, 2);
	zone_free(z);
}

static void
nodes_are_classified(void **state)
{
	struct zone *z = parse("@ SOA . . 1 2 3 4 5\n@ NS ns.sub\nsub NS ns.sub\nns.sub A 1.1.1.1\n"
			       "sub DS 1 8 2 00\nx.ns.sub TXT x\nsubx A 1.1.1.1\nd DNAME e\na.d A 1.1.1.1\n"
			       "out.org. A 1.1.1.1\n"
			       "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A\n"
			       "e RRSIG A 8 2 1 20300101000000 20200101000000 1 example. AAAA\n", "example.");
	static const struct {
		const char *name;
		unsigned flags;
	} want[] = { { "example.", 0 }, { "sub.example.", ZNODE_CUT }, { "ns.sub.example.", ZNODE_BELOW },
		{ "x.ns.sub.example.", ZNODE_BELOW }, { "subx.example.", 0 }, { "d.example.", 0 },
		{ "a.d.example.", ZNODE_DNAME }, { "out.org.", ZNODE_OUT },
		{ "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", ZNODE_NSEC3 }, { "e.example.", 0 } };
	struct name n;

	(void)state;
	assert_non_null(z);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_true(name_from_text(&n, want[i].name, NULL));
		const struct znode *node = zone_find(z, &n);
		assert_non_null(node);
		assert_int_equal(node->flags, want[i].flags);
	}
	assert_int_equal(z->out_of_zone, 1);
	const struct zset *orphan = znode_set(z, zone_find(z, &n), T_A);
	assert_true(orphan->n == 0 && orphan->nsig == 1);
	assert_null(zone_apex_set(z, T_DNSKEY));
	zone_free(z);
}

static void
text_reads_back(void **state)
{
	struct text one = { 0 }, two = { 0 };
	struct zone *z = parse("@ 9 SOA Ns.x host\\.mail 1 2 3 4 4294967295\n@ NS .\n\\000\\.a\\ b TXT \"q\\\"\\\\\" \"\\255\"\n"
			       "b MX 1 c\nb SRV 1 2 3 d\nb AAAA 2001:db8::1\nb TYPE65280 \\# 3 abcdef\n"
			       "b CAA 0 issue \"ca.example\"\nb TLSA 3 1 1 00ff\nb NAPTR 1 2 \"a\" \"\" \"\" .\n"
			       "b HTTPS 1 . alpn=h2\nb RP a b\nb SSHFP 1 1 00ff\nb LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m\n"
			       "@ NSEC b NS SOA TYPE65280\n@ NSEC3PARAM 1 0 5 ab\nx NSEC3 1 1 0 - 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom A RRSIG\n"
			       "@ DNSKEY 256 3 8 AwEAAQ==\n@ CDS 0 0 0 00\n@ DS 1 8 2 00ff\n"
			       "@ ZONEMD 1 1 1 000102030405060708090a0b0c0d0e0f\n@ RRSIG SOA 8 1 9 20300101000000 19700101000000 1 @ AAECAwQ=\n",
		"Example.");

	(void)state;
	assert_non_null(z);
	assert_int_equal(z->n_problems, 0);
	dump(z, &one);
	struct zone *again = parse(text_str(&one), "example.");
	assert_non_null(again);
	assert_int_equal(again->n_problems, 0);
	assert_int_equal(again->n_rrs, z->n_rrs);
	dump(again, &two);
	assert_string_equal(text_str(&one), text_str(&two));
	for (size_t i = 0; i < z->n_rrs; i++) {
		assert_int_equal(z->rrs[i]->rdlen, again->rrs[i]->rdlen);
		assert_memory_equal(z->rrs[i]->rdata, again->rrs[i]->rdata, z->rrs[i]->rdlen);
	}
	text_free(&one);
	text_free(&two);
	zone_free(z);
	zone_free(again);
}

static void
a_memory_limit_is_an_error(void **state)
{
	struct zone_limits lim = { .memory = 100000 };
	struct name n;
	struct err e = { 0 };
	char path[] = "/tmp/ubg-store-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	(void)state;
	fprintf(f, "$ORIGIN example.\n@ SOA . . 1 2 3 4 5\n");
	for (int i = 0; i < 20000; i++)
		fprintf(f, "n%d A 192.0.2.1\n", i);
	fclose(f);
	assert_true(name_from_text(&n, "example.", NULL));
	assert_null(zone_load(path, &n, &lim, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	struct zone *z = zone_load(path, NULL, NULL, &e);
	assert_non_null(z);
	assert_int_equal(z->n_rrs, 20001);
	assert_true(z->memory / z->n_rrs < 150);
	zone_free(z);
	remove(path);
	assert_null(parse("a.example. 1 IN A 1.1.1.1\n", NULL));
}

/* ---- large files: windows and parts give what one piece of text gives ---- */

/* Text of some 9 MB in many forms; ODD adds what stops the short cuts. */
static char *
large_text(size_t *len, const char *odd)
{
	struct text t = { 0 };

	text_add(&t, "; head\n$ORIGIN Large.Example.\n$TTL 77\n@ SOA ns h (\n\t1 2\n\t3 4 5 )\n@ NS ns\n");
	for (int i = 0; i < 36000; i++) {
		text_add(&t, "n%d 300 IN A 192.0.2.%d\n\t\t3600\tTXT\t( \"line %d\"\n\t\t\t\"(;\" )\n", i, i % 256, i);
		if (i % 7 == 0)
			text_add(&t, "\n; a comment between (\nN%d.sub AAAA 2001:db8::%x ; and behind\r\n", i, i);
		if (i == 30000)
			text_add(&t, "%s", odd);
		text_add(&t, "m%d MX 10 %c-very-long-name-to-fill-the-window-quickly.example.org.\n", i, 'A' + i % 26);
	}
	*len = t.len;
	return t.s;
}

static void
same_zone(const struct zone *a, const struct zone *b)
{
	assert_int_equal(a->n_nodes, b->n_nodes);
	assert_int_equal(a->n_sets, b->n_sets);
	assert_int_equal(a->n_rrs, b->n_rrs);
	assert_int_equal(a->n_problems, b->n_problems);
	for (size_t i = 0; i < a->n_problems; i++)
		assert_int_equal(a->problems[i].line, b->problems[i].line);
	for (size_t i = 0; i < a->n_nodes; i++) {
		assert_int_equal(a->nodes[i].name_len, b->nodes[i].name_len);
		assert_memory_equal(a->nodes[i].name, b->nodes[i].name, a->nodes[i].name_len);
	}
	for (size_t i = 0; i < a->n_rrs; i++) {
		assert_int_equal(a->rrs[i]->line, b->rrs[i]->line);
		assert_int_equal(a->rrs[i]->ttl, b->rrs[i]->ttl);
		assert_int_equal(a->rrs[i]->rdlen, b->rrs[i]->rdlen);
		assert_memory_equal(a->rrs[i]->rdata, b->rrs[i]->rdata, a->rrs[i]->rdlen);
	}
}

static void
large_files_are_read_alike(void **state)
{
	static const char *const odd[] = { "", "$TTL 5\n", "$ORIGIN deeper\nx A 192.0.2.1\n", "bad A 1.2.3\n",
		"open ( A\n\n\n", "col0 TXT ( a\nb\n c )\n\tA 192.0.2.9\n", "$INCLUDE /nonexistent\n",
		"x TYPE65534 \\# 1 00\n" };
	char path[] = "/tmp/unbogus-large-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		size_t n;
		char *text = large_text(&n, odd[i]);
		struct err e = { 0 };
		struct zone *one = zone_parse(path, text, n, NULL, &e);
		assert_non_null(one);
		assert_true(file_replace(path, text, n, 0600, &e));
		for (unsigned threads = 1; threads <= 4; threads += 3) {
			const struct zone_limits lim = { .threads = threads };
			struct zone *z = zone_load(path, NULL, &lim, &e);
			assert_non_null(z);
			same_zone(one, z);
			zone_free(z);
		}
		zone_free(one);
		free(text);
	}
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_canonical),
		cmocka_unit_test(nodes_are_classified),
		cmocka_unit_test(text_reads_back),
		cmocka_unit_test(a_memory_limit_is_an_error),
		cmocka_unit_test(large_files_are_read_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
