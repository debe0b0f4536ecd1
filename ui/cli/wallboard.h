/*
 * wallboard: all zones on one screen: worst first, the dates that come next, the last hour in cells
 * of a minute, and a line that says how old all that is. It takes one key, q.
 */
#ifndef UI_CLI_WALLBOARD_H
#define UI_CLI_WALLBOARD_H

#include "ui/cli/many.h"
#include "ui/tui/term.h"

struct wallboard_options {
	enum choice colour, ascii;
	enum theme theme;
	bool utc;
	int w, h; /* of wallboard_print(); 0: 80x24 */
};

/* Draws B at NOW (usec) on G; PAGE counts up as the zones cycle; PROBE: seconds to the next look. */
void wallboard_draw(struct grid *g, struct board *b, int64_t now, unsigned page, const char *source);
/* On the terminal until q; confines itself. The exit code, or -1 with E when there is no terminal. */
int wallboard_run(struct many *m, const struct wallboard_options *o, struct err *e);
/* Once, as text, at the board's newest time; returns the exit code. */
int wallboard_print(struct many *m, const struct wallboard_options *o);

#endif
