#include "ui/tui/console.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/file.h"
#include "model/stream.h"
#include "change/plan.h"
#include "ui/tui/actlink.h"
#include "ui/tui/feed.h"
#include "ui/tui/plans.h"
#include "ui/tui/progress.h"
#include "ui/tui/view.h"

#define FRAME_MS 33
#define SECOND_MS 1000
#define DIAGNOSE_EVERY_MS 5000 /* dates pass also when nothing is heard */
#define COMMAND_INTERRUPTED 130

struct console {
	const struct console_options *opt;
	uv_loop_t loop;
	uv_poll_t tty;
	uv_timer_t frame, second, wait;
	uv_signal_t winch, term, hup, interrupt, stop;
	struct source {
		uv_poll_t poll;
		uv_idle_t idle; /* a regular file cannot be polled */
		struct console *c;
		size_t n;
		bool polled, closed;
	} source[CONSOLE_STREAMS];
	struct actlink *act;
	struct feed feed;
	struct view view;
	struct term *terminal;
	struct grid *grid;
	bool dirty, changed, printing, over;
	size_t open; /* streams that have not ended */
	int64_t diagnosed_at, diagnose_took; /* monotonic usec */
	int status;
};

void
console_defaults(struct console_options *o)
{
	memset(o, 0, sizeof *o);
	o->record_fd = o->act_starter = -1;
	o->tty_fd = STDIN_FILENO;
	o->at = TIME_UNSET;
	o->feed = "live";
	for (size_t i = 0; i < CONSOLE_STREAMS; i++)
		o->stream[i] = (struct console_stream){ -1, -1 };
}

static void
end(struct console *c, int status)
{
	c->over = true;
	c->status = status;
	uv_stop(&c->loop);
}

static void
draw(struct console *c)
{
	int w, h;

	if (c->printing || !c->dirty)
		return;
	term_size(c->terminal, &w, &h);
	if (w != c->view.w || h != c->view.h)
		view_resize(&c->view, w, h);
	if (!c->grid || c->grid->w != c->view.w || c->grid->h != c->view.h) {
		grid_free(c->grid);
		c->grid = grid_new(c->view.w, c->view.h);
	}
	view_draw(&c->view, c->grid);
	term_draw(c->terminal, c->grid, c->view.theme, c->view.ascii);
	c->dirty = false;
}

static void
on_frame(uv_timer_t *t)
{
	draw(t->data);
}

/* Draws soon, and never more often than a frame's time. */
static void
redraw(struct console *c)
{
	c->dirty = true;
	if (!uv_is_active((uv_handle_t *)&c->frame))
		uv_timer_start(&c->frame, on_frame, FRAME_MS, 0);
}

static void
set_now(struct console *c)
{
	if (c->opt->replay)
		c->view.now = c->view.past != TIME_UNSET ? c->view.past
			: c->opt->at != TIME_UNSET ? c->opt->at : feed_latest(&c->feed);
	else
		c->view.now = clock_usec();
}

static void
run_diagnosis(struct console *c)
{
	int64_t from = clock_monotonic_usec();

	set_now(c);
	feed_diagnose(&c->feed, &c->view, &c->opt->diagnose);
	c->changed = false;
	c->diagnosed_at = clock_monotonic_usec();
	c->diagnose_took = c->diagnosed_at - from;
	redraw(c);
}

static void
on_wait(uv_timer_t *t)
{
	run_diagnosis(t->data);
}

/* Not at every fact: soon after the first, and at most a tenth of the time. */
static void
diagnose_soon(struct console *c)
{
	int64_t pause = 10 * c->diagnose_took / 1000;

	c->changed = true;
	if (uv_is_active((uv_handle_t *)&c->wait))
		return;
	int64_t since = (clock_monotonic_usec() - c->diagnosed_at) / 1000;
	pause = pause < 60 ? 60 : pause > 2000 ? 2000 : pause;
	uv_timer_start(&c->wait, on_wait, since > pause ? 20 : (uint64_t)(pause - since), 0);
}

/* ---- who carries out plans ---- */

static void
act_said(void *ctx, const struct act_progress *p)
{
	struct console *c = ctx;
	char what[400];

	if (progress_said(&c->view, p, what, sizeof what)) {
		feed_note(&c->feed, c->view.now, what);
		diagnose_soon(c);
	}
	redraw(c);
}

