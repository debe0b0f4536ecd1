#include "change/predict.h"

#include <stdio.h>
#include <string.h>

enum dimension { DIM_DS, DIM_DNSKEY, DIM_DATA, DIM_NEGATIVE };

/* "{42731 25548}" of the DS or DNSKEY records, or of who signed data. */
static const char *
tags(struct arena *a, const struct rr_list *rrs, enum dimension dim)
{
	char out[256];
	size_t o = 0;

	out[o++] = '{';
	for (size_t i = 0; i < rrs->n && o < sizeof out - 10; i++) {
		const struct rr *rr = &rrs->v[i];
		struct rrsig sig;
		struct ds d;
		long tag = -1;
		if (dim == DIM_DS && rr->type == T_DS && ds_parse(rr->rdata, rr->rdlen, &d))
			tag = d.tag;
		else if (dim == DIM_DNSKEY && rr->type == T_DNSKEY)
			tag = dnskey_tag(rr->rdata, rr->rdlen);
		else if (dim >= DIM_DATA && rr->type == T_RRSIG &&
			rrsig_parse(rr->rdata, rr->rdlen, &sig))
			tag = sig.tag;
		if (tag >= 0)
			o += (size_t)snprintf(out + o, sizeof out - o, "%s%ld", o > 1 ? " " : "", tag);
	}
	out[o++] = '}';
	return arena_strndup(a, out, o);
}

static const char *
class_name(struct arena *a, const struct world_version *v, enum dimension dim)
{
	switch (dim) {
	case DIM_DS:
		return v->rrs.n ? arena_printf(a, "DS %s cached", tags(a, &v->rrs, dim)) : "no DS cached";
	case DIM_DNSKEY:
		return v->rrs.n ? arena_printf(a, "DNSKEY %s cached", tags(a, &v->rrs, dim))
				: "no DNSKEY cached";
	case DIM_DATA: return arena_printf(a, "answers signed by %s cached", tags(a, &v->rrs, dim));
	case DIM_NEGATIVE: return "negative answers cached";
	}
	return "";
}

static const struct world_list *
list_of(const struct worlds_input *in, enum dimension dim)
{
	switch (dim) {
	case DIM_DS: return &in->ds;
	case DIM_DNSKEY: return &in->dnskey;
	case DIM_DATA: return &in->data;
	case DIM_NEGATIVE: return &in->negative;
	}
	return NULL;
}

/* Does the broken interval B need version I of DIM to have been kept in a cache? */
static bool
needs(const struct broken *b, enum dimension dim, size_t i)
{
	switch (dim) {
	case DIM_DS: return b->old_ds && b->ds == i;
	case DIM_DNSKEY: return b->old_dnskey && b->dnskey == i;
	case DIM_DATA: return b->old_data && !b->negative && b->data == i;
	case DIM_NEGATIVE: return b->old_data && b->negative && b->data == i;
	}
	return false;
}

/* Does X fail for less than B does: with fewer old versions, the same ones, at the same time? Then
 * what B needs besides is not to blame. */
static bool
explains(const struct broken *x, const struct broken *b)
{
	if (x == b || x->from > b->from || x->until < b->until || x->negative != b->negative)
		return false;
	if ((x->old_ds && (!b->old_ds || x->ds != b->ds)) ||
			(x->old_dnskey && (!b->old_dnskey || x->dnskey != b->dnskey)) ||
			(x->old_data && (!b->old_data || x->data != b->data)))
		return false;
	int have = x->old_ds + x->old_dnskey + x->old_data;
	return have > 0 && have < b->old_ds + b->old_dnskey + b->old_data;
}

static bool
explained(const struct worlds *w, const struct broken *b)
{
	for (size_t i = 0; i < w->n; i++)
		if (explains(&w->v[i], b))
			return true;
	return false;
}

static bool
needs_nothing(const struct broken *b)
{
	return !b->old_ds && !b->old_dnskey && !b->old_data;
}

