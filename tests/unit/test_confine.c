/* confine: what each role must not do is denied by the kernel, and what it needs still works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"

static char own[64], other[64]; /* folders of this test */

/* Bits of what happened, reported by the confined child through its exit status and a pipe. */
struct seen {
	bool confined, inet, un, bind_un, listen_inet, exec, forked, thread, write_own, write_other,
		rename_own, append_old, read_own, read_other, chmod_own, kill_parent, connects, truncate_own;
	struct confined c;
	struct err e;
};

static bool
can_write(const char *folder, const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	int fd = open(path, flags, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool
can_read(const char *folder)
{
	char path[128];

	snprintf(path, sizeof path, "%s/old", folder);
	int fd = open(path, O_RDONLY);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void *
in_thread(void *arg)
{
	*(bool *)arg = true;
	return NULL;
}

static bool
can_bind_unix(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sa.sun_path, sizeof sa.sun_path, "%s/sock", own);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && listen(fd, 1) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool
can_connect(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && send(fd, "x", 1, 0) == 1;

	if (fd >= 0)
		close(fd);
	return ok;
}

static void
try_all(struct seen *s)
{
	char a[128], b[128], *const argv[] = { NULL };
	pthread_t t;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	s->inet = fd >= 0;
	s->listen_inet = fd >= 0 && listen(fd, 1) == 0;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	s->un = fd >= 0;
	s->connects = can_connect();
	s->bind_un = can_bind_unix();
	s->exec = execve("/no/such/file", argv, argv) < 0 && errno == ENOENT;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	s->forked = pid > 0;
	if (pthread_create(&t, NULL, in_thread, &s->thread) == 0)
		pthread_join(t, NULL);
	s->read_own = can_read(own);
	s->read_other = can_read(other);
	s->append_old = can_write(own, "old", O_WRONLY | O_APPEND);
	s->truncate_own = can_write(own, "old", O_WRONLY | O_TRUNC);
	s->write_own = can_write(own, "new", O_WRONLY | O_CREAT);
	s->write_other = can_write(other, "new", O_WRONLY | O_CREAT) || can_write(other, "old", O_WRONLY);
	snprintf(a, sizeof a, "%s/new", own);
	snprintf(b, sizeof b, "%s/newer", own);
	s->rename_own = rename(a, b) == 0;
	snprintf(a, sizeof a, "%s/old", own);
	s->chmod_own = chmod(a, 0600) == 0;
	s->kill_parent = kill(getppid(), 0) == 0;
}

static struct seen
confined_as(enum confine_role role, bool landlock, bool seccomp)
{
	struct confine_path paths[] = { { own, true }, { NULL, true }, { "/no/such/folder", false } };
	struct seen s = { 0 };
	int p[2], status;

	assert_int_equal(pipe(p), 0);
	pid_t pid = fork();
	if (pid == 0) {
		s.confined = confine(&(struct confine_job){ .role = role, .paths = paths, .n_paths = 3,
			.without_landlock = !landlock, .without_seccomp = !seccomp }, &s.c, &s.e);
		try_all(&s);
		_exit(write(p[1], &s, sizeof s) == (ssize_t)sizeof s ? 0 : 1);
	}
	close(p[1]);
	assert_int_equal(read(p[0], &s, sizeof s), sizeof s);
	close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return s;
}

static int
setup(void **state)
{
	char path[128];

	(void)state;
	snprintf(own, sizeof own, "/tmp/ubg-confine-own.XXXXXX");
	snprintf(other, sizeof other, "/tmp/ubg-confine-other.XXXXXX");
	if (!mkdtemp(own) || !mkdtemp(other))
		return -1;
	snprintf(path, sizeof path, "%s/old", own);
	file_replace(path, "x", 1, 0600, NULL);
	snprintf(path, sizeof path, "%s/old", other);
	return file_replace(path, "x", 1, 0600, NULL) ? 0 : -1;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "old", "new", "newer", "sock" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		snprintf(path, sizeof path, "%s/%s", i < 4 ? own : other, names[i % 4]);
		unlink(path);
	}
	return rmdir(own) + rmdir(other);
}

/* What this kernel has not got is said loudly and not asserted. */
static bool
kernel_has(const struct seen *s)
{
	char buf[400];

	if (!s->confined)
		print_message("skip confine - %s\n", err_str(&s->e, buf, sizeof buf));
	assert_true(s->confined);
	assert_int_equal(s->c.tried, s->c.denied);
	if (s->c.landlock && s->c.seccomp) {
		assert_true(s->c.tried >= 12);
		return true;
	}
	print_message("skip confine - this kernel: %s\n", confine_describe(&s->c, buf, sizeof buf));
	return false;
}

static void
net_has_sockets_and_nothing_else(void **state)
{
	struct seen s = confined_as(CONFINE_NET, true, true);

	(void)state;
	if (!kernel_has(&s))
		return;
	assert_true(s.inet && s.connects && s.thread);
	assert_false(s.un || s.bind_un || s.listen_inet || s.exec || s.forked || s.kill_parent);
	assert_false(s.write_own || s.write_other || s.rename_own || s.append_old || s.chmod_own);
	assert_false(s.read_other || s.truncate_own);
}

static void
local_reads_its_folders_only(void **state)
{
	struct seen s = confined_as(CONFINE_LOCAL, true, true);

	(void)state;
	if (!kernel_has(&s))
		return;
	assert_true(s.read_own && s.thread);
	assert_false(s.inet || s.connects || s.un || s.exec || s.forked || s.kill_parent);
	assert_false(s.write_own || s.write_other || s.rename_own || s.append_old || s.chmod_own);
	assert_false(s.read_other || s.truncate_own);
}

static void
console_writes_its_state_only(void **state)
{
	struct seen s = confined_as(CONFINE_CONSOLE, true, true);

	(void)state;
	if (!kernel_has(&s))
		return;
	assert_true(s.read_own && s.write_own && s.rename_own && s.append_old && s.kill_parent);
	assert_true(s.truncate_own);
	assert_false(s.inet || s.connects || s.un || s.exec || s.forked);
	assert_false(s.write_other || s.read_other || s.chmod_own);
}

static void
record_has_a_unix_socket(void **state)
{
	struct seen s = confined_as(CONFINE_RECORD, true, true);

	(void)state;
	if (!kernel_has(&s))
		return;
	assert_true(s.un && s.bind_un && s.write_own && s.rename_own && s.truncate_own);
	assert_false(s.inet || s.connects || s.exec || s.forked || s.write_other || s.read_other);
}

static void
status_reads_its_state_only(void **state)
{
	struct seen s = confined_as(CONFINE_STATUS, true, true);

	(void)state;
	if (!kernel_has(&s))
		return;
	assert_true(s.read_own);
	assert_false(s.inet || s.un || s.exec || s.forked || s.write_own || s.append_old || s.read_other);
}

static void
serve_opens_no_socket_of_its_own(void **state)
{
	struct seen s = confined_as(CONFINE_SERVE, true, true);

	(void)state;
	if (!kernel_has(&s))
		return;
	assert_true(s.write_own);
	assert_false(s.inet || s.connects || s.un || s.bind_un || s.listen_inet || s.exec || s.forked);
	assert_false(s.write_other || s.read_other || s.kill_parent);
}

static void
one_half_missing_is_a_note_and_the_other_holds(void **state)
{
	struct seen s = confined_as(CONFINE_LOCAL, false, true);
	char buf[400];

	(void)state;
	if (s.c.seccomp) {
		assert_true(s.confined);
		assert_non_null(strstr(confine_describe(&s.c, buf, sizeof buf), "no landlock"));
		assert_false(s.inet || s.exec || s.write_own || s.write_other || s.rename_own || s.append_old);
	}
	s = confined_as(CONFINE_LOCAL, true, false);
	if (s.c.landlock) {
		assert_true(s.confined);
		assert_non_null(strstr(confine_describe(&s.c, buf, sizeof buf), "no seccomp"));
		assert_false(s.write_own || s.write_other || s.rename_own || s.append_old || s.read_other);
	}
	s = confined_as(CONFINE_LOCAL, false, false);
	assert_true(s.confined && s.write_other && s.exec);
	assert_non_null(strstr(confine_describe(&s.c, buf, sizeof buf), "not confined"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(net_has_sockets_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(local_reads_its_folders_only, setup, teardown),
		cmocka_unit_test_setup_teardown(console_writes_its_state_only, setup, teardown),
		cmocka_unit_test_setup_teardown(record_has_a_unix_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(status_reads_its_state_only, setup, teardown),
		cmocka_unit_test_setup_teardown(serve_opens_no_socket_of_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(one_half_missing_is_a_note_and_the_other_holds, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
