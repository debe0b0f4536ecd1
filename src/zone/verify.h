/*
 * verify: everything that a validator or a careful operator would hold against a zone, named by the
 * ids of the fault catalogue, with the one fault that explains the others.
 *
 * zone_verify() is a pure function of the zone and the options; the result owns its memory
 * (verify_free()) and refers to the zone for owner names, so the zone must live longer. Work is split
 * over threads; the result does not depend on their number.
 */
#ifndef ZONE_VERIFY_H
#define ZONE_VERIFY_H

#include "base/arena.h"
#include "zone/sigcache.h"
#include "zone/store.h"

enum fault_severity { FAULT_INFO, FAULT_WARNING, FAULT_HIGH, FAULT_CRITICAL };
const char *fault_severity_name(enum fault_severity s);

struct zone_fault {
	const char *id; /* of the catalogue */
	enum fault_severity severity;
	size_t rank;		  /* place in the order of causes: smaller explains larger */
	const struct znode *node; /* NULL: the zone as a whole */
	uint16_t type;		  /* 0: none */
	int32_t tag;		  /* -1: none */
	uint32_t line;		  /* 0: unknown */
	const char *detail;	  /* clean text */
};

struct verify_opts {
	int64_t at;		    /* Unix seconds */
	const struct zrr *const *ds; /* the parent's DS records */
	size_t n_ds;
	bool have_ds;		    /* the parent was looked at (N_DS may be 0) */
	const struct dnskey *keys;  /* public keys from key files */
	size_t n_keys;
	bool expect_signed;	    /* an unsigned zone is a fault */
	const struct zone *source;  /* unsigned source, or NULL */
	unsigned threads;	    /* 0: one a core, at most 8 */
	struct sigcache *cache;	    /* asked before cryptography, told what is good; NULL: none */
};

struct verify_result {
	struct arena *arena;
	struct zone_fault *faults; /* most severe first, then by rank, owner, type, tag */
	size_t n_faults;
	uint64_t dropped; /* faults beyond the 100,000 that are kept */
	const char *cause; /* NULL: nothing */
	enum fault_severity worst;
	bool any;
	uint64_t sigs, good, bad, expired, future, unknown; /* unknown: no key, or not judged */
	uint64_t computed; /* of them by cryptography; the others came from the cache, or had no key */
	int64_t first_expiration; /* TIME_NEVER without signatures */
	bool is_signed;
	bool has_zonemd, zonemd_good;
	const char *const *notes; /* what is normal during a roll, in words */
	size_t n_notes;
};

struct verify_result *zone_verify(const struct zone *z, const struct verify_opts *o, struct err *e);
void verify_free(struct verify_result *r);

/* The octets that an RRSIG (PREFIX is its RDATA without the signature) signs over set S of node N,
 * appended to BUF (grown with realloc). False: labels do not fit the owner. */
struct octets {
	uint8_t *p;
	size_t n, cap;
};
bool zset_signed_data(const struct zone *z, const struct znode *n, const struct zset *s,
	const uint8_t *prefix, size_t prefix_len, struct octets *buf);
bool octets_room(struct octets *b, size_t n);

/* ZONEMD of the zone (RFC 8976 3): scheme 1; hash 1 (SHA-384) or 2 (SHA-512). 0 when unsupported. */
size_t zone_digest(const struct zone *z, uint8_t hash, uint8_t out[64]);

/* NSEC3 hash of a lower-case wire name (RFC 5155 5). */
bool nsec3_hash(const uint8_t *name, size_t len, uint16_t iterations, const uint8_t *salt,
	uint8_t salt_len, uint8_t out[20]);

#endif
