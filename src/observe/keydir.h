/*
 * keydir: the key files of one zone in a folder, each as a fact, and the folder itself.
 */
#ifndef OBSERVE_KEYDIR_H
#define OBSERVE_KEYDIR_H

#include "model/observation.h"

#define KEYDIR_FILES_MAX 20000 /* keys of the zone that are read */

/*
 * Gives EMIT (which takes over the reference) a FACT_KEYFILE for every key of ZONE below PATH and
 * then a FACT_KEYDIR, by BY at T (usec). A pair of which only the .private exists counts too.
 */
void keydir_observe(const char *path, const struct name *zone, const char *by, int64_t t,
	void (*emit)(void *ctx, struct obs *o), void *ctx);

#endif
