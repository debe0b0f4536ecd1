#include "observe/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "model/stream.h"
#include "observe/outlet.h"
#include "observe/walk.h"

#define PERIOD_S 10
#define TIMEOUT_S 30
#define DNSKEY_PERIOD_S 60
#define DS_PERIOD_WRONG_S 60
#define FULL_MIN_S 60	/* the shortest and longest time between two full rounds */
#define FULL_MAX_S 3600
#define MANY_FULL_MIN_S 300 /* the same with many zones */
#define MANY_DNSKEY_S 300
#define CHANGE_GAP_S 5 /* after a change, not sooner than this behind the last full round */
#define TICK_S 5
#define PARTS_MAX 8
#define DRAIN_MS 10000 /* a single round is for its reader, who may be slow */

/* What the zones of this process have together. */
struct host {
	uv_loop_t loop;
	struct transport *transport;
	const struct net_options *o; /* of the first */
	struct net *nets;
	size_t n, done; /* done: with once, zones that are complete */
	struct outlet *out;
	struct text line, input;
	bool ending, early;
	uv_timer_t clock, limit;
	uv_signal_t term, intr;
	uv_poll_t in;
	bool in_open;
	int64_t last_said; /* monotonic usec */
};

struct net {
	struct host *h;
	struct walk *walk;
	const struct net_options *o;
	struct name zone;
	bool done;
	int busy;
	int64_t due_full, due_soa, due_dnskey, due_ds, last_full; /* monotonic usec */
	unsigned kind, numbers[16], full_rounds;
	void *states[PARTS_MAX];
	bool part_on[PARTS_MAX];
};

/* ---- for the parts ---- */

uv_loop_t *
net_loop(struct net *n)
{
	return &n->h->loop;
}

