/*
 * stages: rollovers in stages, each entered when the world shows that the one before is done and
 * that every cache has had the time to see it (RFC 6781, RFC 7583). The stage is found by looking:
 * nothing is remembered, so a stage that somebody else did counts, and one that failed does not.
 */
#include "change/changes.h"

#include <string.h>

static void
stage(struct action_context *c, int n, int of, const char *name, const char *next,
	enum stage_wait wait)
{
	c->stage = n;
	c->stages = of;
	c->stage_name = name;
	c->next_name = next;
	c->wait = wait;
}

static const char *
words(struct action_context *c, const char *what, const struct key_row *r)
{
	return arena_printf(change_arena(c), "%s %u", what, r->tag);
}

/* Served by every answering address. */
static bool
everywhere(const struct key_row *r)
{
	return r->served > 0 && r->served == r->servers;
}

static void
entry_served(struct action_context *c, const struct key_row *r)
{
	change_entry(c, everywhere(r), words(c, "every server has DNSKEY", r),
		arena_printf(change_arena(c), "%u of %u servers", r->served, r->servers));
}

static void
entry_ds(struct action_context *c, const struct key_row *r, bool there)
{
	bool seen = r->parents > 0 && (there ? r->ds_parents == r->parents
					     : r->ds_parents == 0 && r->ds != DS_UNKNOWN);

	change_entry(c, seen, words(c, there ? "every parent server has the DS of"
					     : "no parent server has the DS of", r),
		arena_printf(change_arena(c), "%u of %u parent servers have it", r->ds_parents, r->parents));
}

/* Did some set of the past have a DS of this key (or its signatures)? */
static bool
was_in(const struct version_list *list, const char *word)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].off != TIME_NEVER && strstr(list->v[i].value, word))
			return true;
	return false;
}

static bool
had_ds(struct action_context *c, const struct key_row *r)
{
	const struct version_list *list = &c->d->snapshot->history.ds;

	for (size_t i = 0; i < list->n; i++) {
		const struct obs *o = list->v[i].sample;
		const struct rr_list *rrs = !o ? NULL : o->fact == FACT_ANSWER ? &o->u.answer.rrs
			: o->fact == FACT_RESOLVE ? &o->u.resolve.rrs : NULL;
		for (size_t k = 0; rrs && k < rrs->n; k++) {
			struct ds d;
			if (rrs->v[k].type == T_DS && ds_parse(rrs->v[k].rdata, rrs->v[k].rdlen, &d) &&
					d.tag == r->tag && d.alg == r->alg)
				return true;
		}
	}
	return false;
}

static bool
signed_before(struct action_context *c, const struct key_row *r)
{
	return was_in(&c->d->snapshot->history.signers,
		arena_printf(change_arena(c), "%u/%u", r->alg, r->tag));
}

typedef bool row_test(struct action_context *c, const struct key_row *r);

static const struct key_row *
find(struct action_context *c, row_test *test)
{
	for (size_t i = 0; i < c->d->inventory->n; i++)
		if (c->d->inventory->rows[i].rdata && test(c, &c->d->inventory->rows[i]))
			return &c->d->inventory->rows[i];
	return NULL;
}

/* ---- ZSK: publish, sign, remove (RFC 6781 4.1.1.1) ---- */

static bool
is_retired_zsk(struct action_context *c, const struct key_row *r)
{
	return r->role == KEYROLE_ZSK && r->served && !r->signs_data &&
		(r->timing == KEY_INACTIVE || r->timing == KEY_REMOVED || signed_before(c, r));
}

static bool
is_standby_zsk(struct action_context *c, const struct key_row *r)
{
	return r->role == KEYROLE_ZSK && r->served && !r->signs_data && row_private(r) &&
		!is_retired_zsk(c, r);
}

/* Old data signatures may be cached while the key is taken out. */
static bool
remove_key(struct action_context *c, const struct key_row *r)
{
	int tag = c->tag;

	c->tag = r->tag;
	bool ok = change_without(c);
	c->tag = tag;
	return ok;
}

