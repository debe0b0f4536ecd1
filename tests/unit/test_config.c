/* The configuration: the sample loads, every broken file names its line and the nearest key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "observe/config.h"

static const struct config *
parse(struct arena *a, const char *text, struct err *e)
{
	*e = (struct err){ 0 };
	return config_parse(a, "c", text, strlen(text), e);
}

static char *
sample(size_t *n)
{
	const char *share = getenv("UBG_SHARE");
	char path[4096];

	snprintf(path, sizeof path, "%s/unbogus.yaml.sample", share ? share : "share");
	char *text = file_read(path, 1 << 20, n, NULL);
	assert_non_null(text);
	return text;
}

static void
the_sample_loads_whole(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char said[900];
	size_t n;
	char *text = sample(&n);
	const struct config *c = config_parse(a, "sample", text, n, &e);

	(void)state;
	if (!c)
		fail_msg("%s", err_str(&e, said, sizeof said));
	const struct config_zone *z = config_zone_find(c, "EXAMPLE.org.");
	assert_non_null(z);
	assert_string_equal(z->nameservers[1].address, "2001:db8::53");
	assert_int_equal(z->primary->hidden, CONFIG_YES);
	assert_int_equal(z->vantages[2].counted, CONFIG_NO);
	assert_int_equal(z->vantages[3].counted, CONFIG_UNSET);
	assert_string_equal(z->signer->reload[2], "example.org");
	assert_int_equal(z->hold_count, 2);
	assert_string_equal(z->hold[1].argv[0], "/usr/local/bin/start-resign");
	assert_null(z->hold[1].argv[1]);
	assert_int_equal(config_span(z->registrar->per, 0), 86400);
	assert_string_equal(c->producers[0].argv[0], "ssh");
	free(text);
	arena_free(a);
}

static void
broken_files_name_the_place(void **state)
{
	static const struct { const char *text, *place, *expected; } cases[] = {
		{ "perod: 10s\n", "c:1:1", "period" },
		{ "zones:\n  - name: x.org\n    nameserver: []\n", "c:3:5", "nameservers" },
		{ "zones:\n  - name: x.org\n    keyz: /k\n", "c:3:5", "keys" },
		{ "zones:\n  - {name: x.org, vantages: [{name: a, type: resolver, adress: 1.1.1.1}]}\n",
			"c:2:56", "address" },
		{ "zones:\n  - keys: /k\n", "c:2:5", "name" },
		{ "zones:\n  - name: a..b\n", "c:2:11", "a domain name" },
		{ "zones:\n  - name: x.org\n  - name: X.ORG.\n", "c", "each zone once" },
		{ "zones: {name: x.org}\n", "c:1:8", "a list" },
		{ "zones:\n  - name: x.org\n    keys: [a]\n", "c:3:11", "one value" },
		{ "zones:\n  - name: x.org\n    keys:\n", "c:3:10", "a text of 1 to 4096 octets" },
		{ "zones: [{name: x, vantages: [{name: a, type: resolver, counted: maybe}]}]\n", "c:1:65",
			"true or false" },
		{ "port: 99999\n", "c:1:7", "1 to 65535" },
		{ "port: 5x\n", "c:1:7", "a whole number" },
		{ "port: 053\n", "c:1:7", "a whole number" },
		{ "period: soon\n", "c:1:9", "a time span such as 10s" },
		{ "period: 10s\nperiod: 11s\n", "c:2:1", "each key once" },
		{ "zones: [{name: x, parents: [{name: a, address: ns.x}]}]\n", "c:1:48",
			"an IPv4 or IPv6 address" },
		{ "zones: [{name: x, source: {type: cvs}}]\n", "c:1:34", "svn, git, file or none" },
		{ "zones: [{name: x, hold: [[a]]}]\n", "c:1:25", "another number of entries" },
		{ "zones: [{name: x, hold: [a, b]}]\n", "c:1:26", "a list" },
		{ "zones: [{name: x, thresholds: {rrsig: [125%, 10%]}}]\n", "c:1:40",
			"parts such as 25%, or time spans" },
		{ "a: &x 1\nb: *x\n", "c:2:4", "the value itself" },
		{ "period: 10s\n---\nperiod: 11s\n", "c:2:1", "one document" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]\n", "c:1:21", "a flat file" },
		{ "just text\n", "c:1:1", "keys with values" },
		{ "zones:\n\t- name: x\n", "c:2:1", "" },
		{ "producers: [{name: x, argv: []}]\n", "c:1:29", "another number of entries" },
		{ "zzzzzzzzzzzzzz: 1\n", "c:1:1", "a known key" },
	};
	char said[900];
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *a = arena_new();
		struct err e;
		if (parse(a, cases[i].text, &e))
			fail_msg("accepted: %s", cases[i].text);
		if (strcmp(e.object, cases[i].place) != 0 || strcmp(e.expected, cases[i].expected) != 0)
			print_error("%s wanted %s gave %s\n", cases[i].text, cases[i].place,
				err_str(&e, said, sizeof said));
		wrong += strcmp(e.object, cases[i].place) != 0 || strcmp(e.expected, cases[i].expected) != 0;
		arena_free(a);
	}
	assert_int_equal(wrong, 0);
}

static void
nothing_is_an_empty_configuration(void **state)
{
	static const char *const texts[] = { "", "# only words\n", "zones: []\n" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct arena *a = arena_new();
		struct err e;
		char said[900];
		const struct config *c = parse(a, texts[i], &e);
		if (!c)
			fail_msg("'%s': %s", texts[i], err_str(&e, said, sizeof said));
		else
			assert_int_equal(c->zones_count, 0);
		arena_free(a);
	}
}

static void
the_second_file_wins_zone_by_zone(void **state)
{
	struct arena *a = arena_new();
	struct err e;
	const struct config *base = parse(a, "port: 53\nperiod: 10s\nzones:\n"
		"  - {name: a.org, keys: /k, zone-file: /z}\n  - {name: b.org, keys: /b}\n", &e);
	const struct config *over = parse(a, "period: 20s\nzones:\n  - {name: A.org., keys: /mine}\n"
		"  - {name: c.org}\n", &e);
	const struct config *c = config_merge(a, base, over);

	(void)state;
	assert_int_equal(c->port, 53);
	assert_string_equal(c->period, "20s");
	assert_int_equal(c->zones_count, 3);
	assert_string_equal(config_zone_find(c, "a.org")->keys, "/mine");
	assert_string_equal(config_zone_find(c, "a.org")->zone_file, "/z");
	assert_string_equal(config_zone_find(c, "b.org")->keys, "/b");
	assert_string_equal(config_zone_find(base, "a.org")->keys, "/k");
	arena_free(a);
}

/* Cut anywhere, or with one octet changed anywhere: loaded or refused, never worse. */
static void
malformed_files_are_survived(void **state)
{
	size_t n;
	char *text = sample(&n);
	static const char with[] = { 0, '*', '{', ':', '\t', (char)0xff };

	(void)state;
	for (size_t i = 0; i < n; i += 3) {
		struct arena *a = arena_new();
		struct err e;
		char was = text[i];
		config_parse(a, "c", text, i, &e);
		text[i] = with[i / 3 % sizeof with];
		config_parse(a, "c", text, n, &e);
		text[i] = was;
		arena_free(a);
	}
	free(text);
}

