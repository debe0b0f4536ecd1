/* unbogus lab SCENARIO --serve ADDR:PORT: the world's zones to real tools, on loopback. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/hands.h"
#include "lab/respond.h"
#include "ui/cli/command.h"
#include "ui/cli/lab_parts.h"

#define CLIENTS 32
#define SPEAKERS 20 /* all zones, then a port for each of the zone's servers */
#define IDLE_USEC (10 * USEC)

/* A TCP client: its question, or what is left of the reply. */
struct client {
	int fd, server;
	int64_t since;
	uint8_t in[2 + 1024];
	size_t n;
};

struct service {
	struct world *w;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	struct {
		int server, udp, tcp;
	} speaker[SPEAKERS];
	size_t n;
	struct client client[CLIENTS];
	int64_t t, base; /* usec: virtual, and the monotonic clock then */
	unsigned speed;	 /* 0: time stands */
	bool over;
	struct text in;
};

static bool
read_address(struct service *s, const char *text, struct err *e)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&s->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s->addr;
	char host[64];
	const char *colon = strrchr(text, ':');
	uint64_t port = 0;

	if (!colon || !text_number(colon + 1, 65535 - SPEAKERS, &port) || !port || (size_t)(colon - text) >= sizeof host)
		return err_set(e, ERR_ARG, text, "--serve", "ADDRESS:PORT", "another");
	snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1 && ntohl(v4->sin_addr.s_addr) >> 24 == 127) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		s->addr_len = sizeof *v4;
		return true;
	}
	if (strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0) {
		v6->sin6_family = AF_INET6;
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = htons((uint16_t)port);
		s->addr_len = sizeof *v6;
		return true;
	}
	return err_set(e, ERR_ARG, text, "--serve", "a loopback address", "another");
}

