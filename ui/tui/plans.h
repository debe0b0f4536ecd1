/*
 * plans: the console's action menu, and the plan with its diff, prediction and consent. Everything
 * shown comes from src/change; nothing here changes a zone: consent ends in an effect with the plan
 * and the phrase, for whoever may.
 *
 * A struct plans belongs to its view: made when the menu is opened, freed when the last of its
 * dialogs closes. It holds its own reference of the snapshot that it was made from, so that a plan
 * does not change under the operator's eyes; when the world moves, it is said.
 */
#ifndef UI_TUI_PLANS_H
#define UI_TUI_PLANS_H

#include "ui/tui/dialog_lines.h"

struct plans;

/* Opens the menu; false (with a notice) where nothing was heard. */
bool plans_open(struct view *v);
/* Makes the plan of the first safe step of the diagnosis, and shows it. */
bool plans_open_safe(struct view *v);
/* Makes the plan "ACTION [TAG]" and shows it (palette). */
bool plans_open_named(struct view *v, const char *words);
void plans_close(struct view *v); /* its dialogs, and what they hold */
void plans_free(struct plans *p); /* NULL is allowed */

void plans_lines(const struct view *v, struct lines *l, int width);
const char *plans_title(const struct view *v, struct arena *a);
/* The keys of its dialogs; false: the key is one for every dialog (scrolling, Esc ...). */
bool plans_key(struct view *v, uint32_t key, unsigned *effect);
/* A paste arrived; a newer diagnosis arrived. */
void plans_paste(struct view *v);
void plans_moved(struct view *v);
/* Is a phrase being typed? Then every key is text. */
bool plans_typing(const struct view *v);
/* What EFFECT_APPLY is about; borrowed until the dialog closes. */
const struct plan *plans_given(const struct view *v, const char **phrase, const char **reason);

#endif
