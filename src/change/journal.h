/*
 * journal: what was done to a zone, by whom and why, and what was refused: a hash-chained log
 * (base/chaindb.h) in journal.db of the zone's state folder. What act does is written here before
 * it is done, so that after a crash the journal and the files together say where things stand.
 *
 * A row's body is a JSON object with at least "who", "host", "zone", and "run" where it belongs to
 * the carrying out of a plan. No private key, and nothing made from one, is ever in it: keys are
 * named by tag and by the SHA-256 of their DNSKEY.
 *
 * To add a kind: a row in journal_kinds[] with what it means; unbogus-journal(1) lists them.
 */
#ifndef CHANGE_JOURNAL_H
#define CHANGE_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/state.h"

#define RUN_ID 13 /* the first 12 digits of the plan's hash, and NUL */

struct journal_kind {
	const char *name, *meaning;
};
extern const struct journal_kind journal_kinds[]; /* ends with name == NULL */

struct journal;
/*
 * The journal of the zone whose folder S names. WRITE makes it where it is missing. NULL with E;
 * without WRITE a zone that has no journal gives ERR_NOT_FOUND.
 */
struct journal *journal_open(const struct state_place *s, const char *zone, bool write, struct err *e);
void journal_close(struct journal *j); /* NULL is allowed */
/* Who is written into the rows from now on: the operator, not the user that act runs as. */
void journal_who(struct journal *j, const char *who);

/* Appends a row, synced before it returns. Takes over DETAIL (an object, or NULL) in any case. */
bool journal_add(struct journal *j, const char *kind, const char *run, json_t *detail, int64_t *seq,
	struct err *e);

struct journal_entry {
	int64_t seq, t; /* t: usec */
	const char *kind;
	const char *who, *run; /* "" where there is none */
	json_t *body;
	const char *hash; /* hexadecimal */
};
/* Oldest first, from row FROM on; FN returns false to end. Entries live for the call. */
bool journal_each(struct journal *j, int64_t from,
	bool (*fn)(void *ctx, const struct journal_entry *x), void *ctx, struct err *e);

/* True when every row could be read; *BAD is the first that does not fit the chain (0: all do), WHY
 * (of SIZE) says how. */
bool journal_verify(struct journal *j, int64_t *rows, int64_t *bad, char *why, size_t size,
	struct err *e);

/*
 * The newest run that has begun to change files and has no outcome yet: its rows as a JSON array in
 * *ROWS (a new reference) and its id. False: there is none (or E says why it cannot be known).
 */
bool journal_pending(struct journal *j, char run[RUN_ID], json_t **rows, struct err *e);
/* The rows of RUN, oldest first; a new reference. NULL with E. */
json_t *journal_run(struct journal *j, const char *run, struct err *e);

/* One line for people: "outcome: done, serial 2013051501 on 3 of 3 servers"; clean. */
void journal_text(const struct journal_entry *x, char *out, size_t size);

#endif
