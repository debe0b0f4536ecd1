/* unbogus observe local ZONE: what this host knows of a zone, as a stream. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/door.h"
#include "base/share.h"
#include "observe/local.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/observe.h"

static int
usage(void)
{
	fprintf(stderr,
		"usage: unbogus observe local ZONE [--keys DIR] [--zone-file FILE] [--signed-file FILE]\n"
		"           [--source TYPE:PATH[:FILE]] [--signer-log FILE] [--period SPAN] [--once] [-c FILE]\n");
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

int
observe_local(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct local_options o = { 0 };
	struct err e = { 0 };
	char said[900], host[256] = "", path[PATH_MAX];
	int status = 3;

	if (!take_options(a, argc, argv, &o, &e)) {
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
