/*
 * vantage: rounds of questions to every vantage, on the producer's loop.
 *
 * Who owns what: struct part owns the rows and is freed when the timer's close callback ran and
 * no question is open. A question (struct ask) lives from asking to its final answer. Contexts
 * close themselves (unboundctx.h); a fresh one ends with its round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/share.h"
#include "observe/resolver.h"
#include "observe/unboundctx.h"
#include "observe/vantage.h"

#define ANCHOR_FILE_MAX (1u << 20)
#define ANCHORS_MAX 64
#define CUTS_MAX 32
#define SERVERS_MAX 64
#define ALG_ED448 16

struct part;
struct ask;

struct row {
	struct part *p;
	const struct net_vantage *v;
	uint16_t port;
	union address to;
	bool usable, own;	/* own: libunbound */
	struct unboundctx *ctx; /* of this round, or kept */
	const char **anchors;
	size_t n_anchors;
	bool insecure, ed448, said; /* of a libunbound: what the round showed so far */
};

struct part {
	struct net *n;
	struct arena *arena;
	struct row *rows;
	size_t n_rows;
	uv_timer_t timer;
	bool running, waiting; /* a round runs; own contexts wait for the cuts */
	bool stopped;
	uint32_t number;
	unsigned open; /* questions under way */
	struct ask *asks;
	const char *const *good;
	size_t n_good;
	bool private_root;
};

struct ask {
	struct row *row;
	struct resolver_question q;
	struct query *query; /* of a resolver */
	struct ask *next, **prev;
};

static void round_end(struct part *p);

/* ---- facts ---- */
static void
say_round(struct part *p, bool end)
{
	struct obs *o = net_obs(p->n, FACT_ROUND);

	o->u.round.end = end;
	o->u.round.number = p->number;
	o->u.round.what = "vantages";
	net_emit(p->n, o);
}

static void
say_vantage(struct row *r)
{
	struct obs *o = net_obs(r->p->n, FACT_VANTAGE);
	struct fact_vantage *f = &o->u.vantage;

	f->name = arena_strdup(o->arena, r->v->name);
	f->type = r->v->type;
	f->kind = arena_strdup(o->arena, r->v->kind ? r->v->kind : "own");
	f->address = arena_strdup(o->arena, r->v->address);
	f->port = r->v->address ? r->port : 0;
	f->cache_kept = r->v->cache_kept;
	f->counted = r->v->counted;
	if (r->own && r->v->cache_kept)
		f->cache_since = o->t / USEC;
	net_emit(r->p->n, o);
}

static void
say_unknown(struct part *p, const char *what, const char *why, const char *lost)
{
	struct obs *o = net_obs(p->n, FACT_UNKNOWN);

	o->u.unknown.what = arena_printf(o->arena, "vantage %s", what);
	o->u.unknown.object = o->u.unknown.what;
	o->u.unknown.why = arena_strdup(o->arena, why);
	o->u.unknown.lost = arena_strdup(o->arena, lost);
	net_emit(p->n, o);
}

/* ---- questions ---- */
static struct ask *
ask_new(struct row *r, const struct resolver_question *q)
{
	struct ask *a = calloc(1, sizeof *a);

	if (!a)
		abort(); /* as arena_alloc() does */
	a->row = r;
	a->q = *q;
	a->next = r->p->asks;
	a->prev = &r->p->asks;
	if (a->next)
		a->next->prev = &a->next;
	r->p->asks = a;
	r->p->open++;
	return a;
}

static void
ask_free(struct ask *a)
{
	*a->prev = a->next;
	if (a->next)
		a->next->prev = a->prev;
	a->row->p->open--;
	free(a);
}

static void
ask_over(struct ask *a)
{
	struct part *p = a->row->p;

	ask_free(a);
	if (p->running && p->open == 0 && !p->waiting)
		round_end(p);
}

static void
resolver_answered(void *ctx, const struct query_result *result)
{
	struct ask *a = ctx;
	struct part *p = a->row->p;
	struct obs *o = net_obs(p->n, FACT_RESOLVE);

	resolver_fact(o, a->row->v->name, &a->q);
	resolver_fact_result(o, result);
	net_emit(p->n, o);
	if (result->final)
		ask_over(a);
}

/* This library may lack an algorithm and then calls a signed zone insecure: said, not hidden. */
static void
note_engine(struct row *r, const struct fact_resolve *f)
{
	const struct rr *ds[64];
	struct ds d;
	size_t n = rr_select(&f->rrs, &f->qname, T_DS, SECTION_ANSWER, ds, 64), ed448 = 0;

	if (f->question == VQ_DS) {
		for (size_t i = 0; i < n; i++)
			ed448 += ds_parse(ds[i]->rdata, ds[i]->rdlen, &d) && d.alg == ALG_ED448;
		r->ed448 |= n > 0 && ed448 == n;
	} else if (f->question == VQ_SOA && f->status && strcmp(f->status, "insecure") == 0)
		r->insecure = true;
	if (!r->insecure || !r->ed448 || r->said)
		return;
	r->said = true;
	say_unknown(r->p, r->v->name, "unsupported algorithm",
		"a verdict: this libunbound has no ED448, so its insecure says nothing of the zone");
}

