/* lab_parts: what the commands of the lab share. */
#ifndef UI_CLI_LAB_PARTS_H
#define UI_CLI_LAB_PARTS_H

#include "base/arena.h"
#include "lab/world.h"

/* The file of scenario NAME (a path where it has a slash); memory from A. */
const char *lab_scenario_path(struct arena *a, const char *name);
/* Signer messages, or NULL with a line on standard error. */
const struct message_table *lab_messages(struct arena *a);
/* WHAT ("lab", "train") of scenario S in the state folder. */
const char *lab_state_dir(struct arena *a, const char *what, const struct scenario *s);
/* Answers DNS questions on a loopback address until its input ends; SPEED 0: time stands. */
int lab_serve(struct world *w, const char *address, int64_t at, unsigned speed);
int lab_run(int argc, char **argv); /* unbogus lab run ... */

#endif
