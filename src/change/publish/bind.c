/* BIND: rndc says "zone reload queued"; several of its errors come with exit status 0 (measured). */
#include "change/publish/publishers.h"

static const char *const *
check(struct arena *a, const char *zone, const char *file)
{
	return PUBLISH_WORDS(a, "named-checkzone", "-q", "-i", "local", zone, file);
}

static bool
accepted(const struct child_result *r, char *why, size_t size)
{
	static const char *const bad[] = { "rndc: '", "failed", "not found", "permission denied",
		"Error", NULL };

	return publish_said(r, bad, why, size);
}

const struct publisher publish_bind = { .name = "BIND", .control = "rndc", .check = check,
	.accepted = accepted };