static void
unbound_answered(void *arg, const struct unbound_answer *u)
{
	struct ask *a = arg;
	struct row *r = a->row;
	struct obs *o = net_obs(r->p->n, FACT_RESOLVE);
	struct fact_resolve *f = &o->u.resolve;
	struct wire_message m = { 0 };
	struct err e = { 0 };
	char line[1300];

	resolver_fact(o, r->v->name, &a->q);
	f->rtt_us = u->rtt_us;
	f->why = arena_strdup(o->arena, u->why);
	if (u->packet && wire_parse(o->arena, u->packet, u->len, &m, &e)) {
		resolver_fact_message(o, &m);
	} else if (u->packet) {
		f->why = arena_strdup(o->arena, err_str(&e, line, sizeof line));
	}
	f->rcode = u->rcode;
	f->status = u->status;
	f->ad = u->status && strcmp(u->status, "secure") == 0;
	note_engine(r, f);
	net_emit(r->p->n, o);
	ask_over(a);
}

/* ---- libunbound ---- */
static bool
host_reaches(int family)
{
	union address to;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	/* connect() of a datagram socket sends nothing: it asks the routing table. */
	bool ok = address_parse(&to, family == AF_INET ? "198.41.0.4" : "2001:503:ba3e::2:30", 53) &&
		connect(fd, &to.sa, family == AF_INET ? sizeof to.v4 : sizeof to.v6) == 0;
	close(fd);
	return ok;
}

static size_t
stubs_collect(struct part *p, struct arena *a, struct unbound_stub **out)
{
	struct {
		struct unbound_stub *v;
		size_t n, cap;
	} list = { 0 };
	struct name *cuts = arena_new_array(a, struct name, CUTS_MAX);
	struct endpoint *at = arena_new_array(a, struct endpoint, SERVERS_MAX);
	char text[NAME_MAX_TEXT];

	size_t n_cuts = p->private_root ? net_cuts(p->n, cuts, CUTS_MAX) : 0;
	for (size_t i = 0; i < n_cuts; i++) {
		size_t n = net_servers(p->n, &cuts[i], at, SERVERS_MAX);
		for (size_t k = 0; k < n; k++) {
			struct unbound_stub s = { arena_strdup(a, name_to_text(text, &cuts[i])),
				arena_strdup(a, at[k].address), at[k].port };
			if (at[k].role != ROLE_PRIMARY)
				arena_push(a, &list, s);
		}
	}
	*out = list.v;
	return list.n;
}

static bool
context_make(struct row *r)
{
	struct arena *a = arena_new();
	struct unbound_stub *stubs;
	struct err e = { 0 };
	char line[1300];

	size_t n = stubs_collect(r->p, a, &stubs);
	struct unbound_conf conf = { .anchors = r->anchors, .n_anchors = r->n_anchors, .stubs = stubs,
		.n_stubs = n, .ipv6 = host_reaches(AF_INET6) };
	/* Without any route only this host is left: loopback servers are IPv4. */
	conf.ipv4 = host_reaches(AF_INET) || !conf.ipv6 || r->p->private_root;
	r->ctx = unboundctx_new(net_loop(r->p->n), &conf, &e);
	if (!r->ctx)
		say_unknown(r->p, r->v->name, err_str(&e, line, sizeof line), "its verdict");
	arena_free(a);
	return r->ctx != NULL;
}

/* ---- rounds ---- */
static void
row_ask(struct row *r)
{
	struct part *p = r->p;
	const struct net_options *opt = net_options(p->n);
	struct resolver_question q[RESOLVER_QUESTIONS_MAX];
	struct resolver_plan plan = { .zone = net_zone(p->n), .with_cd = !r->own, .samples = 1 };

	if (!r->usable || (r->own && !r->ctx && !context_make(r)))
		return;
	if (!r->own) {
		plan.good = p->good;
		plan.n_good = p->n_good;
		plan.bogus = opt->known_bogus;
		plan.n_bogus = opt->n_known_bogus;
		if (r->v->kind && strcmp(r->v->kind, "public") == 0)
			plan.samples = RESOLVER_SAMPLES;
	}
	r->insecure = r->ed448 = false;
	size_t n = resolver_questions(&plan, q);
	for (size_t i = 0; i < n; i++) {
		struct ask *a = ask_new(r, &q[i]);
		if (r->own)
			unboundctx_ask(r->ctx, &q[i].qname, q[i].qtype, RESOLVER_PATIENCE_MS,
				unbound_answered, a);
		else
			a->query = resolver_ask(net_transport(p->n), &r->to, &q[i], resolver_answered, a);
	}
}

