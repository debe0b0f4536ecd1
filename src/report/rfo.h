/*
 * rfo: the draft of a "reason for outage" from the rows of a journal, in the order in which
 * operators know such reports. It says only what rows say, each number with its row ("#12"); what
 * a person has to write is marked TODO.
 *
 * The input is one JSON object for a true journal and for a training alike:
 *
 *	"zone", "kind" ("journal" or "training"), "title", "hash" (of the newest row), "chain_good",
 *	"rows": [{"row","time" (RFC 3339),"who","kind","text","result","predicted","broken","run"}],
 *	"before", "after": pictures (report/picture.h), "notes": [text], "validators"
 *
 * Everything but zone and rows may be missing.
 */
#ifndef REPORT_RFO_H
#define REPORT_RFO_H

#include <jansson.h>

#include "base/err.h"
#include "report/doc.h"

/* Appends the report to OUT. False with E: IN is not of that form. */
bool rfo_write(struct text *out, const json_t *in, enum doc_format format, struct err *e);

/* A copy of IN without people, notes, internal addresses and paths; json_decref() it. */
json_t *rfo_redacted(const json_t *in);

#endif
