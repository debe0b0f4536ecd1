#include "diagnose/misread.h"

#include <string.h>

#include "diagnose/checks.h"

/* A key without SEP that cannot sign, or that is not there: nothing about the chain to the parent. */
static bool
is_z_class(const struct finding *f, const struct inventory *inv)
{
	static const char *const always[] = { "zsk-expired-signing-stopped", "dnskey-zsk-missing",
		"signer-output-not-deployed" };
	static const char *const of_zsk[] = { "key-private-missing", "key-private-unreadable",
		"key-activate-in-future", "key-expiring-soon" };

	for (size_t i = 0; i < sizeof always / sizeof *always; i++)
		if (strcmp(f->id, always[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof of_zsk / sizeof *of_zsk; i++) {
		if (strcmp(f->id, of_zsk[i]) != 0 || f->keytag < 0)
			continue;
		const struct key_row *r = inventory_by_tag(inv, (uint16_t)f->keytag, f->alg);
		return r && !(r->flags & DNSKEY_SEP);
	}
	return false;
}

const struct finding *
misread_z_cause(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->n_causes; i++)
		if (is_z_class(&d->findings[d->causes[i]], d->inventory))
			return &d->findings[d->causes[i]];
	return NULL;
}

const char *
misread_plan(struct arena *a, const struct diagnosis *d, bool changes_ksk_or_ds, const char *what)
{
	const struct finding *z = changes_ksk_or_ds ? misread_z_cause(d) : NULL;

	if (!z)
		return NULL;
	return z->keytag >= 0 ? arena_printf(a, "key-role-misread: the cause is %s of ZSK %d; %s does not mend it",
			z->id, z->keytag, what)
		: arena_printf(a, "key-role-misread: the cause is %s; %s does not mend it", z->id, what);
}

/* ---- what was done ---- */

static void
raise_it(struct work *w, const struct finding *z, int tag, uint8_t alg, int64_t since, unsigned proof,
	bool proven, const char *text)
{
	struct finding f = finding_of("key-role-misread", SEV_WARNING);

	f.keytag = tag;
	f.alg = alg;
	f.since = since;
	f.text = z->keytag >= 0 ? say(w, "%s, while it is ZSK %d that does not sign: a new KSK or DS does not "
			"help", text, z->keytag)
		: say(w, "%s, while the cause is %s: a new KSK or DS does not help", text, z->id);
	if (proven)
		finding_prove(&f, proof);
	finding_add(w, f);
}

/* A KSK file made after the fault began. */
static bool
ksk_was_made(struct work *w, const struct finding *z)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		const struct fact_keyfile *k = r->file ? &r->file->u.keyfile : NULL;
		int64_t made = k ? k->time[KT_CREATED] : TIME_UNSET;
		if (!k || !(r->flags & DNSKEY_SEP) || made == TIME_UNSET || made < z->since || made > w->now)
			continue;
		raise_it(w, z, r->tag, r->alg, made, ev_keyfile(w, r->file, k->time_line[KT_CREATED],
			say(w, "Created: %s", when(w, made))), true,
			say(w, "KSK %u was made at %s", r->tag, when(w, made)));
		return true;
	}
	return false;
}

/* A DS set that the parent did not have when the fault began. */
static void
ds_was_changed(struct work *w, const struct finding *z)
{
	const struct version_list *l = &w->s->history.ds;

	for (size_t i = 1; i < l->n; i++) {
		const struct version *v = &l->v[i];
		if (v->inferred || v->on_before == TIME_UNSET || v->on <= z->since || v->on > w->now || !*v->value)
			continue;
		raise_it(w, z, -1, 0, v->on, 0, false, say(w, "the DS set changed at %s", when(w, v->on)));
		return;
	}
}

void
check_late(struct work *w)
{
	for (size_t i = 0; i < w->findings.n; i++) {
		const struct finding z = w->findings.v[i];
		if (z.since == TIME_UNSET || !is_z_class(&z, w->d->inventory))
			continue;
		if (!ksk_was_made(w, &z))
			ds_was_changed(w, &z);
		return;
	}
}
