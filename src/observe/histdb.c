#include "observe/histdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"
#include "model/history.h"
#include "model/stream.h"

#define LOOK_EVERY 60 /* seconds */
#define UNCHANGED 64  /* closed versions in a row after which older ones are not compared again */

struct kept {
	int64_t id; /* number of its row */
	struct obs *o; /* FACT_VERSION, with on, off and ttl as they are now */
};
struct kept_seat {
	char *server;
	int64_t version; /* id, 0: none */
	int64_t t;
};
struct kept_list {
	struct kept *v;
	size_t n, cap;
	struct kept_seat *seat;
	size_t n_seats, cap_seats;
	int64_t at; /* every server was seen again then */
};

struct histdb {
	struct chaindb *db;
	bool write, in_transaction;
	struct name zone;
	char path[PATH_MAX], note[300];
	struct kept_list list[VERSION_OF_COUNT];
	int64_t since, looked, heard; /* seconds */
	int64_t look_written, heard_written;
	int64_t oldest_row; /* usec: t of the first row that counts for the bounds */
	int64_t first, newest; /* rows: their numbers, 0 none */
};

/* ---- what is kept ---- */

static void *
grow(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? 2 * *cap : 16;
	void *more = realloc(v, *cap * size);
	if (!more)
		abort(); /* as base/arena */
	return more;
}

static void
keep(struct kept_list *l, int64_t id, struct obs *o)
{
	l->v = grow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n++] = (struct kept){ .id = id, .o = o };
}

static struct kept *
by_id(struct kept_list *l, int64_t id)
{
	for (size_t i = l->n; i-- > 0;)
		if (l->v[i].id == id)
			return &l->v[i];
	return NULL;
}

static struct kept_seat *
seat_of(struct kept_list *l, const char *server)
{
	for (size_t i = 0; i < l->n_seats; i++)
		if (strcmp(l->seat[i].server, server) == 0)
			return &l->seat[i];
	l->seat = grow(l->seat, l->n_seats, &l->cap_seats, sizeof *l->seat);
	l->seat[l->n_seats] = (struct kept_seat){ .server = strdup(server), .t = TIME_UNSET };
	if (!l->seat[l->n_seats].server)
		abort();
	return &l->seat[l->n_seats++];
}

static void
forget_all(struct kept_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		obs_unref(l->v[i].o);
	for (size_t i = 0; i < l->n_seats; i++)
		free(l->seat[i].server);
	free(l->v);
	free(l->seat);
	*l = (struct kept_list){ .at = TIME_UNSET };
}

/* ---- reading ---- */

