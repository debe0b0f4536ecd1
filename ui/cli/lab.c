/* unbogus lab SCENARIO: a simulated Internet in the observers' place. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/file.h"
#include "base/share.h"
#include "base/text.h"
#include "lab/emit.h"
#include "lab/scenario.h"
#include "lab/scenario_parts.h"
#include "lab/world.h"
#include "ui/cli/command.h"
#include "ui/cli/lab_parts.h"
#include "ui/cli/options.h"
#include "ui/cli/stage.h"
#include "ui/tui/console.h"

extern const struct command cmd_lab;

struct options {
	const char *scenario, *dir, *variant;
	int64_t at; /* usec; TIME_UNSET: the scenario's moment */
	int64_t until; /* usec; TIME_NEVER */
	uint64_t seed;
	unsigned speed;
	const char *serve; /* ADDRESS:PORT */
	bool once, fast, speed_given;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus lab %s\n", cmd_lab.args);
	return EXIT_USAGE;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	uint64_t n;

	for (int i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--once") == 0)
			o->once = true;
		else if (strcmp(argv[i], "--fast") == 0)
			o->fast = true;
		else if (strcmp(argv[i], "--serve") == 0 && next)
			o->serve = argv[++i];
		else if (strcmp(argv[i], "--until") == 0 && next && clock_parse(next, &o->until))
			i++;
		else if (strcmp(argv[i], "--speed") == 0 && next) {
			if (!text_number(argv[++i], STAGE_SPEED_MAX, &n) || n < 1)
				return false;
			o->speed = (unsigned)n;
			o->speed_given = true;
		}
		else if (strcmp(argv[i], "--at") == 0 && next && clock_parse(next, &o->at))
			i++;
		else if (strcmp(argv[i], "--dir") == 0 && next)
			o->dir = argv[++i];
		else if (strcmp(argv[i], "--variant") == 0 && next)
			o->variant = argv[++i];
		else if (strcmp(argv[i], "--seed") == 0 && next) {
			if (!text_number(argv[++i], UINT64_MAX, &o->seed))
				return false;
		} else if (argv[i][0] != '-' && !o->scenario)
			o->scenario = argv[i];
		else
			return false;
	}
	return o->scenario != NULL;
}

const char *
lab_scenario_path(struct arena *a, const char *name)
{
	char path[PATH_MAX];

	if (strchr(name, '/'))
		return name;
	return arena_strdup(a, share_path(path, sizeof path, arena_printf(a, "scenarios/%s.yaml", name)));
}

const struct message_table *
lab_messages(struct arena *a)
{
	struct err e = { 0 };
	char line[1200], path[PATH_MAX];
	const struct message_table *t =
		messages_load(a, share_path(path, sizeof path, "messages/messages.tsv"), &e);

	if (!t)
		fprintf(stderr, "unbogus lab: signer messages are not decoded: %s\n",
			err_str(&e, line, sizeof line));
	return t;
}

const char *
lab_state_dir(struct arena *a, const char *what, const struct scenario *s)
{
	const char *state = getenv("UBG_STATE"), *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const char *base = state ? state
		: xdg ? arena_printf(a, "%s/unbogus", xdg)
		      : arena_printf(a, "%s/.local/state/unbogus", home ? home : "/tmp");

	return s->seed ? arena_printf(a, "%s/%s/%s-%llu", base, what, s->name, (unsigned long long)s->seed)
		       : arena_printf(a, "%s/%s/%s", base, what, s->name);
}

static const char *
state_dir(struct arena *a, const struct options *o, const struct scenario *s)
{
	char stamp[40]; /* worlds of different moments do not disturb each other */

	if (o->dir)
		return o->dir;
	const char *dir = lab_state_dir(a, "lab", s);
	return o->at == TIME_UNSET
		? dir
		: arena_printf(a, "%s-%s", dir, clock_dnssec(stamp, sizeof stamp, o->at / USEC));
}

static bool
emit(struct world *w, int64_t t, bool first)
{
	struct text out = { 0 };
	struct err e = { 0 };
	char line[1200];

	if (!world_files(w, t, &e)) {
		fprintf(stderr, "unbogus lab: %s\n", err_str(&e, line, sizeof line));
		return false;
	}
	lab_emit(w, t, first, &out);
	/* A reader that is gone is no error of ours. */
	bool ok = file_write_all(STDOUT_FILENO, text_str(&out), out.len, "standard output", NULL);
	text_free(&out);
	return ok;
}

