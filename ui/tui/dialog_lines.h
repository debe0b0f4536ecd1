/* dialog_lines: the lines of a dialog, made anew for each frame. Inside of the dialogs. */
#ifndef UI_TUI_DIALOG_LINES_H
#define UI_TUI_DIALOG_LINES_H

#include "ui/tui/view.h"

struct lines {
	struct arena *a;
	struct line *v;
	size_t n, cap;
	size_t first, last; /* those of the selected item */
};

void lines_add(struct lines *l, enum style st, enum style mark, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void lines_wrapped(struct lines *l, enum style st, int width, int indent, const char *text);

#endif
