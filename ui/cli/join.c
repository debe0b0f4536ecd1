#include "ui/cli/join.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/state.h"
#include "base/unixsock.h"
#include "model/stream.h"
#include "observe/histdb.h"
#include "ui/cli/recorder.h"

static bool
find(struct state_place *s, const char *state, const struct name *zone)
{
	char text[NAME_MAX_TEXT];

	return state_find(s, state, name_to_text(text, zone), NULL) && s->zone[0];
}

int
join_record(const char *state, const struct name *zone)
{
	struct state_place s;

	return find(&s, state, zone) ? unixsock_connect(s.zone, RECORD_SOCKET, NULL) : -1;
}

void
join_history(const char *state, const struct name *zone, void (*on_obs)(void *ctx, struct obs *o),
	void *ctx)
{
	struct state_place s;

	if (!find(&s, state, zone))
		return;
	struct histdb *h = histdb_open(&s, zone, false, clock_usec(), NULL);
	if (h)
		histdb_emit(h, clock_usec(), 0, 300, on_obs, ctx);
	histdb_close(h);
}

/* What a round is waiting for. */
struct joining {
	void (*on_obs)(void *ctx, struct obs *o);
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e);
	void *ctx;
	bool picture, vantages_seen; /* the picture so far is complete */
	bool asked, full, vantages;  /* a new round began; what ended since */
};

static void
take(void *ctx, struct obs *o)
{
	struct joining *j = ctx;
	const struct fact_round *r = &o->u.round;

	if (o->fact == FACT_TICK && strcmp(o->by, "record") == 0)
		j->picture = true;
	j->vantages_seen |= o->fact == FACT_VANTAGE || o->fact == FACT_RESOLVE;
	if (o->fact == FACT_ROUND && r->what && j->picture) {
		j->asked |= !r->end && strcmp(r->what, "full") == 0;
		j->full |= r->end && j->asked && strcmp(r->what, "full") == 0;
		j->vantages |= r->end && strcmp(r->what, "vantages") == 0;
	}
	j->on_obs(j->ctx, o);
}

static void
take_bad(void *ctx, uint64_t line, const struct err *e)
{
	const struct joining *j = ctx;

	j->on_bad(j->ctx, line, e);
}

bool
join_round(int fd, int64_t seconds, bool *fresh, void (*on_obs)(void *ctx, struct obs *o),
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e), void *ctx)
{
	struct joining j = { .on_obs = on_obs, .on_bad = on_bad, .ctx = ctx };
	struct stream_reader r = { .on_obs = take, .on_bad = take_bad, .ctx = &j };
	int64_t end = clock_monotonic_usec() + seconds * USEC, left;
	char buf[65536];

	*fresh = false;
	if (!file_write_all(fd, "probe\n", 6, "record", NULL))
		return false;
	while ((left = end - clock_monotonic_usec()) > 0 && !(j.full && (j.vantages || !j.vantages_seen))) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		ssize_t n = read(fd, buf, sizeof buf);
		if (n > 0)
			stream_feed(&r, buf, (size_t)n);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	r.on_bad = NULL; /* a line cut by our own end is nobody's mistake */
	stream_end(&r);
	*fresh = j.full;
	return j.picture;
}

int
join_relay(int fd, int in, int out)
{
	char buf[65536];

	for (;;) {
		struct pollfd p[3] = { { .fd = fd, .events = POLLIN }, { .fd = in, .events = POLLIN },
			{ .fd = out } };
		if (poll(p, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return 1;
		}
		if (p[2].revents & (POLLERR | POLLHUP))
			return 0;
		if (p[0].revents) {
			ssize_t n = read(fd, buf, sizeof buf);
			if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
				return 1;
			if (n > 0 && !file_write_all(out, buf, (size_t)n, "standard output", NULL))
				return 0;
		}
		if (p[1].revents) {
			ssize_t n = read(in, buf, sizeof buf);
			if (n > 0 && !file_write_all(fd, buf, (size_t)n, "record", NULL))
				return 1;
			if (n <= 0)
				in = -1;
		}
	}
}
