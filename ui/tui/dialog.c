#include "ui/tui/dialog.h"

#include "report/causes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "ui/tui/banner.h"
#include "ui/tui/plans.h"
#include "ui/tui/progress.h"
#include "ui/tui/rawtext.h"
#include "ui/tui/training.h"

#define HELP_PAGES 3

void
lines_add(struct lines *l, enum style st, enum style mark, const char *fmt, ...)
{
	va_list ap;
	struct line x = { .style = st, .mark = mark };

	va_start(ap, fmt);
	x.text = arena_vprintf(l->a, fmt, ap);
	va_end(ap);
	arena_push(l->a, l, x);
}

void
lines_wrapped(struct lines *l, enum style st, int width, int indent, const char *text)
{
	const char *piece[40];
	size_t n = page_wrap(l->a, text, width, indent, piece, 40);

	for (size_t i = 0; i < n; i++)
		lines_add(l, st, ST_NORMAL, "%s", piece[i]);
}

static void
help_group(struct lines *l, enum request_group group, const char *title, int width)
{
	int columns = width >= 72 ? 2 : 1, half = (width + 1) / columns;
	const struct request_row *left = NULL;

	lines_add(l, ST_LABEL, ST_NORMAL, "%s", title);
	for (int r = 1; r < REQ_COUNT; r++) {
		const struct request_row *q = &requests[r];
		if (q->group != group)
			continue;
		if (columns == 1)
			lines_add(l, ST_NORMAL, ST_NORMAL, "  %-11s %s", q->keys, q->help);
		else if (!left)
			left = q;
		else {
			char cell[120];
			snprintf(cell, sizeof cell, "  %-11s %s", left->keys, left->help);
			lines_add(l, ST_NORMAL, ST_NORMAL, "%-*.*s%-11s %s", half, half - 1, cell, q->keys,
				q->help);
			left = NULL;
		}
	}
	if (left)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  %-11s %s", left->keys, left->help);
}

static void
help_pane(const struct view *v, struct lines *l, int width)
{
	const struct pane_ops *o = pane_table[v->focus];
	struct text t = { 0 };

	lines_add(l, ST_LABEL, ST_NORMAL, "WHAT THIS PANE SHOWS (%s)", o->title);
	for (int i = 0; o->help && o->help[i]; i++)
		text_add(&t, "%s%s", i ? " " : "", o->help[i]);
	const char *piece[24];
	size_t n = page_wrap(l->a, text_str(&t), width - 2, 0, piece, 24);
	for (size_t i = 0; i < n; i++)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  %s", piece[i]);
	text_free(&t);
}

static void
help_words(struct lines *l, int width)
{
	static const struct {
		enum style st;
		const char *text;
	} marks[] = { { ST_OK, "OK, SECURE: proven now" },
		{ ST_WARN, "WARN: works, but will break, or blocks you" },
		{ ST_CRIT, "CRIT, BOGUS: validators fail now" },
		{ ST_UNKNOWN, "UNKNOWN: could not be asked; never taken for a cause" },
		{ ST_STALE, "STALE: older than three rounds; not part of the verdict" },
		{ ST_INSECURE, "INSECURE: proven to be unsigned" },
		{ ST_EXCLUDED, "seen, but not counted (split view, not a validator)" },
		{ ST_INFO, "for information" } };
	static const char *const text[] = {
		"Cause  what is wrong, with its evidence ([e]).",
		"Safe   what to do next: what hurts no cache.",
		"Don't  what is tempting here and makes it worse, and why.",
		"Time   from when, or until when, somebody fails. Harm is counted in kinds of caches; "
		"a vantage is one validator, not one user.",
		"KSK = DNSKEY 257: a DS points to it, it signs the DNSKEY set only.",
		"ZSK = DNSKEY 256: no DS, it signs SOA and all other records.",
		"A key whose Inactive date passed has stopped signing; signatures it made stay valid "
		"to their own end.",
	};

	lines_add(l, ST_LABEL, ST_NORMAL, "SYMBOLS");
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		lines_add(l, ST_NORMAL, marks[i].st, "%s", marks[i].text);
	lines_add(l, ST_LABEL, ST_NORMAL, "WORDS");
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		lines_wrapped(l, ST_NORMAL, width, 7, text[i]);
	lines_add(l, ST_NORMAL, ST_NORMAL, "%s",
		"The console opens no socket and changes no file; act applies plans.");
}

