/*
 * check_zone: what the zone's own servers give: DNSKEY set, signatures, algorithms. One finding an
 * id and kind, naming the servers; what only some servers have is another fault than what all have.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"
#include "model/history.h"

/* Servers that gave any RRset at all. */
static unsigned
answering(const struct work *w)
{
	const struct server_state *last = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < w->sets.n; i++) {
		n += w->sets.v[i].server != last;
		last = w->sets.v[i].server;
	}
	return n;
}

/* What one kind of trouble looks like over all servers. */
struct spread {
	unsigned servers, sets;
	const struct set_state *first;
	const struct server_state *only; /* the server, where it is one */
	const char *who; /* all of them, "ns1 192.0.2.1, ns2 ..." */
	const char *types; /* "SOA, NS" */
	int64_t oldest, newest; /* expirations */
};

static void
add_type(struct text *t, uint16_t type)
{
	const char *name = rrtype_name(type);
	size_t n = strlen(name);

	for (const char *p = text_str(t); (p = strstr(p, name)); p += n)
		if ((p == text_str(t) || p[-1] == ' ') && (p[n] == 0 || p[n] == ','))
			return;
	text_add(t, "%s%s", t->len ? ", " : "", name);
}

static struct spread
spread_of(struct work *w, enum set_verdict v)
{
	struct spread s = { .oldest = TIME_UNSET, .newest = TIME_UNSET };
	struct text who = { 0 }, types = { 0 };
	const struct server_state *last = NULL;

	for (size_t i = 0; i < w->sets.n; i++) {
		const struct set_state *st = &w->sets.v[i];
		if (st->verdict != v)
			continue;
		s.sets++;
		if (!s.first)
			s.first = st;
		if (st->server != last) {
			s.only = ++s.servers == 1 ? st->server : NULL;
			text_add(&who, "%s%s", who.len ? ", " : "", server_who(w, w->child, st->server));
		}
		last = st->server;
		add_type(&types, st->type);
		if (s.oldest == TIME_UNSET || st->expiration < s.oldest)
			s.oldest = st->expiration;
		if (st->expiration > s.newest)
			s.newest = st->expiration;
	}
	s.who = arena_strdup(w->a, text_str(&who));
	s.types = arena_strdup(w->a, text_str(&types));
	text_free(&who);
	text_free(&types);
	return s;
}

static const char *
subject_of(struct work *w, const struct set_state *st)
{
	char name[NAME_MAX_TEXT];

	return say(w, "%s %s", name_to_text(name, &st->owner), rrtype_name(st->type));
}

static void
prove_set(struct work *w, struct finding *f, const struct set_state *st, const char *text)
{
	finding_prove(f, ev_answer(w, st->server, st->obs->u.answer.probe, text));
}

/* At most one answer of every server that has the trouble. */
static void
prove_spread(struct work *w, struct finding *f, enum set_verdict v, const char *what)
{
	const struct server_state *last = NULL;

	for (size_t i = 0; i < w->sets.n && f->evidence.n < 4; i++) {
		const struct set_state *st = &w->sets.v[i];
		if (st->verdict != v || st->server == last)
			continue;
		last = st->server;
		prove_set(w, f, st, st->has_sig
			? say(w, "%s: RRSIG by %u, %s to %s: %s", subject_of(w, st), st->tag,
				when(w, st->inception), when(w, st->expiration), what)
			: say(w, "%s: %s", subject_of(w, st), what));
	}
}

static struct finding
finding_of_spread(struct work *w, const struct spread *s, const char *id)
{
	bool all = s->servers == answering(w);
	struct finding f = finding_of(id, all ? SEV_CRITICAL : SEV_HIGH);

	if (s->first->has_sig) {
		f.keytag = s->first->tag;
		f.alg = s->first->alg;
	}
	f.server = s->who;
	f.subject = subject_of(w, s->first);
	return f;
}

