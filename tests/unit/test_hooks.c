/* Hooks: what is held back, and what is made up for. */
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
#include "ui/cli/hooks.h"

static char out[64];

/* The zone goes to TO, and the hooks are told. */
static void
go(struct hooks *h, struct board_zone *z, enum board_state to)
{
	enum board_state from = z->state;

	z->state = to;
	z->since = INT64_C(1368661471000000);
	hooks_change(h, z, from);
}

static struct hooks *
begin(struct config *c, struct config_hook *k)
{
	static const char *argv[] = { "/bin/sh", "-c", NULL };
	static char script[200];
	struct hooks *h;
	struct err e = { 0 };
	int fd;

	snprintf(out, sizeof out, "/tmp/ubg-hooks.XXXXXX");
	fd = mkstemp(out);
	assert_true(fd >= 0);
	close(fd);
	snprintf(script, sizeof script, "cat >>%s; echo >>%s", out, out);
	argv[2] = script;
	*k = (struct config_hook){ .name = "pager", .argv = argv, .argv_count = 3, .per = "1s" };
	*c = (struct config){ .hooks = k, .hooks_count = 1 };
	assert_true(hooks_open(&h, c, &e) && hooks_start(h, &e));
	return h;
}

/* Ends the hooks; what they were told, as "FROM>STATE(HELD) ". */
static void
end(struct hooks *h, char *told, size_t size)
{
	size_t n;

	hooks_close(h);
	char *text = file_read(out, 100000, &n, NULL), *save = NULL;
	assert_non_null(text);
	*told = '\0';
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char state[20], from[20];
		unsigned held;
		size_t len = strlen(told);
		assert_int_equal(sscanf(strstr(line, "\"state\":"), "\"state\":\"%19[a-z]\",\"from\":\"%19[a-z]\"",
			state, from), 2);
		assert_int_equal(sscanf(strstr(line, "\"held_back\":"), "\"held_back\":%u", &held), 1);
		snprintf(told + len, size - len, "%s>%s(%u) ", from, state, held);
	}
	free(text);
	unlink(out);
}

/* CRITICAL, OK and CRITICAL again within "per": the last word must not be OK. */
static void
test_made_up_for(void **state)
{
	struct config c;
	struct config_hook k;
	struct board_zone z = { .state = BOARD_OK };
	struct hooks *h = begin(&c, &k);
	char told[200];

	(void)state;
	assert_true(name_from_text(&z.name, "example.org.", NULL));
	go(h, &z, BOARD_CRITICAL);
	go(h, &z, BOARD_OK);
	go(h, &z, BOARD_CRITICAL);
	hooks_due(h);
	usleep(1100000);
	hooks_due(h);
	hooks_due(h);
	end(h, told, sizeof told);
	assert_string_equal(told, "ok>critical(0) critical>ok(0) ok>critical(0) ");
}

/* What is over when its time has come is not said any more, and is counted in the next. */
static void
test_over_meanwhile(void **state)
{
	struct config c;
	struct config_hook k;
	struct board_zone z = { .state = BOARD_OK };
	struct hooks *h = begin(&c, &k);
	char told[200];

	(void)state;
	assert_true(name_from_text(&z.name, "example.org.", NULL));
	go(h, &z, BOARD_CRITICAL);
	go(h, &z, BOARD_WARNING);
	go(h, &z, BOARD_CRITICAL);
	go(h, &z, BOARD_OK);
	usleep(1100000);
	hooks_due(h);
	go(h, &z, BOARD_CRITICAL);
	end(h, told, sizeof told);
	assert_string_equal(told, "ok>critical(0) critical>warning(0) critical>ok(0) ok>critical(1) ");
}

/* More at once than can wait: those too are made up for. */
static void
test_many_at_once(void **state)
{
	enum { N = 300 };
	struct config c;
	struct config_hook k;
	struct board_zone *z = calloc(N, sizeof *z);
	struct hooks *h = begin(&c, &k);
	char *told = malloc(N * 40);
	size_t n = 0;

	(void)state;
	assert_non_null(z);
	assert_non_null(told);
	for (int i = 0; i < N; i++) {
		char name[40];
		snprintf(name, sizeof name, "z%d.example.", i);
		assert_true(name_from_text(&z[i].name, name, NULL));
		go(h, &z[i], BOARD_CRITICAL);
	}
	usleep(1500000);
	hooks_due(h);
	end(h, told, N * 40);
	for (const char *p = told; (p = strstr(p, ">critical(0)")); p++)
		n++;
	assert_int_equal(n, N);
	free(told);
	free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_up_for),
		cmocka_unit_test(test_over_meanwhile),
		cmocka_unit_test(test_many_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
