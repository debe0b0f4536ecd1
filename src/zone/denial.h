/*
 * denial: the names and types that an NSEC or NSEC3 chain proves (RFC 4034 4, RFC 5155 7.1), worked
 * out once for who makes a chain (sign) and for who judges one (verify).
 */
#ifndef ZONE_DENIAL_H
#define ZONE_DENIAL_H

#include "zone/store.h"

#define DENIAL_BITMAP_MAX 8704u /* octets: 256 windows of 34 */

/*
 * Type bitmap of node N (NULL: an empty non-terminal) as it must be: NSEC, NSEC3 and RRSIG of the zone
 * itself are left out and then added where they belong. Returns its length.
 */
size_t denial_bitmap(const struct zone *z, const struct znode *n, bool nsec,
	uint8_t out[DENIAL_BITMAP_MAX]);

struct denial_hash {
	uint8_t h[20];
	const struct znode *data; /* NULL: an empty non-terminal */
	const struct znode *node; /* for the caller: where its NSEC3 is */
	bool insecure;		  /* opt-out may leave it out */
};

/*
 * Every authoritative name, and every empty non-terminal above one, hashed and sorted; LEAVE_OUT skips
 * insecure delegations and what stands only above them. NULL without memory; free() it.
 */
struct denial_hash *denial_hashes(const struct zone *z, uint16_t iterations, const uint8_t *salt,
	uint8_t salt_len, bool leave_out, unsigned threads, size_t *n);

#endif
