/* view_time() hands its format on, which its header checks. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#include "ui/tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/tui/banner.h"
#include "ui/tui/dialog.h"
#include "ui/tui/training.h"
#include "ui/tui/plans.h"
#include "ui/tui/progress.h"

const struct pane_ops *const pane_table[PANE_COUNT] = {
	[PANE_KEYS] = &pane_keys,
	[PANE_CHAIN] = &pane_chain,
	[PANE_SERIALS] = &pane_serials,
	[PANE_VALIDATION] = &pane_validation,
	[PANE_TIMELINE] = &pane_timeline,
	[PANE_STEPS] = &pane_steps,
	[PANE_SIGNATURES] = &pane_signatures,
};

#define DETAIL_LEAST 3 /* lines of detail that an open pane wants beside the others' headers */

enum style
style_of_state(enum state s)
{
	return s == STATE_OK ? ST_OK : s == STATE_WARNING ? ST_WARN :
		s == STATE_CRITICAL				  ? ST_CRIT :
								    ST_UNKNOWN;
}

enum style
style_of_vstate(enum vstate s)
{
	return s == V_SECURE ? ST_OK : s == V_BOGUS ? ST_CRIT : s == V_INSECURE ? ST_INSECURE :
										  ST_UNKNOWN;
}

enum style
style_of_link(enum link_state s)
{
	return s == LINK_SECURE ? ST_OK : s == LINK_BOGUS ? ST_CRIT :
		s == LINK_INSECURE			    ? ST_INSECURE :
							      ST_UNKNOWN;
}

enum style
style_of_severity(int severity)
{
	return severity <= 0 ? ST_OK : severity == 1 ? ST_WARN : ST_CRIT;
}

const char *
view_time(const struct view *v, char *out, size_t size, int64_t seconds, const char *fmt)
{
	if (seconds == TIME_UNSET || seconds == TIME_NEVER)
		snprintf(out, size, "%s", seconds == TIME_NEVER ? "never" : "?");
	else if (v->utc)
		clock_utc(out, size, seconds, fmt);
	else
		clock_local(out, size, seconds, fmt);
	return out;
}

const char *
view_when(const struct view *v, char *out, size_t size, int64_t seconds)
{
	char today[40], day[40];

	if (seconds == TIME_UNSET || seconds == TIME_NEVER)
		return view_time(v, out, size, seconds, "%H");
	view_time(v, today, sizeof today, v->now / USEC, "%Y-%m-%d");
	view_time(v, day, sizeof day, seconds, "%Y-%m-%d");
	if (strcmp(today, day) == 0)
		return view_time(v, out, size, seconds, "%H:%M");
	if (strncmp(today, day, 4) == 0)
		return view_time(v, out, size, seconds, "%m-%d %H:%M");
	return view_time(v, out, size, seconds, "%Y-%m-%d");
}

const char *
view_age(const struct view *v, char *out, size_t size, int64_t t, enum style *style)
{
	char span[40];
	int64_t age = t == TIME_UNSET ? 0 : (v->now - t) / USEC;

	*style = ST_NORMAL;
	if (t == TIME_UNSET) {
		snprintf(out, size, "-");
		return out;
	}
	if (age < 0)
		age = 0;
	bool stale = age > 3 * v->period && age > 30;
	if (stale)
		*style = ST_STALE;
	snprintf(out, size, "%s%s", stale ? "~" : "", clock_span(span, sizeof span, age));
	return out;
}

bool
view_stale(const struct view *v, int64_t *age)
{
	*age = 0;
	if (!v->live || !v->d || v->heard == TIME_UNSET)
		return false;
	*age = (v->now - v->heard) / USEC;
	return *age > 3 * v->period;
}

void
view_init(struct view *v, int w, int h)
{
	memset(v, 0, sizeof *v);
	v->w = w;
	v->h = h;
	v->heard = v->past = v->from = v->until = TIME_UNSET;
	v->period = 10;
	v->feed = "live";
	for (int p = 0; p < PANE_COUNT; p++)
		v->pane[p].sort = -1;
}

void
view_done(struct view *v)
{
	dialog_close(v);
	plans_free(v->plans);
	progress_free(v->progress);
	diagnosis_free(v->d);
	diagnosis_free(v->held);
	free(v->changes);
	text_free(&v->out);
	memset(v, 0, sizeof *v);
}

/* The plan that w kept for a safe time. */
static void
offer_again(struct view *v)
{
	if (!v->again[0] || v->now / USEC < v->again_at)
		return;
	if (v->again_tag >= 0)
		view_notice(v, "%s %d is safe now: :plan %s %d", v->again, v->again_tag, v->again, v->again_tag);
	else
		view_notice(v, "%s is safe now: :plan %s", v->again, v->again);
	v->again[0] = '\0';
}

