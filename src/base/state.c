#include "base/state.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define FOLDER_MAX 200 /* octets; leaves room for ".lock" and the like below NAME_MAX */
#define HASH_OCTETS 12

static bool
plain(char c, bool inner)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		(c == '.' && inner);
}

void
state_escape(char *out, size_t size, const char *zone)
{
	size_t n = strlen(zone), o = 0;
	uint8_t hash[EVP_MAX_MD_SIZE];
	char full[4096];

	if (n > 1 && zone[n - 1] == '.')
		n--;
	for (size_t i = 0; i < n && o + 4 < sizeof full; i++) {
		char c = zone[i] >= 'A' && zone[i] <= 'Z' ? (char)(zone[i] + ('a' - 'A')) : zone[i];
		o += plain(c, i > 0) ? (size_t)snprintf(full + o, sizeof full - o, "%c", c)
				     : (size_t)snprintf(full + o, sizeof full - o, "%%%02X", (unsigned char)c);
	}
	if (o > FOLDER_MAX && EVP_Digest(full, o, hash, NULL, EVP_sha256(), NULL) == 1) {
		size_t cut = FOLDER_MAX - 1 - 2 * HASH_OCTETS;
		full[cut] = '~';
		text_hex(full + cut + 1, sizeof full - cut - 1, hash, HASH_OCTETS);
	}
	snprintf(out, size, "%s", full);
}

bool
state_unescape(char *out, size_t size, const char *folder)
{
	char again[FOLDER_MAX + 1];
	size_t o = 0;

	for (const char *p = folder; *p; p++) {
		char c = *p;
		if (c == '%') {
			uint8_t octet;
			char hex[3] = { p[1], p[1] ? p[2] : '\0', '\0' };
			if (text_unhex(&octet, 1, hex) != 1)
				return false;
			c = (char)octet;
			p += 2;
		}
		if (o + 2 >= size || c == '\0')
			return false;
		out[o++] = c;
	}
	if (!o)
		return false;
	if (out[o - 1] != '.')
		out[o++] = '.';
	out[o] = '\0';
	state_escape(again, sizeof again, out); /* only what we would have made */
	return strcmp(again, folder) == 0;
}

/* The root of the state without --state; "" when the user has no home. */
static void
default_root(char out[PATH_MAX])
{
	const char *test = getenv("UBG_STATE"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	out[0] = '\0';
	if (test && *test == '/')
		snprintf(out, PATH_MAX, "%s", test);
	else if (geteuid() == 0)
		snprintf(out, PATH_MAX, "/var/lib/unbogus");
	else if (xdg && *xdg == '/') /* a relative one is to be ignored (XDG) */
		snprintf(out, PATH_MAX, "%s/unbogus", xdg);
	else if (home && *home == '/')
		snprintf(out, PATH_MAX, "%s/.local/state/unbogus", home);
}

bool
state_find(struct state_place *s, const char *arg, const char *zone, struct err *e)
{
	char folder[FOLDER_MAX + 1], here[PATH_MAX];
	int n = 0;

	memset(s, 0, sizeof *s);
	if (!arg)
		default_root(s->root);
	else if (*arg == '/')
		n = snprintf(s->root, sizeof s->root, "%s", arg);
	else if (*arg && getcwd(here, sizeof here))
		n = snprintf(s->root, sizeof s->root, "%s/%s", here, arg);
	if (arg && (!*arg || n <= 0 || n >= (int)sizeof s->root))
		return err_set(e, ERR_ARG, "--state", "state folder", "a folder's path", "%s", arg);
	if (!zone || !s->root[0])
		return true;
	state_escape(folder, sizeof folder, zone);
	if (snprintf(s->zone, sizeof s->zone, "%s/%s", s->root, folder) >= (int)sizeof s->zone)
		return err_set(e, ERR_LIMIT, s->root, "state folder", "a shorter path", "%zu octets",
			strlen(s->root));
	return true;
}

/* A folder where others may put files is none to trust: they could put ours there. */
static bool
usable(const char *path, struct err *e)
{
	struct stat st;

	if (!file_mkdir_p(path, e))
		return false;
	if (stat(path, &st) != 0)
		return err_errno(e, path, "stat", errno);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, path, "state folder", "a folder", "another kind of file");
	if (st.st_mode & S_IWOTH)
		return err_set(e, ERR_PERMISSION, path, "state folder", "nobody else may write there",
			"mode %04o", (unsigned)st.st_mode & 07777);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
		return err_errno(e, path, "access", errno);
	return true;
}

bool
state_make(struct state_place *s)
{
	const char *path = s->zone[0] ? s->zone : s->root;
	struct err e = { 0 };
	char why[512];

	s->memory = false;
	s->notice[0] = '\0';
	if (!*path)
		err_set(&e, ERR_NOT_FOUND, "state folder", "$HOME", "a home folder, or --state DIR", "none");
	else if (usable(path, &e))
		return true;
	s->memory = true;
	snprintf(s->notice, sizeof s->notice, "nothing is kept after this run: %s",
		err_str(&e, why, sizeof why));
	return false;
}

const char *
state_path(const struct state_place *s, const char *name, char out[PATH_MAX])
{
	const char *folder = s->zone[0] ? s->zone : s->root;

	if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		out[0] = '\0'; /* opens nothing */
	return out;
}
