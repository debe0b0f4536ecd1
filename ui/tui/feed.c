#include "ui/tui/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static void
keep(struct feed *f, struct obs *o)
{
	if (f->n_all == f->cap_all) {
		f->cap_all = f->cap_all ? 2 * f->cap_all : 1024;
		f->all = realloc(f->all, f->cap_all * sizeof *f->all);
		if (!f->all)
			abort();
	}
	f->all[f->n_all++] = obs_ref(o);
	f->first = f->first == TIME_UNSET || o->t < f->first ? o->t : f->first;
	f->last = f->last == TIME_UNSET || o->t > f->last ? o->t : f->last;
}

static void
on_obs(void *ctx, struct obs *o)
{
	struct feed *f = ctx;

	if (f->record_fd >= 0 && !f->record_failed) {
		struct text line = { 0 };
		stream_write(&line, o);
		f->record_failed = !file_write_all(f->record_fd, line.s, line.len, "record", NULL);
		text_free(&line);
	}
	if (f->keep && f->n_all < FEED_KEPT)
		keep(f, o);
	if (o->fact == FACT_HISTORY && o->u.history.note)
		text_clean(f->note, sizeof f->note, o->u.history.note);
	if (f->shown == TIME_UNSET || o->t <= f->shown)
		ledger_add(f->ledger, o);
	obs_unref(o);
}

static void
on_bad(void *ctx, uint64_t line, const struct err *e)
{
	struct feed *f = ctx;
	char why[600];

	f->bad++;
	snprintf(f->bad_text, sizeof f->bad_text, "line %llu of the stream: %.250s",
		(unsigned long long)line, err_str(e, why, sizeof why));
	ledger_bad_line(f->ledger);
}

void
feed_init(struct feed *f, const struct name *zone, size_t streams, bool live, int record_fd)
{
	memset(f, 0, sizeof *f);
	f->ledger = ledger_new();
	f->shown = f->first = f->last = TIME_UNSET;
	if (zone) {
		ledger_zone(f->ledger, zone);
		f->zone = *zone;
		f->has_zone = true;
	}
	f->n = streams;
	f->record_fd = record_fd;
	for (size_t i = 0; i < streams; i++)
		f->reader[i] = (struct stream_reader){ .on_obs = on_obs, .on_bad = on_bad, .ctx = f,
			.live = live };
}

void
feed_done(struct feed *f)
{
	for (size_t i = 0; i < f->n; i++)
		text_free(&f->reader[i].buf);
	ledger_free(f->ledger);
	for (size_t i = 0; i < f->n_all; i++)
		obs_unref(f->all[i]);
	free(f->all);
	memset(f, 0, sizeof *f);
}

void
feed_bytes(struct feed *f, size_t stream, const void *p, size_t n)
{
	stream_feed(&f->reader[stream], p, n);
}

void
feed_end(struct feed *f, size_t stream)
{
	stream_end(&f->reader[stream]);
}

int64_t
feed_latest(const struct feed *f)
{
	int64_t t = ledger_latest(f->ledger);

	return t == TIME_UNSET ? 0 : t;
}

void
feed_note(struct feed *f, int64_t now, const char *text)
{
	ledger_note(f->ledger, now, "operator", text);
}

void
feed_read_all(struct feed *f, const struct console_options *o)
{
	char buf[65536];

	for (size_t i = 0; i < o->n_streams; i++) {
		ssize_t n;
		while ((n = read(o->stream[i].fd, buf, sizeof buf)) != 0) {
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				break;
			feed_bytes(f, i, buf, (size_t)n);
		}
		feed_end(f, i);
	}
}

/*
 * When the zone's servers were last heard of: an observer of files that goes on ticking does not
 * make old answers young. LATEST where nobody observes the network.
 */
static int64_t
heard(const struct snapshot *s, int64_t latest)
{
	int64_t t = TIME_UNSET;

	for (size_t i = 0; i < s->n_producers; i++)
		if (strcmp(s->producers[i].by, "net") == 0 && (t == TIME_UNSET || s->producers[i].last > t))
			t = s->producers[i].last;
	return t == TIME_UNSET ? latest : t;
}

