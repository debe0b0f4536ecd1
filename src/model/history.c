#include "model/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_RRS 128

static bool
seat_held(const struct track *k, size_t version)
{
	for (size_t i = 0; i < k->seats.n; i++)
		if (k->seats.v[i].version == version)
			return true;
	return false;
}

static struct track_seat *
find_seat(struct track *k, const char *server)
{
	for (size_t i = 0; i < k->seats.n; i++)
		if (strcmp(k->seats.v[i].server, server) == 0)
			return &k->seats.v[i];
	arena_push(k->a, &k->seats,
		((struct track_seat){ .server = arena_strdup(k->a, server), .version = SIZE_MAX,
			.t = TIME_UNSET }));
	return &k->seats.v[k->seats.n - 1];
}

/*
 * Last moment at which every server was seen with something else than a value that is new now.
 * FULL_BEFORE as for track_seen(): before the first complete look nothing is known.
 */
static int64_t
without(const struct track *k, int64_t full_before)
{
	int64_t least = TIME_NEVER;

	for (size_t i = 0; i < k->seats.n; i++)
		if (k->seats.v[i].version != SIZE_MAX && k->seats.v[i].t < least)
			least = k->seats.v[i].t;
	return full_before != TIME_UNSET && least != TIME_NEVER && least > full_before ? least : full_before;
}

/* The version of VALUE that is still served, else a new one. */
static size_t
open_version(struct track *k, const char *value, int64_t t, int64_t full_before, bool *fresh)
{
	for (size_t i = k->list.n; i-- > 0;)
		if (k->list.v[i].off == TIME_NEVER && strcmp(k->list.v[i].value, value) == 0) {
			*fresh = false;
			return i;
		}
	arena_push(k->a, &k->list, ((struct version){ .value = arena_strdup(k->a, value), .on = t,
		.off = TIME_NEVER, .on_before = without(k, full_before) }));
	*fresh = true;
	return k->list.n - 1;
}

bool
track_seen(struct track *k, const char *server, const char *value, int64_t t, uint32_t ttl,
	const struct obs *o, int64_t full_before)
{
	bool fresh;
	struct track_seat *seat = find_seat(k, server);

	if (seat->version != SIZE_MAX && seat->t > t)
		return false; /* somebody who looked later told us already */
	size_t now = open_version(k, value, t, full_before, &fresh), was = seat->version;
	struct version *v = &k->list.v[now];

	if (ttl > v->ttl)
		v->ttl = ttl;
	obs_ref(o);
	obs_unref(v->sample);
	v->sample = o;
	seat->version = now;
	seat->t = t;
	if (was != SIZE_MAX && was != now && !seat_held(k, was) && k->list.v[was].off == TIME_NEVER)
		k->list.v[was].off = t;
	return fresh;
}

size_t
track_seed(struct track *k, const struct version *v, bool *fresh)
{
	size_t at = k->list.n;

	if (fresh)
		*fresh = false;
	for (size_t i = 0; i < k->list.n; i++) {
		struct version *own = &k->list.v[i];
		if (strcmp(own->value, v->value) != 0 ||
				(own->on != v->on && (own->on >= v->off || v->on >= own->off)))
			continue;
		if (v->on < own->on) {
			own->on = v->on;
			own->on_before = v->on_before;
		}
		if (v->ttl > own->ttl)
			own->ttl = v->ttl;
		return i;
	}
	while (at > 0 && k->list.v[at - 1].on > v->on)
		at--;
	arena_push(k->a, &k->list, *v);
	memmove(&k->list.v[at + 1], &k->list.v[at], (k->list.n - 1 - at) * sizeof *v);
	k->list.v[at] = *v;
	k->list.v[at].value = arena_strdup(k->a, v->value);
	k->list.v[at].why = arena_strdup(k->a, v->why);
	obs_ref(v->sample);
	for (size_t i = 0; i < k->seats.n; i++)
		if (k->seats.v[i].version != SIZE_MAX && k->seats.v[i].version >= at)
			k->seats.v[i].version++;
	if (fresh)
		*fresh = true;
	return at;
}

void
track_seat_seed(struct track *k, const char *server, size_t version, int64_t t)
{
	struct track_seat *seat = find_seat(k, server);

	if (seat->version != SIZE_MAX && seat->t >= t)
		return;
	seat->version = version;
	seat->t = t;
}

void
track_close(struct track *k, int64_t begin, int64_t t, bool unheard,
	bool (*gone)(const void *ctx, const char *server), const void *ctx)
{
	for (size_t i = 0; i < k->seats.n; i++)
		if (k->seats.v[i].version != SIZE_MAX && k->seats.v[i].t < begin &&
				gone(ctx, k->seats.v[i].server))
			k->seats.v[i].version = SIZE_MAX;
	for (size_t i = 0; i < k->list.n; i++)
		if (k->list.v[i].off == TIME_NEVER && !unheard && !seat_held(k, i))
			k->list.v[i].off = t;
}

