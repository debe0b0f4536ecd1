/* unbogus console ZONE: the full-screen face, on a recording or on live producers. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "base/share.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/judging.h"
#include "ui/cli/live.h"
#include "ui/cli/options.h"
#include "ui/cli/operator.h"
#include "ui/tui/console.h"

extern const struct command cmd_console;

struct options {
	struct console_options console;
	const char *replay, *record;
	struct live live;
	const char *script, *dump; /* for tests */
	int w, h;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus console %s\n", cmd_console.args);
	return EXIT_USAGE;
}

static bool
choice(const char *s, enum choice *c)
{
	if (strcmp(s, "auto") == 0)
		*c = CHOICE_AUTO;
	else if (strcmp(s, "always") == 0 || strcmp(s, "yes") == 0)
		*c = CHOICE_YES;
	else if (strcmp(s, "never") == 0 || strcmp(s, "no") == 0)
		*c = CHOICE_NO;
	else
		return false;
	return true;
}

/* One option with a value; false when NAME is none of them or VALUE does not fit. */
static bool
set_value(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--replay") == 0)
		o->replay = value;
	else if (strcmp(name, "--record") == 0)
		o->record = value;
	else if (strcmp(name, "--script") == 0)
		o->script = value;
	else if (strcmp(name, "--dump") == 0)
		o->dump = value;
	else if (strcmp(name, "--tz") == 0)
		clock_zone(value);
	else if (strcmp(name, "--at") == 0)
		return clock_parse(value, &o->console.at);
	else if (strcmp(name, "--size") == 0)
		return sscanf(value, "%dx%d", &o->w, &o->h) == 2 && o->w > 0 && o->h > 0 &&
			o->w < 1000 && o->h < 1000;
	else if (strcmp(name, "--color") == 0)
		return choice(value, &o->console.colour);
	else if (strcmp(name, "--ascii") == 0)
		return choice(value, &o->console.ascii);
	else if (strcmp(name, "--theme") == 0)
		return theme_from_name(value, &o->console.theme);
	else
		return false;
	return true;
}

static bool
set_flag(struct options *o, const char *name)
{
	if (strcmp(name, "--utc") == 0)
		o->console.utc = true;
	else if (strcmp(name, "--readonly") == 0)
		o->console.readonly = true;
	else if (strcmp(name, "--mouse") == 0)
		o->console.mouse = true;
	else
		return false;
	return true;
}

static int
bad_argument(const char *arg)
{
	char shown[200];

	text_clean(shown, sizeof shown, arg);
	fprintf(stderr, "unbogus console: cannot use %s\n", shown);
	return usage();
}

static int
parse(struct options *o, int argc, char **argv)
{
	bool only_names = false;

	for (int i = 1; i < argc; i++) {
		char name[40];
		const char *arg = argv[i], *eq = strchr(arg, '=');
		struct err e;
		if (!only_names && strcmp(arg, "--") == 0) {
			only_names = true;
			continue;
		}
		if (only_names || arg[0] != '-') {
			char why[700];
			if (o->console.zone.len)
				return bad_argument(arg);
			if (!name_from_text(&o->console.zone, arg, &e)) {
				fprintf(stderr, "unbogus: %s\n", err_str(&e, why, sizeof why));
				return EXIT_USAGE;
			}
			continue;
		}
		if (set_flag(o, arg) || live_option(&o->live, argc, argv, &i))
			continue;
		snprintf(name, sizeof name, "%.*s", eq ? (int)(eq - arg) : (int)strlen(arg), arg);
		const char *value = eq ? eq + 1 : i + 1 < argc ? argv[++i] : NULL;
		if (!value || !set_value(o, name, value))
			return bad_argument(arg);
	}
	return 0;
}

static int
open_replay(struct options *o)
{
	struct console_options *c = &o->console;
	char shown[200];
	int fd = STDIN_FILENO;

	if (strcmp(o->replay, "-") == 0) {
		if (!o->script)
			c->tty_fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	} else if ((fd = open(o->replay, O_RDONLY | O_CLOEXEC)) < 0) {
		text_clean(shown, sizeof shown, o->replay);
		fprintf(stderr, "unbogus: %s: %s\n", shown, strerror(errno));
		return 3;
	}
	c->stream[c->n_streams++] = (struct console_stream){ fd, -1 };
	c->replay = true;
	c->feed = "replay";
	return 0;
}

static int
run_script(const struct options *o)
{
	FILE *script = fopen(o->script, "r");
	FILE *dump = o->dump ? fopen(o->dump, "w") : stdout;
	int status = 64;

	if (!script || !dump)
		fprintf(stderr, "unbogus: --script or --dump: %s\n", strerror(errno));
	else
		status = console_script(&o->console, o->w, o->h, script, dump);
	if (script)
		fclose(script);
	if (dump && dump != stdout && fclose(dump) != 0)
		status = 64;
	return status;
}

