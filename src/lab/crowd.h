/*
 * crowd: populations of validators whose caches were filled at moments spread over the TTLs, and
 * how many of them fail at a moment. Each holds a DS set, a DNSKEY set and fetches data; which
 * versions those are follows from its own moments and from what was served then (the worlds
 * engine's combinations, verdict/verdict.h, judge each once).
 *
 * A validator counts by the share of the zone's RRsets that fail for it when a name is asked for
 * that its cache does not have; 1 where its DS does not lead to its keys, or no server answers.
 * What it found bogus it fetches anew (at most a minute later in true validators: not simulated).
 *
 * crowd_new() borrows the world, which may change between calls; crowd_free() ends it.
 */
#ifndef LAB_CROWD_H
#define LAB_CROWD_H

#include "lab/world.h"

struct crowd;
/* COUNT 0: as the scenario says (1,000 where it says nothing), else that many in its proportions. */
struct crowd *crowd_new(const struct world *w, unsigned count);
void crowd_free(struct crowd *c);
/* The world went back in time: what was judged of versions that are gone is forgotten. */
void crowd_forget(struct crowd *c);

struct crowd_state {
	double broken; /* validators, by share */
	unsigned total, failing; /* failing: some of their questions fail */
};
void crowd_at(struct crowd *c, int64_t t, struct crowd_state *out); /* usec */

/* The class of one validator, for tables of who sees what: its moments of fetching, and profile. */
enum verdict crowd_verdict(struct crowd *c, const struct lab_zone *parent, const struct lab_zone *keys,
	const struct lab_zone *data, const char *profile, int64_t t, double *share);

#endif
