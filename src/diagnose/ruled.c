/* ruled: what it is not, each with the evidence that says so. */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

static void
prove(struct ruled_out *r, unsigned e)
{
	r->evidence.v[r->evidence.n++] = e;
}

static bool
is_fault(const struct work *w, const char *prefix)
{
	for (size_t i = 0; i < w->d->n_findings; i++)
		if (w->d->findings[i].severity > SEV_INFO &&
			strncmp(w->d->findings[i].id, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static const struct server_state *
first_with(const struct cut_state *c, enum probe p)
{
	for (size_t i = 0; c && i < c->n; i++)
		if (c->servers[i].answer[p] && c->servers[i].answer[p]->u.answer.rcode == 0)
			return &c->servers[i];
	return NULL;
}

static void
chain_is_fine(struct work *w)
{
	const struct key_row *k = secure_ksk(w);
	const struct server_state *p = first_with(w->parent, PROBE_DS), *c = first_with(w->child, PROBE_DNSKEY);

	if (!k || !p || !c || is_fault(w, "ds-") || is_fault(w, "ksk-"))
		return;
	struct ruled_out ksk = { .id = "ksk" }, ds = { .id = "ds" };
	ksk.why = say(w, "KSK %u matches the DS, signs the DNSKEY set, and is on %u of %u servers", k->tag,
		k->served, k->servers);
	prove(&ksk, ev_answer(w, c, PROBE_DNSKEY, say(w, "DNSKEY %s, signed by %u",
		tag_set(w, &c->answer[PROBE_DNSKEY]->u.answer.rrs), k->tag)));
	ds.why = say(w, "the DS at the parent is the digest of KSK %u", k->tag);
	prove(&ds, ev_answer(w, p, PROBE_DS, say(w, "DS %u, digest equal", k->tag)));
	arena_push(w->a, &w->ruled, ksk);
	arena_push(w->a, &w->ruled, ds);
}

/* Equal serials say nothing of a server that is at fault in another way. */
static bool
server_at_fault(const struct work *w)
{
	static const char *const ids[] = { "dnskey-inconsistent-servers", "do-ignored", "lame", "malformed-",
		"multi-signer-", "rrsig-expired-one-server", "secondary-", "tcp-", "unreachable-" };

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (is_fault(w, ids[i]))
			return true;
	return false;
}

static void
servers_are_fine(struct work *w)
{
	unsigned n = 0;
	uint32_t v, first = 0;

	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct server_state *s = child_server(w, i);
		if (!s || !server_serial(s, &w->s->zone, &v))
			continue;
		if (n++ && v != first)
			return;
		first = v;
	}
	if (!n || n < child_count(w) || server_at_fault(w))
		return;
	struct ruled_out r = { .id = "servers" };
	r.why = say(w, "all %u servers answer with serial %u", n, first);
	for (size_t i = 0; i < w->child->n && r.evidence.n < 8; i++)
		if (child_server(w, i))
			prove(&r, ev_answer(w, &w->child->servers[i], PROBE_SOA, say(w, "SOA serial %u", first)));
	arena_push(w->a, &w->ruled, r);
}

static void
clock_is_fine(struct work *w)
{
	const struct fact_clock *c = w->s->clock ? &w->s->clock->u.clock : NULL;

	if (!clock_is_right(w))
		return;
	struct ruled_out r = { .id = "clock" };
	r.why = say(w, "this host's clock is synchronised (error at most %lld ms)",
		(long long)(c->max_error_us / 1000));
	prove(&r, ev_clock(w, "synchronised"));
	arena_push(w->a, &w->ruled, r);
}

void
ruled_out_fill(struct work *w)
{
	if (w->d->n_causes) {
		chain_is_fine(w);
		servers_are_fine(w);
		clock_is_fine(w);
	}
	w->d->ruled_out = w->ruled.v;
	w->d->n_ruled_out = w->ruled.n;
}
