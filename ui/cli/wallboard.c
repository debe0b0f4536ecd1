/* wallboard: the drawing, and the loop around it. */
#include "ui/cli/wallboard.h"

#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/line.h"

#define PAGE_S 20
#define NAME_COLS 20
#define STATE_COLS 7

static enum style
style_of(enum board_state s)
{
	static const enum style styles[] = { ST_OK, ST_WARN, ST_CRIT, ST_UNKNOWN, ST_STALE };

	return styles[s];
}

static void
rule(struct grid *g, int y, const char *title)
{
	grid_hline(g, 0, y, g->w);
	grid_printf(g, 2, y, g->w - 4, ST_LABEL, " %s ", title);
}

/* ---- zones ---- */

static void
zone_words(char *out, size_t size, const struct board *b, const struct board_zone *z, int64_t now)
{
	char span[24], was[24], line[400];

	(void)b;
	if (z->state == BOARD_STALE) {
		clock_span(span, sizeof span, (now - z->heard) / USEC);
		clock_local(was, sizeof was, z->heard / USEC, "%H:%M:%S");
		snprintf(out, size, "no answer for %s (last: %s %s)", span,
			board_state_word(z->d ? (enum board_state)z->d->state : z->before), was);
		return;
	}
	if (!z->d) {
		snprintf(out, size, "nothing heard yet");
		return;
	}
	line_of(line, sizeof line, z->d);
	snprintf(out, size, "%s", line);
}

/* One zone at row Y, with its second line where there is one; returns the rows used. */
static int
zone_row(struct grid *g, int y, const struct board *b, const struct board_zone *z, int64_t now, bool more)
{
	int x = 1, left = g->w - 2;
	char words[600];

	grid_char(g, x, y, style_of(z->state), style_mark(style_of(z->state)));
	grid_printf(g, x + 2, y, NAME_COLS, ST_NORMAL, "%s.", z->text);
	grid_text(g, x + 3 + NAME_COLS, y, STATE_COLS, style_of(z->state), board_state_word(z->state));
	zone_words(words, sizeof words, b, z, now);
	int at = x + 4 + NAME_COLS + STATE_COLS;
	grid_text(g, at, y, left - at, ST_NORMAL, words);
	if (!more || !z->d || z->state == BOARD_STALE)
		return 1;
	line_more(words, sizeof words, z->d);
	if (!*words)
		return 1;
	grid_text(g, at, y + 1, left - at, ST_INFO, words);
	return 2;
}

/* Zones from row Y on, at most ROWS: the bad ones always, the rest in turn; what is left in a line. */
static void
zone_rows(struct grid *g, int y, int rows, struct board *b, int64_t now, unsigned page)
{
	struct board_zone *const *v = board_sorted(b);
	int end = y + rows;
	size_t bad = 0, i = 0;

	while (bad < b->n && v[bad]->state != BOARD_OK)
		bad++;
	for (; i < bad && y + (b->n > i + 1 ? 2 : 1) <= end; i++)
		y += zone_row(g, y, b, v[i], now, y + 3 <= end);
	if (i < bad) { /* not even all that is bad: that must be seen */
		grid_printf(g, 1, y, g->w - 2, ST_CRIT, "and %zu more that are not OK", b->n - i -
			(b->n - bad));
		return;
	}
	size_t room = (size_t)(end - y), good = b->n - bad, shown = good <= room ? good : room > 0 ? room - 1 : 0;
	for (size_t k = 0; k < shown; k++)
		y += zone_row(g, y, b, v[bad + (good <= room ? k : (page * shown + k) % good)], now, false);
	if (shown < good && y < end)
		grid_printf(g, 1, y, g->w - 2, ST_OK, "%zu more zones OK", good - shown);
}

/* ---- deadlines ---- */

struct next {
	struct deadline d;
	const char *zone;
};

static int
soonest(const void *x, const void *y)
{
	const struct next *a = x, *b = y;

	return a->d.at < b->d.at ? -1 : a->d.at > b->d.at;
}

