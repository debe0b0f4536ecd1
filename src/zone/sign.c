#include "zone/sign.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pages.h"
#include "zone/denial.h"
#include "zone/pool.h"
#include "zone/rrset.h"
#include "zone/verify_int.h"

#define KEYS_MAX 64u
#define CHUNK 64u
#define ITERATIONS_MAX 500u

const struct sign_opts sign_defaults = { .inception = 3600, .validity = 30 * 86400, .jitter = 86400,
	.refresh = 30 * 86400 / 4, .serial = SIGN_SERIAL_INCREMENT };

/* One signature to keep or to make. */
struct job {
	uint32_t node, set;
	uint16_t key;
	bool kept;
	struct zrr *rr; /* the one that may be kept, then the one that is used */
};

struct hand { /* one thread's own */
	struct privkey *priv[KEYS_MAX];
	struct pubkey *pub[KEYS_MAX];
	struct sighash hash;
	struct octets buf;
	struct zone_block *blocks;
	uint64_t made, kept, checked;
	struct err e;
};

struct sign {
	const struct zone *in;
	const struct sign_opts *o; /* &opts */
	struct sign_opts opts;
	struct sign_key keys[KEYS_MAX];
	struct sign_result *r;
	struct zone *u; /* body with its chain, then with signatures */
	struct job *jobs;
	size_t n_jobs, cap_jobs;
	struct hand hand[POOL_MAX];
	uint8_t key_id[KEYS_MAX][SIGCACHE_ID];
	uint32_t negative_ttl;
	atomic_bool stop, cancelled;
	atomic_uint_least64_t done;
	pthread_mutex_t lock;
	struct err *e;
};

static bool
no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "sign", "malloc", "", "no memory");
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v & 0xffff);
}

/* Tells the progress; false when it says to stop. One thread at a time; others go on with their work. */
static bool
tell(struct sign *s, enum sign_phase phase, uint64_t done, uint64_t total)
{
	bool go_on = true;

	if (!s->o->progress || pthread_mutex_trylock(&s->lock) != 0)
		return !atomic_load(&s->stop);
	if (!atomic_load(&s->stop) && !(go_on = s->o->progress(s->o->ctx, phase, done, total))) {
		atomic_store(&s->cancelled, true);
		atomic_store(&s->stop, true);
	}
	pthread_mutex_unlock(&s->lock);
	return go_on && !atomic_load(&s->stop);
}

static bool
cancelled(struct err *e)
{
	return err_set(e, ERR_LIMIT, "sign", "cancelled", "", "stopped before the end; nothing was written");
}

/* ---- serial ---- */

uint32_t
sign_next_serial(uint32_t before, enum sign_serial policy, int64_t at)
{
	uint32_t want = before + 1;
	char day[40];

	if (policy == SIGN_SERIAL_UNIXTIME)
		want = (uint32_t)at;
	else if (policy == SIGN_SERIAL_DATE) {
		clock_utc(day, sizeof day, at, "%Y%m%d00");
		want = (uint32_t)strtoul(day, NULL, 10);
	}
	/* A policy that would go back increments (RFC 1982): a lower serial is never transferred. */
	return serial_cmp(want, before, NULL) > 0 ? want : before + 1;
}

static uint32_t
new_serial(struct sign *s, const struct soa *soa)
{
	uint32_t above = s->r->serial_before = soa->serial;
	struct soa other;

	if (s->o->previous && zone_soa(s->o->previous, &other, NULL) &&
		serial_cmp(other.serial, above, NULL) > 0)
		above = s->r->serial_before = other.serial;
	if (s->o->have_serial_above && serial_cmp(s->o->serial_above, above, NULL) > 0)
		above = s->o->serial_above;
	return sign_next_serial(above, s->o->serial, s->o->at);
}

/* ---- the data: what the signed zone holds beside chain and signatures ---- */

static bool
same_rdata(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
	return na == nb && memcmp(a, b, na) == 0;
}

static const struct sign_key *
key_by_rdata(const struct sign_opts *o, const uint8_t *rdata, size_t n)
{
	for (size_t i = 0; i < o->n_keys; i++)
		if (same_rdata(o->keys[i].dnskey, o->keys[i].dnskey_len, rdata, n))
			return &o->keys[i];
	return NULL;
}

static bool
put(struct sign *s, struct zone_builder *b, uint16_t type, uint32_t ttl, const uint8_t *rdata, size_t n)
{
	return zone_builder_add(b, s->in->apex.wire, s->in->apex.len, type, ttl, rdata, (uint16_t)n, s->e);
}

