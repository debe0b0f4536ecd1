/*
 * join: attaching to the record that watches a zone (ui/cli/recorder.h): its socket is found
 * through the state folder before a role confines itself; afterwards only the descriptor is used.
 */
#ifndef UI_CLI_JOIN_H
#define UI_CLI_JOIN_H

#include "model/observation.h"

/* Connects to the record of ZONE. STATE is --state's, or NULL. -1: none runs, or none that would
 * have us. */
int join_record(const char *state, const struct name *zone);

/*
 * Gives the picture so far to ON_OBS (which takes over the references), has everything asked anew
 * and gives what comes of it, until that is complete or SECONDS are over. False when the record
 * went away before the picture was there. *FRESH: a whole look came of it; else what was given may be
 * old.
 */
bool join_round(int fd, int64_t seconds, bool *fresh, void (*on_obs)(void *ctx, struct obs *o),
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e), void *ctx);

/* What the history of ZONE knows, read from the file (nobody watches now). Facts as above; nothing
 * when there is none. */
void join_history(const char *state, const struct name *zone, void (*on_obs)(void *ctx, struct obs *o),
	void *ctx);

/* Copies FD to OUT, and lines from IN (-1: none) to FD, until one of them ends. 0 when OUT went or
 * SIGTERM came, 1 when the record did. */
int join_relay(int fd, int in, int out);

#endif
