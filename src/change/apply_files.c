/* The files of a run: prepared in memory, backed up, staged, swapped, and put back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "change/apply_int.h"
#include "keys/keyfile.h"
#include "keys/privfile.h"

#define SECRET_MAX (1 << 16)

/*
 * Reads PATH without following links into TEXT, whose storage is made at its full size at once, so
 * that no copy of a secret is left behind in memory that was given back.
 */
static bool
read_secret(const char *path, struct text *out, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_errno(e, path, "open", errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > SECRET_MAX) {
		close(fd);
		return err_set(e, ERR_IO, path, "open", "a small regular file", "something else");
	}
	*out = (struct text){ .s = calloc(1, (size_t)st.st_size + 1), .cap = (size_t)st.st_size + 1 };
	ssize_t n = out->s ? read(fd, out->s, (size_t)st.st_size) : -1;
	close(fd);
	if (n != st.st_size) {
		text_wipe(out);
		return err_set(e, ERR_CHANGED, path, "read", "the whole file", "it changed meanwhile");
	}
	out->len = (size_t)n;
	return true;
}

static void
wipe(struct text *t, bool private)
{
	if (private)
		text_wipe(t);
	else
		text_free(t);
}

/* ---- identities ---- */

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void
dir_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash ? slash - path : 1),
		slash ? path : ".");
}

/* Of format, algorithm and dates alone: what is secret is passed over (keys/keyfile.h). */
static void
private_identity(const struct text *raw, char out[TARGET_HASH])
{
	struct arena *a = arena_new();
	struct fact_keyfile *f = arena_new_one(a, struct fact_keyfile);
	struct private_reader *r = arena_new_one(a, struct private_reader);
	struct text seen = { 0 };

	private_begin(r, a, f);
	private_feed(r, text_str(raw), raw->len);
	private_end(r);
	text_add(&seen, "%s %u", f->private_format ? f->private_format : "", f->private_alg);
	for (int k = 0; k < KT_COUNT; k++)
		text_add(&seen, " %lld", (long long)r->time[k]);
	plan_sha256(out, text_str(&seen), seen.len);
	text_free(&seen);
	arena_free(a);
}

static void
text_identity(const struct text *t, bool private, char out[TARGET_HASH])
{
	if (private)
		private_identity(t, out);
	else
		plan_sha256(out, text_str(t), t->len);
}

bool
file_identity(const char *path, bool private, char out[TARGET_HASH], struct err *e)
{
	struct text raw = { 0 };

	out[0] = '\0';
	if (!private)
		return file_sha256(path, out, e);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if (!read_secret(path, &raw, e))
		return false;
	private_identity(&raw, out);
	text_wipe(&raw);
	return true;
}

/* ---- preparing ---- */

static struct edit *
new_edit(struct run *r, const char *path)
{
	if (r->n_edits == r->cap_edits)
		r->edits = arena_grow(r->a, r->edits, r->n_edits, &r->cap_edits, sizeof *r->edits);
	struct edit *x = &r->edits[r->n_edits++];
	*x = (struct edit){ .target = { .dirfd = -1 } };
	snprintf(x->path, sizeof x->path, "%s", path);
	return x;
}

static size_t
timing_edits(const struct plan_step *s, struct keytime_edit out[KT_COUNT])
{
	size_t n = 0;

	for (size_t i = 0; i < s->timing.n && n < KT_COUNT; i++)
		out[n++] = (struct keytime_edit){ s->timing.v[i].field, s->timing.v[i].new_time };
	return n;
}

/* One file of the pair, with its new dates. */
static bool
prepare_times(struct run *r, const struct plan_step *s, const char *path, bool private, struct err *e)
{
	struct keytime_edit edits[KT_COUNT];
	size_t n = timing_edits(s, edits);
	struct edit *x = new_edit(r, path);
	struct text old = { 0 };

	x->private = private;
	x->times = s->timing.v;
	x->n_times = s->timing.n;
	if (!file_identity(path, private, x->old, e) || !target_open(&x->target, path, r->id, false, private, e) ||
			!read_secret(path, &old, e))
		return false;
	snprintf(x->path, sizeof x->path, "%s", x->target.path);
	if (private) { /* room for every date, so that growing leaves no copy behind */
		x->text = (struct text){ .s = calloc(1, old.len + 2048), .cap = old.len + 2048 };
		if (!x->text.s) {
			text_wipe(&old);
			return err_errno(e, path, "calloc", ENOMEM);
		}
	} else
		snprintf(x->backup, sizeof x->backup, "%.3800s/%.200s", r->folder, x->target.name);
	keywrite_edit(&x->text, text_str(&old), old.len, private, edits, n);
	text_wipe(&old);
	text_identity(&x->text, private, x->new);
	return true;
}

