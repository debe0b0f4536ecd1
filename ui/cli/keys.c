/* unbogus keys ZONE: every key: role three ways, what it signs, where it is served. */
#include <stdio.h>

#include "report/json.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

extern const struct command cmd_keys;

static void
print(const struct diagnosis *d)
{
	char ends[40];

	printf("%-4s %-5s %-16s %4s %-6s %-12s %-11s %-12s %s\n", "ROLE", "TAG", "ALG", "BITS", "DNSKEY",
		"DS", "SIGNS", "STATE", "ENDS");
	for (size_t i = 0; i < d->inventory->n; i++) {
		const struct key_row *r = &d->inventory->rows[i];
		static const char *const ds[] = { "?", "-", "match", "wrong digest" };
		printf("%-4s %-5u %-16s %4u %u/%-4u %-12s %-11s %-12s %s\n", key_role_name(r->role), r->tag,
			algorithm_name(r->alg), r->bits, r->served, r->servers, ds[r->ds],
			r->signs ? r->signs : "-", r->state ? r->state : "-",
			r->ends == TIME_UNSET ? "-" : r->ends == TIME_NEVER ? "never" : clock_rfc3339_s(ends, sizeof ends, r->ends));
		if (r->state_text && *r->state_text)
			printf("     %s\n", r->state_text);
		if (r->conflict)
			printf("     %s\n", r->conflict);
	}
}

static int
run(int argc, char **argv)
{
	return load_run(argc, argv, &cmd_keys, "keys", print);
}

const struct command cmd_keys = {
	.name = "keys",
	.args = "ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--json] [--anchors FILE]",
	.summary = "every key: role three ways, what it signs, where it is served",
	.run = run,
	.options = options_of_face,
	.operands = "ZONE",
};