static int
open_record(struct options *o)
{
	char shown[200];

	o->console.record_fd = open(o->record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (o->console.record_fd >= 0)
		return 0;
	text_clean(shown, sizeof shown, o->record);
	fprintf(stderr, "unbogus: %s: %s\n", shown, strerror(errno));
	return 3;
}

/*
 * Who starts what carries out plans, at :rw, where this host has files of the zone that may be changed.
 * A read-only console has none (DECISIONS 7).
 */
static bool
keep_starter(struct arena *a, struct options *o, struct err *e)
{
	const struct config_zone *z = o->console.config_zone;
	const struct config *c = configured(a, o->live.config, e);
	struct act_request *q = &o->console.act;
	char *who = arena_alloc(a, 128);

	if (!c || o->console.readonly || o->script || !z || (!z->keys && !z->signed_file))
		return c != NULL;
	*q = (struct act_request){ .config = file_absolute(a, o->live.config), .state = file_absolute(a, o->live.state),
		.who = operator_name(who, 128), .terminal = ttyname(STDIN_FILENO) };
	o->console.act_starter = act_starter(c->act ? (const char *const *)c->act->become : NULL,
		c->act ? c->act->become_count : 0, e);
	return o->console.act_starter >= 0;
}

/* The live zone: full screen on a terminal, otherwise one round and its diagnosis as text. */
static int
run_live(struct options *o, int argc, char **argv)
{
	const char *term = getenv("TERM");
	struct arena *a = arena_new();
	struct super_face face;
	struct confined done;
	struct err e = { 0 };
	char line[1200], said[512];
	int status = 3;

	if (!o->console.zone.len) {
		arena_free(a);
		return usage();
	}
	if (!o->script && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !*term ||
			strcmp(term, "dumb") == 0)) {
		arena_free(a);
		return command_find("diagnose")->run(argc, argv);
	}
	if (judging(a, o->live.config, &o->console.zone, o->live.anchor, true, &o->console.diagnose, &e) &&
			live_start_recorded(a, &o->live, &o->console.zone, &face, &e) && keep_starter(a, o, &e) &&
			confine(&(struct confine_job){ .role = CONFINE_CONSOLE }, &done, &e)) {
		for (size_t i = 0; i < face.n && i < CONSOLE_STREAMS; i++)
			o->console.stream[o->console.n_streams++] =
				(struct console_stream){ face.stream[i].fd, face.stream[i].back };
		o->console.feed = "live";
		o->console.sandbox = confine_describe(&done, said, sizeof said);
		status = console_run(&o->console);
	} else
		fprintf(stderr, "unbogus: %s\n", err_str(&e, line, sizeof line));
	arena_free(a);
	return status;
}

static int
run_replay(struct options *o)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	char line[1200];
	int status = 3;

	if (!judging(a, o->live.config, &o->console.zone, o->live.anchor, false, &o->console.diagnose, &e))
		fprintf(stderr, "unbogus: %s\n", err_str(&e, line, sizeof line));
	else if ((status = open_replay(o)) == 0)
		status = o->script ? run_script(o) : console_run(&o->console);
	arena_free(a);
	return status;
}

/* What is configured of the zone, for plans; a bad configuration is said where the anchors are read. */
static void
find_zone(struct arena *a, struct options *o)
{
	const struct config *c = configured(a, o->live.config, NULL);
	char name[NAME_MAX_TEXT];

	if (c && o->console.zone.len)
		o->console.config_zone = config_zone_find(c, name_to_text(name, &o->console.zone));
}

static int
run(int argc, char **argv)
{
	struct options o = { .w = 80, .h = 24 };
	struct arena *a = arena_new(); /* until the process ends */
	struct cause_texts causes = { 0 };
	char path[PATH_MAX];
	int status;

	console_defaults(&o.console);
	/* Before confinement. A console without explanations is still a console. */
	causes_load(a, share_path(path, sizeof path, "causes"), &causes, NULL);
	o.console.causes = &causes;
	clock_zone(NULL);
	status = parse(&o, argc, argv);
	if (status == 0)
		find_zone(a, &o);
	if (status == 0 && o.record)
		status = open_record(&o);
	if (status == 0)
		status = o.replay ? run_replay(&o) : run_live(&o, argc, argv);
	arena_free(a);
	return status;
}

static const struct opt own[] = {
	{ "--record", NULL, "FILE", "write what is observed to this file, as a stream", NULL },
	{ "--readonly", NULL, NULL, "nothing can be applied, whatever is typed", NULL },
	{ "--utc", NULL, NULL, "times in UTC", NULL },
	{ "--tz", NULL, "ZONE", "times of this time zone", NULL },
	{ "--ascii", NULL, "CHOICE", "without box characters", "yes no auto" },
	{ "--color", NULL, "CHOICE", "colours; NO_COLOR is obeyed", "always never auto" },
	{ "--theme", NULL, "THEME", "colours to choose from", "default light cb hc mono" },
	{ "--mouse", NULL, NULL, "the mouse selects panes and lines", NULL },
	{ "--script", NULL, "FILE", "with --replay: read keys from here, no terminal", NULL },
	{ "--dump", NULL, "FILE", "with --script: the screens go here", NULL },
	{ "--size", NULL, "WxH", "with --script: the screen's size (default 80x24)", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = {
	own, options_replay, options_config, options_live, NULL };

const struct command cmd_console = { .name = "console",
	.args = "ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--utc] [--tz ZONE] [--ascii yes|no|auto]\n"
	"         [--color always|never|auto] [--theme default|light|cb|hc|mono] [--mouse] [--readonly]\n       " LIVE_USAGE,
	.summary = "the full-screen console", .run = run,
	.options = tables,
	.operands = "ZONE" };
