/*
 * nagios: a diagnosis as a monitoring plugin says it: one line of at most 80 columns before the
 * bar, performance data, then long output. Exit codes are enum state's values.
 */
#ifndef REPORT_NAGIOS_H
#define REPORT_NAGIOS_H

#include "base/text.h"
#include "diagnose/diagnosis.h"

struct nagios_options {
	unsigned planes;	 /* report/planes.h; 0: all */
	/* Seconds left of keys and signatures, on top of what the diagnosis has judged; 0: none. */
	int64_t warn, crit;
	int64_t stale_warn, stale_crit; /* age of the newest answer; 0: 30 s, 60 s */
};

/* The state with only the planes asked for, thresholds applied. */
enum state nagios_state(const struct diagnosis *d, const struct nagios_options *opt);
/* Appends the plugin's output to OUT and returns its exit code. */
enum state nagios_write(struct text *out, const struct diagnosis *d,
	const struct nagios_options *opt);

#endif
