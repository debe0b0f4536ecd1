#include "observe/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

#define PORT_TRIES 8
#define PORT_LOW 1024u

static const char *const outcome_names[] = {
	[OUTCOME_ANSWER] = "answer", [OUTCOME_TIMEOUT] = "timeout", [OUTCOME_REFUSED] = "refused",
	[OUTCOME_UNREACHABLE] = "unreachable", [OUTCOME_MALFORMED] = "malformed",
	[OUTCOME_TCP_TIMEOUT] = "tcp-timeout", [OUTCOME_TCP_REFUSED] = "tcp-refused",
	[OUTCOME_FAILED] = "failed",
};
_Static_assert(sizeof outcome_names / sizeof *outcome_names == OUTCOME_COUNT, "a name each");

/* One socket on the loop. The memory goes in the close callback, after the question perhaps. */
struct channel {
	uv_poll_t poll;
	int fd;
	struct query *q; /* NULL: orphaned, closing */
	bool tcp, connected;
	uint8_t out[WIRE_QUERY_MAX + 2];
	size_t out_len, out_at;
	uint8_t *in; /* TCP: length and message */
	size_t in_len, in_cap;
	int64_t since;
};

/* What one address was asked lately. */
struct pace {
	union address to;
	int64_t tokens_us; /* time that is paid for: one question costs 1/TRANSPORT_RATE s */
	int64_t at;
	struct pace *next;
};

/* An answer that several may have: who asked first gets it, the others wait behind. */
struct shared {
	struct shared *next;
	union address to;
	struct name qname;
	uint16_t qtype;
	struct query *leader;  /* who asks; NULL: answered */
	struct query *waiting; /* through query.behind */
	uint8_t *bytes;
	size_t len;
	bool tcp;
	uint32_t rtt;
	int64_t heard; /* monotonic usec */
};

struct query {
	struct transport *t;
	struct shared *shared; /* that it leads, waits for, or reads */
	struct query *behind;
	bool failed; /* who led it got no answer: why */
	enum outcome failure;
	struct query *next, **prev;
	struct query_spec spec;
	struct wire_question question;
	struct channel *udp, *tcp;
	uv_timer_t *timer;
	int64_t asked; /* sent first, monotonic usec; 0: waits for its turn */
	unsigned attempts, mismatched, garbled;
	bool late, after_tc;
	uint8_t *truncated; /* the UDP reply with TC, for when TCP gives nothing */
	size_t truncated_len;
	uint32_t truncated_rtt;
	char detail[400];
};

struct transport {
	uv_loop_t *loop;
	struct query *queries;
	struct pace *paces;
	struct shared *shared;
	unsigned rate; /* questions a second and address */
	bool sharing;
	uint64_t sent;
	unsigned pending;
};

const char *
outcome_name(enum outcome o)
{
	return o < OUTCOME_COUNT ? outcome_names[o] : "?";
}

bool
address_parse(union address *out, const char *text, uint16_t port)
{
	memset(out, 0, sizeof *out);
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return true;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		return true;
	}
	return false;
}

static socklen_t
address_len(const union address *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
}

