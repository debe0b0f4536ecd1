/* verify: every signature, dates and cryptography apart, split over threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "zone/rrset.h"
#include "zone/verify_int.h"

#define SIGS_PER_SET 32u /* more are not judged: a validator stops much earlier (KeyTrap) */
#define KEYS_PER_TAG 4u
#define CHUNK 64u
#define THREADS_MAX 8u
#define SKEW 300

struct worker {
	struct verify *v;
	atomic_size_t *next;
	struct pubkey **keys; /* one decoded key a DNSKEY, of this thread */
	struct fault_sink sink;
	struct sig_counts count;
	struct octets buf;
	unsigned *key_sigs; /* by key: KEYSIG_* */
	struct absent_list absent;
	uint8_t (*key_id)[SIGCACHE_ID];
	struct sighash hash;
	bool dnskey_good;
};

bool
octets_room(struct octets *b, size_t n)
{
	if (b->cap - b->n >= n)
		return true;
	size_t cap = b->cap ? b->cap : 4096;
	while (cap - b->n < n)
		cap *= 2;
	uint8_t *p = realloc(b->p, cap);
	if (!p)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

static unsigned
owner_labels(const uint8_t *name)
{
	unsigned n = 0;

	for (const uint8_t *p = name; *p; p += *p + 1)
		n++;
	return n;
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

bool
zset_signed_data(const struct zone *z, const struct znode *n, const struct zset *s,
	const uint8_t *prefix, size_t prefix_len, struct octets *b)
{
	uint8_t owner[NAME_MAX_WIRE + 2];
	const uint8_t *name = n->name;
	size_t name_len = n->name_len;
	unsigned labels = owner_labels(name) - (name[0] == 1 && name[1] == '*');

	if (prefix[3] > labels || prefix_len < 18)
		return false;
	if (prefix[3] < labels) { /* the expansion of a wildcard: signed under the wildcard's name */
		unsigned drop = owner_labels(name) - prefix[3];
		while (drop--) {
			name_len -= name[0] + 1u;
			name += name[0] + 1;
		}
		owner[0] = 1;
		owner[1] = '*';
		memcpy(owner + 2, name, name_len);
		name = owner;
		name_len += 2;
	}
	if (!octets_room(b, prefix_len))
		return false;
	memcpy(b->p + b->n, prefix, prefix_len);
	rdata_lower(T_RRSIG, b->p + b->n, prefix_len);
	b->n += prefix_len;
	for (uint32_t i = 0; i < s->n; i++) {
		const struct zrr *rr = z->rrs[s->first + i];
		if (!octets_room(b, name_len + 10u + rr->rdlen))
			return false;
		uint8_t *p = b->p + b->n;
		memcpy(p, name, name_len);
		p += name_len;
		put16(p, rr->type);
		put16(p + 2, 1);
		memcpy(p + 4, prefix + 4, 4); /* the original TTL */
		put16(p + 8, rr->rdlen);
		memcpy(p + 10, rr->rdata, rr->rdlen);
		if (rr->flags & ZRR_UPPER)
			rdata_lower(rr->type, p + 10, rr->rdlen);
		b->n += name_len + 10u + rr->rdlen;
	}
	return true;
}

enum dates { DATES_GOOD, DATES_OUT, DATES_FUTURE };

/* What one set's signatures amount to. */
struct set_state {
	bool good, expired, future, bad, unknown, wrong, reversed;
	bool other_alg; /* UNKNOWN because the key of that tag has another algorithm */
	uint32_t algs; /* algorithms with a good signature, dates left aside */
	struct absent_key *absent; /* of a signature without key */
};

static enum crypto_result
try_keys(struct worker *w, const struct rrsig *s, bool *have_key, size_t *which)
{
	struct verify *v = w->v;
	enum crypto_result res = CRYPTO_BAD;
	unsigned tried = 0;

	*have_key = false;
	for (size_t i = 0; i < v->n_keys && tried < KEYS_PER_TAG; i++) {
		const struct zone_key *k = &v->keys[i];
		if (k->k.tag != s->tag || k->k.alg != s->alg || !(k->k.flags & DNSKEY_ZONE) ||
			k->k.protocol != 3)
			continue;
		*have_key = true;
		*which = i;
		if (!w->keys[i]) {
			if (!k->broken)
				res = CRYPTO_UNSUPPORTED;
			continue;
		}
		tried++;
		uint8_t id[SIGCACHE_ID];
		if (v->o->cache) {
			sighash_sig(&w->hash, id, w->key_id[i], w->buf.p, w->buf.n, s->sig, s->siglen);
			if (sigcache_has(v->o->cache, id))
				res = CRYPTO_GOOD;
		}
		if (res != CRYPTO_GOOD) {
			w->count.computed++;
			res = pubkey_verify(w->keys[i], w->buf.p, w->buf.n, s->sig, s->siglen);
			if (res == CRYPTO_GOOD && v->o->cache)
				sigcache_add(v->o->cache, id);
		}
		if (res == CRYPTO_GOOD)
			return res;
	}
	return res;
}

static const char *
key_fault(const struct verify *v, const struct rrsig *s)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->keys[i].k.tag == s->tag)
			return "rrsig-alg-mismatch";
	return "rrsig-unknown-key";
}

