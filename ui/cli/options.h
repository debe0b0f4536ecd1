/*
 * options: what a command can be told, as tables. From them come the check of the command line,
 * "unbogus COMMAND --help" at 80 columns, the completions, and the test that every page of the
 * manual names every option.
 *
 * To add an option: a row in the command's table; where the command reads its own words
 * (struct command.run), also there; and its paragraph in share/man/unbogus-COMMAND.1.
 */
#ifndef UI_CLI_OPTIONS_H
#define UI_CLI_OPTIONS_H

#include <stdio.h>

#include "base/text.h"
#include "ui/cli/command.h"

struct opt {
	const char *name;  /* "--replay"; NULL ends a table */
	const char *brief; /* "-c", or NULL */
	const char *arg;   /* "FILE"; NULL: a flag; "[MIN]": only as --name=MIN */
	const char *help;  /* half a sentence */
	const char *words; /* the words that ARG can be, apart by blanks; NULL: anything */
};

/* Options of several commands. */
extern const struct opt options_replay[];  /* --replay --at --anchors */
extern const struct opt options_display[]; /* --json --plain */
extern const struct opt options_live[];    /* what live_option() takes, except -c FILE */
extern const struct opt options_config[];  /* -c FILE */
extern const struct opt options_config_long[]; /* --config FILE, where -c is something else */
/* All tables of a command that shows one plane of the picture: keys, chain, serials, validate. */
extern const struct opt *const options_of_face[];

/* Checks the words against the tables, splits "--name=value", answers --help, and runs C. */
int options_run(const struct command *c, int argc, char **argv);
/* Finds WORD ("-c", "--replay") in C's tables; NULL. */
const struct opt *options_find(const struct command *c, const char *word);
/* Appends the command's help, at most 80 columns wide. */
void options_help(struct text *out, const struct command *c);

#endif
