/* unbogus record ZONE...: watches zones all the time, and is the only writer of their history. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/text.h"
#include "base/unixsock.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/join.h"
#include "ui/cli/live.h"
#include "ui/cli/options.h"
#include "ui/cli/recorder.h"

#define ZONES_MAX 24
#define KEEP (180 * INT64_C(86400)) /* seconds */
#define MAX_SIZE (64 * INT64_C(1048576))
#define TRY_TO_JOIN 20 /* times 100 ms: another record is just beginning */

extern const struct command cmd_record;

struct args {
	struct name zone[ZONES_MAX];
	size_t n;
	struct live live;
	struct histdb_bounds bounds;
	bool all, own; /* own: of a console, whose standard input and output are ours */
};

static int
refuse(const char *why, const char *what)
{
	char shown[300];

	text_clean(shown, sizeof shown, what);
	fprintf(stderr, "unbogus record: %s: %s\nusage: unbogus record %s\n", shown, why, cmd_record.args);
	return EXIT_USAGE;
}

static bool
take_zone(struct args *x, const char *text, struct err *e)
{
	struct name zone;

	if (!name_from_text(&zone, text, e))
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (name_equal(&x->zone[i], &zone))
			return true;
	if (x->n == ZONES_MAX)
		return err_set(e, ERR_LIMIT, text, "zones", "at most 24; more in another record", "more");
	x->zone[x->n++] = zone;
	return true;
}

static bool
take_size(const char *s, int64_t *octets)
{
	uint64_t v;

	if (!text_number(s, 100000, &v) || v < 1)
		return false;
	*octets = (int64_t)v * INT64_C(1048576);
	return true;
}

static int
read_args(int argc, char **argv, struct args *x)
{
	struct err e = { 0 };
	char why[700];

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--all") == 0)
			x->all = true;
		else if (strcmp(argv[i], "--own") == 0)
			x->own = true;
		else if (strcmp(argv[i], "--keep") == 0 && value) {
			if (!clock_parse_span(argv[++i], &x->bounds.keep) || x->bounds.keep < 3600)
				return refuse("a span of an hour at least, as 180d", value);
		} else if (strcmp(argv[i], "--max-size") == 0 && value) {
			if (!take_size(argv[++i], &x->bounds.max_size))
				return refuse("a number of MiB", value);
		} else if (live_option(&x->live, argc, argv, &i))
			continue;
		else if (argv[i][0] == '-')
			return refuse("not understood", argv[i]);
		else if (!take_zone(x, argv[i], &e))
			return refuse(err_str(&e, why, sizeof why), argv[i]);
	}
	return 0;
}

/* Whoever was started for one zone by a console takes what another record has, if it may. */
static int
join_other(const char *folder)
{
	struct confined done;
	struct err e = { 0 };
	int fd = -1;

	for (int i = 0; i < TRY_TO_JOIN && fd < 0; i++) {
		fd = unixsock_connect(folder, RECORD_SOCKET, &e);
		if (fd < 0)
			usleep(100000);
	}
	if (fd < 0 || !confine(&(struct confine_job){ .role = CONFINE_STATUS }, &done, &e))
		return -1;
	return join_relay(fd, STDIN_FILENO, STDOUT_FILENO);
}

/*
 * The zones' folders, and that nobody else records there. STATUS is set when this process has
 * nothing more to do.
 */
