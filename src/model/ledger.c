/*
 * The ledger: takes observations one by one, keeps the newest of each kind, the version lists and
 * the state changes. snapshot.c copies it out.
 */
#include "model/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 2000

struct ledger *
ledger_new(void)
{
	struct arena *a = arena_new();
	struct ledger *l = arena_new_one(a, struct ledger);

	l->a = a;
	l->ds.a = l->dnskey.a = l->signers.a = l->serial.a = a;
	l->latest = TIME_UNSET;
	l->since = TIME_UNSET;
	l->full_begin = l->full_end = TIME_UNSET;
	return l;
}

static void
unref_track(struct track *k)
{
	for (size_t i = 0; i < k->list.n; i++)
		obs_unref(k->list.v[i].sample);
}

static void
unref_list(struct obs_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		obs_unref(list->v[i]);
}

void
ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->servers.n; i++)
		for (int p = 0; p < PROBE_COUNT; p++) {
			obs_unref(l->servers.v[i].answer[p]);
			obs_unref(l->servers.v[i].silence[p]);
		}
	for (size_t i = 0; i < l->vantages.n; i++) {
		struct vantage_state *v = &l->vantages.v[i];
		obs_unref(v->decl);
		for (int q = 0; q < VQ_COUNT; q++)
			for (int cd = 0; cd < 2; cd++) {
				obs_unref(v->last[q][cd]);
				obs_unref(v->heard[q][cd]);
				unref_list(&v->recent[q][cd]);
			}
	}
	for (size_t i = 0; i < l->producers.n; i++)
		obs_unref(l->producers.v[i].hello);
	for (int i = 0; i < LEDGER_ONE_COUNT; i++)
		obs_unref(l->one[i]);
	for (size_t i = 0; i < l->keyfiles.n; i++)
		obs_unref(l->keyfiles.v[i].o);
	unref_list(&l->unknowns);
	for (size_t i = 0; i < l->events.n; i++)
		obs_unref(l->events.v[i].obs);
	unref_track(&l->ds);
	unref_track(&l->dnskey);
	unref_track(&l->signers);
	unref_track(&l->serial);
	arena_free(l->a);
}

void
ledger_zone(struct ledger *l, const struct name *zone)
{
	l->zone = *zone;
}

void
ledger_bad_line(struct ledger *l)
{
	l->bad_lines++;
}

void
ledger_margin(struct ledger *l, int64_t seconds)
{
	l->margin = seconds;
}

uint64_t
ledger_changes(const struct ledger *l)
{
	return l->changes;
}

size_t
ledger_size(const struct ledger *l)
{
	return arena_size(l->a);
}

int64_t
ledger_latest(const struct ledger *l)
{
	return l->latest;
}

static void
put(const struct obs **slot, const struct obs *o)
{
	obs_ref(o);
	obs_unref(*slot);
	*slot = o;
}

static void __attribute__((format(printf, 5, 6)))
event(struct ledger *l, const struct obs *o, enum event_kind kind, int severity, const char *fmt,
	...)
{
	va_list ap;

	if (l->events.n == EVENTS_MAX) {
		obs_unref(l->events.v[0].obs);
		memmove(l->events.v, l->events.v + 1, (EVENTS_MAX - 1) * sizeof *l->events.v);
		l->events.n--;
	}
	l->changes++;
	va_start(ap, fmt);
	arena_push(l->a, &l->events, ((struct event){ .t = o->t, .kind = kind,
		.who = arena_strdup(l->a, o->by), .severity = severity, .obs = obs_ref(o),
		.text = arena_vprintf(l->a, fmt, ap) }));
	va_end(ap);
}

void
ledger_note(struct ledger *l, int64_t t, const char *who, const char *text)
{
	struct obs *o = obs_new(FACT_TICK, t, who, &l->zone);

	event(l, o, EVENT_NOTE, 0, "%s", text);
	obs_unref(o);
}

/* ---- servers ---- */

