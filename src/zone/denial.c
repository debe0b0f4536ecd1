#include "zone/denial.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "zone/pool.h"
#include "zone/verify_int.h"

/* Adds TYPE (rising) to the bitmap that ends at LEN; WINDOW is where its current window begins. */
static size_t
add_type(uint8_t *out, size_t len, size_t *window, uint16_t type)
{
	if (len == 0 || out[*window] != type >> 8) {
		*window = len;
		out[len++] = (uint8_t)(type >> 8);
		out[len++] = 0;
	}
	unsigned byte = (type & 255) / 8;
	while (out[*window + 1] <= byte) {
		out[len++] = 0;
		out[*window + 1]++;
	}
	out[*window + 2 + byte] |= (uint8_t)(0x80 >> type % 8);
	return len;
}

size_t
denial_bitmap(const struct zone *z, const struct znode *n, bool nsec, uint8_t out[DENIAL_BITMAP_MAX])
{
	size_t len = 0, window = 0;
	bool sig = nsec;
	uint16_t pending[2] = { T_RRSIG, T_NSEC };
	int p = 0;

	for (size_t i = 0; n && i < n->nsets && !sig; i++)
		sig = set_is_signed(z, n, &z->sets[n->first_set + i]) &&
			z->sets[n->first_set + i].type != T_NSEC && z->sets[n->first_set + i].type != T_NSEC3;
	for (size_t i = 0; n && i < n->nsets; i++) {
		const struct zset *s = &z->sets[n->first_set + i];
		if (!s->n || s->type == T_NSEC || s->type == T_NSEC3 || s->type == T_RRSIG)
			continue;
		if (n->flags & ZNODE_CUT && s->type != T_NS && s->type != T_DS)
			continue;
		for (; p < 2 && pending[p] < s->type; p++)
			if (p == 0 ? sig : nsec)
				len = add_type(out, len, &window, pending[p]);
		len = add_type(out, len, &window, s->type);
	}
	for (; p < 2; p++)
		if (p == 0 ? sig : nsec)
			len = add_type(out, len, &window, pending[p]);
	return len;
}

/* ---- NSEC3 ---- */

struct name_ref {
	const uint8_t *name;
	uint8_t len;
	bool insecure;
	const struct znode *data;
};

struct hashing {
	const struct name_ref *refs;
	struct denial_hash *out;
	uint16_t iterations;
	const uint8_t *salt;
	uint8_t salt_len;
	EVP_MD *sha1;
	EVP_MD_CTX *ctx[POOL_MAX];
};

static bool
hash_name(EVP_MD_CTX *ctx, const EVP_MD *sha1, const struct name_ref *r, const struct hashing *h,
	uint8_t out[20])
{
	unsigned len;

	for (unsigned i = 0; i <= h->iterations; i++)
		if (EVP_DigestInit_ex(ctx, i ? NULL : sha1, NULL) != 1 ||
			EVP_DigestUpdate(ctx, i ? out : r->name, i ? 20 : r->len) != 1 ||
			(h->salt_len && EVP_DigestUpdate(ctx, h->salt, h->salt_len) != 1) ||
			EVP_DigestFinal_ex(ctx, out, &len) != 1)
			return false;
	return true;
}

static void
hash_some(void *arg, unsigned worker, size_t begin, size_t end)
{
	struct hashing *h = arg;

	for (size_t i = begin; i < end; i++) {
		const struct name_ref *r = &h->refs[i];
		h->out[i] = (struct denial_hash){ .data = r->data, .insecure = r->insecure };
		if (!hash_name(h->ctx[worker], h->sha1, r, h, h->out[i].h))
			memset(h->out[i].h, 0, 20); /* such a chain does not verify */
	}
}

static int
hash_cmp(const void *x, const void *y)
{
	return memcmp(x, y, 20);
}

