/*
 * histdb: the history of one zone in history.db of its state folder: which DS, DNSKEY and signer
 * sets and which serials were served when, and which server held which. Written by record alone;
 * everybody else reads. The rows are hash-chained (base/chaindb.h) and only ever appended:
 *
 *	begin    {"pid","program"}: a record began
 *	version  a value was seen that was not served before: the stream's fact "version", as it is
 *		 written in the stream (unbogus-stream(5)); the row's number names it from then on
 *	ttl      {"version","ttl"}: it was served with a larger TTL
 *	off      {"version","off"}: no address serves it any more
 *	seat     {"of","server","version","t"}: a server now serves it (version 0: it left the zone)
 *	look     {"looked","heard","at"}: nothing else changed; at most one a minute. "at": for each
 *		 list the time at which every server had been seen again
 *	gap      {"since"}: nothing was heard for 10 minutes; what came and went then is not known
 *	compact  {"from"}: what is still of use follows again, and older rows went
 *	end      {}: the record ended in order
 *
 * Times in these bodies are Unix seconds. To add a kind: a line here, a row in kinds[] of
 * histdb.c; who does not know a kind passes over it.
 *
 * Life cycle: histdb_open(), histdb_emit() into a ledger, histdb_follow() again and again,
 * histdb_close(). Everything is owned by the struct histdb.
 */
#ifndef OBSERVE_HISTDB_H
#define OBSERVE_HISTDB_H

#include "base/chaindb.h"
#include "base/state.h"
#include "model/snapshot.h"

#define HISTDB_FILE "history.db"
#define HISTDB_GAP 600 /* seconds without an answer that make a gap */

struct histdb;

/*
 * Opens the history of ZONE in the folder of S. WRITE: makes it where it is missing; in memory
 * where S says so; a damaged file is renamed history.db.bad-TIME and a new one begun, which the
 * fact history then says. NOW in usec. NULL with E (without WRITE: ERR_NOT_FOUND when there is
 * none).
 */
struct histdb *histdb_open(const struct state_place *s, const struct name *zone, bool write, int64_t now,
	struct err *e);
void histdb_close(struct histdb *h); /* NULL is allowed; a writer's last look is written */

/*
 * Gives the fact history and a fact for each version (the newest MOST of each list; 0: all) of T
 * (usec) to ON_OBS, which takes over the references. PID: of the record, 0: read from the file.
 */
void histdb_emit(const struct histdb *h, int64_t t, uint32_t pid, size_t most,
	void (*on_obs)(void *ctx, struct obs *o), void *ctx);

/*
 * Writes what changed in L since the last call; L must have been given what histdb_emit() gives.
 * *TOLD (may be NULL) is set when a gap was noticed: others should hear the fact history again.
 */
bool histdb_follow(struct histdb *h, const struct ledger *l, int64_t now, bool *told, struct err *e);

struct histdb_bounds {
	int64_t keep;	 /* seconds: versions that ended before are forgotten */
	int64_t max_size; /* octets of the file */
};
/* Forgets what is out of BOUNDS, if anything is. */
bool histdb_compact(struct histdb *h, const struct histdb_bounds *b, int64_t now, struct err *e);

bool histdb_verify(struct histdb *h, struct chaindb_check *c, struct err *e);
const char *histdb_path(const struct histdb *h); /* "memory" */

#endif
