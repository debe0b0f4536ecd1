/* unbogus diagnose ZONE: what is wrong, where, why, what to do next and what not. */
#include <stdio.h>

#include "report/json.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

/* A sentence: its first letter large. */
static void
print_sentence(const char *before, const char *s)
{
	int first = *s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s;

	if (*s)
		printf("%s%c%s.", before, first, s + 1);
}

static void
print_steps(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_safe; i++) {
		printf("Safe step: %s.", d->safe[i].text);
		print_sentence(" ", d->safe[i].risk);
		printf(" [%s]\n", d->safe[i].action);
	}
	for (size_t i = 0; i < d->n_wrong; i++) {
		printf("Do not: %s.", d->wrong[i].text);
		print_sentence(" ", d->wrong[i].risk);
		printf(" [%s]\n", d->wrong[i].action);
	}
}

static void
print_findings(const struct diagnosis *d)
{
	for (size_t i = 1; i < d->n_causes; i++)
		printf("Also: %s. [%s]\n", d->findings[d->causes[i]].text, d->findings[d->causes[i]].id);
	for (size_t i = 0; i < d->n_findings; i++) {
		const struct finding *f = &d->findings[i];
		if (f->explained_by >= 0)
			printf("Follows: %s. [%s]\n", f->text, f->id);
		else if (f->severity == SEV_INFO)
			printf("Note: %s. [%s]\n", f->text, f->id);
	}
}

static void
print_evidence(const struct diagnosis *d, bool raw)
{
	char t[40];

	for (size_t i = 0; i < d->n_evidence; i++) {
		const struct evidence *e = &d->evidence[i];
		printf("Evidence %zu of %zu: %s says %s (%s).\n", i + 1, d->n_evidence, e->who, e->text,
			clock_rfc3339_s(t, sizeof t, e->t / USEC));
		if (raw && e->reproduce)
			printf("    %s\n", e->reproduce);
		const struct rr_list *rrs = !raw || !e->obs ? NULL
			: e->obs->fact == FACT_ANSWER	     ? &e->obs->u.answer.rrs
			: e->obs->fact == FACT_RESOLVE	     ? &e->obs->u.resolve.rrs
							     : NULL;
		for (size_t k = 0; rrs && k < rrs->n; k++)
			printf("    %s\n", rr_to_text(d->arena, &rrs->v[k]));
	}
}

static void
print_plain(const struct diagnosis *d, bool raw)
{
	static const char *const states[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	char name[NAME_MAX_TEXT], now[40], tz[40];

	printf("State: %s. %s.\n", states[d->state], d->headline);
	printf("Zone: %s at %s; times are in %s.\n", name_to_text(name, &d->zone),
		clock_rfc3339_s(now, sizeof now, d->now / USEC), clock_local(tz, sizeof tz, d->now / USEC, "%Z"));
	if (d->n_causes)
		printf("Cause: %s Confidence %s. [%s]\n", d->cause_text, d->confidence,
			d->findings[d->causes[0]].id);
	if (*d->time_text)
		printf("Time: %s.\n", d->time_text);
	if (*d->profiles_text)
		printf("Validators: %s.\n", d->profiles_text);
	for (size_t i = 0; i < d->n_ruled_out; i++)
		printf("Not the cause: %s. [%s]\n", d->ruled_out[i].why, d->ruled_out[i].id);
	print_steps(d);
	print_findings(d);
	if (d->n_vantages)
		printf("Vantages: %u secure, %u bogus, %u insecure, %u unknown.\n", d->secure, d->bogus,
			d->insecure, d->unknown);
	print_evidence(d, raw);
}

static int
run(int argc, char **argv)
{
	struct load l = { 0 };
	struct err e = { 0 };
	char line[1200];
	int status = load_options(&l, argc, argv, "diagnose");

	if (status)
		return status;
	struct diagnosis *d = load_diagnosis(&l, &e);
	if (!d) {
		fprintf(stderr, "unbogus diagnose: %s\n", err_str(&e, line, sizeof line));
		return 3;
	}
	if (l.json)
		load_print_json(json_diagnosis(d));
	else
		print_plain(d, l.evidence);
	status = (int)d->state;
	diagnosis_free(d);
	return status;
}

extern const struct command cmd_diagnose;

static const struct opt own[] = {
	{ "--evidence", NULL, NULL, "the queries and answers that the verdict rests on", NULL },
	{ "--record", NULL, "FILE", "write what is observed to this file, as a stream", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = {
	own, options_replay, options_display, options_config, options_live, NULL };

const struct command cmd_diagnose = {
	.name = "diagnose",
	.args = "ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--json] [--evidence] [--plain] [--anchors FILE]",
	.summary = "what is wrong with a zone, why, and what to do next",
	.run = run,
	.options = tables,
	.operands = "ZONE",
};
