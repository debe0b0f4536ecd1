#include "observe/lookup.h"

#include <arpa/inet.h>
#include <string.h>

#define HEDGE_US 400000u /* a server that is silent for so long is not waited for alone */

struct lookup {
	struct arena *a;
	struct transport *t;
	struct name name;
	uint16_t type, port;
	struct lookup_start at, root;
	size_t next_server;
	unsigned steps, depth, step; /* step: answers of earlier ones are stale */
	unsigned waiting;	     /* questions and lookups of this step */
	bool ended;
	lookup_cb *done;
	void *ctx;
};

/* What one question belongs to. */
struct lookup_ask {
	struct lookup *l;
	unsigned step;
	bool hedged;
};

static void ask_next(struct lookup *l);

static void
end(struct lookup *l, const union address *found, size_t n, const char *why)
{
	if (l->ended)
		return;
	l->ended = true;
	l->done(l->ctx, found, n, why);
}

static bool
address_of(const struct rr *rr, uint16_t port, union address *out)
{
	memset(out, 0, sizeof *out);
	if (rr->type == T_A && rr->rdlen == 4) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		memcpy(&out->v4.sin_addr, rr->rdata, 4);
		return true;
	}
	if (rr->type == T_AAAA && rr->rdlen == 16) {
		out->v6.sin6_family = AF_INET6;
		out->v6.sin6_port = htons(port);
		memcpy(&out->v6.sin6_addr, rr->rdata, 16);
		return true;
	}
	return false;
}

static void
begin_step(struct lookup *l)
{
	l->step++;
	l->waiting = 0;
	l->next_server = 0;
	ask_next(l);
}

static void
on_ns_address(void *ctx, const union address *found, size_t n, const char *why)
{
	struct lookup_ask *k = ctx;
	struct lookup *l = k->l;

	(void)why;
	if (l->ended || k->step != l->step)
		return;
	if (l->waiting)
		l->waiting--;
	if (n == 0) {
		if (l->waiting == 0)
			end(l, NULL, 0, "the name servers on the way have no address");
		return;
	}
	l->at.n = n < LOOKUP_SERVERS ? n : LOOKUP_SERVERS;
	memcpy(l->at.servers, found, l->at.n * sizeof *found);
	begin_step(l);
}

/* A referral without glue: the first two server names are looked up from the root. */
static void
find_servers(struct lookup *l, const struct name *names, size_t n)
{
	if (l->depth >= LOOKUP_DEPTH || l->root.n == 0) {
		end(l, NULL, 0, "name servers without glue, nested too deeply");
		return;
	}
	l->step++;
	l->waiting = 0;
	for (size_t i = 0; i < n && i < 2; i++) {
		if (name_at_or_below(&names[i], &l->at.cut))
			continue; /* it would need the very glue that is missing */
		struct lookup_ask *k = arena_new_one(l->a, struct lookup_ask);
		*k = (struct lookup_ask){ .l = l, .step = l->step };
		l->waiting++;
		lookup_begin(l->a, l->t, &names[i], T_A, &l->root, &l->root, l->port, l->depth + 1,
			on_ns_address, k);
	}
	if (l->waiting == 0)
		end(l, NULL, 0, "a referral without the glue that it needs");
}

static bool
follow_referral(struct lookup *l, const struct wire_message *m)
{
	struct name names[LOOKUP_SERVERS];
	size_t n = 0;
	struct name cut = { 0 };

	for (size_t i = 0; i < m->rrs.n && n < LOOKUP_SERVERS; i++) {
		const struct rr *rr = &m->rrs.v[i];
		if (rr->section != SECTION_AUTHORITY || rr->type != T_NS ||
			name_equal(&rr->owner, &l->at.cut) || !name_at_or_below(&rr->owner, &l->at.cut) ||
			!name_at_or_below(&l->name, &rr->owner) ||
			(cut.len && !name_equal(&cut, &rr->owner)))
			continue;
		cut = rr->owner;
		if (name_from_wire(&names[n], rr->rdata, rr->rdlen))
			n++;
	}
	if (n == 0)
		return false;
	if (++l->steps > LOOKUP_STEPS) {
		end(l, NULL, 0, "too many referrals");
		return true;
	}
	struct name above = l->at.cut;
	l->at.cut = cut;
	l->at.n = 0;
	for (size_t i = 0; i < m->rrs.n && l->at.n < LOOKUP_SERVERS; i++) {
		const struct rr *rr = &m->rrs.v[i];
		if (rr->section != SECTION_ADDITIONAL || !name_at_or_below(&rr->owner, &above))
			continue;
		for (size_t k = 0; k < n; k++)
			if (name_equal(&names[k], &rr->owner) &&
				address_of(rr, l->port, &l->at.servers[l->at.n])) {
				if (rr->type == T_A || transport_route(&l->at.servers[l->at.n]) == 0)
					l->at.n++;
				break;
			}
	}
	if (l->at.n == 0)
		find_servers(l, names, n);
	else
		begin_step(l);
	return true;
}

static void
use(struct lookup *l, const struct wire_message *m)
{
	union address found[LOOKUP_SERVERS];
	size_t n = 0;

	for (size_t i = 0; i < m->rrs.n && n < LOOKUP_SERVERS; i++) {
		const struct rr *rr = &m->rrs.v[i];
		if (rr->section == SECTION_ANSWER && rr->type == l->type &&
			name_equal(&rr->owner, &l->name) && address_of(rr, l->port, &found[n]))
			n++;
	}
	if (n > 0) {
		end(l, found, n, NULL);
		return;
	}
	if (!m->aa && m->rcode == 0 && follow_referral(l, m))
		return;
	if (m->rcode != 0 && m->rcode != 3) {
		l->waiting = 0;
		ask_next(l);
		return;
	}
	end(l, NULL, 0, m->rcode == 3 ? "the name does not exist" : "no address of that kind");
}

static void
on_answer(void *ctx, const struct query_result *r)
{
	struct lookup_ask *k = ctx;
	struct lookup *l = k->l;

	if (l->ended || k->step != l->step)
		return;
	if (r->msg) {
		use(l, r->msg);
		return;
	}
	if (r->final && l->waiting)
		l->waiting--;
	if (!k->hedged) {
		k->hedged = true;
		ask_next(l);
	} else if (r->final && l->waiting == 0)
		end(l, NULL, 0, "no server on the way answers");
}

static void
ask_next(struct lookup *l)
{
	if (l->next_server >= l->at.n) {
		if (l->waiting == 0)
			end(l, NULL, 0, "no server on the way answers");
		return;
	}
	struct lookup_ask *k = arena_new_one(l->a, struct lookup_ask);
	*k = (struct lookup_ask){ .l = l, .step = l->step };
	l->waiting++;
	transport_ask(l->t, &(struct query_spec){ .to = l->at.servers[l->next_server++],
		.qname = l->name, .qtype = l->type, .late_us = HEDGE_US, .give_up_us = 4 * HEDGE_US,
		.done = on_answer, .ctx = k });
}

void
lookup_begin(struct arena *arena, struct transport *t, const struct name *name, uint16_t type,
	const struct lookup_start *start, const struct lookup_start *root, uint16_t port,
	unsigned depth, lookup_cb *done, void *ctx)
{
	struct lookup *l = arena_new_one(arena, struct lookup);

	*l = (struct lookup){ .a = arena, .t = t, .name = *name, .type = type, .port = port,
		.at = *start, .depth = depth, .done = done, .ctx = ctx };
	if (root)
		l->root = *root;
	begin_step(l);
}
