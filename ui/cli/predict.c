/* unbogus predict PLAN: what each class of caches sees now and after a plan. */
#include <stdio.h>
#include <string.h>

#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"
#include "ui/cli/planfile.h"

extern const struct command cmd_predict;

static const struct opt own[] = {
	{ "--json", NULL, NULL, "the plan's prediction as JSON", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static json_t *
prediction_json(const struct plan *p)
{
	json_t *whole = plan_to_json(p);
	json_t *out = json_pack("{s:s,s:s,s:s,s:O,s:O,s:O}", "schema", "unbogus.prediction/1", "zone",
		p->zone, "action", p->action, "time", json_object_get(whole, "made"), "safe_at",
		json_object_get(whole, "safe_at"), "prediction", json_object_get(whole, "prediction"));

	json_decref(whole);
	return out;
}

static int
run(int argc, char **argv)
{
	const char *path = NULL;
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (!path && strcmp(argv[i], "--") != 0)
			path = argv[i];
		else if (path)
			path = NULL;
	}
	if (!path) {
		fprintf(stderr, "usage: unbogus predict %s\n", cmd_predict.args);
		return EXIT_USAGE;
	}
	struct arena *a = arena_new();
	const struct plan *p = planfile_read(a, "predict", path);
	int status = !p ? 3 : p->prediction.breaks ? 1 : 0;
	if (p && json)
		load_print_json(prediction_json(p));
	else if (p) {
		planfile_print_head(p);
		planfile_print_prediction(p);
	}
	arena_free(a);
	return status;
}

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_predict = {
	.name = "predict",
	.args = "PLAN [--json]",
	.summary = "what each class of caches sees now and after a plan",
	.run = run,
	.operands = "FILE",
	.options = tables,
};