struct absent_key *
absent_find(struct absent_list *l, uint16_t tag, uint8_t alg)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].tag == tag && l->v[i].alg == alg)
			return &l->v[i];
	if (l->n == ABSENT_MAX)
		return NULL;
	l->v[l->n] = (struct absent_key){ .tag = tag, .alg = alg };
	return &l->v[l->n++];
}

/* What a signature over the DNSKEY, CDS or CDNSKEY set says of its key. */
static void
note_key(struct worker *w, const struct znode *n, uint16_t type, size_t key, enum crypto_result res,
	enum dates dates)
{
	static const unsigned of[] = { [DATES_OUT] = KEYSIG_EXPIRED, [DATES_FUTURE] = KEYSIG_FUTURE };

	if (res == CRYPTO_GOOD)
		w->key_sigs[key] |= KEYSIG_USED;
	if (n != w->v->z->apex_node)
		return;
	if (type == T_DNSKEY)
		w->key_sigs[key] |= dates != DATES_GOOD ? of[dates]
			: res == CRYPTO_GOOD ? KEYSIG_GOOD : KEYSIG_BAD;
	else if ((type == T_CDS || type == T_CDNSKEY) && res == CRYPTO_GOOD)
		w->key_sigs[key] |= KEYSIG_CDS;
}

/* Dates apart from cryptography. */
static enum dates
judge_dates(struct worker *w, const struct znode *n, const struct zset *set, const struct zrr *rr,
	const struct rrsig *s, struct set_state *st)
{
	int64_t at = w->v->o->at;
	int64_t exp = clock_from_rrsig(s->expiration, at), inc = clock_from_rrsig(s->inception, at);

	if (serial_cmp(s->expiration, s->inception, NULL) < 0) {
		st->reversed = true;
		w->count.expired++;
		fault(&w->sink, "rrsig-expire-before-inception", n, set->type, s->tag, rr->line,
			"expiration %u before inception %u", s->expiration, s->inception);
		return DATES_OUT;
	}
	if (exp < w->count.first_expiration)
		w->count.first_expiration = exp;
	if (exp - inc > w->count.longest)
		w->count.longest = exp - inc;
	if (at > exp) {
		st->expired = true;
		w->count.expired++;
		return DATES_OUT;
	}
	if (at < inc) {
		st->future = true;
		w->count.future++;
		char t[40];
		fault(&w->sink, "rrsig-not-yet-valid", n, set->type, s->tag, rr->line, "begins %s",
			clock_rfc3339_s(t, sizeof t, inc));
		return DATES_FUTURE;
	}
	char span[40];
	if (exp - at < SKEW || at - inc < SKEW) /* a signature just made grows out of it by itself */
		fault_as(&w->sink, exp - at < SKEW ? FAULT_WARNING : FAULT_INFO, "rrsig-clock-skew-margin", n,
			set->type, s->tag, rr->line, "a clock that is 5 minutes off sees it outside its dates");
	else if (exp - at < (int64_t)zset_ttl(w->v->z, set))
		fault(&w->sink, "rrsig-expiring-soon", n, set->type, s->tag, rr->line,
			"expires in %s, before its TTL of %u", clock_span(span, sizeof span, exp - at),
			zset_ttl(w->v->z, set));
	return DATES_GOOD;
}

