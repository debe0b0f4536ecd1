/* observe/histdb: what was served when, over restarts, gaps, damage and bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/history.h"
#include "observe/histdb.h"

#define T0 INT64_C(1700000000)

static char dir[64];
static struct state_place place;
static struct name zone;

static int
begin(void **state)
{
	(void)state;
	/* in memory where that is: thousands of syncs take long on a busy disk */
	snprintf(dir, sizeof dir, "%s/ubg-histdb-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	return mkdtemp(dir) && name_from_text(&zone, "example.org.", NULL) &&
		state_find(&place, dir, "example.org.", NULL) && state_make(&place) ? 0 : -1;
}

static int
end(void **state)
{
	char path[PATH_MAX + 300];
	struct dirent *d;

	(void)state;
	DIR *f = opendir(place.zone);
	while (f && (d = readdir(f)))
		if (d->d_name[0] != '.') {
			snprintf(path, sizeof path, "%s/%s", place.zone, d->d_name);
			unlink(path);
		}
	if (f)
		closedir(f);
	rmdir(place.zone);
	rmdir(dir);
	return 0;
}

/* Server 192.0.2.HOST gives a DNSKEY set with N in its key, at T0 + S. */
static void
see(struct ledger *l, int64_t s, int host, int n)
{
	struct obs *o = obs_new(FACT_ANSWER, (T0 + s) * USEC, "net", &zone);
	struct fact_answer *f = &o->u.answer;
	struct rr rr;
	char text[200];

	f->at = (struct endpoint){ .ns = arena_printf(o->arena, "ns%d.example.org.", host), .port = 53,
		.address = arena_printf(o->arena, "192.0.2.%d", host), .role = ROLE_CHILD, .cut = zone };
	f->probe = PROBE_DNSKEY;
	f->qname = zone;
	f->qtype = T_DNSKEY;
	f->aa = true;
	snprintf(text, sizeof text, "example.org. 3600 IN DNSKEY 257 3 13 "
		"%04dwUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==", n);
	assert_true(rr_from_text(o->arena, text, 0, &rr, NULL));
	arena_push(o->arena, &f->rrs, rr);
	ledger_add(l, o);
	obs_unref(o);
}

static void
round_of(struct ledger *l, int64_t s, bool over)
{
	struct obs *o = obs_new(FACT_ROUND, (T0 + s) * USEC, "net", &zone);

	o->u.round.what = "full";
	o->u.round.end = over;
	ledger_add(l, o);
	obs_unref(o);
}

static void
give(void *ctx, struct obs *o)
{
	ledger_add(ctx, o);
	obs_unref(o);
}

static struct ledger *
seeded(struct histdb *h, int64_t s)
{
	struct ledger *l = ledger_new();

	ledger_zone(l, &zone);
	histdb_emit(h, (T0 + s) * USEC, 1, 0, give, l);
	return l;
}

static struct histdb *
opened(int64_t s)
{
	struct err e = { 0 };
	struct histdb *h = histdb_open(&place, &zone, true, (T0 + s) * USEC, &e);

	assert_non_null(h);
	return h;
}

static void
follow(struct histdb *h, const struct ledger *l, int64_t s)
{
	struct err e = { 0 };

	assert_true(histdb_follow(h, l, (T0 + s) * USEC, NULL, &e));
}

static void
sound(struct histdb *h, int64_t rows)
{
	struct chaindb_check c;

	assert_true(histdb_verify(h, &c, NULL));
	assert_int_equal(c.bad, 0);
	if (rows)
		assert_int_equal(c.rows, rows);
}

