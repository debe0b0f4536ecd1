#include "observe/walk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/file.h"
#include "base/share.h"
#include "observe/lookup.h"

#define CUTS_MAX 32
#define SERVERS_MAX 64	  /* addresses of one cut that are asked; more are said and left out */
#define HINTS_MAX (1u << 20)
#define HEDGE_US 400000u  /* of several upper servers one is asked; silent for so long, one more */
#define TAGS_MAX 64

struct server {
	struct endpoint at;
	union address to;
	const char *source;
	unsigned round;		      /* the round in which it was asked last */
	uint64_t value[PROBE_COUNT];  /* what it said, as a hash; 0: nothing yet */
	bool named;		      /* in the referral or configuration as it is now */
};

struct ns_name {
	struct name name;
	bool glue, looked_up, found;
};

struct cut {
	struct name name;
	struct server *v[SERVERS_MAX];
	size_t n;
	struct { struct ns_name *v; size_t n, cap; } names;
	bool configured;
	bool large;	  /* its DNSKEY answer does not fit: TCP at once */
	size_t preferred; /* the upper server that answered last */
	size_t tried;	  /* upper servers asked in this round */
};

struct walk {
	struct net *net;
	struct arena *a;
	struct cut *cuts[CUTS_MAX]; /* from the root down */
	struct cut *parent; /* who delegates the zone; NULL: not seen yet */
	size_t n;
	struct name zone, nxdomain;
	unsigned round, kind, pending;
	unsigned told_none; /* the round in which the missing delegation was said */
	bool running, told_v6, told_many, all_known;
	struct asking *asking;
	void (*done)(void *ctx);
	void *ctx;
	struct walk_state state;
	bool wrong;
	uint16_t ds_tags[TAGS_MAX], key_tags[TAGS_MAX];
	size_t n_ds, n_keys;
	uv_timer_t *settle; /* a round ends from the loop, never from inside walk_round() */
};

/* One question that is under way. */
struct asking {
	struct walk *w;
	struct cut *cut;
	struct server *s;
	const struct probe_row *row;
	struct name qname;
	uint16_t qtype;
	bool upper, hedged;
	struct query *q;
	struct asking *next, **prev;
};

static void ask_cut(struct walk *w, struct cut *c);
static void ask_server(struct walk *w, struct cut *c, struct server *s);
static void ask(struct walk *w, struct cut *c, struct server *s, const struct probe_row *row);
static void ask_row(struct walk *w, struct cut *c, struct server *s, enum probe p, unsigned at);

/* ---- round ---- */

static void
on_settle(uv_timer_t *h)
{
	struct walk *w = h->data;

	if (!w || !w->running || w->pending)
		return;
	w->running = false;
	if (w->kind & ROUND_FULL) {
		bool linked = w->n_ds == 0 || w->n_keys == 0;
		for (size_t i = 0; i < w->n_ds && !linked; i++)
			for (size_t k = 0; k < w->n_keys && !linked; k++)
				linked = w->ds_tags[i] == w->key_tags[k];
		w->state.wrong = w->wrong || !linked;
		w->all_known = true;
	} else if (w->wrong)
		w->state.wrong = true;
	w->done(w->ctx);
}

static void
release(struct walk *w)
{
	if (--w->pending == 0)
		uv_timer_start(w->settle, on_settle, 0, 0);
}

/* ---- cuts and servers ---- */

static bool
is_zone(const struct walk *w, const struct cut *c)
{
	return name_equal(&c->name, &w->zone);
}

/* The cut whose servers hold the zone's DS: one label above it, until a referral says otherwise. */
static bool
is_parent(const struct walk *w, const struct cut *c)
{
	if (w->parent)
		return w->parent == c;
	return !is_zone(w, c) && name_labels(&c->name) + 1 == name_labels(&w->zone);
}

static struct cut *
cut_find(const struct walk *w, const struct name *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (name_equal(&w->cuts[i]->name, name))
			return w->cuts[i];
	return NULL;
}

static struct cut *
cut_add(struct walk *w, const struct name *name)
{
	struct cut *c = cut_find(w, name);
	size_t i = w->n;

	if (c || w->n == CUTS_MAX)
		return c;
	c = arena_new_one(w->a, struct cut);
	c->name = *name;
	name_lower(&c->name);
	for (; i > 0 && name_labels(&w->cuts[i - 1]->name) > name_labels(name); i--)
		w->cuts[i] = w->cuts[i - 1];
	w->cuts[i] = c;
	w->n++;
	return c;
}

