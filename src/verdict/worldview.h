/*
 * worldview: the version lists of a snapshot as the input of the worlds engine. Records are
 * borrowed from the snapshot, which must outlive the result.
 *
 * What is served by a silent server is taken as still served; versions that were inferred are in
 * the lists too. Before `proven_from` an unknown earlier version may still be in some cache.
 */
#ifndef VERDICT_WORLDVIEW_H
#define VERDICT_WORLDVIEW_H

#include "model/snapshot.h"
#include "verdict/worlds.h"

struct worldview {
	struct worlds_input in;
	int64_t proven_from; /* Unix seconds: watching began, plus the largest TTL; TIME_UNSET unknown */
	uint32_t ttl_ds, ttl_dnskey, ttl_data; /* largest TTL served, seconds; 0 unknown */
	bool has_inferred;
};

/* PROPAGATION (seconds, 0 for none) is added to every `off`: anycast and slow secondaries. */
const struct worldview *worldview_make(struct arena *a, const struct snapshot *s,
	int64_t propagation);

#endif
