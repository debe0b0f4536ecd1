/*
 * act: the process that carries out plans, and how it is asked.
 *
 * Its standard input is a Unix stream socket whose other end a face of this program on a terminal
 * holds (unbogus apply, or the console through its supervisor); anybody else is refused. A request
 * is one line of JSON; what happens comes back as lines of JSON {"stage","state","text"}, the last
 * with "end" (the exit code of unbogus apply). The same lines go to the file apply.progress in the
 * zone's folder of the state, which unbogus attach follows: who asked may go away at any time, and
 * nothing stops.
 */
#ifndef UI_ACT_H
#define UI_ACT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "model/name.h"

#define ACT_REQUEST_MAX (9u << 20) /* a plan (change/plan.h), quoted, and the rest */
#define ACT_PROGRESS "apply.progress"

struct act_request {
	/* The plan itself, as it was shown: a file could be another one by now, or one that act's user may
	 * not read. NULL: only end what was cut off. */
	const char *plan_text;
	const char *zone;   /* then of this zone */
	const char *config; /* -c; NULL: the usual places */
	const char *state;  /* --state; NULL: the default */
	const char *phrase, *reason; /* as typed */
	const char *who, *terminal;
};

/* Starts the role, as the configured user (act: become) in a session of its own; *FD is its socket. */
pid_t act_start(const char *const *become, size_t n_become, int *fd, struct err *e);
/*
 * The same for a face that confines itself: act_starter() leaves a process behind that starts the role
 * each time it is asked to, and ends with the face. Returns the descriptor for act_begin(), -1 with E.
 */
int act_starter(const char *const *become, size_t n_become, struct err *e);
/* A new act's socket, whose closing ends it (not in the middle of a plan); -1 with E. */
int act_begin(int starter, struct err *e);
bool act_ask(int fd, const struct act_request *r, struct err *e);

/* Lines of progress. */
struct act_progress {
	const char *stage, *state, *text;
	int end; /* -1: not yet */
};
/* What came of the lines; zero-initialise. */
struct act_lines {
	char line[16384], buf[16384];
	size_t n;
	bool too_long; /* such a line is passed over */
};
/* Takes one octet. True when it ended a line: then P is what it said, fields live in L until the next. */
bool act_lines_take(struct act_lines *l, char c, struct act_progress *p);
/*
 * Follows what an apply of ZONE says that runs, or ended within the last hour, to its end, on
 * standard output. Returns its exit code; -1: there is none.
 */
int act_follow(const char *state, const struct name *zone);
/* As a person reads it, on standard output. */
void act_print(const struct act_progress *p);

#endif
