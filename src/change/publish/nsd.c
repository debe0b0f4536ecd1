/* NSD: `nsd-control reload` answers "ok" for a file that it cannot read, and then serves SERVFAIL
 * (4.6.1, measured): the file is judged by nsd-checkzone before. */
#include "change/publish/publishers.h"

static const char *const *
check(struct arena *a, const char *zone, const char *file)
{
	return PUBLISH_WORDS(a, "nsd-checkzone", zone, file);
}

static bool
accepted(const struct child_result *r, char *why, size_t size)
{
	static const char *const bad[] = { "error", "failed", NULL };

	return publish_said(r, bad, why, size);
}

const struct publisher publish_nsd = { .name = "NSD", .control = "nsd-control", .check = check,
	.accepted = accepted };
