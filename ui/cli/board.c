/* board: facts to the right ledger, diagnoses when they are due. */
#include "ui/cli/board.h"

#include <stdlib.h>
#include <string.h>

#define OLD_US (60 * USEC) /* a diagnosis of that age is made again: dates pass by themselves */

const char *
board_state_word(enum board_state s)
{
	static const char *const words[] = { "OK", "WARN", "CRIT", "UNKNOWN", "STALE" };

	return words[s];
}

const char *
board_state_json(enum board_state s)
{
	static const char *const words[] = { "ok", "warning", "critical", "unknown", "stale" };

	return words[s];
}

struct board *
board_new(void)
{
	struct board *b = calloc(1, sizeof *b);

	if (!b)
		abort();
	b->latest = TIME_UNSET;
	b->minute_now = TIME_UNSET;
	return b;
}

void
board_free(struct board *b)
{
	for (size_t i = 0; b && i < b->n; i++) {
		diagnosis_free(b->v[i]->d);
		ledger_free(b->v[i]->ledger);
		free(b->v[i]);
	}
	if (b) {
		free(b->v);
		free(b->table);
	}
	free(b);
}

/* ---- zones ---- */

static struct board_zone **
slot(const struct board *b, const struct name *zone)
{
	struct name low = *zone;
	uint64_t h = UINT64_C(14695981039346656037);

	name_lower(&low);
	for (size_t i = 0; i < low.len; i++)
		h = (h ^ low.wire[i]) * UINT64_C(1099511628211);
	size_t i = h & (b->cap_table - 1);
	while (b->table[i] && !name_equal(&b->table[i]->name, zone))
		i = (i + 1) & (b->cap_table - 1);
	return &b->table[i];
}

static void
grow(struct board *b)
{
	struct board_zone **old = b->table;
	size_t n = b->cap_table;

	b->cap_table = n ? 2 * n : 64;
	b->table = calloc(b->cap_table, sizeof(struct board_zone *));
	if (!b->table)
		abort();
	for (size_t i = 0; i < n; i++)
		if (old[i])
			*slot(b, &old[i]->name) = old[i];
	free(old);
}

struct board_zone *
board_find(const struct board *b, const struct name *zone)
{
	return b->cap_table ? *slot(b, zone) : NULL;
}

struct board_zone *
board_add(struct board *b, const struct name *zone, const struct diagnose_options *opt)
{
	struct board_zone *z = board_find(b, zone);

	if (z)
		return z;
	if (2 * (b->n + 1) > b->cap_table)
		grow(b);
	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 32;
		b->v = realloc(b->v, b->cap * sizeof(struct board_zone *));
	}
	z = calloc(1, sizeof *z);
	if (!b->v || !z)
		abort();
	z->name = *zone;
	name_lower(&z->name);
	name_to_text(z->text, &z->name);
	if (strlen(z->text) > 1)
		z->text[strlen(z->text) - 1] = '\0';
	z->ledger = ledger_new();
	ledger_zone(z->ledger, &z->name);
	if (opt)
		z->opt = *opt;
	ledger_margin(z->ledger, z->opt.propagation);
	z->state = z->before = BOARD_UNKNOWN;
	z->heard = z->judged = z->since = z->minute_last = TIME_UNSET;
	b->v[b->n++] = z;
	*slot(b, &z->name) = z;
	return z;
}

/* ---- states ---- */

static int64_t
stale_after(const struct board *b)
{
	int64_t three = 3 * (b->period > 0 ? b->period : 10);

	return three > BOARD_STALE_S ? three : BOARD_STALE_S;
}

static void
set_state(struct board *b, struct board_zone *z, enum board_state s, int64_t now)
{
	enum board_state from = z->state;
	bool first = z->since == TIME_UNSET;

	if (s == from && !first)
		return;
	if (from != BOARD_STALE)
		z->before = from;
	z->state = s;
	z->since = now;
	if (!first && b->on_change)
		b->on_change(b->ctx, z, from);
}

/* What Z is at NOW, by its diagnosis and the age of what that stands on. */
static void
see_state(struct board *b, struct board_zone *z, int64_t now)
{
	bool old = z->heard != TIME_UNSET && (now - z->heard) / USEC >= stale_after(b);

	/* what was critical stays so: an old alarm is better than none */
	if (z->d)
		set_state(b, z, old && z->d->state != STATE_CRITICAL ? BOARD_STALE
			: (enum board_state)z->d->state, now);
}

static void
judge(struct board *b, struct board_zone *z, int64_t now)
{
	struct snapshot *s = ledger_snapshot(z->ledger, now);
	struct diagnosis *d = diagnose(s, &z->opt);

	snapshot_unref(s);
	diagnosis_free(z->d);
	z->d = d;
	z->dirty = false;
	z->judged = now;
	see_state(b, z, now);
}

