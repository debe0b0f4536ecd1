/*
 * apply: carries out a plan (change/plan.h), and nothing but the plan. The only code that changes
 * an operator's keys and zones.
 *
 * The order, each step journaled before it is taken:
 *
 *	consent    the phrase, worked out again from the plan, and the plan's own hash
 *	lock       one change of a zone at a time; who comes second is told who holds it
 *	world      every input of the plan is hashed again, here and as the servers show it, and the
 *		   plan is made anew: the file may not be laxer (change/remake.h)
 *	hold       what else re-signs the zone is stopped
 *	sign       key files edited, the zone signed (by the plan's signer)
 *	verify     our own verify with the parent's real DS, now and one TTL from now
 *	replace    inputs hashed once more, then rename, then fsync of the folder
 *	reload     the configured command
 *	observe    every server, until it shows the new serial
 *	release    what was held is started again
 *
 * Until the rename the old zone is untouched. After it, and before any server has served the new
 * zone, a failure puts the old files back. Once a server has served it, going back is a new plan
 * (undo): caches hold the new version. A server that failed before the plan or is silent is named,
 * and is no reason to go back.
 *
 * apply_recover() ends what a crash cut off, by reading what the files hold. Run twice it changes
 * nothing the second time.
 *
 * Everything that apply asks of others goes through struct apply_io, so that it can be confined:
 * commands by the door, what the servers say as a snapshot.
 */
#ifndef CHANGE_APPLY_H
#define CHANGE_APPLY_H

#include "base/door.h"
#include "base/state.h"
#include "change/journal.h"
#include "change/plan.h"
#include "diagnose/diagnosis.h"
#include "model/snapshot.h"
#include "observe/config.h"

/* Exit codes of unbogus apply. */
enum apply_end {
	APPLY_DONE = 0,		   /* and every server shows it */
	APPLY_NOT_BEGUN = 3,	   /* an error before any change */
	APPLY_REFUSED = 4,	   /* phrase, guard, stale plan, somebody else at it */
	APPLY_ROLLED_BACK = 5,	   /* applied, then the old files were put back */
	APPLY_UNVERIFIED = 6,	   /* applied; not every server is known to show it */
	APPLY_ROLLBACK_FAILED = 7, /* page someone */
};
const char *apply_end_name(enum apply_end end); /* "done", "refused" ... */

struct apply_io {
	void *ctx;
	/* As door_run(). */
	bool (*run)(void *ctx, const struct child_job *job, struct child_result *r, struct err *e);
	/* Every server asked anew: a snapshot for the caller to unref; NULL with E. The first one after
	 * the process began has this host's files and the history too: the plan is made anew from it. */
	struct snapshot *(*look)(void *ctx, struct err *e);
	/* Progress, for who watches: STAGE one of the words above, STATE "begin", "ok", "note",
	 * "failed"; TEXT is clean. */
	void (*tell)(void *ctx, const char *stage, const char *state, const char *text);
};

struct apply_job {
	const struct config_zone *zone; /* what is configured of it; never NULL */
	const struct state_place *state;
	struct journal *journal; /* with journal_who() set to the operator */
	struct apply_io io;
	const struct diagnose_options *judging; /* how the zone is judged; never NULL with a plan */
	/* of a plan; not for recovery: */
	const struct plan *plan;
	const char *plan_text; /* the file as read: kept beside the backups */
	size_t plan_len;
	const char *phrase, *reason; /* as typed */
	const char *who, *terminal;
};

/* RUN: the plan's short name, in temporary files and journal rows. */
void apply_run_id(const struct plan *p, char run[RUN_ID]);

enum apply_end apply_plan(const struct apply_job *job, struct err *e);
/* True with *FOUND set when a run was cut off and has been ended now; false with E when it could not. */
bool apply_recover(const struct apply_job *job, bool *found, struct err *e);

/*
 * Every command that carrying out PLAN (NULL: recovering) may run, from the configuration of its
 * zone: for door_open(). Memory from A; returns their number, at most MAX.
 */
size_t apply_commands(struct arena *a, const struct config_zone *zone, const struct state_place *state,
	const struct plan *plan, struct child_job *jobs, size_t max);

/* Folders that must stay writable, and readable, to a confined act: paths into A. */
struct apply_folders {
	const char *write[16], *read[16];
	size_t n_write, n_read;
};
void apply_folders(struct arena *a, const struct config_zone *zone, const struct state_place *state,
	const struct plan *plan, struct apply_folders *out);

#endif
