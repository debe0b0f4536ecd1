/*
 * pool: one loop over N items split over threads. The items are handed out in chunks, so that no
 * thread waits for another; what the loop makes must not depend on who made it.
 */
#ifndef ZONE_POOL_H
#define ZONE_POOL_H

#include <stddef.h>

#define POOL_MAX 8u /* threads */

/* WANTED threads, 0: one a core; at most POOL_MAX, and one for few items. */
unsigned pool_threads(unsigned wanted, size_t items);

/*
 * Calls FN(CTX, WORKER, BEGIN, END) until every item of 0..N-1 was in one call; WORKER is 0 to
 * THREADS - 1 and never in two calls at once. Returns when all is done. Fewer threads are used where
 * the system gives no more.
 */
void pool_run(unsigned threads, size_t n, size_t chunk,
	void (*fn)(void *ctx, unsigned worker, size_t begin, size_t end), void *ctx);

#endif