bool
change_roll_zsk(struct action_context *c)
{
	const struct key_row *retired = find(c, is_retired_zsk), *standby = find(c, is_standby_zsk);
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	if (retired) {
		stage(c, 3, 3, words(c, "remove ZSK", retired), "", WAIT_NOTHING);
		change_entry(c, true, words(c, "no server gives signatures of", retired), "answers");
		return remove_key(c, retired);
	}
	if (!standby) {
		stage(c, 1, 3, "publish a new ZSK", "sign with it", WAIT_DNSKEY);
		bool ok = change_prepublish(c);
		return ok;
	}
	stage(c, 2, 3, words(c, "sign with ZSK", standby), "remove the old ZSK", WAIT_DATA);
	entry_served(c, standby);
	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	future_keys_add(change_arena(c), &data, row_key(standby));
	change_keys(c, &keys, &signers);
	change_data(c, &data);
	c->set.resign = true;
	return true;
}

/* ---- KSK ---- */

static bool
is_old_ksk(struct action_context *c, const struct key_row *r)
{
	return r->role == KEYROLE_KSK && r->served && r->ds == DS_NONE && had_ds(c, r);
}

static bool
is_new_ksk(struct action_context *c, const struct key_row *r)
{
	return r->role == KEYROLE_KSK && r->served && r->ds == DS_NONE && !had_ds(c, r);
}

static bool
is_ds_ksk(struct action_context *c, const struct key_row *r)
{
	(void)c;
	return r->role == KEYROLE_KSK && r->served && r->ds == DS_MATCH;
}

static bool
is_waiting_ksk(struct action_context *c, const struct key_row *r)
{
	(void)c;
	return (r->flags & DNSKEY_SEP) && !r->served && r->ds == DS_MATCH && row_private(r);
}

static bool
is_gone_ksk(struct action_context *c, const struct key_row *r)
{
	(void)c;
	return (r->flags & DNSKEY_SEP) && !r->served && r->ds == DS_MATCH &&
		(r->timing == KEY_REMOVED || r->left_zone != TIME_UNSET);
}

static int64_t
created(const struct key_row *r)
{
	return r->file ? r->file->u.keyfile.time[KT_CREATED] : TIME_UNSET;
}

/* Of two KSKs with a DS, the one made first; NULL where there are not two. */
static const struct key_row *
older_ds_ksk(struct action_context *c)
{
	const struct key_row *old = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || !is_ds_ksk(c, r))
			continue;
		n++;
		if (!old || created(r) < created(old))
			old = r;
	}
	return n > 1 ? old : NULL;
}

static bool
with_tag(struct action_context *c, const struct key_row *r, bool (*change)(struct action_context *))
{
	int tag = c->tag;

	c->tag = r->tag;
	bool ok = change(c);
	c->tag = tag;
	return ok;
}

/* Publish both, change the DS, remove the old one: additive at the parent, so two changes there. */
static bool
double_ksk(struct action_context *c)
{
	const struct key_row *old = find(c, is_old_ksk), *fresh = find(c, is_new_ksk),
		*both = older_ds_ksk(c);

	if (old && find(c, is_ds_ksk)) {
		stage(c, 4, 4, words(c, "remove KSK", old), "", WAIT_NOTHING);
		entry_ds(c, old, false);
		entry_ds(c, find(c, is_ds_ksk), true);
		return remove_key(c, old);
	}
	if (both) {
		stage(c, 3, 4, words(c, "remove the DS of KSK", both), "remove the old KSK", WAIT_DS);
		for (size_t i = 0; i < c->d->inventory->n; i++) {
			const struct key_row *r = &c->d->inventory->rows[i];
			if (r != both && r->rdata && is_ds_ksk(c, r)) {
				entry_ds(c, r, true);
				entry_served(c, r);
			}
		}
		bool ok = with_tag(c, both, change_remove_ds);
		c->wait = WAIT_DS;
		return ok;
	}
	if (fresh && find(c, is_ds_ksk)) {
		stage(c, 2, 4, words(c, "add the DS of KSK", fresh), "remove the old DS", WAIT_NOTHING);
		entry_served(c, fresh);
		change_entry(c, fresh->signs_dnskey, words(c, "the DNSKEY set is signed by", fresh), "answers");
		bool ok = with_tag(c, fresh, change_add_ds);
		c->wait = WAIT_NOTHING;
		return ok;
	}
	stage(c, 1, 4, "add a new KSK", "add its DS", WAIT_DNSKEY);
	return change_new_ksk(c);
}

