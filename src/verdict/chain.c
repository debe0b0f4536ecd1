#include "verdict/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "zone/crypto.h"
#include "zone/rrset.h"

#define MAX_SET 256
#define MAX_KEYS_PER_TAG 4   /* KeyTrap (CVE-2023-50387) */
#define MAX_SIGS_PER_SET 8
#define MAX_VERIFICATIONS 4096
#define MAX_FAILED 256	     /* failed verifications in one picture */

const char *
link_state_name(enum link_state s)
{
	static const char *const names[] = { "secure", "bogus", "insecure", "indeterminate" };

	return names[s];
}

/* One verification that was done: the same octets, signature and key give the same answer, and
 * five servers of a zone give the same records. */
struct done {
	uint64_t hash;
	const struct rr *sig, *key;
	const struct rr *first; /* of the set, with n: compared in full */
	size_t n;
	enum sig_crypto crypto;
};

struct work {
	struct arena *a;
	const struct snapshot *s;
	struct chain *c;
	int64_t now;
	unsigned failed;
	struct {
		struct done *v;
		size_t n, cap;
	} done;
};

static uint64_t
fnv(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(1099511628211);
	return h;
}

static bool
same_rdata(const struct rr *a, const struct rr *b)
{
	return a->rdlen == b->rdlen && memcmp(a->rdata, b->rdata, a->rdlen) == 0;
}

static enum sig_crypto
as_sig(enum crypto_result r)
{
	switch (r) {
	case CRYPTO_GOOD: return SIG_GOOD;
	case CRYPTO_BAD: return SIG_BAD;
	case CRYPTO_UNSUPPORTED: return SIG_UNSUPPORTED;
	case CRYPTO_MALFORMED: return SIG_MALFORMED;
	}
	return SIG_BAD;
}

static enum sig_crypto
verify_fresh(struct work *w, const struct rr *sig_rr, const struct rrsig *sig,
	const struct dnskey *key, const struct rr *const *set, size_t n)
{
	enum sig_crypto result = SIG_MALFORMED;
	struct arena *tmp = arena_new();
	struct err e = { 0 };
	size_t len;

	uint8_t *data = rrset_signed_data(tmp, sig, sig_rr->rdata, set, n, &len);
	struct pubkey *pub = data ? pubkey_new(key, &e) : NULL;
	if (pub) {
		result = as_sig(pubkey_verify(pub, data, len, sig->sig, sig->siglen));
		w->c->verifications++;
	} else if (data && e.code == ERR_UNSUPPORTED)
		result = SIG_UNSUPPORTED;
	if (result != SIG_GOOD)
		w->failed++;
	pubkey_free(pub);
	arena_free(tmp);
	return result;
}

static enum sig_crypto
verify(struct work *w, const struct rr *sig_rr, const struct rrsig *sig, const struct rr *key_rr,
	const struct dnskey *key, const struct rr *const *set, size_t n)
{
	uint64_t h = fnv(UINT64_C(14695981039346656037), sig_rr->rdata, sig_rr->rdlen);

	h = fnv(h, key_rr->rdata, key_rr->rdlen);
	h = fnv(h, set[0]->owner.wire, set[0]->owner.len);
	for (size_t i = 0; i < n; i++)
		h = fnv(h, set[i]->rdata, set[i]->rdlen);
	for (size_t i = 0; i < w->done.n; i++) {
		const struct done *d = &w->done.v[i];
		if (d->hash == h && d->n == n && same_rdata(d->sig, sig_rr) && same_rdata(d->key, key_rr) &&
			same_rdata(d->first, set[0]))
			return d->crypto;
	}
	if (w->c->verifications >= MAX_VERIFICATIONS || w->failed >= MAX_FAILED)
		return SIG_TOO_EXPENSIVE;
	enum sig_crypto crypto = verify_fresh(w, sig_rr, sig, key, set, n);
	arena_push(w->a, &w->done, ((struct done){ .hash = h, .sig = sig_rr, .key = key_rr,
		.first = set[0], .n = n, .crypto = crypto }));
	return crypto;
}

/* ---- the key sets ---- */

