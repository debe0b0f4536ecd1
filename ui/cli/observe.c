/* unbogus observe net|local ZONE: one producer, its stream on standard output. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/command.h"
#include "ui/cli/observe.h"

extern const struct command cmd_observe;

static int
run(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "local") == 0)
		return observe_local(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "net") == 0)
		return observe_net(argc - 1, argv + 1);
	fprintf(stderr, "usage: unbogus observe %s\n", cmd_observe.args);
	return EXIT_USAGE;
}

const struct command cmd_observe = { .name = "observe", .args = "local|net ZONE [OPTION]...",
	.summary = "print what this host or the network shows, as a stream", .run = run };
