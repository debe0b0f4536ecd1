#include "change/action.h"

#include <string.h>

/* ---- what the actions need to know ---- */

static struct arena *
mem(const struct action_context *c)
{
	return c->d->arena;
}

static bool
no(struct action_context *c, const char *why)
{
	c->why_not = why;
	return false;
}

/* The key that the action is about, wherever it is known from: served set, file or cache. */
static bool
target(struct action_context *c, struct future_key *k, const struct key_row **row)
{
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (r->tag != c->tag || !r->rdata)
			continue;
		*k = (struct future_key){ r->rdata, r->rdlen };
		*row = r;
		return true;
	}
	return no(c, "no key of that tag is known");
}

static bool
has_private(const struct key_row *r)
{
	return r->file && r->file->u.keyfile.private_state &&
		strcmp(r->file->u.keyfile.private_state, "present") == 0;
}

/* Algorithm of the keys in use. */
static uint8_t
algorithm_in_use(const struct action_context *c)
{
	struct future_keys keys = { 0 };
	struct dnskey k;

	future_served_keys(c->f, &keys);
	return keys.n && dnskey_parse(keys.v[0].rdata, keys.v[0].len, &k) ? k.alg : 13;
}

/* Keys that sign data: those that do now, else what the files call an active ZSK or CSK. */
static void
data_signers(struct action_context *c, struct future_keys *out)
{
	future_data_signers(c->f, out);
	for (size_t i = 0; !out->n && i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (r->rdata && r->role != KEYROLE_KSK && r->timing == KEY_ACTIVE && has_private(r))
			future_keys_add(mem(c), out, (struct future_key){ r->rdata, r->rdlen });
	}
}

/* Keys that sign the DNSKEY set: those that do now, else those that a DS points to. */
static void
key_signers(struct action_context *c, struct future_keys *out)
{
	future_key_signers(c->f, out);
	if (!out->n)
		future_ds_keys(c->f, out);
}

/* ---- the changes ---- */

static bool
change_nothing(struct action_context *c)
{
	(void)c;
	return true;
}

static bool
change_resign(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	key_signers(c, &signers);
	data_signers(c, &data);
	if (!keys.n || !signers.n || !data.n)
		return no(c, "the keys that should sign are not known or not active");
	future_set_keys(c->f, c->t0, &keys, &signers);
	future_set_data(c->f, c->t0, &data);
	return true;
}

static bool
change_extend(struct action_context *c)
{
	struct future_keys data = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (!target(c, &k, &row))
		return false;
	if (row->role == KEYROLE_KSK)
		return no(c, "it is a KSK: its end stops no data from being signed");
	if (!has_private(row))
		return no(c, "its private key is not on this host");
	future_keys_add(mem(c), &data, k);
	future_set_data(c->f, c->t0, &data);
	return true;
}

static bool
change_without(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (!target(c, &k, &row))
		return false;
	future_served_keys(c->f, &keys);
	if (!future_keys_have(&keys, k))
		return no(c, "it is not in the zone");
	key_signers(c, &signers);
	data_signers(c, &data);
	future_keys_remove(&keys, (uint16_t)c->tag);
	future_keys_remove(&signers, (uint16_t)c->tag);
	future_keys_remove(&data, (uint16_t)c->tag);
	if (!signers.n)
		return no(c, "no other key signs the DNSKEY set");
	if (!data.n)
		return no(c, "no other key signs the data");
	future_set_keys(c->f, c->t0, &keys, &signers);
	future_set_data(c->f, c->t0, &data);
	return true;
}

/* Back into the set, and signing again: publishing an old ZSK alone helps no cache, because the
 * caches have its set and want its signatures. */
static bool
change_restore(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (!target(c, &k, &row))
		return false;
	future_served_keys(c->f, &keys);
	if (future_keys_have(&keys, k))
		return no(c, "it is in the zone");
	if (!has_private(row))
		return no(c, "its private key is not on this host");
	key_signers(c, &signers);
	data_signers(c, &data);
	future_keys_add(mem(c), &keys, k);
	if (row->role == KEYROLE_ZSK || row->role == KEYROLE_CSK)
		future_keys_add(mem(c), &data, k);
	if (row->role != KEYROLE_ZSK)
		future_keys_add(mem(c), &signers, k);
	future_set_keys(c->f, c->t0, &keys, &signers);
	future_set_data(c->f, c->t0, &data);
	return true;
}

