#include "report/causes.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define FILES_MAX 1000u
#define TEXT_MAX (64u << 10)

static int
by_id(const void *x, const void *y)
{
	return strcmp(((const struct cause_text *)x)->id, ((const struct cause_text *)y)->id);
}

/* "rrsig-expired.md" names an id; anything else in the folder is not ours. */
static size_t
id_length(const char *file)
{
	size_t n = strspn(file, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && strcmp(file + n, ".md") == 0 ? n : 0;
}

bool
causes_load(struct arena *a, const char *dir, struct cause_texts *out, struct err *e)
{
	DIR *d = opendir(dir);

	if (!d)
		return err_errno(e, dir, "explanations", errno);
	for (struct dirent *f; out->n < FILES_MAX && (f = readdir(d));) {
		char path[PATH_MAX];
		size_t n = id_length(f->d_name), len;
		if (!n || snprintf(path, sizeof path, "%s/%s", dir, f->d_name) >= (int)sizeof path)
			continue;
		char *text = file_read(path, TEXT_MAX, &len, NULL);
		if (!text)
			continue;
		struct cause_text c = { .id = arena_printf(a, "%.*s", (int)n, f->d_name),
			.text = arena_strdup(a, text) };
		arena_push(a, out, c);
		free(text);
	}
	closedir(d);
	if (out->n)
		qsort(out->v, out->n, sizeof *out->v, by_id);
	return true;
}

const char *
causes_text(const struct cause_texts *t, const char *id)
{
	struct cause_text key = { .id = id };
	const struct cause_text *c = t->n ? bsearch(&key, t->v, t->n, sizeof *t->v, by_id) : NULL;

	return c ? c->text : NULL;
}
