#include "model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "model/ledger.h"

static void
unref_cleanup(void *o)
{
	obs_unref(o);
}

/* O with a reference that the snapshot's arena gives back. */
static const struct obs *
hold(struct snapshot *s, const struct obs *o)
{
	if (o)
		arena_on_free(s->arena, unref_cleanup, obs_ref(o));
	return o;
}

static void
hold_list(struct snapshot *s, struct obs_list *out, const struct obs_list *in)
{
	*out = (struct obs_list){ 0 };
	for (size_t i = 0; i < in->n; i++)
		arena_push(s->arena, out, hold(s, in->v[i]));
}

static int
by_labels(const void *a, const void *b)
{
	const struct cut_state *x = a, *y = b;

	return (int)name_labels(&x->name) - (int)name_labels(&y->name);
}

static void
copy_server(struct snapshot *s, struct server_state *out, const struct server_state *in)
{
	*out = *in;
	out->at.ns = arena_strdup(s->arena, in->at.ns);
	out->at.address = arena_strdup(s->arena, in->at.address);
	out->source = arena_strdup(s->arena, in->source);
	for (int p = 0; p < PROBE_COUNT; p++) {
		hold(s, out->answer[p]);
		hold(s, out->silence[p]);
	}
}

static void
copy_cuts(struct snapshot *s, const struct ledger *l)
{
	struct {
		struct cut_state *v;
		size_t n, cap;
	} cuts = { 0 };

	for (size_t i = 0; i < l->servers.n; i++) {
		const struct name *cut = &l->servers.v[i].at.cut;
		bool there = false;
		for (size_t c = 0; c < cuts.n; c++)
			there |= name_equal(&cuts.v[c].name, cut);
		if (!there)
			arena_push(s->arena, &cuts, ((struct cut_state){ .name = *cut }));
	}
	if (cuts.n)
		qsort(cuts.v, cuts.n, sizeof *cuts.v, by_labels);
	for (size_t c = 0; c < cuts.n; c++) {
		struct cut_state *cut = &cuts.v[c];
		cut->servers = arena_new_array(s->arena, struct server_state, l->servers.n);
		for (size_t i = 0; i < l->servers.n; i++)
			if (name_equal(&l->servers.v[i].at.cut, &cut->name))
				copy_server(s, &cut->servers[cut->n++], &l->servers.v[i]);
	}
	s->cuts = cuts.v;
	s->n_cuts = cuts.n;
}

static void
copy_vantages(struct snapshot *s, const struct ledger *l)
{
	s->n_vantages = l->vantages.n;
	s->vantages = arena_new_array(s->arena, struct vantage_state, s->n_vantages + 1);
	for (size_t i = 0; i < s->n_vantages; i++) {
		struct vantage_state *v = &s->vantages[i];
		const struct vantage_state *in = &l->vantages.v[i];
		*v = *in;
		hold(s, v->decl);
		for (int q = 0; q < VQ_COUNT; q++)
			for (int cd = 0; cd < 2; cd++) {
				hold(s, v->last[q][cd]);
				hold(s, v->heard[q][cd]);
				hold_list(s, &v->recent[q][cd], &in->recent[q][cd]);
			}
	}
}

static void
copy_versions(struct snapshot *s, struct version_list *out, const struct version_list *in, int64_t margin)
{
	for (size_t i = 0; i < in->n; i++) {
		struct version v = in->v[i];
		if (v.off != TIME_NEVER)
			v.off += margin;
		v.value = arena_strdup(s->arena, v.value);
		v.why = arena_strdup(s->arena, v.why);
		hold(s, v.sample);
		arena_push(s->arena, out, v);
	}
}

static int
by_path(const void *a, const void *b)
{
	const struct obs *x = *(const struct obs *const *)a, *y = *(const struct obs *const *)b;

	return strcmp(x->u.keyfile.path, y->u.keyfile.path);
}