/* Every ZSK whose private key is here signs, the ones that left the zone included. */
static bool
change_double(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	future_served_keys(c->f, &keys);
	key_signers(c, &signers);
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || r->role == KEYROLE_KSK || !has_private(r))
			continue;
		future_keys_add(mem(c), &keys, (struct future_key){ r->rdata, r->rdlen });
		future_keys_add(mem(c), &data, (struct future_key){ r->rdata, r->rdlen });
	}
	if (data.n < 2)
		return no(c, "there is only one key that can sign data");
	if (!signers.n)
		return no(c, "no key signs the DNSKEY set");
	future_set_keys(c->f, c->t0, &keys, &signers);
	future_set_data(c->f, c->t0, &data);
	return true;
}

static bool
change_prepublish(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 };

	future_served_keys(c->f, &keys);
	key_signers(c, &signers);
	if (!signers.n)
		return no(c, "no key signs the DNSKEY set");
	future_keys_add(mem(c), &keys, future_new_key(c->f, algorithm_in_use(c), 256));
	future_set_keys(c->f, c->t0, &keys, &signers);
	return true;
}

/* The tempting short cut: the new ZSK replaces the old one in the set and in the signatures. */
static bool
change_swap_zsk(struct action_context *c)
{
	struct future_keys keys = { 0 }, kept = { 0 }, signers = { 0 }, data = { 0 };
	struct future_key fresh = future_new_key(c->f, algorithm_in_use(c), 256);

	future_served_keys(c->f, &keys);
	key_signers(c, &signers);
	if (!signers.n)
		return no(c, "no key signs the DNSKEY set");
	for (size_t i = 0; i < keys.n; i++) {
		struct dnskey k;
		if (dnskey_parse(keys.v[i].rdata, keys.v[i].len, &k) && (k.flags & DNSKEY_SEP))
			future_keys_add(mem(c), &kept, keys.v[i]);
	}
	future_keys_add(mem(c), &kept, fresh);
	future_keys_add(mem(c), &data, fresh);
	future_set_keys(c->f, c->t0, &kept, &signers);
	future_set_data(c->f, c->t0, &data);
	return true;
}

static bool
change_new_ksk(struct action_context *c)
{
	struct future_keys keys = { 0 }, signers = { 0 };
	struct future_key fresh = future_new_key(c->f, algorithm_in_use(c), 257);

	future_served_keys(c->f, &keys);
	key_signers(c, &signers);
	if (!signers.n)
		return no(c, "no key signs the DNSKEY set");
	future_keys_add(mem(c), &keys, fresh);
	future_keys_add(mem(c), &signers, fresh);
	future_set_keys(c->f, c->t0, &keys, &signers);
	return true;
}

/* DS of a key that the zone has, or of one that is not there yet. */
static bool
change_add_ds(struct action_context *c)
{
	struct future_keys ds = { 0 };
	const struct key_row *row;
	struct future_key k;

	if (c->tag < 0)
		k = future_new_key(c->f, algorithm_in_use(c), 257);
	else if (!target(c, &k, &row))
		return false;
	future_ds_keys(c->f, &ds);
	if (future_keys_have(&ds, k))
		return no(c, "its DS is there");
	future_keys_add(mem(c), &ds, k);
	future_set_ds(c->f, c->t0, &ds);
	return true;
}

static bool
change_remove_ds(struct action_context *c)
{
	struct future_keys ds = { 0 };

	future_ds_keys(c->f, &ds);
	if (!ds.n)
		return no(c, "there is no DS");
	if (c->tag >= 0)
		future_keys_remove(&ds, (uint16_t)c->tag);
	else
		ds.n = 0;
	future_set_ds(c->f, c->t0, &ds);
	return true;
}

static bool
change_go_insecure(struct action_context *c)
{
	c->tag = -1;
	return change_remove_ds(c);
}

