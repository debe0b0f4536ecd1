#include "observe/local.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/version.h"
#include "model/stream.h"
#include "observe/hostclock.h"
#include "observe/keydir.h"
#include "observe/outlet.h"
#include "observe/signerlog.h"
#include "observe/zonefile.h"

#define BY "local"
#define PERIOD_MS 10000
#define SETTLE_MS 200	 /* after a change: a signer writes several files */
#define AGAIN_MS 60000	 /* a repository's server may have news without a change here */
#define WATCH_MAX 6
#define DRAIN_MS 10000 /* a single round is for its reader, who may be slow */

typedef void emit_fn(void *ctx, struct obs *o);

/* ---- one round ---- */

static void
say_unknown(const struct local_options *o, emit_fn *emit, void *ctx, const char *what,
	const char *object, const char *why, const char *lost)
{
	struct obs *u = obs_new(FACT_UNKNOWN, clock_usec(), BY, &o->zone);

	u->u.unknown.what = arena_strdup(u->arena, what);
	u->u.unknown.object = arena_strdup(u->arena, object);
	u->u.unknown.why = arena_strdup(u->arena, why);
	u->u.unknown.lost = arena_strdup(u->arena, lost);
	emit(ctx, u);
}

/* What each part tells, for when it cannot be had. */
static const char lost_keys[] = "key times, roles by file, and which private keys are here";
static const char lost_source[] = "the serial and errors of the unsigned zone file";
static const char lost_signed[] = "what was signed last, by which keys and until when";
static const char lost_vcs[] = "the serial, revision and author of the source of truth";
static const char lost_log[] = "what the signer said in its last run";

/* Passes O on; where its part could not be read, an unknown as well. */
static void
give(const struct local_options *o, emit_fn *emit, void *ctx, struct obs *fact, bool readable,
	const char *what, const char *object, const char *why, const char *lost)
{
	if (!readable)
		say_unknown(o, emit, ctx, what, object, why ? why : "unreadable", lost);
	emit(ctx, fact);
}

static void
give_round(const struct local_options *o, emit_fn *emit, void *ctx, uint32_t number, bool end)
{
	struct obs *r = obs_new(FACT_ROUND, clock_usec(), BY, &o->zone);

	r->u.round = (struct fact_round){ .end = end, .number = number, .what = "local" };
	emit(ctx, r);
}

struct keydir_emit {
	const struct local_options *o;
	emit_fn *emit;
	void *ctx;
};

static void
emit_key(void *ctx, struct obs *f)
{
	struct keydir_emit *k = ctx;
	const struct fact_keyfile *key = &f->u.keyfile;

	if (f->fact == FACT_KEYDIR && !f->u.keydir.readable)
		say_unknown(k->o, k->emit, k->ctx, "key directory", f->u.keydir.path, f->u.keydir.why,
			lost_keys);
	if (f->fact == FACT_KEYFILE && !key->rdata)
		say_unknown(k->o, k->emit, k->ctx, "key file", key->path, key->problem,
			"the public key, its flags and its times");
	k->emit(k->ctx, f);
}

static void
round_keys(const struct local_options *o, emit_fn *emit, void *ctx)
{
	struct keydir_emit k = { o, emit, ctx };

	if (o->keys)
		keydir_observe(o->keys, &o->zone, BY, clock_usec(), emit_key, &k);
	else
		say_unknown(o, emit, ctx, "key directory", NULL, "not configured", lost_keys);
}

static void
round_file(const struct local_options *o, emit_fn *emit, void *ctx, const char *path,
	const char *which, const char *what, const char *lost)
{
	if (!path) {
		say_unknown(o, emit, ctx, what, NULL, "not configured", lost);
		return;
	}
	struct obs *f = zonefile_observe(path, which, &o->zone, BY, clock_usec());
	give(o, emit, ctx, f, f->u.zonefile.readable, what, path, f->u.zonefile.why, lost);
}

/* Everything that is read without starting a program. */
static void
round_files(const struct local_options *o, emit_fn *emit, void *ctx, uint32_t number)
{
	give_round(o, emit, ctx, number, false);
	emit(ctx, hostclock_observe(&o->zone, BY, clock_usec()));
	round_keys(o, emit, ctx);
	round_file(o, emit, ctx, o->zone_file, "source", "zone file", lost_source);
	round_file(o, emit, ctx, o->signed_file, "signed", "signed zone file", lost_signed);
	if (o->signer_log) {
		struct obs *f = signerlog_observe(o->signer_log, o->messages, &o->zone, BY, clock_usec());
		give(o, emit, ctx, f, f->u.signer.readable, "signer log", o->signer_log,
			f->u.signer.why, lost_log);
	} else {
		say_unknown(o, emit, ctx, "signer log", NULL, "not configured", lost_log);
	}
}

static struct obs *
read_source(const struct local_options *o)
{
	if (!o->source.type)
		return NULL;
	return source_observe(&o->source, o->run, o->run_ctx, &o->zone, BY, clock_usec());
}

