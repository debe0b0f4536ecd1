/* unbogus worlds FILE: what breaks in which combination of caches, and until when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"
#include "verdict/worlds.h"

#define INPUT_MAX (16u << 20)

extern const struct command cmd_worlds;

static const char *
when(char *buf, size_t size, int64_t t)
{
	return t == TIME_NEVER ? "until something is changed" : clock_rfc3339_s(buf, size, t);
}

static void
print_plain(const struct worlds *w)
{
	char from[40], until[40], unbound[40];

	printf("Now: %s%s%s\n", verdict_name(w->now_verdict), *w->now_reason ? ": " : "", w->now_reason);
	if (w->n == 0)
		printf("No combination that a cache can hold is bogus.\n");
	for (size_t i = 0; i < w->n; i++) {
		const struct broken *b = &w->v[i];
		printf("Broken: from %s %s%s\n", clock_rfc3339_s(from, sizeof from, b->from),
			b->until == TIME_NEVER ? "" : "until ", when(until, sizeof until, b->until));
		printf("  DS version %zu%s, DNSKEY version %zu%s, %s version %zu%s: %s%s\n", b->ds,
			b->old_ds ? " (old)" : "", b->dnskey, b->old_dnskey ? " (old)" : "",
			b->negative ? "negative" : "data", b->data, b->old_data ? " (old)" : "", b->reason,
			b->direct ? "" : "; only clients that validate behind another cache");
		if (b->until != TIME_NEVER)
			printf("  Unbound may remember the failure until %s\n",
				clock_rfc3339_s(unbound, sizeof unbound, b->heals[FAMILY_UNBOUND]));
	}
}

static char *
read_input(const char *path, size_t *n, struct err *e)
{
	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, "standard input", INPUT_MAX, n, e);
	return file_read(path, INPUT_MAX, n, e);
}

static int
usage(void)
{
	fprintf(stderr, "usage: unbogus worlds %s\n", cmd_worlds.args);
	return EXIT_USAGE;
}

static int
run(int argc, char **argv)
{
	const struct profile *profile = &profiles[0];
	const char *path = NULL;
	bool json = false;
	struct err e = { 0 };
	char line[1200];
	size_t n;
	int status = 3;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (strcmp(argv[i], "--profile") == 0 && i + 1 < argc) {
			profile = profile_find(argv[++i]);
			if (!profile) {
				fprintf(stderr, "unbogus worlds: --profile is strict, unbound, hardened or no-sha1\n");
				return EXIT_USAGE;
			}
		} else if (!path && (argv[i][0] != '-' || !argv[i][1]))
			path = argv[i];
		else
			return usage();
	}
	if (!path)
		return usage();
	struct arena *a = arena_new();
	char *input = read_input(path, &n, &e);
	const struct worlds_input *in = input ? worlds_read(a, input, n, &e) : NULL;
	if (!in) {
		fprintf(stderr, "unbogus worlds: %s\n", err_str(&e, line, sizeof line));
		goto out;
	}
	const struct worlds *w = worlds_compute(a, in, profile, NULL);
	if (json) {
		json_t *j = worlds_json(w);
		json_dumpf(j, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(j);
	} else
		print_plain(w);
	status = 0;
out:
	free(input);
	arena_free(a);
	return status;
}

static const struct opt own[] = {
	{ "--profile", NULL, "PROFILE",
		"as this kind of validator judges (default strict)", "strict unbound hardened no-sha1" },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_worlds = {
	.name = "worlds",
	.args = "FILE [--profile strict|unbound|hardened|no-sha1] [--json]",
	.summary = "what caches may hold together, and what of it is bogus until when",
	.run = run,
	.options = tables,
	.operands = "FILE",
};