static int64_t
number(json_t *j, const char *name, int64_t otherwise)
{
	json_t *v = json_object_get(j, name);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

static struct kept *
any_by_id(struct histdb *h, int64_t id)
{
	struct kept *v = NULL;

	for (int i = 0; i < VERSION_OF_COUNT && !v; i++)
		v = by_id(&h->list[i], id);
	return v;
}

static void
row_version(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	struct obs *o = stream_parse(r->body, strlen(r->body), NULL);

	(void)j;
	if (o && o->fact == FACT_VERSION && o->u.version.value && o->u.version.of < VERSION_OF_COUNT)
		keep(&h->list[o->u.version.of], r->seq, o);
	else
		obs_unref(o);
}

static void
row_ttl(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	struct kept *v = any_by_id(h, number(j, "version", 0));
	int64_t ttl = number(j, "ttl", 0);

	(void)r;
	if (v && ttl > 0 && ttl <= UINT32_MAX)
		v->o->u.version.ttl = (uint32_t)ttl;
}

static void
row_off(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	struct kept *v = any_by_id(h, number(j, "version", 0));

	(void)r;
	if (v)
		v->o->u.version.off = number(j, "off", TIME_NEVER);
}

static void
row_seat(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	const char *of = json_string_value(json_object_get(j, "of"));
	const char *server = json_string_value(json_object_get(j, "server"));

	(void)r;
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		if (of && server && strcmp(of, version_of_name(i)) == 0) {
			struct kept_seat *s = seat_of(&h->list[i], server);
			s->version = number(j, "version", 0);
			s->t = number(j, "t", TIME_UNSET);
		}
}

static void
row_look(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	json_t *at = json_object_get(j, "at");

	(void)r;
	h->looked = number(j, "looked", h->looked);
	h->heard = number(j, "heard", h->heard);
	h->since = number(j, "since", h->since);
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		h->list[i].at = number(at, version_of_name(i), h->list[i].at);
}

static void
row_gap(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	(void)r;
	h->since = number(j, "since", h->since);
}

/* What follows says everything anew. */
static void
row_compact(struct histdb *h, const struct chaindb_row *r, json_t *j)
{
	(void)j;
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		forget_all(&h->list[i]);
	h->oldest_row = r->t;
}

/* To add a kind: a row, and a line in histdb.h. */
static const struct {
	const char *name;
	void (*take)(struct histdb *h, const struct chaindb_row *r, json_t *body);
} kinds[] = { { "version", row_version }, { "ttl", row_ttl }, { "off", row_off }, { "seat", row_seat },
	{ "look", row_look }, { "gap", row_gap }, { "compact", row_compact } };

static bool
take_row(void *ctx, const struct chaindb_row *r)
{
	struct histdb *h = ctx;

	h->newest = r->seq;
	if (!h->first)
		h->first = r->seq;
	if (h->oldest_row == TIME_UNSET)
		h->oldest_row = r->t;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, r->kind) == 0) {
			json_t *j = json_loads(r->body, 0, NULL);
			kinds[i].take(h, r, j);
			json_decref(j);
		}
	return true;
}

static bool
load(struct histdb *h, struct err *e)
{
	struct chaindb_check c;

	if (!chaindb_verify(h->db, &c, e) || !chaindb_each(h->db, 0, take_row, h, e))
		return false;
	if (c.bad)
		snprintf(h->note, sizeof h->note, "the history was tampered with or damaged: %s", c.why);
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		for (size_t k = 0; k < h->list[i].n_seats; k++)
			if (h->list[i].seat[k].t < h->list[i].at)
				h->list[i].seat[k].t = h->list[i].at;
	return true;
}

/* A file that cannot be read as a database goes aside: nothing is thrown away. */
static bool
set_aside(struct histdb *h, int64_t now, struct err *e)
{
	static const char *const suffix[] = { "", "-wal", "-shm" };
	char when[40], from[PATH_MAX + 8], to[PATH_MAX + 64];
	bool ok = false;

	clock_dnssec(when, sizeof when, now / USEC);
	for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
		snprintf(from, sizeof from, "%s%s", h->path, suffix[i]);
		snprintf(to, sizeof to, "%s.bad-%s%s", h->path, when, suffix[i]);
		ok |= rename(from, to) == 0;
	}
	if (!ok)
		return err_set(e, ERR_IO, h->path, "rename", "to put the damaged file aside", "it stays");
	snprintf(h->note, sizeof h->note, "the file was damaged and is now " HISTDB_FILE ".bad-%s", when);
	return true;
}

static bool
open_file(struct histdb *h, bool memory, int64_t now, struct err *e)
{
	struct err first = { 0 };
	char note[sizeof h->note];

	h->db = chaindb_open(memory ? NULL : h->path, h->write, NULL, &first);
	if (h->db && load(h, &first))
		return true;
	if (!h->write || memory || first.code != ERR_PARSE) {
		if (e)
			*e = first;
		return false;
	}
	chaindb_close(h->db);
	h->db = NULL;
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		forget_all(&h->list[i]);
	if (!set_aside(h, now, e))
		return false;
	memcpy(note, h->note, sizeof note);
	h->db = chaindb_open(h->path, true, NULL, e);
	return h->db && load(h, e) && memcpy(h->note, note, sizeof note);
}