/* A line for the timeline when the verdict is another one than before. */
static void
note_change(struct view *v, const struct diagnosis *d)
{
	struct verdict_change c = { .t = d->now,
		.severity = d->state == STATE_WARNING ? 1 : d->state == STATE_CRITICAL ? 2 : 0 };
	const char *cause = d->n_causes ? d->findings[d->causes[0]].text : NULL;

	snprintf(c.text, sizeof c.text, "%s: %s", style_word(style_of_state(d->state)),
		cause ? cause : d->headline ? d->headline : "");
	if (v->n_changes && strcmp(v->changes[v->n_changes - 1].text, c.text) == 0)
		return;
	if (v->n_changes == v->cap_changes) {
		size_t cap = v->cap_changes ? v->cap_changes * 2 : 16;
		struct verdict_change *more = realloc(v->changes, cap * sizeof *more);
		if (!more)
			return;
		v->changes = more;
		v->cap_changes = cap;
	}
	v->changes[v->n_changes++] = c;
}

void
view_diagnosis(struct view *v, struct diagnosis *d, int64_t heard)
{
	v->heard = heard;
	v->zone = d->zone;
	v->have_zone = true;
	if (v->past == TIME_UNSET)
		note_change(v, d);
	if (v->frozen) {
		diagnosis_free(v->held);
		v->held = d;
		return;
	}
	diagnosis_free(v->d);
	v->d = d;
	if (d->now > v->now)
		v->now = d->now;
	plans_moved(v);
	offer_again(v);
	view_settle(v);
}

void
view_resize(struct view *v, int w, int h)
{
	v->w = w < 1 ? 1 : w;
	v->h = h < 1 ? 1 : h;
	view_settle(v);
}

void
view_notice(struct view *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->notice, sizeof v->notice, fmt, ap);
	va_end(ap);
}

/* Where to look first: at what is worst. */
static long
worst_row(const struct page *p)
{
	static const enum style order[] = { ST_CRIT, ST_WARN };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < p->rows.n; i++)
			if (p->rows.v[i].id && p->rows.v[i].mark == order[k])
				return (long)i;
	return 0;
}

/* The selected row of a page: by identity, else near where it was. */
static long
selected_row(const struct pane_state *st, const struct page *p, bool newest_last)
{
	long n = (long)p->rows.n, at = st->sel[0] ? page_find_id(p, st->sel) : -1;

	if (at >= 0)
		return at;
	at = st->sel[0] ? (long)st->row : newest_last ? n - 1 : worst_row(p);
	if (at >= n)
		at = n - 1;
	for (long i = at; i >= 0 && i < n; i++)
		if (p->rows.v[i].id)
			return i;
	for (long i = at; i >= 0; i--)
		if (p->rows.v[i].id)
			return i;
	return -1;
}

void
view_page(const struct view *v, enum pane_id id, int width, struct page *p, long *sel)
{
	const struct pane_ops *o = pane_table[id];
	const struct pane_state *st = &v->pane[id];

	p->cols = o->columns;
	p->n_cols = o->n_columns;
	p->free_form = o->free_form;
	o->build(v, p, width);
	page_filter(p, st->filter);
	page_sort(p, st->sort, st->reverse);
	*sel = selected_row(st, p, o->newest_last);
	if (o->detail)
		o->detail(v, p, *sel >= 0 ? &p->rows.v[*sel] : NULL, width);
}

/* First row to show so that the selected one is seen, and the ends are when they can be. */
static size_t
top_row(const struct page *p, long sel, size_t top, int visible)
{
	size_t n = p->rows.n, rows = visible > 0 ? (size_t)visible : 1, s, first = 0, last = 0;

	if (sel < 0)
		return top + rows > n ? n > rows ? n - rows : 0 : top;
	s = (size_t)sel;
	for (size_t i = 0; i < n; i++)
		if (p->rows.v[i].id) {
			last = i;
			if (!p->rows.v[first].id)
				first = i;
		}
	if (s == last && n - s <= rows)
		top = n > rows ? n - rows : 0;
	if (s == first && s < rows)
		top = 0;
	if (s < top)
		top = s;
	if (s >= top + rows)
		top = s - rows + 1;
	return top + rows > n ? n > rows ? n - rows : 0 : top;
}

static int
page_height(const struct page *p, size_t detail)
{
	return (p->free_form ? 0 : 1) + (int)p->rows.n + (detail ? 1 + (int)detail : 0);
}

/* Column width that a pane would have, before the layout is known. */
static int
guess_width(const struct view *v)
{
	enum layout_kind k = layout_kind(v->w, v->h, v->zoom);

	return k == LAYOUT_TWO ? v->w / 2 - 2 : k == LAYOUT_THREE ? v->w / 3 - 2 : v->w - 2;
}

static void
make_layout(const struct view *v, struct layout *l)
{
	struct layout_want want = { .focus = v->focus, .zoom = v->zoom };
	struct arena *a = arena_new();
	struct banner_line lines[16];

	want.banner = (int)banner_make(v, a, v->w - 2, (size_t)layout_banner_max(v->w, v->h), lines);
	for (int p = 0; p < PANE_COUNT; p++) {
		struct page page = { .a = a };
		long sel;
		view_page(v, (enum pane_id)p,
			p == PANE_TIMELINE ? v->w - 2 : guess_width(v), &page, &sel);
		size_t least = page.detail.n < DETAIL_LEAST ? page.detail.n : DETAIL_LEAST;
		want.height[p] = page_height(&page, page.detail.n);
		want.least[p] = page_height(&page, least);
	}
	arena_free(a);
	layout_make(l, v->w, v->h - training_rows(v), &want);
}

