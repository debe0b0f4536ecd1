/*
 * diff: what differs between two versions of a zone (zone/diff.h), RRset by RRset.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"
#include "ui/cli/planfile.h"
#include "zone/diff.h"

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: unbogus diff A B [--origin NAME] [--json]\n"
		"       unbogus diff PLAN [--json]\n");
	return status;
}

static int
complain(const struct err *e)
{
	char text[1200];

	fprintf(stderr, "unbogus diff: %s\n", err_str(e, text, sizeof text));
	return 3;
}

struct listing {
	const struct zone *a, *b;
	json_t *sets;
};

static bool
json_set(void *ctx, const struct zdiff_set *s)
{
	static const char *const kinds[] = { "added", "removed", "changed" };
	struct listing *l = ctx;
	struct name n;
	char owner[NAME_MAX_TEXT];
	struct text t = { 0 };

	znode_name(s->node, &n);
	zdiff_set_text(&t, l->a, l->b, s);
	if (t.len)
		t.s[--t.len] = '\0';
	json_array_append_new(l->sets, json_pack("{s:s, s:s, s:s, s:b, s:s}", "owner",
		name_to_text(owner, &n), "type", rrtype_name(s->type), "change", kinds[s->kind], "ttl", s->ttl,
		"lines", text_str(&t)));
	text_free(&t);
	return true;
}

static bool
print_json(const struct zone *a, const struct zone *b, struct zdiff_counts *c, struct err *e)
{
	struct listing l = { a, b, json_array() };
	char zone[NAME_MAX_TEXT];

	if (!zone_diff(a, b, json_set, &l, c, e)) {
		json_decref(l.sets);
		return false;
	}
	json_t *j = json_pack("{s:s, s:s, s:o, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I}}",
		"schema", "unbogus.diff/1", "zone", name_to_text(zone, &a->apex), "sets", l.sets, "rrsets", "added",
		(json_int_t)c->sets_added, "removed", (json_int_t)c->sets_removed, "changed",
		(json_int_t)c->sets_changed, "same", (json_int_t)c->sets_same, "signatures", "added",
		(json_int_t)c->sigs_added, "removed", (json_int_t)c->sigs_removed, "same", (json_int_t)c->sigs_same,
		"denial", "added", (json_int_t)c->chain_added, "removed", (json_int_t)c->chain_removed, "same",
		(json_int_t)c->chain_same);
	json_object_set_new(j, "serials", c->have_serials ? json_pack("[I, I]", (json_int_t)c->serial_a,
		(json_int_t)c->serial_b) : json_null());
	json_dumpf(j, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(j);
	return true;
}

/* What a plan would change: the other use of this verb; the file's content decides. */
static int
plan_diff(const char *path, bool json)
{
	struct arena *a = arena_new();
	const struct plan *p = planfile_read(a, "diff", path);
	json_t *whole = p ? plan_to_json(p) : NULL;

	if (p && json) {
		json_t *out = json_pack("{s:s,s:s,s:s,s:O}", "schema", "unbogus.plan-diff/1", "zone", p->zone,
			"action", p->action, "diff", json_object_get(whole, "diff"));
		json_dumpf(out, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		printf("\n");
		json_decref(out);
	} else if (p) {
		planfile_print_head(p);
		planfile_print_diff(p);
	}
	json_decref(whole);
	arena_free(a);
	return p ? 0 : 3;
}

static int
run_diff(int argc, char **argv)
{
	static const struct option opts[] = { { "origin", 1, NULL, 'o' }, { "json", 0, NULL, 'j' },
		{ "help", 0, NULL, 'h' }, { 0 } };
	struct name origin = { 0 };
	struct err e = { 0 };
	struct zdiff_counts counts;
	struct text out = { 0 };
	bool json = false, ok;
	int c, status = 3;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		if (c == 'h')
			return usage(stdout, 0);
		if (c == 'j')
			json = true;
		else if (c != 'o' || !name_from_text(&origin, optarg, &e))
			return usage(stderr, EXIT_USAGE);
	}
	if (optind + 1 == argc && planfile_is(argv[optind]))
		return plan_diff(argv[optind], json);
	if (optind + 2 != argc)
		return usage(stderr, EXIT_USAGE);
	struct zone *a = zone_load(argv[optind], origin.len ? &origin : NULL, NULL, &e);
	struct zone *b = a ? zone_load(argv[optind + 1], &a->apex, NULL, &e) : NULL;
	ok = b && (json ? print_json(a, b, &counts, &e) : zdiff_text(&out, a, b, 0, &counts, &e));
	if (ok) {
		fwrite(text_str(&out), 1, out.len, stdout);
		status = counts.sets_added || counts.sets_removed || counts.sets_changed || counts.sigs_added ||
			counts.sigs_removed || counts.chain_added || counts.chain_removed;
	} else
		complain(&e);
	text_free(&out);
	zone_free(b);
	zone_free(a);
	return status;
}

static const struct opt own[] = {
	{ "--origin", NULL, "NAME", "the zones' name (default: the owner of the first SOA)", NULL },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_diff = {
	.name = "diff",
	.args = "A B [--origin NAME] [--json] | PLAN [--json]",
	.summary = "what differs between two versions of a zone, or what a plan changes",
	.run = run_diff,
	.operands = "FILE...",
	.options = tables,
};