static void
deadline_rows(struct grid *g, int y, int rows, const struct board *b, int64_t now)
{
	struct next *all = calloc(4 * b->n + 1, sizeof *all);
	struct deadline d[4];
	size_t n = 0;
	char span[24];

	if (!all)
		abort();
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0, m = b->v[i]->d ? line_deadlines(b->v[i]->d, d, 4) : 0; k < m; k++)
			all[n++] = (struct next){ d[k], b->v[i]->text };
	qsort(all, n, sizeof *all, soonest);
	for (size_t i = 0; i < n && (int)i < rows; i++, y++) {
		grid_printf(g, 1, y, 7, ST_NORMAL, "%6s", clock_span(span, sizeof span, all[i].d.at - now / USEC));
		grid_printf(g, 9, y, NAME_COLS, ST_NORMAL, "%s.", all[i].zone);
		grid_text(g, 10 + NAME_COLS, y, g->w - 11 - NAME_COLS, ST_NORMAL, all[i].d.text);
	}
	if (n == 0)
		grid_text(g, 1, y, g->w - 2, ST_INFO, "none known");
	free(all);
}

/* ---- the last hour ---- */

static void
cell_rows(struct grid *g, int y, int rows, struct board *b, unsigned page)
{
	struct board_zone *const *v = board_sorted(b);
	int cells = g->w - 4 - 15 < BOARD_MINUTES ? g->w - 4 - 15 : BOARD_MINUTES;
	size_t from = (int)b->n > rows && rows > 0 ? (page * (size_t)rows) % b->n : 0;

	for (int r = 0; r < rows && from + (size_t)r < b->n; r++, y++) {
		const struct board_zone *z = v[from + (size_t)r];
		grid_printf(g, 1, y, 14, ST_NORMAL, "%s.", z->text);
		for (int i = 0; i < cells; i++) {
			int s = board_minute(b, z, cells - 1 - i);
			/* a stale minute is an unknown one: "could not ask" */
			enum style st = s < 0 ? ST_INFO : s == BOARD_STALE ? ST_UNKNOWN : style_of((enum board_state)s);
			grid_char(g, 16 + i, y, st, s < 0 ? ' ' : style_mark(st));
		}
	}
}

/* ---- all ---- */

static void
age_line(struct grid *g, int y, const struct board *b, int64_t now)
{
	int64_t age = b->latest == TIME_UNSET ? -1 : (now - b->latest) / USEC;
	int64_t period = b->period > 0 ? b->period : 10;
	char span[24], when[40];

	if (age < 0) {
		grid_text(g, 1, y, g->w - 2, ST_UNKNOWN, "nothing heard yet");
		return;
	}
	bool old = age >= 3 * period && age >= BOARD_STALE_S;
	clock_local(when, sizeof when, now / USEC, "%H:%M:%S");
	grid_printf(g, 1, y, g->w - 2, old ? ST_STALE : ST_NORMAL,
		"data %s old%s   %zu zone%s   drawn %s   if this line stops counting: stale",
		clock_span(span, sizeof span, age), old ? ": STALE" : "", b->n, b->n == 1 ? "" : "s", when);
}

static void
title(struct grid *g, int64_t now, const char *source)
{
	char local[40], utc[40];

	grid_text(g, 1, 0, 14, ST_LABEL, "unbogus status");
	grid_text(g, g->w > 60 ? 31 : 16, 0, 20, ST_LABEL, "READ-ONLY WALLBOARD");
	clock_local(local, sizeof local, now / USEC, "%H:%M:%S %Z");
	clock_utc(utc, sizeof utc, now / USEC, "%H:%MZ");
	if (g->w >= 70)
		grid_printf(g, g->w - 22 - (int)strlen(source), 0, 22 + (int)strlen(source), ST_NORMAL, "%s%s%s  %s",
			source, *source ? "  " : "", local, utc);
}

void
wallboard_draw(struct grid *g, struct board *b, int64_t now, unsigned page, const char *source)
{
	int h = g->h - 4; /* title, bottom border, age, keys */

	grid_clear(g);
	title(g, now, source);
	grid_box(g, (struct rect){ 0, 1, g->w, g->h - 2 });
	if (g->h < 12) { /* only the zones */
		zone_rows(g, 2, g->h - 5 < 1 ? 1 : g->h - 5, b, now, page);
	} else {
		int cells = b->n < 4 ? (int)b->n : h / 4, dates = h / 5 < 2 ? 2 : h / 5;
		int zones = h - cells - dates - 3;
		zone_rows(g, 2, zones, b, now, page);
		rule(g, 2 + zones, "next deadlines");
		deadline_rows(g, 3 + zones, dates, b, now);
		rule(g, 3 + zones + dates, "last 60 min   one cell = 1 min   \u2713 ok  ! warn  \u2717 crit  \u25cc unknown");
		cell_rows(g, 4 + zones + dates, cells, b, page);
	}
	age_line(g, g->h - 3, b, now);
	grid_text(g, 1, g->h - 1, g->w - 2, ST_KEY, "q quit   zones cycle every 20s   all other keys are ignored");
	g->cx = 0;
	g->cy = g->h - 1;
}

