/*
 * play: one run of a scenario: virtual time, what people did and said, what happened, and how many
 * validators failed meanwhile. The world changes only through hands; everything that happened is
 * an entry, and a run can be begun anew up to any of its steps.
 *
 * play_new() borrows the world, which it brings back to the training's beginning; play_free() ends
 * the play, not the world. Steps are texts ("extend-zsk 25548", "cause rrsig-expired", "note ...",
 * "until 2013-05-16T01:27:00Z"): see lab/hands.h.
 */
#ifndef LAB_PLAY_H
#define LAB_PLAY_H

#include "lab/crowd.h"
#include "lab/hands.h"

enum entry_kind { ENTRY_EVENT, ENTRY_DO, ENTRY_REFUSED, ENTRY_SAY, ENTRY_LOOK, ENTRY_CAUSE, ENTRY_HARM,
	ENTRY_COACH };
const char *entry_kind_name(enum entry_kind k);

struct play_entry {
	int64_t t; /* usec */
	enum entry_kind kind;
	const char *who;    /* "operator", "nagios", "simulation" */
	const char *action; /* first word of a step; "" */
	const char *text;   /* the step, or what was said; clean */
	const char *result; /* "" */
	const char *predicted; /* of a change: what the worlds engine says; "" */
	double broken;	    /* validators at that moment */
	bool right;	    /* of a cause that was named: it is one of the true ones */
};

struct play_point {
	int64_t t; /* usec */
	double broken;
};

/* Who signs what, and which DS there are. */
struct play_picture {
	int64_t t;
	keyset ds, publish, sign_keys, sign_data;
};

struct play {
	struct arena *a;
	struct world *w;
	struct crowd *crowd;
	int64_t now;
	struct {
		struct play_entry *v;
		size_t n, cap;
	} entries;
	struct {
		struct play_point *v;
		size_t n, cap;
	} curve;
	struct {
		struct sc_step *v; /* as they were taken: t, act */
		size_t n, cap;
	} steps;
	bool *told; /* by scenario event */
	double noted; /* validators that failed when a row last said so */
	double broken, broken_minutes; /* now; validators x minutes so far */
	int64_t minutes_broken; /* minutes in which at least 1 in 100 failed */
	int64_t harm_began, harm_ended; /* usec; TIME_UNSET; ended: last moment at which any failed */
	unsigned total; /* validators */
	struct play_picture before, after;
	unsigned hints, hint_cost, branches;
};

struct play *play_new(struct world *w, unsigned validators);
void play_free(struct play *p);
/* Virtual time goes on to T: events happen, harm adds up. */
void play_advance(struct play *p, int64_t t);
/* Takes STEP now. False with E: it cannot be read. R (may be NULL) says how it went. */
bool play_do(struct play *p, const char *step, struct hands_result *r, struct err *e);
/* A moment after which the world may be another: the next event or change; TIME_NEVER none. */
int64_t play_next(const struct play *p);
/* Back to before the last step that changed the world; false when there is none. */
bool play_branch_back(struct play *p, struct err *e);
/* Is CAUSE one of the true ones? "none" where there is none. */
bool play_right_cause(const struct scenario *s, const char *cause);
/* The scenario's lesson about a step that is wrong here, or NULL. */
const struct sc_wrong *play_wrong(const struct world *w, const char *step);
/* Nobody fails, and what the source has is served everywhere. */
bool play_safe(const struct play *p);
void play_entry_add(struct play *p, enum entry_kind kind, const char *who, const char *action,
	const char *text, const char *result);

/* Runs a script to the scenario's horizon. */
bool play_script(struct play *p, const struct sc_step *v, unsigned n, struct err *e);
/* The scenario's own: "golden", "real-team", "do-nothing". */
bool play_named(struct play *p, const char *script, struct err *e);

#endif
