/*
 * actlink: the console's line to act (ui/act.h), which exists only while the console is armed: begun
 * at :rw, ended at :ro and when the time is over, but not in the middle of a plan.
 *
 * Life cycle: actlink_new(), actlink_arm() whenever the console's state may have changed,
 * actlink_ask(), actlink_close() before the loop's last run. The link owns its descriptors.
 */
#ifndef UI_TUI_ACTLINK_H
#define UI_TUI_ACTLINK_H

#include <uv.h>

#include "ui/act.h"

struct actlink;

struct actlink_calls {
	void *ctx;
	void (*said)(void *ctx, const struct act_progress *p);
	void (*gone)(void *ctx); /* act went away by itself */
};

/* STARTER: act_starter()'s descriptor, closed at the end; -1: this console has nobody who may. */
struct actlink *actlink_new(uv_loop_t *loop, int starter, const struct actlink_calls *calls);
/*
 * ARMED: act is begun where there is none; otherwise it is ended, unless BUSY (a plan is carried out).
 * False with E when it should have begun and could not.
 */
bool actlink_arm(struct actlink *l, bool armed, bool busy, struct err *e);
/* Gives act a plan; false with E: nothing was given. */
bool actlink_ask(struct actlink *l, const struct act_request *q, struct err *e);
void actlink_close(struct actlink *l);

#endif
