/*
 * dialog: what lies on top of the panes: help (three pages made from the request table), the
 * evidence of the verdict, a raw answer; and the line for finding, filtering and commands.
 */
#ifndef UI_TUI_DIALOG_H
#define UI_TUI_DIALOG_H

#include "ui/tui/view.h"

void dialog_draw(const struct view *v, struct grid *g);
void prompt_draw(const struct view *v, struct grid *g);
unsigned dialog_key(struct view *v, uint32_t key);
unsigned prompt_key(struct view *v, uint32_t key);
void dialog_open_obs(struct view *v, const struct obs *o, const char *title);
void dialog_close(struct view *v);
/* Runs a palette command ("probe comcast", "keys 25548", "set theme light"). */
unsigned command_run(struct view *v, const char *line);

#endif
