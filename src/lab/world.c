#include "lab/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lab/seedkey.h"
#include "zone/rrset.h"
#include "zone/scan.h"

#define SOA_TIMES "3600 600 1209600 300"
#define NEGATIVE_TTL 300
#define UPPER_TTL 86400 /* of the zones above */

struct build {
	struct arena *a;
	struct lab_zone *z;
	struct err *e;
	bool bad;
};

static int
set_cmp(const void *a, const void *b)
{
	const struct lab_set *x = a, *y = b;
	int c = name_cmp(&x->owner, &y->owner);

	return c ? c : (int)x->type - (int)y->type;
}

const struct lab_set *
lab_find(const struct lab_zone *z, const struct name *owner, uint16_t type)
{
	for (size_t i = 0; i < z->n; i++)
		if (z->v[i].type == type && name_equal(&z->v[i].owner, owner))
			return &z->v[i];
	return NULL;
}

bool
lab_name_exists(const struct lab_zone *z, const struct name *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (name_at_or_below(&z->v[i].owner, name))
			return true;
	return false;
}

const struct lab_set *
lab_cover(const struct lab_zone *z, const struct name *name)
{
	const struct lab_set *found = NULL;

	for (size_t i = 0; i < z->n; i++)
		if (z->v[i].type == T_NSEC && name_cmp(&z->v[i].owner, name) <= 0)
			found = &z->v[i];
	return found;
}

void
lab_put(struct arena *a, struct rr_list *out, const struct lab_set *set, enum rr_section section)
{
	const struct rr_list *const lists[] = { set ? &set->rrs : NULL, set ? &set->sigs : NULL };

	for (int l = 0; set && l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			struct rr rr = lists[l]->v[i];
			rr.section = section;
			arena_push(a, out, rr);
		}
}

static void
add(struct build *b, const struct name *owner, uint16_t type, uint32_t ttl, const uint8_t *rdata,
	uint16_t len)
{
	struct lab_set *set = (struct lab_set *)lab_find(b->z, owner, type);
	struct rr rr = { .owner = *owner, .type = type, .class = 1, .ttl = ttl, .rdlen = len,
		.rdata = arena_memdup(b->a, rdata, len) };

	if (!set) {
		struct lab_set fresh = { .owner = *owner, .type = type };
		arena_push(b->a, b->z, fresh);
		set = &b->z->v[b->z->n - 1];
	}
	arena_push(b->a, &set->rrs, rr);
}

static bool
on_record(void *ctx, const struct scan_record *r)
{
	struct name owner;

	if (name_from_wire(&owner, r->owner, r->owner_len))
		add(ctx, &owner, r->type, r->ttl, r->rdata, r->rdlen);
	return true;
}

static void
on_problem(void *ctx, const struct scan_problem *p)
{
	struct build *b = ctx;

	if (!b->bad)
		err_set(b->e, ERR_PARSE, "scenario: records", "zone text", "", "line %u: %s", p->line,
			p->what);
	b->bad = true;
}

static void
add_text(struct build *b, const char *text, uint32_t ttl)
{
	struct scan scan = { .origin = &b->z->apex, .default_ttl = ttl, .record = on_record,
		.problem = on_problem, .ctx = b };

	if (!scan_text(&scan, "records", text, strlen(text), b->e))
		b->bad = true;
}

/* Is OWNER at or below a delegation of Z (the cut itself: NS and DS are there)? */
static const struct lab_set *
cut_above(const struct lab_zone *z, const struct name *owner)
{
	for (size_t i = 0; i < z->n; i++)
		if (z->v[i].type == T_NS && !name_equal(&z->v[i].owner, &z->apex) &&
			name_at_or_below(owner, &z->v[i].owner))
			return &z->v[i];
	return NULL;
}

static bool
is_signed(const struct lab_zone *z, const struct lab_set *set)
{
	const struct lab_set *cut = cut_above(z, &set->owner);

	return !cut || (name_equal(&cut->owner, &set->owner) &&
		(set->type == T_DS || set->type == T_NSEC));
}