static bool
put_soa(struct sign *s, struct zone_builder *b)
{
	const struct zset *set = zone_apex_set(s->in, T_SOA);
	const struct zrr *rr = s->in->rrs[set->first];
	uint8_t *rdata = malloc(rr->rdlen);
	struct soa soa;
	uint32_t ttl = zset_ttl(s->in, set);

	if (!rdata || !soa_parse(rr->rdata, rr->rdlen, &soa)) {
		free(rdata);
		return no_memory(s->e);
	}
	memcpy(rdata, rr->rdata, rr->rdlen);
	s->r->serial = new_serial(s, &soa);
	put32(rdata + rr->rdlen - 20, s->r->serial);
	s->negative_ttl = ttl < soa.minimum ? ttl : soa.minimum; /* RFC 9077 */
	bool ok = put(s, b, T_SOA, ttl, rdata, rr->rdlen);
	free(rdata);
	return ok;
}

/* Keys of others that stand in the zone stay there: who signs decides for its own only. */
static bool
put_dnskeys(struct sign *s, struct zone_builder *b, uint32_t *ttl)
{
	const struct zset *set = zone_apex_set(s->in, T_DNSKEY), *soa = zone_apex_set(s->in, T_SOA);
	bool ok = true;

	*ttl = set ? zset_ttl(s->in, set) : s->o->dnskey_ttl ? s->o->dnskey_ttl : zset_ttl(s->in, soa);
	for (uint32_t i = 0; set && ok && i < set->n; i++) {
		const struct zrr *rr = s->in->rrs[set->first + i];
		if (!key_by_rdata(s->o, rr->rdata, rr->rdlen))
			ok = put(s, b, T_DNSKEY, *ttl, rr->rdata, rr->rdlen);
	}
	for (size_t i = 0; ok && i < s->o->n_keys; i++)
		if (s->o->keys[i].publish)
			ok = put(s, b, T_DNSKEY, *ttl, s->o->keys[i].dnskey, s->o->keys[i].dnskey_len);
	return ok;
}

/* Does the CDS or CDNSKEY RDATA stand for DNSKEY RDATA K? */
static bool
cds_names(const struct sign *s, uint16_t type, const uint8_t *p, size_t n, const uint8_t *k, size_t kn)
{
	uint8_t digest[64];
	struct ds d;

	if (type == T_CDNSKEY)
		return same_rdata(p, n, k, kn);
	if (!ds_parse(p, n, &d))
		return false;
	size_t len = ds_digest(&s->in->apex, k, kn, d.digest_type, digest);
	return len && same_rdata(d.digest, d.digest_len, digest, len);
}

/* CDS and CDNSKEY follow DNSKEY: one that names a key which is not there any more must go. */
static bool
cds_stays(const struct sign *s, uint16_t type, const struct zrr *rr)
{
	const struct zset *set = zone_apex_set(s->in, T_DNSKEY);
	size_t alg_at = type == T_CDS ? 2 : 3;

	if (rr->rdlen > alg_at && rr->rdata[alg_at] == 0)
		return true; /* RFC 8078 4: "delete" */
	for (size_t i = 0; i < s->o->n_keys; i++) {
		const struct sign_key *k = &s->o->keys[i];
		if (cds_names(s, type, rr->rdata, rr->rdlen, k->dnskey, k->dnskey_len))
			return k->publish && k->cds != SIGN_CDS_REMOVE;
	}
	for (uint32_t i = 0; set && i < set->n; i++) {
		const struct zrr *k = s->in->rrs[set->first + i];
		if (cds_names(s, type, rr->rdata, rr->rdlen, k->rdata, k->rdlen))
			return true;
	}
	return false;
}

static bool
put_cds(struct sign *s, struct zone_builder *b, uint16_t type, uint32_t dnskey_ttl)
{
	const struct zset *set = zone_apex_set(s->in, type);
	uint32_t ttl = set ? zset_ttl(s->in, set) : dnskey_ttl;
	bool ok = true;

	for (uint32_t i = 0; set && ok && i < set->n; i++) {
		const struct zrr *rr = s->in->rrs[set->first + i];
		if (cds_stays(s, type, rr))
			ok = put(s, b, type, ttl, rr->rdata, rr->rdlen);
	}
	for (size_t i = 0; ok && i < s->o->n_keys; i++) {
		const struct sign_key *k = &s->o->keys[i];
		if (!k->publish || k->cds != SIGN_CDS_PUBLISH)
			continue;
		if (type == T_CDNSKEY) {
			ok = put(s, b, type, ttl, k->dnskey, k->dnskey_len);
			continue;
		}
		uint8_t ds[4 + 64];
		put16(ds, k->tag);
		ds[2] = k->alg;
		ds[3] = 2; /* SHA-256 */
		size_t n = ds_digest(&s->in->apex, k->dnskey, k->dnskey_len, 2, ds + 4);
		ok = n && put(s, b, type, ttl, ds, 4 + n);
	}
	return ok;
}