static int
by_rdata(const void *a, const void *b)
{
	const struct rr *x = *(const struct rr *const *)a, *y = *(const struct rr *const *)b;
	size_t least = x->rdlen < y->rdlen ? x->rdlen : y->rdlen;
	int d = memcmp(x->rdata, y->rdata, least);

	return d ? d : x->rdlen - y->rdlen;
}

const char *
rrset_value(struct arena *a, const struct rr_list *rrs, const struct name *owner, uint16_t type,
	uint32_t *ttl)
{
	const struct rr *set[MAX_RRS];
	size_t n = rr_select(rrs, owner, type, SECTION_ANSWER, set, MAX_RRS), len = 1;

	*ttl = 0;
	qsort(set, n, sizeof *set, by_rdata);
	for (size_t i = 0; i < n; i++)
		len += 2u * set[i]->rdlen + 1;
	char *out = arena_alloc(a, len);
	for (size_t i = 0, o = 0; i < n; i++) {
		if (set[i]->ttl > *ttl)
			*ttl = set[i]->ttl;
		if (i)
			out[o++] = ' ';
		text_hex(out + o, len - o, set[i]->rdata, set[i]->rdlen);
		o += 2u * set[i]->rdlen;
	}
	return out;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

const char *
signers_value(struct arena *a, const struct rr_list *rrs, const struct name *owner, uint16_t type)
{
	const struct rr *set[MAX_RRS];
	size_t n = rr_select(rrs, owner, T_RRSIG, SECTION_ANSWER, set, MAX_RRS), k = 0;
	uint32_t who[MAX_RRS];
	char *out = arena_alloc(a, MAX_RRS * 12);
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		struct rrsig sig;
		if (rrsig_parse(set[i]->rdata, set[i]->rdlen, &sig) && sig.covered == type)
			who[k++] = (uint32_t)sig.alg << 16 | sig.tag;
	}
	qsort(who, k, sizeof *who, by_number);
	for (size_t i = 0; i < k; i++)
		if (i == 0 || who[i] != who[i - 1])
			o += (size_t)snprintf(out + o, MAX_RRS * 12 - o, "%s%u/%u", o ? "," : "",
				who[i] >> 16, who[i] & 0xffff);
	return out;
}

static bool
known(const struct version_list *list, const char *value)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].value, value) == 0)
			return true;
	return false;
}

static struct version *
current(struct version_list *list)
{
	for (size_t i = list->n; i-- > 0;)
		if (list->v[i].off == TIME_NEVER)
			return &list->v[i];
	return NULL;
}

/* Newest inception of the RRSIGs over TYPE in O's records, Unix seconds. */
static int64_t
newest_inception(const struct obs *o, const struct name *owner, uint16_t type)
{
	const struct rr *set[MAX_RRS];
	int64_t best = TIME_UNSET;

	if (!o || o->fact != FACT_ANSWER)
		return best;
	size_t n = rr_select(&o->u.answer.rrs, owner, T_RRSIG, SECTION_ANSWER, set, MAX_RRS);
	for (size_t i = 0; i < n; i++) {
		struct rrsig sig;
		if (rrsig_parse(set[i]->rdata, set[i]->rdlen, &sig) && sig.covered == type) {
			int64_t t = clock_from_rrsig(sig.inception, o->t / USEC);
			if (t > best)
				best = t;
		}
	}
	return best;
}

/*
 * When did the present DNSKEY set begin? Not before it was made: the signed file's time where its
 * serial is the served one, else the newest inception of RRSIG(DNSKEY), an hour later, because
 * signers date signatures an hour back. A guess: it is labelled by why.
 */
static void
infer_dnskey_on(struct arena *a, struct history *h, const struct snapshot *s)
{
	struct version *v = current(&h->dnskey), *serial = current(&h->serial);
	const struct fact_zonefile *f = s->signed_file ? &s->signed_file->u.zonefile : NULL;

	if (!v || v->on_before != TIME_UNSET || v->inferred)
		return;
	int64_t inception = newest_inception(v->sample, &s->zone, T_DNSKEY);
	if (f && f->readable && f->has_soa && serial &&
		strtoul(serial->value, NULL, 10) == f->serial && f->mtime <= v->on &&
		(inception == TIME_UNSET || f->mtime >= inception)) {
		v->on = f->mtime;
		v->why = arena_printf(a, "signed file %s was written then", f->path);
	} else if (inception != TIME_UNSET && inception + 3600 <= v->on) {
		v->on = inception + 3600;
		v->why = "inception of RRSIG(DNSKEY), an hour later";
	} else
		v->why = "first seen then; it may be older";
}

/* A DS set cannot be older than the signature over it. */
static void
infer_ds_on(struct history *h, const struct snapshot *s)
{
	struct version *v = current(&h->ds);

	if (v && v->on_before == TIME_UNSET && !v->inferred) {
		int64_t inception = newest_inception(v->sample, &s->zone, T_DS);
		if (inception != TIME_UNSET && inception < v->on)
			v->on = inception;
		v->why = "it may be older";
	}
}