static size_t
type_bitmap(const struct lab_zone *z, const struct name *owner, uint8_t out[34])
{
	size_t last = 0;

	memset(out, 0, 34);
	for (size_t i = 0; i <= z->n; i++) {
		unsigned t = i < z->n ? z->v[i].type : T_RRSIG;
		if ((i < z->n && !name_equal(&z->v[i].owner, owner)) || t > 255)
			continue;
		out[2 + t / 8] |= (uint8_t)(0x80 >> t % 8);
		last = t / 8 > last ? t / 8 : last;
	}
	out[2 + T_NSEC / 8] |= 0x80 >> T_NSEC % 8;
	out[1] = (uint8_t)(last + 1);
	return last + 3;
}

/* RFC 4034 4: one NSEC for each name with authoritative data or a delegation. */
static void
add_nsec(struct build *b)
{
	size_t n = b->z->n;
	struct name *names = arena_new_array(b->a, struct name, n), prev = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct lab_set *cut = cut_above(b->z, &b->z->v[i].owner);
		if ((cut && !name_equal(&cut->owner, &b->z->v[i].owner)) ||
			(count && name_equal(&prev, &b->z->v[i].owner)))
			continue;
		prev = names[count++] = b->z->v[i].owner;
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t rdata[NAME_MAX_WIRE + 34];
		const struct name *next = &names[(i + 1) % count];
		memcpy(rdata, next->wire, next->len);
		size_t len = next->len + type_bitmap(b->z, &names[i], rdata + next->len);
		add(b, &names[i], T_NSEC, NEGATIVE_TTL, rdata, (uint16_t)len);
	}
	qsort(b->z->v, b->z->n, sizeof *b->z->v, set_cmp);
}

static void
sign_set(struct build *b, struct lab_set *set, struct privkey *k, int64_t from, int64_t until)
{
	const struct rr **rrs = arena_new_array(b->a, const struct rr *, set->rrs.n);
	struct rr sig = { .owner = set->owner, .type = T_RRSIG, .class = 1, .ttl = set->rrs.v[0].ttl };

	for (size_t i = 0; i < set->rrs.n; i++)
		rrs[i] = &set->rrs.v[i];
	sig.rdata = rrset_sign(b->a, k, &b->z->apex, rrs, set->rrs.n, from, until, &sig.rdlen, b->e);
	if (sig.rdata)
		arena_push(b->a, &set->sigs, sig);
	else
		b->bad = true;
}

static void
finish(struct build *b, struct privkey *const *ksk, size_t n_ksk, struct privkey *const *zsk,
	size_t n_zsk, int64_t from, int64_t until)
{
	qsort(b->z->v, b->z->n, sizeof *b->z->v, set_cmp);
	add_nsec(b);
	b->z->minimum = NEGATIVE_TTL;
	for (size_t i = 0; i < b->z->n && !b->bad; i++) {
		struct lab_set *set = &b->z->v[i];
		bool keys = set->type == T_DNSKEY;
		for (size_t k = 0; is_signed(b->z, set) && k < (keys ? n_ksk : n_zsk); k++)
			sign_set(b, set, keys ? ksk[k] : zsk[k], from, until);
	}
}

static struct privkey *
key_by_id(const struct world *w, const char *id)
{
	return w->keys[scenario_key(w->s, id) - w->s->keys];
}

static size_t
key_list(const struct world *w, char *const *ids, unsigned n, struct privkey **out, size_t max)
{
	size_t k = 0;

	for (; k < n && k < max; k++)
		out[k] = key_by_id(w, ids[k]);
	return k;
}