/* Body lines of a pane, its header line taken off. */
static int
body_height(const struct layout *l, enum pane_id p)
{
	return l->pane[p].h > 0 ? l->pane[p].h - 1 : 0;
}

void
view_settle(struct view *v)
{
	struct layout l;

	make_layout(v, &l);
	for (int i = 0; i < PANE_COUNT; i++) {
		struct pane_state *st = &v->pane[i];
		struct page p = { .a = arena_new() };
		long sel;
		view_page(v, (enum pane_id)i, l.pane[i].w ? l.pane[i].w : v->w - 2, &p, &sel);
		if (sel >= 0 && st->sel[0]) {
			st->row = (size_t)sel;
			snprintf(st->sel, sizeof st->sel, "%s", p.rows.v[sel].id);
		}
		if (l.open[i])
			st->top = top_row(&p, sel, st->top,
				page_rows_visible(&p, body_height(&l, (enum pane_id)i)));
		arena_free(p.a);
	}
}

void
view_select(struct view *v, enum pane_id p, const char *id)
{
	snprintf(v->pane[p].sel, sizeof v->pane[p].sel, "%s", id);
	view_settle(v);
}

/* Moves the selection of the open pane by STEP selectable rows; LONG_MAX/MIN: to the ends. */
static void
move_selection(struct view *v, long step)
{
	struct page p = { .a = arena_new() };
	long sel, at;

	view_page(v, v->focus, v->w, &p, &sel);
	at = sel;
	for (long i = sel; step != 0;) {
		i += step > 0 ? 1 : -1;
		if (i < 0 || i >= (long)p.rows.n)
			break;
		if (p.rows.v[i].id) {
			at = i;
			step += step > 0 ? -1 : 1;
		}
	}
	if (at >= 0 && at < (long)p.rows.n)
		view_select(v, v->focus, p.rows.v[at].id);
	arena_free(p.a);
}

bool
view_find(struct view *v, int step)
{
	struct page p = { .a = arena_new() };
	long sel, n;
	bool hit = false;

	view_page(v, v->focus, v->w, &p, &sel);
	n = (long)p.rows.n;
	for (long k = 1; k <= n && v->found[0] && !hit; k++) {
		long i = ((sel + step * k) % n + n) % n;
		if (!p.rows.v[i].id || !page_row_has(&p, &p.rows.v[i], v->found))
			continue;
		view_select(v, v->focus, p.rows.v[i].id);
		hit = true;
	}
	arena_free(p.a);
	return hit;
}

static int
page_step(const struct view *v)
{
	struct layout l;

	make_layout(v, &l);
	int h = body_height(&l, v->focus) - 4;
	return h > 1 ? h : 1;
}

static unsigned
open_row(struct view *v)
{
	struct page p = { .a = arena_new() };
	long sel;

	view_page(v, v->focus, v->w, &p, &sel);
	if (sel >= 0 && p.rows.v[sel].obs) {
		struct text t = { 0 };
		page_row_text(&p, &p.rows.v[sel], &t);
		dialog_open_obs(v, p.rows.v[sel].obs, text_str(&t));
		text_free(&t);
	} else if (v->focus == PANE_CHAIN || v->focus == PANE_STEPS || v->focus == PANE_TIMELINE)
		v->dialog = v->d ? DIALOG_EVIDENCE : DIALOG_NONE;
	else
		view_notice(v, "there is no single answer or file behind this line; e shows evidence");
	arena_free(p.a);
	return EFFECT_DRAW;
}

static unsigned
copy(struct view *v, bool all)
{
	text_reset(&v->out);
	if (all)
		view_print(v, v->focus, &v->out);
	else {
		struct page p = { .a = arena_new() };
		long sel;
		view_page(v, v->focus, v->w, &p, &sel);
		if (sel >= 0)
			page_row_text(&p, &p.rows.v[sel], &v->out);
		arena_free(p.a);
	}
	view_notice(v, "copied %s (%zu bytes) by OSC 52, where the terminal allows it",
		all ? "the pane" : "the line", v->out.len);
	return EFFECT_COPY | EFFECT_DRAW;
}

static void
sort_by(struct view *v, int step)
{
	struct pane_state *st = &v->pane[v->focus];
	int n = pane_table[v->focus]->n_columns;

	if (pane_table[v->focus]->free_form) {
		view_notice(v, "this pane has an order of its own");
		return;
	}
	st->sort += step;
	if (st->sort >= n)
		st->sort = -1;
	if (st->sort < -1)
		st->sort = n - 1;
	view_notice(v, "sorted by %s", st->sort < 0 ? "the pane's own order" :
						      pane_table[v->focus]->columns[st->sort].title);
}

