/*
 * unbogus metrics: the zones as an exposition for Prometheus and its kin: to a file (for node
 * exporter's textfile collector), or over HTTP on a loopback address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "report/openmetrics.h"
#include "ui/cli/hooks.h"
#include "ui/cli/many.h"
#include "ui/cli/options.h"

extern const struct command cmd_metrics;

#define LISTEN_DEFAULT "127.0.0.1:9753"
#define FIRST_SECONDS 25
#define FIRST_SECONDS_MANY 90
#define EXPOSITION_MAX (64u << 20)
#define CONNECTIONS 32
#define CONNECTION_SECONDS 15

static const char type_openmetrics[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";
static const char type_prometheus[] = "text/plain; version=0.0.4; charset=utf-8";

static const struct opt own[] = {
	{ "--listen", NULL, "ADDRESS:PORT", "serve /metrics and /probe?zone= (default " LISTEN_DEFAULT ")", NULL },
	{ "--textfile", NULL, "FILE", "one look, into this file (- standard output), then end", NULL },
	{ "--openmetrics", NULL, NULL, "the file in OpenMetrics 1.0 instead of the older text format", NULL },
	{ "--compat-chrj", NULL, NULL, "also the series of the older dnssec exporter", NULL },
	{ "--rate", NULL, "N", "questions a second to one server with many zones (default 100)", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

struct metrics {
	struct many_options many;
	const char *listen, *textfile;
	bool openmetrics, compat;
	struct many m;
	struct openmetrics *memory;
	struct hooks *hooks;
};

static int
parse(struct metrics *x, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (strcmp(argv[i], "--openmetrics") == 0)
			x->openmetrics = true;
		else if (strcmp(argv[i], "--compat-chrj") == 0)
			x->compat = true;
		else if (strcmp(argv[i], "--listen") == 0 && value) {
			x->listen = value;
			i++;
		} else if (strcmp(argv[i], "--textfile") == 0 && value) {
			x->textfile = value;
			i++;
		} else if (strcmp(argv[i], "--") != 0 && many_option(&x->many, argc, argv, &i) <= 0) {
			char shown[100];
			text_clean(shown, sizeof shown, argv[i]);
			fprintf(stderr, "unbogus metrics: cannot use %s; see unbogus metrics --help\n", shown);
			return EXIT_USAGE;
		}
	}
	if (x->listen && (x->textfile || x->many.replay)) {
		fprintf(stderr, "unbogus metrics: --listen serves the live zones, and writes no file\n");
		return EXIT_USAGE;
	}
	return 0;
}

/* ---- the exposition ---- */

static struct openmetrics_zone
zone_of(const struct board_zone *z)
{
	return (struct openmetrics_zone){ .name = z->text, .d = z->d, .stale = z->state == BOARD_STALE,
		.next_change = TIME_UNSET };
}

static void
expose(struct metrics *x, struct text *out, bool prometheus)
{
	const struct board *b = x->m.board;
	struct openmetrics_zone *v = calloc(b->n + 1, sizeof *v);

	if (!v)
		abort();
	for (size_t i = 0; i < b->n; i++)
		v[i] = zone_of(b->v[i]);
	openmetrics_write(out, x->memory, v, b->n,
		&(struct openmetrics_options){ .prometheus = prometheus, .compat = x->compat });
	free(v);
}

/* ---- to a file ---- */

static const char *
folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
}

/* Before the look: nothing may be opened for writing afterwards but in that folder. */
static bool
confine_writer(struct metrics *x, struct err *e)
{
	bool out = !x->textfile || strcmp(x->textfile, "-") == 0;
	const struct confine_path path = { out ? NULL : folder_of(x->m.arena, x->textfile), true };
	struct confined done;

	return confine(&(struct confine_job){ .role = out ? CONFINE_STATUS : CONFINE_TEXTFILE, .paths = &path,
		.n_paths = out ? 0 : 1 }, &done, e);
}

