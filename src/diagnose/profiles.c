/*
 * profiles: what is served now, judged as each kind of validator judges it, now and at every
 * moment at which a signature begins or ends. They differ in clock allowance, in the algorithms
 * and digests they insist on, and in SHA-1; "it fails" without "for whom" is half a finding.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

#define TIMES_MAX 512u

static const struct rr_list *
served(const struct world_list *l, int64_t now)
{
	static const struct rr_list none;
	const struct rr_list *found = &none;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].on <= now && l->v[i].off == TIME_NEVER)
			found = &l->v[i].rrs;
	return found;
}

static int
by_time(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

/* How people call the software that judges so. */
static const char *
called(const char *profile)
{
	if (strcmp(profile, "strict") == 0)
		return "strict validators (BIND)";
	if (strcmp(profile, "unbound") == 0)
		return "Unbound";
	if (strcmp(profile, "hardened") == 0)
		return "hardened validators";
	return "validators without SHA-1";
}

static void
judge_profile(struct work *w, struct memo *m, const struct profile *p, struct profile_row *row)
{
	const struct worlds_input *in = &w->view->in;
	const struct rr_list *ds = served(&in->ds, w->now), *keys = served(&in->dnskey, w->now),
			     *data = served(&in->data, w->now);
	int64_t times[TIMES_MAX];
	size_t n = 0;

	*row = (struct profile_row){ .name = p->name, .called = called(p->name), .fails_from = TIME_NEVER };
	row->verdict = verdict_of(m, &w->s->zone, ds, keys, data, w->now, p, &row->reason);
	if (row->verdict == VERDICT_BOGUS) {
		row->fails_from = w->now;
		return;
	}
	if (row->verdict == VERDICT_INSECURE)
		return;
	n = verdict_times(ds, p, w->now, times, n, TIMES_MAX);
	n = verdict_times(keys, p, w->now, times, n, TIMES_MAX);
	n = verdict_times(data, p, w->now, times, n, TIMES_MAX);
	qsort(times, n, sizeof *times, by_time);
	for (size_t i = 0; i < n; i++)
		if (times[i] > w->now && verdict_of(m, &w->s->zone, ds, keys, data, times[i], p,
				&row->reason) == VERDICT_BOGUS) {
			row->fails_from = times[i];
			return;
		}
}

static bool
same_fate(const struct profile_row *a, const struct profile_row *b)
{
	return a->verdict == b->verdict && a->fails_from == b->fails_from;
}

/* "strict validators (BIND) and validators without SHA-1 fail now"; NULL when R's was said before. */
static const char *
fate(struct work *w, const struct profile_row *r)
{
	const struct diagnosis *d = w->d;
	const struct profile_row *end = d->profiles + d->n_profiles;
	const char *who = r->called;
	bool several = strcmp(r->name, "unbound") != 0;

	for (const struct profile_row *p = d->profiles; p < r; p++)
		if (same_fate(p, r))
			return NULL;
	for (const struct profile_row *p = r + 1; p < end; p++)
		if (same_fate(p, r)) {
			who = say(w, "%s and %s", who, p->called);
			several = true;
		}
	if (r->verdict == VERDICT_INSECURE)
		return say(w, "%s take%s the zone as insecure", who, several ? "" : "s");
	if (r->verdict == VERDICT_BOGUS)
		return say(w, "%s fail%s now", who, several ? "" : "s");
	return r->fails_from == TIME_NEVER ? NULL : say(w, "%s fail%s from %s", who, several ? "" : "s",
		when(w, r->fails_from));
}

/* Do they say different things, now or within what is known? */
static bool
disagree(const struct diagnosis *d, bool *now)
{
	bool later = false;

	*now = false;
	for (size_t i = 1; i < d->n_profiles; i++) {
		*now |= d->profiles[i].verdict != d->profiles[0].verdict;
		later |= d->profiles[i].fails_from != d->profiles[0].fails_from;
	}
	return *now || later;
}

void
profiles_fill(struct work *w)
{
	struct diagnosis *d = w->d;
	struct text t = { 0 };
	bool now;

	d->profiles_text = "";
	if (!zone_is_signed(w) || !w->view || !w->link || !w->link->ds_known)
		return;
	struct memo *m = memo_new(w->a);
	d->profiles = arena_new_array(w->a, struct profile_row, 8);
	for (const struct profile *p = profiles; p->name && d->n_profiles < 8; p++)
		judge_profile(w, m, p, &d->profiles[d->n_profiles++]);
	if (!disagree(d, &now) || !d->n_causes)
		return;
	for (size_t i = 0; i < d->n_profiles; i++) {
		const char *one = fate(w, &d->profiles[i]);
		if (one)
			text_add(&t, "%s%s", t.len ? "; " : "", one);
	}
	d->profiles_text = arena_strdup(w->a, text_str(&t));
	text_free(&t);
	/* The finding itself says for whom it is one. */
	for (size_t i = 0; now && i < d->n_causes; i++) {
		struct finding *f = &d->findings[d->causes[i]];
		if (strncmp(f->id, "rrsig-", 6) == 0 || strncmp(f->id, "ds-", 3) == 0 ||
			strncmp(f->id, "dnskey-", 7) == 0 || strncmp(f->id, "algorithm-", 10) == 0)
			f->text = say(w, "%s (%s)", f->text ? f->text : "", d->profiles_text);
	}
}
