/*
 * openmetrics: diagnoses of any number of zones as one exposition (OpenMetrics 1.0). No series
 * ever vanishes: a zone that could not be judged has state "unknown", and its numbers are NaN.
 * The caller adds every zone, then ends.
 */
#ifndef REPORT_OPENMETRICS_H
#define REPORT_OPENMETRICS_H

#include "base/text.h"
#include "diagnose/diagnosis.h"

struct openmetrics_zone {
	const char *name;	   /* without the final dot */
	const struct diagnosis *d; /* NULL: nothing is known yet */
};

/* Appends the exposition of N zones, from "# TYPE" to "# EOF". COMPAT adds the four
 * dnssec_zone_* series of the older prometheus exporter. */
void openmetrics_write(struct text *out, const struct openmetrics_zone *zones, size_t n,
	bool compat);

#endif
