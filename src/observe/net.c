#include "observe/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "model/stream.h"
#include "observe/walk.h"

#define PERIOD_S 10
#define TIMEOUT_S 30
#define DNSKEY_PERIOD_S 60
#define DS_PERIOD_WRONG_S 60
#define FULL_MIN_S 60	/* the shortest and longest time between two full rounds */
#define FULL_MAX_S 3600
#define CHANGE_GAP_S 5 /* after a change, not sooner than this behind the last full round */
#define TICK_S 5
#define PARTS_MAX 8

struct net {
	uv_loop_t loop;
	struct transport *transport;
	struct walk *walk;
	const struct net_options *o;
	struct name zone;
	int out;
	struct text line, input;
	bool ending, early, started;
	int busy;
	uv_timer_t clock, limit;
	uv_signal_t term, intr;
	uv_poll_t in;
	bool in_open;
	int64_t due_full, due_soa, due_dnskey, due_ds, last_full, last_said; /* monotonic usec */
	unsigned kind, numbers[16], full_rounds;
	void *states[PARTS_MAX];
	bool part_on[PARTS_MAX];
};

/* ---- for the parts ---- */

uv_loop_t *
net_loop(struct net *n)
{
	return &n->loop;
}

struct transport *
net_transport(struct net *n)
{
	return n->transport;
}

const struct net_options *
net_options(const struct net *n)
{
	return n->o;
}

const struct name *
net_zone(const struct net *n)
{
	return &n->zone;
}

struct obs *
net_obs(struct net *n, enum fact fact)
{
	return obs_new(fact, clock_usec(), "net", &n->zone);
}

size_t
net_servers(const struct net *n, const struct name *cut, struct endpoint *out, size_t max)
{
	return n->walk ? walk_servers(n->walk, cut, out, max) : 0;
}

size_t
net_cuts(const struct net *n, struct name *out, size_t max)
{
	return n->walk ? walk_cuts(n->walk, out, max) : 0;
}

static void
end_run(struct net *n, bool early)
{
	n->ending = true;
	n->early = n->early || early;
	uv_stop(&n->loop);
}

void
net_emit(struct net *n, struct obs *o)
{
	struct err e;

	text_reset(&n->line);
	stream_write(&n->line, o);
	obs_unref(o);
	n->last_said = clock_monotonic_usec();
	if (!n->early && !file_write_all(n->out, n->line.s, n->line.len, "stream", &e))
		end_run(n, true); /* the reader has gone */
}

static void
maybe_end(struct net *n)
{
	if (n->o->once && n->full_rounds > 0 && n->busy == 0)
		end_run(n, false);
}

void
net_busy(struct net *n, int change)
{
	n->busy += change;
	maybe_end(n);
}

/* ---- rounds ---- */

static const struct kind {
	unsigned round;
	const char *what;
} kinds[] = { { ROUND_FULL, "full" }, { ROUND_SOA, "soa" }, { ROUND_DNSKEY, "dnskey" },
	{ ROUND_DS, "ds" } };

static void
say_round(struct net *n, bool over)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (!(n->kind & kinds[i].round))
			continue;
		struct obs *o = net_obs(n, FACT_ROUND);
		o->u.round = (struct fact_round){ .end = over, .what = kinds[i].what,
			.number = over ? n->numbers[i] : ++n->numbers[i] };
		net_emit(n, o);
	}
}

