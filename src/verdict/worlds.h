/*
 * worlds: which combinations of DS set, DNSKEY set and data some cache may hold together, and in
 * which intervals such a combination is bogus: Algorithm B of the safety theory, with what was
 * measured since (key caches that outlive the DS; heal times a validator family; negative answers
 * as a list of their own).
 *
 * A version was served during [on, off) and may be in a cache until off + ttl. Times are Unix
 * seconds; off == TIME_NEVER: still served. Everything is pure and lives in the arena given.
 */
#ifndef VERDICT_WORLDS_H
#define VERDICT_WORLDS_H

#include <jansson.h>

#include "verdict/verdict.h"

struct world_version {
	struct rr_list rrs; /* records with their RRSIGs; empty: "none" was served */
	int64_t on, off;
	uint32_t ttl;
};
struct world_list {
	struct world_version *v;
	size_t n, cap;
};

struct worlds_input {
	struct name zone;
	int64_t now;
	struct world_list ds, dnskey, data, negative; /* negative: answers with NSEC or NSEC3 */
};

/* Families of validators that remember a failure for different times. */
enum family { FAMILY_UNBOUND, FAMILY_BIND, FAMILY_POWERDNS, FAMILY_KNOT, FAMILY_COUNT };
const char *family_name(enum family f); /* "unbound" ... */

struct broken {
	int64_t from, until; /* until == TIME_NEVER: until something is changed */
	size_t ds, dnskey, data; /* indices into the lists */
	bool negative;		 /* data indexes input.negative */
	const char *reason;
	bool keys_fail; /* the DS does not lead to the DNSKEY set; else the data fail */
	bool old_ds, old_dnskey, old_data; /* not the version served at `from` */
	bool direct; /* false: only clients that validate behind another cache */
	int64_t heals[FAMILY_COUNT];
};

struct worlds {
	struct broken *v; /* by from, then until */
	size_t n;
	bool secure_now; /* an empty cache validates what is served at `now` */
	enum verdict now_verdict;
	const char *now_reason;
	unsigned verifications;
};

/* M: a memo to share between runs over the same records, or NULL. */
const struct worlds *worlds_compute(struct arena *a, const struct worlds_input *in,
	const struct profile *p, struct memo *m);

/* The file of unbogus worlds: see unbogus-worlds(1). NULL with E. */
const struct worlds_input *worlds_read(struct arena *a, const char *json, size_t n, struct err *e);
/* The answer as JSON "unbogus.worlds/1"; a new reference. */
json_t *worlds_json(const struct worlds *w);

#endif