/* The DS first, then the KSK in one swap, then the old DS goes. */
static bool
double_ds(struct action_context *c)
{
	const struct key_row *gone = find(c, is_gone_ksk), *waiting = find(c, is_waiting_ksk);
	const struct key_row *now = find(c, is_ds_ksk);
	struct rr_list ds = { 0 };
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };

	if (waiting && (!gone || gone == waiting) && now) {
		stage(c, 2, 3, words(c, "swap the KSK for", waiting), "remove the old DS", WAIT_DNSKEY);
		entry_ds(c, waiting, true);
		future_served_keys(c->f, &keys);
		future_keys_drop(&keys, row_key(now));
		future_keys_add(change_arena(c), &keys, row_key(waiting));
		future_keys_add(change_arena(c), &signers, row_key(waiting));
		change_data_signers(c, &data);
		change_keys(c, &keys, &signers);
		if (data.n)
			change_data(c, &data);
		c->set.resign = true;
		return true;
	}
	if (gone && now) {
		stage(c, 3, 3, words(c, "remove the DS of KSK", gone), "", WAIT_NOTHING);
		entry_served(c, now);
		return with_tag(c, gone, change_remove_ds);
	}
	stage(c, 1, 3, "add the DS of a key that is not published yet", "swap the KSK", WAIT_DS);
	future_served_ds(c->f, &ds);
	if (!now)
		return change_refuse(c, "no DS leads to a key of the zone");
	future_ds_add(c->f, &ds, change_new_key(c, change_algorithm(c), 257), change_digest_type(&ds));
	change_ds(c, &ds);
	c->set.ds_ahead = true;
	return true;
}

bool
change_roll_ksk(struct action_context *c)
{
	if (c->method && strcmp(c->method, "double-ds") == 0)
		return double_ds(c);
	if (c->method && strcmp(c->method, "double-ksk") != 0)
		return change_refuse(c, "its methods are double-ksk and double-ds");
	return double_ksk(c);
}

/* ---- algorithm: signatures before DNSKEY before DS, and back in the other order ---- */

struct algorithms {
	uint8_t ds, fresh; /* the one that the DS names; the other one, 0 none */
	bool fresh_served, fresh_signs, ds_both, ds_fresh_only;
};

static struct algorithms
algorithms_of(struct action_context *c)
{
	struct algorithms a = { 0 };
	const struct key_row *named = find(c, is_ds_ksk);
	const struct key_row *older = older_ds_ksk(c);

	a.ds = older ? older->alg : named ? named->alg : change_algorithm(c);
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || r->alg == a.ds || (!row_private(r) && !r->served))
			continue;
		a.fresh = r->alg;
		a.fresh_served |= r->served > 0;
		a.fresh_signs |= r->signs_data || r->rrsigs > 0;
		a.ds_both |= r->ds == DS_MATCH;
	}
	return a;
}

/* Keys of ALG, by role, that are here or served. */
static void
keys_of(struct action_context *c, uint8_t alg, struct future_keys *ksk, struct future_keys *zsk)
{
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (r->rdata && r->alg == alg && (row_private(r) || r->served))
			future_keys_add(change_arena(c), r->flags & DNSKEY_SEP ? ksk : zsk, row_key(r));
	}
}

static void
add_all(struct action_context *c, struct future_keys *to, const struct future_keys *from)
{
	for (size_t i = 0; i < from->n; i++)
		future_keys_add(change_arena(c), to, from->v[i]);
}

static void
drop_algorithm(struct future_keys *list, uint8_t alg)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct dnskey k;
		if (!dnskey_parse(list->v[i].rdata, list->v[i].len, &k) || k.alg != alg)
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

static bool
sign_everything(struct action_context *c, struct future_keys *keys, struct future_keys *signers,
	struct future_keys *data)
{
	if (!keys->n || !signers->n || !data->n)
		return change_refuse(c, "the keys that should sign are not known");
	change_keys(c, keys, signers);
	change_data(c, data);
	c->set.resign = true;
	return true;
}

static bool
algorithm_begin(struct action_context *c, const struct algorithms *a, struct future_keys *keys,
	struct future_keys *signers, struct future_keys *data)
{
	struct future_keys ksk = { 0 }, zsk = { 0 };
	uint8_t to = a->fresh ? a->fresh : a->ds == 13 ? 15 : 13;

