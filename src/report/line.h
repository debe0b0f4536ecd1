/*
 * line: a zone in one line, and the dates that come next, for screens with many zones.
 */
#ifndef REPORT_LINE_H
#define REPORT_LINE_H

#include "diagnose/diagnosis.h"

/* "6 of 6 SECURE  ZSK 11873 stops in 41d  RRSIG 27d", or the headline where something is wrong.
 * Clean text. */
void line_of(char *out, size_t size, const struct diagnosis *d);
/* The second line of a zone that is not well: the cause or the time. "" when there is none. */
void line_more(char *out, size_t size, const struct diagnosis *d);

struct deadline {
	int64_t at; /* seconds */
	char text[160];
};
/* The dates of D that are still to come: a key stops, a signature ends, caches clear, somebody
 * fails. At most MAX into OUT; returns how many. */
size_t line_deadlines(const struct diagnosis *d, struct deadline *out, size_t max);

#endif
