/* remake: the plan file against a plan that is made now. */
#include "change/remake.h"

#include <stdlib.h>
#include <string.h>

#include "change/consent.h"
#include "change/guard.h"
#include "keys/keyfile.h"

static bool
refuse(struct err *e, const char *rule, const char *expected, const char *seen)
{
	return err_set(e, ERR_CHANGED, "plan", rule, expected, "%s", seen);
}

/* ---- guards and consent ---- */

/* act looks for itself at what these stand for, with the words of what is really there. */
static bool
judged_by_act(const char *id)
{
	static const char *const ids[] = { "G8", "inputs", "world", "clock" };

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static enum guard_verdict
verdict_said(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->guards.n; i++)
		if (strcmp(p->guards.v[i].id, id) == 0)
			return p->guards.v[i].verdict;
	return GUARD_PASS; /* a guard that was taken out guards nothing */
}

static bool
guards_agree(const struct plan *p, const struct plan *now, struct err *e)
{
	for (size_t i = 0; i < now->guards.n; i++) {
		const struct plan_guard *g = &now->guards.v[i];
		enum guard_verdict said = verdict_said(p, g->id);
		if (judged_by_act(g->id) || g->verdict <= said)
			continue;
		return err_set(e, ERR_CHANGED, "plan", g->id, guard_verdict_name(g->verdict),
			"%s in the plan file, but %s", guard_verdict_name(said), g->reason);
	}
	return true;
}

/* consent_phrase() of both: what the file says of its own phrase counts nowhere. */
static bool
phrase_agrees(struct arena *a, const struct plan *p, const struct plan *now, struct err *e)
{
	struct plan_phrase asked, wanted;

	consent_phrase(a, p, &asked);
	consent_phrase(a, now, &wanted);
	if (!wanted.long_form || strcmp(asked.text, wanted.text) == 0)
		return true;
	return refuse(e, "consent", wanted.text, asked.text);
}

/* ---- steps ---- */

static bool
same_key(const struct plan_key *x, const struct plan_key *y)
{
	return strcmp(x->rdata_sha256, y->rdata_sha256) == 0 && x->alg == y->alg && x->flags == y->flags &&
		x->publish == y->publish && x->sign_keys == y->sign_keys && x->sign_data == y->sign_data &&
		(x->made_by > 0) == (y->made_by > 0);
}

/* As bags: keys to be made have no identity yet. */
static bool
same_keys(const struct plan_step *x, const struct plan_step *y)
{
	if (x->keys.n != y->keys.n)
		return false;
	for (size_t i = 0; i < x->keys.n; i++) {
		size_t in_x = 0, in_y = 0;
		for (size_t k = 0; k < x->keys.n; k++) {
			in_x += same_key(&x->keys.v[i], &x->keys.v[k]);
			in_y += same_key(&x->keys.v[i], &y->keys.v[k]);
		}
		if (in_x != in_y)
			return false;
	}
	return true;
}

static bool
same_texts(const struct texts *x, const struct texts *y)
{
	if (x->n != y->n)
		return false;
	for (size_t i = 0; i < x->n; i++) {
		bool found = false;
		for (size_t k = 0; k < y->n && !found; k++)
			found = strcmp(x->v[i], y->v[k]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* What validators will see of the step (keys, denial, the DS set), how long its signatures last, and
 * where it writes. Dates and the content to sign are hashed, and an undo plan has its own. */
static bool
same_step(const struct plan_step *x, const struct plan_step *y)
{
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case STEP_SIGN: return strcmp(x->signer, y->signer) == 0 && strcmp(x->denial, y->denial) == 0 &&
		x->validity == y->validity && same_keys(x, y);
	case STEP_REPLACE_ZONE: return strcmp(x->file, y->file) == 0;
	case STEP_REGISTRAR: return same_texts(&x->ds, &y->ds);
	case STEP_GENERATE_KEY: return x->alg == y->alg && x->flags == y->flags && x->bits == y->bits &&
		strcmp(x->file, y->file) == 0;
	default: return true;
	}
}

/* The next step from I on that counts; dates may be more (undo) than what is made now. */
static size_t
next_step(const struct plan *p, size_t i)
{
	while (i < p->steps.n && p->steps.v[i].kind == STEP_EDIT_TIMING)
		i++;
	return i;
}

/* 0, or the number of the first step of P that is not what NOW has there. */
static int
other_step(const struct plan *p, const struct plan *now)
{
	size_t i = next_step(p, 0), k = next_step(now, 0);

	for (; i < p->steps.n && k < now->steps.n; i = next_step(p, i + 1), k = next_step(now, k + 1))
		if (!same_step(&p->steps.v[i], &now->steps.v[k]))
			return p->steps.v[i].n;
	return i == p->steps.n && k == now->steps.n ? 0 : i < p->steps.n ? p->steps.v[i].n : (int)p->steps.n + 1;
}

static const struct plan_step *
sign_step(const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_SIGN)
			return &p->steps.v[i];
	return NULL;
}

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n && strncmp(path, folder, n) == 0 && path[n] == '/' && !strstr(path, "/../");
}