struct histdb *
histdb_open(const struct state_place *s, const struct name *zone, bool write, int64_t now, struct err *e)
{
	struct histdb *h = calloc(1, sizeof *h);

	if (!h) {
		err_set(e, ERR_MEMORY, HISTDB_FILE, "calloc", "", "no memory");
		return NULL;
	}
	h->zone = *zone;
	h->write = write;
	h->since = h->looked = h->heard = h->look_written = h->heard_written = h->oldest_row = TIME_UNSET;
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		h->list[i].at = TIME_UNSET;
	if (s->memory)
		snprintf(h->path, sizeof h->path, "memory");
	else
		state_path(s, HISTDB_FILE, h->path);
	bool ok = open_file(h, s->memory, now, e);
	if (ok && s->memory)
		snprintf(h->note, sizeof h->note, "%.290s", s->notice);
	if (ok && write) {
		char body[100];
		snprintf(body, sizeof body, "{\"pid\":%ld,\"program\":\"unbogus %s\"}", (long)getpid(),
			UBG_VERSION);
		ok = chaindb_append(h->db, now, "begin", body, &h->newest, e);
		h->first = h->first ? h->first : h->newest;
	}
	if (ok)
		return h;
	h->write = false;
	histdb_close(h);
	return NULL;
}

const char *
histdb_path(const struct histdb *h)
{
	return h->path;
}

bool
histdb_verify(struct histdb *h, struct chaindb_check *c, struct err *e)
{
	return chaindb_verify(h->db, c, e);
}

/* ---- telling ---- */

static const char *
held_by(struct arena *a, const struct kept_list *l, int64_t id)
{
	const char *all = NULL;
	char t[40];

	for (size_t i = 0; i < l->n_seats; i++)
		if (l->seat[i].version == id && l->seat[i].t != TIME_UNSET)
			all = arena_printf(a, "%s%s%s %s", all ? all : "", all ? ", " : "", l->seat[i].server,
				clock_rfc3339_s(t, sizeof t, l->seat[i].t));
	return all;
}

static void
give_back(void *o)
{
	obs_unref(o);
}

static void
emit_version(const struct kept_list *l, const struct kept *v, int64_t t,
	void (*on_obs)(void *ctx, struct obs *o), void *ctx)
{
	struct obs *o = obs_new(FACT_VERSION, t, "record", &v->o->zone);

	arena_on_free(o->arena, give_back, obs_ref(v->o)); /* the records stay where they are */
	o->u.version = v->o->u.version;
	o->u.version.held = v->o->u.version.off == TIME_NEVER ? held_by(o->arena, l, v->id) : NULL;
	on_obs(ctx, o);
}

void
histdb_emit(const struct histdb *h, int64_t t, uint32_t pid, size_t most,
	void (*on_obs)(void *ctx, struct obs *o), void *ctx)
{
	struct obs *o = obs_new(FACT_HISTORY, t, "record", &h->zone);
	bool gap = h->heard != TIME_UNSET && t / USEC - h->heard > HISTDB_GAP;

	o->u.history = (struct fact_history){ .store = arena_strdup(o->arena, h->path),
		.note = h->note[0] ? arena_strdup(o->arena, h->note) : NULL, .looked = h->looked,
		.since = gap ? TIME_UNSET : h->since, .rows = (uint64_t)(h->newest ? h->newest - h->first + 1 : 0), .pid = pid };
	on_obs(ctx, o);
	for (int of = 0; of < VERSION_OF_COUNT; of++) {
		const struct kept_list *l = &h->list[of];
		size_t skip = most && l->n > most ? l->n - most : 0;
		for (size_t i = 0; i < l->n; i++)
			if (i >= skip || l->v[i].o->u.version.off == TIME_NEVER)
				emit_version(l, &l->v[i], t, on_obs, ctx);
	}
}

