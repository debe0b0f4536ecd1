#include "zone/sigcache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/pages.h"

#define MAGIC "unbogus sigs 1\n"
#define MAGIC_LEN 16u /* with its NUL */
#define FILE_ENTRIES_MAX ((size_t)32 << 20)
#define PROBES 64u
#define USED UINT64_C(1) /* lowest bit of the second word */

struct slot {
	_Atomic uint64_t a, b;
};

struct sigcache {
	struct slot *v;
	size_t mask;
	atomic_size_t n, loaded, hits; /* HITS: different entries that were asked for */
};

struct sigcache *
sigcache_new(size_t entries)
{
	struct sigcache *c = calloc(1, sizeof *c);
	size_t size = 1024;

	while (size < entries + entries / 4)
		size *= 2;
	if (c && !(c->v = pages_new(size * sizeof *c->v))) {
		free(c);
		return NULL;
	}
	if (c)
		c->mask = size - 1;
	return c;
}

void
sigcache_free(struct sigcache *c)
{
	if (!c)
		return;
	pages_free(c->v, (c->mask + 1) * sizeof *c->v);
	free(c);
}

static void
words(const uint8_t id[SIGCACHE_ID], uint64_t *a, uint64_t *b)
{
	memcpy(a, id, 8);
	memcpy(b, id + 8, 8);
	*a += *a == 0; /* 0 is an empty slot */
	*b &= ~USED;
}

bool
sigcache_has(struct sigcache *c, const uint8_t id[SIGCACHE_ID])
{
	uint64_t a, b;

	words(id, &a, &b);
	for (size_t i = 0; i < PROBES; i++) {
		struct slot *s = &c->v[(a + i) & c->mask];
		uint64_t there = atomic_load_explicit(&s->a, memory_order_acquire);
		if (there == 0)
			return false;
		uint64_t second = there == a ? atomic_load_explicit(&s->b, memory_order_relaxed) : 0;
		if (there == a && (second & ~USED) == b) {
			if (!(second & USED) &&
				!(atomic_fetch_or_explicit(&s->b, USED, memory_order_relaxed) & USED))
				atomic_fetch_add_explicit(&c->hits, 1, memory_order_relaxed);
			return true;
		}
	}
	return false;
}

static void
add(struct sigcache *c, uint64_t a, uint64_t b)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct slot *s = &c->v[(a + i) & c->mask];
		uint64_t there = 0;
		if (atomic_compare_exchange_strong(&s->a, &there, a)) {
			/* Until this is seen the entry is not found: it is verified once more, no harm. */
			atomic_store_explicit(&s->b, b, memory_order_relaxed);
			atomic_fetch_add_explicit(&c->n, 1, memory_order_relaxed);
			return;
		}
		if (there == a && (atomic_load_explicit(&s->b, memory_order_relaxed) & ~USED) == (b & ~USED))
			return;
	}
}

void
sigcache_add(struct sigcache *c, const uint8_t id[SIGCACHE_ID])
{
	uint64_t a, b;

	words(id, &a, &b);
	add(c, a, b | USED);
}

size_t
sigcache_count(const struct sigcache *c)
{
	return atomic_load(&c->n);
}

/* ---- the file: magic, entries, SHA-256 of both ---- */

static char *
read_own(const char *path, size_t *len, struct err *e)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		if (errno != ENOENT)
			err_errno(e, path, "open", errno);
		return NULL;
	}
	char *p = NULL;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 0022)
		err_set(e, ERR_PERMISSION, path, "signature cache", "a file of this user, writable by nobody else",
			"another one: it is not used");
	else
		p = file_read_fd(fd, path, FILE_ENTRIES_MAX * SIGCACHE_ID + 64, len, e);
	close(fd);
	return p;
}

