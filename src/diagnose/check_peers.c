/*
 * check_peers: servers against each other where the serial tells nothing: providers that sign
 * with keys the other does not publish, and a server that leaves signatures out.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

/* Tag of a key that signs data at S, is in S's own DNSKEY set, and not in the set of OTHER. */
static int
unknown_to(const struct work *w, const struct server_state *s, const struct server_state *other)
{
	const struct obs *own = key_answer_of(s), *theirs = key_answer_of(other);

	for (size_t i = 0; own && theirs && i < w->sets.n; i++) {
		const struct set_state *st = &w->sets.v[i];
		if (st->server == s && st->has_sig && st->type != T_DNSKEY &&
			list_has_key(&own->u.answer.rrs, &w->s->zone, st->tag, st->alg) &&
			!list_has_key(&theirs->u.answer.rrs, &w->s->zone, st->tag, st->alg))
			return st->tag;
	}
	return -1;
}

/* RFC 8901 2.1: each provider publishes the ZSKs of all. */
static void
missing_keys(struct work *w)
{
	for (size_t i = 0; w->child && i < w->child->n; i++)
		for (size_t k = i + 1; k < w->child->n; k++) {
			const struct server_state *a = child_server(w, i), *b = child_server(w, k);
			int ta = a && b ? unknown_to(w, a, b) : -1, tb = a && b ? unknown_to(w, b, a) : -1;
			if (ta < 0 || tb < 0)
				continue;
			struct finding f = finding_of("multi-signer-missing-keys", SEV_CRITICAL);
			f.server = server_who(w, w->child, b);
			f.keytag = ta;
			f.text = say(w, "%s signs with %d and %s with %d, and neither publishes the other's key: who "
				"takes keys from one and data from the other fails", server_who(w, w->child, a), ta,
				f.server, tb);
			finding_prove(&f, ev_answer(w, a, PROBE_DNSKEY, say(w, "DNSKEY %s",
				tag_set(w, &key_answer_of(a)->u.answer.rrs))));
			finding_prove(&f, ev_answer(w, b, PROBE_DNSKEY, say(w, "DNSKEY %s",
				tag_set(w, &key_answer_of(b)->u.answer.rrs))));
			finding_add(w, f);
			return;
		}
}

static void
count_sets(const struct work *w, const struct server_state *s, unsigned *with, unsigned *without)
{
	*with = *without = 0;
	for (size_t i = 0; i < w->sets.n; i++)
		if (w->sets.v[i].server == s)
			++*(w->sets.v[i].has_sig ? with : without);
}

/* Everything of one server lacks its signatures while another one sends the same data signed. */
static void
do_ignored(struct work *w)
{
	unsigned with, without, other_with = 0, other_without;

	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct server_state *s = child_server(w, i);
		const struct obs *soa = s ? s->answer[PROBE_SOA] : NULL;
		if (!soa)
			continue;
		count_sets(w, s, &with, &without);
		for (size_t k = 0; k < w->child->n && !other_with; k++)
			if (k != i && child_server(w, k))
				count_sets(w, child_server(w, k), &other_with, &other_without);
		if (with || without < 2 || !other_with || !zone_is_signed(w) || soa->u.answer.do_bit)
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
