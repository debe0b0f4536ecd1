/*
 * hooks: configured commands that are told when a zone's state changes: for pagers and chat. An
 * argv without a shell, a time limit, one JSON object on standard input ("unbogus.change/1"), no
 * more than one call in "per" for one zone and state; what was held back is counted in the next, and
 * the newest is made up for when the time is over and the zone is still so: who was told OK last must
 * not be left with that while it is CRITICAL.
 *
 * A command runs outside the sandbox of who calls it, behind a door that knows only the configured
 * ones (base/door.h). Life cycle: hooks_open() before confine(), hooks_start() after it (a thread:
 * a slow command delays nobody), hooks_change(), hooks_close() (waits for the running command).
 */
#ifndef UI_CLI_HOOKS_H
#define UI_CLI_HOOKS_H

#include "observe/config.h"
#include "ui/cli/board.h"

struct hooks;
/* *H is NULL and true returned when C has no hooks. C must live as long. */
bool hooks_open(struct hooks **h, const struct config *c, struct err *e);
bool hooks_start(struct hooks *h, struct err *e); /* H may be NULL, here and below */
/* Z's state is now another than FROM. Returns at once; Z must live as long as H. */
void hooks_change(struct hooks *h, const struct board_zone *z, enum board_state from);
void hooks_due(struct hooks *h); /* once a second or so: what was held back and is due now */
void hooks_close(struct hooks *h);

#endif
