/* The vantages that the command line can name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ui/cli/observe_vantages.h"

static bool
add(struct vantage_args *x, char *buf, const char *arg)
{
	strncpy(buf, arg, 99);
	return vantage_args_add(x, buf);
}

static void
test_forms(void **state)
{
	struct vantage_args x = { 0 };
	struct net_options o = { 0 };
	char a[4][100] = { { 0 } };

	(void)state;
	assert_true(add(&x, a[0], "comcast=75.75.75.75"));
	assert_true(add(&x, a[1], "in=127.0.0.1:5301,kind=internal,counted=no"));
	assert_true(add(&x, a[2], "six=2001:db8::1,kind=public"));
	assert_true(add(&x, a[3], "sixp=[2001:db8::1]:5301"));
	vantage_args_give(&x, &o);
	assert_int_equal(o.n_vantages, 6);
	assert_string_equal(o.vantages[0].name, "own-fresh");
	assert_true(o.vantages[1].cache_kept && o.vantages[1].type == VANTAGE_LIBUNBOUND);
	assert_string_equal(o.vantages[2].address, "75.75.75.75");
	assert_string_equal(o.vantages[2].kind, "isp");
	assert_int_equal(o.vantages[3].port, 5301);
	assert_false(o.vantages[3].counted);
	assert_string_equal(o.vantages[4].kind, "public");
	assert_int_equal(o.vantages[4].port, 0);
	assert_string_equal(o.vantages[5].address, "2001:db8::1");
	assert_int_equal(o.vantages[5].port, 5301);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "", "name", "=1.2.3.4", "x=", "x=host.example", "x=1.2.3.4:0",
		"x=1.2.3.4:65536", "x=1.2.3.4:12a", "x=[::1", "x=[::1]5", "x=1.2.3.4,kind=other",
		"x=1.2.3.4,counted=maybe", "x=1.2.3.4,speed=9" };
	char buf[100];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct vantage_args x = { 0 };
		assert_false(add(&x, buf, bad[i]));
		assert_int_equal(x.n, 0);
	}
}

static void
test_twice(void **state)
{
	struct vantage_args x = { 0 };
	char a[100] = { 0 }, b[100] = { 0 };

	(void)state;
	assert_true(add(&x, a, "isp=192.0.2.1"));
	assert_false(add(&x, b, "isp=192.0.2.2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
