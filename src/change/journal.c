/* journal: rows of JSON on a hash chain. */
#include "change/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/chaindb.h"
#include "base/clock.h"
#include "base/text.h"

const struct journal_kind journal_kinds[] = {
	{ "confirm", "consent was given: the plan, its phrase, the reason" },
	{ "refused", "a plan was not carried out, and why; nothing was changed" },
	{ "intent", "what is about to be changed: every file with its old and new content's hash" },
	{ "hold", "what else re-signs the zone was stopped" },
	{ "release", "what was stopped was started again" },
	{ "replaced", "the new files are in place (\"durable\": the folder was synced)" },
	{ "reload", "the servers were told to read the zone" },
	{ "observed", "what the servers served then" },
	{ "rollback", "the old files are put back before any server has served the new ones (\"begun\"), or have been" },
	{ "outcome", "how it ended" },
	{ "recovery", "a run that was cut off was looked at: what the files hold, what was done" },
	{ "note", "a person's note" },
	{ "mark", "an entry marked for the report" },
	{ NULL, NULL } };

struct journal {
	struct chaindb *db;
	char zone[1100], who[128], host[128];
};

struct journal *
journal_open(const struct state_place *s, const char *zone, bool write, struct err *e)
{
	struct journal *j = calloc(1, sizeof *j);
	char path[PATH_MAX];

	if (!j) {
		err_errno(e, "journal", "calloc", 12);
		return NULL;
	}
	j->db = chaindb_open(state_path(s, "journal.db", path), write, NULL, e);
	if (!j->db) {
		free(j);
		return NULL;
	}
	text_clean(j->zone, sizeof j->zone, zone);
	gethostname(j->host, sizeof j->host - 1);
	return j;
}

void
journal_close(struct journal *j)
{
	if (!j)
		return;
	chaindb_close(j->db);
	free(j);
}

void
journal_who(struct journal *j, const char *who)
{
	text_clean(j->who, sizeof j->who, who);
}

bool
journal_add(struct journal *j, const char *kind, const char *run, json_t *detail, int64_t *seq,
	struct err *e)
{
	json_t *body = detail ? detail : json_object();
	char host[256];

	text_clean(host, sizeof host, j->host);
	json_object_set_new(body, "zone", json_string(j->zone));
	json_object_set_new(body, "who", json_string(j->who));
	json_object_set_new(body, "host", json_string(host));
	if (run && *run)
		json_object_set_new(body, "run", json_string(run));
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(body);
	if (!text)
		return err_set(e, ERR_PARSE, "journal", "JSON", "valid UTF-8", "a %s row that is not", kind);
	bool ok = chaindb_append(j->db, clock_usec(), kind, text, seq, e);
	free(text);
	return ok;
}

struct each {
	bool (*fn)(void *ctx, const struct journal_entry *x);
	void *ctx;
	bool broken;
};

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static bool
each_row(void *ctx, const struct chaindb_row *r)
{
	struct each *x = ctx;
	char hash[2 * CHAINDB_HASH + 1];
	json_t *body = json_loads(r->body, JSON_REJECT_DUPLICATES, NULL);

	if (!body) /* damaged: journal_verify() says so; it is shown all the same */
		body = json_object();
	text_hex(hash, sizeof hash, r->hash, CHAINDB_HASH);
	const struct journal_entry entry = { .seq = r->seq, .t = r->t, .kind = r->kind, .body = body,
		.who = member(body, "who"), .run = member(body, "run"), .hash = hash };
	bool more = x->fn(x->ctx, &entry);
	json_decref(body);
	return more;
}

bool
journal_each(struct journal *j, int64_t from, bool (*fn)(void *ctx, const struct journal_entry *x),
	void *ctx, struct err *e)
{
	struct each x = { .fn = fn, .ctx = ctx };

	return chaindb_each(j->db, from, each_row, &x, e);
}

bool
journal_verify(struct journal *j, int64_t *rows, int64_t *bad, char *why, size_t size, struct err *e)
{
	struct chaindb_check c = { 0 };

	if (!chaindb_verify(j->db, &c, e))
		return false;
	*rows = c.rows;
	*bad = c.bad;
	text_clean(why, size, c.why);
	return true;
}

/* ---- runs ---- */

static json_t *
as_json(const struct journal_entry *x)
{
	json_t *o = json_deep_copy(x->body);

	json_object_set_new(o, "kind", json_string(x->kind));
	json_object_set_new(o, "seq", json_integer(x->seq));
	json_object_set_new(o, "t", json_integer(x->t));
	return o;
}

/* Kinds that end a run ("refused" does not: it may be of somebody who came second with the same plan);
 * "recovery" does where it says that nothing is left to do. */
static bool
ends(const struct journal_entry *x)
{
	return strcmp(x->kind, "outcome") == 0 ||
		(strcmp(x->kind, "recovery") == 0 && json_is_true(json_object_get(x->body, "final")));
}

static bool
begins(const struct journal_entry *x)
{
	return strcmp(x->kind, "intent") == 0 || strcmp(x->kind, "hold") == 0;
}

struct pending {
	char run[RUN_ID];
};

/* A run may be planned, refused and begun again: what counts is whether its last beginning ended. */
static bool
find_pending(void *ctx, const struct journal_entry *x)
{
	struct pending *p = ctx;

	if (begins(x))
		snprintf(p->run, sizeof p->run, "%s", x->run);
	else if (ends(x) && strcmp(p->run, x->run) == 0)
		p->run[0] = '\0';
	return true;
}

struct collect {
	const char *run;
	json_t *rows;
};

static bool
collect(void *ctx, const struct journal_entry *x)
{
	struct collect *c = ctx;

	if (strcmp(c->run, x->run) == 0)
		json_array_append_new(c->rows, as_json(x));
	return true;
}

json_t *
journal_run(struct journal *j, const char *run, struct err *e)
{
	struct collect c = { .run = run, .rows = json_array() };

	if (!journal_each(j, 0, collect, &c, e)) {
		json_decref(c.rows);
		return NULL;
	}
	return c.rows;
}

bool
journal_pending(struct journal *j, char run[RUN_ID], json_t **rows, struct err *e)
{
	struct pending p = { .run = "" };

	*rows = NULL;
	if (!journal_each(j, 0, find_pending, &p, e) || !p.run[0])
		return false;
	snprintf(run, RUN_ID, "%s", p.run);
	*rows = journal_run(j, run, e);
	return *rows != NULL;
}

void
journal_text(const struct journal_entry *x, char *out, size_t size)
{
	const char *text = member(x->body, "text");
	const char *state = member(x->body, "state");
	char line[2048];

	snprintf(line, sizeof line, "%s%s%s%s%s", x->kind, *state ? ": " : "", state, *text ? ": " : "",
		text);
	text_clean(out, size, line);
}