static struct server_state *
server_of(struct ledger *l, const struct endpoint *at, const char *source)
{
	struct server_state *s = NULL;

	for (size_t i = 0; i < l->servers.n && !s; i++) {
		struct server_state *c = &l->servers.v[i];
		if (c->at.port == at->port && c->at.role == at->role &&
			strcmp(c->at.address, at->address) == 0 && name_equal(&c->at.cut, &at->cut))
			s = c;
	}
	if (!s) {
		arena_push(l->a, &l->servers, ((struct server_state){ .at = *at, .last_heard = TIME_UNSET }));
		s = &l->servers.v[l->servers.n - 1];
		s->at.ns = arena_strdup(l->a, at->ns);
		s->at.address = arena_strdup(l->a, at->address);
	}
	if (at->ns && (!s->at.ns || strcmp(s->at.ns, at->ns) != 0))
		s->at.ns = arena_strdup(l->a, at->ns);
	if (source && (!s->source || strcmp(s->source, source) != 0))
		s->source = arena_strdup(l->a, source);
	return s;
}

/* "{42731, 25548}" from the DNSKEY or DS records of an answer. */
static const char *
tags_of(struct arena *a, const struct rr_list *rrs, const struct name *owner, uint16_t type)
{
	const struct rr *set[64];
	size_t n = rr_select(rrs, owner, type, SECTION_ANSWER, set, 64), o = 1;
	char *out = arena_alloc(a, 16 + n * 8);

	out[0] = '{';
	for (size_t i = 0; i < n; i++) {
		struct ds d;
		unsigned tag = type == T_DNSKEY ? dnskey_tag(set[i]->rdata, set[i]->rdlen)
			: ds_parse(set[i]->rdata, set[i]->rdlen, &d) ? d.tag : 0;
		o += (size_t)snprintf(out + o, 8, "%s%u", i ? " " : "", tag);
	}
	snprintf(out + o, 2, "}");
	return out;
}

/* Version lists live on answers that settle the question: NOERROR, or NXDOMAIN for a DS. */
static bool
settles(const struct ledger *l, const struct fact_answer *f)
{
	return name_equal(&f->qname, &l->zone) && !f->tc && f->aa && (f->rcode == 0 || f->rcode == 3);
}

static void
follow_soa(struct ledger *l, struct arena *tmp, const struct obs *o, const char *who)
{
	const struct fact_answer *f = &o->u.answer;
	const char *signers = signers_value(tmp, &f->rrs, &l->zone, T_SOA);
	int64_t t = o->t / USEC;
	const struct rr *rr;
	struct soa soa;

	if (rr_select(&f->rrs, &l->zone, T_SOA, SECTION_ANSWER, &rr, 1) == 0 ||
		!soa_parse(rr->rdata, rr->rdlen, &soa))
		return;
	if (track_seen(&l->signers, who, signers, t, rr->ttl, o, l->full_end) &&
		l->full_end != TIME_UNSET)
		event(l, o, EVENT_KEYS, 0, "data signed by %s", *signers ? signers : "nobody");
	if (track_seen(&l->serial, who, arena_printf(tmp, "%u", soa.serial), t, rr->ttl, o,
			l->full_end))
		event(l, o, EVENT_SERIAL, 0, "serial %u at %s", soa.serial,
			f->at.ns ? f->at.ns : f->at.address);
}

