/* base/state: where things are kept; base/chaindb: rows that cannot be changed unnoticed;
 * base/unixsock: who listens there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/chaindb.h"
#include "base/state.h"
#include "base/unixsock.h"

static char dir[64];

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/ubg-state-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "c.db", "c.db-wal", "c.db-shm", "bad.db", "lock", "sock", "open/x.org",
		"open", "made/x.org", "made", "", NULL };
	char path[256];

	(void)state;
	for (size_t i = 0; names[i]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		remove(path);
	}
	return 0;
}

static const char *
in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void
zones_have_folders_of_their_own(void **state)
{
	static const struct {
		const char *zone, *folder;
	} t[] = { { "Example.ORG.", "example.org" }, { ".", "%2E" }, { "a/b.org.", "a%2Fb.org" },
		{ "..org.", "%2E.org" }, { "_dmarc.x.org", "_dmarc.x.org" }, { "x\\032y.", "x%5C032y" } };
	char out[300], back[1100], longer[1100], other[300];

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		state_escape(out, sizeof out, t[i].zone);
		assert_string_equal(out, t[i].folder);
		assert_true(state_unescape(back, sizeof back, out));
		state_escape(other, sizeof other, back);
		assert_string_equal(other, out);
	}
	memset(longer, 'a', 1000);
	snprintf(longer + 1000, 10, ".org.");
	state_escape(out, sizeof out, longer);
	assert_int_equal(strlen(out), 200);
	longer[999] = 'b';
	state_escape(other, sizeof other, longer);
	assert_string_not_equal(out, other);
	assert_false(state_unescape(back, sizeof back, out));
	assert_false(state_unescape(back, sizeof back, "A.org"));
	assert_false(state_unescape(back, sizeof back, "x%4"));
	assert_false(state_unescape(back, sizeof back, "%00"));
}

static void
an_unusable_folder_is_a_notice(void **state)
{
	struct state_place s;
	struct stat st;
	struct err e = { 0 };
	char path[PATH_MAX];

	(void)state;
	assert_true(state_find(&s, in_dir("made"), "x.org.", &e));
	assert_true(state_make(&s));
	assert_false(s.memory);
	assert_int_equal(stat(s.zone, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_non_null(strstr(state_path(&s, "history.db", path), "/made/x.org/history.db"));

	assert_true(state_find(&s, "/proc/nowhere", "x.org.", &e));
	assert_false(state_make(&s));
	assert_true(s.memory);
	assert_non_null(strstr(s.notice, "nothing is kept"));

	assert_true(state_find(&s, in_dir("open"), "x.org.", &e));
	assert_true(state_make(&s));
	assert_int_equal(chmod(s.zone, 0777), 0);
	assert_false(state_make(&s));
	assert_non_null(strstr(s.notice, "0777"));

	assert_false(state_find(&s, "", "x.org.", &e));
	setenv("UBG_STATE", "/somewhere", 1);
	assert_true(state_find(&s, NULL, NULL, &e));
	assert_string_equal(s.root, "/somewhere");
	unsetenv("UBG_STATE");
}

static struct chaindb *
with_rows(int n)
{
	struct err e = { 0 };
	char body[40];
	struct chaindb *db = chaindb_open(in_dir("c.db"), true, "CREATE TABLE mine(x)", &e);
	int64_t seq;

	assert_non_null(db);
	for (int i = 1; i <= n; i++) {
		snprintf(body, sizeof body, "{\"n\":%d}", i);
		assert_true(chaindb_append(db, i * 1000, "note", body, &seq, &e));
		assert_int_equal(seq, i);
	}
	return db;
}

/* What verify says after SQL was run by somebody else. */
static struct chaindb_check
after(struct chaindb *db, const char *sql)
{
	struct chaindb_check c;
	sqlite3 *other;

	assert_int_equal(sqlite3_open(in_dir("c.db"), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_true(chaindb_verify(db, &c, NULL));
	return c;
}

static void
a_changed_row_is_found(void **state)
{
	static const struct {
		const char *sql;
		int bad;
	} t[] = {
		{ "UPDATE chain SET body = '{\"n\":33}' WHERE seq = 3", 3 },
		{ "UPDATE chain SET body = '{\"n\":3}', t = t + 1 WHERE seq = 3", 3 },
		{ "UPDATE chain SET t = 3000, kind = 'nota' WHERE seq = 3", 3 },
		{ "UPDATE chain SET kind = 'note', hash = zeroblob(32) WHERE seq = 9", 9 },
	};
	struct chaindb_check c;

	(void)state;
	struct chaindb *db = with_rows(10);
	assert_true(chaindb_verify(db, &c, NULL));
	assert_int_equal(c.bad, 0);
	assert_int_equal(c.rows, 10);
	for (size_t i = 0; i < 3; i++) {
		c = after(db, t[i].sql);
		assert_int_equal(c.bad, t[i].bad);
	}
	c = after(db, "UPDATE chain SET kind = 'note' WHERE seq = 3");
	assert_int_equal(c.bad, 0);
	c = after(db, t[3].sql);
	assert_int_equal(c.bad, 9);
	c = after(db, "DELETE FROM chain WHERE seq >= 9");
	assert_int_equal(c.bad, 9);
	assert_string_equal(c.why, "rows 9 to 10 are missing");
	c = after(db, "DELETE FROM chain WHERE seq = 4");
	assert_int_equal(c.bad, 4);
	assert_string_equal(c.why, "row 4 is missing");
	c = after(db, "INSERT INTO chain VALUES (0, 1, 'a', 'b', zeroblob(32))");
	assert_int_equal(c.bad, 1);
	assert_non_null(strstr(c.why, "before the chain's beginning"));
	chaindb_close(db);
}

static void
old_rows_go_and_the_rest_still_verifies(void **state)
{
	struct chaindb_check c;
	struct err e = { 0 };

	(void)state;
	struct chaindb *db = with_rows(10);
	assert_true(chaindb_drop_before(db, 6, &e));
	assert_true(chaindb_verify(db, &c, &e));
	assert_int_equal(c.bad, 0);
	assert_int_equal(c.rows, 5);
	assert_int_equal(c.first, 6);
	assert_true(chaindb_append(db, 1, "note", "{}", NULL, &e));
	c = after(db, "DELETE FROM chain WHERE seq = 6");
	assert_int_equal(c.bad, 6);
	chaindb_close(db);
}

static void
an_abandoned_transaction_leaves_nothing(void **state)
{
	struct chaindb_check c;
	struct err e = { 0 };

	(void)state;
	struct chaindb *db = with_rows(2);
	assert_true(chaindb_begin(db, &e));
	assert_true(chaindb_append(db, 1, "note", "{}", NULL, &e));
	chaindb_rollback(db);
	assert_true(chaindb_begin(db, &e));
	assert_true(chaindb_append(db, 1, "note", "{}", NULL, &e));
	assert_true(chaindb_append(db, 2, "note", "{}", NULL, &e));
	assert_true(chaindb_commit(db, &e));
	assert_true(chaindb_verify(db, &c, &e));
	assert_int_equal(c.rows, 4);
	assert_int_equal(c.bad, 0);
	chaindb_close(db);
	db = chaindb_open(NULL, true, NULL, &e);
	assert_non_null(db);
	assert_true(chaindb_append(db, 1, "note", "{}", NULL, &e));
	chaindb_close(db);
}

/* Several processes append at once: no row is lost, and the chain is whole. */
static void
writers_take_turns(void **state)
{
	enum { WRITERS = 3, ROWS = 40 };
	struct chaindb_check c;
	struct err e = { 0 };
	pid_t pid[WRITERS];

	(void)state;
	chaindb_close(with_rows(0));
	for (int w = 0; w < WRITERS; w++) {
		pid[w] = fork();
		assert_true(pid[w] >= 0);
		if (pid[w] == 0) {
			struct chaindb *db = chaindb_open(in_dir("c.db"), true, NULL, NULL);
			bool ok = db != NULL;
			for (int i = 0; i < ROWS && ok; i++)
				ok = chaindb_append(db, i, "note", "{}", NULL, NULL);
			chaindb_close(db);
			_exit(ok ? 0 : 1);
		}
	}
	for (int w = 0; w < WRITERS; w++) {
		int status = -1;
		assert_int_equal(waitpid(pid[w], &status, 0), pid[w]);
		assert_int_equal(status, 0);
	}
	struct chaindb *db = chaindb_open(in_dir("c.db"), false, NULL, &e);
	assert_non_null(db);
	assert_true(chaindb_verify(db, &c, &e));
	assert_int_equal(c.bad, 0);
	assert_int_equal(c.rows, WRITERS * ROWS);
	assert_false(chaindb_append(db, 1, "note", "{}", NULL, &e));
	chaindb_close(db);
}

static void
what_is_no_database_is_said(void **state)
{
	struct err e = { 0 };
	FILE *f = fopen(in_dir("bad.db"), "w");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 100; i++)
		fputs("this is not a database, whatever its name says\n", f);
	fclose(f);
	assert_null(chaindb_open(in_dir("bad.db"), true, NULL, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_null(chaindb_open(in_dir("none.db"), false, NULL, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
}

/* A socket far below: longer than a socket's address may be. */
static void
processes_find_each_other(void **state)
{
	char longer[200], path[PATH_MAX];
	struct err e = { 0 };
	struct stat st;
	long holder;

	(void)state;
	memset(longer, 'x', 150);
	longer[150] = '\0';
	snprintf(path, sizeof path, "%s/%s", dir, longer);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(unixsock_connect(path, "sock", &e), -1);
	assert_int_equal(e.code, ERR_NOT_FOUND);
	int l = unixsock_listen(path, "sock", &e);
	assert_true(l >= 0);
	int c = unixsock_connect(path, "sock", &e), s = unixsock_accept(l);
	assert_true(c >= 0 && s >= 0);
	assert_int_equal(unixsock_accept(l), -1);
	assert_int_equal(write(c, "x", 1), 1);
	assert_int_equal(read(s, longer, 2), 1);
	close(c);
	close(s);
	close(l);
	assert_int_equal(unixsock_connect(path, "sock", &e), -1); /* its owner is gone */
	assert_int_equal(e.code, ERR_NOT_FOUND);

	int lock = lockfile_take(path, "lock", &holder, &e);
	assert_true(lock >= 0);
	assert_int_equal(lockfile_holder(path, "lock"), getpid());
	assert_int_equal(lockfile_take(path, "lock", &holder, &e), -1);
	assert_int_equal(holder, getpid());
	close(lock);
	assert_int_equal(lockfile_holder(path, "lock"), 0);

	int d = open(path, O_PATH | O_DIRECTORY);
	assert_int_equal(fstatat(d, "sock", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	unlinkat(d, "sock", 0);
	unlinkat(d, "lock", 0);
	close(d);
	rmdir(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zones_have_folders_of_their_own),
		cmocka_unit_test_setup_teardown(an_unusable_folder_is_a_notice, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_changed_row_is_found, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(old_rows_go_and_the_rest_still_verifies, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(an_abandoned_transaction_leaves_nothing, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(writers_take_turns, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(processes_find_each_other, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(what_is_no_database_is_said, make_dir, remove_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