	if (a->fresh)
		keys_of(c, a->fresh, &ksk, &zsk);
	if (!zsk.n)
		future_keys_add(change_arena(c), &zsk, change_new_key(c, to, 256));
	if (!ksk.n)
		future_keys_add(change_arena(c), &ksk, change_new_key(c, to, 257));
	add_all(c, data, &zsk);
	if (!a->fresh_signs) {
		stage(c, 1, 6, "sign everything with the new algorithm too", "publish its DNSKEYs", WAIT_DATA);
		return sign_everything(c, keys, signers, data);
	}
	stage(c, 2, 6, "publish the DNSKEYs of the new algorithm", "add its DS", WAIT_DNSKEY);
	change_entry(c, a->fresh_signs, "every server gives signatures of the new algorithm", "answers");
	add_all(c, keys, &ksk);
	add_all(c, keys, &zsk);
	add_all(c, signers, &ksk);
	return sign_everything(c, keys, signers, data);
}

static bool
algorithm_end(struct action_context *c, uint8_t old, struct future_keys *keys,
	struct future_keys *signers, struct future_keys *data)
{
	struct future_keys left = { 0 };

	add_all(c, &left, keys);
	drop_algorithm(&left, old);
	if (left.n < keys->n) {
		stage(c, 5, 6, "remove the DNSKEYs of the old algorithm", "remove its signatures", WAIT_DNSKEY);
		*keys = left;
		drop_algorithm(signers, old);
		return sign_everything(c, keys, signers, data);
	}
	stage(c, 6, 6, "remove the signatures of the old algorithm", "", WAIT_NOTHING);
	drop_algorithm(data, old);
	return sign_everything(c, keys, signers, data);
}

bool
change_roll_algorithm(struct action_context *c)
{
	struct algorithms a = algorithms_of(c);
	struct future_keys keys = { 0 }, signers = { 0 }, data = { 0 };
	const struct key_row *old = NULL, *fresh = NULL;

	future_served_keys(c->f, &keys);
	change_key_signers(c, &signers);
	change_data_signers(c, &data);
	for (size_t i = 0; i < c->d->inventory->n; i++) {
		const struct key_row *r = &c->d->inventory->rows[i];
		if (!r->rdata || !(r->flags & DNSKEY_SEP) || !r->served)
			continue;
		if (r->alg == a.ds && r->ds == DS_MATCH)
			old = r;
		else if (a.fresh && r->alg == a.fresh)
			fresh = r;
	}
	if (!a.fresh_served) {
		const struct key_row *gone = find(c, is_old_ksk);
		if (gone || (data.n > 1 && a.fresh && a.fresh_signs && !old))
			return algorithm_end(c, gone ? gone->alg : a.fresh, &keys, &signers, &data);
		return algorithm_begin(c, &a, &keys, &signers, &data);
	}
	if (fresh && fresh->ds != DS_MATCH && !had_ds(c, fresh)) {
		stage(c, 3, 6, words(c, "add the DS of KSK", fresh), "remove the old DS", WAIT_NOTHING);
		entry_served(c, fresh);
		bool ok = with_tag(c, fresh, change_add_ds);
		c->wait = WAIT_NOTHING;
		return ok;
	}
	if (fresh && fresh->ds == DS_MATCH && old) {
		stage(c, 4, 6, words(c, "remove the DS of KSK", old), "remove the old DNSKEYs", WAIT_DS);
		entry_ds(c, fresh, true);
		bool ok = with_tag(c, old, change_remove_ds);
		c->wait = WAIT_DS;
		return ok;
	}
	entry_ds(c, fresh ? fresh : find(c, is_ds_ksk) ? find(c, is_ds_ksk) : &c->d->inventory->rows[0],
		false);
	return algorithm_end(c, fresh ? fresh->alg : a.fresh, &keys, &signers, &data);
}

/* ---- insecure: the DS first, the signatures when no cache has it any more ---- */

bool
change_go_insecure(struct action_context *c)
{
	struct future_keys keys = { 0 };
	struct rr_list ds = { 0 };

	c->tag = -1;
	future_served_ds(c->f, &ds);
	future_served_keys(c->f, &keys);
	if (ds.n) {
		stage(c, 1, 2, "remove every DS", "unsign the zone", WAIT_DS_DNSKEY);
		return change_remove_ds(c);
	}
	if (!keys.n)
		return change_refuse(c, "the zone is not signed and has no DS");
	stage(c, 2, 2, "unsign the zone", "", WAIT_NOTHING);
	bool seen = false;
	for (size_t i = 0; i < c->d->inventory->n; i++)
		if (c->d->inventory->rows[i].ds == DS_NONE && c->d->inventory->rows[i].parents)
			seen = true;
	change_entry(c, seen, "no parent server has a DS", seen ? "every answering parent server" : "");
	return change_unsign(c);
}