static void
follow_versions(struct ledger *l, const struct obs *o, const char *who)
{
	const struct fact_answer *f = &o->u.answer;
	bool at_child = f->at.role == ROLE_CHILD, at_parent = f->at.role == ROLE_ROOT ||
		f->at.role == ROLE_PARENT;
	uint16_t type = f->probe == PROBE_DS ? T_DS : T_DNSKEY;
	struct track *k = type == T_DS ? &l->ds : &l->dnskey;
	uint32_t ttl;

	if (!settles(l, f))
		return;
	struct arena *tmp = arena_new();
	if ((f->probe == PROBE_DS && at_parent) ||
		(f->probe == PROBE_DNSKEY && at_child && f->rcode == 0)) {
		const char *value = rrset_value(tmp, &f->rrs, &l->zone, type, &ttl);
		if (track_seen(k, who, value, o->t / USEC, ttl, o, l->full_end) &&
			l->full_end != TIME_UNSET)
			event(l, o, type == T_DS ? EVENT_DS : EVENT_KEYS, 0, "%s set now %s",
				rrtype_name(type), tags_of(tmp, &f->rrs, &l->zone, type));
	}
	if (f->probe == PROBE_SOA && at_child && f->rcode == 0)
		follow_soa(l, tmp, o, who);
	arena_free(tmp);
}

static void
add_answer(struct ledger *l, const struct obs *o)
{
	const struct fact_answer *f = &o->u.answer;
	struct server_state *s = server_of(l, &f->at, NULL);
	char who[600];
	bool was_silent = s->failures[f->probe] > 0;

	put(&s->answer[f->probe], o);
	put(&s->silence[f->probe], NULL);
	s->failures[f->probe] = 0;
	if (s->last_heard == TIME_UNSET || o->t > s->last_heard)
		s->last_heard = o->t;
	if (was_silent && f->probe == PROBE_SOA)
		event(l, o, EVENT_SERVER, 0, "%s %s answers again", f->at.ns ? f->at.ns : "", f->at.address);
	snprintf(who, sizeof who, "%s %u", f->at.address, f->at.port);
	follow_versions(l, o, who);
}

static void
add_no_answer(struct ledger *l, const struct obs *o)
{
	const struct fact_no_answer *f = &o->u.no_answer;
	struct server_state *s = server_of(l, &f->at, NULL);

	/* "no answer yet" of the next round does not undo that there was none in this */
	if (f->final || !s->failures[f->probe])
		put(&s->silence[f->probe], o);
	if (f->final && s->failures[f->probe]++ == 0 && f->probe == PROBE_SOA)
		event(l, o, EVENT_SERVER, 1, "%s %s: no answer (%s)", f->at.ns ? f->at.ns : "",
			f->at.address, f->why ? f->why : "?");
}

/* ---- vantages ---- */

static struct vantage_state *
vantage_of(struct ledger *l, const char *name)
{
	for (size_t i = 0; i < l->vantages.n; i++)
		if (strcmp(l->vantages.v[i].v->name, name) == 0)
			return &l->vantages.v[i];
	return NULL;
}

static void
add_vantage(struct ledger *l, const struct obs *o)
{
	const struct fact_vantage *f = &o->u.vantage;

	if (!f->name)
		return;
	struct vantage_state *v = vantage_of(l, f->name);
	if (!v) {
		arena_push(l->a, &l->vantages, ((struct vantage_state){ 0 }));
		v = &l->vantages.v[l->vantages.n - 1];
	}
	put(&v->decl, o);
	v->v = &o->u.vantage;
}

/* How a normal (CD=0) answer looks, in one word. */
static const char *
outcome(const struct fact_resolve *r)
{
	if (r->status)
		return r->status;
	if (r->rcode < 0)
		return "no answer";
	return r->rcode == 0 || r->rcode == 3 ? (r->ad ? "secure" : "answered without AD")
					      : rcode_name(r->rcode);
}

static void
remember(struct arena *a, struct obs_list *list, const struct obs *o)
{
	if (list->n == VANTAGE_RECENT) {
		obs_unref(list->v[0]);
		memmove(list->v, list->v + 1, (VANTAGE_RECENT - 1) * sizeof *list->v);
		list->n--;
	}
	arena_push(a, list, obs_ref(o));
}

