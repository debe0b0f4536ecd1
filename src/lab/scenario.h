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
	unsigned bits, alg; /* alg 0: the scenario's */
	char *private_key;  /* "here" (NULL), "backup" (an hour's work away), "lost" */
	int64_t t_created, t_publish, t_activate, t_inactive, t_delete; /* seconds */
};
struct sc_signed { /* one signed zone as it was loaded by every server; no signers: unsigned */
	char *at, *inception, *expiration, *variant;
	char *old_inception, *old_expiration; /* of every RRset but SOA and DNSKEY */
	char *nsec_lacks; /* a type that the NSEC of each name below the apex forgets */
	bool spread;	  /* each RRset is signed by one of sign-data in turn, not by all */
	unsigned bad_every; /* 1 in so many RRsets has a signature that does not verify; 0 none */
	uint32_t serial;
	char **publish, **sign_keys, **sign_data;
	unsigned publish_count, sign_keys_count, sign_data_count;
	int64_t t; /* usec */
	int64_t t_inception, t_expiration, t_old_inception, t_old_expiration;
};
struct sc_ds { /* the DS set at the parent from then on */
	char *at, **keys, *variant;
	unsigned keys_count;
	int64_t t;
};
struct sc_revision { /* of the source of truth */
	char *at, *revision, *author, *message, *add, *variant;
	bool broken; /* the signer cannot load it */
	uint32_t serial;
	int64_t t;
};
struct sc_run { /* of the signer */
	char *at, **lines, *variant;
	int exit;
	unsigned lines_count;
	int64_t t;
};
struct sc_server {
	char *name, *address;
	enum sc_cut cut;
	unsigned rtt; /* milliseconds */
	unsigned delay; /* seconds until it has a new version */
};
/* What is wrong with a server for a while. */
enum sc_fault_kind { SC_DOWN, SC_STALE, SC_LAME, SC_DROPS_UDP, SC_NO_TCP, SC_STRIPS, SC_FAULT_COUNT };
struct sc_fault {
	char *server, *from, *until, *mended_by, *variant; /* mended_by: the action that ends it */
	enum sc_fault_kind kind;
	int64_t t_from, t_until; /* usec */
};
struct sc_filled { /* when a cache fetched what; afterwards again at each end of TTL */
	char *ds, *dnskey, *soa, *positive, *nodata, *nxdomain;
};
struct sc_vantage {
	char *name, *kind, *address, *silent_from, *since, *variant;
	char *clock;	 /* how far its clock is ahead: "30d", "-2h" */
	char *root_copy; /* when it last fetched its copy of the root */
	bool libunbound, counted, fresh, ede;
	struct sc_filled filled;
	char *wrong_digest, *wrong_from, *wrong_until; /* key id: its DS has another digest in this view */
	unsigned rtt;
	int64_t t_filled[6], t_silent, t_wrong, t_wrong_until, t_since; /* usec */
	int64_t t_clock, t_root_copy; /* seconds; TIME_UNSET: none */
};
struct sc_event {
	char *at, *who, *text, *variant;
	bool team; /* what the team said of its own doing: not in a training, where it is another's */
	unsigned if_broken; /* only while so many percent of the validators fail; 0: always */
	int64_t t;
};

/* ---- the training's part ---- */
struct sc_group { /* validators of one kind; caches were filled at moments spread over the TTLs */
	char *name, *kind, *profile, *clock, *variant;
	unsigned count;
	bool aggressive, not_validating; /* aggressive: RFC 8198 */
	int64_t t_clock;
};
struct sc_registrar {
	char *latency;
	unsigned per_day;
	bool locked, replace_all;
	int64_t t_latency; /* seconds until a change is published */
};
struct sc_wrong {
	char *action, *lesson;
	unsigned cost;
};
struct sc_said { /* praise */
	char *action, *text;
};
struct sc_hint {
	char *when, *text; /* "stall 4m", "before new-ksk", "pane validation 3", "asked" */
	unsigned level;
};
struct sc_step { /* of a scripted run: see lab/play.h */
	char *at, *act, *variant;
	int64_t t; /* usec */
};
struct sc_debrief {
	char *story, *reconstruction, *team;
	char **learn, **sources;
	unsigned learn_count, sources_count;
};
struct sc_documented { /* minutes for which validators failed in the true incident */
	unsigned from, to;
	bool ttls_known;
	char *note;
};
struct sc_variant {
	char *id, *title, **causes;
	unsigned causes_count;
};

struct scenario {
	char *name, *title, *origin, *zone, *parent, *start, *moment, *host, *records, *source_type;
	char *train_from, *horizon, *signer, *signer_clock;
	unsigned level, dnskey_ttl, data_ttl, ds_ttl, alg, par; /* par: minutes to the diagnosis */
	char **assumptions, **causes; /* causes: ids that a diagnosis must find at "moment" */
	struct sc_key *keys;
	struct sc_signed *signings;
	struct sc_ds *delegations;
	struct sc_revision *revisions;
	struct sc_run *runs;
	struct sc_server *servers;
	struct sc_vantage *vantages;
	struct sc_event *events;
	struct sc_fault *faults;
	struct sc_group *population;
	struct sc_registrar registrar;
	struct sc_wrong *wrong;
	struct sc_said *praise;
	struct sc_hint *hints;
	struct sc_step *golden, *real_team;
	struct sc_debrief debrief;
	struct sc_documented documented;
	struct sc_variant *variants;
	char **accept; /* actions that are right */
	char **truth;  /* causes that a trainee may name; without it `causes` */
	unsigned faults_count, population_count, wrong_count, praise_count, hints_count, golden_count,
		real_team_count, variants_count, accept_count, truth_count;
	unsigned assumptions_count, causes_count, keys_count, signings_count, delegations_count, revisions_count,
		runs_count, servers_count, vantages_count, events_count;
	int64_t t_start, t_moment, t_train, t_horizon; /* usec; t_horizon: a moment too */
	int64_t t_signer_clock; /* seconds by which the signer's host is ahead */
	uint64_t seed;
	const char *variant;
	unsigned whole[10]; /* lengths of the lists before a variant was chosen */
	struct name apex, above;
	const char *file;
	struct arena *arena;
};

/* Reads PATH. NULL when it has mistakes: PROBLEMS then has a line for each. VARIANT NULL: the
 * first. Entries of another variant are left out. */
struct scenario *scenario_load(const char *path, uint64_t seed, const char *variant,
	struct text *problems);
/* The same from TEXT; FILE is its name in what is said of it. */
struct scenario *scenario_parse(const char *text, size_t n, const char *file, uint64_t seed,
	const char *variant, struct text *problems);
void scenario_free(struct scenario *s);
/* TEXT with {zone} (without the last dot) and {label} replaced; memory from A. */
const char *scenario_text(const struct scenario *s, struct arena *a, const char *text);
const struct sc_variant *scenario_variant(const struct scenario *s); /* NULL: it has none */
#define SCENARIO_VALIDATORS 200000u

const struct sc_key *scenario_key(const struct scenario *s, const char *id);

#endif
