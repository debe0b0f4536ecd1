/*
 * tool_mandoc PART [COMMAND]: the parts of the manual pages that are made from the program's own
 * tables, as mdoc; test_docs.sh puts them between the marks of a page, or compares.
 *
 *	options COMMAND   every option of the command
 *	common COMMAND    those of its tables after the first: what it shares with other commands
 *	commands          the commands
 *	keys              the console's keys
 *	messages          what signers and validators say, from share/messages
 *	names COMMAND     the options' names, one a line, for comparing
 *	config            every key of the configuration as "parent.key", one a line
 *	list              the commands' names, one a line
 */
#include <stdio.h>
#include <string.h>

#include "base/share.h"
#include "observe/config_schema.h"
#include "observe/messages.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"
#include "ui/tui/request.h"

/* A sentence, broken before column 79; what mdoc would take for its own is escaped. */
static void
put(const char *text)
{
	const char *s = text;
	size_t col = 0;

	if (*s >= 'a' && *s <= 'z' && strncmp(s, "svn:", 4) != 0)
		printf("%c", *s - 'a' + 'A'), s++, col++;
	while (*s) {
		size_t n = strcspn(s, " ");
		if (col && s[-1] == ' ') {
			bool fits = col + 1 + n <= 78 && !(s[-2] == '.' && s - text > 2); /* a sentence, a line */
			putchar(fits ? ' ' : '\n');
			col = fits ? col + 1 : 0;
		}
		if (!col && (*s == '.' || *s == '\''))
			printf("\\&");
		for (size_t i = 0; i < n; i++)
			printf(s[i] == '\\' ? "\\e" : "%c", s[i]);
		col += n;
		s += n;
		s += strspn(s, " ");
	}
	printf(".\n");
}

static void
put_option(const struct opt *o)
{
	const char *arg = o->arg && *o->arg == '[' ? o->arg + 1 : o->arg;
	int len = arg ? (int)strcspn(arg, *o->arg == '[' ? "]" : "") : 0;

	printf(".It ");
	if (o->brief)
		printf("Fl %s%s%.*s , ", o->brief + 1, arg ? " Ar " : "", len, arg ? arg : "");
	printf("Fl %s", o->name + 1);
	if (arg && *o->arg == '[')
		printf(" Ns Op = Ns Ar %.*s", len, arg);
	else if (arg)
		printf(" Ar %.*s", len, arg);
	printf("\n");
	put(o->help);
	if (!o->words)
		return;
	printf("One of");
	for (const char *w = o->words; *w;) {
		size_t n = strcspn(w, " ");
		printf("\n.Cm %.*s%s", (int)n, w, w[n] ? " ," : " .");
		w += n + (w[n] == ' ');
	}
	printf("\n");
}

static void
put_options(const struct command *c, size_t from)
{
	if (!c->options[0] || (from && !c->options[1]))
		return;
	printf(".Bl -tag -width Ds\n");
	for (size_t t = from; c->options[t]; t++)
		for (const struct opt *o = c->options[t]; o->name; o++)
			put_option(o);
	printf(".El\n");
}

static void
put_names(const struct command *c)
{
	for (size_t t = 0; c->options && c->options[t]; t++)
		for (const struct opt *o = c->options[t]; o->name; o++) {
			printf("%s\n", o->name + 1);
			if (o->brief)
				printf("%s\n", o->brief + 1);
		}
}

static void
put_keys(void)
{
	static const char *const groups[] = { [REQUESTS_MOVE] = "Moving", [REQUESTS_LOOK] = "Looking",
		[REQUESTS_CHANGE] = "Changing" };

	for (int g = REQUESTS_MOVE; g <= REQUESTS_CHANGE; g++) {
		printf(".Ss %s\n.Bl -tag -width PgDn_Space\n", groups[g]);
		for (int r = 1; r < REQ_COUNT; r++) {
			const struct request_row *q = &requests[r];
			if ((int)q->group != g)
				continue;
			printf(".It");
			for (const char *k = q->keys; *k;) {
				size_t n = strcspn(k, " ");
				printf(" Ic ");
				if (n == 1 && strchr(".,:;()[]?!|'\"", *k)) /* delimiters of mdoc */
					printf("\\&");
				printf("%.*s", (int)n, *k == '\\' ? "\\e" : k);
				k += n + (k[n] == ' ');
			}
			printf(" Pq Ic :%s\n", q->name);
			put(q->help);
		}
		printf(".El\n");
	}
}

static void
put_config(const char *parent, const cyaml_schema_field_t *f)
{
	for (; f->key; f++) {
		const cyaml_schema_value_t *v = &f->value;
		printf("%s.%s\n", parent, f->key);
		if (v->type == CYAML_SEQUENCE)
			v = v->sequence.entry;
		if (v->type == CYAML_MAPPING && strcmp(parent, f->key) != 0)
			put_config(f->key, v->mapping.fields);
	}
}

/* Rows of one id stand together already, or are told as often as they differ. */
static int
put_messages(void)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char path[4096], said[900];
	const struct message_table *t = messages_load(a, share_path(path, sizeof path, "messages/messages.tsv"), &e);

	if (!t)
		fprintf(stderr, "%s\n", err_str(&e, said, sizeof said));
	printf(".Bl -tag -width OK1\n");
	for (size_t i = 0; t && i < t->n; i++) {
		const struct message *m = &t->v[i];
		printf(".It Cm %s Pq %s\n", m->id, m->origin);
		put(arena_printf(a, "\"%s\": %s. What to do: %s", m->pattern, m->meaning, m->action));
	}
	printf(".El\n");
	arena_free(a);
	return t ? 0 : 3;
}

int
main(int argc, char **argv)
{
	const char *part = argc > 1 ? argv[1] : "";
	const struct command *c = argc > 2 ? command_find(argv[2]) : NULL;

	if (strcmp(part, "keys") == 0)
		put_keys();
	else if (strcmp(part, "messages") == 0)
		return put_messages();
	else if (strcmp(part, "config") == 0)
		put_config("", config_schema.mapping.fields);
	else if (strcmp(part, "commands") == 0) {
		printf(".Bl -tag -width validate\n");
		for (size_t i = 0; commands[i]; i++) {
			printf(".It Xr unbogus-%s 1\n", commands[i]->name);
			put(commands[i]->summary);
		}
		printf(".El\n");
	} else if (strcmp(part, "list") == 0) {
		for (size_t i = 0; commands[i]; i++)
			printf("%s\n", commands[i]->name);
	} else if (c && strcmp(part, "names") == 0)
		put_names(c);
	else if (c && c->options && (strcmp(part, "options") == 0 || strcmp(part, "common") == 0))
		put_options(c, strcmp(part, "common") == 0);
	else {
		fprintf(stderr, "usage: tool_mandoc PART [COMMAND], as its source says\n");
		return 64;
	}
	return 0;
}
