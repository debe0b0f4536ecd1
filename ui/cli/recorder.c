#include "ui/cli/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/unixsock.h"
#include "base/version.h"
#include "model/backlog.h"
#include "model/history.h"
#include "model/stream.h"

#define GUESTS 24
#define BEHIND_MAX (32u << 20) /* octets that a guest may be behind before it is cut off */
#define VERSIONS_TOLD 300      /* of each list */
#define WRITE_MS 1000	       /* after a change, until it is written */
#define IDLE_MS 60000
#define RETRY (30 * USEC)	 /* after the database failed */
#define LEDGER_MAX (64u << 20) /* octets; a ledger that grew further begins anew */
#define COMPACT_EVERY (600 * USEC)

struct guest {
	int fd, in; /* to write to and to read from, -1: none */
	size_t zone;
	struct text out;
	size_t sent;
	char line[300]; /* begun, from it */
	size_t n_line;
};

struct zone {
	const struct recorder_zone *job;
	int lock, listener; /* -1 none */
	struct histdb *hist; /* NULL while it fails */
	struct ledger *ledger;
	struct backlog *backlog;
	bool dirty;
	int64_t retry_at, compact_at; /* monotonic usec */
};

struct recorder {
	struct recorder_job job;
	struct zone *zones;
	struct stream_reader readers[SUPER_ROLES];
	struct source {
		struct recorder *r;
		size_t at; /* index of the stream */
	} sources[SUPER_ROLES];
	bool ended[SUPER_ROLES];
	struct guest guests[GUESTS];
	const char *line; /* the one that is being read */
	size_t n_line;
	int signals;
	const char *sandbox;
	bool stop;
	uint64_t bad;
};

/* ---- guests ---- */

static void
leave(struct recorder *r, struct guest *g)
{
	bool own = g->fd == r->job.own_out;

	if (g->in >= 0 && g->in != g->fd)
		close(g->in);
	close(g->fd);
	text_free(&g->out);
	*g = (struct guest){ .fd = -1, .in = -1 };
	r->stop |= own; /* who started us has gone */
}

static void
send_some(struct recorder *r, struct guest *g)
{
	while (g->fd >= 0 && g->sent < g->out.len) {
		ssize_t n = write(g->fd, g->out.s + g->sent, g->out.len - g->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			leave(r, g);
			return;
		}
		g->sent += (size_t)n;
	}
	if (g->sent == g->out.len) {
		text_reset(&g->out);
		g->sent = 0;
	} else if (g->out.len - g->sent > BEHIND_MAX)
		leave(r, g);
}

static void
say(void *ctx, const char *line, size_t n)
{
	struct guest *g = ctx;

	text_add_n(&g->out, line, n);
	text_add_n(&g->out, "\n", 1);
}

static void
say_obs(void *ctx, struct obs *o)
{
	struct guest *g = ctx;

	stream_write(&g->out, o);
	obs_unref(o);
}

static void
say_hello(struct recorder *r, const struct zone *z, struct guest *g)
{
	struct obs *o = obs_new(FACT_HELLO, clock_usec(), "record", &z->job->name);

	o->u.hello = (struct fact_hello){ .version = STREAM_VERSION, .program = "unbogus " UBG_VERSION,
		.sandbox = r->sandbox, .note = z->job->write ? NULL : "another record writes the history" };
	say_obs(g, o);
}

/* The picture so far, and a tick as its end. */
static void
greet(struct recorder *r, struct guest *g)
{
	struct zone *z = &r->zones[g->zone];

	say_hello(r, z, g);
	if (z->hist)
		histdb_emit(z->hist, clock_usec(), (uint32_t)getpid(), VERSIONS_TOLD, say_obs, g);
	backlog_each(z->backlog, say, g);
	say_obs(g, obs_new(FACT_TICK, clock_usec(), "record", &z->job->name));
	send_some(r, g);
}

static void
welcome(struct recorder *r, size_t zone)
{
	int fd;

	while ((fd = unixsock_accept(r->zones[zone].listener)) >= 0) {
		size_t i = 0;
		while (i < GUESTS && r->guests[i].fd >= 0)
			i++;
		if (i == GUESTS) {
			close(fd);
			continue;
		}
		r->guests[i] = (struct guest){ .fd = fd, .in = fd, .zone = zone };
		greet(r, &r->guests[i]);
	}
}

