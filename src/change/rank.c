#include "change/rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose/misread.h"

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

static bool
old_at(const struct world_list *list, size_t i, int64_t t)
{
	return i < list->n && !(list->v[i].on <= t && t < list->v[i].off);
}

const struct worlds *
rank_from_now(struct arena *a, const struct worlds *w, const struct worlds_input *in, int64_t now)
{
	struct worlds *out = arena_memdup(a, w, sizeof *w);

	out->v = arena_new_array(a, struct broken, w->n + 1);
	out->n = 0;
	for (size_t i = 0; i < w->n; i++) {
		struct broken b = w->v[i];
		if (b.until <= now)
			continue;
		if (b.from < now)
			b.from = now;
		b.old_ds = old_at(&in->ds, b.ds, b.from);
		b.old_dnskey = old_at(&in->dnskey, b.dnskey, b.from);
		b.old_data = old_at(b.negative ? &in->negative : &in->data, b.data, b.from);
		b.direct = !b.old_data;
		out->v[out->n++] = b;
	}
	return out;
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

struct choice {
	const struct diagnosis *d;
	const struct action *act;
	int tag;
	const char *method;
	int64_t propagation;
};

/* The worlds after the step is taken at T0; NULL with C's why_not. */
static const struct worlds *
worlds_of(struct arena *a, const struct choice *ch, int64_t t0, struct action_context *c)
{
	const struct worldview *w = worldview_make(a, ch->d->snapshot, 0);

	*c = (struct action_context){ .d = ch->d, .t0 = t0, .tag = ch->tag, .method = ch->method,
		.f = future_new(a, w, VALIDITY, ch->propagation) };
	if (!ch->act->change) {
		c->why_not = "no plan does this";
		return NULL;
	}
	if (!ch->act->change(c)) {
		if (!c->why_not)
			c->why_not = "it does not apply here";
		return NULL;
	}
	return future_worlds(c->f, &profiles[0]);
}

/*
 * Earliest time at which the step breaks nothing that waiting would not break: a candidate is each
 * moment at which a past version leaves the last cache (with the key cache of C1, a DS set's end
 * may be as late as a DNSKEY TTL after it).
 */
static int64_t
earliest_safe(struct arena *a, const struct choice *ch, const struct worlds *wait)
{
	const struct worldview *w = worldview_make(a, ch->d->snapshot, 0);
	const struct world_list *lists[] = { &w->in.ds, &w->in.dnskey, &w->in.data, &w->in.negative };
	int64_t now = ch->d->now / USEC, best = TIME_NEVER;

	for (size_t l = 0; l < 4; l++)
		for (size_t i = 0; i < 2 * lists[l]->n; i++) {
			const struct world_version *v = &lists[l]->v[i / 2];
			int64_t t = v->off == TIME_NEVER ? TIME_NEVER : v->off + v->ttl;
			struct action_context c;
			if (t != TIME_NEVER && i % 2)
				t += w->ttl_dnskey;
			if (t <= now || t >= best || t > now + RANK_HORIZON)
				continue;
			const struct worlds *after = worlds_of(a, ch, t, &c);
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

/* key-role-misread, planned: a step about a KSK or the DS that mends no cause while a ZSK is one. */
static const char *
misread_of(struct arena *a, const struct diagnosis *d, const struct option *o)
{
	bool sep = false;

	for (size_t i = 0; o->action->needs_tag && i < d->inventory->n; i++)
		sep |= d->inventory->rows[i].tag == o->tag && d->inventory->rows[i].flags & DNSKEY_SEP;
	const char *what = o->set.ds || o->action->touches_parent	? "a DS change"
		: strcmp(o->action->name, "new-ksk") == 0		? "a new KSK"
		: sep							? "a change of a KSK"
									: NULL;

	return o->fixes || !what ? NULL : misread_plan(a, d, true, what);
}

static void
label_wrong(struct option *o, const struct diagnosis *d)
{
	if (o->misread) {
		o->wrong = true;
		o->wrong_why = o->misread;
	}
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

/* An empty cache fails once the step is taken at T0, and would not now. */
static bool
breaks_everybody(const struct option *o, int64_t t0)
{
	for (size_t i = 0; i < o->worlds->n; i++) {
		const struct broken *b = &o->worlds->v[i];
		if (!b->old_ds && !b->old_dnskey && !b->old_data && b->from <= t0 && b->until > t0)
			return true;
	}
	return false;
}

static const char *
risk_words(struct arena *a, const struct option *o, int64_t now)
{
	char span[40];
	const char *who, *how_long = "until it is undone";

	if (o->harm == 0)
		return o->insecure ? "nobody fails, and nobody is protected any more" : "none";
	who = o->everybody ? "all validators" : "stale caches";
	if (o->harm_until != TIME_NEVER)
		how_long = arena_printf(a, "for %s", clock_span(span, sizeof span, o->harm_until - now));
	if (!o->harm_new)
		return arena_printf(a, "none new; as now %s", how_long);
	return arena_printf(a, "%s fail %s", who, how_long);
}

static void
take_context(struct option *o, const struct action_context *c)
{
	o->input = future_input(c->f);
	o->set = c->set;
	o->stage = c->stage;
	o->stages = c->stages;
	o->stage_name = c->stage_name;
	o->next_name = c->next_name;
	o->wait = c->wait;
	o->entry = c->entry.v;
	o->n_entry = c->entry.n;
}

const struct option *
rank_option(struct arena *a, const struct diagnosis *d, const struct action *act, int tag,
	const char *method, int64_t t0, int64_t propagation)
{
	const struct choice ch = { d, act, tag, method, propagation };
	struct option *o = arena_new_one(a, struct option);
	const struct worldview *w = worldview_make(a, d->snapshot, 0);
	const struct worlds *wait = worlds_compute(a, &w->in, &profiles[0], NULL);
	struct action_context c;

	*o = (struct option){ .action = act, .tag = tag, .title = title_of(a, act, tag),
		.harm_until = TIME_UNSET, .safe_at = TIME_UNSET, .wait_until = TIME_UNSET, .t0 = t0,
		.risk = "-" };
	o->worlds = worlds_of(a, &ch, t0, &c);
	o->why_not = c.why_not;
	take_context(o, &c);
	o->fixes = fixes_a_cause(d, act);
	o->misread = misread_of(a, d, o);
	if (!o->worlds) {
		label_wrong(o, d);
		return o;
	}
	int64_t now = d->now / USEC;
	o->worlds = rank_from_now(a, o->worlds, o->input, now);
	struct harm h = harm_of(a, o->worlds, now, RANK_HORIZON), base = harm_of(a, wait, now, RANK_HORIZON);
	o->harm = h.seconds;
	o->harm_until = h.until;
	o->harm_new = outside(&h, &base);
	o->wait_until = base.until;
	if (o->harm_new > 0)
		o->safe_at = earliest_safe(a, &ch, wait);
	o->insecure = wait->now_verdict == VERDICT_SECURE && o->worlds->now_verdict == VERDICT_INSECURE;
	o->everybody = breaks_everybody(o, t0);
	o->risk = risk_words(a, o, now);
	label_wrong(o, d);
	return o;
}

/* What keeps the zone secure comes first, then what is wrong, then what ends its security, then what
 * breaks it for everybody. */
static int
tier(const struct option *o)
{
	return o->everybody && o->harm_new ? 3 : o->insecure ? 2 : o->wrong ? 1 : 0;
}

static int
by_rank(const void *a, const void *b)
{
	const struct option *x = a, *y = b;

	if (!x->why_not != !y->why_not)
		return x->why_not ? 1 : -1;
	if (tier(x) != tier(y))
		return tier(x) - tier(y);
	if (x->harm != y->harm)
		return x->harm < y->harm ? -1 : 1;
	if (x->fixes != y->fixes)
		return x->fixes ? -1 : 1;
	if (x->action->rung != y->action->rung)
		return x->action->rung < y->action->rung ? -1 : 1;
	return x->tag - y->tag;
}

/* Is this key one that the action may be about? Keeps the list short: an action that has nothing
 * to do with a key is not offered for it. To add one: a row in the table below. */
static bool
has_end(const struct key_row *k)
{
	return k->file && (k->timing == KEY_INACTIVE || k->timing == KEY_REMOVED ||
		k->timing == KEY_FUTURE || k->timing == KEY_PUBLISHED ||
		(k->timing == KEY_ACTIVE && k->ends != TIME_NEVER));
}

static bool
meant_extend_zsk(const struct key_row *k)
{
	return has_end(k) && k->role != KEYROLE_KSK && k->served;
}

static bool
meant_extend_ksk(const struct key_row *k)
{
	return has_end(k) && k->role == KEYROLE_KSK && k->served;
}

static bool
meant_restore(const struct key_row *k)
{
	return k->file && (k->served == 0 || (!k->signs_data && !k->signs_dnskey));
}

static bool
meant_without(const struct key_row *k)
{
	return k->served > 0;
}

static bool
meant_remove_ds(const struct key_row *k)
{
	return k->ds == DS_MATCH || k->ds == DS_WRONG_DIGEST;
}

static const struct {
	const char *action;
	bool (*meant)(const struct key_row *k);
} meant[] = { { "extend-zsk", meant_extend_zsk }, { "extend-ksk", meant_extend_ksk },
	{ "restore-key", meant_restore }, { "resign-without", meant_without },
	{ "remove-ds", meant_remove_ds } };

static bool
meant_for(const struct action *act, const struct key_row *k)
{
	for (size_t i = 0; i < sizeof meant / sizeof *meant; i++)
		if (strcmp(meant[i].action, act->name) == 0)
			return meant[i].meant(k);
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
		if (!act->change)
			continue;
		if (!act->needs_tag) {
			arena_push(a, &list, *rank_option(a, d, act, -1, NULL, now, propagation));
			continue;
		}
		for (size_t i = 0; i < d->inventory->n; i++)
			if (meant_for(act, &d->inventory->rows[i]))
				arena_push(a, &list, *rank_option(a, d, act, d->inventory->rows[i].tag, NULL, now,
					propagation));
	}
	if (list.n)
		qsort(list.v, list.n, sizeof *list.v, by_rank);
	r->v = list.v;
	r->n = list.n;
	r->horizon = RANK_HORIZON;
	r->proven_from = worldview_make(a, d->snapshot, 0)->proven_from;
	return r;
}
