/*
 * check_peers: servers against each other where the serial tells nothing: providers that sign
 * with keys the other does not publish, and a server that leaves signatures out.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

#define PROVIDER_KEYS 32u

/* What one server publishes and what it signs with: tag and algorithm in one number, sorted. */
struct provider {
	const struct server_state *s;
	uint32_t keys[PROVIDER_KEYS], signs[PROVIDER_KEYS];
	unsigned n_keys, n_signs;
	uint32_t ksk; /* whose signature over the DNSKEY set is good; 0: none */
};

static bool
has_number(const uint32_t *v, unsigned n, uint32_t x)
{
	while (n && v[n - 1] != x)
		n--;
	return n > 0;
}

static void
add_number(uint32_t *v, unsigned *n, uint32_t x)
{
	if (*n == PROVIDER_KEYS || has_number(v, *n, x))
		return;
	unsigned at = (*n)++;
	for (; at && v[at - 1] > x; at--)
		v[at] = v[at - 1];
	v[at] = x;
}

/* A key counts as the provider's when it signs data here and is in the server's own DNSKEY set. */
static bool
provider_of(const struct work *w, const struct server_state *s, struct provider *p)
{
	const struct obs *own = s ? key_answer_of(s) : NULL;

	*p = (struct provider){ .s = s };
	for (size_t i = 0; own && i < own->u.answer.rrs.n; i++) {
		const struct rr *r = &own->u.answer.rrs.v[i];
		struct dnskey k;
		if (r->type == T_DNSKEY && name_equal(&r->owner, &w->s->zone) && dnskey_parse(r->rdata, r->rdlen, &k))
			add_number(p->keys, &p->n_keys, (uint32_t)k.tag << 8 | k.alg);
	}
	for (size_t i = 0; own && i < w->sets.n; i++) {
		const struct set_state *st = &w->sets.v[i];
		uint32_t key = (uint32_t)st->tag << 8 | st->alg;
		if (st->server != s || !st->has_sig || !has_number(p->keys, p->n_keys, key))
			continue;
		if (st->type != T_DNSKEY)
			add_number(p->signs, &p->n_signs, key);
		else if (st->verdict == SET_GOOD)
			p->ksk = key;
	}
	return own != NULL;
}

static bool
same_provider(const struct provider *a, const struct provider *b)
{
	return a->n_keys == b->n_keys && a->n_signs == b->n_signs &&
		memcmp(a->keys, b->keys, a->n_keys * sizeof *a->keys) == 0 &&
		memcmp(a->signs, b->signs, a->n_signs * sizeof *a->signs) == 0;
}

/* Tag of a key that signs data at A and is not in B's DNSKEY set; -1 none. */
static int
unknown_to(const struct provider *a, const struct provider *b)
{
	for (unsigned i = 0; i < a->n_signs; i++)
		if (!has_number(b->keys, b->n_keys, a->signs[i]))
			return (int)(a->signs[i] >> 8);
	return -1;
}

/*
 * Not two providers but an older and a newer version of one signer's zone: they have a KSK in common,
 * and one server is behind the other.
 */
static bool
is_one_signer(const struct work *w, const struct provider *a, const struct provider *b)
{
	uint32_t x, y;

	if (w->opt.propagation_own_serials || own_serials(w, a->s) || own_serials(w, b->s) ||
		!server_serial(a->s, &w->s->zone, &x) || !server_serial(b->s, &w->s->zone, &y) || x == y)
		return false;
	return has_number(a->keys, a->n_keys, b->ksk) || has_number(b->keys, b->n_keys, a->ksk);
}

/* That the sets differ is known already; that it fails for fresh validators, too, is not. */
static void
raise_swap(struct work *w, const char *text)
{
	for (size_t i = 0; i < w->findings.n; i++) {
		struct finding *f = &w->findings.v[i];
		if (strcmp(f->id, "dnskey-inconsistent-servers") != 0)
			continue;
		f->severity = SEV_CRITICAL;
		f->text = say(w, "%s; %s", f->text, text);
	}
}