/* A placeholder of the right length: digest and serial are filled in when all else is signed. */
static bool
put_zonemd(struct sign *s, struct zone_builder *b)
{
	const struct zset *set = zone_apex_set(s->in, T_ZONEMD);
	bool ok = true, have[3] = { false };

	for (uint32_t i = 0; set && ok && i < set->n; i++) {
		const struct zrr *rr = s->in->rrs[set->first + i];
		uint8_t rdata[6 + 64] = { 0, 0, 0, 0, 1 };
		if (rr->rdlen < 6 || rr->rdata[4] != 1 || (rr->rdata[5] != 1 && rr->rdata[5] != 2) ||
			have[rr->rdata[5]])
			continue;
		have[rr->rdata[5]] = true;
		put32(rdata, s->r->serial);
		rdata[5] = rr->rdata[5];
		ok = put(s, b, T_ZONEMD, zset_ttl(s->in, set), rdata, rdata[5] == 1 ? 6 + 48 : 6 + 64);
	}
	return ok;
}

/* Which chain, and with which parameters. */
struct chain {
	bool nsec3, optout;
	uint8_t param[5 + 255];
	size_t param_len;
};

static void
choose_chain(struct sign *s, struct chain *c)
{
	const struct zset *p = zone_apex_set(s->in, T_NSEC3PARAM);
	const struct zrr *rr = p ? s->in->rrs[p->first] : NULL;
	static const uint8_t plain[5] = { 1, 0, 0, 0, 0 };

	*c = (struct chain){ .nsec3 = s->o->denial == SIGN_DENIAL_NSEC3 || s->o->denial == SIGN_DENIAL_OPTOUT,
		.optout = s->o->denial == SIGN_DENIAL_OPTOUT, .param_len = 5 };
	memcpy(c->param, plain, 5);
	if (s->o->denial != SIGN_DENIAL_KEEP || !rr || rr->rdlen < 5 || rr->rdata[0] != 1 ||
		rr->rdlen != 5u + rr->rdata[4])
		return;
	c->nsec3 = true;
	memcpy(c->param, rr->rdata, rr->rdlen);
	c->param[1] = 0;
	c->param_len = rr->rdlen;
	for (size_t i = 0; i < s->in->n_nodes && !c->optout; i++) {
		const struct zset *set = s->in->nodes[i].flags & ZNODE_NSEC3
			? znode_set(s->in, &s->in->nodes[i], T_NSEC3) : NULL;
		for (uint32_t k = 0; set && k < set->n; k++)
			c->optout |= s->in->rrs[set->first + k]->rdlen > 1 && s->in->rrs[set->first + k]->rdata[1] & 1;
	}
}

/* Validators refuse many iterations, and each costs every name a hash (RFC 9276 3.1). */
static bool
check_chain(const struct sign *s, const struct chain *c)
{
	unsigned n = (unsigned)c->param[2] << 8 | c->param[3];

	return n <= ITERATIONS_MAX || err_set(s->e, ERR_LIMIT, "NSEC3PARAM", "RFC 9276 3.1",
		"no iterations (ask for nsec3 anew)", "%u", n);
}

static bool
is_made_here(uint16_t type)
{
	return type == T_RRSIG || type == T_NSEC || type == T_NSEC3;
}

static bool
is_apex_work(uint16_t type)
{
	return type == T_SOA || type == T_DNSKEY || type == T_CDS || type == T_CDNSKEY || type == T_ZONEMD ||
		type == T_NSEC3PARAM;
}

static bool
copy_set(struct sign *s, struct zone_builder *b, const struct znode *n, const struct zset *set)
{
	for (uint32_t i = 0; i < set->n; i++) {
		struct zrr *rr = s->in->rrs[set->first + i];
		bool ok = set->flags & ZSET_TTL_MIXED /* RFC 2181 5.2: one TTL; validators use the smallest */
			? zone_builder_add(b, n->name, n->name_len, rr->type, zset_ttl(s->in, set), rr->rdata,
				  rr->rdlen, s->e)
			: zone_builder_ref(b, n, rr, s->e);
		if (!ok)
			return false;
	}
	return true;
}

/* With KEEP_CHAIN the apex' NSEC and NSEC3PARAM stay as they are. */
static bool
make_body(struct sign *s, const struct chain *c, bool keep_chain)
{
	struct zone_builder *b = zone_builder_new(&s->in->apex, 0);
	uint32_t dnskey_ttl;
	bool ok = b != NULL || no_memory(s->e);

	for (size_t i = 0; ok && i < s->in->n_nodes; i++) {
		const struct znode *n = &s->in->nodes[i];
		bool apex = n == s->in->apex_node;
		if (n->flags & ZNODE_OUT)
			continue;
		for (size_t k = 0; ok && k < n->nsets; k++) {
			const struct zset *set = &s->in->sets[n->first_set + k];
			bool stays = keep_chain && (set->type == T_NSEC || set->type == T_NSEC3PARAM);
			if (set->n && (stays || (!is_made_here(set->type) && !(apex && is_apex_work(set->type)))))
				ok = copy_set(s, b, n, set);
		}
		if (apex)
			ok = ok && put_soa(s, b) && put_dnskeys(s, b, &dnskey_ttl) &&
				put_cds(s, b, T_CDS, dnskey_ttl) && put_cds(s, b, T_CDNSKEY, dnskey_ttl) &&
				put_zonemd(s, b) &&
				(!c->nsec3 || keep_chain || put(s, b, T_NSEC3PARAM, 0, c->param, c->param_len));
	}
	if (!ok) {
		zone_builder_free(b);
		return false;
	}
	s->r->body = zone_builder_finish(b, s->e);
	return s->r->body != NULL;
}

