/*
 * training: the console while a lab with a coach is its producer (FACT_COACH in the stream): the
 * coach's strip, what is hidden until a cause was named, and the trainee's keys and commands,
 * which go back to the producer as lines.
 */
#ifndef UI_TUI_TRAINING_H
#define UI_TUI_TRAINING_H

#include "ui/tui/view.h"

/* NULL: this is no training. */
const struct fact_coach *training_of(const struct view *v);
/* Cause and safe steps are not to be shown yet. */
bool training_hides(const struct view *v);
/* Rows at the bottom that the strip takes; 0 none. */
int training_rows(const struct view *v);
void training_draw(const struct view *v, struct grid *g);
/* A key of the training's own: true and *EFFECT, else the console's keymap has it. */
bool training_key(struct view *v, uint32_t key, unsigned *effect);
/* A palette command of the training's own ("cause ID", "extend-zsk 25548"): the same. */
bool training_command(struct view *v, const char *line, unsigned *effect);
/* Tells the producer what was looked at, when that changed from BEFORE. */
unsigned training_looked(struct view *v, enum pane_id before, enum dialog dialog, unsigned effect);

/* The list of causes (DIALOG_CAUSES). */
void training_causes_draw(const struct view *v, struct grid *g);
unsigned training_causes_key(struct view *v, uint32_t key);

#endif