static void
help_commands(const struct view *v, struct lines *l)
{
	static const char *const text[] = {
		":keys 25548      select a key", ":val NAME        select a vantage",
		":probe [NAME]    ask everything, or one vantage, again now",
		":note TEXT       a line for the timeline", ":filter EXPR     as \\",
		":set theme NAME  default light cb hc mono", ":set ascii on|off    :set utc on|off",
		":why ID          help on a finding's id", NULL };
	static const char *const filter[] = { "word word    both, letter case aside",
		"!word        lines without it", "role:zsk     a column; also tag: state: kind: who:",
		"ends:<7d     times, ages and numbers: < and >", "~re          a regular expression",
		NULL };

	lines_add(l, ST_LABEL, ST_NORMAL, "COMMANDS (:)  every name of page 1 works too: :zoom :freeze");
	for (int i = 0; text[i]; i++)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  %s", text[i]);
	lines_add(l, ST_LABEL, ST_NORMAL, "FILTER (\\)");
	for (int i = 0; filter[i]; i++)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  %s", filter[i]);
	if (v->sandbox) {
		lines_add(l, ST_LABEL, ST_NORMAL, "THIS CONSOLE");
		lines_add(l, ST_NORMAL, ST_NORMAL, "  confined by %s", v->sandbox);
	}
	lines_add(l, ST_LABEL, ST_NORMAL, "PRODUCERS");
	const struct snapshot *s = v->d ? v->d->snapshot : NULL;
	for (size_t i = 0; s && i < s->n_producers; i++) {
		const struct producer_state *p = &s->producers[i];
		const struct fact_hello *h = p->hello ? &p->hello->u.hello : NULL;
		lines_add(l, ST_NORMAL, ST_NORMAL, "  %s%s%s: %llu facts, confined by %s%s%s", p->by,
			p->host ? " on " : "", p->host ? p->host : "", (unsigned long long)p->facts,
			h && h->sandbox ? h->sandbox : "(not said)", h && h->note ? "; " : "",
			h && h->note ? h->note : "");
	}
	if (s)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  %llu lines could not be read, %llu facts of other kinds",
			(unsigned long long)s->bad_lines, (unsigned long long)s->other_facts);
}

static void
make_help(const struct view *v, struct lines *l, int width)
{
	switch (v->dialog_page) {
	case 0:
		help_pane(v, l, width);
		help_group(l, REQUESTS_MOVE, "MOVE", width);
		help_group(l, REQUESTS_LOOK, "LOOK", width);
		help_group(l, REQUESTS_CHANGE, "CHANGE", width);
		break;
	case 1:
		help_words(l, width);
		break;
	default:
		help_commands(v, l);
	}
}

static void
make_evidence(const struct view *v, struct lines *l, int width)
{
	const struct diagnosis *d = v->d;
	char when[40];

	for (size_t i = 0; d && i < d->n_evidence; i++) {
		const struct evidence *e = &d->evidence[i];
		bool sel = i == v->dialog_row;
		if (sel)
			l->first = l->n;
		lines_add(l, sel ? ST_LABEL : ST_NORMAL, ST_NORMAL, "%s%s %s  %s  %s", sel ? "» " : "  ",
			e->id, e->kind ? e->kind : "", e->who ? e->who : "",
			e->t ? view_time(v, when, sizeof when, e->t / USEC, "%m-%d %H:%M:%S") : "");
		lines_wrapped(l, ST_NORMAL, width, 5, arena_printf(l->a, "     %s",
			e->text ? e->text : ""));
		if (e->reproduce)
			lines_wrapped(l, ST_INFO, width, 7, arena_printf(l->a, "     $ %s", e->reproduce));
		if (sel)
			l->last = l->n;
	}
	for (size_t i = 0; d && i < d->n_ruled_out; i++) {
		if (!i)
			lines_add(l, ST_LABEL, ST_NORMAL, "  NOT THE CAUSE");
		lines_wrapped(l, ST_NORMAL, width, 5, arena_printf(l->a, "   ✓ %s",
			d->ruled_out[i].why));
	}
	for (size_t i = 0; d && i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];
		bool sel = d->n_evidence + i == v->dialog_row;
		if (!i)
			lines_add(l, ST_LABEL, ST_NORMAL, "  FINDINGS");
		if (sel)
			l->first = l->n;
		lines_wrapped(l, sel ? ST_LABEL : ST_NORMAL, width, 5, arena_printf(l->a, "%s%s %s: %s%s%s",
			sel ? " » " : "   ", f->explained_by < 0 ? "●" : "·", f->id, f->text ? f->text : "",
			f->server ? "  at " : "", f->server ? f->server : ""));
		if (sel)
			l->last = l->n;
	}
	if (!l->n)
		lines_add(l, ST_INFO, ST_NORMAL, "no evidence was needed: nothing is wrong");
}