static void
unknown(struct walk *w, const char *what, const char *object, const char *why, const char *lost)
{
	struct obs *o = net_obs(w->net, FACT_UNKNOWN);

	o->u.unknown = (struct fact_unknown){ .what = arena_strdup(o->arena, what),
		.object = arena_strdup(o->arena, object), .why = arena_strdup(o->arena, why),
		.lost = arena_strdup(o->arena, lost) };
	net_emit(w->net, o);
}

static struct endpoint
endpoint_dup(struct arena *a, const struct endpoint *at)
{
	struct endpoint e = *at;

	e.ns = arena_strdup(a, at->ns);
	e.address = arena_strdup(a, at->address);
	return e;
}

static enum role
role_of(const struct walk *w, const struct cut *c)
{
	return is_zone(w, c) ? ROLE_CHILD : c->name.len == 1 ? ROLE_ROOT : ROLE_PARENT;
}

/* A v6 address where this host has no v6 says nothing about the server: it is left out, once said. */
static bool
reachable_kind(struct walk *w, const union address *to)
{
	int error = to->sa.sa_family == AF_INET6 ? transport_route(to) : 0;

	if (error != ENETUNREACH && error != EADDRNOTAVAIL && error != EAFNOSUPPORT)
		return true;
	if (!w->told_v6)
		unknown(w, "IPv6", "this host", "no route", "what servers say at their IPv6 addresses");
	w->told_v6 = true;
	return false;
}

static struct server *
server_add(struct walk *w, struct cut *c, const struct name *ns, const char *label,
	const union address *to, const char *source, bool primary)
{
	char text[NAME_MAX_TEXT], address[INET6_ADDRSTRLEN];
	bool v6 = to->sa.sa_family == AF_INET6;
	uint16_t port = ntohs(v6 ? to->v6.sin6_port : to->v4.sin_port);

	inet_ntop(to->sa.sa_family, v6 ? (const void *)&to->v6.sin6_addr : &to->v4.sin_addr, address,
		sizeof address);
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i]->at.port == port && strcmp(c->v[i]->at.address, address) == 0) {
			c->v[i]->named = true;
			return c->v[i];
		}
	if (!reachable_kind(w, to))
		return NULL;
	if (c->n == SERVERS_MAX) {
		if (!w->told_many)
			unknown(w, "servers", name_to_text(text, &c->name), "limit",
				"more than 64 addresses serve it: the rest is not asked");
		w->told_many = true;
		return NULL;
	}
	struct server *s = arena_new_one(w->a, struct server);
	s->to = *to;
	s->source = source;
	s->named = true;
	s->at = (struct endpoint){ .ns = arena_strdup(w->a, ns ? name_to_text(text, ns) : label),
		.address = arena_strdup(w->a, address), .port = port, .cut = c->name,
		.role = primary ? ROLE_PRIMARY : role_of(w, c) };
	c->v[c->n++] = s;
	struct obs *o = net_obs(w->net, FACT_SERVER);
	o->u.server.at = endpoint_dup(o->arena, &s->at);
	o->u.server.source = arena_strdup(o->arena, source);
	net_emit(w->net, o);
	return s;
}

static uint16_t
port_of(const struct walk *w)
{
	uint16_t port = net_options(w->net)->port;

	return port ? port : 53;
}

static bool
rr_address(const struct rr *rr, uint16_t port, union address *to)
{
	char text[INET6_ADDRSTRLEN];
	int family = rr->type == T_AAAA ? AF_INET6 : AF_INET;

	if ((rr->type != T_A || rr->rdlen != 4) && (rr->type != T_AAAA || rr->rdlen != 16))
		return false;
	return inet_ntop(family, rr->rdata, text, sizeof text) && address_parse(to, text, port);
}

/* ---- names of servers ---- */

/* The closest cut above NAME that has servers, as a place to begin. */
static void
start_for(const struct walk *w, const struct name *name, struct lookup_start *out)
{
	const struct cut *best = NULL;

	for (size_t i = 0; i < w->n; i++)
		if (name_at_or_below(name, &w->cuts[i]->name) && w->cuts[i]->n > 0)
			best = w->cuts[i];
	out->n = 0;
	if (!best)
		return;
	out->cut = best->name;
	for (size_t i = 0; i < best->n && out->n < LOOKUP_SERVERS; i++)
		out->servers[out->n++] = best->v[(best->preferred + i) % best->n]->to;
}

