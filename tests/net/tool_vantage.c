/*
 * tool_vantage: the vantages part of "observe net" by itself, in the place of the producer, told
 * which servers a private root has: so that a test of what vantages say does not depend on what
 * the rounds of questions to servers find.
 *
 *   tool_vantage ZONE ANCHORFILE ROUNDS [CUT=ADDRESS@PORT]... -- [NAME=ADDRESS@PORT,KIND | NAME]...
 *
 * NAME alone is libunbound; "aged" as a name keeps its cache. Prints the stream. It runs ROUNDS
 * rounds; between them it waits for a line on standard input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/stream.h"
#include "observe/vantage.h"

struct net {
	uv_loop_t loop;
	struct transport *transport;
	struct net_options opt;
	struct name zone;
	struct endpoint at[64];
	size_t n_at;
	int busy, rounds;
	void *part;
};

uv_loop_t *
net_loop(struct net *n)
{
	return &n->loop;
}

struct transport *
net_transport(struct net *n)
{
	return n->transport;
}

const struct net_options *
net_options(const struct net *n)
{
	return &n->opt;
}

const struct name *
net_zone(const struct net *n)
{
	return &n->zone;
}

struct obs *
net_obs(struct net *n, enum fact fact)
{
	return obs_new(fact, clock_usec(), "net", &n->zone);
}

void
net_emit(struct net *n, struct obs *o)
{
	struct text line = { 0 };

	(void)n;
	stream_write(&line, o);
	fputs(text_str(&line), stdout);
	fflush(stdout);
	text_free(&line);
	obs_unref(o);
}

size_t
net_servers(const struct net *n, const struct name *cut, struct endpoint *out, size_t max)
{
	size_t k = 0;

	for (size_t i = 0; i < n->n_at && k < max; i++)
		if (name_equal(&n->at[i].cut, cut))
			out[k++] = n->at[i];
	return k;
}

size_t
net_cuts(const struct net *n, struct name *out, size_t max)
{
	size_t k = 0;

	for (size_t i = 0; i < n->n_at && k < max; i++)
		if (i == 0 || !name_equal(&n->at[i].cut, &n->at[i - 1].cut))
			out[k++] = n->at[i].cut;
	return k;
}

void
net_busy(struct net *n, int change)
{
	char line[80];

	n->busy += change;
	if (n->busy > 0)
		return;
	n->opt.once = true; /* no rounds by the clock: the test says when */
	if (--n->rounds > 0 && fgets(line, sizeof line, stdin))
		vantage_probe(n, n->part, "");
	else
		vantage_stop(n, n->part);
}

static bool
endpoint_read(char *arg, char **name, char **address, uint16_t *port)
{
	char *eq = strchr(arg, '='), *at = eq ? strrchr(eq, '@') : NULL;

	if (!eq || !at)
		return false;
	*eq = *at = '\0';
	*name = arg;
	*address = eq + 1;
	*port = (uint16_t)atoi(at + 1);
	return true;
}

static struct net_vantage
vantage_read(char *arg)
{
	struct net_vantage v = { .name = arg, .type = VANTAGE_LIBUNBOUND, .kind = "own", .counted = true };
	char *comma = strchr(arg, ','), *name, *address;

	if (comma)
		*comma = '\0';
	if (endpoint_read(arg, &name, &address, &v.port)) {
		v.name = name;
		v.address = address;
		v.type = VANTAGE_RESOLVER;
		v.kind = comma ? comma + 1 : "isp";
	}
	v.cache_kept = strcmp(v.name, "aged") == 0;
	return v;
}

int
main(int argc, char **argv)
{
	static struct net n;
	static struct net_vantage vantages[16];
	struct err e = { 0 };
	char *cut, *address, line[1300];
	int i = 4;

	if (argc < 5 || !name_from_text(&n.zone, argv[1], &e))
		return 64;
	n.rounds = atoi(argv[3]);
	for (; i < argc && strcmp(argv[i], "--") != 0 && n.n_at < 64; i++) {
		struct endpoint *at = &n.at[n.n_at++];
		if (!endpoint_read(argv[i], &cut, &address, &at->port) || !name_from_text(&at->cut, cut, &e))
			return 64;
		at->address = address;
		at->role = ROLE_CHILD;
	}
	for (i++; i < argc && n.opt.n_vantages < 16; i++)
		vantages[n.opt.n_vantages++] = vantage_read(argv[i]);
	n.opt.vantages = vantages;
	n.opt.anchor = argv[2];
	n.opt.root_hints = "private";
	uv_loop_init(&n.loop);
	n.transport = transport_new(&n.loop);
	if (!vantage_start(&n, &n.part, &e)) {
		fprintf(stderr, "%s\n", err_str(&e, line, sizeof line));
		return 3;
	}
	vantage_full_round(&n, n.part, true);
	uv_run(&n.loop, UV_RUN_DEFAULT);
	transport_free(n.transport);
	uv_run(&n.loop, UV_RUN_DEFAULT);
	return uv_loop_close(&n.loop) == 0 ? 0 : 1; /* 1: a handle was left open */
}
