/*
 * plan: one guided action, made ready to be looked at and then done: the inputs that it rests on
 * with their hashes, the steps, the diff, what validators will see, the guards' verdicts and the
 * phrase that consents to it. What was seen is what runs: act executes a plan's steps and nothing
 * else, and consent and journal are bound to plan_hash().
 *
 * A plan is a value: plan_make() (change/make.h) makes it from a diagnosis, plan_from_json() reads
 * it back, strictly: an unknown, missing or mistyped member is an error that names its path. It
 * lives in the arena given, is never changed after that, and holds no private key: signatures that
 * the steps would make do not exist yet. Its file format is documented in unbogus-plan(5), whose
 * tables come from plan_fields[] (plan_fields.c).
 *
 * Times are Unix seconds; TIME_UNSET is null and TIME_NEVER is "never" in JSON. Text is clean.
 *
 * To add a member: a field here, a row in plan_fields.c. To add a kind of step: a row in enum
 * step_kind and its name there, what it needs in plan_check() (plan.c), and who does it in act.
 */
#ifndef CHANGE_PLAN_H
#define CHANGE_PLAN_H

#include <jansson.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "model/observation.h"

#define PLAN_SCHEMA "unbogus.plan/1"
#define PLAN_MAX (4u << 20) /* octets of a plan file */
#define PLAN_HASH 65	    /* SHA-256 in hexadecimal and NUL */

#define PLAN_LIST(type) struct { type *v; size_t n, cap; }
struct texts { /* of clean strings */
	const char **v;
	size_t n, cap;
};
struct tags {
	int *v;
	size_t n, cap;
};

/* ---- inputs: what the plan rests on; act looks again and compares ---- */

enum input_kind {
	INPUT_KEY_FILE,	    /* where: path of the .key file; SHA-256 of its octets */
	INPUT_ZONE_FILE,    /* the unsigned zone; SHA-256 of its octets */
	INPUT_SIGNED_FILE,  /* the signed zone as deployed; SHA-256 of its octets */
	INPUT_SOURCE,	    /* where: working copy or URL; SHA-256 of the revision's name */
	INPUT_SERVED_DNSKEY, /* where: "NAME ADDRESS PORT"; plan_rrset_hash() of the DNSKEY set */
	INPUT_SERVED_SERIAL, /* where: the same; SHA-256 of the serial in decimal */
	INPUT_PARENT_DS,    /* where: parent server; plan_rrset_hash() of the DS set, empty included */
	INPUT_CLOCK,	    /* sha256 "": judged again, not compared; value: its error bound */
	INPUT_KIND_COUNT
};

struct plan_input {
	enum input_kind kind;
	const char *where;
	const char *sha256; /* hexadecimal; "" where nothing could be hashed, and then value says why */
	const char *value;  /* for people: "2013051402", "{42731 25548}" */
	int64_t seen;
};

/* ---- servers that must show the result ---- */

struct plan_server {
	const char *name, *address;
	int port;
	bool primary;	/* hidden: reloads first */
	bool failing;	/* was silent or wrong before the plan: never a reason to roll back */
	int64_t serial; /* served now; -1 unknown */
};

/* ---- steps ---- */

enum step_kind {
	STEP_EDIT_TIMING,  /* file, timing[]: change timing lines of one key's .key and .private */
	STEP_GENERATE_KEY, /* file: folder; alg, flags, bits; key: made_by of keys[] refers to n */
	STEP_SIGN,	   /* signer, input, output, keys[], without[], denial, serial, validity; argv */
	STEP_REPLACE_ZONE, /* input: the signed result, file: the path that it replaces */
	STEP_RELOAD,	   /* argv: the servers' reload command */
	STEP_WAIT,	   /* until, and what must have been observed by then (expect) */
	STEP_REGISTRAR,	   /* ds: the complete DS set wanted at the parent; argv or by hand */
	STEP_MANUAL,	   /* commands[]: exactly what a person runs elsewhere */
	STEP_OBSERVE,	   /* what, value: seen on every server (servers[]) or at every parent */
	STEP_KIND_COUNT
};

