/* unbogus lab run SCENARIO --script NAME: a scripted run without a terminal, as fast as it can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/score.h"
#include "ui/cli/command.h"
#include "ui/cli/lab_parts.h"

struct options {
	const char *scenario, *script, *score, *variant;
	uint64_t seed;
	unsigned validators;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus lab run SCENARIO --script golden|real-team|do-nothing [--score FILE]\n"
		"       [--seed N] [--variant ID] [--validators N]\n");
	return EXIT_USAGE;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	uint64_t n;

	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (arg[0] != '-' && !o->scenario) {
			o->scenario = arg;
			continue;
		}
		if (!value)
			return false;
		i++;
		if (strcmp(arg, "--script") == 0)
			o->script = value;
		else if (strcmp(arg, "--score") == 0)
			o->score = value;
		else if (strcmp(arg, "--variant") == 0)
			o->variant = value;
		else if (strcmp(arg, "--seed") == 0 && text_number(value, UINT64_MAX, &n))
			o->seed = n;
		else if (strcmp(arg, "--validators") == 0 && text_number(value, SCENARIO_VALIDATORS, &n) && n)
			o->validators = (unsigned)n;
		else
			return false;
	}
	return o->scenario && o->script;
}

static bool
write_score(const char *path, const struct references *r, int run, struct err *e)
{
	json_t *j = score_json(&r->score[run], r->play[run], reference_name((enum reference)run), r);
	char *text = j ? json_dumps(j, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
	bool ok = text != NULL;

	if (ok && strcmp(path, "-") == 0)
		puts(text);
	else if (ok)
		ok = file_replace(path, text, strlen(text), 0644, e);
	else
		err_set(e, ERR_MEMORY, path, "score", "", "no memory");
	free(text);
	json_decref(j);
	return ok;
}

static void
print_score(const struct score *sc, const struct play *p, const char *run)
{
	printf("%s %s: %u of 100: diagnosis %u, harm %u, method %u, communication %u\n", p->w->s->name, run,
		sc->total, sc->diagnosis, sc->harm, sc->method, sc->communication);
	printf("  %.0f validator minutes broken, %lld minutes with failures, end %s\n",
		sc->broken_validator_minutes, (long long)sc->minutes_broken, sc->safe_end ? "safe" : "not safe");
}

/* The run, and those that it is measured by. */
static bool
play_all(struct world *w, const struct options *o, struct err *e)
{
	struct references r;
	int run = 0;
	bool ok = true;

	while (run < RUN_COUNT && strcmp(reference_name((enum reference)run), o->script) != 0)
		run++;
	if (run == RUN_COUNT)
		return err_set(e, ERR_ARG, o->script, "lab run", "golden, real-team or do-nothing", "another");
	if (!references_make(&r, w, o->validators, e))
		return false;
	if (!o->score || strcmp(o->score, "-") != 0)
		print_score(&r.score[run], r.play[run], o->script);
	if (o->score)
		ok = write_score(o->score, &r, run, e);
	references_free(&r);
	return ok;
}

int
lab_run(int argc, char **argv)
{
	struct options o = { 0 };
	struct text problems = { 0 };
	struct err e = { 0 };
	char line[1200];

	if (!read_options(argc, argv, &o))
		return usage();
	struct arena *a = arena_new();
	struct scenario *s = scenario_load(lab_scenario_path(a, o.scenario), o.seed, o.variant, &problems);
	struct world *w = s ? world_new(s, "", &e) : NULL;
	bool ok = w && play_all(w, &o, &e);
	if (!s)
		fprintf(stderr, "unbogus lab: the scenario cannot be used:\n%s", text_str(&problems));
	else if (!ok)
		fprintf(stderr, "unbogus lab: %s\n", err_str(&e, line, sizeof line));
	world_free(w);
	scenario_free(s);
	text_free(&problems);
	arena_free(a);
	return ok ? 0 : 3;
}
