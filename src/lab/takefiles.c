/* What somebody else changed in the world's folder: an apply, or a signer by hand. */
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "keys/keyfile.h"
#include "lab/zonemake.h"
#include "zone/scan.h"

#define SIGNED_MAX (16u << 20)

struct taking {
	struct world *w;
	struct lab_zone *z;
	bool bad;
	char why[200];
};

static struct lab_set *
set_of(struct taking *t, const struct name *owner, uint16_t type)
{
	struct lab_set *set = (struct lab_set *)lab_find(t->z, owner, type);

	if (!set) {
		struct lab_set fresh = { .owner = *owner, .type = type };
		arena_push(t->w->a, t->z, fresh);
		set = &t->z->v[t->z->n - 1];
	}
	return set;
}

/* Keys of the world with that RDATA, or with that algorithm and tag. */
static keyset
matching(const struct world *w, const uint8_t *rdata, size_t len, const struct rrsig *sig)
{
	keyset out = 0;

	for (unsigned i = 0; i < w->n_keys; i++) {
		const struct privkey *k = w->keys[i].priv;
		if (sig ? k->alg == sig->alg && k->tag == sig->tag
			: k->dnskey_len == len && memcmp(k->dnskey, rdata, len) == 0)
			out |= 1u << i;
	}
	return out;
}

static bool
on_record(void *ctx, const struct scan_record *r)
{
	struct taking *t = ctx;
	struct rr rr = { .type = r->type, .class = 1, .ttl = r->ttl, .rdlen = r->rdlen,
		.rdata = arena_memdup(t->w->a, r->rdata, r->rdlen) };
	struct rrsig sig;

	if (!name_from_wire(&rr.owner, r->owner, r->owner_len))
		return true;
	if (r->type == T_RRSIG && rrsig_parse(rr.rdata, rr.rdlen, &sig)) {
		struct lab_set *set = set_of(t, &rr.owner, sig.covered);
		arena_push(t->w->a, &set->sigs, rr);
		*(sig.covered == T_DNSKEY ? &t->z->sign_keys : &t->z->sign_data) |=
			matching(t->w, NULL, 0, &sig);
		return true;
	}
	struct lab_set *set = set_of(t, &rr.owner, r->type);
	arena_push(t->w->a, &set->rrs, rr);
	if (r->type == T_DNSKEY)
		t->z->publish |= matching(t->w, rr.rdata, rr.rdlen, NULL);
	if (r->type == T_SOA && r->rdlen >= 20) {
		const uint8_t *p = rr.rdata + rr.rdlen - 20;
		t->z->serial = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	}
	return true;
}

static void
on_problem(void *ctx, const struct scan_problem *p)
{
	struct taking *t = ctx;

	if (!t->bad)
		snprintf(t->why, sizeof t->why, "line %u: %s", p->line, p->what);
	t->bad = true;
}

/* The dates in the key files are the keys' now. */
static void
take_dates(struct world *w, int64_t t)
{
	struct arena *a = arena_new();

	for (unsigned i = 0; i < w->n_keys; i++) {
		struct fact_keyfile f = { 0 };
		const char *path = world_key_path(w, a, i, "key"), *name = strrchr(path, '/') + 1;
		if (!world_key_made(w, i, t))
			continue;
		keyfile_read(a, world_path(w, a, "dnssec"), name, &f);
		if (!f.rdata || f.rdlen != w->keys[i].priv->dnskey_len ||
			memcmp(f.rdata, w->keys[i].priv->dnskey, f.rdlen) != 0)
			continue;
		w->keys[i].sc.t_inactive = f.time[KT_INACTIVE];
		w->keys[i].sc.t_activate = f.time[KT_ACTIVATE];
		w->keys[i].touched = t;
	}
	arena_free(a);
}

bool
world_take_files(struct world *w, int64_t t, const char **said, struct err *e)
{
	struct arena *a = arena_new();
	struct lab_zone z = { .apex = w->s->apex, .on = t, .minimum = 300 };
	struct taking take = { .w = w, .z = &z };
	struct scan scan = { .origin = &w->s->apex, .default_ttl = w->s->data_ttl, .record = on_record,
		.problem = on_problem, .ctx = &take };
	const char *path = world_path(w, a, arena_printf(a, "%s.signed", w->s->zone));
	const struct lab_zone *now = world_zone(w, t);
	size_t n;
	char *text = file_read(path, SIGNED_MAX, &n, e);
	bool ok = text && scan_text(&scan, path, text, n, e);

	free(text);
	if (ok && take.bad)
		ok = err_set(e, ERR_PARSE, path, "zone file", "", "%s", take.why);
	else if (ok && !lab_find(&z, &z.apex, T_SOA))
		ok = err_set(e, ERR_PARSE, path, "zone file", "a SOA", "none");
	else if (ok && serial_cmp(z.serial, now->serial, NULL) <= 0)
		ok = err_set(e, ERR_CHANGED, path, "serial", "above the served one", "%u, and %u is served", z.serial,
			now->serial);
	if (ok) {
		zone_sort(&z);
		arena_push(w->a, &w->zones, z);
		take_dates(w, t);
		w->want = z.publish;
		*said = arena_printf(w->a, "the servers loaded serial %u", z.serial);
	}
	arena_free(a);
	return ok;
}
