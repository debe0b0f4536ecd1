/*
 * chaindb: a log in an SQLite file whose rows are hash-chained: each row's hash covers the row and
 * the hash of the row before it, so that a row changed, removed or put in later is found by
 * chaindb_verify(). The history (history.db) and the journal (journal.db) are such logs.
 *
 * One table, "chain": seq (from 1, without gaps), t (Unix microseconds), kind (a word), body (text;
 * JSON by convention), hash (SHA-256 over previous hash, seq, t, kind and body, see chaindb.c).
 * Dropping the oldest rows keeps the hash of the last one that went as the anchor.
 *
 * What it does not prove: somebody who may write the file may write all of it anew. The newest
 * hash, noted elsewhere (a report, a printout), is what shows that.
 *
 * WAL with synchronous=FULL; the WAL stays when the last writer goes (a reader in a folder that it
 * may not write needs it). Several processes may write: every append takes the write lock before
 * it reads the newest hash (BEGIN IMMEDIATE), and waits up to 5 s for another's.
 *
 * Life cycle: chaindb_open(), any calls, chaindb_close(). Not for more than one thread.
 */
#ifndef BASE_CHAINDB_H
#define BASE_CHAINDB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CHAINDB_HASH 32
#define CHAINDB_BODY_MAX (4u << 20) /* octets */

struct chaindb;

/*
 * Opens PATH, and makes it (mode 0600) when WRITE and it is not there; PATH NULL: in memory.
 * MORE: SQL run once when the file is made (tables and indexes of the caller's own), or NULL.
 * NULL with E: ERR_NOT_FOUND (only without WRITE), ERR_PERMISSION, ERR_PARSE (no database, or
 * damaged), ERR_UNSUPPORTED (made by a newer version), ERR_IO.
 */
struct chaindb *chaindb_open(const char *path, bool write, const char *more, struct err *e);
void chaindb_close(struct chaindb *db); /* NULL is allowed */
sqlite3 *chaindb_sql(struct chaindb *db); /* for reading, and for the caller's own tables */

/* Several appends as one: all of them are there after a crash, or none. Do not nest. */
bool chaindb_begin(struct chaindb *db, struct err *e);
bool chaindb_commit(struct chaindb *db, struct err *e);
void chaindb_rollback(struct chaindb *db);

/* Appends a row (in a transaction of its own outside chaindb_begin()); *SEQ may be NULL. */
bool chaindb_append(struct chaindb *db, int64_t t, const char *kind, const char *body, int64_t *seq,
	struct err *e);

struct chaindb_row {
	int64_t seq, t;
	const char *kind, *body; /* until the callback returns */
	uint8_t hash[CHAINDB_HASH];
};
/* Rows from seq FROM on, oldest first; FN returns false to end early (no error). */
bool chaindb_each(struct chaindb *db, int64_t from, bool (*fn)(void *ctx, const struct chaindb_row *r),
	void *ctx, struct err *e);

/* The newest row's number and hash; *SEQ 0 when there is none. */
bool chaindb_head(struct chaindb *db, int64_t *seq, uint8_t hash[CHAINDB_HASH], struct err *e);

struct chaindb_check {
	int64_t rows, first, last; /* first, last: seq, 0 when there are no rows */
	int64_t bad;		   /* seq of the first row that does not fit, 0: all do */
	char why[160];		   /* "row 17 was changed", "rows 18 to 20 are missing" */
};
/* Reads everything. True when it could be read: look at c->bad. */
bool chaindb_verify(struct chaindb *db, struct chaindb_check *c, struct err *e);

/* Removes the rows before SEQ; the chain then begins at its anchor. Gives the space back. */
bool chaindb_drop_before(struct chaindb *db, int64_t seq, struct err *e);
/* Octets of the database (without its WAL). */
int64_t chaindb_size(struct chaindb *db);

#endif