struct naming {
	struct walk *w;
	struct cut *cut;
	struct name ns;
	unsigned left; /* lookups of this name that are under way */
	bool found;
	const char *why;
};

static struct ns_name *
ns_find(struct walk *w, struct cut *c, const struct name *name)
{
	for (size_t i = 0; i < c->names.n; i++)
		if (name_equal(&c->names.v[i].name, name))
			return &c->names.v[i];
	arena_push(w->a, &c->names, ((struct ns_name){ .name = *name }));
	return &c->names.v[c->names.n - 1];
}

static void
on_named(void *ctx, const union address *found, size_t n, const char *why)
{
	struct naming *k = ctx;
	struct walk *w = k->w;
	char text[NAME_MAX_TEXT];

	for (size_t i = 0; i < n; i++) {
		struct server *s = server_add(w, k->cut, &k->ns, NULL, &found[i], "referral", false);
		if (s && w->running)
			ask_server(w, k->cut, s);
	}
	k->found = k->found || n > 0;
	ns_find(w, k->cut, &k->ns)->found = k->found;
	if (n == 0 && (!k->why || strcmp(why, "no address of that kind") != 0))
		k->why = why;
	if (--k->left == 0 && !k->found) {
		w->wrong = true;
		unknown(w, "server address", name_to_text(text, &k->ns), k->why,
			"what this name server answers");
	}
	release(w);
}

static void
look_up(struct walk *w, struct cut *c, struct ns_name *ns)
{
	static const uint16_t types[] = { T_A, T_AAAA };
	struct lookup_start start, root;

	ns->looked_up = true;
	start_for(w, &ns->name, &start);
	start_for(w, &name_root, &root);
	struct naming *k = arena_new_one(w->a, struct naming);
	*k = (struct naming){ .w = w, .cut = c, .ns = ns->name, .left = 2 };
	w->pending += 2;
	for (int i = 0; i < 2; i++)
		lookup_begin(w->a, net_transport(w->net), &ns->name, types[i], &start, &root, port_of(w), 0,
			on_named, k);
}

/* ADDITIONAL addresses of NS: the only use of glue is to know whom to ask. */
static void
take_glue(struct walk *w, struct cut *c, struct ns_name *ns, const struct wire_message *m,
	const char *source)
{
	union address to;

	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		if (rr->section != SECTION_ADDITIONAL || !name_equal(&rr->owner, &ns->name) ||
			!rr_address(rr, port_of(w), &to))
			continue;
		ns->glue = true;
		struct server *s = server_add(w, c, &ns->name, NULL, &to, source, false);
		if (s)
			s->named = true;
	}
}

/* ---- reading answers ---- */

/* The deepest NS RRset in M that lies between CUT (not itself) and the zone. */
static bool
delegation_in(const struct walk *w, const struct cut *cut, const struct wire_message *m,
	struct name *owner)
{
	bool found = false;

	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		if (rr->type != T_NS || rr->section == SECTION_ADDITIONAL ||
			name_equal(&rr->owner, &cut->name) || !name_at_or_below(&rr->owner, &cut->name) ||
			!name_at_or_below(&w->zone, &rr->owner))
			continue;
		*owner = rr->owner;
		found = true;
	}
	return found;
}

static void
use_names(struct walk *w, struct cut *c, const struct wire_message *m, const struct name *owner,
	const char *source)
{
	struct name ns;

	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		if (rr->type != T_NS || rr->section == SECTION_ADDITIONAL ||
			!name_equal(&rr->owner, owner) || !name_from_wire(&ns, rr->rdata, rr->rdlen))
			continue;
		take_glue(w, c, ns_find(w, c, &ns), m, source);
	}
	/* asked before the lookups begin, so that glue alone costs no round */
	ask_cut(w, c);
	for (size_t i = 0; i < c->names.n; i++)
		if (!c->names.v[i].glue && !c->names.v[i].looked_up)
			look_up(w, c, &c->names.v[i]);
}

