/*
 * checks: the inside of diagnose(). A check looks at the snapshot from one plane (keys, zone,
 * parent, servers, caches, source of truth) and reports findings with their evidence; it never
 * ranks and never words advice. causes.c says which finding explains which, words.c what to call
 * a cause and what to do about it.
 *
 * To add a check: a function "static void NAME(struct work *w)" in the file of its plane, a call in
 * that file's check_PLANE(), an id from the catalogue, its row in words.c (headline, safe and
 * wrong steps), what it explains in causes.c, and a case in tests/cases.
 *
 * Unknown never becomes a finding: a check that lacks an observation says nothing.
 */
#ifndef DIAGNOSE_CHECKS_H
#define DIAGNOSE_CHECKS_H

#include "diagnose/diagnosis.h"
#include "verdict/worldview.h"

/* How one RRset of one server's answer stands with its signatures. */
enum set_verdict { SET_GOOD, SET_UNSIGNED, SET_EXPIRED, SET_FUTURE, SET_BAD, SET_NO_KEY, SET_UNKNOWN };
struct set_state {
	const struct server_state *server;
	const struct obs *obs;
	struct name owner;
	uint16_t type;
	enum set_verdict verdict;
	uint16_t tag; /* of the signature that decided; 0 for none */
	uint8_t alg;
	bool has_sig;
	int64_t inception, expiration; /* of the best signature */
};

struct work {
	struct arena *a;
	struct diagnosis *d;
	const struct snapshot *s;
	struct diagnose_options opt; /* defaults filled in */
	int64_t now;		     /* seconds */
	char zone[NAME_MAX_TEXT];
	const struct cut_state *child, *parent; /* NULL: nothing known of it */
	const struct chain_link *link;		/* the zone's; NULL when it was not observed */
	struct {
		struct set_state *v;
		size_t n, cap;
	} sets;
	struct {
		struct finding *v;
		size_t n, cap;
	} findings;
	struct {
		struct evidence *v;
		size_t n, cap;
	} evidence;
	struct {
		struct ruled_out *v;
		size_t n, cap;
	} ruled;
	const struct worldview *view;
	const struct worlds *worlds;
};

/* ---- the planes, in the order in which they run ---- */
void check_keys(struct work *w);
void check_zone(struct work *w);
void check_parent(struct work *w);
void check_servers(struct work *w);
void check_source(struct work *w);
void check_cache(struct work *w);
void check_keyfiles(struct work *w); /* of check_keys; after the zone's */
void check_peers(struct work *w); /* servers against each other */
void check_codes(struct work *w); /* extended errors */
void check_late(struct work *w); /* what needs the findings of the others */

/* ---- rows ---- */
void rows_vantages(struct work *w);
void rows_serials(struct work *w);
void sets_collect(struct work *w);

/* ---- after the checks ---- */
void harm_compute(struct work *w); /* worlds, harm_from, harm_until */
void causes_rank(struct work *w);  /* explained_by, order, diagnosis.causes */
void words_fill(struct work *w);   /* headline, cause, time, safe, wrong */
void ruled_out_fill(struct work *w);
void profiles_fill(struct work *w); /* who fails and from when */
/* The I-th action that any row of words.c names, for the test that each is one; NULL at the end. */
const char *words_action(size_t i);

/* ---- findings ---- */
struct finding finding_of(const char *id, enum severity severity); /* tag -1, times unset */
void finding_add(struct work *w, struct finding f);
const struct finding *finding_find(const struct work *w, const char *id); /* NULL: none */
void finding_prove(struct finding *f, unsigned evidence);
#define say(w, ...) arena_printf((w)->a, __VA_ARGS__)

/* ---- evidence: each returns an index into work.evidence; the same one twice is one ---- */
unsigned ev_answer(struct work *w, const struct server_state *s, enum probe p, const char *text);
unsigned ev_silence(struct work *w, const struct server_state *s, enum probe p, const char *text);
unsigned ev_resolve(struct work *w, const struct obs *o, const char *text);
unsigned ev_keyfile(struct work *w, const struct obs *o, uint32_t line, const char *text);
unsigned ev_zonefile(struct work *w, const struct obs *o, const char *text);
unsigned ev_source(struct work *w, const char *text);
unsigned ev_signer(struct work *w, const char *text);
unsigned ev_clock(struct work *w, const char *text);

/* ---- small readers ---- */
/* Public server I of the zone, NULL for a hidden primary. */
const struct server_state *child_server(const struct work *w, size_t i);
size_t child_count(const struct work *w); /* public addresses */
/* "ns1 192.0.2.1", clean; the port where it is not 53. */
const char *server_who(struct work *w, const struct cut_state *c, const struct server_state *s);
/* The DNSKEY answer of S with rcode 0, or NULL. */
const struct obs *key_answer_of(const struct server_state *s);
bool list_has_key(const struct rr_list *rrs, const struct name *zone, uint16_t tag, uint8_t alg);
bool served_key(const struct work *w, uint16_t tag, uint8_t alg); /* in the common set */
/* Was it declared that S counts its serials by itself? It is then compared with nobody. */
bool own_serials(const struct work *w, const struct server_state *s);
/* Newest serial that any public server gives (own serials left out); false for none. */
bool newest_served(const struct work *w, uint32_t *serial);
/* Why the name is no zone, in the parent's words; NULL where it is one, or nobody said. */
const char *no_zone(const struct work *w);
const char *when(struct work *w, int64_t t);   /* "05-13 17:12", "never", "unknown" */
const char *span(struct work *w, int64_t seconds);
/* "{1, 2}" of the DNSKEY tags in RRS. */
const char *tag_set(struct work *w, const struct rr_list *rrs);
/* A KSK or CSK that the DS points to and that signs; NULL for none. */
const struct key_row *secure_ksk(const struct work *w);
bool zone_is_signed(const struct work *w); /* a DNSKEY is served */
/* Is this host's clock known to be synchronised, and less than a minute from its source? */
bool clock_is_right(const struct work *w);

#endif