static bool
write_file(struct metrics *x, struct err *e)
{
	bool standard = !x->textfile || strcmp(x->textfile, "-") == 0;
	struct text out = { 0 };
	struct err missing = { 0 };
	size_t n;
	char *old = standard ? NULL : file_read(x->textfile, EXPOSITION_MAX, &n, &missing);

	if (old)
		openmetrics_remember(x->memory, old); /* of the run before: its series do not vanish */
	free(old);
	expose(x, &out, !x->openmetrics);
	bool ok = standard ? file_write_all(STDOUT_FILENO, text_str(&out), out.len, "standard output", e)
		: file_replace(x->textfile, text_str(&out), out.len, 0644, e);
	text_free(&out);
	return ok;
}

/* ---- over HTTP ---- */

static enum MHD_Result
reply(struct MHD_Connection *c, unsigned status, const char *type, struct text *body)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(body->len, (void *)(uintptr_t)text_str(body),
		MHD_RESPMEM_MUST_COPY);

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	enum MHD_Result ok = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	text_free(body);
	return ok;
}

static enum MHD_Result
reply_text(struct MHD_Connection *c, unsigned status, const char *s)
{
	struct text body = { 0 };

	text_add(&body, "%s\n", s);
	return reply(c, status, "text/plain; charset=utf-8", &body);
}

static enum MHD_Result
probe(struct metrics *x, struct MHD_Connection *c, bool prometheus)
{
	const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "zone");
	struct text body = { 0 };
	struct name zone;

	if (!text || !name_from_text(&zone, text, NULL))
		return reply_text(c, MHD_HTTP_BAD_REQUEST, "which zone? /probe?zone=example.org");
	struct board_zone *z = board_find(x->m.board, &zone);
	if (!z)
		return reply_text(c, MHD_HTTP_NOT_FOUND, "this zone is not watched");
	if (!z->user)
		z->user = openmetrics_new();
	struct openmetrics_zone one = zone_of(z);
	openmetrics_write(&body, z->user, &one, 1,
		&(struct openmetrics_options){ .prometheus = prometheus, .compat = x->compat });
	return reply(c, MHD_HTTP_OK, prometheus ? type_prometheus : type_openmetrics, &body);
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
	const char *version, const char *upload, size_t *upload_size, void **seen)
{
	struct metrics *x = ctx;
	const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	bool prometheus = !accept || !strstr(accept, "application/openmetrics-text");

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)seen;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return reply_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "read only");
	board_judge(x->m.board, clock_usec(), 2 * USEC);
	if (strcmp(url, "/probe") == 0)
		return probe(x, c, prometheus);
	if (strcmp(url, "/metrics") != 0)
		return reply_text(c, MHD_HTTP_NOT_FOUND, "unbogus: /metrics and /probe?zone=");
	struct text body = { 0 };
	expose(x, &body, prometheus);
	return reply(c, MHD_HTTP_OK, prometheus ? type_prometheus : type_openmetrics, &body);
}

/* "127.0.0.1:9753", "[::1]:9753", ":9753" and "9753" (loopback). */
static bool
listen_address(const char *s, struct sockaddr_storage *out, socklen_t *len)
{
	const char *colon = strrchr(s, ':'), *port = colon ? colon + 1 : s;
	char host[INET6_ADDRSTRLEN + 2] = "";
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	uint64_t n;
	size_t hl = colon ? (size_t)(colon - s) : 0;

	memset(out, 0, sizeof *out);
	if (!text_number(port, 65535, &n) || hl >= sizeof host)
		return false;
	memcpy(host, s, hl);
	host[hl] = '\0';
	if (hl > 1 && host[0] == '[' && host[hl - 1] == ']') {
		host[hl - 1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)n);
		*len = sizeof *v6;
		return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)n);
	*len = sizeof *v4;
	return inet_pton(AF_INET, *host ? host : "127.0.0.1", &v4->sin_addr) == 1;
}

static int
open_socket(const char *where, struct err *e)
{
	struct sockaddr_storage at;
	socklen_t len;
	int one = 1;

	if (!listen_address(where, &at, &len)) {
		err_set(e, ERR_ARG, "--listen", "ADDRESS:PORT", "127.0.0.1:9753 or [::1]:9753", "%s", where);
		return -1;
	}
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, CONNECTIONS) != 0) {
		err_errno(e, where, "listen", errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static struct MHD_Daemon *
start_http(struct metrics *x, int fd, struct err *e)
{
	struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, x,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)32768, MHD_OPTION_END);

	if (!d)
		err_set(e, ERR_UNSUPPORTED, "HTTP", "libmicrohttpd", "a daemon", "none");
	return d;
}

