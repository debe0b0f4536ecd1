/*
 * store: a whole zone in memory, the one representation that verify, sign, resign and diff share:
 * canonical, sorted wire records, about 16 octets of bookkeeping a record beside its RDATA.
 *
 * Life cycle: zone_load() or zone_parse(), or a builder: zone_builder_new(), zone_builder_add() any
 * number of times in any order, zone_builder_finish(). The zone is immutable from then on and may be
 * read by any number of threads; zone_free() gives back everything.
 *
 * Nodes are in canonical order (RFC 4034 6.1), lower case; the sets of a node by type; the records
 * of a set in canonical order (RFC 4034 6.3) without duplicates, followed by the RRSIGs that cover
 * the set. A signature over a type that is absent makes a set of 0 records. RDATA keeps its case;
 * records whose canonical form differs carry ZRR_UPPER.
 */
#ifndef ZONE_STORE_H
#define ZONE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "model/name.h"
#include "model/rr.h"
#include "zone/scan.h"

#define ZRR_UPPER 1u /* names in RDATA are not in lower case: see rdata_lower() */

struct zrr {
	uint32_t ttl;
	uint32_t line; /* where it begins; 0: not from a file */
	uint16_t rdlen, type, file, flags;
	uint8_t rdata[];
};

#define ZSET_TTL_MIXED 1u /* the records disagree; the set's TTL is the smallest */

struct zset {
	uint32_t first; /* index into zone.rrs: N records, then NSIG RRSIGs */
	uint32_t n, nsig;
	uint16_t type, flags;
};

/* What a node is (RFC 4035 2, RFC 5155 7.1); no flag: authoritative data. */
#define ZNODE_CUT 1u	/* NS here and not the apex */
#define ZNODE_BELOW 2u	/* below a cut: glue and occluded data, never signed */
#define ZNODE_OUT 4u	/* not in the zone at all */
#define ZNODE_NSEC3 8u	/* an NSEC3 is here (its name is a hash, not data) */
#define ZNODE_DNAME 16u /* below a DNAME: cannot be reached */

struct znode {
	const uint8_t *name; /* wire form, lower case */
	uint32_t first_set;
	uint16_t nsets;
	uint8_t name_len, flags;
};

struct zone_problem {
	const char *file;
	uint32_t line;
	const char *what;
	bool fatal;
	char type[32];	   /* of a record that could not be read because of its type; else "" */
	struct name owner; /* its owner, lower case; empty: not known */
};

struct zone {
	struct name apex; /* lower case */
	struct znode *nodes;
	size_t n_nodes;
	struct zset *sets;
	size_t n_sets;
	struct zrr **rrs;
	size_t n_rrs;
	size_t cap_nodes, cap_sets, cap_rrs; /* of the arrays: the store's own */
	const struct znode *apex_node; /* NULL where the apex has no records */
	char **files;		       /* paths, by zrr.file */
	size_t n_files;
	struct zone_problem *problems; /* what could not be read */
	size_t n_problems;
	uint64_t duplicates, out_of_zone, other_class;
	struct scan_stats stats;
	size_t memory; /* octets that the zone takes */
	struct zone_block *blocks;
};

struct zone_limits {
	const struct scan_limits *scan; /* NULL: the default */
	size_t memory;			/* octets; 0: no limit of its own */
	unsigned threads;		/* that read one file; 0: one a core, 1: none beside the caller's */
};

/*
 * Reads a zone file. ORIGIN is the zone's name; NULL takes the first SOA's owner. Problems in the
 * text are kept in the zone; NULL with E when nothing could be read or a limit was hit.
 */
struct zone *zone_load(const char *path, const struct name *origin, const struct zone_limits *lim,
	struct err *e);
struct zone *zone_parse(const char *name, const char *text, size_t len, const struct name *origin,
	struct err *e);
void zone_free(struct zone *z);

/* The node of NAME (any case), or NULL. */
const struct znode *zone_find(const struct zone *z, const struct name *name);
/* Index of the first node that is not before NAME in canonical order. */
size_t zone_lower_bound(const struct zone *z, const uint8_t *name);
const struct zset *znode_set(const struct zone *z, const struct znode *n, uint16_t type);
/* The set of TYPE at the apex with at least one record, or NULL. */
const struct zset *zone_apex_set(const struct zone *z, uint16_t type);
void znode_name(const struct znode *n, struct name *out);
uint32_t zset_ttl(const struct zone *z, const struct zset *s);
bool zone_soa(const struct zone *z, struct soa *soa, uint32_t *ttl);

/* Canonical order of two names in wire form (any case). */
int wire_name_cmp(const uint8_t *a, const uint8_t *b);
/* Is A at or below B, both in lower case, of LA and LB octets? */
bool wire_name_below(const uint8_t *a, size_t la, const uint8_t *b, size_t lb);
/* Length of a name in wire form that is known to be well formed. */
size_t wire_name_len(const uint8_t *name);
/* Where each label of NAME begins, the leftmost first; returns how many there are, the root not counted. */
unsigned wire_label_offsets(const uint8_t *name, uint8_t at[128]);

/*
 * A zone made record by record. zone_builder_ref() takes a record of another zone without copying:
 * that zone must live longer. NAME is in wire form; it is lower-cased.
 */
struct zone_builder;
struct zone_builder *zone_builder_new(const struct name *apex, size_t memory_limit);
bool zone_builder_add(struct zone_builder *b, const uint8_t *name, size_t name_len, uint16_t type,
	uint32_t ttl, const uint8_t *rdata, uint16_t rdlen, struct err *e);
bool zone_builder_ref(struct zone_builder *b, const struct znode *n, struct zrr *rr, struct err *e);
/* Ends the builder in any case. */
struct zone *zone_builder_finish(struct zone_builder *b, struct err *e);
void zone_builder_free(struct zone_builder *b);

/*
 * Signatures for a zone whose sets have none: SIGS (N of them, any order within a set) by set. Used by
 * sign alone, before the zone is given to anybody.
 */
struct zone_sig {
	uint32_t set;
	struct zrr *rr;
};
bool zone_attach(struct zone *z, const struct zone_sig *sigs, size_t n, struct err *e);

/* A record with room for RDLEN octets of RDATA, in *BLOCKS (begin with NULL), which a zone takes over. */
struct zrr *zrr_new(struct zone_block **blocks, uint16_t type, uint32_t ttl, uint16_t rdlen);
void zone_adopt(struct zone *z, struct zone_block *blocks);

/* One record as a line "owner ttl IN TYPE rdata\n": absolute names, stable form. */
void zrr_text(struct text *out, const struct znode *n, const struct zrr *rr);
/* The same for any record in wire form. */
void rr_wire_text(struct text *out, const uint8_t *owner, uint16_t type, uint32_t ttl,
	const uint8_t *rdata, uint16_t rdlen);

#endif
