/* The board of many zones: when what is known is too old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "ui/cli/board.h"

#define T0 (INT64_C(1368661471) * USEC)

static void
hear(struct board *b, const struct board_zone *z, int64_t t)
{
	struct obs *o = obs_new(FACT_ANSWER, t, "net", &z->name);

	o->u.answer.at = (struct endpoint){ .role = ROLE_CHILD, .ns = "ns1.example.org.", .address = "192.0.2.1" };
	o->u.answer.qname = z->name;
	o->u.answer.qtype = 6;
	board_take(b, o);
}

/* Answers of a clock that is AHEAD; then silence. */
static void
silence_is_seen(int64_t ahead)
{
	struct board *b = board_new();
	struct name name;

	assert_true(name_from_text(&name, "example.org.", NULL));
	struct board_zone *z = board_add(b, &name, NULL);
	hear(b, z, T0 + ahead);
	board_judge(b, T0, 0);
	board_judge(b, T0 + (BOARD_STALE_S - 1) * USEC, 0);
	assert_int_not_equal(z->state, BOARD_STALE);
	board_judge(b, T0 + BOARD_STALE_S * USEC, 0);
	assert_int_equal(z->state, BOARD_STALE);
	assert_true(b->latest <= T0);
	hear(b, z, T0 + ahead + (BOARD_STALE_S + 1) * USEC);
	board_judge(b, T0 + (BOARD_STALE_S + 1) * USEC, 0);
	assert_int_not_equal(z->state, BOARD_STALE);
	board_free(b);
}

static void
test_silence(void **state)
{
	(void)state;
	silence_is_seen(0);
}

static void
test_silence_after_a_clock_ahead(void **state)
{
	(void)state;
	silence_is_seen(7200 * USEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_silence_after_a_clock_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
