#include "lab/play.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lab/forecast.h"

#define FINE 60	      /* seconds between looks at the validators, in the first two days */
#define COARSE 1800   /* and later */
#define FINE_DAYS 2
#define NOTABLE 0.01  /* share of the validators that makes a minute a broken one */

const char *
entry_kind_name(enum entry_kind k)
{
	static const char *const names[] = { "event", "applied", "REFUSED", "note", "look", "cause", "probe",
		"coach" };

	return names[k];
}

void
play_entry_add(struct play *p, enum entry_kind kind, const char *who, const char *action,
	const char *text, const char *result)
{
	struct play_entry e = { .t = p->now, .kind = kind, .who = arena_strdup(p->a, who),
		.action = arena_strdup(p->a, action),
		.text = text_clean_dup(p->a, scenario_text(p->w->s, p->a, text)),
		.result = text_clean_dup(p->a, scenario_text(p->w->s, p->a, result)), .broken = p->broken };

	e.predicted = "";
	arena_push(p->a, &p->entries, e);
}

static struct play_picture
picture(const struct play *p)
{
	const struct lab_zone *z = world_zone(p->w, p->now + 1), *up = world_parent(p->w, p->now + 1);

	return (struct play_picture){ .t = p->now, .ds = up->ds, .publish = z->publish,
		.sign_keys = z->sign_keys, .sign_data = z->sign_data };
}

static void
reset(struct play *p)
{
	const struct scenario *s = p->w->s;

	world_train(p->w);
	crowd_forget(p->crowd);
	p->now = s->t_train;
	p->entries.n = p->curve.n = p->steps.n = 0;
	memset(p->told, 0, s->events_count * sizeof *p->told);
	p->broken = p->broken_minutes = p->noted = 0;
	p->minutes_broken = 0;
	p->harm_began = p->harm_ended = TIME_UNSET;
}

/* What was said before the training began is known; it is not news. */
static void
tell_past(struct play *p)
{
	const struct scenario *s = p->w->s;
	struct crowd_state now;

	for (unsigned i = 0; i < s->events_count; i++) {
		if (s->events[i].t > s->t_train) {
			p->told[i] = s->events[i].team;
			continue;
		}
		p->told[i] = true;
		if (s->events[i].if_broken)
			continue;
		p->now = s->events[i].t;
		play_entry_add(p, ENTRY_EVENT, s->events[i].who, "", s->events[i].text, "");
	}
	p->now = s->t_train;
	crowd_at(p->crowd, p->now, &now);
	p->broken = now.broken;
	p->total = now.total;
	p->before = p->after = picture(p);
}

struct play *
play_new(struct world *w, unsigned validators)
{
	struct arena *a = arena_new();
	struct play *p = arena_new_one(a, struct play);

	p->a = a;
	p->w = w;
	p->told = arena_new_array(a, bool, w->s->events_count + 1);
	p->crowd = crowd_new(w, validators);
	reset(p);
	tell_past(p);
	return p;
}

void
play_free(struct play *p)
{
	if (!p)
		return;
	crowd_free(p->crowd);
	arena_free(p->a);
}

/* ---- time ---- */

static void
tell_events(struct play *p)
{
	const struct scenario *s = p->w->s;

	for (unsigned i = 0; i < s->events_count; i++) {
		const struct sc_event *ev = &s->events[i];
		if (p->told[i] || ev->t > p->now)
			continue;
		if (ev->if_broken && p->broken * 100 < (double)ev->if_broken * p->total) {
			if (p->now > ev->t + 86400 * USEC)
				p->told[i] = true; /* it did not come to that */
			continue;
		}
		p->told[i] = true;
		play_entry_add(p, ENTRY_EVENT, ev->who, "", ev->text, "");
	}
}

/* A row when validators begin to fail, when twice as many or half as many fail, and at the end. */
static void
note_harm(struct play *p)
{
	double least = p->total * NOTABLE;

	if (p->broken >= least ? p->noted >= least && p->broken < 2 * p->noted && p->broken > p->noted / 2
			       : p->noted < least)
		return;
	play_entry_add(p, ENTRY_HARM, "simulation", "",
		p->broken >= least ? arena_printf(p->a, "%.0f of %u validators fail", p->broken, p->total)
				   : arena_printf(p->a, "hardly any validator fails (%.0f of %u)", p->broken, p->total),
		"");
	p->noted = p->broken;
}

static void
look(struct play *p, int64_t t)
{
	struct crowd_state s;
	double before = p->broken, minutes = (double)(t - p->now) / USEC / 60;

	crowd_at(p->crowd, t, &s);
	p->total = s.total;
	p->broken_minutes += before * minutes; /* as it was found, until it was looked at again */
	if (before >= NOTABLE * p->total)
		p->minutes_broken += (t - p->now) / USEC / 60;
	p->now = t;
	p->broken = s.broken;
	if (p->broken >= NOTABLE * p->total) {
		if (p->harm_began == TIME_UNSET)
			p->harm_began = t;
		p->harm_ended = t;
	}
	arena_push(p->a, &p->curve, ((struct play_point){ t, s.broken }));
	note_harm(p);
}

void
play_advance(struct play *p, int64_t t)
{
	int64_t fine = p->w->s->t_train + FINE_DAYS * 86400 * USEC;

	while (p->now < t) {
		int64_t next = p->now + (p->now < fine ? FINE : COARSE) * USEC;
		look(p, next < t ? next : t);
		tell_events(p);
	}
	p->after = picture(p);
}

