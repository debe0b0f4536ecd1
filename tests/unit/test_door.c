/* door: a confined process runs the commands of its table, and no others; nothing stays behind. */
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/door.h"

#define SH(script) (const char *const[]){ "sh", "-c", script, NULL }

static void
run_by_number_and_by_words(void **state)
{
	const char *const echo[] = { "echo", "$(id)", NULL }, *const again[] = { "echo", "$(id)", NULL };
	const char *const other[] = { "echo", "$(id)", "more", NULL };
	struct child_job jobs[] = { { .argv = echo },
		{ .argv = SH("cat; echo $X >&2; exit 7"), .env = (const char *const[]){ "X=set", NULL } } };
	struct child_result r;
	struct err e = { 0 };
	struct door *d = door_open(jobs, 2, &e);

	(void)state;
	assert_non_null(d);
	assert_true(door_run(d, &(struct child_job){ .argv = again }, &r, &e));
	assert_string_equal(r.out, "$(id)\n");
	assert_int_equal(r.status, 0);
	child_result_free(&r);
	assert_true(door_run_nth(d, 1, "hook", 4, &r, &e));
	assert_string_equal(r.out, "hook");
	assert_string_equal(r.err, "set\n");
	assert_int_equal(r.status, 7);
	child_result_free(&r);
	assert_false(door_run(d, &(struct child_job){ .argv = other }, &r, &e));
	assert_int_equal(e.code, ERR_ARG);
	assert_false(door_run_nth(d, 2, NULL, 0, &r, &e));
	door_close(d);
}

static void
large_output_time_limits_and_missing_programs(void **state)
{
	const char *const gone[] = { "no-such-program", NULL };
	struct child_job jobs[] = { { .argv = SH("head -c 5000000 /dev/zero"), .output_max = 8 << 20 },
		{ .argv = SH("sleep 60"), .timeout_ms = 200 }, { .argv = gone } };
	struct child_result r;
	struct err e = { 0 };
	struct door *d = door_open(jobs, 3, &e);

	(void)state;
	assert_non_null(d);
	assert_true(door_run_nth(d, 0, NULL, 0, &r, &e));
	assert_int_equal(r.out_len, 5000000);
	assert_false(r.out_cut);
	child_result_free(&r);
	assert_true(door_run_nth(d, 1, NULL, 0, &r, &e));
	assert_true(r.timed_out);
	child_result_free(&r);
	assert_false(door_run_nth(d, 2, NULL, 0, &r, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	door_close(d);
}

/* In a process of its own: confined, it cannot start a program, but the door can; what the door
 * runs is not confined, and writes. */
static void
works_from_inside_the_sandbox(void **state)
{
	char dir[] = "/tmp/ubg-door.XXXXXX", script[200], path[100];
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/written", dir);
	snprintf(script, sizeof script, "echo yes >%s && git --version", path);
	pid_t pid = fork();
	if (pid == 0) {
		struct child_job jobs[] = { { .argv = SH(script) } };
		struct confined done;
		struct child_result r;
		struct err e = { 0 };
		struct door *d = door_open(jobs, 1, &e);
		if (!d || !confine(&(struct confine_job){ .role = CONFINE_LOCAL }, &done, &e))
			_exit(1);
		if (child_run(&jobs[0], &r, &e))
			_exit(2);
		if (!door_run_nth(d, 0, NULL, 0, &r, &e) || r.status != 0 || !strstr(r.out, "git version"))
			_exit(3);
		door_close(d);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	rmdir(dir);
}

static bool
alive(pid_t pid)
{
	char path[64], line[200] = "";

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, line, sizeof line - 1);
	close(fd);
	return n > 0 && !strstr(line, ") Z ");
}

/* The asker is killed while a command runs: the command and its children go, too. */
static void
a_killed_asker_leaves_nothing_behind(void **state)
{
	char dir[] = "/tmp/ubg-door.XXXXXX", script[400], path[100], line[64] = "";
	int status;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/pids", dir);
	snprintf(script, sizeof script, "sleep 600 & echo $$ $! >%s.new; mv %s.new %s; wait", path, path, path);
	pid_t pid = fork();
	if (pid == 0) {
		struct child_job jobs[] = { { .argv = SH(script), .timeout_ms = 600000 } };
		struct child_result r;
		struct door *d = door_open(jobs, 1, NULL);
		door_run_nth(d, 0, NULL, 0, &r, NULL);
		_exit(0);
	}
	for (int i = 0; i < 500 && access(path, F_OK) != 0; i++)
		usleep(20000);
	int a = 0, b = 0;
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	fclose(f);
	assert_int_equal(sscanf(line, "%d %d", &a, &b), 2);
	assert_true(alive(a) && alive(b));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	for (int i = 0; i < 250 && (alive(a) || alive(b)); i++)
		usleep(20000);
	assert_false(alive(a));
	assert_false(alive(b));
	unlink(path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_by_number_and_by_words),
		cmocka_unit_test(large_output_time_limits_and_missing_programs),
		cmocka_unit_test(works_from_inside_the_sandbox),
		cmocka_unit_test(a_killed_asker_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
