#include "zone/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

struct loop {
	size_t n, chunk;
	atomic_size_t next;
	void (*fn)(void *ctx, unsigned worker, size_t begin, size_t end);
	void *ctx;
};

struct hand {
	struct loop *loop;
	unsigned worker;
};

unsigned
pool_threads(unsigned wanted, size_t items)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = wanted ? wanted : cores > 0 ? (unsigned)cores : 1;

	if (n > POOL_MAX)
		n = POOL_MAX;
	return items < 256 ? 1 : n;
}

static void *
work(void *arg)
{
	struct hand *h = arg;
	struct loop *l = h->loop;

	for (;;) {
		size_t at = atomic_fetch_add(&l->next, l->chunk);
		if (at >= l->n)
			return NULL;
		l->fn(l->ctx, h->worker, at, l->n - at < l->chunk ? l->n : at + l->chunk);
	}
}

void
pool_run(unsigned threads, size_t n, size_t chunk,
	void (*fn)(void *ctx, unsigned worker, size_t begin, size_t end), void *ctx)
{
	struct loop l = { .n = n, .chunk = chunk ? chunk : 1, .fn = fn, .ctx = ctx };
	struct hand h[POOL_MAX];
	pthread_t id[POOL_MAX];
	bool started[POOL_MAX] = { false };

	if (threads > POOL_MAX)
		threads = POOL_MAX;
	for (unsigned i = 0; i < (threads ? threads : 1); i++)
		h[i] = (struct hand){ &l, i };
	for (unsigned i = 1; i < threads; i++)
		started[i] = pthread_create(&id[i], NULL, work, &h[i]) == 0;
	work(&h[0]);
	for (unsigned i = 1; i < threads; i++)
		if (started[i])
			pthread_join(id[i], NULL);
}