/* A line from a guest: "probe" or "probe VANTAGE"; anything else is passed over. */
static void
obey(struct recorder *r, size_t zone, const char *line)
{
	char name[NAME_MAX_TEXT], out[NAME_MAX_TEXT + 320];

	if (strcmp(line, "probe") != 0 && strncmp(line, "probe ", 6) != 0)
		return;
	for (size_t i = 0; i < r->job.face->n; i++) {
		int only = r->job.stream_zone[i];
		struct pollfd p = { .fd = r->job.face->stream[i].back, .events = POLLOUT };
		if (only >= 0 && (size_t)only != zone)
			continue;
		int n = only < 0 && r->job.n_zones > 1 /* it watches many: this one */
			? snprintf(out, sizeof out, "probe %s\n", name_to_text(name, &r->zones[zone].job->name))
			: snprintf(out, sizeof out, "%s\n", line);
		if (p.fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) &&
				write(p.fd, out, (size_t)n) < 0 && errno == EPIPE)
			continue; /* it is being restarted */
	}
}

static void
listen_to(struct recorder *r, struct guest *g)
{
	char buf[512];
	ssize_t n = read(g->in, buf, sizeof buf);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (g->in == g->fd)
			leave(r, g);
		else {
			close(g->in);
			g->in = -1;
		}
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		if (buf[i] == '\n') {
			g->line[g->n_line] = '\0';
			obey(r, g->zone, g->line);
			g->n_line = 0;
		} else if (g->n_line + 1 < sizeof g->line)
			g->line[g->n_line++] = buf[i];
}

/* ---- the streams ---- */

static void
tell_guests(struct recorder *r, size_t zone, const char *line, size_t n)
{
	for (size_t i = 0; i < GUESTS; i++)
		if (r->guests[i].fd >= 0 && r->guests[i].zone == zone) {
			say(&r->guests[i], line, n);
			send_some(r, &r->guests[i]);
		}
}

static void
take(struct recorder *r, size_t zone, const struct obs *o, const char *line, size_t n)
{
	struct zone *z = &r->zones[zone];
	uint64_t before = ledger_changes(z->ledger);

	ledger_add(z->ledger, o);
	backlog_add(z->backlog, o, line, n, ledger_changes(z->ledger) != before);
	z->dirty |= o->fact == FACT_ANSWER || o->fact == FACT_ROUND;
	tell_guests(r, zone, line, n);
}

/* A fact of the supervisor: it does not know which zones the process was for. */
static void
take_process(struct recorder *r, size_t zone, struct obs *o)
{
	struct text line = { 0 };

	o->zone = r->zones[zone].job->name;
	stream_write(&line, o);
	take(r, zone, o, text_str(&line), line.len ? line.len - 1 : 0);
	text_free(&line);
}

static void
on_line(void *ctx, const char *line, size_t n)
{
	struct source *s = ctx;

	s->r->line = line;
	s->r->n_line = n;
}

static void
on_obs(void *ctx, struct obs *o)
{
	struct source *s = ctx;
	struct recorder *r = s->r;
	int only = r->job.stream_zone[s->at];

	for (size_t i = 0; i < r->job.n_zones; i++) {
		if (only >= 0 && (size_t)only != i)
			continue;
		if (o->fact == FACT_PROCESS)
			take_process(r, i, o);
		else if (!o->zone.len || name_equal(&o->zone, &r->zones[i].job->name))
			take(r, i, o, r->line, r->n_line);
	}
	obs_unref(o);
}

static void
on_bad(void *ctx, uint64_t line, const struct err *e)
{
	struct source *s = ctx;
	char why[1200];

	if (s->r->bad++ < 20)
		fprintf(stderr, "unbogus record: line %llu of stream %zu: %s (skipped)\n",
			(unsigned long long)line, s->at, err_str(e, why, sizeof why));
}

/* ---- the history ---- */

static void
into_ledger(void *ctx, struct obs *o)
{
	ledger_add(ctx, o);
	obs_unref(o);
}

static void
new_ledger(struct zone *z)
{
	ledger_free(z->ledger);
	z->ledger = ledger_new();
	ledger_zone(z->ledger, &z->job->name);
	if (z->hist)
		histdb_emit(z->hist, clock_usec(), 0, VERSIONS_TOLD, into_ledger, z->ledger);
}

