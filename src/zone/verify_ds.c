/* verify: the parent's DS against the DNSKEY set and who signs it, and the signer of CDS. */
#include <string.h>

#include "zone/verify_int.h"

/* What the DS records of the parent amount to. */
struct ds_view {
	bool good;	   /* one leads to a key that signs the DNSKEY set */
	bool matched;	   /* one names a key that is here */
	size_t usable, unusable;
	size_t stale;	   /* matches nothing */
	const char *wrong; /* nearly matches: what is wrong with it */
	int32_t tag;	   /* of the DS to speak of */
	uint32_t line;
};

static bool
digest_is(const struct verify *v, const uint8_t *rdata, size_t len, const struct ds *d)
{
	uint8_t out[64];
	size_t n = ds_digest(&v->z->apex, rdata, len, d->digest_type, out);

	return n && n == d->digest_len && memcmp(out, d->digest, n) == 0;
}

/* Does the DS name key K as it was with other flags, protocol or algorithm? Says which. */
static const char *
edited_since(const struct verify *v, const struct zone_key *k, const struct ds *d)
{
	uint8_t r[4 + 2048];

	if (k->rr->rdlen > sizeof r || k->rr->rdlen < 4)
		return NULL;
	memcpy(r, k->rr->rdata, k->rr->rdlen);
	if (k->k.flags & DNSKEY_REVOKE) {
		r[1] &= (uint8_t)~DNSKEY_REVOKE;
		if (digest_is(v, r, k->rr->rdlen, d))
			return "dnskey-revoked-in-use";
		r[1] |= DNSKEY_REVOKE;
	}
	r[0] |= 1;
	if (!(k->k.flags & DNSKEY_ZONE) && (digest_is(v, r, k->rr->rdlen, d) ||
		(r[1] ^= DNSKEY_SEP, digest_is(v, r, k->rr->rdlen, d))))
		return "dnskey-zone-bit-unset";
	memcpy(r, k->rr->rdata, k->rr->rdlen);
	r[2] = 3;
	if (k->k.protocol != 3 && digest_is(v, r, k->rr->rdlen, d))
		return "dnskey-bad-protocol";
	r[2] = k->rr->rdata[2];
	r[3] = d->alg;
	if (k->k.alg != d->alg && dnskey_tag(r, k->rr->rdlen) == d->tag && digest_is(v, r, k->rr->rdlen, d))
		return "dnskey-alg-wrong";
	memcpy(r, k->rr->rdata, k->rr->rdlen);
	r[1] ^= DNSKEY_SEP;
	return digest_is(v, r, k->rr->rdlen, d) ? "dnskey-corrupt" : NULL;
}

/* A DS on a key without SEP: legal for a zone's only kind of key, a trap beside a KSK. */
static void
not_sep(struct verify *v, const struct zone_key *k, uint32_t line)
{
	bool sep = false;

	for (size_t i = 0; i < v->n_keys; i++)
		sep |= v->keys[i].k.flags & DNSKEY_SEP;
	fault_as(&v->sink, sep ? FAULT_WARNING : FAULT_INFO, sep ? "ds-points-to-zsk" : "dnskey-sep-unset",
		v->z->apex_node, T_DS, k->k.tag, line, "the DS names a key with flags %u%s", k->k.flags,
		sep ? " beside keys with SEP: an ordinary ZSK roll would break the chain" : "");
}

static void
one_ds(struct verify *v, const struct ds *d, struct ds_view *view, uint32_t line)
{
	bool tag_seen = false;
	const char *wrong = NULL;

	for (size_t i = 0; i < v->n_keys; i++) {
		struct zone_key *k = &v->keys[i];
		bool same = digest_is(v, k->rr->rdata, k->rr->rdlen, d);
		bool named = k->k.tag == d->tag && k->k.alg == d->alg;
		tag_seen |= named;
		if (same && named) {
			k->ds = true;
			view->matched = true;
			view->good |= k->signs_keys && !(k->k.flags & DNSKEY_REVOKE) && k->usable;
			if (!(k->k.flags & DNSKEY_SEP))
				not_sep(v, k, line);
			return;
		}
		if (same)
			wrong = k->k.tag != d->tag ? "ds-tag-mismatch" : "ds-alg-mismatch";
		else if (!wrong)
			wrong = edited_since(v, k, d);
	}
	if (!wrong && tag_seen)
		wrong = "ds-digest-mismatch";
	view->stale++;
	if (!view->wrong && wrong) {
		view->wrong = wrong;
		view->tag = d->tag;
		view->line = line;
	}
	if (view->tag < 0)
		view->tag = d->tag;
}

/* Of a DS that no key here answers: did a key of that tag and algorithm sign, or is its file here? */
static bool
key_left(struct verify *v, const struct ds *d)
{
	for (size_t i = 0; i < v->absent.n; i++)
		if (v->absent.v[i].keys && v->absent.v[i].tag == d->tag && v->absent.v[i].alg == d->alg) {
			v->absent.v[i].explained = true;
			return true;
		}
	for (size_t i = 0; i < v->o->n_keys; i++)
		if (v->o->keys[i].tag == d->tag && v->o->keys[i].alg == d->alg)
			return true;
	return false;
}