/* The zone that signs or owns the answer about the DS: where cuts hide on the same servers. */
static bool
hidden_cut(const struct walk *w, const struct cut *cut, const struct wire_message *m,
	struct name *owner)
{
	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		struct rrsig sig;
		if (rr->section == SECTION_ADDITIONAL)
			continue;
		if (rr->type == T_RRSIG && rrsig_parse(rr->rdata, rr->rdlen, &sig) && sig.covered == T_DS)
			*owner = sig.signer;
		else if (rr->type == T_SOA && rr->section == SECTION_AUTHORITY)
			*owner = rr->owner;
		else
			continue;
		if (!name_equal(owner, &cut->name) && name_at_or_below(owner, &cut->name) &&
			name_at_or_below(&w->zone, owner) && !name_equal(owner, &w->zone))
			return true;
	}
	return false;
}

static void
split_cut(struct walk *w, struct cut *c, const struct name *owner)
{
	if (cut_find(w, owner))
		return;
	struct cut *below = cut_add(w, owner);
	if (!below)
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct name ns;
		bool named = c->v[i]->at.ns && name_from_text(&ns, c->v[i]->at.ns, NULL);
		server_add(w, below, named ? &ns : NULL, c->v[i]->at.ns, &c->v[i]->to, "referral", false);
	}
	if (w->parent == c || !w->parent)
		w->parent = below;
	if (c->n > 0)
		ask_row(w, c, c->v[c->preferred % c->n], PROBE_DS, AT_UPPER);
	ask_cut(w, below);
}

static void
on_referral(struct walk *w, struct asking *k, const struct wire_message *m)
{
	struct name owner;
	char text[NAME_MAX_TEXT];

	if (!delegation_in(w, k->cut, m, &owner)) {
		if ((m->rcode == 3 || (m->rcode == 0 && m->aa)) && w->told_none != w->round) {
			w->told_none = w->round; /* every parent server says so */
			w->wrong = true;
			unknown(w, "delegation", name_to_text(text, &w->zone),
				m->rcode == 3 ? "the parent says that there is no such name"
					      : "the parent has no NS records for this name",
				"the zone's own servers: this name may not be a zone");
		}
		return;
	}
	struct cut *c = cut_add(w, &owner);
	if (!c)
		return;
	if (is_zone(w, c) && !w->parent) {
		bool late = !is_parent(w, k->cut);
		w->parent = k->cut;
		if (late) { /* known to be the parent only now: every address of it */
			ask_row(w, k->cut, k->s, PROBE_DS, AT_PARENT);
			ask_cut(w, k->cut);
		}
	} else if (!is_zone(w, c) && k->cut->name.len > 1 && k->upper)
		ask_row(w, k->cut, k->s, PROBE_DS, AT_UPPER);
	if (!is_zone(w, c) || !c->configured)
		use_names(w, c, m, &owner, "glue");
}

static void
note_tags(struct walk *w, const struct wire_message *m, uint16_t type)
{
	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		struct ds d;
		if (rr->type != type || rr->section != SECTION_ANSWER ||
			!name_equal(&rr->owner, &w->zone))
			continue;
		if (type == T_DS && w->n_ds < TAGS_MAX && ds_parse(rr->rdata, rr->rdlen, &d))
			w->ds_tags[w->n_ds++] = d.tag;
		if (type == T_DNSKEY && w->n_keys < TAGS_MAX)
			w->key_tags[w->n_keys++] = dnskey_tag(rr->rdata, rr->rdlen);
	}
}

/* A value for "is it the same set": order does not matter, TTLs and signatures do not either. */
static uint64_t
hash_set(const struct wire_message *m, uint16_t type)
{
	uint64_t sum = 1 + (uint64_t)m->rcode;

	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		uint64_t h = UINT64_C(14695981039346656037);
		if (rr->type != type || rr->section != SECTION_ANSWER)
			continue;
		for (size_t k = 0; k < rr->rdlen; k++)
			h = (h ^ rr->rdata[k]) * UINT64_C(1099511628211);
		sum += h;
	}
	return sum ? sum : 1;
}

