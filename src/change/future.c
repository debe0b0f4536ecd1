#include "change/future.h"

#include <stdlib.h>
#include <string.h>

#include "zone/crypto.h"

struct promised_sig {
	const uint8_t *rdata; /* of the RRSIG */
	struct future_key key;
};

struct future {
	struct arena *a;
	struct worlds_input in;
	struct memo *m;
	uint32_t ttl_ds, ttl_dnskey, ttl_data;
	int64_t validity, propagation;
	uint32_t made; /* keys made so far: each gets other octets */
	struct {
		struct promised_sig *v;
		size_t n, cap;
	} promised;
};

static void
copy_list(struct arena *a, struct world_list *out, const struct world_list *in)
{
	*out = (struct world_list){ 0 };
	for (size_t i = 0; i < in->n; i++)
		arena_push(a, out, in->v[i]);
}

struct future *
future_new(struct arena *a, const struct worldview *w, int64_t validity, int64_t propagation)
{
	struct future *f = arena_new_one(a, struct future);

	f->a = a;
	f->m = memo_new(a);
	f->in = w->in;
	copy_list(a, &f->in.ds, &w->in.ds);
	copy_list(a, &f->in.dnskey, &w->in.dnskey);
	copy_list(a, &f->in.data, &w->in.data);
	copy_list(a, &f->in.negative, &w->in.negative);
	f->ttl_ds = w->ttl_ds;
	f->ttl_dnskey = w->ttl_dnskey;
	f->ttl_data = w->ttl_data;
	f->validity = validity;
	f->propagation = propagation;
	return f;
}

const struct worlds_input *
future_input(const struct future *f)
{
	return &f->in;
}

static const struct world_version *
served(const struct world_list *list, int64_t now)
{
	for (size_t i = list->n; i-- > 0;)
		if (list->v[i].on <= now && now < list->v[i].off)
			return &list->v[i];
	return NULL;
}

void
future_keys_add(struct arena *a, struct future_keys *list, struct future_key k)
{
	if (!future_keys_have(list, k))
		arena_push(a, list, k);
}

bool
future_keys_have(const struct future_keys *list, struct future_key k)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].len == k.len && memcmp(list->v[i].rdata, k.rdata, k.len) == 0)
			return true;
	return false;
}

void
future_keys_remove(struct future_keys *list, uint16_t tag)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (dnskey_tag(list->v[i].rdata, list->v[i].len) != tag)
			list->v[n++] = list->v[i];
	list->n = n;
}

void
future_keys_drop(struct future_keys *list, struct future_key k)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].len != k.len || memcmp(list->v[i].rdata, k.rdata, k.len) != 0)
			list->v[n++] = list->v[i];
	list->n = n;
}

static void
keys_in(const struct future *f, const struct world_version *v, struct future_keys *keys)
{
	for (size_t i = 0; v && i < v->rrs.n; i++)
		if (v->rrs.v[i].type == T_DNSKEY)
			future_keys_add(f->a, keys,
				(struct future_key){ v->rrs.v[i].rdata, v->rrs.v[i].rdlen });
}

void
future_served_keys(const struct future *f, struct future_keys *keys)
{
	keys_in(f, served(&f->in.dnskey, f->in.now), keys);
}

/* The keys of SET whose tag and algorithm stand in the RRSIGs of V. */
static void
signers_of(const struct future *f, const struct world_version *v, const struct world_version *set,
	struct future_keys *out)
{
	struct future_keys keys = { 0 };

	keys_in(f, set, &keys);
	for (size_t i = 0; v && i < v->rrs.n; i++) {
		struct rrsig sig;
		if (v->rrs.v[i].type != T_RRSIG ||
			!rrsig_parse(v->rrs.v[i].rdata, v->rrs.v[i].rdlen, &sig))
			continue;
		for (size_t k = 0; k < keys.n; k++) {
			struct dnskey key;
			if (dnskey_parse(keys.v[k].rdata, keys.v[k].len, &key) && key.tag == sig.tag &&
				key.alg == sig.alg)
				future_keys_add(f->a, out, keys.v[k]);
		}
	}
}

void
future_key_signers(const struct future *f, struct future_keys *signers)
{
	const struct world_version *v = served(&f->in.dnskey, f->in.now);

	signers_of(f, v, v, signers);
}