static void
set_focus(struct view *v, int p)
{
	v->focus = (enum pane_id)((p + PANE_COUNT) % PANE_COUNT);
}

/* Tab goes round the panes that are on the screen as such. */
static void
next_pane(struct view *v, int step)
{
	enum layout_kind k = layout_kind(v->w, v->h, v->zoom);
	int n = k == LAYOUT_THREE ? PANE_COUNT : PANE_TIMELINE + 1;
	int at = (int)v->focus < n ? (int)v->focus : 0;

	set_focus(v, (at + step + n) % n);
}

static void
freeze(struct view *v)
{
	v->frozen = !v->frozen;
	v->frozen_at = v->now;
	if (!v->frozen && v->held) {
		struct diagnosis *d = v->held;
		v->held = NULL;
		diagnosis_free(v->d);
		v->d = d;
	}
	view_notice(v, "%s", v->frozen ? "frozen: watching goes on, p shows it" : "following again");
}

static void
start_prompt(struct view *v, enum prompt p)
{
	v->prompt = p;
	v->history_at = -1;
	snprintf(v->input, sizeof v->input, "%s",
		p == PROMPT_FILTER ? v->pane[v->focus].filter : "");
}

static bool
works_in_summary(enum request r)
{
	return r == REQ_QUIT || r == REQ_HELP || r == REQ_CLOSE || r == REQ_REDRAW ||
		r == REQ_SUSPEND || (r >= REQ_PANE_1 && r <= REQ_PANE_5);
}

static unsigned
move_request(struct view *v, enum request r)
{
	struct pane_state *st = &v->pane[v->focus];

	switch (r) {
	case REQ_DOWN: move_selection(v, 1); break;
	case REQ_UP: move_selection(v, -1); break;
	case REQ_FIRST: move_selection(v, -1000000); break;
	case REQ_LAST: move_selection(v, 1000000); break;
	case REQ_HALF_DOWN: move_selection(v, (page_step(v) + 1) / 2); break;
	case REQ_HALF_UP: move_selection(v, -(page_step(v) + 1) / 2); break;
	case REQ_PAGE_DOWN: move_selection(v, page_step(v)); break;
	case REQ_PAGE_UP: move_selection(v, -page_step(v)); break;
	case REQ_LEFT: st->shift = st->shift > 8 ? st->shift - 8 : 0; break;
	case REQ_RIGHT: st->shift = st->shift < 400 ? st->shift + 8 : st->shift; break;
	case REQ_NEXT_PANE: next_pane(v, 1); break;
	case REQ_PREV_PANE: next_pane(v, -1); break;
	default: set_focus(v, (int)(r - REQ_PANE_1));
	}
	view_settle(v);
	return EFFECT_DRAW;
}

static void
find_again(struct view *v, int step)
{
	if (!v->found[0])
		view_notice(v, "nothing to find yet: / asks for it");
	else if (!view_find(v, step))
		view_notice(v, "not found in this pane: %s", v->found);
}

static void
time_zone(struct view *v)
{
	v->utc = !v->utc;
	view_notice(v, "times are %s", v->utc ? "UTC" : "local");
}

/* Only what was recorded, or is made by a lab, has another moment to show. */
static unsigned
seek(struct view *v, int how)
{
	if (v->live) {
		view_notice(v, "the live zone has no other moment: record it, and replay the recording");
		return EFFECT_DRAW;
	}
	v->seek = how;
	return EFFECT_DRAW | EFFECT_SEEK;
}

