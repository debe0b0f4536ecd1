#include "lab/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define DEFAULT_COUNT 1000
#define SERVERS_MAX 16
#define NEGATIVE_DS 900 /* seconds for which "no DS" is kept */
#define SLOTS 4096 /* of judged combinations; a power of two */

/* One validator. */
struct one {
	uint32_t ds_phase, key_phase; /* seconds */
	uint16_t group;
	uint8_t first; /* the server that it asks first */
	uint8_t lot;   /* 0..99: whether it does what it is asked for */
};

/* Servers that answer; the distinct versions that they have. */
struct offer {
	int64_t from; /* usec: since then */
	const struct lab_zone *z[SERVERS_MAX];
	bool strips[SERVERS_MAX];
	unsigned n;
};

/* What one combination of versions was found to be, until the next date of a signature. */
struct judged {
	const struct lab_set *ds, *keys, *data; /* identity: the versions' first sets */
	const struct profile *p;
	bool strips, aggressive;
	int64_t from, until; /* seconds */
	double share;
	bool keys_bad;
};

struct crowd {
	const struct world *w;
	struct one *v;
	unsigned n;
	const struct profile **profiles; /* by group */
	struct judged slot[SLOTS];
	struct {
		struct offer *v; /* by from: what the zone's servers offered, from change to change */
		size_t n, cap;
	} offers;
	struct arena *a; /* of the offers */
	uint64_t made_for; /* the state of the world that they were made for */
};

/* The groups where a scenario has none: from measurements of who validates with what. */
static const struct sc_group usual[] = {
	{ .name = "isp", .kind = "isp", .profile = "strict", .count = 450 },
	{ .name = "isp-unbound", .kind = "isp", .profile = "unbound", .count = 250 },
	{ .name = "public", .kind = "public", .profile = "strict", .count = 250 },
	{ .name = "hardened", .kind = "internal", .profile = "hardened", .count = 50 },
};

static const struct sc_group *
groups(const struct world *w, unsigned *n)
{
	*n = w->s->population_count ? w->s->population_count : sizeof usual / sizeof *usual;
	return w->s->population_count ? w->s->population : usual;
}

static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

struct crowd *
crowd_new(const struct world *w, unsigned count)
{
	struct crowd *c = calloc(1, sizeof *c);
	unsigned n, total = 0, made = 0;
	const struct sc_group *g = groups(w, &n);

	if (!c)
		abort();
	for (unsigned i = 0; i < n; i++)
		total += g[i].count;
	c->w = w;
	c->n = count ? count : total;
	c->v = calloc(c->n + 1u, sizeof *c->v);
	c->profiles = calloc(n, sizeof *c->profiles);
	if (!c->v || !c->profiles)
		abort();
	for (unsigned i = 0, sum = 0; i < n; i++) {
		c->profiles[i] = profile_find(g[i].profile ? g[i].profile : "strict");
		sum += g[i].count;
		unsigned upto = total ? (unsigned)((uint64_t)sum * c->n / total) : 0;
		for (; made < upto; made++) {
			uint64_t r = mix(w->s->seed * 1000003 + made);
			c->v[made] = (struct one){ .group = (uint16_t)i, .first = (uint8_t)(mix(r) % 251),
				.ds_phase = (uint32_t)(mix(r + 1) % (w->s->ds_ttl + 1u)),
				.key_phase = (uint32_t)(mix(r + 2) % (w->s->dnskey_ttl + 1u)),
				.lot = (uint8_t)(mix(r + 3) % 100) };
		}
	}
	return c;
}

void
crowd_free(struct crowd *c)
{
	if (!c)
		return;
	arena_free(c->a);
	free(c->v);
	free(c->profiles);
	free(c);
}

void
crowd_forget(struct crowd *c)
{
	memset(c->slot, 0, sizeof c->slot);
	c->made_for = 0;
}

/* ---- judging ---- */

static void
put_type(struct arena *a, struct rr_list *out, const struct lab_zone *z, const struct name *owner,
	uint16_t type)
{
	lab_put(a, out, lab_find(z, owner, type), SECTION_ANSWER);
}

static bool
is_data(const struct lab_zone *z, const struct lab_set *set)
{
	for (size_t i = 0; i < z->n; i++) /* not what is below a delegation */
		if (z->v[i].type == T_NS && !name_equal(&z->v[i].owner, &z->apex) &&
			name_at_or_below(&set->owner, &z->v[i].owner))
			return false;
	return set->type != T_DNSKEY && set->type != T_NSEC;
}

