/*
 * theme: what a state looks like. Reliance is in this order: symbol, word, colour. The default
 * background is left alone; nothing blinks; blue text is never used.
 *
 * To add a style: a row in STYLES (theme.c), which has a look for every theme.
 */
#ifndef UI_TUI_THEME_H
#define UI_TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

enum style {
	ST_NORMAL,
	ST_OK,
	ST_INFO, /* also dim text */
	ST_WARN,
	ST_CRIT,
	ST_UNKNOWN,
	ST_STALE,
	ST_INSECURE,
	ST_EXCLUDED, /* seen, not counted */
	ST_ARMED,
	ST_TRAINING,
	ST_LABEL,  /* bold: Cause, Safe, pane titles */
	ST_BORDER, /* box lines, column titles */
	ST_KEY,	   /* names of keys in the bottom row */
	ST_FOUND,  /* what / found */
	ST_MARKED, /* normal text in which marks are coloured */
	ST_COUNT
};

enum theme { THEME_DEFAULT, THEME_LIGHT, THEME_CB, THEME_HC, THEME_MONO, THEME_COUNT };

#define LOOK_BOLD 1
#define LOOK_DIM 2
#define LOOK_UNDERLINE 4
#define LOOK_REVERSE 8
struct look {
	int8_t fg, bg; /* 0-7 as curses; -1 the terminal's own */
	uint8_t attr;
};

struct look theme_look(enum theme t, enum style s, bool selected);
bool theme_from_name(const char *name, enum theme *t);
extern const char *const theme_names[]; /* ends with NULL */

/* Symbol of a state: a code point, shown through grid_ascii() where needed. */
uint32_t style_mark(enum style s);
/* "OK", "WARN", "CRIT", ...; "" where there is none. */
const char *style_word(enum style s);
/* The style of a mark in text, ST_COUNT when CP is not one. */
enum style style_of_mark(uint32_t cp);

#endif