/* The source of truth (F; NULL: not configured), and the end of the round. */
static void
round_end(const struct local_options *o, emit_fn *emit, void *ctx, uint32_t number, struct obs *f)
{
	if (f)
		give(o, emit, ctx, f, f->u.source.readable, "source of truth", f->u.source.path,
			f->u.source.why, lost_vcs);
	else
		say_unknown(o, emit, ctx, "source of truth", NULL, "not configured", lost_vcs);
	give_round(o, emit, ctx, number, true);
}

void
local_round(const struct local_options *o, uint32_t number, emit_fn *emit, void *ctx)
{
	round_files(o, emit, ctx, number);
	round_end(o, emit, ctx, number, read_source(o));
}

/* ---- has anything changed? ---- */

static void
mix(uint64_t *h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		*h = (*h ^ b[i]) * UINT64_C(0x100000001b3);
}

static void
mix_stat(uint64_t *h, const char *path)
{
	struct stat st;

	if (!path)
		return;
	if (stat(path, &st) != 0) {
		mix(h, "gone", 4);
		return;
	}
	mix(h, &st.st_mtim, sizeof st.st_mtim);
	mix(h, &st.st_ctim, sizeof st.st_ctim);
	mix(h, &st.st_size, sizeof st.st_size);
	mix(h, &st.st_ino, sizeof st.st_ino);
}

/* Names and times of everything that a round reads without starting a program. */
static uint64_t
look(const struct local_options *o)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325), sum = 0;
	DIR *d = o->keys ? opendir(o->keys) : NULL;
	char path[4096];

	mix_stat(&h, o->keys);
	mix_stat(&h, o->zone_file);
	mix_stat(&h, o->signed_file);
	mix_stat(&h, o->signer_log);
	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
		uint64_t one = h;
		if (e->d_name[0] != 'K')
			continue;
		snprintf(path, sizeof path, "%s/%s", o->keys, e->d_name);
		mix(&one, e->d_name, strlen(e->d_name));
		mix_stat(&one, path);
		sum += one; /* the order of readdir does not count */
	}
	if (d)
		closedir(d);
	return h ^ sum;
}

/* ---- the loop ---- */

struct local {
	const struct local_options *o;
	struct outlet *out;
	uint32_t number;
	uint64_t seen;
	uint64_t last_round; /* uv_now() */
	bool gone;	     /* nobody reads any more */
	bool asking, again;  /* the source is being read; a round is due after it */
	struct obs *source;  /* what came of it */
	uv_work_t work;
	uv_loop_t loop;
	uv_timer_t period, settle;
	uv_signal_t term, interrupt;
	uv_pipe_t in;
	uv_fs_event_t watch[WATCH_MAX];
	char watched[WATCH_MAX][4096];
	size_t n_watch;
	char input[64];
};

static void
send_obs(void *ctx, struct obs *o)
{
	struct local *l = ctx;
	struct text t = { 0 };

	stream_write(&t, o);
	if (!l->gone)
		outlet_add(l->out, text_str(&t), t.len);
	text_free(&t);
	obs_unref(o);
}

static void
on_reader_gone(void *ctx)
{
	struct local *l = ctx;

	l->gone = true;
	uv_stop(&l->loop);
}

static char *
on_lost(void *ctx, uint64_t lines)
{
	struct local *l = ctx;

	return stream_lost(obs_new(FACT_UNKNOWN, clock_usec(), BY, &l->o->zone), lines);
}

static void
send_hello(struct local *l)
{
	struct obs *o = obs_new(FACT_HELLO, clock_usec(), BY, &l->o->zone);

	o->u.hello.version = STREAM_VERSION;
	o->u.hello.program = "unbogus " UBG_VERSION;
	o->u.hello.sandbox = arena_strdup(o->arena, l->o->sandbox);
	o->u.hello.host = arena_strdup(o->arena, l->o->host);
	send_obs(l, o);
}

/* In a thread: a server that hangs must not keep the files from being looked at. */
static void
on_work(uv_work_t *work)
{
	struct local *l = work->data;

	l->source = read_source(l->o);
}

static void do_round(struct local *l);

static void
on_source(uv_work_t *work, int status)
{
	struct local *l = work->data;

	(void)status;
	l->asking = false;
	round_end(l->o, send_obs, l, l->number, l->source);
	if (l->gone)
		uv_stop(&l->loop);
	else if (l->again && !l->o->once)
		do_round(l);
}

static void
do_round(struct local *l)
{
	l->again = l->asking;
	if (l->asking)
		return;
	l->seen = look(l->o);
	l->last_round = uv_now(&l->loop);
	round_files(l->o, send_obs, l, ++l->number);
	l->work.data = l;
	l->asking = uv_queue_work(&l->loop, &l->work, on_work, on_source) == 0;
	if (!l->asking)
		round_end(l->o, send_obs, l, l->number, read_source(l->o));
	uv_update_time(&l->loop);
	if (l->gone)
		uv_stop(&l->loop);
}

