/*
 * unbogus: the program's entry: finds the verb and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"

#define COMMAND(name) extern const struct command cmd_##name;
#include "ui/cli/commands.h"
#undef COMMAND

#define COMMAND(name) &cmd_##name,
const struct command *const commands[] = {
#include "ui/cli/commands.h"
	NULL };
#undef COMMAND

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: unbogus [ZONE]\n       unbogus COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; commands[i]; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	return status;
}

static int
no_command(const char *word)
{
	const char *names[128], *near;
	size_t n = 0;
	char shown[100];

	for (size_t i = 0; commands[i] && n + 1 < sizeof names / sizeof *names; i++)
		names[n++] = commands[i]->name;
	names[n] = NULL;
	near = text_nearest(word, names);
	text_clean(shown, sizeof shown, word);
	fprintf(stderr, "unbogus: no command %s%s%s%s; see unbogus --help\n", shown,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return EXIT_USAGE;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--version") == 0)
		return command_find("version")->run(1, argv + 1);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout, 0);
	const struct command *c = command_find(argv[1]);
	if (!c && argv[1][0] != '-' && strchr(argv[1], '.')) /* a zone: "unbogus example.org" */
		return command_find("console")->run(argc, argv);
	if (!c) {
		return no_command(argv[1]);
	}
	return options_run(c, argc - 1, argv + 1);
}
