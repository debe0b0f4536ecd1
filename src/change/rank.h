/*
 * rank: every action that applies, with what it would do to validators, ranked by harm: the time
 * from now during which some cache class fails, then whether the cause is fixed, then the ladder.
 * The tempting wrong ones stay in the list and are labelled.
 */
#ifndef CHANGE_RANK_H
#define CHANGE_RANK_H

#include "change/action.h"

struct option {
	const struct action *action;
	int tag;	   /* -1: none */
	const char *title; /* with the tag in it */
	const char *why_not; /* it does not apply, and why; NULL: it does */
	bool fixes;	   /* a cause of the diagnosis */
	bool wrong;	   /* the diagnosis calls it tempting and wrong, or it breaks what works now */
	const char *wrong_why;
	const char *misread; /* it is about a KSK or the DS while a ZSK is the cause: a sentence; or NULL */
	int64_t harm;	   /* seconds within the horizon during which some class fails */
	int64_t harm_until; /* end of the last of them; TIME_NEVER; TIME_UNSET none */
	int64_t harm_new;  /* seconds of harm that waiting would not have */
	int64_t wait_until; /* what fails anyway heals by then if nothing is done; TIME_UNSET: nothing */
	int64_t t0;	   /* when the step would be taken */
	int64_t safe_at;   /* earliest time at which the step breaks nothing new; TIME_NEVER: it must
			      be split; TIME_UNSET: not computed */
	const struct worlds *worlds; /* strict profile, broken intervals after the step */
	const struct worlds_input *input;
	bool everybody;	   /* every validator fails once the step is taken */
	bool insecure;	   /* afterwards nobody is protected any more */
	const char *risk;  /* to validators, in words: "none", "some caches for 22h30m" */
	struct change_set set;
	int stage, stages; /* 1..; 0: not staged */
	const char *stage_name, *next_name;
	enum stage_wait wait;
	const struct entry_seen *entry;
	size_t n_entry;
};

struct ranking {
	struct option *v; /* best first */
	size_t n;
	int64_t horizon; /* seconds from now that were looked at */
	int64_t proven_from; /* before it an unknown earlier version may be cached; TIME_UNSET */
};

/*
 * What is broken from NOW on: intervals that are over left out, those that began earlier cut at NOW,
 * and what they need judged by what is served then (in a change-over old and new are served at once,
 * and what was nobody's old version at its beginning is one afterwards).
 */
const struct worlds *rank_from_now(struct arena *a, const struct worlds *w,
	const struct worlds_input *in, int64_t now);

#define RANK_HORIZON (7 * INT64_C(86400))

const struct ranking *rank_actions(struct arena *a, const struct diagnosis *d, int64_t propagation);
/* One action for one key, taken at T0. METHOD: of a staged action with two ways, or NULL. */
const struct option *rank_option(struct arena *a, const struct diagnosis *d,
	const struct action *action, int tag, const char *method, int64_t t0, int64_t propagation);

#endif