static void
judge_sig(struct worker *w, const struct znode *n, const struct zset *set, const struct zrr *rr,
	struct set_state *st)
{
	struct rrsig s;
	bool have_key;
	size_t key = 0;

	w->count.sigs++;
	if (!rrsig_parse(rr->rdata, rr->rdlen, &s)) {
		fault(&w->sink, "rrsig-bad-length", n, set->type, -1, rr->line, "an RRSIG without form");
		w->count.bad++;
		st->wrong = true;
		return;
	}
	name_lower(&s.signer);
	if (!name_equal(&s.signer, &w->v->z->apex)) {
		char text[NAME_MAX_TEXT];
		fault(&w->sink, "rrsig-wrong-signer", n, set->type, s.tag, rr->line, "signed by %s",
			name_to_text(text, &s.signer));
		w->count.bad++;
		st->wrong = true;
		return;
	}
	uint32_t ttl = zset_ttl(w->v->z, set);
	enum dates dates = judge_dates(w, n, set, rr, &s, st);
	bool in_time = dates == DATES_GOOD;
	w->buf.n = 0;
	/* Fewer labels are good in an answer made of a wildcard; in the zone each set has its own (RFC 4035 2.2). */
	if (s.labels < owner_labels(n->name) - (n->name[0] == 1 && n->name[1] == '*') ||
		!zset_signed_data(w->v->z, n, set, rr->rdata, s.prefix_len, &w->buf)) {
		fault(&w->sink, "rrsig-labels", n, set->type, s.tag, rr->line, "%u labels in the signature",
			s.labels);
		w->count.bad++;
		st->wrong = true;
		return;
	}
	enum crypto_result res = try_keys(w, &s, &have_key, &key);
	if (have_key)
		note_key(w, n, set->type, key, res, dates);
	if (!have_key) {
		const char *id = key_fault(w->v, &s);
		st->other_alg |= strcmp(id, "rrsig-alg-mismatch") == 0;
		fault_as(&w->sink, FAULT_INFO, id, n, set->type, s.tag, rr->line,
			"no DNSKEY of tag %u and algorithm %s", s.tag, algorithm_name(s.alg));
		st->unknown = true;
		w->count.unknown++;
		struct absent_key *a = absent_find(&w->absent, s.tag, s.alg);
		if (a) {
			a->soa |= set->type == T_SOA;
			a->keys |= set->type == T_DNSKEY && n == w->v->z->apex_node;
			a->line = rr->line;
			st->absent = a;
		}
	} else if (res == CRYPTO_UNSUPPORTED)
		w->count.unknown++;
	else if (res == CRYPTO_GOOD) {
		if (s.alg < 32)
			st->algs |= 1u << s.alg;
		w->count.good += in_time;
		st->good |= in_time;
	} else {
		w->count.bad++;
		st->bad = true;
		if (res == CRYPTO_MALFORMED)
			fault(&w->sink, "rrsig-bad-length", n, set->type, s.tag, rr->line,
				"%u octets of signature", s.siglen);
		else if (s.original_ttl != ttl)
			fault(&w->sink, "rrsig-orig-ttl", n, set->type, s.tag, rr->line,
				"original TTL %u, TTL %u: the signature does not verify", s.original_ttl, ttl);
		return;
	}
	if (ttl > s.original_ttl)
		fault(&w->sink, "rrsig-orig-ttl", n, set->type, s.tag, rr->line, "TTL %u above the original %u",
			ttl, s.original_ttl);
	else if (rr->ttl != ttl)
		fault(&w->sink, "rrsig-ttl-mismatch", n, set->type, s.tag, rr->line, "TTL %u, its records %u",
			rr->ttl, ttl);
}

static bool
ds_names(const struct verify *v, unsigned alg)
{
	for (size_t i = 0; i < v->o->n_ds; i++)
		if (v->o->ds[i]->rdlen > 2 && v->o->ds[i]->rdata[2] == alg)
			return true;
	return false;
}

