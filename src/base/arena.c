#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN 1024
#define BLOCK_MAX (256 * 1024)

struct block {
	struct block *next;
	size_t used, cap;
	alignas(max_align_t) unsigned char data[];
};

struct cleanup {
	struct cleanup *next;
	void (*fn)(void *);
	void *ptr;
};

struct arena {
	struct block *blocks; /* newest first */
	struct cleanup *cleanups;
	size_t total;
};

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct arena *
arena_new(void)
{
	return must(calloc(1, sizeof(struct arena)));
}

void
arena_free(struct arena *a)
{
	if (!a)
		return;
	for (struct cleanup *c = a->cleanups; c; c = c->next)
		c->fn(c->ptr);
	for (struct block *b = a->blocks, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

static struct block *
new_block(struct arena *a, size_t need)
{
	size_t cap = a->blocks ? a->blocks->cap * 2 : BLOCK_MIN;

	if (cap > BLOCK_MAX)
		cap = BLOCK_MAX;
	if (cap < need)
		cap = need;
	struct block *b = must(malloc(sizeof *b + cap));
	b->used = 0;
	b->cap = cap;
	b->next = a->blocks;
	a->blocks = b;
	a->total += sizeof *b + cap;
	return b;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *b = a->blocks;

	if (size > SIZE_MAX / 2)
		abort();
	size = (size + align - 1) / align * align;
	if (!b || b->cap - b->used < size)
		b = new_block(a, size);
	void *p = b->data + b->used;
	b->used += size;
	return memset(p, 0, size);
}

void *
arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size ? size : 1);

	return size ? memcpy(copy, p, size) : copy;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		n = 0;
	char *s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void
arena_on_free(struct arena *a, void (*fn)(void *), void *ptr)
{
	struct cleanup *c = arena_new_one(a, struct cleanup);

	*c = (struct cleanup){ .next = a->cleanups, .fn = fn, .ptr = ptr };
	a->cleanups = c;
}

size_t
arena_size(const struct arena *a)
{
	return a->total;
}

void *
arena_grow(struct arena *a, void *old, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 8;
	void *v = arena_alloc(a, want * size);

	if (n)
		memcpy(v, old, n * size);
	*cap = want;
	return v;
}