static void
failed(struct zone *z, const struct err *e)
{
	char why[1200];

	fprintf(stderr, "unbogus record: %s (tried again in %d s)\n", err_str(e, why, sizeof why),
		(int)(RETRY / USEC));
	histdb_close(z->hist);
	z->hist = NULL;
	z->retry_at = clock_monotonic_usec() + RETRY;
}

/* Since when we know is told anew after a gap. */
static void
tell_history(struct recorder *r, size_t zone)
{
	struct zone *z = &r->zones[zone];

	new_ledger(z);
	for (size_t i = 0; i < GUESTS; i++)
		if (r->guests[i].fd >= 0 && r->guests[i].zone == zone) {
			histdb_emit(z->hist, clock_usec(), (uint32_t)getpid(), VERSIONS_TOLD, say_obs,
				&r->guests[i]);
			send_some(r, &r->guests[i]);
		}
}

static void
write_history(struct recorder *r, size_t zone)
{
	struct zone *z = &r->zones[zone];
	int64_t mono = clock_monotonic_usec(), now = clock_usec();
	struct err e = { 0 };
	bool told = false;

	if (!z->job->write)
		return;
	if (!z->hist && mono >= z->retry_at &&
			!(z->hist = histdb_open(&z->job->place, &z->job->name, true, now, &e)))
		failed(z, &e);
	if (!z->hist)
		return;
	z->dirty = false;
	if (!histdb_follow(z->hist, z->ledger, now, &told, &e)) {
		failed(z, &e);
		return;
	}
	if (mono >= z->compact_at) {
		z->compact_at = mono + COMPACT_EVERY;
		if (!histdb_compact(z->hist, &r->job.bounds, now, &e))
			failed(z, &e);
	}
	if (told && z->hist)
		tell_history(r, zone);
	else if (z->hist && ledger_size(z->ledger) > LEDGER_MAX)
		new_ledger(z);
}

/* ---- begin, run, end ---- */

static bool
open_zone(struct recorder *r, size_t i, struct err *e)
{
	struct zone *z = &r->zones[i];
	const struct recorder_zone *job = &r->job.zones[i];
	long holder;

	*z = (struct zone){ .job = job, .lock = -1, .listener = -1, .backlog = backlog_new() };
	z->compact_at = clock_monotonic_usec() + COMPACT_EVERY / 10;
	if (job->write && !job->place.memory) {
		z->lock = lockfile_take(job->place.zone, RECORD_LOCK, &holder, e);
		if (z->lock < 0)
			return false;
		z->listener = unixsock_listen(job->place.zone, RECORD_SOCKET, e);
		if (z->listener < 0)
			return false;
	}
	z->hist = histdb_open(&job->place, &job->name, job->write, clock_usec(), e);
	if (!z->hist && job->write)
		return false;
	new_ledger(z);
	return true;
}

