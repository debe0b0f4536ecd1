/* unbogus report: the draft of a report from the journal, of a true incident or of a training. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/state.h"
#include "model/name.h"
#include "change/journal.h"
#include "change/plan.h"
#include "report/picture.h"
#include "report/rfo.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"

extern const struct command cmd_report;

#define RUN_MAX (16u << 20)

struct options {
	const char *zone, *training, *format, *state;
	bool redact;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus report %s\n", cmd_report.args);
	return EXIT_USAGE;
}

static bool
read_options(int argc, char **argv, struct options *o)
{
	o->format = "md";
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--redact") == 0)
			o->redact = true;
		else if (strcmp(argv[i], "--training") == 0 && value)
			o->training = argv[++i];
		else if (strcmp(argv[i], "--format") == 0 && value)
			o->format = argv[++i];
		else if (strcmp(argv[i], "--state") == 0 && value)
			o->state = argv[++i];
		else if (argv[i][0] != '-' && !o->zone)
			o->zone = argv[i];
		else
			return false;
	}
	return !o->zone != !o->training && (strcmp(o->format, "md") == 0 || strcmp(o->format, "html") == 0 ||
		strcmp(o->format, "json") == 0 || strcmp(o->format, "svg") == 0 || strcmp(o->format, "dot") == 0);
}

/* ---- a training's run: the score file has the rows, chained as a journal is ---- */

static bool
chain_good(const json_t *rows, char newest[PLAN_HASH])
{
	char hash[PLAN_HASH] = "";
	size_t i;
	json_t *row;

	newest[0] = '\0';
	json_array_foreach(rows, i, row) {
		const char *prev = json_string_value(json_object_get(row, "prev"));
		const char *said = json_string_value(json_object_get(row, "hash"));
		json_t *body = json_copy(row);
		json_object_del(body, "hash");
		char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
		json_decref(body);
		if (text)
			plan_sha256(hash, text, strlen(text));
		free(text);
		if (!prev || !said || strcmp(prev, newest) != 0 || strcmp(said, hash) != 0)
			return false;
		snprintf(newest, PLAN_HASH, "%s", hash);
	}
	return true;
}

static json_t *
read_training(const char *path, struct err *e)
{
	json_error_t bad;
	char newest[PLAN_HASH];
	size_t n;
	char *text = file_read(path, RUN_MAX, &n, e);
	json_t *run = text ? json_loadb(text, n, JSON_REJECT_DUPLICATES, &bad) : NULL;

	if (text && (!json_is_object(run) || !json_is_array(json_object_get(run, "entries")))) {
		err_set(e, ERR_PARSE, path, "unbogus.score/1", "a run of a training", "%s",
			run ? "another object" : bad.text);
		json_decref(run);
		run = NULL;
	}
	free(text);
	if (!run)
		return NULL;
	json_t *rows = json_object_get(run, "entries");
	bool good = chain_good(rows, newest);
	json_t *in = json_pack("{s:s,s:O,s:b,s:s}", "kind", "training", "rows", rows, "chain_good", (int)good,
		"hash", newest);
	static const char *const copied[] = { "zone", "before", "after", "notes", "validators" };
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		json_t *v = json_object_get(run, copied[i]);
		if (v)
			json_object_set(in, copied[i], v);
	}
	const char *scenario = json_string_value(json_object_get(run, "scenario"));
	const char *name = json_string_value(json_object_get(run, "run"));
	char title[200];
	snprintf(title, sizeof title, "%s, %s", scenario ? scenario : "?", name ? name : "?");
	json_object_set_new(in, "title", json_string(title));
	json_decref(run);
	return in;
}

/* ---- a zone's journal ---- */

struct collect {
	json_t *rows;
	char hash[PLAN_HASH];
};