/* ---- the chain ---- */

static bool
copy_node(struct sign *s, struct zone_builder *b, const struct znode *n)
{
	const struct zone *z = s->r->body;

	for (size_t k = 0; k < n->nsets; k++) {
		const struct zset *set = &z->sets[n->first_set + k];
		for (uint32_t i = 0; i < set->n; i++)
			if (!zone_builder_ref(b, n, z->rrs[set->first + i], s->e))
				return false;
	}
	return true;
}

static const struct znode *
next_counted(const struct zone *z, const struct znode *n)
{
	for (size_t i = (size_t)(n - z->nodes) + 1; i < z->n_nodes; i++)
		if (node_counts(&z->nodes[i]))
			return &z->nodes[i];
	return z->apex_node;
}

static bool
add_nsec(struct sign *s, struct zone_builder *b)
{
	const struct zone *z = s->r->body;
	uint8_t rdata[NAME_MAX_WIRE + DENIAL_BITMAP_MAX];
	bool ok = true;

	for (size_t i = 0; ok && i < z->n_nodes; i++) {
		const struct znode *n = &z->nodes[i];
		ok = copy_node(s, b, n);
		if (!ok || !node_counts(n))
			continue;
		const struct znode *next = next_counted(z, n);
		memcpy(rdata, next->name, next->name_len);
		size_t len = next->name_len + denial_bitmap(z, n, true, rdata + next->name_len);
		ok = zone_builder_add(b, n->name, n->name_len, T_NSEC, s->negative_ttl, rdata, (uint16_t)len, s->e);
		s->r->chain++;
	}
	return ok;
}

static void
hash_label(uint8_t *out, const uint8_t h[20])
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuv";

	for (int g = 0; g < 4; g++) {
		uint64_t acc = 0;
		for (int i = 0; i < 5; i++)
			acc = acc << 8 | h[g * 5 + i];
		for (int i = 0; i < 8; i++)
			out[g * 8 + i] = (uint8_t)set[acc >> (35 - 5 * i) & 31];
	}
}

static bool
add_nsec3(struct sign *s, struct zone_builder *b, const struct chain *c)
{
	const struct zone *z = s->r->body;
	uint8_t rdata[5 + 255 + 21 + DENIAL_BITMAP_MAX], owner[33 + NAME_MAX_WIRE];
	size_t n = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < z->n_nodes; i++)
		ok = copy_node(s, b, &z->nodes[i]);
	if (!ok || z->apex.len + 33u > NAME_MAX_WIRE)
		return ok && err_set(s->e, ERR_LIMIT, "NSEC3", "RFC 5155 3", "an apex that leaves room for a hash",
			"a longer one");
	struct denial_hash *h = denial_hashes(z, (uint16_t)(c->param[2] << 8 | c->param[3]), c->param + 5,
		c->param[4], c->optout, s->o->threads, &n);
	if (!h)
		return no_memory(s->e);
	memcpy(rdata, c->param, c->param_len);
	rdata[1] = c->optout;
	rdata[c->param_len] = 20;
	owner[0] = 32;
	memcpy(owner + 33, z->apex.wire, z->apex.len);
	for (size_t i = 0; ok && i < n; i++) {
		size_t len = c->param_len + 21;
		memcpy(rdata + c->param_len + 1, h[(i + 1) % n].h, 20);
		len += denial_bitmap(z, h[i].data, false, rdata + len);
		hash_label(owner + 1, h[i].h);
		ok = zone_builder_add(b, owner, 33u + z->apex.len, T_NSEC3, s->negative_ttl, rdata, (uint16_t)len,
			s->e);
	}
	s->r->chain = n;
	free(h);
	return ok;
}

static bool
make_chain(struct sign *s, const struct chain *c)
{
	struct zone_builder *b = zone_builder_new(&s->in->apex, 0);
	bool ok = b ? c->nsec3 ? add_nsec3(s, b, c) : add_nsec(s, b) : no_memory(s->e);

	if (!ok) {
		zone_builder_free(b);
		return false;
	}
	s->r->nsec3 = c->nsec3;
	s->r->optout = c->optout;
	s->u = zone_builder_finish(b, s->e);
	return s->u != NULL;
}

/* ---- which signatures ---- */

static bool
key_signs(const struct sign_key *k, uint16_t type, bool apex)
{
	bool keys = apex && (type == T_DNSKEY || type == T_CDS || type == T_CDNSKEY);

	return k->key && k->publish && (keys ? k->signs_keys : k->signs_data);
}