static bool
prepare_pair(struct run *r, const struct plan_step *s, struct err *e)
{
	char dir[PATH_MAX], path[PATH_MAX];
	size_t n = strlen(s->file);

	dir_of(s->file, dir);
	const char *whose = keys_managed_by(dir, r->plan->zone);
	if (whose)
		return err_set(e, ERR_UNSUPPORTED, dir, "key files", "the operator's own", "managed by %s", whose);
	if (n < 5 || strcmp(s->file + n - 4, ".key") != 0 || n + 5 > sizeof path)
		return err_set(e, ERR_ARG, s->file, "plan: file", "a .key file", "another");
	snprintf(path, sizeof path, "%.*s.private", (int)n - 4, s->file);
	/* .private first: it is the one that signers obey */
	return prepare_times(r, s, path, true, e) && prepare_times(r, s, s->file, false, e);
}

/* Tags that a new key must not have: key files of the zone, served DNSKEYs, DS of the parent. */
static bool
tag_taken(const struct run *r, const char *dir, uint16_t tag)
{
	uint16_t revoked = (uint16_t)(tag + 128), other;
	bool taken = false;
	const char *suffix;
	struct dirent *f;
	struct name owner;
	uint8_t alg;
	DIR *d = opendir(dir);

	while (d && !taken && (f = readdir(d)))
		if (keyfile_parse_name(f->d_name, &owner, &alg, &other, &suffix) && name_equal(&owner, &r->apex))
			taken = other == tag || other == revoked || (uint16_t)(other + 128) == tag;
	if (d)
		closedir(d);
	for (size_t i = 0; i < r->n_made && !taken; i++)
		taken = r->made[i].tag == tag || r->made[i].tag == revoked || (uint16_t)(r->made[i].tag + 128) == tag;
	for (size_t i = 0; i < r->plan->parent_ds.n && !taken; i++) {
		long t = strtol(r->plan->parent_ds.v[i], NULL, 10);
		taken = t == tag || t == revoked;
	}
	return taken;
}

/* The key in memory; its files' names and places, which the journal must know before they exist. */
static bool
prepare_new_key(struct run *r, const struct plan_step *s, struct err *e)
{
	struct made_key *m = &r->made[r->n_made];
	char zone[NAME_MAX_TEXT];

	if (r->n_made == sizeof r->made / sizeof *r->made)
		return err_set(e, ERR_LIMIT, "plan", "new keys", "at most 8", "more");
	const char *whose = keys_managed_by(s->file, r->plan->zone);
	if (whose)
		return err_set(e, ERR_UNSUPPORTED, s->file, "key files", "the operator's own", "managed by %s", whose);
	for (int i = 0; i < 50; i++) {
		struct privkey *k = privkey_generate((uint8_t)s->alg, s->bits > 0 ? (unsigned)s->bits : 2048,
			(uint16_t)s->flags, e);
		if (!k)
			return false;
		if (tag_taken(r, s->file, k->tag)) {
			privkey_free(k);
			continue;
		}
		m->key = k;
		break;
	}
	if (!m->key)
		return err_set(e, ERR_LIMIT, s->file, "key tags", "one that is free", "none in 50 keys");
	struct name lower = r->apex;
	name_lower(&lower);
	name_to_text(zone, &lower);
	m->step = s;
	m->tag = m->key->tag;
	snprintf(m->base, sizeof m->base, "K%.250s+%03d+%05u", zone, s->alg, m->tag);
	r->n_made++;
	static const char *const ends[] = { ".private", ".key" };
	for (int i = 0; i < 2; i++) {
		struct edit *x = new_edit(r, "");
		snprintf(x->path, sizeof x->path, "%.3500s/%s%s", s->file, m->base, ends[i]);
		x->private = i == 0;
		x->made = true;
	}
	return true;
}

bool
files_prepare(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->plan->steps.n; i++) {
		const struct plan_step *s = &r->plan->steps.v[i];
		if (s->kind == STEP_EDIT_TIMING && !prepare_pair(r, s, e))
			return false;
		if (s->kind == STEP_GENERATE_KEY && !prepare_new_key(r, s, e))
			return false;
	}
	return true;
}

