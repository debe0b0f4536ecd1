#include "verdict/worlds.h"

#include <stdlib.h>

#define MAX_TIMES 512

/* How long after the end of a broken interval a family may still answer SERVFAIL (measured):
 * Unbound keeps a bad key entry 60 s, then the message for min(60, TTL of the answer); BIND keeps
 * DS and DNSKEY failures 30 s; PowerDNS keeps a packet 60 s; Knot Resolver nothing. */
#define UNBOUND_BAD_KEY 60
#define UNBOUND_BOGUS_TTL 60
#define BIND_BAD_CACHE 30
#define POWERDNS_PACKET 60

const char *
family_name(enum family f)
{
	static const char *const names[] = { "unbound", "bind", "powerdns", "knot" };

	return names[f];
}

static int64_t
plus(int64_t t, int64_t seconds)
{
	return t == TIME_NEVER ? TIME_NEVER : t + seconds;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
end_of(const struct world_version *v)
{
	return plus(v->off, v->ttl);
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Cuts [FROM, TO) where a signature of any of the lists changes its validity; TIMES[0] is FROM. */
static size_t
cuts(const struct rr_list *const lists[3], const struct profile *p, int64_t from, int64_t to,
	int64_t times[MAX_TIMES])
{
	int64_t all[MAX_TIMES];
	size_t n = 0, k = 0;

	for (int i = 0; i < 3; i++)
		if (lists[i])
			n = verdict_times(lists[i], p, from, all, n, MAX_TIMES - 1);
	qsort(all, n, sizeof *all, by_time);
	times[k++] = from;
	for (size_t i = 0; i < n; i++)
		if (all[i] > times[k - 1] && all[i] < to)
			times[k++] = all[i];
	return k;
}

/*
 * Until when a DS version matters for a key set. A validator that has validated a key set trusts
 * it for the set's own TTL without looking at the DS again, so the DS may count for that much
 * longer (measured with Unbound: an unsigned zone failed TTLds + TTLkey after the DS was removed).
 */
static int64_t
ds_end(struct memo *m, const struct worlds_input *in, const struct profile *p,
	const struct world_version *d, const struct world_version *k)
{
	int64_t end = end_of(d), from = most(d->on, k->on), to = least(end, end_of(k));
	const struct rr_list *lists[3] = { &d->rrs, &k->rrs, NULL };
	int64_t times[MAX_TIMES];

	if (end == TIME_NEVER || from >= to)
		return end;
	size_t n = cuts(lists, p, from, to, times);
	for (size_t i = 0; i < n; i++)
		if (verdict_keys(m, &in->zone, &d->rrs, &k->rrs, times[i], p))
			return most(end, least(plus(end, k->ttl), end_of(k)));
	return end;
}

static bool
served_at(const struct world_version *v, int64_t t)
{
	return v->on <= t && t < v->off;
}

struct out {
	struct arena *a;
	struct {
		struct broken *v;
		size_t n, cap;
	} list;
};

static void
heal_times(struct broken *b, uint32_t data_ttl)
{
	b->heals[FAMILY_UNBOUND] = plus(b->until, UNBOUND_BAD_KEY +
		(data_ttl < UNBOUND_BOGUS_TTL ? data_ttl : UNBOUND_BOGUS_TTL));
	b->heals[FAMILY_BIND] = plus(b->until, b->keys_fail ? BIND_BAD_CACHE : 0);
	b->heals[FAMILY_POWERDNS] = plus(b->until, POWERDNS_PACKET);
	b->heals[FAMILY_KNOT] = b->until;
}

static void
emit(struct out *o, struct broken b, uint32_t data_ttl)
{
	struct broken *last = o->list.n ? &o->list.v[o->list.n - 1] : NULL;

	/* The same combination went on being broken across a cut: one interval. */
	if (last && last->ds == b.ds && last->dnskey == b.dnskey && last->data == b.data &&
		last->negative == b.negative && last->until == b.from && last->reason == b.reason) {
		last->until = b.until;
		heal_times(last, data_ttl);
		return;
	}
	heal_times(&b, data_ttl);
	arena_push(o->a, &o->list, b);
}

static void
combine(struct out *o, struct memo *m, const struct worlds_input *in, const struct profile *p,
	struct broken b, const struct world_version *data)
{
	static const struct rr_list nothing = { 0 };
	const struct world_version *d = &in->ds.v[b.ds], *k = &in->dnskey.v[b.dnskey];
	const struct rr_list *s = data ? &data->rrs : &nothing;
	const struct rr_list *lists[3] = { &d->rrs, &k->rrs, s };
	int64_t from = most(most(d->on, k->on), data ? data->on : k->on);
	int64_t to = least(least(ds_end(m, in, p, d, k), end_of(k)), data ? end_of(data) : TIME_NEVER);
	int64_t times[MAX_TIMES];

	if (from >= to)
		return;
	size_t n = cuts(lists, p, from, to, times);
	for (size_t i = 0; i < n; i++) {
		b.from = times[i];
		b.until = i + 1 < n ? times[i + 1] : to;
		if (verdict_of(m, &in->zone, &d->rrs, &k->rrs, s, b.from, p, &b.reason) != VERDICT_BOGUS)
			continue;
		b.keys_fail = !verdict_keys(m, &in->zone, &d->rrs, &k->rrs, b.from, p);
		b.old_ds = !served_at(d, b.from);
		b.old_dnskey = !served_at(k, b.from);
		b.old_data = data && !served_at(data, b.from);
		b.direct = !b.old_data;
		emit(o, b, data ? data->ttl : 0);
	}
}

static int
by_from(const void *a, const void *b)
{
	const struct broken *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->until != y->until)
		return x->until < y->until ? -1 : 1;
	if (x->ds != y->ds)
		return x->ds < y->ds ? -1 : 1;
	if (x->dnskey != y->dnskey)
		return x->dnskey < y->dnskey ? -1 : 1;
	return x->data < y->data ? -1 : x->data > y->data;
}

static const struct world_version *
served_now(const struct world_list *list, int64_t now)
{
	for (size_t i = list->n; i-- > 0;)
		if (served_at(&list->v[i], now))
			return &list->v[i];
	return NULL;
}

static void
judge_now(struct worlds *w, struct memo *m, const struct worlds_input *in, const struct profile *p)
{
	static const struct rr_list nothing = { 0 };
	const struct world_version *d = served_now(&in->ds, in->now);
	const struct world_version *k = served_now(&in->dnskey, in->now);
	const struct world_list *const lists[] = { &in->data, &in->negative };

	w->now_verdict = verdict_of(m, &in->zone, d ? &d->rrs : &nothing, k ? &k->rrs : &nothing,
		&nothing, in->now, p, &w->now_reason);
	for (size_t i = 0; i < 2 && w->now_verdict == VERDICT_SECURE; i++) {
		const struct world_version *s = served_now(lists[i], in->now);
		if (s)
			w->now_verdict = verdict_of(m, &in->zone, &d->rrs, &k->rrs, &s->rrs, in->now, p,
				&w->now_reason);
	}
	w->secure_now = w->now_verdict == VERDICT_SECURE;
}

const struct worlds *
worlds_compute(struct arena *a, const struct worlds_input *in, const struct profile *p,
	struct memo *m)
{
	struct worlds *w = arena_new_one(a, struct worlds);
	struct out o = { .a = a };

	if (!m)
		m = memo_new(a);
	for (size_t d = 0; d < in->ds.n; d++)
		for (size_t k = 0; k < in->dnskey.n; k++) {
			struct broken b = { .ds = d, .dnskey = k };
			for (size_t s = 0; s < in->data.n; s++) {
				b.data = s;
				combine(&o, m, in, p, b, &in->data.v[s]);
			}
			b.negative = true;
			for (size_t s = 0; s < in->negative.n; s++) {
				b.data = s;
				combine(&o, m, in, p, b, &in->negative.v[s]);
			}
			b.negative = false;
			b.data = 0;
			if (in->data.n == 0 && in->negative.n == 0)
				combine(&o, m, in, p, b, NULL);
		}
	if (o.list.n)
		qsort(o.list.v, o.list.n, sizeof *o.list.v, by_from);
	w->v = o.list.v;
	w->n = o.list.n;
	judge_now(w, m, in, p);
	w->verifications = memo_verifications(m);
	return w;
}
