#include <string.h>

#include "diagnose/checks.h"

const char *
state_name(enum state s)
{
	static const char *const names[] = { "ok", "warning", "critical", "unknown" };

	return names[s];
}

const char *
severity_name(enum severity s)
{
	static const char *const names[] = { "info", "warning", "high", "critical" };

	return names[s];
}

static void
defaults(struct work *w, const struct diagnose_options *opt)
{
	if (opt)
		w->opt = *opt;
	if (!w->opt.key_end_warn)
		w->opt.key_end_warn = 14 * INT64_C(86400);
	if (!w->opt.key_end_crit)
		w->opt.key_end_crit = 3 * INT64_C(86400);
	if (!w->opt.rrsig_warn)
		w->opt.rrsig_warn = 25;
	if (!w->opt.rrsig_crit)
		w->opt.rrsig_crit = 10;
	if (!w->opt.period)
		w->opt.period = 10;
}

static void
count_vantages(struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_vantages; i++) {
		const struct vantage_row *r = &d->vantages[i];
		if (!r->counted)
			continue;
		d->secure += r->state == V_SECURE;
		d->bogus += r->state == V_BOGUS;
		d->insecure += r->state == V_INSECURE;
		d->unknown += r->state == V_UNKNOWN;
	}
}

static enum state
overall(const struct work *w)
{
	const struct diagnosis *d = w->d;
	enum state s = STATE_OK;

	for (size_t i = 0; i < d->n_findings; i++) {
		if (d->findings[i].severity == SEV_CRITICAL)
			s = STATE_CRITICAL;
		else if (d->findings[i].severity > SEV_INFO && s == STATE_OK)
			s = STATE_WARNING;
	}
	if (d->security == LINK_BOGUS || d->bogus)
		return STATE_CRITICAL;
	/* Nothing was heard that a verdict could rest on: silence is not "all is well". A vantage that
	 * validates the answer "no such name" does not make a zone of it. */
	if (d->security == LINK_UNKNOWN && s != STATE_CRITICAL && (d->secure == 0 || no_zone(w)))
		return STATE_UNKNOWN;
	if (s == STATE_WARNING && d->harm_from != TIME_UNSET && d->n_causes &&
		strstr(d->findings[d->causes[0]].id, "signing-stopped") &&
		d->harm_from - w->now <= w->opt.key_end_crit)
		return STATE_CRITICAL;
	return s;
}

struct diagnosis *
diagnose(struct snapshot *s, const struct diagnose_options *opt)
{
	struct arena *a = arena_new();
	struct diagnosis *d = arena_new_one(a, struct diagnosis);
	struct work w = { .a = a, .d = d, .s = s, .now = s->now / USEC, .child = snapshot_child(s),
		.parent = snapshot_parent(s) };

	defaults(&w, opt);
	name_to_text(w.zone, &s->zone);
	d->arena = a;
	d->snapshot = snapshot_ref(s);
	d->zone = s->zone;
	d->now = s->now;
	d->inventory = inventory_make(a, s);
	d->chain = chain_make(a, s, w.opt.anchors, w.opt.n_anchors);
	d->security = d->chain->state;
	for (size_t i = 0; i < d->chain->n; i++)
		if (name_equal(&d->chain->links[i].zone, &s->zone))
			w.link = &d->chain->links[i];
	sets_collect(&w);
	rows_vantages(&w);
	rows_serials(&w);
	check_keys(&w);
	check_zone(&w);
	check_parent(&w);
	check_servers(&w);
	check_source(&w);
	check_cache(&w);
	check_keyfiles(&w);
	check_peers(&w);
	check_codes(&w);
	check_late(&w);
	harm_compute(&w);
	count_vantages(d);
	causes_rank(&w);
	profiles_fill(&w);
	ruled_out_fill(&w);
	d->state = overall(&w);
	words_fill(&w);
	d->evidence = w.evidence.v;
	d->n_evidence = w.evidence.n;
	return d;
}

void
diagnosis_free(struct diagnosis *d)
{
	if (!d)
		return;
	snapshot_unref(d->snapshot);
	arena_free(d->arena);
}
