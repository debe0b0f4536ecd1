/*
 * world: a scenario at work. Zones that are really signed, the keys that sign them, and the files
 * of the host that the zone's keys live on. What was served when is a list of versions; caches and
 * servers follow from it and from the time asked for, so that the past can be looked at again.
 *
 * world_new() makes keys and every version of the scenario. world_train() cuts off what people did
 * after the training began; from then on hands (lab/hands.h) add versions with world_sign() and
 * world_delegate(). world_rewind() goes back to where the training began.
 * world_files() writes the files as they are at one moment into the world's folder (and nowhere
 * else); world_free() gives everything back.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "lab/scenario.h"
#include "model/observation.h"
#include "observe/messages.h"
#include "verdict/verdict.h"
#include "zone/crypto.h"

#define LAB_KEYS_MAX 32
typedef uint32_t keyset; /* bits: indices into world.keys */

/* One RRset with its signatures. */
struct lab_set {
	struct name owner;
	uint16_t type;
	struct rr_list rrs, sigs;
};
struct lab_zone {
	struct name apex;
	struct lab_set *v; /* in canonical order of owners */
	size_t n, cap;
	int64_t on; /* usec: served after this moment */
	uint32_t serial, minimum;
	keyset publish, sign_keys, sign_data;
	keyset ds; /* of a parent: whose DS it has */
	const char *nsec_lacks; /* every NSEC below the apex forgets this type */
};

struct lab_key {
	struct sc_key sc; /* a copy: its times change */
	struct privkey *priv;
	const char *where; /* of its private part: "here", "backup", "lost" */
	int64_t touched;   /* usec: when its files were last written to */
};

/* A fault at work; a copy, because people mend it. */
struct lab_fault {
	const struct sc_fault *sc;
	unsigned server;
	int64_t from, until; /* usec */
};

struct world {
	struct arena *a;
	const struct scenario *s;
	const char *dir;
	const char *sandbox; /* set by the caller: what confines the producer, for hello */
	const struct message_table *messages; /* set by the caller: decodes the signer's log */
	struct lab_key keys[LAB_KEYS_MAX]; /* scenario's first, in its order */
	unsigned n_keys;
	struct privkey *root[2], *parent[2]; /* KSK, ZSK */
	struct {
		struct lab_zone *v;
		size_t n, cap;
	} zones, parents; /* in order of `on` */
	struct {
		struct sc_run *v;
		size_t n, cap;
	} runs;
	struct {
		struct lab_fault *v;
		size_t n, cap;
	} faults;
	struct lab_zone root_zone;
	struct memo *memo; /* of every signature of the world */
	int64_t source_mended; /* usec: since then the source loads; TIME_NEVER not yet */
	int64_t clocks_mended; /* the same for what runs on a wrong clock */
	uint64_t written; /* what the files show: see world_files() */
	unsigned made; /* keys that people made */
	/* ---- of the hands (lab/hands.c) ---- */
	keyset want; /* the keys that the signer is to publish */
	struct {
		int64_t *v;
		size_t n, cap;
	} edits, flushes; /* usec: at the registrar; ISPs asked to flush */
};

struct world *world_new(const struct scenario *s, const char *dir, struct err *e);
void world_free(struct world *w);

/* What people did after the training's beginning is not there any more; also the way back. */
void world_train(struct world *w);

/* ---- changes ---- */
struct lab_signing {
	int64_t t; /* usec: loaded by the primary */
	keyset publish, sign_keys, sign_data;
	int64_t inception, expiration; /* seconds */
	uint32_t serial;
	const struct sc_signed *faulty; /* its oddities; NULL: a clean zone */
};
bool world_sign(struct world *w, const struct lab_signing *g, struct err *e);
bool world_delegate(struct world *w, int64_t t, keyset ds, struct err *e);
/* A new key of ROLE: the scenario's own next one where it has one, else one of its own name.
 * Returns its index, -1 with E. */
int world_new_key(struct world *w, enum sc_role role, const char *id, int64_t t, struct err *e);
void world_run_signer(struct world *w, int64_t t, int exit, const char *const *lines, unsigned n);

/* ---- what is there at T (usec) ---- */
/* The version at the primary: the newest that was on before T, or the first. */
const struct lab_zone *world_zone(const struct world *w, int64_t t);
const struct lab_zone *world_parent(const struct world *w, int64_t t);
/* What server V of the zone or the parent serves, with its delay and faults; NULL: it does not
 * answer, or (*WHY, may be NULL) not usefully: "timeout", "refused"... *STRIPS: without RRSIG. */
const struct lab_zone *world_served(const struct world *w, unsigned server, int64_t t, bool *strips,
	const char **why);
const struct sc_revision *world_revision(const struct world *w, int64_t t);
bool world_source_broken(const struct world *w, int64_t t);
const struct sc_run *world_run(const struct world *w, int64_t t);
/* The key of ID, or of the role "ksk" or "zsk" that serves now, or of a tag; -1. */
int world_key(const struct world *w, const char *id);
bool world_key_made(const struct world *w, unsigned key, int64_t t);
bool world_fault_at(const struct world *w, unsigned server, enum sc_fault_kind kind, int64_t t);

const struct lab_set *lab_find(const struct lab_zone *z, const struct name *owner, uint16_t type);
/* The NSEC that stands at or before NAME. */
const struct lab_set *lab_cover(const struct lab_zone *z, const struct name *name);
bool lab_name_exists(const struct lab_zone *z, const struct name *name);
void lab_put(struct arena *a, struct rr_list *out, const struct lab_set *set, enum rr_section section);

/* Path in the world's folder; memory from A. */
const char *world_path(const struct world *w, struct arena *a, const char *rest);
const char *world_key_path(const struct world *w, struct arena *a, unsigned key, const char *ending);
/*
 * The signed file in the folder, when somebody else wrote it (unbogus apply, dnssec-signzone): its
 * serial must be above the served one. The servers load it at T, and the dates of the key files
 * are the keys' from then on. *SAID: a sentence. False with E: nothing was loaded.
 */
bool world_take_files(struct world *w, int64_t t, const char **said, struct err *e);
/* Writes every file that exists at T and is not so already. */
bool world_files(struct world *w, int64_t t, struct err *e);

#endif
