/* unbogus observe net ZONE: asks the world, and prints what it said as a stream. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "observe/net.h"
#include "ui/cli/command.h"
#include "ui/cli/observe.h"
#include "ui/cli/observe_vantages.h"

#define SERVERS_MAX 64

static const char synopsis[] =
	"usage: unbogus observe net ZONE [--once] [--root-hints FILE] [--trust-anchor FILE] [--port N]\n"
	"       [--period SPAN] [--timeout SPAN] [--server NAME@ADDRESS[:PORT]]...\n"
	"       [--parent NAME@ADDRESS[:PORT]]...\n"
	"       " VANTAGES_USAGE "\n";

struct observe_args {
	struct net_options o;
	struct net_server servers[SERVERS_MAX], parents[SERVERS_MAX];
	struct vantage_args vantages;
	char sandbox[512];
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

	if (strcmp(opt, "--root-hints") == 0)
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

/* The folder that PATH is in: rules are on folders, since files are replaced. */
static const char *
folder_of(char *out, size_t size, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!path)
		return NULL;
	if (!slash)
		return ".";
	snprintf(out, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return out;
}

static bool
confine_observer(struct observe_args *x, struct err *e)
{
	char hints[4096], anchor[4096], share[4096];
	const struct confine_path paths[] = {
		{ folder_of(hints, sizeof hints, x->o.root_hints), false },
		{ folder_of(anchor, sizeof anchor, x->o.anchor), false },
		{ net_share(share, sizeof share, ""), false } };
	const struct confine_job job = { .role = CONFINE_NET, .paths = paths,
		.n_paths = sizeof paths / sizeof *paths };
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
	vantage_args_give(&x->vantages, &x->o);
	status = confine_observer(x, &e) ? net_run(&x->o, STDOUT_FILENO, &e) : 3;
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus observe net: %s\n", err_str(&e, line, sizeof line));
out:
	free(x);
	return status;
}