static bool
address_same(const union address *a, const union address *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
	return a->v6.sin6_port == b->v6.sin6_port &&
		memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

int
transport_route(const union address *to)
{
	int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;

	if (fd < 0)
		return errno;
	if (connect(fd, &to->sa, address_len(to)) != 0)
		error = errno;
	close(fd);
	return error;
}

/* ---- pace ---- */

static struct pace *
pace_of(struct transport *t, const union address *to)
{
	struct pace *p;

	for (p = t->paces; p; p = p->next)
		if (address_same(&p->to, to))
			return p;
	p = calloc(1, sizeof *p);
	if (!p)
		abort();
	p->to = *to;
	p->tokens_us = TRANSPORT_BURST * (USEC / t->rate);
	p->at = clock_monotonic_usec();
	p->next = t->paces;
	t->paces = p;
	return p;
}

/* Takes a turn; returns the microseconds to wait for it (0: now). Turns are given in order. */
static int64_t
pace_take(struct pace *p, unsigned rate)
{
	int64_t now = clock_monotonic_usec(), cost = USEC / rate, max = TRANSPORT_BURST * cost;

	p->tokens_us += now - p->at;
	p->at = now;
	if (p->tokens_us > max)
		p->tokens_us = max;
	p->tokens_us -= cost;
	return p->tokens_us >= 0 ? 0 : -p->tokens_us;
}

/* ---- ends ---- */

static void
channel_closed(uv_handle_t *h)
{
	struct channel *c = h->data;

	free(c->in);
	free(c);
}

static void
channel_close(struct channel **slot)
{
	struct channel *c = *slot;

	if (!c)
		return;
	*slot = NULL;
	c->q = NULL;
	uv_poll_stop(&c->poll);
	close(c->fd);
	uv_close((uv_handle_t *)&c->poll, channel_closed);
}

static void
timer_closed(uv_handle_t *h)
{
	free(h);
}

static void on_timer(uv_timer_t *h);

/* Those who waited for Q's answer: with BYTES they have it, without the first of them asks. */
static void
shared_release(struct query *q, const uint8_t *bytes, size_t n, bool tcp, uint32_t rtt)
{
	struct shared *h = q->shared;

	if (!h)
		return;
	q->shared = NULL;
	if (h->leader != q) { /* Q itself was waiting */
		for (struct query **p = &h->waiting; *p; p = &(*p)->behind)
			if (*p == q) {
				*p = q->behind;
				break;
			}
		return;
	}
	h->leader = NULL;
	if (bytes) {
		free(h->bytes);
		h->bytes = malloc(n ? n : 1);
		if (!h->bytes)
			abort();
		memcpy(h->bytes, bytes, n);
		h->len = n;
		h->tcp = tcp;
		h->rtt = rtt;
		h->heard = clock_monotonic_usec();
	} else if (h->waiting) {
		h->leader = h->waiting;
		h->waiting = h->waiting->behind;
		uv_timer_start(h->leader->timer, on_timer, 0, 0);
	}
	for (; bytes && h->waiting; h->waiting = h->waiting->behind)
		uv_timer_start(h->waiting->timer, on_timer, 0, 0);
}

static void
query_free(struct query *q)
{
	shared_release(q, NULL, 0, false, 0);
	channel_close(&q->udp);
	channel_close(&q->tcp);
	q->timer->data = NULL;
	uv_timer_stop(q->timer);
	uv_close((uv_handle_t *)q->timer, timer_closed);
	*q->prev = q->next;
	if (q->next)
		q->next->prev = q->prev;
	q->t->pending--;
	free(q->truncated);
	free(q);
}

static void
tell(struct query *q, struct query_result *r)
{
	r->waited_us = q->asked ? (uint32_t)(clock_monotonic_usec() - q->asked) : 0;
	r->attempts = q->attempts;
	r->mismatched = q->mismatched;
	q->spec.done(q->spec.ctx, r);
}

/* Nor will those have an answer who waited for Q's. */
static void
shared_fail(struct query *q, enum outcome o)
{
	struct shared *h = q->shared;

	if (!h || h->leader != q)
		return;
	h->leader = NULL;
	q->shared = NULL;
	while (h->waiting) {
		struct query *w = h->waiting;
		h->waiting = w->behind;
		w->shared = NULL;
		w->failed = true;
		w->failure = o;
		w->asked = q->asked;
		uv_timer_start(w->timer, on_timer, 0, 0);
	}
}

/* A good or malformed message ends the question. */
static void
end_message(struct query *q, const uint8_t *p, size_t n, bool tcp, uint32_t rtt)
{
	struct arena *a = arena_new();
	struct wire_message m;
	struct err e = { 0 };
	struct query_result r = { .final = true, .tcp = tcp, .tcp_after_tc = q->after_tc && tcp,
		.size = (uint32_t)n, .rtt_us = rtt };
	bool first = q->shared && q->shared->leader == q;

	if (q->shared && !first)
		r.age_us = clock_monotonic_usec() - q->shared->heard;
	shared_release(q, p, n, tcp, rtt);

	if (wire_parse(a, p, n, &m, &e)) {
		r.outcome = OUTCOME_ANSWER;
		r.msg = &m;
	} else {
		err_str(&e, q->detail, sizeof q->detail);
		r.outcome = OUTCOME_MALFORMED;
		r.detail = q->detail;
	}
	tell(q, &r);
	arena_free(a);
	query_free(q);
}

static void
end_without(struct query *q, enum outcome o, bool tcp, const char *detail)
{
	if (q->truncated) { /* TC, and TCP gave nothing better: the UDP answer is what there is */
		q->after_tc = false;
		end_message(q, q->truncated, q->truncated_len, false, q->truncated_rtt);
		return;
	}
	struct query_result r = { .outcome = o, .final = true, .tcp = tcp, .detail = detail };
	if (q->garbled && (o == OUTCOME_TIMEOUT || o == OUTCOME_TCP_TIMEOUT || o == OUTCOME_TCP_REFUSED)) {
		r.outcome = OUTCOME_MALFORMED;
		r.detail = "a reply with our ID, but without a readable question (RFC 1035 4.1.2)";
	}
	shared_fail(q, o);
	tell(q, &r);
	query_free(q);
}

static enum outcome
outcome_of(int error, bool tcp)
{
	switch (error) {
	case ECONNREFUSED:
		return tcp ? OUTCOME_TCP_REFUSED : OUTCOME_REFUSED;
	case ETIMEDOUT:
		return tcp ? OUTCOME_TCP_TIMEOUT : OUTCOME_TIMEOUT;
	case ECONNRESET: case EPIPE:
		return tcp ? OUTCOME_TCP_REFUSED : OUTCOME_REFUSED;
	case ENETUNREACH: case EHOSTUNREACH: case EADDRNOTAVAIL: case EAFNOSUPPORT: case ENETDOWN:
	case EACCES: case EPERM: /* a local firewall's answer to connect() and send() */
		return OUTCOME_UNREACHABLE;
	default:
		return OUTCOME_FAILED;
	}
}

/* An attempt ended badly: the other one may still be running. */
static void
attempt_failed(struct query *q, struct channel **slot, enum outcome o, const char *detail)
{
	bool tcp = (*slot)->tcp;

	channel_close(slot);
	if (q->udp || q->tcp)
		return;
	end_without(q, o, tcp, detail);
}

/* ---- channels ---- */

static struct channel *
channel_open(struct query *q, bool tcp, int *error)
{
	struct channel *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->fd = socket(q->spec.to.sa.sa_family,
		(tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		*error = errno;
		free(c);
		return NULL;
	}
	c->tcp = tcp;
	c->q = q;
	c->since = clock_monotonic_usec();
	c->poll.data = c;
	return c;
}

/* A port that nobody can guess; when the tries are all taken, the kernel's choice is random too. */
static void
bind_random(int fd, int family)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		union address from = { 0 };
		uint16_t r;
		if (getrandom(&r, sizeof r, 0) != sizeof r)
			return;
		r = (uint16_t)(PORT_LOW + r % (65536u - PORT_LOW));
		from.sa.sa_family = (sa_family_t)family;
		if (family == AF_INET6)
			from.v6.sin6_port = htons(r);
		else
			from.v4.sin_port = htons(r);
		if (bind(fd, &from.sa, address_len(&from)) == 0)
			return;
	}
}

