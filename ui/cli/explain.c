/* unbogus explain ID: a fault of the catalogue; --message TEXT|-: what a signer's, server's or validator's message means. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"
#include "base/text.h"
#include "observe/messages.h"
#include "report/causes.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"

extern const struct command cmd_explain;

#define INPUT_MAX (4u << 20)

static void
explain(const struct message *m, const char *line)
{
	char clean[400];

	text_clean(clean, sizeof clean, line);
	printf("%s  %s\n  from:    %s\n  means:   %s\n  do:      %s\n", m->id, clean, m->origin,
		m->meaning, m->action);
	if (strcmp(m->class, "Z") == 0)
		printf("  not:     a new KSK or a DS change; this is about a ZSK\n");
}

/* Every line that is known; exit 0 when one was, 3 when none was. */
static int
explain_text(struct arena *a, const struct message_table *t, char *text)
{
	struct line_list lines = { 0 };
	const char *decisive = NULL;
	char *save = NULL;
	unsigned known = 0;

	for (char *s = strtok_r(text, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
		struct line_note note = { (uint32_t)lines.n + 1, s };
		const struct message *m = message_decode(t, s);
		arena_push(a, &lines, note);
		if (m) {
			explain(m, s);
			known++;
		}
	}
	const struct message *m = message_decisive(t, &lines, &decisive);
	if (known > 1 && m)
		printf("decisive: %s\n", m->id);
	if (!known)
		printf("no known message in %zu line%s\n", lines.n, lines.n == 1 ? "" : "s");
	return known ? 0 : 3;
}

static int
explain_messages(struct arena *a, const char *said_by, struct err *e)
{
	char path[PATH_MAX];
	size_t n;
	int status = 3;

	const struct message_table *t = messages_load(a, share_path(path, sizeof path, "messages/messages.tsv"), e);
	char *text = !t ? NULL : strcmp(said_by, "-") == 0
		? file_read_fd(STDIN_FILENO, "standard input", INPUT_MAX, &n, e) : strdup(said_by);
	if (text)
		status = explain_text(a, t, text);
	free(text);
	return text ? status : -1;
}

/* The id that shares the longest beginning with WHAT: a hint, never an answer. */
static const char *
nearest(const struct cause_texts *t, const char *what)
{
	const char *best = NULL;
	size_t most = 2;

	for (size_t i = 0; i < t->n; i++) {
		size_t n = 0;
		while (what[n] && what[n] == t->v[i].id[n])
			n++;
		if (n > most || (!best && strstr(t->v[i].id, what))) {
			best = t->v[i].id;
			most = n;
		}
	}
	return best;
}

/* ID NULL: the list of all. */
static int
explain_fault(struct arena *a, const char *id, struct err *e)
{
	struct cause_texts t = { 0 };
	char path[PATH_MAX];

	if (!causes_load(a, share_path(path, sizeof path, "causes"), &t, e))
		return -1;
	if (!id) {
		for (size_t i = 0; i < t.n; i++)
			puts(t.v[i].id);
		return 0;
	}
	const char *text = causes_text(&t, id), *near = text ? NULL : nearest(&t, id);
	if (text) {
		fputs(text, stdout);
		return 0;
	}
	fprintf(stderr, "unbogus explain: no fault is called \"%s\"%s%s%s\n", text_clean_dup(a, id),
		near ? "; the nearest is " : "", near ? near : "", "; unbogus explain --list shows all");
	return 3;
}

static int
run(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char said[900];
	int status = EXIT_USAGE;

	if (argc == 3 && strcmp(argv[1], "--message") == 0)
		status = explain_messages(a, argv[2], &e);
	else if (argc == 2 && strcmp(argv[1], "--list") == 0)
		status = explain_fault(a, NULL, &e);
	else if (argc == 2 && argv[1][0] != '-')
		status = explain_fault(a, argv[1], &e);
	else
		fprintf(stderr, "usage: unbogus explain %s\n", cmd_explain.args);
	if (status < 0) {
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
		status = 3;
	}
	arena_free(a);
	return status;
}

static const struct opt own[] = {
	{ "--list", NULL, NULL, "every fault, one a line", NULL },
	{ "--message", NULL, "TEXT",
		"a message of a signer or validator (- standard input)", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_explain = { .name = "explain", .args = "ID | --list | --message TEXT|-",
	.summary = "what a fault is and what mends it; what a message means",
	.run = run,
	.options = tables,
	.operands = "FAULT" };