static void
raise_missing(struct work *w, const struct provider *pa, int ta, const struct provider *pb, int tb)
{
	const struct server_state *a = pa->s, *b = pb->s;
	struct finding f = finding_of("multi-signer-missing-keys", SEV_CRITICAL);

	f.server = server_who(w, w->child, b);
	f.keytag = ta;
	f.text = say(w, "%s signs with %d and %s with %d, and neither publishes the other's key: who "
		"takes keys from one and data from the other fails", server_who(w, w->child, a), ta, f.server, tb);
	if (is_one_signer(w, pa, pb)) {
		raise_swap(w, f.text);
		return;
	}
	finding_prove(&f, ev_answer(w, a, PROBE_DNSKEY, say(w, "DNSKEY %s", tag_set(w, &key_answer_of(a)->u.answer.rrs))));
	finding_prove(&f, ev_answer(w, b, PROBE_DNSKEY, say(w, "DNSKEY %s", tag_set(w, &key_answer_of(b)->u.answer.rrs))));
	finding_add(w, f);
}

/*
 * RFC 8901 2.1: each provider publishes the ZSKs of all. Servers that publish and sign the same are
 * one provider, so that a thousand addresses are compared with a few and not with each other.
 */
static void
missing_keys(struct work *w)
{
	size_t n = w->child ? w->child->n : 0, seen = 0;
	struct provider *v = arena_new_array(w->a, struct provider, n + 1);

	for (size_t i = 0; i < n; i++) {
		struct provider *p = &v[seen];
		size_t k = 0;
		if (!provider_of(w, child_server(w, i), p))
			continue;
		while (k < seen && !same_provider(&v[k], p))
			k++;
		if (k < seen)
			continue;
		for (k = 0; k < seen; k++) {
			int ta = unknown_to(&v[k], p), tb = unknown_to(p, &v[k]);
			if (ta >= 0 && tb >= 0) {
				raise_missing(w, &v[k], ta, p, tb);
				return;
			}
		}
		seen++;
	}
}

/* Sets in answers of S, or of any server where it is NULL, with signatures and without. */
static void
count_sets(const struct work *w, const struct server_state *s, unsigned *with, unsigned *without)
{
	*with = *without = 0;
	for (size_t i = 0; i < w->sets.n; i++)
		if (!s || w->sets.v[i].server == s)
			++*(w->sets.v[i].has_sig ? with : without);
}

/* Everything of one server lacks its signatures while another one sends the same data signed. */
static void
do_ignored(struct work *w)
{
	unsigned with, without;

	count_sets(w, NULL, &with, &without);
	if (!with || !zone_is_signed(w))
		return;
	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct server_state *s = child_server(w, i);
		const struct obs *soa = s ? s->answer[PROBE_SOA] : NULL;
		if (!soa)
			continue;
		count_sets(w, s, &with, &without);
		if (with || without < 2 || soa->u.answer.do_bit)
			continue;
		struct finding f = finding_of("do-ignored", SEV_CRITICAL);
		f.server = server_who(w, w->child, s);
		f.text = say(w, "%s sends no signature with anything, although it was asked for them; others do",
			f.server);
		finding_prove(&f, ev_answer(w, s, PROBE_SOA, "SOA without RRSIG, DO not set in the answer"));
		finding_add(w, f);
	}
}

/* A cache that remembers "there is no DS" treats the zone as insecure until that ends. */
static void
negative_ds(struct work *w)
{
	for (size_t i = 0; w->link && w->link->n_ds && i < w->d->n_vantages; i++) {
		const struct vantage_row *r = &w->d->vantages[i];
		const struct obs *o = r->v->heard[VQ_DS][1];
		const struct rr *ds;
		if (!o || (o->u.resolve.rcode != 0 && o->u.resolve.rcode != 3) ||
			rr_select(&o->u.resolve.rrs, &w->s->zone, T_DS, SECTION_ANSWER, &ds, 1))
			continue;
		struct finding f = finding_of("negative-cache-ds", SEV_INFO);
		f.server = text_clean_dup(w->a, r->v->v->name);
		f.text = say(w, "%s remembers that there is no DS: the zone is insecure there for a while", f.server);
		finding_prove(&f, ev_resolve(w, o, "no DS"));
		finding_add(w, f);
	}
}

void
check_peers(struct work *w)
{
	missing_keys(w);
	do_ignored(w);
	negative_ds(w);
}
