/*
 * action: the table of guided actions: their stable names, what they change, which causes they
 * fix, and the step down the ladder of harm on which they stand.
 *
 * A change is a pure function: from the diagnosis it says what will be served (struct change_set)
 * and tells the future, from which the worlds engine computes what breaks. Staged actions look at
 * the world to find their stage: it is observed, never remembered.
 *
 * To add an action: a row in action.c, its change in changes.c (stages.c for a staged one), and what
 * its steps are made of in make.c where the generic ones do not do; unbogus-plan(5) lists the table.
 */
#ifndef CHANGE_ACTION_H
#define CHANGE_ACTION_H

#include "change/future.h"
#include "diagnose/diagnosis.h"

/* The ladder of DESIGN.md: breaks ties between actions of equal predicted harm. */
enum rung { RUNG_LOOK, RUNG_METADATA, RUNG_RESIGN, RUNG_RESTORE, RUNG_DOUBLE_SIGN, RUNG_PREPUBLISH,
	RUNG_PARENT, RUNG_UNSIGN };

/* What will be served once the step is taken; a part that is not marked does not change. */
struct change_set {
	bool keys, data, ds;
	struct future_keys publish, sign_keys, sign_data;
	struct rr_list ds_set; /* the complete set at the parent */
	struct future_keys made; /* keys that do not exist yet */
	bool ds_ahead; /* a DS of a key that is not published yet, on purpose (double-DS) */
	bool deploy; /* the signed file that is ready: nothing is signed */
	bool resign; /* the zone is signed anew, whether or not its keys change */
};

/* A condition for entering a stage, as it was observed. */
struct entry_seen {
	const char *text;
	bool observed;
	const char *evidence;
};

enum stage_wait { WAIT_NOTHING, WAIT_DNSKEY, WAIT_DATA, WAIT_DS, WAIT_DS_DNSKEY };

struct action_context {
	const struct diagnosis *d;
	struct future *f;
	int64_t t0;    /* Unix seconds: when the step is taken */
	int tag;       /* of the key that the action is about; -1 none */
	const char *method; /* of a staged action with two ways: "double-ds"; NULL: the usual one */
	/* set by change(): */
	const char *why_not; /* why it cannot be done here */
	struct change_set set;
	int stage, stages; /* 1..; 0: not staged */
	const char *stage_name, *next_name;
	enum stage_wait wait; /* what the next stage waits for */
	struct {
		struct entry_seen *v;
		size_t n, cap;
	} entry;
};

struct action {
	const char *name;
	bool needs_tag;
	enum rung rung;
	const char *title; /* "Extend ZSK %d, re-sign": %d is the tag */
	const char *fixes; /* catalogue ids, separated by spaces; "" for none */
	bool touches_parent;
	bool staged;
	bool renews; /* a key that has stopped signing gets new dates */
	/* What the (first open) stage does to the future; false: it does not apply, why_not says why.
	 * NULL: a wrong step that tempts; it has a name, and no plan is ever made of it. */
	bool (*change)(struct action_context *c);
};

extern const struct action actions[]; /* ends with name == NULL */
const struct action *action_find(const char *name);
/* The names, for "did you mean"; ends with NULL. */
const char *const *action_names(struct arena *a);
bool action_fixes(const struct action *a, const char *id);

#endif