/* ---- writing ---- */

static bool
append(struct histdb *h, int64_t now, const char *kind, json_t *body, int64_t *seq, struct err *e)
{
	char *s = json_dumps(body, JSON_COMPACT);
	bool ok = s != NULL;

	json_decref(body);
	if (ok && !h->in_transaction)
		ok = h->in_transaction = chaindb_begin(h->db, e);
	ok = ok && chaindb_append(h->db, now, kind, s, &h->newest, e);
	if (ok && seq)
		*seq = h->newest;
	free(s);
	return ok;
}

static bool
append_version(struct histdb *h, int64_t now, const struct obs *o, int64_t *seq, struct err *e)
{
	struct text line = { 0 };
	bool ok = h->in_transaction || (h->in_transaction = chaindb_begin(h->db, e));

	stream_write(&line, o);
	if (line.len)
		line.s[--line.len] = '\0'; /* the newline */
	ok = ok && chaindb_append(h->db, now, "version", text_str(&line), &h->newest, e);
	*seq = h->newest;
	text_free(&line);
	return ok;
}

/* Records of TYPE at the zone's name and the signatures over them. */
static void
copy_set(struct obs *o, const struct rr_list *from, uint16_t type)
{
	for (size_t i = 0; i < from->n; i++) {
		struct rr rr = from->v[i];
		struct rrsig sig;
		if (rr.section != SECTION_ANSWER || !name_equal(&rr.owner, &o->zone) || (rr.type != type &&
				!(rr.type == T_RRSIG && rrsig_parse(rr.rdata, rr.rdlen, &sig) &&
					sig.covered == type)))
			continue;
		rr.rdata = arena_memdup(o->arena, rr.rdata, rr.rdlen);
		arena_push(o->arena, &o->u.version.rrs, rr);
	}
}

static struct obs *
version_fact(const struct histdb *h, enum version_of of, const struct version *v)
{
	static const uint16_t types[] = { [VERSION_DS] = T_DS, [VERSION_DNSKEY] = T_DNSKEY,
		[VERSION_SIGNERS] = T_SOA };
	const struct obs *s = v->sample && v->sample->fact == FACT_ANSWER ? v->sample : NULL;
	struct obs *o = obs_new(FACT_VERSION, v->on * USEC, "record", &h->zone);
	struct fact_version *f = &o->u.version;

	*f = (struct fact_version){ .of = of, .value = arena_strdup(o->arena, v->value), .on = v->on,
		.off = v->off, .on_before = v->on_before, .ttl = v->ttl, .seen = s ? s->t / USEC : v->on };
	f->at.address = "?";
	if (s) {
		f->at = s->u.answer.at;
		f->at.ns = arena_strdup(o->arena, f->at.ns);
		f->at.address = arena_strdup(o->arena, f->at.address);
	}
	if (s && of != VERSION_SERIAL)
		copy_set(o, &s->u.answer.rrs, types[of]);
	return o;
}

static struct kept *
find_kept(struct kept_list *l, const struct version *v)
{
	for (size_t i = l->n; i-- > 0;) {
		const struct fact_version *f = &l->v[i].o->u.version;
		if (strcmp(f->value, v->value) == 0 && (f->on == v->on || (f->on < v->off && v->on < f->off)))
			return &l->v[i];
	}
	return NULL;
}

