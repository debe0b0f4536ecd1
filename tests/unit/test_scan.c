/* scan: positions, includes, errors that do not hide the rest, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/rr.h"
#include "zone/scan.h"

struct seen {
	char text[4096];
	char problems[2048];
	size_t n;
	size_t stop_after;
};

static bool
on_record(void *ctx, const struct scan_record *r)
{
	struct seen *s = ctx;
	struct name n;
	char owner[NAME_MAX_TEXT];
	size_t at = strlen(s->text);

	assert_true(name_from_wire(&n, r->owner, r->owner_len) == r->owner_len);
	snprintf(s->text + at, sizeof s->text - at, "%u:%u %s %u %s|", r->file, r->line,
		name_to_text(owner, &n), r->ttl, rrtype_name(r->type));
	assert_true(r->end > r->begin);
	return ++s->n != s->stop_after;
}

static void
on_problem(void *ctx, const struct scan_problem *p)
{
	struct seen *s = ctx;
	size_t at = strlen(s->problems);

	snprintf(s->problems + at, sizeof s->problems - at, "%u%s|", p->line, p->fatal ? "!" : "");
}

static bool
run(struct seen *out, const char *text, const struct scan_limits *lim, struct err *e)
{
	struct name origin;
	struct scan s = { .origin = &origin, .default_ttl = 77, .limits = lim, .record = on_record,
		.problem = on_problem, .ctx = out };

	memset(out, 0, offsetof(struct seen, stop_after));
	assert_true(name_from_text(&origin, "example.", NULL));
	return scan_text(&s, "test", text, strlen(text), e);
}

static void
lines_are_where_records_begin(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_true(run(&s, "$TTL 300\n; c\n\na A 1.2.3.4 ; cmt\n  A 1.2.3.5\nb TXT ( \"a\"\n \"b\"\n )\n"
			"\n \t; x\nC 60 A 1.2.3.6\r\nd TXT (\"multi\"\n\"line\")\ne A 1.1.1.1", NULL, NULL));
	assert_string_equal(s.text, "0:4 a.example. 300 A|0:5 a.example. 300 A|0:6 b.example. 300 TXT|"
		"0:11 C.example. 60 A|0:12 d.example. 300 TXT|0:14 e.example. 300 A|");
	assert_string_equal(s.problems, "");
	assert_true(run(&s, "", NULL, NULL) && s.n == 0);
	assert_true(run(&s, "a A 1.1.1.1\n", NULL, NULL));
	assert_string_equal(s.text, "0:1 a.example. 77 A|");
}

static void
a_bad_line_hides_nothing(void **state)
{
	struct seen s = { 0 };

	(void)state;
	assert_true(run(&s, "a A 1.1.1.1\n$GENERATE 1-2 x A 1.1.1.1\nb A 1.1.1.1\nc A 1.1.1.300\n"
			"d 99999999999 A 1.1.1.1\ne A 1.1.1.1\nf FOO x\ng A 1.1.1.1\n", NULL, NULL));
	assert_string_equal(s.problems, "2!|4|5|7|");
	assert_string_equal(s.text, "0:1 a.example. 77 A|0:3 b.example. 77 A|0:6 e.example. 77 A|"
		"0:8 g.example. 77 A|");
	/* An unclosed parenthesis costs its line, not the file. */
	assert_true(run(&s, "a A 1.1.1.1\n\nb TXT ( \"x\"\nc A 1.1.1.1\nd A 1.1.1.1\n", NULL, NULL));
	assert_string_equal(s.problems, "3!|");
	assert_string_equal(s.text, "0:1 a.example. 77 A|0:4 c.example. 77 A|0:5 d.example. 77 A|");
	assert_true(run(&s, "a A 1.1.1.1\n$ORIGIN x.\n$ORIGIN sub\nb A 1.1.1.1\n$ORIGIN\nc A 1.1.1.1\n", NULL, NULL));
	assert_string_equal(s.text, "0:1 a.example. 77 A|0:4 b.sub.x. 77 A|0:6 c.sub.x. 77 A|");
	assert_string_equal(s.problems, "5!|");
}

static void
includes_are_followed(void **state)
{
	char dir[] = "/tmp/ubg-scan-XXXXXX", path[64], sub[64], loop[64];
	struct seen s = { 0 };
	struct name origin;
	struct scan sc = { .origin = &origin, .default_ttl = 5, .record = on_record,
		.problem = on_problem, .ctx = &s };
	struct err e = { 0 };
	static const char main_text[] = "a A 1.1.1.1\n$INCLUDE \"sub.db\" in.example.\n A 1.1.1.2\n"
					"$INCLUDE missing.db\nb A 1.1.1.1\n$INCLUDE sub.db\n";
	static const char sub_text[] = "$TTL 9\nx A 2.2.2.2\n";
	static const char loop_text[] = "$INCLUDE loop.db\n";

	(void)state;
	assert_true(name_from_text(&origin, "example.", NULL));
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/main.db", dir);
	snprintf(sub, sizeof sub, "%s/sub.db", dir);
	snprintf(loop, sizeof loop, "%s/loop.db", dir);
	assert_true(file_replace(path, main_text, strlen(main_text), 0600, NULL));
	assert_true(file_replace(sub, sub_text, strlen(sub_text), 0600, NULL));
	assert_true(file_replace(loop, loop_text, strlen(loop_text), 0600, NULL));
	assert_true(scan_file(&sc, path, &e));
	assert_string_equal(s.text, "0:1 a.example. 5 A|1:2 x.in.example. 9 A|0:3 a.example. 5 A|"
		"0:5 b.example. 5 A|2:2 x.example. 9 A|");
	assert_string_equal(s.problems, "4!|");
	assert_true(sc.stats.directives && sc.stats.files == 3);
	assert_false(scan_file(&sc, loop, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	assert_false(scan_file(&sc, "/dev/zero", &e));
	unlink(path);
	assert_false(scan_file(&sc, path, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	unlink(sub);
	unlink(loop);
	rmdir(dir);
}

static void
limits_end_it(void **state)
{
	struct seen s = { 0 };
	struct err e = { 0 };
	struct scan_limits lim = scan_default_limits;
	size_t n = 200000;
	char *many = malloc(n + 1);

	(void)state;
	lim.records = 1;
	assert_false(run(&s, "a A 1.1.1.1\nb A 1.1.1.1\n", &lim, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	lim = scan_default_limits;
	lim.problems = 3;
	assert_false(run(&s, "a X\nb X\nc X\nd X\ne A 1.1.1.1\n", &lim, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	lim = scan_default_limits;
	lim.line = 10;
	assert_false(run(&s, "a A 1.1.1.1\nb TXT 0123456789012345\nc A 1.1.1.1\n", &lim, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	s.stop_after = 1;
	assert_false(run(&s, "a A 1.1.1.1\nb A 1.1.1.1\n", NULL, &e));
	s.stop_after = 0;
	/* Every line opens a parenthesis: restarts must not be quadratic. */
	memset(many, '(', n);
	for (size_t i = 1; i < n; i += 2)
		many[i] = '\n';
	many[n] = '\0';
	lim = scan_default_limits;
	lim.problems = 1000000;
	run(&s, many, &lim, &e);
	assert_true(s.problems[0] != '\0');
	free(many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_where_records_begin),
		cmocka_unit_test(a_bad_line_hides_nothing),
		cmocka_unit_test(includes_are_followed),
		cmocka_unit_test(limits_end_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
