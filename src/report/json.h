/*
 * json: a diagnosis as one JSON object, "unbogus.diagnosis/1". Keys are stable, arrays sorted or in
 * ranked order, times RFC 3339 UTC, an unknown value is null and never 0.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <jansson.h>

#include "diagnose/diagnosis.h"

/* The whole diagnosis; a new reference. */
json_t *json_diagnosis(const struct diagnosis *d);
/* One part with the same envelope: WHAT is "keys", "chain", "serials" or "vantages". */
json_t *json_part(const struct diagnosis *d, const char *what);

#endif
