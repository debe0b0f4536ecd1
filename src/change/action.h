/*
 * action: the table of guided actions: their stable names, what they change, which causes they
 * fix, and the step down the ladder of harm on which they stand.
 *
 * To add an action: a row in action.c, and its change of the future there; the documentation of
 * unbogus-plan(5) lists the table.
 */
#ifndef CHANGE_ACTION_H
#define CHANGE_ACTION_H

#include "change/future.h"
#include "diagnose/diagnosis.h"

/* The ladder of DESIGN.md: breaks ties between actions of equal predicted harm. */
enum rung { RUNG_LOOK, RUNG_METADATA, RUNG_RESIGN, RUNG_RESTORE, RUNG_DOUBLE_SIGN, RUNG_PREPUBLISH,
	RUNG_PARENT, RUNG_UNSIGN };

struct action_context {
	const struct diagnosis *d;
	struct future *f;
	int64_t t0;    /* Unix seconds: when the step is taken */
	int tag;       /* of the key that the action is about; -1 none */
	const char *why_not; /* set by change(): why it cannot be done here */
};

struct action {
	const char *name;
	bool needs_tag;
	enum rung rung;
	const char *title; /* "Extend ZSK %d, re-sign": %d is the tag */
	const char *fixes; /* catalogue ids, separated by spaces; "" for none */
	bool touches_parent;
	bool staged;
	/* What the first stage does to the future; false: it does not apply, why_not says why. */
	bool (*change)(struct action_context *c);
};

extern const struct action actions[]; /* ends with name == NULL */
const struct action *action_find(const char *name);
bool action_fixes(const struct action *a, const char *id);

#endif
