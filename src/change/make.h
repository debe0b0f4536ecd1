/*
 * make: a plan from a diagnosis: pure, changes nothing, reads nothing. What the plan rests on (its
 * inputs) comes from the snapshot, so that a plan can be made on another host than the one it will
 * run on, from a recording, or in the lab.
 *
 * Everything lives in the arena given; the diagnosis and the configuration must outlive the call
 * only.
 */
#ifndef CHANGE_MAKE_H
#define CHANGE_MAKE_H

#include "base/text.h"
#include "change/plan.h"
#include "change/rank.h"
#include "observe/config.h"

struct plan_wish {
	const struct action *action;
	int tag;	    /* -1: none */
	const char *method; /* "double-ds"; NULL: the usual one */
	const char *reason; /* the operator's; NULL: none yet */
	int64_t until;	    /* extend: the new Inactive; TIME_UNSET: whole months from the old one */
};
#define PLAN_WISH(a) ((struct plan_wish){ .action = (a), .tag = -1, .until = TIME_UNSET })

/*
 * ZONE (may be NULL) is what is configured of it. NULL with E where the action does not apply here
 * at all (ERR_UNSUPPORTED; seen: why). A plan that a guard refuses is made: its guards say so.
 */
const struct plan *plan_make(struct arena *a, const struct diagnosis *d,
	const struct config_zone *zone, const struct plan_wish *wish, struct err *e);

/* Nothing would change: a plan of a step that is not needed. */
bool plan_is_empty(const struct plan *p);

/* The plan as a shell script with comments; each step that a person must judge stops it. Into OUT. */
void plan_script(struct text *out, const struct plan *p);

#endif