static void on_udp(uv_poll_t *h, int status, int events);
static void on_tcp(uv_poll_t *h, int status, int events);

static int
channel_start(struct query *q, struct channel *c)
{
	if (!c->tcp)
		bind_random(c->fd, q->spec.to.sa.sa_family);
	if (connect(c->fd, &q->spec.to.sa, address_len(&q->spec.to)) != 0 && errno != EINPROGRESS)
		return errno;
	size_t n = wire_query(c->out + (c->tcp ? 2 : 0), &q->question);
	c->out_len = n;
	if (c->tcp) {
		c->out[0] = (uint8_t)(n >> 8);
		c->out[1] = (uint8_t)n;
		c->out_len = n + 2;
	} else if (send(c->fd, c->out, n, MSG_NOSIGNAL) < 0)
		return errno;
	return 0;
}

/* Opens a socket and asks. 0, or an errno. */
static int
attempt(struct query *q, bool tcp)
{
	int error = 0;
	struct channel *c = channel_open(q, tcp, &error);

	if (!c)
		return error;
	q->attempts++;
	q->t->sent++;
	error = channel_start(q, c);
	if (error || uv_poll_init(q->t->loop, &c->poll, c->fd) != 0) {
		close(c->fd);
		free(c);
		return error ? error : EMFILE;
	}
	uv_poll_start(&c->poll, tcp ? UV_WRITABLE : UV_READABLE, tcp ? on_tcp : on_udp);
	*(tcp ? &q->tcp : &q->udp) = c;
	return 0;
}

static void
go_on_over_tcp(struct query *q, const uint8_t *p, size_t n, uint32_t rtt)
{
	q->truncated = malloc(n);
	if (!q->truncated)
		abort();
	memcpy(q->truncated, p, n);
	q->truncated_len = n;
	q->truncated_rtt = rtt;
	q->after_tc = true;
	channel_close(&q->udp);
	int error = attempt(q, true);
	if (error)
		end_without(q, outcome_of(error, true), true, strerror(error));
}

