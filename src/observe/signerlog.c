#include "observe/signerlog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_MAX (64u << 10)
#define LINES_MAX 40
#define LINE_MAX_KEPT 1024

/* "exit status 1", "exit code 1", "rc=1" at the end of a line: what wrappers of signers write. */
static bool
exit_of(const char *line, int *status)
{
	static const char *const words[] = { "exit status ", "exit code ", "rc=", NULL };

	for (int i = 0; words[i]; i++) {
		const char *at = strcasestr(line, words[i]);
		char *end;
		if (!at)
			continue;
		at += strlen(words[i]);
		long v = strtol(at, &end, 10);
		if (end != at && v >= 0 && v <= 255 && !*end) {
			*status = (int)v;
			return true;
		}
	}
	return false;
}

/* Is there, after BEFORE, the name of a zone that ends with AFTER, and is it another one than ZONE? */
static bool
names_other(const char *line, const char *before, const char *after, const struct name *zone)
{
	for (const char *at = line; (at = strstr(at, before)) != NULL;) {
		char text[NAME_MAX_TEXT];
		struct name n;
		at += strlen(before);
		const char *end = strstr(at, after);
		if (end && (size_t)(end - at) < sizeof text) {
			snprintf(text, sizeof text, "%.*s", (int)(end - at), at);
			if (!strpbrk(text, " '[") && name_from_text(&n, text, NULL))
				return !name_equal(&n, zone);
		}
	}
	return false;
}

/*
 * A server writes one log for all its zones: what it says of another zone is nothing of this one's.
 * named: "transfer of 'x/IN'", "zone x/IN"; knotd: "[x.]".
 */
static bool
is_of_other(const char *line, const struct name *zone)
{
	return names_other(line, "transfer of '", "/IN", zone) || names_other(line, "zone ", "/IN", zone) ||
		names_other(line, "[", ".]", zone);
}

void
signerlog_parse(struct arena *a, const char *text, size_t n, const struct message_table *table,
	const struct name *zone, struct fact_signer *f)
{
	const char *line_of[LINES_MAX] = { 0 };
	size_t len_of[LINES_MAX] = { 0 };
	struct line_list ours = { 0 };
	uint32_t line = 0;

	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = nl ? (size_t)(nl - p) : (size_t)(end - p);
		line_of[line % LINES_MAX] = p;
		len_of[line % LINES_MAX] = k > LINE_MAX_KEPT ? LINE_MAX_KEPT : k;
		line++;
		p = nl ? nl + 1 : end;
	}
	for (uint32_t i = line > LINES_MAX ? line - LINES_MAX : 0; i < line; i++) {
		struct line_note note = { i + 1,
			arena_strndup(a, line_of[i % LINES_MAX], len_of[i % LINES_MAX]) };
		arena_push(a, &f->lines, note);
		if (!is_of_other(note.text, zone))
			arena_push(a, &ours, note);
		if (exit_of(note.text, &f->exit_status))
			f->has_exit = true;
	}
	const struct message *m = table ? message_decisive(table, &ours, &f->message_line) : NULL;
	if (m) {
		f->message_id = arena_strdup(a, m->id);
		f->message_class = arena_strdup(a, m->class);
	}
}

static const char *
why_not(struct arena *a, int e)
{
	return e == EACCES ? "permission" : e == ENOENT ? "missing" : arena_strdup(a, strerror(e));
}

struct obs *
signerlog_observe(const char *path, const struct message_table *table, const struct name *zone,
	const char *by, int64_t t)
{
	struct obs *o = obs_new(FACT_SIGNER, t, by, zone);
	struct fact_signer *f = &o->u.signer;
	struct stat st;

	f->path = arena_strdup(o->arena, path);
	f->mtime = TIME_UNSET;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0) {
		f->why = why_not(o->arena, errno);
	} else if (!S_ISREG(st.st_mode)) {
		f->why = "not a regular file";
	} else {
		char *buf = malloc(TAIL_MAX);
		off_t from = st.st_size > (off_t)TAIL_MAX ? st.st_size - (off_t)TAIL_MAX : 0;
		ssize_t n = buf ? pread(fd, buf, TAIL_MAX, from) : -1;
		char *start = buf;
		/* What the bound cut off is no line. */
		char *nl = from && n > 0 ? memchr(buf, '\n', (size_t)n) : NULL;
		if (nl) {
			n -= nl + 1 - buf;
			start = nl + 1;
		}
		f->mtime = st.st_mtime;
		f->readable = n >= 0;
		if (n >= 0)
			signerlog_parse(o->arena, start, (size_t)n, table, zone, f);
		else
			f->why = why_not(o->arena, errno);
		free(buf);
	}
	if (fd >= 0)
		close(fd);
	return o;
}
