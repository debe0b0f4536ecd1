/*
 * causes: the explanations of share/causes, one file a fault id, shown by "unbogus explain ID" and
 * by Enter on a finding in the console. Read once, before confinement; everything lives in the
 * arena of the caller.
 *
 * To add a fault: a file ID.md with the headings of its neighbours.
 */
#ifndef REPORT_CAUSES_H
#define REPORT_CAUSES_H

#include "base/arena.h"
#include "base/err.h"

struct cause_text {
	const char *id, *text; /* TEXT: UTF-8 from our own files, lines of at most 100 columns */
};
struct cause_texts {
	struct cause_text *v; /* by id */
	size_t n, cap;
};

/* Reads every ID.md of DIR; false with E when the folder cannot be read. */
bool causes_load(struct arena *a, const char *dir, struct cause_texts *out, struct err *e);
/* The text of ID, or NULL. */
const char *causes_text(const struct cause_texts *t, const char *id);

#endif
