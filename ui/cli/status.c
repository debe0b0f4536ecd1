/*
 * unbogus status [ZONE...]: one line a zone, worst first; --watch goes on, --wallboard fills a
 * screen. It reads and shows, and nothing else: no act process, the tightest sandbox.
 */
#include <jansson.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/figures.h"
#include "report/line.h"
#include "ui/cli/many.h"
#include "ui/cli/options.h"
#include "ui/cli/wallboard.h"

extern const struct command cmd_status;

#define FIRST_SECONDS 25
#define FIRST_SECONDS_MANY 90
#define UNKNOWN 3

static const struct opt own[] = {
	{ "--watch", NULL, NULL, "go on: a line when a zone's state changes", NULL },
	{ "--wallboard", NULL, NULL, "a screen of all zones, their deadlines and the last hour", NULL },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ "--plain", NULL, NULL, "sentences, one a line, for readers and logs", NULL },
	{ "--rate", NULL, "N", "questions a second to one server with many zones (default 100)", NULL },
	{ "--utc", NULL, NULL, "times in UTC", NULL },
	{ "--ascii", NULL, "CHOICE", "without box characters", "yes no auto" },
	{ "--color", NULL, "CHOICE", "colours on the wallboard; NO_COLOR is obeyed", "always never auto" },
	{ "--theme", NULL, "THEME", "colours of the wallboard", "default light cb hc mono" },
	{ "--size", NULL, "WxH", "the wallboard once, as text of that size", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

struct status {
	struct many_options many;
	struct wallboard_options board;
	bool watch, wallboard, json, plain;
};

static bool
choice(const char *s, enum choice *c)
{
	*c = strcmp(s, "always") == 0 || strcmp(s, "yes") == 0 ? CHOICE_YES
		: strcmp(s, "never") == 0 || strcmp(s, "no") == 0 ? CHOICE_NO : CHOICE_AUTO;
	return true;
}

static bool
own_flag(struct status *s, const char *word)
{
	if (strcmp(word, "--watch") == 0)
		s->watch = true;
	else if (strcmp(word, "--wallboard") == 0)
		s->wallboard = true;
	else if (strcmp(word, "--json") == 0)
		s->json = true;
	else if (strcmp(word, "--plain") == 0)
		s->plain = true;
	else if (strcmp(word, "--utc") == 0)
		s->board.utc = true;
	else
		return false;
	return true;
}

static bool
own_value(struct status *s, const char *word, const char *value)
{
	if (strcmp(word, "--ascii") == 0)
		return choice(value, &s->board.ascii);
	if (strcmp(word, "--color") == 0)
		return choice(value, &s->board.colour);
	if (strcmp(word, "--theme") == 0)
		return theme_from_name(value, &s->board.theme);
	if (strcmp(word, "--size") == 0)
		return sscanf(value, "%dx%d", &s->board.w, &s->board.h) == 2 && s->board.w > 0 && s->board.h > 0 &&
			s->board.w < 1000 && s->board.h < 1000;
	return false;
}

static int
parse(struct status *s, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0 || own_flag(s, argv[i]))
			continue;
		if (i + 1 < argc && own_value(s, argv[i], argv[i + 1])) {
			i++;
			continue;
		}
		if (many_option(&s->many, argc, argv, &i) <= 0) {
			char shown[100];
			text_clean(shown, sizeof shown, argv[i]);
			fprintf(stderr, "unbogus status: cannot use %s; see unbogus status --help\n", shown);
			return UNKNOWN;
		}
	}
	return 0;
}

/* ---- output ---- */

static void
print_line(const struct board_zone *z, int width)
{
	char line[600];

	if (z->d)
		line_of(line, sizeof line, z->d);
	else
		snprintf(line, sizeof line, "nothing heard yet");
	printf("%-8s %-*s %s\n", board_state_word(z->state), width, z->text, line);
}

static void
print_sentence(const struct board_zone *z, const char *before)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN", "STALE" };
	char line[600], more[600] = "", t[40];

	snprintf(line, sizeof line, "nothing heard yet");
	if (z->d) {
		line_of(line, sizeof line, z->d);
		line_more(more, sizeof more, z->d);
	}
	printf("%s%s: %s. %s.", before, z->text, words[z->state], line);
	if (*more)
		printf(" %s%s", more, more[strlen(more) - 1] == '.' ? "" : ".");
	if (z->state == BOARD_STALE)
		printf(" No answer since %s.", clock_rfc3339_s(t, sizeof t, z->heard / USEC));
	printf("\n");
}

static void
print_all(const struct status *s, struct board *b)
{
	struct board_zone *const *v = board_sorted(b);
	int width = 0;

	for (size_t i = 0; i < b->n; i++)
		if ((int)strlen(v[i]->text) > width)
			width = (int)strlen(v[i]->text);
	for (size_t i = 0; i < b->n; i++)
		if (s->plain)
			print_sentence(v[i], "");
		else
			print_line(v[i], width);
}

static json_t *
seconds_or_null(int64_t v)
{
	return v == TIME_UNSET || v == TIME_NEVER ? json_null() : json_integer(v);
}