static void
note_times(struct walk *w, const struct wire_message *m)
{
	int64_t now = clock_seconds();

	for (size_t i = 0; i < m->rrs.n; i++) {
		const struct rr *rr = &m->rrs.v[i];
		struct rrsig sig;
		if (rr->type == T_SOA || rr->type == T_NS || rr->type == T_DNSKEY || rr->type == T_DS)
			if (rr->section == SECTION_ANSWER && (!w->state.min_ttl || rr->ttl < w->state.min_ttl))
				w->state.min_ttl = rr->ttl;
		if (rr->type != T_RRSIG || !rrsig_parse(rr->rdata, rr->rdlen, &sig))
			continue;
		int64_t t[2] = { clock_from_rrsig(sig.inception, now), clock_from_rrsig(sig.expiration, now) };
		w->wrong = w->wrong || now < t[0] || now > t[1];
		for (int k = 0; k < 2; k++)
			if (t[k] > now && t[k] < w->state.boundary)
				w->state.boundary = t[k];
	}
}

static void
note_answer(struct walk *w, struct asking *k, const struct query_result *r)
{
	const struct wire_message *m = r->msg;
	enum probe p = k->row->probe;
	bool compared = p == PROBE_SOA || p == PROBE_DS || (p == PROBE_DNSKEY && is_zone(w, k->cut));

	if (p == PROBE_DNSKEY && (r->tcp_after_tc || r->size > WIRE_EDNS_SIZE))
		k->cut->large = true;
	else if (p == PROBE_DNSKEY && r->size <= WIRE_EDNS_SIZE)
		k->cut->large = false;
	note_times(w, m);
	w->wrong = w->wrong || (m->rcode != 0 && m->rcode != 3) || m->tc;
	if (!compared || !name_equal(&k->qname, &w->zone))
		return;
	uint64_t h = hash_set(m, k->qtype);
	if (k->s->value[p] && k->s->value[p] != h)
		w->state.changed = true;
	k->s->value[p] = h;
	for (size_t i = 0; i < k->cut->n; i++)
		if (k->cut->v[i]->value[p] && k->cut->v[i]->value[p] != h)
			w->wrong = true;
	if (p == PROBE_DS || p == PROBE_DNSKEY)
		note_tags(w, m, k->qtype);
	for (size_t i = 0; i < m->rrs.n; i++)
		if (p == PROBE_DS && m->rrs.v[i].type == T_DS)
			w->state.ds_ttl = m->rrs.v[i].ttl;
}

/* ---- facts ---- */

static struct rr_list
rrs_dup(struct arena *a, const struct rr_list *in)
{
	struct rr_list out = { arena_new_array(a, struct rr, in->n ? in->n : 1), in->n, in->n };

	for (size_t i = 0; i < in->n; i++) {
		out.v[i] = in->v[i];
		out.v[i].rdata = arena_memdup(a, in->v[i].rdata, in->v[i].rdlen);
	}
	return out;
}

static void
emit_answer(struct walk *w, const struct asking *k, const struct query_result *r)
{
	struct obs *o = net_obs(w->net, FACT_ANSWER);
	const struct wire_message *m = r->msg;
	o->t -= r->age_us;
	struct fact_answer *f = &o->u.answer;

	*f = (struct fact_answer){ .probe = k->row->probe, .at = endpoint_dup(o->arena, &k->s->at),
		.qname = k->qname, .qtype = k->qtype, .tcp = r->tcp, .tcp_after_tc = r->tcp_after_tc,
		.rcode = m->rcode, .aa = m->aa, .tc = m->tc, .ad = m->ad, .ra = m->ra, .edns = m->edns,
		.do_bit = m->do_bit, .size = r->size, .rtt_us = r->rtt_us, .mismatched = r->mismatched,
		.rrs = rrs_dup(o->arena, &m->rrs) };
	f->nsid = m->nsid ? arena_strndup(o->arena, (const char *)m->nsid, m->nsid_len) : NULL;
	for (size_t i = 0; i < m->ede.n; i++)
		arena_push(o->arena, &f->ede, ((struct ede){ .code = m->ede.v[i].code,
			.text = arena_strdup(o->arena, m->ede.v[i].text) }));
	net_emit(w->net, o);
}

static void
emit_silence(struct walk *w, const struct asking *k, const struct query_result *r)
{
	struct obs *o = net_obs(w->net, FACT_NO_ANSWER);

	o->u.no_answer = (struct fact_no_answer){ .probe = k->row->probe,
		.at = endpoint_dup(o->arena, &k->s->at), .qname = k->qname, .qtype = k->qtype,
		.why = outcome_name(r->outcome), .detail = arena_strdup(o->arena, r->detail),
		.tcp = r->tcp, .waited_us = r->waited_us, .attempts = r->attempts,
		.mismatched = r->mismatched, .final = r->final };
	net_emit(w->net, o);
}