/* The zone without signatures while the DS stands. */
static bool
change_unsign(struct action_context *c)
{
	struct future_keys none = { 0 };

	future_set_keys(c->f, c->t0, &none, &none);
	future_set_data(c->f, c->t0, &none);
	return true;
}

#define CACHED "cache-holds-old-dnskey cache-holds-old-ds"
#define EXPIRY "rrsig-expired rrsig-expired-dnskey rrsig-expired-partial rrsig-expiring-soon " \
	"rrsig-not-yet-valid"
#define BROKEN_DATA "rrsig-invalid rrsig-missing dnskey-unsigned dnskey-rrsig-invalid"

const struct action actions[] = {
	{ "wait", false, RUNG_LOOK, "Wait and watch", CACHED " source-ahead-of-served serial-mismatch",
		false, false, change_nothing },
	{ "extend-zsk", true, RUNG_METADATA, "Extend ZSK %d, re-sign",
		"zsk-expired-signing-stopped key-expiring-soon key-activate-in-future", false, false,
		change_extend },
	{ "resign", false, RUNG_RESIGN, "Re-sign with the same keys", EXPIRY " " BROKEN_DATA, false,
		false, change_resign },
	{ "resign-rrset", false, RUNG_RESIGN, "Re-sign the RRsets that fail",
		"rrsig-invalid rrsig-expired-partial", false, false, change_resign },
	{ "repair-serial", false, RUNG_RESIGN, "Re-sign under a serial above every server's",
		"serial-went-backwards", false, false, change_resign },
	{ "publish", false, RUNG_RESIGN, "Publish the signed file that is ready",
		"signer-output-not-deployed", false, false, change_nothing },
	{ "resign-without", true, RUNG_RESIGN, "Re-sign without key %d", "", false, false,
		change_without },
	{ "restore-key", true, RUNG_RESTORE, "Put key %d back and sign with it",
		CACHED " dnskey-ksk-missing ds-no-matching-dnskey dnskey-zsk-missing rrsig-unknown-key "
		"dnskey-not-signed-by-sep", false, false, change_restore },
	{ "double-sign", false, RUNG_DOUBLE_SIGN, "Sign with the old and the new ZSK",
		"cache-holds-old-dnskey", false, false, change_double },
	{ "prepublish-zsk", false, RUNG_PREPUBLISH, "Publish a new ZSK, go on signing with the old",
		"key-expiring-soon", false, true, change_prepublish },
	{ "roll-zsk", false, RUNG_PREPUBLISH, "Roll the ZSK: publish, wait, sign, wait, remove",
		"key-expiring-soon", false, true, change_prepublish },
	{ "swap-zsk", false, RUNG_PREPUBLISH, "Swap the ZSK for a new one now",
		"zsk-expired-signing-stopped", false, false, change_swap_zsk },
	{ "new-ksk", false, RUNG_PARENT, "Add a new KSK", "", false, false, change_new_ksk },
	{ "roll-ksk", false, RUNG_PARENT, "Roll the KSK: add, wait, change the DS, wait, remove", "",
		true, true, change_new_ksk },
	{ "add-ds", false, RUNG_PARENT, "Add a DS at the parent", "ds-missing", true, false,
		change_add_ds },
	{ "remove-ds", true, RUNG_PARENT, "Remove DS %d at the parent", "ds-stale-extra", true, false,
		change_remove_ds },
	{ "go-insecure", false, RUNG_UNSIGN, "Go insecure: remove every DS, wait, then unsign",
		"ds-on-unsigned-zone", true, true, change_go_insecure },
	{ "unsign", false, RUNG_UNSIGN, "Publish the zone unsigned", "", false, false, change_unsign },
	{ "flush-own", false, RUNG_LOOK, "Flush your own resolvers", CACHED, false, false,
		change_nothing },
	{ "ask-flush", false, RUNG_LOOK, "Ask ISPs to flush", CACHED, false, false, change_nothing },
	{ .name = NULL },
};

const struct action *
action_find(const char *name)
{
	for (const struct action *a = actions; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

bool
action_fixes(const struct action *a, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = a->fixes; (p = strstr(p, id)); p += n)
		if ((p == a->fixes || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}
