/*
 * snapshot: everything observed up to one moment, immutable; and the ledger that it is taken from.
 *
 * A ledger takes observations in the order in which they arrive (ledger_add) and keeps the newest
 * of each kind and the version lists of what caches may hold. ledger_snapshot() gives an immutable
 * copy by reference: cheap (hundreds of pointers), and it outlives the ledger. A snapshot can be
 * taken from any prefix of a stream.
 *
 * "Now" is given; for a replay it is ledger_latest() (the largest time seen). "Absent" and "not
 * asked" differ: a NULL answer with a NULL silence was not asked.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include "model/observation.h"

struct obs_list {
	const struct obs **v;
	size_t n, cap;
};

/* One address that is asked. */
struct server_state {
	struct endpoint at;
	const char *source;		       /* "referral", "config" ..., NULL when only seen answering */
	const struct obs *answer[PROBE_COUNT]; /* newest answer, NULL: none yet */
	const struct obs *silence[PROBE_COUNT];	/* newest no-answer when it is newer than the answer */
	uint32_t failures[PROBE_COUNT];	       /* final no-answers in a row */
	int64_t last_heard;		       /* usec, any answer; TIME_UNSET never */
};

/*
 * The servers of one zone cut: ".", "org.", "example.org." (the last is the zone's own, and holds
 * a hidden primary too, with ROLE_PRIMARY: leave it out when counting what the Internet sees).
 */
struct cut_state {
	struct name name;
	struct server_state *servers;
	size_t n;
};

#define VANTAGE_RECENT 40
struct vantage_state {
	const struct obs *decl; /* FACT_VANTAGE */
	const struct fact_vantage *v;
	const struct obs *last[VQ_COUNT][2]; /* newest by question and CD bit; pending ones too */
	const struct obs *heard[VQ_COUNT][2]; /* newest that is not pending */
	struct obs_list recent[VQ_COUNT][2]; /* the newest VANTAGE_RECENT, oldest first, not pending */
};

/* One value that was served during [on, off), and so may be cached until off + ttl. */
struct version {
	const char *value;	  /* identity: sorted RDATA in hex, or signer tags; "" for "none" */
	const struct obs *sample; /* an answer that shows it: a server's, or a vantage's when inferred */
	int64_t on, off;	  /* seconds; off == TIME_NEVER: still served. DESIGN.md section 2 */
	int64_t on_before;	  /* last complete look without it, TIME_UNSET: none (on is then a bound) */
	uint32_t ttl;		  /* largest TTL served */
	bool inferred;		  /* rebuilt, never seen by us */
	const char *why;	  /* of an inferred one: what it was inferred from */
};
struct version_list {
	struct version *v; /* oldest first */
	size_t n, cap;
};
struct history {
	struct version_list ds;	     /* DS RRset at the parent */
	struct version_list dnskey;  /* DNSKEY RRset */
	struct version_list signers; /* "alg/tag,..." that sign the SOA and other data */
	struct version_list serial;  /* SOA serials, any server */
	int64_t since;		     /* seconds: when watching began */
};

/* A state change worth a line in the timeline. */
enum event_kind { EVENT_SERIAL, EVENT_KEYS, EVENT_DS, EVENT_SIGNER, EVENT_SOURCE, EVENT_SERVER,
	EVENT_VANTAGE, EVENT_FILE, EVENT_NOTE, EVENT_KIND_COUNT };
struct event {
	int64_t t; /* usec */
	enum event_kind kind;
	const char *who;  /* "probe", "signer", "lab" ... */
	const char *text; /* foreign bytes possible: clean before showing */
	int severity;	  /* 0 info, 1 warning, 2 critical: as it looked then */
	const struct obs *obs;
};
struct event_list {
	struct event *v;
	size_t n, cap;
};

struct producer_state {
	const char *by, *host;
	const struct obs *hello;
	int64_t last; /* usec of its newest fact */
	uint64_t facts;
};

struct snapshot {
	int refs;
	struct arena *arena;
	struct name zone;
	int64_t now; /* usec */
	struct cut_state *cuts; /* from the root down */
	size_t n_cuts;
	struct vantage_state *vantages; /* in order of declaration */
	size_t n_vantages;
	struct producer_state *producers;
	size_t n_producers;
	const struct obs *keydir;	 /* newest of each, or NULL */
	struct obs_list keyfiles;	 /* by path; files that vanished are left out */
	const struct obs *source_file, *signed_file;
	const struct obs *source, *signer, *clock;
	const struct obs *record;	 /* FACT_HISTORY: who remembers, and since when; or NULL */
	const struct obs *coach;	 /* of a training; NULL: this is none */
	struct obs_list unknowns;	 /* by what and object */
	struct history history;
	struct event_list events;	 /* state changes since the start, oldest first */
	uint64_t facts, other_facts, bad_lines;
	const struct obs *round_full;	 /* last complete full round, or NULL */
};

struct ledger;
struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);
/* Takes its own reference. Facts of other zones are counted and otherwise left alone; the first
 * zone seen is the watched one unless ledger_zone() said another before. */
void ledger_zone(struct ledger *l, const struct name *zone);
void ledger_add(struct ledger *l, const struct obs *o);
void ledger_bad_line(struct ledger *l);
/* A note of the operator in the timeline. */
void ledger_note(struct ledger *l, int64_t t, const char *who, const char *text);
int64_t ledger_latest(const struct ledger *l); /* usec; TIME_UNSET when nothing was added */

/*
 * The zone's propagation margin, seconds: servers behind one address (anycast) may go on serving
 * a version for that long after we last saw it. Snapshots then say a later off.
 */
void ledger_margin(struct ledger *l, int64_t seconds);
uint64_t ledger_changes(const struct ledger *l); /* lines that were put into the timeline so far */
size_t ledger_size(const struct ledger *l);	 /* octets that it takes, facts not counted */

/* One reference for the caller. NOW in usec. */
struct snapshot *ledger_snapshot(const struct ledger *l, int64_t now);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);

/* The zone's own servers and its parent's, or NULL when there are none yet. */
const struct cut_state *snapshot_child(const struct snapshot *s);
const struct cut_state *snapshot_parent(const struct snapshot *s);
/* Serial in a server's SOA answer; false where there is none. */
bool server_serial(const struct server_state *s, const struct name *zone, uint32_t *serial);
/* Short name for a server: "ns1" where that is unique within its cut and the name is one of
 * the zone's own, else the whole name, or the address. */
const char *server_label(struct arena *a, const struct cut_state *c, const struct server_state *s);

#endif
