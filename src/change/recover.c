/*
 * recover: ends what a crash cut off. Nothing is replayed: each file of the run is read, and what
 * it holds says where things stand. The zone file decides: if it is the new one the run is carried
 * on with (the folder synced, the servers told and asked), if it is the old one the key files go
 * back to it. A run that was going back goes back to its end. A file that is neither is somebody
 * else's work by now: it is named and left alone, unless it is what a signer that writes the deployed
 * file itself left of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "change/apply_int.h"

enum holds { HOLDS_OLD, HOLDS_NEW, HOLDS_OTHER, HOLDS_HALF };

struct recovery {
	struct run r;
	json_t *rows;
	json_t *files; /* path -> file object, of the newest intent that names it */
	bool held, was_durable;
	bool going_back, told; /* a rollback had begun; the servers had been told of the new zone then */
	unsigned put_back, left; /* files */
	char said[1500];
};

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static void
read_rows(struct recovery *x)
{
	size_t i, k;
	json_t *row, *file;

	x->files = json_object();
	json_array_foreach(x->rows, i, row) {
		const char *kind = member(row, "kind");
		if (strcmp(kind, "hold") == 0)
			x->held = true;
		else if (strcmp(kind, "release") == 0)
			x->held = false;
		else if (strcmp(kind, "replaced") == 0)
			x->was_durable = json_is_true(json_object_get(row, "durable"));
		else if (strcmp(kind, "rollback") == 0) {
			x->going_back = true;
			x->told |= json_is_true(json_object_get(row, "told"));
		} else if (strcmp(kind, "outcome") == 0 || strcmp(kind, "recovery") == 0) {
			/* an earlier attempt with the same plan ended */
			json_object_clear(x->files);
			x->held = x->was_durable = x->going_back = x->told = false;
		} else if (strcmp(kind, "intent") == 0) {
			json_t *serial = json_object_get(row, "serial");
			x->r.has_serial = json_is_integer(serial);
			x->r.serial = (uint32_t)json_integer_value(serial);
			json_array_foreach(json_object_get(row, "files"), k, file)
				json_object_set(x->files, member(file, "path"), file);
		}
	}
}

/* Temporary files of this run, by their known names and nothing else. */
static bool
sweep(const struct recovery *x, const char *path, struct err *e)
{
	char temp[NAME_MAX + 1], all[PATH_MAX];
	const char *slash = strrchr(path, '/');

	target_temp_name(temp, slash ? slash + 1 : path, x->r.id);
	snprintf(all, sizeof all, "%.*s/%.255s", slash ? (int)(slash - path) : 1, slash ? path : ".", temp);
	return unlink(all) == 0 || errno == ENOENT || err_errno(e, all, "unlink", errno);
}

static bool
holds(const struct recovery *x, const json_t *file, enum holds *out, struct err *e)
{
	const char *path = member(file, "path"), *old = member(file, "old"), *new = member(file, "new");
	char now[TARGET_HASH];

	if (!file_identity(path, json_is_true(json_object_get(file, "private")), now, e))
		return false;
	bool made = json_is_true(json_object_get(file, "made"));
	if (strcmp(now, old) == 0)
		*out = HOLDS_OLD;
	else if (made || strcmp(now, new) == 0)
		*out = HOLDS_NEW;
	else if (*new)
		*out = HOLDS_OTHER;
	else /* its signer was cut off: what it wrote was never judged */
		*out = check_whole(&x->r.apex, path, member(file, "backup")) ? HOLDS_OTHER : HOLDS_HALF;
	return true;
}

static void
say(struct recovery *x, const char *before, const char *what, const char *after)
{
	size_t n = strlen(x->said);
	char clean[400];

	text_clean(clean, sizeof clean, what);
	if (n + 1 < sizeof x->said) {
		n += (size_t)snprintf(x->said + n, sizeof x->said - n, "%s", n ? "; " : "");
		if (n + 1 < sizeof x->said)
			snprintf(x->said + n, sizeof x->said - n, "%s%s%s", before, clean, after);
	}
}

/* A file of a run whose zone was not replaced, or not for good, goes back to what it was. */
static bool
put_back(struct recovery *x, const json_t *file, struct err *e)
{
	const char *path = member(file, "path"), *backup = member(file, "backup");
	bool private = json_is_true(json_object_get(file, "private"));
	enum holds now;

	if (!holds(x, file, &now, e))
		return false;
	if (now == HOLDS_OLD)
		return true;
	if (now == HOLDS_OTHER) {
		x->left++;
		say(x, "", path, " was changed by somebody else and is left alone");
		return true;
	}
	x->put_back++;
	if (!*member(file, "old")) /* there was none */
		return unlink(path) == 0 || errno == ENOENT || err_errno(e, path, "unlink", errno);
	if (*backup)
		return file_restore_backup(path, backup, member(file, "old"), x->r.id, e);
	return file_restore_times(path, private, json_object_get(file, "times"), x->r.id, e);
}