/* Three sets one after the other, the last two while two different records ran. */
static void
versions_outlive_the_record(void **state)
{
	struct histdb *h = opened(0);
	struct ledger *l = seeded(h, 0);

	(void)state;
	round_of(l, 0, false);
	see(l, 0, 1, 1);
	see(l, 1, 2, 1);
	round_of(l, 2, true);
	follow(h, l, 2);
	see(l, 60, 1, 2);
	follow(h, l, 60);
	see(l, 65, 2, 2);
	follow(h, l, 65);
	sound(h, 0);
	histdb_close(h);
	ledger_free(l);

	h = opened(100);
	l = seeded(h, 100);
	round_of(l, 100, false);
	see(l, 100, 1, 2);
	see(l, 101, 2, 3);
	round_of(l, 102, true);
	follow(h, l, 102);
	see(l, 160, 1, 3);
	follow(h, l, 160);
	struct snapshot *s = ledger_snapshot(l, (T0 + 161) * USEC);
	struct chaindb_check c;
	assert_true(histdb_verify(h, &c, NULL));
	follow(h, l, 161); /* nothing changed: nothing is written */
	sound(h, c.rows);
	histdb_close(h);
	ledger_free(l);

	h = histdb_open(&place, &zone, false, (T0 + 170) * USEC, NULL);
	assert_non_null(h);
	l = seeded(h, 170);
	struct snapshot *again = ledger_snapshot(l, (T0 + 161) * USEC);
	static const struct {
		int64_t on, off, before;
	} want[] = { { 0, 65, TIME_UNSET }, { 60, 160, 2 }, { 101, TIME_NEVER, 65 } };
	for (int k = 0; k < 2; k++) {
		const struct version_list *v = k ? &again->history.dnskey : &s->history.dnskey;
		assert_int_equal(v->n, 3);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(v->v[i].on, T0 + want[i].on);
			assert_int_equal(v->v[i].off, want[i].off == TIME_NEVER ? TIME_NEVER : T0 + want[i].off);
			assert_false(v->v[i].inferred);
			assert_non_null(v->v[i].sample);
			assert_int_equal(v->v[i].sample->u.answer.rrs.n, 1);
		}
		assert_int_equal(v->v[2].on_before, T0 + want[2].before);
	}
	assert_int_equal(again->history.since, T0 + 1);
	snapshot_unref(s);
	snapshot_unref(again);
	histdb_close(h);
	ledger_free(l);
}

static void
a_gap_is_noticed(void **state)
{
	struct histdb *h = opened(0);
	struct ledger *l = seeded(h, 0);
	bool told = false;

	(void)state;
	see(l, 0, 1, 1);
	follow(h, l, 0);
	histdb_close(h);
	ledger_free(l);
	h = opened(5000);
	l = seeded(h, 5000);
	see(l, 5000, 1, 2);
	assert_true(histdb_follow(h, l, (T0 + 5000) * USEC, &told, NULL));
	assert_true(told);
	ledger_free(l);
	l = seeded(h, 5001);
	struct snapshot *s = ledger_snapshot(l, (T0 + 5001) * USEC);
	assert_int_equal(s->history.since, T0 + 5000);
	assert_int_equal(s->history.dnskey.v[0].off, T0 + 5000); /* off reaches over the gap */
	snapshot_unref(s);
	ledger_free(l);
	histdb_close(h);
}

