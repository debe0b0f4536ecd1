/* unbogus train SCENARIO: an incident to be solved, with a coach. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "base/text.h"
#include "ui/cli/command.h"
#include "ui/cli/lab_parts.h"
#include "ui/cli/options.h"
#include "ui/cli/stage.h"
#include "ui/tui/console.h"

extern const struct command cmd_train;

struct options {
	const char *scenario, *variant, *score, *dir;
	uint64_t seed;
	unsigned speed, validators;
	enum coach_mode mode;
	bool stream, fast;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus train %s\n", cmd_train.args);
	return EXIT_USAGE;
}

static bool
set_value(struct options *o, const char *name, const char *value)
{
	uint64_t n;

	if (strcmp(name, "--variant") == 0)
		o->variant = value;
	else if (strcmp(name, "--score") == 0)
		o->score = value;
	else if (strcmp(name, "--dir") == 0)
		o->dir = value;
	else if (strcmp(name, "--mode") == 0)
		return coach_mode_from_name(value, &o->mode);
	else if (strcmp(name, "--seed") == 0)
		return text_number(value, UINT64_MAX, &o->seed);
	else if (strcmp(name, "--speed") == 0 && text_number(value, STAGE_SPEED_MAX, &n) && n)
		o->speed = (unsigned)n;
	else if (strcmp(name, "--validators") == 0 && text_number(value, SCENARIO_VALIDATORS, &n) && n)
		o->validators = (unsigned)n;
	else
		return false;
	return true;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--stream") == 0)
			o->stream = true;
		else if (strcmp(argv[i], "--fast") == 0)
			o->fast = true;
		else if (argv[i][0] != '-' && !o->scenario)
			o->scenario = argv[i];
		else if (i + 1 >= argc || !set_value(o, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return o->scenario != NULL;
}

/* What the training is made of. */
struct training {
	struct arena *a;
	struct scenario *s;
	struct world *w;
	struct references refs;
	struct play *play;
	struct coach *coach;
	const char *score, *debrief;
};

static bool
prepare(struct training *t, const struct options *o)
{
	struct text problems = { 0 };
	struct err e = { 0 };
	char line[1200];

	t->a = arena_new();
	t->s = scenario_load(lab_scenario_path(t->a, o->scenario), o->seed, o->variant, &problems);
	if (!t->s)
		fprintf(stderr, "unbogus train: the scenario cannot be used:\n%s", text_str(&problems));
	text_free(&problems);
	if (!t->s)
		return false;
	const char *dir = o->dir ? o->dir : lab_state_dir(t->a, "train", t->s);
	if (!(t->w = world_new(t->s, dir, &e)) || !references_make(&t->refs, t->w, o->validators, &e)) {
		fprintf(stderr, "unbogus train: %s\n", err_str(&e, line, sizeof line));
		return false;
	}
	t->w->messages = lab_messages(t->a);
	t->play = play_new(t->w, o->validators);
	t->coach = coach_new(t->play, &t->refs, o->mode);
	t->score = arena_printf(t->a, "%s/score.json", dir);
	t->debrief = arena_printf(t->a, "%s/debrief.txt", dir);
	return true;
}

static void
clear(struct training *t)
{
	coach_free(t->coach);
	play_free(t->play);
	references_free(&t->refs);
	world_free(t->w);
	scenario_free(t->s);
	arena_free(t->a);
}

/* The producer gives up everything but its own folder. */
static int
produce(struct training *t, const struct options *o)
{
	struct stage_options stage = { .until = TIME_NEVER, .speed = o->speed, .fast = o->fast,
		.paused = o->fast, .commands = STDIN_FILENO, .score = t->score, .debrief = t->debrief };
	struct confine_path path = { t->w->dir, true };
	struct confine_job job = { .role = CONFINE_LAB, .paths = &path, .n_paths = 1 };
	struct confined done;
	struct err e = { 0 };
	char line[1200];

	if (!file_mkdir_p(t->w->dir, &e) || !confine(&job, &done, &e)) {
		fprintf(stderr, "unbogus train: %s\n", err_str(&e, line, sizeof line));
		return 3;
	}
	t->w->sandbox = arena_strdup(t->a, confine_describe(&done, line, sizeof line));
	return stage_run(t->w, t->coach, &stage);
}

