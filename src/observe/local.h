/*
 * local: the producer for this host (unbogus observe local): key files, zone files, the source of
 * truth, the signer's log and the clock, as lines of the stream. It reads again when a folder that
 * it watches changes, when the period is over and something changed, and when it is told to by a
 * line "probe" on its standard input. It never writes but to its output.
 *
 * What is not configured or cannot be read is a fact "unknown" that says what it would have told.
 */
#ifndef OBSERVE_LOCAL_H
#define OBSERVE_LOCAL_H

#include "observe/messages.h"
#include "observe/source.h"

struct local_options {
	struct name zone;
	const char *keys, *zone_file, *signed_file, *signer_log; /* NULL: not configured */
	struct source_spec source;		/* type NULL: not configured */
	source_run *run;	     /* NULL: child_run(); called in a thread of its own, one at a time */
	void (*run_stop)(void *ctx); /* ends what RUN does; NULL: it is waited for */
	void *run_ctx;
	const struct message_table *messages; /* NULL: nothing is decoded */
	const char *host, *sandbox;	      /* for hello; may be NULL */
	int64_t period_ms;		      /* 0: 10 s */
	bool once;			      /* one round, then the end */
};

/*
 * Runs until its reader is gone, it is told to end (SIGTERM, SIGINT), or after one round.
 * Returns 0, or 3 with a message on standard error when it could not run.
 */
int local_run(const struct local_options *o, int out_fd);

/* One round of facts, hello not included; EMIT takes over each reference. */
void local_round(const struct local_options *o, uint32_t number,
	void (*emit)(void *ctx, struct obs *o), void *ctx);

#endif
