/* base: the gate for foreign bytes, times, serial arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void
no_escape_passes_the_gate(void **state)
{
	char out[256];

	(void)state;
	text_clean(out, sizeof out, "a\x1b[31mred\ttab\nline\xe2\x80\xae" "bidi\xe2\x80\x8b" "zw\x9b\xff");
	assert_string_equal(out, "a\\u{1B}[31mred\\u{9}tab\\u{A}line\\u{202E}bidi\\u{200B}zw\\x9B\\xFF");
	assert_true(text_is_clean(out));
	text_dns(out, sizeof out, "x\x1b\\y\xc3\xa9", 6);
	assert_string_equal(out, "x\\027\\\\y\\195\\169");
	assert_int_equal(text_clean(out, 5, "ab\x1b" "cd"), 10);
	assert_string_equal(out, "ab");
}

static void
serials_compare_as_rfc1982(void **state)
{
	bool undefined;

	(void)state;
	assert_true(serial_cmp(2013051500, 2013051402, NULL) > 0);
	assert_true(serial_cmp(0, UINT32_MAX, NULL) > 0);
	assert_int_equal(serial_cmp(5, 5, NULL), 0);
	assert_int_equal(serial_cmp(0, UINT32_C(1) << 31, &undefined), 0);
	assert_true(undefined);
}

static void
times_parse_and_print(void **state)
{
	int64_t t;
	char out[40];

	(void)state;
	assert_true(clock_parse("20130514001200", &t) && t == INT64_C(1368490320) * USEC);
	assert_true(clock_parse("2013-05-15T16:44:31.5-07:00", &t));
	assert_string_equal(clock_rfc3339(out, sizeof out, t), "2013-05-15T23:44:31.500000Z");
	assert_false(clock_parse("20260230000000", &t));
	assert_false(clock_parse("2013-05-15", &t));
	assert_string_equal(clock_span(out, sizeof out, -(86400 + 23 * 3600)), "-1d23h");
	assert_string_equal(clock_span(out, sizeof out, 391), "6m31s");
	assert_int_equal(clock_from_rrsig(5, INT64_C(4294967290)), INT64_C(4294967301));
}

static void
nearest_word_is_named(void **state)
{
	static const char *const words[] = { "diagnose", "keys", "chain", NULL };

	(void)state;
	assert_string_equal(text_nearest("diagnoze", words), "diagnose");
	assert_null(text_nearest("xyz", words));
}

static void
a_number_is_digits_and_nothing_else(void **state)
{
	static const char *const none[] = { "", "-1", "+1", " 1", "1 ", "0x10", "12a", "65536", "99999999999999999999999" };
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(text_number(none[i], 65535, &n));
	assert_int_equal(n, 7);
	assert_true(text_number("65535", 65535, &n) && n == 65535);
	assert_true(text_number("007", 7, &n) && n == 7);
	assert_true(text_number("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
	assert_false(text_number("18446744073709551616", UINT64_MAX, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_escape_passes_the_gate),
		cmocka_unit_test(serials_compare_as_rfc1982),
		cmocka_unit_test(times_parse_and_print),
		cmocka_unit_test(nearest_word_is_named),
		cmocka_unit_test(a_number_is_digits_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