/* What the producer wrote at the end goes to the terminal, and to the file that was asked for. */
static void
show_results(const struct training *t, bool screen, int score_fd)
{
	struct err e = { 0 };
	char line[1200];
	size_t n;
	char *text = file_read(t->debrief, 1 << 20, &n, &e);

	if (text && screen)
		fputs(text, stdout);
	free(text);
	if (score_fd < 0)
		return;
	text = file_read(t->score, 8 << 20, &n, &e);
	if (!text || !file_write_all(score_fd, text, n, "score", &e))
		fprintf(stderr, "unbogus train: %s\n", err_str(&e, line, sizeof line));
	free(text);
	close(score_fd);
}

static int
with_console(struct training *t, const struct options *o)
{
	struct console_options c;
	int down[2], up[2], status;

	if (pipe(down) != 0 || pipe(up) != 0) {
		fprintf(stderr, "unbogus train: pipe: %s\n", strerror(errno));
		return 3;
	}
	pid_t pid = fork();
	if (pid < 0) {
		fprintf(stderr, "unbogus train: fork: %s\n", strerror(errno));
		return 3;
	}
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		setpgid(0, 0); /* ^C and ^Z are the console's */
		if (dup2(down[0], STDIN_FILENO) < 0 || dup2(up[1], STDOUT_FILENO) < 0)
			_exit(3);
		close(down[0]);
		close(down[1]);
		close(up[0]);
		close(up[1]);
		_exit(produce(t, o));
	}
	close(down[0]);
	close(up[1]);
	console_defaults(&c);
	clock_zone(NULL);
	c.zone = t->s->apex;
	c.stream[c.n_streams++] = (struct console_stream){ up[0], down[1] };
	c.replay = true; /* now is the lab's time, never the wall clock */
	c.feed = "TRAINING";
	status = console_run(&c);
	close(down[1]); /* end of its standard input: it writes the results and ends */
	for (int i = 0; i < 50 && waitpid(pid, NULL, WNOHANG) == 0; i++)
		usleep(100000);
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int
run(int argc, char **argv)
{
	struct options o = { .speed = 1, .mode = COACH_COACH };
	const char *term = getenv("TERM");
	struct training t = { 0 };
	int status = 3, fd = -1;

	if (!read_options(argc, argv, &o))
		return usage();
	signal(SIGPIPE, SIG_IGN);
	if (o.score && (fd = open(o.score, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) < 0)
		fprintf(stderr, "unbogus train: %s: %s\n", o.score, strerror(errno));
	else if (prepare(&t, &o)) {
		bool screen = !o.stream && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
			strcmp(term, "dumb") != 0;
		status = screen ? with_console(&t, &o) : produce(&t, &o);
		show_results(&t, screen, fd);
	}
	clear(&t);
	return status;
}

static const struct opt own[] = {
	{ "--mode", NULL, "MODE",
		"how much the coach says (default coach)", "guided coach exam replay" },
	{ "--speed", NULL, "N", "so many seconds of the story in one (default 1)", NULL },
	{ "--seed", NULL, "N", "the story's dice", NULL },
	{ "--variant", NULL, "ID", "a variant of the scenario", NULL },
	{ "--score", NULL, "FILE", "write the run and its score here, as JSON", NULL },
	{ "--dir", NULL, "DIR", "where the scenario's key and zone files are written", NULL },
	{ "--validators", NULL, "N", "how many validators the world has", NULL },
	{ "--stream", NULL, NULL, "no console: the story as a stream on standard output", NULL },
	{ "--fast", NULL, NULL, "with --stream: as fast as the machine can", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_train = {
	.name = "train",
	.args = "SCENARIO [--mode guided|coach|exam|replay] [--seed N] [--variant ID] [--speed N]\n"
		"         [--score FILE] [--dir DIR] [--validators N] [--stream [--fast]]",
	.summary = "an incident to be solved, with a coach",
	.run = run,
	.options = tables,
	.operands = "SCENARIO",
};
