#include "change/predict.h"

#include <stdio.h>

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
	if (!row->reason || after)
		row->reason = b->reason;
	row->forwarder = !b->direct;
}

static struct class_row
row_of(const char *name)
{
	return (struct class_row){ .name = name, .until = TIME_UNSET };
}

/* A version of DIM that some cache holds at NOW and that the step makes, or finds, old. */
static void
add_class(struct arena *a, struct prediction *p, size_t *cap, const struct option *o,
	const struct worlds *wait, enum dimension dim, size_t i, int64_t now)
{
	const struct world_version *v = &list_of(o->input, dim)->v[i];
	struct {
		struct class_row *v;
		size_t n, cap;
	} list = { p->v, p->n, *cap };
	struct class_row row = row_of(class_name(a, v, dim));

	if (v->on > now || (v->off != TIME_NEVER && v->off + v->ttl <= now))
		return;
	for (size_t b = 0; b < wait->n; b++)
		if (needs(&wait->v[b], dim, i))
			take(&row, &wait->v[b], now, false);
	for (size_t b = 0; b < o->worlds->n; b++)
		if (needs(&o->worlds->v[b], dim, i))
			take(&row, &o->worlds->v[b], now, true);
	arena_push(a, &list, row);
	p->v = list.v;
	p->n = list.n;
	*cap = list.cap;
}

static const char *
words(struct arena *a, const struct diagnosis *d, const struct option *o, bool breaks)
{
	char until[40];

	if (breaks && o->safe_at != TIME_UNSET && o->safe_at != TIME_NEVER) {
		clock_utc(until, sizeof until, o->safe_at, "%m-%d %H:%MZ");
		return arena_printf(a, "MAKES IT WORSE for some caches. Safe from %s.", until);
	}
	if (breaks)
		return o->harm_until == TIME_NEVER ? "BREAKS VALIDATORS until it is undone."
						   : "MAKES IT WORSE: it must be split into steps.";
	if (o->fixes)
		return "FIXES THE CAUSE, breaks nobody.";
	return d->n_causes ? "Breaks nobody. Does not fix the cause." : "Breaks nobody.";
}

const struct prediction *
predict(struct arena *a, const struct diagnosis *d, const struct option *o)
{
	struct prediction *p = arena_new_one(a, struct prediction);
	const struct worldview *w = worldview_make(a, d->snapshot, 0);
	const struct worlds *wait = worlds_compute(a, &w->in, &profiles[0], NULL);
	int64_t now = d->now / USEC;
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
			add_class(a, p, &cap, o, wait, (enum dimension)dim, i, now);
	p->breaks = o->harm_new > 0;
	p->verdict = words(a, d, o, p->breaks);
	return p;
}
