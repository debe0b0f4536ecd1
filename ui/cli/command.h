/*
 * command: the table of verbs. To add a command: a file ui/cli/NAME.c with
 * "const struct command cmd_NAME", a row in commands.h, a page share/man/unbogus-NAME.1.
 */
#ifndef UI_CLI_COMMAND_H
#define UI_CLI_COMMAND_H

struct command {
	const char *name;
	const char *args;    /* "ZONE [--json]" */
	const char *summary; /* one line for --help */
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit code */
};

extern const struct command *const commands[]; /* ends with NULL */
const struct command *command_find(const char *name);

/* Exit codes beside 0..3 (DECISIONS 13). */
#define EXIT_USAGE 64
#define EXIT_INTERRUPTED 130

#endif
