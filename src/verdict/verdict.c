#include "verdict/verdict.h"

#include <string.h>

#include "zone/crypto.h"
#include "zone/rrset.h"

#define MAX_RRS 256
#define MAX_KEYS_PER_TAG 4 /* KeyTrap (CVE-2023-50387): more are not tried */
#define MAX_SIGS 8
#define SHA1_DIGEST 1

const struct profile profiles[] = {
	{ .name = "strict", .ignore_sha1_ds = true, .reject_revoked = true },
	{ .name = "unbound", .skew_percent = 10, .skew_min = 3600, .skew_max = 86400 },
	{ .name = "hardened", .all_algorithms = true, .strongest_digest = true, .skew_percent = 10,
		.skew_min = 3600, .skew_max = 86400 },
	{ .name = "no-sha1", .ignore_sha1_ds = true, .reject_revoked = true, .no_sha1 = true },
	{ .name = NULL },
};

const struct profile *
profile_find(const char *name)
{
	for (const struct profile *p = profiles; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const char *
verdict_name(enum verdict v)
{
	static const char *const names[] = { "secure", "insecure", "bogus" };

	return names[v];
}

/* ---- memo: (signature, key) -> outcome ---- */

struct memo_row {
	const uint8_t *sig, *key;
	enum crypto_result result;
};

struct memo {
	struct arena *a;
	struct {
		struct memo_row *v;
		size_t n, cap;
	} rows;
	unsigned verifications;
};

struct memo *
memo_new(struct arena *a)
{
	struct memo *m = arena_new_one(a, struct memo);

	m->a = a;
	return m;
}

unsigned
memo_verifications(const struct memo *m)
{
	return m->verifications;
}

void
memo_assume_good(struct memo *m, const uint8_t *sig, const uint8_t *key)
{
	arena_push(m->a, &m->rows, ((struct memo_row){ sig, key, CRYPTO_GOOD }));
}

static enum crypto_result
verify(struct memo *m, const struct rr *sig_rr, const struct rrsig *sig, const struct rr *key_rr,
	const struct dnskey *key, const struct rr *const *set, size_t n)
{
	enum crypto_result result = CRYPTO_MALFORMED;
	size_t len;

	for (size_t i = 0; i < m->rows.n; i++)
		if (m->rows.v[i].sig == sig_rr->rdata && m->rows.v[i].key == key_rr->rdata)
			return m->rows.v[i].result;
	struct arena *tmp = arena_new();
	uint8_t *data = rrset_signed_data(tmp, sig, sig_rr->rdata, set, n, &len);
	struct pubkey *pub = data ? pubkey_new(key, NULL) : NULL;
	if (pub) {
		result = pubkey_verify(pub, data, len, sig->sig, sig->siglen);
		m->verifications++;
	}
	pubkey_free(pub);
	arena_free(tmp);
	arena_push(m->a, &m->rows, ((struct memo_row){ sig_rr->rdata, key_rr->rdata, result }));
	return result;
}

/* ---- dates ---- */

static int64_t
skew(const struct profile *p, int64_t inception, int64_t expiration)
{
	int64_t s = (expiration - inception) * p->skew_percent / 100;

	if (!p->skew_percent)
		return 0;
	return s < p->skew_min ? p->skew_min : s > p->skew_max ? p->skew_max : s;
}

/* The window of seconds in which SIG is valid, ends included (a signature is good through the
 * whole second of its expiration). */
static void
window(const struct rrsig *sig, const struct profile *p, int64_t near, int64_t *from, int64_t *to)
{
	int64_t inception = clock_from_rrsig(sig->inception, near);
	int64_t expiration = inception + (int32_t)(sig->expiration - sig->inception);
	int64_t s = skew(p, inception, expiration);

	*from = inception - s;
	*to = expiration + s;
}

size_t
verdict_times(const struct rr_list *list, const struct profile *p, int64_t near, int64_t *times,
	size_t n, size_t max)
{
	for (size_t i = 0; i < list->n && n + 2 <= max; i++) {
		struct rrsig sig;
		int64_t from, to;
		if (list->v[i].type != T_RRSIG ||
			!rrsig_parse(list->v[i].rdata, list->v[i].rdlen, &sig))
			continue;
		window(&sig, p, near, &from, &to);
		times[n++] = from;
		times[n++] = to + 1;
	}
	return n;
}

/* ---- one RRset ---- */

static size_t
select_set(const struct rr_list *list, const struct name *owner, uint16_t type,
	const struct rr **out)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n && n < MAX_RRS; i++)
		if (list->v[i].type == type && name_equal(&list->v[i].owner, owner))
			out[n++] = &list->v[i];
	return n;
}

static bool
supported(uint8_t alg, const struct profile *p)
{
	const struct algorithm *a = algorithm_find(alg);

	return a && a->supported && !(p->no_sha1 && (alg == 5 || alg == 7));
}

