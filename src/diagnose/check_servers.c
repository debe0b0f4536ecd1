/*
 * check_servers: do all servers answer, with authority, with the same serial? One lost packet is
 * no finding, and a serial within SOA refresh + retry of its appearance is propagation.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

#define RCODE_SERVFAIL 2
#define RCODE_REFUSED 5

static unsigned
silent_probes(const struct server_state *s, bool *tcp_too, enum probe *which)
{
	unsigned n = 0;

	*tcp_too = false;
	for (int p = 0; p < PROBE_COUNT; p++) {
		const struct obs *o = s->silence[p];
		if (!o || !o->u.no_answer.final)
			continue;
		const char *why = o->u.no_answer.why ? o->u.no_answer.why : "";
		if (strcmp(why, "malformed") == 0)
			continue;
		if (!n)
			*which = (enum probe)p;
		n++;
		*tcp_too |= o->u.no_answer.tcp || strncmp(why, "tcp", 3) == 0;
	}
	return n;
}

/*
 * Does it answer other questions while it is silent to some? An answer from before the question
 * that got none was sent says nothing of that: a server that has just died answered everything.
 */
static bool
answers_something(const struct server_state *s, bool *udp)
{
	bool any = false;
	int64_t sent = INT64_MIN;

	for (int p = 0; p < PROBE_COUNT; p++) {
		const struct obs *o = s->silence[p];
		if (o && o->u.no_answer.final && o->t - o->u.no_answer.waited_us > sent)
			sent = o->t - o->u.no_answer.waited_us;
	}
	*udp = false;
	for (int p = 0; p < PROBE_COUNT; p++)
		if (s->answer[p] && !s->silence[p] && s->answer[p]->t >= sent) {
			any = true;
			*udp |= !s->answer[p]->u.answer.tcp || s->answer[p]->u.answer.tcp_after_tc;
		}
	return any;
}

static void
unreachable(struct work *w, const struct cut_state *c, const struct server_state *s)
{
	enum probe p = PROBE_SOA;
	bool tcp, udp;
	unsigned n = silent_probes(s, &tcp, &p), rounds = 0;

	if (!n || (answers_something(s, &udp) && udp))
		return;
	for (int i = 0; i < PROBE_COUNT; i++)
		if (s->failures[i] > rounds)
			rounds = s->failures[i];
	if (n < 2 && rounds < 2 && !tcp)
		return;
	bool answered = answers_something(s, &udp);
	struct finding f = finding_of("unreachable-udp", SEV_WARNING);
	f.server = server_who(w, c, s);
	f.since = s->last_heard == TIME_UNSET ? TIME_UNSET : s->last_heard / USEC;
	f.text = answered ? say(w, "%s answers over TCP only", f.server)
		: say(w, "%s does not answer (%s)%s%s", f.server,
			text_clean_dup(w->a, s->silence[p]->u.no_answer.why
				? s->silence[p]->u.no_answer.why : "timeout"),
			f.since == TIME_UNSET ? "" : "; last heard ",
			f.since == TIME_UNSET ? "" : when(w, f.since));
	finding_prove(&f, ev_silence(w, s, p, say(w, "%u question%s without an answer", n, n == 1 ? "" : "s")));
	finding_add(w, f);
}

static void
tcp_broken(struct work *w, const struct cut_state *c, const struct server_state *s)
{
	for (int p = 0; p < PROBE_COUNT; p++) {
		const struct obs *o = s->silence[p], *a = s->answer[p];
		bool udp;
		bool failed = o && o->u.no_answer.final && (o->u.no_answer.tcp ||
			(o->u.no_answer.why && strncmp(o->u.no_answer.why, "tcp", 3) == 0));
		bool cut = a && a->u.answer.tc;
		if (!(failed && answers_something(s, &udp) && udp) && !cut)
			continue;
		struct finding f = finding_of("tcp-broken", SEV_HIGH);
		f.server = server_who(w, c, s);
		f.text = say(w, "%s answers %s over UDP truncated, and TCP gives nothing", f.server,
			probe_name((enum probe)p));
		finding_prove(&f, failed ? ev_silence(w, s, (enum probe)p, "no answer over TCP")
					 : ev_answer(w, s, (enum probe)p, "truncated, and TCP failed"));
		finding_add(w, f);
		return;
	}
}

static void
malformed(struct work *w, const struct cut_state *c, const struct server_state *s)
{
	for (int p = 0; p < PROBE_COUNT; p++) {
		const struct obs *o = s->silence[p];
		if (!o || !o->u.no_answer.why || strcmp(o->u.no_answer.why, "malformed") != 0)
			continue;
		struct finding f = finding_of("malformed-response", SEV_WARNING);
		f.server = server_who(w, c, s);
		f.text = say(w, "%s sends a message that breaks the format: %s", f.server,
			text_clean_dup(w->a, o->u.no_answer.detail ? o->u.no_answer.detail : "?"));
		finding_prove(&f, ev_silence(w, s, (enum probe)p, f.text));
		finding_add(w, f);
		return;
	}
}

