#include "ui/tui/page.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row *
page_row(struct page *p, const char *id, enum style mark)
{
	struct row r = { .id = id ? arena_strdup(p->a, id) : NULL, .mark = mark };

	for (int i = 0; i < PAGE_COLUMNS; i++)
		r.c[i].num = TIME_UNSET;
	arena_push(p->a, &p->rows, r);
	return &p->rows.v[p->rows.n - 1];
}

void
row_set(struct row *r, int col, const char *text, enum style style, int64_t num)
{
	r->c[col] = (struct cell_text){ .text = text ? text : "-", .style = style, .num = num };
}

void
row_printf(struct page *p, struct row *r, int col, enum style style, int64_t num, const char *fmt,
	...)
{
	va_list ap;

	va_start(ap, fmt);
	row_set(r, col, arena_vprintf(p->a, fmt, ap), style, num);
	va_end(ap);
}

/* Bytes of S that fit into COLS columns, at a blank where there is one in the second half. */
static size_t
wrap_at(const char *s, int cols)
{
	char cut[1024];
	size_t fit, blank;

	if (text_width(s) <= (size_t)cols)
		return strlen(s);
	text_cut(cut, sizeof cut, s, (size_t)cols + 1, true);
	fit = strlen(cut);
	if (fit && cut[fit - 1] == '~')
		fit--;
	for (blank = fit; blank > 0 && s[blank] != ' '; blank--)
		;
	return blank > fit / 3 ? blank : fit ? fit : 1;
}

size_t
page_wrap(struct arena *a, const char *text, int width, int indent, const char **out, size_t max)
{
	char *clean = text_clean_dup(a, text);
	const char *s = clean;
	size_t n = 0;

	if (width < 8)
		width = 8;
	while (*s && n < max) {
		int pad = n ? indent : 0;
		int room = width - pad > 4 ? width - pad : 4;
		size_t len = n + 1 == max ? strlen(s) : wrap_at(s, room);
		out[n++] = arena_printf(a, "%*s%.*s", pad, "", (int)len, s);
		s += len;
		while (*s == ' ')
			s++;
	}
	return n;
}

void
page_detail(struct page *p, int width, int indent, enum style style, enum style mark,
	const char *fmt, ...)
{
	const char *piece[16];
	va_list ap;

	va_start(ap, fmt);
	const char *text = arena_vprintf(p->a, fmt, ap);
	va_end(ap);
	size_t n = page_wrap(p->a, text, width - 2, indent, piece, 16);
	if (!n)
		piece[n++] = "";
	for (size_t i = 0; i < n; i++) {
		struct line l = { piece[i], style, i ? ST_NORMAL : mark };
		arena_push(p->a, &p->detail, l);
	}
}

void
page_row_text(const struct page *p, const struct row *r, struct text *out)
{
	for (int i = 0; i < p->n_cols; i++) {
		if (i)
			text_add(out, "  ");
		if (r->c[i].text)
			text_add_clean(out, r->c[i].text);
	}
}

long
page_find_id(const struct page *p, const char *id)
{
	for (size_t i = 0; i < p->rows.n; i++)
		if (p->rows.v[i].id && strcmp(p->rows.v[i].id, id) == 0)
			return (long)i;
	return -1;
}

bool
page_row_has(const struct page *p, const struct row *r, const char *needle)
{
	struct text t = { 0 };

	page_row_text(p, r, &t);
	bool has = strcasestr(text_str(&t), needle) != NULL;
	text_free(&t);
	return has;
}

/* column:value, column:<7d, column:>30s. False when TERM has not that form. */
static bool
match_field(const struct page *p, const struct row *r, const char *term, bool *match)
{
	const char *colon = strchr(term, ':');
	char pair[256];

	if (!colon || colon == term)
		return false;
	size_t n = (size_t)(colon - term);
	for (int i = 0; i < p->n_cols; i++) {
		if (strlen(p->cols[i].title) != n || strncasecmp(p->cols[i].title, term, n) != 0)
			continue;
		const struct cell_text *c = &r->c[i];
		int64_t limit;
		if ((colon[1] == '<' || colon[1] == '>') && clock_parse_span(colon + 2, &limit))
			*match = c->num != TIME_UNSET &&
				(colon[1] == '<' ? c->num < limit : c->num > limit);
		else
			*match = c->text && strcasestr(c->text, colon + 1);
		return true;
	}
	if (!r->words)
		return false;
	snprintf(pair, sizeof pair, "%s", term);
	const char *at = strcasestr(r->words, pair);
	const char *name = strcasestr(r->words, (pair[n + 1] = '\0', pair));
	*match = at && (at == r->words || at[-1] == ' ');
	return name != NULL;
}