static void
make_open(const struct view *v, struct lines *l, int width)
{
	struct text t = { 0 }, dig = { 0 };

	for (const char *p = v->open_obs ? "" : v->open_text ? v->open_text : ""; *p;) {
		int n = (int)strcspn(p, "\n");
		lines_wrapped(l, *p == '#' ? ST_LABEL : ST_NORMAL, width, 0, arena_printf(l->a, "%.*s", n, p));
		p += n + (p[n] == '\n');
	}
	if (!v->open_obs)
		return;
	rawtext_dig(v->open_obs, &dig);
	if (dig.len) {
		lines_wrapped(l, ST_LABEL, width, 2, arena_printf(l->a, "$ %s", text_str(&dig)));
		lines_add(l, ST_NORMAL, ST_NORMAL, "%s", "");
	}
	rawtext(v->open_obs, &t);
	for (char *s = t.s, *end; s && *s; s = end) {
		end = s + strcspn(s, "\n");
		if (*end)
			*end++ = '\0';
		lines_wrapped(l, s[0] == ';' ? ST_INFO : ST_NORMAL, width, 4, s);
	}
	text_free(&t);
	text_free(&dig);
}

static struct rect
dialog_rect(const struct view *v)
{
	if (v->w < 60 || v->h < 16)
		return (struct rect){ 0, 0, v->w, v->h };
	if (v->dialog == DIALOG_PLAN) /* the whole width, and every row but the first and last */
		return (struct rect){ 0, 1, v->w > 130 ? 130 : v->w, v->h - 2 };
	int w = v->w - 4 > 110 ? 110 : v->w - 4, h = v->h - 2;
	if (h > 50)
		h = 50;
	return (struct rect){ (v->w - w) / 2, 1, w, h };
}

static void
make_lines(const struct view *v, struct lines *l, int width)
{
	if (v->dialog == DIALOG_HELP)
		make_help(v, l, width);
	else if (v->dialog == DIALOG_EVIDENCE)
		make_evidence(v, l, width);
	else if (v->dialog == DIALOG_OPEN)
		make_open(v, l, width);
	else if (v->dialog == DIALOG_PROGRESS)
		progress_lines(v, l, width);
	else
		plans_lines(v, l, width);
}

static const char *
dialog_title(const struct view *v, struct arena *a)
{
	if (v->dialog == DIALOG_HELP)
		return arena_printf(a, " Help: %s pane  (%d/%d, Space next, Esc close) ",
			pane_table[v->focus]->title, v->dialog_page + 1, HELP_PAGES);
	if (v->dialog == DIALOG_EVIDENCE)
		return " Evidence  (j k select, Enter raw answer or explanation, y copy, Esc close) ";
	if (v->dialog == DIALOG_PROGRESS)
		return progress_title(v, a);
	if (v->dialog >= DIALOG_ACTIONS)
		return plans_title(v, a);
	return arena_printf(a, " %s ", v->open_title);
}

/* Inner part, and whether there is room for a frame. */
static struct rect
inner(struct rect r, bool *frame)
{
	*frame = r.w >= 20 && r.h >= 5;
	return *frame ? (struct rect){ r.x + 2, r.y + 1, r.w - 4, r.h - 2 } : r;
}

/* The first line shown: the selected item is kept in sight. */
static size_t
first_line(const struct view *v, const struct lines *l, int height)
{
	size_t h = height > 0 ? (size_t)height : 1, top = v->dialog_top;

	if (v->dialog == DIALOG_EVIDENCE || v->dialog == DIALOG_ACTIONS || plans_typing(v)) {
		if (l->last > top + h)
			top = l->last - h;
		if (l->first < top)
			top = l->first;
	}
	if (top + h > l->n)
		top = l->n > h ? l->n - h : 0;
	return top;
}