static json_t *
zone_json(const struct board_zone *z)
{
	struct figures f = { .rrsig_left = TIME_UNSET, .key_left = TIME_NEVER, .age = TIME_UNSET };
	json_t *j = json_object();
	char name[NAME_MAX_TEXT], line[600] = "";

	if (z->d) {
		figures_of(&f, z->d);
		line_of(line, sizeof line, z->d);
	}
	json_object_set_new(j, "zone", json_string(name_to_text(name, &z->name)));
	json_object_set_new(j, "state", json_string(z->state == BOARD_STALE ? "unknown" : board_state_json(z->state)));
	json_object_set_new(j, "stale", json_boolean(z->state == BOARD_STALE));
	json_object_set_new(j, "security", z->d ? json_string(link_state_name(z->d->security)) : json_null());
	json_object_set_new(j, "headline", *line ? json_string(line) : json_null());
	json_object_set_new(j, "cause", z->d && z->d->n_causes
		? json_string(z->d->findings[z->d->causes[0]].id) : json_null());
	json_object_set_new(j, "bogus", json_integer(f.bogus));
	json_object_set_new(j, "vantages", json_integer(f.vantages));
	json_object_set_new(j, "rrsig_left", seconds_or_null(f.rrsig_left));
	json_object_set_new(j, "key_left", seconds_or_null(f.key_left));
	json_object_set_new(j, "age", seconds_or_null(f.age));
	return j;
}

static void
print_json(struct board *b, int64_t now)
{
	json_t *root = json_object(), *zones = json_array();
	struct board_zone *const *v = board_sorted(b);
	char t[40];

	json_object_set_new(root, "schema", json_string("unbogus.status/1"));
	json_object_set_new(root, "time", json_string(clock_rfc3339_s(t, sizeof t, now / USEC)));
	json_object_set_new(root, "state", json_string(state_name(board_worst(b))));
	for (size_t i = 0; i < b->n; i++)
		json_array_append_new(zones, zone_json(v[i]));
	json_object_set_new(root, "zones", zones);
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(root);
}

static void
on_change(void *ctx, struct board_zone *z, enum board_state from)
{
	const struct status *s = ctx;
	char t[40], before[200];

	if (s->json)
		return;
	clock_rfc3339_s(t, sizeof t, clock_seconds());
	if (s->plain) {
		snprintf(before, sizeof before, "%s, was %s: ", t, board_state_word(from));
		print_sentence(z, before);
	} else {
		printf("%s %-7s > ", t, board_state_word(from));
		print_line(z, 0);
	}
	fflush(stdout);
}

/* --watch: the first picture, then what changes. Ends when nobody observes any more. */
static int
watch(struct status *s, struct many *m)
{
	int64_t last = 0;

	m->board->on_change = on_change;
	m->board->ctx = s;
	for (;;) {
		struct pollfd p[SUPER_ROLES];
		size_t open = 0;
		for (size_t i = 0; i < m->face.n; i++) {
			p[i] = (struct pollfd){ .fd = m->face.stream[i].fd, .events = POLLIN };
			open += p[i].fd >= 0;
		}
		if (!open || ferror(stdout))
			return (int)board_worst(m->board);
		if (poll(p, m->face.n, 1000) > 0)
			for (size_t i = 0; i < m->face.n; i++)
				if (p[i].revents)
					many_read(m, i);
		if (clock_monotonic_usec() - last < USEC)
			continue;
		last = clock_monotonic_usec();
		board_judge(m->board, clock_usec(), USEC / 2);
		if (s->json)
			print_json(m->board, clock_usec());
		fflush(stdout);
	}
}

static int
show(struct status *s, struct many *m, int64_t now)
{
	if (s->json)
		print_json(m->board, now);
	else
		print_all(s, m->board);
	fflush(stdout);
	return (int)board_worst(m->board);
}

static int
run_live(struct status *s, struct many *m, struct err *e)
{
	const struct confine_job tight = { .role = CONFINE_STATUS };
	struct confined done;

	if (!many_start(m, &s->many, e))
		return UNKNOWN;
	if (s->wallboard) {
		int status = wallboard_run(m, &s->board, e);
		if (status >= 0)
			return status;
		*e = (struct err){ 0 }; /* no terminal: the lines */
	}
	if (!confine(&tight, &done, e))
		return UNKNOWN;
	many_first_round(m, m->board->n > 1 ? FIRST_SECONDS_MANY : FIRST_SECONDS);
	int status = show(s, m, clock_usec());
	return s->watch ? watch(s, m) : status;
}

static int
run(int argc, char **argv)
{
	struct status s = { .board = { .w = 0 } };
	struct err e = { 0 };
	struct many m;
	char line[1200];
	int status = parse(&s, argc, argv);

	if (status)
		return status;
	setlocale(LC_CTYPE, "");
	clock_zone(s.board.utc ? "UTC" : NULL);
	if (!many_prepare(&m, &s.many, &e))
		status = UNKNOWN;
	else {
		m.board->minutes = s.wallboard;
		if (!s.many.replay)
			status = run_live(&s, &m, &e);
		else if (!many_replay(&m, &s.many, &e))
			status = UNKNOWN;
		else if (s.wallboard)
			status = wallboard_print(&m, &s.board);
		else
			status = show(&s, &m, m.now);
	}
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus status: %s\n", err_str(&e, line, sizeof line));
	many_free(&m);
	return status;
}

static const struct opt *const tables[] = { own, options_replay, options_config, options_live, NULL };

const struct command cmd_status = {
	.name = "status",
	.args = "[ZONE]... [--watch] [--wallboard] [--json] [--plain] [--replay FILE] [OPTION]...",
	.summary = "one line a zone, worst first; or a screen for the wall",
	.run = run,
	.operands = "ZONE...",
	.options = tables,
	.plugin = true,
};