/* ---- asking ---- */

static void
asking_end(struct asking *k)
{
	*k->prev = k->next;
	if (k->next)
		k->next->prev = k->prev;
	free(k);
}

/* One more of the upper servers, where the first is silent or lame. */
static void
hedge(struct walk *w, struct asking *k)
{
	if (!k->upper || k->hedged || k->row->probe != PROBE_REFERRAL || k->cut->tried >= k->cut->n)
		return;
	k->hedged = true;
	ask_server(w, k->cut, k->cut->v[(k->cut->preferred + k->cut->tried++) % k->cut->n]);
}

static void
on_result(void *ctx, const struct query_result *r)
{
	struct asking *k = ctx;
	struct walk *w = k->w;

	if (!r->msg) {
		if (r->final || !k->upper)
			emit_silence(w, k, r);
		hedge(w, k);
		w->wrong = w->wrong || r->final;
		/* one question without an answer proves nothing: another one */
		if (r->final && k->row->probe == PROBE_SOA && net_sparing(w->net) && w->running)
			ask_row(w, k->cut, k->s, PROBE_DNSKEY, AT_CHILD);
		if (r->final) {
			asking_end(k);
			release(w);
		}
		return;
	}
	const struct wire_message *m = r->msg;
	struct name owner;
	emit_answer(w, k, r);
	note_answer(w, k, r);
	if (k->row->probe == PROBE_REFERRAL) {
		if (m->rcode == 0 || m->rcode == 3) {
			for (size_t i = 0; i < k->cut->n; i++)
				if (k->cut->v[i] == k->s && k->upper)
					k->cut->preferred = i;
			on_referral(w, k, m);
		} else
			hedge(w, k);
	}
	if (k->row->probe == PROBE_DS && (m->rcode == 0 || m->rcode == 3) &&
		hidden_cut(w, k->cut, m, &owner))
		split_cut(w, k->cut, &owner);
	if (k->row->probe == PROBE_NS && m->rcode == 0 && m->aa && is_zone(w, k->cut) &&
		!k->cut->configured)
		use_names(w, k->cut, m, &w->zone, "child");
	if (k->row->probe == PROBE_SOA && (w->kind & ROUND_FULL) && net_sparing(w->net) && w->running)
		for (size_t i = 0; i < n_probe_rows; i++)
			if ((probe_rows[i].at & AT_CHILD) && (probe_rows[i].rounds & ROUND_FULL) &&
					probe_rows[i].probe != PROBE_SOA)
				ask(w, k->cut, k->s, &probe_rows[i]);
	asking_end(k);
	release(w);
}

/* A name that is likely to exist: a server's own, where it lies in the zone; else the apex. */
static struct name
positive_name(const struct walk *w, const struct cut *c, uint16_t *type)
{
	struct name name;

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i]->at.ns && strchr(c->v[i]->at.ns, '.') &&
			name_from_text(&name, c->v[i]->at.ns, NULL) && name_at_or_below(&name, &w->zone)) {
			*type = c->v[i]->to.sa.sa_family == AF_INET6 ? T_AAAA : T_A;
			return name;
		}
	return w->zone;
}

static bool
last_label(const struct walk *w, struct name *name)
{
	*name = w->zone;
	while (name_labels(name) > 1 && name_parent(name, name))
		;
	return true;
}

/* The name of ROW at C; false when there is nothing to ask yet. */
static bool
asked_name(const struct walk *w, const struct cut *c, const struct probe_row *row,
	struct name *name, uint16_t *type)
{
	*type = row->qtype;
	switch (row->name) {
	case ASK_ZONE:
		if (row->probe == PROBE_REFERRAL && c->name.len == 1 && net_sparing(w->net) && !is_parent(w, c))
			return last_label(w, name); /* a name that other zones ask for too */
		*name = w->zone;
		return true;
	case ASK_CUT:
		*name = c->name;
		return true;
	case ASK_NEXT:
		if (c->name.len == 1) /* the next cut is the last label: no need to wait */
			return last_label(w, name);
		for (size_t i = 0; i + 1 < w->n; i++)
			if (w->cuts[i] == c) {
				*name = w->cuts[i + 1]->name;
				return true;
			}
		return false;
	case ASK_POSITIVE:
		*name = positive_name(w, c, type);
		return true;
	case ASK_NXDOMAIN:
		*name = w->nxdomain;
		return true;
	}
	return false;
}

