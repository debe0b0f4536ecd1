/* unbogus observe net ZONE: asks the world, and prints what it said as a stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/share.h"
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
	"       " VANTAGES_USAGE "\n";

struct observe_args {
	struct net_options o;
	struct net_server servers[SERVERS_MAX], parents[SERVERS_MAX];
	struct vantage_args vantages;
	char sandbox[512];
	const char *config;
	struct arena *arena;
};

static int
usage(const char *why, const char *what)
{
	if (why)
		fprintf(stderr, "unbogus observe: %s%s%s\n", why, what ? ": " : "", what ? what : "");
	fputs(synopsis, stderr);
	return EXIT_USAGE;
}

static bool
read_port(const char *s, uint16_t *port)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (!*s || *end || v == 0 || v > 65535)
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

	if (strcmp(opt, "-c") == 0)
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
take_config(struct observe_args *x, struct err *e)
{
	struct net_options *o = &x->o;
	const struct config *c = configured(x->arena, x->config, e);
	const struct config_zone *z = c ? config_zone_find(c, o->zone) : NULL;

	if (!c)
		return false;
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
confine_observer(struct observe_args *x, struct err *e)
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
	x->o.sandbox = confine_describe(&done, x->sandbox, sizeof x->sandbox);
	return true;
}

int
observe_net(int argc, char **argv)
{
	struct observe_args *x = calloc(1, sizeof *x);
	struct err e = { 0 };
	char line[1200];
	int status = EXIT_USAGE;

	if (!x)
		return 3;
	x->arena = arena_new();
	x->o.servers = x->servers;
	x->o.parents = x->parents;
	x->o.in_fd = STDIN_FILENO;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			x->o.once = true;
		else if (strcmp(argv[i], "--no-own-vantages") == 0)
			x->vantages.no_own = true;
		else if (argv[i][0] == '-' && i + 1 < argc && take_option(x, argv[i], argv[i + 1]))
			i++;
		else if (argv[i][0] != '-' && !x->o.zone)
			x->o.zone = argv[i];
		else {
			usage("not understood", argv[i]);
			goto out;
		}
	}
	if (!x->o.zone) {
		usage("which zone?", NULL);
		goto out;
	}
	status = 3;
	if (take_config(x, &e)) {
		vantage_args_give(&x->vantages, &x->o);
		if (confine_observer(x, &e))
			status = net_run(&x->o, STDOUT_FILENO, &e);
	}
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus observe net: %s\n", err_str(&e, line, sizeof line));
out:
	arena_free(x->arena);
	free(x);
	return status;
}
