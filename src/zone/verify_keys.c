/* verify: the DNSKEY set, the parent's DS against it, CDS and CDNSKEY. */
#include <stdlib.h>
#include <string.h>

#include "zone/verify_int.h"

static void
lint_key(struct verify *v, struct zone_key *k)
{
	struct fault_sink *f = &v->sink;
	const struct znode *n = v->z->apex_node;
	uint32_t line = k->rr->line;
	const struct algorithm *alg = algorithm_find(k->k.alg);
	struct err e = { 0 };
	struct pubkey *p = NULL;

	if (!(k->k.flags & DNSKEY_ZONE))
		fault(f, "dnskey-zone-bit-unset", n, T_DNSKEY, k->k.tag, line, "flags %u: no zone key", k->k.flags);
	if (k->k.protocol != 3)
		fault(f, "dnskey-bad-protocol", n, T_DNSKEY, k->k.tag, line, "protocol %u", k->k.protocol);
	if (!alg || !alg->supported) {
		fault(f, "dnskey-alg-unsupported", n, T_DNSKEY, k->k.tag, line, "algorithm %u", k->k.alg);
		return;
	}
	if (!(p = pubkey_new(&k->k, &e))) {
		k->broken = true;
		bool curve = k->k.alg >= 13;
		fault(f, e.code == ERR_LIMIT ? "dnskey-rsa-weak" : curve && k->k.publen != 64u &&
				k->k.alg == 13 ? "dnskey-bad-length" : "dnskey-corrupt", n, T_DNSKEY, k->k.tag,
			line, "%s: %s", e.rule, e.seen);
	} else if (!(k->k.alg >= 13) && k->k.publen > 2 && k->k.pub[0] && k->k.pub[1] == 0)
		fault(f, "dnskey-corrupt", n, T_DNSKEY, k->k.tag, line, "the exponent begins with zeros");
	else if (k->k.alg < 13 && dnskey_bits(&k->k) < 1024)
		fault_as(f, FAULT_WARNING, "dnskey-rsa-weak", n, T_DNSKEY, k->k.tag, line, "%u bits",
			dnskey_bits(&k->k));
	pubkey_free(p);
	if (alg->deprecated || k->k.alg == 5 || k->k.alg == 7)
		fault_as(f, v->o->at > 1561939200 ? FAULT_WARNING : FAULT_INFO, "dnskey-alg-deprecated", n,
			T_DNSKEY, k->k.tag, line, "%s (RFC 8624, RFC 9905)", alg->name);
	k->usable = !k->broken && k->k.flags & DNSKEY_ZONE && k->k.protocol == 3;
	if (k->usable && !(k->k.flags & DNSKEY_REVOKE))
		v->algs |= 1u << k->k.alg;
}

void
verify_keys(struct verify *v)
{
	const struct zset *s = zone_apex_set(v->z, T_DNSKEY);

	if (!s) {
		fault(&v->sink, "dnskey-missing", v->z->apex_node, T_DNSKEY, -1, 0, "a signed zone without keys");
		return;
	}
	v->keys = arena_new_array(v->sink.arena, struct zone_key, s->n);
	for (uint32_t i = 0; i < s->n; i++) {
		struct zone_key *k = &v->keys[v->n_keys];
		k->rr = v->z->rrs[s->first + i];
		if (!dnskey_parse(k->rr->rdata, k->rr->rdlen, &k->k)) {
			fault(&v->sink, "dnskey-corrupt", v->z->apex_node, T_DNSKEY, -1, k->rr->line, "too short");
			continue;
		}
		v->n_keys++;
		lint_key(v, k);
		unsigned same = 0;
		for (size_t j = 0; j + 1 < v->n_keys; j++)
			same += v->keys[j].k.tag == k->k.tag && v->keys[j].k.alg == k->k.alg;
		if (same)
			fault_as(&v->sink, same >= 3 ? FAULT_HIGH : FAULT_WARNING, "key-tag-collision",
				v->z->apex_node, T_DNSKEY, k->k.tag, k->rr->line, "%u keys share the tag", same + 1);
	}
}

