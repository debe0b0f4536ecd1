/*
 * lookup: the addresses of a name server whose name lies elsewhere, by iteration of our own from
 * servers that are known (a root server or a closer cut). Nothing is cached and nothing is
 * validated: an address is only whom to ask. Bounded in steps, depth and time.
 */
#ifndef OBSERVE_LOOKUP_H
#define OBSERVE_LOOKUP_H

#include "observe/transport.h"

#define LOOKUP_SERVERS 12
#define LOOKUP_STEPS 12
#define LOOKUP_DEPTH 4

struct lookup_start {
	struct name cut;
	union address servers[LOOKUP_SERVERS];
	size_t n;
};

/* FOUND has N addresses (0: none; WHY says why). Called once; never from inside lookup_begin(). */
typedef void lookup_cb(void *ctx, const union address *found, size_t n, const char *why);

/*
 * Asks for TYPE (T_A or T_AAAA) of NAME from START on; PORT is put into every address that is
 * found. ROOT (may be NULL) is where names elsewhere begin. Ended early by freeing the transport:
 * what is under way is then lost, so give ARENA, from which everything comes.
 */
void lookup_begin(struct arena *arena, struct transport *t, const struct name *name, uint16_t type,
	const struct lookup_start *start, const struct lookup_start *root, uint16_t port,
	unsigned depth, lookup_cb *done, void *ctx);

#endif