int64_t
play_next(const struct play *p)
{
	const struct world *w = p->w;
	int64_t next = TIME_NEVER;

	for (unsigned i = 0; i < w->s->events_count; i++)
		if (!p->told[i] && w->s->events[i].t > p->now && w->s->events[i].t < next)
			next = w->s->events[i].t;
	for (size_t i = 0; i < w->zones.n; i++)
		if (w->zones.v[i].on > p->now && w->zones.v[i].on < next)
			next = w->zones.v[i].on;
	for (size_t i = 0; i < w->parents.n; i++)
		if (w->parents.v[i].on > p->now && w->parents.v[i].on < next)
			next = w->parents.v[i].on;
	for (size_t i = 0; i < w->faults.n; i++) {
		const struct lab_fault *f = &w->faults.v[i];
		if (f->from > p->now && f->from < next)
			next = f->from;
		if (f->until > p->now && f->until < next)
			next = f->until;
	}
	return next;
}

/* ---- steps ---- */

bool
play_right_cause(const struct scenario *s, const char *cause)
{
	const struct sc_variant *v = scenario_variant(s);
	bool own = v && v->causes_count;
	char *const *list = own ? v->causes : s->truth_count ? s->truth : s->causes;
	unsigned n = own ? v->causes_count : s->truth_count ? s->truth_count : s->causes_count;

	for (unsigned i = 0; i < n; i++)
		if (strcmp(list[i], cause) == 0)
			return true;
	return n == 0 && strcmp(cause, "none") == 0;
}

const struct sc_wrong *
play_wrong(const struct world *w, const char *step)
{
	size_t verb = strcspn(step, " ");
	const char *arg = step + verb + strspn(step + verb, " ");

	for (unsigned i = 0; i < w->s->wrong_count; i++) {
		const char *action = w->s->wrong[i].action;
		size_t n = strcspn(action, " ");
		const char *key = action + n + strspn(action + n, " ");
		if (n == verb && strncmp(action, step, n) == 0 &&
			(!*key || world_key(w, key) == world_key(w, arg)))
			return &w->s->wrong[i];
	}
	return NULL;
}

bool
play_do(struct play *p, const char *step, struct hands_result *r, struct err *e)
{
	static const enum entry_kind kinds[] = { [HAND_ACT] = ENTRY_DO, [HAND_SAY] = ENTRY_SAY,
		[HAND_LOOK] = ENTRY_LOOK, [HAND_COMMIT] = ENTRY_CAUSE, [HAND_WAIT] = ENTRY_DO };
	const struct hand *h = hands_verb(step);
	struct hands_result own;
	const char *arg = step + strcspn(step, " ");

	r = r ? r : &own;
	if (!hands_do(p->w, p->now, step, r, e))
		return false;
	arg += strspn(arg, " ");
	arena_push(p->a, &p->steps, ((struct sc_step){ .act = arena_strdup(p->a, step), .t = p->now }));
	play_entry_add(p, h->kind == HAND_ACT && !r->done ? ENTRY_REFUSED : kinds[h->kind], "operator",
		h->name, h->kind == HAND_ACT || h->kind == HAND_WAIT ? step : arg,
		h->kind == HAND_ACT ? r->text : "");
	if (h->kind == HAND_ACT && r->done)
		p->entries.v[p->entries.n - 1].predicted = forecast(p->w, p->a, p->now + 1);
	p->after = picture(p);
	if (h->kind == HAND_COMMIT)
		p->entries.v[p->entries.n - 1].right = play_right_cause(p->w->s, arg);
	return true;
}

bool
play_safe(const struct play *p)
{
	const struct world *w = p->w;
	uint32_t serial = world_revision(w, p->now)->serial;

	if (p->broken > 0 || world_source_broken(w, p->now))
		return false;
	for (unsigned i = 0; i < w->s->servers_count; i++) {
		bool strips;
		const struct lab_zone *z;
		if (w->s->servers[i].cut != SC_CHILD)
			continue;
		z = world_served(w, i, p->now, &strips, NULL);
		if (!z || strips || serial_cmp(z->serial, serial, NULL) < 0)
			return false;
	}
	return true;
}

/* The steps that were taken, but the last that changed the world and what came after it. */
bool
play_branch_back(struct play *p, struct err *e)
{
	size_t n = p->steps.n;
	int64_t to;

	while (n && hands_verb(p->steps.v[n - 1].act)->kind != HAND_ACT)
		n--;
	if (!n)
		return err_set(e, ERR_ARG, "branch back", "training", "a step that changed something", "none");
	to = p->steps.v[--n].t;
	struct sc_step *steps = arena_memdup(p->a, p->steps.v, (n + 1) * sizeof *steps);
	reset(p);
	tell_past(p);
	for (size_t i = 0; i < n; i++) {
		play_advance(p, steps[i].t);
		if (!play_do(p, steps[i].act, NULL, e))
			return false;
	}
	play_advance(p, to);
	p->branches++;
	return true;
}

bool
play_script(struct play *p, const struct sc_step *v, unsigned n, struct err *e)
{
	for (unsigned i = 0; i < n; i++) {
		play_advance(p, v[i].t);
		if (!play_do(p, v[i].act, NULL, e))
			return false;
	}
	play_advance(p, p->w->s->t_horizon);
	return true;
}

bool
play_named(struct play *p, const char *script, struct err *e)
{
	const struct scenario *s = p->w->s;

	if (strcmp(script, "golden") == 0)
		return play_script(p, s->golden, s->golden_count, e);
	if (strcmp(script, "real-team") == 0)
		return play_script(p, s->real_team, s->real_team_count, e);
	if (strcmp(script, "do-nothing") == 0)
		return play_script(p, NULL, 0, e);
	return err_set(e, ERR_ARG, script, "lab run", "golden, real-team or do-nothing", "another");
}