int
wallboard_print(struct many *m, const struct wallboard_options *o)
{
	struct grid *g = grid_new(o->w > 0 ? o->w : 80, o->h > 0 ? o->h : 24);
	bool ascii = o->ascii == CHOICE_YES || (o->ascii == CHOICE_AUTO && strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	struct text out = { 0 };

	wallboard_draw(g, m->board, m->now, 0, "replay");
	grid_dump(g, ascii, &out);
	fputs(text_str(&out), stdout);
	text_free(&out);
	grid_free(g);
	return (int)board_worst(m->board);
}

/* ---- on the terminal ---- */

struct screen {
	struct term *term;
	struct grid *grid;
	const struct wallboard_options *o;
	int signals;
};

static void
redraw(struct screen *s, struct many *m)
{
	int64_t now = clock_usec();
	int w, h;

	term_size(s->term, &w, &h);
	if (!s->grid || s->grid->w != w || s->grid->h != h) {
		grid_free(s->grid);
		s->grid = grid_new(w, h);
	}
	wallboard_draw(s->grid, m->board, now, (unsigned)(now / USEC / PAGE_S), "");
	term_draw(s->term, s->grid, s->o->theme, term_ascii(s->term));
}

/* True: the end. */
static bool
keys(struct screen *s)
{
	struct mouse_event me;
	uint32_t k;

	while ((k = term_key(s->term, &me)) != K_NONE)
		if (k == 'q' || k == 'Q' || k == 3)
			return true;
	return false;
}

static bool
signalled(struct screen *s)
{
	struct signalfd_siginfo si;
	bool end = false;

	while (read(s->signals, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGWINCH)
			term_resized(s->term);
		else
			end = true;
	}
	return end;
}

static int
loop(struct screen *s, struct many *m)
{
	int64_t last = 0;

	for (;;) {
		struct pollfd p[SUPER_ROLES + 2] = { { .fd = term_fd(s->term), .events = POLLIN },
			{ .fd = s->signals, .events = POLLIN } };
		for (size_t i = 0; i < m->face.n; i++)
			p[i + 2] = (struct pollfd){ .fd = m->face.stream[i].fd, .events = POLLIN };
		if (poll(p, m->face.n + 2, 500) > 0) {
			for (size_t i = 0; i < m->face.n; i++)
				if (p[i + 2].revents)
					many_read(m, i);
			if ((p[1].revents && signalled(s)) || keys(s))
				return (int)board_worst(m->board);
			if (p[0].revents & (POLLHUP | POLLERR | POLLNVAL)) /* the terminal is gone */
				return 3;
		}
		if (clock_monotonic_usec() - last < USEC)
			continue;
		last = clock_monotonic_usec();
		board_judge(m->board, clock_usec(), USEC / 4);
		redraw(s, m);
	}
}

int
wallboard_run(struct many *m, const struct wallboard_options *o, struct err *e)
{
	struct screen s = { .o = o };
	const struct term_options t = { .colour = o->colour, .ascii = o->ascii, .fd = STDIN_FILENO };
	struct confined done;
	sigset_t mine;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !(s.term = term_open(&t, e)))
		return -1;
	sigemptyset(&mine);
	sigaddset(&mine, SIGWINCH);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGHUP);
	sigaddset(&mine, SIGINT);
	sigprocmask(SIG_BLOCK, &mine, NULL);
	s.signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	int status = 3;
	if (s.signals >= 0 && confine(&(struct confine_job){ .role = CONFINE_STATUS }, &done, e))
		status = loop(&s, m);
	term_close(s.term);
	grid_free(s.grid);
	return status;
}
