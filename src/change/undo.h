/*
 * undo: the plan that takes back what a run of the journal did: key dates as they were before it,
 * and the zone's content of before it, under a serial above every server. It is a plan like any
 * other, with its own prediction and guards: caches hold what was undone.
 */
#ifndef CHANGE_UNDO_H
#define CHANGE_UNDO_H

#include "change/journal.h"
#include "change/make.h"

/* What the journal says of one run. */
struct undo_run {
	char run[RUN_ID];
	int64_t row;	     /* that was asked for */
	json_t *files;	     /* of its newest intent; a reference */
	const char *backup;  /* the signed file's old content; "" none */
	const char *signed_file;
	char backup_hash[65]; /* SHA-256; "" it is gone */
	bool keys_changed;   /* the DNSKEY set of the backup is not the deployed one */
	bool done;	     /* it ended with the new files in place */
	const char *text;    /* its title, clean */
};

/* Row N of J names the run; files are read here and not later. False with E: no such row, a row of no run, or nothing to take back. */
bool undo_find(struct arena *a, struct journal *j, int64_t n, struct undo_run *u, struct err *e);
void undo_free(struct undo_run *u);

/*
 * The plan, from what D shows now: "rollback" where the run changed the DNSKEY set, else "resign",
 * with the old content as its input and the old dates as its last edits. NULL with E.
 */
const struct plan *undo_plan(struct arena *a, const struct diagnosis *d,
	const struct config_zone *zone, const struct undo_run *u, const char *reason, struct err *e);

#endif