static void
copy_host(struct snapshot *s, const struct ledger *l)
{
	for (size_t i = 0; i < l->keyfiles.n; i++)
		arena_push(s->arena, &s->keyfiles, hold(s, l->keyfiles.v[i].o));
	if (s->keyfiles.n)
		qsort(s->keyfiles.v, s->keyfiles.n, sizeof *s->keyfiles.v, by_path);
	hold_list(s, &s->unknowns, &l->unknowns);
	s->keydir = hold(s, l->one[LEDGER_KEYDIR]);
	s->source_file = hold(s, l->one[LEDGER_SOURCE_FILE]);
	s->signed_file = hold(s, l->one[LEDGER_SIGNED_FILE]);
	s->source = hold(s, l->one[LEDGER_SOURCE]);
	s->signer = hold(s, l->one[LEDGER_SIGNER]);
	s->clock = hold(s, l->one[LEDGER_CLOCK]);
	s->record = hold(s, l->one[LEDGER_HISTORY]);
	s->coach = hold(s, l->one[LEDGER_COACH]);
	s->round_full = hold(s, l->one[LEDGER_ROUND_FULL]);
}

static void
copy_rest(struct snapshot *s, const struct ledger *l)
{
	for (size_t i = 0; i < l->events.n; i++) {
		struct event e = l->events.v[i];
		e.who = arena_strdup(s->arena, e.who);
		e.text = arena_strdup(s->arena, e.text);
		hold(s, e.obs);
		arena_push(s->arena, &s->events, e);
	}
	s->n_producers = l->producers.n;
	s->producers = arena_new_array(s->arena, struct producer_state, s->n_producers + 1);
	for (size_t i = 0; i < s->n_producers; i++) {
		s->producers[i] = l->producers.v[i];
		s->producers[i].by = arena_strdup(s->arena, l->producers.v[i].by);
		s->producers[i].host = arena_strdup(s->arena, l->producers.v[i].host);
		hold(s, s->producers[i].hello);
	}
	s->facts = l->facts;
	s->other_facts = l->other_facts;
	s->bad_lines = l->bad_lines;
}

struct snapshot *
ledger_snapshot(const struct ledger *l, int64_t now)
{
	struct arena *a = arena_new();
	struct snapshot *s = arena_new_one(a, struct snapshot);

	s->refs = 1;
	s->arena = a;
	s->zone = l->zone;
	s->now = now;
	copy_cuts(s, l);
	copy_vantages(s, l);
	copy_host(s, l);
	copy_rest(s, l);
	copy_versions(s, &s->history.ds, &l->ds.list, l->margin);
	copy_versions(s, &s->history.dnskey, &l->dnskey.list, l->margin);
	copy_versions(s, &s->history.signers, &l->signers.list, l->margin);
	copy_versions(s, &s->history.serial, &l->serial.list, l->margin);
	s->history.since = l->since;
	history_infer(a, &s->history, s);
	return s;
}

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	s->refs++;
	return s;
}

void
snapshot_unref(struct snapshot *s)
{
	if (s && --s->refs == 0)
		arena_free(s->arena);
}

const struct cut_state *
snapshot_child(const struct snapshot *s)
{
	for (size_t i = 0; i < s->n_cuts; i++)
		if (name_equal(&s->cuts[i].name, &s->zone))
			return &s->cuts[i];
	return NULL;
}

const struct cut_state *
snapshot_parent(const struct snapshot *s)
{
	for (size_t i = s->n_cuts; i-- > 0;)
		if (!name_equal(&s->cuts[i].name, &s->zone) &&
			name_at_or_below(&s->zone, &s->cuts[i].name))
			return &s->cuts[i];
	return NULL;
}

bool
server_serial(const struct server_state *s, const struct name *zone, uint32_t *serial)
{
	const struct obs *o = s->answer[PROBE_SOA];
	const struct rr *rr;
	struct soa soa;

	if (!o || rr_select(&o->u.answer.rrs, zone, T_SOA, SECTION_ANSWER, &rr, 1) == 0 ||
		!soa_parse(rr->rdata, rr->rdlen, &soa))
		return false;
	*serial = soa.serial;
	return true;
}

/* Length of the first label of a server's name. */
static size_t
label_len(const char *ns)
{
	return ns ? strcspn(ns, ".") : 0;
}

const char *
server_label(struct arena *a, const struct cut_state *c, const struct server_state *s)
{
	size_t len = label_len(s->at.ns);
	struct name full;

	if (!len)
		return s->at.address;
	if (!name_from_text(&full, s->at.ns, NULL) || !name_at_or_below(&full, &c->name))
		return s->at.ns;
	for (size_t i = 0; i < c->n; i++) {
		const struct server_state *o = &c->servers[i];
		if (o != s && label_len(o->at.ns) == len && strncmp(o->at.ns, s->at.ns, len) == 0 &&
			strcmp(o->at.ns, s->at.ns) != 0)
			return s->at.ns;
	}
	return arena_strndup(a, s->at.ns, len);
}