static struct edit *
zone_edit(struct run *r, struct err *e)
{
	const char *path = r->replace ? r->replace->file : r->job->zone->signed_file;
	struct edit *x = new_edit(r, path);

	x->zone = true;
	if (!target_open(&x->target, path, r->id, true, false, e))
		return NULL;
	snprintf(x->path, sizeof x->path, "%s", x->target.path);
	snprintf(x->old, sizeof x->old, "%s", x->target.sha256);
	if (x->target.existed)
		snprintf(x->backup, sizeof x->backup, "%.3800s/%.200s", r->folder, x->target.name);
	return x;
}

bool
files_zone(struct run *r, struct text *text, struct err *e)
{
	struct edit *x = zone_edit(r, e);

	if (!x)
		return false;
	x->text = *text;
	*text = (struct text){ 0 };
	plan_sha256(x->new, text_str(&x->text), x->text.len);
	return true;
}

json_t *
files_json(const struct run *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_edits; i++) {
		const struct edit *x = &r->edits[i];
		json_t *o = json_pack("{s:s s:s s:s s:s s:b s:b s:b}", "path", x->path, "old", x->old, "new", x->new,
			"backup", x->backup, "private", x->private, "made", x->made, "zone", x->zone);
		json_t *times = json_array();
		for (size_t k = 0; k < x->n_times; k++)
			json_array_append_new(times, json_pack("{s:i s:I s:I}", "field", (int)x->times[k].field, "old",
				(json_int_t)x->times[k].old_time, "new", (json_int_t)x->times[k].new_time));
		if (o) {
			json_object_set_new(o, "times", times);
			json_array_append_new(list, o);
		} else
			json_decref(times);
	}
	return list;
}

/* ---- doing ---- */

static bool
backup(const struct edit *x, struct err *e)
{
	size_t len;
	char *old = x->backup[0] ? target_read(&x->target, &len, e) : NULL;

	if (!x->backup[0])
		return true;
	bool ok = old && backup_write(x->backup, old, len, e);
	free(old);
	return ok;
}

bool
files_put_aside(struct run *r, struct err *e)
{
	struct edit *x = zone_edit(r, e);

	return x && backup(x, e);
}

void
files_written(struct run *r, const struct text *signed_zone)
{
	struct edit *x = &r->edits[r->n_edits - 1];

	if (signed_zone)
		plan_sha256(x->new, text_str(signed_zone), signed_zone->len);
	x->swapped = signed_zone || !file_sha256(x->path, x->new, NULL) || strcmp(x->new, x->old) != 0;
	r->changed |= x->swapped;
}

bool
files_stage(struct run *r, bool zone, struct err *e)
{
	for (size_t i = 0; i < r->n_edits; i++) {
		struct edit *x = &r->edits[i];
		if (x->zone != zone || x->made || x->swapped)
			continue;
		if (!backup(x, e) || !target_stage(&x->target, text_str(&x->text), x->text.len, 0644, e))
			return false;
	}
	return true;
}

static bool
write_made(struct run *r, struct made_key *m, struct err *e)
{
	struct keywrite_new w = { .dir = m->step->file, .zone = &r->apex, .alg = (uint8_t)m->step->alg,
		.bits = m->step->bits > 0 ? (unsigned)m->step->bits : 0, .flags = (uint16_t)m->step->flags };
	char base[320];

	for (int k = 0; k < KT_COUNT; k++)
		w.time[k] = TIME_UNSET;
	w.time[KT_CREATED] = clock_seconds();
	for (size_t i = 0; i < m->step->timing.n; i++)
		w.time[m->step->timing.v[i].field] = m->step->timing.v[i].new_time;
	if (!keywrite_pair(&w, m->key, base, sizeof base, e))
		return false;
	return strcmp(base_of(base), m->base) == 0 ||
		err_set(e, ERR_CHANGED, base, "new key", m->base, "another name");
}

static void
own_made(struct run *r, const struct made_key *m)
{
	char path[PATH_MAX];
	size_t n = (size_t)snprintf(path, sizeof path, "%.3500s/%s.", m->step->file, m->base);

	for (size_t i = 0; i < r->n_edits; i++)
		r->edits[i].swapped |= r->edits[i].made && strncmp(r->edits[i].path, path, n) == 0;
}