static void
act_gone(void *ctx)
{
	struct console *c = ctx;

	view_disarm(&c->view, "READ-ONLY again: act has ended");
	progress_lost(&c->view);
	redraw(c);
}

/* act is there while the console is armed, and until the plan that it works on has ended. */
static void
follow_arming(struct console *c)
{
	struct err e = { 0 };
	char why[700];

	if (!actlink_arm(c->act, c->view.armed, progress_runs(&c->view), &e))
		view_disarm(&c->view, err_str(&e, why, sizeof why));
}

/* The plan that was consented to goes to act, whole: this process may write no file. */
static void
apply(struct console *c)
{
	struct act_request q = c->opt->act;
	struct err e = { 0 };
	const struct plan *p = plans_given(&c->view, &q.phrase, &q.reason);
	char *text = p ? plan_print(p) : NULL;

	q.plan_text = text;
	if (text && actlink_ask(c->act, &q, &e))
		progress_begin(&c->view, p);
	else
		view_notice(&c->view, "consent given, and nothing applied: %s", text ? e.seen : "no memory");
	free(text);
}

/* ---- time and streams ---- */

static void
on_second(uv_timer_t *t)
{
	struct console *c = t->data;
	int64_t since = (clock_monotonic_usec() - c->diagnosed_at) / 1000;

	if (c->opt->replay)
		return;
	set_now(c);
	view_time_passed(&c->view, clock_monotonic_usec());
	follow_arming(c);
	if (since > DIAGNOSE_EVERY_MS && feed_latest(&c->feed) != TIME_UNSET)
		run_diagnosis(c);
	redraw(c);
}

static void
source_ended(struct source *s)
{
	struct console *c = s->c;

	if (s->closed)
		return;
	s->closed = true;
	if (s->polled)
		uv_poll_stop(&s->poll);
	else
		uv_idle_stop(&s->idle);
	feed_end(&c->feed, s->n);
	if (--c->open == 0 && !c->opt->replay) {
		c->view.feed = "ended";
		view_notice(&c->view, "every observer has ended; what is shown grows old");
	}
	diagnose_soon(c);
}

