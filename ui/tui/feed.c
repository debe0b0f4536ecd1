#include "ui/tui/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

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
	if (zone)
		ledger_zone(f->ledger, zone);
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
	struct snapshot *s = ledger_snapshot(f->ledger, v->now);
	if (!s)
		return;
	if (s->zone.len) {
		struct diagnosis *d = diagnose(s, o);
		if (d)
			view_diagnosis(v, d, heard(s, feed_latest(f)));
	}
	snapshot_unref(s);
	if (f->bad && !v->notice[0] && v->n_changes < 2)
		view_notice(v, "%llu unreadable: %s", (unsigned long long)f->bad, f->bad_text);
}
