#include "change/changes.h"

#include <string.h>

/* ---- words ---- */

struct arena *
change_arena(const struct action_context *c)
{
	return c->d->arena;
}

bool
change_refuse(struct action_context *c, const char *why)
{
	c->why_not = why;
	return false;
}

struct future_key
row_key(const struct key_row *r)
{
	return (struct future_key){ r->rdata, r->rdlen };
}

bool
row_private(const struct key_row *r)
{
	return r->file && r->file->u.keyfile.private_state &&
		strcmp(r->file->u.keyfile.private_state, "present") == 0;
}

bool
change_target(struct action_context *c, struct future_key *k, const struct key_row **row)
{
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (r->tag != c->tag || !r->rdata)
			continue;
		*k = row_key(r);
		*row = r;
		return true;
	}
	return change_refuse(c, "no key of that tag is known");
}

uint8_t
change_algorithm(const struct action_context *c)
{
	struct future_keys keys = { 0 };
	struct dnskey k;

	future_served_keys(c->f, &keys);
	return keys.n && dnskey_parse(keys.v[0].rdata, keys.v[0].len, &k) ? k.alg : 13;
}

void
change_data_signers(struct action_context *c, struct future_keys *out)
{
	future_data_signers(c->f, out);
	for (size_t i = 0; !out->n && i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (r->rdata && r->role != KEYROLE_KSK && r->timing == KEY_ACTIVE && row_private(r))
			future_keys_add(change_arena(c), out, row_key(r));
	}
}

void
change_key_signers(struct action_context *c, struct future_keys *out)
{
	future_key_signers(c->f, out);
	if (!out->n)
		future_ds_keys(c->f, out);
}

struct future_key
change_new_key(struct action_context *c, uint8_t alg, uint16_t flags)
{
	struct future_key k = future_new_key(c->f, alg, flags);

	future_keys_add(change_arena(c), &c->set.made, k);
	return k;
}

void
change_keys(struct action_context *c, const struct future_keys *keys,
	const struct future_keys *signers)
{
	future_set_keys(c->f, c->t0, keys, signers);
	c->set.keys = true;
	c->set.publish = *keys;
	c->set.sign_keys = *signers;
}

void
change_data(struct action_context *c, const struct future_keys *signers)
{
	future_set_data(c->f, c->t0, signers);
	c->set.data = true;
	c->set.sign_data = *signers;
}

void
change_ds(struct action_context *c, const struct rr_list *ds)
{
	future_set_ds(c->f, c->t0, ds);
	c->set.ds = true;
	c->set.ds_set = *ds;
}

uint8_t
change_digest_type(const struct rr_list *ds)
{
	struct ds d;

	return ds->n && ds_parse(ds->v[0].rdata, ds->v[0].rdlen, &d) && d.digest_type > 1
		? d.digest_type : 2;
}

void
change_entry(struct action_context *c, bool observed, const char *text, const char *evidence)
{
	arena_push(change_arena(c), &c->entry, ((struct entry_seen){ text, observed, evidence }));
}

/* ---- the changes ---- */

bool
change_nothing(struct action_context *c)
{
	(void)c;
	return true;
}

