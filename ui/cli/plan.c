/* unbogus plan ZONE ACTION [TAG]: an action made ready: steps, diff, prediction, guards, phrase.
 * Nothing is changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "change/make.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"
#include "ui/cli/planfile.h"

extern const struct command cmd_plan;

#define SAFE 0
#define BREAKS 1
#define NOTHING 2
#define FAILED 3

static const struct opt own[] = {
	{ "--output", "-o", "PLAN", "write the plan to this file (- standard output)", NULL },
	{ "--script", NULL, NULL, "print the plan as a commented shell script", NULL },
	{ "--method", NULL, "WORD", "of roll-ksk: double-ksk (default) or double-ds", "double-ksk double-ds" },
	{ "--until", NULL, "TIME", "of extend-zsk and extend-ksk: the new Inactive", NULL },
	{ "--reason", NULL, "TEXT", "why, for the journal", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

struct request {
	const char *words[3]; /* ZONE ACTION TAG */
	int n;
	const char *output, *method, *until, *reason;
	bool script;
	int fd; /* of the output, opened before the process gives up writing; -1 */
	const char *failed; /* why it could not be opened */
	const char *config_path;
	struct arena *arena; /* of config */
	const struct config *config; /* NULL: not read before the face was confined */
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus plan %s\n", cmd_plan.args);
	return EXIT_USAGE;
}

/* Takes its own options and words out of the command line; the rest is load's, behind the zone. */
static bool
split(struct request *r, int argc, char **argv, int *n, char **rest)
{
	const struct {
		const char *name, *brief;
		const char **slot;
	} values[] = { { "--output", "-o", &r->output }, { "--method", NULL, &r->method },
		{ "--until", NULL, &r->until }, { "--reason", NULL, &r->reason } };
	bool options = true;

	rest[(*n)++] = argv[0];
	for (int i = 1; i < argc; i++) {
		size_t v = 0;
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (options && strcmp(argv[i], "--script") == 0) {
			r->script = true;
			continue;
		}
		for (; options && v < sizeof values / sizeof *values; v++)
			if (strcmp(argv[i], values[v].name) == 0 ||
					(values[v].brief && strcmp(argv[i], values[v].brief) == 0))
				break;
		if (options && v < sizeof values / sizeof *values) {
			if (++i == argc)
				return false;
			*values[v].slot = argv[i];
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			const struct opt *o = options_find(&cmd_plan, argv[i]);
			rest[(*n)++] = argv[i];
			if (o && o->arg && i + 1 < argc)
				rest[(*n)++] = argv[++i];
		} else if (r->n < 3)
			r->words[r->n++] = argv[i];
		else
			return false;
	}
	if (r->n < 2)
		return false;
	rest[(*n)++] = (char *)(uintptr_t)r->words[0];
	return true;
}

static bool
wish_of(const struct request *r, struct plan_wish *w, struct err *e)
{
	const struct action *act = action_find(r->words[1]);
	struct arena *a = arena_new();
	const char *near = act ? NULL : text_nearest(r->words[1], action_names(a));
	uint64_t tag;
	bool ok = false;

	if (!act || !act->change) {
		err_set(e, ERR_ARG, r->words[1], "actions", near ? near : "an action of unbogus actions", "%s",
			act ? "a wrong step that no plan does" : "no action of that name");
		goto out;
	}
	*w = PLAN_WISH(act);
	if (r->n == 3) {
		if (!text_number(r->words[2], 65535, &tag)) {
			err_set(e, ERR_ARG, "TAG", "RFC 4034 B", "0 to 65535", "%s", r->words[2]);
			goto out;
		}
		w->tag = (int)tag;
	}
	w->method = r->method;
	w->reason = r->reason;
	if (r->until && !clock_parse(r->until, &w->until)) {
		err_set(e, ERR_ARG, "--until", "RFC 3339", "a time", "%s", r->until);
		goto out;
	}
	if (r->until)
		w->until /= USEC;
	ok = true;
out:
	arena_free(a);
	return ok;
}

/* A face that watches the live zone may not write later on, nor read the configuration. */
static void
open_output(void *ctx)
{
	struct request *r = ctx;

	r->arena = arena_new();
	r->config = configured(r->arena, r->config_path, NULL);

	if (!r->output || strcmp(r->output, "-") == 0)
		return;
	r->fd = open(r->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd < 0)
		r->failed = strerror(errno);
}

