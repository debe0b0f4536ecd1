/* child: bounded time, bounded output, a clean environment, and nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

static struct child_result
run(const char *script, const char *input, int64_t timeout_ms, size_t max)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct child_result r;
	struct err e = { 0 };

	assert_true(child_run(&(struct child_job){ .argv = argv, .input = input,
		.input_len = input ? strlen(input) : 0, .timeout_ms = timeout_ms, .output_max = max }, &r, &e));
	return r;
}

static void
status_and_both_outputs_come_back(void **state)
{
	struct child_result r = run("echo out; echo bad >&2; exit 7", NULL, 5000, 0);
	char buf[64];

	(void)state;
	assert_int_equal(r.status, 7);
	assert_string_equal(r.out, "out\n");
	assert_string_equal(r.err, "bad\n");
	assert_string_equal(child_result_str(&r, buf, sizeof buf), "exit status 7");
	child_result_free(&r);
	r = run("kill -9 $$", NULL, 5000, 0);
	assert_int_equal(r.status, -1);
	assert_int_equal(r.signal, 9);
	child_result_free(&r);
}

static void
no_shell_reads_the_words(void **state)
{
	const char *argv[] = { "echo", "$(id)", "a b", ";false", NULL };
	struct child_result r;

	(void)state;
	assert_true(child_run(&(struct child_job){ .argv = argv }, &r, NULL));
	assert_string_equal(r.out, "$(id) a b ;false\n");
	child_result_free(&r);
}

static void
time_is_bounded_and_the_group_goes(void **state)
{
	int64_t t0 = clock_monotonic_usec();
	struct child_result r = run("trap '' TERM; sleep 60 & echo $!; sleep 60", NULL, 300, 0);
	int64_t took = clock_monotonic_usec() - t0;
	pid_t left = (pid_t)atoi(r.out);

	(void)state;
	assert_true(r.timed_out);
	assert_true(took < 4 * USEC);
	assert_true(left > 1);
	for (int i = 0; i < 100 && kill(left, 0) == 0; i++)
		usleep(10000); /* init reaps it */
	if (kill(left, 0) == 0) { /* a zombie that nobody reaps is as good as gone */
		char path[64], text[256] = "";
		snprintf(path, sizeof path, "/proc/%d/stat", (int)left);
		int fd = open(path, O_RDONLY);
		if (fd >= 0) {
			assert_true(read(fd, text, sizeof text - 1) >= 0);
			close(fd);
			assert_non_null(strstr(text, ") Z "));
		}
	}
	child_result_free(&r);
}

static void
a_grandchild_cannot_hold_the_output(void **state)
{
	int64_t t0 = clock_monotonic_usec();
	struct child_result r = run("sleep 60 & echo done", NULL, 20000, 0);

	(void)state;
	assert_int_equal(r.status, 0);
	assert_false(r.timed_out);
	assert_string_equal(r.out, "done\n");
	assert_true(clock_monotonic_usec() - t0 < 5 * USEC);
	child_result_free(&r);
}

static void
output_is_bounded(void **state)
{
	struct child_result r = run("head -c 3000000 /dev/zero; echo x >&2", NULL, 20000, 1000);

	(void)state;
	assert_int_equal(r.status, 0);
	assert_int_equal(r.out_len, 1000);
	assert_true(r.out_cut);
	assert_false(r.err_cut);
	child_result_free(&r);
}

static void
input_arrives_or_is_empty(void **state)
{
	struct child_result r = run("cat; cat", "hello", 5000, 0);

	(void)state;
	assert_string_equal(r.out, "hello");
	child_result_free(&r);
	r = run("cat | wc -c", NULL, 5000, 0);
	assert_int_equal(atoi(r.out), 0);
	child_result_free(&r);
	char *big = calloc(1, 1000001);
	memset(big, 'x', 1000000);
	r = run("exec true", big, 5000, 0); /* reads none of it: no SIGPIPE for us */
	assert_int_equal(r.status, 0);
	child_result_free(&r);
	free(big);
}

static void
nothing_is_inherited_unasked(void **state)
{
	int fd = open("/dev/null", O_RDONLY), high = fcntl(fd, F_DUPFD, 77);

	(void)state;
	setenv("LD_PRELOAD_NOT", "1", 1);
	setenv("OPENSSL_CONF", "/nowhere", 1);
	setenv("PATH", "/nowhere", 1);
	struct child_result r = run("env; ls /proc/self/fd | tr '\\n' ' '; pwd", NULL, 5000, 0);
	assert_int_equal(r.status, 0);
	assert_null(strstr(r.out, "LD_PRELOAD_NOT"));
	assert_null(strstr(r.out, "OPENSSL_CONF"));
	assert_non_null(strstr(r.out, "PATH=/usr/local/sbin:"));
	assert_null(strstr(r.out, " 77 "));
	assert_non_null(strstr(r.out, "0 1 2 3 /\n"));
	child_result_free(&r);
	close(fd);
	close(high);
}

static void
a_missing_program_is_an_error(void **state)
{
	const char *no[] = { "no-such-program-here", NULL }, *dir[] = { "/etc", NULL };
	struct child_result r;
	struct err e = { 0 };

	(void)state;
	assert_false(child_run(&(struct child_job){ .argv = no }, &r, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_false(child_run(&(struct child_job){ .argv = dir }, &r, &e));
	assert_int_equal(e.code, ERR_PERMISSION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_both_outputs_come_back),
		cmocka_unit_test(no_shell_reads_the_words),
		cmocka_unit_test(time_is_bounded_and_the_group_goes),
		cmocka_unit_test(a_grandchild_cannot_hold_the_output),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(input_arrives_or_is_empty),
		cmocka_unit_test(nothing_is_inherited_unasked),
		cmocka_unit_test(a_missing_program_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
