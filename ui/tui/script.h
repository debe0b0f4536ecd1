/*
 * script: a view driven by a file of keys, without a terminal: for tests (console.h lists the
 * steps). The screen after each step is exact, so nothing waits and nothing sleeps.
 */
#ifndef UI_TUI_SCRIPT_H
#define UI_TUI_SCRIPT_H

#include <stdio.h>

#include "ui/tui/feed.h"
#include "ui/tui/view.h"

/* 0, 1 when an expectation failed, 64 for a step that cannot be read. FEED may be NULL. */
int script_run(struct view *v, struct feed *feed, const struct diagnose_options *opt, FILE *script,
	FILE *out);

#endif
