/* Zones made and signed: the one of the scenario, and the two above it. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lab/world.h"
#include "lab/zonemake.h"
#include "zone/rrset.h"
#include "zone/scan.h"

#define SOA_TIMES "3600 600 1209600 300"
#define NEGATIVE_TTL 300
#define UPPER_TTL 86400 /* of the zones above */

struct build {
	struct arena *a;
	struct lab_zone *z;
	struct err *e;
	const struct sc_signed *faulty; /* NULL: none of its oddities */
	unsigned count; /* RRsets signed */
	bool bad;
};

static int
set_cmp(const void *a, const void *b)
{
	const struct lab_set *x = a, *y = b;
	int c = name_cmp(&x->owner, &y->owner);

	return c ? c : (int)x->type - (int)y->type;
}

void
zone_sort(struct lab_zone *z)
{
	qsort(z->v, z->n, sizeof *z->v, set_cmp);
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
	uint16_t lacks = 0;

	if (z->nsec_lacks && !name_equal(owner, &z->apex))
		rrtype_from_name(z->nsec_lacks, &lacks);

	memset(out, 0, 34);
	for (size_t i = 0; i <= z->n; i++) {
		unsigned t = i < z->n ? z->v[i].type : T_RRSIG;
		if ((i < z->n && !name_equal(&z->v[i].owner, owner)) || t > 255 || t == lacks)
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
	if (!sig.rdata) {
		b->bad = true;
		return;
	}
	if (b->faulty && b->faulty->bad_every && set->type != T_DNSKEY &&
		b->count % b->faulty->bad_every == 0)
		((uint8_t *)sig.rdata)[sig.rdlen - 1] ^= 0x5a; /* made by us just now */
	arena_push(b->a, &set->sigs, sig);
}

/* One RRset by its signers, with the oddities of a signing that went wrong. */
static void
sign_one(struct build *b, struct lab_set *set, struct privkey *const *keys, size_t n, int64_t from,
	int64_t until)
{
	const struct sc_signed *f = b->faulty;
	bool data = set->type != T_DNSKEY;

	if (f && f->t_old_expiration != TIME_UNSET && data && set->type != T_SOA) {
		until = f->t_old_expiration;
		from = f->t_old_inception != TIME_UNSET ? f->t_old_inception : from - 14 * 86400;
	}
	b->count += data;
	for (size_t k = 0; k < n; k++)
		if (!f || !f->spread || !data || k == b->count % n)
			sign_set(b, set, keys[k], from, until);
}

static void
finish(struct build *b, struct privkey *const *ksk, size_t n_ksk, struct privkey *const *zsk,
	size_t n_zsk, int64_t from, int64_t until)
{
	qsort(b->z->v, b->z->n, sizeof *b->z->v, set_cmp);
	if (n_ksk || n_zsk)
		add_nsec(b);
	b->z->minimum = NEGATIVE_TTL;
	for (size_t i = 0; i < b->z->n && !b->bad; i++) {
		struct lab_set *set = &b->z->v[i];
		if (is_signed(b->z, set) && set->type == T_DNSKEY)
			sign_one(b, set, ksk, n_ksk, from, until);
		else if (is_signed(b->z, set))
			sign_one(b, set, zsk, n_zsk, from, until);
	}
}

static size_t
key_list(const struct world *w, keyset keys, struct privkey *out[LAB_KEYS_MAX])
{
	size_t n = 0;

	for (unsigned i = 0; i < w->n_keys; i++)
		if (keys >> i & 1)
			out[n++] = w->keys[i].priv;
	return n;
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

bool
zone_make(struct world *w, struct lab_zone *z, const struct lab_signing *g, struct err *e)
{
	const struct scenario *s = w->s;
	struct build b = { .a = w->a, .z = z, .e = e, .faulty = g->faulty };
	struct privkey *ksk[LAB_KEYS_MAX], *zsk[LAB_KEYS_MAX];

	*z = (struct lab_zone){ .apex = s->apex, .on = g->t, .serial = g->serial, .publish = g->publish,
		.sign_keys = g->sign_keys, .sign_data = g->sign_data,
		.nsec_lacks = g->faulty ? g->faulty->nsec_lacks : NULL };
	add_source(&b, s, g->serial);
	for (unsigned k = 0; k < w->n_keys; k++)
		if (g->publish >> k & 1)
			add(&b, &z->apex, T_DNSKEY, s->dnskey_ttl, w->keys[k].priv->dnskey,
				w->keys[k].priv->dnskey_len);
	size_t n_ksk = key_list(w, g->sign_keys, ksk), n_zsk = key_list(w, g->sign_data, zsk);
	finish(&b, ksk, n_ksk, zsk, n_zsk, g->inception, g->expiration);
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

/* The root (BELOW: the parent's servers) or the parent (BELOW: the zone's, DS of its keys). */
static bool
make_upper(struct world *w, struct lab_zone *z, bool root, int64_t t, keyset ds, uint32_t serial,
	struct err *e)
{
	const struct name *apex = root ? &name_root : &w->s->above;
	const struct name *child = root ? &w->s->above : &w->s->apex;
	struct privkey *const *keys = root ? w->root : w->parent;
	struct build b = { .a = w->a, .z = z, .e = e };
	int64_t day = w->s->t_start / USEC / 86400 * 86400;
	int64_t least = root ? 7 : 21, days = (w->s->t_horizon - w->s->t_start) / USEC / 86400 + 2;

	*z = (struct lab_zone){ .apex = *apex, .on = t, .serial = serial, .ds = ds };
	add_text(&b, arena_printf(w->a, "@ %u SOA ns hostmaster %u 1800 900 604800 300\n", UPPER_TTL,
		z->serial), UPPER_TTL);
	for (int i = 0; i < 2; i++)
		add(&b, apex, T_DNSKEY, UPPER_TTL, keys[i]->dnskey, keys[i]->dnskey_len);
	add_servers(&b, w->s, root ? SC_ROOT : SC_PARENT, apex);
	add_servers(&b, w->s, root ? SC_PARENT : SC_CHILD, child);
	if (root)
		add_ds(&b, child, w->parent[0], UPPER_TTL);
	for (unsigned i = 0; !root && i < w->n_keys; i++)
		if (ds >> i & 1)
			add_ds(&b, child, w->keys[i].priv, w->s->ds_ttl);
	finish(&b, &keys[0], 1, &keys[1], 1, day - 86400, day + (days > least ? days : least) * 86400);
	return !b.bad;
}

bool
zone_make_parent(struct world *w, struct lab_zone *z, int64_t t, keyset ds, uint32_t serial,
	struct err *e)
{
	return make_upper(w, z, false, t, ds, serial, e);
}

bool
zone_make_root(struct world *w, struct err *e)
{
	return make_upper(w, &w->root_zone, true, 0, 0, 2013000000, e);
}