/* Takes B into the row: broken during [from, until). */
static void
take(struct class_row *row, const struct broken *b, int64_t now, bool after)
{
	if (b->until <= now || b->from > now + RANK_HORIZON)
		return;
	if (after)
		row->bogus_after = true;
	else if (b->from <= now)
		row->bogus_now = true;
	else
		return;
	if (row->until == TIME_UNSET || b->until > row->until)
		row->until = b->until;
	for (int f = 0; f < FAMILY_COUNT; f++)
		if (row->heals[f] == TIME_UNSET || b->heals[f] > row->heals[f])
			row->heals[f] = b->heals[f];
	if (!row->reason || after)
		row->reason = b->reason;
	row->forwarder = !b->direct;
}

static struct class_row
row_of(const char *name)
{
	struct class_row row = { .name = name, .until = TIME_UNSET };

	for (int f = 0; f < FAMILY_COUNT; f++)
		row.heals[f] = TIME_UNSET;
	return row;
}

/* A version of DIM that some cache holds at NOW and that the step makes, or finds, old. */
/* Two versions that look alike to people (NODATA and NXDOMAIN; the same tags): the worse counts. */
static void
merge(struct class_row *into, const struct class_row *row)
{
	into->bogus_now |= row->bogus_now;
	into->bogus_after |= row->bogus_after;
	into->inferred |= row->inferred;
	if (row->until != TIME_UNSET && (into->until == TIME_UNSET || row->until > into->until)) {
		into->until = row->until;
		into->reason = row->reason;
		into->forwarder = row->forwarder;
	}
	for (int f = 0; f < FAMILY_COUNT; f++)
		if (row->heals[f] != TIME_UNSET && (into->heals[f] == TIME_UNSET || row->heals[f] > into->heals[f]))
			into->heals[f] = row->heals[f];
}

static bool
inferred(const struct diagnosis *d, enum dimension dim, const struct world_version *v)
{
	const struct version_list *list = dim == DIM_DS ? &d->snapshot->history.ds
		: dim == DIM_DNSKEY			? &d->snapshot->history.dnskey
							: &d->snapshot->history.signers;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].inferred && list->v[i].on == v->on)
			return true;
	return false;
}

static void
add_class(struct arena *a, struct prediction *p, size_t *cap, const struct diagnosis *d,
	const struct option *o,
	const struct worlds *wait, enum dimension dim, size_t i, int64_t now)
{
	const struct world_version *v = &list_of(o->input, dim)->v[i];
	struct {
		struct class_row *v;
		size_t n, cap;
	} list = { p->v, p->n, *cap };
	struct class_row row = row_of(class_name(a, v, dim));

	row.kind = dim == DIM_DS ? CLASS_DS : dim == DIM_DNSKEY ? CLASS_DNSKEY
		: dim == DIM_DATA ? CLASS_DATA : CLASS_NEGATIVE;
	row.version = i;
	if (v->on > now || (v->off != TIME_NEVER && v->off + v->ttl <= now))
		return;
	row.inferred = inferred(d, dim, v);
	for (size_t b = 0; b < wait->n; b++)
		if (needs(&wait->v[b], dim, i) && !explained(wait, &wait->v[b]))
			take(&row, &wait->v[b], now, false);
	for (size_t b = 0; b < o->worlds->n; b++)
		if (needs(&o->worlds->v[b], dim, i) && !explained(o->worlds, &o->worlds->v[b]))
			take(&row, &o->worlds->v[b], now, true);
	for (size_t k = 0; k < p->n; k++)
		if (p->v[k].kind == row.kind && strcmp(p->v[k].name, row.name) == 0) {
			merge(&p->v[k], &row);
			return;
		}
	arena_push(a, &list, row);
	p->v = list.v;
	p->n = list.n;
	*cap = list.cap;
}

