#include "lab/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lab/seedkey.h"
#include "lab/zonemake.h"

const struct lab_set *
lab_find(const struct lab_zone *z, const struct name *owner, uint16_t type)
{
	for (size_t i = 0; i < z->n; i++)
		if (z->v[i].type == type && name_equal(&z->v[i].owner, owner))
			return &z->v[i];
	return NULL;
}

bool
lab_name_exists(const struct lab_zone *z, const struct name *name)
{
	for (size_t i = 0; i < z->n; i++)
		if (name_at_or_below(&z->v[i].owner, name))
			return true;
	return false;
}

const struct lab_set *
lab_cover(const struct lab_zone *z, const struct name *name)
{
	const struct lab_set *found = NULL;

	for (size_t i = 0; i < z->n; i++)
		if (z->v[i].type == T_NSEC && name_cmp(&z->v[i].owner, name) <= 0)
			found = &z->v[i];
	return found;
}

void
lab_put(struct arena *a, struct rr_list *out, const struct lab_set *set, enum rr_section section)
{
	const struct rr_list *const lists[] = { set ? &set->rrs : NULL, set ? &set->sigs : NULL };

	for (int l = 0; set && l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			struct rr rr = lists[l]->v[i];
			rr.section = section;
			arena_push(a, out, rr);
		}
}

/* ---- keys ---- */

static bool
make_upper_keys(struct world *w, struct err *e)
{
	static const struct {
		const char *label;
		uint16_t tag;
		bool root, ksk;
	} upper[] = { { "root ksk", 19036, true, true }, { "root zsk", 20580, true, false },
		{ "parent ksk", 21366, false, true }, { "parent zsk", 42353, false, false } };

	for (int i = 0; i < 4; i++) {
		struct privkey **slot = upper[i].root ? &w->root[!upper[i].ksk] : &w->parent[!upper[i].ksk];
		*slot = seedkey(0, upper[i].label, 8, upper[i].ksk ? 2048 : 1024, upper[i].ksk ? 257 : 256,
			upper[i].tag, e);
		if (!*slot)
			return false;
	}
	return true;
}

static bool
make_key(struct world *w, const struct sc_key *sc, struct err *e)
{
	struct lab_key *k = &w->keys[w->n_keys];

	if (w->n_keys == LAB_KEYS_MAX)
		return err_set(e, ERR_LIMIT, "keys", "lab", "at most 32", "more");
	*k = (struct lab_key){ .sc = *sc, .where = sc->private_key ? sc->private_key : "here",
		.touched = sc->t_created * USEC };
	k->priv = seedkey(w->s->seed, sc->id, (uint8_t)(sc->alg ? sc->alg : w->s->alg), sc->bits,
		sc->role == SC_KSK ? 257 : 256, sc->tag, e);
	w->n_keys += k->priv != NULL;
	return k->priv != NULL;
}

int
world_key(const struct world *w, const char *id)
{
	char tag[16];

	for (unsigned i = 0; i < w->n_keys; i++) {
		snprintf(tag, sizeof tag, "%u", w->keys[i].priv->tag);
		if (strcmp(w->keys[i].sc.id, id) == 0 || strcmp(tag, id) == 0)
			return (int)i;
	}
	return -1;
}

bool
world_key_made(const struct world *w, unsigned key, int64_t t)
{
	return w->keys[key].sc.t_created != TIME_NEVER && w->keys[key].sc.t_created * USEC <= t;
}

static keyset
keys_of(const struct world *w, char *const *ids, unsigned n)
{
	keyset all = 0;

	for (unsigned i = 0; i < n; i++)
		all |= 1u << world_key(w, ids[i]);
	return all;
}