/* The producer gives up everything but its own folder, then tells. */
static int
produce(struct arena *a, struct world *w, int64_t at, const struct options *o, bool once)
{
	struct stage_options stage = { .at = at, .until = o->until, .speed = o->speed, .fast = o->fast,
		.commands = -1 };
	struct confine_path path = { w->dir, true };
	struct confine_job job = { .role = CONFINE_LAB, .paths = &path, .n_paths = 1 };
	struct confined done;
	struct err e = { 0 };
	char line[1200];

	if (!file_mkdir_p(w->dir, &e) || !confine(&job, &done, &e)) {
		fprintf(stderr, "unbogus lab: %s\n", err_str(&e, line, sizeof line));
		return 3;
	}
	w->sandbox = arena_strdup(a, confine_describe(&done, line, sizeof line));
	if (once)
		return emit(w, at, true) ? 0 : 3;
	return stage_run(w, NULL, &stage);
}

/* Can the console run here? Otherwise it prints the verdict of one moment as text. */
static bool
full_screen(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* The lab takes the observers' place: a process of its own that writes the stream into a pipe. */
static int
show_console(struct arena *a, struct world *w, int64_t at, const struct options *o)
{
	struct console_options c;
	bool screen = full_screen();
	int fds[2], status;

	if (pipe(fds) != 0) {
		fprintf(stderr, "unbogus lab: pipe: %s\n", strerror(errno));
		return 3;
	}
	pid_t pid = fork();
	if (pid < 0) {
		fprintf(stderr, "unbogus lab: fork: %s\n", strerror(errno));
		close(fds[0]);
		close(fds[1]);
		return 3;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		setpgid(0, 0); /* ^C and ^Z are the console's */
		close(fds[0]);
		if (dup2(fds[1], STDOUT_FILENO) < 0)
			_exit(3);
		close(fds[1]);
		_exit(produce(a, w, at, o, !screen));
	}
	close(fds[1]);
	console_defaults(&c);
	struct cause_texts causes = { 0 };
	char where[PATH_MAX];
	causes_load(a, share_path(where, sizeof where, "causes"), &causes, NULL);
	c.causes = &causes;
	clock_zone(NULL);
	c.zone = w->s->apex;
	c.stream[c.n_streams++] = (struct console_stream){ fds[0], -1 };
	c.replay = true; /* now is the lab's time, never the wall clock */
	c.feed = "lab";
	status = console_run(&c);
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* unbogus lab check FILE: is it a scenario that makes a world? */
static int
check(const char *path)
{
	struct text problems = { 0 };
	struct err e = { 0 };
	char line[1200];
	struct scenario *s = scenario_load(path, 0, NULL, &problems);
	struct world *w = s ? world_new(s, "", &e) : NULL;

	if (w)
		printf("%s: good: %u keys, %u signed versions, %zu RRsets\n", s->name, s->keys_count,
			s->signings_count, world_zone(w, s->t_moment)->n);
	else
		fprintf(stderr, "%s", s ? err_str(&e, line, sizeof line) : text_str(&problems));
	if (s && !w)
		fprintf(stderr, "\n");
	int status = w ? 0 : 3;
	world_free(w);
	scenario_free(s);
	text_free(&problems);
	return status;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* unbogus lab list: the scenarios of the shared folder, by name. */
static int
list(bool json)
{
	struct arena *a = arena_new();
	struct {
		char **v;
		size_t n, cap;
	} names = { 0 };
	char path[PATH_MAX];
	DIR *d = opendir(share_path(path, sizeof path, "scenarios"));
	json_t *all = json_array();

	for (struct dirent *f; d && (f = readdir(d)) != NULL;) {
		size_t n = strlen(f->d_name);
		if (n > 5 && strcmp(f->d_name + n - 5, ".yaml") == 0)
			arena_push(a, &names, arena_strndup(a, f->d_name, n - 5));
	}
	if (d)
		closedir(d);
	if (names.n)
		qsort(names.v, names.n, sizeof *names.v, by_name);
	for (size_t i = 0; i < names.n; i++) {
		struct text problems = { 0 };
		struct scenario *s = scenario_load(lab_scenario_path(a, names.v[i]), 0, NULL, &problems);
		if (!s)
			fprintf(stderr, "%s", text_str(&problems));
		else if (json)
			json_array_append_new(all, json_pack("{s:s,s:s,s:i,s:s,s:s}", "name", names.v[i],
				"title", s->title, "level", (int)s->level, "zone", s->zone, "origin", s->origin));
		else
			printf("%-20s level %u  %s\n", names.v[i], s->level, s->title);
		scenario_free(s);
		text_free(&problems);
	}
	if (json) {
		json_t *out = json_pack("{s:s,s:O}", "schema", "unbogus.scenarios/1", "scenarios", all);
		json_dumpf(out, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(out);
	}
	json_decref(all);
	arena_free(a);
	return names.n ? 0 : 3;
}

static int
run(int argc, char **argv)
{
	struct options o = { .at = TIME_UNSET, .until = TIME_NEVER, .speed = 1 };
	struct text problems = { 0 };
	struct err e = { 0 };
	char line[1200];
	int status = 3;

	if (argc >= 2 && strcmp(argv[1], "list") == 0 && argc <= 3)
		return argc == 2 ? list(false) : strcmp(argv[2], "--json") == 0 ? list(true) : usage();
	if (argc == 3 && strcmp(argv[1], "check") == 0)
		return check(argv[2]);
	if (argc >= 2 && strcmp(argv[1], "run") == 0)
		return lab_run(argc - 1, argv + 1);
	if (!read_options(argc, argv, &o))
		return usage();
	signal(SIGPIPE, SIG_IGN);
	struct arena *a = arena_new();
	struct world *w = NULL;
	struct scenario *s = scenario_load(lab_scenario_path(a, o.scenario), o.seed, o.variant, &problems);
	if (!s) {
		fprintf(stderr, "unbogus lab: the scenario cannot be used:\n%s", text_str(&problems));
		goto out;
	}
	int64_t at = o.at == TIME_UNSET ? s->t_moment : o.at;
	if (o.serve) { /* real tools have real clocks: that moment is now */
		int64_t by = clock_usec() / USEC * USEC - at;
		scenario_shift(s, by);
		at += by;
	}
	w = world_new(s, state_dir(a, &o, s), &e);
	if (!w) {
		fprintf(stderr, "unbogus lab: %s\n", err_str(&e, line, sizeof line));
		goto out;
	}
	w->messages = lab_messages(a);
	if (o.serve) {
		status = lab_serve(w, o.serve, at, o.speed_given ? o.speed : 0);
		goto out;
	}
	status = !o.once && isatty(STDOUT_FILENO) ? show_console(a, w, at, &o)
						   : produce(a, w, at, &o, o.once);
out:
	world_free(w);
	scenario_free(s);
	text_free(&problems);
	arena_free(a);
	return status;
}

static const struct opt own[] = {
	{ "--at", NULL, "TIME", "start at this moment of the story (RFC 3339)", NULL },
	{ "--once", NULL, NULL, "one look at that moment, as a stream", NULL },
	{ "--speed", NULL, "N", "so many seconds of the story in one (default 1)", NULL },
	{ "--until", NULL, "TIME", "end at this moment of the story", NULL },
	{ "--fast", NULL, NULL, "as fast as the machine can", NULL },
	{ "--seed", NULL, "N", "the story's dice", NULL },
	{ "--variant", NULL, "ID", "a variant of the scenario", NULL },
	{ "--dir", NULL, "DIR", "where the scenario's key and zone files are written", NULL },
	{ "--serve", NULL, "ADDRESS:PORT",
		"answer real DNS queries on this loopback address", NULL },
	{ "--script", NULL, "NAME",
		"run: whose decisions are played", "golden real-team do-nothing" },
	{ "--score", NULL, "FILE", "run: write the score here, as JSON (- standard output)", NULL },
	{ "--validators", NULL, "N", "run: how many validators the world has", NULL },
	{ "--json", NULL, NULL, "list: as JSON", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_lab = {
	.name = "lab",
	.args = "SCENARIO [--at TIME] [--once] [--speed N] [--until TIME] [--fast] [--seed N]\n"
		"         [--variant ID] [--dir DIR] [--serve ADDR:PORT]\n"
		"         | list [--json] | check FILE | run SCENARIO --script NAME [--score FILE]",
	.summary = "a past incident as a simulated Internet",
	.run = run,
	.options = tables,
	.operands = "SCENARIO|list|check|run SCENARIO|FILE",
};
