/* lab_parts: what the commands of the lab share. */
#ifndef UI_CLI_LAB_PARTS_H
#define UI_CLI_LAB_PARTS_H

#include "base/arena.h"
#include "lab/world.h"

/* The file of scenario NAME (a path where it has a slash); memory from A. */
const char *lab_scenario_path(struct arena *a, const char *name);
int lab_run(int argc, char **argv); /* unbogus lab run ... */

#endif
