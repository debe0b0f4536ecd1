/*
 * publish: what is known of each kind of server that a zone file is given to: the program that
 * judges a file before the server sees it, and how to read the answer of its reload command (an
 * exit status of 0 is not "it serves the zone": that only the servers' answers show).
 *
 * To add a server: a file in publish/, a row in publishers[].
 */
#ifndef CHANGE_PUBLISH_H
#define CHANGE_PUBLISH_H

#include "base/arena.h"
#include "base/child.h"

struct publisher {
	const char *name;    /* "NSD" */
	const char *control; /* last part of the reload command's program: "nsd-control" */
	/* Words that check FILE as ZONE's, ended with NULL; A's memory. */
	const char *const *(*check)(struct arena *a, const char *zone, const char *file);
	/* What its control program said of a reload; false with WHY (of SIZE) for a refusal. */
	bool (*accepted)(const struct child_result *r, char *why, size_t size);
};
extern const struct publisher *const publishers[]; /* ends with NULL */

/* By the words of the reload command (a program behind sudo is found too); NULL: not known. */
const struct publisher *publisher_of(const char *const *argv, unsigned n);

#endif
