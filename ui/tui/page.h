/*
 * page: what a pane shows, before it is drawn: rows of cells under columns, and lines of detail
 * for the selected row. Sorting, filtering, finding, copying and drawing work on pages, so a pane
 * only builds one. Everything lives in the page's arena (one frame) or in the diagnosis.
 */
#ifndef UI_TUI_PAGE_H
#define UI_TUI_PAGE_H

#include "base/arena.h"
#include "model/observation.h"
#include "ui/tui/grid.h"

#define PAGE_COLUMNS 14

struct column {
	const char *title;
	int min, want; /* width in columns; want 0: takes what is left */
	int rank;      /* 0 always shown; the highest rank is dropped first */
	bool right;
};

struct cell_text {
	const char *text; /* foreign bytes allowed */
	enum style style;
	int64_t num; /* for sorting and > <; TIME_UNSET: by text */
};

struct row {
	const char *id; /* identity over frames; NULL: cannot be selected */
	enum style mark;
	struct cell_text c[PAGE_COLUMNS];
	const struct obs *obs; /* what Enter opens */
	const char *words; /* "name:value name:value" for the filter, beside the columns */
};

struct line {
	const char *text;
	enum style style, mark; /* mark ST_NORMAL: none */
};

struct page {
	struct arena *a;
	const struct column *cols;
	int n_cols;
	struct {
		struct row *v;
		size_t n, cap;
	} rows;
	struct {
		struct line *v;
		size_t n, cap;
	} detail;
	size_t total; /* rows before the filter */
	bool free_form; /* one column, no titles */
};

struct row *page_row(struct page *p, const char *id, enum style mark);
/* Sets the next column of R; NUM for sorting. Text is kept, not copied. */
void row_set(struct row *r, int col, const char *text, enum style style, int64_t num);
void row_printf(struct page *p, struct row *r, int col, enum style style, int64_t num,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* A line of detail, wrapped to WIDTH with INDENT on the lines after the first. */
void page_detail(struct page *p, int width, int indent, enum style style, enum style mark,
	const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* Wraps clean-able TEXT into at most MAX pieces of WIDTH columns, from A; returns how many. */
size_t page_wrap(struct arena *a, const char *text, int width, int indent, const char **out,
	size_t max);

/*
 * Keeps the rows that match EXPR: words are AND, !word not, column:value, column:<7d and
 * column:>30s on times, ages and numbers, ~re a regular expression.
 */
void page_filter(struct page *p, const char *expr);
void page_sort(struct page *p, int col, bool reverse);
/* The text of a row, columns separated by two blanks, into OUT (foreign bytes cleaned). */
void page_row_text(const struct page *p, const struct row *r, struct text *out);
/* Index of the row with ID, or -1. */
long page_find_id(const struct page *p, const char *id);
/* Does the row contain NEEDLE, letter case aside? */
bool page_row_has(const struct page *p, const struct row *r, const char *needle);

/* Widths of the columns for WIDTH (0 for a dropped one). WIDE: every column at what it wants. */
void page_fit(const struct page *p, int width, bool wide, int out[PAGE_COLUMNS]);

struct page_look {
	size_t top, selected; /* rows */
	bool focus;	      /* the hardware cursor goes to the selected row */
	bool wide;
	int shift; /* columns scrolled to the right */
	const char *found;
	int sort; /* column, -1 none */
	bool reverse;
	bool mono; /* the selected row needs a symbol */
};
/* Draws into R: column titles, rows from TOP, detail below where there is room. */
void page_draw(const struct page *p, struct grid *g, struct rect r, const struct page_look *look);
/* Rows that fit into HEIGHT with the detail's share taken off. */
int page_rows_visible(const struct page *p, int height);

#endif
