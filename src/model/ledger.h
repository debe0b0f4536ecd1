/*
 * ledger: the inside of struct ledger, shared by ledger.c (which fills it) and snapshot.c (which
 * copies it out). Everybody else uses model/snapshot.h.
 */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include "model/history.h"
#include "model/snapshot.h"

enum { LEDGER_KEYDIR, LEDGER_SOURCE_FILE, LEDGER_SIGNED_FILE, LEDGER_SOURCE, LEDGER_SIGNER,
	LEDGER_CLOCK, LEDGER_ROUND_FULL, LEDGER_HISTORY, LEDGER_COACH, LEDGER_ONE_COUNT };

struct ledger_keyfile {
	const struct obs *o;
	uint64_t seq; /* facts when it was last seen */
};

struct ledger {
	struct arena *a;
	struct name zone;
	int64_t latest; /* usec */
	int64_t since, full_begin, full_end, margin; /* seconds */
	uint64_t facts, other_facts, bad_lines, changes;
	uint64_t local_begin; /* facts when the last local round began, 0 none */
	bool local_ended;
	struct {
		struct server_state *v;
		size_t n, cap;
	} servers;
	struct {
		struct vantage_state *v;
		size_t n, cap;
	} vantages;
	struct {
		struct producer_state *v;
		size_t n, cap;
	} producers;
	struct {
		struct ledger_keyfile *v;
		size_t n, cap;
	} keyfiles;
	struct obs_list unknowns;
	struct event_list events;
	const struct obs *one[LEDGER_ONE_COUNT];
	struct track ds, dnskey, signers, serial;
};

#endif
