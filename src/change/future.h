/*
 * future: the version lists as they would be after a step that nobody has taken yet. Signatures
 * that the step would make do not exist; their RRSIGs are made without a signature and the memo is
 * told which keys they would verify with, so that the same worlds engine judges both.
 *
 * Life cycle: future_new() from a worldview, one or more future_*() changes at a time T, then
 * future_worlds(). Everything lives in the arena given; nothing is read or written.
 */
#ifndef CHANGE_FUTURE_H
#define CHANGE_FUTURE_H

#include "verdict/worldview.h"

/* A DNSKEY by its RDATA; borrowed. */
struct future_key {
	const uint8_t *rdata;
	uint16_t len;
};
struct future_keys {
	struct future_key *v;
	size_t n, cap;
};

struct future;
/* VALIDITY: seconds for which the step's signatures last; PROPAGATION: until the slowest server
 * of the zone has a change. */
struct future *future_new(struct arena *a, const struct worldview *w, int64_t validity,
	int64_t propagation);

/* What is served now, as a start for the changed sets. */
void future_served_keys(const struct future *f, struct future_keys *keys);
void future_key_signers(const struct future *f, struct future_keys *signers); /* of RRSIG(DNSKEY) */
void future_data_signers(const struct future *f, struct future_keys *signers);
/* The DNSKEY set served before the present one, and who signed it and the data then; false where
 * none was seen. */
bool future_previous(const struct future *f, struct future_keys *keys, struct future_keys *signers,
	struct future_keys *data);
/* DNSKEYs whose DS is served now. */
void future_ds_keys(const struct future *f, struct future_keys *keys);

/* A key that does not exist yet: FLAGS 256 or 257. */
struct future_key future_new_key(struct future *f, uint8_t alg, uint16_t flags);

void future_keys_add(struct arena *a, struct future_keys *list, struct future_key k);
void future_keys_remove(struct future_keys *list, uint16_t tag);
/* The very key: another one of the same tag stays. */
void future_keys_drop(struct future_keys *list, struct future_key k);
bool future_keys_have(const struct future_keys *list, struct future_key k);

/* From T on the zone serves these. Empty keys: no DNSKEY; empty signers: data without RRSIG. */
void future_set_keys(struct future *f, int64_t t, const struct future_keys *keys,
	const struct future_keys *signers);
void future_set_data(struct future *f, int64_t t, const struct future_keys *signers);

/* The DS records served now; a list to add to and to take from. */
void future_served_ds(const struct future *f, struct rr_list *ds);
/* DS of K with a digest of DIGEST_TYPE; one of the same key and type is replaced (its digest may be
 * wrong). */
void future_ds_add(struct future *f, struct rr_list *ds, struct future_key k, uint8_t digest_type);
void future_ds_remove(struct rr_list *ds, int tag, uint8_t alg); /* tag < 0: all; alg 0: any */
/* From T on the parent serves these; none: no DS. */
void future_set_ds(struct future *f, int64_t t, const struct rr_list *ds);

const struct worlds *future_worlds(struct future *f, const struct profile *p);
const struct worlds_input *future_input(const struct future *f);

#endif