struct plan_timing {
	enum keytime field;
	int64_t old_time, new_time; /* TIME_UNSET: the line is not there */
};

/* A key as the signing step uses it. */
struct plan_key {
	int tag;	  /* -1: not made yet */
	int made_by;	  /* step that generates it; 0: exists */
	int alg, flags;
	const char *file; /* .key path; "" where no file is here */
	const char *rdata_sha256; /* of the DNSKEY RDATA; "" when not made yet */
	bool publish, sign_keys, sign_data;
};

/* What an observing step looks for. */
enum observe_what { OBSERVE_NOTHING, OBSERVE_SERIAL, OBSERVE_DNSKEY, OBSERVE_DS, OBSERVE_SECURE,
	OBSERVE_COUNT };

struct plan_step {
	int n; /* 1.. in the order of execution */
	enum step_kind kind;
	const char *text;	  /* a sentence: what is done */
	const char *precondition; /* what must be true before; "" nothing */
	const char *expect;	  /* the observation that says it is done */
	const char *undo;	  /* how to go back, in words; "" there is nothing to undo */
	/* typed parts; "" / empty / -1 / TIME_UNSET where the kind has none */
	const char *file, *input, *output;
	const char *signer; /* "built-in", "bind-signzone", "command", "manual" */
	const char *denial; /* "keep", "nsec", "nsec3", "nsec3-opt-out", "none" (unsigned) */
	int tag, alg, flags, bits;
	PLAN_LIST(struct plan_timing) timing;
	PLAN_LIST(struct plan_key) keys;
	struct tags without;	/* key tags that must not be in the result */
	struct texts ds;	/* "42731 8 2 49FD..." */
	struct texts argv;	/* a command, no shell; "{input}" and "{output}" stand for files */
	struct texts commands;	/* manual: one a line, for a shell elsewhere */
	int64_t serial;		/* the result's; -1 */
	int64_t validity;	/* seconds of a new RRSIG; -1 */
	int64_t until;
	enum observe_what what;
	const char *value;	/* "2013051500", "{42731 25548}" */
	int64_t timeout;	/* seconds for it; -1 */
};

/* ---- the diff ---- */

struct diff_line {
	const char *sign;   /* "-", "+", "~", " " */
	const char *object; /* file, "DNSKEY", "DS", "SOA", a name */
	const char *text;
};
struct plan_diff {
	PLAN_LIST(struct diff_line) timing;
	PLAN_LIST(struct diff_line) dnskey;
	PLAN_LIST(struct diff_line) ds;
	PLAN_LIST(struct diff_line) records; /* that are not DNSSEC's own */
	int64_t rrsig_kept, rrsig_renewed, rrsig_removed; /* -1 unknown */
	int64_t serial_old, serial_new;			  /* -1 unknown, or not changed */
	struct texts commands;				  /* what will be run, as text */
};

/* ---- prediction ---- */

struct plan_class {
	const char *name;	  /* "empty cache", "DS {42731} cached" */
	const char *now, *after;  /* "secure", "bogus", "insecure", "unknown" */
	int64_t until;
	const char *reason;	  /* a validator's words; "" */
	bool forwarder;		  /* only clients that validate behind another cache */
	bool inferred;
	int64_t heals_unbound, heals_bind, heals_powerdns, heals_knot;
};
struct plan_vantage {
	const char *name, *kind;
	const char *now;
	const char *after;
	int64_t until;
	bool counted;
};
struct plan_prediction {
	PLAN_LIST(struct plan_class) classes;
	PLAN_LIST(struct plan_vantage) vantages;
	const char *verdict;
	bool breaks;	     /* something fails that waiting would not let fail */
	bool fixes;
	int64_t harm, harm_until; /* seconds within the horizon of 7 d; end of the last */
	int64_t harm_new;	  /* seconds of harm that waiting would not have */
	int64_t wait_until;	  /* what fails anyway heals by then; TIME_UNSET nothing fails */
	int64_t proven_from;
};