unsigned
view_request(struct view *v, enum request r)
{
	struct pane_state *st = &v->pane[v->focus];
	const struct pane_ops *o = pane_table[v->focus];
	unsigned effect = EFFECT_DRAW;

	if (layout_kind(v->w, v->h, false) == LAYOUT_SUMMARY && !works_in_summary(r)) {
		view_notice(v, "needs 60x16");
		return EFFECT_DRAW;
	}
	if (o->request && o->request(v, r)) {
		view_settle(v);
		return EFFECT_DRAW;
	}
	if (r >= REQ_DOWN && r <= REQ_PANE_7)
		return move_request(v, r);
	switch (r) {
	case REQ_ZOOM: v->zoom = true; break;
	case REQ_UNZOOM: v->zoom = false; break;
	case REQ_OPEN: return open_row(v);
	case REQ_EVIDENCE:
		v->dialog = v->d ? DIALOG_EVIDENCE : DIALOG_NONE;
		v->dialog_top = v->dialog_row = 0;
		break;
	case REQ_STEP_BACK: return seek(v, SEEK_STEP_BACK);
	case REQ_STEP_ON: return seek(v, SEEK_STEP_ON);
	case REQ_EVENT_BACK: return seek(v, SEEK_EVENT_BACK);
	case REQ_EVENT_ON: return seek(v, SEEK_EVENT_ON);
	case REQ_ACTIONS: plans_open(v); break;
	case REQ_PLAN: plans_open_safe(v); break;
	case REQ_READONLY: view_disarm(v, "READ-ONLY again"); break;
	case REQ_ARM: view_notice(v, ":rw MINUTES REASON arms"); break;
	case REQ_APPLY: view_notice(v, "make a plan first: a or F2"); break;
	case REQ_FIND: start_prompt(v, PROMPT_FIND); break;
	case REQ_FIND_NEXT: find_again(v, 1); break;
	case REQ_FIND_PREV: find_again(v, -1); break;
	case REQ_FILTER: start_prompt(v, PROMPT_FILTER); break;
	case REQ_PALETTE: start_prompt(v, PROMPT_COMMAND); break;
	case REQ_NOTE: start_prompt(v, PROMPT_NOTE); break;
	case REQ_SORT_NEXT: sort_by(v, 1); break;
	case REQ_SORT_PREV: sort_by(v, -1); break;
	case REQ_INVERT: st->reverse = !st->reverse; break;
	case REQ_WIDE:
		st->wide = !st->wide;
		st->shift = 0;
		break;
	case REQ_TIME: time_zone(v); break;
	case REQ_FREEZE: freeze(v); break;
	case REQ_REFRESH:
		text_reset(&v->out);
		effect |= EFFECT_PROBE;
		break;
	case REQ_REDRAW: effect |= EFFECT_REPAINT; break;
	case REQ_COPY: return copy(v, false);
	case REQ_COPY_ALL: return copy(v, true);
	case REQ_PRINT:
		text_reset(&v->out);
		view_print(v, v->focus, &v->out);
		return EFFECT_PRINT;
	case REQ_HELP:
		v->dialog = DIALOG_HELP;
		v->dialog_top = 0;
		v->dialog_page = 0;
		break;
	case REQ_SUSPEND: return EFFECT_SUSPEND;
	case REQ_QUIT: return EFFECT_QUIT;
	case REQ_VIEW: view_notice(v, "v changes the view of the chain (2)"); break;
	case REQ_CLOSE:
		v->found[0] = '\0';
		if (st->filter[0])
			st->filter[0] = '\0';
		else
			v->zoom = false;
		break;
	default: break;
	}
	view_settle(v);
	return effect;
}

/* ^C: first like Esc, the second leaves. */
static unsigned
interrupt(struct view *v)
{
	if (v->quit_asked++)
		return EFFECT_QUIT;
	v->prompt = PROMPT_NONE;
	dialog_close(v);
	view_notice(v, "^C again leaves; any other key stays");
	return EFFECT_DRAW;
}

void
view_disarm(struct view *v, const char *why)
{
	if (v->armed)
		view_notice(v, "%s", why);
	v->armed = false;
}

void
view_arm(struct view *v, const char *words)
{
	char *end;
	long minutes = strtol(words, &end, 10);

	while (*end == ' ')
		end++;
	if (v->readonly)
		view_notice(v, "--readonly: it cannot be lifted here");
	else if (end == words || minutes < 1 || minutes > 240 || !*end)
		view_notice(v, ":rw MINUTES REASON, with 1 to 240 minutes");
	else {
		v->armed = true;
		v->armed_until = v->mono + minutes * 60 * USEC;
		snprintf(v->armed_reason, sizeof v->armed_reason, "%s", end);
		view_notice(v, "ARMED for %ldm: %s", minutes, v->armed_reason);
	}
}

void
view_time_passed(struct view *v, int64_t mono)
{
	v->mono = mono;
	if (v->armed && mono >= v->armed_until)
		view_disarm(v, "READ-ONLY again: the time is over");
}

/*
 * A paste whose end mark was lost on the way must not leave the keys dead: it is over when nothing
 * came for a second, and for ^C (which stands for itself: a pasted one comes at once) after 0.1 s.
 */
static bool
is_pasted(struct view *v, uint32_t key)
{
	if (v->pasting && v->mono - v->pasted_at >= (key == 3 ? USEC / 10 : USEC))
		v->pasting = false;
	v->pasted_at = v->mono;
	return v->pasting;
}

unsigned
view_key(struct view *v, uint32_t key)
{
	v->notice[0] = '\0';
	if (key == K_PASTE || key == K_PASTE_END) {
		v->pasting = key == K_PASTE;
		v->pasted_at = v->mono;
		plans_paste(v);
		return EFFECT_DRAW;
	}
	if (is_pasted(v, key) && (!v->prompt || key == K_ENTER))
		return EFFECT_DRAW; /* pasted text is for the line at the bottom only, and never ends it */
	if (key == 3)
		return interrupt(v);
	v->quit_asked = 0;
	enum pane_id pane = v->focus;
	enum dialog dialog = v->dialog;
	unsigned effect;
	if (v->prompt)
		return training_looked(v, pane, dialog, prompt_key(v, key));
	if (v->dialog)
		return training_looked(v, pane, dialog, dialog_key(v, key));
	if (training_key(v, key, &effect))
		return effect;
	enum request r = request_of_key(key);
	if (r == REQ_NONE) {
		char name[16];
		view_notice(v, "%s does nothing here; ? lists the keys",
			key_label(key, name, sizeof name));
		return EFFECT_DRAW;
	}
	return training_looked(v, pane, dialog, view_request(v, r));
}