void
feed_diagnose(struct feed *f, struct view *v, const struct diagnose_options *o)
{
	if (ledger_latest(f->ledger) == TIME_UNSET)
		return;
	v->from = f->first;
	v->until = f->last;
	ledger_margin(f->ledger, o->propagation);
	struct snapshot *s = ledger_snapshot(f->ledger, v->now);
	if (!s)
		return;
	if (s->zone.len) {
		struct diagnosis *d = diagnose(s, o);
		if (d)
			view_diagnosis(v, d, heard(s, feed_latest(f)));
	}
	snapshot_unref(s);
	if (f->note[0] && !v->notice[0]) {
		view_notice(v, "history: %s", f->note);
		f->note[0] = '\0';
	}
	if (f->bad && !v->notice[0] && v->n_changes < 2)
		view_notice(v, "%llu unreadable: %s", (unsigned long long)f->bad, f->bad_text);
}

/* ---- time travel ---- */

/* What was known at T, and nothing that came later. */
static void
rewind_to(struct feed *f, int64_t t)
{
	ledger_free(f->ledger);
	f->ledger = ledger_new();
	if (f->has_zone)
		ledger_zone(f->ledger, &f->zone);
	for (size_t i = 0; i < f->n_all; i++)
		if (t == TIME_UNSET || f->all[i]->t <= t)
			ledger_add(f->ledger, f->all[i]);
	f->shown = t;
}

/* The nearest end of a full look, before or after T; TIME_UNSET none. */
static int64_t
look_near(const struct feed *f, int64_t t, bool back)
{
	int64_t best = TIME_UNSET;

	for (size_t i = 0; i < f->n_all; i++) {
		const struct obs *o = f->all[i];
		if (o->fact != FACT_ROUND || !o->u.round.end)
			continue;
		if (back ? o->t < t && (best == TIME_UNSET || o->t > best)
			 : o->t > t && (best == TIME_UNSET || o->t < best))
			best = o->t;
	}
	return best;
}

/* The same for changes; a change is seen whole at the end of the look that showed it. */
static int64_t
change_near(struct feed *f, int64_t t, bool back)
{
	int64_t best = TIME_UNSET, shown = f->shown;

	rewind_to(f, TIME_UNSET);
	struct snapshot *s = ledger_snapshot(f->ledger, ledger_latest(f->ledger));
	for (size_t i = 0; s && i < s->events.n; i++) {
		int64_t end = look_near(f, s->events.v[i].t - 1, false);
		int64_t at = end != TIME_UNSET ? end : s->events.v[i].t;
		if (back ? at < t && (best == TIME_UNSET || at > best)
			 : at > t && (best == TIME_UNSET || at < best))
			best = at;
	}
	snapshot_unref(s);
	if (shown != TIME_UNSET)
		rewind_to(f, shown);
	return best;
}

bool
feed_seek(struct feed *f, struct view *v)
{
	int64_t first = f->first, last = f->last, t = TIME_UNSET;

	switch (v->seek) {
	case SEEK_STEP_BACK: t = look_near(f, v->now, true); break;
	case SEEK_STEP_ON: t = look_near(f, v->now, false); break;
	case SEEK_EVENT_BACK: t = change_near(f, v->now, true); break;
	case SEEK_EVENT_ON: t = change_near(f, v->now, false); break;
	case SEEK_TO: t = v->seek_to < first ? first : v->seek_to; break;
	default: break;
	}
	v->seek = SEEK_NONE;
	if (t == TIME_UNSET || first == TIME_UNSET) {
		view_notice(v, "there is nothing %s", f->n_all ? "further on that side" : "recorded");
		return false;
	}
	if (t >= last) {
		rewind_to(f, TIME_UNSET);
		v->past = TIME_UNSET;
		v->now = last;
	} else {
		rewind_to(f, t);
		v->past = v->now = t;
	}
	return true;
}