static bool
on_row(void *ctx, const struct journal_entry *x)
{
	struct collect *c = ctx;
	char at[40], text[2048], clean_hash[PLAN_HASH];
	const char *predicted = json_string_value(json_object_get(x->body, "predicted"));

	journal_text(x, text, sizeof text);
	size_t kind = strlen(x->kind);
	const char *said = strncmp(text, x->kind, kind) == 0 && strncmp(text + kind, ": ", 2) == 0
		? text + kind + 2 : text;
	json_array_append_new(c->rows, json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "row", (int)x->seq, "time",
		clock_rfc3339(at, sizeof at, x->t), "who", x->who, "kind", x->kind, "text", said, "predicted",
		predicted ? predicted : "", "run", x->run));
	snprintf(clean_hash, sizeof clean_hash, "%s", x->hash);
	memcpy(c->hash, clean_hash, sizeof clean_hash);
	return true;
}

static json_t *
read_journal(const char *zone, const char *state, struct err *e)
{
	struct collect c = { .rows = json_array() };
	struct state_place place;
	int64_t rows, bad = 0;
	char why[200];
	struct journal *j = NULL;
	json_t *in = NULL;

	char name[NAME_MAX_TEXT];
	struct name apex;

	if (name_from_text(&apex, zone, e) && state_find(&place, state, name_to_text(name, &apex), e) &&
		(j = journal_open(&place, name, false, e)) &&
		journal_each(j, 0, on_row, &c, e) && journal_verify(j, &rows, &bad, why, sizeof why, e))
		in = json_pack("{s:s,s:s,s:O,s:b,s:s}", "kind", "journal", "zone", zone, "rows", c.rows,
			"chain_good", bad == 0, "hash", c.hash);
	journal_close(j);
	json_decref(c.rows);
	return in;
}

/* ---- out ---- */

static bool
print_picture(const json_t *in, bool svg, struct err *e)
{
	struct text out = { 0 };
	struct picture p;

	if (!picture_read(&p, json_object_get(in, "after")))
		return err_set(e, ERR_NOT_FOUND, "report", "picture", "a chain in the run", "none");
	if (svg)
		picture_svg(&out, &p);
	else
		picture_dot(&out, &p);
	puts(text_str(&out));
	text_free(&out);
	return true;
}

static bool
print_report(const json_t *in, const struct options *o, struct err *e)
{
	struct text out = { 0 };
	bool ok;

	if (strcmp(o->format, "svg") == 0 || strcmp(o->format, "dot") == 0)
		return print_picture(in, o->format[0] == 's', e);
	if (strcmp(o->format, "json") == 0) {
		json_dumpf(in, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		putchar('\n');
		return true;
	}
	ok = rfo_write(&out, in, strcmp(o->format, "html") == 0 ? DOC_HTML : DOC_MARKDOWN, e);
	if (ok)
		fputs(text_str(&out), stdout);
	text_free(&out);
	return ok;
}

static int
run(int argc, char **argv)
{
	struct options o = { 0 };
	struct err e = { 0 };
	char line[1200];

	if (!read_options(argc, argv, &o))
		return usage();
	clock_zone(NULL);
	json_t *in = o.training ? read_training(o.training, &e) : read_journal(o.zone, o.state, &e);
	if (in && o.redact) {
		json_t *all = in;
		in = rfo_redacted(all);
		json_decref(all);
	}
	bool ok = in && print_report(in, &o, &e);
	if (!ok)
		fprintf(stderr, "unbogus report: %s\n", err_str(&e, line, sizeof line));
	json_decref(in);
	return ok ? 0 : 3;
}

static const struct opt own[] = {
	{ "--format", NULL, "FORMAT",
		"what it is written as (default md)", "md html json svg dot" },
	{ "--training", NULL, "RUN",
		"of a training's score file instead of a zone's journal", NULL },
	{ "--redact", NULL, NULL,
		"people, internal addresses, paths and notes are left out", NULL },
	{ "--state", NULL, "DIR", "where journals are (root: /var/lib/unbogus)", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_report = {
	.name = "report",
	.args = "ZONE | --training RUN [--format md|html|json|svg|dot] [--redact] [--state DIR]",
	.summary = "the draft of a report about an incident, from its journal",
	.run = run,
	.options = tables,
	.operands = "ZONE",
};
