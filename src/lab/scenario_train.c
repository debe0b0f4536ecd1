/* The training's part of a scenario: variants, faults, validators, scripts. */
#include <stdlib.h>
#include <string.h>

#include "lab/hands.h"
#include "lab/scenario_parts.h"
#include "verdict/verdict.h"

/* ---- variants ---- */

/* Every list whose entries may belong to one variant only. */
struct variant_list {
	void *v;
	unsigned *n;
	size_t size, at; /* of an entry; of its variant's name in it */
};
#define VLIST(s, list, type) { (s)->list, &(s)->list##_count, sizeof(struct type), \
	offsetof(struct type, variant) }
#define VLISTS(s) { VLIST(s, signings, sc_signed), VLIST(s, delegations, sc_ds), \
	VLIST(s, revisions, sc_revision), VLIST(s, runs, sc_run), VLIST(s, vantages, sc_vantage), \
	VLIST(s, events, sc_event), VLIST(s, faults, sc_fault), VLIST(s, population, sc_group), \
	VLIST(s, golden, sc_step), VLIST(s, real_team, sc_step) }
#define VLIST_COUNT 10

const struct sc_variant *
scenario_variant(const struct scenario *s)
{
	for (unsigned i = 0; i < s->variants_count; i++)
		if (s->variant && strcmp(s->variants[i].id, s->variant) == 0)
			return &s->variants[i];
	return NULL;
}

/* Entries of other variants go behind the others, and are not counted: they stay to be freed. */
static void
partition(struct load *l, const struct variant_list *list)
{
	unsigned n = *list->n, kept = 0, dropped = 0;
	char *other = arena_alloc(l->s->arena, list->size * (n + 1));

	for (unsigned i = 0; i < n; i++) {
		char *entry = (char *)list->v + i * list->size;
		const char *variant = *(char **)(entry + list->at);
		if (!variant || (l->s->variant && strcmp(variant, l->s->variant) == 0))
			memmove((char *)list->v + kept++ * list->size, entry, list->size);
		else
			memcpy(other + dropped++ * list->size, entry, list->size);
	}
	if (dropped)
		memcpy((char *)list->v + kept * list->size, other, dropped * list->size);
	*list->n = kept;
}

void
scenario_choose(struct load *l, const char *variant)
{
	struct scenario *s = l->s;
	struct variant_list lists[] = VLISTS(s);

	s->variant = variant ? arena_strdup(s->arena, variant)
		: s->variants_count ? s->variants[0].id : NULL;
	for (int i = 0; i < VLIST_COUNT; i++)
		s->whole[i] = *lists[i].n;
	if (variant && !scenario_variant(s)) {
		scenario_problem(l, s->variants_count ? "variants" : NULL, 0, "no variant '%s'", variant);
		return;
	}
	for (int i = 0; i < VLIST_COUNT; i++)
		partition(l, &lists[i]);
}

void
scenario_restore(struct scenario *s)
{
	struct variant_list lists[] = VLISTS(s);

	for (int i = 0; i < VLIST_COUNT; i++)
		if (s->whole[i])
			*lists[i].n = s->whole[i];
}

/* ---- checks ---- */

/* Seconds of TEXT ("15m", "-2h"), UNSET where there is none. */
static int64_t
span(struct load *l, const char *field, unsigned i, const char *text, int64_t unset)
{
	int64_t s = 0;

	if (!text)
		return unset;
	if (!clock_parse_span(text + (text[0] == '-'), &s))
		scenario_problem(l, field, i, "'%s' is no span of time like 15m", text);
	return text[0] == '-' ? -s : s;
}

static void
check_faults(struct load *l)
{
	for (unsigned i = 0; i < l->s->faults_count; i++) {
		struct sc_fault *f = &l->s->faults[i];
		bool known = false;
		f->t_from = scenario_moment(l, "faults", i, f->from, 0);
		f->t_until = scenario_moment(l, "faults", i, f->until, TIME_NEVER);
		for (unsigned k = 0; k < l->s->servers_count; k++)
			known |= strcmp(l->s->servers[k].name, f->server) == 0;
		if (!known)
			scenario_problem(l, "faults", i, "no server has the name '%s'", f->server);
		if (f->mended_by && !hands_find(f->mended_by))
			scenario_problem(l, "faults", i, "there is no action '%s'", f->mended_by);
	}
}

static void
check_validators(struct load *l)
{
	struct scenario *s = l->s;
	uint64_t all = 0;

	for (unsigned i = 0; i < s->population_count; i++) {
		struct sc_group *g = &s->population[i];
		g->t_clock = span(l, "population", i, g->clock, 0);
		if (!profile_find(g->profile ? g->profile : "strict"))
			scenario_problem(l, "population", i, "there is no profile '%s'", g->profile);
		all += g->count;
	}
	if (all > SCENARIO_VALIDATORS)
		scenario_problem(l, "population", 0, "more than %u validators", SCENARIO_VALIDATORS);
	for (unsigned i = 0; i < s->vantages_count; i++) {
		struct sc_vantage *v = &s->vantages[i];
		v->t_clock = span(l, "vantages", i, v->clock, 0);
		v->t_root_copy = scenario_moment(l, "vantages", i, v->root_copy, TIME_UNSET);
		if (v->t_root_copy != TIME_UNSET)
			v->t_root_copy /= USEC;
	}
}

