#include "observe/messages.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

#define TABLE_MAX (1u << 20)
#define COLUMNS 6
/* Lines that one failing run spreads over: older ones belong to a run before it. */
#define RUN_LINES 12

bool
message_matches(const char *pattern, const char *line)
{
	char part[256];

	while (*pattern) {
		size_t n = strcspn(pattern, "*");
		if (n >= sizeof part)
			return false;
		memcpy(part, pattern, n);
		part[n] = '\0';
		const char *at = strcasestr(line, part);
		if (!at)
			return false;
		line = at + n;
		pattern += n;
		pattern += strspn(pattern, "*");
	}
	return true;
}

const struct message *
message_decode(const struct message_table *t, const char *line)
{
	for (size_t i = 0; i < t->n; i++)
		if (message_matches(t->v[i].pattern, line))
			return &t->v[i];
	return NULL;
}

const struct message *
message_decisive(const struct message_table *t, const struct line_list *lines, const char **line)
{
	const struct message *best = NULL;
	size_t seen = 0;

	for (size_t i = lines->n; i-- > 0 && seen < RUN_LINES;) {
		const struct message *m = message_decode(t, lines->v[i].text);
		if (m && strcmp(m->class, "ok") == 0)
			break;
		if (m && (!best || m < best)) {
			best = m;
			if (line)
				*line = lines->v[i].text;
		}
		seen += best != NULL;
	}
	return best;
}

static bool
take_row(struct arena *a, char *row, struct message *m)
{
	const char *column[COLUMNS];

	for (int i = 0; i < COLUMNS; i++) {
		char *tab = strchr(row, '\t');
		if ((tab == NULL) != (i == COLUMNS - 1))
			return false;
		if (tab)
			*tab = '\0';
		column[i] = arena_strdup(a, row);
		row = tab ? tab + 1 : row;
	}
	*m = (struct message){ column[0], column[1], column[2], column[3], column[4], column[5] };
	return *m->pattern && *m->pattern != '*' && *m->id && *m->class;
}

const struct message_table *
messages_parse(struct arena *a, const char *name, const char *text, size_t n, struct err *e)
{
	struct { struct message *v; size_t n, cap; } rows = { 0 };
	struct message_table *t = arena_new_one(a, struct message_table);
	char *copy = arena_strndup(a, text, n), *save = NULL;

	for (char *s = strtok_r(copy, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
		struct message m;
		if (*s == '#')
			continue;
		if (!take_row(a, s, &m)) {
			err_set(e, ERR_PARSE, name, "message table",
				"pattern, id, class, origin, meaning, action between tabs", "%.80s", s);
			return NULL;
		}
		arena_push(a, &rows, m);
	}
	t->v = rows.v;
	t->n = rows.n;
	return t;
}

const struct message_table *
messages_load(struct arena *a, const char *path, struct err *e)
{
	size_t n;
	char *text = file_read(path, TABLE_MAX, &n, e);
	const struct message_table *t = text ? messages_parse(a, path, text, n, e) : NULL;

	free(text);
	return t;
}