/* TTL that an RRset had when the cache got it: the RRSIG's original TTL, else what is left. */
static uint32_t
original_ttl(const struct rr_list *rrs, const struct name *owner, uint16_t type, uint32_t left)
{
	const struct rr *set[MAX_RRS];
	size_t n = rr_select(rrs, owner, T_RRSIG, SECTION_ANSWER, set, MAX_RRS);

	for (size_t i = 0; i < n; i++) {
		struct rrsig sig;
		if (rrsig_parse(set[i]->rdata, set[i]->rdlen, &sig) && sig.covered == type &&
			sig.original_ttl > left)
			left = sig.original_ttl;
	}
	return left;
}

/* When a cache got the set of TYPE that it holds, Unix seconds; TIME_NEVER where it is not VALUE. */
static int64_t
fetched_at(struct arena *a, const struct snapshot *s, const struct obs *o, uint16_t type,
	const char *value)
{
	const struct fact_resolve *r = &o->u.resolve;
	uint32_t left;

	if (strcmp(rrset_value(a, &r->rrs, &s->zone, type, &left), value) != 0)
		return TIME_NEVER;
	return o->t / USEC - (original_ttl(&r->rrs, &s->zone, type, left) - left);
}

/*
 * The latest moment at which the present DS set can have replaced the one before: the first time
 * that anybody is known to have got it. The signature over it may be older (signers date back) or
 * younger (it was renewed), so it bounds nothing.
 */
static int64_t
ds_replaced_by(struct arena *a, const struct history *h, const struct snapshot *s, int64_t first_seen)
{
	const struct version *v = current((struct version_list *)(uintptr_t)&h->ds);

	for (size_t i = 0; v && i < s->n_vantages; i++) {
		const struct obs *o = s->vantages[i].heard[VQ_DS][1];
		int64_t t = o && o->u.resolve.rcode == 0 ? fetched_at(a, s, o, T_DS, v->value) : TIME_NEVER;
		if (t < first_seen)
			first_seen = t;
	}
	return first_seen;
}

/* A set that a resolver holds with CD=1 and that no server gives: it was served once, until
 * REPLACED at the latest. */
static void
infer_from_cache(struct arena *a, struct version_list *list, const struct snapshot *s,
	const struct obs *o, uint16_t type, int64_t replaced)
{
	const struct fact_resolve *r = &o->u.resolve;
	uint32_t left, ttl;
	const char *value = rrset_value(a, &r->rrs, &s->zone, type, &left);
	struct version *now = current(list);

	if (!*value || !now)
		return;
	ttl = original_ttl(&r->rrs, &s->zone, type, left);
	int64_t fetched = o->t / USEC - (ttl - left);
	if (!known(list, value)) {
		struct version v = { .value = value, .on = fetched, .ttl = ttl, .inferred = true,
			.on_before = TIME_UNSET, .sample = o,
			.off = replaced > fetched ? replaced : fetched,
			.why = arena_printf(a, "held by %s, got at the latest then", r->vantage) };
		arena_push(a, list, v);
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		struct version *v = &list->v[i];
		if (!v->inferred || strcmp(v->value, value) != 0)
			continue;
		if (fetched < v->on)
			v->on = fetched;
		if (fetched > v->off)
			v->off = fetched;
		if (ttl > v->ttl)
			v->ttl = ttl;
	}
}

static int
by_on(const void *a, const void *b)
{
	const struct version *x = a, *y = b;

	if (x->off != y->off)
		return x->off < y->off ? -1 : 1;
	return x->on < y->on ? -1 : x->on > y->on;
}

void
history_infer(struct arena *a, struct history *h, const struct snapshot *s)
{
	const struct version *ds_now = current(&h->ds), *keys_now;
	int64_t ds_replaced = ds_now ? ds_replaced_by(a, h, s, ds_now->on) : TIME_UNSET;

	infer_dnskey_on(a, h, s);
	infer_ds_on(h, s);
	keys_now = current(&h->dnskey);
	int64_t keys_replaced = keys_now ? keys_now->on : TIME_UNSET;
	for (size_t i = 0; i < s->n_vantages; i++) {
		const struct obs *key = s->vantages[i].heard[VQ_DNSKEY][1];
		const struct obs *ds = s->vantages[i].heard[VQ_DS][1];
		if (key && key->u.resolve.rcode == 0)
			infer_from_cache(a, &h->dnskey, s, key, T_DNSKEY, keys_replaced);
		if (ds && ds->u.resolve.rcode == 0)
			infer_from_cache(a, &h->ds, s, ds, T_DS, ds_replaced);
	}
	if (h->dnskey.n) /* qsort(NULL, 0, ...) is undefined */
		qsort(h->dnskey.v, h->dnskey.n, sizeof *h->dnskey.v, by_on);
	if (h->ds.n)
		qsort(h->ds.v, h->ds.n, sizeof *h->ds.v, by_on);
}