static void
on_udp(uv_poll_t *h, int status, int events)
{
	struct channel *c = h->data;
	struct query *q = c->q;
	uint8_t buf[WIRE_MAX];

	(void)events;
	(void)status; /* the socket's own error says more */
	while (q) {
		ssize_t n = recv(c->fd, buf, sizeof buf, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			int error = errno;
			attempt_failed(q, &q->udp, outcome_of(error, false), strerror(error));
			return;
		}
		uint32_t rtt = (uint32_t)(clock_monotonic_usec() - c->since);
		switch (wire_matches(buf, (size_t)n, &q->question)) {
		case WIRE_MATCH:
			if (buf[2] & 0x02)
				go_on_over_tcp(q, buf, (size_t)n, rtt);
			else
				end_message(q, buf, (size_t)n, false, rtt);
			return;
		case WIRE_GARBLED:
			q->garbled++;
			q->mismatched++;
			break;
		case WIRE_OTHER:
			q->mismatched++;
			break;
		}
	}
}

/* Sends what is left; false when the connection failed (errno). */
static bool
tcp_send(struct channel *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = send(c->fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out_at += (size_t)n;
	}
	uv_poll_start(&c->poll, UV_READABLE, on_tcp);
	return true;
}

/* Reads on: 1 a whole message is there, 0 not yet, -1 failed (errno; 0 when it was closed). */
static int
tcp_receive(struct channel *c)
{
	if (!c->in) {
		c->in_cap = WIRE_MAX + 2;
		c->in = malloc(c->in_cap);
		if (!c->in)
			abort();
	}
	for (;;) {
		size_t want = c->in_len < 2 ? 2 : 2u + ((size_t)c->in[0] << 8 | c->in[1]);
		if (c->in_len >= 2 && c->in_len == want)
			return 1;
		ssize_t n = recv(c->fd, c->in + c->in_len, want - c->in_len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n <= 0) {
			if (n == 0)
				errno = 0;
			return -1;
		}
		c->in_len += (size_t)n;
	}
}

static void
on_tcp(uv_poll_t *h, int status, int events)
{
	struct channel *c = h->data;
	struct query *q = c->q;
	int error = 0;
	socklen_t len = sizeof error;

	(void)status;
	if (!q)
		return;
	if (!c->connected) {
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error) {
			attempt_failed(q, &q->tcp, outcome_of(error, true), strerror(error));
			return;
		}
		c->connected = true;
	}
	if ((events & UV_WRITABLE) && !tcp_send(c)) {
		error = errno;
		attempt_failed(q, &q->tcp, outcome_of(error, true), strerror(error));
		return;
	}
	if (!(events & UV_READABLE))
		return;
	int got = tcp_receive(c);
	if (got == 0)
		return;
	if (got < 0) {
		error = errno;
		attempt_failed(q, &q->tcp, error ? outcome_of(error, true) : OUTCOME_TCP_REFUSED,
			error ? strerror(error) : "closed without an answer");
		return;
	}
	uint32_t rtt = (uint32_t)(clock_monotonic_usec() - c->since);
	if (wire_matches(c->in + 2, c->in_len - 2, &q->question) == WIRE_MATCH) {
		end_message(q, c->in + 2, c->in_len - 2, true, rtt);
		return;
	}
	q->mismatched++;
	attempt_failed(q, &q->tcp, OUTCOME_MALFORMED, "a TCP answer to another question");
}

/* ---- time ---- */

static uint32_t
late_us(const struct query *q)
{
	return q->spec.late_us ? q->spec.late_us : TRANSPORT_LATE_US;
}

static uint32_t
give_up_us(const struct query *q)
{
	return q->spec.give_up_us ? q->spec.give_up_us : 2 * late_us(q);
}

static uint64_t
ms_up(int64_t us)
{
	return us <= 0 ? 0 : (uint64_t)((us + 999) / 1000);
}

static void on_timer(uv_timer_t *h);

static void
timer_until(struct query *q, int64_t after_asked_us)
{
	uv_update_time(q->t->loop);
	uv_timer_start(q->timer, on_timer, ms_up(q->asked + after_asked_us - clock_monotonic_usec()), 0);
}