/* The DNSKEY set is signed well, but by none of the keys that the parent vouches for. */
static void
wrong_signer(struct verify *v, int32_t tag)
{
	unsigned sigs = 0;

	for (size_t i = 0; i < v->n_keys; i++)
		if (v->keys[i].ds) {
			sigs |= v->keys[i].key_sigs;
			tag = v->keys[i].k.tag;
			if (v->keys[i].k.flags & DNSKEY_REVOKE) {
				fault(&v->sink, "dnskey-revoked-in-use", v->z->apex_node, T_DNSKEY, tag,
					v->keys[i].rr->line, "the key that the DS names is revoked (RFC 5011)");
				return;
			}
			if (!v->keys[i].usable)
				return; /* said by the key's own fault */
		}
	const char *id = sigs & KEYSIG_EXPIRED ? "rrsig-expired-dnskey" : sigs & KEYSIG_FUTURE
		? "rrsig-not-yet-valid" : sigs & KEYSIG_BAD ? "dnskey-rrsig-invalid" : "dnskey-not-signed-by-sep";
	fault(&v->sink, id, v->z->apex_node, T_DNSKEY, tag, 0, "only keys that no DS names sign the DNSKEY "
		"set%s", sigs ? "; the signature of the one that is named does not count" : "");
}

static void
standing_by(struct verify *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->keys[i].ds && !v->keys[i].key_sigs)
			fault(&v->sink, "ds-standby-not-signing", v->z->apex_node, T_DNSKEY, v->keys[i].k.tag,
				v->keys[i].rr->line, "named by a DS, does not sign: a standby key, or normal during a KSK roll");
}

void
verify_ds(struct verify *v)
{
	struct ds_view view = { .tag = -1 };
	bool sha1 = false, sha2 = false, left = false;
	const struct zone_key *damaged = NULL;
	const char *unusable = NULL;
	int32_t unusable_tag = -1;

	for (size_t i = 0; i < v->o->n_ds; i++) {
		struct ds d;
		if (!ds_parse(v->o->ds[i]->rdata, v->o->ds[i]->rdlen, &d))
			continue;
		const struct algorithm *a = algorithm_find(d.alg);
		if (!a || !a->supported || !digest_supported(d.digest_type)) {
			view.unusable++;
			unusable = a && a->supported ? "ds-digest-unsupported" : "ds-alg-unsupported";
			unusable_tag = d.tag;
			continue;
		}
		view.usable++;
		sha1 |= d.digest_type == 1;
		sha2 |= d.digest_type != 1;
		one_ds(v, &d, &view, v->o->ds[i]->line);
		if (!view.matched && !damaged) {
			damaged = damaged_key(v, d.tag, d.alg);
			left |= key_left(v, &d);
		}
	}
	if (unusable) /* Nothing but unusable ones: the zone is insecure for every validator. */
		fault_as(&v->sink, view.usable ? FAULT_WARNING : FAULT_HIGH, unusable, NULL, T_DS, unusable_tag, 0,
			"no validator can use this DS");
	if (sha1)
		fault_as(&v->sink, sha2 ? FAULT_INFO : FAULT_WARNING, "ds-digest-deprecated", NULL, T_DS, view.tag, 0,
			"a SHA-1 digest%s (RFC 8624, RFC 9905)", sha2 ? " beside a better one" : " and no better one");
	if (v->o->have_ds && !v->o->n_ds)
		fault(&v->sink, "ds-missing", NULL, T_DS, -1, 0, "the parent has no DS: nobody validates this zone");
	if (!view.usable || !v->n_keys)
		return;
	if (view.good) {
		standing_by(v);
		if (view.stale)
			fault(&v->sink, "ds-stale-extra", NULL, T_DS, view.tag, view.line,
				"this DS leads to no key here; another one does: normal during a KSK roll and with "
				"several signers (RFC 8901), else it is stale");
	} else if (!view.matched && damaged)
		fault(&v->sink, "dnskey-corrupt", v->z->apex_node, T_DNSKEY, damaged->k.tag, damaged->rr->line,
			"octets differ from the key file of %d, which the DS names", view.tag);
	else if (!view.matched)
		fault(&v->sink, view.wrong ? view.wrong : left ? "dnskey-ksk-missing" : "ds-no-matching-dnskey",
			v->z->apex_node, T_DS, view.tag, view.line, "no DS of the parent leads to a key of the zone");
	else if (v->dnskey_good)
		wrong_signer(v, view.tag);
}

/* RFC 5011 2.1: a revoked key signs the DNSKEY set, or nobody may believe the revocation. */
void
verify_revoked(struct verify *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->keys[i].k.flags & DNSKEY_REVOKE && !v->keys[i].key_sigs)
			fault(&v->sink, "revoked-not-signing", v->z->apex_node, T_DNSKEY, v->keys[i].k.tag,
				v->keys[i].rr->line, "revoked, and does not sign the DNSKEY set");
}

/* RFC 7344 4.1: CDS and CDNSKEY are signed by a key that is in the DNSKEY and in the DS set. */
void
verify_cds_signer(struct verify *v)
{
	const struct zset *cds = zone_apex_set(v->z, T_CDS), *ck = zone_apex_set(v->z, T_CDNSKEY);
	const struct zset *s = cds ? cds : ck;
	bool any = false, by_ds = false, ds = false, by_signer = false;

	if (!s || !s->nsig)
		return; /* unsigned: rrsig-missing says so */
	for (size_t i = 0; i < v->n_keys; i++) {
		const struct zone_key *k = &v->keys[i];
		any |= k->signs_cds;
		ds |= k->ds;
		by_ds |= k->signs_cds && k->ds;
		by_signer |= k->signs_cds && k->signs_keys;
	}
	if (!any || (ds ? by_ds : by_signer))
		return;
	fault_as(&v->sink, ds ? FAULT_HIGH : FAULT_INFO, "cds-signer-wrong", v->z->apex_node, s->type, -1,
		zset_line(v->z, s), ds ? "no key that the DS names signs it: the parent must refuse it (RFC 7344 4.1)"
		: "signed only by keys that do not sign the DNSKEY set");
}