static bool
same_set(const struct zone *a, const struct zset *x, const struct zone *b, const struct zset *y)
{
	if (x->n != y->n || (x->flags | y->flags) & ZSET_TTL_MIXED)
		return false;
	for (uint32_t i = 0; i < x->n; i++) {
		const struct zrr *p = a->rrs[x->first + i], *q = b->rrs[y->first + i];
		if (p != q && (p->ttl != q->ttl || !same_rdata(p->rdata, p->rdlen, q->rdata, q->rdlen)))
			return false;
	}
	return true;
}

static unsigned
labels_of(const uint8_t *name)
{
	unsigned n = 0;

	for (const uint8_t *p = name; *p; p += *p + 1)
		n++;
	return n - (name[0] == 1 && name[1] == '*');
}

/* A signature of SET at OWNER in zone Z, which has the same records, by K that serves until the refresh. */
static struct zrr *
find_kept(const struct sign *s, const struct zone *z, const uint8_t *owner, const struct zset *set,
	const struct sign_key *k)
{
	int64_t at = s->o->at;

	for (uint32_t i = 0; i < set->nsig; i++) {
		struct zrr *rr = z->rrs[set->first + set->n + i];
		struct rrsig g;
		if (!rrsig_parse(rr->rdata, rr->rdlen, &g) || g.tag != k->tag || g.alg != k->alg ||
			g.original_ttl != z->rrs[set->first]->ttl || g.labels != labels_of(owner) || !name_equal(&g.signer, &s->in->apex))
			continue;
		int64_t until = clock_from_rrsig(g.expiration, at), from = clock_from_rrsig(g.inception, at);
		if (from <= at && until > at + s->o->refresh && rr->ttl == g.original_ttl)
			return rr;
	}
	return NULL;
}

static bool
push_job(struct sign *s, struct job j)
{
	if (s->n_jobs == s->cap_jobs) {
		size_t cap = s->cap_jobs ? s->cap_jobs + s->cap_jobs / 2 : s->u->n_sets + 64;
		struct job *v = pages_grow(s->jobs, s->cap_jobs * sizeof *v, cap * sizeof *v);
		if (!v)
			return no_memory(s->e);
		s->jobs = v;
		s->cap_jobs = cap;
	}
	s->jobs[s->n_jobs++] = j;
	return true;
}

/* The node of the same name in Z; *AT moves along with the sorted names. */
static const struct znode *
beside(const struct zone *z, size_t *at, const struct znode *n)
{
	int d = -1;

	while (z && *at < z->n_nodes && (d = wire_name_cmp(z->nodes[*at].name, n->name)) < 0)
		++*at;
	return z && *at < z->n_nodes && d == 0 ? &z->nodes[*at] : NULL;
}

static bool
plan_jobs(struct sign *s)
{
	const struct zone *olds[2] = { s->in, s->o->previous };
	size_t at[2] = { 0, 0 };

	for (size_t i = 0; i < s->u->n_nodes; i++) {
		const struct znode *n = &s->u->nodes[i], *old[2];
		for (int w = 0; w < 2; w++)
			old[w] = beside(olds[w], &at[w], n);
		for (size_t k = 0; k < n->nsets; k++) {
			const struct zset *set = &s->u->sets[n->first_set + k];
			if (!set_is_signed(s->u, n, set))
				continue;
			const struct zset *same[2] = { NULL, NULL };
			for (int w = 0; w < 2; w++) {
				const struct zset *o = old[w] ? znode_set(olds[w], old[w], set->type) : NULL;
				if (o && o->nsig && same_set(olds[w], o, s->u, set))
					same[w] = o;
			}
			for (size_t key = 0; key < s->o->n_keys; key++) {
				if (!key_signs(&s->o->keys[key], set->type, n == s->u->apex_node))
					continue;
				struct job j = { (uint32_t)i, n->first_set + (uint32_t)k, (uint16_t)key, false, NULL };
				for (int w = 0; w < 2 && !j.rr && set->type != T_ZONEMD; w++)
					if (same[w])
						j.rr = find_kept(s, olds[w], n->name, same[w], &s->o->keys[key]);
				if (!push_job(s, j))
					return false;
			}
		}
	}
	return true;
}

/* ---- making them ---- */

/* The end of the validity differs by owner and type, so that not everything is due at one moment. */
static int64_t
jitter_of(const struct sign *s, const struct znode *n, uint16_t type)
{
	uint64_t h = 14695981039346656037u ^ type;

	if (s->o->jitter <= 0)
		return 0;
	for (size_t i = 0; i < n->name_len; i++)
		h = (h ^ n->name[i]) * 1099511628211u;
	return (int64_t)((h ^ h >> 29) % (uint64_t)s->o->jitter);
}