static void
expired(struct work *w)
{
	struct spread s = spread_of(w, SET_EXPIRED);

	if (!s.servers)
		return;
	bool all = s.servers == answering(w);
	struct finding f = finding_of_spread(w, &s, all ? "rrsig-expired" : "rrsig-expired-one-server");
	f.since = s.oldest;
	f.text = say(w, "signatures by key %u over %s expired %s ago (%s) on %s; the cryptography is good",
		s.first->tag, s.types, span(w, w->now - s.oldest), when(w, s.oldest),
		all ? "every server" : s.who);
	prove_spread(w, &f, SET_EXPIRED, "expired");
	finding_add(w, f);
}

static void
not_yet_valid(struct work *w)
{
	struct spread s = spread_of(w, SET_FUTURE);

	if (!s.servers)
		return;
	struct finding f = finding_of_spread(w, &s, "rrsig-not-yet-valid");
	f.until = s.first->inception;
	f.text = say(w, "signatures by key %u over %s begin only at %s (in %s): the signer's clock is ahead",
		s.first->tag, s.types, when(w, f.until), span(w, f.until - w->now));
	prove_spread(w, &f, SET_FUTURE, "not valid yet");
	finding_add(w, f);
}

static void
invalid(struct work *w)
{
	struct spread s = spread_of(w, SET_BAD);

	if (!s.servers)
		return;
	struct finding f = finding_of_spread(w, &s, "rrsig-invalid");
	f.text = say(w, "signatures by key %u over %s do not verify on %s: the records were changed after "
		"signing, or the key is not the one that signed", s.first->tag, s.types, s.who);
	prove_spread(w, &f, SET_BAD, "does not verify");
	finding_add(w, f);
}

static const struct version *
version_with_key(const struct work *w, uint16_t tag, uint8_t alg)
{
	const struct version_list *l = &w->s->history.dnskey;

	for (size_t i = l->n; i-- > 0;) {
		const struct obs *o = l->v[i].sample;
		const struct rr_list *rrs = !o ? NULL : o->fact == FACT_ANSWER ? &o->u.answer.rrs
			: o->fact == FACT_RESOLVE ? &o->u.resolve.rrs : NULL;
		if (rrs && list_has_key(rrs, &w->s->zone, tag, alg))
			return &l->v[i];
	}
	return NULL;
}

static void
unknown_key(struct work *w)
{
	struct spread s = spread_of(w, SET_NO_KEY);

	if (!s.servers)
		return;
	struct finding f = finding_of_spread(w, &s, "rrsig-unknown-key");
	f.text = say(w, "%s: signed only by key %u, which is not in the DNSKEY set %s", s.types,
		s.first->tag, tag_set(w, &w->link->dnskey));
	prove_spread(w, &f, SET_NO_KEY, "no such DNSKEY");
	const struct obs *keys = key_answer_of(s.first->server);
	if (keys)
		finding_prove(&f, ev_answer(w, s.first->server, PROBE_DNSKEY,
			say(w, "DNSKEY %s", tag_set(w, &keys->u.answer.rrs))));
	finding_add(w, f);
	const struct key_row *row = inventory_by_tag(w->d->inventory, s.first->tag, s.first->alg);
	const struct version *was = version_with_key(w, s.first->tag, s.first->alg);
	if (!(row && row->file) && !was)
		return;
	f.id = "dnskey-zsk-missing";
	f.text = say(w, "ZSK %u signs the data, but is not in the DNSKEY set %s", s.first->tag,
		tag_set(w, &w->link->dnskey));
	if (was && was->off != TIME_NEVER)
		f.since = was->off;
	finding_add(w, f);
}