struct sigcache *
sigcache_load(const char *path, size_t entries, struct err *e)
{
	size_t len = 0, n = 0;
	uint8_t sum[32];
	char *p = read_own(path, &len, e);

	if (p) {
		bool ok = len >= MAGIC_LEN + 32 && (len - MAGIC_LEN - 32) % SIGCACHE_ID == 0 &&
			memcmp(p, MAGIC, MAGIC_LEN) == 0 &&
			EVP_Digest(p, len - 32, sum, NULL, EVP_sha256(), NULL) == 1 &&
			memcmp(sum, p + len - 32, 32) == 0;
		if (ok)
			n = (len - MAGIC_LEN - 32) / SIGCACHE_ID;
		else
			err_set(e, ERR_PARSE, path, "signature cache", "what was written", "a damaged file: not used");
	}
	struct sigcache *c = sigcache_new(n + entries);
	for (size_t i = 0; c && i < n; i++) {
		uint64_t a, b;
		words((const uint8_t *)p + MAGIC_LEN + i * SIGCACHE_ID, &a, &b);
		add(c, a, b);
	}
	if (c)
		c->loaded = c->n;
	free(p);
	return c;
}

bool
sigcache_save(const struct sigcache *c, const char *path, struct err *e)
{
	size_t n = atomic_load(&c->n), k = 0, used = 0;

	if (n && n == c->loaded && n == atomic_load(&c->hits))
		return true; /* the file has exactly what was used */
	uint8_t *out = malloc(MAGIC_LEN + n * SIGCACHE_ID + 32), *p = out + MAGIC_LEN;

	if (!out)
		return err_set(e, ERR_MEMORY, path, "malloc", "", "no memory");
	memset(out, 0, MAGIC_LEN);
	memcpy(out, MAGIC, strlen(MAGIC));
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i <= c->mask && k < n && (pass == 0 || k < 2 * used); i++) {
			uint64_t a = atomic_load(&c->v[i].a), b = atomic_load(&c->v[i].b);
			if (!a || (pass == 0) != ((b & USED) != 0))
				continue;
			memcpy(p + k * SIGCACHE_ID, &a, 8);
			b &= ~USED;
			memcpy(p + k * SIGCACHE_ID + 8, &b, 8);
			k++;
			used += pass == 0;
		}
	p += k * SIGCACHE_ID;
	bool ok = EVP_Digest(out, (size_t)(p - out), p, NULL, EVP_sha256(), NULL) == 1 ?
		file_replace(path, out, (size_t)(p - out) + 32, 0600, e)
		: err_set(e, ERR_UNSUPPORTED, path, "SHA-256", "", "refused by libcrypto");
	free(out);
	return ok;
}

/* ---- hashing ---- */

bool
sighash_begin(struct sighash *h)
{
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	return h->md && h->ctx && EVP_DigestInit_ex(h->ctx, h->md, NULL) == 1;
}

void
sighash_end(struct sighash *h)
{
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	*h = (struct sighash){ 0 };
}

static void
finish(struct sighash *h, uint8_t id[SIGCACHE_ID])
{
	uint8_t sum[32] = { 0 };

	EVP_DigestFinal_ex(h->ctx, sum, NULL);
	EVP_DigestInit_ex(h->ctx, NULL, NULL);
	memcpy(id, sum, SIGCACHE_ID);
}

void
sighash_key(struct sighash *h, uint8_t id[SIGCACHE_ID], const uint8_t *dnskey, size_t len)
{
	EVP_DigestUpdate(h->ctx, dnskey, len);
	finish(h, id);
}

void
sighash_sig(struct sighash *h, uint8_t id[SIGCACHE_ID], const uint8_t key[SIGCACHE_ID], const void *data,
	size_t len, const uint8_t *sig, size_t siglen)
{
	EVP_DigestUpdate(h->ctx, key, SIGCACHE_ID);
	EVP_DigestUpdate(h->ctx, data, len);
	EVP_DigestUpdate(h->ctx, sig, siglen);
	finish(h, id);
}
