/* unbogus observe local ZONE: what this host knows of a zone, as a stream. */
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/file.h"
#include "base/door.h"
#include "base/share.h"
#include "model/stream.h"
#include "observe/local.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/observe.h"

static int
usage(void)
{
	fprintf(stderr,
		"usage: unbogus observe local ZONE [--keys DIR] [--zone-file FILE] [--signed-file FILE]\n"
		"           [--source TYPE:PATH[:FILE]] [--signer-log FILE] [--period SPAN] [--once] [-c FILE]\n"
		"       unbogus observe local --all [--period SPAN] [--once] [-c FILE]\n");
	return EXIT_USAGE;
}

/* What the command line does not give comes from the configuration. */
static bool
take_config(struct arena *a, const char *file, const char *zone, struct local_options *o,
	struct err *e)
{
	const struct config *c = configured(a, file, e);
	const struct config_zone *z = c ? config_zone_find(c, zone) : NULL;

	if (!c || !z)
		return c != NULL;
	o->keys = o->keys ? o->keys : z->keys;
	o->zone_file = o->zone_file ? o->zone_file : z->zone_file;
	o->signed_file = o->signed_file ? o->signed_file : z->signed_file;
	if (!o->signer_log && z->signer)
		o->signer_log = z->signer->log;
	if (!o->period_ms)
		o->period_ms = 1000 * config_span(c->period, 0);
	if (!o->source.type && z->source && strcmp(z->source->type, "none") != 0) {
		const struct config_source *s = z->source;
		o->source = (struct source_spec){ .type = s->type, .path = s->path ? s->path : s->url,
			.file = s->file, .revision = s->revision };
		if (!o->source.path)
			return err_set(e, ERR_ARG, zone, "config: source", "path or url", "neither");
	}
	return true;
}

static bool
take_options(struct arena *a, int argc, char **argv, struct local_options *o, struct err *e)
{
	const char *file = NULL;
	static const struct option long_options[] = { { "keys", required_argument, NULL, 'k' },
		{ "zone-file", required_argument, NULL, 'z' },
		{ "signed-file", required_argument, NULL, 's' },
		{ "source", required_argument, NULL, 'v' },
		{ "signer-log", required_argument, NULL, 'l' },
		{ "config", required_argument, NULL, 'c' },
		{ "period", required_argument, NULL, 'p' }, { "once", no_argument, NULL, '1' },
		{ 0 } };
	int64_t seconds;

	optind = 1;
	for (int c; (c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1;) {
		switch (c) {
		case 'k': o->keys = optarg; break;
		case 'z': o->zone_file = optarg; break;
		case 's': o->signed_file = optarg; break;
		case 'l': o->signer_log = optarg; break;
		case 'c': file = optarg; break;
		case '1': o->once = true; break;
		case 'v':
			if (!source_parse(a, optarg, &o->source, e))
				return false;
			break;
		case 'p':
			if (!clock_parse_span(optarg, &seconds) || seconds < 1)
				return err_set(e, ERR_ARG, "--period", "form", "10s, 3m", "%s", optarg);
			o->period_ms = seconds * 1000;
			break;
		default:
			return err_set(e, ERR_ARG, "observe local", "options", "see above", "an unknown one");
		}
	}
	if (optind + 1 != argc)
		return err_set(e, ERR_ARG, "observe local", "arguments", "one zone", "%d", argc - optind);
	return name_from_text(&o->zone, argv[optind], e) && take_config(a, file, argv[optind], o, e);
}

/* The folder that PATH is in: rules are on folders, since files are replaced. Directly below the
 * root it is the file alone: a rule on "/" would open everything. */
static const char *
folder_of(struct arena *a, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!path)
		return NULL;
	return slash == path ? path : slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
}

/* Gives up everything but reading. svn and git run behind a door that was opened before. */
static bool
confine_observer(struct arena *a, struct local_options *o, struct err *e)
{
	bool file = o->source.type && strcmp(o->source.type, "file") == 0;
	const struct confine_path paths[] = { { o->keys, false }, { folder_of(a, o->zone_file), false },
		{ folder_of(a, o->signed_file), false }, { folder_of(a, o->signer_log), false },
		{ file ? folder_of(a, o->source.path) : NULL, false }, { "/etc", false } };
	struct confine_job job = { .role = CONFINE_LOCAL, .paths = paths,
		.n_paths = sizeof paths / sizeof *paths };
	struct child_job *jobs = arena_new_array(a, struct child_job, SOURCE_JOBS);
	size_t n = source_jobs(a, &o->source, jobs);
	struct confined done;
	char said[512];

	if (n > 0) {
		o->run = door_run;
		o->run_stop = door_stop;
		if (!(o->run_ctx = door_open(jobs, n, e)))
			return false;
	}
	if (!confine(&job, &done, e))
		return false;
	o->sandbox = arena_strdup(a, confine_describe(&done, said, sizeof said));
	return true;
}

/* ---- all zones of the configuration that this host has files of ---- */

struct every {
	struct local_options *v;
	size_t n;
	struct child_job *jobs;
	size_t n_jobs;
	bool gone; /* the reader */
};

static void
send_one(void *ctx, struct obs *o)
{
	struct every *x = ctx;
	struct text t = { 0 };

	stream_write(&t, o);
	if (!x->gone && !file_write_all(STDOUT_FILENO, text_str(&t), t.len, "stream", NULL))
		x->gone = true;
	text_free(&t);
	obs_unref(o);
}

