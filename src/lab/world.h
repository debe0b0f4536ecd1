/*
 * world: a scenario at work. Zones that are really signed, the keys that sign them, and the files
 * of the host that the zone's keys live on. Versions are made once, when the world is; which of
 * them is served is a matter of the time asked for.
 *
 * world_new() makes keys and signatures; world_files() writes the files as they are at one moment
 * into the world's folder (and nowhere else); world_free() gives everything back.
 */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "lab/scenario.h"
#include "model/observation.h"
#include "observe/messages.h"
#include "zone/crypto.h"

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
};

struct world {
	struct arena *a;
	const struct scenario *s;
	const char *dir;
	const char *sandbox; /* set by the caller: what confines the producer, for hello */
	const struct message_table *messages; /* set by the caller: decodes the signer's log */
	struct privkey **keys; /* as scenario.keys */
	struct privkey *root[2], *parent[2]; /* KSK, ZSK */
	struct lab_zone *zones; /* as scenario.signings */
	struct lab_zone *parents; /* as scenario.delegations */
	struct lab_zone root_zone;
};

struct world *world_new(const struct scenario *s, const char *dir, struct err *e);
void world_free(struct world *w);

/* The version that is served at T (usec): the newest that was on before T, or the first. */
const struct lab_zone *world_zone(const struct world *w, int64_t t);
const struct lab_zone *world_parent(const struct world *w, int64_t t);
const struct sc_revision *world_revision(const struct world *w, int64_t t);
const struct sc_run *world_run(const struct world *w, int64_t t);

const struct lab_set *lab_find(const struct lab_zone *z, const struct name *owner, uint16_t type);
/* The NSEC that stands at or before NAME. */
const struct lab_set *lab_cover(const struct lab_zone *z, const struct name *name);
bool lab_name_exists(const struct lab_zone *z, const struct name *name);
void lab_put(struct arena *a, struct rr_list *out, const struct lab_set *set, enum rr_section section);

/* Path in the world's folder; memory from A. */
const char *world_path(const struct world *w, struct arena *a, const char *rest);
const char *world_key_path(const struct world *w, struct arena *a, unsigned key, const char *ending);
/* Writes every file that exists at T. */
bool world_files(const struct world *w, int64_t t, struct err *e);

#endif