/* *CHANGED: there was something to write. */
static bool
follow_version(struct histdb *h, enum version_of of, const struct version *v, int64_t now,
	bool *changed, struct err *e)
{
	struct kept *k = find_kept(&h->list[of], v);
	bool ok = true;

	*changed = true;
	if (!k) {
		struct obs *o = version_fact(h, of, v);
		int64_t id;
		ok = append_version(h, now, o, &id, e);
		if (ok)
			keep(&h->list[of], id, o);
		else
			obs_unref(o);
		return ok;
	}
	struct fact_version *f = &k->o->u.version;
	*changed = false;
	if (v->ttl > f->ttl) {
		f->ttl = v->ttl;
		*changed = true;
		ok = append(h, now, "ttl", json_pack("{sIsI}", "version", (json_int_t)k->id, "ttl",
			(json_int_t)v->ttl), NULL, e);
	}
	if (ok && f->off == TIME_NEVER && v->off != TIME_NEVER) {
		f->off = v->off;
		*changed = true;
		ok = append(h, now, "off", json_pack("{sIsI}", "version", (json_int_t)k->id, "off",
			(json_int_t)v->off), NULL, e);
	}
	return ok;
}

static bool
follow_seats(struct histdb *h, enum version_of of, const struct track *k, int64_t now, struct err *e)
{
	struct kept_list *l = &h->list[of];
	int64_t at = TIME_NEVER;
	bool ok = true;

	for (size_t i = 0; i < k->seats.n && ok; i++) {
		const struct track_seat *seat = &k->seats.v[i];
		const struct kept *v = seat->version == SIZE_MAX ? NULL
			: find_kept(l, &k->list.v[seat->version]);
		struct kept_seat *mine = seat_of(l, seat->server);
		int64_t id = v ? v->id : 0;
		if (mine->version != id) {
			mine->version = id;
			ok = append(h, now, "seat", json_pack("{sssssIsI}", "of", version_of_name(of), "server",
				seat->server, "version", (json_int_t)id, "t", (json_int_t)seat->t), NULL, e);
		}
		if (seat->t != TIME_UNSET)
			mine->t = seat->t;
		if (id && seat->t < at)
			at = seat->t;
		if (seat->t != TIME_UNSET && (h->heard == TIME_UNSET || seat->t > h->heard))
			h->heard = seat->t;
	}
	if (at != TIME_NEVER)
		l->at = at;
	return ok;
}

static bool
append_look(struct histdb *h, int64_t now, struct err *e)
{
	json_t *at = json_object(), *body = json_object();

	for (int of = 0; of < VERSION_OF_COUNT; of++)
		if (h->list[of].at != TIME_UNSET)
			json_object_set_new(at, version_of_name(of), json_integer(h->list[of].at));
	if (h->looked != TIME_UNSET)
		json_object_set_new(body, "looked", json_integer(h->looked));
	json_object_set_new(body, "heard", json_integer(h->heard));
	json_object_set_new(body, "since", json_integer(h->since));
	json_object_set_new(body, "at", at);
	h->look_written = now / USEC;
	h->heard_written = h->heard;
	return append(h, now, "look", body, NULL, e);
}

/* Was there a time in which nothing was heard? Then what came and went in it is not known. */
static bool
follow_gap(struct histdb *h, int64_t before, int64_t now, bool *told, struct err *e)
{
	if (h->heard == TIME_UNSET || (before != TIME_UNSET && h->heard - before <= HISTDB_GAP))
		return true;
	h->since = h->heard;
	if (before == TIME_UNSET)
		return true;
	if (told)
		*told = true;
	return append(h, now, "gap", json_pack("{sI}", "since", (json_int_t)h->since), NULL, e);
}

static bool
finish(struct histdb *h, bool ok, struct err *e)
{
	if (!h->in_transaction)
		return ok;
	h->in_transaction = false;
	if (ok)
		return chaindb_commit(h->db, e);
	chaindb_rollback(h->db);
	return false;
}

