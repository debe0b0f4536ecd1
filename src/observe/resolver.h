/*
 * resolver: what is asked of a vantage, and the fact that becomes of a configured resolver's
 * answer. A resolver is asked everything normally and with CD=1 (RFC 4035 3.2.2): a question that
 * fails only with checking is bogus there, one that fails both ways is starved.
 *
 * Silence is said only after RESOLVER_PATIENCE_MS: BIND takes 10 to 12 s to say SERVFAIL in an
 * NSEC3 zone that lacks signatures. Until then the question is "pending". A public resolver is
 * many caches: its DNSKEY is asked RESOLVER_SAMPLES times, each from another port, so that a
 * reader can group the answers by what is left of the TTL.
 *
 * resolver_questions() makes the list for one round; resolver_ask() sends one of them.
 */
#ifndef OBSERVE_RESOLVER_H
#define OBSERVE_RESOLVER_H

#include "observe/transport.h"

#define RESOLVER_PATIENCE_MS 13000u
#define RESOLVER_SAMPLES 8
#define RESOLVER_QUESTIONS_MAX 64

struct resolver_question {
	enum vq question;
	struct name qname;
	uint16_t qtype;
	bool cd;
};

struct resolver_plan {
	const struct name *zone;
	const char *const *good, *const *bogus; /* names whose SOA tests the vantage */
	size_t n_good, n_bogus;
	bool with_cd;	  /* both ways (a resolver); otherwise DNSKEY and DS with, the rest without */
	unsigned samples; /* of the DNSKEY with CD=1; 1 for a single cache */
};
/* Fills OUT (RESOLVER_QUESTIONS_MAX); the NXDOMAIN name has a fresh random label each time.
 * A good or bogus name that cannot be read is left out. */
size_t resolver_questions(const struct resolver_plan *plan, struct resolver_question *out);

/* Fills what a FACT_RESOLVE says of the question itself. */
void resolver_fact(struct obs *o, const char *vantage, const struct resolver_question *q);
/* ... and of the message that answered; MSG's memory must live in o->arena, or is copied. */
void resolver_fact_message(struct obs *o, const struct wire_message *msg);

/* ... and of a result of the transport, pending ones included. */
void resolver_fact_result(struct obs *o, const struct query_result *r);

struct query *resolver_ask(struct transport *t, const union address *to,
	const struct resolver_question *q, query_cb *done, void *ctx);

#endif
