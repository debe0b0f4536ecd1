/* apply: the steps of a run in their order, and how each of them can end. */
#include "change/apply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "change/apply_int.h"
#include "change/publish.h"
#include "change/remake.h"

#define WATCH_SECONDS 60 /* a reload or a transfer that takes longer is said to */

const char *
apply_end_name(enum apply_end end)
{
	switch (end) {
	case APPLY_DONE: return "done";
	case APPLY_NOT_BEGUN: return "not begun";
	case APPLY_REFUSED: return "refused";
	case APPLY_ROLLED_BACK: return "rolled back";
	case APPLY_UNVERIFIED: return "applied, not verified";
	case APPLY_ROLLBACK_FAILED: return "rollback failed";
	}
	return "unknown";
}

void
run_tell(const struct run *r, const char *stage, const char *state, const char *fmt, ...)
{
	char line[2000], clean[2000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	text_clean(clean, sizeof clean, line);
	if (r->job->io.tell)
		r->job->io.tell(r->job->io.ctx, stage, state, clean);
}

bool
run_note(struct run *r, const char *kind, json_t *detail, struct err *e)
{
	struct err mine = { 0 };

	if (journal_add(r->job->journal, kind, r->id, detail, NULL, &mine))
		return true;
	run_tell(r, "journal", "failed", "%s: %s", kind, mine.seen);
	if (e)
		*e = mine;
	return false;
}

void
apply_run_id(const struct plan *p, char run[RUN_ID])
{
	char hash[PLAN_HASH];

	plan_hash(p, hash);
	snprintf(run, RUN_ID, "%.12s", hash);
}

/* ---- commands ---- */

static const char *const *
argv_of(struct arena *a, const char *const *words, unsigned n)
{
	const char **argv = arena_new_array(a, const char *, n + 1);

	for (unsigned i = 0; i < n; i++)
		argv[i] = words[i];
	return argv;
}

/* Runs one of the door's commands and judges its exit status; its words go to whoever watches. */
static bool
run_command(struct run *r, const char *stage, const char *const *argv, struct child_result *res,
	struct err *e)
{
	const struct child_job job = { .argv = argv };
	char how[100], said[300];

	if (!r->job->io.run(r->job->io.ctx, &job, res, e))
		return false;
	text_clean(said, sizeof said, res->err && *res->err ? res->err : res->out ? res->out : "");
	run_tell(r, stage, res->status == 0 ? "note" : "failed", "%s: %s%s%s", argv[0],
		child_result_str(res, how, sizeof how), *said ? ": " : "", said);
	return res->status == 0 || err_set(e, res->timed_out ? ERR_TIMEOUT : ERR_IO, argv[0], stage,
		"exit status 0", "%s: %.200s", how, said);
}

bool
command_hold(struct run *r, bool stop, struct err *e)
{
	const struct config_zone *z = r->job->zone;
	size_t n = z->hold_count / 2 * 2;
	bool ok = true;

	if (!n || (!stop && !r->held))
		return true;
	if (stop && !run_note(r, "hold", json_pack("{s:s}", "text", "stopping what else re-signs the zone"), e))
		return false;
	r->held = r->begun = true;
	for (size_t i = stop ? 0 : 1; i < n; i += 2) {
		struct child_result res = { 0 };
		ok = run_command(r, stop ? "hold" : "release",
			argv_of(r->a, z->hold[i].argv, z->hold[i].argc), &res, ok ? e : NULL) && ok;
		child_result_free(&res);
		if (!ok && stop)
			return false;
	}
	if (!stop) {
		run_note(r, "release", json_pack("{s:b s:s}", "ok", ok, "text", ok ? "started again"
			: "a start command failed: what re-signs the zone may still be stopped"), NULL);
		r->held = false;
	}
	return ok;
}

bool
command_reload(struct run *r, struct err *e)
{
	const struct config_signer *c = r->job->zone->signer;
	struct child_result res = { 0 };
	char why[300] = "";

	if (!c || !c->reload_count) {
		run_tell(r, "reload", "note", "no reload command is configured: the servers take the file by themselves");
		return true;
	}
	const char *const *argv = argv_of(r->a, c->reload, c->reload_count);
	const struct publisher *p = publisher_of(argv, c->reload_count);
	r->reloaded = true;
	bool ok = run_command(r, "reload", argv, &res, e);
	if (ok && p && !p->accepted(&res, why, sizeof why))
		ok = err_set(e, ERR_IO, argv[0], "reload", "accepted", "%s", why);
	child_result_free(&res);
	run_note(r, "reload", json_pack("{s:b s:s}", "ok", ok, "text", ok ? "accepted" : e && e->seen[0] ? e->seen : "failed"), NULL);
	return ok;
}

/* ---- the zone ---- */

static const char *
signed_path(const struct run *r)
{
	return r->replace ? r->replace->file : r->job->zone->signed_file;
}

/* The signed zone, loaded from what the signer gave. */
static bool
load_result(struct run *r, const struct text *text, struct err *e)
{
	struct soa soa;

	r->new_zone = zone_parse(signed_path(r), text_str(text), text->len, &r->apex, e);
	if (!r->new_zone)
		return false;
	if (r->new_zone->n_problems)
		return err_set(e, ERR_PARSE, signed_path(r), "signed zone", "", "line %u: %s",
			r->new_zone->problems[0].line, r->new_zone->problems[0].what);
	if (!zone_soa(r->new_zone, &soa, NULL))
		return err_set(e, ERR_PARSE, signed_path(r), "signed zone", "a SOA", "none");
	r->serial = soa.serial;
	r->has_serial = true;
	return true;
}

static bool
has_key(const struct zone *z, const struct plan_key *k, const struct run *r)
{
	const struct zset *set = zone_apex_set(z, T_DNSKEY);
	char hash[PLAN_HASH];

	for (size_t i = 0; set && i < set->n; i++) {
		const struct zrr *rr = z->rrs[set->first + i];
		plan_sha256(hash, rr->rdata, rr->rdlen);
		if (*k->rdata_sha256 && strcmp(hash, k->rdata_sha256) == 0)
			return true;
		for (size_t m = 0; !*k->rdata_sha256 && m < r->n_made; m++)
			if (r->made[m].step->n == k->made_by && rr->rdlen == r->made[m].key->dnskey_len &&
					memcmp(rr->rdata, r->made[m].key->dnskey, rr->rdlen) == 0)
				return true;
	}
	return false;
}

/* Is this DNSKEY one that the plan publishes? */
static bool
publishes(const struct run *r, const struct zrr *rr)
{
	char hash[PLAN_HASH];

	plan_sha256(hash, rr->rdata, rr->rdlen);
	for (size_t i = 0; i < r->sign->keys.n; i++) {
		const struct plan_key *k = &r->sign->keys.v[i];
		if (k->publish && *k->rdata_sha256 && strcmp(hash, k->rdata_sha256) == 0)
			return true;
		for (size_t m = 0; k->publish && m < r->n_made; m++)
			if (r->made[m].step->n == k->made_by && rr->rdlen == r->made[m].key->dnskey_len &&
					memcmp(rr->rdata, r->made[m].key->dnskey, rr->rdlen) == 0)
				return true;
	}
	return false;
}

/* Did the signer do what the plan says? Its "OK" does not count. */
static bool
as_planned(const struct run *r, struct err *e)
{
	const struct plan_step *s = r->sign;
	const struct zset *set = zone_apex_set(r->new_zone, T_DNSKEY);

	if (s->serial >= 0 && r->serial != (uint32_t)s->serial)
		return err_set(e, ERR_CHANGED, "signed zone", "the plan's serial", "", "%u, planned %lld", r->serial,
			(long long)s->serial);
	for (size_t i = 0; i < s->keys.n; i++)
		if (s->keys.v[i].publish && !has_key(r->new_zone, &s->keys.v[i], r))
			return err_set(e, ERR_CHANGED, "signed zone", "the plan's DNSKEY set", "", "key %d is missing",
				s->keys.v[i].tag);
	for (size_t i = 0; set && i < set->n; i++) {
		const struct zrr *rr = r->new_zone->rrs[set->first + i];
		int tag = dnskey_tag(rr->rdata, rr->rdlen);
		if (!publishes(r, rr)) /* smart signing takes up whatever key files say */
			return err_set(e, ERR_CHANGED, "signed zone", "the plan's DNSKEY set", "",
				"key %d is in it and not in the plan", tag);
		for (size_t k = 0; k < s->without.n; k++)
			if (s->without.v[k] == tag)
				return err_set(e, ERR_CHANGED, "signed zone", "the plan's DNSKEY set", "",
					"key %d is still there", tag);
	}
	return true;
}

static bool
signs_in_place(const struct run *r)
{
	return r->signer->in_place && r->signer->in_place(r->job->zone);
}

static bool
sign_zone(struct run *r, struct err *e)
{
	struct signing_made made[8];
	struct signing s = { .a = r->a, .job = r->job, .step = r->sign, .apex = r->apex,
		.signed_path = signed_path(r), .folder = r->folder, .now = clock_seconds(), .input = r->input,
		.deployed = r->old_zone, .made = made, .n_made = r->n_made };
	struct text text = { 0 };

	snprintf(s.run, sizeof s.run, "%s", r->id);
	for (size_t i = 0; i < r->n_made; i++)
		made[i] = (struct signing_made){ r->made[i].step->n, r->made[i].key };
	run_tell(r, "sign", "begin", "%s", r->signer->name);
	bool ok = (!r->signer->precheck || r->signer->precheck(&s, e)) && r->signer->sign(&s, &text, e);
	if (s.said.len)
		run_tell(r, "sign", "note", "%s", text_str(&s.said));
	text_free(&s.said);
	ok = ok && load_result(r, &text, e) && as_planned(r, e);
	if (signs_in_place(r)) /* it is this run's to put back also when it failed half-way */
		files_written(r, ok ? &text : NULL);
	else
		ok = ok && files_zone(r, &text, e);
	text_free(&text);
	if (!ok)
		return false;
	run_tell(r, "verify", "begin", "with the parent's DS, now and one TTL from now");
	return check_signed(r, e);
}

static bool
load_zones(struct run *r, struct err *e)
{
	const char *path = signed_path(r);
	struct err none = { 0 };

	if (!path)
		return err_set(e, ERR_ARG, r->plan->zone, "config: signed-file", "the deployed file", "none");
	r->old_zone = zone_load(path, &r->apex, NULL, &none);
	if (!r->old_zone && none.code != ERR_NOT_FOUND) {
		*e = none;
		return false;
	}
	r->input = zone_load(r->sign->input, &r->apex, NULL, e);
	if (!r->input)
		return false;
	if (r->input->n_problems)
		return err_set(e, ERR_PARSE, r->sign->input, "zone file", "", "line %u: %s", r->input->problems[0].line,
			r->input->problems[0].what);
	return true;
}

/* A plan that puts a file in place without signing. */
static bool
take_ready_file(struct run *r, struct err *e)
{
	struct text text = { 0 };
	size_t len;
	struct err none = { 0 };

	r->old_zone = zone_load(signed_path(r), &r->apex, NULL, &none);
	char *data = file_read(r->replace->input, TARGET_MAX, &len, e);
	if (!data)
		return false;
	text = (struct text){ .s = data, .len = len, .cap = len + 1 };
	bool ok = load_result(r, &text, e) && files_zone(r, &text, e) && check_signed(r, e);
	text_free(&text);
	return ok;
}

/* ---- the run ---- */

static bool
intent(struct run *r, json_t *files, struct err *e)
{
	r->begun = true;
	return run_note(r, "intent", json_pack("{s:s s:s s:i s:s s:o s:o}", "plan", r->hash, "action",
		r->plan->action, "tag", r->plan->tag, "text", r->plan->title, "serial", r->has_serial
		? json_integer(r->serial) : json_null(), "files", files), e);
}

static bool
replace_zone(struct run *r, struct err *e)
{
	bool not_durable = false;
	struct edit *x = &r->edits[r->n_edits - 1];

	if (!x->swapped) {
		run_tell(r, "replace", "begin", "%s", x->path);
		if (!files_stage(r, true, e) || !check_published(r, e) || !apply_check_files(r, true, e) ||
				!files_swap(r, true, &not_durable, e))
			return false;
	}
	struct err late = { 0 };
	run_note(r, "replaced", json_pack("{s:b s:s s:I}", "durable", !not_durable, "text", x->path, "serial",
		(json_int_t)r->serial), &late);
	run_tell(r, "replace", not_durable ? "note" : "ok", not_durable
		? "%s is new, but its folder could not be synced: a power loss may bring back the old one" : "%s",
		x->path);
	return true;
}

/* Key files, the signed zone, the swap: what is done on this host before the servers are told. */
static bool
change_files(struct run *r, struct err *e)
{
	bool not_durable = false;
	bool keys_first = r->signer && r->signer->reads_keys;

	if (r->sign && !load_zones(r, e))
		return false;
	if (!files_prepare(r, e) || (r->sign && !keys_first && !sign_zone(r, e)) ||
			(!r->sign && r->replace && !take_ready_file(r, e)))
		return false;
	if (!intent(r, files_json(r), e) || !files_stage(r, false, e) || !files_swap(r, false, &not_durable, e))
		return false;
	/* the journal knows where the old content is before a signer may write over it */
	if (keys_first && signs_in_place(r) && (!files_put_aside(r, e) || !intent(r, files_json(r), e)))
		return false;
	if (keys_first && (!sign_zone(r, e) || !intent(r, files_json(r), e)))
		return false;
	return !(r->sign || r->replace) || replace_zone(r, e);
}

static enum apply_end
end_with(struct run *r, enum apply_end end, const char *text)
{
	const char *kind = end == APPLY_REFUSED && !r->begun ? "refused" : "outcome";

	run_note(r, kind, json_pack("{s:s s:s s:i s:s s:o}", "state", apply_end_name(end), "text", text, "exit",
		(int)end, "plan", r->hash, "serial", r->has_serial ? json_integer(r->serial) : json_null()), NULL);
	run_tell(r, "outcome", end == APPLY_DONE ? "ok" : "failed", "%s: %s", apply_end_name(end), text);
	return end;
}

/* Puts everything back; FIRST is why. SERVED: every server that answers serves the old zone, so that a
 * reload which fails once more does no harm. */
static enum apply_end
roll_back(struct run *r, const char *first, bool served)
{
	struct err e = { 0 };
	char text[1800], why[900];

	run_tell(r, "rollback", "begin", "%s", first);
	/* cut off from here on, recovery goes on going back */
	run_note(r, "rollback", json_pack("{s:s s:b s:s}", "state", "begun", "told", r->reloaded, "text", first), NULL);
	bool ok = files_restore(r, &e);
	if (ok && r->reloaded)
		ok = command_reload(r, &e) || served;
	run_note(r, "rollback", json_pack("{s:b s:s}", "ok", ok, "text", first), NULL);
	command_hold(r, false, NULL);
	if (ok)
		snprintf(text, sizeof text, "%.1000s; the old files are in place again", first);
	else
		snprintf(text, sizeof text, "%.800s; and going back failed: %.800s", first, err_str(&e, why, sizeof why));
	return end_with(r, ok ? APPLY_ROLLED_BACK : APPLY_ROLLBACK_FAILED, text);
}

static enum apply_end
fail(struct run *r, const struct err *e)
{
	char why[1200];

	err_str(e, why, sizeof why);
	if (r->changed)
		return roll_back(r, why, true);
	command_hold(r, false, NULL);
	return end_with(r, e->code == ERR_CHANGED ? APPLY_REFUSED : APPLY_NOT_BEGUN, why);
}

/* Reload, then look: the servers decide. True: go on; false: *END is how it ended. */
static bool
publish(struct run *r, enum apply_end *end)
{
	struct watch w = { 0 };
	struct err e = { 0 };
	char why[1800];
	int64_t timeout = WATCH_SECONDS + config_span(r->job->zone->margin, 0);

	bool told = command_reload(r, &e);
	if (!told)
		timeout = 5; /* it may have been taken all the same */
	if (!watch_servers(r, r->serial, timeout, &w, &e)) {
		snprintf(why, sizeof why, "the new zone is in place; what the servers show is not known: %.800s", e.seen);
		command_hold(r, false, NULL);
		*end = end_with(r, APPLY_UNVERIFIED, why);
		return false;
	}
	run_note(r, "observed", json_pack("{s:s s:O}", "text", w.words, "servers", w.json), NULL);
	unsigned answering = w.old + w.other + w.broken, unknown = w.silent;
	bool all = w.servers && w.new + w.failed_before == w.servers && w.new;
	if (all && told) {
		watch_free(&w);
		return true;
	}
	snprintf(why, sizeof why, "%s%s%.600s", w.words, told ? "" : "; the reload said: ", told ? "" : e.seen);
	/* nobody has it, and nobody can have it unseen: the silent may have been told too */
	if (w.new == 0 && answering && (!told || unknown <= w.failed_before))
		*end = roll_back(r, why, w.broken <= w.failed_before);
	else {
		command_hold(r, false, NULL);
		*end = end_with(r, all ? APPLY_DONE : APPLY_UNVERIFIED, why);
	}
	watch_free(&w);
	return false;
}

/* ---- the steps after it ---- */

static bool
wait_step(struct run *r, const struct plan_step *s, char *said, size_t size, struct err *e)
{
	int64_t now = clock_seconds(), most = s->timeout > 0 ? s->timeout : 900;
	char when[40];

	(void)e;
	if (s->until != TIME_UNSET && s->until != TIME_NEVER && s->until > now) {
		clock_rfc3339_s(when, sizeof when, s->until);
		if (s->until - now > most) {
			snprintf(said, size, "the next step is not before %s: make its plan then", when);
			return false;
		}
		run_tell(r, "wait", "begin", "until %s", when);
		while (clock_seconds() < s->until)
			usleep(200 * 1000);
	}
	snprintf(said, size, "%s", s->text);
	return true;
}

static bool
later_step(struct run *r, const struct plan_step *s, char *said, size_t size, struct err *e)
{
	switch (s->kind) {
	case STEP_WAIT: return wait_step(r, s, said, size, e);
	case STEP_OBSERVE: return watch_step(r, s, said, size, e);
	case STEP_MANUAL:
		for (size_t i = 0; i < s->commands.n; i++)
			run_tell(r, "manual", "note", "%s", s->commands.v[i]);
		break;
	case STEP_REGISTRAR:
		for (size_t i = 0; i < s->ds.n; i++)
			run_tell(r, "registrar", "note", "%s IN DS %s", r->plan->zone, s->ds.v[i]);
		if (!s->ds.n)
			run_tell(r, "registrar", "note", "%s: no DS", r->plan->zone);
		break;
	default: break;
	}
	snprintf(said, size, "%s", s->text);
	return true;
}

static enum apply_end
later_steps(struct run *r)
{
	struct text done = { 0 };
	char said[1200] = "";
	struct err e = { 0 };
	bool ok = true;

	for (size_t i = 0; i < r->plan->steps.n && ok; i++) {
		const struct plan_step *s = &r->plan->steps.v[i];
		if (s->kind < STEP_WAIT)
			continue;
		run_tell(r, step_kind_name(s->kind), "begin", "%s", s->text);
		ok = later_step(r, s, said, sizeof said, &e);
		if (!ok && e.code != ERR_NONE)
			err_str(&e, said, sizeof said);
		run_tell(r, step_kind_name(s->kind), ok ? "ok" : "failed", "%s", said);
		if (s->kind == STEP_OBSERVE)
			run_note(r, "observed", json_pack("{s:b s:s}", "ok", ok, "text", said), NULL);
		if (s->kind == STEP_OBSERVE || !ok)
			text_add(&done, "%s%.500s", done.len ? "; " : "", said);
	}
	command_hold(r, false, NULL);
	enum apply_end end = end_with(r, ok ? APPLY_DONE : APPLY_UNVERIFIED, done.len ? text_str(&done)
		: r->plan->title);
	text_free(&done);
	return end;
}

/* ---- beginning ---- */

static bool
begin(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;
	char path[PATH_MAX];

	if (!name_from_text(&r->apex, p->zone, e))
		return false;
	for (size_t i = 0; i < p->steps.n; i++) {
		if (p->steps.v[i].kind == STEP_SIGN)
			r->sign = &p->steps.v[i];
		if (p->steps.v[i].kind == STEP_REPLACE_ZONE)
			r->replace = &p->steps.v[i];
	}
	r->signer = r->sign ? signer_find(r->sign->signer) : NULL;
	if (r->sign && !r->signer)
		return err_set(e, ERR_UNSUPPORTED, "plan", "signer", "one of this program's", "%s", r->sign->signer);
	snprintf(r->folder, sizeof r->folder, "%s", signer_folder(r->a, r->job->state, r->id));
	snprintf(path, sizeof path, "%.3900s/plan.json", r->folder);
	return file_mkdir_p(r->folder, e) && backup_write(path, r->job->plan_text, r->job->plan_len, e);
}

/* Where the lock lies: in the folder that the change is made in. */
void
apply_lock_folder(const struct config_zone *z, const struct state_place *s, char out[PATH_MAX])
{
	const char *file = z->signed_file ? z->signed_file : z->zone_file;
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (slash)
		snprintf(out, PATH_MAX, "%.*s", slash == file ? 1 : (int)(slash - file), file);
	else
		snprintf(out, PATH_MAX, "%s", file ? "." : z->keys ? z->keys : s->zone);
}

static bool
take_lock(struct run *r, struct err *e)
{
	char folder[PATH_MAX], what[64];

	apply_lock_folder(r->job->zone, r->job->state, folder);
	snprintf(what, sizeof what, "plan %s", r->id);
	return lock_take(&r->lock, folder, r->job->zone->name, r->job->who ? r->job->who : "?", what, e);
}

static bool
confirmed(struct run *r, struct err *e)
{
	const struct apply_job *j = r->job;

	return run_note(r, "confirm", json_pack("{s:s s:s s:i s:s s:s s:s s:s}", "plan", r->hash, "action",
		r->plan->action, "tag", r->plan->tag, "text", r->plan->title, "phrase", j->phrase, "reason",
		j->reason ? j->reason : "", "terminal", j->terminal ? j->terminal : ""), e);
}

static bool
touches_files(const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind <= STEP_REPLACE_ZONE)
			return true;
	return false;
}