/* What next_step() passes over and same_step() leaves open: an undo signs what act itself put aside, and
 * moves dates that no plan of now would. */
static bool
files_agree(const struct plan *p, const struct plan *now, const char *backups, struct err *e)
{
	const struct plan_step *sign = sign_step(p);
	struct name apex, owner;
	uint8_t alg;
	uint16_t tag;

	if (sign && strcmp(sign->input, sign_step(now)->input) != 0 && !is_below(sign->input, backups))
		return err_set(e, ERR_CHANGED, "plan", "content to sign", sign_step(now)->input, "%s", sign->input);
	if (!name_from_text(&apex, p->zone, e))
		return false;
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct plan_step *s = &p->steps.v[i];
		const char *slash = strrchr(s->file, '/'), *end;
		if (s->kind == STEP_EDIT_TIMING && (!keyfile_parse_name(slash ? slash + 1 : s->file, &owner, &alg, &tag, &end) ||
				strcmp(end, ".key") != 0 || !name_equal(&owner, &apex)))
			return err_set(e, ERR_CHANGED, "plan", "key file", "one of this zone", "%s", s->file);
	}
	return true;
}

/* ---- the rest that guards and act's own verify rest on ---- */

static bool
inputs_agree(const struct plan *p, const struct plan *now, struct err *e)
{
	for (size_t i = 0; i < now->inputs.n; i++) {
		const struct plan_input *in = &now->inputs.v[i];
		bool found = false;
		if (in->kind > INPUT_SIGNED_FILE || !*in->sha256)
			continue; /* servers that were silent then may answer now */
		for (size_t k = 0; k < p->inputs.n && !found; k++)
			found = p->inputs.v[k].kind == in->kind && strcmp(p->inputs.v[k].where, in->where) == 0;
		if (!found)
			return err_set(e, ERR_CHANGED, in->where, "inputs of the plan", input_kind_name(in->kind),
				"the plan file does not name it");
	}
	return true;
}

static bool
world_agrees(const struct plan *p, const struct plan *now, struct err *e)
{
	if (!same_texts(&p->parent_ds, &now->parent_ds))
		return refuse(e, "DS set of the parent", "the one that the parent has", "another one");
	if (p->ttl_ds < now->ttl_ds || p->ttl_dnskey < now->ttl_dnskey || p->ttl_data < now->ttl_data)
		return refuse(e, "TTLs", "the largest that are served", "smaller ones");
	return inputs_agree(p, now, e);
}

/* ---- the whole ---- */

/* The plan made now: of a staged action with two ways the one whose steps P has. */
static const struct plan *
make_now(struct arena *a, const struct plan *p, const struct diagnosis *d,
	const struct config_zone *zone, struct err *e)
{
	static const char *const methods[] = { NULL, "double-ds" };
	const struct action *action = action_find(p->action);
	const struct plan *usual = NULL;
	struct err other = { 0 };

	if (!action || !action->change) {
		refuse(e, "action", "one that plans are made of", p->action);
		return NULL;
	}
	for (size_t i = 0; i < (action->staged ? 2 : 1); i++) {
		struct plan_wish w = PLAN_WISH(action);
		w.tag = p->tag;
		w.method = methods[i];
		const struct plan *now = plan_make(a, d, zone, &w, i == 0 ? e : &other);
		if (now && other_step(p, now) == 0)
			return now;
		if (i == 0)
			usual = now;
	}
	if (usual)
		err_set(e, ERR_CHANGED, "plan", "steps", "those that the action has now", "step %d is another one",
			other_step(p, usual));
	else
		e->code = ERR_CHANGED;
	return NULL;
}

bool
remake_agrees(struct arena *a, const struct plan *p, const struct diagnosis *d,
	const struct config_zone *zone, const char *backups, struct err *e)
{
	const struct plan *now = make_now(a, p, d, zone, e);

	return now && files_agree(p, now, backups, e) && guards_agree(p, now, e) && phrase_agrees(a, p, now, e) &&
		world_agrees(p, now, e);
}