static bool
inside(struct rect r, int x, int y)
{
	return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

unsigned
view_mouse(struct view *v, int x, int y, int button, bool twice)
{
	struct layout l;

	if (v->prompt || v->dialog)
		return button == 1 ? 0 : dialog_key(v, button == 4 ? K_UP : K_DOWN);
	if (button != 1) {
		move_selection(v, button == 4 ? -3 : 3);
		return EFFECT_DRAW;
	}
	make_layout(v, &l);
	for (int p = 0; p < PANE_COUNT && l.kind != LAYOUT_SUMMARY; p++) {
		if (!inside(l.pane[p], x, y))
			continue;
		set_focus(v, p);
		struct page page = { .a = arena_new() };
		long sel, row;
		view_page(v, (enum pane_id)p, l.pane[p].w, &page, &sel);
		row = y - l.pane[p].y - 1 - !page.free_form + (long)v->pane[p].top;
		if (y > l.pane[p].y && l.open[p] && row >= 0 && row < (long)page.rows.n &&
			page.rows.v[row].id)
			view_select(v, (enum pane_id)p, page.rows.v[row].id);
		arena_free(page.a);
		view_settle(v);
		return twice ? open_row(v) : EFFECT_DRAW;
	}
	return 0;
}

/* Row 0: who, where, mode, clock, liveness. The zone's name gives way first. */
static void
draw_title(const struct view *v, struct grid *g)
{
	char zone[NAME_MAX_TEXT] = "-", cut[NAME_MAX_TEXT + 8], now[40], utc[40], feed[80], span[40];
	int64_t age, s = v->now / USEC;
	enum style st = ST_OK;

	if (v->have_zone)
		name_to_text(zone, &v->zone);
	view_time(v, now, sizeof now, s, v->utc ? "%Y-%m-%d %H:%M:%SZ" : "%Y-%m-%d %H:%M:%S %Z");
	clock_utc(utc, sizeof utc, s, " (%H:%M:%SZ)");
	if (v->frozen) {
		snprintf(feed, sizeof feed, "FROZEN %s",
			clock_span(span, sizeof span, (v->now - v->frozen_at) / USEC));
		st = ST_ARMED;
	} else if (view_stale(v, &age)) {
		snprintf(feed, sizeof feed, "~ stale %s", clock_span(span, sizeof span, age));
		st = ST_CRIT;
	} else if (training_of(v)) {
		const struct fact_coach *c = training_of(v);
		if (c->paused)
			snprintf(feed, sizeof feed, "TRAINING paused, score %u", c->score);
		else
			snprintf(feed, sizeof feed, "TRAINING x%u, score %u", c->speed, c->score);
		st = ST_TRAINING;
	} else if (v->past != TIME_UNSET) {
		snprintf(feed, sizeof feed, "◀ past of %s", v->feed);
		st = ST_TRAINING;
	} else {
		snprintf(feed, sizeof feed, "● %s", v->feed);
		st = strcmp(v->feed, "live") == 0 ? ST_OK : ST_TRAINING;
	}
	struct text t = { 0 };
	if (!v->now)
		snprintf(now, sizeof now, "-");
	int right = 15 + (int)text_width(now) + (int)text_width(feed);
	int both = right + (int)text_width(utc);
	bool show_utc = !v->utc && v->now && 10 + both + (int)strlen(zone) <= v->w;
	text_add(&t, "  %s  %s%s  ", v->armed ? "ARMED    " : "READ-ONLY", now, show_utc ? utc : "");
	int room = v->w - 10 - (show_utc ? both : right);
	if (room < 12)
		room = 12;
	text_cut_middle(cut, sizeof cut, zone, (size_t)room, false);
	grid_text(g, 1, 0, v->w - 1, ST_NORMAL, "unbogus");
	int x = 10 + grid_text(g, 10, 0, v->w - 10, ST_LABEL, cut);
	x += grid_text(g, x, 0, v->w - x, ST_NORMAL, text_str(&t));
	grid_text(g, x, 0, v->w - x, st, feed);
	text_free(&t);
}

static void
draw_keys_row(const struct view *v, struct grid *g)
{
	static const struct {
		const char *key, *word;
	} bar[] = { { "F1", "Help" }, { "F2", "Plan" }, { "F3", "Find" }, { "F4", "Filter" }, { "F5", "Refresh" },
		{ "F6", "Pane" }, { "F10", "Quit" }, { "a", "actions" }, { "e", "evidence" }, { "z", "zoom" },
		{ ":", "command" }, { "T", "UTC" }, { "p", "freeze" }, { "y", "copy" },
		{ "6", "steps" }, { "7", "signatures" } };
	int x = 0, y = v->h - 1;

	if (v->notice[0]) {
		grid_text(g, 0, y, v->w, ST_LABEL, v->notice);
		return;
	}
	for (size_t i = 0; i < sizeof bar / sizeof bar[0]; i++) {
		int need = (int)(strlen(bar[i].key) + strlen(bar[i].word)) + 2;
		if (x + need > v->w)
			break;
		x += grid_text(g, x, y, v->w - x, ST_KEY, bar[i].key) + 1;
		x += grid_text(g, x, y, v->w - x, ST_NORMAL, bar[i].word) + 1;
	}
}

/* " ▾1 Keys ! 2 keys: ... " in the line above a pane. */
static void
draw_header(const struct view *v, struct grid *g, const struct layout *l, enum pane_id p,
	const struct page *page)
{
	const struct pane_state *st = &v->pane[p];
	struct pane_header h = { .mark = ST_NORMAL };
	struct rect r = l->pane[p];
	char right[240] = "";
	bool focus = p == v->focus, columns = l->kind == LAYOUT_TWO || l->kind == LAYOUT_THREE;
	int x = r.x + 1, end = r.x + r.w - 1;

	pane_table[p]->header(v, &h);
	if (st->filter[0] && page)
		snprintf(right, sizeof right, " \\%s  %zu of %zu ", st->filter, page->rows.n,
			page->total);
	else if (l->kind == LAYOUT_ZOOM)
		snprintf(right, sizeof right, "%s", v->zoom ? " [-] all panes " : "");
	int rw = (int)text_width(right);
	if (rw && rw < r.w / 2) {
		grid_text(g, end - rw, r.y, rw, ST_KEY, right);
		end -= rw + 1;
	}
	x += grid_printf(g, x, r.y, end - x, focus ? ST_LABEL : ST_NORMAL, " %s%d %s ",
		focus ? "▾" : columns ? "" : "▸", (int)p + 1, pane_table[p]->title);
	if (h.mark != ST_NORMAL) {
		grid_char(g, x, r.y, h.mark, style_mark(h.mark));
		grid_char(g, x + 1, r.y, ST_NORMAL, ' ');
		x += 2;
	}
	x += grid_text(g, x, r.y, end - x - 1, ST_NORMAL, h.text);
	grid_char(g, x, r.y, ST_NORMAL, ' ');
}

static void
draw_pane(const struct view *v, struct grid *g, const struct layout *l, enum pane_id p)
{
	struct rect r = l->pane[p], body = { r.x, r.y + 1, r.w, r.h - 1 };
	const struct pane_state *st = &v->pane[p];
	struct page page = { .a = arena_new() };
	long sel;

	view_page(v, p, r.w, &page, &sel);
	draw_header(v, g, l, p, &page);
	if (body.h > 0 && l->open[p]) {
		int rows = page_rows_visible(&page, body.h);
		struct page_look look = { .top = top_row(&page, sel, st->top, rows),
			.selected = sel < 0 ? SIZE_MAX : (size_t)sel,
			.focus = p == v->focus,
			.wide = st->wide,
			.shift = st->shift,
			.found = v->found,
			.sort = st->sort,
			.reverse = st->reverse,
			.mono = v->theme == THEME_MONO };
		page_draw(&page, g, body, &look);
	} else if (body.h > 0) { /* the end of a log, as a reminder */
		size_t n = page.rows.n, from = n > (size_t)body.h ? n - (size_t)body.h : 0;
		for (int y = body.y; from < n; from++, y++) {
			const struct row *row = &page.rows.v[from];
			grid_char(g, body.x + 9, y, row->mark, style_mark(row->mark));
			grid_text(g, body.x, y, 8, ST_NORMAL, row->c[0].text);
			grid_printf(g, body.x + 11, y, body.w - 11, ST_NORMAL, "%s: %s",
				row->c[1].text, row->c[3].text);
		}
	}
	arena_free(page.a);
}

/* The other panes' states in the box's last line, when only one pane has room. */
static void
draw_tabs(const struct view *v, struct grid *g, const struct layout *l)
{
	int x = 2, y = v->h - 2;

	if (l->kind != LAYOUT_ZOOM)
		return;
	for (int p = 0; p <= PANE_TIMELINE; p++) {
		struct pane_header h = { .mark = ST_NORMAL };
		if (p == (int)v->focus)
			continue;
		pane_table[p]->header(v, &h);
		x += grid_printf(g, x, y, v->w - x - 2, ST_NORMAL, " %d %s ", p + 1,
			pane_table[p]->title);
		grid_char(g, x, y, h.mark, style_mark(h.mark));
		grid_char(g, x + 1, y, ST_NORMAL, ' ');
		x += 3;
	}
}

void
view_draw(const struct view *v, struct grid *g)
{
	struct layout l;

	grid_clear(g);
	make_layout(v, &l);
	if (l.kind == LAYOUT_SUMMARY) {
		summary_draw(v, g);
		dialog_draw(v, g);
		return;
	}
	draw_title(v, g);
	grid_box(g, (struct rect){ 0, 1, v->w, v->h - training_rows(v) - 2 });
	for (int p = 0; p < PANE_COUNT; p++)
		if (l.pane[p].h > 0) {
			struct rect r = l.pane[p];
			grid_hline(g, r.x - 1, r.y, r.w + 2);
			if (l.open[p])
				grid_box(g, (struct rect){ r.x - 1, r.y, r.w + 2, r.h + 1 });
		}
	banner_draw(v, g, l.banner);
	for (int p = 0; p < PANE_COUNT; p++)
		if (l.pane[p].h > 0)
			draw_pane(v, g, &l, (enum pane_id)p);
	draw_tabs(v, g, &l);
	if (training_rows(v))
		training_draw(v, g);
	draw_keys_row(v, g);
	dialog_draw(v, g);
	prompt_draw(v, g);
}

void
view_print(const struct view *v, enum pane_id p, struct text *out)
{
	struct page page = { .a = arena_new() };
	struct pane_header h = { .mark = ST_NORMAL };
	int widths[PAGE_COLUMNS] = { 0 };
	long sel;

	pane_table[p]->header(v, &h);
	text_add(out, "%s: ", pane_table[p]->title);
	text_add_clean(out, h.text);
	text_add(out, "\n");
	view_page(v, p, 100, &page, &sel);
	for (int c = 0; c < page.n_cols; c++) {
		widths[c] = page.free_form ? 0 : (int)text_width(page.cols[c].title);
		for (size_t i = 0; i < page.rows.n; i++) {
			char clean[512];
			text_clean(clean, sizeof clean, page.rows.v[i].c[c].text ?
				page.rows.v[i].c[c].text : "");
			int w = (int)text_width(clean);
			widths[c] = w > widths[c] ? w : widths[c];
		}
	}
	for (size_t i = page.free_form ? 1 : 0; i <= page.rows.n; i++)
		for (int c = 0; c < page.n_cols; c++) {
			char clean[512];
			text_clean(clean, sizeof clean, !i ? page.cols[c].title :
				page.rows.v[i - 1].c[c].text ? page.rows.v[i - 1].c[c].text : "");
			bool last = c == page.n_cols - 1;
			int pad = last ? 0 : widths[c] - (int)text_width(clean) + 2;
			text_add(out, "%s%s%*s%s", c ? "" : "  ", clean, pad > 0 ? pad : 0, "",
				last ? "\n" : "");
		}
	for (size_t i = 0; i < page.detail.n; i++) {
		text_add(out, "  ");
		text_add_clean(out, page.detail.v[i].text);
		text_add(out, "\n");
	}
	arena_free(page.a);
}

static void
add_labelled(struct text *out, const char *label, const char *s)
{
	if (!s || !s[0])
		return;
	text_add(out, "%s: ", label);
	text_add_clean(out, s);
	text_add(out, "\n");
}

static void
add_steps(struct text *out, const char *label, const struct step *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		text_add(out, "%s: ", label);
		text_add_clean(out, s[i].text);
		if (s[i].risk && s[i].risk[0]) {
			text_add(out, ": ");
			text_add_clean(out, s[i].risk);
		}
		text_add(out, "\n");
	}
}