static void
add_resolve(struct ledger *l, const struct obs *o)
{
	const struct fact_resolve *r = &o->u.resolve;
	struct vantage_state *v = r->vantage ? vantage_of(l, r->vantage) : NULL;

	if (!v)
		return;
	put(&v->last[r->question][r->cd], o);
	if (r->pending)
		return;
	const struct obs *before = v->heard[r->question][r->cd];
	if (r->question == VQ_SOA && !r->cd && before) {
		const char *was = outcome(&before->u.resolve), *is = outcome(r);
		if (strcmp(was, is) != 0)
			event(l, o, EVENT_VANTAGE, strcmp(is, "secure") == 0 ? 0 : 2, "%s: SOA %s, was %s",
				r->vantage, is, was);
	}
	put(&v->heard[r->question][r->cd], o);
	remember(l->a, &v->recent[r->question][r->cd], o);
}

/* ---- this host ---- */

static void
add_keyfile(struct ledger *l, const struct obs *o)
{
	const char *path = o->u.keyfile.path;

	if (!path)
		return;
	for (size_t i = 0; i < l->keyfiles.n; i++)
		if (strcmp(l->keyfiles.v[i].o->u.keyfile.path, path) == 0) {
			put(&l->keyfiles.v[i].o, o);
			l->keyfiles.v[i].seq = l->facts;
			return;
		}
	arena_push(l->a, &l->keyfiles, ((struct ledger_keyfile){ .o = obs_ref(o), .seq = l->facts }));
	if (l->local_ended)
		event(l, o, EVENT_FILE, 0, "key file %s appeared", path);
}

/* Files that a whole local round did not see again are gone. */
static void
sweep_keyfiles(struct ledger *l, const struct obs *o)
{
	size_t k = 0;

	for (size_t i = 0; i < l->keyfiles.n; i++) {
		if (l->keyfiles.v[i].seq >= l->local_begin) {
			l->keyfiles.v[k++] = l->keyfiles.v[i];
			continue;
		}
		event(l, o, EVENT_FILE, 1, "key file %s is gone", l->keyfiles.v[i].o->u.keyfile.path);
		obs_unref(l->keyfiles.v[i].o);
	}
	l->keyfiles.n = k;
}

/* ---- what is remembered ---- */

static struct track *
track_of(struct ledger *l, enum version_of of)
{
	return of == VERSION_DS ? &l->ds : of == VERSION_DNSKEY ? &l->dnskey
		: of == VERSION_SIGNERS ? &l->signers : &l->serial;
}

const struct track *
ledger_track(const struct ledger *l, enum version_of of)
{
	return track_of((struct ledger *)l, of);
}

int64_t
ledger_looked(const struct ledger *l)
{
	return l->full_end;
}

static void
give_back(void *o)
{
	obs_unref(o);
}

/* An answer that shows the records of O, as a server would have given it. NULL: it has none. */
static struct obs *
sample_of(const struct obs *o)
{
	const struct fact_version *f = &o->u.version;

	if (!f->rrs.n)
		return NULL;
	struct obs *s = obs_new(FACT_ANSWER, (f->seen == TIME_UNSET ? f->on : f->seen) * USEC, o->by,
		&o->zone);
	arena_on_free(s->arena, give_back, obs_ref(o)); /* the records stay where they are */
	s->u.answer = (struct fact_answer){ .at = f->at, .qname = o->zone, .aa = true, .rrs = f->rrs,
		.probe = f->of == VERSION_DS ? PROBE_DS : f->of == VERSION_DNSKEY ? PROBE_DNSKEY : PROBE_SOA,
		.qtype = f->of == VERSION_DS ? T_DS : f->of == VERSION_DNSKEY ? T_DNSKEY : T_SOA };
	return s;
}

/* "192.0.2.1 53 TIME, ..." */
static void
seed_seats(struct track *k, const char *held, size_t version)
{
	while (held && *held) {
		const char *end = strchr(held, ',');
		size_t n = end ? (size_t)(end - held) : strlen(held);
		char one[700], *time;
		int64_t t;
		snprintf(one, sizeof one, "%.*s", n < sizeof one ? (int)n : 0, held);
		time = strrchr(one, ' ');
		if (time && clock_parse(time + 1, &t)) {
			*time = '\0';
			track_seat_seed(k, one, version, t / USEC);
		}
		held = end ? end + 1 + strspn(end + 1, " ") : NULL;
	}
}

