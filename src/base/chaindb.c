#include "base/chaindb.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION 1
#define BUSY_MS 5000
#define WAL_LIMIT "1048576"

struct chaindb {
	sqlite3 *sql;
	char name[256]; /* for messages */
	bool in_transaction;
};

/*
 * meta: "anchor" is the row that went last when old ones were dropped, "head" the newest row. The
 * head is there to notice rows cut off the end.
 */
static const char schema[] =
	"CREATE TABLE chain(seq INTEGER PRIMARY KEY, t INTEGER NOT NULL, kind TEXT NOT NULL,"
	" body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
	"CREATE TABLE meta(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
	"INSERT INTO meta VALUES ('anchor', 0, zeroblob(32)), ('head', 0, zeroblob(32));";

static bool
fails(const struct chaindb *db, const char *what, struct err *e)
{
	int rc = sqlite3_extended_errcode(db->sql), primary = rc & 0xff;
	enum err_code code = primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT ? ERR_PARSE
		: primary == SQLITE_BUSY || primary == SQLITE_LOCKED		  ? ERR_TIMEOUT
		: primary == SQLITE_PERM || primary == SQLITE_READONLY		  ? ERR_PERMISSION
		: primary == SQLITE_FULL					  ? ERR_LIMIT
										  : ERR_IO;

	return err_set(e, code, db->name, what, "", "%s (SQLite %d)", sqlite3_errmsg(db->sql), rc);
}

static bool
run(struct chaindb *db, const char *sql, const char *what, struct err *e)
{
	return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK || fails(db, what, e);
}

static bool
read_number(struct chaindb *db, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *q = NULL;
	bool ok = sqlite3_prepare_v2(db->sql, sql, -1, &q, NULL) == SQLITE_OK &&
		sqlite3_step(q) == SQLITE_ROW;

	if (ok)
		*out = sqlite3_column_int64(q, 0);
	else
		fails(db, sql, e);
	sqlite3_finalize(q);
	return ok;
}

/* Made by two at once: the second finds the first one's tables behind the write lock. */
static bool
make_tables(struct chaindb *db, const char *more, struct err *e)
{
	int64_t version;
	char set[64];

	if (!run(db, "BEGIN IMMEDIATE", "begin", e))
		return false;
	bool ok = read_number(db, "PRAGMA user_version", &version, e);
	if (ok && version == 0) {
		snprintf(set, sizeof set, "PRAGMA user_version = %d", VERSION);
		ok = run(db, schema, "schema", e) && (!more || run(db, more, "schema", e)) &&
			run(db, set, "schema", e);
	}
	if (ok)
		return run(db, "COMMIT", "commit", e);
	sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool
prepare(struct chaindb *db, bool write, bool on_disk, const char *more, struct err *e)
{
	int64_t version;
	int keep = 1;

	sqlite3_busy_timeout(db->sql, BUSY_MS);
	sqlite3_exec(db->sql, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL); /* no file elsewhere */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (write && on_disk) {
		if (!run(db, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
				"PRAGMA synchronous = FULL; PRAGMA journal_size_limit = " WAL_LIMIT,
				"pragma", e))
			return false;
		sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
	}
	if (!read_number(db, "PRAGMA user_version", &version, e))
		return false;
	if (version > VERSION)
		return err_set(e, ERR_UNSUPPORTED, db->name, "version of the file", "1", "%lld",
			(long long)version);
	if (version == 0 && !write)
		return err_set(e, ERR_PARSE, db->name, "version of the file", "1", "an empty database");
	return version == VERSION || make_tables(db, more, e);
}

/* With its mode from the start: what SQLite makes beside it (-wal, -shm) takes the same. */
static bool
make_file(const char *path, bool write, struct err *e)
{
	int fd = open(path, write ? O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW : O_RDONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, path, "open", errno);
	close(fd);
	return true;
}

struct chaindb *
chaindb_open(const char *path, bool write, const char *more, struct err *e)
{
	struct chaindb *db = calloc(1, sizeof *db);

	if (!db) {
		err_errno(e, path, "calloc", ENOMEM);
		return NULL;
	}
	snprintf(db->name, sizeof db->name, "%s", path ? path : "history in memory");
	if (path && !make_file(path, write, e)) {
		free(db);
		return NULL;
	}
	int flags = write || !path ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
	bool ok = sqlite3_open_v2(path ? path : ":memory:", &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL) ==
			SQLITE_OK || fails(db, "open", e);
	if (ok && prepare(db, write || !path, path != NULL, more, e))
		return db;
	chaindb_close(db);
	return NULL;
}

void
chaindb_close(struct chaindb *db)
{
	if (!db)
		return;
	if (db->in_transaction)
		chaindb_rollback(db);
	sqlite3_close_v2(db->sql);
	free(db);
}

sqlite3 *
chaindb_sql(struct chaindb *db)
{
	return db->sql;
}

bool
chaindb_begin(struct chaindb *db, struct err *e)
{
	db->in_transaction = run(db, "BEGIN IMMEDIATE", "begin", e);
	return db->in_transaction;
}

bool
chaindb_commit(struct chaindb *db, struct err *e)
{
	if (!run(db, "COMMIT", "commit", e)) {
		chaindb_rollback(db);
		return false;
	}
	db->in_transaction = false;
	return true;
}

void
chaindb_rollback(struct chaindb *db)
{
	sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	db->in_transaction = false;
}

/* ---- the chain ---- */

static bool
add_number(EVP_MD_CTX *c, uint64_t v)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	return EVP_DigestUpdate(c, b, sizeof b) == 1;
}

