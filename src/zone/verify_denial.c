/* verify: the NSEC and NSEC3 chains against the names and types of the zone. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "zone/denial.h"
#include "zone/verify_int.h"

#define ITERATIONS_MAX 500u
#define WALKS_MAX 50u

static void
check_bitmap(struct verify *v, const char *id, const struct znode *n, const struct zrr *rr, size_t at,
	const struct znode *data)
{
	uint8_t want[DENIAL_BITMAP_MAX];
	size_t len = denial_bitmap(v->z, data, rr->type == T_NSEC, want);

	if (!node_was_read(v->z, data))
		return;
	if (rr->rdlen - at != len || memcmp(rr->rdata + at, want, len) != 0)
		fault(&v->sink, id, n, rr->type, -1, rr->line, "the types listed are not those that exist");
}

static void
nsec_chain(struct verify *v)
{
	const struct zone *z = v->z;
	const struct znode *prev = NULL;
	const struct zrr *prev_rr = NULL;

	for (size_t i = 0; i <= z->n_nodes; i++) {
		const struct znode *n = i < z->n_nodes ? &z->nodes[i] : z->apex_node;
		const struct zset *s = i < z->n_nodes ? znode_set(z, n, T_NSEC) : NULL;
		if (i < z->n_nodes && !node_counts(n)) {
			if (s && s->n)
				fault(&v->sink, "nsec-extra", n, T_NSEC, -1, zset_line(z, s),
					"an NSEC at a name that is not authoritative");
			continue;
		}
		if (prev_rr && n) {
			struct name next;
			size_t at = name_from_wire(&next, prev_rr->rdata, prev_rr->rdlen);
			if (!at || wire_name_cmp(next.wire, n->name) != 0)
				fault(&v->sink, i == z->n_nodes ? "nsec-last-next-not-apex" : "nsec-chain-broken", prev,
					T_NSEC, -1, prev_rr->line, "the next name is another one");
		}
		prev = n;
		prev_rr = NULL;
		if (i == z->n_nodes)
			break;
		if (!s || !s->n) {
			fault(&v->sink, "nsec-missing", n, T_NSEC, -1, 0, "no NSEC at this name");
			continue;
		}
		if (s->n > 1)
			fault(&v->sink, "nsec-multiple", n, T_NSEC, -1, zset_line(z, s), "%u NSEC records", s->n);
		prev_rr = z->rrs[s->first];
		struct name next;
		size_t at = name_from_wire(&next, prev_rr->rdata, prev_rr->rdlen);
		if (at)
			check_bitmap(v, "nsec-bitmap-wrong", n, prev_rr, at, n);
	}
}

bool
nsec3_hash(const uint8_t *name, size_t len, uint16_t iterations, const uint8_t *salt,
	uint8_t salt_len, uint8_t out[20])
{
	static _Thread_local EVP_MD_CTX *ctx;
	unsigned n;

	if (!ctx)
		ctx = EVP_MD_CTX_new();
	for (unsigned i = 0; ctx && i <= iterations; i++)
		if (EVP_DigestInit_ex(ctx, EVP_MD_CTX_get0_md(ctx) ? NULL : EVP_sha1(), NULL) != 1 ||
			EVP_DigestUpdate(ctx, i ? out : name, i ? 20 : len) != 1 ||
			EVP_DigestUpdate(ctx, salt, salt_len) != 1 || EVP_DigestFinal_ex(ctx, out, &n) != 1)
			return false;
	return ctx != NULL;
}

static int
hashed_cmp(const void *x, const void *y)
{
	return memcmp(x, y, 20);
}

static int
hex32(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'v' ? c - 'a' + 10 : -1;
}

static bool
owner_hash(const struct zone *z, const struct znode *n, uint8_t out[20])
{
	if (n->name[0] != 32 || n->name_len != 33u + z->apex.len)
		return false;
	for (int g = 0; g < 4; g++) {
		uint64_t acc = 0;
		for (int i = 0; i < 8; i++) {
			int d = hex32(n->name[1 + g * 8 + i]);
			if (d < 0)
				return false;
			acc = acc << 5 | (uint64_t)d;
		}
		for (int i = 0; i < 5; i++)
			out[g * 5 + i] = (uint8_t)(acc >> (32 - 8 * i));
	}
	return true;
}

struct chain {
	struct denial_hash *names, *links; /* names of the zone, NSEC3 records: sorted by hash */
	size_t n_names, n_links, other; /* OTHER: NSEC3 of other parameters */
	size_t at;		      /* octets before the next hash */
	bool optout_any;
};

static const struct zrr *
nsec3_of(const struct zone *z, const struct znode *n)
{
	return z->rrs[znode_set(z, n, T_NSEC3)->first];
}

/* The next hash of an NSEC3, or NULL when it is none. */
static const uint8_t *
next_hash(const struct chain *c, const struct zrr *rr)
{
	return rr->rdlen >= c->at + 21 && rr->rdata[c->at] == 20 ? rr->rdata + c->at + 1 : NULL;
}