/* The source of truth in the revision that has SERIAL, or the newest before it. */
static void
add_source(struct build *b, const struct scenario *s, uint32_t serial)
{
	add_text(b, arena_printf(b->a, "@ %u SOA ns1 sysadmins %u " SOA_TIMES "\n", s->data_ttl, serial),
		s->data_ttl);
	const char *text = scenario_text(s, b->a, s->records);
	if (strncmp(text, "$TTL", 4) == 0) /* the scenario's own TTL holds, a seed may change it */
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : "";
	add_text(b, text, s->data_ttl);
	for (unsigned i = 0; i < s->revisions_count; i++)
		if (s->revisions[i].add && s->revisions[i].serial <= serial)
			add_text(b, arena_printf(b->a, "%s\n", scenario_text(s, b->a, s->revisions[i].add)),
				s->data_ttl);
}

static bool
make_zone(struct world *w, unsigned i, struct err *e)
{
	const struct scenario *s = w->s;
	const struct sc_signed *g = &s->signings[i];
	struct lab_zone *z = &w->zones[i];
	struct build b = { w->a, z, e, false };
	struct privkey *ksk[8], *zsk[8];

	z->apex = s->apex;
	z->on = g->t;
	z->serial = g->serial;
	add_source(&b, s, g->serial);
	for (unsigned k = 0; k < g->publish_count; k++) {
		const struct privkey *key = key_by_id(w, g->publish[k]);
		add(&b, &z->apex, T_DNSKEY, s->dnskey_ttl, key->dnskey, key->dnskey_len);
	}
	size_t n_ksk = key_list(w, g->sign_keys, g->sign_keys_count, ksk, 8);
	size_t n_zsk = key_list(w, g->sign_data, g->sign_data_count, zsk, 8);
	finish(&b, ksk, n_ksk, zsk, n_zsk, g->t_inception, g->t_expiration);
	return !b.bad;
}

static void
add_ds(struct build *b, const struct name *owner, const struct privkey *k, uint32_t ttl)
{
	uint8_t rdata[4 + 64] = { (uint8_t)(k->tag >> 8), (uint8_t)k->tag, k->alg, 2 };
	size_t n = ds_digest(owner, k->dnskey, k->dnskey_len, 2, rdata + 4);

	add(b, owner, T_DS, ttl, rdata, (uint16_t)(n + 4));
}

/* NS of the servers of CUT, and their addresses where they lie in Z. */
static void
add_servers(struct build *b, const struct scenario *s, enum sc_cut cut, const struct name *owner)
{
	char text[NAME_MAX_TEXT];

	for (unsigned i = 0; i < s->servers_count; i++) {
		const struct sc_server *v = &s->servers[i];
		struct name ns;
		if (v->cut != cut || !name_from_text(&ns, scenario_text(s, b->a, v->name), NULL))
			continue;
		add(b, owner, T_NS, UPPER_TTL, ns.wire, ns.len);
		if (name_at_or_below(&ns, &b->z->apex))
			add_text(b, arena_printf(b->a, "%s %u %s %s\n", name_to_text(text, &ns), UPPER_TTL,
				strchr(v->address, ':') ? "AAAA" : "A", v->address), UPPER_TTL);
	}
}

static bool
make_upper(struct world *w, struct lab_zone *z, const struct name *apex, struct privkey *const keys[2],
	enum sc_cut own, enum sc_cut below, const struct name *child, const struct sc_ds *ds, struct err *e)
{
	struct build b = { w->a, z, e, false };
	int64_t day = w->s->t_start / USEC / 86400 * 86400;

	z->apex = *apex;
	z->serial = (uint32_t)(2013000000 + (ds ? ds - w->s->delegations : 0));
	add_text(&b, arena_printf(w->a, "@ %u SOA ns hostmaster %u 1800 900 604800 300\n", UPPER_TTL,
		z->serial), UPPER_TTL);
	for (int i = 0; i < 2; i++)
		add(&b, apex, T_DNSKEY, UPPER_TTL, keys[i]->dnskey, keys[i]->dnskey_len);
	add_servers(&b, w->s, own, apex);
	add_servers(&b, w->s, below, child);
	if (!ds)
		add_ds(&b, child, w->parent[0], UPPER_TTL);
	for (unsigned i = 0; ds && i < ds->keys_count; i++)
		add_ds(&b, child, key_by_id(w, ds->keys[i]), w->s->ds_ttl);
	finish(&b, &keys[0], 1, &keys[1], 1, day - 86400, day + (ds ? 21 : 7) * 86400);
	return !b.bad;
}

