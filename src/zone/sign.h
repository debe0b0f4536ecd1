/*
 * sign: a whole zone signed, unsigned or signed before: DNSKEY, CDS and CDNSKEY kept right, the NSEC or
 * NSEC3 chain made anew, every signature kept that still serves, all others made, the serial raised,
 * ZONEMD recomputed. For single RRsets see rrset_sign() in zone/rrset.h.
 *
 * zone_sign() reads its input and writes nothing. The result refers to records of the input zones, which
 * must live longer; sign_free() gives back the rest. Work is split over threads; what is signed, and
 * with which dates, does not depend on their number (ECDSA signatures are random in themselves).
 */
#ifndef ZONE_SIGN_H
#define ZONE_SIGN_H

#include "zone/crypto.h"
#include "zone/sigcache.h"
#include "zone/store.h"

enum sign_denial {
	SIGN_DENIAL_KEEP, /* as the input; NSEC where it has none */
	SIGN_DENIAL_NSEC,
	SIGN_DENIAL_NSEC3,  /* no iterations, no salt (RFC 9276) */
	SIGN_DENIAL_OPTOUT, /* the same, unsigned delegations left out */
};
enum sign_serial { SIGN_SERIAL_INCREMENT, SIGN_SERIAL_UNIXTIME, SIGN_SERIAL_DATE };

enum sign_cds { SIGN_CDS_KEEP, SIGN_CDS_PUBLISH, SIGN_CDS_REMOVE };

/* A key of the zone. Who makes this list decides roles by timing: see keys/signkeys.h. */
struct sign_key {
	const uint8_t *dnskey; /* RDATA */
	uint16_t dnskey_len, tag;
	uint8_t alg;
	struct privkey *key; /* NULL: not to sign with; used by one thread of zone_sign() at a time */
	bool publish;	     /* belongs into DNSKEY; otherwise it is taken out */
	bool signs_keys;     /* signs DNSKEY, CDS, CDNSKEY */
	bool signs_data;     /* signs all others */
	enum sign_cds cds;
};

enum sign_phase { SIGN_PREPARE, SIGN_CHAIN, SIGN_SIGN, SIGN_ZONEMD };

struct sign_opts {
	const struct sign_key *keys;
	size_t n_keys;
	const uint16_t *without;     /* tags of keys that leave the zone, whoever holds them */
	size_t n_without;
	const struct zone *previous; /* the version published before: its signatures are kept too, its
				      * serial is exceeded; may be NULL */
	int64_t at;		     /* Unix seconds */
	int64_t inception;	     /* of new signatures: seconds before AT (clocks that are slow) */
	int64_t validity;	     /* seconds after AT */
	int64_t jitter;		     /* up to so many seconds fewer, by owner and type */
	int64_t refresh;	     /* a signature with less than this left is made anew */
	enum sign_denial denial;
	enum sign_serial serial;
	uint32_t serial_above;	     /* serials seen elsewhere: the new one is above this as well */
	bool have_serial_above;
	uint32_t dnskey_ttl;	     /* for a set that the input does not have; 0: the SOA's */
	struct sigcache *cache;	     /* good signatures are asked for and noted; may be NULL */
	unsigned threads;	     /* 0: one a core */
	/* Told now and then from any thread, one at a time; false cancels. May be NULL. */
	bool (*progress)(void *ctx, enum sign_phase phase, uint64_t done, uint64_t total);
	void *ctx;
};
extern const struct sign_opts sign_defaults; /* 1 h, 30 d, 1 d, 7 d 12 h, increment */

struct sign_result {
	struct zone *zone;  /* the signed zone */
	uint64_t made, kept, dropped; /* signatures; dropped: of the input, not in the result */
	uint64_t checked;   /* of the kept: verified by cryptography, the others by the cache */
	uint32_t serial, serial_before;
	bool nsec3, optout;
	size_t chain;	    /* NSEC or NSEC3 records */
	struct zone *body;  /* owns what zone refers to */
};

/*
 * NULL with E: ERR_NOT_FOUND or ERR_ARG (no key, or several, of a tag in WITHOUT), ERR_ARG (no SOA, no key that signs DNSKEY or data, an algorithm that only half of the
 * roles have), ERR_LIMIT (cancelled: rule "cancelled"), ERR_UNSUPPORTED, ERR_MEMORY.
 */
struct sign_result *zone_sign(const struct zone *in, const struct sign_opts *o, struct err *e);
/*
 * The same for a zone of which IN holds the apex alone, all else being signed already and staying: SOA,
 * DNSKEY, CDS and CDNSKEY are made, the chain is left alone. ERR_UNSUPPORTED when more than the apex
 * would change: other types at the apex, or a ZONEMD.
 */
struct sign_result *zone_sign_apex(const struct zone *in, const struct sign_opts *o, struct err *e);
void sign_free(struct sign_result *r);

/* The serial after BEFORE (and after ABOVE) by POLICY at AT; always greater (RFC 1982). */
uint32_t sign_next_serial(uint32_t before, enum sign_serial policy, int64_t at);

/*
 * Writes the zone as text to FD: the apex, SOA first, then all others in canonical order, one line a
 * record. W (may be NULL) is told the octets of the apex and of the rest, and the rest's SHA-256.
 */
struct zone_written {
	uint64_t apex_len, rest_len;
	uint8_t apex[32], rest[32];
};
bool zone_write(const struct zone *z, int fd, const char *path, unsigned threads,
	struct zone_written *w, struct err *e);
/* The records of one node in that form, SOA first at the apex. */
void znode_text(struct text *out, const struct zone *z, const struct znode *n);

#endif
