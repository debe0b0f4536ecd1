/*
 * layout: which part of the screen belongs to what. Never refuses a size: under 60x16 a summary,
 * below 110x30 one open pane and the others' header lines, then two columns, from 180x50 three.
 */
#ifndef UI_TUI_LAYOUT_H
#define UI_TUI_LAYOUT_H

#include "ui/tui/grid.h"
#include "ui/tui/pane.h"

enum layout_kind { LAYOUT_SUMMARY, LAYOUT_ACCORDION, LAYOUT_ZOOM, LAYOUT_TWO, LAYOUT_THREE };

struct layout {
	enum layout_kind kind;
	int w, h;
	struct rect banner;
	struct rect pane[PANE_COUNT]; /* its header line, then its body; h 0: not on the screen */
	bool open[PANE_COUNT];	      /* body shown as a pane (not only a header or a tail) */
};

struct layout_want {
	enum pane_id focus;
	bool zoom;
	int banner;		/* lines that the banner would like */
	int height[PANE_COUNT]; /* body lines that each pane would like */
	int least[PANE_COUNT];	/* and can do with */
};

enum layout_kind layout_kind(int w, int h, bool zoom);
void layout_make(struct layout *l, int w, int h, const struct layout_want *want);
/* How many banner lines there may be at this height. */
int layout_banner_max(int w, int h);

#endif