/* One more try, and then the end of patience. */
static void
second_try(struct query *q)
{
	bool tcp = q->spec.retry == RETRY_TCP || q->mismatched;

	timer_until(q, give_up_us(q));
	if (q->spec.retry == RETRY_NONE || q->tcp)
		return;
	if (tcp)
		attempt(q, true); /* when it fails at once, the UDP reply may still come */
	else if (q->udp) {
		q->attempts++;
		q->t->sent++;
		if (send(q->udp->fd, q->udp->out, q->udp->out_len, MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
			int error = errno;
			attempt_failed(q, &q->udp, outcome_of(error, false), strerror(error));
		}
	}
}

static void
begin(struct query *q)
{
	q->asked = clock_monotonic_usec();
	int error = attempt(q, q->spec.tcp);
	if (error)
		end_without(q, outcome_of(error, q->spec.tcp), q->spec.tcp, strerror(error));
	else
		timer_until(q, late_us(q));
}

/* Q is behind another question of the same: true. False: it leads, and has to ask itself. */
static bool
shared_join(struct query *q)
{
	int64_t now = clock_monotonic_usec();
	struct shared *h = q->t->shared;

	while (h && !(h->qtype == q->spec.qtype && address_same(&h->to, &q->spec.to) &&
			name_equal(&h->qname, &q->spec.qname)))
		h = h->next;
	if (!h) {
		if (!(h = calloc(1, sizeof *h)))
			abort();
		*h = (struct shared){ .next = q->t->shared, .to = q->spec.to, .qname = q->spec.qname,
			.qtype = q->spec.qtype };
		q->t->shared = h;
	}
	q->shared = h;
	if (h->leader) {
		q->behind = h->waiting;
		h->waiting = q;
		return true;
	}
	if (h->bytes && now - h->heard < TRANSPORT_SHARE_US) {
		uv_timer_start(q->timer, on_timer, 0, 0);
		return true;
	}
	h->leader = q;
	return false;
}

static void
on_timer(uv_timer_t *h)
{
	struct query *q = h->data;

	if (!q)
		return;
	if (q->failed) {
		end_without(q, q->failure, false, NULL);
		return;
	}
	if (!q->asked && q->shared && q->shared->leader != q) {
		const struct shared *s = q->shared;
		q->asked = s->heard;
		end_message(q, s->bytes, s->len, s->tcp, s->rtt);
		return;
	}
	if (!q->asked) {
		begin(q);
		return;
	}
	if (q->late) {
		bool tcp = q->tcp && !q->udp;
		end_without(q, tcp ? OUTCOME_TCP_TIMEOUT : OUTCOME_TIMEOUT, q->tcp != NULL, NULL);
		return;
	}
	q->late = true;
	struct query_result r = { .outcome = OUTCOME_TIMEOUT, .tcp = q->spec.tcp };
	/* the callback may cancel the question: nothing of Q may be touched then */
	struct transport *t = q->t;
	tell(q, &r);
	for (struct query *i = t->queries; i; i = i->next)
		if (i == q) {
			second_try(q);
			return;
		}
}

/* ---- public ---- */

struct transport *
transport_new(uv_loop_t *loop)
{
	struct transport *t = calloc(1, sizeof *t);

	if (!t)
		abort();
	t->loop = loop;
	t->rate = TRANSPORT_RATE;
	return t;
}

void
transport_free(struct transport *t)
{
	if (!t)
		return;
	while (t->queries)
		query_free(t->queries);
	while (t->shared) {
		struct shared *h = t->shared;
		t->shared = h->next;
		free(h->bytes);
		free(h);
	}
	while (t->paces) {
		struct pace *p = t->paces;
		t->paces = p->next;
		free(p);
	}
	free(t);
}

struct query *
transport_ask(struct transport *t, const struct query_spec *spec)
{
	struct query *q = calloc(1, sizeof *q);
	uint16_t id = 0;

	if (!q || !(q->timer = calloc(1, sizeof *q->timer)))
		abort();
	/* without entropy nothing may be asked: a guessed ID is a forged answer */
	if (getrandom(&id, sizeof id, 0) != sizeof id)
		abort();
	q->t = t;
	q->spec = *spec;
	q->question = (struct wire_question){ .id = id, .qname = spec->qname, .qtype = spec->qtype,
		.rd = spec->rd, .cd = spec->cd, .dnssec = !spec->no_dnssec, .nsid = !spec->no_dnssec };
	q->next = t->queries;
	q->prev = &t->queries;
	if (q->next)
		q->next->prev = &q->next;
	t->queries = q;
	t->pending++;
	uv_timer_init(t->loop, q->timer);
	q->timer->data = q;
	uv_update_time(t->loop);
	if (!spec->share || !t->sharing || !shared_join(q))
		uv_timer_start(q->timer, on_timer, ms_up(pace_take(pace_of(t, &spec->to), t->rate)), 0);
	return q;
}

void
transport_budget(struct transport *t, unsigned rate)
{
	t->rate = rate < 1 ? 1 : rate > 10000 ? 10000 : rate;
	t->sharing = true;
}

void
transport_cancel(struct query *q)
{
	query_free(q);
}

uint64_t
transport_sent(const struct transport *t)
{
	return t->sent;
}

unsigned
transport_pending(const struct transport *t)
{
	return t->pending;
}
