/* diff: two zones compared set by set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "zone/diff.h"

static const char base[] = "$ORIGIN x.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n"
	"w A 192.0.2.2\nw A 192.0.2.3\nw RRSIG A 13 2 60 20300101000000 20200101000000 1 x. AAAA\n"
	"a MX 1 Mail\nw NSEC x. A RRSIG NSEC\n";

static void
told(const char *a_text, const char *b_text, const char *want, struct zdiff_counts *c)
{
	struct name x;
	struct text out = { 0 };

	name_from_text(&x, "x.", NULL);
	struct zone *a = zone_parse("a", a_text, strlen(a_text), &x, NULL);
	struct zone *b = zone_parse("b", b_text, strlen(b_text), &x, NULL);
	assert_non_null(a);
	assert_non_null(b);
	assert_true(zdiff_text(&out, a, b, 0, c, NULL));
	assert_string_equal(text_str(&out), want);
	text_free(&out);
	zone_free(a);
	zone_free(b);
}

static void
sets_are_compared(void **state)
{
	struct zdiff_counts c;

	(void)state;
	told(base, base, "", &c);
	assert_int_equal(c.sets_same, 5);
	assert_int_equal(c.sigs_same, 1);
	/* Order, case of owners and of names in old types, form: no difference. */
	told(base, "$TTL 60\na.x. MX 1 mail.X.\nW.x. A 192.0.2.3\nw.X. A 192.0.2.2\nx. SOA ns.x. h.x. 1 2 3 4 5\n"
		"x. NS NS.x.\nns.x. A 192.0.2.1\nw.x. RRSIG A 13 2 60 20300101000000 20200101000000 1 x. AAAA\nw.x. NSEC x. A RRSIG NSEC\n",
		"", &c);
	told(base, "$ORIGIN x.\n$TTL 60\n@ SOA ns h 2 2 3 4 5\n@ NS ns\nns 61 A 192.0.2.1\nw A 192.0.2.2\nw A 192.0.2.4\n"
		"w RRSIG A 13 2 60 20300101000000 20200101000000 1 x. AAAB\nz TXT \"\\010\"\n",
		"- x. 60 IN SOA ns.x. h.x. 1 2 3 4 5\n+ x. 60 IN SOA ns.x. h.x. 2 2 3 4 5\n"
		"- a.x. 60 IN MX 1 Mail.x.\n"
		"- ns.x. 60 IN A 192.0.2.1\n+ ns.x. 61 IN A 192.0.2.1\n"
		"- w.x. 60 IN A 192.0.2.3\n+ w.x. 60 IN A 192.0.2.4\n"
		"+ z.x. 60 IN TXT \"\\010\"\n"
		"signatures: 1 new, 1 gone, 0 kept; NSEC/NSEC3: 0 new, 1 gone, 0 kept\n", &c);
	assert_int_equal(c.sets_changed, 3);
	assert_int_equal(c.sets_added, 1);
	assert_int_equal(c.sets_removed, 1);
	assert_true(c.have_serials);
	assert_int_equal(c.serial_b, 2);
}

static void
other_zones_are_refused(void **state)
{
	struct err e = { 0 };
	struct zdiff_counts c;
	const char *t = "y. 1 IN SOA a. b. 1 2 3 4 5\n";

	(void)state;
	struct zone *a = zone_parse("a", base, strlen(base), NULL, NULL), *b = zone_parse("b", t, strlen(t), NULL, NULL);
	assert_false(zone_diff(a, b, NULL, NULL, &c, &e));
	assert_int_equal(e.code, ERR_ARG);
	zone_free(a);
	zone_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sets_are_compared),
		cmocka_unit_test(other_zones_are_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