int
world_new_key(struct world *w, enum sc_role role, const char *id, int64_t t, struct err *e)
{
	struct sc_key sc = { .role = role, .bits = role == SC_KSK ? 2048 : 1024, .t_publish = t / USEC,
		.t_activate = t / USEC, .t_inactive = TIME_UNSET, .t_delete = TIME_UNSET };
	int key = id ? world_key(w, id) : -1;

	for (unsigned i = 0; !id && key < 0 && i < w->n_keys; i++)
		if (w->keys[i].sc.t_created == TIME_NEVER && w->keys[i].sc.role == role)
			key = (int)i;
	if (key >= 0 && world_key_made(w, (unsigned)key, t)) {
		err_set(e, ERR_CHANGED, id ? id : "key", "key generation", "a new key", "it is there already");
		return -1;
	}
	if (key < 0) {
		sc.id = arena_printf(w->a, "%s-made-%u", role == SC_KSK ? "ksk" : "zsk", ++w->made);
		if (!make_key(w, &sc, e))
			return -1;
		key = (int)w->n_keys - 1;
	}
	struct lab_key *k = &w->keys[key];
	k->sc.t_created = k->sc.t_publish = k->sc.t_activate = t / USEC;
	k->touched = t;
	return key;
}

/* ---- versions ---- */

bool
world_sign(struct world *w, const struct lab_signing *g, struct err *e)
{
	struct lab_zone z;

	if (!zone_make(w, &z, g, e))
		return false;
	arena_push(w->a, &w->zones, z);
	return true;
}

bool
world_delegate(struct world *w, int64_t t, keyset ds, struct err *e)
{
	struct lab_zone z;

	if (!zone_make_parent(w, &z, t, ds, (uint32_t)(2013000000 + w->parents.n), e))
		return false;
	arena_push(w->a, &w->parents, z);
	return true;
}

void
world_run_signer(struct world *w, int64_t t, int exit, const char *const *lines, unsigned n)
{
	struct sc_run run = { .exit = exit, .lines_count = n, .t = t,
		.lines = arena_new_array(w->a, char *, n + 1) };

	for (unsigned i = 0; i < n; i++)
		run.lines[i] = arena_strdup(w->a, lines[i]);
	arena_push(w->a, &w->runs, run);
}

static bool
make_history(struct world *w, struct err *e)
{
	const struct scenario *s = w->s;

	for (unsigned i = 0; i < s->delegations_count; i++)
		if (!world_delegate(w, s->delegations[i].t,
				keys_of(w, s->delegations[i].keys, s->delegations[i].keys_count), e))
			return false;
	for (unsigned i = 0; i < s->signings_count; i++) {
		const struct sc_signed *v = &s->signings[i];
		struct lab_signing g = { .t = v->t, .publish = keys_of(w, v->publish, v->publish_count),
			.sign_keys = keys_of(w, v->sign_keys, v->sign_keys_count),
			.sign_data = keys_of(w, v->sign_data, v->sign_data_count),
			.inception = v->t_inception, .expiration = v->t_expiration, .serial = v->serial,
			.faulty = v };
		if (!world_sign(w, &g, e))
			return false;
	}
	for (unsigned i = 0; i < s->runs_count; i++)
		arena_push(w->a, &w->runs, s->runs[i]);
	return true;
}

static void
set_faults(struct world *w)
{
	const struct scenario *s = w->s;

	w->faults.n = 0;
	for (unsigned i = 0; i < s->faults_count; i++) {
		struct lab_fault f = { .sc = &s->faults[i], .from = s->faults[i].t_from,
			.until = s->faults[i].t_until };
		while (f.server < s->servers_count &&
			strcmp(s->servers[f.server].name, s->faults[i].server) != 0)
			f.server++;
		arena_push(w->a, &w->faults, f);
	}
	w->source_mended = w->clocks_mended = TIME_NEVER;
}

struct world *
world_new(const struct scenario *s, const char *dir, struct err *e)
{
	struct arena *a = arena_new();
	struct world *w = arena_new_one(a, struct world);
	bool ok;

	w->a = a;
	w->s = s;
	w->dir = arena_strdup(a, dir);
	w->memo = memo_new(a);
	ok = make_upper_keys(w, e) && zone_make_root(w, e);
	for (unsigned i = 0; ok && i < s->keys_count; i++)
		ok = make_key(w, &s->keys[i], e);
	set_faults(w);
	if (ok && make_history(w, e)) {
		w->want = world_zone(w, s->t_moment)->publish;
		return w;
	}
	world_free(w);
	return NULL;
}

void
world_free(struct world *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < w->n_keys; i++)
		privkey_free(w->keys[i].priv);
	for (int i = 0; i < 2; i++) {
		privkey_free(w->root[i]);
		privkey_free(w->parent[i]);
	}
	arena_free(w->a);
}