/* "Waiting 4m16s fixes it." where what fails now heals by itself. */
static const char *
waiting(struct arena *a, const struct diagnosis *d, const struct option *o)
{
	char span[40];
	int64_t now = d->now / USEC;

	if (o->fixes || o->wait_until == TIME_UNSET || o->wait_until == TIME_NEVER ||
			o->wait_until <= now || o->wait_until > now + RANK_HORIZON)
		return "";
	return arena_printf(a, " Waiting %s heals what fails now.", clock_span(span, sizeof span,
		o->wait_until - now));
}

static const char *
words(struct arena *a, const struct diagnosis *d, const struct option *o, bool breaks)
{
	const char *fixes = o->fixes || !d->n_causes ? "" : " Does not fix the cause.";
	char until[40];

	if (breaks && o->safe_at != TIME_UNSET && o->safe_at != TIME_NEVER)
		return arena_printf(a, "MAKES IT WORSE for some caches.%s%s Safe from %s.", fixes,
			waiting(a, d, o), clock_utc(until, sizeof until, o->safe_at, "%m-%d %H:%MZ"));
	if (breaks)
		return arena_printf(a, "%s%s%s", o->harm_until == TIME_NEVER
			? "BREAKS VALIDATORS until it is undone." : "MAKES IT WORSE: it must be split into steps.",
			fixes, waiting(a, d, o));
	if (o->fixes)
		return "FIXES THE CAUSE, breaks nobody.";
	return arena_printf(a, "Breaks nobody.%s%s", fixes, waiting(a, d, o));
}

/* What is not bogus is what an empty cache says, or an old DS set: none is insecure. What was got
 * while the chain stood is kept as it was. */
static enum verdict
unless_bogus(bool bogus, enum verdict empty, const struct class_row *row,
	const struct worlds_input *in)
{
	if (bogus)
		return VERDICT_BOGUS;
	if (row->kind == CLASS_DS)
		return in->ds.v[row->version].rrs.n ? VERDICT_SECURE : VERDICT_INSECURE;
	return empty == VERDICT_BOGUS ? VERDICT_SECURE : empty;
}

static void
verdicts(struct prediction *p, enum verdict now, enum verdict after, const struct worlds_input *in)
{
	for (size_t i = 0; i < p->n; i++) {
		p->v[i].now = unless_bogus(p->v[i].bogus_now, now, &p->v[i], in);
		p->v[i].after = unless_bogus(p->v[i].bogus_after, after, &p->v[i], in);
	}
}

const struct prediction *
predict(struct arena *a, const struct diagnosis *d, const struct option *o)
{
	struct prediction *p = arena_new_one(a, struct prediction);
	const struct worldview *w = worldview_make(a, d->snapshot, 0);
	int64_t now = d->now / USEC;
	const struct worlds *wait = rank_from_now(a, worlds_compute(a, &w->in, &profiles[0], NULL), &w->in,
		now);
	size_t cap = 0;
	struct {
		struct class_row *v;
		size_t n, cap;
	} list = { 0 };
	struct class_row empty = row_of("empty cache");

	p->proven_from = w->proven_from;
	if (!o->worlds)
		return p;
	for (size_t b = 0; b < wait->n; b++)
		if (needs_nothing(&wait->v[b]))
			take(&empty, &wait->v[b], now, false);
	for (size_t b = 0; b < o->worlds->n; b++)
		if (needs_nothing(&o->worlds->v[b]))
			take(&empty, &o->worlds->v[b], now, true);
	arena_push(a, &list, empty);
	p->v = list.v;
	p->n = list.n;
	cap = list.cap;
	for (int dim = DIM_DS; dim <= DIM_NEGATIVE; dim++)
		for (size_t i = 0; i < list_of(&w->in, (enum dimension)dim)->n; i++)
			add_class(a, p, &cap, d, o, wait, (enum dimension)dim, i, now);
	verdicts(p, wait->now_verdict, o->worlds->now_verdict, o->input);
	p->breaks = o->harm_new > 0;
	p->verdict = words(a, d, o, p->breaks);
	return p;
}
