/* What the parts of apply share. Not for other modules. */
#ifndef CHANGE_APPLY_INT_H
#define CHANGE_APPLY_INT_H

#include "change/apply.h"
#include "change/lock.h"
#include "change/replace.h"
#include "change/signer.h"
#include "keys/keywrite.h"
#include "zone/verify.h"

/* One file that the run changes or makes. */
struct edit {
	char path[PATH_MAX];
	bool private;	 /* a .private file: its identity is that of its dates, it has no backup */
	bool made;	 /* a new key file */
	bool zone;	 /* the signed zone */
	bool swapped;
	char old[TARGET_HASH], new[TARGET_HASH]; /* content; "" absent, or not known yet */
	char backup[PATH_MAX];			 /* "" none */
	struct text text;			 /* new content; wiped where it is private */
	struct target target;			 /* dirfd -1: not open */
	const struct plan_timing *times;	 /* of a dates edit, borrowed from the plan */
	size_t n_times;
};

struct run {
	const struct apply_job *job;
	const struct plan *plan;
	struct arena *a;
	char id[RUN_ID], hash[PLAN_HASH];
	struct name apex;
	char folder[PATH_MAX]; /* of this run: backups, the plan, scratch */
	struct lock lock;
	struct edit *edits; /* key files first, the zone last */
	size_t n_edits, cap_edits;
	struct made_key {
		const struct plan_step *step;
		struct privkey *key;
		char base[320];
		uint16_t tag;
	} made[8];
	size_t n_made;
	struct zone *old_zone, *new_zone, *input;
	const struct plan_step *sign, *replace;
	const struct signer *signer;
	struct snapshot *before, *after;
	bool begun;  /* the journal has an intent or a hold: an outcome must follow */
	bool held, changed, reloaded;
	uint32_t serial; /* of the new zone */
	bool has_serial;
};

void run_tell(const struct run *r, const char *stage, const char *state, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool run_note(struct run *r, const char *kind, json_t *detail, struct err *e);

/* ---- apply_files.c: edits ---- */
/* The edits of the plan's key steps, new content and all; keys to be made are generated here. */
bool files_prepare(struct run *r, struct err *e);
/* The zone's edit, with TEXT taken over as its content. */
bool files_zone(struct run *r, struct text *text, struct err *e);
/* The zone's edit where its signer writes the deployed file itself: the old content is put aside, and
 * "new" is "" until files_written(). SIGNED_ZONE: what it gave; NULL: signing failed, however far it came. */
bool files_put_aside(struct run *r, struct err *e);
void files_written(struct run *r, const struct text *signed_zone);
json_t *files_json(const struct run *r); /* for the intent row */
/* Backups, then the staged files; nothing is visible yet. ZONE: only that one, or all but it. */
bool files_stage(struct run *r, bool zone, struct err *e);
/* Renames; *NOT_DURABLE is set where a folder could not be synced. */
bool files_swap(struct run *r, bool zone, bool *not_durable, struct err *e);
/* The old content everywhere again: what was swapped is put back, what was made is removed. */
bool files_restore(struct run *r, struct err *e);
void files_close(struct run *r);
/* Identity of PATH as in an intent row: of the content, or of a .private file's dates. */
bool file_identity(const char *path, bool private, char out[TARGET_HASH], struct err *e);
/* Puts the dates ROWS (of an intent row) back into the pair's file PATH. */
bool file_restore_times(const char *path, bool private, const json_t *times, const char *run,
	struct err *e);
/* Puts BACKUP's content (which must have hash OLD) at PATH. */
bool file_restore_backup(const char *path, const char *backup, const char *old, const char *run,
	struct err *e);

/* ---- apply_check.c: judgements ---- */
bool check_consent(struct run *r, struct err *e);
bool apply_check_files(struct run *r, bool again, struct err *e); /* inputs on this host */
bool check_world(struct run *r, const struct snapshot *s, struct err *e); /* as servers show it */
bool check_signed(struct run *r, struct err *e);	     /* our own verify of new_zone */
/* Is the file PATH a whole zone, with no fault that OLD (a file; "" none) does not have as well? */
bool check_whole(const struct name *apex, const char *path, const char *old);
bool check_published(struct run *r, struct err *e);	     /* the server's own check of the file */

/* ---- apply_watch.c: what the servers show ---- */
enum served { SERVED_NEW, SERVED_OLD, SERVED_OTHER, SERVED_SILENT, SERVED_BROKEN };
struct watch {
	unsigned servers, new, old, other, silent, broken; /* broken: answers, but not properly */
	unsigned failed_before; /* of those not new: silent or wrong before the plan */
	char words[1024];	/* for people: "3 of 3 servers serve 2013051501" */
	json_t *json;
};
/* Looks until every server shows the serial or TIMEOUT seconds are over. */
bool watch_servers(struct run *r, uint32_t serial, int64_t timeout, struct watch *w, struct err *e);
/* One observing step. */
bool watch_step(struct run *r, const struct plan_step *step, char *said, size_t size, struct err *e);
void watch_free(struct watch *w);

/* Where the lock lies: the folder that the change is made in. */
void apply_lock_folder(const struct config_zone *z, const struct state_place *s, char out[PATH_MAX]);

/* ---- commands ---- */
bool command_hold(struct run *r, bool stop, struct err *e);
bool command_reload(struct run *r, struct err *e);

#endif
