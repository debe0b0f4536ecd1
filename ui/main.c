/*
 * unbogus: the program's entry: finds the verb and runs it.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/name.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: unbogus [ZONE]\n       unbogus COMMAND [ARGUMENT]...\n\n");
	for (size_t i = 0; commands[i]; i++)
		fprintf(f, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	return status;
}

static const char *
near_command(const char *word)
{
	const char *names[128] = { NULL };

	for (size_t i = 0; commands[i] && i < sizeof names / sizeof *names - 1; i++)
		names[i] = commands[i]->name;
	return text_nearest(word, names);
}

/* What is no command is a zone, unless it looks like a command that was mistyped. */
static bool
is_zone(const char *word)
{
	struct name n;

	return word[0] != '-' && name_from_text(&n, word, NULL) &&
		(strchr(word, '.') || !near_command(word));
}

static int
unknown(const char *word)
{
	const char *near = near_command(word);
	char shown[200];

	text_clean(shown, sizeof shown, word);
	if (near && word[0] != '-')
		fprintf(stderr, "unbogus: no command %s; did you mean %s? For the zone of that name: "
			"unbogus %s.\n", shown, near, shown);
	else
		fprintf(stderr, "unbogus: no command and no zone: %s; see unbogus --help\n", shown);
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
	if (!c && is_zone(argv[1])) /* "unbogus example.org", "unbogus org" */
		return options_run(command_find("console"), argc, argv);
	return c ? options_run(c, argc - 1, argv + 1) : unknown(argv[1]);
}