static bool
make_sig(struct sign *s, struct hand *h, struct job *j)
{
	const struct znode *n = &s->u->nodes[j->node];
	const struct zset *set = &s->u->sets[j->set];
	const struct sign_key *k = &s->o->keys[j->key];
	uint8_t head[18 + NAME_MAX_WIRE], sig[1024];
	uint32_t ttl = s->u->rrs[set->first]->ttl;

	put16(head, set->type);
	head[2] = k->alg;
	head[3] = (uint8_t)labels_of(n->name);
	put32(head + 4, ttl);
	put32(head + 8, (uint32_t)(s->o->at + s->o->validity - jitter_of(s, n, set->type)));
	put32(head + 12, (uint32_t)(s->o->at - s->o->inception));
	put16(head + 16, k->tag);
	memcpy(head + 18, s->u->apex.wire, s->u->apex.len);
	size_t len = 18u + s->u->apex.len;
	h->buf.n = 0;
	if (!zset_signed_data(s->u, n, set, head, len, &h->buf))
		return no_memory(&h->e);
	size_t siglen = privkey_sign(h->priv[j->key], h->buf.p, h->buf.n, sig, &h->e);
	if (!siglen || !(j->rr = zrr_new(&h->blocks, T_RRSIG, ttl, (uint16_t)(len + siglen))))
		return siglen ? no_memory(&h->e) : false;
	memcpy(j->rr->rdata, head, len);
	memcpy(j->rr->rdata + len, sig, siglen);
	h->made++;
	return true;
}

/* Is the old signature really one over this set by this key? The text may have been edited. */
static bool
check_kept(struct sign *s, struct hand *h, const struct job *j)
{
	const struct zrr *rr = j->rr;
	size_t prefix = 18 + wire_name_len(rr->rdata + 18);
	uint8_t id[SIGCACHE_ID];

	h->buf.n = 0;
	if (!zset_signed_data(s->u, &s->u->nodes[j->node], &s->u->sets[j->set], rr->rdata, prefix, &h->buf))
		return false;
	const uint8_t *sig = rr->rdata + prefix;
	size_t siglen = rr->rdlen - prefix;
	if (s->o->cache) {
		sighash_sig(&h->hash, id, s->key_id[j->key], h->buf.p, h->buf.n, sig, siglen);
		if (sigcache_has(s->o->cache, id))
			return true;
	}
	h->checked++;
	bool good = h->pub[j->key] &&
		pubkey_verify(h->pub[j->key], h->buf.p, h->buf.n, sig, siglen) == CRYPTO_GOOD;
	if (good && s->o->cache)
		sigcache_add(s->o->cache, id);
	return good;
}

static void
do_jobs(void *ctx, unsigned worker, size_t begin, size_t end)
{
	struct sign *s = ctx;
	struct hand *h = &s->hand[worker];

	for (size_t i = begin; i < end && !atomic_load_explicit(&s->stop, memory_order_relaxed); i++) {
		struct job *j = &s->jobs[i];
		if (s->u->sets[j->set].type == T_ZONEMD)
			continue; /* last of all */
		if (j->rr && check_kept(s, h, j)) {
			j->kept = true;
			h->kept++;
		} else if (!make_sig(s, h, j))
			atomic_store(&s->stop, true);
	}
	uint64_t done = atomic_fetch_add(&s->done, end - begin) + (end - begin);
	tell(s, SIGN_SIGN, done, s->n_jobs);
}

static bool
arm(struct sign *s, unsigned threads)
{
	for (unsigned t = 0; t < threads; t++) {
		struct hand *h = &s->hand[t];
		if (!sighash_begin(&h->hash))
			return err_set(s->e, ERR_UNSUPPORTED, "sign", "SHA-256", "", "refused by libcrypto");
		for (size_t i = 0; i < s->o->n_keys; i++) {
			const struct sign_key *k = &s->o->keys[i];
			struct dnskey d;
			if (!k->key)
				continue;
			if (!(h->priv[i] = privkey_dup(k->key, s->e)))
				return false;
			if (dnskey_parse(k->dnskey, k->dnskey_len, &d))
				h->pub[i] = pubkey_new(&d, NULL);
			if (t == 0)
				sighash_key(&h->hash, s->key_id[i], k->dnskey, k->dnskey_len);
		}
	}
	return true;
}

static void
disarm(struct sign *s)
{
	for (unsigned t = 0; t < POOL_MAX; t++) {
		struct hand *h = &s->hand[t];
		for (size_t i = 0; i < KEYS_MAX; i++) {
			privkey_free(h->priv[i]);
			pubkey_free(h->pub[i]);
		}
		sighash_end(&h->hash);
		free(h->buf.p);
		if (s->u)
			zone_adopt(s->u, h->blocks);
		s->r->made += h->made;
		s->r->kept += h->kept;
		s->r->checked += h->checked;
	}
}