/* The plan file's own word for its guards, phrase and steps is not taken. */
static bool
made_anew(struct run *r, struct err *e)
{
	struct diagnosis *d = diagnose(r->before, r->job->judging);
	bool ok = remake_agrees(r->a, r->plan, d, r->job->zone, r->job->state->zone, e);

	diagnosis_free(d);
	return ok;
}

/* Everything that may still say no; nothing has been changed until it has said yes. */
static bool
may_begin(struct run *r, struct err *e)
{
	run_tell(r, "world", "begin", "inputs of the plan are looked at again");
	if (!apply_check_files(r, false, e))
		return false;
	r->before = r->job->io.look(r->job->io.ctx, e);
	return r->before && check_world(r, r->before, e) && made_anew(r, e);
}

static enum apply_end
go(struct run *r)
{
	struct err e = { 0 };
	enum apply_end end;

	if (!check_consent(r, &e) || !take_lock(r, &e) || !begin(r, &e) || !confirmed(r, &e) ||
			!may_begin(r, &e) || !command_hold(r, true, &e))
		return fail(r, &e);
	if (!touches_files(r->plan))
		return later_steps(r);
	if (!change_files(r, &e))
		return fail(r, &e);
	if ((r->sign || r->replace) && !publish(r, &end))
		return end;
	return later_steps(r);
}