static bool
is_key(const struct rr *rr, const struct name *zone)
{
	return rr->type == T_DNSKEY && rr->section == SECTION_ANSWER && name_equal(&rr->owner, zone);
}

static size_t
count_keys(const struct rr_list *rrs, const struct name *zone)
{
	size_t n = 0;

	for (size_t i = 0; i < rrs->n; i++)
		n += is_key(&rrs->v[i], zone);
	return n;
}

static bool
same_keys(const struct rr_list *a, const struct rr_list *b, const struct name *zone)
{
	if (count_keys(a, zone) != count_keys(b, zone))
		return false;
	for (size_t i = 0; i < a->n; i++) {
		bool there = !is_key(&a->v[i], zone);
		for (size_t k = 0; !there && k < b->n; k++)
			there = is_key(&b->v[k], zone) && same_rdata(&a->v[i], &b->v[k]);
		if (!there)
			return false;
	}
	return true;
}

static const struct obs *
key_answer(const struct server_state *s)
{
	const struct obs *o = s->answer[PROBE_DNSKEY];

	return o && o->u.answer.rcode == 0 && !o->u.answer.tc && s->at.role != ROLE_PRIMARY ? o : NULL;
}

/* The DNSKEY answer whose set most servers of the cut give. */
static const struct obs *
common_keys(const struct cut_state *cut)
{
	const struct obs *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < cut->n; i++) {
		const struct obs *o = key_answer(&cut->servers[i]);
		size_t votes = 0;
		for (size_t k = 0; o && k < cut->n; k++) {
			const struct obs *other = key_answer(&cut->servers[k]);
			votes += other && same_keys(&o->u.answer.rrs, &other->u.answer.rrs, &cut->name);
		}
		if (votes > most) {
			most = votes;
			best = o;
		}
	}
	return best;
}

/* ---- signatures ---- */

static enum sig_dates
dates_of(const struct rrsig *s, int64_t now, int64_t *inception, int64_t *expiration)
{
	*inception = clock_from_rrsig(s->inception, now);
	*expiration = clock_from_rrsig(s->expiration, now);
	if (serial_cmp(s->expiration, s->inception, NULL) < 0)
		return SIG_DATES_IMPOSSIBLE;
	if (now > *expiration) /* the whole second of the expiration is valid */
		return SIG_EXPIRED;
	return now < *inception ? SIG_FUTURE : SIG_DATES_OK;
}

static size_t
set_of(const struct rr_list *rrs, const struct rr *sig_rr, uint16_t covered, const struct rr **out)
{
	size_t n = 0;

	for (size_t i = 0; i < rrs->n && n < MAX_SET; i++)
		if (rrs->v[i].type == covered && rrs->v[i].section == sig_rr->section &&
			name_equal(&rrs->v[i].owner, &sig_rr->owner))
			out[n++] = &rrs->v[i];
	return n;
}

/* Judges one RRSIG with the keys of LINK (its signer's zone). */
static struct sig_check
check_sig(struct work *w, const struct rr_list *rrs, const struct rr *sig_rr,
	const struct rrsig *sig, const struct chain_link *link)
{
	struct sig_check r = { .owner = sig_rr->owner, .covered = sig->covered, .sig = *sig, .key = -1,
		.crypto = SIG_NO_KEY };
	const struct rr *set[MAX_SET];
	size_t n = set_of(rrs, sig_rr, sig->covered, set), tried = 0;

	r.dates = dates_of(sig, w->now, &r.inception, &r.expiration);
	if (!n || !link || !link->dnskey.n) {
		r.crypto = SIG_NOT_CHECKED;
		return r;
	}
	for (size_t k = 0; k < link->dnskey.n && tried < MAX_KEYS_PER_TAG; k++) {
		struct dnskey key;
		if (!dnskey_parse(link->dnskey.v[k].rdata, link->dnskey.v[k].rdlen, &key) ||
			key.tag != sig->tag || key.alg != sig->alg || !(key.flags & DNSKEY_ZONE) ||
			key.protocol != 3)
			continue;
		tried++;
		r.crypto = verify(w, sig_rr, sig, &link->dnskey.v[k], &key, set, n);
		r.key = (int)k;
		for (size_t d = 0; d < link->n_ds; d++)
			if (link->ds[d].key_served && link->ds[d].digest_ok && link->ds[d].ds.tag == key.tag &&
				link->ds[d].ds.alg == key.alg)
				r.by_sep = true;
		if (r.crypto == SIG_GOOD)
			break;
	}
	r.good = r.crypto == SIG_GOOD && r.dates == SIG_DATES_OK;
	return r;
}