struct transport *
net_transport(struct net *n)
{
	return n->h->transport;
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

bool
net_sparing(const struct net *n)
{
	return n->h->n > 1;
}

static void
end_run(struct host *h, bool early)
{
	h->ending = true;
	h->early = h->early || early;
	uv_stop(&h->loop);
}

void
net_emit(struct net *n, struct obs *o)
{
	struct host *h = n->h;

	text_reset(&h->line);
	stream_write(&h->line, o);
	obs_unref(o);
	h->last_said = clock_monotonic_usec();
	if (h->out)
		outlet_add(h->out, h->line.s, h->line.len);
}

static void
on_reader_gone(void *ctx)
{
	end_run(ctx, true);
}

static char *
on_lost(void *ctx, uint64_t lines)
{
	struct host *h = ctx;

	return stream_lost(net_obs(&h->nets[0], FACT_UNKNOWN), lines);
}

static void
maybe_end(struct net *n)
{
	if (!n->h->o->once || n->full_rounds == 0 || n->busy > 0 || n->done)
		return;
	n->done = true;
	if (++n->h->done == n->h->n)
		end_run(n->h, false);
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

/* A tenth more or less, where many zones would else march in step. */
static int64_t
vary(const struct net *n, int64_t usec)
{
	uint32_t r = 0;

	if (!net_sparing(n) || getrandom(&r, sizeof r, 0) != sizeof r)
		return usec;
	return usec - usec / 10 + usec / 5 * (r % 1000) / 1000;
}

/* When each kind of round comes next (DESIGN.md: TTLs, RRSIG boundaries, and what changed). */
static void
plan(struct net *n)
{
	struct walk_state s = walk_state(n->walk);
	int64_t now = clock_monotonic_usec(), wall = clock_seconds();
	bool many = net_sparing(n);
	int64_t period = n->o->period > 0 ? n->o->period : many ? NET_MANY_PERIOD_S : PERIOD_S;
	int64_t full_min = many ? MANY_FULL_MIN_S : FULL_MIN_S;
	int64_t ds = s.wrong || s.ds_ttl == 0 ? DS_PERIOD_WRONG_S
		: clamp(s.ds_ttl / 4, DS_PERIOD_WRONG_S, FULL_MAX_S);

	if (n->kind & (ROUND_FULL | ROUND_SOA))
		n->due_soa = now + vary(n, period * USEC);
	if (n->kind & (ROUND_FULL | ROUND_DNSKEY))
		n->due_dnskey = now + vary(n, (many ? MANY_DNSKEY_S : DNSKEY_PERIOD_S) * USEC);
	if (n->kind & (ROUND_FULL | ROUND_DS))
		n->due_ds = now + vary(n, ds * USEC);
	if (n->kind & ROUND_FULL) {
		n->last_full = now;
		n->due_full = now + vary(n, clamp(s.min_ttl, full_min, FULL_MAX_S) * USEC);
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

	if (!n->walk || walk_running(n->walk) || n->h->ending || (n->h->o->once && n->full_rounds > 0))
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
	struct host *host = h->data;

	for (size_t i = 0; i < host->n && !host->ending; i++)
		begin_due(&host->nets[i]);
	if (clock_monotonic_usec() - host->last_said >= TICK_S * USEC)
		net_emit(&host->nets[0], net_obs(&host->nets[0], FACT_TICK));
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
	const char *what = line[5] ? line + 6 : "";

	if (!*what) {
		n->due_full = 0;
		begin_due(n);
	}
	for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++)
		if (n->part_on[i] && net_parts[i].probe)
			net_parts[i].probe(n, n->states[i], what);
}

/* "probe", "probe VANTAGE", and with many zones also "probe ZONE". */
static void
on_line(struct host *h, const char *line)
{
	struct name zone;

	if (strncmp(line, "probe", 5) != 0 || (line[5] && line[5] != ' '))
		return;
	bool named = h->n > 1 && line[5] && name_from_text(&zone, line + 6, NULL);
	for (size_t i = 0; i < h->n; i++)
		if (named && name_equal(&h->nets[i].zone, &zone)) {
			on_command(&h->nets[i], "probe");
			return;
		}
	for (size_t i = 0; i < h->n; i++)
		on_command(&h->nets[i], line);
}

static void
on_input(uv_poll_t *p, int status, int events)
{
	struct host *h = p->data;
	char buf[512], *end;
	ssize_t got = read(h->o->in_fd, buf, sizeof buf);

	(void)status;
	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) { /* nobody speaks to us any more; the stream goes on */
		uv_poll_stop(&h->in);
		return;
	}
	text_add_n(&h->input, buf, (size_t)got);
	while (h->input.len && (end = memchr(h->input.s, '\n', h->input.len))) {
		*end = '\0';
		on_line(h, h->input.s);
		size_t used = (size_t)(end - h->input.s) + 1;
		memmove(h->input.s, end + 1, h->input.len - used + 1);
		h->input.len -= used;
	}
	if (h->input.len > 1024)
		text_reset(&h->input);
}

/* Only a pipe or a socket: a terminal's description is shared, a file never becomes readable. */
static void
open_input(struct host *h)
{
	struct stat st;
	int fd = h->o->in_fd;

	if (fd < 0 || fstat(fd, &st) != 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ||
		uv_poll_init(&h->loop, &h->in, fd) != 0)
		return;
	h->in.data = h;
	h->in_open = true;
	uv_poll_start(&h->in, UV_READABLE, on_input);
}

/* ---- life ---- */

static void
say_hello(struct net *n)
{
	struct obs *o = net_obs(n, FACT_HELLO);
	const char *sandbox = n->h->o->sandbox;
	char host[256] = "";

	gethostname(host, sizeof host - 1);
	o->u.hello = (struct fact_hello){ .version = STREAM_VERSION, .program = "unbogus observe net",
		.sandbox = arena_strdup(o->arena, sandbox ? sandbox : "none"),
		.host = arena_strdup(o->arena, host) };
	net_emit(n, o);
}

static void
say_unknown(struct net *n, const char *what, const struct err *e)
{
	struct obs *o = net_obs(n, FACT_UNKNOWN);
	char line[1200];

	o->u.unknown = (struct fact_unknown){ .what = what,
		.why = arena_strdup(o->arena, err_str(e, line, sizeof line)) };
	net_emit(n, o);
}

/* Of many zones, those without configured vantages get none: a libunbound each would be too much. */
static void
start_parts(struct net *n)
{
	for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++) {
		struct err e = { 0 };
		if (net_sparing(n) && n->o->n_vantages == 0)
			continue;
		n->part_on[i] = net_parts[i].start(n, &n->states[i], &e);
		if (!n->part_on[i] && e.code != ERR_NONE)
			say_unknown(n, net_parts[i].name, &e);
	}
}