/* What was met on the way, so that the reason is that of the best attempt. */
enum miss { MISS_NO_SIG, MISS_NO_KEY, MISS_CRYPTO, MISS_EXPIRED, MISS_FUTURE };
static const char *const miss_words[] = {
	[MISS_NO_SIG] = "no signatures",
	[MISS_NO_KEY] = "signatures from unknown keys",
	[MISS_CRYPTO] = "signature crypto failed",
	[MISS_EXPIRED] = "signature expired",
	[MISS_FUTURE] = "signature before inception date",
};

static void
missed(enum miss *worst, enum miss m)
{
	if (m > *worst)
		*worst = m;
}

static bool
usable_key(const struct rr *rr, struct dnskey *k)
{
	return dnskey_parse(rr->rdata, rr->rdlen, k) && (k->flags & DNSKEY_ZONE) && k->protocol == 3;
}

/* Is one RRSIG of OWNER TYPE in LIST made with algorithm ALG (0: any) and valid at T by a key of
 * KEYS that is not revoked? ONLY (or NULL) is the one key that counts. */
static bool
set_valid(struct memo *m, const struct name *zone, const struct rr_list *list,
	const struct name *owner, uint16_t type, const struct rr_list *keys, const struct rr *only,
	uint8_t alg, int64_t t, const struct profile *p, enum miss *worst)
{
	const struct rr *set[MAX_RRS], *sigs[MAX_RRS];
	size_t n = select_set(list, owner, type, set), n_sigs = select_set(list, owner, T_RRSIG, sigs);
	unsigned tried = 0;

	for (size_t i = 0; i < n_sigs && tried < MAX_SIGS; i++) {
		struct rrsig sig;
		int64_t from, to;
		unsigned same_tag = 0;
		if (!rrsig_parse(sigs[i]->rdata, sigs[i]->rdlen, &sig) || sig.covered != type ||
			!name_equal(&sig.signer, zone) || (alg && sig.alg != alg) ||
			!supported(sig.alg, p))
			continue;
		tried++;
		missed(worst, MISS_NO_KEY);
		window(&sig, p, t, &from, &to);
		for (size_t k = 0; k < keys->n && same_tag < MAX_KEYS_PER_TAG; k++) {
			const struct rr *rr = &keys->v[k];
			struct dnskey key;
			if (rr->type != T_DNSKEY || (only && rr != only) || !usable_key(rr, &key) ||
				key.tag != sig.tag || key.alg != sig.alg ||
				(!only && (key.flags & DNSKEY_REVOKE)))
				continue;
			same_tag++;
			if (verify(m, sigs[i], &sig, rr, &key, set, n) != CRYPTO_GOOD)
				missed(worst, MISS_CRYPTO);
			else if (t > to)
				missed(worst, MISS_EXPIRED);
			else if (t < from)
				missed(worst, MISS_FUTURE);
			else
				return true;
		}
	}
	return false;
}

/* ---- the DS set ---- */

struct ds_use {
	const struct rr *rr;
	struct ds ds;
};

/* Steps 2, 3 and 3b: the DS records that count under P. */
static size_t
usable_ds(const struct rr_list *list, const struct profile *p, struct ds_use *out)
{
	size_t n = 0, kept = 0;
	uint8_t strongest = 0;

	for (size_t i = 0; i < list->n && n < MAX_RRS; i++) {
		struct ds d;
		if (list->v[i].type != T_DS || !ds_parse(list->v[i].rdata, list->v[i].rdlen, &d) ||
			!supported(d.alg, p) || !digest_supported(d.digest_type) ||
			(p->no_sha1 && d.digest_type == SHA1_DIGEST))
			continue;
		if (d.digest_type > strongest)
			strongest = d.digest_type; /* 1 SHA-1, 2 SHA-256, 4 SHA-384 */
		out[n++] = (struct ds_use){ &list->v[i], d };
	}
	for (size_t i = 0; i < n; i++) {
		if (p->ignore_sha1_ds && strongest > SHA1_DIGEST && out[i].ds.digest_type == SHA1_DIGEST)
			continue;
		if (p->strongest_digest && out[i].ds.digest_type != strongest)
			continue;
		out[kept++] = out[i];
	}
	return kept;
}

enum ds_miss { DS_NO_KEY, DS_WRONG, DS_REVOKED, DS_NOT_SIGNED };

/* Step 5 for one DS: some key with its tag and digest signs the DNSKEY set validly. */
static bool
ds_leads(struct memo *m, const struct name *zone, const struct ds_use *u,
	const struct rr_list *dnskey, int64_t t, const struct profile *p, enum ds_miss *worst,
	enum miss *sig_worst)
{
	unsigned tried = 0;

