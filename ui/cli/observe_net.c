/* unbogus observe net ZONE: asks the world, and prints what it said as a stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/share.h"
#include "base/text.h"
#include "observe/net.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/observe.h"
#include "ui/cli/observe_vantages.h"

#define SERVERS_MAX 64

static const char synopsis[] =
	"usage: unbogus observe net ZONE [--once] [--root-hints FILE] [--trust-anchor FILE] [--port N]\n"
	"       [--period SPAN] [--timeout SPAN] [--server NAME@ADDRESS[:PORT]]...\n"
	"       [--parent NAME@ADDRESS[:PORT]]... [-c FILE]\n"
	"       (more than one ZONE, or --all of the configuration: [--rate N])\n"
	"       " VANTAGES_USAGE "\n";

/* One zone, or what the command line says of all. */
struct observe_args {
	struct net_options o;
	struct net_server servers[SERVERS_MAX], parents[SERVERS_MAX];
	struct vantage_args vantages;
	const char *config;
	struct arena *arena;
};

struct observe_many {
	struct {
		const char **v;
		size_t n, cap;
	} zones;
	bool all;
	struct net_budget budget;
	char sandbox[512];
};

static int
usage(const char *why, const char *what)
{
	fputs(synopsis, stderr);
	if (why) /* last: it is what a supervisor shows */
		fprintf(stderr, "unbogus observe: %s%s%s\n", why, what ? ": " : "", what ? what : "");
	return EXIT_USAGE;
}

static bool
read_port(const char *s, uint16_t *port)
{
	uint64_t v;

	if (!text_number(s, 65535, &v) || v == 0)
		return false;
	*port = (uint16_t)v;
	return true;
}

/* NAME@ADDRESS[:PORT], NAME@[V6]:PORT or NAME@V6; cuts the argument in place. */
static bool
read_server(char *arg, struct net_server *s)
{
	char *at = strchr(arg, '@'), *colon;
	union address a;

	if (!at)
		return false;
	*at = '\0';
	s->name = arg;
	s->address = at + 1;
	if (*s->address == '[') {
		char *end = strchr(s->address, ']');
		if (!end)
			return false;
		*end = '\0';
		s->address++;
		if (end[1] == ':' ? !read_port(end + 2, &s->port) : end[1] != '\0')
			return false;
	} else if ((colon = strchr(s->address, ':')) && !strchr(colon + 1, ':')) {
		*colon = '\0';
		if (!read_port(colon + 1, &s->port))
			return false;
	}
	return address_parse(&a, s->address, 53);
}

static bool
take_server(struct net_server *v, size_t *n, char *arg)
{
	if (*n == SERVERS_MAX || !read_server(arg, &v[*n]))
		return false;
	(*n)++;
	return true;
}

static bool
take_option(struct observe_args *x, const char *opt, char *arg)
{
	struct net_options *o = &x->o;

	if (strcmp(opt, "-c") == 0 || strcmp(opt, "--config") == 0)
		x->config = arg;
	else if (strcmp(opt, "--root-hints") == 0)
		o->root_hints = arg;
	else if (strcmp(opt, "--trust-anchor") == 0)
		o->anchor = arg;
	else if (strcmp(opt, "--port") == 0)
		return read_port(arg, &o->port);
	else if (strcmp(opt, "--server") == 0)
		return take_server(x->servers, &o->n_servers, arg);
	else if (strcmp(opt, "--parent") == 0)
		return take_server(x->parents, &o->n_parents, arg);
	else if (strcmp(opt, "--vantage") == 0)
		return vantage_args_add(&x->vantages, arg);
	else if (strcmp(opt, "--period") == 0)
		return clock_parse_span(arg, &o->period) && o->period > 0;
	else if (strcmp(opt, "--timeout") == 0)
		return clock_parse_span(arg, &o->timeout) && o->timeout > 0;
	else
		return false;
	return true;
}

static bool
give_server(struct net_server *v, size_t *n, const struct config_server *c, uint16_t port,
	bool primary)
{
	if (*n == SERVERS_MAX)
		return false;
	v[(*n)++] = (struct net_server){ .name = c->name, .address = c->address,
		.port = c->port ? (uint16_t)c->port : port, .primary = primary };
	return true;
}

static bool
give_servers(struct observe_args *x, const struct config_zone *z, struct err *e)
{
	struct net_options *o = &x->o;
	bool ok = true, servers = o->n_servers == 0, parents = o->n_parents == 0;
	uint16_t port = (uint16_t)z->port;

	for (unsigned i = 0; servers && i < z->nameservers_count; i++)
		ok = ok && give_server(x->servers, &o->n_servers, &z->nameservers[i], port, false);
	/* a primary alone says nothing about who serves the zone: then the walk finds the servers */
	if (servers && o->n_servers > 0 && z->primary && z->primary->address)
		ok = ok && give_server(x->servers, &o->n_servers, z->primary, port, z->primary->hidden != CONFIG_NO);
	for (unsigned i = 0; parents && i < z->parents_count; i++)
		ok = ok && give_server(x->parents, &o->n_parents, &z->parents[i], 0, false);
	return ok || err_set(e, ERR_LIMIT, z->name, "config: nameservers", "at most 64 addresses", "more");
}

