/*
 * verdict: what a validator says of one combination of DS set, DNSKEY set and data at one time:
 * Algorithm A of the safety theory (RFC 4035 5, RFC 6840 5.2, 5.11, RFC 4509 3). Validators differ,
 * so a profile says how; run several and report the worst.
 *
 * A memo keeps the outcome of each signature check, so that many combinations of the same records
 * cost each cryptographic operation once. It owns nothing of the records: they must outlive it.
 */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include "base/arena.h"
#include "model/observation.h"

enum verdict { VERDICT_SECURE, VERDICT_INSECURE, VERDICT_BOGUS };
const char *verdict_name(enum verdict v); /* "secure" ... */

/* To add a profile: a row in verdict.c. */
struct profile {
	const char *name; /* "strict" (BIND), "unbound", "hardened", "no-sha1" */
	bool ignore_sha1_ds;	/* where a stronger digest is there too (RFC 4509 3) */
	bool reject_revoked;	/* a key with the REVOKE bit starts no chain */
	bool all_algorithms;	/* every algorithm in use must validate (harden-algo-downgrade) */
	bool strongest_digest;	/* only the DS of the strongest digest type count */
	bool no_sha1;		/* algorithms 5 and 7 and SHA-1 digests are unsupported (RFC 9905) */
	unsigned skew_percent;	/* of a signature's validity that is forgiven, within the bounds */
	int64_t skew_min, skew_max; /* seconds */
};
const struct profile *profile_find(const char *name); /* NULL: no such; "strict" is first */
extern const struct profile profiles[];		      /* ends with name == NULL */

struct memo;
struct memo *memo_new(struct arena *a);
unsigned memo_verifications(const struct memo *m); /* cryptographic operations so far */
/* Takes it that the RRSIG with RDATA at SIG verifies with the DNSKEY with RDATA at KEY: for
 * signatures that a plan would make and nobody has made yet. */
void memo_assume_good(struct memo *m, const uint8_t *sig, const uint8_t *key);

/*
 * DS, DNSKEY and DATA are records in any order, with their RRSIGs among them; every list may be
 * empty: no DS (proven), no DNSKEY, data unsigned when it has no RRSIG. DATA may hold several
 * RRsets (a negative answer's SOA and NSEC): each must validate; no data at all asks for the keys
 * only. ZONE is the apex; T Unix seconds. *REASON (may be NULL) becomes a validator's words.
 */
enum verdict verdict_of(struct memo *m, const struct name *zone, const struct rr_list *ds,
	const struct rr_list *dnskey, const struct rr_list *data, int64_t t, const struct profile *p,
	const char **reason);

/* Does DS lead to DNSKEY at T (steps 1 to 5 SECURE)? */
bool verdict_keys(struct memo *m, const struct name *zone, const struct rr_list *ds,
	const struct rr_list *dnskey, int64_t t, const struct profile *p);

/* Adds to TIMES (of MAX, N used) every second at which a signature of LIST begins or ceases to be
 * valid under P: the verdict is constant between them. Returns the new N. */
size_t verdict_times(const struct rr_list *list, const struct profile *p, int64_t near,
	int64_t *times, size_t n, size_t max);

#endif
