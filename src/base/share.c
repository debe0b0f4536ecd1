#include "base/share.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder "share" beside the program, known by a file that every version has. */
static const char *
beside_program(char *dir, size_t size)
{
	char exe[PATH_MAX], mark[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	if (snprintf(mark, sizeof mark, "%s/share/root.hints", exe) >= (int)sizeof mark ||
	    access(mark, R_OK) != 0 || snprintf(dir, size, "%s/share", exe) >= (int)size)
		return NULL;
	return dir;
}

const char *
share_path(char *out, size_t size, const char *name)
{
	const char *dir = getenv("UBG_SHARE");
	char beside[PATH_MAX];

	if (!dir || !*dir)
		dir = beside_program(beside, sizeof beside);
	if (!dir)
		dir = UBG_DATADIR;
	snprintf(out, size, "%s%s%s", dir, *name ? "/" : "", name);
	return out;
}
