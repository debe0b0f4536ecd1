/*
 * banner: the verdict in a few labelled lines: state, Cause, Safe, Don't, Time, and Not where
 * there is room. What does not fit is left out from the end of this order, never from its start.
 */
#ifndef UI_TUI_BANNER_H
#define UI_TUI_BANNER_H

#include "ui/tui/view.h"

struct banner_line {
	enum style mark;
	const char *label; /* "Cause" */
	const char *text;
	const char *right; /* "[e] E1-E4" */
	enum style style;
};

/* At most MAX lines for WIDTH columns, allocated from A; returns how many. */
size_t banner_make(const struct view *v, struct arena *a, int width, size_t max,
	struct banner_line *out);
void banner_draw(const struct view *v, struct grid *g, struct rect r);
/* The summary screen for windows under 60x16. */
void summary_draw(const struct view *v, struct grid *g);

#endif
