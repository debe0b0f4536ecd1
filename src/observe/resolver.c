/* resolver: the questions to a vantage, and facts made of its answers. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "observe/resolver.h"

static void
add(struct resolver_question *out, size_t *n, enum vq question, const struct name *qname,
	uint16_t qtype, bool cd)
{
	if (*n < RESOLVER_QUESTIONS_MAX)
		out[(*n)++] = (struct resolver_question){ question, *qname, qtype, cd };
}

/* A name that nobody asked before: a negative answer from a cache would say nothing new. */
static struct name
fresh_name(const struct name *zone)
{
	uint8_t bytes[8] = { 0 };
	char label[32];
	struct name n;

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		memset(bytes, 0, sizeof bytes);
	snprintf(label, sizeof label, "unbogus-%02x%02x%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1],
		bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
	return name_prepend(zone, label, &n) ? n : *zone;
}

static void
add_tests(struct resolver_question *out, size_t *n, enum vq question, const char *const *names,
	size_t count)
{
	struct name name;

	for (size_t i = 0; i < count; i++)
		if (name_from_text(&name, names[i], NULL))
			add(out, n, question, &name, T_SOA, false);
}

size_t
resolver_questions(const struct resolver_plan *p, struct resolver_question *out)
{
	struct name missing = fresh_name(p->zone);
	size_t n = 0;

	/* SRV at an apex: a type that practically no zone has there, and every server knows. */
	for (int cd = 0; cd <= (p->with_cd ? 1 : 0); cd++) {
		add(out, &n, VQ_SOA, p->zone, T_SOA, cd);
		add(out, &n, VQ_POSITIVE, p->zone, T_A, cd);
		add(out, &n, VQ_NODATA, p->zone, T_SRV, cd);
		add(out, &n, VQ_NXDOMAIN, &missing, T_A, cd);
	}
	if (p->with_cd) {
		add(out, &n, VQ_DNSKEY, p->zone, T_DNSKEY, false);
		add(out, &n, VQ_DS, p->zone, T_DS, false);
	}
	for (unsigned i = 0; i < (p->samples ? p->samples : 1); i++)
		add(out, &n, VQ_DNSKEY, p->zone, T_DNSKEY, true);
	add(out, &n, VQ_DS, p->zone, T_DS, true);
	add_tests(out, &n, VQ_GOOD, p->good, p->n_good);
	add_tests(out, &n, VQ_BOGUS, p->bogus, p->n_bogus);
	return n;
}

void
resolver_fact(struct obs *o, const char *vantage, const struct resolver_question *q)
{
	struct fact_resolve *f = &o->u.resolve;

	f->vantage = arena_strdup(o->arena, vantage);
	f->question = q->question;
	f->qname = q->qname;
	f->qtype = q->qtype;
	f->cd = q->cd;
	f->rcode = -1;
}

void
resolver_fact_message(struct obs *o, const struct wire_message *m)
{
	struct fact_resolve *f = &o->u.resolve;

	f->rcode = m->rcode;
	f->ad = m->ad;
	for (size_t i = 0; i < m->ede.n; i++) {
		struct ede e = { m->ede.v[i].code, arena_strdup(o->arena, m->ede.v[i].text) };
		arena_push(o->arena, &f->ede, e);
	}
	for (size_t i = 0; i < m->rrs.n; i++) {
		struct rr rr = m->rrs.v[i];
		rr.rdata = arena_memdup(o->arena, rr.rdata, rr.rdlen);
		arena_push(o->arena, &f->rrs, rr);
	}
}

void
resolver_fact_result(struct obs *o, const struct query_result *r)
{
	struct fact_resolve *f = &o->u.resolve;

	f->rtt_us = r->msg ? r->rtt_us : r->waited_us;
	if (r->msg) {
		resolver_fact_message(o, r->msg);
		return;
	}
	f->pending = !r->final;
	f->why = r->outcome == OUTCOME_TIMEOUT
		? arena_printf(o->arena, "timeout %u.%us", r->waited_us / 1000000,
			  r->waited_us % 1000000 / 100000)
		: arena_printf(o->arena, "%s%s%s", outcome_name(r->outcome), r->detail ? ": " : "",
			  r->detail ? r->detail : "");
}

struct query *
resolver_ask(struct transport *t, const union address *to, const struct resolver_question *q,
	query_cb *done, void *ctx)
{
	struct query_spec s = { .to = *to, .qname = q->qname, .qtype = q->qtype, .rd = true,
		.cd = q->cd, .retry = RETRY_UDP, .give_up_us = RESOLVER_PATIENCE_MS * 1000,
		.done = done, .ctx = ctx };

	return transport_ask(t, &s);
}
