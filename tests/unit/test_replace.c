/* Tests of change/replace and change/lock: what is kept, what is refused, what a second one is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "change/lock.h"
#include "change/replace.h"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/ubg-replace.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *f;

	(void)state;
	while (d && (f = readdir(d)))
		unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
	return rmdir(dir);
}

static const char *
in(const char *name)
{
	static char out[2][512];
	static int i;

	i ^= 1;
	snprintf(out[i], sizeof out[i], "%s/%s", dir, name);
	return out[i];
}

static void
put(const char *name, const char *text, mode_t mode)
{
	assert_true(file_replace(in(name), text, strlen(text), mode, NULL));
	assert_int_equal(chmod(in(name), mode), 0);
}

static void
holds(const char *name, const char *text)
{
	size_t n;
	char *got = file_read(in(name), 1000, &n, NULL);

	assert_non_null(got);
	assert_string_equal(got, text);
	free(got);
}

static size_t
files(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void
test_keeps_mode_and_attributes(void **state)
{
	struct target t;
	struct stat st;
	struct err e = { 0 };
	char value[8] = "";

	(void)state;
	put("zone", "old", 0640);
	bool xattrs = setxattr(in("zone"), "user.mark", "m", 1, 0) == 0;
	assert_true(target_open(&t, in("zone"), "run1", false, false, &e));
	assert_true(target_stage(&t, "new", 3, 0600, &e));
	holds("zone", "old"); /* nobody sees it before the swap */
	assert_int_equal(files(), 2);
	assert_true(target_same(&t, &e));
	assert_int_equal(target_swap(&t, &e), SWAP_NEW);
	target_close(&t);
	holds("zone", "new");
	assert_int_equal(stat(in("zone"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (xattrs) {
		assert_int_equal(getxattr(in("zone"), "user.mark", value, sizeof value), 1);
		assert_int_equal(value[0], 'm');
	}
	assert_int_equal(files(), 1);
}

static void
test_staged_and_dropped(void **state)
{
	struct target t;

	(void)state;
	put("zone", "old", 0644);
	assert_true(target_open(&t, in("zone"), "run1", false, false, NULL));
	assert_true(target_stage(&t, "new", 3, 0600, NULL));
	target_close(&t);
	holds("zone", "old");
	assert_int_equal(files(), 1);
}

static void
test_changed_meanwhile(void **state)
{
	struct target t;
	struct err e = { 0 };

	(void)state;
	put("zone", "old", 0644);
	assert_true(target_open(&t, in("zone"), "r", false, false, &e));
	put("zone", "old", 0644); /* the same octets, another file */
	assert_false(target_same(&t, &e));
	assert_int_equal(e.code, ERR_CHANGED);
	target_close(&t);
	assert_true(target_open(&t, in("new"), "r", true, false, &e));
	assert_true(target_stage(&t, "mine", 4, 0600, &e));
	put("new", "theirs", 0644);
	assert_int_equal(target_swap(&t, &e), SWAP_OLD); /* never over what appeared meanwhile */
	target_close(&t);
	holds("new", "theirs");
}

static void
refused(const char *name, const char *word)
{
	struct target t;
	struct err e = { 0 };
	char said[1000];

	assert_false(target_open(&t, in(name), "r", false, false, &e));
	err_str(&e, said, sizeof said);
	if (!strstr(said, word))
		fail_msg("no \"%s\" in: %s", word, said);
}

static void
test_refusals(void **state)
{
	(void)state;
	put("zone", "old", 0644);
	assert_int_equal(symlink(in("zone"), in("sym")), 0);
	refused("sym", "symlink");
	assert_int_equal(link(in("zone"), in("hard")), 0);
	refused("zone", "hard links");
	unlink(in("hard"));
	put("zone.jnl", "x", 0644);
	refused("zone", "dynamic zone");
	unlink(in("zone.jnl"));
	assert_int_equal(mkfifo(in("pipe"), 0644), 0);
	refused("pipe", "another kind of file");
	refused("absent", "no such file");
	assert_int_equal(chmod(dir, 0777), 0);
	refused("zone", "lets others write");
	assert_int_equal(chmod(dir, 01777), 0); /* sticky: nobody else can replace it */
	struct target t;
	assert_true(target_open(&t, in("zone"), "r", false, false, NULL));
	target_close(&t);
}

static void
test_managed_keys(void **state)
{
	(void)state;
	assert_null(keys_managed_by(dir, "example.org."));
	put("Kexample.org.+013+00001.key", "", 0644);
	put("Kother.example.org.+013+00001.state", "", 0644);
	assert_null(keys_managed_by(dir, "example.org."));
	put("Kexample.org.+013+00001.state", "", 0644);
	assert_non_null(strstr(keys_managed_by(dir, "example.org."), "dnssec-policy"));
	assert_non_null(keys_managed_by(dir, "Example.ORG"));
	unlink(in("Kexample.org.+013+00001.state"));
	put("data.mdb", "", 0644);
	assert_non_null(strstr(keys_managed_by(dir, "example.org."), "KASP"));
}

static void
test_lock(void **state)
{
	struct lock l, m;
	struct err e = { 0 };

	(void)state;
	assert_true(lock_take(&l, dir, "example.org.", "alice", "plan 1f77ab", &e));
	assert_false(lock_take(&m, dir, "example.org.", "bob", "plan 2", &e)); /* also in one process */
	assert_int_equal(e.code, ERR_CHANGED);
	assert_non_null(strstr(e.seen, "alice on "));
	assert_non_null(strstr(e.seen, "plan 1f77ab"));
	assert_true(lock_take(&m, dir, "example.com.", "bob", "plan 2", &e)); /* another zone */
	lock_drop(&m);
	lock_drop(&l);
	assert_int_equal(files(), 0);
	pid_t pid = fork();
	if (pid == 0) { /* who dies holding it locks nobody */
		lock_take(&l, dir, "example.org.", "carol", "plan 3", NULL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	assert_int_equal(files(), 1);
	assert_true(lock_take(&l, dir, "example.org.", "alice", "plan 4", &e));
	lock_drop(&l);
}

/* Of many who try at once exactly one wins; the others are told who. */
static void
test_lock_race(void **state)
{
	enum { N = 24 };
	int go[2], end[2];

	(void)state;
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(end), 0);
	for (int i = 0; i < N; i++)
		if (fork() == 0) {
			struct lock l;
			struct err e = { 0 };
			char c;
			close(go[1]);
			close(end[1]);
			(void)!read(go[0], &c, 1);
			if (!lock_take(&l, dir, "example.org.", "w", "race", &e))
				_exit(e.code == ERR_CHANGED && e.seen[0] ? 1 : 2);
			(void)!read(end[0], &c, 1); /* holds it until all the others gave up */
			_exit(0);
		}
	close(go[0]);
	close(go[1]);
	alarm(30); /* two winners would wait for each other */
	for (int i = 0; i < N; i++) {
		int status;
		if (i == N - 1)
			close(end[1]);
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), i == N - 1 ? 0 : 1);
	}
	alarm(0);
	close(end[0]);
}

/* file_replace: a link's own mode (0777) is not the new file's; what is no file stays what it is. */
static void
test_file_of_a_link(void **state)
{
	struct err e = { 0 };
	struct stat st;

	(void)state;
	put("target", "old", 0640);
	assert_int_equal(symlink("target", in("link")), 0);
	assert_true(file_replace(in("link"), "new", 3, 0600, &e));
	assert_int_equal(lstat(in("link"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	holds("link", "new");
	holds("target", "old");
	assert_int_equal(symlink("nothing", in("dangling")), 0);
	assert_true(file_replace(in("dangling"), "new", 3, 0600, &e));
	assert_int_equal(lstat(in("dangling"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(mkfifo(in("pipe"), 0600), 0);
	assert_false(file_replace(in("pipe"), "new", 3, 0600, &e));
	assert_int_equal(e.code, ERR_ARG);
	assert_int_equal(lstat(in("pipe"), &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_keeps_mode_and_attributes),
		T(test_staged_and_dropped), T(test_changed_meanwhile), T(test_refusals),
		T(test_managed_keys), T(test_lock), T(test_lock_race), T(test_file_of_a_link) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
