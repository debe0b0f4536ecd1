/*
 * rrset: the canonical form of one RRset and what an RRSIG signs (RFC 4034 3.1.8.1, 6; RFC 6840
 * 5.1), for the few RRsets of an answer. Whole zones have their own store with the same rules.
 */
#ifndef ZONE_RRSET_H
#define ZONE_RRSET_H

#include "base/arena.h"
#include "model/rr.h"
#include "zone/crypto.h"

/*
 * The octets that S signs over the N records RRS (same owner and type): RRSIG RDATA without the
 * signature, then each record in canonical form, sorted, duplicates removed, with the original
 * TTL and, for a wildcard expansion, the wildcard's owner. Memory from A; *LEN in octets.
 * NULL when the labels field is larger than the owner's (RFC 4035 5.3.1) or a name is broken.
 */
uint8_t *rrset_signed_data(struct arena *a, const struct rrsig *s, const uint8_t *rrsig_rdata,
	const struct rr *const *rrs, size_t n, size_t *len);

/*
 * Lower-cases, in place, the names inside RDATA of the types whose names are part of the
 * canonical form (RFC 4034 6.2 as corrected by RFC 6840 5.1: not NSEC, not types after RFC 3597).
 * Returns whether an octet changed. RDATA that is too short for its type is left alone.
 */
bool rdata_lower(uint16_t type, uint8_t *rdata, size_t len);
/* Would rdata_lower() change an octet? */
bool rdata_has_upper(uint16_t type, const uint8_t *rdata, size_t len);
/* Order of RDATA as unsigned octets, the shorter first on a tie (RFC 4034 6.3). */
int rdata_cmp(const uint8_t *a, size_t na, const uint8_t *b, size_t nb);

/* RDATA with the names of the old types lower-cased (RFC 6840 5.1); may return RDATA itself. */
const uint8_t *rdata_canonical(struct arena *a, uint16_t type, const uint8_t *rdata, uint16_t len);

/*
 * Makes an RRSIG RDATA over the N records RRS by K: labels, original TTL from the records,
 * INCEPTION and EXPIRATION in Unix seconds, SIGNER the zone's apex. Memory from A.
 */
uint8_t *rrset_sign(struct arena *a, struct privkey *k, const struct name *signer,
	const struct rr *const *rrs, size_t n, int64_t inception, int64_t expiration, uint16_t *len,
	struct err *e);

#endif
