/*
 * progress: what act says while a plan that was consented to here is carried out: a line for each
 * step and server, then the outcome and the way back. Closing the dialog, or the console, stops
 * nothing; ":progress" shows it again.
 *
 * A struct progress belongs to its view: made by progress_begin(), freed with the view or by the
 * next plan. Nothing here talks to act: the console gives it the lines.
 */
#ifndef UI_TUI_PROGRESS_H
#define UI_TUI_PROGRESS_H

#include "base/text.h"
#include "change/plan.h"
#include "ui/act.h"
#include "ui/tui/dialog_lines.h"

struct progress;

/* P was given to act: its menu closes and the dialog of its progress opens. P is not kept. */
void progress_begin(struct view *v, const struct plan *p);
/*
 * One line of act's. True when it is worth a line of the timeline, then in WHAT (of SIZE): a failed
 * step, the outcome.
 */
bool progress_said(struct view *v, const struct act_progress *said, char *what, size_t size);
/* act went away; without an outcome the operator is told how to find it. */
void progress_lost(struct view *v);
/* Is a plan being carried out? */
bool progress_runs(const struct view *v);
/* Shows the dialog again; says so where nothing was applied. */
void progress_open(struct view *v);
void progress_free(struct progress *p); /* NULL is allowed */

void progress_lines(const struct view *v, struct lines *l, int width);
const char *progress_title(const struct view *v, struct arena *a);
/* After the console's end: what still runs, or how it ended. Adds nothing where nothing was applied. */
void progress_summary(const struct view *v, struct text *out);

#endif
