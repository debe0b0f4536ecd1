/*
 * vantage: the part of "observe net" that asks validators and resolvers what they make of the
 * zone: a fresh libunbound (a new cache each round), a warm one (a cache kept on purpose), and
 * the configured resolvers. It says one "vantage" fact for each and "resolve" facts in rounds
 * ("round" what=vantages) that do not overlap. It judges nothing: whether a vantage validates is
 * read from its known-good and known-bogus answers by who reads the stream.
 *
 * Round begin: at once where the root is the public one; with a private root, libunbound waits
 * for the first full round, which finds the servers that it is then told (struct unbound_stub).
 */
#ifndef OBSERVE_VANTAGE_H
#define OBSERVE_VANTAGE_H

#include "observe/net.h"

#define VANTAGE_PERIOD_MS 15000 /* from the end of a round to the begin of the next */

bool vantage_start(struct net *n, void **state, struct err *e);
void vantage_full_round(struct net *n, void *state, bool first);
void vantage_probe(struct net *n, void *state, const char *what);
void vantage_stop(struct net *n, void *state);

/* Its row in net_parts[]. */
#define VANTAGE_PART                                                                           \
	{ .name = "vantages", .start = vantage_start, .round = vantage_full_round,             \
		.probe = vantage_probe, .stop = vantage_stop }

#endif