/* A change that was seen happening belongs into the timeline, whoever saw it. */
static void
remembered_event(struct ledger *l, const struct obs *o)
{
	const struct fact_version *f = &o->u.version;
	struct obs *then;

	if (f->on_before == TIME_UNSET)
		return;
	then = obs_new(FACT_TICK, f->on * USEC, o->by, &o->zone);
	if (f->of == VERSION_SERIAL)
		event(l, then, EVENT_SERIAL, 0, "serial %s", f->value);
	else if (f->of == VERSION_SIGNERS)
		event(l, then, EVENT_KEYS, 0, "data signed by %s", *f->value ? f->value : "nobody");
	else
		event(l, then, f->of == VERSION_DS ? EVENT_DS : EVENT_KEYS, 0, "%s set now %s",
			f->of == VERSION_DS ? "DS" : "DNSKEY", tags_of(then->arena, &f->rrs, &l->zone,
				f->of == VERSION_DS ? T_DS : T_DNSKEY));
	obs_unref(then);
}

static void
add_version(struct ledger *l, const struct obs *o)
{
	const struct fact_version *f = &o->u.version;
	struct track *k = track_of(l, f->of);
	bool fresh;

	if (!f->value || f->on == TIME_UNSET || f->off == TIME_UNSET || f->on > f->off)
		return; /* nobody can have been served that */
	struct obs *sample = sample_of(o);
	struct version v = { .value = f->value, .sample = sample, .on = f->on, .off = f->off,
		.on_before = f->on_before, .ttl = f->ttl };
	size_t at = track_seed(k, &v, &fresh);
	obs_unref(sample);
	if (f->off == TIME_NEVER)
		seed_seats(k, f->held, at);
	if (fresh)
		remembered_event(l, o);
}

static void
add_history(struct ledger *l, const struct obs *o)
{
	const struct fact_history *f = &o->u.history;

	put(&l->one[LEDGER_HISTORY], o);
	if (f->since != TIME_UNSET)
		l->since = f->since; /* later than ours where a gap was noticed */
	if (f->looked != TIME_UNSET && l->full_end == TIME_UNSET)
		l->full_end = f->looked;
}

#define FORGET 180 /* seconds without a word of an address that others may still be asking */

/* Is SERVER ("address port") an address that nobody asks any more? */
static bool
not_asked(const void *ctx, const char *server)
{
	const struct ledger *l = ctx;
	char who[600];

	for (size_t i = 0; i < l->servers.n; i++) {
		const struct server_state *s = &l->servers.v[i];
		snprintf(who, sizeof who, "%s %u", s->at.address, s->at.port);
		if (strcmp(who, server) != 0)
			continue;
		for (int p = 0; p < PROBE_COUNT; p++)
			if ((s->answer[p] && s->answer[p]->t / USEC >= l->full_begin - FORGET) ||
					(s->silence[p] && s->silence[p]->t / USEC >= l->full_begin - FORGET))
				return false;
	}
	return true;
}

static bool
has_seat(const struct track *k, const struct endpoint *at)
{
	char who[600];

	snprintf(who, sizeof who, "%s %u", at->address, at->port);
	for (size_t i = 0; i < k->seats.n; i++)
		if (k->seats.v[i].version != SIZE_MAX && strcmp(k->seats.v[i].server, who) == 0)
			return true;
	return false;
}

/* Is there an address of the kind that K is about, asked and never heard? */
static bool
somebody_unheard(const struct ledger *l, const struct track *k)
{
	bool of_parent = k == &l->ds;
	enum probe probe = of_parent ? PROBE_DS : k == &l->dnskey ? PROBE_DNSKEY : PROBE_SOA;

	for (size_t i = 0; i < l->servers.n; i++) {
		const struct server_state *s = &l->servers.v[i];
		bool kind = of_parent ? s->at.role == ROLE_PARENT || s->at.role == ROLE_ROOT
				      : s->at.role == ROLE_CHILD;
		if (kind && s->silence[probe] && s->silence[probe]->t / USEC >= l->full_begin &&
				!has_seat(k, &s->at))
			return true;
	}
	return false;
}