void
dialog_draw(const struct view *v, struct grid *g)
{
	struct lines l = { .a = arena_new() };
	struct rect r = dialog_rect(v);
	bool frame;

	if (!v->dialog || v->dialog == DIALOG_CAUSES) {
		arena_free(l.a);
		if (v->dialog)
			training_causes_draw(v, g);
		return;
	}
	struct rect in = inner(r, &frame);
	make_lines(v, &l, in.w - 2);
	if (frame && (int)l.n + 2 < r.h && v->h >= 16) {
		r.h = l.n < 3 ? 5 : (int)l.n + 2;
		in = inner(r, &frame);
	}
	size_t top = first_line(v, &l, in.h);
	grid_fill(g, r, ST_NORMAL);
	if (frame) {
		grid_box(g, r);
		grid_text(g, r.x + 1, r.y, r.w - 2, ST_LABEL, dialog_title(v, l.a));
		if (l.n > (size_t)in.h)
			grid_printf(g, r.x + r.w - 18, r.y + r.h - 1, 16, ST_INFO, " %zu-%zu of %zu ",
				top + 1, top + (size_t)in.h < l.n ? top + (size_t)in.h : l.n, l.n);
	}
	g->cx = in.x;
	g->cy = in.y;
	for (int y = 0; y < in.h && top + (size_t)y < l.n; y++) {
		const struct line *x = &l.v[top + (size_t)y];
		int at = in.x;
		if (x->mark != ST_NORMAL) {
			grid_char(g, at, in.y + y, x->mark, style_mark(x->mark));
			if (g->w > 60 && v->dialog == DIALOG_HELP)
				grid_printf(g, at + 2, in.y + y, 4, ST_INFO, "(%c)",
					(char)grid_ascii(style_mark(x->mark)));
			at += g->w > 60 && v->dialog == DIALOG_HELP ? 6 : 2;
		}
		grid_text(g, at, in.y + y, in.x + in.w - at, x->style == ST_NORMAL ? ST_MARKED :
			x->style, x->text);
		if ((v->dialog == DIALOG_EVIDENCE || v->dialog == DIALOG_ACTIONS || plans_typing(v)) &&
				top + (size_t)y == l.first && l.last)
			g->cy = in.y + y;
	}
	arena_free(l.a);
}

void
dialog_close(struct view *v)
{
	obs_unref(v->open_obs);
	v->open_obs = NULL;
	v->open_text = NULL;
	v->dialog = v->dialog == DIALOG_OPEN && v->open_from_evidence ? DIALOG_EVIDENCE : DIALOG_NONE;
	v->open_from_evidence = false;
	v->dialog_top = 0;
}

void
dialog_open_obs(struct view *v, const struct obs *o, const char *title)
{
	bool back = v->dialog == DIALOG_EVIDENCE;

	obs_ref(o);
	obs_unref(v->open_obs);
	v->open_obs = o;
	v->open_from_evidence = back;
	v->dialog = DIALOG_OPEN;
	v->dialog_top = 0;
	snprintf(v->open_title, sizeof v->open_title, "%s", title);
}

/* What the fault of finding F is, from share/causes. */
static unsigned
open_cause(struct view *v, const struct finding *f)
{
	const char *text = v->causes ? causes_text(v->causes, f->id) : NULL;

	if (!text) {
		view_notice(v, "there is no explanation of %s here", f->id);
		return EFFECT_DRAW;
	}
	obs_unref(v->open_obs);
	v->open_obs = NULL;
	v->open_text = text;
	v->open_from_evidence = true;
	v->dialog = DIALOG_OPEN;
	v->dialog_top = 0;
	snprintf(v->open_title, sizeof v->open_title, "%s  (Esc back)", f->id);
	return EFFECT_DRAW;
}

static unsigned
open_evidence(struct view *v)
{
	const struct diagnosis *d = v->d;

	if (d && v->dialog_row >= d->n_evidence && v->dialog_row - d->n_evidence < d->n_findings)
		return open_cause(v, &d->findings[v->dialog_row - d->n_evidence]);
	if (!d || v->dialog_row >= d->n_evidence)
		return 0;
	const struct evidence *e = &d->evidence[v->dialog_row];
	if (!e->obs) {
		view_notice(v, "%s was concluded from several answers; there is no single one", e->id);
		return EFFECT_DRAW;
	}
	char title[200];
	snprintf(title, sizeof title, "%s %s", e->id, e->who ? e->who : "");
	dialog_open_obs(v, e->obs, title);
	return EFFECT_DRAW;
}

