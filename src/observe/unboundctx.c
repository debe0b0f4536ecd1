/*
 * unboundctx: libunbound behind a poll handle and one timer a question.
 *
 * Who owns what: a context holds its questions in a list. A question leaves the list when its
 * timer's close callback runs; a context is freed when it is closing, its job is over and its last
 * handle is closed. ub_ctx_delete() comes only then: it closes the descriptor that libuv polls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "base/arena.h"
#include "base/clock.h"
#include "model/rr.h"
#include "observe/unboundctx.h"

#define STUBS_MAX 512
#define ANCHORS_MAX 64

struct question {
	struct unboundctx *c;
	struct question *next;
	uv_timer_t timer;
	char name[NAME_MAX_TEXT];
	uint16_t type;
	uint32_t timeout_ms;
	int64_t begun; /* monotonic usec */
	int id;	       /* libunbound's; valid while submitted */
	bool submitted, done;
	unbound_cb cb;
	void *arg;
};

enum state { UNMADE, MAKING, READY, FAILED };

struct unboundctx {
	uv_loop_t *loop;
	struct arena *arena;
	struct unbound_conf conf; /* in the arena */
	enum state state;
	bool closing, polling;
	struct ub_ctx *ub;
	uv_poll_t poll;
	uv_work_t work;
	unsigned handles; /* open ones */
	struct question *questions, *first; /* FIRST is submitted by the job */
	struct err failed;
};

/* ---- making a context, on the thread pool ---- */
static bool
option(struct unboundctx *c, const char *name, const char *value)
{
	int rc = ub_ctx_set_option(c->ub, name, value);

	return rc == 0 || err_set(&c->failed, ERR_UNSUPPORTED, "libunbound", name, value, "%s",
		ub_strerror(rc));
}