/* What config_show() writes is read back, and says the same again, whatever is in a word. */
static void
what_is_shown_is_read_back(void **state)
{
	static const char odd[] = "zones: [{name: a.example, keys: \"/k \\\"x\\\\\\x1by: [z]\"}]\n";
	struct arena *a = arena_new();
	struct err e = { 0 };
	size_t n;
	char *text = sample(&n);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct text once = { 0 }, again = { 0 };
		const struct config *c = i ? parse(a, odd, &e) : config_parse(a, "sample", text, n, &e);
		assert_non_null(c);
		config_show(&once, c);
		const struct config *d = parse(a, text_str(&once), &e);
		assert_non_null(d);
		config_show(&again, d);
		assert_string_equal(text_str(&once), text_str(&again));
		assert_string_equal(c->zones[0].keys, d->zones[0].keys);
		assert_int_equal(c->zones[0].hold_count, d->zones[0].hold_count);
		if (i == 0) { /* every part is there, a list of lists as well */
			assert_string_equal(d->zones[0].hold[1].argv[0], "/usr/local/bin/start-resign");
			assert_int_equal(d->zones[0].nameservers[1].own_serials, CONFIG_NO);
			assert_string_equal(d->hooks[0].on[1], "ok");
			assert_string_equal(d->resolver_control[0].type, "unbound");
		}
		text_free(&once);
		text_free(&again);
	}
	free(text);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_loads_whole),
		cmocka_unit_test(broken_files_name_the_place),
		cmocka_unit_test(nothing_is_an_empty_configuration),
		cmocka_unit_test(the_second_file_wins_zone_by_zone),
		cmocka_unit_test(what_is_shown_is_read_back),
		cmocka_unit_test(malformed_files_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
