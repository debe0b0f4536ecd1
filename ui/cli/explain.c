/* unbogus explain --message TEXT|-: what a signer's, server's or validator's message means. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"
#include "base/text.h"
#include "observe/messages.h"
#include "ui/cli/command.h"

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
run(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char said[900], path[PATH_MAX];
	int status = 3;
	size_t n;

	if (argc != 3 || strcmp(argv[1], "--message") != 0) {
		fprintf(stderr, "usage: unbogus explain %s\n", cmd_explain.args);
		arena_free(a);
		return EXIT_USAGE;
	}
	const struct message_table *t = messages_load(a, share_path(path, sizeof path, "messages/messages.tsv"), &e);
	char *text = !t ? NULL : strcmp(argv[2], "-") == 0
		? file_read_fd(STDIN_FILENO, "standard input", INPUT_MAX, &n, &e) : strdup(argv[2]);
	if (text)
		status = explain_text(a, t, text);
	else
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
	free(text);
	arena_free(a);
	return status;
}

const struct command cmd_explain = { .name = "explain", .args = "--message TEXT|-",
	.summary = "what a signer's or validator's message means, and what to do", .run = run };
