/* unbogus serials ZONE: the serial on its way from the source to the servers. */
#include <stdio.h>

#include "report/json.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

extern const struct command cmd_serials;

static void
print(const struct diagnosis *d)
{
	char ends[40];

	printf("%-16s %-34s %-12s %4s %s\n", "STAGE", "WHERE", "SERIAL", "LAG", "SIGNATURES END");
	for (size_t i = 0; i < d->n_serials; i++) {
		const struct serial_row *r = &d->serials[i];
		const char *end = r->sig_expires == TIME_UNSET ? "-"
							       : clock_rfc3339_s(ends, sizeof ends, r->sig_expires);
		if (r->known)
			printf("%-16s %-34s %-12u %+4d %s%s\n", r->stage, r->where ? r->where : "", r->serial,
				r->lag, end, r->first_break ? "  <- first break" : "");
		else
			printf("%-16s %-34s %-12s %4s %s\n", r->stage, r->where ? r->where : "",
				r->silent ? "no answer" : "unknown", "?", end);
	}
}

static int
run(int argc, char **argv)
{
	return load_run(argc, argv, &cmd_serials, "serials", print);
}

const struct command cmd_serials = {
	.name = "serials",
	.args = "ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--json] [--anchors FILE]",
	.summary = "the serial on its way from the source to the servers",
	.run = run,
	.options = options_of_face,
	.operands = "ZONE",
};