static void
complete_look(struct ledger *l, int64_t t)
{
	struct track *const tracks[] = { &l->ds, &l->dnskey, &l->signers, &l->serial };

	for (size_t i = 0; i < sizeof tracks / sizeof *tracks; i++)
		track_close(tracks[i], l->full_begin, t, somebody_unheard(l, tracks[i]), not_asked, l);
}

static void
add_round(struct ledger *l, const struct obs *o)
{
	const struct fact_round *r = &o->u.round;

	if (!r->what)
		return;
	if (strcmp(r->what, "full") == 0 && !r->end)
		l->full_begin = o->t / USEC;
	if (strcmp(r->what, "full") == 0 && r->end) {
		put(&l->one[LEDGER_ROUND_FULL], o);
		if (l->full_begin != TIME_UNSET)
			complete_look(l, o->t / USEC);
		l->full_end = o->t / USEC;
	}
	if (strcmp(r->what, "local") == 0 && !r->end) {
		l->local_begin = l->facts;
		for (size_t i = 0; i < l->unknowns.n;) {
			const struct obs *u = l->unknowns.v[i];
			if (strcmp(u->by, o->by) == 0) {
				obs_unref(u);
				l->unknowns.v[i] = l->unknowns.v[--l->unknowns.n];
			} else
				i++;
		}
	}
	if (strcmp(r->what, "local") == 0 && r->end) {
		if (l->local_begin)
			sweep_keyfiles(l, o);
		l->local_ended = true;
	}
}

