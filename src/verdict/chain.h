/*
 * chain: every signature that was seen, verified by us at an explicit time, and the links from the
 * root to the zone's data, server by server. Dates are judged apart from cryptography: "good but
 * expired" differs from "bad".
 *
 * chain_make() is a pure function of a snapshot (its "now" decides the dates) and trust anchors.
 * It spends at most a fixed budget of verifications (safety.md 2.2): what is over it is
 * SIG_TOO_EXPENSIVE, never bogus.
 */
#ifndef VERDICT_CHAIN_H
#define VERDICT_CHAIN_H

#include "model/snapshot.h"

enum sig_crypto { SIG_GOOD, SIG_BAD, SIG_NO_KEY, SIG_UNSUPPORTED, SIG_MALFORMED, SIG_TOO_EXPENSIVE,
	SIG_NOT_CHECKED };
enum sig_dates { SIG_DATES_OK, SIG_EXPIRED, SIG_FUTURE, SIG_DATES_IMPOSSIBLE };

/* One RRSIG over one RRset in one answer. */
struct sig_check {
	const struct obs *obs;
	const struct server_state *server; /* NULL for a vantage's answer */
	struct name owner;
	uint16_t covered;
	struct rrsig sig;
	enum sig_crypto crypto;
	enum sig_dates dates;
	int64_t inception, expiration; /* Unix seconds */
	int key;		       /* index of the DNSKEY in its set, -1 */
	bool by_sep;		       /* that key is one that a DS (or an anchor) points to */
	bool good;		       /* crypto and dates */
};
struct sig_list {
	struct sig_check *v;
	size_t n, cap;
};

enum link_state { LINK_SECURE, LINK_BOGUS, LINK_INSECURE, LINK_UNKNOWN };
const char *link_state_name(enum link_state s); /* "secure" ... */

/* One DS record against the DNSKEYs that are served. */
struct ds_link {
	struct ds ds;
	const char *hex;	  /* whole digest in upper-case hex */
	unsigned parents, of;	  /* parent addresses that serve it */
	bool key_served;	  /* a DNSKEY with that algorithm and tag is there */
	bool digest_ok;
	bool key_signs;		  /* that key signs the DNSKEY RRset validly */
	bool supported;		  /* algorithm and digest type */
	uint16_t key_flags;
};

/* One zone cut as the chain sees it. */
struct chain_link {
	struct name zone;
	enum link_state state;
	const char *reason;	/* in the words of validators: "signature expired", or "" */
	struct ds_link *ds;	/* what the parent (or the anchor, for the root) says of it */
	size_t n_ds;
	bool ds_known, ds_absent; /* absent: proven or answered so by the parent */
	bool anchored;		/* its keys are trust anchors */
	uint32_t ds_ttl;
	int64_t ds_expiration;	/* of RRSIG(DS), seconds */
	uint16_t ds_signer_tag; /* parent key that signs the DS */
	struct rr_list dnskey;	/* the set most servers give */
	uint32_t dnskey_ttl;
	int64_t dnskey_expiration;
	uint16_t *dnskey_signers; /* tags with a good RRSIG(DNSKEY) */
	size_t n_dnskey_signers;
	uint32_t dnskey_size;	/* octets of the DNSKEY answer */
	int64_t data_expiration; /* earliest of the data's RRSIGs */
	uint16_t *data_signers;
	size_t n_data_signers;
};

struct chain {
	struct chain_link *links; /* from the root down; the last is the zone */
	size_t n;
	struct sig_list sigs;
	enum link_state state;	/* of the zone as a fresh strict validator would see it now */
	const char *reason;
	bool wholly_known;	/* false: a link above the zone was not observed */
	unsigned verifications;
};

/* ANCHORS: DNSKEY or DS records of the root; NULL or n == 0: links above are taken as they are. */
const struct chain *chain_make(struct arena *a, const struct snapshot *s, const struct rr *anchors,
	size_t n_anchors);

#endif