/* The DNSKEY set without any signature has a name of its own. */
static bool
dnskey_unsigned(struct work *w)
{
	const struct set_state *first = NULL;
	unsigned n = 0;

	for (size_t i = 0; i < w->sets.n; i++)
		if (w->sets.v[i].type == T_DNSKEY && w->sets.v[i].verdict == SET_UNSIGNED) {
			n++;
			first = first ? first : &w->sets.v[i];
		}
	if (!first)
		return false;
	struct finding f = finding_of("dnskey-unsigned", n == answering(w) ? SEV_CRITICAL : SEV_HIGH);
	f.server = server_who(w, w->child, first->server);
	f.subject = subject_of(w, first);
	f.text = say(w, "the DNSKEY set %s has no signature on %u of %u servers",
		tag_set(w, &first->obs->u.answer.rrs), n, answering(w));
	prove_set(w, &f, first, "DNSKEY without RRSIG");
	finding_add(w, f);
	return true;
}

static void
missing(struct work *w)
{
	struct spread s;

	dnskey_unsigned(w);
	for (size_t i = 0; i < w->sets.n; i++)
		if (w->sets.v[i].type == T_DNSKEY && w->sets.v[i].verdict == SET_UNSIGNED)
			w->sets.v[i].verdict = SET_UNKNOWN; /* told already */
	s = spread_of(w, SET_UNSIGNED);
	if (!s.servers)
		return;
	struct finding f = finding_of_spread(w, &s, "rrsig-missing");
	f.text = say(w, "%s without RRSIG on %s, in a zone that is signed", s.types,
		s.servers == answering(w) ? "every server" : s.who);
	prove_spread(w, &f, SET_UNSIGNED, "no RRSIG");
	finding_add(w, f);
}

static void
expiring_soon(struct work *w)
{
	const struct set_state *worst = NULL;

	for (size_t i = 0; i < w->sets.n; i++) {
		const struct set_state *st = &w->sets.v[i];
		if (st->verdict == SET_GOOD && (!worst || st->expiration < worst->expiration))
			worst = st;
	}
	if (!worst || worst->expiration <= worst->inception)
		return;
	int64_t left = worst->expiration - w->now, whole = worst->expiration - worst->inception;
	unsigned percent = (unsigned)(left * 100 / whole);
	bool late = w->opt.rrsig_crit_s ? left < w->opt.rrsig_crit_s : percent < w->opt.rrsig_crit;
	if (!late && (w->opt.rrsig_warn_s ? left >= w->opt.rrsig_warn_s : percent >= w->opt.rrsig_warn))
		return;
	struct finding f = finding_of("rrsig-expiring-soon", late ? SEV_CRITICAL : SEV_WARNING);
	f.keytag = worst->tag;
	f.alg = worst->alg;
	f.subject = subject_of(w, worst);
	f.until = worst->expiration;
	f.server = server_who(w, w->child, worst->server);
	f.text = say(w, "the RRSIG by %u over %s ends in %s (%s): %u%% of its life is left", worst->tag,
		rrtype_name(worst->type), span(w, left), when(w, worst->expiration), percent);
	prove_set(w, &f, worst, say(w, "%s: RRSIG by %u to %s", f.subject, worst->tag,
		when(w, worst->expiration)));
	finding_add(w, f);
}

/* Do all servers give the same keys? */
static void
inconsistent(struct work *w)
{
	const struct server_state *first = NULL, *other = NULL;
	const char *value = NULL;
	uint32_t ttl;

	for (size_t i = 0; w->child && i < w->child->n && !other; i++) {
		const struct server_state *s = child_server(w, i);
		const struct obs *o = s ? key_answer_of(s) : NULL;
		if (!o || !o->u.answer.aa)
			continue;
		const char *v = rrset_value(w->a, &o->u.answer.rrs, &w->s->zone, T_DNSKEY, &ttl);
		if (!first) {
			first = s;
			value = v;
		} else if (strcmp(v, value) != 0)
			other = s;
	}
	if (!other)
		return;
	const struct rr_list *a = &first->answer[PROBE_DNSKEY]->u.answer.rrs;
	const struct rr_list *b = &other->answer[PROBE_DNSKEY]->u.answer.rrs;
	struct finding f = finding_of("dnskey-inconsistent-servers", SEV_HIGH);
	f.server = server_who(w, w->child, other);
	f.text = say(w, "servers give different DNSKEY sets: %s has %s, %s has %s",
		server_who(w, w->child, first), tag_set(w, a), f.server, tag_set(w, b));
	finding_prove(&f, ev_answer(w, first, PROBE_DNSKEY, say(w, "DNSKEY %s", tag_set(w, a))));
	finding_prove(&f, ev_answer(w, other, PROBE_DNSKEY, say(w, "DNSKEY %s", tag_set(w, b))));
	finding_add(w, f);
}

