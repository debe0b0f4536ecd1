/*
 * grid: a screen in memory, cells of characters or box lines with a style. Everything that is
 * shown is drawn here first; term.c puts a grid on a terminal, grid_dump() makes text of it for
 * tests, copies and logs. Pure: no terminal, no clock.
 *
 * A cell holds either a character (with up to four combining marks) or line bits; box lines that
 * meet in a cell are merged to the right junction. The same grid is shown in Unicode or in ASCII:
 * the choice is made when it is put out (grid_ascii()).
 *
 * This is the sink of foreign bytes: grid_text() passes everything through base/text.
 */
#ifndef UI_TUI_GRID_H
#define UI_TUI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "ui/tui/theme.h"

#define GRID_MARKS 4
#define GRID_UP 1
#define GRID_DOWN 2
#define GRID_LEFT 4
#define GRID_RIGHT 8

struct cell {
	uint32_t cp[1 + GRID_MARKS]; /* 0: blank */
	uint8_t lines;		     /* GRID_UP ...; 0: a character */
	uint8_t style;		     /* enum style */
	uint8_t selected;	     /* reversed on top of its style */
	uint8_t tail;		     /* right half of the wide character before it */
};

struct grid {
	int w, h;
	struct cell *cells;
	int cx, cy; /* where the hardware cursor belongs */
};

struct rect {
	int x, y, w, h;
};

struct grid *grid_new(int w, int h); /* at least 1x1 */
void grid_free(struct grid *g);
void grid_clear(struct grid *g);
bool grid_cell_equal(const struct cell *a, const struct cell *b);
static inline struct cell *
grid_at(const struct grid *g, int x, int y)
{
	return x >= 0 && y >= 0 && x < g->w && y < g->h ? &g->cells[y * g->w + x] : NULL;
}

/*
 * Writes S, cleaned, in at most COLS columns; what does not fit ends in an ellipsis. State marks
 * (theme.h) inside ST_MARKED text take their own styles. Returns the columns used.
 */
int grid_text(struct grid *g, int x, int y, int cols, enum style style, const char *s);
int grid_printf(struct grid *g, int x, int y, int cols, enum style style, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
/* One character of our own (a mark or an arrow). */
void grid_char(struct grid *g, int x, int y, enum style style, uint32_t cp);
void grid_fill(struct grid *g, struct rect r, enum style style); /* blanks, lines removed */
void grid_style(struct grid *g, struct rect r, enum style style);
void grid_select(struct grid *g, struct rect r);
void grid_hline(struct grid *g, int x, int y, int w); /* ends included, merged */
void grid_vline(struct grid *g, int x, int y, int h);
void grid_box(struct grid *g, struct rect r);

/* The ASCII stand-in for CP (CP itself when it is ASCII, '?' when there is none). */
uint32_t grid_ascii(uint32_t cp);
/* The character that shows these line bits. */
uint32_t grid_line_char(uint8_t lines, bool ascii);

/* Lines of text without trailing blanks. */
void grid_dump(const struct grid *g, bool ascii, struct text *out);
/* A letter a cell: how THEME shows it; then what each letter means. */
void grid_dump_styles(const struct grid *g, enum theme theme, struct text *out);

#endif