static void
lame(struct work *w, const struct server_state *s)
{
	const struct obs *o = s->answer[PROBE_SOA];

	if (!o || (o->u.answer.aa && o->u.answer.rcode == 0))
		return;
	bool refused = o->u.answer.rcode == RCODE_REFUSED;
	/* It knows the zone and has no copy that it may serve: SOA expire passed, or it did not load. */
	bool no_copy = o->u.answer.rcode == RCODE_SERVFAIL;
	struct finding f = finding_of(refused ? "lame-refused" : no_copy ? "secondary-zone-expired" : "lame",
		no_copy ? SEV_HIGH : SEV_WARNING);
	f.server = server_who(w, w->child, s);
	f.text = say(w, "%s is delegated to, but %s", f.server, o->u.answer.rcode == 0
		? "is not authoritative for the zone" : no_copy
		? "answers SERVFAIL: it has the zone configured and no copy that it may serve"
		: say(w, "answers %s", rcode_name(o->u.answer.rcode)));
	finding_prove(&f, ev_answer(w, s, PROBE_SOA, say(w, "SOA: %s, %s", rcode_name(o->u.answer.rcode),
		o->u.answer.aa ? "aa" : "no aa")));
	finding_add(w, f);
}

/* ---- serials ---- */

static int64_t
refresh_retry(const struct work *w)
{
	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct obs *o = w->child->servers[i].answer[PROBE_SOA];
		const struct rr *rr;
		struct soa soa;
		if (o && rr_select(&o->u.answer.rrs, &w->s->zone, T_SOA, SECTION_ANSWER, &rr, 1) &&
			soa_parse(rr->rdata, rr->rdlen, &soa))
			return (int64_t)soa.refresh + soa.retry;
	}
	return 0;
}

/* When did this serial first appear? TIME_UNSET when watching began with it. */
static int64_t
appeared(const struct work *w, uint32_t serial)
{
	for (size_t i = 0; i < w->s->history.serial.n; i++) {
		const struct version *v = &w->s->history.serial.v[i];
		if (strtoul(v->value, NULL, 10) == serial && v->on_before != TIME_UNSET)
			return v->on;
	}
	return TIME_UNSET;
}

static void
serial_mismatch(struct work *w)
{
	uint32_t newest, v;
	struct text behind = { 0 };
	const struct server_state *first = NULL, *good = NULL;
	unsigned n = 0, of = 0;

	if (w->opt.propagation_own_serials || !newest_served(w, &newest))
		return;
	for (size_t i = 0; i < w->child->n; i++) {
		const struct server_state *s = child_server(w, i);
		if (!s || own_serials(w, s) || !server_serial(s, &w->s->zone, &v))
			continue;
		of++;
		if (v == newest) {
			good = s;
			continue;
		}
		n++;
		first = first ? first : s;
		text_add(&behind, "%s%s has %u", behind.len ? ", " : "", server_who(w, w->child, s), v);
	}
	if (n) {
		int64_t on = appeared(w, newest), margin = refresh_retry(w);
		bool moving = on != TIME_UNSET && w->now - on <= margin;
		struct finding f = finding_of("serial-mismatch", moving ? SEV_INFO : SEV_WARNING);
		server_serial(first, &w->s->zone, &v);
		f.server = n == 1 ? server_who(w, w->child, first) : NULL;
		f.since = on;
		f.until = moving ? on + margin : TIME_UNSET;
		f.text = say(w, "%u of %u servers are behind serial %u: %s%s", n, of, newest, text_str(&behind),
			moving ? say(w, "; it is %s old, within refresh + retry: propagation",
				span(w, w->now - on)) : "");
		finding_prove(&f, ev_answer(w, first, PROBE_SOA, say(w, "SOA serial %u", v)));
		finding_prove(&f, ev_answer(w, good, PROBE_SOA, say(w, "SOA serial %u", newest)));
		finding_add(w, f);
	}
	text_free(&behind);
}

/* A newer version with an older serial: secondaries will never fetch it. */
static void
went_backwards(struct work *w)
{
	const struct version_list *l = &w->s->history.serial;
	uint32_t primary, v;
	struct finding f = finding_of("serial-went-backwards", SEV_HIGH);

	for (size_t i = 1; i < l->n; i++) {
		uint32_t was = (uint32_t)strtoul(l->v[i - 1].value, NULL, 10);
		uint32_t now = (uint32_t)strtoul(l->v[i].value, NULL, 10);
		if (l->v[i].inferred || l->v[i].on_before == TIME_UNSET || l->v[i].off != TIME_NEVER ||
			l->v[i].on <= l->v[i - 1].on || serial_cmp(now, was, NULL) >= 0)
			continue;
		f.since = l->v[i].on;
		f.text = say(w, "the serial went back from %u to %u at %s: secondaries that have %u do not "
			"fetch it (RFC 1982)", was, now, when(w, f.since), was);
		finding_add(w, f);
		return;
	}
	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct server_state *s = &w->child->servers[i];
		if (s->at.role != ROLE_PRIMARY || !server_serial(s, &w->s->zone, &primary) ||
			!newest_served(w, &v) || serial_cmp(primary, v, NULL) >= 0)
			continue;
		f.server = server_who(w, w->child, s);
		f.text = say(w, "the primary %s has serial %u, its secondaries %u: they do not fetch an older one",
			f.server, primary, v);
		finding_prove(&f, ev_answer(w, s, PROBE_SOA, say(w, "SOA serial %u", primary)));
		finding_add(w, f);
		return;
	}
}

void
check_servers(struct work *w)
{
	const struct cut_state *cuts[] = { w->parent, w->child };

	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; cuts[c] && i < cuts[c]->n; i++) {
			unreachable(w, cuts[c], &cuts[c]->servers[i]);
			tcp_broken(w, cuts[c], &cuts[c]->servers[i]);
			malformed(w, cuts[c], &cuts[c]->servers[i]);
		}
	for (size_t i = 0; w->child && i < w->child->n; i++)
		if (child_server(w, i))
			lame(w, &w->child->servers[i]);
	serial_mismatch(w);
	went_backwards(w);
}