static bool
set_options(struct unboundctx *c)
{
	/*
	 * No skew: an expired signature is expired (Unbound forgives up to an hour otherwise).
	 * prefetch-key saves three of seven round trips. aggressive-nsec would answer the NXDOMAIN
	 * question from the NSEC of an earlier one. Private roots may be on this host.
	 */
	static const char *const table[][2] = {
		{ "val-sig-skew-min:", "0" }, { "val-sig-skew-max:", "0" },
		{ "prefetch-key:", "yes" }, { "trust-anchor-signaling:", "no" },
		{ "aggressive-nsec:", "no" }, { "do-not-query-localhost:", "no" },
		{ "edns-buffer-size:", "1232" }, { "use-syslog:", "no" }, { "verbosity:", "0" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (!option(c, table[i][0], table[i][1]))
			return false;
	return option(c, "do-ip4:", c->conf.ipv4 ? "yes" : "no") &&
		option(c, "do-ip6:", c->conf.ipv6 ? "yes" : "no");
}

static bool
set_roots(struct unboundctx *c)
{
	char address[96];
	int rc;

	for (size_t i = 0; i < c->conf.n_anchors; i++) {
		rc = ub_ctx_add_ta(c->ub, c->conf.anchors[i]);
		if (rc != 0)
			return err_set(&c->failed, ERR_ARG, "trust anchor", "libunbound", "a DS or DNSKEY",
				"%s: %s", c->conf.anchors[i], ub_strerror(rc));
	}
	for (size_t i = 0; i < c->conf.n_stubs; i++) {
		const struct unbound_stub *s = &c->conf.stubs[i];
		snprintf(address, sizeof address, "%s@%u", s->address, s->port);
		rc = ub_ctx_set_stub(c->ub, s->zone, address, 0);
		if (rc != 0)
			return err_set(&c->failed, ERR_ARG, s->zone, "libunbound stub", "address@port",
				"%s: %s", address, ub_strerror(rc));
	}
	return true;
}

static void answered(void *arg, int error, struct ub_result *result);

static bool
submit(struct question *q, struct err *e)
{
	int rc = ub_resolve_async(q->c->ub, q->name, q->type, 1, q, answered, &q->id);

	if (rc != 0)
		return err_set(e, ERR_IO, q->name, "libunbound", "", "%s", ub_strerror(rc));
	q->submitted = true;
	return true;
}

/* Runs in a pool thread; touches only the library's context, FAILED and the first question. */
static void
make(uv_work_t *work)
{
	struct unboundctx *c = work->data;

	c->ub = ub_ctx_create();
	if (!c->ub) {
		err_set(&c->failed, ERR_IO, "libunbound", "ub_ctx_create", "a context",
			"none: descriptors or memory are short");
		return;
	}
	ub_ctx_debugout(c->ub, NULL); /* else it writes over the terminal */
	if (!set_options(c) || !set_roots(c))
		return;
	int rc = ub_ctx_async(c->ub, 1); /* threads: a forked child would keep our descriptors */
	if (rc != 0)
		err_set(&c->failed, ERR_UNSUPPORTED, "libunbound", "thread mode", "", "%s",
			ub_strerror(rc));
	else
		submit(c->first, &c->failed);
}

/* ---- the end of a question and of a context ---- */
static void
maybe_free(struct unboundctx *c)
{
	if (!c->closing || c->handles > 0 || c->state == MAKING)
		return;
	if (c->ub)
		ub_ctx_delete(c->ub);
	arena_free(c->arena);
	free(c);
}

static void
question_closed(uv_handle_t *h)
{
	struct question *q = h->data;
	struct unboundctx *c = q->c;

	for (struct question **p = &c->questions; *p; p = &(*p)->next)
		if (*p == q) {
			*p = q->next;
			break;
		}
	free(q);
	c->handles--;
	maybe_free(c);
}

/* The question is over: no callback after this one. Its memory stays until the job is over. */
static void
question_end(struct question *q)
{
	q->done = true;
	if (q->c->state == MAKING && q == q->c->first)
		uv_timer_stop(&q->timer);
	else if (!uv_is_closing((uv_handle_t *)&q->timer))
		uv_close((uv_handle_t *)&q->timer, question_closed);
}

static void
deliver(struct question *q, struct unbound_answer *a)
{
	a->rtt_us = (uint32_t)(clock_monotonic_usec() - q->begun);
	q->done = true;
	if (!q->c->closing)
		q->cb(q->arg, a);
	question_end(q);
}

static void
deliver_none(struct question *q, const char *why)
{
	struct unbound_answer a = { .rcode = -1, .why = why };

	deliver(q, &a);
}

static void
answered(void *arg, int error, struct ub_result *r)
{
	struct question *q = arg;
	char why[160];

	if (q->done) {
		ub_resolve_free(r);
		return;
	}
	q->submitted = false;
	if (error != 0 || !r) {
		snprintf(why, sizeof why, "libunbound: %s", ub_strerror(error));
		deliver_none(q, why);
	} else {
		struct unbound_answer a = { .rcode = r->rcode, .why = r->why_bogus,
			.status = r->bogus ? "bogus" : r->secure ? "secure" : "insecure",
			.packet = r->answer_packet, .len = r->answer_len > 0 ? (size_t)r->answer_len : 0 };
		/* A SERVFAIL that is not bogus is a failure to fetch, and no verdict. */
		if (r->rcode == 2 && !r->bogus)
			a.status = NULL;
		deliver(q, &a);
	}
	ub_resolve_free(r);
}

static void
deadline(uv_timer_t *t)
{
	struct question *q = t->data;
	char why[40];

	if (q->submitted && q->c->state == READY) {
		ub_cancel(q->c->ub, q->id);
		q->submitted = false;
	}
	snprintf(why, sizeof why, "timeout %u.%us", q->timeout_ms / 1000, q->timeout_ms % 1000 / 100);
	deliver_none(q, why);
}

static void
readable(uv_poll_t *poll, int status, int events)
{
	struct unboundctx *c = poll->data;

	(void)status, (void)events;
	if (!c->closing)
		ub_process(c->ub);
}

static void
poll_closed(uv_handle_t *h)
{
	struct unboundctx *c = h->data;

	c->handles--;
	maybe_free(c);
}

static bool
start_poll(struct unboundctx *c)
{
	int rc = uv_poll_init(c->loop, &c->poll, ub_fd(c->ub));

	if (rc != 0)
		return err_set(&c->failed, ERR_IO, "libunbound", "uv_poll_init", "", "%s", uv_strerror(rc));
	c->poll.data = c;
	c->handles++;
	c->polling = true;
	uv_poll_start(&c->poll, UV_READABLE, readable);
	return true;
}

static void
submit_waiting(struct unboundctx *c)
{
	struct err e = { 0 };
	char why[1300];

	for (struct question *q = c->questions, *next; q; q = next) {
		next = q->next;
		if (q->done || q->submitted)
			continue;
		if (c->state == FAILED)
			deliver_none(q, err_str(&c->failed, why, sizeof why));
		else if (!submit(q, &e))
			deliver_none(q, err_str(&e, why, sizeof why));
	}
}

static void
made(uv_work_t *work, int status)
{
	struct unboundctx *c = work->data;
	struct question *first = c->first;

	c->first = NULL;
	if (status != 0)
		err_set(&c->failed, ERR_IO, "libunbound", "uv_queue_work", "", "%s", uv_strerror(status));
	bool ok = c->failed.code == ERR_NONE && !c->closing && start_poll(c);
	c->state = ok ? READY : FAILED;
	if (first->done) { /* its time was up, or the context is closing */
		if (ok && first->submitted)
			ub_cancel(c->ub, first->id);
		question_end(first);
	}
	if (!ok)
		first->submitted = false;
	if (!c->closing)
		submit_waiting(c);
	maybe_free(c);
}

/* ---- what others call ---- */
static bool
copy_conf(struct unboundctx *c, const struct unbound_conf *conf, struct err *e)
{
	if (conf->n_anchors > ANCHORS_MAX || conf->n_stubs > STUBS_MAX)
		return err_set(e, ERR_LIMIT, "libunbound", "anchors and stubs", "at most 64 and 512",
			"%zu and %zu", conf->n_anchors, conf->n_stubs);
	const char **anchors = arena_new_array(c->arena, const char *, conf->n_anchors + 1);
	struct unbound_stub *stubs = arena_new_array(c->arena, struct unbound_stub, conf->n_stubs + 1);
	for (size_t i = 0; i < conf->n_anchors; i++) {
		struct rr rr;
		if (!rr_from_text(c->arena, conf->anchors[i], 3600, &rr, e))
			return false;
		if (rr.type != T_DS && rr.type != T_DNSKEY)
			return err_set(e, ERR_ARG, "trust anchor", "RFC 4033 2", "a DS or DNSKEY record", "%s",
				conf->anchors[i]);
		anchors[i] = arena_strdup(c->arena, conf->anchors[i]);
	}
	for (size_t i = 0; i < conf->n_stubs; i++)
		stubs[i] = (struct unbound_stub){ arena_strdup(c->arena, conf->stubs[i].zone),
			arena_strdup(c->arena, conf->stubs[i].address), conf->stubs[i].port };
	c->conf = *conf;
	c->conf.anchors = anchors;
	c->conf.stubs = stubs;
	return true;
}

struct unboundctx *
unboundctx_new(uv_loop_t *loop, const struct unbound_conf *conf, struct err *e)
{
	struct unboundctx *c = calloc(1, sizeof *c);

	if (!c) {
		err_set(e, ERR_MEMORY, "libunbound", "calloc", "", "out of memory");
		return NULL;
	}
	c->loop = loop;
	c->work.data = c;
	c->arena = arena_new();
	if (!copy_conf(c, conf, e)) {
		arena_free(c->arena);
		free(c);
		return NULL;
	}
	return c;
}

/* Says that a question failed, from the loop and not from within unboundctx_ask(). */
static void
begin(struct unboundctx *c, struct question *q)
{
	struct err e = { 0 };

	if (c->state == UNMADE) {
		c->first = q;
		c->state = MAKING;
		int rc = uv_queue_work(c->loop, &c->work, make, made);
		if (rc == 0)
			return;
		err_set(&c->failed, ERR_IO, "libunbound", "uv_queue_work", "", "%s", uv_strerror(rc));
		c->state = FAILED;
		c->first = NULL;
	}
	if (c->state == FAILED || (c->state == READY && !submit(q, &e)))
		uv_timer_start(&q->timer, deadline, 1, 0);
}

void
unboundctx_ask(struct unboundctx *c, const struct name *qname, uint16_t qtype,
	uint32_t timeout_ms, unbound_cb cb, void *arg)
{
	struct question *q = calloc(1, sizeof *q);

	if (!q)
		abort(); /* as arena_alloc() does */
	q->c = c;
	q->cb = cb;
	q->arg = arg;
	q->type = qtype;
	q->timeout_ms = timeout_ms;
	q->begun = clock_monotonic_usec();
	name_to_text(q->name, qname);
	uv_timer_init(c->loop, &q->timer);
	q->timer.data = q;
	c->handles++;
	q->next = c->questions;
	c->questions = q;
	uv_timer_start(&q->timer, deadline, timeout_ms, 0);
	begin(c, q);
}

void
unboundctx_close(struct unboundctx *c)
{
	if (!c || c->closing)
		return;
	c->closing = true;
	if (c->polling) {
		uv_poll_stop(&c->poll);
		uv_close((uv_handle_t *)&c->poll, poll_closed);
	}
	for (struct question *q = c->questions, *next; q; q = next) {
		next = q->next;
		if (q->submitted && c->state == READY) {
			ub_cancel(c->ub, q->id);
			q->submitted = false;
		}
		question_end(q);
	}
	maybe_free(c);
}