void
future_data_signers(const struct future *f, struct future_keys *signers)
{
	signers_of(f, served(&f->in.data, f->in.now), served(&f->in.dnskey, f->in.now), signers);
}

bool
future_previous(const struct future *f, struct future_keys *keys, struct future_keys *signers,
	struct future_keys *data)
{
	const struct world_version *now = served(&f->in.dnskey, f->in.now), *before = NULL;

	for (size_t i = 0; i < f->in.dnskey.n && &f->in.dnskey.v[i] != now; i++)
		if (f->in.dnskey.v[i].rrs.n)
			before = &f->in.dnskey.v[i];
	if (!now || !before)
		return false;
	keys_in(f, before, keys);
	signers_of(f, before, before, signers);
	signers_of(f, served(&f->in.data, before->on), before, data);
	return keys->n && signers->n && data->n;
}

void
future_ds_keys(const struct future *f, struct future_keys *out)
{
	const struct world_version *v = served(&f->in.ds, f->in.now);
	struct future_keys keys = { 0 };

	future_served_keys(f, &keys);
	for (size_t i = 0; v && i < v->rrs.n; i++) {
		struct ds d;
		if (v->rrs.v[i].type != T_DS || !ds_parse(v->rrs.v[i].rdata, v->rrs.v[i].rdlen, &d))
			continue;
		for (size_t k = 0; k < keys.n; k++)
			if (dnskey_tag(keys.v[k].rdata, keys.v[k].len) == d.tag &&
				keys.v[k].rdata[3] == d.alg)
				future_keys_add(f->a, out, keys.v[k]);
	}
}

struct future_key
future_new_key(struct future *f, uint8_t alg, uint16_t flags)
{
	uint8_t *rdata = arena_alloc(f->a, 68);

	rdata[0] = (uint8_t)(flags >> 8);
	rdata[1] = (uint8_t)flags;
	rdata[2] = 3;
	rdata[3] = alg;
	/* Octets that no real key has; only their identity counts. */
	memset(rdata + 4, 0xf0 + (int)(++f->made & 15), 64);
	rdata[4] = (uint8_t)f->made;
	return (struct future_key){ rdata, 68 };
}

/* What is served now stops at T; caches count from the slowest server. */
static void
close_all(struct future *f, struct world_list *list, int64_t t)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].off == TIME_NEVER)
			list->v[i].off = t + f->propagation;
}

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* An RRSIG over TYPE by K that will be made at T. */
static struct rr
promise(struct future *f, uint16_t type, uint32_t ttl, int64_t t, struct future_key k)
{
	struct dnskey key;
	uint16_t len = (uint16_t)(18 + f->in.zone.len + 1);
	uint8_t *r = arena_alloc(f->a, len);

	dnskey_parse(k.rdata, k.len, &key);
	r[0] = (uint8_t)(type >> 8);
	r[1] = (uint8_t)type;
	r[2] = key.alg;
	r[3] = (uint8_t)name_labels(&f->in.zone);
	put_u32(r + 4, ttl);
	put_u32(r + 8, (uint32_t)(t + f->validity));
	put_u32(r + 12, (uint32_t)(t - 3600)); /* an hour back for slow clocks, as signers do */
	r[16] = (uint8_t)(key.tag >> 8);
	r[17] = (uint8_t)key.tag;
	memcpy(r + 18, f->in.zone.wire, f->in.zone.len);
	arena_push(f->a, &f->promised, ((struct promised_sig){ r, k }));
	return (struct rr){ .owner = f->in.zone, .type = T_RRSIG, .class = 1, .ttl = ttl, .rdlen = len,
		.rdata = r };
}

void
future_set_keys(struct future *f, int64_t t, const struct future_keys *keys,
	const struct future_keys *signers)
{
	struct world_version v = { .on = t, .off = TIME_NEVER, .ttl = f->ttl_dnskey };

	close_all(f, &f->in.dnskey, t);
	for (size_t i = 0; i < keys->n; i++)
		arena_push(f->a, &v.rrs, ((struct rr){ .owner = f->in.zone, .type = T_DNSKEY, .class = 1,
			.ttl = f->ttl_dnskey, .rdlen = keys->v[i].len, .rdata = keys->v[i].rdata }));
	for (size_t i = 0; keys->n && i < signers->n; i++)
		arena_push(f->a, &v.rrs, promise(f, T_DNSKEY, f->ttl_dnskey, t, signers->v[i]));
	arena_push(f->a, &f->in.dnskey, v);
}

