/* emit_parts: what the files of emit share. */
#ifndef LAB_EMIT_PARTS_H
#define LAB_EMIT_PARTS_H

#include "lab/emit.h"

struct obs *lab_fact(const struct world *w, enum fact fact, int64_t t);
void lab_tell(struct text *out, struct obs *o); /* writes it and gives the reference back */

/* The names that probes ask for: the apex, and one that does not exist. */
#define LAB_NODATA_TYPE T_SRV
void lab_absent_name(const struct world *w, int64_t t, struct name *out);

#endif
