/*
 * diff: two zones compared set by set, streaming: both are sorted, so one walk tells every difference
 * in canonical order. What a signer makes (RRSIG; NSEC, NSEC3 and NSEC3PARAM) is folded into counts,
 * since a signature says nothing that its set does not; the set of keys (DNSKEY, CDS, CDNSKEY) and the
 * SOA are shown like data.
 *
 * Nothing is kept; memory belongs to the zones, which must live as long as what is told about them.
 */
#ifndef ZONE_DIFF_H
#define ZONE_DIFF_H

#include "zone/store.h"

enum zdiff_kind { ZDIFF_ADDED, ZDIFF_REMOVED, ZDIFF_CHANGED };

/* One RRset that is not the same; A or B is NULL where it exists on one side only. */
struct zdiff_set {
	enum zdiff_kind kind;
	uint16_t type;
	const struct znode *node; /* of the side that has it; B's when both have */
	const struct zset *a, *b;
	bool ttl; /* the TTL differs */
};

struct zdiff_counts {
	uint64_t sets_added, sets_removed, sets_changed, sets_same;
	uint64_t rrs_added, rrs_removed; /* records of those sets */
	uint64_t sigs_added, sigs_removed, sigs_same;
	uint64_t chain_added, chain_removed, chain_same; /* NSEC, NSEC3, NSEC3PARAM records */
	bool have_serials;
	uint32_t serial_a, serial_b;
};

/*
 * Walks A and B; SET (may be NULL) is told each difference and returns false to stop. Names outside
 * the zone are left out. Returns false when it was stopped, or when the zones have different names
 * (E, ERR_ARG).
 */
bool zone_diff(const struct zone *a, const struct zone *b,
	bool (*set)(void *ctx, const struct zdiff_set *s), void *ctx, struct zdiff_counts *c, struct err *e);

/* The records of S that differ, as lines "- record" and "+ record" (clean text). */
void zdiff_set_text(struct text *out, const struct zone *a, const struct zone *b,
	const struct zdiff_set *s);

/*
 * The whole difference as text: the lines of at most MAX sets (0: all), then what was left out, then
 * the folded counts. Empty when nothing differs, signatures included.
 */
bool zdiff_text(struct text *out, const struct zone *a, const struct zone *b, size_t max,
	struct zdiff_counts *c, struct err *e);
/* "signatures: 2 new, 1 gone, 210812 kept; NSEC/NSEC3: unchanged" */
void zdiff_counts_text(struct text *out, const struct zdiff_counts *c);

#endif
