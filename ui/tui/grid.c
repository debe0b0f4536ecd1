#include "ui/tui/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct grid *
grid_new(int w, int h)
{
	struct grid *g = calloc(1, sizeof *g);

	if (!g)
		abort();
	g->w = w < 1 ? 1 : w;
	g->h = h < 1 ? 1 : h;
	g->cells = calloc((size_t)g->w * (size_t)g->h, sizeof *g->cells);
	if (!g->cells)
		abort();
	return g;
}

void
grid_free(struct grid *g)
{
	if (!g)
		return;
	free(g->cells);
	free(g);
}

void
grid_clear(struct grid *g)
{
	memset(g->cells, 0, (size_t)g->w * (size_t)g->h * sizeof *g->cells);
	g->cx = g->cy = 0;
}

bool
grid_cell_equal(const struct cell *a, const struct cell *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

/* Blanks a cell, and the other half of a wide character that it was part of. */
static void
clear_cell(struct grid *g, int x, int y)
{
	struct cell *c = grid_at(g, x, y);

	if (!c)
		return;
	struct cell *left = grid_at(g, x - 1, y), *right = grid_at(g, x + 1, y);
	if (c->tail && left)
		*left = (struct cell){ .style = left->style };
	if (!c->tail && right && right->tail)
		*right = (struct cell){ .style = right->style };
	*c = (struct cell){ 0 };
}

/* Puts the clean text S from X, without cutting; returns the columns used. */
static int
put_clean(struct grid *g, int x, int y, int cols, enum style style, const char *s)
{
	size_t n = strlen(s);
	int used = 0;
	struct cell *base = NULL;

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = text_utf8(s + i, n - i, &cp);
		if (!len)
			break;
		i += len;
		int w = cp < 0x80 ? 1 : utf8proc_charwidth((utf8proc_int32_t)cp);
		if (w <= 0) {
			for (int m = 1; base && m <= GRID_MARKS; m++)
				if (!base->cp[m]) {
					base->cp[m] = cp;
					break;
				}
			continue;
		}
		if (used + w > cols)
			break;
		clear_cell(g, x + used, y);
		if (w == 2)
			clear_cell(g, x + used + 1, y);
		base = grid_at(g, x + used, y);
		if (base && w == 2 && !grid_at(g, x + used + 1, y))
			base = NULL; /* half of it would be outside */
		if (base) {
			enum style own = style == ST_MARKED ? style_of_mark(cp) : style;
			base->cp[0] = cp;
			base->style = (uint8_t)(own == ST_COUNT ? ST_NORMAL : own);
			if (w == 2)
				*grid_at(g, x + used + 1, y) =
					(struct cell){ .style = base->style, .tail = 1 };
		}
		used += w;
	}
	return used;
}

int
grid_text(struct grid *g, int x, int y, int cols, enum style style, const char *s)
{
	if (cols <= 0 || y < 0 || y >= g->h || !s)
		return 0;
	size_t n = text_clean(NULL, 0, s);
	char small[512], cut[4096], *clean = small;
	if (n >= sizeof small && !(clean = malloc(n + 1)))
		return 0;
	text_clean(clean, n + 1, s);
	text_cut(cut, sizeof cut, clean, (size_t)cols, false);
	int used = put_clean(g, x, y, cols, style, cut);
	if (clean != small)
		free(clean);
	return used;
}

int
grid_printf(struct grid *g, int x, int y, int cols, enum style style, const char *fmt, ...)
{
	struct text t = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	int used = grid_text(g, x, y, cols, style, text_str(&t));
	text_free(&t);
	return used;
}

void
grid_char(struct grid *g, int x, int y, enum style style, uint32_t cp)
{
	clear_cell(g, x, y);
	struct cell *c = grid_at(g, x, y);
	if (c) {
		c->cp[0] = cp;
		c->style = (uint8_t)style;
	}
}

void
grid_fill(struct grid *g, struct rect r, enum style style)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			clear_cell(g, x, y);
			struct cell *c = grid_at(g, x, y);
			if (c)
				c->style = (uint8_t)style;
		}
}

void
grid_style(struct grid *g, struct rect r, enum style style)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			struct cell *c = grid_at(g, x, y);
			if (c)
				c->style = (uint8_t)style;
		}
}

void
grid_select(struct grid *g, struct rect r)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			struct cell *c = grid_at(g, x, y);
			if (c)
				c->selected = 1;
		}
}

static void
add_lines(struct grid *g, int x, int y, uint8_t bits)
{
	struct cell *c = grid_at(g, x, y);

	if (!c)
		return;
	uint8_t old = c->lines;
	clear_cell(g, x, y);
	c->lines = old | bits;
	c->style = ST_BORDER;
}

void
grid_hline(struct grid *g, int x, int y, int w)
{
	for (int i = 0; i < w; i++)
		add_lines(g, x + i, y,
			(uint8_t)((i > 0 ? GRID_LEFT : 0) | (i < w - 1 ? GRID_RIGHT : 0)));
}

