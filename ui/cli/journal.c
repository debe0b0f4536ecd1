/* unbogus journal: what was done to a zone, by whom, and whether the log is whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "change/journal.h"
#include "model/name.h"
#include "ui/cli/command.h"
#include "ui/cli/operator.h"
#include "ui/cli/options.h"

extern const struct command cmd_journal;

enum verb { LIST, SHOW, VERIFY, EXPORT, NOTE, VERB_COUNT };
static const struct {
	const char *name;
	bool word; /* takes one */
} verbs[VERB_COUNT] = { [LIST] = { "list", false }, [SHOW] = { "show", true },
	[VERIFY] = { "verify", false }, [EXPORT] = { "export", false }, [NOTE] = { "note", true } };

struct args {
	enum verb verb;
	const char *word, *zone, *state;
};

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus journal %s\n", cmd_journal.args);
	return EXIT_USAGE;
}

static bool
is_verb(const char *s, struct args *x)
{
	for (int i = 0; i < VERB_COUNT; i++)
		if (strcmp(s, verbs[i].name) == 0) {
			x->verb = (enum verb)i;
			return true;
		}
	return false;
}

/* "list ZONE", "show N ZONE", and the zone first as well: "ZONE show N". */
static bool
read_args(int argc, char **argv, struct args *x)
{
	const char *words[3];
	int n = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			x->state = argv[++i];
		else if (n < 3 && (argv[i][0] != '-' || n > 0))
			words[n++] = argv[i];
		else
			return false;
	}
	x->verb = LIST;
	if (n == 1) {
		x->zone = words[0];
		return true;
	}
	int at = n > 0 && is_verb(words[0], x) ? 0 : n > 1 && is_verb(words[1], x) ? 1 : -1;
	if (at < 0 || n != (verbs[x->verb].word ? 3 : 2))
		return false;
	x->zone = at == 0 ? words[n - 1] : words[0];
	x->word = !verbs[x->verb].word ? NULL : at == 0 ? words[1] : words[2];
	return true;
}

static bool
print_line(void *ctx, const struct journal_entry *x)
{
	char at[40], text[1500];

	(void)ctx;
	journal_text(x, text, sizeof text);
	printf("%5lld  %s  %-12s  %s\n", (long long)x->seq, clock_rfc3339_s(at, sizeof at, x->t / USEC),
		x->who, text);
	return true;
}

/* One row as JSON, with its number, time, kind and hash. */
static void
print_json(const struct journal_entry *x, size_t flags)
{
	json_t *o = json_deep_copy(x->body);
	char at[40];

	json_object_set_new(o, "seq", json_integer(x->seq));
	json_object_set_new(o, "t", json_string(clock_rfc3339(at, sizeof at, x->t)));
	json_object_set_new(o, "kind", json_string(x->kind));
	json_object_set_new(o, "hash", json_string(x->hash));
	char *text = json_dumps(o, flags | JSON_SORT_KEYS | JSON_ENSURE_ASCII);
	json_decref(o);
	puts(text ? text : "null");
	free(text);
}

static bool
print_export(void *ctx, const struct journal_entry *x)
{
	(void)ctx;
	print_json(x, JSON_COMPACT);
	return true;
}

struct show {
	int64_t seq;
	bool found;
};

static bool
print_one(void *ctx, const struct journal_entry *x)
{
	struct show *s = ctx;

	if (x->seq == s->seq) {
		print_json(x, JSON_INDENT(2));
		s->found = true;
	}
	return false; /* it is the first of those asked for, or not there */
}

static int
show(struct journal *j, const char *word, struct err *e)
{
	char *end;
	struct show s = { .seq = strtoll(word, &end, 10) };

	if (*end || s.seq < 1)
		return usage();
	if (!journal_each(j, s.seq, print_one, &s, e))
		return 3;
	if (!s.found)
		err_set(e, ERR_NOT_FOUND, "journal", "row", "", "no row %lld", (long long)s.seq);
	return s.found ? 0 : 3;
}

static int
verify(struct journal *j, struct err *e)
{
	int64_t rows, bad;
	char why[400];

	if (!journal_verify(j, &rows, &bad, why, sizeof why, e))
		return 3;
	if (bad)
		printf("BROKEN at row %lld: %s\n", (long long)bad, why);
	else
		printf("%lld rows, the chain is whole\n", (long long)rows);
	return bad ? 2 : 0;
}

static int
note(struct journal *j, const char *text, struct err *e)
{
	char clean[4000];
	int64_t seq;

	text_clean(clean, sizeof clean, text);
	if (!journal_add(j, "note", NULL, json_pack("{s:s}", "text", clean), &seq, e))
		return 3;
	printf("noted as row %lld\n", (long long)seq);
	return 0;
}

static int
run_verb(struct journal *j, const struct args *x, struct err *e)
{
	switch (x->verb) {
	case SHOW: return show(j, x->word, e);
	case VERIFY: return verify(j, e);
	case NOTE: return note(j, x->word, e);
	case EXPORT: return journal_each(j, 0, print_export, NULL, e) ? 0 : 3;
	default: return journal_each(j, 0, print_line, NULL, e) ? 0 : 3;
	}
}

static int
run(int argc, char **argv)
{
	struct args x = { 0 };
	struct state_place s;
	struct name zone;
	struct err e = { 0 };
	char text[NAME_MAX_TEXT], who[128], said[1200];
	int status = 3;

	if (!read_args(argc, argv, &x))
		return usage();
	struct journal *j = NULL;
	if (name_from_text(&zone, x.zone, &e) && state_find(&s, x.state, name_to_text(text, &zone), &e)) {
		if (x.verb == NOTE && !state_make(&s))
			err_set(&e, ERR_PERMISSION, s.zone, "state folder", "", "%s", s.notice);
		else
			j = journal_open(&s, text, x.verb == NOTE, &e);
	}
	if (j) {
		journal_who(j, operator_name(who, sizeof who));
		status = run_verb(j, &x, &e);
		journal_close(j);
	}
	if (e.code == ERR_NOT_FOUND && !j && x.verb == LIST) {
		printf("nothing was done yet: no journal\n");
		return 0;
	}
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
	return status;
}

static const struct opt own[] = {
	{ "--state", NULL, "DIR", "where journals are (root: /var/lib/unbogus)", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_journal = { .name = "journal",
	.args = "[list | show N | verify | export | note TEXT] ZONE [--state DIR]",
	.summary = "what was done to a zone, by whom and why; is the log whole", .run = run,
	.operands = "ZONE|list|show|verify|export|note ZONE ZONE",
	.options = tables };
