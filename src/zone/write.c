/* A whole zone as text: formatted on all cores, written in order. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/file.h"
#include "zone/pool.h"
#include "zone/sign.h"

#define NODES 2048u /* that one thread formats at a time: about 1 MB */

static void
put_set(struct text *out, const struct zone *z, const struct znode *n, const struct zset *s)
{
	for (uint32_t i = 0; i < s->n + s->nsig; i++)
		zrr_text(out, n, z->rrs[s->first + i]);
}

void
znode_text(struct text *out, const struct zone *z, const struct znode *n)
{
	bool apex = n == z->apex_node;

	/* Readers that go by the first record want the SOA there. */
	for (size_t i = 0; apex && i < n->nsets; i++)
		if (z->sets[n->first_set + i].type == T_SOA)
			put_set(out, z, n, &z->sets[n->first_set + i]);
	for (size_t i = 0; i < n->nsets; i++)
		if (!apex || z->sets[n->first_set + i].type != T_SOA)
			put_set(out, z, n, &z->sets[n->first_set + i]);
}

struct batch {
	const struct zone *z;
	size_t first;
	struct text text[POOL_MAX];
};

static void
format(void *ctx, unsigned worker, size_t begin, size_t end)
{
	struct batch *b = ctx;

	(void)worker;
	for (size_t part = begin; part < end; part++) {
		size_t i = b->first + part * NODES, last = i + NODES;
		for (; i < last && i < b->z->n_nodes; i++)
			if (&b->z->nodes[i] != b->z->apex_node)
				znode_text(&b->text[part], b->z, &b->z->nodes[i]);
	}
}

/* Writes T and adds it to the digest. */
static bool
put_out(const struct text *t, int fd, const char *path, EVP_MD_CTX *sum, uint64_t *total, struct err *e)
{
	*total += t->len;
	if (sum)
		EVP_DigestUpdate(sum, text_str(t), t->len);
	return file_write_all(fd, text_str(t), t->len, path, e);
}

bool
zone_write(const struct zone *z, int fd, const char *path, unsigned threads, struct zone_written *w,
	struct err *e)
{
	struct zone_written none;
	struct batch *b = calloc(1, sizeof *b);
	EVP_MD_CTX *sum = w ? EVP_MD_CTX_new() : NULL;
	bool ok = b != NULL || err_set(e, ERR_MEMORY, path, "malloc", "", "no memory");

	if (!b)
		return false;
	*(w ? w : (w = &none)) = (struct zone_written){ 0 };
	b->z = z;
	threads = pool_threads(threads, z->n_nodes);
	if (z->apex_node) {
		znode_text(&b->text[0], z, z->apex_node);
		if (sum)
			EVP_Digest(text_str(&b->text[0]), b->text[0].len, w->apex, NULL, EVP_sha256(), NULL);
		ok = put_out(&b->text[0], fd, path, NULL, &w->apex_len, e);
	}
	if (sum)
		EVP_DigestInit_ex(sum, EVP_sha256(), NULL);
	for (; ok && b->first < z->n_nodes; b->first += threads * NODES) {
		for (unsigned i = 0; i < threads; i++)
			text_reset(&b->text[i]);
		pool_run(threads, threads, 1, format, b);
		for (unsigned i = 0; ok && i < threads; i++)
			ok = put_out(&b->text[i], fd, path, sum, &w->rest_len, e);
	}
	if (sum)
		EVP_DigestFinal_ex(sum, w->rest, NULL);
	EVP_MD_CTX_free(sum);
	for (unsigned i = 0; i < POOL_MAX; i++)
		text_free(&b->text[i]);
	free(b);
	return ok;
}