bool
histdb_follow(struct histdb *h, const struct ledger *l, int64_t now, bool *told, struct err *e)
{
	int64_t before = h->heard;
	bool ok = true;

	for (int of = 0; of < VERSION_OF_COUNT && ok; of++) {
		const struct track *k = ledger_track(l, of);
		size_t from = k->list.n, unchanged = 0;
		while (from > 0 && unchanged < UNCHANGED) {
			const struct version *v = &k->list.v[--from];
			struct kept *was = find_kept(&h->list[of], v);
			bool same = was && was->o->u.version.off == v->off && was->o->u.version.ttl >= v->ttl;
			unchanged = same && v->off != TIME_NEVER ? unchanged + 1 : 0;
		}
		for (bool changed; from < k->list.n && ok; from++) /* oldest first */
			ok = follow_version(h, of, &k->list.v[from], now, &changed, e);
		ok = ok && follow_seats(h, of, k, now, e);
	}
	if (ledger_looked(l) != TIME_UNSET)
		h->looked = ledger_looked(l);
	ok = ok && follow_gap(h, before, now, told, e);
	if (ok && h->heard != h->heard_written && (h->in_transaction || h->look_written == TIME_UNSET ||
			now / USEC - h->look_written >= LOOK_EVERY))
		ok = append_look(h, now, e);
	return finish(h, ok, e);
}

void
histdb_close(struct histdb *h)
{
	if (!h)
		return;
	if (h->write && h->db) {
		int64_t now = clock_usec();
		bool ok = h->heard == h->heard_written || append_look(h, now, NULL);
		finish(h, ok && append(h, now, "end", json_object(), NULL, NULL), NULL);
	}
	for (int i = 0; i < VERSION_OF_COUNT; i++)
		forget_all(&h->list[i]);
	chaindb_close(h->db);
	free(h);
}

/* ---- bounds ---- */

static bool
worth_keeping(const struct kept *v, int64_t since)
{
	return v->o->u.version.off == TIME_NEVER || v->o->u.version.off >= since;
}

/* Writes anew what ended after SINCE, and drops what lies before. */
static bool
write_anew(struct histdb *h, int64_t since, int64_t now, struct err *e)
{
	int64_t first;
	bool ok = append(h, now, "compact", json_pack("{sI}", "from", (json_int_t)since), &first, e);

	for (int of = 0; of < VERSION_OF_COUNT && ok; of++) {
		struct kept_list *l = &h->list[of];
		size_t n = 0;
		for (size_t i = 0; i < l->n && ok; i++) {
			int64_t old = l->v[i].id;
			if (!worth_keeping(&l->v[i], since)) {
				obs_unref(l->v[i].o);
				continue;
			}
			ok = append_version(h, now, l->v[i].o, &l->v[i].id, e);
			for (size_t k = 0; k < l->n_seats; k++)
				if (l->seat[k].version == old)
					l->seat[k].version = l->v[i].id;
			l->v[n++] = l->v[i];
		}
		l->n = ok ? n : l->n;
		for (size_t k = 0; k < l->n_seats && ok; k++)
			if (l->seat[k].version)
				ok = append(h, now, "seat", json_pack("{sssssIsI}", "of", version_of_name(of),
					"server", l->seat[k].server, "version", (json_int_t)l->seat[k].version, "t",
					(json_int_t)l->seat[k].t), NULL, e);
	}
	ok = ok && append_look(h, now, e) && chaindb_drop_before(h->db, first, e);
	if (ok) {
		h->oldest_row = now;
		h->first = first;
	}
	return finish(h, ok, e);
}

bool
histdb_compact(struct histdb *h, const struct histdb_bounds *b, int64_t now, struct err *e)
{
	int64_t keep_s = b->keep;
	bool old = h->oldest_row != TIME_UNSET && now - h->oldest_row > b->keep * USEC + b->keep * USEC / 4;

	if (!old && chaindb_size(h->db) <= b->max_size)
		return true;
	while (write_anew(h, now / USEC - keep_s, now, e)) {
		sqlite3_exec(chaindb_sql(h->db), "PRAGMA incremental_vacuum", NULL, NULL, NULL);
		if (chaindb_size(h->db) <= b->max_size / 4 * 3 || keep_s < 3600)
			return true;
		keep_s /= 2;
	}
	return false;
}
