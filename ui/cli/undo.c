/* unbogus undo ZONE N: the plan that takes back what a row of the journal did. Nothing is changed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "change/undo.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"
#include "ui/cli/planfile.h"

extern const struct command cmd_undo;

#define SAFE 0
#define BREAKS 1
#define FAILED 3

static const struct opt own[] = {
	{ "--output", "-o", "PLAN", "write the plan to this file", NULL },
	{ "--state", NULL, "DIR", "state folder (journal, backups)", NULL },
	{ "--reason", NULL, "TEXT", "why, for the journal", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

struct request {
	const char *zone, *row, *output, *state, *reason;
	int fd; /* of the output */
	struct err failed;
	/* read before the face is confined */
	const char *config_path;
	struct arena *arena;
	const struct config *config;
	struct undo_run run;
	bool have_run;
};

static bool
split(struct request *r, int argc, char **argv, int *n, char **rest)
{
	const struct {
		const char *name, *brief;
		const char **slot;
	} values[] = { { "--output", "-o", &r->output }, { "--state", NULL, &r->state },
		{ "--reason", NULL, &r->reason } };

	rest[(*n)++] = argv[0];
	for (int i = 1; i < argc; i++) {
		size_t v = 0;
		for (; v < sizeof values / sizeof *values; v++)
			if (strcmp(argv[i], values[v].name) == 0 || (values[v].brief && strcmp(argv[i], values[v].brief) == 0))
				break;
		if (v < sizeof values / sizeof *values) {
			if (++i == argc)
				return false;
			*values[v].slot = argv[i];
		} else if (argv[i][0] == '-') {
			const struct opt *o = options_find(&cmd_undo, argv[i]);
			rest[(*n)++] = argv[i];
			if (o && o->arg && i + 1 < argc)
				rest[(*n)++] = argv[++i];
		} else if (!r->zone)
			rest[(*n)++] = argv[i], r->zone = argv[i];
		else if (!r->row)
			r->row = argv[i];
		else
			return false;
	}
	return r->zone && r->row && r->output;
}

static bool
read_journal(struct request *r, struct err *e)
{
	struct state_place s;
	struct name zone;
	char text[NAME_MAX_TEXT], *end;
	int64_t n = strtoll(r->row, &end, 10);

	if (*end || n < 1)
		return err_set(e, ERR_ARG, "N", "journal", "a row's number", "%s", r->row);
	if (!name_from_text(&zone, r->zone, e) || !state_find(&s, r->state, name_to_text(text, &zone), e))
		return false;
	struct journal *j = journal_open(&s, text, false, e);
	bool ok = j && undo_find(r->arena, j, n, &r->run, e);
	journal_close(j);
	return ok;
}

/* A face that watches the live zone may neither read nor write files later on. */
static void
before_confined(void *ctx)
{
	struct request *r = ctx;

	r->arena = arena_new();
	r->config = configured(r->arena, r->config_path, &r->failed);
	r->have_run = r->config && read_journal(r, &r->failed);
	if (!r->have_run)
		return;
	r->fd = open(r->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->fd < 0)
		err_errno(&r->failed, r->output, "open", errno);
}

static int
make_and_show(struct request *r, const struct diagnosis *d, struct err *e)
{
	const struct config_zone *z = r->config ? config_zone_find(r->config, r->zone) : NULL;
	const struct plan *p;
	char *text;

	if (!r->have_run || r->fd < 0) {
		*e = r->failed;
		return FAILED;
	}
	p = undo_plan(d->arena, d, z, &r->run, r->reason, e);
	if (!p)
		return FAILED;
	planfile_print_head(p);
	planfile_print_steps(p);
	planfile_print_diff(p);
	planfile_print_prediction(p);
	planfile_print_guards(p);
	if (plan_verdict(p) == GUARD_REFUSE)
		return err_set(e, ERR_UNSUPPORTED, "undo", "guards", "a plan that no guard refuses", "refused"), FAILED;
	text = plan_print(p);
	bool ok = text && file_write_all(r->fd, text, strlen(text), r->output, e);
	free(text);
	return !ok ? FAILED : plan_verdict(p) == GUARD_PASS ? SAFE : BREAKS;
}

static int
run(int argc, char **argv)
{
	struct request r = { .fd = -1 };
	struct load l = { .in_face = before_confined, .face_ctx = &r };
	char **rest = calloc((size_t)argc + 2, sizeof *rest), line[1200];
	struct err e = { 0 };
	int n = 0, status = EXIT_USAGE;

	if (!rest || !split(&r, argc, argv, &n, rest) || load_options(&l, n, rest, "undo")) {
		fprintf(stderr, "usage: unbogus undo %s\n", cmd_undo.args);
		free(rest);
		return status;
	}
	r.config_path = l.live.config;
	struct diagnosis *d = load_diagnosis(&l, &e);
	status = d ? make_and_show(&r, d, &e) : FAILED;
	if (status == FAILED)
		fprintf(stderr, "unbogus undo: %s\n", err_str(&e, line, sizeof line));
	diagnosis_free(d);
	undo_free(&r.run);
	if (r.fd >= 0)
		close(r.fd);
	if (r.arena)
		arena_free(r.arena);
	free(rest);
	return status;
}

static const struct opt *const tables[] = { own, options_config, options_live, NULL };

const struct command cmd_undo = { .name = "undo",
	.args = "ZONE N -o PLAN [--reason TEXT] [--state DIR] [-c FILE] [OPTION]...",
	.summary = "make the plan that takes back row N of the journal", .run = run,
	.operands = "ZONE",
	.options = tables };