static struct chain_link *
link_of(struct chain *c, const struct name *zone)
{
	for (size_t i = 0; i < c->n; i++)
		if (name_equal(&c->links[i].zone, zone))
			return &c->links[i];
	return NULL;
}

/* Every RRSIG of one answer. */
static void
check_answer(struct work *w, const struct obs *o, const struct server_state *server,
	const struct rr_list *rrs)
{
	for (size_t i = 0; i < rrs->n; i++) {
		struct rrsig sig;
		size_t before = 0;
		if (rrs->v[i].type != T_RRSIG || !rrsig_parse(rrs->v[i].rdata, rrs->v[i].rdlen, &sig))
			continue;
		for (size_t k = 0; k < i; k++)
			before += rrs->v[k].type == T_RRSIG && rrs->v[k].section == rrs->v[i].section &&
				name_equal(&rrs->v[k].owner, &rrs->v[i].owner);
		struct sig_check r = check_sig(w, rrs, &rrs->v[i], &sig, link_of(w->c, &sig.signer));
		if (before >= 4 * MAX_SIGS_PER_SET)
			break;
		r.obs = o;
		r.server = server;
		arena_push(w->a, &w->c->sigs, r);
	}
}

static void
check_all(struct work *w)
{
	for (size_t c = 0; c < w->s->n_cuts; c++)
		for (size_t i = 0; i < w->s->cuts[c].n; i++) {
			const struct server_state *s = &w->s->cuts[c].servers[i];
			for (int p = 0; p < PROBE_COUNT; p++)
				if (s->answer[p])
					check_answer(w, s->answer[p], s, &s->answer[p]->u.answer.rrs);
		}
}

/* ---- DS ---- */

static struct ds_link *
find_ds(struct chain_link *l, const struct rr *rr)
{
	struct ds d;

	if (!ds_parse(rr->rdata, rr->rdlen, &d))
		return NULL;
	for (size_t i = 0; i < l->n_ds; i++)
		if (l->ds[i].ds.tag == d.tag && l->ds[i].ds.alg == d.alg &&
			l->ds[i].ds.digest_type == d.digest_type && l->ds[i].ds.digest_len == d.digest_len &&
			memcmp(l->ds[i].ds.digest, d.digest, d.digest_len) == 0)
			return &l->ds[i];
	if (l->n_ds == MAX_SET)
		return NULL;
	struct ds_link *n = &l->ds[l->n_ds++];
	n->ds = d;
	return n;
}

