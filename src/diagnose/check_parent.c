/*
 * check_parent: the DS set of every parent server against the DNSKEY set that is served. An extra
 * or wrong DS beside a good one is a note; none good is an outage.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"
#include "model/history.h"

static bool
any_good(const struct chain_link *l)
{
	for (size_t i = 0; i < l->n_ds; i++)
		if (l->ds[i].supported && l->ds[i].digest_ok && l->ds[i].key_signs)
			return true;
	return false;
}

/* A parent server that gives this DS (NULL: any answer at all). */
static const struct server_state *
parent_with(const struct work *w, const struct ds_link *d)
{
	for (size_t i = 0; w->parent && i < w->parent->n; i++) {
		const struct server_state *s = &w->parent->servers[i];
		const struct obs *o = s->answer[PROBE_DS];
		if (!o || !name_equal(&o->u.answer.qname, &w->s->zone))
			continue;
		if (!d)
			return s;
		for (size_t k = 0; k < o->u.answer.rrs.n; k++) {
			struct ds x;
			if (o->u.answer.rrs.v[k].type == T_DS &&
				ds_parse(o->u.answer.rrs.v[k].rdata, o->u.answer.rrs.v[k].rdlen, &x) &&
				x.tag == d->ds.tag && x.digest_len == d->ds.digest_len &&
				memcmp(x.digest, d->ds.digest, x.digest_len) == 0)
				return s;
		}
	}
	return NULL;
}

static const struct server_state *
any_key_server(const struct work *w)
{
	for (size_t i = 0; w->child && i < w->child->n; i++)
		if (child_server(w, i) && key_answer_of(&w->child->servers[i]))
			return &w->child->servers[i];
	return NULL;
}

static void
prove_ds(struct work *w, struct finding *f, const struct ds_link *d)
{
	const struct server_state *p = parent_with(w, d), *c = any_key_server(w);

	if (p && d)
		finding_prove(f, ev_answer(w, p, PROBE_DS, say(w, "DS %u %u %u %.16s... at %u of %u parent "
			"servers", d->ds.tag, d->ds.alg, d->ds.digest_type, d->hex, d->parents, d->of)));
	else if (p)
		finding_prove(f, ev_answer(w, p, PROBE_DS, "no DS"));
	if (c)
		finding_prove(f, ev_answer(w, c, PROBE_DNSKEY, say(w, "DNSKEY %s",
			tag_set(w, &c->answer[PROBE_DNSKEY]->u.answer.rrs))));
}

static struct finding
finding_of_ds(const struct ds_link *d, const char *id, enum severity sev)
{
	struct finding f = finding_of(id, sev);

	f.keytag = d->ds.tag;
	f.alg = d->ds.alg;
	return f;
}

/* Where this DS'd key is known from, though the zone does not have it; NULL: from nowhere. */
static const char *
known_elsewhere(struct work *w, const struct ds_link *d, int64_t *since)
{
	const struct key_row *r = inventory_by_tag(w->d->inventory, d->ds.tag, d->ds.alg);

	*since = r ? r->left_zone : TIME_UNSET;
	if (r && r->left_zone != TIME_UNSET)
		return say(w, "it left the zone at %s", when(w, r->left_zone));
	if (r && r->file)
		return say(w, "its file is %s", text_clean_dup(w->a, r->file->u.keyfile.path));
	return NULL;
}

static void
key_absent(struct work *w, const struct ds_link *d)
{
	int64_t since;
	const char *known = known_elsewhere(w, d, &since);
	struct finding f = finding_of_ds(d, "ds-no-matching-dnskey", SEV_CRITICAL);

	f.text = say(w, "no DS leads to a key of the zone: the DS names key %u, the DNSKEY set is %s",
		d->ds.tag, tag_set(w, &w->link->dnskey));
	prove_ds(w, &f, d);
	finding_add(w, f);
	if (!known)
		return;
	f.id = "dnskey-ksk-missing";
	f.since = since;
	f.text = say(w, "KSK %u, which the DS names, is not in the DNSKEY set %s; %s", d->ds.tag,
		tag_set(w, &w->link->dnskey), known);
	finding_add(w, f);
}

static void
digest_mismatch(struct work *w, const struct ds_link *d, bool good)
{
	struct finding f = finding_of_ds(d, "ds-digest-mismatch", good ? SEV_INFO : SEV_CRITICAL);

	f.text = say(w, "the DS for key %u has a digest (%s) that is not that key's%s", d->ds.tag,
		digest_name(d->ds.digest_type), good ? "; another DS is good, validators use that" : "");
	prove_ds(w, &f, d);
	finding_add(w, f);
}

static void
stale_extra(struct work *w, const struct ds_link *d)
{
	struct finding f = finding_of_ds(d, "ds-stale-extra", SEV_INFO);

	f.text = say(w, "the DS for key %u matches no DNSKEY; another DS is good, validators use that",
		d->ds.tag);
	prove_ds(w, &f, d);
	finding_add(w, f);
}

/* A DS'd key is served, but its signature over the DNSKEY set is not among them. */
static void
not_signed_by_sep(struct work *w, const struct ds_link *d)
{
	struct text who = { 0 };
	bool others = false, own = false;

	for (size_t i = 0; i < w->d->chain->sigs.n; i++) {
		const struct sig_check *c = &w->d->chain->sigs.v[i];
		if (c->covered != T_DNSKEY || !c->server || !name_equal(&c->owner, &w->s->zone))
			continue;
		if (c->sig.tag == d->ds.tag && c->sig.alg == d->ds.alg)
			own = true;
		else if (c->crypto == SIG_GOOD && !others) {
			others = true;
			text_add(&who, "%u", c->sig.tag);
		}
	}
	if (others && !own) {
		struct finding f = finding_of_ds(d, "dnskey-not-signed-by-sep", SEV_CRITICAL);
		f.text = say(w, "the DNSKEY set is signed by %s, but not by key %u, the one that the DS names",
			text_str(&who), d->ds.tag);
		prove_ds(w, &f, d);
		finding_add(w, f);
	}
	text_free(&who);
}

