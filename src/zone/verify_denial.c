/* verify: the NSEC and NSEC3 chains against the names and types of the zone. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "zone/verify_int.h"

#define ITERATIONS_MAX 500u

/* The types of node N as its NSEC or NSEC3 must list them, 65536 bits; returns the windows' octets. */
static size_t
bitmap_of(const struct zone *z, const struct znode *n, bool nsec, uint8_t out[8192])
{
	uint16_t types[258];
	size_t k = 0, len = 0;
	bool sig = nsec;

	for (size_t i = 0; n && i < n->nsets && k < 256; i++) {
		const struct zset *s = &z->sets[n->first_set + i];
		if (!s->n || s->type == T_NSEC || s->type == T_NSEC3 || s->type == T_RRSIG)
			continue;
		if (n->flags & ZNODE_CUT && s->type != T_NS && s->type != T_DS)
			continue;
		sig |= set_is_signed(z, n, s);
		types[k++] = s->type;
	}
	if (sig)
		types[k++] = T_RRSIG;
	if (nsec)
		types[k++] = T_NSEC;
	for (unsigned w = 0; w < 256; w++) {
		uint8_t bits[32] = { 0 };
		size_t last = 0;
		for (size_t i = 0; i < k; i++)
			if (types[i] >> 8 == w) {
				unsigned b = types[i] & 255;
				bits[b / 8] |= (uint8_t)(0x80 >> b % 8);
				if (b / 8 + 1 > last)
					last = b / 8 + 1;
			}
		if (last) {
			out[len++] = (uint8_t)w;
			out[len++] = (uint8_t)last;
			memcpy(out + len, bits, last);
			len += last;
		}
	}
	return len;
}

