/* options: the tables that several commands share, and what is done with any table. */
#include "ui/cli/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLS 80
#define HELP_INDENT 26

const struct opt options_replay[] = {
	{ "--replay", NULL, "FILE", "read a recorded stream instead of the network (- standard input)", NULL },
	{ "--at", NULL, "TIME", "as it was at that moment (RFC 3339; default: the newest fact)", NULL },
	{ "--anchors", NULL, "FILE", "the root's DNSKEY or DS records for a recording", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct opt options_display[] = {
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ "--plain", NULL, NULL, "sentences, one a line, for readers and logs", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct opt options_config[] = {
	{ "--config", "-c", "FILE", "read this configuration and no other", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct opt options_config_long[] = {
	{ "--config", NULL, "FILE", "read this configuration and no other", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct opt options_live[] = {
	{ "--state", NULL, "DIR", "where history and sockets are (root: /var/lib/unbogus)", NULL },
	{ "--port", NULL, "N", "where name servers listen (default 53)", NULL },
	{ "--root-hints", NULL, "FILE", "addresses of the root servers", NULL },
	{ "--trust-anchor", NULL, "FILE", "the root's DNSKEY or DS records", NULL },
	{ "--period", NULL, "SPAN", "between two looks at the serials (default 10s)", NULL },
	{ "--server", NULL, "NAME@ADDRESS[:PORT]", "a server of the zone; default: found from the root", NULL },
	{ "--parent", NULL, "NAME@ADDRESS[:PORT]", "a server of the parent; default: found from the root", NULL },
	{ "--vantage", NULL, "VANTAGE", "fresh, warm, or NAME=ADDRESS[:PORT][,kind=K][,counted=no]", NULL },
	{ "--keys", NULL, "DIR", "folder of the zone's key files", NULL },
	{ "--zone-file", NULL, "FILE", "the zone as it goes to the signer", NULL },
	{ "--signed-file", NULL, "FILE", "the zone as it comes from the signer", NULL },
	{ "--signer-log", NULL, "FILE", "what the signer said", NULL },
	{ "--source", NULL, "SPEC", "source of truth: svn:PATH:FILE, git:PATH:FILE or file:FILE", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt face[] = {
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ "--record", NULL, "FILE", "write what is observed to this file, as a stream", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct opt *const options_of_face[] = { face, options_replay, options_config, options_live, NULL };

const struct opt *
options_find(const struct command *c, const char *word)
{
	for (size_t t = 0; c->options && c->options[t]; t++)
		for (const struct opt *o = c->options[t]; o->name; o++)
			if (strcmp(o->name, word) == 0 || (o->brief && strcmp(o->brief, word) == 0))
				return o;
	return NULL;
}

/* ---- help ---- */

/* TEXT from column COL on, broken at blanks before HELP_COLS, further lines indented. */
static void
add_wrapped(struct text *out, const char *text, size_t col, size_t indent)
{
	while (*text) {
		size_t n = strcspn(text, " ");
		if (col > indent && col + 1 + n > HELP_COLS) {
			text_add(out, "\n%*s", (int)indent, "");
			col = indent;
		} else if (col > indent) {
			text_add(out, " ");
			col++;
		}
		text_add_n(out, text, n);
		col += n;
		text += n;
		text += strspn(text, " ");
	}
	text_add(out, "\n");
}

/* The next word of a synopsis: a bracketed group stays on one line where it fits. */
static size_t
synopsis_word(const char *s)
{
	size_t n = 0;
	int depth = 0;

	for (; s[n] && (depth > 0 || (s[n] != ' ' && s[n] != '\n')); n++)
		depth += s[n] == '[' ? 1 : s[n] == ']' ? -1 : 0;
	return n;
}

static void
add_synopsis(struct text *out, const struct command *c)
{
	size_t col = strlen("usage: unbogus ") + strlen(c->name), indent = 7 + 4;

	text_add(out, "usage: unbogus %s", c->name);
	for (const char *s = c->args; *s;) {
		size_t n = synopsis_word(s);
		if (col + 1 + n > HELP_COLS) {
			text_add(out, "\n%*s", (int)indent, "");
			col = indent;
		} else {
			text_add(out, " ");
			col++;
		}
		text_add_n(out, s, n);
		col += n;
		s += n;
		s += strspn(s, " \n");
	}
	text_add(out, "\n");
}

void
options_help(struct text *out, const struct command *c)
{
	add_synopsis(out, c);
	text_add(out, "\n");
	add_wrapped(out, c->summary, 0, 0);
	for (size_t t = 0; c->options && c->options[t]; t++)
		for (const struct opt *o = c->options[t]; o->name; o++) {
			struct text head = { 0 };
			text_add(&head, "  %s%s%s%s%s ", o->brief ? o->brief : "", o->brief ? ", " : "", o->name,
				o->arg ? *o->arg == '[' ? "[=" : " " : "", o->arg ? o->arg + (*o->arg == '[') : "");
			text_add(out, "%s%-*s", t == 0 && o == c->options[0] ? "\n" : "", HELP_INDENT, text_str(&head));
			if (head.len > HELP_INDENT)
				text_add(out, "\n%*s", HELP_INDENT, "");
			add_wrapped(out, o->help, HELP_INDENT, HELP_INDENT);
			text_free(&head);
		}
	text_add(out, "\nManual page: unbogus-%s(1)\n", c->name);
}

/* ---- the command line ---- */

static int
bad_usage(const struct command *c)
{
	fprintf(stderr, "See unbogus %s --help.\n", c->name);
	return c->plugin ? 3 : EXIT_USAGE;
}

static int
no_option(const struct command *c, const char *word)
{
	const char *names[192], *near;
	size_t n = 0;
	char shown[100];

	for (size_t t = 0; c->options[t]; t++)
		for (const struct opt *o = c->options[t]; o->name && n + 1 < sizeof names / sizeof *names; o++)
			names[n++] = o->name;
	names[n] = NULL;
	near = text_nearest(word, names);
	text_clean(shown, sizeof shown, word);
	fprintf(stderr, "unbogus %s: no option %s%s%s%s\n", c->name, shown, near ? "; did you mean " : "",
		near ? near : "", near ? "?" : "");
	return bad_usage(c);
}

static bool
is_one_of(const char *words, const char *value)
{
	size_t len = strlen(value);

	while (words && *words) {
		size_t n = strcspn(words, " ");
		if (n == len && strncmp(words, value, n) == 0)
			return true;
		words += n;
		words += strspn(words, " ");
	}
	return false;
}

static int
bad_value(const struct command *c, const struct opt *o, const char *value)
{
	char shown[100];

	text_clean(shown, sizeof shown, value);
	fprintf(stderr, "unbogus %s: %s is %s, one of: %s\n", c->name, o->name, shown, o->words);
	return bad_usage(c);
}

/* A first word that is none of the command's own, where nothing else can stand. */
static int
bad_word(const struct command *c, const char *word)
{
	char list[200], shown[100], *save = NULL;
	const char *names[16] = { NULL }, *near;
	size_t n = 0;

	if (!c->operands || !islower((unsigned char)*c->operands))
		return 0;
	snprintf(list, sizeof list, "%.*s", (int)strcspn(c->operands, " "), c->operands);
	for (char *s = strtok_r(list, "|", &save); s && n + 1 < sizeof names / sizeof *names;
			s = strtok_r(NULL, "|", &save)) {
		if (strcmp(s, word) == 0)
			return 0;
		names[n++] = s;
	}
	near = text_nearest(word, names);
	text_clean(shown, sizeof shown, word);
	fprintf(stderr, "unbogus: no command %s %s%s%s%s\n", c->name, shown,
		near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return bad_usage(c);
}

struct words {
	char **v; /* as many as there can be */
	int n;
};

/* One option at ARGV[*I]; 0, or the exit code. */
static int
take(const struct command *c, struct words *w, int argc, char **argv, int *i)
{
	char *word = argv[*i], *eq = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL, *value = NULL;
	char name[64];

	snprintf(name, sizeof name, "%.*s", eq ? (int)(eq - word) : (int)strlen(word), word);
	const struct opt *o = options_find(c, name);
	if (!o)
		return no_option(c, name);
	if (o->arg && *o->arg == '[') { /* its value is in the same word or not at all */
		w->v[w->n++] = word;
		return 0;
	}
	if (o->arg)
		value = eq ? eq + 1 : *i + 1 < argc ? argv[++*i] : NULL;
	if (o->arg ? !value : eq != NULL) {
		fprintf(stderr, "unbogus %s: %s takes %s%s\n", c->name, o->name, o->arg ? "a value: " : "no value",
			o->arg ? o->arg : "");
		return bad_usage(c);
	}
	if (o->words && !is_one_of(o->words, value))
		return bad_value(c, o, value);
	/* the verb's own reader sees the word that was typed, without its value */
	w->v[w->n++] = eq && value ? (char *)o->name : word;
	if (value)
		w->v[w->n++] = value;
	return 0;
}

int
options_run(const struct command *c, int argc, char **argv)
{
	struct words w = { calloc(2 * (size_t)argc + 2, sizeof(char *)), 0 };
	int status = 0, operands = 0;

	if (!w.v)
		abort();
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 && (c->options || i == 1)) {
			struct text help = { 0 };
			options_help(&help, c);
			fputs(text_str(&help), stdout);
			text_free(&help);
			free(w.v);
			return 0;
		}
	w.v[w.n++] = argv[0];
	for (int i = 1; status == 0 && i < argc; i++) {
		if (c->options && strcmp(argv[i], "--") == 0) {
			while (i < argc)
				w.v[w.n++] = argv[i++];
		} else if (c->options && argv[i][0] == '-' && argv[i][1])
			status = take(c, &w, argc, argv, &i);
		else {
			if (++operands == 1)
				status = bad_word(c, argv[i]);
			w.v[w.n++] = argv[i];
		}
	}
	if (status == 0)
		status = c->run(w.n, w.v);
	free(w.v);
	return status;
}