static unsigned
dialog_copy(struct view *v)
{
	text_reset(&v->out);
	if (v->dialog == DIALOG_EVIDENCE && v->d && v->dialog_row < v->d->n_evidence) {
		const struct evidence *e = &v->d->evidence[v->dialog_row];
		text_add_clean(&v->out, e->reproduce ? e->reproduce : e->text ? e->text : "");
	} else {
		struct lines l = { .a = arena_new() };
		make_lines(v, &l, 200);
		for (size_t i = 0; i < l.n; i++) {
			text_add_clean(&v->out, l.v[i].text);
			text_add(&v->out, "\n");
		}
		arena_free(l.a);
	}
	view_notice(v, "copied %zu bytes by OSC 52, where the terminal allows it", v->out.len);
	return EFFECT_COPY | EFFECT_DRAW;
}

/* Moves an evidence selection or the lines. */
static void
dialog_move(struct view *v, long step)
{
	struct lines l = { .a = arena_new() };
	struct rect r = dialog_rect(v);
	bool frame;
	long n = v->d ? (long)(v->d->n_evidence + v->d->n_findings) : 0;

	struct rect in = inner(r, &frame);
	make_lines(v, &l, in.w - 2);
	long h = in.h, most = (long)l.n > h ? (long)l.n - h : 0;
	if (v->dialog == DIALOG_EVIDENCE && n) {
		long row = (long)v->dialog_row + step;
		if (row >= n) { /* past the last one: on to what follows the evidence */
			v->dialog_top += (size_t)(row - n + 1);
			row = n - 1;
		}
		v->dialog_row = row < 0 ? 0 : (size_t)row;
		arena_free(l.a);
		return;
	}
	long top = ((long)v->dialog_top < most ? (long)v->dialog_top : most) + step;
	v->dialog_top = (size_t)(top < 0 ? 0 : top > most ? most : top);
	arena_free(l.a);
}

unsigned
dialog_key(struct view *v, uint32_t key)
{
	if (v->dialog == DIALOG_CAUSES)
		return training_causes_key(v, key);
	enum request r = request_of_key(key);
	int page = v->h > 8 ? v->h - 6 : 2;
	unsigned effect;

	if (v->dialog >= DIALOG_ACTIONS && plans_key(v, key, &effect))
		return effect;
	switch (r) {
	case REQ_CLOSE:
	case REQ_QUIT:
		dialog_close(v);
		break;
	case REQ_HELP:
	case REQ_EVIDENCE:
		if (v->dialog == (r == REQ_HELP ? DIALOG_HELP : DIALOG_EVIDENCE))
			dialog_close(v);
		break;
	case REQ_DOWN: dialog_move(v, 1); break;
	case REQ_UP: dialog_move(v, -1); break;
	case REQ_FIRST: dialog_move(v, -100000); break;
	case REQ_LAST: dialog_move(v, 100000); break;
	case REQ_HALF_DOWN: dialog_move(v, page / 2); break;
	case REQ_HALF_UP: dialog_move(v, -page / 2); break;
	case REQ_PAGE_DOWN:
	case REQ_PAGE_UP:
		if (v->dialog == DIALOG_HELP && key == ' ') {
			v->dialog_page = (v->dialog_page + 1) % HELP_PAGES;
			v->dialog_top = 0;
		} else
			dialog_move(v, r == REQ_PAGE_DOWN ? page : -page);
		break;
	case REQ_NEXT_PANE:
		if (v->dialog == DIALOG_HELP)
			v->dialog_page = (v->dialog_page + 1) % HELP_PAGES;
		break;
	case REQ_OPEN:
		if (v->dialog == DIALOG_EVIDENCE)
			return open_evidence(v);
		break;
	case REQ_COPY:
	case REQ_COPY_ALL:
		return dialog_copy(v);
	case REQ_REDRAW:
		return EFFECT_DRAW | EFFECT_REPAINT;
	case REQ_SUSPEND:
		return EFFECT_SUSPEND;
	case REQ_TIME:
		v->utc = !v->utc;
		break;
	default:
		view_notice(v, "Esc closes this first");
	}
	return EFFECT_DRAW;
}
