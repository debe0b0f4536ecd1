/* The signer of this program: key files and OpenSSL, good signatures kept, the plan's keys obeyed. */
#include <stdio.h>
#include <string.h>

#include "change/signers/signers.h"
#include "keys/keyfile.h"
#include "keys/privfile.h"

struct material {
	struct sign_key *keys;
	struct privkey **own; /* read here, to be freed here */
	size_t n;
};

static struct privkey *
made_key(const struct signing *s, const struct plan_key *k)
{
	for (size_t i = 0; i < s->n_made; i++)
		if (k->made_by > 0 && s->made[i].step == k->made_by)
			return s->made[i].key;
	return NULL;
}

/* The DNSKEY of a key whose files are elsewhere, as the zone has it. */
static bool
find_in_zone(const struct zone *z, const struct plan_key *k, struct sign_key *out)
{
	const struct zset *set = z ? zone_apex_set(z, T_DNSKEY) : NULL;
	char hash[PLAN_HASH];

	for (size_t i = 0; set && i < set->n; i++) {
		const struct zrr *rr = z->rrs[set->first + i];
		plan_sha256(hash, rr->rdata, rr->rdlen);
		if (strcmp(hash, k->rdata_sha256) != 0)
			continue;
		out->dnskey = rr->rdata;
		out->dnskey_len = rr->rdlen;
		return true;
	}
	return false;
}

static bool
same_key(const struct plan_key *k, const uint8_t *rdata, size_t n, struct err *e)
{
	char hash[PLAN_HASH];

	plan_sha256(hash, rdata, n);
	return !*k->rdata_sha256 || strcmp(hash, k->rdata_sha256) == 0 ||
		err_set(e, ERR_CHANGED, k->file, "the plan's key", k->rdata_sha256, "%s", hash);
}

static bool
take_key(struct signing *s, const struct plan_key *k, struct sign_key *out, struct privkey **own,
	struct err *e)
{
	bool signs = k->sign_keys || k->sign_data;
	struct privkey *key = made_key(s, k);

	*own = NULL;
	if (!key && signs && *k->file) {
		key = *own = privfile_read(NULL, k->file, NULL, NULL, NULL, e);
		if (!key)
			return false;
	}
	if (key) {
		out->dnskey = key->dnskey;
		out->dnskey_len = key->dnskey_len;
	} else if (*k->file) {
		struct fact_keyfile *f = arena_new_one(s->a, struct fact_keyfile);
		keyfile_read_public(s->a, k->file, f);
		out->dnskey = f->rdata;
		out->dnskey_len = f->rdlen;
	} else if (!find_in_zone(s->deployed, k, out))
		find_in_zone(s->input, k, out);
	if (!out->dnskey)
		return err_set(e, ERR_NOT_FOUND, *k->file ? k->file : "DNSKEY", "the plan's key", "", "key %d is not there",
			k->tag);
	if (signs && !key)
		return err_set(e, ERR_NOT_FOUND, *k->file ? k->file : "DNSKEY", "private key", "",
			"key %d cannot sign here", k->tag);
	out->key = key;
	out->tag = dnskey_tag(out->dnskey, out->dnskey_len);
	out->alg = out->dnskey[3];
	out->publish = k->publish;
	out->signs_keys = k->sign_keys;
	out->signs_data = k->sign_data;
	return same_key(k, out->dnskey, out->dnskey_len, e);
}

static bool
take_keys(struct signing *s, struct material *m, struct err *e)
{
	size_t n = s->step->keys.n;

	m->keys = arena_new_array(s->a, struct sign_key, n + 1);
	m->own = arena_new_array(s->a, struct privkey *, n + 1);
	for (m->n = 0; m->n < n; m->n++) {
		const struct plan_key *k = &s->step->keys.v[m->n];
		if (!take_key(s, k, &m->keys[m->n], &m->own[m->n], e)) {
			m->n++;
			return false;
		}
	}
	return true;
}

static void
drop_keys(struct material *m)
{
	for (size_t i = 0; i < m->n; i++)
		privkey_free(m->own[i]);
}

static enum sign_denial
denial_of(const char *word)
{
	return strcmp(word, "nsec") == 0 ? SIGN_DENIAL_NSEC : strcmp(word, "nsec3") == 0 ? SIGN_DENIAL_NSEC3
		: strcmp(word, "nsec3-opt-out") == 0 ? SIGN_DENIAL_OPTOUT : SIGN_DENIAL_KEEP;
}

static bool
sign_with(struct signing *s, const struct material *m, struct text *out, struct err *e)
{
	struct sign_opts o = sign_defaults;

	o.keys = m->keys;
	o.n_keys = m->n;
	o.previous = s->deployed;
	o.at = s->now;
	o.denial = denial_of(s->step->denial);
	if (s->step->validity > 0) {
		o.validity = s->step->validity;
		if (o.jitter > o.validity / 10)
			o.jitter = o.validity / 10;
		if (o.refresh > o.validity / 4)
			o.refresh = o.validity / 4;
	}
	/* the serial is always raised by one: from just below the plan's it becomes the plan's */
	struct zone *below = s->step->serial < 0 ? NULL
		: signer_with_serial(s->input, (uint32_t)s->step->serial - 1, e);
	if (s->step->serial >= 0 && !below)
		return false;
	struct sign_result *r = zone_sign(below ? below : s->input, &o, e);
	if (!r) {
		zone_free(below);
		return false;
	}
	signer_zone_text(r->zone, out);
	text_add(&s->said, "%llu signatures made, %llu kept, %llu dropped; %s", (unsigned long long)r->made,
		(unsigned long long)r->kept, (unsigned long long)r->dropped, r->nsec3 ? "NSEC3" : "NSEC");
	sign_free(r);
	zone_free(below);
	return true;
}

static bool
sign(struct signing *s, struct text *out, struct err *e)
{
	struct material m = { 0 };

	if (strcmp(s->step->denial, "none") == 0) {
		struct zone *z = signer_unsigned(s->input, (uint32_t)s->step->serial, e);
		if (z)
			signer_zone_text(z, out);
		zone_free(z);
		return z != NULL;
	}
	bool ok = take_keys(s, &m, e) && sign_with(s, &m, out, e);
	drop_keys(&m);
	return ok;
}

const struct signer signer_builtin = { .name = "built-in", .sign = sign };