static const char *
upper_hex(struct arena *a, const uint8_t *p, size_t n)
{
	char *s = arena_alloc(a, 2 * n + 1);

	text_hex(s, 2 * n + 1, p, n);
	for (char *c = s; *c; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	return s;
}

/* DS of ZONE as the servers of PARENT give it. */
static void
collect_ds(struct work *w, const struct cut_state *parent, struct chain_link *l)
{
	unsigned answered = 0, absent = 0;

	l->ds = arena_new_array(w->a, struct ds_link, MAX_SET);
	for (size_t i = 0; parent && i < parent->n; i++) {
		const struct obs *o = parent->servers[i].answer[PROBE_DS];
		const struct rr *set[MAX_SET];
		if (!o || !o->u.answer.aa || o->u.answer.tc || !name_equal(&o->u.answer.qname, &l->zone) ||
			(o->u.answer.rcode != 0 && o->u.answer.rcode != 3))
			continue;
		answered++;
		size_t n = rr_select(&o->u.answer.rrs, &l->zone, T_DS, SECTION_ANSWER, set, MAX_SET);
		absent += n == 0;
		for (size_t k = 0; k < n; k++) {
			struct ds_link *d = find_ds(l, set[k]);
			if (!d)
				continue;
			d->parents++;
			if (set[k]->ttl > l->ds_ttl)
				l->ds_ttl = set[k]->ttl;
		}
	}
	for (size_t i = 0; i < l->n_ds; i++) {
		l->ds[i].of = answered;
		l->ds[i].hex = upper_hex(w->a, l->ds[i].ds.digest, l->ds[i].ds.digest_len);
	}
	l->ds_known = answered > 0;
	l->ds_absent = answered > 0 && absent == answered;
}

static void
match_ds(struct chain_link *l)
{
	for (size_t i = 0; i < l->n_ds; i++) {
		struct ds_link *d = &l->ds[i];
		const struct algorithm *alg = algorithm_find(d->ds.alg);
		d->supported = alg && alg->supported && digest_supported(d->ds.digest_type);
		for (size_t k = 0; k < l->dnskey.n; k++) {
			struct dnskey key;
			uint8_t digest[64];
			if (!dnskey_parse(l->dnskey.v[k].rdata, l->dnskey.v[k].rdlen, &key) ||
				key.tag != d->ds.tag || key.alg != d->ds.alg)
				continue;
			d->key_served = true;
			d->key_flags = key.flags;
			size_t n = ds_digest(&l->zone, l->dnskey.v[k].rdata, l->dnskey.v[k].rdlen,
				d->ds.digest_type, digest);
			d->digest_ok |= n && n == d->ds.digest_len && memcmp(digest, d->ds.digest, n) == 0;
		}
	}
}

/* ---- links ---- */

static void
add_tag(struct arena *a, uint16_t **tags, size_t *n, uint16_t tag)
{
	for (size_t i = 0; i < *n; i++)
		if ((*tags)[i] == tag)
			return;
	uint16_t *more = arena_new_array(a, uint16_t, *n + 1);
	if (*n)
		memcpy(more, *tags, *n * sizeof **tags);
	more[(*n)++] = tag;
	*tags = more;
}

static void
first_time(int64_t *slot, int64_t t)
{
	if (*slot == TIME_UNSET || t < *slot)
		*slot = t;
}

/* What the checked signatures say of one link. */
static void
summarise(struct work *w, struct chain_link *l)
{
	for (size_t i = 0; i < w->c->sigs.n; i++) {
		const struct sig_check *r = &w->c->sigs.v[i];
		if (r->covered == T_DS && name_equal(&r->owner, &l->zone)) {
			first_time(&l->ds_expiration, r->expiration);
			l->ds_signer_tag = r->sig.tag;
			continue;
		}
		if (!name_equal(&r->sig.signer, &l->zone) || !r->server || r->server->at.role == ROLE_PRIMARY)
			continue;
		if (r->covered == T_DNSKEY) {
			first_time(&l->dnskey_expiration, r->expiration);
			if (r->good)
				add_tag(w->a, &l->dnskey_signers, &l->n_dnskey_signers, r->sig.tag);
		} else if (r->covered != T_DS) {
			first_time(&l->data_expiration, r->expiration);
			add_tag(w->a, &l->data_signers, &l->n_data_signers, r->sig.tag);
		}
	}
	for (size_t i = 0; i < l->n_ds; i++)
		for (size_t k = 0; k < l->n_dnskey_signers; k++)
			if (l->ds[i].digest_ok && l->dnskey_signers[k] == l->ds[i].ds.tag)
				l->ds[i].key_signs = true;
}

static void
make_link(struct work *w, size_t i, const struct rr *anchors, size_t n_anchors)
{
	const struct cut_state *cut = &w->s->cuts[i];
	struct chain_link *l = &w->c->links[i];
	const struct obs *keys = common_keys(cut);

	*l = (struct chain_link){ .zone = cut->name, .state = LINK_UNKNOWN, .reason = "",
		.ds_expiration = TIME_UNSET, .dnskey_expiration = TIME_UNSET,
		.data_expiration = TIME_UNSET };
	if (keys) {
		l->dnskey_size = keys->u.answer.size;
		for (size_t k = 0; k < keys->u.answer.rrs.n; k++)
			if (is_key(&keys->u.answer.rrs.v[k], &cut->name)) {
				arena_push(w->a, &l->dnskey, keys->u.answer.rrs.v[k]);
				l->dnskey_ttl = keys->u.answer.rrs.v[k].ttl;
			}
	}
	if (cut->name.len > 1)
		collect_ds(w, i ? &w->s->cuts[i - 1] : NULL, l);
	else {
		l->ds = arena_new_array(w->a, struct ds_link, n_anchors + 1);
		for (size_t k = 0; k < n_anchors; k++) {
			struct ds_link *d = anchors[k].type == T_DS ? find_ds(l, &anchors[k]) : NULL;
			if (d)
				d->hex = upper_hex(w->a, d->ds.digest, d->ds.digest_len);
		}
		l->ds_known = n_anchors > 0;
	}
	match_ds(l);
}

/* Is a DNSKEY anchor in the set, and does it sign it? */
static bool
anchored_by_key(const struct work *w, const struct chain_link *l, const struct rr *anchors, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; anchors[i].type == T_DNSKEY && k < l->dnskey.n; k++) {
			if (!same_rdata(&anchors[i], &l->dnskey.v[k]))
				continue;
			for (size_t s = 0; s < w->c->sigs.n; s++)
				if (w->c->sigs.v[s].covered == T_DNSKEY && w->c->sigs.v[s].good &&
					name_equal(&w->c->sigs.v[s].owner, &l->zone) &&
					w->c->sigs.v[s].key == (int)k)
					return true;
		}
	return false;
}

