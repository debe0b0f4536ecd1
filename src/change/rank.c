#include "change/rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALIDITY (30 * INT64_C(86400))

/* ---- harm: the union of broken intervals within the horizon ---- */

struct span {
	int64_t from, until;
};

static int
by_from(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

struct harm {
	int64_t seconds, until; /* until: TIME_UNSET none, TIME_NEVER without end */
	struct span *spans;	/* disjoint, in order */
	size_t n;
};

static struct harm
harm_of(struct arena *a, const struct worlds *w, int64_t now, int64_t horizon)
{
	struct harm h = { .until = TIME_UNSET, .spans = arena_new_array(a, struct span, w->n + 1) };
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct broken *b = &w->v[i];
		struct span s = { b->from > now ? b->from : now, b->until };
		if (s.until <= now || s.from >= now + horizon)
			continue;
		if (h.until == TIME_UNSET || b->until > h.until)
			h.until = b->until;
		if (s.until > now + horizon)
			s.until = now + horizon;
		h.spans[n++] = s;
	}
	qsort(h.spans, n, sizeof *h.spans, by_from);
	for (size_t i = 0; i < n; i++) {
		struct span *last = h.n ? &h.spans[h.n - 1] : NULL;
		if (last && h.spans[i].from <= last->until) {
			if (h.spans[i].until > last->until)
				last->until = h.spans[i].until;
		} else
			h.spans[h.n++] = h.spans[i];
	}
	for (size_t i = 0; i < h.n; i++)
		h.seconds += h.spans[i].until - h.spans[i].from;
	return h;
}

/* Seconds of A that lie outside B. */
static int64_t
outside(const struct harm *a, const struct harm *b)
{
	int64_t sum = a->seconds;

	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++) {
			int64_t from = a->spans[i].from > b->spans[k].from ? a->spans[i].from : b->spans[k].from;
			int64_t until = a->spans[i].until < b->spans[k].until ? a->spans[i].until
									      : b->spans[k].until;
			if (from < until)
				sum -= until - from;
		}
	return sum;
}

/* ---- one action ---- */

static const char *
title_of(struct arena *a, const struct action *act, int tag)
{
	const char *at = strstr(act->title, "%d");

	if (!at)
		return act->title;
	return arena_printf(a, "%.*s%d%s", (int)(at - act->title), act->title, tag, at + 2);
}

static const struct worlds *
worlds_of(struct arena *a, const struct diagnosis *d, const struct action *act, int tag, int64_t t0,
	int64_t propagation, const char **why_not, const struct worlds_input **input)
{
	const struct worldview *w = worldview_make(a, d->snapshot, 0);
	struct action_context c = { .d = d, .t0 = t0, .tag = tag,
		.f = future_new(a, w, VALIDITY, propagation) };

	if (!act->change(&c)) {
		*why_not = c.why_not ? c.why_not : "it does not apply here";
		return NULL;
	}
	if (input)
		*input = future_input(c.f);
	return future_worlds(c.f, &profiles[0]);
}

/*
 * Earliest time at which the step breaks nothing that waiting would not break: a candidate is each
 * moment at which a past version leaves the last cache.
 */
static int64_t
earliest_safe(struct arena *a, const struct diagnosis *d, const struct action *act, int tag,
	int64_t propagation, const struct worlds *wait)
{
	const struct worldview *w = worldview_make(a, d->snapshot, 0);
	const struct world_list *lists[] = { &w->in.ds, &w->in.dnskey, &w->in.data };
	int64_t now = d->now / USEC, best = TIME_NEVER;

	for (size_t l = 0; l < 3; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			const struct world_version *v = &lists[l]->v[i];
			int64_t t = v->off == TIME_NEVER ? TIME_NEVER : v->off + v->ttl;
			const char *why;
			if (t <= now || t >= best || t > now + RANK_HORIZON)
				continue;
			const struct worlds *after = worlds_of(a, d, act, tag, t, propagation, &why, NULL);
			if (!after)
				continue;
			struct harm h = harm_of(a, after, t, RANK_HORIZON), base = harm_of(a, wait, t, RANK_HORIZON);
			if (outside(&h, &base) == 0)
				best = t;
		}
	return best;
}

