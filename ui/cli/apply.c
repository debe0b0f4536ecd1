/* unbogus apply PLAN: shows a plan, asks for its phrase on the terminal, has it carried out. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "change/apply.h"
#include "ui/act.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/ask.h"
#include "ui/cli/operator.h"
#include "ui/cli/options.h"

extern const struct command cmd_apply;

struct args {
	const char *plan, *zone, *config, *state, *reason;
	bool recover;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus apply %s\n", cmd_apply.args);
	return EXIT_USAGE;
}

static bool
read_args(int argc, char **argv, struct args *x)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		const char **to = strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0 ? &x->config
			: strcmp(argv[i], "--state") == 0					? &x->state
			: strcmp(argv[i], "--reason") == 0					? &x->reason
												: NULL;
		if (to && value) {
			*to = value;
			i++;
		} else if (strcmp(argv[i], "--recover") == 0)
			x->recover = true;
		else if (argv[i][0] != '-' && !x->plan)
			x->plan = argv[i];
		else
			return false;
	}
	if (x->recover) {
		x->zone = x->plan;
		x->plan = NULL;
	}
	return x->recover ? x->zone != NULL : x->plan != NULL;
}

/* Lines of progress until the last one; the end's code, or -1 when act went away without one. */
static int
follow(int fd)
{
	struct act_progress p = { .end = -1 };
	struct act_lines lines = { .n = 0 };
	ssize_t got;
	char c;

	while (p.end < 0 && ((got = read(fd, &c, 1)) > 0 || (got < 0 && errno == EINTR)))
		if (got > 0 && act_lines_take(&lines, c, &p))
			act_print(&p);
	return p.end;
}

static void
on_interrupt(int number)
{
	static const char said[] = "\nThe change goes on without this terminal; unbogus attach shows the rest.\n";

	(void)number;
	if (write(STDERR_FILENO, said, sizeof said - 1) < 0)
		_exit(EXIT_INTERRUPTED);
	_exit(EXIT_INTERRUPTED);
}

static int
hand_over(const struct act_request *q, const struct config *c, struct err *e)
{
	const struct config_act *a = c->act;
	int fd, status;

	signal(SIGPIPE, SIG_IGN);
	pid_t pid = act_start(a ? (const char *const *)a->become : NULL, a ? a->become_count : 0, &fd, e);
	if (pid < 0)
		return APPLY_NOT_BEGUN;
	signal(SIGINT, on_interrupt);
	int end = act_ask(fd, q, e) ? follow(fd) : APPLY_NOT_BEGUN;
	close(fd);
	if (end >= 0)
		waitpid(pid, &status, 0);
	else {
		fprintf(stderr, "unbogus: act ended without an outcome: unbogus apply --recover reads how things stand\n");
		end = APPLY_UNVERIFIED;
	}
	return end;
}

static const struct plan *
read_plan(struct arena *a, const char *path, struct err *e)
{
	size_t n;
	char *text = file_read(path, PLAN_MAX, &n, e);
	const struct plan *p = text ? plan_from_json(a, text, n, e) : NULL;

	free(text);
	return p;
}

static int
apply(struct arena *a, struct args *x, struct err *e)
{
	char phrase[CONSENT_MAX] = "", reason[CONSENT_MAX] = "", who[128], *text = NULL;
	const struct config *c = configured(a, x->config, e);
	struct act_request q = { .zone = x->zone,
		.config = file_absolute(a, x->config), .state = file_absolute(a, x->state), .phrase = phrase, .reason = reason,
		.terminal = ttyname(STDIN_FILENO) };

	q.who = operator_name(who, sizeof who);
	if (!c)
		return APPLY_NOT_BEGUN;
	if (!x->recover) {
		const struct plan *p = read_plan(a, x->plan, e);
		if (!p)
			return APPLY_NOT_BEGUN;
		ask_show(p);
		if (x->reason)
			snprintf(reason, sizeof reason, "%s", x->reason);
		enum ask how = ask_phrase(p, phrase, reason);
		if (how == ASK_CANCELLED) {
			printf("\nCancelled: nothing was changed.\n");
			return APPLY_REFUSED;
		}
		if (how == ASK_LOST)
			return err_set(e, ERR_IO, "terminal", "read", "", "it is gone"), APPLY_REFUSED;
		q.plan_text = text = plan_print(p);
		if (!text)
			return err_errno(e, "plan", "print", ENOMEM), APPLY_NOT_BEGUN;
	}
	int end = hand_over(&q, c, e);
	free(text);
	return end;
}

static int
run(int argc, char **argv)
{
	struct args x = { 0 };
	struct err e = { 0 };
	char said[1200];

	if (!read_args(argc, argv, &x))
		return usage();
	if (!isatty(STDIN_FILENO)) {
		fprintf(stderr, "unbogus: apply asks a person: standard input must be a terminal\n");
		return APPLY_REFUSED;
	}
	struct arena *a = arena_new();
	int end = apply(a, &x, &e);
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
	arena_free(a);
	return end;
}

static const struct opt own[] = {
	{ "--reason", NULL, "TEXT", "why; asked for where the plan breaks something", NULL },
	{ "--state", NULL, "DIR", "state folder (journal, backups)", NULL },
	{ "--recover", NULL, NULL, "no plan: end what a crash cut off in this zone", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };
static const struct opt *const tables[] = { own, options_config, NULL };

const struct command cmd_apply = { .name = "apply",
	.args = "PLAN [--reason TEXT] [--state DIR] [-c FILE] | --recover ZONE [-c FILE]",
	.summary = "carry out a plan, after its phrase was typed on the terminal", .run = run,
	.operands = "FILE",
	.options = tables };