/* Does an aggressive cache answer for SET out of an NSEC that forgets it (RFC 8198)? */
static bool
denied(const struct lab_zone *z, const struct lab_set *set)
{
	uint16_t type;

	return z->nsec_lacks && rrtype_from_name(z->nsec_lacks, &type) && type == set->type &&
		!name_equal(&set->owner, &z->apex);
}

static void
judge(struct crowd *c, struct judged *j, const struct lab_zone *parent, const struct lab_zone *keys,
	const struct lab_zone *data, bool strips, bool aggressive, int64_t t)
{
	struct arena *a = arena_new();
	struct rr_list ds = { 0 }, dnskey = { 0 };
	const struct name *apex = &c->w->s->apex;
	unsigned all = 0, bad = 0;
	int64_t times[512];
	size_t n = 0;

	put_type(a, &ds, parent, apex, T_DS);
	put_type(a, &dnskey, keys, apex, T_DNSKEY);
	j->keys_bad = verdict_of(c->w->memo, apex, &ds, &dnskey, &(struct rr_list){ 0 }, t, j->p, NULL) ==
		VERDICT_BOGUS;
	n = verdict_times(&dnskey, j->p, t, times, n, 256);
	for (size_t i = 0; i < data->n; i++) {
		struct rr_list one = { 0 };
		if (!is_data(data, &data->v[i]))
			continue;
		lab_put(a, &one, &data->v[i], SECTION_ANSWER);
		for (size_t k = 0; strips && k < one.n; k++)
			if (one.v[k].type == T_RRSIG)
				one.n = k;
		all++;
		bad += verdict_of(c->w->memo, apex, &ds, &dnskey, &one, t, j->p, NULL) == VERDICT_BOGUS ||
			(aggressive && denied(data, &data->v[i]));
		n = verdict_times(&one, j->p, t, times, n, 512);
	}
	j->share = j->keys_bad ? 1 : all ? (double)bad / all : 0;
	j->from = INT64_MIN;
	j->until = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		if (times[i] <= t && times[i] > j->from)
			j->from = times[i];
		if (times[i] > t && times[i] < j->until)
			j->until = times[i];
	}
	arena_free(a);
}

static const struct judged *
judged(struct crowd *c, const struct lab_zone *parent, const struct lab_zone *keys,
	const struct lab_zone *data, bool strips, const struct profile *p, bool aggressive, int64_t t)
{
	uint64_t h = mix((uint64_t)(uintptr_t)parent->v ^ mix((uint64_t)(uintptr_t)keys->v ^
		mix((uint64_t)(uintptr_t)data->v + strips * 2u + aggressive) ^ (uint64_t)(uintptr_t)p));
	struct judged *j;

	for (unsigned i = 0;; i++) {
		j = &c->slot[(h + i) & (SLOTS - 1)];
		bool same = j->ds == parent->v && j->keys == keys->v && j->data == data->v &&
			j->p == p && j->strips == strips && j->aggressive == aggressive;
		if (same && t >= j->from && t < j->until)
			return j;
		if (same || !j->ds || i > SLOTS / 2)
			break;
	}
	*j = (struct judged){ .p = p, .strips = strips, .aggressive = aggressive };
	judge(c, j, parent, keys, data, strips, aggressive, t);
	j->ds = parent->v;
	j->keys = keys->v;
	j->data = data->v;
	return j;
}

/* ---- a moment ---- */

static void
offer_at(const struct world *w, int64_t t, struct offer *o)
{
	*o = (struct offer){ .from = t };
	for (unsigned i = 0; i < w->s->servers_count && o->n < SERVERS_MAX; i++) {
		bool strips, known = false;
		if (w->s->servers[i].cut != SC_CHILD || world_fault_at(w, i, SC_DROPS_UDP, t))
			continue;
		const struct lab_zone *z = world_served(w, i, t, &strips, NULL);
		for (unsigned k = 0; z && k < o->n; k++)
			known |= o->z[k] == z && o->strips[k] == strips;
		if (z && !known) {
			o->strips[o->n] = strips;
			o->z[o->n++] = z;
		}
	}
}

