/* unbogus config check|paths|sample: what the configuration says, before anything relies on it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/share.h"
#include "observe/config.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"

extern const struct command cmd_config;

const struct config *
configured(struct arena *a, const char *file, struct err *e)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (!xdg || !*xdg)
		xdg = home && *home ? arena_printf(a, "%s/.config", home) : NULL;
	return config_load(a, file, UBG_SYSCONFDIR_READ, xdg, e);
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
	return 0;
}

static int
print_sample(void)
{
	struct err e = { 0 };
	char path[4096], said[900];
	size_t n;

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
run(int argc, char **argv)
{
	const char *file = argc == 4 && strcmp(argv[2], "-c") == 0 ? argv[3] : NULL;
	struct arena *a;

	if (argc == 2 && strcmp(argv[1], "sample") == 0)
		return print_sample();
	if (argc < 2 || strcmp(argv[1], "check") != 0 || (argc != 2 && !file)) {
		fprintf(stderr, "usage: unbogus config %s\n", cmd_config.args);
		return EXIT_USAGE;
	}
	a = arena_new();
	int status = check(a, file);
	arena_free(a);
	return status;
}

const struct command cmd_config = { .name = "config", .args = "check [-c FILE] | sample",
	.summary = "check the configuration, or print a sample", .run = run };
