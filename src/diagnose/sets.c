/*
 * sets: every RRset of every answer of the zone's servers, with how it stands with its signatures:
 * the strict reading at "now", one row an RRset and server.
 */
#include <string.h>

#include "diagnose/checks.h"

static int
rank(enum set_verdict v)
{
	static const int ranks[] = { [SET_GOOD] = 6, [SET_EXPIRED] = 5, [SET_FUTURE] = 4,
		[SET_UNKNOWN] = 3, [SET_BAD] = 2, [SET_NO_KEY] = 1, [SET_UNSIGNED] = 0 };

	return ranks[v];
}

static enum set_verdict
verdict_of_sig(const struct sig_check *c)
{
	switch (c->crypto) {
	case SIG_GOOD:
		return c->good ? SET_GOOD : c->dates == SIG_FUTURE ? SET_FUTURE : SET_EXPIRED;
	case SIG_BAD:
	case SIG_MALFORMED: return SET_BAD;
	case SIG_NO_KEY: return SET_NO_KEY;
	default: return SET_UNKNOWN;
	}
}

/* The best signature decides: one good one is enough (RFC 6840 5.11). */
static void
judge(struct work *w, struct set_state *st)
{
	const struct sig_list *sigs = &w->d->chain->sigs;

	for (size_t i = 0; i < sigs->n; i++) {
		const struct sig_check *c = &sigs->v[i];
		if (c->obs != st->obs || c->covered != st->type || !name_equal(&c->owner, &st->owner) ||
			!name_equal(&c->sig.signer, &w->s->zone))
			continue;
		enum set_verdict v = verdict_of_sig(c);
		/* The set this server gives itself may hold the key: then servers differ. */
		const struct obs *keys = key_answer_of(st->server);
		if (v == SET_NO_KEY && keys &&
			list_has_key(&keys->u.answer.rrs, &w->s->zone, c->sig.tag, c->sig.alg))
			v = SET_UNKNOWN;
		if (st->has_sig && rank(v) <= rank(st->verdict))
			continue;
		st->has_sig = true;
		st->verdict = v;
		st->tag = c->sig.tag;
		st->alg = c->sig.alg;
		st->inception = c->inception;
		st->expiration = c->expiration;
	}
}

static bool
authoritative(const struct work *w, const struct rr *rr)
{
	if (!name_at_or_below(&rr->owner, &w->s->zone) || rr->type == T_RRSIG || rr->type == T_OPT)
		return false;
	if (rr->section == SECTION_ANSWER)
		return rr->type != T_DS || !name_equal(&rr->owner, &w->s->zone);
	return rr->section == SECTION_AUTHORITY &&
		(rr->type == T_SOA || rr->type == T_NSEC || rr->type == T_NSEC3);
}

static void
collect_answer(struct work *w, const struct server_state *s, const struct obs *o)
{
	const struct rr_list *rrs = &o->u.answer.rrs;
	size_t from = w->sets.n;

	for (size_t i = 0; i < rrs->n; i++) {
		bool there = !authoritative(w, &rrs->v[i]);
		for (size_t k = from; !there && k < w->sets.n; k++)
			there = w->sets.v[k].type == rrs->v[i].type &&
				name_equal(&w->sets.v[k].owner, &rrs->v[i].owner);
		if (there)
			continue;
		struct set_state st = { .server = s, .obs = o, .owner = rrs->v[i].owner,
			.type = rrs->v[i].type, .verdict = SET_UNSIGNED, .inception = TIME_UNSET,
			.expiration = TIME_UNSET };
		judge(w, &st);
		arena_push(w->a, &w->sets, st);
	}
}

void
sets_collect(struct work *w)
{
	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct server_state *s = child_server(w, i);
		for (int p = PROBE_SOA; s && p <= PROBE_NXDOMAIN; p++) {
			const struct obs *o = s->answer[p];
			if (o && o->u.answer.aa && !o->u.answer.tc &&
				(o->u.answer.rcode == 0 || o->u.answer.rcode == 3))
				collect_answer(w, s, o);
		}
	}
}
