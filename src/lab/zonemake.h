/* zonemake: signed zones for a world, into memory of the world. */
#ifndef LAB_ZONEMAKE_H
#define LAB_ZONEMAKE_H

#include "lab/world.h"

bool zone_make(struct world *w, struct lab_zone *z, const struct lab_signing *g, struct err *e);
bool zone_make_parent(struct world *w, struct lab_zone *z, int64_t t, keyset ds, uint32_t serial,
	struct err *e);
/* Canonical order, as lab_cover() wants it. */
void zone_sort(struct lab_zone *z);
bool zone_make_root(struct world *w, struct err *e);

#endif