static bool
add_text(EVP_MD_CTX *c, const char *s)
{
	return add_number(c, strlen(s)) && EVP_DigestUpdate(c, s, strlen(s)) == 1;
}

/* SHA-256(previous hash, seq, t, length of kind, kind, length of body, body); numbers are 64 bits,
 * most significant octet first. */
static bool
row_hash(const uint8_t before[CHAINDB_HASH], int64_t seq, int64_t t, const char *kind, const char *body,
	uint8_t out[CHAINDB_HASH])
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool ok = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(c, before, CHAINDB_HASH) == 1 && add_number(c, (uint64_t)seq) &&
		add_number(c, (uint64_t)t) && add_text(c, kind) && add_text(c, body) &&
		EVP_DigestFinal_ex(c, out, NULL) == 1;

	EVP_MD_CTX_free(c);
	return ok;
}

static bool
read_meta(struct chaindb *db, const char *name, int64_t *seq, uint8_t hash[CHAINDB_HASH], struct err *e)
{
	sqlite3_stmt *q = NULL;
	bool ok = sqlite3_prepare_v2(db->sql, "SELECT seq, hash FROM meta WHERE name = ?", -1, &q, NULL) ==
			SQLITE_OK &&
		sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW &&
		sqlite3_column_bytes(q, 1) == CHAINDB_HASH;

	if (ok) {
		*seq = sqlite3_column_int64(q, 0);
		memcpy(hash, sqlite3_column_blob(q, 1), CHAINDB_HASH);
	} else
		err_set(e, ERR_PARSE, db->name, "meta", "a row number and a hash", "%s", sqlite3_errmsg(db->sql));
	sqlite3_finalize(q);
	return ok;
}

