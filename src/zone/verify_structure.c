/* verify: the zone's structure, and ZONEMD. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "zone/rrset.h"
#include "zone/verify_int.h"

static bool
has(const struct zone *z, const struct znode *n, uint16_t type)
{
	const struct zset *s = znode_set(z, n, type);

	return s && s->n;
}

/* An address for an in-zone name server, unless another delegation answers for it. */
static bool
glue_is_there(const struct zone *z, const struct znode *owner, const struct name *target)
{
	struct name at = *target;
	const struct znode *n = zone_find(z, &at);

	if (n && (has(z, n, T_A) || has(z, n, T_AAAA) || has(z, n, T_CNAME)))
		return true;
	for (;;) {
		const struct znode *up = zone_find(z, &at);
		if (up && up->flags & ZNODE_CUT)
			return up != owner;
		struct name wild;
		if (name_equal(&at, &z->apex) || !name_parent(&at, &at))
			return false;
		if (name_prepend(&at, "*", &wild) && (up = zone_find(z, &wild)) &&
			(has(z, up, T_A) || has(z, up, T_AAAA)))
			return true;
	}
}

static void
check_ns(struct verify *v, const struct znode *n, const struct zset *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct zrr *rr = v->z->rrs[s->first + i];
		struct name t;
		char text[NAME_MAX_TEXT];
		if (!name_from_wire(&t, rr->rdata, rr->rdlen) || !name_at_or_below(&t, &v->z->apex))
			continue;
		name_lower(&t);
		if (!glue_is_there(v->z, n, &t))
			fault(&v->sink, "glue-missing", n, T_NS, -1, rr->line, "no address for %s",
				name_to_text(text, &t));
	}
}

static void
check_cds(struct verify *v)
{
	const struct zone *z = v->z;
	const struct zset *cds = zone_apex_set(z, T_CDS), *ck = zone_apex_set(z, T_CDNSKEY);
	const struct zset *keys = zone_apex_set(z, T_DNSKEY);
	static const uint8_t del_cds[5] = { 0, 0, 0, 0, 0 }, del_key[5] = { 0, 0, 3, 0, 0 };

	for (int which = 0; which < 2; which++) {
		const struct zset *s = which ? ck : cds;
		for (uint32_t i = 0; s && i < s->n; i++) {
			const struct zrr *rr = z->rrs[s->first + i];
			bool zero = rr->rdlen > 3 && rr->rdata[which ? 3 : 2] == 0;
			if (zero && (s->n > 1 || rr->rdlen != 5 || memcmp(rr->rdata, which ? del_key : del_cds, 5)))
				fault(&v->sink, "cds-delete-invalid", z->apex_node, s->type, -1, rr->line,
					"not the delete record of RFC 8078 4, alone");
			else if (zero)
				fault(&v->sink, "cds-delete-accidental", z->apex_node, s->type, -1, rr->line,
					"asks the parent to remove the DS");
		}
	}
	if (!!cds != !!ck && ck)
		fault(&v->sink, "cds-cdnskey-mismatch", z->apex_node, T_CDNSKEY, -1, 0, "CDNSKEY without CDS");
	for (uint32_t i = 0; cds && i < cds->n; i++) {
		struct ds d;
		const struct zrr *rr = z->rrs[cds->first + i];
		uint8_t out[64];
		bool in_ck = false, in_keys = false;
		if (!ds_parse(rr->rdata, rr->rdlen, &d) || d.alg == 0 || !digest_supported(d.digest_type))
			continue;
		for (int which = 0; which < 2; which++) {
			const struct zset *s = which ? keys : ck;
			for (uint32_t k = 0; s && k < s->n; k++) {
				const struct zrr *key = z->rrs[s->first + k];
				size_t n = ds_digest(&z->apex, key->rdata, key->rdlen, d.digest_type, out);
				if (n && n == d.digest_len && memcmp(out, d.digest, n) == 0)
					*(which ? &in_keys : &in_ck) = true;
			}
		}
		if (ck && !in_ck)
			fault(&v->sink, "cds-cdnskey-mismatch", z->apex_node, T_CDS, d.tag, rr->line,
				"no CDNSKEY has this digest");
		else if (keys && !in_keys)
			fault(&v->sink, "cds-no-matching-dnskey", z->apex_node, T_CDS, d.tag, rr->line,
				"no DNSKEY has this digest");
	}
}

