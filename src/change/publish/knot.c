/* Knot: knotc answers "OK" before the work is done unless it is told to wait (-b; measured). */
#include "change/publish/publishers.h"

static const char *const *
check(struct arena *a, const char *zone, const char *file)
{
	return PUBLISH_WORDS(a, "kzonecheck", "-o", zone, file);
}

static bool
accepted(const struct child_result *r, char *why, size_t size)
{
	static const char *const bad[] = { "error:", "failed", NULL };

	return publish_said(r, bad, why, size);
}

const struct publisher publish_knot = { .name = "Knot", .control = "knotc", .check = check,
	.accepted = accepted };