static bool
find_places(struct args *x, struct recorder_zone *zones, int *status, struct err *e)
{
	char text[NAME_MAX_TEXT];
	long holder;

	for (size_t i = 0; i < x->n; i++) {
		struct recorder_zone *z = &zones[i];
		*z = (struct recorder_zone){ .name = x->zone[i], .write = true };
		if (!state_find(&z->place, x->live.state, name_to_text(text, &z->name), e))
			return false;
		if (!state_make(&z->place)) {
			fprintf(stderr, "unbogus record: %s: %s\n", text, z->place.notice);
			continue;
		}
		int lock = lockfile_take(z->place.zone, RECORD_LOCK, &holder, e);
		if (lock >= 0) {
			close(lock); /* taken again in the process that writes */
			continue;
		}
		if (!holder)
			return false;
		int joined = x->own && !x->live.n_net && !x->live.n_local ? join_other(z->place.zone) : -1;
		if (joined >= 0) {
			*e = (struct err){ 0 };
			*status = joined;
			return false;
		}
		if (!x->own)
			return err_set(e, ERR_CHANGED, text, "record", "to be the only one of the zone",
				"process %ld records it already, in %s", holder, z->place.zone);
		*e = (struct err){ 0 };
		z->write = false; /* other servers were named: a picture of our own, with its history */
	}
	return true;
}

static bool
watch(const struct args *x, const struct recorder_zone *zones, struct super_face *face, int *stream_zone,
	int *status, struct err *e)
{
	struct recorder_job job = { .zones = zones, .n_zones = x->n, .face = face,
		.stream_zone = stream_zone, .bounds = x->bounds, .own_in = x->own ? STDIN_FILENO : -1,
		.own_out = x->own ? STDOUT_FILENO : -1 };
	struct confine_path paths[ZONES_MAX] = { { 0 } };
	struct confined done;
	char sandbox[512];

	for (size_t i = 0; i < x->n; i++)
		if (!zones[i].place.memory)
			paths[i] = (struct confine_path){ zones[i].place.zone, zones[i].write };
	struct recorder *r = recorder_open(&job, e);
	if (!r)
		return false;
	bool ok = confine(&(struct confine_job){ .role = CONFINE_RECORD, .paths = paths, .n_paths = x->n },
		&done, e);
	if (ok)
		*status = recorder_run(r, confine_describe(&done, sandbox, sizeof sandbox));
	recorder_close(r);
	return ok;
}

static bool
all_zones(struct arena *a, struct args *x, struct err *e)
{
	const struct config *c = configured(a, x->live.config, e);

	for (unsigned i = 0; c && x->all && i < c->zones_count; i++)
		if (!take_zone(x, c->zones[i].name, e))
			return false;
	return c != NULL && (x->n > 0 || err_set(e, ERR_ARG, "record", "zones", "a zone's name, or --all "
		"with zones in the configuration", "none"));
}

static int
run(int argc, char **argv)
{
	struct args x = { .bounds = { KEEP, MAX_SIZE } };
	struct recorder_zone *zones = calloc(ZONES_MAX, sizeof *zones);
	struct arena *a = arena_new();
	struct super_face face;
	int stream_zone[SUPER_ROLES];
	struct err e = { 0 };
	char line[1200];
	int status = read_args(argc, argv, &x);

	if (status == 0 && zones) {
		status = 3;
		if (all_zones(a, &x, &e) && find_places(&x, zones, &status, &e) &&
				live_start_many(a, &x.live, x.zone, x.n, &face, stream_zone, &e))
			watch(&x, zones, &face, stream_zone, &status, &e);
		if (e.code != ERR_NONE)
			fprintf(stderr, "unbogus record: %s\n", err_str(&e, line, sizeof line));
		if (e.code == ERR_ARG)
			status = EXIT_USAGE;
	}
	arena_free(a);
	free(zones);
	return status;
}

static const struct opt options[] = {
	{ "--all", NULL, NULL, "every zone of the configuration", NULL },
	{ "--keep", NULL, "SPAN", "what ended longer ago is forgotten (default 180d)", NULL },
	{ "--max-size", NULL, "MIB", "of a zone's history (default 64)", NULL },
	{ "--own", NULL, NULL, "for the console: its stream goes to standard output", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct command cmd_record = { .name = "record",
	.args = "ZONE... | --all [--keep SPAN] [--max-size MIB]\n       " LIVE_USAGE,
	.summary = "watch zones all the time, and keep their history", .run = run,
	.operands = "ZONE...",
	.options = (const struct opt *const[]){ options, options_config, options_live, NULL } };
