/*
 * misread: key-role-misread, the belief that a fault of the ZSK is one of the KSK or the DS. A
 * belief is no record: it shows in what somebody does or is about to do. diagnose() raises it for
 * what was done; whoever makes a plan asks here about what is planned.
 */
#ifndef DIAGNOSE_MISREAD_H
#define DIAGNOSE_MISREAD_H

#include "diagnose/diagnosis.h"

/* The cause that stands and that no KSK or DS change can mend; NULL: none. */
const struct finding *misread_z_cause(const struct diagnosis *d);
/* A sentence for a plan that changes a KSK or the DS while such a cause stands, from A; NULL: the
 * plan is about something else, or no such cause stands. WHAT: "a DS change", "a new KSK". */
const char *misread_plan(struct arena *a, const struct diagnosis *d, bool changes_ksk_or_ds,
	const char *what);

#endif
