#include "observe/keydir.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/keyfile.h"

struct file_list {
	char **v;
	size_t n, cap;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names without suffix of all pairs of ZONE; every one once, sorted. */
static void
list_pairs(struct arena *a, DIR *d, const struct name *zone, struct file_list *list)
{
	for (struct dirent *e = readdir(d); e && list->n < 3 * KEYDIR_FILES_MAX; e = readdir(d)) {
		struct name owner;
		uint8_t alg;
		uint16_t tag;
		const char *suffix;
		if (e->d_name[0] != 'K' || !keyfile_parse_name(e->d_name, &owner, &alg, &tag, &suffix) ||
			!name_equal(&owner, zone))
			continue;
		if (strcmp(suffix, ".key") == 0 || strcmp(suffix, ".private") == 0)
			arena_push(a, list, arena_strndup(a, e->d_name, (size_t)(suffix - e->d_name)));
	}
	if (list->n)
		qsort(list->v, list->n, sizeof *list->v, by_name);
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		if (i == 0 || strcmp(list->v[i], list->v[n - 1]) != 0)
			list->v[n++] = list->v[i];
	list->n = n;
}

void
keydir_observe(const char *path, const struct name *zone, const char *by, int64_t t,
	void (*emit)(void *ctx, struct obs *o), void *ctx)
{
	struct obs *dir = obs_new(FACT_KEYDIR, t, by, zone);
	struct file_list list = { 0 };
	DIR *d = opendir(path);

	dir->u.keydir.path = arena_strdup(dir->arena, path);
	dir->u.keydir.readable = d != NULL;
	if (!d)
		dir->u.keydir.why = errno == EACCES ? "permission" : errno == ENOENT ? "missing"
			: arena_strdup(dir->arena, strerror(errno));
	else
		list_pairs(dir->arena, d, zone, &list);
	if (d)
		closedir(d);
	if (list.n > KEYDIR_FILES_MAX) {
		dir->u.keydir.why = "more keys than are read";
		list.n = KEYDIR_FILES_MAX;
	}
	for (size_t i = 0; i < list.n; i++) {
		char file[1100];
		struct obs *o = obs_new(FACT_KEYFILE, t, by, zone);
		snprintf(file, sizeof file, "%s.key", list.v[i]);
		keyfile_read(o->arena, path, file, &o->u.keyfile);
		dir->u.keydir.files++;
		emit(ctx, o);
	}
	emit(ctx, dir);
}