static bool
write_meta(struct chaindb *db, const char *name, int64_t seq, const uint8_t hash[CHAINDB_HASH],
	struct err *e)
{
	sqlite3_stmt *q = NULL;
	bool ok = sqlite3_prepare_v2(db->sql, "UPDATE meta SET seq = ?, hash = ? WHERE name = ?", -1, &q,
			NULL) == SQLITE_OK &&
		sqlite3_bind_int64(q, 1, seq) == SQLITE_OK &&
		sqlite3_bind_blob(q, 2, hash, CHAINDB_HASH, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_text(q, 3, name, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;

	if (!ok)
		fails(db, "meta", e);
	sqlite3_finalize(q);
	return ok;
}

static bool
insert(struct chaindb *db, const struct chaindb_row *r, struct err *e)
{
	sqlite3_stmt *q = NULL;
	bool ok = sqlite3_prepare_v2(db->sql, "INSERT INTO chain VALUES (?, ?, ?, ?, ?)", -1, &q, NULL) ==
			SQLITE_OK &&
		sqlite3_bind_int64(q, 1, r->seq) == SQLITE_OK && sqlite3_bind_int64(q, 2, r->t) == SQLITE_OK &&
		sqlite3_bind_text(q, 3, r->kind, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_text(q, 4, r->body, -1, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_bind_blob(q, 5, r->hash, CHAINDB_HASH, SQLITE_STATIC) == SQLITE_OK &&
		sqlite3_step(q) == SQLITE_DONE;

	if (!ok)
		fails(db, "insert", e);
	sqlite3_finalize(q);
	return ok;
}

static bool
append_row(struct chaindb *db, struct chaindb_row *r, struct err *e)
{
	uint8_t before[CHAINDB_HASH];

	if (!chaindb_head(db, &r->seq, before, e))
		return false;
	r->seq++;
	if (!row_hash(before, r->seq, r->t, r->kind, r->body, r->hash))
		return err_set(e, ERR_MEMORY, db->name, "SHA-256", "a hash", "nothing");
	return insert(db, r, e) && write_meta(db, "head", r->seq, r->hash, e);
}

bool
chaindb_append(struct chaindb *db, int64_t t, const char *kind, const char *body, int64_t *seq,
	struct err *e)
{
	struct chaindb_row r = { .t = t, .kind = kind, .body = body };
	bool own = !db->in_transaction;

	if (strlen(body) > CHAINDB_BODY_MAX)
		return err_set(e, ERR_LIMIT, db->name, "row", "at most 4 MiB", "%zu octets", strlen(body));
	if (own && !chaindb_begin(db, e))
		return false;
	bool ok = append_row(db, &r, e);
	if (own && ok)
		ok = chaindb_commit(db, e);
	else if (own)
		chaindb_rollback(db);
	if (ok && seq)
		*seq = r.seq;
	return ok;
}

bool
chaindb_head(struct chaindb *db, int64_t *seq, uint8_t hash[CHAINDB_HASH], struct err *e)
{
	return read_meta(db, "head", seq, hash, e);
}

bool
chaindb_each(struct chaindb *db, int64_t from, bool (*fn)(void *ctx, const struct chaindb_row *r),
	void *ctx, struct err *e)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(db->sql, "SELECT seq, t, kind, body, hash FROM chain WHERE seq >= ? "
		"ORDER BY seq", -1, &q, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(q, 1, from);
	while (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct chaindb_row r = { .seq = sqlite3_column_int64(q, 0), .t = sqlite3_column_int64(q, 1),
			.kind = (const char *)sqlite3_column_text(q, 2),
			.body = (const char *)sqlite3_column_text(q, 3) };
		if (sqlite3_column_bytes(q, 4) == CHAINDB_HASH)
			memcpy(r.hash, sqlite3_column_blob(q, 4), CHAINDB_HASH);
		if (!r.kind || !r.body) {
			rc = SQLITE_NOMEM;
			break;
		}
		if (!fn(ctx, &r)) {
			rc = SQLITE_DONE;
			break;
		}
		rc = SQLITE_OK;
	}
	bool ok = rc == SQLITE_DONE || fails(db, "read", e);
	sqlite3_finalize(q);
	return ok;
}

/* ---- verification ---- */

struct checking {
	struct chaindb_check *c;
	uint8_t before[CHAINDB_HASH];
	int64_t expected; /* seq */
};

static void
missing(struct chaindb_check *c, int64_t first, int64_t last)
{
	c->bad = first;
	if (first == last)
		snprintf(c->why, sizeof c->why, "row %lld is missing", (long long)first);
	else
		snprintf(c->why, sizeof c->why, "rows %lld to %lld are missing", (long long)first,
			(long long)last);
}

static bool
check_row(void *ctx, const struct chaindb_row *r)
{
	struct checking *k = ctx;
	uint8_t hash[CHAINDB_HASH];

	k->c->rows++;
	if (!k->c->first)
		k->c->first = r->seq;
	k->c->last = r->seq;
	if (r->seq != k->expected) {
		if (r->seq > k->expected)
			missing(k->c, k->expected, r->seq - 1);
		else {
			k->c->bad = k->expected;
			snprintf(k->c->why, sizeof k->c->why, "row %lld is before the chain's beginning",
				(long long)r->seq);
		}
		return false;
	}
	if (!row_hash(k->before, r->seq, r->t, r->kind, r->body, hash) ||
			memcmp(hash, r->hash, sizeof hash) != 0) {
		k->c->bad = r->seq;
		snprintf(k->c->why, sizeof k->c->why, "row %lld was changed, or one before it",
			(long long)r->seq);
		return false;
	}
	memcpy(k->before, hash, sizeof hash);
	k->expected++;
	return true;
}

bool
chaindb_verify(struct chaindb *db, struct chaindb_check *c, struct err *e)
{
	struct checking k = { .c = c };
	uint8_t head[CHAINDB_HASH];
	int64_t anchor, newest;

	memset(c, 0, sizeof *c);
	bool own = !db->in_transaction; /* one picture, whoever writes meanwhile */
	if (own && !run(db, "BEGIN", "begin", e))
		return false;
	bool ok = read_meta(db, "anchor", &anchor, k.before, e) && read_meta(db, "head", &newest, head, e);
	k.expected = anchor + 1;
	ok = ok && chaindb_each(db, INT64_MIN, check_row, &k, e);
	if (own)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	if (!ok || c->bad)
		return ok;
	if (k.expected <= newest)
		missing(c, k.expected, newest);
	else if (k.expected != newest + 1 || memcmp(k.before, head, sizeof head) != 0) {
		c->bad = newest ? newest : 1;
		snprintf(c->why, sizeof c->why, "the newest row is not the one that was written last");
	}
	return true;
}

bool
chaindb_drop_before(struct chaindb *db, int64_t seq, struct err *e)
{
	sqlite3_stmt *q = NULL;
	bool own = !db->in_transaction, ok = true;
	uint8_t hash[CHAINDB_HASH];

	if (own && !chaindb_begin(db, e))
		return false;
	if (sqlite3_prepare_v2(db->sql, "SELECT hash FROM chain WHERE seq = ?", -1, &q, NULL) != SQLITE_OK ||
			sqlite3_bind_int64(q, 1, seq - 1) != SQLITE_OK)
		ok = fails(db, "read", e);
	else if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_bytes(q, 0) == CHAINDB_HASH) {
		char sql[80];
		memcpy(hash, sqlite3_column_blob(q, 0), CHAINDB_HASH);
		sqlite3_reset(q);
		snprintf(sql, sizeof sql, "DELETE FROM chain WHERE seq < %lld", (long long)seq);
		ok = run(db, sql, "delete", e) && write_meta(db, "anchor", seq - 1, hash, e);
	} /* no such row: nothing is older */
	sqlite3_finalize(q);
	if (own && ok)
		ok = chaindb_commit(db, e) && run(db, "PRAGMA incremental_vacuum", "vacuum", e);
	else if (own)
		chaindb_rollback(db);
	return ok;
}

int64_t
chaindb_size(struct chaindb *db)
{
	int64_t pages = 0, size = 0;

	if (!read_number(db, "PRAGMA page_count", &pages, NULL) ||
			!read_number(db, "PRAGMA page_size", &size, NULL))
		return 0;
	return pages * size;
}