bool
files_swap(struct run *r, bool zone, bool *not_durable, struct err *e)
{
	for (size_t i = 0; !zone && i < r->n_made; i++) {
		r->changed = true;
		if (!write_made(r, &r->made[i], e))
			return false; /* it leaves nothing, and what has its name is somebody else's */
		own_made(r, &r->made[i]);
	}
	for (size_t i = 0; i < r->n_edits; i++) {
		struct edit *x = &r->edits[i];
		if (x->zone != zone || x->made)
			continue;
		if (!target_same(&x->target, e))
			return false;
		enum swap how = target_swap(&x->target, e);
		x->swapped = how != SWAP_OLD;
		r->changed |= x->swapped;
		*not_durable |= how == SWAP_NEW_NOT_DURABLE;
		if (how == SWAP_OLD)
			return false;
	}
	return true;
}

/* ---- going back ---- */

static bool
put(const char *path, const char *run, struct text *text, bool private, struct err *e)
{
	struct target t;
	bool ok = target_open(&t, path, run, !private, private, e) &&
		target_stage(&t, text_str(text), text->len, private ? 0600 : 0644, e) && target_swap(&t, e) != SWAP_OLD;

	target_close(&t);
	wipe(text, private);
	return ok;
}

bool
file_restore_times(const char *path, bool private, const json_t *times, const char *run, struct err *e)
{
	struct keytime_edit edits[KT_COUNT];
	struct text old = { 0 }, new = { 0 };
	size_t n = 0, i;
	json_t *row;

	json_array_foreach(times, i, row) {
		json_int_t field = json_integer_value(json_object_get(row, "field"));
		if (n < KT_COUNT && field >= 0 && field < KT_COUNT)
			edits[n++] = (struct keytime_edit){ (enum keytime)field,
				json_integer_value(json_object_get(row, "old")) };
	}
	if (!read_secret(path, &old, e))
		return false;
	new = (struct text){ .s = calloc(1, old.len + 2048), .cap = old.len + 2048 };
	if (new.s)
		keywrite_edit(&new, text_str(&old), old.len, private, edits, n);
	text_wipe(&old);
	return new.s ? put(path, run, &new, private, e) : err_errno(e, path, "calloc", ENOMEM);
}

bool
file_restore_backup(const char *path, const char *backup_path, const char *old, const char *run,
	struct err *e)
{
	struct text text = { 0 };
	char hash[TARGET_HASH];
	size_t len;
	char *data = file_read(backup_path, TARGET_MAX, &len, e);

	if (!data)
		return false;
	plan_sha256(hash, data, len);
	if (strcmp(hash, old) != 0) {
		free(data);
		return err_set(e, ERR_CHANGED, backup_path, "backup", old, "%s", hash);
	}
	text = (struct text){ .s = data, .len = len, .cap = len + 1 };
	return put(path, run, &text, false, e);
}

static bool
restore_one(const struct run *r, struct edit *x, struct err *e)
{
	char now[TARGET_HASH];

	if (!x->swapped)
		return true;
	x->swapped = false;
	if (x->made)
		return unlink(x->path) == 0 || errno == ENOENT || err_errno(e, x->path, "unlink", errno);
	if (x->new[0] && !file_identity(x->path, x->private, now, e))
		return false;
	if (x->new[0] && strcmp(now, x->new) != 0)
		return strcmp(now, x->old) == 0 || err_set(e, ERR_CHANGED, x->path, "going back",
			"the file that this run put there", "somebody else wrote it meanwhile: it is left alone");
	if (x->backup[0])
		return file_restore_backup(x->path, x->backup, x->old, r->id, e);
	if (x->zone) /* there was none */
		return unlink(x->path) == 0 || err_errno(e, x->path, "unlink", errno);
	json_t *times = json_array();
	for (size_t k = 0; k < x->n_times; k++)
		json_array_append_new(times, json_pack("{s:i s:I}", "field", (int)x->times[k].field, "old",
			(json_int_t)x->times[k].old_time));
	bool ok = file_restore_times(x->path, x->private, times, r->id, e);
	json_decref(times);
	return ok;
}

bool
files_restore(struct run *r, struct err *e)
{
	bool ok = true;

	for (size_t i = r->n_edits; i-- > 0;) { /* the zone first: it is what is served */
		target_close(&r->edits[i].target);
		ok = restore_one(r, &r->edits[i], e) && ok;
	}
	return ok;
}

void
files_close(struct run *r)
{
	for (size_t i = 0; i < r->n_edits; i++) {
		target_close(&r->edits[i].target);
		wipe(&r->edits[i].text, r->edits[i].private);
	}
	for (size_t i = 0; i < r->n_made; i++)
		privkey_free(r->made[i].key);
	r->n_edits = r->n_made = 0;
}
