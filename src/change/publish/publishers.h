/* The publishers, one a file. Inside of change/publish. */
#ifndef CHANGE_PUBLISH_PUBLISHERS_H
#define CHANGE_PUBLISH_PUBLISHERS_H

#include "change/publish.h"

extern const struct publisher publish_nsd, publish_bind, publish_knot;

/* True unless R ended badly or holds one of the words BAD (ended with NULL), for `accepted`. */
bool publish_said(const struct child_result *r, const char *const *bad, char *why, size_t size);

#define PUBLISH_WORDS(a, ...)                                                                   \
	((const char *const *)arena_memdup((a), (const char *const[]){ __VA_ARGS__, NULL },      \
		sizeof((const char *const[]){ __VA_ARGS__, NULL })))

#endif
