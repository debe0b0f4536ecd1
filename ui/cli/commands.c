/* The verbs, from their list: for the program, and for what makes the manual's tables. */
#include <stddef.h>
#include <string.h>

#include "ui/cli/command.h"

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