static void
on_period(uv_timer_t *t)
{
	struct local *l = t->data;

	if (look(l->o) != l->seen || uv_now(&l->loop) - l->last_round >= AGAIN_MS) {
		do_round(l);
		return;
	}
	send_obs(l, obs_new(FACT_TICK, clock_usec(), BY, &l->o->zone));
	if (l->gone)
		uv_stop(&l->loop);
}

static void
on_settled(uv_timer_t *t)
{
	struct local *l = t->data;

	/* A folder may hold more than ours: reading a file there is no news. */
	if (look(l->o) != l->seen)
		do_round(l);
}

static void
on_change(uv_fs_event_t *w, const char *file, int events, int status)
{
	struct local *l = w->data;

	(void)file;
	(void)events;
	if (status == 0 && !uv_is_active((uv_handle_t *)&l->settle))
		uv_timer_start(&l->settle, on_settled, SETTLE_MS, 0);
}

static void
on_signal(uv_signal_t *s, int number)
{
	struct local *l = s->data;

	(void)number;
	uv_stop(&l->loop);
}

/* Watches the folder DIR (a rule on a file would end when the file is replaced). */
static void
watch_folder(struct local *l, const char *dir)
{
	for (size_t i = 0; i < l->n_watch; i++)
		if (strcmp(l->watched[i], dir) == 0)
			return;
	if (l->n_watch == WATCH_MAX || strlen(dir) >= sizeof l->watched[0])
		return;
	uv_fs_event_t *w = &l->watch[l->n_watch];
	snprintf(l->watched[l->n_watch++], sizeof l->watched[0], "%s", dir);
	uv_fs_event_init(&l->loop, w);
	w->data = l;
	/* Where it cannot be watched, the period finds the change. */
	uv_fs_event_start(w, on_change, dir, 0);
}

static void
watch_file(struct local *l, const char *path)
{
	char dir[4096];
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!path)
		return;
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	watch_folder(l, *dir ? dir : "/");
}

/* ---- the back channel: a line "probe" on standard input ---- */

static void
on_alloc(uv_handle_t *h, size_t want, uv_buf_t *buf)
{
	struct local *l = h->data;

	(void)want;
	*buf = uv_buf_init(l->input, sizeof l->input);
}

static void
on_input(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct local *l = s->data;

	if (n < 0)
		uv_read_stop(s);
	else if (n > 0 && memchr(buf->base, '\n', (size_t)n))
		do_round(l);
}

static void
listen_to_input(struct local *l)
{
	struct stat st;

	uv_pipe_init(&l->loop, &l->in, 0);
	l->in.data = l;
	if (fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) &&
		uv_pipe_open(&l->in, STDIN_FILENO) == 0)
		uv_read_start((uv_stream_t *)&l->in, on_alloc, on_input);
}

static void
close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void
loop_set_up(struct local *l)
{
	uint64_t period = (uint64_t)(l->o->period_ms > 0 ? l->o->period_ms : PERIOD_MS);

	uv_timer_init(&l->loop, &l->period);
	uv_timer_init(&l->loop, &l->settle);
	uv_signal_init(&l->loop, &l->term);
	uv_signal_init(&l->loop, &l->interrupt);
	l->period.data = l->settle.data = l->term.data = l->interrupt.data = l;
	uv_timer_start(&l->period, on_period, period, period);
	uv_signal_start(&l->term, on_signal, SIGTERM);
	uv_signal_start(&l->interrupt, on_signal, SIGINT);
	if (l->o->keys)
		watch_folder(l, l->o->keys);
	watch_file(l, l->o->zone_file);
	watch_file(l, l->o->signed_file);
	watch_file(l, l->o->signer_log);
	listen_to_input(l);
}

int
local_run(const struct local_options *o, int out_fd)
{
	struct local *l = calloc(1, sizeof *l);

	if (!l || uv_loop_init(&l->loop) != 0) {
		fprintf(stderr, "unbogus: observe local: no event loop\n");
		free(l);
		return 3;
	}
	l->o = o;
	l->out = outlet_new(&l->loop, out_fd, on_reader_gone, on_lost, l);
	signal(SIGPIPE, SIG_IGN);
	send_hello(l);
	if (!o->once)
		loop_set_up(l);
	do_round(l);
	if (!l->gone)
		uv_run(&l->loop, UV_RUN_DEFAULT);
	child_ending();
	outlet_close(l->out, o->once ? DRAIN_MS : 0);
	l->again = false;
	l->gone = true; /* what is still under way is not said */
	if (l->asking && o->run_stop)
		o->run_stop(o->run_ctx);
	uv_walk(&l->loop, close_handle, NULL);
	while (uv_loop_alive(&l->loop)) /* a stop that is still noted ends the first run at once */
		uv_run(&l->loop, UV_RUN_DEFAULT);
	uv_loop_close(&l->loop);
	free(l);
	return 0;
}
