/*
 * diagnosis: what is wrong with the zone, where, why, and what to do next. One value, made by the
 * pure function diagnose() from a snapshot, read by every face (console, JSON, plain text,
 * monitoring). Everything lives in its arena, except observations, which it keeps references of
 * through the snapshot.
 *
 * Checks make findings; causes explain findings. Both are tables: see checks.h, "to add a check".
 */
#ifndef DIAGNOSE_DIAGNOSIS_H
#define DIAGNOSE_DIAGNOSIS_H

#include "keys/inventory.h"
#include "model/snapshot.h"
#include "verdict/chain.h"
#include "verdict/verdict.h"

enum state { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN }; /* = exit codes 0..3 */
const char *state_name(enum state s); /* "ok", "warning", "critical", "unknown" */

enum severity { SEV_INFO, SEV_WARNING, SEV_HIGH, SEV_CRITICAL };
const char *severity_name(enum severity s);

struct evidence {
	const char *id;	  /* "E1" */
	const char *kind; /* "keyfile", "answer", "resolve", "zonefile", "source", "signer", "clock" */
	const char *who;  /* "ns1.example.org. 192.0.2.1", "/etc/dnssec/K...key:3" */
	const char *text; /* clean: what it says */
	const char *reproduce; /* a dig or sed line that shows the same; NULL where there is none */
	int64_t t;	  /* usec */
	const struct obs *obs; /* raw answer behind it; NULL for a derived one */
};

/* Indices into diagnosis.evidence. */
struct ev_refs {
	unsigned v[8];
	unsigned n;
};

struct finding {
	const char *id; /* of catalogue.psv: "rrsig-expired" */
	enum severity severity;
	int keytag;	/* -1: none */
	uint8_t alg;
	const char *server;  /* who is at fault: name and address, vantage, file; or NULL */
	const char *subject; /* "example.org. SOA" or NULL */
	const char *text;    /* a sentence */
	struct ev_refs evidence;
	int64_t since, until; /* seconds; TIME_UNSET unknown; until: when it clears by itself */
	int explained_by;     /* index of the finding that explains it, -1: a cause of its own */
};

struct ruled_out {
	const char *id;	 /* catalogue id, or a word as "ksk", "ds", "servers", "clock" */
	const char *why; /* a sentence with its evidence */
	struct ev_refs evidence;
};

struct step {
	const char *action; /* stable action name: "extend-zsk" (issue: guided actions) */
	int keytag;	    /* -1: none */
	const char *text;   /* a sentence */
	const char *risk;   /* safe steps: "no cache at risk"; wrong ones: why it is wrong */
};

/* Vantage as a row. */
enum vstate { V_SECURE, V_BOGUS, V_INSECURE, V_UNKNOWN, V_NOT_VALIDATING };
const char *vstate_name(enum vstate s); /* "SECURE" ... "does not validate" */
struct vantage_row {
	const struct vantage_state *v;
	enum vstate state;
	bool tested, validates; /* by its known-good and known-bogus names */
	bool counted;		/* in the verdict, after test and split view */
	const char *note;	/* "split horizon: ...", "cache begun 5m ago: ...", or NULL */
	const char *cell[4];	/* SOA, positive, NODATA, NXDOMAIN: "AD", "SF", "ok", "TMO", "..." */
	int ede;		/* -1 none */
	int64_t ttl_left;	/* of its cached DNSKEY set, seconds; TIME_UNSET */
	int64_t clears;		/* seconds: when that set leaves its cache; TIME_UNSET */
	int64_t heard;		/* usec of its newest answer; TIME_UNSET */
	unsigned caches, caches_old; /* a public resolver: caches seen behind it, those with old sets */
	uint16_t *held_tags;	/* DNSKEY tags it holds (CD=1) */
	size_t n_held;
};

/* A stage of the serial's way from the source of truth to the servers. */
struct serial_row {
	const char *stage, *where; /* "source (svn)", "r61234 zones/example.org" */
	bool known;
	uint32_t serial;
	int64_t seen;	   /* usec */
	int lag;	   /* against the first stage: 0, -1 behind, +1 ahead */
	int64_t sig_expires; /* earliest RRSIG there, seconds; TIME_UNSET */
	bool first_break;  /* the first stage that differs from the one before */
	bool silent;	   /* asked and no answer */
	const struct server_state *server; /* NULL for files and source */
	const struct obs *obs;
};

/* What one kind of validator says of what is served. */
struct profile_row {
	const char *name;     /* "strict", "unbound", "hardened", "no-sha1" */
	const char *called;   /* "strict validators (BIND)" */
	enum verdict verdict; /* now */
	const char *reason;   /* of the failure, now or then */
	int64_t fails_from;   /* seconds: now, later, or TIME_NEVER as far as signatures tell */
};

struct diagnosis {
	struct arena *arena;
	struct snapshot *snapshot; /* a reference */
	struct name zone;
	int64_t now; /* usec */
	enum state state;
	enum link_state security; /* of the zone's served chain for a fresh validator */
	const char *headline;	  /* "PUBLISH BLOCKED, NOT AN OUTAGE: signer has no active ZSK" */
	const char *cause_text;	  /* the banner's Cause: one or two sentences; "" when all is well */
	const char *time_text;	  /* "nobody fails before 06-12 ..." */
	int64_t harm_from;	  /* seconds: nobody fails before; TIME_UNSET: not known */
	int64_t harm_until;	  /* seconds: what fails now heals by; TIME_UNSET */
	struct finding *findings; /* causes first, worst first */
	size_t n_findings;
	unsigned *causes; /* indices into findings, ranked; independent faults are several */
	size_t n_causes;
	const char *confidence; /* "high", "medium", "low" */
	struct ruled_out *ruled_out;
	size_t n_ruled_out;
	struct step *safe, *wrong;
	size_t n_safe, n_wrong;
	struct evidence *evidence;
	size_t n_evidence;
	const struct inventory *inventory;
	const struct chain *chain;
	struct vantage_row *vantages;
	size_t n_vantages;
	unsigned secure, bogus, insecure, unknown; /* counted vantages by state */
	struct serial_row *serials;
	size_t n_serials;
	struct profile_row *profiles; /* none: the zone is unsigned or its DS is not known */
	size_t n_profiles;
	const char *profiles_text; /* where they differ: who fails and from when; else "" */
};

struct diagnose_options {
	const struct rr *anchors; /* root's; NULL: chain above is not verified */
	size_t n_anchors;
	int64_t key_end_warn, key_end_crit; /* seconds before Inactive; 0: 14 d, 3 d */
	unsigned rrsig_warn, rrsig_crit;    /* percent of a signature's validity left; 0: 25, 10 */
	int64_t rrsig_warn_s, rrsig_crit_s; /* seconds left instead; 0: the percentage counts */
	bool propagation_own_serials;	    /* providers with serials of their own: no mismatch */
	const char *const *own_serials;	    /* servers (name or address) whose serials are their own */
	size_t n_own_serials;
	int64_t propagation; /* seconds, for who keeps the ledger: see ledger_margin() */
	int64_t period;			    /* seconds between rounds, for staleness; 0: 10 */
};

struct diagnosis *diagnose(struct snapshot *s, const struct diagnose_options *opt);
void diagnosis_free(struct diagnosis *d);

#endif
