/* publish: the table, and which row a reload command belongs to. */
#include "change/publish.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "change/publish/publishers.h"

const struct publisher *const publishers[] = { &publish_nsd, &publish_bind, &publish_knot, NULL };

static const char *
last_part(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash ? slash + 1 : word;
}

const struct publisher *
publisher_of(const char *const *argv, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		for (size_t k = 0; publishers[k]; k++)
			if (strcmp(last_part(argv[i]), publishers[k]->control) == 0)
				return publishers[k];
	return NULL;
}

bool
publish_said(const struct child_result *r, const char *const *bad, char *why, size_t size)
{
	char status[100];

	if (r->status != 0) {
		char line[300];
		snprintf(line, sizeof line, "%s: %.150s", child_result_str(r, status, sizeof status),
			r->err && *r->err ? r->err : r->out ? r->out : "");
		text_clean(why, size, line);
		return false;
	}
	for (size_t i = 0; bad[i]; i++) {
		const char *at = r->out ? strstr(r->out, bad[i]) : NULL;
		at = at ? at : r->err ? strstr(r->err, bad[i]) : NULL;
		if (at) {
			text_clean_n(why, size, at, strcspn(at, "\n"));
			return false;
		}
	}
	return true;
}
