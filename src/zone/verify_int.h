/* What the parts of verify share. Not for other modules. */
#ifndef ZONE_VERIFY_INT_H
#define ZONE_VERIFY_INT_H

#include "zone/crypto.h"
#include "zone/verify.h"

#define FAULTS_KEPT 100000u

struct fault_sink {
	struct arena *arena;
	struct {
		struct zone_fault *v;
		size_t n, cap;
	} list;
	uint64_t dropped;
};

struct zone_key {
	struct dnskey k;
	const struct zrr *rr;
	bool usable;	 /* zone key, protocol 3, decodes */
	bool broken;	 /* the algorithm is known, the key is not one */
	bool signs_keys; /* a signature of it over the DNSKEY set verifies and is in its dates */
	bool ds;	 /* a DS names it */
	unsigned key_sigs; /* what its signatures over the DNSKEY set are: KEYSIG_* */
	bool signs_cds;	 /* and over CDS or CDNSKEY */
	bool used;	 /* some signature of it verifies */
};
#define KEYSIG_GOOD 1u
#define KEYSIG_BAD 2u
#define KEYSIG_EXPIRED 4u
#define KEYSIG_FUTURE 8u
#define KEYSIG_OF_KEYS 15u
#define KEYSIG_CDS 16u
#define KEYSIG_USED 32u

/* A key that signed and is not in the DNSKEY set. */
struct absent_key {
	uint16_t tag;
	uint8_t alg;
	bool soa, keys;	   /* it signed the SOA, the DNSKEY set */
	uint32_t line;	   /* of one of its signatures */
	uint64_t sets;	   /* sets that nobody else signed well */
	bool explained;	   /* a fault says why it is not there */
};
#define ABSENT_MAX 16u
struct absent_list {
	struct absent_key v[ABSENT_MAX];
	size_t n;
};
struct absent_key *absent_find(struct absent_list *l, uint16_t tag, uint8_t alg);

/* What is known of the signatures of the zone, filled by the signature pass. */
struct sig_counts {
	uint64_t sigs, good, bad, expired, future, unknown, computed;
	uint64_t sets_expired, sets_ok, sets_future, sets_unsigned, sets_bad;
	int64_t first_expiration;
	int64_t longest; /* expiration - inception */
};

struct verify {
	const struct zone *z;
	const struct verify_opts *o;
	struct fault_sink sink;
	struct zone_key *keys;
	size_t n_keys;
	uint32_t algs; /* bit by algorithm number 0..31 of keys in DNSKEY that can be verified */
	struct sig_counts count;
	bool dnskey_good; /* some valid signature over the DNSKEY set */
	struct absent_list absent;
	struct {
		const char **v;
		size_t n, cap;
	} notes;
	bool is_signed, has_nsec, has_nsec3;
};

void fault(struct fault_sink *s, const char *id, const struct znode *n, uint16_t type, int32_t tag,
	uint32_t line, const char *fmt, ...) __attribute__((format(printf, 7, 8)));
/* The same with another severity than the table's. */
void fault_as(struct fault_sink *s, enum fault_severity sev, const char *id, const struct znode *n,
	uint16_t type, int32_t tag, uint32_t line, const char *fmt, ...)
	__attribute__((format(printf, 8, 9)));

void verify_structure(struct verify *v);
void verify_keys(struct verify *v);
void verify_ds(struct verify *v); /* after the signatures */
void verify_absent(struct verify *v); /* keys that signed and are not here: why? */
/* The key of the zone that is the key file of TAG with octets changed; NULL: none. */
const struct zone_key *damaged_key(const struct verify *v, uint16_t tag, uint8_t alg);
void verify_cds_signer(struct verify *v);
void verify_revoked(struct verify *v);
void verify_rolls(struct verify *v); /* notes, after everything */
void verify_sigs(struct verify *v);
void verify_denial(struct verify *v);
void verify_zonemd(struct verify *v, struct verify_result *r);

/* False when a record of N could not be read because of its type: its types are not all known. */
bool node_was_read(const struct zone *z, const struct znode *n);
/* Is set S of node N authoritative, so that it must be signed (RFC 4035 2.2)? */
bool set_is_signed(const struct zone *z, const struct znode *n, const struct zset *s);
/* Nodes that own authoritative data: they are in the NSEC or NSEC3 chain. */
static inline bool
node_counts(const struct znode *n)
{
	return !(n->flags & (ZNODE_BELOW | ZNODE_OUT | ZNODE_DNAME | ZNODE_NSEC3));
}
static inline uint32_t
zset_line(const struct zone *z, const struct zset *s)
{
	return s->n + s->nsig ? z->rrs[s->first]->line : 0;
}

#endif