/* Labels, from the right, that two lower-case names share. */
static unsigned
common_labels(const uint8_t *a, const uint8_t *at_a, unsigned na, const uint8_t *b, const uint8_t *at_b,
	unsigned nb)
{
	unsigned k = 0;

	while (k < na && k < nb) {
		const uint8_t *la = a + at_a[na - 1 - k], *lb = b + at_b[nb - 1 - k];
		if (la[0] != lb[0] || memcmp(la + 1, lb + 1, la[0]) != 0)
			break;
		k++;
	}
	return k;
}

struct refs {
	struct name_ref *v;
	size_t n, cap;
};

static bool
push(struct refs *r, struct name_ref x)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 4096;
		struct name_ref *v = pages_grow(r->v, r->cap * sizeof *v, cap * sizeof *v);
		if (!v)
			return false;
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = x;
	return true;
}

/*
 * In canonical order a name's ancestors come right before it. So the ancestors that it does not share
 * with the counted name before it own nothing: they are empty non-terminals, told once.
 */
static bool
collect(const struct zone *z, bool leave_out, struct refs *r)
{
	uint8_t at[2][128];
	const uint8_t *prev = NULL;
	unsigned n_prev = 0;
	uint8_t offsets[128];
	unsigned apex = wire_label_offsets(z->apex.wire, offsets);
	int cur = 0;

	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct znode *node = &z->nodes[i];
		if (!node_counts(node))
			continue;
		bool insecure = false;
		if (node->flags & ZNODE_CUT) {
			const struct zset *ds = znode_set(z, node, T_DS);
			insecure = !(ds && ds->n);
		}
		if (insecure && leave_out)
			continue;
		unsigned n = wire_label_offsets(node->name, at[cur]);
		unsigned shared = prev ? common_labels(prev, at[!cur], n_prev, node->name, at[cur], n) : apex;
		if (shared < apex)
			shared = apex;
		for (unsigned k = shared + 1; k < n; k++) {
			uint8_t from = at[cur][n - k];
			if (!push(r, (struct name_ref){ node->name + from, (uint8_t)(node->name_len - from),
					insecure, NULL }))
				return false;
		}
		if (!push(r, (struct name_ref){ node->name, node->name_len, insecure, node }))
			return false;
		prev = node->name;
		n_prev = n;
		cur = !cur;
	}
	return true;
}

/*
 * An empty non-terminal is insecure only when everything below it is; the first name below decided
 * that alone, so a second, secure one takes the mark away again.
 */
static void
settle_insecure(struct refs *r)
{
	size_t open[130], n_open = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct name_ref *x = &r->v[i];
		while (n_open) {
			const struct name_ref *up = &r->v[open[n_open - 1]];
			if (wire_name_below(x->name, x->len, up->name, up->len))
				break;
			n_open--;
		}
		if (x->data && !x->insecure)
			for (size_t k = 0; k < n_open; k++)
				r->v[open[k]].insecure = false;
		if (!x->data && n_open < sizeof open / sizeof *open)
			open[n_open++] = i;
	}
}

struct denial_hash *
denial_hashes(const struct zone *z, uint16_t iterations, const uint8_t *salt, uint8_t salt_len,
	bool leave_out, unsigned threads, size_t *n)
{
	struct refs r = { 0 };
	struct denial_hash *out = NULL;

	if (collect(z, leave_out, &r) && (out = malloc((r.n + 1) * sizeof *out))) {
		settle_insecure(&r);
		struct hashing h = { r.v, out, iterations, salt, salt_len,
			EVP_MD_fetch(NULL, "SHA1", NULL), { NULL } };
		for (unsigned i = 0; i < POOL_MAX; i++)
			h.ctx[i] = EVP_MD_CTX_new();
		pool_run(pool_threads(threads, r.n), r.n, 1024, hash_some, &h);
		for (unsigned i = 0; i < POOL_MAX; i++)
			EVP_MD_CTX_free(h.ctx[i]);
		EVP_MD_free(h.sha1);
		qsort(out, r.n, sizeof *out, hash_cmp);
		*n = r.n;
	}
	pages_free(r.v, r.cap * sizeof *r.v);
	return out;
}
