/* What a run is judged by: consent, inputs, the world, and the zone that it made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "change/apply_int.h"
#include "change/consent.h"
#include "change/publish.h"
#include "observe/source.h"

/* ---- consent ---- */

static bool
refuse(struct err *e, const char *rule, const char *expected, const char *seen)
{
	return err_set(e, ERR_CHANGED, "plan", rule, expected, "%s", seen);
}

static bool
guards_allow(const struct plan *p, struct err *e)
{
	char when[40];

	for (size_t i = 0; i < p->guards.n; i++) {
		const struct plan_guard *g = &p->guards.v[i];
		if (g->verdict != GUARD_REFUSE)
			continue;
		bool later = g->allows_at != TIME_UNSET && g->allows_at != TIME_NEVER;
		return err_set(e, ERR_CHANGED, "plan", g->id, later ? clock_rfc3339_s(when, sizeof when, g->allows_at)
			: "", "%s", g->reason);
	}
	return true;
}

/* Does the prediction itself say that something breaks, whatever its summary says? */
static bool
classes_break(const struct plan *p)
{
	for (size_t i = 0; i < p->prediction.classes.n; i++) {
		const struct plan_class *c = &p->prediction.classes.v[i];
		if (strcmp(c->after, "bogus") == 0 && strcmp(c->now, "bogus") != 0)
			return true;
	}
	return false;
}

bool
check_consent(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;
	const char *phrase = r->job->phrase ? r->job->phrase : "";
	int64_t now = clock_seconds();
	const char *why = "";
	char when[40];

	if (!guards_allow(p, e))
		return false;
	if (classes_break(p) && !p->prediction.breaks)
		return refuse(e, "consent", "a plan that says what it breaks", "a prediction whose parts do not agree");
	if (!consent_given(p, phrase, r->job->reason, &why))
		return refuse(e, "consent", p->phrase.text, *phrase ? why : "nothing was typed");
	if (!p->phrase.long_form && p->safe_at != TIME_UNSET && p->safe_at > now)
		return refuse(e, "earliest safe time", clock_rfc3339_s(when, sizeof when, p->safe_at), "it is earlier");
	if (p->made > now + 60)
		return refuse(e, "clock", "a plan of the past", "the plan was made later than now");
	return true;
}

/* ---- inputs on this host ---- */

static bool
moved(struct err *e, const struct plan_input *in, const char *seen)
{
	char rule[64];

	snprintf(rule, sizeof rule, "the %s is not what the plan was made from", input_kind_name(in->kind));
	return err_set(e, ERR_CHANGED, in->where, rule, *in->value ? in->value : in->sha256, "%s", seen);
}

/* Has the run itself changed this file? Then its new content is what must be there. */
static const char *
expected_hash(const struct run *r, const struct plan_input *in)
{
	for (size_t i = 0; i < r->n_edits; i++)
		if (r->edits[i].swapped && !r->edits[i].private && strcmp(r->edits[i].path, in->where) == 0)
			return r->edits[i].new;
	return in->sha256;
}

static bool
same_file(const struct run *r, const struct plan_input *in, struct err *e)
{
	char now[TARGET_HASH], path[PATH_MAX];
	struct plan_input resolved = *in;

	if (realpath(in->where, path)) /* edits know their files by resolved names */
		resolved.where = path;
	if (!file_sha256(in->where, now, e))
		return false;
	if (strcmp(now, expected_hash(r, &resolved)) == 0)
		return true;
	return moved(e, in, *now ? "another content now" : "it is gone");
}

static bool
same_source(const struct run *r, const struct plan_input *in, struct err *e)
{
	const struct config_source *c = r->job->zone->source;
	char hash[PLAN_HASH];
	bool same = true;

	if (!c || !c->type || strcmp(c->type, "none") == 0)
		return true;
	const struct source_spec spec = { .type = c->type, .path = c->path ? c->path : c->url, .file = c->file,
		.revision = c->revision };
	struct obs *o = source_observe(&spec, r->job->io.run, r->job->io.ctx, &r->apex, "act", clock_usec());
	if (o->fact == FACT_SOURCE && o->u.source.readable && o->u.source.revision) {
		plan_sha256(hash, o->u.source.revision, strlen(o->u.source.revision));
		same = strcmp(hash, in->sha256) == 0 || moved(e, in, o->u.source.revision);
	} else
		same = moved(e, in, "it cannot be read");
	obs_unref(o);
	return same;
}