void
grid_vline(struct grid *g, int x, int y, int h)
{
	for (int i = 0; i < h; i++)
		add_lines(g, x, y + i,
			(uint8_t)((i > 0 ? GRID_UP : 0) | (i < h - 1 ? GRID_DOWN : 0)));
}

void
grid_box(struct grid *g, struct rect r)
{
	grid_hline(g, r.x, r.y, r.w);
	grid_hline(g, r.x, r.y + r.h - 1, r.w);
	grid_vline(g, r.x, r.y, r.h);
	grid_vline(g, r.x + r.w - 1, r.y, r.h);
}

uint32_t
grid_ascii(uint32_t cp)
{
	static const struct {
		uint32_t cp;
		char c;
	} map[] = {
		{ 0x2713, '+' }, { 0x2717, 'X' }, { 0x25cc, '?' }, { 0x25cb, 'o' }, { 0x00b7, '.' },
		{ 0x00bb, '>' }, { 0x25b8, '>' }, { 0x25be, 'v' }, { 0x25c2, '<' }, { 0x25cf, '*' },
		{ 0x2026, '~' }, { 0x2192, '>' }, { 0x2190, '<' }, { 0x2191, '^' }, { 0x2193, 'v' },
		{ 0x2500, '-' }, { 0x2502, '|' }, { 0x250c, '+' }, { 0x2510, '+' }, { 0x2514, '`' },
		{ 0x2518, '+' }, { 0x251c, '+' }, { 0x2524, '+' }, { 0x252c, '+' }, { 0x2534, '+' },
		{ 0x253c, '+' }, { 0x2194, '-' },
	};

	if (cp < 0x80)
		return cp;
	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if (map[i].cp == cp)
			return (uint32_t)map[i].c;
	return '?';
}

uint32_t
grid_line_char(uint8_t lines, bool ascii)
{
	static const uint16_t box[16] = {
		' ', 0x2502, 0x2502, 0x2502, /* up, down */
		0x2500, 0x2518, 0x2510, 0x2524, 0x2500, 0x2514, 0x250c, 0x251c, 0x2500, 0x2534,
		0x252c, 0x253c
	};
	uint32_t cp = box[lines & 15];

	if (!ascii)
		return cp;
	return cp == ' ' ? ' ' : cp == 0x2500 ? '-' : cp == 0x2502 ? '|' : '+';
}

static void
dump_cell(struct text *out, const struct cell *c, bool ascii)
{
	if (c->lines || !c->cp[0] || ascii) {
		uint32_t cp = c->lines ? grid_line_char(c->lines, ascii) :
			ascii	       ? grid_ascii(c->cp[0]) :
					 ' ';
		utf8proc_uint8_t b[4];
		text_add_n(out, b, (size_t)utf8proc_encode_char((utf8proc_int32_t)(cp ? cp : ' '), b));
		return;
	}
	for (int m = 0; m <= GRID_MARKS && c->cp[m]; m++) {
		utf8proc_uint8_t b[4];
		text_add_n(out, b, (size_t)utf8proc_encode_char((utf8proc_int32_t)c->cp[m], b));
	}
}

static void
trim_line(struct text *out, size_t start)
{
	while (out->len > start && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	text_add(out, "\n");
}

void
grid_dump(const struct grid *g, bool ascii, struct text *out)
{
	for (int y = 0; y < g->h; y++) {
		size_t start = out->len;
		for (int x = 0; x < g->w; x++) {
			const struct cell *c = grid_at(g, x, y);
			if (c->tail && ascii)
				text_add(out, "?");
			else if (!c->tail)
				dump_cell(out, c, ascii);
		}
		trim_line(out, start);
	}
}

void
grid_dump_styles(const struct grid *g, enum theme theme, struct text *out)
{
	static const char *const colour[] = { "black", "red", "green", "yellow", "blue", "magenta",
		"cyan", "white" };
	struct look seen[26];
	int n = 0;

	for (int y = 0; y < g->h; y++) {
		size_t start = out->len;
		for (int x = 0; x < g->w; x++) {
			const struct cell *c = grid_at(g, x, y);
			struct look l = theme_look(theme, c->style, c->selected);
			int i = 0;
			if (l.fg < 0 && l.bg < 0 && !l.attr) {
				text_add(out, " ");
				continue;
			}
			while (i < n && memcmp(&seen[i], &l, sizeof l) != 0)
				i++;
			if (i == n && n < 26)
				seen[n++] = l;
			text_add(out, "%c", 'a' + (i < 26 ? i : 25));
		}
		trim_line(out, start);
	}
	for (int i = 0; i < n; i++)
		text_add(out, "%c = %s on %s%s%s%s%s\n", 'a' + i,
			seen[i].fg < 0 ? "default" : colour[seen[i].fg],
			seen[i].bg < 0 ? "default" : colour[seen[i].bg],
			seen[i].attr & LOOK_BOLD ? " bold" : "",
			seen[i].attr & LOOK_DIM ? " dim" : "",
			seen[i].attr & LOOK_UNDERLINE ? " underline" : "",
			seen[i].attr & LOOK_REVERSE ? " reverse" : "");
}
