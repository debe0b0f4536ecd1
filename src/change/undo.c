/* undo: what a run did, read from the journal, turned round. */
#include "change/undo.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "change/apply.h"
#include "change/consent.h"
#include "change/replace.h"
#include "zone/store.h"

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

struct find {
	int64_t row;
	char run[RUN_ID];
	bool seen;
};

static bool
find_row(void *ctx, const struct journal_entry *x)
{
	struct find *f = ctx;

	if (x->seq != f->row)
		return x->seq < f->row;
	f->seen = true;
	text_clean(f->run, sizeof f->run, x->run);
	return false;
}

static void
read_run(struct arena *a, struct undo_run *u, const json_t *rows)
{
	size_t i, k;
	json_t *row, *file;

	u->backup = u->signed_file = u->text = "";
	json_array_foreach(rows, i, row) {
		const char *kind = member(row, "kind");
		if (strcmp(kind, "intent") == 0) {
			json_decref(u->files);
			u->files = json_incref(json_object_get(row, "files"));
			u->text = text_clean_dup(a, member(row, "text"));
			json_array_foreach(u->files, k, file)
				if (json_is_true(json_object_get(file, "zone"))) {
					u->backup = text_clean_dup(a, member(file, "backup"));
					u->signed_file = text_clean_dup(a, member(file, "path"));
				}
		} else if (strcmp(kind, "outcome") == 0) {
			json_int_t end = json_integer_value(json_object_get(row, "exit"));
			u->done = end == APPLY_DONE || end == APPLY_UNVERIFIED;
		} else if (strcmp(kind, "recovery") == 0)
			u->done = strncmp(member(row, "state"), "new", 3) == 0;
	}
}

/* Has the run made keys, or has the deployed DNSKEY set changed since the backup? */
static bool
keys_changed(const struct undo_run *u)
{
	struct zone *old = *u->backup ? zone_load(u->backup, NULL, NULL, NULL) : NULL;
	struct zone *new = *u->signed_file ? zone_load(u->signed_file, NULL, NULL, NULL) : NULL;
	const struct zset *a = old ? zone_apex_set(old, T_DNSKEY) : NULL;
	const struct zset *b = new ? zone_apex_set(new, T_DNSKEY) : NULL;
	bool changed = (a ? a->n : 0) != (b ? b->n : 0);

	for (size_t i = 0; a && b && !changed && i < a->n; i++) { /* both are in canonical order */
		const struct zrr *x = old->rrs[a->first + i], *y = new->rrs[b->first + i];
		changed = x->rdlen != y->rdlen || memcmp(x->rdata, y->rdata, x->rdlen) != 0;
	}
	zone_free(old);
	zone_free(new);
	return changed;
}

bool
undo_find(struct arena *a, struct journal *j, int64_t n, struct undo_run *u, struct err *e)
{
	struct find f = { .row = n };

	*u = (struct undo_run){ .row = n };
	if (!journal_each(j, n, find_row, &f, e))
		return false;
	if (!f.seen || !f.run[0])
		return err_set(e, ERR_NOT_FOUND, "journal", "undo", "a row of a plan that was carried out", "row %lld is %s",
			(long long)n, f.seen ? "of none" : "not there");
	memcpy(u->run, f.run, sizeof u->run);
	json_t *rows = journal_run(j, u->run, e);
	if (!rows)
		return false;
	read_run(a, u, rows);
	json_decref(rows);
	u->keys_changed = u->files && keys_changed(u);
	if (*u->backup && !file_sha256(u->backup, u->backup_hash, e))
		return false;
	if (!u->done || !u->files)
		return err_set(e, ERR_UNSUPPORTED, "journal", "undo", "a run that ended with its files in place",
			"run %s changed nothing that is still there", u->run);
	return true;
}

void
undo_free(struct undo_run *u)
{
	json_decref(u->files);
	u->files = NULL;
}

/* ---- the plan ---- */

/* Does P move the dates of this key file already? */
static bool
moves_dates(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_EDIT_TIMING && strcmp(p->steps.v[i].file, path) == 0)
			return true;
	return false;
}