static bool
attach(struct sign *s)
{
	struct zone_sig *v = pages_new((s->n_jobs + 1) * sizeof *v);
	size_t n = 0;

	if (!v)
		return no_memory(s->e);
	for (size_t i = 0; i < s->n_jobs; i++)
		if (s->jobs[i].rr)
			v[n++] = (struct zone_sig){ s->jobs[i].set, s->jobs[i].rr };
	bool ok = zone_attach(s->u, v, n, s->e);
	pages_free(v, (s->n_jobs + 1) * sizeof *v);
	return ok;
}

/* The digest covers all but itself, so it comes last (RFC 8976 3.3); then its own signatures. */
static bool
finish_zonemd(struct sign *s)
{
	const struct zset *set = zone_apex_set(s->u, T_ZONEMD);
	uint8_t out[64];

	if (!set)
		return true;
	if (!tell(s, SIGN_ZONEMD, 0, 1))
		return cancelled(s->e);
	for (uint32_t i = 0; i < set->n; i++) {
		struct zrr *rr = s->u->rrs[set->first + i];
		size_t n = zone_digest(s->u, rr->rdata[5], out);
		if (n != rr->rdlen - 6u)
			return err_set(s->e, ERR_UNSUPPORTED, "ZONEMD", "RFC 8976", "a digest", "none");
		memcpy(rr->rdata + 6, out, n);
	}
	for (size_t i = 0; i < s->n_jobs; i++)
		if (s->u->sets[s->jobs[i].set].type == T_ZONEMD && !make_sig(s, &s->hand[0], &s->jobs[i])) {
			*s->e = s->hand[0].e;
			return false;
		}
	return attach(s);
}

static bool
make_all(struct sign *s)
{
	unsigned threads = pool_threads(s->o->threads, s->n_jobs);
	struct err none;

	if (!s->e)
		s->e = &none;
	bool ok = arm(s, threads);
	if (ok) {
		pool_run(threads, s->n_jobs, CHUNK, do_jobs, s);
		for (unsigned t = 0; t < threads && ok; t++)
			if (s->hand[t].e.code) {
				*s->e = s->hand[t].e;
				ok = false;
			}
		if (ok && atomic_load(&s->cancelled))
			ok = cancelled(s->e);
	}
	return ok && attach(s) && finish_zonemd(s);
}

/* ---- the whole ---- */

/* Keys that leave: those of the list, and those that only the zone has. */
static bool
apply_without(struct sign *s, uint16_t tag)
{
	const struct zset *set = zone_apex_set(s->in, T_DNSKEY);
	size_t n = s->opts.n_keys;
	unsigned found = 0;

	for (size_t i = 0; i < n; i++)
		if (s->keys[i].tag == tag) {
			s->keys[i].publish = false;
			found++;
		}
	for (uint32_t i = 0; set && i < set->n; i++) {
		const struct zrr *rr = s->in->rrs[set->first + i];
		if (rr->rdlen < 5 || dnskey_tag(rr->rdata, rr->rdlen) != tag ||
			key_by_rdata(&s->opts, rr->rdata, rr->rdlen))
			continue;
		if (s->opts.n_keys == KEYS_MAX)
			return err_set(s->e, ERR_LIMIT, "keys", "number of keys", "", "more than %u", KEYS_MAX);
		s->keys[s->opts.n_keys++] = (struct sign_key){ .dnskey = rr->rdata, .dnskey_len = rr->rdlen,
			.tag = tag, .alg = rr->rdata[3] };
		found++;
	}
	return found == 1 || err_set(s->e, found ? ERR_ARG : ERR_NOT_FOUND, "key to take out", "key tag",
		"one key of this tag", "%u keys of tag %u", found, tag);
}

static bool
take_keys(struct sign *s, const struct sign_opts *o)
{
	bool ok = true;

	if (o->n_keys > KEYS_MAX)
		return err_set(s->e, ERR_LIMIT, "keys", "number of keys", "", "more than %u", KEYS_MAX);
	s->opts = *o;
	s->o = &s->opts;
	if (o->n_keys)
		memcpy(s->keys, o->keys, o->n_keys * sizeof *o->keys);
	s->opts.keys = s->keys;
	for (size_t i = 0; ok && i < o->n_without; i++)
		ok = apply_without(s, o->without[i]);
	return ok;
}

static bool
check_keys(const struct sign *s)
{
	const struct sign_opts *o = s->o;
	uint8_t have[256] = { 0 };
	bool keys = false, data = false;

	for (size_t i = 0; i < o->n_keys; i++) {
		const struct sign_key *k = &o->keys[i];
		if (!k->key || !k->publish)
			continue;
		have[k->alg] |= (uint8_t)((k->signs_keys ? 1 : 0) | (k->signs_data ? 2 : 0));
		keys |= k->signs_keys;
		data |= k->signs_data;
	}
	if (!keys)
		return err_set(s->e, ERR_ARG, "keys", "RFC 4035 2.1", "an active key that signs DNSKEY (KSK)",
			"none");
	if (!data)
		return err_set(s->e, ERR_ARG, "keys", "RFC 4035 2.2", "an active key that signs the data (ZSK)",
			"none: the DNSKEY set alone would be signed");
	for (unsigned a = 0; a < 256; a++)
		if (have[a] == 1 || have[a] == 2)
			return err_set(s->e, ERR_ARG, "keys", "RFC 4035 2.2",
				"every algorithm to sign DNSKEY and data", "%s signs only %s", algorithm_name((uint8_t)a),
				have[a] == 1 ? "DNSKEY" : "data");
	return true;
}

