/* unbogus actions ZONE: everything that could be done, ranked by what it would do to validators. */
#include <stdio.h>

#include "change/rank.h"
#include "report/actions_json.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

#define PROPAGATION 0

static void
print_option(const struct option *o, unsigned place)
{
	char t[40];

	printf("%2u. %s [%s", place, o->title, o->action->name);
	if (o->tag >= 0)
		printf(" %d", o->tag);
	printf("]%s\n", o->wrong ? " WRONG" : "");
	printf("    Fixes the cause: %s. Risk to validators: %s.\n", o->fixes ? "yes" : "no", o->risk);
	if (o->stage)
		printf("    Stage %d of %d: %s.\n", o->stage, o->stages, o->stage_name);
	if (o->wrong)
		printf("    Wrong: %s.\n", o->wrong_why);
	if (o->safe_at == TIME_NEVER)
		printf("    It must be split into steps.\n");
	else if (o->safe_at != TIME_UNSET)
		printf("    Safe from %s.\n", clock_rfc3339_s(t, sizeof t, o->safe_at));
}

static void
print_plain(const struct diagnosis *d, const struct ranking *r)
{
	char name[NAME_MAX_TEXT], t[40];
	unsigned place = 0;

	printf("Actions for %s at %s, least harm first. %s.\n", name_to_text(name, &d->zone),
		clock_rfc3339_s(t, sizeof t, d->now / USEC), d->headline);
	if (r->proven_from != TIME_UNSET && r->proven_from > d->now / USEC)
		printf("Before %s an unknown earlier version may still be cached: predictions are not proven.\n",
			clock_rfc3339_s(t, sizeof t, r->proven_from));
	for (size_t i = 0; i < r->n; i++)
		if (!r->v[i].why_not)
			print_option(&r->v[i], ++place);
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].why_not)
			printf("Not here: %s: %s.\n", r->v[i].title, r->v[i].why_not);
}

static int
run(int argc, char **argv)
{
	struct load l = { 0 };
	struct err e = { 0 };
	char line[1200];
	int status = load_options(&l, argc, argv, "actions");

	if (status)
		return status == 3 ? EXIT_USAGE : status;
	struct diagnosis *d = load_diagnosis(&l, &e);
	if (!d) {
		fprintf(stderr, "unbogus actions: %s\n", err_str(&e, line, sizeof line));
		return 3;
	}
	const struct ranking *r = rank_actions(d->arena, d, PROPAGATION);
	if (l.json)
		load_print_json(json_actions(d, r));
	else
		print_plain(d, r);
	diagnosis_free(d);
	return 0;
}

extern const struct command cmd_actions;

static const struct opt *const tables[] = { options_replay, options_display, options_config,
	options_live, NULL };

const struct command cmd_actions = {
	.name = "actions",
	.args = "ZONE [--replay FILE|-] [--at TIME] [--json]",
	.summary = "what could be done, ranked by the harm it does",
	.run = run,
	.operands = "ZONE",
	.options = tables,
};
