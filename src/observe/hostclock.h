/*
 * hostclock: how good this host's clock is, as the kernel says (adjtimex(2), reading only).
 */
#ifndef OBSERVE_HOSTCLOCK_H
#define OBSERVE_HOSTCLOCK_H

#include "model/observation.h"

/* A FACT_CLOCK, or a FACT_UNKNOWN where the kernel does not tell; by BY at T (usec). */
struct obs *hostclock_observe(const struct name *zone, const char *by, int64_t t);

#endif
