/*
 * verify: keys that signed and are not in the DNSKEY set. The tag is a checksum over flags,
 * protocol, algorithm and key: a key that was edited after it signed can be told from one that was
 * taken out, without any file, by computing what its tag was before.
 */
#include <string.h>

#include "zone/verify_int.h"

static uint16_t
tag_with(const struct zone_key *k, unsigned flags, unsigned protocol, unsigned alg)
{
	uint8_t r[4 + 2048];

	if (k->rr->rdlen > sizeof r || k->rr->rdlen < 4)
		return 0;
	memcpy(r, k->rr->rdata, k->rr->rdlen);
	r[0] = (uint8_t)(flags >> 8);
	r[1] = (uint8_t)flags;
	r[2] = (uint8_t)protocol;
	r[3] = (uint8_t)alg;
	return dnskey_tag(r, k->rr->rdlen);
}

/* What happened to K when it was the key that made A's signatures; NULL when it was not. */
static const char *
edited(const struct zone_key *k, const struct absent_key *a)
{
	unsigned f = k->k.flags, p = k->k.protocol;

	if (k->k.alg != a->alg)
		return tag_with(k, f, p, a->alg) == a->tag ? "dnskey-alg-wrong" : NULL;
	if (f & DNSKEY_REVOKE && tag_with(k, f & ~(unsigned)DNSKEY_REVOKE, p, a->alg) == a->tag)
		return "dnskey-revoked-in-use";
	if (!(f & DNSKEY_ZONE) && (tag_with(k, 256, 3, a->alg) == a->tag || tag_with(k, 257, 3, a->alg) == a->tag))
		return "dnskey-zone-bit-unset";
	if (p != 3 && tag_with(k, f, 3, a->alg) == a->tag)
		return "dnskey-bad-protocol";
	return tag_with(k, f ^ DNSKEY_SEP, p, a->alg) == a->tag ? "dnskey-corrupt" : NULL;
}

static bool
same_public(const struct dnskey *a, const struct dnskey *b)
{
	return a->publen == b->publen && memcmp(a->pub, b->pub, a->publen) == 0;
}

static bool
in_zone(const struct verify *v, const struct dnskey *k)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (same_public(&v->keys[i].k, k))
			return true;
	return false;
}

/* A key of the zone that is FILE's with a few octets changed or cut off: most of them agree. */
static const struct zone_key *
damaged_copy(const struct verify *v, const struct dnskey *file)
{
	for (size_t i = 0; i < v->n_keys; i++) {
		const struct zone_key *k = &v->keys[i];
		size_t n = k->k.publen < file->publen ? k->k.publen : file->publen, head = 0, tail = 0;
		while (head < n && k->k.pub[head] == file->pub[head])
			head++;
		while (tail < n - head && k->k.pub[k->k.publen - 1 - tail] == file->pub[file->publen - 1 - tail])
			tail++;
		if (head + tail >= file->publen / 2u && !same_public(&k->k, file))
			return k;
	}
	return NULL;
}

static const struct dnskey *
file_of(const struct verify *v, uint16_t tag, uint8_t alg)
{
	for (size_t i = 0; i < v->o->n_keys; i++)
		if (v->o->keys[i].tag == tag && v->o->keys[i].alg == alg)
			return &v->o->keys[i];
	return NULL;
}

const struct zone_key *
damaged_key(const struct verify *v, uint16_t tag, uint8_t alg)
{
	const struct dnskey *file = file_of(v, tag, alg);

	return file && !in_zone(v, file) ? damaged_copy(v, file) : NULL;
}

static void
explain(struct verify *v, struct absent_key *a)
{
	const struct znode *apex = v->z->apex_node;
	const char *alg = algorithm_name(a->alg);

	for (size_t i = 0; i < v->n_keys; i++) {
		/* A key that verifies something is as it was when it signed. */
		const char *id = v->keys[i].used ? NULL : edited(&v->keys[i], a);
		if (!id)
			continue;
		a->explained = true;
		fault(&v->sink, id, apex, T_DNSKEY, v->keys[i].k.tag, v->keys[i].rr->line,
			"signatures are by key %u of %s: this key before it was edited", a->tag, alg);
		return;
	}
	const struct dnskey *file = file_of(v, a->tag, a->alg);
	const struct zone_key *copy = damaged_key(v, a->tag, a->alg);
	if (copy)
		fault(&v->sink, "dnskey-corrupt", apex, T_DNSKEY, copy->k.tag, copy->rr->line,
			"octets differ from the key file of %u, which signed", a->tag);
	else if (file && file->flags & DNSKEY_SEP && a->keys && !a->soa)
		fault(&v->sink, "dnskey-ksk-missing", apex, T_DNSKEY, a->tag, a->line,
			"KSK %u has a key file and signed the DNSKEY set, and is not in it", a->tag);
	else if (a->soa)
		fault(&v->sink, "dnskey-zsk-missing", apex, T_DNSKEY, a->tag, a->line,
			"key %u of %s signed %llu sets and is not in the DNSKEY set%s", a->tag, alg,
			(unsigned long long)a->sets, file ? " (its key file is here)" : "");
	else
		return;
	a->explained = true;
}

void
verify_absent(struct verify *v)
{
	for (size_t i = 0; i < v->absent.n; i++) {
		struct absent_key *a = &v->absent.v[i];
		/* Others signed all that it signed: a key that left, as it should, before its signatures. */
		if (!a->explained && a->sets && v->n_keys)
			explain(v, a);
	}
}