void
view_plain(const struct view *v, struct text *out)
{
	const struct diagnosis *d = v->d;
	char zone[NAME_MAX_TEXT] = "?", now[40];

	if (v->have_zone)
		name_to_text(zone, &v->zone);
	text_add(out, "Zone: %s\nTime: %s\n", zone, clock_rfc3339_s(now, sizeof now, v->now / USEC));
	if (!d) {
		text_add(out, "State: UNKNOWN. Nothing was heard.\n");
		return;
	}
	text_add(out, "State: %s. ", style_word(style_of_state(d->state)));
	text_add_clean(out, d->headline ? d->headline : "");
	text_add(out, "\n");
	add_labelled(out, "Cause", d->cause_text);
	for (size_t i = 0; i < d->n_ruled_out; i++)
		add_labelled(out, "Not the cause", d->ruled_out[i].why);
	add_steps(out, "Safe step", d->safe, d->n_safe);
	add_steps(out, "Do not", d->wrong, d->n_wrong);
	add_labelled(out, "Harm", d->time_text);
	for (int p = 0; p <= PANE_TIMELINE; p++) {
		text_add(out, "\n");
		view_print(v, (enum pane_id)p, out);
	}
}

void
view_summary(const struct view *v, struct text *out)
{
	char zone[NAME_MAX_TEXT] = "?", when[40];

	if (v->have_zone)
		name_to_text(zone, &v->zone);
	if (!v->d) {
		text_add(out, "unbogus %s: nothing was heard\n", zone);
		return;
	}
	text_add(out, "unbogus %s %s: %s ", zone, clock_rfc3339_s(when, sizeof when, v->now / USEC),
		style_word(style_of_state(v->d->state)));
	text_add_clean(out, v->d->headline ? v->d->headline : "");
	text_add(out, "\n");
	add_labelled(out, "  cause", v->d->cause_text);
	if (v->d->n_safe)
		add_steps(out, "  safe", v->d->safe, 1);
	else
		add_labelled(out, "  time", v->d->time_text);
}