/* Files every NSEC3 of the chain that PARAM describes under its name. */
static void
collect_links(struct verify *v, const uint8_t *param, struct chain *c)
{
	const struct zone *z = v->z;

	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct znode *node = &z->nodes[i];
		const struct zset *s = znode_set(z, node, T_NSEC3);
		if (!s || !s->n || node->flags & (ZNODE_OUT | ZNODE_BELOW))
			continue;
		const struct zrr *rr = z->rrs[s->first];
		struct denial_hash key = { .node = node };
		if (!owner_hash(z, node, key.h)) {
			fault(&v->sink, "nsec3-bad-owner", node, T_NSEC3, -1, rr->line, "the owner is no hash");
			continue;
		}
		if (rr->rdlen < c->at || rr->rdata[0] != param[0] ||
			memcmp(rr->rdata + 2, param + 2, 3u + param[4])) {
			c->other++;
			continue;
		}
		c->optout_any |= rr->rdata[1] & 1;
		c->links[c->n_links++] = key;
		struct denial_hash *at = bsearch(&key, c->names, c->n_names, sizeof *c->names, hashed_cmp);
		if (!at)
			continue;
		at->node = node;
		if (rr->rdlen >= c->at + 21u)
			check_bitmap(v, "nsec3-bitmap-wrong", node, rr, c->at + 21u, at->data);
	}
}

/* The link whose span the hash H lies in: the last one that is not after it, around the end. */
static const struct denial_hash *
covering(const struct chain *c, const uint8_t h[20])
{
	size_t lo = 0, hi = c->n_links;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (memcmp(c->links[mid].h, h, 20) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return c->n_links ? &c->links[(lo ? lo : c->n_links) - 1] : NULL;
}

/* Links that no name of the zone answers to. */
static bool
is_stray(const struct chain *c, const struct denial_hash *link)
{
	return !bsearch(link, c->names, c->n_names, sizeof *c->names, hashed_cmp);
}

/*
 * A name lacks its NSEC3. Where the chain still points to its hash and a stray NSEC3 goes on from
 * there, that record is the one, under another owner.
 */
static void
name_without_link(struct verify *v, const struct chain *c, const struct denial_hash *name)
{
	const struct zone *z = v->z;
	const struct denial_hash *after = NULL;
	bool pointed = false;

	for (size_t i = 0; i < c->n_links; i++) {
		const uint8_t *next = next_hash(c, nsec3_of(z, c->links[i].node));
		pointed |= next && memcmp(next, name->h, 20) == 0;
	}
	for (size_t i = 0; !after && i < c->n_links; i++)
		if (memcmp(c->links[i].h, name->h, 20) > 0 && !is_stray(c, &c->links[i]))
			after = &c->links[i];
	for (size_t i = 0; !after && i < c->n_links; i++)
		if (!is_stray(c, &c->links[i]))
			after = &c->links[i];
	for (size_t i = 0; pointed && after && i < c->n_links; i++) {
		const struct zrr *rr = nsec3_of(z, c->links[i].node);
		const uint8_t *next = next_hash(c, rr);
		if (next && memcmp(next, after->h, 20) == 0 && is_stray(c, &c->links[i])) {
			fault(&v->sink, "nsec3-bad-owner", c->links[i].node, T_NSEC3, -1, rr->line,
				"by its next hash this is the NSEC3 of another name, under a wrong owner");
			return;
		}
	}
	fault(&v->sink, name->insecure && c->optout_any ? "nsec3-optout-wrong" : "nsec3-missing", name->data,
		T_NSEC3, -1, 0, name->insecure && c->optout_any
		? "no NSEC3, and the one before it has no opt-out flag" : "no NSEC3 for this name");
}

/* An insecure delegation may lack its NSEC3 where the one before it opts out (RFC 5155 6). */
static bool
opted_out(const struct verify *v, const struct chain *c, const struct denial_hash *name)
{
	const struct denial_hash *before = name->insecure ? covering(c, name->h) : NULL;

	return before && nsec3_of(v->z, before->node)->rdata[1] & 1;
}

static void
judge_links(struct verify *v, const struct chain *c)
{
	for (size_t i = 0; i < c->n_links; i++) {
		const struct zrr *rr = nsec3_of(v->z, c->links[i].node);
		const uint8_t *next = next_hash(c, rr);
		if (is_stray(c, &c->links[i]))
			fault(&v->sink, "nsec3-extra", c->links[i].node, T_NSEC3, -1, rr->line,
				"no name of the zone has this hash");
		if (!next || memcmp(next, c->links[(i + 1) % c->n_links].h, 20) != 0)
			fault(&v->sink, "nsec3-chain-broken", c->links[i].node, T_NSEC3, -1, rr->line,
				"the next hash is not that of the next NSEC3");
	}
}

/* Judges the chain of PARAM; false when the zone has no NSEC3 of it at all. */
static bool
nsec3_chain(struct verify *v, const uint8_t *param)
{
	const struct zone *z = v->z;
	uint16_t iter = (uint16_t)(param[2] << 8 | param[3]);
	struct chain c = { .at = 5u + param[4], .links = malloc((z->n_nodes + 1) * sizeof *c.links) };
	unsigned told = 0;

	c.names = denial_hashes(z, iter, param + 5, param[4], false, v->o->threads, &c.n_names);
	if (!c.names || !c.links)
		abort();
	collect_links(v, param, &c);
	bool any = c.n_links > 0 || c.other == 0;
	if (any && c.other)
		fault(&v->sink, "nsec3-extra", z->apex_node, T_NSEC3, -1, 0,
			"%zu NSEC3 of another chain than NSEC3PARAM's", c.other);
	for (size_t i = 0; any && i < c.n_names; i++)
		if (!c.names[i].node && !opted_out(v, &c, &c.names[i])) {
			/* Each costs a walk; where many lack theirs the chain is gone. */
			if (told++ < WALKS_MAX)
				name_without_link(v, &c, &c.names[i]);
			else
				fault(&v->sink, "nsec3-missing", c.names[i].data, T_NSEC3, -1, 0,
					"no NSEC3 for this name");
		}
	if (any)
		judge_links(v, &c);
	free(c.names);
	free(c.links);
	return any;
}

/* Octets before the next hash of the first NSEC3 in the zone: what a missing or wrong NSEC3PARAM
 * should have said. */
static const uint8_t *
params_in_use(const struct zone *z)
{
	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct zset *s = znode_set(z, &z->nodes[i], T_NSEC3);
		if (s && s->n && !(z->nodes[i].flags & (ZNODE_OUT | ZNODE_BELOW)) &&
			z->rrs[s->first]->rdlen > 5u + z->rrs[s->first]->rdata[4])
			return z->rrs[s->first]->rdata;
	}
	return NULL;
}