/* ---- guards ---- */

enum guard_verdict { GUARD_PASS, GUARD_NEEDS_PHRASE, GUARD_REFUSE, GUARD_VERDICT_COUNT };
struct plan_guard {
	const char *id; /* "G1" ... "G9", "inputs", "world", "registrar", "clock", "hold" */
	enum guard_verdict verdict;
	const char *reason;  /* a sentence; "" where it passes */
	int64_t allows_at;   /* when it would pass; TIME_NEVER: this way never; TIME_UNSET passes now */
};

/* ---- consent ---- */

struct plan_phrase {
	bool long_form;	  /* a reason is asked for too */
	const char *text; /* exactly what is typed */
	int countdown;	  /* seconds to wait before it is looked at; 0 */
};

/* ---- staged actions ---- */

struct plan_entry { /* a condition for entering the stage */
	const char *text;
	bool observed;
	const char *evidence; /* who showed it; "" when it was not observed */
};
struct plan_stage {
	int number, of; /* 1..; 0: the action has no stages */
	const char *name;
	PLAN_LIST(struct plan_entry) entry;
	const char *next;    /* name of the next; "" none */
	int64_t next_at;     /* its earliest safe time, from this stage done now */
};

struct plan {
	const char *schema, *zone, *action;
	int tag;	    /* -1 */
	const char *reason; /* the operator's, at planning; "" */
	const char *title;
	int64_t made, snapshot_time;
	const char *host;   /* where the files are; "" this host or none */
	PLAN_LIST(struct plan_input) inputs;
	PLAN_LIST(struct plan_server) servers;
	struct texts hold_stop, hold_start; /* what else re-signs the zone; empty: nothing known */
	struct texts parent_ds; /* the DS set at the parent now, for act's own verify */
	int64_t ttl_ds, ttl_dnskey, ttl_data; /* largest served; -1 unknown */
	PLAN_LIST(struct plan_step) steps;
	struct plan_diff diff;
	struct plan_prediction prediction;
	int64_t safe_at;    /* earliest time without new harm: <= made is now; TIME_NEVER: split it */
	int64_t dnskey_size, dnskey_limit; /* octets of the DNSKEY answer after; 1232 */
	PLAN_LIST(struct plan_guard) guards;
	struct plan_phrase phrase;
	struct plan_stage stage;
	const char *message; /* ask-flush, registrar: a text to send; "" */
};

const char *input_kind_name(enum input_kind k);
const char *step_kind_name(enum step_kind k);
const char *guard_verdict_name(enum guard_verdict v); /* "pass", "needs-phrase", "refuse" */

/* A new reference. */
json_t *plan_to_json(const struct plan *p);
/* The text of a plan file, indented, with a newline at its end; malloc()ed. NULL: no memory. */
char *plan_print(const struct plan *p);

/*
 * Reads and checks a plan: JSON of at most PLAN_MAX octets, every member there and of its type,
 * nothing else there, times and sizes in range, steps numbered in order with what their kind
 * needs, text clean. NULL with E (object: the member's path).
 */
const struct plan *plan_from_json(struct arena *a, const char *text, size_t len, struct err *e);

/* SHA-256 of the canonical JSON (compact, members sorted) in hexadecimal. */
void plan_hash(const struct plan *p, char out[PLAN_HASH]);

/* SHA-256 of N octets in hexadecimal. */
void plan_sha256(char out[PLAN_HASH], const void *p, size_t n);
/* Identity of the RRset TYPE at OWNER in RRS: order and TTL do not count, an empty set has one. */
void plan_rrset_hash(struct arena *a, char out[PLAN_HASH], const struct rr_list *rrs,
	const struct name *owner, uint16_t type);

/* The worst verdict of its guards. */
enum guard_verdict plan_verdict(const struct plan *p);
/* A later plan, or the world now, against P: the kind and place of the first input that is not the
 * same any more, or NULL. Inputs of either without the other count; the clock does not. */
const struct plan_input *plan_moved(const struct plan *p, const struct plan *now);

#endif
