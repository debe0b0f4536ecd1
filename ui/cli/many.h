/*
 * many: the zones of a status face: from the configuration or named on the command line, with
 * their thresholds, and the two observers that watch them all behind the supervisor; or from a
 * recording. The facts go to a board.
 */
#ifndef UI_CLI_MANY_H
#define UI_CLI_MANY_H

#include "base/confine.h"
#include "observe/config.h"
#include "ui/cli/board.h"
#include "ui/cli/live.h"

#define MANY_NAMED 100 /* zones on the command line; more come from the configuration */

struct many_options {
	const char *zones[MANY_NAMED];
	size_t n_zones; /* 0: all of the configuration, or of the recording */
	const char *replay, *anchors, *at, *rate;
	struct live live;
};

/* Is argv[*I] one of the options? 1: taken, 0: no, -1: a bad value. A word without "-" is a zone. */
int many_option(struct many_options *o, int argc, char **argv, int *i);

struct many {
	struct arena *arena;
	const struct config *config; /* NULL with a recording without -c */
	struct board *board;
	struct super_face face;
	struct stream_reader *readers; /* one a stream */
	bool observing;
	uint64_t bad;
	int64_t now; /* usec: the moment that a recording is judged at; later facts are left out */
};

/* The configuration and the board, with its zones. False with E. */
bool many_prepare(struct many *m, const struct many_options *o, struct err *e);
/* Reads the whole recording into the board and judges it. */
bool many_replay(struct many *m, const struct many_options *o, struct err *e);
/*
 * Starts the observers; returns in the face (ui/super.h), not yet confined: CALLER confines itself
 * with what it holds open.
 */
bool many_start(struct many *m, const struct many_options *o, struct err *e);
/* Descriptors to poll, and what to do when one is readable; false when its role is gone for good. */
size_t many_fds(const struct many *m, int *fds, size_t max);
bool many_read(struct many *m, size_t i);
/* Has every zone been judged by a complete first look (or is the observer gone)? */
bool many_complete(const struct many *m);
/* Reads for at most SECONDS, or until many_complete(). */
void many_first_round(struct many *m, int64_t seconds);
void many_free(struct many *m);

#endif
