/* unbogus attach [ZONE]: what runs for a zone on this host, and its stream. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/unixsock.h"
#include "observe/histdb.h"
#include "ui/act.h"
#include "ui/cli/command.h"
#include "ui/cli/join.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"
#include "ui/cli/recorder.h"

#define NOTHING_RUNS 1

extern const struct command cmd_attach;

/*
 * What may run for a zone: who it is, and the lock in the zone's folder that its process holds.
 * To add one: a row.
 */
static const struct {
	const char *name, *lock, *what;
} runners[] = { { "record", RECORD_LOCK, "watches the zone and keeps its history" } };

struct args {
	struct name zone;
	bool one, json, stream;
	const char *state;
};

/* Figures of the history, as facts. */
struct figures {
	struct fact_history h;
	unsigned versions[VERSION_OF_COUNT];
	char *store, *note;
};

static void
count(void *ctx, struct obs *o)
{
	struct figures *f = ctx;

	if (o->fact == FACT_HISTORY) {
		f->h = o->u.history;
		f->store = o->u.history.store ? strdup(o->u.history.store) : NULL;
		f->note = o->u.history.note ? strdup(o->u.history.note) : NULL;
	} else if (o->fact == FACT_VERSION)
		f->versions[o->u.version.of]++;
	obs_unref(o);
}

static json_t *
time_or_null(int64_t t)
{
	char s[40];

	return t == TIME_UNSET ? json_null() : json_string(clock_rfc3339_s(s, sizeof s, t));
}

static void
print_runner(const char *zone, size_t i, long pid, const struct figures *f)
{
	char since[40] = "now", note[400];

	if (f->h.since != TIME_UNSET)
		clock_rfc3339_s(since, sizeof since, f->h.since);
	printf("%s  %s, process %ld, without a gap since %s\n", zone, runners[i].name, pid, since);
	if (f->store) {
		char store[PATH_MAX];
		text_clean(store, sizeof store, f->store);
		printf("    history in %s: %llu rows; ds %u, dnskey %u, signers %u, serials %u\n", store,
			(unsigned long long)f->h.rows, f->versions[VERSION_DS], f->versions[VERSION_DNSKEY],
			f->versions[VERSION_SIGNERS], f->versions[VERSION_SERIAL]);
	}
	if (f->note) {
		text_clean(note, sizeof note, f->note);
		printf("    note: %s\n", note);
	}
}

/* One zone: what runs; *FOUND counts it. */
static void
show(const struct args *x, const struct name *zone, json_t *list, unsigned *found)
{
	struct state_place s;
	char text[NAME_MAX_TEXT];

	if (!state_find(&s, x->state, name_to_text(text, zone), NULL) || !s.zone[0])
		return;
	for (size_t i = 0; i < sizeof runners / sizeof *runners; i++) {
		struct figures f = { .h = { .since = TIME_UNSET, .looked = TIME_UNSET } };
		long pid = lockfile_holder(s.zone, runners[i].lock);
		if (!pid)
			continue;
		struct histdb *h = histdb_open(&s, zone, false, clock_usec(), NULL);
		if (h)
			histdb_emit(h, clock_usec(), 0, 0, count, &f);
		histdb_close(h);
		++*found;
		if (list)
			json_array_append_new(list, json_pack("{s:s,s:s,s:I,s:o,s:o,s:o,s:o,s:I}", "zone", text,
				"what", runners[i].name, "pid", (json_int_t)pid, "since", time_or_null(f.h.since),
				"looked", time_or_null(f.h.looked), "store", f.store ? json_string(f.store) : json_null(),
				"note", f.note ? json_string(f.note) : json_null(), "rows", (json_int_t)f.h.rows));
		else
			print_runner(text, i, pid, &f);
		free(f.store);
		free(f.note);
	}
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
list_all(const struct args *x)
{
	json_t *list = x->json ? json_array() : NULL;
	struct state_place s;
	struct dirent **names = NULL;
	unsigned found = 0;

	if (x->one)
		show(x, &x->zone, list, &found);
	else if (state_find(&s, x->state, NULL, NULL) && s.root[0]) {
		int n = scandir(s.root, &names, NULL, by_name);
		for (int i = 0; i < n; i++) {
			char text[NAME_MAX_TEXT];
			struct name zone;
			if (names[i]->d_name[0] != '.' && state_unescape(text, sizeof text, names[i]->d_name) &&
					name_from_text(&zone, text, NULL))
				show(x, &zone, list, &found);
			free(names[i]);
		}
		free(names);
	}
	if (list)
		load_print_json(json_pack("{s:s,s:o}", "schema", "unbogus.attach/1", "running", list));
	else if (!found)
		printf("nothing runs here\n");
	return found ? 0 : NOTHING_RUNS;
}

static int
stream(const struct args *x)
{
	struct confined done;
	struct err e = { 0 };
	char why[1200];
	int fd = join_record(x->state, &x->zone);

	if (fd < 0) {
		fprintf(stderr, "unbogus attach: nothing runs for that zone here\n");
		return NOTHING_RUNS;
	}
	if (!confine(&(struct confine_job){ .role = CONFINE_STATUS }, &done, &e)) {
		fprintf(stderr, "unbogus attach: %s\n", err_str(&e, why, sizeof why));
		return 3;
	}
	return join_relay(fd, STDIN_FILENO, STDOUT_FILENO);
}

static int
run(int argc, char **argv)
{
	struct args x = { .one = false };
	struct err e = { 0 };
	char why[700];

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			x.json = true;
		else if (strcmp(argv[i], "--stream") == 0)
			x.stream = true;
		else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			x.state = argv[++i];
		else if (!x.one && name_from_text(&x.zone, argv[i], &e))
			x.one = true;
		else {
			fprintf(stderr, "unbogus attach: %s\nusage: unbogus attach %s\n",
				e.code ? err_str(&e, why, sizeof why) : "one zone only", cmd_attach.args);
			return EXIT_USAGE;
		}
	}
	int end = x.one && !x.stream && !x.json ? act_follow(x.state, &x.zone) : -1;
	if (end >= 0)
		return end;
	if (!x.stream)
		return list_all(&x);
	if (x.one)
		return stream(&x);
	fprintf(stderr, "unbogus attach: --stream of which zone?\n");
	return EXIT_USAGE;
}

static const struct opt options[] = {
	{ "--state", NULL, "DIR", "where history and sockets are (root: /var/lib/unbogus)", NULL },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ "--stream", NULL, NULL, "the picture so far and then every new fact, as a stream", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct command cmd_attach = { .name = "attach", .args = "[ZONE] [--state DIR] [--json] [--stream]",
	.summary = "what runs for a zone on this host, and its stream", .run = run,
	.operands = "ZONE",
	.options = (const struct opt *const[]){ options, NULL } };