struct recorder *
recorder_open(const struct recorder_job *job, struct err *e)
{
	struct recorder *r = calloc(1, sizeof *r);
	sigset_t set;

	if (!r || !(r->zones = calloc(job->n_zones, sizeof *r->zones)))
		abort(); /* as base/arena */
	r->job = *job;
	for (size_t i = 0; i < GUESTS; i++)
		r->guests[i] = (struct guest){ .fd = -1, .in = -1 };
	r->signals = -1;
	for (size_t i = 0; i < job->n_zones; i++)
		r->zones[i] = (struct zone){ .lock = -1, .listener = -1 };
	for (size_t i = 0; i < job->n_zones; i++)
		if (!open_zone(r, i, e)) {
			recorder_close(r);
			return NULL;
		}
	for (size_t i = 0; i < job->face->n; i++) {
		r->sources[i] = (struct source){ r, i };
		r->readers[i] = (struct stream_reader){ .on_line = on_line, .on_obs = on_obs,
			.on_bad = on_bad, .ctx = &r->sources[i] };
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r;
}

static bool
read_stream(struct recorder *r, size_t i)
{
	char buf[65536];
	ssize_t n = read(r->job.face->stream[i].fd, buf, sizeof buf);

	if (n > 0)
		stream_feed(&r->readers[i], buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static bool
is_dirty(const struct recorder *r)
{
	for (size_t i = 0; i < r->job.n_zones; i++)
		if (r->zones[i].dirty)
			return true;
	return false;
}

/* Waits, then does what came; false when there is nobody left to listen to. */
static bool
one_turn(struct recorder *r, int ms)
{
	size_t n_streams = r->job.face->n, n_zones = r->job.n_zones;
	size_t first_guest = 1 + n_streams + n_zones, n = first_guest + 2 * GUESTS, alive = 0;
	struct pollfd *p = calloc(n, sizeof *p);

	if (!p)
		abort();
	p[0] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
	for (size_t i = 0; i < n_streams; i++) {
		alive += !r->ended[i];
		p[1 + i] = (struct pollfd){ .fd = r->ended[i] ? -1 : r->job.face->stream[i].fd, .events = POLLIN };
	}
	for (size_t i = 0; i < n_zones; i++)
		p[1 + n_streams + i] = (struct pollfd){ .fd = r->zones[i].listener, .events = POLLIN };
	for (size_t i = 0; i < GUESTS; i++) {
		const struct guest *g = &r->guests[i];
		p[first_guest + 2 * i] = (struct pollfd){ .fd = g->in, .events = POLLIN };
		p[first_guest + 2 * i + 1] = (struct pollfd){ .fd = g->fd,
			.events = g->fd >= 0 && g->out.len > g->sent ? POLLOUT : 0 };
	}
	if (poll(p, n, ms) > 0) {
		r->stop |= p[0].revents != 0;
		for (size_t i = 0; i < n_streams; i++)
			if (p[1 + i].revents)
				r->ended[i] = !read_stream(r, i);
		for (size_t i = 0; i < GUESTS; i++) { /* before new ones take a place */
			struct guest *g = &r->guests[i];
			if (g->in >= 0 && p[first_guest + 2 * i].fd == g->in && p[first_guest + 2 * i].revents)
				listen_to(r, g);
			if (g->fd >= 0 && p[first_guest + 2 * i + 1].fd == g->fd) {
				if (p[first_guest + 2 * i + 1].revents & (POLLERR | POLLHUP))
					leave(r, g);
				else if (p[first_guest + 2 * i + 1].revents & POLLOUT)
					send_some(r, g);
			}
		}
		for (size_t i = 0; i < n_zones; i++)
			if (p[1 + n_streams + i].revents)
				welcome(r, i);
	}
	free(p);
	return alive > 0;
}

int
recorder_run(struct recorder *r, const char *sandbox)
{
	int64_t next = clock_monotonic_usec();
	bool alive = true;
	struct stat st;

	r->sandbox = sandbox;
	if (r->job.own_out >= 0 && fstat(r->job.own_out, &st) == 0 && S_ISFIFO(st.st_mode))
		fcntl(r->job.own_out, F_SETFL, fcntl(r->job.own_out, F_GETFL) | O_NONBLOCK);
	if (r->job.own_out >= 0) {
		r->guests[0] = (struct guest){ .fd = r->job.own_out, .in = r->job.own_in };
		greet(r, &r->guests[0]);
	}
	while (!r->stop && alive) {
		int64_t left = (next - clock_monotonic_usec()) / 1000 + 1;
		alive = one_turn(r, !is_dirty(r) ? IDLE_MS : left > 0 ? (int)left : 0);
		if (clock_monotonic_usec() < next)
			continue;
		for (size_t i = 0; i < r->job.n_zones; i++)
			write_history(r, i);
		next = clock_monotonic_usec() + WRITE_MS * 1000;
	}
	for (size_t i = 0; i < r->job.n_zones; i++)
		write_history(r, i);
	return r->stop ? 0 : 1;
}

void
recorder_close(struct recorder *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < GUESTS; i++)
		if (r->guests[i].fd >= 0)
			leave(r, &r->guests[i]);
	for (size_t i = 0; i < r->job.n_zones; i++) {
		struct zone *z = &r->zones[i];
		histdb_close(z->hist);
		ledger_free(z->ledger);
		backlog_free(z->backlog);
		if (z->listener >= 0)
			close(z->listener); /* its file stays until the next record begins */
		if (z->lock >= 0)
			close(z->lock);
	}
	for (size_t i = 0; i < r->job.face->n; i++)
		text_free(&r->readers[i].buf);
	if (r->signals >= 0)
		close(r->signals);
	free(r->zones);
	free(r);
}
