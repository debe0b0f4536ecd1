/* planfile: a plan read from its file, and shown in plain words, for the commands that do so. */
#ifndef UI_CLI_PLANFILE_H
#define UI_CLI_PLANFILE_H

#include "change/plan.h"

/* NULL with a message on standard error. "-": standard input. */
const struct plan *planfile_read(struct arena *a, const char *verb, const char *path);
/* Is the file a plan (its first octets), and not a zone? */
bool planfile_is(const char *path);

void planfile_print_head(const struct plan *p);
void planfile_print_steps(const struct plan *p);
void planfile_print_diff(const struct plan *p);
void planfile_print_prediction(const struct plan *p);
void planfile_print_guards(const struct plan *p);

#endif