static bool
give_vantages(struct vantage_args *x, const struct config_zone *z, struct err *e)
{
	for (unsigned i = 0; i < z->vantages_count; i++) {
		const struct config_vantage *c = &z->vantages[i];
		bool own = c->type && strcmp(c->type, "libunbound") == 0;
		if (x->n == VANTAGES_MAX)
			return err_set(e, ERR_LIMIT, z->name, "config: vantages", "at most 64", "more");
		x->no_own = x->no_own || own; /* they are named here */
		x->v[x->n++] = (struct net_vantage){ .name = c->name, .kind = c->kind ? c->kind : own ? "own" : "isp",
			.type = own ? VANTAGE_LIBUNBOUND : VANTAGE_RESOLVER, .address = c->address,
			.port = (uint16_t)c->port, .anchor = c->anchor, .counted = c->counted != CONFIG_NO,
			.cache_kept = own && c->cache && strcmp(c->cache, "keep") == 0 };
	}
	return true;
}

/* What the command line does not give comes from the configuration. */
static bool
take_config(struct observe_args *x, const struct config *c, struct err *e)
{
	struct net_options *o = &x->o;
	const struct config_zone *z = config_zone_find(c, o->zone);

	o->root_hints = o->root_hints ? o->root_hints : c->root_hints;
	o->anchor = o->anchor ? o->anchor : c->trust_anchor;
	o->port = o->port ? o->port : (uint16_t)c->port;
	o->period = o->period ? o->period : config_span(c->period, 0);
	o->known_good = (const char *const *)c->known_good;
	o->n_known_good = c->known_good_count;
	o->known_bogus = (const char *const *)c->known_bogus;
	o->n_known_bogus = c->known_bogus_count;
	if (!z)
		return true;
	return give_servers(x, z, e) && (x->vantages.n > 0 || give_vantages(&x->vantages, z, e));
}

static bool
confine_observer(struct observe_args *x, char *said, size_t size, struct err *e)
{
	char share[4096];
	/* files that are read once, at start: rules on the files themselves will do */
	struct confine_path paths[5 + VANTAGES_MAX] = { { x->o.root_hints, false },
		{ x->o.anchor, false }, { share_path(share, sizeof share, ""), false } };
	size_t n = 3;
	for (size_t i = 0; i < x->vantages.n; i++)
		paths[n++].path = x->vantages.v[i].anchor;
	const struct confine_job job = { .role = CONFINE_NET, .paths = paths, .n_paths = n };
	struct confined done;

	if (!confine(&job, &done, e))
		return false;
	confine_describe(&done, said, size);
	return true;
}

static bool
read_rate(const char *s, unsigned *rate)
{
	uint64_t v;

	if (!text_number(s, 10000, &v) || v < 1)
		return false;
	*rate = (unsigned)v;
	return true;
}

/* 0, or the exit code. */
static int
take_words(struct observe_args *x, struct observe_many *m, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			x->o.once = true;
		else if (strcmp(argv[i], "--all") == 0)
			m->all = true;
		else if (strcmp(argv[i], "--no-own-vantages") == 0)
			x->vantages.no_own = true;
		else if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc) {
			if (!read_rate(argv[++i], &m->budget.rate))
				return usage("not a rate of 1 to 10000", argv[i]);
		} else if (argv[i][0] == '-' && i + 1 < argc && take_option(x, argv[i], argv[i + 1]))
			i++;
		else if (argv[i][0] != '-')
			arena_push(x->arena, &m->zones, argv[i]);
		else
			return usage("not understood", argv[i]);
	}
	return m->zones.n > 0 || m->all ? 0 : usage("which zone?", NULL);
}

/* A libunbound each would be too much for many zones: resolvers are asked, where there are some. */
static void
only_resolvers(struct vantage_args *v)
{
	size_t n = 0;

	v->no_own = true;
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].type == VANTAGE_RESOLVER)
			v->v[n++] = v->v[i];
	v->n = n;
}

/* The zones' options: those of the command line, then the configuration's. NULL with E. */
static struct net_options *
zones_options(struct observe_args *x, struct observe_many *m, struct err *e)
{
	const struct config *c = configured(x->arena, x->config, e);

	if (!c)
		return NULL;
	for (unsigned i = 0; m->all && i < c->zones_count; i++)
		arena_push(x->arena, &m->zones, c->zones[i].name);
	if (m->zones.n == 0) {
		err_set(e, ERR_NOT_FOUND, "--all", "config: zones", "a zone", "none");
		return NULL;
	}
	struct net_options *o = arena_new_array(x->arena, struct net_options, m->zones.n);
	for (size_t i = 0; i < m->zones.n; i++) {
		struct observe_args *z = arena_new_one(x->arena, struct observe_args);
		*z = *x;
		z->o.zone = m->zones.v[i];
		z->o.servers = z->servers;
		z->o.parents = z->parents;
		if (!take_config(z, c, e))
			return NULL;
		if (m->zones.n > 1)
			only_resolvers(&z->vantages);
		vantage_args_give(&z->vantages, &z->o);
		o[i] = z->o;
	}
	x->o.root_hints = o[0].root_hints;
	x->o.anchor = o[0].anchor;
	return o;
}

int
observe_net(int argc, char **argv)
{
	struct observe_args *x = calloc(1, sizeof *x);
	struct observe_many m = { .all = false };
	struct err e = { 0 };
	char line[1200];

	if (!x)
		return 3;
	x->arena = arena_new();
	x->o.in_fd = STDIN_FILENO;
	int status = take_words(x, &m, argc, argv);
	if (status == 0) {
		struct net_options *o = zones_options(x, &m, &e);
		status = 3;
		if (o && confine_observer(x, m.sandbox, sizeof m.sandbox, &e)) {
			o[0].sandbox = m.sandbox;
			status = net_run_many(o, m.zones.n, &m.budget, STDOUT_FILENO, &e);
		}
	}
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus observe net: %s\n", err_str(&e, line, sizeof line));
	arena_free(x->arena);
	free(x);
	return status;
}
