/*
 * forecast: what the worlds engine says of a world as it stands: until when some cache class will
 * fail, from what was served and is served now. For the "predicted" of a report, beside what the
 * simulated validators then did.
 */
#ifndef LAB_FORECAST_H
#define LAB_FORECAST_H

#include "lab/world.h"

/* One clean sentence about the time after T (usec); memory from A. */
const char *forecast(const struct world *w, struct arena *a, int64_t t);

#endif