static void
close_all(struct host *h)
{
	for (size_t k = 0; k < h->n; k++) {
		struct net *n = &h->nets[k];
		for (size_t i = 0; net_parts[i].name && i < PARTS_MAX; i++)
			if (n->part_on[i] && net_parts[i].stop)
				net_parts[i].stop(n, n->states[i]);
		walk_free(n->walk);
	}
	transport_free(h->transport);
	outlet_close(h->out, h->o->once ? DRAIN_MS : 0);
	h->out = NULL;
	uv_close((uv_handle_t *)&h->clock, NULL);
	uv_close((uv_handle_t *)&h->limit, NULL);
	uv_close((uv_handle_t *)&h->term, NULL);
	uv_close((uv_handle_t *)&h->intr, NULL);
	if (h->in_open) {
		int flags = fcntl(h->o->in_fd, F_GETFL);
		uv_close((uv_handle_t *)&h->in, NULL);
		if (flags >= 0) /* others may hold the same description */
			fcntl(h->o->in_fd, F_SETFL, flags & ~O_NONBLOCK);
	}
	while (uv_loop_alive(&h->loop)) /* a stop that is still noted ends the first run at once */
		uv_run(&h->loop, UV_RUN_DEFAULT);
	uv_loop_close(&h->loop);
	text_free(&h->line);
	text_free(&h->input);
}

static void
start_handles(struct host *h)
{
	uv_timer_init(&h->loop, &h->clock);
	uv_timer_init(&h->loop, &h->limit);
	uv_signal_init(&h->loop, &h->term);
	uv_signal_init(&h->loop, &h->intr);
	h->clock.data = h->limit.data = h->term.data = h->intr.data = h;
	uv_signal_start(&h->term, on_signal, SIGTERM);
	uv_signal_start(&h->intr, on_signal, SIGINT);
}

/* A zone that cannot begin is said to be unknown where there are others; alone it is an error. */
static bool
start_zones(struct host *h, struct err *e)
{
	for (size_t i = 0; i < h->n; i++) {
		struct net *n = &h->nets[i];
		say_hello(n);
		n->walk = walk_new(n, e);
		if (!n->walk && h->n == 1)
			return false;
		if (!n->walk) {
			say_unknown(n, "zone", e);
			n->done = true;
			h->done++;
			*e = (struct err){ 0 };
		} else
			start_parts(n);
	}
	return true;
}

static bool
names(struct host *h, const struct net_options *o, struct err *e)
{
	for (size_t i = 0; i < h->n; i++) {
		h->nets[i].h = h;
		h->nets[i].o = &o[i];
		if (!name_from_text(&h->nets[i].zone, o[i].zone, e))
			return false;
		name_lower(&h->nets[i].zone);
	}
	return true;
}

int
net_run_many(const struct net_options *o, size_t n, const struct net_budget *b, int out_fd,
	struct err *e)
{
	struct host *h = calloc(1, sizeof *h);
	int status = 3;

	if (!h || !(h->nets = calloc(n, sizeof *h->nets)))
		abort();
	h->o = o;
	h->n = n;
	if (!names(h, o, e) || uv_loop_init(&h->loop) != 0)
		goto out;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	h->out = outlet_new(&h->loop, out_fd, on_reader_gone, on_lost, h);
	h->transport = transport_new(&h->loop);
	if (n > 1)
		transport_budget(h->transport, b && b->rate ? b->rate : NET_MANY_RATE);
	start_handles(h);
	if (start_zones(h, e)) {
		open_input(h);
		uv_timer_start(&h->clock, on_clock, 0, 500);
		if (o->once)
			uv_timer_start(&h->limit, on_limit, (uint64_t)(o->timeout > 0 ? o->timeout : TIMEOUT_S) *
				1000, 0);
		if (!h->ending && h->done < h->n)
			uv_run(&h->loop, UV_RUN_DEFAULT);
		status = h->early ? 1 : 0;
	}
	h->ending = true;
	child_ending();
	close_all(h);
out:
	free(h->nets);
	free(h);
	return status;
}

int
net_run(const struct net_options *o, int out_fd, struct err *e)
{
	return net_run_many(o, 1, NULL, out_fd, e);
}