static void
each_ds(struct work *w)
{
	const struct chain_link *l = w->link;
	bool good = any_good(l), any_served = false, told = false;

	for (size_t i = 0; i < l->n_ds; i++)
		any_served |= l->ds[i].key_served;
	for (size_t i = 0; i < l->n_ds; i++) {
		const struct ds_link *d = &l->ds[i];
		if (!d->supported)
			continue;
		if (d->key_served && !d->digest_ok)
			digest_mismatch(w, d, good);
		else if (!d->key_served && good)
			stale_extra(w, d);
		else if (!d->key_served && !any_served && !told) {
			key_absent(w, d);
			told = true;
		} else if (d->digest_ok && !d->key_signs && !good)
			not_signed_by_sep(w, d);
	}
}

/* DS at the parent, and the zone has no key at all. */
static void
unsigned_zone(struct work *w)
{
	const struct server_state *c = any_key_server(w);
	bool signatures = false;

	if (!c || !w->link->n_ds)
		return;
	for (size_t i = 0; i < w->d->chain->sigs.n; i++)
		signatures |= w->d->chain->sigs.v[i].server != NULL &&
			name_equal(&w->d->chain->sigs.v[i].sig.signer, &w->s->zone);
	struct finding f = finding_of_ds(&w->link->ds[0],
		signatures ? "dnskey-missing" : "ds-on-unsigned-zone", SEV_CRITICAL);
	f.text = say(w, "the parent has a DS for key %u, but the zone %s", w->link->ds[0].ds.tag,
		signatures ? "gives no DNSKEY" : "is not signed");
	prove_ds(w, &f, &w->link->ds[0]);
	finding_add(w, f);
}

static void
no_ds(struct work *w)
{
	if (!w->link->ds_absent)
		return;
	bool had = false;
	for (size_t i = 0; i < w->s->history.ds.n; i++)
		had |= *w->s->history.ds.v[i].value != 0;
	struct finding f = finding_of("ds-missing", SEV_WARNING);
	f.text = had ? "the zone is signed, and its DS is gone from the parent: validators treat it as "
		       "insecure, and old DS records are in caches"
		     : "the zone is signed, but the parent has no DS for it: validators treat it as insecure";
	prove_ds(w, &f, NULL);
	finding_add(w, f);
}

static void
inconsistent(struct work *w)
{
	const struct server_state *first = NULL;
	const char *value = NULL;
	uint32_t ttl;

	for (size_t i = 0; w->parent && i < w->parent->n; i++) {
		const struct server_state *s = &w->parent->servers[i];
		const struct obs *o = s->answer[PROBE_DS];
		if (!o || !o->u.answer.aa || o->u.answer.tc || o->u.answer.rcode != 0 ||
			!name_equal(&o->u.answer.qname, &w->s->zone))
			continue;
		const char *v = rrset_value(w->a, &o->u.answer.rrs, &w->s->zone, T_DS, &ttl);
		if (!first) {
			first = s;
			value = v;
			continue;
		}
		if (strcmp(v, value) == 0)
			continue;
		struct finding f = finding_of("ds-inconsistent-parents", SEV_WARNING);
		f.server = server_who(w, w->parent, s);
		f.text = say(w, "parent servers give different DS sets: %s and %s",
			server_who(w, w->parent, first), f.server);
		finding_prove(&f, ev_answer(w, first, PROBE_DS, *value ? "one DS set" : "no DS"));
		finding_prove(&f, ev_answer(w, s, PROBE_DS, *v ? "another DS set" : "no DS"));
		finding_add(w, f);
		return;
	}
}

/* The parent's own signature over the DS set: its dates and, where its keys are known, itself. */
static void
ds_signature(struct work *w)
{
	const struct sig_list *sigs = &w->d->chain->sigs;
	const struct sig_check *bad = NULL;

	for (size_t i = 0; i < sigs->n; i++) {
		const struct sig_check *c = &sigs->v[i];
		if (c->covered != T_DS || !c->server || !name_equal(&c->owner, &w->s->zone))
			continue;
		if (c->crypto != SIG_BAD && c->crypto != SIG_MALFORMED && c->dates == SIG_DATES_OK)
			return;
		bad = c;
	}
	if (!bad)
		return;
	struct finding f = finding_of("ds-rrsig-missing-or-bad", SEV_CRITICAL);
	f.keytag = bad->sig.tag;
	f.alg = bad->sig.alg;
	f.server = server_who(w, w->parent, bad->server);
	f.text = say(w, "the parent's signature over the DS %s: its operator must sign again",
		bad->dates == SIG_EXPIRED ? say(w, "expired at %s", when(w, bad->expiration))
		: bad->dates == SIG_FUTURE ? "begins in the future" : "does not verify");
	finding_prove(&f, ev_answer(w, bad->server, PROBE_DS, say(w, "RRSIG(DS) by %u", bad->sig.tag)));
	finding_add(w, f);
}

void
check_parent(struct work *w)
{
	if (!w->link)
		return;
	inconsistent(w);
	if (!w->link->ds_known)
		return;
	if (zone_is_signed(w)) {
		each_ds(w);
		no_ds(w);
	} else
		unsigned_zone(w);
	ds_signature(w);
}
