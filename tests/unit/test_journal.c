/* Tests of change/journal: what is found after a crash, what damage is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change/journal.h"

static struct state_place st;
static char dir[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/ubg-journal.XXXXXX");
	return mkdtemp(dir) && state_find(&st, dir, "example.org.", NULL) && state_make(&st) ? 0 : -1;
}

static int
teardown(void **state)
{
	DIR *d = opendir(st.zone);
	struct dirent *f;

	(void)state;
	while (d && (f = readdir(d)))
		unlinkat(dirfd(d), f->d_name, 0);
	if (d)
		closedir(d);
	rmdir(st.zone);
	return rmdir(dir);
}

static struct journal *
open_it(void)
{
	struct err e = { 0 };
	struct journal *j = journal_open(&st, "example.org.", true, &e);

	assert_non_null(j);
	journal_who(j, "alice");
	return j;
}

static void
add(struct journal *j, const char *kind, const char *run)
{
	assert_true(journal_add(j, kind, run, json_pack("{s:s}", "text", kind), NULL, NULL));
}

static bool
pending(struct journal *j, char run[RUN_ID], size_t *n)
{
	json_t *rows;
	bool is = journal_pending(j, run, &rows, NULL);

	*n = json_array_size(rows);
	json_decref(rows);
	return is;
}

static void
test_pending(void **state)
{
	struct journal *j = open_it();
	char run[RUN_ID];
	size_t n;

	(void)state;
	assert_false(pending(j, run, &n));
	add(j, "confirm", "r1"); /* nothing was touched yet */
	assert_false(pending(j, run, &n));
	add(j, "intent", "r1");
	assert_true(pending(j, run, &n));
	assert_string_equal(run, "r1");
	assert_int_equal(n, 2);
	add(j, "note", NULL);
	add(j, "outcome", "r0"); /* of another run */
	assert_true(pending(j, run, &n));
	add(j, "outcome", "r1");
	assert_false(pending(j, run, &n));
	add(j, "hold", "r2");
	assert_true(pending(j, run, &n));
	assert_true(journal_add(j, "recovery", "r2", json_pack("{s:b}", "final", 0), NULL, NULL));
	assert_true(pending(j, run, &n));
	assert_true(journal_add(j, "recovery", "r2", json_pack("{s:b}", "final", 1), NULL, NULL));
	assert_false(pending(j, run, &n));
	journal_close(j);
}

static bool
last(void *ctx, const struct journal_entry *x)
{
	char text[200];

	journal_text(x, text, sizeof text);
	snprintf(ctx, 300, "%lld %s %s", (long long)x->seq, x->who, text);
	return true;
}

static void
test_clean_and_chained(void **state)
{
	struct journal *j = open_it();
	int64_t rows, bad;
	char why[200], said[300] = "";
	sqlite3 *db;

	(void)state;
	assert_true(journal_add(j, "note", NULL, json_pack("{s:s}", "text", "a\x1b[2Jb"), NULL, NULL));
	assert_true(journal_each(j, 0, last, said, NULL));
	assert_null(strchr(said, '\x1b'));
	assert_non_null(strstr(said, "1 alice note: a"));
	add(j, "note", NULL);
	add(j, "note", NULL);
	assert_true(journal_verify(j, &rows, &bad, why, sizeof why, NULL));
	assert_int_equal(rows, 3);
	assert_int_equal(bad, 0);
	char path[PATH_MAX];
	assert_int_equal(sqlite3_open(state_path(&st, "journal.db", path), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE chain SET body = replace(body, 'alice', 'carol') WHERE seq = 2",
		NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_true(journal_verify(j, &rows, &bad, why, sizeof why, NULL));
	assert_int_equal(bad, 2);
	journal_close(j);
}

/* Two at once lose nothing. */
static void
test_two_writers(void **state)
{
	enum { EACH = 60 };
	int64_t rows, bad;
	char why[200];

	(void)state;
	journal_close(open_it());
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			struct journal *j = open_it();
			for (int k = 0; k < EACH; k++)
				add(j, "note", NULL);
			journal_close(j);
			_exit(0);
		}
	for (int i = 0; i < 2; i++) {
		int status;
		wait(&status);
		assert_int_equal(status, 0);
	}
	struct journal *j = open_it();
	assert_true(journal_verify(j, &rows, &bad, why, sizeof why, NULL));
	assert_int_equal(rows, 2 * EACH);
	assert_int_equal(bad, 0);
	journal_close(j);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(test_pending), T(test_clean_and_chained),
		T(test_two_writers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