static int
offer_cmp(const void *a, const void *b)
{
	const struct offer *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void
add_change(struct crowd *c, int64_t t)
{
	if (t != TIME_NEVER)
		arena_push(c->a, &c->offers, (struct offer){ .from = t });
}

/* Every moment at which a server may begin to offer something else. */
static void
make_offers(struct crowd *c)
{
	const struct world *w = c->w;
	uint64_t now = mix(w->zones.n) + w->zones.n;

	for (size_t i = 0; i < w->zones.n; i++)
		now = mix(now ^ (uint64_t)(uintptr_t)w->zones.v[i].v);
	for (size_t i = 0; i < w->faults.n; i++)
		now = mix(now ^ (uint64_t)w->faults.v[i].until);
	if (now == c->made_for)
		return;
	arena_free(c->a);
	c->a = arena_new();
	memset(&c->offers, 0, sizeof c->offers);
	add_change(c, INT64_MIN / 2);
	for (size_t i = 0; i < w->zones.n; i++)
		for (unsigned k = 0; k < w->s->servers_count; k++)
			add_change(c, w->zones.v[i].on + w->s->servers[k].delay * USEC + 1);
	for (size_t i = 0; i < w->faults.n; i++) {
		add_change(c, w->faults.v[i].from);
		add_change(c, w->faults.v[i].until);
	}
	qsort(c->offers.v, c->offers.n, sizeof *c->offers.v, offer_cmp);
	for (size_t i = 0; i < c->offers.n; i++)
		offer_at(w, c->offers.v[i].from, &c->offers.v[i]);
	c->made_for = now;
}

static const struct offer *
offered(const struct crowd *c, int64_t t)
{
	size_t lo = 0, hi = c->offers.n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (c->offers.v[mid].from <= t)
			lo = mid;
		else
			hi = mid;
	}
	return &c->offers.v[lo];
}

/* When it fetched something last, seconds: at its own moments, and when it was flushed. */
static int64_t
fetched(const struct crowd *c, const struct one *v, uint32_t phase, uint32_t ttl, int64_t t)
{
	int64_t at = ttl ? t - ((t - phase) % ttl) : t;

	for (size_t i = 0; i < c->w->flushes.n; i++) {
		int64_t f = c->w->flushes.v[i] / USEC;
		if (f <= t && f > at && v->lot < 40)
			at = f;
	}
	return at;
}

/* The parent's version that it holds: that there is no DS is remembered for a shorter time. */
static const struct lab_zone *
held_parent(const struct crowd *c, const struct one *v, int64_t t)
{
	const struct lab_zone *z =
		world_parent(c->w, fetched(c, v, v->ds_phase, c->w->s->ds_ttl, t) * USEC);

	if (z->ds || c->w->s->ds_ttl <= NEGATIVE_DS)
		return z;
	return world_parent(c->w, fetched(c, v, v->ds_phase % NEGATIVE_DS, NEGATIVE_DS, t) * USEC);
}

struct moment {
	int64_t t; /* seconds */
	const struct offer *now;
};

static double
share_of(struct crowd *c, const struct one *v, const struct sc_group *g, const struct moment *m)
{
	const struct world *w = c->w;
	const struct profile *p = c->profiles[v->group];
	int64_t clock = m->t * USEC < w->clocks_mended ? g->t_clock : 0;
	int64_t key_from = fetched(c, v, v->key_phase, w->s->dnskey_ttl, m->t);
	const struct lab_zone *parent = held_parent(c, v, key_from), *keys = NULL;
	const struct offer *then = offered(c, key_from * USEC);
	double best = 1;

	if (!m->now->n)
		return 1;
	if (g->not_validating)
		return 0;
	for (unsigned i = 0; i < then->n && !keys; i++) {
		const struct lab_zone *k = then->z[(v->first + i) % then->n];
		/* accepted then, and kept for its TTL, which ends with its signature */
		if (!judged(c, parent, k, k, false, p, false, key_from + clock)->keys_bad &&
			!judged(c, parent, k, k, false, p, false, m->t + clock)->keys_bad)
			keys = k;
	}
	if (!keys)
		parent = held_parent(c, v, m->t);
	for (unsigned i = 0; i < m->now->n; i++) {
		const struct judged *j = judged(c, parent, keys ? keys : m->now->z[i], m->now->z[i],
			m->now->strips[i], p, g->aggressive, m->t + clock);
		best = j->share < best ? j->share : best;
	}
	return best;
}

void
crowd_at(struct crowd *c, int64_t t, struct crowd_state *out)
{
	struct moment m = { .t = t / USEC };
	unsigned n;
	const struct sc_group *g = groups(c->w, &n);

	*out = (struct crowd_state){ .total = c->n };
	make_offers(c);
	m.now = offered(c, t);
	for (unsigned i = 0; i < c->n; i++) {
		double share = share_of(c, &c->v[i], &g[c->v[i].group], &m);
		out->broken += share;
		out->failing += share > 0;
	}
}

enum verdict
crowd_verdict(struct crowd *c, const struct lab_zone *parent, const struct lab_zone *keys,
	const struct lab_zone *data, const char *profile, int64_t t, double *share)
{
	const struct judged *j = judged(c, parent, keys, data, false, profile_find(profile), false, t / USEC);

	if (share)
		*share = j->share;
	if (!parent->ds)
		return VERDICT_INSECURE;
	return j->share > 0 ? VERDICT_BOGUS : VERDICT_SECURE;
}