static unsigned
iterations(const uint8_t *param)
{
	return (unsigned)param[2] << 8 | param[3];
}

/* RFC 5155 2: algorithms that were defined before NSEC3 must not stand in a zone with it. */
static void
nseconly_keys(struct verify *v)
{
	for (size_t i = 0; i < v->n_keys; i++)
		if (v->keys[i].k.alg == 1 || v->keys[i].k.alg == 3 || v->keys[i].k.alg == 5) {
			fault(&v->sink, "signer-nsec3-with-nseconly-alg", v->z->apex_node, T_DNSKEY, v->keys[i].k.tag,
				v->keys[i].rr->line, "%s has no NSEC3", algorithm_name(v->keys[i].k.alg));
			return;
		}
}

void
verify_denial(struct verify *v)
{
	const struct zone *z = v->z;
	const struct zset *param = zone_apex_set(z, T_NSEC3PARAM);
	const struct zrr *p = param ? z->rrs[param->first] : NULL;

	if (!v->n_keys)
		return;
	if (v->has_nsec && v->has_nsec3)
		fault(&v->sink, "nsec-nsec3-mixed", NULL, 0, -1, 0, "NSEC and NSEC3 in one zone");
	if (v->has_nsec || !(v->has_nsec3 || param)) {
		nsec_chain(v);
		return;
	}
	const uint8_t *used = params_in_use(z);
	nseconly_keys(v);
	if (!p) {
		fault(&v->sink, "nsec3param-missing", z->apex_node, T_NSEC3PARAM, -1, 0, "NSEC3 without NSEC3PARAM");
		if (used && used[0] == 1 && iterations(used) <= ITERATIONS_MAX)
			nsec3_chain(v, used);
		return;
	}
	if (p->rdlen < 5 || p->rdlen != 5u + p->rdata[4] || p->rdata[1])
		fault(&v->sink, "nsec3param-invalid", z->apex_node, T_NSEC3PARAM, -1, p->line, "flags or form");
	if (p->rdlen < 5 || p->rdlen != 5u + p->rdata[4])
		return;
	if (p->rdata[0] != 1 || (used && used[0] != 1)) {
		fault(&v->sink, "nsec3-hash-unsupported", z->apex_node, T_NSEC3PARAM, -1, p->line, "hash %u",
			p->rdata[0] != 1 ? p->rdata[0] : used[0]);
		return;
	}
	unsigned iter = iterations(p->rdata);
	if (iter)
		fault_as(&v->sink, iter >= 150 ? FAULT_HIGH : iter >= 50 ? FAULT_WARNING : FAULT_INFO,
			"nsec3-iterations", z->apex_node, T_NSEC3PARAM, -1, p->line, "%u (RFC 9276: 0)", iter);
	if (p->rdata[4])
		fault(&v->sink, "nsec3-salt", z->apex_node, T_NSEC3PARAM, -1, p->line, "%u octets", p->rdata[4]);
	if (iter > ITERATIONS_MAX) {
		fault(&v->sink, "validator-work-limits", z->apex_node, T_NSEC3PARAM, -1, p->line,
			"%u iterations: the chain is not judged", iter);
		return;
	}
	if (nsec3_chain(v, p->rdata))
		return;
	fault(&v->sink, "nsec3param-mismatch", z->apex_node, T_NSEC3PARAM, -1, p->line,
		"no NSEC3 of the zone has these parameters");
	if (used && iterations(used) <= ITERATIONS_MAX)
		nsec3_chain(v, used);
}
