/*
 * messages: the decoder of what signers and servers say. A table of patterns is read from
 * share/messages/messages.tsv (one message a line; tabs between pattern, id, class, origin,
 * meaning, action); the first row that matches a line wins, so causes stand above consequences.
 *
 * Life cycle: messages_load() into an arena; immutable afterwards.
 */
#ifndef OBSERVE_MESSAGES_H
#define OBSERVE_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/observation.h"

struct message {
	const char *pattern; /* substring; "*" stands for anything between two parts */
	const char *id;	     /* "Z2" */
	const char *class;   /* "Z": never suggest KSK or DS actions; "ok": a run that succeeded */
	const char *origin, *meaning, *action;
};

struct message_table {
	const struct message *v;
	size_t n;
};

/* NULL with E (file:line) when PATH cannot be read or a row does not have six columns. */
const struct message_table *messages_load(struct arena *a, const char *path, struct err *e);
const struct message_table *messages_parse(struct arena *a, const char *name, const char *text,
	size_t n, struct err *e);

/* Does PATTERN occur in LINE (ASCII case ignored)? */
bool message_matches(const char *pattern, const char *line);
/* The first row that matches LINE, or NULL. */
const struct message *message_decode(const struct message_table *t, const char *line);

/*
 * The decisive message of a log: of the lines since the last run that succeeded, and of the last
 * run's lines only, the one that stands highest in the table. NULL when none is known.
 * *LINE (may be NULL) is set to the line that matched.
 */
const struct message *message_decisive(const struct message_table *t, const struct line_list *lines,
	const char **line);

#endif
