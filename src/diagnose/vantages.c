/*
 * vantages: what each validator or resolver says, as a row. A vantage says BOGUS only when it
 * fails with checking and the same data come without (or its library says so): a SERVFAIL alone
 * may be starvation, and silence is no verdict at all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"
#include "model/history.h"

#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3

const char *
vstate_name(enum vstate s)
{
	static const char *const names[] = { "SECURE", "BOGUS", "INSECURE", "UNKNOWN",
		"does not validate" };

	return names[s];
}

static bool
is_status(const struct fact_resolve *r, const char *word)
{
	return r->status && strcmp(r->status, word) == 0;
}

static bool
fails(const struct fact_resolve *r)
{
	return is_status(r, "bogus") || r->rcode == RCODE_SERVFAIL;
}

static bool
authentic(const struct fact_resolve *r)
{
	return !is_status(r, "bogus") && (r->ad || is_status(r, "secure"));
}

static const char *
cell_of(const struct vantage_state *v, enum vq q)
{
	const struct obs *o = v->heard[q][0];

	if (!o)
		return v->last[q][0] ? "..." : "-";
	const struct fact_resolve *r = &o->u.resolve;
	if (is_status(r, "bogus"))
		return "SF";
	switch (r->rcode) {
	case -1: return "TMO";
	case RCODE_SERVFAIL: return "SF";
	case 0:
	case RCODE_NXDOMAIN: return authentic(r) ? "AD" : "ok";
	case 1: return "FE";
	case 4: return "NI";
	case 5: return "RF";
	default: return "ERR";
	}
}

/* Does anything come when checking is disabled? */
static bool
data_without_checking(const struct vantage_state *v)
{
	for (int q = 0; q < VQ_GOOD; q++)
		if (v->heard[q][1] && (v->heard[q][1]->u.resolve.rcode == 0 ||
				v->heard[q][1]->u.resolve.rcode == RCODE_NXDOMAIN))
			return true;
	return false;
}

static void
test_vantage(struct vantage_row *r)
{
	const struct obs *good = r->v->heard[VQ_GOOD][0], *bad = r->v->heard[VQ_BOGUS][0];
	bool answered = false;

	r->tested = (good && good->u.resolve.rcode >= 0) || (bad && bad->u.resolve.rcode >= 0);
	r->validates = r->tested && (!good || authentic(&good->u.resolve)) &&
		(!bad || fails(&bad->u.resolve));
	for (int q = 0; q < VQ_COUNT; q++) {
		const struct obs *o = r->v->heard[q][0];
		answered |= o && authentic(&o->u.resolve);
	}
	/* A validating library tells its verdict itself: nothing to test. */
	if (r->v->v->type == VANTAGE_LIBUNBOUND && !r->tested)
		r->validates = true;
	else if (!r->tested && answered)
		r->validates = true;
}

static enum vstate
state_of(const struct vantage_row *r)
{
	const struct vantage_state *v = r->v;
	bool any = false, bogus = false, secure = false;

	for (int q = VQ_SOA; q <= VQ_NXDOMAIN; q++) {
		const struct obs *o = v->heard[q][0];
		if (!o || o->u.resolve.rcode < 0)
			continue;
		any = true;
		bogus |= is_status(&o->u.resolve, "bogus") ||
			(fails(&o->u.resolve) && data_without_checking(v));
		secure |= authentic(&o->u.resolve);
	}
	if (!any)
		return V_UNKNOWN;
	if (bogus && (r->validates || !r->tested))
		return V_BOGUS;
	if (r->tested && !r->validates)
		return V_NOT_VALIDATING;
	if (secure)
		return V_SECURE;
	for (int q = VQ_SOA; q <= VQ_NXDOMAIN; q++) {
		const struct obs *o = v->heard[q][0];
		if (o && (o->u.resolve.rcode == 0 || o->u.resolve.rcode == RCODE_NXDOMAIN))
			return r->validates ? V_INSECURE : V_NOT_VALIDATING;
	}
	return V_UNKNOWN;
}

static void
held_keys(struct work *w, struct vantage_row *r)
{
	const struct obs *o = r->v->heard[VQ_DNSKEY][1];
	const struct rr *set[64];
	uint32_t least = 0;

	r->ttl_left = r->clears = TIME_UNSET;
	if (!o || o->u.resolve.rcode != 0)
		return;
	size_t n = rr_select(&o->u.resolve.rrs, &w->s->zone, T_DNSKEY, SECTION_ANSWER, set, 64);
	r->held_tags = arena_new_array(w->a, uint16_t, n + 1);
	for (size_t i = 0; i < n; i++) {
		r->held_tags[r->n_held++] = dnskey_tag(set[i]->rdata, set[i]->rdlen);
		if (i == 0 || set[i]->ttl < least)
			least = set[i]->ttl;
	}
	if (n) {
		r->clears = o->t / USEC + least;
		r->ttl_left = r->clears > w->now ? r->clears - w->now : 0;
	}
}

#define SAMPLES_WITHIN (3 * USEC) /* the samples of one round are sent together */

static int64_t
sent_at(const struct obs *o)
{
	return o->t - o->u.resolve.rtt_us;
}