	for (size_t k = 0; k < dnskey->n && tried < MAX_KEYS_PER_TAG; k++) {
		const struct rr *rr = &dnskey->v[k];
		struct dnskey key;
		uint8_t digest[64];
		if (rr->type != T_DNSKEY || !usable_key(rr, &key) || key.tag != u->ds.tag ||
			key.alg != u->ds.alg)
			continue;
		tried++;
		size_t len = ds_digest(zone, rr->rdata, rr->rdlen, u->ds.digest_type, digest);
		if (len != u->ds.digest_len || memcmp(digest, u->ds.digest, len) != 0) {
			if (*worst < DS_WRONG)
				*worst = DS_WRONG;
			continue;
		}
		if (p->reject_revoked && (key.flags & DNSKEY_REVOKE)) {
			if (*worst < DS_REVOKED)
				*worst = DS_REVOKED;
			continue;
		}
		if (set_valid(m, zone, dnskey, zone, T_DNSKEY, dnskey, rr, u->ds.alg, t, p, sig_worst))
			return true;
		*worst = DS_NOT_SIGNED;
	}
	return false;
}

/* Steps 1 to 5 and the key half of 7. */
static enum verdict
keys_verdict(struct memo *m, const struct name *zone, const struct rr_list *ds,
	const struct rr_list *dnskey, int64_t t, const struct profile *p, struct ds_use *use,
	size_t *n_use, const char **reason)
{
	static const char *const words[] = {
		[DS_NO_KEY] = "no keys have a DS with algorithm and tag",
		[DS_WRONG] = "DS hash mismatches key",
		[DS_REVOKED] = "dnskey revoked",
	};
	enum ds_miss worst = DS_NO_KEY;
	enum miss sig_worst = MISS_NO_SIG;
	bool any = false, all = true, have_key = false;

	*n_use = usable_ds(ds, p, use);
	if (*n_use == 0) {
		*reason = ds->n ? "no supported algorithm/digest" : "no DS";
		return VERDICT_INSECURE;
	}
	for (size_t k = 0; k < dnskey->n; k++)
		have_key |= dnskey->v[k].type == T_DNSKEY;
	if (!have_key) {
		*reason = "no DNSKEY record";
		return VERDICT_BOGUS;
	}
	for (size_t i = 0; i < *n_use; i++) {
		bool leads = ds_leads(m, zone, &use[i], dnskey, t, p, &worst, &sig_worst), alg_leads = leads;
		for (size_t k = 0; !alg_leads && k < *n_use; k++)
			if (k != i && use[k].ds.alg == use[i].ds.alg)
				alg_leads = ds_leads(m, zone, &use[k], dnskey, t, p, &worst, &sig_worst);
		any |= leads;
		all &= alg_leads;
	}
	if (any && (all || !p->all_algorithms))
		return VERDICT_SECURE;
	if (any)
		*reason = "no signatures with an algorithm that the DS set names";
	else if (worst == DS_NOT_SIGNED)
		*reason = sig_worst == MISS_NO_SIG || sig_worst == MISS_NO_KEY ? "signature missing"
									      : miss_words[sig_worst];
	else
		*reason = words[worst];
	return VERDICT_BOGUS;
}

bool
verdict_keys(struct memo *m, const struct name *zone, const struct rr_list *ds,
	const struct rr_list *dnskey, int64_t t, const struct profile *p)
{
	struct ds_use use[MAX_RRS];
	size_t n;
	const char *reason = "";

	return keys_verdict(m, zone, ds, dnskey, t, p, use, &n, &reason) == VERDICT_SECURE;
}

/* Is record I of DATA the first of its RRset? */
static bool
first_of_set(const struct rr_list *data, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (data->v[k].type == data->v[i].type && name_equal(&data->v[k].owner, &data->v[i].owner))
			return false;
	return true;
}

enum verdict
verdict_of(struct memo *m, const struct name *zone, const struct rr_list *ds,
	const struct rr_list *dnskey, const struct rr_list *data, int64_t t, const struct profile *p,
	const char **reason)
{
	struct ds_use use[MAX_RRS];
	const char *ignored;
	size_t n_use;

	if (!reason)
		reason = &ignored;
	*reason = "";
	enum verdict v = keys_verdict(m, zone, ds, dnskey, t, p, use, &n_use, reason);
	if (v != VERDICT_SECURE)
		return v;
	for (size_t i = 0; i < data->n; i++) {
		const struct rr *rr = &data->v[i];
		enum miss worst = MISS_NO_SIG;
		if (rr->type == T_RRSIG || !first_of_set(data, i))
			continue;
		if (!set_valid(m, zone, data, &rr->owner, rr->type, dnskey, NULL, 0, t, p, &worst)) {
			*reason = miss_words[worst];
			return VERDICT_BOGUS;
		}
		for (size_t k = 0; p->all_algorithms && k < n_use; k++)
			if (!set_valid(m, zone, data, &rr->owner, rr->type, dnskey, NULL, use[k].ds.alg, t,
					p, &worst)) {
				*reason = "no signatures with an algorithm that the DS set names";
				return VERDICT_BOGUS;
			}
	}
	return VERDICT_SECURE;
}
