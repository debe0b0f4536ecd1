/* unbogus config check|show|paths|sample: what the configuration says, before anything relies on it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"
#include "base/state.h"
#include "base/text.h"
#include "observe/config.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/options.h"

extern const struct command cmd_config;

/* What of share/ is read while the program runs. */
static const char *const shared[] = { "root.hints", "root.key", "causes", "messages/messages.tsv",
	"scenarios", "unbogus.yaml.sample" };

static const char *
config_home(struct arena *a)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (xdg && *xdg)
		return xdg;
	return home && *home ? arena_printf(a, "%s/.config", home) : NULL;
}

const struct config *
configured(struct arena *a, const char *file, struct err *e)
{
	return config_load(a, file, UBG_SYSCONFDIR_READ, config_home(a), e);
}

static bool
asks_for_tsig(const struct config_zone *z)
{
	bool asked = z->primary && z->primary->tsig;

	for (unsigned i = 0; i < z->nameservers_count; i++)
		asked |= z->nameservers[i].tsig != NULL;
	for (unsigned i = 0; i < z->parents_count; i++)
		asked |= z->parents[i].tsig != NULL;
	return asked;
}

/* What reads like a promise of safety and is not kept by this version: said, not kept quiet. */
static void
say_unkept(const struct config_zone *z)
{
	const struct {
		bool asked;
		const char *key, *instead;
	} unkept[] = {
		{ z->second_pair == CONFIG_YES, "second-pair", "one person's phrase is enough" },
		{ z->signer && z->signer->dry_run == CONFIG_YES, "signer: dry-run", "a signer is run for real" },
		{ z->source && z->source->before_publish, "source: before-publish", "nothing is run before it" },
		{ asks_for_tsig(z), "tsig", "servers are asked without it" },
	};

	for (size_t i = 0; i < sizeof unkept / sizeof *unkept; i++)
		if (unkept[i].asked)
			printf("note: %s: %s is read and not used by this version: %s\n", z->name, unkept[i].key,
				unkept[i].instead);
}

static int
check(struct arena *a, const char *file)
{
	struct err e = { 0 };
	char said[900];
	const struct config *c = configured(a, file, &e);

	if (!c) {
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
		return 3;
	}
	printf("%u zone%s, %u producer%s\n", c->zones_count, c->zones_count == 1 ? "" : "s",
		c->producers_count, c->producers_count == 1 ? "" : "s");
	for (unsigned i = 0; i < c->zones_count; i++)
		say_unkept(&c->zones[i]);
	return 0;
}

static int
print_sample(struct arena *a, const char *file)
{
	struct err e = { 0 };
	char path[4096], said[900];
	size_t n;

	(void)a;
	(void)file;
	char *text = file_read(share_path(path, sizeof path, "unbogus.yaml.sample"), 1u << 20, &n, &e);
	if (!text) {
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
		return 3;
	}
	fwrite(text, 1, n, stdout);
	free(text);
	return 0;
}

static int
show(struct arena *a, const char *file)
{
	struct err e = { 0 };
	char said[900];
	const struct config *c = configured(a, file, &e);
	struct text out = { 0 };

	if (!c) {
		fprintf(stderr, "unbogus: %s\n", err_str(&e, said, sizeof said));
		return 3;
	}
	config_show(&out, c);
	fputs(out.len ? text_str(&out) : "{}\n", stdout);
	text_free(&out);
	return 0;
}

static void
print_path(const char *what, const char *path)
{
	char shown[PATH_MAX];

	if (!path)
		return;
	text_clean(shown, sizeof shown, path);
	printf("%-14s %s%s\n", what, shown, access(path, R_OK) == 0 ? "" : "  (is not there)");
}

/* Where everything is looked for, in the order of reading. */
static int
paths(struct arena *a, const char *file)
{
	const char *xdg = config_home(a);
	struct state_place s;
	char path[PATH_MAX];

	if (file)
		print_path("configuration", file);
	else {
		print_path("configuration", UBG_SYSCONFDIR_READ "/unbogus/unbogus.yaml");
		print_path("read over it", xdg ? arena_printf(a, "%s/unbogus/unbogus.yaml", xdg) : NULL);
	}
	if (state_find(&s, NULL, NULL, NULL) && s.root[0])
		print_path("state", s.root);
	print_path("share", share_path(path, sizeof path, ""));
	for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
		print_path("", share_path(path, sizeof path, shared[i]));
	return 0;
}

/* To add a verb: a row, and its word in cmd_config. */
static const struct {
	const char *name;
	int (*run)(struct arena *a, const char *file);
} verbs[] = { { "check", check }, { "show", show }, { "paths", paths }, { "sample", print_sample },
	{ NULL, NULL } };

static int
run(int argc, char **argv)
{
	const char *word = NULL, *file = NULL;
	bool bad = false;

	for (int i = 1; i < argc; i++)
		if ((strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0) && i + 1 < argc)
			file = argv[++i];
		else if (!word)
			word = argv[i];
		else
			bad = true;
	size_t v = 0;
	while (word && verbs[v].name && strcmp(verbs[v].name, word) != 0)
		v++;
	if (bad || !word || !verbs[v].name) {
		fprintf(stderr, "usage: unbogus config %s\n", cmd_config.args);
		return EXIT_USAGE;
	}
	struct arena *a = arena_new();
	int status = verbs[v].run(a, file);
	arena_free(a);
	return status;
}

static const struct opt *const tables[] = { options_config, NULL };

const struct command cmd_config = { .name = "config", .args = "check|show|paths|sample [-c FILE]",
	.summary = "is the configuration good; what it says, where it is; a sample",
	.run = run, .options = tables, .operands = "check|show|paths|sample" };
