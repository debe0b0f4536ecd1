/*
 * liar: a name server that answers wrongly on purpose. liar ADDRESS PORT MODE [ZONE-SERVER PORT]
 * answers every UDP question in the way MODE says until it is ended; modes are in the table.
 * "relay-..." modes put lies before the true answer of the server behind it.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct reply {
	unsigned char v[65535];
	size_t n;
};

static void
respond(struct reply *r)
{
	r->v[2] |= 0x80;
}

/* The question without OPT: header and question section only. */
static void
bare(struct reply *r)
{
	size_t at = 12;

	while (at < r->n && r->v[at])
		at += 1u + r->v[at];
	r->n = at + 5;
	memset(r->v + 6, 0, 6);
	respond(r);
}

static void
append(struct reply *r, const void *p, size_t n)
{
	memcpy(r->v + r->n, p, n);
	r->n += n;
}

static void lie_id(struct reply *r) { bare(r); r->v[0] ^= 0x55; }
static void lie_question(struct reply *r) { bare(r); r->v[13] ^= 0x01; }
static void lie_type(struct reply *r) { bare(r); r->v[r->n - 3] ^= 0x10; }
static void lie_query(struct reply *r) { bare(r); r->v[2] &= 0x7f; }
static void lie_opcode(struct reply *r) { bare(r); r->v[2] |= 0x28; }
static void lie_empty(struct reply *r) { r->n = 0; }
static void lie_header(struct reply *r) { bare(r); r->v[5] = 0; r->n = 12; }
static void lie_cut_question(struct reply *r) { bare(r); r->n -= 6; }
static void
lie_truncated(struct reply *r) /* a record is announced and cut off */
{
	bare(r);
	r->v[7] = 1;
	append(r, "\xc0\x0c\x00\x06\x00\x01\x00\x00", 8);
}
static void
lie_loop(struct reply *r) /* an owner name that points at itself */
{
	unsigned char rr[] = { 0xc0, 0, 0, 6, 0, 1, 0, 0, 0, 60, 0, 0 };

	bare(r);
	r->v[7] = 1;
	rr[0] = (unsigned char)(0xc0 | r->n >> 8);
	rr[1] = (unsigned char)r->n;
	append(r, rr, sizeof rr);
}
static void
lie_many(struct reply *r) /* 5,000 records of 11 octets */
{
	bare(r);
	r->v[6] = 5000 >> 8;
	r->v[7] = 5000 & 255;
	for (int i = 0; i < 5000; i++)
		append(r, "\x00\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x00", 11);
}
static void
lie_chain(struct reply *r) /* EDNS option 13 of length 1: what crashes ldns' printer */
{
	bare(r);
	r->v[11] = 1;
	append(r, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x05\x00\x0d\x00\x01\x00", 16);
}
static void
lie_option(struct reply *r) /* an option that runs over the end of OPT */
{
	bare(r);
	r->v[11] = 1;
	append(r, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x05\x00\x03\xff\xff\x00", 16);
}
static void
lie_escape(struct reply *r) /* NSID and EDE text with control bytes */
{
	bare(r);
	r->v[3] = 2;
	r->v[11] = 1;
	append(r, "\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x14"
		"\x00\x03\x00\x04\x1b[2J\x00\x0f\x00\x08\x00\x06\x1b]0;x\x07", 31);
}

static const struct mode {
	const char *name;
	void (*lie)(struct reply *);
	int silent_after; /* nothing true follows */
} modes[] = {
	{ "id", lie_id, 1 }, { "question", lie_question, 1 }, { "type", lie_type, 1 },
	{ "query", lie_query, 1 }, { "opcode", lie_opcode, 1 }, { "empty", lie_empty, 1 },
	{ "header", lie_header, 1 }, { "cut-question", lie_cut_question, 1 },
	{ "truncated", lie_truncated, 1 }, { "loop", lie_loop, 1 }, { "many", lie_many, 1 },
	{ "chain", lie_chain, 1 }, { "option", lie_option, 1 }, { "escape", lie_escape, 1 },
	{ "silent", NULL, 1 }, { "port", lie_truncated, 1 },
};

static int
open_socket(const char *address, int port, int type)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, type, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (inet_pton(AF_INET, address, &a.sin_addr) != 1 || fd < 0 ||
		bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		perror("liar: bind");
		exit(1);
	}
	return fd;
}

/* Asks the true server in between: five lies first, then what it says. */
static void
relay(int fd, struct reply *q, const struct sockaddr_in *from, const struct mode *m, const char *to,
	int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int up = socket(AF_INET, SOCK_DGRAM, 0);
	static struct reply r;

	inet_pton(AF_INET, to, &a.sin_addr);
	for (int i = 0; i < 5; i++) {
		r = *q;
		m->lie(&r);
		sendto(fd, r.v, r.n, 0, (const struct sockaddr *)from, sizeof *from);
	}
	connect(up, (struct sockaddr *)&a, sizeof a);
	send(up, q->v, q->n, 0);
	struct pollfd p = { .fd = up, .events = POLLIN };
	if (poll(&p, 1, 2000) == 1) {
		ssize_t n = recv(up, r.v, sizeof r.v, 0);
		if (n > 0)
			sendto(fd, r.v, (size_t)n, 0, (const struct sockaddr *)from, sizeof *from);
	}
	close(up);
}

int
main(int argc, char **argv)
{
	const struct mode *m = NULL;
	static struct reply q;

	for (size_t i = 0; argc >= 4 && i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].name, argv[3]) == 0)
			m = &modes[i];
	if (!m || (argc != 4 && argc != 6)) {
		fprintf(stderr, "usage: liar ADDRESS PORT MODE [SERVER PORT]\n");
		return 64;
	}
	int fd = open_socket(argv[1], atoi(argv[2]), SOCK_DGRAM);
	int other = strcmp(m->name, "port") == 0 ? open_socket(argv[1], 0, SOCK_DGRAM) : fd;
	for (;;) {
		struct sockaddr_in from;
		socklen_t len = sizeof from;
		ssize_t n = recvfrom(fd, q.v, sizeof q.v, 0, (struct sockaddr *)&from, &len);
		if (n < 12)
			continue;
		q.n = (size_t)n;
		if (argc == 6) {
			relay(fd, &q, &from, m, argv[4], atoi(argv[5]));
			continue;
		}
		if (!m->lie)
			continue;
		if (strcmp(m->name, "port") == 0)
			bare(&q);
		else
			m->lie(&q);
		sendto(other, q.v, q.n, 0, (struct sockaddr *)&from, len);
	}
}
