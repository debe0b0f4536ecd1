/*
 * term: the terminal: keys in, grids out. The only file that includes curses is term.c.
 *
 * term_open() takes the terminal; from then on it is given back by term_close(), by exit(), and
 * by the signals that end a program, abort included. There is one terminal, and so one struct.
 * A grid is compared with the one shown before; only cells that differ are sent.
 */
#ifndef UI_TUI_TERM_H
#define UI_TUI_TERM_H

#include "base/err.h"
#include "ui/tui/grid.h"
#include "ui/tui/request.h"

struct term;

enum choice { CHOICE_AUTO, CHOICE_YES, CHOICE_NO };

struct term_options {
	enum choice colour; /* auto: NO_COLOR, and what the terminal can */
	enum choice ascii;  /* auto: the locale's character set and TERM */
	bool mouse;
	int fd; /* where keys come from: 0, or /dev/tty when standard input is a stream */
};

struct mouse_event {
	int x, y, button;
	bool twice;
};

/* NULL with E (ERR_UNSUPPORTED) for no terminal, TERM unset or dumb: show plain text then. */
struct term *term_open(const struct term_options *opt, struct err *e);
void term_close(struct term *t); /* NULL is allowed */
/* What had to be done without, for the first screen; "" when nothing. */
const char *term_notice(const struct term *t);
bool term_ascii(const struct term *t);	/* as chosen at the start */
bool term_colour(const struct term *t);
void term_size(struct term *t, int *w, int *h);
int term_fd(const struct term *t);
/* The next key, K_NONE when there is none; K_RESIZE after the size changed. */
uint32_t term_key(struct term *t, struct mouse_event *m);
void term_resized(struct term *t); /* on SIGWINCH */
void term_flush(struct term *t);   /* throws away what was typed ahead */
void term_draw(struct term *t, const struct grid *g, enum theme theme, bool ascii);
void term_repaint(struct term *t); /* the next term_draw() sends everything */
/* Gives the terminal to the shell and takes it back. */
void term_suspend(struct term *t);
void term_resume(struct term *t);
/* Puts TEXT on the clipboard: OSC 52, wrapped for tmux and screen. */
void term_copy(struct term *t, const char *text);
/* Leaves the full screen, prints TEXT (clean lines); term_resume() comes back. */
void term_print(struct term *t, const char *text);

#endif