static void
read_source(struct source *s)
{
	struct console *c = s->c;
	char buf[65536];
	ssize_t n = read(c->opt->stream[s->n].fd, buf, sizeof buf);

	if (n > 0) {
		feed_bytes(&c->feed, s->n, buf, (size_t)n);
		diagnose_soon(c);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		source_ended(s);
}

static void
on_source(uv_poll_t *p, int status, int events)
{
	(void)events;
	if (status < 0)
		source_ended(p->data);
	else
		read_source(p->data);
}

static void
on_idle(uv_idle_t *i)
{
	read_source(i->data);
}

static void
probe(struct console *c)
{
	struct text line = { 0 };
	size_t sent = 0;

	text_add(&line, "probe%s%s\n", c->view.out.len ? " " : "", text_str(&c->view.out));
	for (size_t i = 0; i < c->opt->n_streams; i++)
		if (c->opt->stream[i].back >= 0 &&
			write(c->opt->stream[i].back, line.s, line.len) == (ssize_t)line.len)
			sent++;
	if (sent)
		view_notice(&c->view, "asked %zu observer%s to look again now", sent,
			sent == 1 ? "" : "s");
	else
		view_notice(&c->view, "nobody to ask: this is a %s", c->opt->replay ?
			"recording" : "stream without a way back");
	text_free(&line);
}

/* A line of the trainee's for the lab. */
static void
train(struct console *c)
{
	struct text line = { 0 };

	text_add(&line, "train %s\n", text_str(&c->view.out));
	for (size_t i = 0; i < c->opt->n_streams; i++)
		if (c->opt->stream[i].back >= 0 &&
			write(c->opt->stream[i].back, line.s, line.len) != (ssize_t)line.len)
			view_notice(&c->view, "the lab does not listen any more");
	text_free(&line);
}

static void on_stop(uv_signal_t *s, int sig);

/* To the shell and back. The whole group stops: stopping ourselves alone would hang the shell. */
static void
suspend(struct console *c)
{
	term_suspend(c->terminal);
	uv_signal_stop(&c->stop);
	kill(0, SIGTSTP);
	uv_signal_start(&c->stop, on_stop, SIGTSTP);
	term_resume(c->terminal);
	redraw(c);
}

static void
on_stop(uv_signal_t *s, int sig)
{
	(void)sig;
	suspend(s->data);
}

static void
effects(struct console *c, unsigned e)
{
	if (e & EFFECT_QUIT) {
		end(c, c->view.quit_asked ? COMMAND_INTERRUPTED : 0);
		return;
	}
	if (e & EFFECT_COPY)
		term_copy(c->terminal, text_str(&c->view.out));
	if (e & EFFECT_PROBE)
		probe(c);
	if (e & EFFECT_TRAIN)
		train(c);
	if (e & EFFECT_SEEK && feed_seek(&c->feed, &c->view))
		run_diagnosis(c);
	if (e & EFFECT_NOTE) {
		feed_note(&c->feed, c->view.now, text_str(&c->view.out));
		run_diagnosis(c);
	}
	if (e & EFFECT_REPAINT)
		term_repaint(c->terminal);
	if (e & EFFECT_PRINT) {
		term_print(c->terminal, text_str(&c->view.out));
		c->printing = true;
	}
	if (e & EFFECT_SUSPEND)
		suspend(c);
	if (e & EFFECT_FLUSH)
		term_flush(c->terminal);
	if (e & EFFECT_APPLY)
		apply(c);
	redraw(c);
}

static void
on_key(struct console *c, uint32_t key, const struct mouse_event *m)
{
	if (key == K_RESIZE) {
		redraw(c);
		return;
	}
	if (c->printing) {
		c->printing = false;
		term_resume(c->terminal);
		redraw(c);
		return;
	}
	if (key == K_MOUSE)
		effects(c, view_mouse(&c->view, m->x, m->y, m->button, m->twice));
	else {
		view_time_passed(&c->view, clock_monotonic_usec());
		unsigned effect = view_key(&c->view, key);
		follow_arming(c);
		effects(c, effect);
	}
}

static void
drain_keys(struct console *c)
{
	struct mouse_event m = { 0 };
	uint32_t key;

	while (!c->over && (key = term_key(c->terminal, &m)) != K_NONE)
		on_key(c, key, &m);
	if (c->dirty && !c->over)
		draw(c); /* a key is answered at once */
}

static void
on_tty(uv_poll_t *p, int status, int events)
{
	struct console *c = p->data;
	struct pollfd fd = { .fd = term_fd(c->terminal), .events = POLLIN };

	(void)events;
	/* A lost terminal is readable for ever with nothing to read. */
	if (status < 0 || (poll(&fd, 1, 0) == 1 && fd.revents & (POLLHUP | POLLERR | POLLNVAL))) {
		end(c, COMMAND_INTERRUPTED);
		return;
	}
	drain_keys(c);
}

static void
on_winch(uv_signal_t *s, int sig)
{
	struct console *c = s->data;

	(void)sig;
	if (c->printing)
		return;
	term_resized(c->terminal);
	redraw(c);
	drain_keys(c); /* resizeterm() pushes a key without any event on the descriptor */
}

static void
on_end_signal(uv_signal_t *s, int sig)
{
	(void)sig;
	end(s->data, COMMAND_INTERRUPTED);
}

static void
start_sources(struct console *c)
{
	for (size_t i = 0; i < c->opt->n_streams; i++) {
		struct source *s = &c->source[i];
		int fd = c->opt->stream[i].fd;
		*s = (struct source){ .c = c, .n = i };
		c->open++;
		s->polled = uv_poll_init(&c->loop, &s->poll, fd) == 0;
		s->poll.data = s->idle.data = s;
		if (s->polled && uv_poll_start(&s->poll, UV_READABLE | UV_DISCONNECT, on_source) == 0)
			continue;
		uv_idle_init(&c->loop, &s->idle);
		uv_idle_start(&s->idle, on_idle);
		s->polled = false;
	}
}

static void
start_signal(struct console *c, uv_signal_t *s, uv_signal_cb cb, int sig)
{
	uv_signal_init(&c->loop, s);
	s->data = c;
	uv_signal_start(s, cb, sig);
}

static void
start_handles(struct console *c)
{
	int fd = term_fd(c->terminal), flags = fcntl(fd, F_GETFL);

	uv_timer_init(&c->loop, &c->frame);
	uv_timer_init(&c->loop, &c->second);
	uv_timer_init(&c->loop, &c->wait);
	c->frame.data = c->second.data = c->wait.data = c;
	uv_timer_start(&c->second, on_second, SECOND_MS, SECOND_MS);
	uv_poll_init(&c->loop, &c->tty, fd);
	c->tty.data = c;
	uv_poll_start(&c->tty, UV_READABLE | UV_DISCONNECT, on_tty);
	/* libuv made the terminal non-blocking, for everybody who shares it. */
	fcntl(fd, F_SETFL, flags);
	start_signal(c, &c->winch, on_winch, SIGWINCH);
	start_signal(c, &c->term, on_end_signal, SIGTERM);
	start_signal(c, &c->hup, on_end_signal, SIGHUP);
	start_signal(c, &c->interrupt, on_end_signal, SIGINT);
	start_signal(c, &c->stop, on_stop, SIGTSTP);
	signal(SIGPIPE, SIG_IGN);
	c->act = actlink_new(&c->loop, c->opt->act_starter, &(struct actlink_calls){ c, act_said, act_gone });
	start_sources(c);
}

static void
close_handle(uv_handle_t *h, void *arg)
{
	(void)arg;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

static void
close_streams(const struct console_options *o)
{
	for (size_t i = 0; i < o->n_streams; i++)
		if (o->stream[i].fd > STDERR_FILENO)
			close(o->stream[i].fd);
}

/* No screen to draw on: everything that comes, then the verdict as text. */
static int
run_plain(const struct console_options *o, const struct err *e)
{
	struct text out = { 0 };
	struct feed feed;
	struct view v;
	char why[600];

	view_init(&v, 80, 24);
	feed_init(&feed, o->zone.len ? &o->zone : NULL, o->n_streams, !o->replay,
		o->record_fd);
	feed_read_all(&feed, o);
	v.now = o->at != TIME_UNSET ? o->at : feed_latest(&feed);
	v.utc = true;
	feed_diagnose(&feed, &v, &o->diagnose);
	fprintf(stderr, "unbogus: %s; printing text\n", err_str(e, why, sizeof why));
	view_plain(&v, &out);
	fputs(text_str(&out), stdout);
	int status = v.d ? (int)v.d->state : STATE_UNKNOWN;
	text_free(&out);
	view_done(&v);
	feed_done(&feed);
	close_streams(o);
	return status;
}

static void
start_view(struct console *c, int w, int h)
{
	const struct console_options *o = c->opt;

	view_init(&c->view, w, h);
	if (o->zone.len) {
		c->view.zone = o->zone;
		c->view.have_zone = true;
	}
	c->view.feed = o->feed;
	c->view.causes = o->causes;
	c->view.sandbox = o->sandbox;
	c->view.diagnose = o->diagnose;
	c->view.readonly = o->readonly;
	c->view.config_zone = o->config_zone;
	c->view.live = !o->replay;
	c->view.utc = o->utc;
	c->view.period = o->diagnose.period ? o->diagnose.period : 10;
	c->view.ascii = term_ascii(c->terminal);
	c->view.theme = term_colour(c->terminal) ? o->theme : THEME_MONO;
	if (o->notice || term_notice(c->terminal)[0])
		view_notice(&c->view, "%s", o->notice ? o->notice : term_notice(c->terminal));
}

int
console_run(const struct console_options *o)
{
	struct console *c;
	struct err e;
	int w, h;

	setlocale(LC_CTYPE, "");
	struct term_options to = { o->colour, o->ascii, o->mouse, o->tty_fd };
	struct term *t = term_open(&to, &e);
	if (!t)
		return run_plain(o, &e);
	c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->opt = o;
	c->terminal = t;
	uv_loop_init(&c->loop);
	term_size(t, &w, &h);
	start_view(c, w, h);
	feed_init(&c->feed, o->zone.len ? &o->zone : NULL, o->n_streams, !o->replay,
		o->record_fd);
	c->feed.keep = o->replay;
	set_now(c);
	start_handles(c);
	redraw(c);
	uv_run(&c->loop, UV_RUN_DEFAULT);
	actlink_close(c->act);
	uv_walk(&c->loop, close_handle, NULL);
	uv_run(&c->loop, UV_RUN_DEFAULT);
	uv_loop_close(&c->loop);
	term_close(t);
	struct text out = { 0 };
	view_summary(&c->view, &out);
	progress_summary(&c->view, &out);
	fputs(text_str(&out), stdout);
	fflush(stdout);
	text_free(&out);
	int status = c->status;
	view_done(&c->view);
	feed_done(&c->feed);
	grid_free(c->grid);
	free(c);
	close_streams(o);
	return status;
}
