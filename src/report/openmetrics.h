/*
 * openmetrics: diagnoses of any number of zones as one exposition: OpenMetrics 1.0, or the older
 * Prometheus text format 0.0.4 (which node_exporter's textfile collector reads).
 *
 * No series ever vanishes: a zone that could not be judged has state "unknown", and its numbers
 * are NaN; and a series that was once shown and has nothing to say any more (a key that is gone)
 * is shown as NaN, or 0 for a state, as long as the memory lives: struct openmetrics. A memory
 * holds at most OPENMETRICS_REMEMBERED series beside those of now.
 */
#ifndef REPORT_OPENMETRICS_H
#define REPORT_OPENMETRICS_H

#include "base/text.h"
#include "diagnose/diagnosis.h"

#define OPENMETRICS_REMEMBERED 100000

struct openmetrics_zone {
	const char *name;	   /* without the final dot */
	const struct diagnosis *d; /* NULL: nothing is known yet */
	bool stale; /* what D stands on is too old to say anything of now: state unknown */
	int64_t next_change; /* seconds: when the registrar takes a change again; TIME_UNSET */
};

struct openmetrics_options {
	bool prometheus; /* text format 0.0.4 */
	bool compat;	 /* also the dnssec_zone_* series of the older prometheus exporter */
};

struct openmetrics;
struct openmetrics *openmetrics_new(void);
void openmetrics_free(struct openmetrics *m);
/* Remembers the series of an earlier exposition (a textfile of the run before). */
void openmetrics_remember(struct openmetrics *m, const char *exposition);

/* Appends the exposition of N zones, from "# TYPE" to "# EOF". M may be NULL: no memory. */
void openmetrics_write(struct text *out, struct openmetrics *m, const struct openmetrics_zone *zones,
	size_t n, const struct openmetrics_options *opt);

#endif