static bool
sync_folder(const char *path, struct err *e)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : slash ? (int)(slash - path) : 1, slash ? path : ".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;
	if (!ok)
		err_errno(e, dir, "fsync", errno);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The new zone is in place: is it served? The reload is the only thing done again: a server that
 * reads the same file twice is not changed by it. */
static void
carry_on(struct recovery *x)
{
	static const struct plan nothing;
	struct watch w = { 0 };
	struct err e = { 0 };

	x->r.plan = &nothing;
	if (!x->r.has_serial || !x->r.job->io.look) {
		say(x, "what the servers show was not looked at", "", "");
		return;
	}
	if (!watch_servers(&x->r, x->r.serial, 0, &w, &e)) {
		say(x, "what the servers show is not known: ", e.seen, "");
		return;
	}
	if (w.new < w.servers) {
		watch_free(&w);
		if (!command_reload(&x->r, &e))
			say(x, "the reload failed: ", e.seen, "");
		if (!watch_servers(&x->r, x->r.serial, 30, &w, &e))
			w.words[0] = '\0';
	}
	say(x, "", w.words, "");
	watch_free(&w);
}

/* The file that decides, NULL where the run had none. */
static const json_t *
zone_file(const struct recovery *x)
{
	const char *path;
	json_t *file;

	json_object_foreach(x->files, path, file)
		if (json_is_true(json_object_get(file, "zone")))
			return file;
	return NULL;
}

/* The zone first: it is what is served. */
static bool
go_back(struct recovery *x, const json_t *zone, struct err *e)
{
	const char *path;
	json_t *file;
	struct err failed = { 0 };

	if (zone && !put_back(x, zone, e))
		return false;
	json_object_foreach(x->files, path, file)
		if (file != zone && !put_back(x, file, e))
			return false;
	if (zone && x->told && !command_reload(&x->r, &failed))
		say(x, "the reload of the old zone failed: ", failed.seen, "");
	return true;
}

static bool
settle(struct recovery *x, const char **state, struct err *e)
{
	const json_t *zone = zone_file(x);
	enum holds now = HOLDS_OLD;
	const char *path;
	json_t *file;

	*state = "nothing was changed";
	json_object_foreach(x->files, path, file)
		if (!sweep(x, path, e))
			return false;
	if (zone && !holds(x, zone, &now, e))
		return false;
	if (now == HOLDS_NEW && !x->going_back) {
		*state = x->was_durable ? "new" : "new, made durable now";
		if (!sync_folder(member(zone, "path"), e))
			return false;
		carry_on(x);
		return true;
	}
	if (now == HOLDS_OTHER) {
		*state = "other";
		say(x, "", member(zone, "path"), *member(zone, "new")
			? " is neither the old nor the new one: somebody else wrote it, and it is left alone"
			: " is a whole zone, whether of this run's signer or of somebody else: it is left alone");
		return true;
	}
	if (json_object_size(x->files))
		*state = "old";
	return go_back(x, zone, e);
}

static bool
recover_run(struct recovery *x, struct err *e)
{
	const char *state;
	struct run *r = &x->r;

	read_rows(x);
	run_tell(r, "recovery", "begin", "run %s was cut off", r->id);
	bool ok = settle(x, &state, e);
	if (ok && x->held) {
		r->held = true;
		command_hold(r, false, NULL);
		say(x, "what re-signs the zone was started again", "", "");
	}
	if (ok)
		ok = run_note(r, "recovery", json_pack("{s:s s:s s:b s:i s:i}", "state", state, "text", x->said, "final", 1,
			"put_back", (int)x->put_back, "left_alone", (int)x->left), e);
	run_tell(r, "recovery", ok ? "ok" : "failed", "%s%s%s", ok ? state : e->seen, *x->said ? ": " : "", x->said);
	return ok;
}

static bool
find(struct recovery *x, bool *found, struct err *e)
{
	struct err mine = { 0 };

	json_decref(x->rows);
	*found = journal_pending(x->r.job->journal, x->r.id, &x->rows, &mine);
	if (mine.code == ERR_NONE)
		return true;
	*e = mine;
	return false;
}

bool
apply_recover(const struct apply_job *job, bool *found, struct err *e)
{
	struct recovery x = { .r = { .job = job, .a = arena_new(), .lock = { .fd = -1 } } };
	char folder[PATH_MAX];

	*found = false;
	apply_lock_folder(job->zone, job->state, folder);
	bool ok = name_from_text(&x.r.apex, job->zone->name, e) && find(&x, found, e);
	if (ok && *found) /* it may run still, or end before the lock is free: what counts is found under it */
		ok = lock_take(&x.r.lock, folder, job->zone->name, job->who ? job->who : "?", "recovery", e) &&
			find(&x, found, e);
	if (ok && *found)
		ok = recover_run(&x, e);
	lock_drop(&x.r.lock);
	json_decref(x.files);
	json_decref(x.rows);
	snapshot_unref(x.r.after);
	arena_free(x.r.a);
	return ok;
}