static void
rows_ask(struct part *p, bool own)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].own == own)
			row_ask(&p->rows[i]);
}

static void
round_begin(struct part *p)
{
	if (p->running || p->stopped)
		return;
	p->running = true;
	p->number++;
	uv_timer_stop(&p->timer);
	net_busy(p->n, 1);
	say_round(p, false);
	rows_ask(p, false);
	if (!p->waiting)
		rows_ask(p, true);
	if (p->open == 0 && !p->waiting)
		round_end(p);
}

static void
on_timer(uv_timer_t *t)
{
	round_begin(t->data);
}

static void
round_end(struct part *p)
{
	p->running = false;
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].own && !p->rows[i].v->cache_kept) {
			unboundctx_close(p->rows[i].ctx);
			p->rows[i].ctx = NULL;
		}
	say_round(p, true);
	if (!net_options(p->n)->once && !p->stopped)
		uv_timer_start(&p->timer, on_timer, VANTAGE_PERIOD_MS, 0);
	net_busy(p->n, -1);
}

/* ---- the table ---- */
static bool
read_anchors(struct row *r, struct err *e)
{
	const char *path = r->v->anchor ? r->v->anchor : net_options(r->p->n)->anchor;
	struct arena *a = r->p->arena;
	char share[1024], *save = NULL;
	size_t len;

	if (!path)
		path = share_path(share, sizeof share, "root.key");
	char *text = file_read(path, ANCHOR_FILE_MAX, &len, e);
	if (!text)
		return false;
	r->anchors = arena_new_array(a, const char *, ANCHORS_MAX);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, ";")] = '\0';
		if (line[strspn(line, " \t\r")] && r->n_anchors < ANCHORS_MAX)
			r->anchors[r->n_anchors++] = arena_strdup(a, line);
	}
	free(text);
	return r->n_anchors > 0 ||
		err_set(e, ERR_PARSE, path, "trust anchor", "a DS or DNSKEY record a line", "none");
}

static void
row_init(struct part *p, struct row *r, const struct net_vantage *v)
{
	uint16_t port = net_options(p->n)->port;
	struct err e = { 0 };
	char line[1300];

	r->p = p;
	r->v = v;
	r->own = v->type == VANTAGE_LIBUNBOUND;
	r->port = v->port ? v->port : port ? port : 53;
	if (r->own)
		r->usable = read_anchors(r, &e);
	else if (!v->address || !address_parse(&r->to, v->address, r->port))
		err_set(&e, ERR_ARG, v->name, "vantage", "an IPv4 or IPv6 address", "%s",
			v->address ? v->address : "none");
	else
		r->usable = true;
	say_vantage(r);
	if (!r->usable)
		say_unknown(p, v->name, err_str(&e, line, sizeof line), "its verdict");
}

bool
vantage_start(struct net *n, void **state, struct err *e)
{
	static const char *const root[] = { "." };
	const struct net_options *opt = net_options(n);
	struct part *p = calloc(1, sizeof *p);

	if (!p)
		return err_set(e, ERR_MEMORY, "vantages", "calloc", "", "out of memory");
	*state = p;
	p->n = n;
	p->arena = arena_new();
	p->good = opt->known_good ? opt->known_good : root;
	p->n_good = opt->known_good ? opt->n_known_good : 1;
	p->private_root = opt->root_hints || (opt->port && opt->port != 53);
	p->waiting = false;
	p->n_rows = opt->n_vantages;
	p->rows = arena_new_array(p->arena, struct row, p->n_rows + 1);
	uv_timer_init(net_loop(n), &p->timer);
	p->timer.data = p;
	for (size_t i = 0; i < p->n_rows; i++) {
		row_init(p, &p->rows[i], &opt->vantages[i]);
		p->waiting |= p->rows[i].own && p->private_root;
	}
	if (p->n_rows)
		round_begin(p);
	return true;
}

void
vantage_full_round(struct net *n, void *state, bool first)
{
	struct part *p = state;

	(void)n;
	if (!first || !p->waiting)
		return;
	p->waiting = false;
	rows_ask(p, true);
	if (p->running && p->open == 0)
		round_end(p);
}

void
vantage_probe(struct net *n, void *state, const char *what)
{
	struct part *p = state;

	(void)n, (void)what; /* one vantage alone is cheap to ask with the others */
	if (p->n_rows)
		round_begin(p);
}

static void
timer_closed(uv_handle_t *h)
{
	struct part *p = h->data;

	arena_free(p->arena);
	free(p);
}

void
vantage_stop(struct net *n, void *state)
{
	struct part *p = state;

	(void)n;
	p->stopped = true;
	for (size_t i = 0; i < p->n_rows; i++)
		unboundctx_close(p->rows[i].ctx);
	while (p->asks) {
		if (p->asks->query)
			transport_cancel(p->asks->query);
		ask_free(p->asks);
	}
	uv_close((uv_handle_t *)&p->timer, timer_closed);
}