static void
a_row_changed_by_others_is_said(void **state)
{
	struct histdb *h = opened(0);
	struct ledger *l = seeded(h, 0);
	char path[PATH_MAX];
	sqlite3 *other;

	(void)state;
	see(l, 0, 1, 1);
	follow(h, l, 0);
	histdb_close(h);
	ledger_free(l);
	assert_int_equal(sqlite3_open(state_path(&place, HISTDB_FILE, path), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "UPDATE chain SET body = replace(body, '192.0.2.1', '192.0.2.8') "
		"WHERE kind = 'version'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	h = opened(10);
	l = seeded(h, 10);
	struct snapshot *s = ledger_snapshot(l, (T0 + 11) * USEC);
	assert_non_null(s->record);
	assert_non_null(s->record->u.history.note);
	assert_non_null(strstr(s->record->u.history.note, "row 2 was changed"));
	snapshot_unref(s);
	ledger_free(l);
	histdb_close(h);
}

static void
a_damaged_file_goes_aside(void **state)
{
	char path[PATH_MAX];

	(void)state;
	FILE *f = fopen(state_path(&place, HISTDB_FILE, path), "w");
	assert_non_null(f);
	for (int i = 0; i < 300; i++)
		fputs("no database at all\n", f);
	fclose(f);
	assert_null(histdb_open(&place, &zone, false, T0 * USEC, NULL));
	struct histdb *h = opened(0);
	struct ledger *l = seeded(h, 0);
	struct snapshot *s = ledger_snapshot(l, T0 * USEC);
	assert_non_null(strstr(s->record->u.history.note, "history.db.bad-20231114221320"));
	assert_int_equal(access(strcat(path, ".bad-20231114221320"), F_OK), 0);
	snapshot_unref(s);
	see(l, 0, 1, 1);
	follow(h, l, 0);
	sound(h, 0);
	ledger_free(l);
	histdb_close(h);
}

/* A record that is killed in the middle of its writing: whole rows, and none that came late. */
static void
a_killed_writer_leaves_whole_rows(void **state)
{
	(void)state;
	for (int round = 0; round < 5; round++) {
		int p[2];
		char c;
		assert_int_equal(pipe(p), 0);
		pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			struct histdb *h = histdb_open(&place, &zone, true, T0 * USEC, NULL);
			struct ledger *l = h ? seeded(h, round * 10000) : NULL;
			for (int i = 0; l && i < 10000; i++) {
				see(l, round * 10000 + i, 1, round * 1000 + i % 1000);
				if (!histdb_follow(h, l, (T0 + i) * USEC, NULL, NULL))
					_exit(1);
				if (i >= 20 && write(p[1], "x", 1) != 1)
					_exit(1);
			}
			_exit(1);
		}
		close(p[1]);
		assert_int_equal(read(p[0], &c, 1), 1);
		usleep(1000 * (unsigned)(3 + 7 * round));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close(p[0]);
		struct histdb *h = opened(0);
		sound(h, 0);
		struct ledger *l = seeded(h, round * 10000);
		struct snapshot *s = ledger_snapshot(l, T0 * USEC);
		assert_true(s->history.dnskey.n >= 20u * (unsigned)(round + 1));
		snapshot_unref(s);
		ledger_free(l);
		histdb_close(h);
	}
}

static void
the_file_stays_within_its_bounds(void **state)
{
	const struct histdb_bounds b = { .keep = 1000, .max_size = 120000 };
	struct histdb *h = opened(0);
	struct ledger *l = seeded(h, 0);
	char path[PATH_MAX];
	int64_t largest = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		see(l, i * 10, 1, i);
		see(l, i * 10, 2, 0); /* one that is served all the time */
		follow(h, l, i * 10);
		assert_true(histdb_compact(h, &b, (T0 + i * 10) * USEC, NULL));
		struct chaindb *db = chaindb_open(state_path(&place, HISTDB_FILE, path), false, NULL, NULL);
		if (chaindb_size(db) > largest)
			largest = chaindb_size(db);
		chaindb_close(db);
	}
	assert_true(largest < 160000);
	sound(h, 0);
	histdb_close(h);
	ledger_free(l);
	h = opened(3000);
	sound(h, 0);
	l = seeded(h, 3000);
	struct snapshot *s = ledger_snapshot(l, (T0 + 3000) * USEC);
	const struct version_list *v = &s->history.dnskey;
	assert_true(v->n > 10 && v->n < 250);
	assert_int_equal(v->v[v->n - 2].on, T0); /* old, and still served */
	assert_int_equal(v->v[v->n - 2].off, TIME_NEVER);
	assert_int_equal(v->v[v->n - 1].on, T0 + 2990);
	snapshot_unref(s);
	ledger_free(l);
	histdb_close(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(versions_outlive_the_record, begin, end),
		cmocka_unit_test_setup_teardown(a_gap_is_noticed, begin, end),
		cmocka_unit_test_setup_teardown(a_row_changed_by_others_is_said, begin, end),
		cmocka_unit_test_setup_teardown(a_damaged_file_goes_aside, begin, end),
		cmocka_unit_test_setup_teardown(a_killed_writer_leaves_whole_rows, begin, end),
		cmocka_unit_test_setup_teardown(the_file_stays_within_its_bounds, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
