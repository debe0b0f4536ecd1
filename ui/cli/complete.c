/*
 * unbogus complete WORD...: what the last word can be, one a line, for the shells' completions in
 * share/completion. From the tables of options and operands, the configuration, and what a record
 * keeps on this host; never from the network. A line ":file" asks the shell for its files.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/share.h"
#include "base/state.h"
#include "change/action.h"
#include "observe/histdb.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/options.h"

extern const struct command cmd_complete;

static void
offer(const char *start, const char *word, size_t n)
{
	size_t k = strlen(start);
	bool clean = n > 0;

	for (size_t i = 0; i < n; i++) /* it goes into a shell's words */
		clean = clean && (unsigned char)word[i] > ' ' && (unsigned char)word[i] < 0x7f && word[i] != '\\';
	if (clean && n >= k && strncmp(start, word, k) == 0)
		printf("%.*s\n", (int)n, word);
}

static void
zones(struct arena *a, const char *start)
{
	const struct config *c = configured(a, NULL, NULL);
	char text[NAME_MAX_TEXT];
	struct state_place s;
	struct dirent *de;

	for (unsigned i = 0; c && i < c->zones_count; i++)
		offer(start, c->zones[i].name, strlen(c->zones[i].name));
	DIR *d = state_find(&s, NULL, NULL, NULL) && s.root[0] ? opendir(s.root) : NULL;
	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' && strchr(de->d_name, '.') && state_unescape(text, sizeof text, de->d_name) &&
				!(c && config_zone_find(c, text)))
			offer(start, text, strlen(text) - (strlen(text) > 1));
	if (d)
		closedir(d);
}

/* Names of the files of share/FOLDER without their ending. */
static void
shared(const char *folder, const char *start)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *d = opendir(share_path(path, sizeof path, folder));

	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.')
			offer(start, de->d_name, strcspn(de->d_name, "."));
	if (d)
		closedir(d);
}

static void
tags_of(void *ctx, struct obs *o)
{
	char tag[16];

	for (size_t i = 0; o->fact == FACT_VERSION && o->u.version.of == VERSION_DNSKEY &&
			i < o->u.version.rrs.n; i++) {
		const struct rr *rr = &o->u.version.rrs.v[i];
		if (rr->type == T_DNSKEY)
			offer(ctx, tag, (size_t)snprintf(tag, sizeof tag, "%u", dnskey_tag(rr->rdata, rr->rdlen)));
	}
	obs_unref(o);
}

static void
tags(const char *zone, char *start)
{
	char text[NAME_MAX_TEXT];
	struct state_place s;
	struct name n;

	if (!zone || !name_from_text(&n, zone, NULL) || !state_find(&s, NULL, name_to_text(text, &n), NULL))
		return;
	struct histdb *h = histdb_open(&s, &n, false, clock_usec(), NULL);
	if (h)
		histdb_emit(h, clock_usec(), 0, 1, tags_of, start);
	histdb_close(h);
}

/* One alternative of struct command.operands. */
static void
operand(struct arena *a, const char *kind, size_t n, const char *zone, char *start)
{
	if (n == 4 && memcmp(kind, "ZONE", n) == 0)
		zones(a, start);
	else if (n == 3 && memcmp(kind, "TAG", n) == 0)
		tags(zone, start);
	else if (n == 4 && memcmp(kind, "FILE", n) == 0)
		printf(":file\n");
	else if (n == 5 && memcmp(kind, "FAULT", n) == 0)
		shared("causes", start);
	else if (n == 8 && memcmp(kind, "SCENARIO", n) == 0)
		shared("scenarios", start);
	else if (n == 6 && memcmp(kind, "ACTION", n) == 0) {
		for (const struct action *x = actions; x->name; x++)
			if (x->change)
				offer(start, x->name, strlen(x->name));
	} else
		offer(start, kind, n);
}

/* The alternatives at POSITION. */
static void
operands(struct arena *a, const struct command *c, int position, const char *zone, char *start)
{
	const char *p = c->operands ? c->operands : "";

	for (; position > 0 && p[strcspn(p, " ")]; position--)
		p += strcspn(p, " ") + 1;
	size_t all = strcspn(p, " ");
	bool again = all > 3 && memcmp(p + all - 3, "...", 3) == 0;
	if (position > 0 && !again)
		return;
	for (all -= again ? 3 : 0; all > 0;) {
		size_t n = strcspn(p, "| ");
		n = n < all ? n : all;
		operand(a, p, n, zone, start);
		all -= n < all ? n + 1 : all;
		p += n + 1;
	}
}

static void
options(const struct command *c, const char *start)
{
	for (size_t t = 0; c->options && c->options[t]; t++)
		for (const struct opt *o = c->options[t]; o->name; o++)
			offer(start, o->name, strlen(o->name));
	offer(start, "--help", 6);
}

static void
values(const struct opt *o, const char *start)
{
	for (const char *w = o->words ? o->words : ""; *w; w += strcspn(w, " "), w += *w == ' ')
		offer(start, w, strcspn(w, " "));
	if (strcmp(o->arg, "FILE") == 0 || strcmp(o->arg, "DIR") == 0 || strcmp(o->arg, "PLAN") == 0 ||
			strcmp(o->arg, "RUN") == 0)
		printf(":file\n");
}

static void
complete(struct arena *a, int argc, char **argv)
{
	char *start = argv[argc - 1];
	const struct command *c = argc > 2 ? command_find(argv[1]) : NULL;
	const struct opt *o = c ? options_find(c, argv[argc - 2]) : NULL;
	const char *zone = NULL;
	int position = 0;

	if (argc == 2) {
		for (size_t i = 0; commands[i]; i++)
			offer(start, commands[i]->name, strlen(commands[i]->name));
		zones(a, start);
		return;
	}
	if (!c) /* a zone for the console, and its options */
		c = command_find("console"), position = 1;
	if (o && o->arg && *o->arg != '[') {
		values(o, start);
		return;
	}
	if (*start == '-') {
		options(c, start);
		return;
	}
	for (int i = 2; i < argc - 1; i++) {
		const struct opt *at = argv[i][0] == '-' ? options_find(c, argv[i]) : NULL;
		if (argv[i][0] == '-')
			i += at && at->arg && *at->arg != '[';
		else if (position++ == 0)
			zone = argv[i];
	}
	operands(a, c, position, zone, start);
}

static int
run(int argc, char **argv)
{
	struct arena *a = arena_new();

	if (argc > 1)
		complete(a, argc, argv);
	arena_free(a);
	return 0;
}

/* No table: the words are another command's. */
const struct command cmd_complete = { .name = "complete", .args = "WORD...",
	.summary = "what the last word can be, for the shells' completions", .run = run };