static int64_t
clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* When each kind of round comes next (DESIGN.md: TTLs, RRSIG boundaries, and what changed). */
static void
plan(struct net *n)
{
	struct walk_state s = walk_state(n->walk);
	int64_t now = clock_monotonic_usec(), wall = clock_seconds();
	int64_t period = n->o->period > 0 ? n->o->period : PERIOD_S;
	int64_t ds = s.wrong || s.ds_ttl == 0 ? DS_PERIOD_WRONG_S
		: clamp(s.ds_ttl / 4, DS_PERIOD_WRONG_S, FULL_MAX_S);

	if (n->kind & (ROUND_FULL | ROUND_SOA))
		n->due_soa = now + period * USEC;
	if (n->kind & (ROUND_FULL | ROUND_DNSKEY))
		n->due_dnskey = now + DNSKEY_PERIOD_S * USEC;
	if (n->kind & (ROUND_FULL | ROUND_DS))
		n->due_ds = now + ds * USEC;
	if (n->kind & ROUND_FULL) {
		n->last_full = now;
		n->due_full = now + clamp(s.min_ttl, FULL_MIN_S, FULL_MAX_S) * USEC;
		if (s.boundary != TIME_NEVER && s.boundary + 1 - wall < FULL_MAX_S)
			n->due_full = now + clamp(s.boundary + 1 - wall, 1,
				(n->due_full - now) / USEC) * USEC;
	} else if (s.changed && n->due_full > n->last_full + CHANGE_GAP_S * USEC)
		n->due_full = n->last_full + CHANGE_GAP_S * USEC;
}

static void
on_round_end(void *ctx)
{
	struct net *n = ctx;
	bool full = n->kind & ROUND_FULL;

	say_round(n, true);
	plan(n);
	if (!full)
		return;
	n->full_rounds++;
	for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++)
		if (n->part_on[i] && net_parts[i].round)
			net_parts[i].round(n, n->states[i], n->full_rounds == 1);
	maybe_end(n);
}

static void
begin_due(struct net *n)
{
	int64_t now = clock_monotonic_usec();

	if (walk_running(n->walk) || n->ending || (n->o->once && n->full_rounds > 0))
		return;
	unsigned kind = now >= n->due_full ? ROUND_FULL
		: (now >= n->due_soa ? ROUND_SOA : 0u) | (now >= n->due_dnskey ? ROUND_DNSKEY : 0u) |
			(now >= n->due_ds ? ROUND_DS : 0u);
	if (!kind)
		return;
	n->kind = kind;
	say_round(n, false);
	walk_round(n->walk, kind, on_round_end, n);
}

static void
on_clock(uv_timer_t *h)
{
	struct net *n = h->data;

	begin_due(n);
	if (clock_monotonic_usec() - n->last_said >= TICK_S * USEC)
		net_emit(n, net_obs(n, FACT_TICK));
}

static void
on_limit(uv_timer_t *h)
{
	end_run(h->data, true);
}

static void
on_signal(uv_signal_t *h, int number)
{
	(void)number;
	end_run(h->data, false);
}

/* ---- back channel ---- */

static void
on_command(struct net *n, const char *line)
{
	if (strncmp(line, "probe", 5) != 0 || (line[5] && line[5] != ' '))
		return;
	const char *what = line[5] ? line + 6 : "";
	if (!*what) {
		n->due_full = 0;
		begin_due(n);
	}
	for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++)
		if (n->part_on[i] && net_parts[i].probe)
			net_parts[i].probe(n, n->states[i], what);
}

static void
on_input(uv_poll_t *h, int status, int events)
{
	struct net *n = h->data;
	char buf[512], *end;
	ssize_t got = read(n->o->in_fd, buf, sizeof buf);

	(void)status;
	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) { /* nobody speaks to us any more; the stream goes on */
		uv_poll_stop(&n->in);
		return;
	}
	text_add_n(&n->input, buf, (size_t)got);
	while (n->input.len && (end = memchr(n->input.s, '\n', n->input.len))) {
		*end = '\0';
		on_command(n, n->input.s);
		size_t used = (size_t)(end - n->input.s) + 1;
		memmove(n->input.s, end + 1, n->input.len - used + 1);
		n->input.len -= used;
	}
	if (n->input.len > 1024)
		text_reset(&n->input);
}