/* A moment, or a span after the training's beginning. */
static void
check_script(struct load *l, const char *field, struct sc_step *v, unsigned n)
{
	int64_t before = l->s->t_train;

	for (unsigned i = 0; i < n; i++) {
		v[i].t = strchr(v[i].at, 'T') ? scenario_moment(l, field, i, v[i].at, 0)
			: l->s->t_train + span(l, field, i, v[i].at, 0) * USEC;
		if (v[i].t < before)
			scenario_problem(l, field, i, "'%s' is before the step above it", v[i].at);
		before = v[i].t;
		if (!hands_verb(v[i].act))
			scenario_problem(l, field, i, "'%s' is nothing that can be done", v[i].act);
	}
}

static void
check_actions(struct load *l)
{
	struct scenario *s = l->s;

	for (unsigned i = 0; i < s->accept_count; i++)
		if (!hands_find(s->accept[i]))
			scenario_problem(l, "accept", i, "there is no action '%s'", s->accept[i]);
	for (unsigned i = 0; i < s->wrong_count; i++)
		if (!hands_verb(s->wrong[i].action))
			scenario_problem(l, "wrong", i, "there is no action '%s'", s->wrong[i].action);
	for (unsigned i = 0; i < s->praise_count; i++)
		if (!hands_find(s->praise[i].action))
			scenario_problem(l, "praise", i, "there is no action '%s'", s->praise[i].action);
	for (unsigned i = 0; i < s->hints_count; i++) {
		const char *when = s->hints[i].when;
		if (strncmp(when, "stall ", 6) == 0)
			span(l, "hints", i, when + 6, 0);
		else if (strncmp(when, "before ", 7) == 0 ? !hands_verb(when + 7)
			: strncmp(when, "pane ", 5) != 0 && strcmp(when, "asked") != 0)
			scenario_problem(l, "hints", i, "'%s' is no trigger", when);
		if (s->hints[i].level < 1 || s->hints[i].level > 4)
			scenario_problem(l, "hints", i, "level %u is not 1 to 4", s->hints[i].level);
	}
}

void
scenario_check_train(struct load *l)
{
	struct scenario *s = l->s;

	s->t_train = scenario_moment(l, "train-from", 0, s->train_from, s->t_moment);
	s->t_horizon = s->horizon && !strchr(s->horizon, 'T')
		? s->t_train + span(l, "horizon", 0, s->horizon, 0) * USEC
		: scenario_moment(l, "horizon", 0, s->horizon, s->t_train + 86400 * USEC);
	if (s->t_horizon <= s->t_train || s->t_horizon - s->t_train > 400 * 86400 * USEC)
		scenario_problem(l, s->horizon ? "horizon" : NULL, 0, "the horizon must be after the training's "
			"beginning and within 400 days of it");
	s->par = s->par ? s->par : 15;
	s->registrar.t_latency = span(l, "registrar", 0, s->registrar.latency, 900);
	s->t_signer_clock = span(l, "signer-clock", 0, s->signer_clock, 0);
	if (s->signer && strcmp(s->signer, "old") != 0 && strcmp(s->signer, "new") != 0)
		scenario_problem(l, "signer", 0, "'%s' is neither old nor new", s->signer);
	check_faults(l);
	check_validators(l);
	check_actions(l);
	check_script(l, "golden", s->golden, s->golden_count);
	check_script(l, "real-team", s->real_team, s->real_team_count);
}

/* ---- another time ---- */

static void
later(int64_t *t, int64_t by)
{
	if (*t != TIME_UNSET && *t != TIME_NEVER)
		*t += by;
}

void
scenario_shift(struct scenario *s, int64_t by)
{
	int64_t sec = by / USEC;

	for (unsigned i = 0; i < s->keys_count; i++) {
		int64_t *const t[] = { &s->keys[i].t_created, &s->keys[i].t_publish, &s->keys[i].t_activate,
			&s->keys[i].t_inactive, &s->keys[i].t_delete };
		for (size_t k = 0; k < sizeof t / sizeof *t; k++)
			later(t[k], sec);
	}
	for (unsigned i = 0; i < s->signings_count; i++) {
		struct sc_signed *v = &s->signings[i];
		later(&v->t, by);
		later(&v->t_inception, sec);
		later(&v->t_expiration, sec);
		later(&v->t_old_inception, sec);
		later(&v->t_old_expiration, sec);
	}
	for (unsigned i = 0; i < s->delegations_count; i++)
		later(&s->delegations[i].t, by);
	for (unsigned i = 0; i < s->revisions_count; i++)
		later(&s->revisions[i].t, by);
	for (unsigned i = 0; i < s->runs_count; i++)
		later(&s->runs[i].t, by);
	for (unsigned i = 0; i < s->events_count; i++)
		later(&s->events[i].t, by);
	for (unsigned i = 0; i < s->faults_count; i++) {
		later(&s->faults[i].t_from, by);
		later(&s->faults[i].t_until, by);
	}
	for (unsigned i = 0; i < s->golden_count; i++)
		later(&s->golden[i].t, by);
	for (unsigned i = 0; i < s->real_team_count; i++)
		later(&s->real_team[i].t, by);
	later(&s->t_start, by);
	later(&s->t_moment, by);
	later(&s->t_train, by);
	later(&s->t_horizon, by);
}