static bool
check_input(const struct sign *s)
{
	const struct zset *soa = zone_apex_set(s->in, T_SOA);
	struct soa x;
	char name[NAME_MAX_TEXT];

	name_to_text(name, &s->in->apex);
	if (!soa || soa->n != 1)
		return err_set(s->e, ERR_ARG, name, "RFC 1035 5.2", "one SOA at the apex", "%u",
			soa ? soa->n : 0);
	if (!zone_soa(s->in, &x, NULL))
		return err_set(s->e, ERR_ARG, name, "RFC 1035 3.3.13", "an SOA", "one that cannot be read");
	for (size_t i = 0; i < s->in->n_problems; i++)
		return err_set(s->e, ERR_PARSE, s->in->problems[i].file, "zone file", "records",
			"line %u: %s", s->in->problems[i].line, s->in->problems[i].what);
	if (s->o->previous && !name_equal(&s->o->previous->apex, &s->in->apex))
		return err_set(s->e, ERR_ARG, name, "previous version", "the same zone", "another one");
	return true;
}

static void
count_dropped(struct sign *s)
{
	uint64_t all = 0;

	for (size_t i = 0; i < s->in->n_sets; i++)
		all += s->in->sets[i].nsig;
	s->r->dropped = all > s->r->kept ? all - s->r->kept : 0;
}

/* The chain lists types: with other types at the apex more than the apex changes. */
static bool
same_types(struct sign *s, bool nsec)
{
	uint8_t *a = malloc(2 * DENIAL_BITMAP_MAX), *b = a + DENIAL_BITMAP_MAX;

	if (!a)
		return no_memory(s->e);
	size_t na = denial_bitmap(s->in, s->in->apex_node, nsec, a);
	size_t nb = denial_bitmap(s->r->body, s->r->body->apex_node, nsec, b);
	bool same = same_rdata(a, na, b, nb);
	free(a);
	return same || err_set(s->e, ERR_UNSUPPORTED, "apex", "types at the apex", "the same", "others");
}

static bool
sign_apex(struct sign *s)
{
	struct chain c;

	if (s->in->n_nodes != 1 || !s->in->apex_node || zone_apex_set(s->in, T_ZONEMD))
		return err_set(s->e, ERR_UNSUPPORTED, "apex", "the apex alone", "no ZONEMD, no other names",
			"what covers the whole zone");
	choose_chain(s, &c);
	s->r->nsec3 = c.nsec3;
	if (!make_body(s, &c, true) || !same_types(s, !c.nsec3))
		return false;
	s->u = s->r->body;
	s->r->body = NULL;
	return plan_jobs(s) && make_all(s);
}

static struct sign_result *
run(const struct zone *in, const struct sign_opts *o, bool apex_only, struct err *e)
{
	struct err mine = { 0 };
	struct sign *s = calloc(1, sizeof *s);
	struct chain c;
	bool ok;

	if (!s || !(s->r = calloc(1, sizeof *s->r))) {
		free(s);
		no_memory(e);
		return NULL;
	}
	s->in = in;
	s->e = &mine;
	pthread_mutex_init(&s->lock, NULL);
	ok = take_keys(s, o) && check_keys(s) && check_input(s);
	if (ok && !tell(s, SIGN_PREPARE, 0, 1))
		ok = cancelled(s->e);
	if (ok && apex_only)
		ok = sign_apex(s);
	else if (ok) {
		choose_chain(s, &c);
		ok = check_chain(s, &c) && make_body(s, &c, false) && (tell(s, SIGN_CHAIN, 0, 1) || cancelled(s->e)) && make_chain(s, &c) &&
			plan_jobs(s) && make_all(s);
	}
	disarm(s);
	s->r->zone = s->u;
	count_dropped(s);
	pages_free(s->jobs, s->cap_jobs * sizeof *s->jobs);
	pthread_mutex_destroy(&s->lock);
	struct sign_result *r = s->r;
	if (!ok) {
		if (e)
			*e = mine;
		sign_free(r);
		r = NULL;
	}
	free(s);
	return r;
}

struct sign_result *
zone_sign(const struct zone *in, const struct sign_opts *o, struct err *e)
{
	return run(in, o, false, e);
}

struct sign_result *
zone_sign_apex(const struct zone *in, const struct sign_opts *o, struct err *e)
{
	return run(in, o, true, e);
}

void
sign_free(struct sign_result *r)
{
	if (!r)
		return;
	zone_free(r->zone);
	zone_free(r->body);
	free(r);
}
