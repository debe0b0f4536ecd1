/*
 * observation: one small typed fact that some producer saw at one moment. Facts are what the
 * stream carries (model/stream.h), what a snapshot is made of (model/snapshot.h) and what evidence
 * points at.
 *
 * An observation is immutable once made and counted by references: obs_new() gives one reference,
 * obs_ref() another, obs_unref() gives one back; everything it points to lives in its own arena.
 * Counting is not atomic: observations stay in the thread that made them.
 *
 * Text fields hold foreign bytes as they came; they are cleaned where they are shown.
 *
 * To add a fact: a struct here, a row in enum fact, its field table in facts.c (which also
 * documents it in unbogus-stream(5)), and where it lands in snapshot.c.
 */
#ifndef MODEL_OBSERVATION_H
#define MODEL_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "model/name.h"
#include "model/rr.h"

enum fact {
	FACT_OTHER,	/* a fact of a newer version: kept and counted */
	FACT_HELLO,	/* a producer begins */
	FACT_TICK,	/* nothing new, but time goes on */
	FACT_ROUND,	/* a round of questions begins or ends */
	FACT_SERVER,	/* an address to be asked exists */
	FACT_ANSWER,	/* a server answered; its name in the stream is that of the probe */
	FACT_NO_ANSWER, /* a server did not, or not properly */
	FACT_VANTAGE,	/* a validator or resolver exists */
	FACT_RESOLVE,	/* what a vantage said */
	FACT_KEYDIR,
	FACT_KEYFILE,
	FACT_ZONEFILE, /* unsigned source or signed output on this host */
	FACT_SOURCE,   /* the source of truth: svn, git or a file */
	FACT_SIGNER,   /* the signer's last log */
	FACT_CLOCK,    /* how good the host's clock is */
	FACT_PROCESS,  /* one of this program's own processes started, ended or crashed */
	FACT_MESSAGE,  /* what somebody said to the operator */
	FACT_COACH,    /* how a training stands, and what the coach says */
	FACT_UNKNOWN,  /* something that could not be read, and what it would have told */
	FACT_HISTORY,  /* how far back somebody remembers this zone */
	FACT_VERSION,  /* one value that was served, as it is remembered */
	FACT_COUNT
};

/* What is asked of an authoritative server. Names in the stream: probe_name(). */
enum probe {
	PROBE_REFERRAL,	 /* NS of the next cut, at a parent server */
	PROBE_DS,	 /* DS of the zone, at a parent server */
	PROBE_SOA,
	PROBE_NS,
	PROBE_DNSKEY,
	PROBE_CDS,
	PROBE_CDNSKEY,
	PROBE_NSEC3PARAM,
	PROBE_POSITIVE,	 /* a name and type that exist */
	PROBE_NODATA,	 /* a name that exists, a type that does not */
	PROBE_NXDOMAIN,	 /* a name that does not exist */
	PROBE_ADDRESS,	 /* A or AAAA of a name server */
	PROBE_COUNT
};
const char *probe_name(enum probe p);
bool probe_from_name(const char *s, enum probe *p);

/* Which part a server plays for the watched zone. */
enum role { ROLE_ROOT, ROLE_PARENT, ROLE_CHILD, ROLE_PRIMARY, ROLE_COUNT };
/*
 * ROLE_PARENT: every cut between the root and the zone; the last one (the parent of the zone)
 * is the one whose DS counts. ROLE_PRIMARY: a hidden primary from the configuration.
 */

struct endpoint {
	const char *ns;	     /* server's name "ns1.example.org." or configured name */
	const char *address; /* "192.0.2.1", "2001:db8::1" */
	uint16_t port;
	enum role role;
	struct name cut; /* the zone it is asked for: ".", "org.", "example.org." */
};

struct ede {
	uint16_t code;
	const char *text; /* foreign bytes; may be empty */
};

struct fact_hello {
	uint32_t version;
	const char *program; /* "unbogus 0.1" */
	const char *sandbox; /* "landlock 5, seccomp" or what is missing */
	const char *host;
	int64_t clock_offset_us; /* this host minus the reader's clock, where known */
	const char *note;	 /* what this producer does not do, for people */
};

struct fact_round {
	bool end;
	uint32_t number;
	const char *what; /* "full", "soa", "dnskey", "ds", "vantages", "local" */
};

struct fact_server {
	struct endpoint at;
	const char *source; /* "hints", "referral", "glue", "config" */
};

/* Also FACT_RESOLVE's records. */
struct rr_list {
	struct rr *v;
	size_t n, cap;
};
struct ede_list {
	struct ede *v;
	size_t n, cap;
};

struct fact_answer {
	enum probe probe;
	struct endpoint at;
	struct name qname;
	uint16_t qtype;
	bool tcp;	      /* transport of the answer that is reported */
	bool tcp_after_tc;    /* UDP was truncated first */
	int rcode;
	bool aa, tc, ad, ra;
	bool edns, do_bit;    /* the answer carried OPT, with DO */
	uint32_t size;	      /* octets of the message */
	uint32_t rtt_us;
	const char *nsid;     /* foreign bytes, decoded; may be NULL */
	struct ede_list ede;
	struct rr_list rrs;   /* all sections but OPT, in order */
	uint32_t mismatched;  /* replies dropped because they answered another question */
};