/* The state of each zone in the minute that is over, and in those that went by without facts. */
static void
note_minutes(struct board *b, int64_t minute)
{
	for (size_t i = 0; i < b->n; i++) {
		struct board_zone *z = b->v[i];
		int64_t from = z->minute_last == TIME_UNSET || minute - z->minute_last > BOARD_MINUTES
			? minute - 1 : z->minute_last;
		for (int64_t m = from + 1; m <= minute; m++) {
			see_state(b, z, m * 60 * USEC);
			z->minute[m % BOARD_MINUTES] = z->d ? (uint8_t)(1 + z->state) : 0;
		}
		z->minute_last = minute;
	}
}

static void
minute_passed(struct board *b, int64_t now)
{
	int64_t minute = now / (60 * USEC);

	if (!b->minutes || minute == b->minute_now)
		return;
	if (b->minute_now != TIME_UNSET && minute > b->minute_now) {
		for (size_t i = 0; i < b->n; i++)
			if (b->v[i]->dirty)
				judge(b, b->v[i], (b->minute_now + 1) * 60 * USEC - 1);
		note_minutes(b, b->minute_now);
		for (int64_t m = b->minute_now + 1; m < minute && m < b->minute_now + BOARD_MINUTES; m++)
			note_minutes(b, m);
	}
	b->minute_now = minute;
}

/* ---- facts ---- */

void
board_take(struct board *b, struct obs *o)
{
	struct board_zone *z = board_find(b, &o->zone);

	if (!z && b->open && o->zone.len > 1)
		z = board_add(b, &o->zone, &b->opt);
	if (z) {
		if (b->replay)
			minute_passed(b, o->t);
		ledger_add(z->ledger, o);
		/* a tick tells the time and changes nothing */
		z->dirty |= o->fact != FACT_TICK;
		if (o->fact == FACT_ANSWER && o->u.answer.at.role == ROLE_CHILD &&
				(z->heard == TIME_UNSET || o->t > z->heard))
			z->heard = o->t;
		if (b->latest == TIME_UNSET || o->t > b->latest)
			b->latest = o->t;
	}
	obs_unref(o);
}

/* Nothing was heard after now: a clock that was ahead, here or there, must not hide that all is silent. */
static void
not_later(int64_t *t, int64_t now)
{
	if (*t > now)
		*t = now; /* TIME_UNSET is the least */
}

size_t
board_judge(struct board *b, int64_t now, int64_t limit_us)
{
	int64_t until = clock_monotonic_usec() + limit_us;
	size_t left = 0;

	if (!b->replay) {
		minute_passed(b, now);
		not_later(&b->latest, now);
	}
	for (size_t i = 0; i < b->n; i++) {
		struct board_zone *z = b->v[i];
		if (!b->replay)
			not_later(&z->heard, now);
		bool due = z->dirty || (z->d && now - z->judged > OLD_US);
		if (due && limit_us > 0 && clock_monotonic_usec() > until) {
			left++;
			see_state(b, z, now);
		} else if (due)
			judge(b, z, now);
		else
			see_state(b, z, now);
	}
	return left;
}

/* ---- reading ---- */

static int
rank(enum board_state s)
{
	static const int ranks[] = { [BOARD_OK] = 0, [BOARD_UNKNOWN] = 1, [BOARD_STALE] = 2,
		[BOARD_WARNING] = 3, [BOARD_CRITICAL] = 4 };

	return ranks[s];
}

enum state
board_worst(const struct board *b)
{
	enum board_state worst = b->n ? BOARD_OK : BOARD_UNKNOWN;

	for (size_t i = 0; i < b->n; i++)
		if (rank(b->v[i]->state) > rank(worst))
			worst = b->v[i]->state;
	return worst == BOARD_STALE ? STATE_UNKNOWN : (enum state)worst;
}

static int
worse_first(const void *x, const void *y)
{
	const struct board_zone *a = *(struct board_zone *const *)x, *b = *(struct board_zone *const *)y;
	int by_state = rank(b->state) - rank(a->state);

	return by_state ? by_state : name_cmp(&a->name, &b->name);
}

struct board_zone *const *
board_sorted(struct board *b)
{
	if (b->n)
		qsort(b->v, b->n, sizeof(struct board_zone *), worse_first);
	return b->v;
}

int
board_minute(const struct board *b, const struct board_zone *z, int ago)
{
	int64_t m = b->minute_now == TIME_UNSET ? 0 : b->minute_now - 1 - ago;

	if (b->minute_now == TIME_UNSET || ago < 0 || ago >= BOARD_MINUTES || z->minute_last == TIME_UNSET ||
			m > z->minute_last || m < z->minute_last - BOARD_MINUTES + 1 || m < 0)
		return -1;
	return (int)z->minute[m % BOARD_MINUTES] - 1;
}