void
world_train(struct world *w)
{
	const struct scenario *s = w->s;

	for (w->zones.n = 0; w->zones.n < s->signings_count; w->zones.n++)
		if (s->signings[w->zones.n].t > s->t_train)
			break;
	for (w->parents.n = 0; w->parents.n < s->delegations_count; w->parents.n++)
		if (s->delegations[w->parents.n].t > s->t_train)
			break;
	for (w->runs.n = 0; w->runs.n < s->runs_count; w->runs.n++)
		if (s->runs[w->runs.n].t > s->t_train)
			break;
	w->zones.n += w->zones.n == 0; /* there is always a first one */
	w->parents.n += w->parents.n == 0;
	for (unsigned i = 0; i < w->n_keys; i++) {
		struct lab_key *k = &w->keys[i];
		if (i < s->keys_count)
			k->sc = s->keys[i];
		if (i >= s->keys_count || k->sc.t_created * USEC > s->t_train)
			k->sc.t_created = TIME_NEVER;
		k->touched = k->sc.t_created == TIME_NEVER ? 0 : k->sc.t_created * USEC;
		k->where = i < s->keys_count && s->keys[i].private_key ? s->keys[i].private_key : "here";
	}
	set_faults(w);
	w->written = 0;
	w->edits.n = w->flushes.n = 0;
	for (size_t i = 1; i < w->parents.n; i++) /* the team's own of the last day count */
		if (w->parents.v[i].on > s->t_train - 86400 * USEC)
			arena_push(w->a, &w->edits, w->parents.v[i].on);
	w->want = world_zone(w, s->t_train)->publish;
}

/* ---- what is there at a moment ---- */

static const struct lab_zone *
newest(const struct lab_zone *v, size_t n, int64_t t)
{
	const struct lab_zone *z = &v[0];

	for (size_t i = 1; i < n; i++)
		if (v[i].on < t && v[i].on >= z->on)
			z = &v[i];
	return z;
}

const struct lab_zone *
world_zone(const struct world *w, int64_t t)
{
	return newest(w->zones.v, w->zones.n, t);
}

const struct lab_zone *
world_parent(const struct world *w, int64_t t)
{
	return newest(w->parents.v, w->parents.n, t);
}

bool
world_fault_at(const struct world *w, unsigned server, enum sc_fault_kind kind, int64_t t)
{
	for (size_t i = 0; i < w->faults.n; i++)
		if (w->faults.v[i].server == server && w->faults.v[i].sc->kind == kind &&
			w->faults.v[i].from <= t && t < w->faults.v[i].until)
			return true;
	return false;
}

const struct lab_zone *
world_served(const struct world *w, unsigned server, int64_t t, bool *strips, const char **why)
{
	const struct sc_server *v = &w->s->servers[server];
	const char *none = world_fault_at(w, server, SC_DOWN, t) ? "timeout"
		: world_fault_at(w, server, SC_LAME, t) ? "refused" : NULL;
	int64_t when = t - v->delay * USEC;

	*strips = world_fault_at(w, server, SC_STRIPS, t);
	if (why)
		*why = none;
	if (none)
		return NULL;
	for (size_t i = 0; i < w->faults.n; i++) { /* it has what there was when it became stale */
		const struct lab_fault *f = &w->faults.v[i];
		if (f->server == server && f->sc->kind == SC_STALE && f->from <= t && t < f->until &&
			f->from < when)
			when = f->from;
	}
	return v->cut == SC_ROOT ? &w->root_zone : v->cut == SC_PARENT ? world_parent(w, when)
								       : world_zone(w, when);
}

const struct sc_revision *
world_revision(const struct world *w, int64_t t)
{
	const struct sc_revision *r = &w->s->revisions[0];

	for (unsigned i = 1; i < w->s->revisions_count; i++)
		if (w->s->revisions[i].t <= t)
			r = &w->s->revisions[i];
	return r;
}

bool
world_source_broken(const struct world *w, int64_t t)
{
	return world_revision(w, t)->broken && t < w->source_mended;
}

const struct sc_run *
world_run(const struct world *w, int64_t t)
{
	const struct sc_run *r = NULL;

	for (size_t i = 0; i < w->runs.n; i++)
		if (w->runs.v[i].t <= t)
			r = &w->runs.v[i];
	return r;
}