/*
 * A public resolver is many caches: remaining TTLs that cannot be one cache are several. Only the
 * samples of the newest round count: in two rounds one cache may have been filled twice.
 */
static void
count_caches(struct work *w, struct vantage_row *r)
{
	const struct obs_list *l = &r->v->recent[VQ_DNSKEY][1];
	struct {
		int64_t clears;
		const char *value;
	} seen[VANTAGE_RECENT];
	size_t n = 0;
	const char *served = "";
	uint32_t ttl;

	if (r->v->v->type == VANTAGE_LIBUNBOUND)
		return;
	for (size_t i = 0; w->child && i < w->child->n && !*served; i++)
		if (child_server(w, i) && key_answer_of(&w->child->servers[i]))
			served = rrset_value(w->a, &w->child->servers[i].answer[PROBE_DNSKEY]->u.answer.rrs,
				&w->s->zone, T_DNSKEY, &ttl);
	for (size_t i = l->n; i-- > 0 && n < VANTAGE_RECENT;) {
		const struct fact_resolve *f = &l->v[i]->u.resolve;
		const char *value = f->rcode == 0 ? rrset_value(w->a, &f->rrs, &w->s->zone, T_DNSKEY, &ttl) : "";
		bool there = false;
		if (sent_at(l->v[i]) + SAMPLES_WITHIN < sent_at(l->v[l->n - 1]))
			break;
		if (!*value)
			continue;
		int64_t clears = l->v[i]->t / USEC + ttl;
		if (clears + 1 < w->now)
			continue;
		for (size_t k = 0; k < n; k++)
			there |= llabs(seen[k].clears - clears) <= 2 && strcmp(seen[k].value, value) == 0;
		if (there)
			continue;
		seen[n].clears = clears;
		seen[n++].value = value;
		r->caches_old += *served && strcmp(value, served) != 0;
	}
	r->caches = (unsigned)n;
}

static int
ede_of(const struct vantage_state *v)
{
	for (int q = VQ_SOA; q <= VQ_NXDOMAIN; q++)
		if (v->heard[q][0] && v->heard[q][0]->u.resolve.ede.n)
			return v->heard[q][0]->u.resolve.ede.v[0].code;
	return -1;
}

static int64_t
newest_heard(const struct vantage_state *v)
{
	int64_t t = TIME_UNSET;

	for (int q = 0; q < VQ_GOOD; q++)
		for (int cd = 0; cd < 2; cd++)
			if (v->heard[q][cd] && v->heard[q][cd]->u.resolve.rcode >= 0 && v->heard[q][cd]->t > t)
				t = v->heard[q][cd]->t;
	return t;
}

static uint32_t
longest_ttl(const struct snapshot *s)
{
	const struct version_list *const lists[] = { &s->history.ds, &s->history.dnskey,
		&s->history.signers };
	uint32_t ttl = 0;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (size_t k = 0; k < lists[i]->n; k++)
			if (lists[i]->v[k].ttl > ttl)
				ttl = lists[i]->v[k].ttl;
	return ttl;
}

/*
 * An aged cache of our own can only hold what it fetched since it was begun. One that is younger
 * than the longest TTL and sees nothing wrong repeats the fresh one: it is shown, and not counted.
 */
static const char *
cache_age(struct work *w, struct vantage_row *r)
{
	const struct fact_vantage *f = r->v->v;
	char age[40];

	if (!f->cache_kept || f->cache_since == TIME_UNSET || f->cache_since > w->now)
		return NULL;
	int64_t s = w->now - f->cache_since;
	bool stands = r->state == V_BOGUS || s >= (int64_t)longest_ttl(w->s);
	r->counted &= stands;
	return arena_printf(w->a, "cache begun %s ago%s", clock_span(age, sizeof age, s),
		stands ? "" : ": it stands for nobody yet");
}

static void
make_row(struct work *w, struct vantage_row *r)
{
	test_vantage(r);
	r->state = state_of(r);
	for (int q = 0; q < 4; q++)
		r->cell[q] = cell_of(r->v, (enum vq)(VQ_SOA + q));
	r->ede = ede_of(r->v);
	r->heard = newest_heard(r->v);
	held_keys(w, r);
	count_caches(w, r);
	r->counted = r->v->v->counted && r->state != V_NOT_VALIDATING &&
		(r->validates || !r->tested);
	if (r->state == V_NOT_VALIDATING)
		r->note = "does not validate: not counted";
	else if (!r->tested && r->v->v->type != VANTAGE_LIBUNBOUND) {
		r->note = "not tested as a validator";
		r->counted &= r->validates || r->state == V_BOGUS || r->state == V_UNKNOWN;
	} else if (!r->v->v->counted)
		r->note = "not counted by the configuration";
	else
		r->note = cache_age(w, r);
}

void
rows_vantages(struct work *w)
{
	struct diagnosis *d = w->d;

	d->n_vantages = w->s->n_vantages;
	d->vantages = arena_new_array(w->a, struct vantage_row, d->n_vantages + 1);
	for (size_t i = 0; i < d->n_vantages; i++) {
		d->vantages[i].v = &w->s->vantages[i];
		make_row(w, &d->vantages[i]);
	}
}