static bool
make_keys(struct world *w, struct err *e)
{
	static const struct {
		const char *label;
		uint16_t tag;
		bool root, ksk;
	} upper[] = { { "root ksk", 19036, true, true }, { "root zsk", 20580, true, false },
		{ "parent ksk", 21366, false, true }, { "parent zsk", 42353, false, false } };
	const struct scenario *s = w->s;

	for (int i = 0; i < 4; i++) {
		struct privkey **slot = upper[i].root ? &w->root[!upper[i].ksk] : &w->parent[!upper[i].ksk];
		*slot = seedkey(0, upper[i].label, 8, upper[i].ksk ? 2048 : 1024, upper[i].ksk ? 257 : 256,
			upper[i].tag, e);
		if (!*slot)
			return false;
	}
	for (unsigned i = 0; i < s->keys_count; i++) {
		const struct sc_key *k = &s->keys[i];
		w->keys[i] = seedkey(s->seed, k->id, (uint8_t)s->alg, k->bits,
			k->role == SC_KSK ? 257 : 256, k->tag, e);
		if (!w->keys[i])
			return false;
	}
	return true;
}

struct world *
world_new(const struct scenario *s, const char *dir, struct err *e)
{
	struct arena *a = arena_new();
	struct world *w = arena_new_one(a, struct world);
	bool ok;

	w->a = a;
	w->s = s;
	w->dir = arena_strdup(a, dir);
	w->keys = arena_new_array(a, struct privkey *, s->keys_count + 1);
	w->zones = arena_new_array(a, struct lab_zone, s->signings_count);
	w->parents = arena_new_array(a, struct lab_zone, s->delegations_count);
	ok = make_keys(w, e) && make_upper(w, &w->root_zone, &name_root, w->root, SC_ROOT, SC_PARENT,
		&s->above, NULL, e);
	for (unsigned i = 0; ok && i < s->delegations_count; i++) {
		ok = make_upper(w, &w->parents[i], &s->above, w->parent, SC_PARENT, SC_CHILD, &s->apex,
			&s->delegations[i], e);
		w->parents[i].on = s->delegations[i].t;
	}
	for (unsigned i = 0; ok && i < s->signings_count; i++)
		ok = make_zone(w, i, e);
	if (ok)
		return w;
	world_free(w);
	return NULL;
}

void
world_free(struct world *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < w->s->keys_count; i++)
		privkey_free(w->keys[i]);
	for (int i = 0; i < 2; i++) {
		privkey_free(w->root[i]);
		privkey_free(w->parent[i]);
	}
	arena_free(w->a);
}

const struct lab_zone *
world_zone(const struct world *w, int64_t t)
{
	const struct lab_zone *z = &w->zones[0];

	for (unsigned i = 1; i < w->s->signings_count; i++)
		if (w->zones[i].on < t && w->zones[i].on >= z->on)
			z = &w->zones[i];
	return z;
}

const struct lab_zone *
world_parent(const struct world *w, int64_t t)
{
	const struct lab_zone *z = &w->parents[0];

	for (unsigned i = 1; i < w->s->delegations_count; i++)
		if (w->parents[i].on < t && w->parents[i].on >= z->on)
			z = &w->parents[i];
	return z;
}

const struct sc_revision *
world_revision(const struct world *w, int64_t t)
{
	const struct sc_revision *r = &w->s->revisions[0];

	for (unsigned i = 1; i < w->s->revisions_count; i++)
		if (w->s->revisions[i].t <= t)
			r = &w->s->revisions[i];
	return r;
}

const struct sc_run *
world_run(const struct world *w, int64_t t)
{
	const struct sc_run *r = NULL;

	for (unsigned i = 0; i < w->s->runs_count; i++)
		if (w->s->runs[i].t <= t)
			r = &w->s->runs[i];
	return r;
}