void
verify_structure(struct verify *v)
{
	const struct zone *z = v->z;
	const struct zset *soa = zone_apex_set(z, T_SOA);
	unsigned below = 0;

	if (!soa)
		fault(&v->sink, "soa-missing", z->apex_node, T_SOA, -1, 0, "no SOA at the apex");
	else if (soa->n > 1)
		fault(&v->sink, "soa-multiple", z->apex_node, T_SOA, -1, 0, "%u SOA records", soa->n);
	if (soa && !zone_apex_set(z, T_NS))
		fault(&v->sink, "ns-mismatch", z->apex_node, T_NS, -1, 0, "no NS at the apex");
	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct znode *n = &z->nodes[i];
		if (n->flags & ZNODE_DNAME && !(n->flags & (ZNODE_BELOW | ZNODE_OUT | ZNODE_NSEC3)) && !below++)
			fault_as(&v->sink, FAULT_INFO, "dname-children", n, 0, -1, 0,
				"data below a DNAME, that nobody can reach (RFC 6672 2.4)");
		if (n->flags & (ZNODE_BELOW | ZNODE_OUT | ZNODE_DNAME))
			continue;
		const struct zset *keys = n != z->apex_node ? znode_set(z, n, T_DNSKEY) : NULL;
		if (keys && keys->n)
			fault(&v->sink, "dnskey-not-at-apex", n, T_DNSKEY, -1, zset_line(z, keys),
				"no validator uses a DNSKEY here (RFC 4034 2)");
		const struct zset *cname = znode_set(z, n, T_CNAME), *dname = znode_set(z, n, T_DNAME);
		const struct zset *ns = znode_set(z, n, T_NS);
		unsigned others = 0;
		for (size_t k = 0; k < n->nsets; k++) {
			const struct zset *s = &z->sets[n->first_set + k];
			others += s->n && s->type != T_CNAME && s->type != T_NSEC && s->type != 25;
		}
		if (cname && cname->n && (others || cname->n > 1))
			fault(&v->sink, "cname-and-other-data", n, T_CNAME, -1, zset_line(z, cname),
				"a CNAME stands alone (RFC 1034 3.6.2)");
		if (dname && dname->n && (dname->n > 1 || (ns && ns->n && n != z->apex_node)))
			fault(&v->sink, "dname-children", n, T_DNAME, -1, zset_line(z, dname),
				"several DNAME, or NS beside it (RFC 6672 2.4)");
		if (ns && ns->n)
			check_ns(v, n, ns);
	}
	if (zone_apex_set(z, T_DS))
		fault(&v->sink, "ds-at-apex", z->apex_node, T_DS, -1, 0, "a DS belongs to the parent");
	check_cds(v);
}

/* ---- ZONEMD (RFC 8976 3.3.1) ---- */

static int
by_type_and_rdata(const void *x, const void *y)
{
	const struct zrr *a = *(struct zrr *const *)x, *b = *(struct zrr *const *)y;

	return a->type != b->type ? a->type - b->type : rdata_cmp(a->rdata, a->rdlen, b->rdata, b->rdlen);
}

size_t
zone_digest(const struct zone *z, uint8_t hash, uint8_t out[64])
{
	const EVP_MD *md = hash == 1 ? EVP_sha384() : hash == 2 ? EVP_sha512() : NULL;
	EVP_MD_CTX *ctx = md ? EVP_MD_CTX_new() : NULL;
	unsigned len = 0;
	uint8_t *low = malloc(65536);
	struct zrr **v = malloc((z->n_rrs + 1) * sizeof *v);
	bool ok = ctx && low && v && EVP_DigestInit_ex(ctx, md, NULL) == 1;

	for (size_t i = 0; ok && i < z->n_nodes; i++) {
		const struct znode *n = &z->nodes[i];
		size_t k = 0;
		if (n->flags & ZNODE_OUT)
			continue;
		for (size_t s = 0; s < n->nsets; s++) {
			const struct zset *set = &z->sets[n->first_set + s];
			if (n == z->apex_node && set->type == T_ZONEMD)
				continue; /* and its RRSIG, which is filed with it */
			for (uint32_t r = 0; r < set->n + set->nsig; r++)
				v[k++] = z->rrs[set->first + r];
		}
		qsort(v, k, sizeof *v, by_type_and_rdata);
		for (size_t r = 0; r < k; r++) {
			const struct zrr *rr = v[r];
			uint8_t head[10] = { (uint8_t)(rr->type >> 8), (uint8_t)rr->type, 0, 1,
				(uint8_t)(rr->ttl >> 24), (uint8_t)(rr->ttl >> 16), (uint8_t)(rr->ttl >> 8),
				(uint8_t)rr->ttl, (uint8_t)(rr->rdlen >> 8), (uint8_t)rr->rdlen };
			memcpy(low, rr->rdata, rr->rdlen);
			rdata_lower(rr->type, low, rr->rdlen);
			EVP_DigestUpdate(ctx, n->name, n->name_len);
			EVP_DigestUpdate(ctx, head, sizeof head);
			EVP_DigestUpdate(ctx, low, rr->rdlen);
		}
	}
	if (ok)
		ok = EVP_DigestFinal_ex(ctx, out, &len) == 1;
	EVP_MD_CTX_free(ctx);
	free(low);
	free(v);
	return ok ? len : 0;
}

void
verify_zonemd(struct verify *v, struct verify_result *r)
{
	const struct zset *s = zone_apex_set(v->z, T_ZONEMD);
	struct soa soa;
	unsigned judged = 0;

	for (uint32_t i = 0; s && i < s->n; i++) {
		const struct zrr *rr = v->z->rrs[s->first + i];
		uint8_t out[64];
		if (rr->rdlen < 18 || rr->rdata[4] != 1 || !zone_soa(v->z, &soa, NULL))
			continue;
		size_t n = zone_digest(v->z, rr->rdata[5], out);
		if (!n)
			continue;
		judged++;
		uint32_t serial = (uint32_t)rr->rdata[0] << 24 | (uint32_t)rr->rdata[1] << 16 |
			(uint32_t)rr->rdata[2] << 8 | rr->rdata[3];
		if (serial == soa.serial && n == rr->rdlen - 6u && memcmp(out, rr->rdata + 6, n) == 0)
			r->zonemd_good = true;
	}
	r->has_zonemd = judged > 0;
	if (judged && !r->zonemd_good)
		fault(&v->sink, "zonemd-mismatch", v->z->apex_node, T_ZONEMD, -1, zset_line(v->z, s),
			"no digest of the zone's content and serial matches");
}
