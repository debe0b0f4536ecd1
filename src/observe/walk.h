/*
 * walk: the zone cuts and servers from the root down to the zone, as far as they are known, and
 * the rounds of questions that go to them. In the first full round every referral leads on at
 * once (root, parent, zone: three round trips); later rounds ask everybody at the same time.
 *
 * Life cycle: walk_new(), walk_round() again and again (one at a time), walk_free(). Facts go out
 * through net_emit() as they come; the callback of a round runs when nothing is outstanding.
 */
#ifndef OBSERVE_WALK_H
#define OBSERVE_WALK_H

#include "observe/net.h"
#include "observe/probe.h"

struct walk;

/* NULL with E when the hints cannot be read or an address is none. */
struct walk *walk_new(struct net *n, struct err *e);
void walk_free(struct walk *w); /* before the transport: cancels what is under way */

/* Begins a round of ROUND_FULL, ROUND_SOA ...; false when one is running. */
bool walk_round(struct walk *w, unsigned round, void (*done)(void *ctx), void *ctx);
bool walk_running(const struct walk *w);

/* What the answers so far mean for the cadence. */
struct walk_state {
	bool wrong;	  /* something in the last full round is not as it should be */
	bool changed;	  /* a serial, DNSKEY or DS set differs from the look before; reading clears it */
	int64_t boundary; /* seconds: the next inception or expiration of an RRSIG; TIME_NEVER none */
	uint32_t ds_ttl, min_ttl; /* seconds; 0: not seen. min_ttl: of SOA, NS, DNSKEY, DS */
};
struct walk_state walk_state(struct walk *w);

size_t walk_servers(const struct walk *w, const struct name *cut, struct endpoint *out, size_t max);
size_t walk_cuts(const struct walk *w, struct name *out, size_t max);

#endif
