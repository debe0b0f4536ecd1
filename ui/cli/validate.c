/* unbogus validate ZONE: what each validator and resolver says. */
#include <stdio.h>

#include "base/text.h"
#include "report/json.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

extern const struct command cmd_validate;

static void
print(const struct diagnosis *d)
{
	printf("%-24s %-9s %-4s %-4s %-4s %-4s %-18s %s\n", "VANTAGE", "KIND", "SOA", "POS", "NOD", "NXD",
		"STATE", "NOTE");
	for (size_t i = 0; i < d->n_vantages; i++) {
		const struct vantage_row *r = &d->vantages[i];
		printf("%-24s %-9s %-4s %-4s %-4s %-4s %-18s %s\n", text_clean_dup(d->arena, r->v->v->name),
			r->v->v->kind ? text_clean_dup(d->arena, r->v->v->kind) : "-", r->cell[0], r->cell[1],
			r->cell[2], r->cell[3], vstate_name(r->state), r->note ? r->note : "");
	}
}

static int
run(int argc, char **argv)
{
	return load_run(argc, argv, &cmd_validate, "vantages", print);
}

const struct command cmd_validate = {
	.name = "validate",
	.args = "ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--json] [--anchors FILE]",
	.summary = "what each validator and resolver says",
	.run = run,
	.options = options_of_face,
	.operands = "ZONE",
};
