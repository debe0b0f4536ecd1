/*
 * respond: one DNS question answered from a world, as octets (RFC 1035, 4035, 6891). A pure
 * function; the sockets are the caller's. One responder speaks for every zone of the world: the
 * deepest that the name is in, a DS one above it.
 */
#ifndef LAB_RESPOND_H
#define LAB_RESPOND_H

#include "lab/world.h"

#define RESPOND_MAX 65535u
#define RESPOND_UDP 4096u /* the most that is sent over UDP */

enum { RESPOND_ALL = -1 }; /* as the primary has it; else a server of the scenario, by index */

/*
 * The reply to the N octets at Q at T (usec), into OUT (RESPOND_MAX octets). TCP: no truncation.
 * Returns its length; 0: nothing is to be sent (not a question, or the server is silent).
 */
size_t respond(const struct world *w, int server, int64_t t, const uint8_t *q, size_t n, bool tcp,
	uint8_t *out);

#endif
