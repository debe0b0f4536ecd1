/*
 * history: which values (DS set, DNSKEY set, signers of the data, serial) were served when, from
 * the answers of every server. A value's `off` is the first moment at which every address that
 * served it was seen without it: a silent server goes on counting as serving what it served last,
 * which is the careful side (DESIGN.md section 2).
 *
 * A track belongs to a ledger. Values and samples are copied or referenced, never borrowed.
 */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include "model/snapshot.h"

/* What one server was last seen serving. */
struct track_seat {
	const char *server; /* "address port" */
	size_t version;	    /* index into the list, SIZE_MAX: none */
	int64_t t;	    /* seconds: when it was last seen serving it */
};

struct track {
	struct arena *a;
	struct version_list list;
	struct {
		struct track_seat *v;
		size_t n, cap;
	} seats;
};

/*
 * Server SERVER was seen serving VALUE at T (seconds) with TTL; O shows it. FULL_BEFORE is the time of
 * the last complete look at all servers, TIME_UNSET when there was none.
 * Returns true when VALUE is a version that was not current anywhere before.
 */
bool track_seen(struct track *k, const char *server, const char *value, int64_t t, uint32_t ttl,
	const struct obs *o, int64_t full_before);

/*
 * Puts V, remembered by somebody else, into the list (in order of on). One that is known already
 * (same value, times that overlap) only reaches further back. Returns its index; *FRESH (may be
 * NULL): it was not known.
 */
size_t track_seed(struct track *k, const struct version *v, bool *fresh);
/* Server SERVER was last seen serving version VERSION at T; older than what we saw is ignored. */
void track_seat_seed(struct track *k, const char *server, size_t version, int64_t t);

/*
 * A complete look at every address began at BEGIN and ended at T (seconds). A server that GONE()
 * says is no address of the zone any more no longer holds a version, and a version that is open
 * and held by nobody was last served before T: it is closed then. UNHEARD: some address of the
 * zone never answered; what is held by nobody may be held there, and stays open.
 */
void track_close(struct track *k, int64_t begin, int64_t t, bool unheard,
	bool (*gone)(const void *ctx, const char *server), const void *ctx);

/* The identity of an RRset in an answer: its RDATA as sorted hexadecimal; "" for none. */
const char *rrset_value(struct arena *a, const struct rr_list *rrs, const struct name *owner,
	uint16_t type, uint32_t *ttl);
/* "8/25548,8/40183": who signs TYPE at OWNER in an answer; "" for nobody. */
const char *signers_value(struct arena *a, const struct rr_list *rrs, const struct name *owner,
	uint16_t type);

/* A ledger's own list and who holds what in it: for who writes it down (observe/histdb). */
const struct track *ledger_track(const struct ledger *l, enum version_of of);
/* End of its last complete look, seconds; TIME_UNSET: none yet. */
int64_t ledger_looked(const struct ledger *l);

/*
 * Adds what was never seen but can be concluded to H, labelled inferred: DNSKEY and DS sets that
 * resolvers still hold (CD=1), and when the present ones began (signed file, RRSIG inception).
 */
void history_infer(struct arena *a, struct history *h, const struct snapshot *s);

#endif
