/*
 * command: the table of verbs. To add a command: a file ui/cli/NAME.c with
 * "const struct command cmd_NAME", a row in commands.h, a page share/man/unbogus-NAME.1,
 * and its options as tables (options.h), which --help, the completions and the tests read.
 */
#ifndef UI_CLI_COMMAND_H
#define UI_CLI_COMMAND_H

#include <stdbool.h>

struct opt;

struct command {
	const char *name;
	const char *args;    /* "ZONE [--json]" */
	const char *summary; /* one line for --help */
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit code */
	/* Tables, NULL at the end. main() then refuses every other option, and the verb sees
	 * "--name value" only. NULL: the verb reads its command line alone. */
	const struct opt *const *options;
	/* What the words beside the options are, one a position, alternatives apart by "|", the last
	 * one again and again where it ends with "...": "list|check|run|SCENARIO FILE". Capitals are
	 * kinds (complete.c), small letters stand for themselves; NULL: none. For the completions, and
	 * for "did you mean". */
	const char *operands;
	bool plugin; /* mistakes on the command line end in 3 (unknown), not in EXIT_USAGE */
};

extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);

/* Exit codes beside 0..3 (DECISIONS 13). */
#define EXIT_USAGE 64
#define EXIT_INTERRUPTED 130

#endif