static struct plan_step
dates_back(struct arena *a, const json_t *file)
{
	struct plan_step s = { .kind = STEP_EDIT_TIMING, .text = "put the key's old dates back",
		.precondition = "the file is the one that was hashed", .expect = "the file's dates read back as wanted",
		.undo = "the dates of now are put back", .file = text_clean_dup(a, member(file, "path")), .input = "",
		.output = "", .signer = "", .denial = "", .tag = -1, .serial = -1, .validity = -1, .until = TIME_UNSET,
		.value = "", .timeout = -1 };
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(file, "times"), i, row)
		arena_push(a, &s.timing, ((struct plan_timing){
			(enum keytime)json_integer_value(json_object_get(row, "field")),
			json_integer_value(json_object_get(row, "new")), json_integer_value(json_object_get(row, "old")) }));
	return s;
}

static void
add_diff(struct arena *a, struct plan *p, const struct plan_step *s)
{
	char old[40], new[40];

	for (size_t i = 0; i < s->timing.n; i++) {
		const struct plan_timing *t = &s->timing.v[i];
		const struct {
			const char *sign;
			int64_t t;
		} lines[] = { { "-", t->old_time }, { "+", t->new_time } };
		clock_rfc3339_s(old, sizeof old, t->old_time);
		clock_rfc3339_s(new, sizeof new, t->new_time);
		for (size_t k = 0; k < 2; k++)
			if (lines[k].t != TIME_UNSET)
				arena_push(a, &p->diff.timing, ((struct diff_line){ lines[k].sign, s->file,
					arena_printf(a, "%s: %s", keytime_name(t->field), k ? new : old) }));
	}
}

static bool
add_input(struct arena *a, struct plan *p, const struct undo_run *u, struct err *e)
{
	if (!u->backup_hash[0])
		return err_set(e, ERR_NOT_FOUND, u->backup, "backup", "the old content", "it is gone");
	arena_push(a, &p->inputs, ((struct plan_input){ INPUT_ZONE_FILE, u->backup,
		arena_strdup(a, u->backup_hash), "the content of before", p->made }));
	return true;
}

/* The steps of P with the dates first and the backup as the content to sign. */
static bool
turn(struct arena *a, struct plan *p, const struct undo_run *u, struct err *e)
{
	PLAN_LIST(struct plan_step) old = { p->steps.v, p->steps.n, p->steps.cap };
	size_t i;
	int shift = 0;
	json_t *file;

	p->steps.v = NULL;
	p->steps.n = p->steps.cap = 0;
	json_array_foreach(u->files, i, file) {
		const char *path = member(file, "path");
		if (json_is_true(json_object_get(file, "private")) || !json_array_size(json_object_get(file, "times")) ||
				moves_dates(&(struct plan){ .steps = { old.v, old.n, old.cap } }, path))
			continue;
		struct plan_step s = dates_back(a, file);
		add_diff(a, p, &s);
		arena_push(a, &p->steps, s);
		shift++;
	}
	for (i = 0; i < old.n; i++) {
		struct plan_step s = old.v[i];
		if (s.kind == STEP_SIGN && *u->backup) {
			s.input = u->backup;
			if (!add_input(a, p, u, e))
				return false;
		}
		for (size_t k = 0; k < s.keys.n; k++)
			if (s.keys.v[k].made_by > 0)
				s.keys.v[k].made_by += shift;
		arena_push(a, &p->steps, s);
	}
	for (i = 0; i < p->steps.n; i++)
		p->steps.v[i].n = (int)i + 1;
	return true;
}

const struct plan *
undo_plan(struct arena *a, const struct diagnosis *d, const struct config_zone *zone,
	const struct undo_run *u, const char *reason, struct err *e)
{
	struct plan_wish w = PLAN_WISH(action_find(u->keys_changed ? "rollback" : "resign"));

	w.reason = reason;
	const struct plan *made = plan_make(a, d, zone, &w, e);
	if (!made)
		return NULL;
	struct plan *p = arena_memdup(a, made, sizeof *made);
	p->title = arena_printf(a, "Undo row %lld: %s", (long long)u->row, u->text);
	if (!turn(a, p, u, e))
		return NULL;
	consent_phrase(a, p, &p->phrase);
	return p;
}