bool
apply_check_files(struct run *r, bool again, struct err *e)
{
	for (size_t i = 0; i < r->plan->inputs.n; i++) {
		const struct plan_input *in = &r->plan->inputs.v[i];
		bool ok = true;
		if (in->kind == INPUT_CLOCK || !*in->sha256)
			continue; /* what could not be hashed then is judged by the world, not compared */
		if (in->kind == INPUT_KEY_FILE || in->kind == INPUT_ZONE_FILE || in->kind == INPUT_SIGNED_FILE)
			ok = same_file(r, in, e);
		else if (in->kind == INPUT_SOURCE && !again)
			ok = same_source(r, in, e);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- the world, as the servers show it ---- */

/* WHERE is "NAME ADDRESS PORT". */
static const struct server_state *
find_server(const struct cut_state *c, const char *where)
{
	char address[128];
	unsigned port;

	if (!c || sscanf(where, "%*s %127s %u", address, &port) != 2)
		return NULL;
	for (size_t i = 0; i < c->n; i++)
		if (c->servers[i].at.port == port && strcmp(c->servers[i].at.address, address) == 0)
			return &c->servers[i];
	return NULL;
}

/* 1 the same, 0 other, -1 it does not answer (now). */
static int
same_answer(struct run *r, const struct plan_input *in, const struct server_state *s, char *seen,
	size_t size)
{
	char hash[PLAN_HASH], text[32];
	uint32_t serial;
	enum probe p = in->kind == INPUT_PARENT_DS ? PROBE_DS : PROBE_DNSKEY;

	if (!s)
		return -1;
	if (in->kind == INPUT_SERVED_SERIAL) {
		if (!server_serial(s, &r->apex, &serial))
			return -1;
		snprintf(text, sizeof text, "%u", serial);
		plan_sha256(hash, text, strlen(text));
		snprintf(seen, size, "%s", text);
	} else {
		if (!s->answer[p] || s->silence[p])
			return -1;
		plan_rrset_hash(r->a, hash, &s->answer[p]->u.answer.rrs, &r->apex, p == PROBE_DS ? T_DS : T_DNSKEY);
		snprintf(seen, size, "another set");
	}
	return strcmp(hash, in->sha256) == 0;
}

/* G8 again, from what the servers show now: the plan file's own word for it is not taken. */
static bool
serial_rises(struct run *r, const struct cut_state *c, struct err *e)
{
	int64_t serial = r->sign ? r->sign->serial : -1;
	uint32_t now;

	if (r->sign && strcmp(r->signer->name, "manual") != 0 && (serial < 0 || serial > UINT32_MAX))
		return err_set(e, ERR_CHANGED, "plan", "G8", "a serial", "%lld", (long long)serial);
	for (size_t i = 0; c && serial >= 0 && i < c->n; i++) {
		bool undefined = false;
		if (!server_serial(&c->servers[i], &r->apex, &now))
			continue;
		if (serial_cmp((uint32_t)serial, now, &undefined) <= 0 || undefined)
			return err_set(e, ERR_CHANGED, c->servers[i].at.address, "G8 (RFC 1982)", "a serial above the served one",
				"%lld, it serves %u", (long long)serial, now);
	}
	return true;
}

/*
 * What a server shows must be what the plan saw there. A server that is silent now is no proof of
 * anything and is left out, but of each kind one at least must have answered: act never takes it
 * that nothing changed because it heard nothing.
 */
bool
check_world(struct run *r, const struct snapshot *s, struct err *e)
{
	const struct cut_state *child = snapshot_child(s), *parent = snapshot_parent(s);
	unsigned asked[INPUT_KIND_COUNT] = { 0 }, heard[INPUT_KIND_COUNT] = { 0 };
	char seen[64] = "";

	for (size_t i = 0; i < r->plan->inputs.n; i++) {
		const struct plan_input *in = &r->plan->inputs.v[i];
		bool ds = in->kind == INPUT_PARENT_DS;
		if ((!ds && in->kind != INPUT_SERVED_DNSKEY && in->kind != INPUT_SERVED_SERIAL) || !*in->sha256)
			continue;
		int same = same_answer(r, in, find_server(ds ? parent : child, in->where), seen, sizeof seen);
		if (same == 0)
			return moved(e, in, seen);
		asked[in->kind]++;
		heard[in->kind] += same > 0;
	}
	for (int k = 0; k < INPUT_KIND_COUNT; k++)
		if (asked[k] && !heard[k])
			return err_set(e, ERR_CHANGED, input_kind_name((enum input_kind)k), "fresh observation",
				"at least one server's answer", "none of %u answers now", asked[k]);
	return serial_rises(r, child, e);
}

/* ---- the signed zone ---- */

/* The parent's DS set as the plan (and, compared with it, the parent) shows it. */
static const struct zrr **
parent_ds(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;
	const struct zrr **out = arena_new_array(r->a, const struct zrr *, p->parent_ds.n + 1);

	for (size_t i = 0; i < p->parent_ds.n; i++) {
		struct rr rr;
		char *text = arena_printf(r->a, "%s 0 IN DS %s", p->zone, p->parent_ds.v[i]);
		if (!rr_from_text(r->a, text, 0, &rr, e))
			return NULL;
		struct zrr *z = arena_alloc(r->a, sizeof *z + rr.rdlen);
		*z = (struct zrr){ .type = T_DS, .rdlen = rr.rdlen };
		memcpy(z->rdata, rr.rdata, rr.rdlen);
		out[i] = z;
	}
	return out;
}

static unsigned
count_faults(const struct verify_result *v, const char *id)
{
	unsigned n = 0;

	for (size_t i = 0; v && i < v->n_faults; i++)
		n += v->faults[i].severity >= FAULT_HIGH && strcmp(v->faults[i].id, id) == 0;
	return n;
}

/* A fault that the deployed zone does not have as well: G7 never blocks the repair of what is broken. */
static bool
no_new_fault(const struct verify_result *new, const struct verify_result *old, int64_t at, struct err *e)
{
	char when[40];

	for (size_t i = 0; i < new->n_faults; i++) {
		const struct zone_fault *f = &new->faults[i];
		if (f->severity < FAULT_HIGH || count_faults(new, f->id) <= count_faults(old, f->id))
			continue;
		return err_set(e, ERR_PARSE, "signed zone", "own verify with the parent's DS (G7)", "no new fault",
			"%s at %s: %s", f->id, clock_rfc3339_s(when, sizeof when, at), f->detail);
	}
	return true;
}

bool
check_signed(struct run *r, struct err *e)
{
	const struct zrr **ds = parent_ds(r, e);
	int64_t now = clock_seconds(), ttl = r->plan->ttl_data;
	struct verify_opts o = { .at = now, .ds = ds, .n_ds = r->plan->parent_ds.n, .have_ds = true,
		.expect_signed = strcmp(r->sign ? r->sign->denial : "", "none") != 0 };
	bool ok = true;

	if (!ds)
		return false;
	ttl = ttl < r->plan->ttl_dnskey ? r->plan->ttl_dnskey : ttl;
	struct verify_result *old = r->old_zone ? zone_verify(r->old_zone, &o, NULL) : NULL;
	const int64_t at[] = { now, now + (ttl > 0 ? ttl : 3600) };
	for (size_t i = 0; i < 2 && ok; i++) {
		o.at = at[i];
		struct verify_result *v = zone_verify(r->new_zone, &o, e);
		ok = v && no_new_fault(v, old, at[i], e);
		verify_free(v);
	}
	verify_free(old);
	return ok;
}

bool
check_whole(const struct name *apex, const char *path, const char *old)
{
	struct verify_opts o = { .at = clock_seconds(), .expect_signed = true };
	struct zone *now = zone_load(path, apex, NULL, NULL);
	struct zone *before = *old ? zone_load(old, apex, NULL, NULL) : NULL;
	struct verify_result *v = now && !now->n_problems ? zone_verify(now, &o, NULL) : NULL;
	struct verify_result *w = before ? zone_verify(before, &o, NULL) : NULL;
	struct soa soa;
	bool ok = v && zone_soa(now, &soa, NULL) && no_new_fault(v, w, o.at, NULL);

	verify_free(v);
	verify_free(w);
	zone_free(now);
	zone_free(before);
	return ok;
}

bool
check_published(struct run *r, struct err *e)
{
	const struct config_signer *c = r->job->zone->signer;
	const struct publisher *p = c ? publisher_of((const char *const *)c->reload, c->reload_count) : NULL;
	struct child_result res = { 0 };
	struct err none = { 0 };
	char file[PATH_MAX], why[300] = "";
	struct edit *x = NULL;

	for (size_t i = 0; i < r->n_edits; i++)
		x = r->edits[i].zone ? &r->edits[i] : x;
	if (!p || !x)
		return true;
	snprintf(file, sizeof file, "%.3800s/%.255s", x->target.dir, x->target.temp);
	const struct child_job job = { .argv = p->check(r->a, r->plan->zone, file) };
	if (!r->job->io.run(r->job->io.ctx, &job, &res, &none)) {
		run_tell(r, "verify", "note", "%s could not be asked to check the file: %s", job.argv[0], none.seen);
		return true; /* our own verify has judged it; the server's check is a second opinion */
	}
	bool ok = res.status == 0;
	if (!ok) {
		text_clean(why, sizeof why, res.out && *res.out ? res.out : res.err ? res.err : "");
		err_set(e, ERR_PARSE, file, p->name, "a zone that the server accepts", "%s: %s", job.argv[0], why);
	}
	child_result_free(&res);
	return ok;
}