static bool
under_way(const struct walk *w, const struct server *s, const struct probe_row *row)
{
	for (const struct asking *k = w->asking; k; k = k->next)
		if (k->s == s && k->row == row)
			return true;
	return false;
}

static void
ask(struct walk *w, struct cut *c, struct server *s, const struct probe_row *row)
{
	struct name qname;
	uint16_t qtype;

	if (!asked_name(w, c, row, &qname, &qtype) || under_way(w, s, row))
		return;
	struct asking *k = malloc(sizeof *k);
	if (!k)
		abort();
	*k = (struct asking){ .w = w, .cut = c, .s = s, .row = row, .qname = qname, .qtype = qtype,
		.upper = row->at & AT_UPPER && !is_parent(w, c), .next = w->asking, .prev = &w->asking };
	if (k->next)
		k->next->prev = &k->next;
	w->asking = k;
	w->pending++;
	k->q = transport_ask(net_transport(w->net), &(struct query_spec){ .to = s->to, .qname = qname,
		.qtype = qtype, .retry = row->retry, .late_us = k->upper ? HEDGE_US : 0,
		.give_up_us = k->upper ? TRANSPORT_LATE_US * 2 : 0,
		.tcp = row->probe == PROBE_DNSKEY && c->large, .done = on_result, .ctx = k,
		.share = !is_zone(w, c) && !name_equal(&qname, &w->zone) });
}

static void
ask_row(struct walk *w, struct cut *c, struct server *s, enum probe p, unsigned at)
{
	for (size_t i = 0; i < n_probe_rows; i++)
		if (probe_rows[i].probe == p && (probe_rows[i].at & at) &&
			(probe_rows[i].rounds & w->kind))
			ask(w, c, s, &probe_rows[i]);
}

static void
ask_server(struct walk *w, struct cut *c, struct server *s)
{
	unsigned at = is_zone(w, c) ? AT_CHILD : is_parent(w, c) ? AT_PARENT : AT_UPPER;

	if (s->round == w->round)
		return;
	s->round = w->round;
	if (at == AT_CHILD && (w->kind & ROUND_FULL) && net_sparing(w->net)) {
		ask_row(w, c, s, PROBE_SOA, at); /* the rest when it answers: see on_result() */
		return;
	}
	for (size_t i = 0; i < n_probe_rows; i++)
		if ((probe_rows[i].at & at) && (probe_rows[i].rounds & w->kind))
			ask(w, c, s, &probe_rows[i]);
}

/* Everybody of C who is to be asked and was not yet in this round. */
static void
ask_cut(struct walk *w, struct cut *c)
{
	bool all = is_zone(w, c) || is_parent(w, c);

	if (!w->running || c->n == 0)
		return;
	if (!all) {
		if (c->tried == 0) {
			c->tried = 1;
			ask_server(w, c, c->v[c->preferred % c->n]);
		}
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i]->named)
			ask_server(w, c, c->v[i]);
}

bool
walk_round(struct walk *w, unsigned kind, void (*done)(void *ctx), void *ctx)
{
	if (w->running)
		return false;
	w->running = true;
	w->kind = kind;
	w->done = done;
	w->ctx = ctx;
	w->round++;
	w->wrong = false;
	if (kind & ROUND_FULL) {
		w->n_ds = w->n_keys = 0;
		w->state.boundary = TIME_NEVER;
		w->state.min_ttl = 0;
		for (size_t i = 0; i < w->n; i++)
			for (size_t k = 0; k < w->cuts[i]->names.n; k++)
				if (!w->cuts[i]->names.v[k].glue && !w->cuts[i]->names.v[k].found)
					w->cuts[i]->names.v[k].looked_up = false;
	}
	w->pending++; /* held until everybody was asked */
	for (size_t i = 0; i < w->n; i++)
		w->cuts[i]->tried = 0;
	for (size_t i = 0; i < w->n; i++)
		ask_cut(w, w->cuts[i]);
	release(w);
	return true;
}

bool
walk_running(const struct walk *w)
{
	return w->running;
}

/* ---- beginning and end ---- */

