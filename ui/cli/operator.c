#include "ui/cli/operator.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

const char *
operator_name(char *out, size_t size)
{
	const char *before = getenv("SUDO_USER");
	const struct passwd *p = getpwuid(getuid());
	char line[300];

	if (p && before && *before && strcmp(before, p->pw_name) != 0)
		snprintf(line, sizeof line, "%s (as %s)", before, p->pw_name);
	else if (p)
		snprintf(line, sizeof line, "%s", p->pw_name);
	else
		snprintf(line, sizeof line, "uid %ld", (long)getuid());
	text_clean(out, size, line);
	return out;
}