/* Why no DS leads to the DNSKEY set, in the words of validators. */
static const char *
ds_reason(const struct work *w, const struct chain_link *l)
{
	const char *reason = "no keys have a DS with algorithm and tag";

	if (!l->dnskey.n)
		return "no DNSKEY record";
	for (size_t i = 0; i < l->n_ds; i++) {
		if (!l->ds[i].key_served)
			continue;
		if (!l->ds[i].digest_ok) {
			reason = "DS hash mismatches key";
			continue;
		}
		reason = "signature missing";
		for (size_t s = 0; s < w->c->sigs.n; s++) {
			const struct sig_check *r = &w->c->sigs.v[s];
			if (r->covered != T_DNSKEY || r->sig.tag != l->ds[i].ds.tag ||
				!name_equal(&r->owner, &l->zone))
				continue;
			if (r->crypto == SIG_GOOD)
				return r->dates == SIG_FUTURE ? "signature before inception date"
							      : "signature expired";
			if (r->crypto == SIG_BAD)
				return "signature crypto failed";
			if (r->crypto == SIG_TOO_EXPENSIVE)
				return "too expensive to validate";
		}
	}
	return reason;
}

/* Does some server's SOA answer validate? *WHY is that of the best failure. */
static enum link_state
data_state(const struct work *w, const struct chain_link *l, const char **why)
{
	bool any_good = false, any_sig = false, any_answer = false;
	const struct cut_state *child = snapshot_child(w->s);

	*why = "no signatures";
	for (size_t i = 0; child && i < child->n; i++)
		any_answer |= child->servers[i].answer[PROBE_SOA] != NULL &&
			child->servers[i].answer[PROBE_SOA]->u.answer.rcode == 0;
	for (size_t i = 0; i < w->c->sigs.n; i++) {
		const struct sig_check *r = &w->c->sigs.v[i];
		if (r->covered != T_SOA || !name_equal(&r->owner, &l->zone) || !r->server ||
			r->obs->u.answer.probe != PROBE_SOA)
			continue;
		any_sig = true;
		any_good |= r->good;
		if (r->crypto == SIG_GOOD && r->dates == SIG_EXPIRED)
			*why = "signature expired";
		else if (r->crypto == SIG_GOOD && r->dates == SIG_FUTURE)
			*why = "signature before inception date";
		else if (r->crypto == SIG_BAD)
			*why = "signature crypto failed";
		else if (r->crypto == SIG_NO_KEY)
			*why = "signatures from unknown keys";
		else if (r->crypto == SIG_TOO_EXPENSIVE)
			*why = "too expensive to validate";
	}
	if (any_good)
		return LINK_SECURE;
	return any_sig || any_answer ? LINK_BOGUS : LINK_UNKNOWN;
}

