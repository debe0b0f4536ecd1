/*
 * stage: the lab as a moving producer. Virtual time goes on by itself; events, messages and full
 * rounds go to standard output as the stream; what is asked of it comes in as lines on a
 * descriptor:
 *
 *	pause, resume, speed N, step [SPAN], jump (to the next event), to TIME, quit
 *	with a coach also every line that coach_line() takes
 *
 * The stream depends on scenario, seed, speed and the lines alone, never on how fast it was
 * written.
 */
#ifndef UI_CLI_STAGE_H
#define UI_CLI_STAGE_H

#include "lab/coach.h"

#define STAGE_SPEED_MAX 3600

struct stage_options {
	int64_t at;	/* usec: where time begins, without a play */
	int64_t until;	/* usec: ends there; TIME_NEVER */
	unsigned speed; /* virtual seconds a second, 1 to STAGE_SPEED_MAX */
	bool fast;	/* without waiting */
	bool paused;
	int commands;	/* descriptor; -1 none */
	const char *score; /* written at every change of a training; NULL: not */
	const char *debrief;
};

/* W was made for this; COACH NULL: the scenario's own history, nobody acts. Returns an exit code. */
int stage_run(struct world *w, struct coach *coach, const struct stage_options *o);

#endif