static void
check_bitmap(struct verify *v, const char *id, const struct znode *n, const struct zrr *rr, size_t at,
	const struct znode *data)
{
	uint8_t want[8192];
	size_t len = bitmap_of(v->z, data, rr->type == T_NSEC, want);

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

struct hashed {
	uint8_t h[20];
	const struct znode *data; /* NULL: an empty non-terminal */
	const struct znode *node; /* the NSEC3's node, once found */
	bool insecure;		  /* opt-out may leave it out */
};

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

/* Every authoritative name and every empty non-terminal above one, hashed and sorted. */
static struct hashed *
hash_names(struct verify *v, uint16_t iter, const uint8_t *salt, uint8_t salt_len, size_t *count)
{
	const struct zone *z = v->z;
	size_t n = 0, cap = z->n_nodes * 2 + 16;
	struct hashed *h = malloc(cap * sizeof *h);
	const uint8_t *last = NULL;

	for (size_t i = 0; h && i < z->n_nodes; i++) {
		const struct znode *node = &z->nodes[i];
		if (!node_counts(node))
			continue;
		bool insecure = node->flags & ZNODE_CUT && !(znode_set(z, node, T_DS) && znode_set(z, node, T_DS)->n);
		/* Ancestors that are new since the last name and own nothing. */
		const uint8_t *up = node->name;
		size_t len = node->name_len;
		while (len > z->apex.len) {
			if (n + 1 >= cap) {
				struct hashed *more = realloc(h, (cap *= 2) * sizeof *h);
				if (!more) {
					free(h);
					return NULL;
				}
				h = more;
			}
			len -= up[0] + 1u;
			up += up[0] + 1;
			struct name a = { .len = (uint8_t)len };
			memcpy(a.wire, up, len);
			if (len <= z->apex.len || zone_find(z, &a))
				break;
			h[n] = (struct hashed){ .insecure = insecure };
			nsec3_hash(up, len, iter, salt, salt_len, h[n++].h);
		}
		h[n] = (struct hashed){ .data = node, .insecure = insecure };
		nsec3_hash(node->name, node->name_len, iter, salt, salt_len, h[n++].h);
		last = node->name;
	}
	(void)last;
	if (!h)
		return NULL;
	qsort(h, n, sizeof *h, hashed_cmp);
	size_t out = 0;
	for (size_t i = 0; i < n; i++)
		if (out && memcmp(h[out - 1].h, h[i].h, 20) == 0) {
			h[out - 1].insecure &= h[i].insecure;
			if (h[i].data)
				h[out - 1].data = h[i].data;
		} else
			h[out++] = h[i];
	*count = out;
	return h;
}

static void
nsec3_chain(struct verify *v, const uint8_t *param)
{
	const struct zone *z = v->z;
	uint16_t iter = (uint16_t)(param[2] << 8 | param[3]);
	size_t n = 0, n_chain = 0;
	struct hashed *h = hash_names(v, iter, param + 5, param[4], &n);
	struct hashed *chain = malloc((z->n_nodes + 1) * sizeof *chain);
	bool optout_any = false;

	for (size_t i = 0; h && chain && i < z->n_nodes; i++) {
		const struct znode *node = &z->nodes[i];
		const struct zset *s = znode_set(z, node, T_NSEC3);
		if (!s || !s->n || node->flags & (ZNODE_OUT | ZNODE_BELOW))
			continue;
		const struct zrr *rr = z->rrs[s->first];
		struct hashed key = { .node = node };
		if (!owner_hash(z, node, key.h)) {
			fault(&v->sink, "nsec3-bad-owner", node, T_NSEC3, -1, rr->line, "the owner is no hash");
			continue;
		}
		if (rr->rdlen < 5u + param[4] || rr->rdata[0] != param[0] || memcmp(rr->rdata + 2, param + 2, 3u + param[4])) {
			fault(&v->sink, "nsec3-extra", node, T_NSEC3, -1, rr->line, "of another chain than NSEC3PARAM's");
			continue;
		}
		optout_any |= rr->rdata[1] & 1;
		chain[n_chain++] = key;
		struct hashed *at = bsearch(&key, h, n, sizeof *h, hashed_cmp);
		if (!at) {
			fault(&v->sink, "nsec3-extra", node, T_NSEC3, -1, rr->line, "no name of the zone has this hash");
			continue;
		}
		at->node = node;
		size_t bits = 5u + param[4] + 21u;
		if (rr->rdlen >= bits)
			check_bitmap(v, "nsec3-bitmap-wrong", node, rr, bits, at->data);
	}
	for (size_t i = 0; h && chain && i < n; i++)
		if (!h[i].node && !(h[i].insecure && optout_any))
			fault(&v->sink, "nsec3-missing", h[i].data, T_NSEC3, -1, 0, "no NSEC3 for this name");
	for (size_t i = 0; h && chain && i < n_chain; i++) {
		const struct zset *s = znode_set(z, chain[i].node, T_NSEC3);
		const struct zrr *rr = z->rrs[s->first];
		size_t at = 5u + param[4];
		if (rr->rdlen < at + 21 || rr->rdata[at] != 20 ||
			memcmp(rr->rdata + at + 1, chain[(i + 1) % n_chain].h, 20) != 0)
			fault(&v->sink, "nsec3-chain-broken", chain[i].node, T_NSEC3, -1, rr->line,
				"the next hash is not that of the next NSEC3");
	}
	free(h);
	free(chain);
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
	if (!p) {
		fault(&v->sink, "nsec3param-missing", z->apex_node, T_NSEC3PARAM, -1, 0, "NSEC3 without NSEC3PARAM");
		return;
	}
	if (p->rdlen < 5 || p->rdlen != 5u + p->rdata[4] || p->rdata[1])
		fault(&v->sink, "nsec3param-invalid", z->apex_node, T_NSEC3PARAM, -1, p->line, "flags or form");
	if (p->rdlen < 5 || p->rdlen != 5u + p->rdata[4])
		return;
	if (p->rdata[0] != 1) {
		fault(&v->sink, "nsec3-hash-unsupported", z->apex_node, T_NSEC3PARAM, -1, p->line, "hash %u", p->rdata[0]);
		return;
	}
	unsigned iter = (unsigned)p->rdata[2] << 8 | p->rdata[3];
	if (iter)
		fault_as(&v->sink, iter >= 150 ? FAULT_HIGH : iter >= 50 ? FAULT_WARNING : FAULT_INFO,
			"nsec3-iterations", z->apex_node, T_NSEC3PARAM, -1, p->line, "%u (RFC 9276: 0)", iter);
	if (p->rdata[4])
		fault(&v->sink, "nsec3-salt", z->apex_node, T_NSEC3PARAM, -1, p->line, "%u octets", p->rdata[4]);
	if (iter > ITERATIONS_MAX)
		fault(&v->sink, "validator-work-limits", z->apex_node, T_NSEC3PARAM, -1, p->line,
			"%u iterations: the chain is not judged", iter);
	else
		nsec3_chain(v, p->rdata);
}