static bool
take_every(struct arena *a, const char *file, struct every *x, struct err *e)
{
	const struct config *c = configured(a, file, e);

	if (!c)
		return false;
	x->v = arena_new_array(a, struct local_options, c->zones_count + 1);
	x->jobs = arena_new_array(a, struct child_job, (size_t)c->zones_count * SOURCE_JOBS + 1);
	for (unsigned i = 0; i < c->zones_count; i++) {
		struct local_options *o = &x->v[x->n];
		*o = (struct local_options){ .once = true };
		if (!name_from_text(&o->zone, c->zones[i].name, e) || !take_config(a, file, c->zones[i].name, o, e))
			return false;
		if (!o->keys && !o->zone_file && !o->signed_file && !o->signer_log && !o->source.type)
			continue;
		x->n_jobs += source_jobs(a, &o->source, x->jobs + x->n_jobs);
		x->n++;
	}
	return true;
}

/* Reading only, and only those folders; svn and git behind one door. */
static bool
confine_every(struct arena *a, struct every *x, char *said, size_t size, struct err *e)
{
	struct confine_path *paths = arena_new_array(a, struct confine_path, 5 * x->n + 1);
	struct door *door = NULL;
	struct confined done;
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct local_options *o = &x->v[i];
		bool file = o->source.type && strcmp(o->source.type, "file") == 0;
		const char *list[] = { o->keys, folder_of(a, o->zone_file), folder_of(a, o->signed_file),
			folder_of(a, o->signer_log), file ? folder_of(a, o->source.path) : NULL };
		for (size_t k = 0; k < sizeof list / sizeof *list; k++)
			paths[n++] = (struct confine_path){ list[k], false };
	}
	paths[n++] = (struct confine_path){ "/etc", false };
	if (x->n_jobs > 0 && !(door = door_open(x->jobs, x->n_jobs, e)))
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (door && x->v[i].source.type) {
			x->v[i].run = door_run;
			x->v[i].run_ctx = door;
		}
	if (!confine(&(struct confine_job){ .role = CONFINE_LOCAL, .paths = paths, .n_paths = n }, &done, e))
		return false;
	confine_describe(&done, said, size);
	return true;
}

/* A line on standard input, or the period, whichever comes first. */
static void
wait_for_next(int64_t period_ms)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char buf[512];

	if (poll(&p, 1, (int)period_ms) <= 0)
		return;
	if (read(STDIN_FILENO, buf, sizeof buf) <= 0) /* nobody speaks to us: then the time alone */
		poll(NULL, 0, (int)period_ms);
}

static int
observe_every(struct arena *a, const char *file, int64_t period_ms, bool once,
	const struct local_options *common, struct err *e)
{
	struct every x = { .gone = false };
	char said[512];

	if (!take_every(a, file, &x, e) || !confine_every(a, &x, said, sizeof said, e))
		return 3;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (uint32_t number = 1; !x.gone; number++) {
		for (size_t i = 0; i < x.n && !x.gone; i++) {
			x.v[i].messages = common->messages;
			if (number == 1) {
				struct obs *o = obs_new(FACT_HELLO, clock_usec(), "local", &x.v[i].zone);
				o->u.hello = (struct fact_hello){ .version = STREAM_VERSION, .program = "unbogus observe local",
					.sandbox = arena_strdup(o->arena, said), .host = arena_strdup(o->arena, common->host) };
				send_one(&x, o);
			}
			local_round(&x.v[i], number, send_one, &x);
		}
		if (once || x.n == 0)
			break;
		wait_for_next(period_ms);
	}
	return 0;
}

/* "--all", with -c FILE, --period and --once alone. */
static bool
is_every(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--all") == 0)
			return true;
	return false;
}

static int
run_every(struct arena *a, int argc, char **argv, const struct local_options *common)
{
	const char *file = NULL;
	int64_t seconds = 60;
	struct err e = { 0 };
	char said[900];
	bool once = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			once = true;
		else if ((strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0) && i + 1 < argc)
			file = argv[++i];
		else if (strcmp(argv[i], "--period") == 0 && i + 1 < argc && clock_parse_span(argv[i + 1], &seconds) &&
				seconds >= 1)
			i++;
		else if (strcmp(argv[i], "--all") != 0)
			return usage();
	}
	int status = observe_every(a, file, 1000 * seconds, once, common, &e);
	if (status)
		fprintf(stderr, "unbogus observe local: %s\n", err_str(&e, said, sizeof said));
	return status;
}

int
observe_local(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct local_options o = { 0 };
	struct err e = { 0 };
	char said[900], host[256] = "", path[PATH_MAX];
	int status = 3;

	if (!is_every(argc, argv) && !take_options(a, argc, argv, &o, &e)) {
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
		status = e.code == ERR_PARSE && strstr(e.rule, "config") ? 3 : usage();
		goto out;
	}
	o.messages = messages_load(a, share_path(path, sizeof path, "messages/messages.tsv"), &e);
	if (!o.messages)
		fprintf(stderr, "unbogus: %s: signer messages are not decoded\n",
			err_str(&e, said, sizeof said));
	gethostname(host, sizeof host - 1);
	o.host = host;
	if (is_every(argc, argv)) {
		status = run_every(a, argc, argv, &o);
		goto out;
	}
	if (!confine_observer(a, &o, &e)) {
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
		goto out;
	}
	status = local_run(&o, STDOUT_FILENO);
out:
	door_close(o.run_ctx);
	arena_free(a);
	return status;
}
