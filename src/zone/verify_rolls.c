/*
 * verify: what is normal during a roll (RFC 6781 4.1, RFC 7583) and would look odd otherwise, as
 * notes in words. A note is no fault: nobody should be woken for it.
 */
#include <string.h>

#include "zone/verify_int.h"

static void
note(struct verify *v, const char *text)
{
	arena_push(v->sink.arena, &v->notes, text);
}
#define say(v, ...) note(v, arena_printf((v)->sink.arena, __VA_ARGS__))

static void
zone_keys(struct verify *v)
{
	unsigned signing = 0, zsks = 0;

	for (size_t i = 0; i < v->n_keys; i++)
		if (!(v->keys[i].k.flags & (DNSKEY_SEP | DNSKEY_REVOKE)) && v->keys[i].usable) {
			zsks++;
			signing += v->keys[i].used;
		}
	for (size_t i = 0; signing && i < v->n_keys; i++) {
		const struct zone_key *k = &v->keys[i];
		if (k->usable && !k->used && !(k->k.flags & (DNSKEY_SEP | DNSKEY_REVOKE)))
			say(v, "ZSK %u is published and signs nothing: normal during a ZSK roll, before its turn or "
				"after it, until old signatures have left the caches", k->k.tag);
	}
	if (signing > 1 && !(v->algs & (v->algs - 1)))
		say(v, "%u ZSKs of one algorithm sign: normal while a roll replaces signatures bit by bit", signing);
}

static void
key_signing_keys(struct verify *v)
{
	const struct zone_key *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < v->n_keys; i++) {
		const struct zone_key *k = &v->keys[i];
		if (!(k->k.flags & DNSKEY_SEP) || k->k.flags & DNSKEY_REVOKE || !k->usable)
			continue;
		if (k->signs_keys) {
			if (!first || k->k.alg == first->k.alg)
				n++;
			first = first ? first : k;
		} else if (!k->key_sigs && !k->ds)
			say(v, "KSK %u is published, signs nothing and no DS names it: a standby key, or normal during "
				"a KSK roll", k->k.tag);
	}
	if (n > 1)
		say(v, "%u KSKs sign the DNSKEY set: normal during a KSK roll, until the old DS has left the caches", n);
}

static void
algorithms(struct verify *v)
{
	if (v->algs & (v->algs - 1))
		say(v, "keys of several algorithms: normal during an algorithm roll; each must sign everything until "
			"its DS and its DNSKEY have left the caches");
	for (size_t i = 0; i < v->absent.n; i++) {
		const struct absent_key *a = &v->absent.v[i];
		if (!a->sets && !a->explained)
			say(v, "key %u of %s signs and is not published, and others sign the same: normal when an "
				"algorithm roll begins or ends, signatures first and last", a->tag, algorithm_name(a->alg));
	}
}

void
verify_rolls(struct verify *v)
{
	zone_keys(v);
	key_signing_keys(v);
	algorithms(v);
}
