#include "lab/forecast.h"

#include "base/arena.h"
#include "verdict/worlds.h"

#define HORIZON (7 * 86400) /* seconds; a signature that ends later is not this step's doing */
#define LONG_AGO (30 * 86400) /* seconds before the story for which its first versions were served */

static void
add_version(struct arena *a, struct world_list *list, const struct lab_zone *z, uint16_t type, uint32_t ttl,
	int64_t on, int64_t off)
{
	struct world_version v = { .on = on, .off = off, .ttl = ttl };

	lab_put(a, &v.rrs, lab_find(z, &z->apex, type), SECTION_ANSWER);
	arena_push(a, list, v);
}

static int64_t
seconds(const struct world *w, int64_t on, bool first)
{
	return first ? w->s->t_start / USEC - LONG_AGO : on / USEC;
}

const char *
forecast(const struct world *w, struct arena *a, int64_t t)
{
	struct worlds_input in = { .zone = w->s->apex, .now = t / USEC };
	const struct scenario *s = w->s;
	int64_t until = TIME_UNSET;
	char when[40];

	for (size_t i = 0; i < w->zones.n; i++) {
		const struct lab_zone *z = &w->zones.v[i];
		int64_t on = seconds(w, z->on, i == 0);
		int64_t off = i + 1 < w->zones.n ? w->zones.v[i + 1].on / USEC : TIME_NEVER;
		add_version(a, &in.dnskey, z, T_DNSKEY, s->dnskey_ttl, on, off);
		add_version(a, &in.data, z, T_SOA, s->data_ttl, on, off);
	}
	for (size_t i = 0; i < w->parents.n; i++) {
		struct lab_zone apex = w->parents.v[i];
		int64_t off = i + 1 < w->parents.n ? w->parents.v[i + 1].on / USEC : TIME_NEVER;
		apex.apex = s->apex; /* the DS set stands at the zone's name */
		add_version(a, &in.ds, &apex, T_DS, apex.ds ? s->ds_ttl : 900,
			seconds(w, apex.on, i == 0), off);
	}
	const struct worlds *out = worlds_compute(a, &in, profile_find("strict"), w->memo);
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i].direct && out->v[i].until > in.now && out->v[i].from < in.now + HORIZON &&
			(until == TIME_UNSET || out->v[i].until > until))
			until = out->v[i].until;
	if (until == TIME_UNSET)
		return "no cache class fails";
	if (until == TIME_NEVER)
		return "some cache classes fail until something is changed";
	return arena_printf(a, "some cache classes fail, the last until %s",
		clock_rfc3339_s(when, sizeof when, until));
}