static bool
fixes_a_cause(const struct diagnosis *d, const struct action *act)
{
	for (size_t i = 0; i < d->n_causes; i++)
		if (action_fixes(act, d->findings[d->causes[i]].id))
			return true;
	return false;
}

static void
label_wrong(struct option *o, const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_wrong; i++)
		if (strcmp(d->wrong[i].action, o->action->name) == 0 &&
			(d->wrong[i].keytag < 0 || d->wrong[i].keytag == o->tag)) {
			o->wrong = true;
			o->wrong_why = d->wrong[i].risk;
		}
	if (o->harm_new > 0) {
		o->wrong = true;
		if (!o->wrong_why)
			o->wrong_why = "it breaks validators that would not fail otherwise";
	}
}

const struct option *
rank_option(struct arena *a, const struct diagnosis *d, const struct action *act, int tag,
	int64_t t0, int64_t propagation)
{
	struct option *o = arena_new_one(a, struct option);
	const struct worldview *w = worldview_make(a, d->snapshot, 0);
	const struct worlds *wait = worlds_compute(a, &w->in, &profiles[0], NULL);

	*o = (struct option){ .action = act, .tag = tag, .title = title_of(a, act, tag),
		.harm_until = TIME_UNSET, .safe_at = TIME_UNSET };
	o->worlds = worlds_of(a, d, act, tag, t0, propagation, &o->why_not, &o->input);
	if (!o->worlds)
		return o;
	int64_t now = d->now / USEC;
	struct harm h = harm_of(a, o->worlds, now, RANK_HORIZON), base = harm_of(a, wait, now, RANK_HORIZON);
	o->harm = h.seconds;
	o->harm_until = h.until;
	o->harm_new = outside(&h, &base);
	o->fixes = fixes_a_cause(d, act);
	if (o->harm_new > 0)
		o->safe_at = earliest_safe(a, d, act, tag, propagation, wait);
	label_wrong(o, d);
	return o;
}

static int
by_rank(const void *a, const void *b)
{
	const struct option *x = a, *y = b;

	if (!x->why_not != !y->why_not)
		return x->why_not ? 1 : -1;
	if (x->wrong != y->wrong)
		return x->wrong ? 1 : -1;
	if (x->harm != y->harm)
		return x->harm < y->harm ? -1 : 1;
	if (x->fixes != y->fixes)
		return x->fixes ? -1 : 1;
	if (x->action->rung != y->action->rung)
		return x->action->rung < y->action->rung ? -1 : 1;
	return x->tag - y->tag;
}

/* Is this key one that the action may be about? Keeps the list short: an action that has nothing
 * to do with a key is not offered for it. */
static bool
meant_for(const struct action *act, const struct key_row *k)
{
	if (strcmp(act->name, "extend-zsk") == 0)
		return k->file && k->role != KEYROLE_KSK &&
			(k->timing == KEY_INACTIVE || k->timing == KEY_REMOVED ||
				(k->timing == KEY_ACTIVE && k->ends != TIME_NEVER));
	if (strcmp(act->name, "restore-key") == 0)
		return k->served == 0 && k->file;
	if (strcmp(act->name, "resign-without") == 0)
		return k->served > 0;
	if (strcmp(act->name, "remove-ds") == 0)
		return k->ds == DS_MATCH || k->ds == DS_WRONG_DIGEST;
	return true;
}

const struct ranking *
rank_actions(struct arena *a, const struct diagnosis *d, int64_t propagation)
{
	struct ranking *r = arena_new_one(a, struct ranking);
	struct {
		struct option *v;
		size_t n, cap;
	} list = { 0 };
	int64_t now = d->now / USEC;

	for (const struct action *act = actions; act->name; act++) {
		if (!act->needs_tag) {
			arena_push(a, &list, *rank_option(a, d, act, -1, now, propagation));
			continue;
		}
		for (size_t i = 0; i < d->inventory->n; i++)
			if (meant_for(act, &d->inventory->rows[i]))
				arena_push(a, &list,
					*rank_option(a, d, act, d->inventory->rows[i].tag, now, propagation));
	}
	if (list.n)
		qsort(list.v, list.n, sizeof *list.v, by_rank);
	r->v = list.v;
	r->n = list.n;
	r->horizon = RANK_HORIZON;
	r->proven_from = worldview_make(a, d->snapshot, 0)->proven_from;
	return r;
}