/* Only a pipe or a socket: a terminal's description is shared, a file never becomes readable. */
static void
open_input(struct net *n)
{
	struct stat st;
	int fd = n->o->in_fd;

	if (fd < 0 || fstat(fd, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ||
		uv_poll_init(&n->loop, &n->in, fd) != 0)
		return;
	n->in.data = n;
	n->in_open = true;
	uv_poll_start(&n->in, UV_READABLE, on_input);
}

/* ---- life ---- */

static void
say_hello(struct net *n)
{
	struct obs *o = net_obs(n, FACT_HELLO);
	char host[256] = "";

	gethostname(host, sizeof host - 1);
	o->u.hello = (struct fact_hello){ .version = STREAM_VERSION, .program = "unbogus observe net",
		.sandbox = arena_strdup(o->arena, n->o->sandbox ? n->o->sandbox : "none"),
		.host = arena_strdup(o->arena, host) };
	net_emit(n, o);
}

static void
start_parts(struct net *n)
{
	for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++) {
		struct err e = { 0 };
		char line[1200];
		n->part_on[i] = net_parts[i].start(n, &n->states[i], &e);
		if (n->part_on[i] || e.code == ERR_NONE)
			continue;
		struct obs *o = net_obs(n, FACT_UNKNOWN);
		o->u.unknown = (struct fact_unknown){ .what = net_parts[i].name,
			.why = arena_strdup(o->arena, err_str(&e, line, sizeof line)) };
		net_emit(n, o);
	}
}

static void
close_all(struct net *n)
{
	for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++)
		if (n->part_on[i] && net_parts[i].stop)
			net_parts[i].stop(n, n->states[i]);
	walk_free(n->walk);
	transport_free(n->transport);
	uv_close((uv_handle_t *)&n->clock, NULL);
	uv_close((uv_handle_t *)&n->limit, NULL);
	uv_close((uv_handle_t *)&n->term, NULL);
	uv_close((uv_handle_t *)&n->intr, NULL);
	if (n->in_open) {
		int flags = fcntl(n->o->in_fd, F_GETFL);
		uv_close((uv_handle_t *)&n->in, NULL);
		if (flags >= 0) /* others may hold the same description */
			fcntl(n->o->in_fd, F_SETFL, flags & ~O_NONBLOCK);
	}
	while (uv_loop_alive(&n->loop)) /* a stop that is still noted ends the first run at once */
		uv_run(&n->loop, UV_RUN_DEFAULT);
	uv_loop_close(&n->loop);
	text_free(&n->line);
	text_free(&n->input);
}

static void
start_handles(struct net *n)
{
	uv_timer_init(&n->loop, &n->clock);
	uv_timer_init(&n->loop, &n->limit);
	uv_signal_init(&n->loop, &n->term);
	uv_signal_init(&n->loop, &n->intr);
	n->clock.data = n->limit.data = n->term.data = n->intr.data = n;
	uv_signal_start(&n->term, on_signal, SIGTERM);
	uv_signal_start(&n->intr, on_signal, SIGINT);
}

int
net_run(const struct net_options *o, int out_fd, struct err *e)
{
	struct net *n = calloc(1, sizeof *n);
	int status = 3;

	if (!n)
		abort();
	n->o = o;
	n->out = out_fd;
	if (!name_from_text(&n->zone, o->zone, e) || uv_loop_init(&n->loop) != 0) {
		free(n);
		return 3;
	}
	name_lower(&n->zone);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	n->transport = transport_new(&n->loop);
	start_handles(n);
	say_hello(n);
	n->walk = walk_new(n, e);
	if (n->walk) {
		open_input(n);
		start_parts(n);
		uv_timer_start(&n->clock, on_clock, 0, 500);
		if (o->once)
			uv_timer_start(&n->limit, on_limit, (uint64_t)(o->timeout > 0 ? o->timeout : TIMEOUT_S) *
				1000, 0);
		if (!n->ending)
			uv_run(&n->loop, UV_RUN_DEFAULT);
		status = n->early ? 1 : 0;
	}
	n->ending = true;
	close_all(n);
	free(n);
	return status;
}