bool
change_resign(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	change_data_signers(c, &data);
	if (!keys.n || !signers.n || !data.n)
		return change_refuse(c, "the keys that should sign are not known or not active");
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

/* The key's dates move; the zone is signed with the keys that it has. */
static bool
extend(struct action_context *c, bool ksk)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (!change_target(c, &k, &row))
		return false;
	if (!row_private(row))
		return change_refuse(c, "its private key is not on this host");
	future_served_keys(c->f, &keys);
	if (!future_keys_have(&keys, k))
		return change_refuse(c, "it is not in the zone: use restore-key");
	change_key_signers(c, &signers);
	future_data_signers(c->f, &data);
	if (ksk || row->role == KEYROLE_CSK)
		future_keys_add(change_arena(c), &signers, k);
	if (!ksk)
		future_keys_add(change_arena(c), &data, k);
	if (!signers.n || !data.n)
		return change_refuse(c, "the other keys that should sign are not known");
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

bool
change_extend_zsk(struct action_context *c)
{
	const struct key_row *row;
	struct future_key k;

	if (!change_target(c, &k, &row))
		return false;
	if (row->role == KEYROLE_KSK)
		return change_refuse(c, "it is a KSK: its end stops no data from being signed");
	return extend(c, false);
}

bool
change_extend_ksk(struct action_context *c)
{
	const struct key_row *row;
	struct future_key k;

	if (!change_target(c, &k, &row))
		return false;
	if (row->role == KEYROLE_ZSK)
		return change_refuse(c, "it is a ZSK: use extend-zsk");
	return extend(c, true);
}

bool
change_without(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (!change_target(c, &k, &row))
		return false;
	future_served_keys(c->f, &keys);
	if (!future_keys_have(&keys, k))
		return change_refuse(c, "it is not in the zone");
	change_key_signers(c, &signers);
	change_data_signers(c, &data);
	future_keys_drop(&keys, k);
	future_keys_drop(&signers, k);
	future_keys_drop(&data, k);
	if (!signers.n)
		return change_refuse(c, "no other key signs the DNSKEY set");
	if (!data.n)
		return change_refuse(c, "no other key signs the data");
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

/* Back into the set, and signing again: publishing an old ZSK alone helps no cache, because the
 * caches have its set and want its signatures. */
bool
change_restore(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (!change_target(c, &k, &row))
		return false;
	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	change_data_signers(c, &data);
	if (future_keys_have(&keys, k) && (future_keys_have(&signers, k) || future_keys_have(&data, k)))
		return change_refuse(c, "it is in the zone and signs");
	if (!row_private(row))
		return change_refuse(c, "its private key is not on this host");
	future_keys_add(change_arena(c), &keys, k);
	if (row->role == KEYROLE_ZSK || row->role == KEYROLE_CSK)
		future_keys_add(change_arena(c), &data, k);
	if (row->role != KEYROLE_ZSK)
		future_keys_add(change_arena(c), &signers, k);
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

/* Every ZSK whose private key is here signs, the ones that left the zone included. */
bool
change_double(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || r->role == KEYROLE_KSK || !row_private(r))
			continue;
		future_keys_add(change_arena(c), &keys, row_key(r));
		future_keys_add(change_arena(c), &data, row_key(r));
	}
	if (data.n < 2)
		return change_refuse(c, "there is only one key that can sign data");
	if (!signers.n)
		return change_refuse(c, "no key signs the DNSKEY set");
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

bool
change_prepublish(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	change_data_signers(c, &data);
	if (!signers.n)
		return change_refuse(c, "no key signs the DNSKEY set");
	if (!data.n)
		return change_refuse(c, "no key signs the data");
	future_keys_add(change_arena(c), &keys, change_new_key(c, change_algorithm(c), 256));
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	c->wait = WAIT_DNSKEY;
	return true;
}

/* The tempting short cut: the new ZSK replaces the old one in the set and in the signatures. */
bool
change_swap_zsk(struct action_context *c)
{
	struct future_keys keys = { 0 }, kept = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	if (!signers.n)
		return change_refuse(c, "no key signs the DNSKEY set");
	struct future_key fresh = change_new_key(c, change_algorithm(c), 256);
	for (size_t i = 0; i < keys.n; i++) {
		struct dnskey k;
		if (dnskey_parse(keys.v[i].rdata, keys.v[i].len, &k) && (k.flags & DNSKEY_SEP))
			future_keys_add(change_arena(c), &kept, keys.v[i]);
	}
	future_keys_add(change_arena(c), &kept, fresh);
	future_keys_add(change_arena(c), &data, fresh);
	change_keys(c, &kept, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

bool
change_new_ksk(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	change_data_signers(c, &data);
	if (!signers.n)
		return change_refuse(c, "no key signs the DNSKEY set");
	struct future_key fresh = change_new_key(c, change_algorithm(c), 257);
	future_keys_add(change_arena(c), &keys, fresh);
	future_keys_add(change_arena(c), &signers, fresh);
	change_keys(c, &keys, &signers);
	if (data.n)
		change_data(c, &data);
	c->set.resign = true;
	c->wait = WAIT_DNSKEY;
	return true;
}

/* The KSK whose DS the parent lacks: served, with the SEP bit. */
static bool
ksk_without_ds(struct action_context *c, struct future_key *k)
{
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || r->role == KEYROLE_ZSK || !r->served || r->ds == DS_MATCH)
			continue;
		*k = row_key(r);
		return true;
	}
	return false;
}

/* DS of a key that the zone has, or of one that is not there yet. */
bool
change_add_ds(struct action_context *c)
{
	const struct key_row *row = NULL;
	struct rr_list ds = { 0 };
	struct future_key k;

	if (c->tag >= 0 && !change_target(c, &k, &row))
		return false;
	if (c->tag < 0 && !ksk_without_ds(c, &k))
		k = change_new_key(c, change_algorithm(c), 257);
	future_served_ds(c->f, &ds);
	if (row && row->ds == DS_MATCH)
		return change_refuse(c, "its DS is there");
	future_ds_add(c->f, &ds, k, change_digest_type(&ds));
	change_ds(c, &ds);
	c->wait = WAIT_DS;
	return true;
}

bool
change_remove_ds(struct action_context *c)
{
	struct rr_list ds = { 0 };
	size_t n;

	future_served_ds(c->f, &ds);
	if (!ds.n)
		return change_refuse(c, "there is no DS");
	n = ds.n;
	future_ds_remove(&ds, c->tag, 0);
	if (ds.n == n)
		return change_refuse(c, "there is no DS of that tag");
	change_ds(c, &ds);
	c->wait = WAIT_DS_DNSKEY;
	return true;
}

/* The records of a signed file as keys, and who signs in it. */
bool
change_publish(struct action_context *c)
{
	const struct obs *o = c->d->snapshot->signed_file;
	const struct fact_zonefile *f = o ? &o->u.zonefile : NULL;
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	if (!f || !f->readable || !f->has_soa)
		return change_refuse(c, "no signed file is known here");
	for (size_t i = 0; i < c->d->n_serials; i++) {
		const struct serial_row *r = &c->d->serials[i];
		if (r->server && r->known && serial_cmp(f->serial, r->serial, NULL) <= 0)
			return change_refuse(c, "the signed file is not newer than what is served");
	}
	for (size_t i = 0; i < f->dnskeys.n; i++) {
		struct future_key k = { f->dnskeys.v[i].rdata, f->dnskeys.v[i].rdlen };
		struct dnskey key;
		if (!dnskey_parse(k.rdata, k.len, &key))
			continue;
		future_keys_add(change_arena(c), &keys, k);
		for (size_t s = 0; s < f->signers.n; s++) {
			if (f->signers.v[s].tag != key.tag || f->signers.v[s].alg != key.alg)
				continue;
			if (f->signers.v[s].dnskey)
				future_keys_add(change_arena(c), &signers, k);
			if (f->signers.v[s].rrsets)
				future_keys_add(change_arena(c), &data, k);
		}
	}
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.deploy = true;
	return true;
}

/* The DNSKEY set that was served before this one, and who signed then. */
bool
change_rollback(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	if (!future_previous(c->f, &keys, &signers, &data))
		return change_refuse(c, "no earlier DNSKEY set is known");
	for (size_t i = 0; i < data.n + signers.n; i++) {
		struct future_key k = i < data.n ? data.v[i] : signers.v[i - data.n];
		const struct key_row *r = inventory_by_rdata(c->d->inventory, k.rdata, k.len);
		if (!r || !row_private(r))
			return change_refuse(c, "the private key of one of its signers is not on this host");
	}
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

/* The zone without signatures while the DS stands. */
bool
change_unsign(struct action_context *c)
{
	struct future_keys none = { 0 }, keys = { 0 };

	future_served_keys(c->f, &keys);
	if (!keys.n)
		return change_refuse(c, "the zone is not signed");
	change_keys(c, &none, &none);
	change_data(c, &none);
	c->set.resign = true;
	return true;
}

/* Signed and no DS: the DS again. A DS and not signed: the same keys again. */
bool
change_revert_insecure(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	struct rr_list ds = { 0 };

	future_served_keys(c->f, &keys);
	if (keys.n) {
		future_served_ds(c->f, &ds);
		if (ds.n)
			return change_refuse(c, "the zone is signed and has a DS");
		future_key_signers(c->f, &signers);
		if (!signers.n)
			return change_refuse(c, "no key signs the DNSKEY set");
		for (size_t i = 0; i < signers.n; i++)
			future_ds_add(c->f, &ds, signers.v[i], 2);
		change_ds(c, &ds);
		return true;
	}
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || !row_private(r))
			continue;
		future_keys_add(change_arena(c), &keys, row_key(r));
		future_keys_add(change_arena(c), r->role == KEYROLE_ZSK ? &data : &signers, row_key(r));
	}
	if (!signers.n)
		return change_refuse(c, "the private keys that signed are not on this host");
	change_keys(c, &keys, &signers);
	change_data(c, data.n ? &data : &signers);
	c->set.resign = true;
	return true;
}
