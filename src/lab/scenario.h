/*
 * scenario: an incident as data: which zones, keys, servers, caches and people's doings there are,
 * and when. Read from YAML (unbogus-scenario(5)); data only, no code. Nothing here does anything:
 * lab/world.h makes the world of one moment from it.
 *
 * A struct scenario lives in memory of its own and is freed with scenario_free(). "{zone}" and
 * "{label}" in names and texts stand for the zone and its first label. A seed other than 0 changes
 * the zone's name, key tags, algorithm, serial style and TTLs, and nothing that matters.
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/name.h"

enum sc_role { SC_ZSK, SC_KSK };
enum sc_cut { SC_ROOT, SC_PARENT, SC_CHILD, SC_PRIMARY };

struct sc_key {
	char *id, *created, *publish, *activate, *inactive, *removed;
	enum sc_role role;
	uint16_t tag;
	unsigned bits;
	int64_t t_created, t_publish, t_activate, t_inactive, t_delete; /* seconds */
};
struct sc_signed { /* one signed zone as it was loaded by every server */
	char *at, *inception, *expiration;
	uint32_t serial;
	char **publish, **sign_keys, **sign_data;
	unsigned publish_count, sign_keys_count, sign_data_count;
	int64_t t; /* usec */
	int64_t t_inception, t_expiration;
};
struct sc_ds { /* the DS set at the parent from then on */
	char *at, **keys;
	unsigned keys_count;
	int64_t t;
};
struct sc_revision { /* of the source of truth */
	char *at, *revision, *author, *message, *add;
	uint32_t serial;
	int64_t t;
};
struct sc_run { /* of the signer */
	char *at, **lines;
	int exit;
	unsigned lines_count;
	int64_t t;
};
struct sc_server {
	char *name, *address;
	enum sc_cut cut;
	unsigned rtt; /* milliseconds */
};
struct sc_filled { /* when a cache fetched what; afterwards again at each end of TTL */
	char *ds, *dnskey, *soa, *positive, *nodata, *nxdomain;
};
struct sc_vantage {
	char *name, *kind, *address, *silent_from, *since;
	bool libunbound, counted, fresh, ede;
	struct sc_filled filled;
	char *wrong_digest, *wrong_from, *wrong_until; /* key id: its DS has another digest in this view */
	unsigned rtt;
	int64_t t_filled[6], t_silent, t_wrong, t_wrong_until, t_since; /* usec */
};
struct sc_event {
	char *at, *who, *text;
	int64_t t;
};

struct scenario {
	char *name, *title, *origin, *zone, *parent, *start, *moment, *host, *records, *source_type;
	unsigned level, dnskey_ttl, data_ttl, ds_ttl, alg;
	char **assumptions, **causes; /* causes: ids that a diagnosis must find at "moment" */
	struct sc_key *keys;
	struct sc_signed *signings;
	struct sc_ds *delegations;
	struct sc_revision *revisions;
	struct sc_run *runs;
	struct sc_server *servers;
	struct sc_vantage *vantages;
	struct sc_event *events;
	unsigned assumptions_count, causes_count, keys_count, signings_count, delegations_count, revisions_count,
		runs_count, servers_count, vantages_count, events_count;
	int64_t t_start, t_moment; /* usec */
	uint64_t seed;
	struct name apex, above;
	const char *file;
	struct arena *arena;
};

/* Reads PATH. NULL when it has mistakes: PROBLEMS then has a line for each. */
struct scenario *scenario_load(const char *path, uint64_t seed, struct text *problems);
void scenario_free(struct scenario *s);
/* TEXT with {zone} (without the last dot) and {label} replaced; memory from A. */
const char *scenario_text(const struct scenario *s, struct arena *a, const char *text);
const struct sc_key *scenario_key(const struct scenario *s, const char *id);

#endif
