/*
 * outlet: where a producer's lines go, without waiting for who reads them. What the reader does
 * not take is kept, up to OUTLET_MAX octets; beyond that lines are dropped whole and counted, and
 * the count is said in the stream (a fact "unknown") once the reader takes lines again. So a
 * stalled reader costs memory and in the end facts, and never a round or a deadline.
 *
 * Only a pipe or a socket is written without blocking (others may share the description: its flags
 * are restored); a file or a terminal takes what it is given.
 *
 * Life cycle: outlet_new(), outlet_add() and outlet_waiting() any number of times, outlet_close().
 */
#ifndef OBSERVE_OUTLET_H
#define OBSERVE_OUTLET_H

#include <uv.h>

#define OUTLET_MAX ((size_t)32 << 20)

struct outlet;

/* GONE(CTX) is called once, from outlet_add() or the loop, when nobody reads any more. LOST makes a
 * line (malloc()ed) that says how many lines were dropped; NULL from it: nothing is said. */
struct outlet *outlet_new(uv_loop_t *loop, int fd, void (*gone)(void *ctx),
	char *(*lost)(void *ctx, uint64_t lines), void *ctx);
/* One or more whole lines. */
void outlet_add(struct outlet *o, const char *lines, size_t len);
size_t outlet_waiting(const struct outlet *o); /* octets */
/* Gives the reader up to DRAIN_MS for the rest. The loop must run once more afterwards. */
void outlet_close(struct outlet *o, int drain_ms);

#endif