static bool
add_configured(struct walk *w, const struct name *cut_name, const struct net_server *v, size_t n,
	struct err *e)
{
	struct cut *c;

	if (n == 0)
		return true;
	c = cut_add(w, cut_name);
	c->configured = true;
	if (!name_equal(cut_name, &w->zone))
		w->parent = c;
	for (size_t i = 0; i < n; i++) {
		union address to;
		struct name ns;
		uint16_t port = v[i].port ? v[i].port : port_of(w);
		if (!address_parse(&to, v[i].address, port))
			return err_set(e, ERR_ARG, v[i].address, "server", "an IPv4 or IPv6 address", "a name?");
		bool named = v[i].name && name_from_text(&ns, v[i].name, NULL);
		server_add(w, c, named ? &ns : NULL, v[i].name, &to, "config", v[i].primary);
	}
	return true;
}

static bool
add_hints(struct walk *w, const char *path, struct err *e)
{
	size_t len;
	char *text = file_read(path, HINTS_MAX, &len, e), *save = NULL;
	struct arena *a = arena_new();
	struct cut *root = cut_add(w, &name_root);

	for (char *line = text ? strtok_r(text, "\r\n", &save) : NULL; line;
		line = strtok_r(NULL, "\r\n", &save)) {
		struct rr rr;
		union address to;
		if (*line == ';' || strspn(line, " \t") == strlen(line))
			continue;
		if (rr_from_text(a, line, 3600, &rr, NULL) && rr_address(&rr, port_of(w), &to))
			server_add(w, root, &rr.owner, NULL, &to, "hints", false);
	}
	arena_free(a);
	if (!text)
		return false;
	free(text);
	uint32_t r = 0;
	if (root->n > 0 && getrandom(&r, sizeof r, 0) == sizeof r)
		root->preferred = r % root->n;
	return root->n > 0 || err_set(e, ERR_PARSE, path, "root hints", "A or AAAA records", "none");
}

struct walk *
walk_new(struct net *n, struct err *e)
{
	const struct net_options *o = net_options(n);
	struct walk *w = calloc(1, sizeof *w);
	struct name parent;
	char path[4096], label[32];
	uint32_t r = 0;

	if (!w || !(w->settle = calloc(1, sizeof *w->settle)))
		abort();
	w->net = n;
	w->a = arena_new();
	w->zone = *net_zone(n);
	w->state.boundary = TIME_NEVER;
	uv_timer_init(net_loop(n), w->settle);
	w->settle->data = w;
	if (getrandom(&r, sizeof r, 0) != sizeof r)
		r = 1;
	snprintf(label, sizeof label, "nx-%08" PRIx32, r);
	if (!name_prepend(&w->zone, label, &w->nxdomain))
		w->nxdomain = w->zone;
	if (!name_parent(&w->zone, &parent))
		parent = w->zone;
	if (!add_hints(w, o->root_hints ? o->root_hints : share_path(path, sizeof path, "root.hints"), e) ||
		!add_configured(w, &parent, o->parents, o->n_parents, e) ||
		!add_configured(w, &w->zone, o->servers, o->n_servers, e)) {
		walk_free(w);
		return NULL;
	}
	return w;
}

static void
settle_closed(uv_handle_t *h)
{
	free(h);
}

void
walk_free(struct walk *w)
{
	if (!w)
		return;
	while (w->asking) {
		transport_cancel(w->asking->q);
		asking_end(w->asking);
	}
	w->settle->data = NULL;
	uv_close((uv_handle_t *)w->settle, settle_closed);
	arena_free(w->a);
	free(w);
}

struct walk_state
walk_state(struct walk *w)
{
	struct walk_state s = w->state;

	w->state.changed = false;
	return s;
}

size_t
walk_servers(const struct walk *w, const struct name *cut, struct endpoint *out, size_t max)
{
	const struct cut *c = cut_find(w, cut);
	size_t n = 0;

	for (size_t i = 0; c && i < c->n && n < max; i++)
		if (c->v[i]->at.role != ROLE_PRIMARY)
			out[n++] = c->v[i]->at;
	return n;
}

size_t
walk_cuts(const struct walk *w, struct name *out, size_t max)
{
	size_t n = 0;

	for (; n < w->n && n < max; n++)
		out[n] = w->cuts[n]->name;
	return n;
}