/* LINK's keys, given that the links above are secure (or unknown: then as if they were). */
static void
judge_keys(struct work *w, struct chain_link *l, const struct rr *anchors, size_t n_anchors)
{
	bool supported = false, leads = false;
	bool root = l->zone.len <= 1;

	for (size_t i = 0; i < l->n_ds; i++) {
		supported |= l->ds[i].supported;
		leads |= l->ds[i].supported && l->ds[i].digest_ok && l->ds[i].key_signs;
	}
	if (root && anchored_by_key(w, l, anchors, n_anchors)) {
		l->anchored = true;
		l->state = LINK_SECURE;
	} else if (root && n_anchors == 0)
		l->state = l->n_dnskey_signers ? LINK_SECURE : LINK_UNKNOWN;
	else if (leads) {
		l->anchored = root;
		l->state = LINK_SECURE;
	} else if (!l->ds_known)
		l->state = LINK_UNKNOWN;
	else if (l->ds_absent || (l->n_ds && !supported)) {
		l->state = LINK_INSECURE;
		l->reason = l->ds_absent ? "no DS" : "no supported algorithm/digest";
	} else if (!root || l->dnskey.n) {
		l->reason = ds_reason(w, l);
		l->state = strcmp(l->reason, "too expensive to validate") == 0 ? LINK_UNKNOWN : LINK_BOGUS;
	}
	/* No server answered for the keys: silence is not "no DNSKEY". */
	if (l->state == LINK_BOGUS && !l->dnskey.n) {
		bool asked = false;
		for (size_t c = 0; c < w->s->n_cuts; c++)
			for (size_t i = 0; name_equal(&w->s->cuts[c].name, &l->zone) && i < w->s->cuts[c].n; i++)
				asked |= key_answer(&w->s->cuts[c].servers[i]) != NULL;
		if (!asked) {
			l->state = LINK_UNKNOWN;
			l->reason = "";
		}
	}
}

static void
judge(struct work *w, const struct rr *anchors, size_t n_anchors)
{
	struct chain *c = w->c;

	c->state = LINK_UNKNOWN;
	c->reason = "";
	c->wholly_known = c->n > 0 && c->links[0].zone.len <= 1;
	for (size_t i = 0; i < c->n; i++) {
		struct chain_link *l = &c->links[i];
		judge_keys(w, l, anchors, n_anchors);
		if (i + 1 < c->n && l->state == LINK_UNKNOWN)
			c->wholly_known = false;
		if (i + 1 < c->n && (l->state == LINK_BOGUS || l->state == LINK_INSECURE)) {
			c->state = l->state;
			c->reason = l->reason;
		}
	}
	if (!c->n || !name_equal(&c->links[c->n - 1].zone, &w->s->zone) || c->state == LINK_BOGUS)
		return;
	struct chain_link *l = &c->links[c->n - 1];
	if (l->state == LINK_SECURE) {
		const char *why;
		enum link_state data = data_state(w, l, &why);
		if (data != LINK_SECURE) {
			l->state = data;
			l->reason = data == LINK_BOGUS ? why : "";
		}
	}
	if (c->state != LINK_INSECURE) {
		c->state = l->state;
		c->reason = l->reason;
	}
}

const struct chain *
chain_make(struct arena *a, const struct snapshot *s, const struct rr *anchors, size_t n_anchors)
{
	struct work w = { .a = a, .s = s, .now = s->now / USEC,
		.c = arena_new_one(a, struct chain) };

	w.c->n = s->n_cuts;
	w.c->links = arena_new_array(a, struct chain_link, s->n_cuts + 1);
	for (size_t i = 0; i < w.c->n; i++)
		make_link(&w, i, anchors, n_anchors);
	check_all(&w);
	for (size_t i = 0; i < w.c->n; i++)
		summarise(&w, &w.c->links[i]);
	judge(&w, anchors, n_anchors);
	return w.c;
}