static bool
write_plan(const struct request *r, const struct plan *p, struct err *e)
{
	char *text = plan_print(p);
	bool ok;

	if (!text)
		return err_set(e, ERR_MEMORY, "plan", "JSON", "", "no memory");
	if (r->failed)
		ok = err_set(e, ERR_IO, r->output, "open", "", "%s", r->failed);
	else if (strcmp(r->output, "-") == 0)
		ok = fputs(text, stdout) >= 0;
	else if (r->fd >= 0)
		ok = file_write_all(r->fd, text, strlen(text), r->output, e);
	else
		ok = file_replace(r->output, text, strlen(text), 0600, e);
	free(text);
	return ok;
}

static void
show(const struct request *r, const struct load *l, const struct plan *p)
{
	struct text script = { 0 };

	if (r->script) {
		plan_script(&script, p);
		fputs(text_str(&script), stdout);
		text_free(&script);
	} else if (l->json)
		load_print_json(plan_to_json(p));
	else if (!r->output || strcmp(r->output, "-") != 0) {
		planfile_print_head(p);
		planfile_print_steps(p);
		printf("\n");
		planfile_print_diff(p);
		printf("\n");
		planfile_print_prediction(p);
		planfile_print_guards(p);
		if (*p->message)
			printf("\n%s", p->message);
	}
}

static int
make_and_show(const struct request *r, const struct load *l, const struct diagnosis *d,
	struct err *e)
{
	const struct config *c = r->config ? r->config : configured(d->arena, l->live.config, e);
	const struct config_zone *z = c ? config_zone_find(c, r->words[0]) : NULL;
	struct plan_wish w;

	if (!c || !wish_of(r, &w, e))
		return FAILED;
	const struct plan *p = plan_make(d->arena, d, z, &w, e);
	if (!p)
		return FAILED;
	if (plan_verdict(p) == GUARD_REFUSE) {
		planfile_print_head(p);
		planfile_print_guards(p);
		err_set(e, ERR_UNSUPPORTED, p->action, "guards", "a plan that no guard refuses",
			"refused; nothing was written");
		return FAILED;
	}
	if (r->output && !write_plan(r, p, e))
		return FAILED;
	show(r, l, p);
	if (plan_is_empty(p))
		return NOTHING;
	return plan_verdict(p) == GUARD_PASS ? SAFE : BREAKS;
}

static int
run(int argc, char **argv)
{
	struct request r = { .fd = -1 };
	struct load l = { .in_face = open_output, .face_ctx = &r };
	char **rest = calloc((size_t)argc + 2, sizeof *rest), line[1200];
	struct err e = { 0 };
	int n = 0, status = EXIT_USAGE;
	struct plan_wish check;

	if (!rest || !split(&r, argc, argv, &n, rest)) {
		free(rest);
		return usage();
	}
	if (!wish_of(&r, &check, &e)) {
		fprintf(stderr, "unbogus plan: %s\n", err_str(&e, line, sizeof line));
		goto out;
	}
	if (load_options(&l, n, rest, "plan"))
		goto out;
	r.config_path = l.live.config;
	struct diagnosis *d = load_diagnosis(&l, &e);
	status = d ? make_and_show(&r, &l, d, &e) : FAILED;
	if (status == FAILED)
		fprintf(stderr, "unbogus plan: %s\n", err_str(&e, line, sizeof line));
	diagnosis_free(d);
	if (r.fd >= 0)
		close(r.fd);
	if (r.arena)
		arena_free(r.arena);
out:
	free(rest);
	return status;
}

static const struct opt *const tables[] = { own, options_replay, options_display, options_config,
	options_live, NULL };

const struct command cmd_plan = {
	.name = "plan",
	.args = "ZONE ACTION [TAG] [-o PLAN] [--script] [--method WORD] [--until TIME] [--reason TEXT] "
		"[--replay FILE|-] [--at TIME] [--json]",
	.summary = "make an action ready: steps, diff, prediction; changes nothing",
	.run = run,
	.operands = "ZONE ACTION TAG",
	.options = tables,
};