/* ---- algorithms: a signer's duty, which only hardened validators enforce ---- */

static bool
sets_signed_with(const struct work *w, uint8_t alg, const struct set_state **bare)
{
	for (size_t i = 0; i < w->sets.n; i++) {
		const struct set_state *st = &w->sets.v[i];
		bool signed_so = false;
		if (st->verdict != SET_GOOD)
			continue;
		for (size_t k = 0; k < w->d->chain->sigs.n; k++) {
			const struct sig_check *c = &w->d->chain->sigs.v[k];
			signed_so |= c->obs == st->obs && c->covered == st->type && c->sig.alg == alg &&
				name_equal(&c->owner, &st->owner);
		}
		if (!signed_so) {
			*bare = st;
			return false;
		}
	}
	return true;
}

static bool
ds_has_alg(const struct work *w, uint8_t alg)
{
	for (size_t i = 0; i < w->link->n_ds; i++)
		if (w->link->ds[i].ds.alg == alg)
			return true;
	return false;
}

static void
algorithms(struct work *w)
{
	bool seen[256] = { false };

	for (size_t i = 0; i < w->link->dnskey.n; i++) {
		struct dnskey k;
		const struct set_state *bare = NULL;
		if (!dnskey_parse(w->link->dnskey.v[i].rdata, w->link->dnskey.v[i].rdlen, &k) || seen[k.alg])
			continue;
		seen[k.alg] = true;
		if (sets_signed_with(w, k.alg, &bare))
			continue;
		struct finding f = finding_of("algorithm-incomplete", SEV_WARNING);
		f.keytag = k.tag;
		f.alg = k.alg;
		f.subject = subject_of(w, bare);
		f.server = server_who(w, w->child, bare->server);
		bool promised = ds_has_alg(w, k.alg);
		f.text = say(w, "%s is in the DNSKEY set but does not sign %s: %s", algorithm_name(k.alg),
			f.subject, promised ? "the DS set promises it, so validators that want every algorithm fail"
			: "no DS promises it yet, so few validators mind; do not add its DS before it signs");
		prove_set(w, &f, bare, say(w, "%s: no RRSIG of algorithm %u", f.subject, k.alg));
		finding_add(w, f);
		return;
	}
	for (size_t i = 0; i < w->link->n_ds; i++) {
		const struct ds_link *d = &w->link->ds[i];
		const struct ds_link *good = NULL;
		for (size_t k = 0; k < w->link->n_ds; k++)
			if (w->link->ds[k].digest_ok && w->link->ds[k].key_signs)
				good = &w->link->ds[k];
		if (!good || !d->supported || seen[d->ds.alg])
			continue;
		struct finding f = finding_of("algorithm-incomplete", SEV_WARNING);
		f.keytag = d->ds.tag;
		f.alg = d->ds.alg;
		f.text = say(w, "the DS set promises %s, which no DNSKEY has: validators that want every "
			"algorithm fail", algorithm_name(d->ds.alg));
		finding_add(w, f);
		return;
	}
}

void
check_zone(struct work *w)
{
	if (!w->child)
		return;
	inconsistent(w);
	if (!zone_is_signed(w))
		return;
	missing(w);
	expired(w);
	not_yet_valid(w);
	invalid(w);
	unknown_key(w);
	algorithms(w);
	expiring_soon(w);
}