/* One verdict a set, from the best of its signatures. */
static void
judge_set(struct worker *w, const struct znode *n, const struct zset *set, struct set_state *st)
{
	uint16_t t = set->type;
	uint32_t line = zset_line(w->v->z, set);
	const char *nothing = t == T_DNSKEY && n == w->v->z->apex_node ? "dnskey-unsigned"
		: t == T_NSEC ? "nsec-rrsig-missing-or-bad"
		: t == T_NSEC3 ? "nsec3-rrsig-missing" : "rrsig-missing";
	const char *bad = t == T_DNSKEY ? "dnskey-rrsig-invalid" : t == T_NSEC
		? "nsec-rrsig-missing-or-bad" : t == T_NSEC3 ? "nsec3-rrsig-invalid" : "rrsig-invalid";

	if (set->nsig == 0) {
		w->count.sets_unsigned++;
		fault(&w->sink, nothing, n, t, -1, line, "no RRSIG");
	} else if (st->good) {
		w->count.sets_ok++;
		if (t == T_DNSKEY)
			w->dnskey_good = true;
		uint32_t lacking = w->v->algs & ~st->algs;
		for (unsigned a = 0; a < 32; a++)
			if (lacking >> a & 1)
				/* Only validators that want every algorithm of the DS set refuse it. */
				fault_as(&w->sink, ds_names(w->v, a) ? FAULT_HIGH : FAULT_INFO, "algorithm-incomplete", n, t, -1, line,
					"no valid signature of %s, which is in the DNSKEY set",
					algorithm_name((uint8_t)a));
	} else if (st->expired) {
		w->count.sets_expired++;
		fault(&w->sink, t == T_DNSKEY ? "rrsig-expired-dnskey" : "rrsig-expired-partial", n, t, -1, line,
			"no signature that has not expired%s", st->bad ? " (and it does not verify)" : "");
	} else if (st->future || st->reversed || st->wrong)
		w->count.sets_future++;
	else if (st->bad) {
		w->count.sets_bad++;
		fault(&w->sink, bad, n, t, -1, line, "the signature does not verify");
	} else if (st->unknown) {
		w->count.sets_bad++;
		if (st->absent)
			st->absent->sets++;
		fault(&w->sink, st->other_alg ? "rrsig-alg-mismatch" : "rrsig-unknown-key", n, t, -1, line,
			st->other_alg ? "the key of that tag is of another algorithm"
			: "signed only by keys that are not here");
	}
}

static void
do_node(struct worker *w, const struct znode *n)
{
	const struct zone *z = w->v->z;

	for (size_t i = 0; i < n->nsets; i++) {
		const struct zset *s = &z->sets[n->first_set + i];
		bool must = set_is_signed(z, n, s);
		if (s->type == T_RRSIG && s->nsig)
			fault(&w->sink, "rrsig-over-rrsig", n, T_RRSIG, -1, z->rrs[s->first + s->n]->line,
				"a signature over signatures");
		else if (s->n == 0 && s->nsig && !(n->flags & (ZNODE_BELOW | ZNODE_OUT)) &&
			node_was_read(z, n))
			fault(&w->sink, "rrsig-orphan-type", n, s->type, -1, z->rrs[s->first]->line,
				"a signature over a type that is not here");
		if (!must)
			continue;
		struct set_state st = { 0 };
		for (uint32_t k = 0; k < s->nsig && k < SIGS_PER_SET; k++)
			judge_sig(w, n, s, z->rrs[s->first + s->n + k], &st);
		if (s->nsig > SIGS_PER_SET)
			fault(&w->sink, "validator-work-limits", n, s->type, -1, zset_line(z, s),
				"%u signatures over one set", s->nsig);
		judge_set(w, n, s, &st);
	}
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	const struct zone *z = w->v->z;

	for (size_t i = 0; i < w->v->n_keys; i++) {
		const struct zrr *rr = w->v->keys[i].rr;
		if (w->v->keys[i].usable)
			w->keys[i] = pubkey_new(&w->v->keys[i].k, NULL);
		if (w->v->o->cache)
			sighash_key(&w->hash, w->key_id[i], rr->rdata, rr->rdlen);
	}
	for (;;) {
		size_t at = atomic_fetch_add(w->next, CHUNK);
		if (at >= z->n_nodes)
			break;
		size_t end = at + CHUNK < z->n_nodes ? at + CHUNK : z->n_nodes;
		for (; at < end; at++)
			do_node(w, &z->nodes[at]);
	}
	return NULL;
}