struct fact_no_answer {
	enum probe probe;
	struct endpoint at;
	struct name qname;
	uint16_t qtype;
	const char *why;    /* "timeout", "refused" (ICMP/RST), "unreachable", "malformed", "tcp-timeout" ... */
	const char *detail; /* e.g. which rule the malformed reply broke */
	bool tcp;
	uint32_t waited_us, attempts;
	uint32_t mismatched;
	bool final; /* false: "no answer yet", the deadline of 1.2 s passed but one more try runs */
};

enum vantage_type { VANTAGE_LIBUNBOUND, VANTAGE_RESOLVER, VANTAGE_TYPE_COUNT };
struct fact_vantage {
	const char *name;
	enum vantage_type type;
	const char *kind; /* "own", "internal", "isp", "public" */
	const char *address;
	uint16_t port;
	bool cache_kept; /* libunbound: a long-lived, warm context */
	bool counted;	 /* in the verdict */
	int64_t cache_since; /* seconds: when its cache was begun, TIME_UNSET when unknown */
};

/* Questions that a vantage is asked. */
enum vq { VQ_SOA, VQ_POSITIVE, VQ_NODATA, VQ_NXDOMAIN, VQ_DNSKEY, VQ_DS, VQ_GOOD, VQ_BOGUS, VQ_COUNT };
const char *vq_name(enum vq q);
bool vq_from_name(const char *s, enum vq *q);

struct fact_resolve {
	const char *vantage;
	enum vq question;
	struct name qname;
	uint16_t qtype;
	bool cd;   /* asked with checking disabled */
	int rcode; /* -1: no answer */
	bool ad;
	const char *status; /* libunbound: "secure", "insecure", "bogus"; else NULL */
	const char *why;    /* why_bogus, or why there was no answer ("timeout 13.0s") */
	struct ede_list ede;
	struct rr_list rrs;
	uint32_t rtt_us;
	bool pending; /* asked, and nothing heard yet: shown as age, judged by nobody */
};

struct fact_keydir {
	const char *path;
	bool readable;
	uint32_t files;	    /* K*.key files found */
	const char *why;    /* why it could not be read */
};

enum keytime { KT_CREATED, KT_PUBLISH, KT_ACTIVATE, KT_REVOKE, KT_INACTIVE, KT_DELETE,
	KT_SYNC_PUBLISH, KT_SYNC_DELETE, KT_DS_PUBLISH, KT_DS_DELETE, KT_COUNT };
const char *keytime_name(enum keytime k); /* "Inactive", as in the file */

struct fact_keyfile {
	const char *path; /* of the .key file, or of the .private where .key is missing */
	struct name owner;
	uint16_t name_tag; /* from the file's name */
	uint8_t name_alg;
	const uint8_t *rdata; /* DNSKEY RDATA from the .key; NULL when it could not be read */
	uint16_t rdlen;
	uint32_t ttl;	      /* 0: none given */
	uint32_t rdata_line;
	const char *comment;  /* first comment line */
	const char *comment_role; /* "ksk", "zsk" as the comment says, or NULL */
	int64_t time[KT_COUNT]; /* seconds; TIME_UNSET where the file has none */
	uint32_t time_line[KT_COUNT]; /* line of that field in the .key file, 0 none */
	const char *private_path;
	const char *private_state; /* "present", "missing", "unreadable", "malformed" */
	const char *private_format; /* "v1.3", "v1.2" */
	uint8_t private_alg;
	bool private_hsm;    /* Engine:/Label: */
	uint32_t private_mode, private_uid, private_gid;
	const char *private_owner; /* "root:bind" */
	int64_t mtime;
	const char *state;   /* K*.state: "DNSKEYState: omnipresent; DSState: rumoured; ..." or NULL */
	const char *problem; /* what does not parse, or NULL */
	const char *sha256;  /* of the .key file's octets, hexadecimal; NULL unknown */
};

struct signer_set {
	uint16_t tag;
	uint8_t alg;
	uint32_t rrsets;	/* RRSIGs that this key made, DNSKEY not counted */
	uint32_t dnskey;	/* RRSIGs over the DNSKEY RRset */
	int64_t first_expiration, last_expiration, first_inception, last_inception;
};
struct signer_list {
	struct signer_set *v;
	size_t n, cap;
};
struct line_note {
	uint32_t line;
	const char *text;
};
struct line_list {
	struct line_note *v;
	size_t n, cap;
};

struct fact_zonefile {
	const char *which; /* "source", "signed" */
	const char *path;
	bool readable;
	const char *why;
	int64_t mtime;
	uint64_t size;
	bool has_soa;
	uint32_t serial;
	uint32_t soa_ttl, refresh, retry, expire, minimum;
	uint64_t records, rrsets, unsigned_rrsets; /* unsigned: authoritative without RRSIG */
	uint32_t max_ttl;
	struct rr_list dnskeys;
	struct signer_list signers;
	struct line_list errors; /* parse errors, at most 20 */
	uint32_t error_count;
	const char *sha256; /* of the file's octets, hexadecimal; NULL unknown */
};

