/*
 * harm: from when and until when somebody fails: the worlds that caches may hold, and the first
 * end of a signature that is served. Strict profile: the first validators to fail count.
 */
#include <string.h>

#include "diagnose/checks.h"

static void
first(int64_t *slot, int64_t t)
{
	if (t != TIME_UNSET && t != TIME_NEVER && (*slot == TIME_UNSET || t < *slot))
		*slot = t;
}

/* Does the signed file tell of what is served? Then its signatures count, all of them. */
static bool
file_is_served(const struct work *w)
{
	const struct fact_zonefile *f = w->s->signed_file ? &w->s->signed_file->u.zonefile : NULL;
	uint32_t served;

	return f && f->readable && f->has_soa && newest_served(w, &served) && served == f->serial;
}

static int64_t
first_expiration(const struct work *w)
{
	int64_t t = TIME_UNSET;

	for (size_t i = 0; i < w->sets.n; i++)
		if (w->sets.v[i].verdict == SET_GOOD)
			first(&t, w->sets.v[i].expiration + 1);
	if (file_is_served(w)) {
		const struct signer_list *l = &w->s->signed_file->u.zonefile.signers;
		for (size_t i = 0; i < l->n; i++)
			first(&t, l->v[i].first_expiration + 1);
	}
	return t;
}

void
harm_compute(struct work *w)
{
	struct diagnosis *d = w->d;

	d->harm_from = d->harm_until = TIME_UNSET;
	w->view = worldview_make(w->a, w->s, 0);
	w->worlds = worlds_compute(w->a, &w->view->in, &profiles[0], NULL);
	if (d->chain->state == LINK_BOGUS) {
		d->harm_from = w->now;
		d->harm_until = TIME_NEVER;
		return;
	}
	if (d->chain->state == LINK_SECURE)
		first(&d->harm_from, first_expiration(w));
	for (size_t i = 0; i < w->worlds->n; i++) {
		const struct broken *b = &w->worlds->v[i];
		if (b->until <= w->now)
			continue;
		first(&d->harm_from, b->from > w->now ? b->from : w->now);
		if (b->from <= w->now && b->direct && (d->harm_until == TIME_UNSET || b->until > d->harm_until))
			d->harm_until = b->until;
	}
	for (size_t i = 0; i < w->findings.n; i++) {
		const struct finding *f = &w->findings.v[i];
		if (strncmp(f->id, "cache-holds-", 12) != 0)
			continue;
		d->harm_from = w->now;
		if (d->harm_until == TIME_UNSET || (f->until != TIME_UNSET && f->until > d->harm_until))
			d->harm_until = f->until;
	}
}