static bool
differs(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

static void
add_source(struct ledger *l, const struct obs *o)
{
	const struct fact_source *f = &o->u.source;
	const struct obs *was = l->one[LEDGER_SOURCE];

	if (f->readable && (!was || differs(was->u.source.revision, f->revision) ||
			was->u.source.serial != f->serial)) {
		if (f->has_serial)
			event(l, o, EVENT_SOURCE, 0, "%s %s serial %u", f->type ? f->type : "source",
				f->revision ? f->revision : "", f->serial);
		else
			event(l, o, EVENT_SOURCE, 0, "%s %s", f->type ? f->type : "source",
				f->revision ? f->revision : "");
	}
	put(&l->one[LEDGER_SOURCE], o);
}

static void
add_signer(struct ledger *l, const struct obs *o)
{
	const struct fact_signer *f = &o->u.signer;
	const struct obs *was = l->one[LEDGER_SIGNER];

	if (f->message_line && (!was || differs(was->u.signer.message_line, f->message_line)))
		event(l, o, EVENT_SIGNER, 1, "'%s'%s%s%s", f->message_line,
			f->message_id ? " (known message " : "", f->message_id ? f->message_id : "",
			f->message_id ? ")" : "");
	put(&l->one[LEDGER_SIGNER], o);
}

static void
add_zonefile(struct ledger *l, const struct obs *o)
{
	const struct fact_zonefile *f = &o->u.zonefile;
	bool is_signed = f->which && strcmp(f->which, "signed") == 0;
	int slot = is_signed ? LEDGER_SIGNED_FILE : LEDGER_SOURCE_FILE;
	const struct obs *was = l->one[slot];

	if (is_signed && was && f->has_soa && was->u.zonefile.serial != f->serial)
		event(l, o, EVENT_FILE, 0, "signed file now serial %u", f->serial);
	put(&l->one[slot], o);
}

/* A start is worth a line only after a crash. */
static void
add_process(struct ledger *l, const struct obs *o)
{
	const struct fact_process *f = &o->u.process;
	bool started = f->state && strcmp(f->state, "started") == 0;

	for (size_t i = l->events.n; started && i-- > 0;) {
		const struct obs *was = l->events.v[i].obs;
		if (was && was->fact == FACT_PROCESS && !differs(was->u.process.name, f->name)) {
			event(l, o, EVENT_NOTE, 0, "process %s is running again", f->name ? f->name : "?");
			return;
		}
	}
	if (!started)
		event(l, o, EVENT_NOTE, 1, "process %s %s%s%s", f->name ? f->name : "?",
			f->state ? f->state : "?", f->why ? ": " : "", f->why ? f->why : "");
}

static void
add_message(struct ledger *l, const struct obs *o)
{
	event(l, o, EVENT_NOTE, 0, "%s", o->u.message.text ? o->u.message.text : "");
	if (l->events.n && o->u.message.who)
		l->events.v[l->events.n - 1].who = o->u.message.who;
}

static void
add_unknown(struct ledger *l, const struct obs *o)
{
	for (size_t i = 0; i < l->unknowns.n; i++) {
		const struct fact_unknown *u = &l->unknowns.v[i]->u.unknown;
		if (!differs(u->what, o->u.unknown.what) && !differs(u->object, o->u.unknown.object)) {
			put(&l->unknowns.v[i], o);
			return;
		}
	}
	arena_push(l->a, &l->unknowns, obs_ref(o));
}

static void
add_producer(struct ledger *l, const struct obs *o)
{
	struct producer_state *p = NULL;

	for (size_t i = 0; i < l->producers.n && !p; i++)
		if (strcmp(l->producers.v[i].by, o->by) == 0 && !differs(l->producers.v[i].host, o->host))
			p = &l->producers.v[i];
	if (!p) {
		arena_push(l->a, &l->producers, ((struct producer_state){
			.by = arena_strdup(l->a, o->by), .host = arena_strdup(l->a, o->host),
			.last = o->t }));
		p = &l->producers.v[l->producers.n - 1];
	}
	if (o->t > p->last)
		p->last = o->t;
	p->facts++;
	if (o->fact == FACT_HELLO)
		put(&p->hello, o);
}

void
ledger_add(struct ledger *l, const struct obs *o)
{
	l->facts++;
	if (l->latest == TIME_UNSET || o->t > l->latest)
		l->latest = o->t;
	if (l->since == TIME_UNSET)
		l->since = o->t / USEC;
	add_producer(l, o);
	if (!l->zone.len && o->zone.len)
		l->zone = o->zone;
	if (o->zone.len && !name_equal(&o->zone, &l->zone)) {
		l->other_facts++;
		return;
	}
	switch (o->fact) {
	case FACT_HELLO:
	case FACT_TICK: break;
	case FACT_ROUND: add_round(l, o); break;
	case FACT_SERVER: server_of(l, &o->u.server.at, o->u.server.source); break;
	case FACT_ANSWER: add_answer(l, o); break;
	case FACT_NO_ANSWER: add_no_answer(l, o); break;
	case FACT_VANTAGE: add_vantage(l, o); break;
	case FACT_RESOLVE: add_resolve(l, o); break;
	case FACT_KEYDIR: put(&l->one[LEDGER_KEYDIR], o); break;
	case FACT_KEYFILE: add_keyfile(l, o); break;
	case FACT_ZONEFILE: add_zonefile(l, o); break;
	case FACT_SOURCE: add_source(l, o); break;
	case FACT_SIGNER: add_signer(l, o); break;
	case FACT_CLOCK: put(&l->one[LEDGER_CLOCK], o); break;
	case FACT_PROCESS: add_process(l, o); break;
	case FACT_MESSAGE: add_message(l, o); break;
	case FACT_COACH: put(&l->one[LEDGER_COACH], o); break;
	case FACT_UNKNOWN: add_unknown(l, o); break;
	case FACT_HISTORY: add_history(l, o); break;
	case FACT_VERSION: add_version(l, o); break;
	case FACT_OTHER:
	case FACT_COUNT: l->other_facts++; break;
	}
}