static void
merge(struct verify *v, struct worker *w)
{
	for (size_t i = 0; i < w->sink.list.n; i++) {
		struct zone_fault f = w->sink.list.v[i];
		if (v->sink.list.n >= FAULTS_KEPT) {
			v->sink.dropped++;
			continue;
		}
		f.detail = arena_strdup(v->sink.arena, f.detail);
		arena_push(v->sink.arena, &v->sink.list, f);
	}
	v->sink.dropped += w->sink.dropped;
	struct sig_counts *a = &v->count, *b = &w->count;
	a->sigs += b->sigs;
	a->good += b->good;
	a->bad += b->bad;
	a->expired += b->expired;
	a->future += b->future;
	a->unknown += b->unknown;
	a->computed += b->computed;
	a->sets_expired += b->sets_expired;
	a->sets_ok += b->sets_ok;
	a->sets_future += b->sets_future;
	a->sets_unsigned += b->sets_unsigned;
	a->sets_bad += b->sets_bad;
	if (b->longest > a->longest)
		a->longest = b->longest;
	if (b->first_expiration < a->first_expiration)
		a->first_expiration = b->first_expiration;
	for (size_t i = 0; i < v->n_keys; i++) {
		v->keys[i].key_sigs |= w->key_sigs[i] & KEYSIG_OF_KEYS;
		v->keys[i].used |= (w->key_sigs[i] & KEYSIG_USED) != 0;
		v->keys[i].signs_keys |= (w->key_sigs[i] & KEYSIG_GOOD) != 0;
		v->keys[i].signs_cds |= (w->key_sigs[i] & KEYSIG_CDS) != 0;
		pubkey_free(w->keys[i]);
	}
	for (size_t i = 0; i < w->absent.n; i++) {
		const struct absent_key *from = &w->absent.v[i];
		struct absent_key *to = absent_find(&v->absent, from->tag, from->alg);
		if (!to)
			continue;
		to->soa |= from->soa;
		to->keys |= from->keys;
		to->sets += from->sets;
		if (!to->line || from->line < to->line)
			to->line = from->line;
	}
	v->dnskey_good |= w->dnskey_good;
	arena_free(w->sink.arena);
	free(w->keys);
	free(w->key_sigs);
	free(w->key_id);
	free(w->buf.p);
	if (v->o->cache)
		sighash_end(&w->hash);
}

/* Nothing but expired sets is one fault; so is a zone that nobody signed. */
static void
widen(struct verify *v)
{
	const struct sig_counts *c = &v->count;
	bool all = c->sets_expired && !c->sets_ok && !c->sets_future && !c->sets_bad;

	for (size_t i = 0; all && i < v->sink.list.n; i++) {
		struct zone_fault *f = &v->sink.list.v[i];
		/* The three stand one after the other in the catalogue. */
		size_t up = strcmp(f->id, "rrsig-expired-partial") == 0 ? 2
			: strcmp(f->id, "rrsig-expired-dnskey") == 0 ? 1 : 0;
		if (up) {
			f->id = "rrsig-expired";
			f->rank -= up;
		}
	}
}

void
verify_sigs(struct verify *v)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = v->o->threads ? v->o->threads : cores > 0 ? (unsigned)cores : 1;
	struct worker w[THREADS_MAX] = { 0 };
	pthread_t id[THREADS_MAX];
	bool started[THREADS_MAX] = { false };
	atomic_size_t next = 0;

	if (n > THREADS_MAX)
		n = THREADS_MAX;
	if (v->z->n_nodes < 4 * CHUNK)
		n = 1;
	for (unsigned i = 0; i < n; i++) {
		w[i] = (struct worker){ .v = v, .next = &next, .sink.arena = arena_new(),
			.count.first_expiration = TIME_NEVER,
			.keys = calloc(v->n_keys + 1, sizeof *w[i].keys),
			.key_sigs = calloc(v->n_keys + 1, sizeof *w[i].key_sigs),
			.key_id = calloc(v->n_keys + 1, sizeof *w[i].key_id) };
		if (!w[i].keys || !w[i].key_sigs || !w[i].key_id ||
			(v->o->cache && !sighash_begin(&w[i].hash)))
			abort();
		started[i] = i + 1 < n && pthread_create(&id[i], NULL, work, &w[i]) == 0;
	}
	work(&w[n - 1]);
	for (unsigned i = 0; i < n; i++) {
		if (started[i])
			pthread_join(id[i], NULL);
		merge(v, &w[i]);
	}
	widen(v);
}