static bool
match_regex(const char *re, const char *s)
{
	regex_t x;

	if (regcomp(&x, re, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
		return false;
	bool m = regexec(&x, s, 0, NULL, 0) == 0;
	regfree(&x);
	return m;
}

static bool
match_row(const struct page *p, const struct row *r, const char *expr)
{
	struct text t = { 0 };
	char term[256];
	bool all = true;

	page_row_text(p, r, &t);
	for (const char *s = expr; *s && all;) {
		size_t n = strcspn(s, " ");
		bool not= n > 1 && *s == '!', m;
		snprintf(term, sizeof term, "%.*s", (int)(n - not), s + not);
		if (!term[0])
			m = true, not= false;
		else if (term[0] == '~')
			m = match_regex(term + 1, text_str(&t));
		else if (!match_field(p, r, term, &m))
			m = strcasestr(text_str(&t), term) != NULL;
		all = m != not;
		s += n + (s[n] == ' ');
	}
	text_free(&t);
	return all;
}

void
page_filter(struct page *p, const char *expr)
{
	size_t kept = 0;

	p->total = p->rows.n;
	if (!expr || !expr[0])
		return;
	for (size_t i = 0; i < p->rows.n; i++)
		if (match_row(p, &p->rows.v[i], expr))
			p->rows.v[kept++] = p->rows.v[i];
	p->rows.n = kept;
}

/* Insertion sort: stable, and a pane has hundreds of rows at most that are mostly in order. */
static int
compare_cells(const struct cell_text *a, const struct cell_text *b)
{
	if (a->num != TIME_UNSET && b->num != TIME_UNSET)
		return a->num < b->num ? -1 : a->num > b->num;
	if ((a->num == TIME_UNSET) != (b->num == TIME_UNSET))
		return a->num == TIME_UNSET ? 1 : -1;
	return strcmp(a->text ? a->text : "", b->text ? b->text : "");
}

static void
merge_rows(struct row *v, struct row *tmp, size_t n, int col, int sign)
{
	if (n < 2)
		return;
	size_t half = n / 2, i = 0, j = half;
	merge_rows(v, tmp, half, col, sign);
	merge_rows(v + half, tmp, n - half, col, sign);
	for (size_t k = 0; k < n; k++) {
		bool left = j == n ||
			(i < half && sign * compare_cells(&v[i].c[col], &v[j].c[col]) <= 0);
		tmp[k] = left ? v[i++] : v[j++];
	}
	memcpy(v, tmp, n * sizeof *v);
}

void
page_sort(struct page *p, int col, bool reverse)
{
	if (col < 0 || col >= p->n_cols || p->free_form || p->rows.n < 2)
		return;
	struct row *tmp = arena_new_array(p->a, struct row, p->rows.n);
	merge_rows(p->rows.v, tmp, p->rows.n, col, reverse ? -1 : 1);
}

void
page_fit(const struct page *p, int width, bool wide, int out[PAGE_COLUMNS])
{
	int need = 2, rest;

	for (int i = 0; i < p->n_cols; i++) {
		int w = p->cols[i].want ? p->cols[i].want : p->cols[i].min;
		out[i] = wide ? w : p->cols[i].min;
		need += out[i] + (i > 0);
	}
	while (!wide && need > width) {
		int worst = -1;
		for (int i = 0; i < p->n_cols; i++)
			if (out[i] && p->cols[i].rank &&
				(worst < 0 || p->cols[i].rank >= p->cols[worst].rank))
				worst = i;
		if (worst < 0)
			break;
		need -= out[worst] + 1;
		out[worst] = 0;
	}
	rest = width - need;
	for (int i = 0; i < p->n_cols && rest > 0; i++) {
		int more = p->cols[i].want - out[i];
		if (out[i] && more > 0) {
			more = more < rest ? more : rest;
			out[i] += more;
			rest -= more;
		}
	}
	for (int i = 0; i < p->n_cols && rest > 0; i++)
		if (out[i] && !p->cols[i].want) {
			out[i] += rest;
			rest = 0;
		}
}

/* Draws S clipped to a window [x0, x0+w) of a line that is scrolled by SHIFT. */
static void
put_shifted(struct grid *g, struct rect win, int y, int col, int cols, int shift, enum style st,
	const char *s)
{
	int x = win.x + col - shift;

	if (x >= win.x) {
		int room = win.x + win.w - x;
		grid_text(g, x, y, cols < room ? cols : room, st, s);
		return;
	}
	/* Cut off at the left: draw into a line of its own and copy what is visible. */
	struct grid *line = grid_new(cols > 0 ? cols : 1, 1);
	int used = grid_text(line, 0, 0, cols, st, s);
	for (int i = win.x - x; i < used; i++) {
		struct cell *to = grid_at(g, x + i, y);
		if (to && x + i < win.x + win.w && !(i == win.x - x && grid_at(line, i, 0)->tail))
			*to = *grid_at(line, i, 0);
	}
	grid_free(line);
}

static void
draw_titles(const struct page *p, struct grid *g, struct rect r, const int w[PAGE_COLUMNS],
	const struct page_look *look)
{
	struct rect body = { r.x + 2, r.y, r.w - 2, 1 };
	int col = 0;

	for (int i = 0; i < p->n_cols; i++) {
		char title[64];
		if (!w[i])
			continue;
		snprintf(title, sizeof title, "%s%s", p->cols[i].title,
			i != look->sort ? "" : look->reverse ? "▾" : "▸");
		int len = (int)text_width(title), pad = p->cols[i].right ? w[i] - len : 0;
		put_shifted(g, body, r.y, col + (pad > 0 ? pad : 0), w[i], look->shift, ST_BORDER,
			title);
		col += w[i] + 1;
	}
}

/*
 * The part of the selected row that is reversed: what names it, not the whole line, so that a
 * cursor move stays within its 300 octets on a slow line.
 */
static int
selected_width(const struct page *p, int width, const int w[PAGE_COLUMNS])
{
	int cols = p->free_form ? 24 : 1 + w[0] + (p->n_cols > 1 && w[1] && w[1] <= 8 ? w[1] + 1 : 0);

	return cols < width - 1 ? cols : width - 1;
}

static void
draw_row(const struct page *p, struct grid *g, struct rect r, int y, const struct row *row,
	const int w[PAGE_COLUMNS], const struct page_look *look, bool selected)
{
	struct rect body = { r.x + 2, y, r.w - 2, 1 };
	int col = 0;

	if (row->mark != ST_NORMAL)
		grid_char(g, r.x, y, row->mark, style_mark(row->mark));
	for (int i = 0; i < p->n_cols; i++) {
		const char *s = row->c[i].text;
		if (!w[i])
			continue;
		int pad = 0;
		if (p->cols[i].right && s && (int)text_width(s) < w[i])
			pad = w[i] - (int)text_width(s);
		enum style st = row->c[i].style;
		if (look->found && look->found[0] && s && strcasestr(s, look->found))
			st = ST_FOUND;
		if (s)
			put_shifted(g, body, y, col + pad, w[i] - pad, look->shift, st, s);
		col += w[i] + 1;
	}
	if (!selected)
		return;
	if (look->focus) {
		grid_char(g, r.x + 1, y, ST_LABEL, look->mono ? 0xbb : ' ');
		grid_select(g, (struct rect){ r.x + 1, y, selected_width(p, r.w, w), 1 });
		g->cx = r.x + 1;
		g->cy = y;
	} else
		grid_char(g, r.x + 1, y, ST_INFO, 0xbb);
}

/* Lines of detail that get shown when HEIGHT lines are there for rows and detail together. */
static int
detail_share(const struct page *p, int height)
{
	int rows = (int)p->rows.n, detail = (int)p->detail.n;

	if (!detail)
		return 0;
	if (rows + 1 + detail <= height)
		return detail;
	int least = height / 3 < 4 ? height / 3 : 4;
	int share = height - rows - 1;
	if (share < least)
		share = least;
	if (height - share - 1 < 2)
		share = height - 3;
	return share < 0 ? 0 : share < detail ? share : detail;
}

int
page_rows_visible(const struct page *p, int height)
{
	int body = height - (p->free_form ? 0 : 1);
	int detail = detail_share(p, body);
	int rows = body - detail - (detail > 0);

	return rows > 0 ? rows : 0;
}

void
page_draw(const struct page *p, struct grid *g, struct rect r, const struct page_look *look)
{
	int w[PAGE_COLUMNS], y = r.y;
	int rows = page_rows_visible(p, r.h);

	if (r.h <= 0 || r.w <= 2)
		return;
	page_fit(p, r.w, look->wide, w);
	if (!p->free_form)
		draw_titles(p, g, (struct rect){ r.x, y++, r.w, 1 }, w, look);
	if (look->focus) {
		g->cx = r.x + 1;
		g->cy = y < r.y + r.h ? y : r.y;
	}
	size_t i = look->top;
	for (int n = 0; n < rows && i < p->rows.n; n++, i++)
		draw_row(p, g, r, y++, &p->rows.v[i], w, look,
			i == look->selected && p->rows.v[i].id);
	if (!p->rows.n && p->total && rows > 0)
		grid_printf(g, r.x + 2, y++, r.w - 2, ST_INFO, "no line of %zu matches the filter",
			p->total);
	if (p->detail.n)
		y++;
	for (size_t d = 0; d < p->detail.n && y < r.y + r.h; d++, y++) {
		const struct line *l = &p->detail.v[d];
		if (l->mark != ST_NORMAL)
			grid_char(g, r.x, y, l->mark, style_mark(l->mark));
		grid_text(g, r.x + 2, y, r.w - 2, l->style, l->text);
	}
}