struct fact_source {
	const char *type; /* "svn", "git", "file" */
	const char *path; /* working copy or URL, with the file's path in it */
	bool readable;
	const char *why;
	const char *revision; /* "r61234", "3f2a9c1" */
	const char *author, *message;
	int64_t date;
	bool has_serial;
	uint32_t serial;
	bool modified; /* working copy differs from the revision */
};

struct fact_signer {
	const char *path;
	bool readable;
	const char *why;
	int64_t mtime;
	struct line_list lines; /* the last lines, newest last, at most 40 */
	const char *message_id; /* the decisive decoded message, "Z1"; NULL when none is known */
	const char *message_class; /* "Z", "K", "N", "U" ... */
	const char *message_line;
	bool has_exit;
	int exit_status;
};

struct fact_clock {
	bool synchronised;
	int64_t max_error_us;
	int64_t offset_us;
	const char *source; /* "adjtimex" */
};

struct fact_unknown {
	const char *what; /* "key directory", "signer log" */
	const char *object;
	const char *why;  /* "permission", "not configured", "not installed", "timeout" */
	const char *lost; /* what it would have told */
};

struct fact_process {
	const char *name;  /* "net", "local", a producer's */
	const char *state; /* "started", "ended", "crashed" (it is started again), "failed" */
	const char *why;   /* "signal 9 (Killed)"; may be NULL */
	uint32_t pid;
};

/* What a record remembers in all; its versions follow, each a fact. */
struct fact_history {
	const char *store;  /* its file, or "memory" */
	const char *note;   /* why nothing is kept, or what was wrong with the file; may be NULL */
	int64_t since;	    /* seconds: watched without a gap since then */
	int64_t looked;	    /* seconds: last complete look at every server, TIME_UNSET none */
	uint64_t rows;	    /* of the file */
	uint32_t pid;	    /* of the record that keeps it, 0: it was read from the file */
};

enum version_of { VERSION_DS, VERSION_DNSKEY, VERSION_SIGNERS, VERSION_SERIAL, VERSION_OF_COUNT };
const char *version_of_name(enum version_of of); /* "ds", "dnskey", "signers", "serial" */

/* As struct version (model/snapshot.h). */
struct fact_version {
	enum version_of of;
	const char *value;
	int64_t on, off, on_before; /* seconds */
	uint32_t ttl;
	const char *held; /* who was last seen serving it: "192.0.2.1 53 TIME, ...", or NULL */
	struct endpoint at; /* who served RRS */
	int64_t seen;	    /* seconds: when it served them */
	struct rr_list rrs; /* the RRset and its RRSIGs; none for a serial */
};

struct fact_message {
	const char *who;  /* "nagios", "support" */
	const char *text; /* foreign bytes possible */
};

struct fact_coach {
	const char *scenario, *mode; /* "guided", "coach", "exam", "replay" */
	const char *text; /* what the coach says now; "" nothing */
	uint32_t level;	  /* of what it says: 0 praise or news, 1 attention ... 4 answer */
	bool hidden;	  /* cause and safe steps are not shown: the trainee has not committed */
	bool paused, over;
	uint32_t speed;	  /* of the virtual clock */
	uint32_t score, hints, wrong; /* out of 100 so far; hints taken; wrong actions */
	uint32_t broken, broken_minutes; /* validators that fail now; validators x minutes so far */
};

struct obs {
	int refs;
	struct arena *arena;
	int64_t t;	  /* usec, by the producer's clock */
	const char *by;	  /* "net", "local", "lab", or a configured producer's name */
	const char *host; /* from that producer's hello; may be NULL */
	struct name zone;
	enum fact fact;
	union {
		struct fact_hello hello;
		struct fact_round round;
		struct fact_server server;
		struct fact_answer answer;
		struct fact_no_answer no_answer;
		struct fact_vantage vantage;
		struct fact_resolve resolve;
		struct fact_keydir keydir;
		struct fact_keyfile keyfile;
		struct fact_zonefile zonefile;
		struct fact_source source;
		struct fact_signer signer;
		struct fact_clock clock;
		struct fact_process process;
		struct fact_message message;
		struct fact_coach coach;
		struct fact_unknown unknown;
		struct fact_history history;
		struct fact_version version;
		const char *other; /* the name of a fact that we do not know */
	} u;
};

/* A new fact with one reference; fill u and strings from o->arena before giving it away. */
struct obs *obs_new(enum fact fact, int64_t t, const char *by, const struct name *zone);
struct obs *obs_ref(const struct obs *o); /* casts const away: only the count changes */
void obs_unref(const struct obs *o);	  /* NULL is allowed */

/* The records of one RRset in LIST: owner, type and section; fills OUT (cap MAX) and returns n. */
size_t rr_select(const struct rr_list *list, const struct name *owner, uint16_t type,
	enum rr_section section, const struct rr **out, size_t max);

#endif
