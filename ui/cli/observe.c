/* unbogus observe net|local ZONE: one producer, its stream on standard output. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/command.h"
#include "ui/cli/observe.h"
#include "ui/cli/options.h"

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

static const struct opt own[] = {
	{ "--once", NULL, NULL, "one look, then end", NULL },
	{ "--all", NULL, NULL, "every zone of the configuration", NULL },
	{ "--period", NULL, "SPAN", "between two looks (default 10s)", NULL },
	{ "--port", NULL, "N", "net: where name servers listen (default 53)", NULL },
	{ "--root-hints", NULL, "FILE", "net: addresses of the root servers", NULL },
	{ "--trust-anchor", NULL, "FILE", "net: the root's DNSKEY or DS records", NULL },
	{ "--server", NULL, "NAME@ADDRESS[:PORT]", "net: a server of the zone; default: found from the root", NULL },
	{ "--parent", NULL, "NAME@ADDRESS[:PORT]", "net: a server of the parent", NULL },
	{ "--vantage", NULL, "VANTAGE", "net: fresh, warm, or NAME=ADDRESS[:PORT][,kind=K][,counted=no]", NULL },
	{ "--no-own-vantages", NULL, NULL, "net: no validators of our own, only the resolvers named", NULL },
	{ "--timeout", NULL, "SPAN", "net: how long an answer is waited for", NULL },
	{ "--rate", NULL, "N", "net: questions a second to one server (default 100)", NULL },
	{ "--keys", NULL, "DIR", "local: folder of the zone's key files", NULL },
	{ "--zone-file", NULL, "FILE", "local: the zone as it goes to the signer", NULL },
	{ "--signed-file", NULL, "FILE", "local: the zone as it comes from the signer", NULL },
	{ "--signer-log", NULL, "FILE", "local: what the signer said", NULL },
	{ "--source", NULL, "SPEC", "local: svn:PATH:FILE, git:PATH:FILE or file:FILE", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, options_config, NULL };

const struct command cmd_observe = { .name = "observe", .args = "local|net ZONE [OPTION]...",
	.summary = "print what this host or the network shows, as a stream", .run = run,
	.options = tables,
	.operands = "local|net ZONE..." };