static int
listen_on(const struct service *s, unsigned nth, int type, struct err *e)
{
	struct sockaddr_storage at = s->addr;
	int on = 1, fd = socket(at.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	uint16_t *port = at.ss_family == AF_INET ? &((struct sockaddr_in *)&at)->sin_port
						 : &((struct sockaddr_in6 *)&at)->sin6_port;

	*port = htons((uint16_t)(ntohs(*port) + nth));
	if (fd >= 0 && type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, s->addr_len) == 0 &&
		(type == SOCK_DGRAM || listen(fd, 64) == 0))
		return fd;
	err_errno(e, "--serve", fd < 0 ? "socket" : "bind", errno);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* The first port speaks for all zones; the next ones are the zone's servers, each with its faults. */
static bool
open_sockets(struct service *s, struct err *e)
{
	for (int i = -1; i < (int)s->w->s->servers_count && s->n < SPEAKERS; i++) {
		if (i >= 0 && s->w->s->servers[i].cut != SC_CHILD)
			continue;
		unsigned nth = (unsigned)s->n;
		s->speaker[nth].server = i;
		s->speaker[nth].udp = listen_on(s, nth, SOCK_DGRAM, e);
		s->speaker[nth].tcp = listen_on(s, nth, SOCK_STREAM, e);
		s->n++;
		if (s->speaker[nth].udp < 0 || s->speaker[nth].tcp < 0)
			return false;
	}
	return true;
}

static int64_t
now(const struct service *s)
{
	return s->t + (s->speed ? (clock_monotonic_usec() - s->base) * s->speed : 0);
}

static void
on_udp(struct service *s, size_t i)
{
	static uint8_t out[RESPOND_MAX];
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	uint8_t q[1024];
	ssize_t n = recvfrom(s->speaker[i].udp, q, sizeof q, 0, (struct sockaddr *)&from, &len);

	if (n <= 0)
		return;
	size_t reply = respond(s->w, s->speaker[i].server, now(s), q, (size_t)n, false, out);
	if (reply)
		sendto(s->speaker[i].udp, out, reply, 0, (struct sockaddr *)&from, len);
}

static void
on_accept(struct service *s, size_t i)
{
	int fd = accept4(s->speaker[i].tcp, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *oldest = &s->client[0];

	if (fd < 0)
		return;
	for (int k = 0; k < CLIENTS; k++) {
		struct client *c = &s->client[k];
		if (c->fd < 0 || c->since < oldest->since || oldest->fd >= 0)
			oldest = c->fd < 0 ? c : oldest->fd < 0 ? oldest : c->since < oldest->since ? c : oldest;
	}
	if (oldest->fd >= 0)
		close(oldest->fd);
	oldest->fd = fd;
	oldest->server = s->speaker[i].server;
	oldest->n = 0;
	oldest->since = clock_monotonic_usec();
}

static void
drop(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
on_client(struct service *s, struct client *c)
{
	static uint8_t out[2 + RESPOND_MAX];
	ssize_t n = recv(c->fd, c->in + c->n, sizeof c->in - c->n, 0);

	if (n <= 0) {
		drop(c);
		return;
	}
	c->n += (size_t)n;
	for (;;) {
		size_t want = c->n >= 2 ? (size_t)(c->in[0] << 8 | c->in[1]) : 0;
		if (want > sizeof c->in - 2) {
			drop(c);
			return;
		}
		if (c->n < 2 || c->n < want + 2)
			return;
		size_t reply = respond(s->w, c->server, now(s), c->in + 2, want, true, out + 2);
		out[0] = (uint8_t)(reply >> 8);
		out[1] = (uint8_t)reply;
		if (!reply || send(c->fd, out, reply + 2, MSG_NOSIGNAL) != (ssize_t)reply + 2) {
			drop(c); /* a client that does not read waits for nobody */
			return;
		}
		c->since = clock_monotonic_usec();
		c->n -= want + 2;
		memmove(c->in, c->in + want + 2, c->n);
	}
}

/* "step SPAN", "to TIME", "speed N", "quit", or a step of the hands. */
static void
on_line(struct service *s, const char *line)
{
	struct hands_result r = { .text = "" };
	struct err e = { 0 };
	char text[1200];
	int64_t t;

	s->t = now(s);
	s->base = clock_monotonic_usec();
	if (strcmp(line, "quit") == 0)
		s->over = true;
	else if (strncmp(line, "step ", 5) == 0 && clock_parse_span(line + 5, &t))
		s->t += t * USEC;
	else if (strncmp(line, "to ", 3) == 0 && clock_parse(line + 3, &t))
		s->t = t;
	else if (strncmp(line, "speed ", 6) == 0)
		s->speed = (unsigned)strtoul(line + 6, NULL, 10);
	else if (!hands_do(s->w, s->t, line, &r, &e)) {
		printf("%s\n", err_str(&e, text, sizeof text));
		return;
	} else
		s->t += 1; /* it is there after its moment */
	world_files(s->w, s->t, NULL);
	printf("%s %s\n", clock_rfc3339_s(text, sizeof text, s->t / USEC), r.text);
}

static void
on_commands(struct service *s)
{
	char buf[512];
	ssize_t n = read(STDIN_FILENO, buf, sizeof buf);

	if (n <= 0) {
		s->over = true;
		return;
	}
	text_add_n(&s->in, buf, (size_t)n);
	for (char *end; s->in.len && (end = memchr(s->in.s, '\n', s->in.len));) {
		size_t len = (size_t)(end - s->in.s);
		*end = '\0';
		on_line(s, s->in.s);
		memmove(s->in.s, end + 1, s->in.len - len - 1);
		s->in.len -= len + 1;
	}
	fflush(stdout);
}

static void
serve(struct service *s)
{
	struct pollfd p[1 + 2 * SPEAKERS + CLIENTS];

	while (!s->over) {
		nfds_t n = 0;
		p[n++] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
		for (size_t i = 0; i < s->n; i++) {
			p[n++] = (struct pollfd){ .fd = s->speaker[i].udp, .events = POLLIN };
			p[n++] = (struct pollfd){ .fd = s->speaker[i].tcp, .events = POLLIN };
		}
		for (int i = 0; i < CLIENTS; i++)
			p[n++] = (struct pollfd){ .fd = s->client[i].fd, .events = POLLIN };
		if (poll(p, n, 1000) < 0 && errno != EINTR)
			return;
		if (p[0].revents)
			on_commands(s);
		for (size_t i = 0; i < s->n; i++) {
			if (p[1 + 2 * i].revents)
				on_udp(s, i);
			if (p[2 + 2 * i].revents)
				on_accept(s, i);
		}
		for (int i = 0; i < CLIENTS; i++) {
			struct client *c = &s->client[i];
			if (c->fd >= 0 && c->fd == p[1 + 2 * s->n + (size_t)i].fd && p[1 + 2 * s->n + (size_t)i].revents)
				on_client(s, c);
			else if (c->fd >= 0 && clock_monotonic_usec() - c->since > IDLE_USEC)
				drop(c);
		}
	}
}

/* Strangers' datagrams are read from here on: nothing but the sockets that are open and the folder. */
static bool
confine_service(const struct world *w, struct err *e)
{
	const struct confine_path path = { w->dir, true };
	struct confined done;

	return confine(&(struct confine_job){ .role = CONFINE_SERVE, .paths = &path, .n_paths = 1 }, &done, e);
}

int
lab_serve(struct world *w, const char *address, int64_t at, unsigned speed)
{
	struct service *s = calloc(1, sizeof *s);
	struct err e = { 0 };
	char line[1200];
	int status = 3;

	if (!s)
		abort();
	s->w = w;
	s->t = at;
	s->speed = speed;
	s->base = clock_monotonic_usec();
	for (int i = 0; i < CLIENTS; i++)
		s->client[i].fd = -1;
	if (read_address(s, address, &e) && open_sockets(s, &e) && file_mkdir_p(w->dir, &e) &&
		confine_service(w, &e) && world_files(w, at, &e)) {
		printf("serving %s. at %s on %s; the zone's servers on the %zu ports after it\n", w->s->zone,
			clock_rfc3339_s(line, sizeof line, at / USEC), address, s->n - 1);
		fflush(stdout);
		serve(s);
		status = 0;
	} else
		fprintf(stderr, "unbogus lab: %s\n", err_str(&e, line, sizeof line));
	for (size_t i = 0; i < s->n; i++) {
		if (s->speaker[i].udp >= 0)
			close(s->speaker[i].udp);
		if (s->speaker[i].tcp >= 0)
			close(s->speaker[i].tcp);
	}
	for (int i = 0; i < CLIENTS; i++)
		if (s->client[i].fd >= 0)
			close(s->client[i].fd);
	text_free(&s->in);
	free(s);
	return status;
}