enum apply_end
apply_plan(const struct apply_job *job, struct err *e)
{
	struct run r = { .job = job, .plan = job->plan, .a = arena_new(), .lock = { .fd = -1 } };

	(void)e;
	plan_hash(r.plan, r.hash);
	apply_run_id(r.plan, r.id);
	enum apply_end end = go(&r);
	files_close(&r);
	lock_drop(&r.lock);
	snapshot_unref(r.before);
	snapshot_unref(r.after);
	zone_free(r.new_zone);
	zone_free(r.old_zone);
	zone_free(r.input);
	arena_free(r.a);
	return end;
}

/* ---- what a run may need, for who opens the door and confines the process ---- */

size_t
apply_commands(struct arena *a, const struct config_zone *zone, const struct state_place *state,
	const struct plan *plan, struct child_job *jobs, size_t max)
{
	size_t n = 0;
	char run[RUN_ID], temp[NAME_MAX + 1];

	for (unsigned i = 0; i < zone->hold_count / 2 * 2 && n < max; i++)
		jobs[n++] = (struct child_job){ .argv = argv_of(a, zone->hold[i].argv, zone->hold[i].argc) };
	const struct config_signer *c = zone->signer;
	if (c && c->reload_count && n < max)
		jobs[n++] = (struct child_job){ .argv = argv_of(a, c->reload, c->reload_count) };
	if (!plan)
		return n;
	apply_run_id(plan, run);
	const struct publisher *p = c ? publisher_of((const char *const *)c->reload, c->reload_count) : NULL;
	for (size_t i = 0; i < plan->steps.n; i++) {
		const struct plan_step *s = &plan->steps.v[i];
		const struct signer *signer = s->kind == STEP_SIGN ? signer_find(s->signer) : NULL;
		if (signer && signer->commands)
			n = signer->commands(a, zone, state, s, run, jobs, n, max);
		char path[PATH_MAX];
		if (s->kind != STEP_REPLACE_ZONE || !p || n == max || !realpath(s->file, path))
			continue;
		char *slash = strrchr(path, '/');
		target_temp_name(temp, slash + 1, run);
		*slash = '\0';
		jobs[n++] = (struct child_job){ .argv = p->check(a, plan->zone, arena_printf(a, "%s/%s", path, temp)) };
	}
	return n;
}

static void
add_folder(struct arena *a, const char **list, size_t *n, const char *file, bool is_folder)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	char *path;

	if (!file || !*file || *n == 16)
		return;
	path = is_folder ? arena_strdup(a, file) : !slash ? arena_strdup(a, ".")
		: slash == file ? arena_strdup(a, "/") : arena_strndup(a, file, (size_t)(slash - file));
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i], path) == 0)
			return;
	list[(*n)++] = path;
}

void
apply_folders(struct arena *a, const struct config_zone *zone, const struct state_place *state,
	const struct plan *plan, struct apply_folders *out)
{
	*out = (struct apply_folders){ .n_write = 0 };
	add_folder(a, out->write, &out->n_write, zone->keys, true);
	add_folder(a, out->write, &out->n_write, zone->signed_file, false);
	add_folder(a, out->write, &out->n_write, state->root, true);
	add_folder(a, out->read, &out->n_read, zone->zone_file, false);
	for (size_t i = 0; plan && i < plan->steps.n; i++)
		if (plan->steps.v[i].kind == STEP_SIGN || plan->steps.v[i].kind == STEP_REPLACE_ZONE)
			add_folder(a, out->read, &out->n_read, plan->steps.v[i].input, false);
}
