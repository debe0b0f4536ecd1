/*
 * zonefile: a zone file on this host as one fact: serial, what signs it, and what does not parse.
 */
#ifndef OBSERVE_ZONEFILE_H
#define OBSERVE_ZONEFILE_H

#include "model/observation.h"

/*
 * A FACT_ZONEFILE for PATH by BY at T (usec); WHICH is "source" or "signed". A file that cannot be
 * read is a fact too (readable false, why).
 */
struct obs *zonefile_observe(const char *path, const char *which, const struct name *zone,
	const char *by, int64_t t);

/* The serial in the zone text TEXT; false when there is no SOA of ZONE. NAME: its path. */
bool zonefile_serial(const char *name, const char *text, size_t n, const struct name *zone,
	uint32_t *serial);

#endif