static void
on_change(void *ctx, struct board_zone *z, enum board_state from)
{
	struct metrics *x = ctx;

	hooks_change(x->hooks, z, from);
}

/* Until it is told to end. */
static int
serve(struct metrics *x, struct MHD_Daemon *d, int signals)
{
	int http = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	int64_t last = 0;

	for (;;) {
		struct pollfd p[SUPER_ROLES + 2] = { { .fd = http, .events = POLLIN },
			{ .fd = signals, .events = POLLIN } };
		for (size_t i = 0; i < x->m.face.n; i++)
			p[i + 2] = (struct pollfd){ .fd = x->m.face.stream[i].fd, .events = POLLIN };
		if (poll(p, x->m.face.n + 2, 1000) > 0) {
			for (size_t i = 0; i < x->m.face.n; i++)
				if (p[i + 2].revents)
					many_read(&x->m, i);
			if (p[1].revents)
				return 0;
		}
		MHD_run(d);
		if (clock_monotonic_usec() - last < USEC)
			continue;
		last = clock_monotonic_usec();
		board_judge(x->m.board, clock_usec(), USEC / 4);
		hooks_due(x->hooks);
	}
}

static int
signals_open(void)
{
	sigset_t mine;

	sigemptyset(&mine);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGINT);
	sigaddset(&mine, SIGHUP);
	sigprocmask(SIG_BLOCK, &mine, NULL);
	return signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
run_http(struct metrics *x, struct err *e)
{
	struct MHD_Daemon *d = NULL;
	struct confined done;
	int fd, status = 3;

	if (!many_start(&x->m, &x->many, e))
		return 3;
	if ((fd = open_socket(x->listen ? x->listen : LISTEN_DEFAULT, e)) < 0)
		return 3;
	int signals = signals_open();
	if (!hooks_open(&x->hooks, x->m.config, e) || !(d = start_http(x, fd, e)))
		goto out;
	x->m.board->on_change = on_change;
	x->m.board->ctx = x;
	if (confine(&(struct confine_job){ .role = CONFINE_HTTP }, &done, e) && hooks_start(x->hooks, e)) {
		fprintf(stderr, "unbogus metrics: listening on %s\n", x->listen ? x->listen : LISTEN_DEFAULT);
		status = serve(x, d, signals);
	}
out:
	if (d)
		MHD_stop_daemon(d);
	else
		close(fd);
	hooks_close(x->hooks);
	close(signals);
	return status;
}

static int
run_once(struct metrics *x, struct err *e)
{
	if (x->many.replay) {
		if (!many_replay(&x->m, &x->many, e) || !confine_writer(x, e))
			return 3;
	} else {
		if (!many_start(&x->m, &x->many, e) || !confine_writer(x, e))
			return 3;
		many_first_round(&x->m, x->m.board->n > 1 ? FIRST_SECONDS_MANY : FIRST_SECONDS);
	}
	return write_file(x, e) ? 0 : 3;
}

static int
run(int argc, char **argv)
{
	struct metrics *x = calloc(1, sizeof *x);
	struct err e = { 0 };
	char line[1200];
	int status;

	if (!x)
		abort();
	if ((status = parse(x, argc, argv)) != 0) {
		free(x);
		return status;
	}
	signal(SIGPIPE, SIG_IGN);
	x->memory = openmetrics_new();
	if (!many_prepare(&x->m, &x->many, &e))
		status = 3;
	else
		status = x->textfile || x->many.replay ? run_once(x, &e) : run_http(x, &e);
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus metrics: %s\n", err_str(&e, line, sizeof line));
	for (size_t i = 0; x->m.board && i < x->m.board->n; i++)
		openmetrics_free(x->m.board->v[i]->user);
	openmetrics_free(x->memory);
	many_free(&x->m);
	free(x);
	return status;
}

static const struct opt *const tables[] = { own, options_replay, options_config, options_live, NULL };

const struct command cmd_metrics = {
	.name = "metrics",
	.args = "[ZONE]... [--listen ADDRESS:PORT | --textfile FILE] [--replay FILE] [OPTION]...",
	.summary = "the zones as numbers for Prometheus; runs the hooks",
	.run = run,
	.operands = "ZONE...",
	.options = tables,
};