/* One RRset with its signatures, standing for all that the zone holds. */
static void
open_data(struct future *f, struct world_list *list, int64_t t, uint32_t ttl,
	const struct future_keys *signers)
{
	static const uint8_t address[4] = { 192, 0, 2, 1 };
	struct world_version v = { .on = t, .off = TIME_NEVER, .ttl = ttl };

	close_all(f, list, t);
	arena_push(f->a, &v.rrs, ((struct rr){ .owner = f->in.zone, .type = T_A, .class = 1, .ttl = ttl,
		.rdlen = 4, .rdata = address }));
	for (size_t i = 0; i < signers->n; i++)
		arena_push(f->a, &v.rrs, promise(f, T_A, ttl, t, signers->v[i]));
	arena_push(f->a, list, v);
}

void
future_set_data(struct future *f, int64_t t, const struct future_keys *signers)
{
	open_data(f, &f->in.data, t, f->ttl_data, signers);
	if (f->in.negative.n)
		open_data(f, &f->in.negative, t, f->in.negative.v[0].ttl, signers);
}

void
future_served_ds(const struct future *f, struct rr_list *ds)
{
	const struct world_version *v = served(&f->in.ds, f->in.now);

	for (size_t i = 0; v && i < v->rrs.n; i++)
		if (v->rrs.v[i].type == T_DS)
			arena_push(f->a, ds, v->rrs.v[i]);
}

void
future_ds_remove(struct rr_list *ds, int tag, uint8_t alg)
{
	size_t n = 0;

	for (size_t i = 0; i < ds->n; i++) {
		struct ds d;
		bool parsed = ds_parse(ds->v[i].rdata, ds->v[i].rdlen, &d);
		if (tag >= 0 && (!parsed || d.tag != tag || (alg && d.alg != alg)))
			ds->v[n++] = ds->v[i];
	}
	ds->n = n;
}

void
future_ds_add(struct future *f, struct rr_list *ds, struct future_key k, uint8_t digest_type)
{
	struct dnskey key;
	uint8_t *r = arena_alloc(f->a, 4 + 64);
	size_t n = 0;

	if (!dnskey_parse(k.rdata, k.len, &key))
		return;
	for (size_t i = 0; i < ds->n; i++) {
		struct ds d;
		if (!ds_parse(ds->v[i].rdata, ds->v[i].rdlen, &d) || d.tag != key.tag || d.alg != key.alg ||
				d.digest_type != digest_type)
			ds->v[n++] = ds->v[i];
	}
	ds->n = n;
	n = ds_digest(&f->in.zone, k.rdata, k.len, digest_type, r + 4);
	r[0] = (uint8_t)(key.tag >> 8);
	r[1] = (uint8_t)key.tag;
	r[2] = key.alg;
	r[3] = digest_type;
	arena_push(f->a, ds, ((struct rr){ .owner = f->in.zone, .type = T_DS, .class = 1,
		.ttl = f->ttl_ds, .rdlen = (uint16_t)(4 + n), .rdata = r }));
}

void
future_set_ds(struct future *f, int64_t t, const struct rr_list *ds)
{
	struct world_version v = { .on = t, .off = TIME_NEVER, .ttl = f->ttl_ds };

	close_all(f, &f->in.ds, t);
	for (size_t i = 0; i < ds->n; i++)
		arena_push(f->a, &v.rrs, ds->v[i]);
	arena_push(f->a, &f->in.ds, v);
}

const struct worlds *
future_worlds(struct future *f, const struct profile *p)
{
	/* A promised signature verifies with its key wherever that key stands in some set. */
	for (size_t s = 0; s < f->promised.n; s++)
		for (size_t d = 0; d < f->in.dnskey.n; d++) {
			const struct rr_list *set = &f->in.dnskey.v[d].rrs;
			for (size_t k = 0; k < set->n; k++)
				if (set->v[k].type == T_DNSKEY && set->v[k].rdlen == f->promised.v[s].key.len &&
					memcmp(set->v[k].rdata, f->promised.v[s].key.rdata, set->v[k].rdlen) == 0)
					memo_assume_good(f->m, f->promised.v[s].rdata, set->v[k].rdata);
		}
	return worlds_compute(f->a, &f->in, p, f->m);
}
