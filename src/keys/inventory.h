/*
 * inventory: one row a key, joining key files, DNSKEYs per server, DS per parent server and the
 * RRSIGs that it makes. A key is its algorithm and public key; the tag is a label. A DNSKEY whose
 * REVOKE bit was set is the same key with another tag.
 *
 * inventory_make() is a pure function of a snapshot; everything lives in the arena given.
 */
#ifndef KEYS_INVENTORY_H
#define KEYS_INVENTORY_H

#include "model/snapshot.h"

enum key_role { KEYROLE_UNKNOWN, KEYROLE_KSK, KEYROLE_ZSK, KEYROLE_CSK };
const char *key_role_name(enum key_role r); /* "KSK", "-" for unknown */

/* What the timing fields mean at one moment (signers.md 1.2); never "expired". */
enum key_timing {
	KEY_TIMING_UNKNOWN, /* no file */
	KEY_FUTURE,	    /* not published yet */
	KEY_PUBLISHED,	    /* published, not active yet */
	KEY_ACTIVE,
	KEY_INACTIVE,	    /* Inactive passed: stopped signing, still published */
	KEY_REMOVED,	    /* Delete passed */
};
const char *key_timing_name(enum key_timing t); /* "active", "inactive" ... */

enum ds_match { DS_UNKNOWN, DS_NONE, DS_MATCH, DS_WRONG_DIGEST };

struct key_row {
	uint16_t tag, flags;
	uint8_t alg;
	unsigned bits;
	const uint8_t *rdata; /* DNSKEY RDATA */
	uint16_t rdlen;
	enum key_role role;	 /* the verdict: flags, use and DS together */
	enum key_role by_flags, by_use, by_ds, by_comment; /* UNKNOWN where there is nothing to go by */
	const char *conflict;	 /* in words, or NULL when all agree */
	const struct obs *file;	 /* FACT_KEYFILE or NULL */
	enum key_timing timing;
	int64_t ends;		 /* seconds: Inactive (or Delete) of the file; TIME_NEVER, TIME_UNSET */
	unsigned served, servers; /* on how many of the child's answering addresses, "5/5" */
	int64_t left_zone;	 /* seconds: when the history saw it leave; TIME_UNSET */
	int64_t cached_until;	 /* seconds: then + TTL; TIME_UNSET when it is still served */
	enum ds_match ds;	 /* against the DS set of the parent */
	unsigned ds_parents, parents; /* parent addresses that have a matching DS, of those answering */
	bool signs_dnskey, signs_data; /* in what the servers serve now */
	unsigned rrsigs;	 /* RRSIGs seen by it: in the signed file, else in answers */
	bool rrsigs_from_file;
	int64_t first_expiration; /* of those RRSIGs; TIME_UNSET none */
	const char *signs;	 /* "DNSKEY", "all others", "all", "-" */
	const char *state;	 /* one word for the column: "active", "INACTIVE", "not served" ... */
	const char *state_text;	 /* a sentence: "ZSK 25548 stopped signing 1d23h ago (Inactive passed)" */
	int severity;		 /* 0 ok, 1 warn, 2 critical: for the symbol of the row */
};

struct inventory {
	struct key_row *rows; /* KSKs first, those that are served before the others, then by tag */
	size_t n;
	bool have_keydir;
};
const struct inventory *inventory_make(struct arena *a, const struct snapshot *s);
/* The row for a DNSKEY RDATA, or for (tag, alg); NULL when there is none. */
const struct key_row *inventory_by_rdata(const struct inventory *inv, const uint8_t *rdata, size_t len);
const struct key_row *inventory_by_tag(const struct inventory *inv, uint16_t tag, uint8_t alg);

#endif
