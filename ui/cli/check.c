/*
 * unbogus check ZONE: a plugin for Nagios, Icinga and what speaks their protocol: one line,
 * performance data, long output, exit codes 0 to 3. It ends in time even when nothing answers.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/nagios.h"
#include "report/planes.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

extern const struct command cmd_check;

#define TIMEOUT_S 9 /* under the ten of NRPE */
#define UNKNOWN 3

static const struct opt own[] = {
	{ "--warning", "-w", "SPAN", "WARNING when keys or signatures last less than this", NULL },
	{ "--critical", "-c", "SPAN", "CRITICAL when they last less than this", NULL },
	{ "--only", NULL, "PLANES", "only these: chain,keys,serials,validation", NULL },
	{ "--timeout", NULL, "SPAN", "end with what is known by then (default 9s)", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

struct check {
	struct load load;
	struct nagios_options nagios;
	int64_t timeout; /* seconds */
};

static int
say_unknown(const char *zone, const char *why)
{
	char shown[300], clean[900];

	text_clean(shown, sizeof shown, zone ? zone : "?");
	text_clean(clean, sizeof clean, why);
	for (char *p = clean; *p; p++)
		if (*p == '|')
			*p = '/'; /* a bar would begin the performance data */
	printf("UNBOGUS UNKNOWN %s: %s\n", shown, clean);
	return UNKNOWN;
}

/* 1: taken, 0: not ours, -1: bad value. */
static int
own_option(struct check *c, const char *name, const char *value)
{
	const char *bad;

	if (strcmp(name, "-w") == 0 || strcmp(name, "--warning") == 0)
		return clock_parse_span(value, &c->nagios.warn) && c->nagios.warn > 0 ? 1 : -1;
	if (strcmp(name, "-c") == 0 || strcmp(name, "--critical") == 0)
		return clock_parse_span(value, &c->nagios.crit) && c->nagios.crit > 0 ? 1 : -1;
	if (strcmp(name, "--timeout") == 0)
		return clock_parse_span(value, &c->timeout) && c->timeout >= 2 && c->timeout <= 3600 ? 1 : -1;
	if (strcmp(name, "--only") == 0)
		return planes_parse(value, &c->nagios.planes, &bad) ? 1 : -1;
	return 0;
}

/* Takes its own options out of the command line; the rest is load_options()'. */
static int
parse(struct check *c, int argc, char **argv)
{
	char **rest = calloc((size_t)argc + 1, sizeof *rest);
	int n = 0, status = 0;

	if (!rest)
		abort();
	rest[n++] = argv[0];
	for (int i = 1; i < argc && status == 0; i++) {
		int taken = i + 1 < argc ? own_option(c, argv[i], argv[i + 1]) : 0;
		if (taken < 0) {
			char why[300];
			snprintf(why, sizeof why, "%s cannot be %s", argv[i], argv[i + 1]);
			status = say_unknown(NULL, why);
		} else if (taken > 0)
			i++;
		else
			rest[n++] = argv[i];
	}
	if (status == 0)
		status = load_options(&c->load, n, rest, "check");
	free(rest);
	return status;
}

/* The last resort, where not even the round's own limit held. */
static void
on_alarm(int number)
{
	static const char line[] = "UNBOGUS UNKNOWN: no result within the time limit\n";

	(void)number;
	if (write(STDOUT_FILENO, line, sizeof line - 1) < 0)
		_exit(UNKNOWN);
	_exit(UNKNOWN);
}

static void
set_alarm(void *ctx)
{
	const struct check *c = ctx;

	signal(SIGALRM, on_alarm);
	alarm((unsigned)c->timeout);
}

static int
run(int argc, char **argv)
{
	struct check c = { .timeout = TIMEOUT_S };
	struct text out = { 0 };
	struct err e = { 0 };
	char why[1200];
	int status = parse(&c, argc, argv);

	if (status)
		return UNKNOWN;
	c.load.seconds = (unsigned)c.timeout - 1;
	c.load.in_face = set_alarm;
	c.load.face_ctx = &c;
	struct diagnosis *d = load_diagnosis(&c.load, &e);
	if (!d)
		return say_unknown(c.load.zone, err_str(&e, why, sizeof why));
	status = (int)nagios_write(&out, d, &c.nagios);
	fputs(text_str(&out), stdout);
	text_free(&out);
	diagnosis_free(d);
	return status;
}

static const struct opt *const tables[] = { own, options_replay, options_config_long, options_live, NULL };

const struct command cmd_check = {
	.name = "check",
	.args = "ZONE [-w SPAN] [-c SPAN] [--only PLANES] [--timeout SPAN] [--replay FILE] [OPTION]...",
	.summary = "a monitoring plugin: one line, performance data, exit codes 0 to 3",
	.run = run,
	.operands = "ZONE",
	.options = tables,
	.plugin = true,
};
