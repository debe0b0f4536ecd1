/*
 * score: a play in points: 30 for the diagnosis, 40 for harm (against the best known run and
 * against doing nothing), 15 for method, 15 for communication; hints and branches cost.
 * Pure; everything it says follows from the entries and the curve of the play.
 */
#ifndef LAB_SCORE_H
#define LAB_SCORE_H

#include <jansson.h>

#include "lab/play.h"

struct score {
	unsigned total, diagnosis, harm, method, communication;
	unsigned wrong_guesses, wrong_actions, hints, branches;
	int64_t diagnosed; /* usec: when the true cause was named; TIME_UNSET */
	double broken_validator_minutes;
	int64_t minutes_broken; /* in which at least 1 in 100 failed */
	bool safe_end;
	const char *until; /* how what was said of the end compares: "right", "wrong", "not said" */
};

/* BEST and NOTHING: broken validator minutes of the golden run and of doing nothing. */
void score_of(struct score *out, const struct play *p, double best, double nothing);
/* The scenario's own runs, for comparison. */
enum reference { RUN_GOLDEN, RUN_TEAM, RUN_NOTHING, RUN_COUNT };
const char *reference_name(enum reference r); /* "golden" ... */
struct references {
	struct play *play[RUN_COUNT];
	struct score score[RUN_COUNT];
};
/* Plays them in W, which is at its beginning after it. False with E, and nothing to free. */
bool references_make(struct references *r, struct world *w, unsigned validators, struct err *e);
void references_free(struct references *r);
/* The score of P beside them. */
void references_score(const struct references *r, const struct play *p, struct score *out);

/* "unbogus.score/1"; a new reference. RUN: "golden", "trainee" ... R may be NULL. */
json_t *score_json(const struct score *sc, const struct play *p, const char *run,
	const struct references *r);

#endif
