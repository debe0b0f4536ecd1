/*
 * guard: what must hold before a plan may be done. Integrity guards refuse always: inputs that
 * cannot be read, a world that was not seen, a serial that does not rise, a stage whose conditions
 * nobody observed. Harm guards refuse what is worse than doing nothing in some world, unless the
 * long phrase and a reason are typed; they never stand in the way of a repair of what is broken
 * already. Each says why, and when it would allow.
 *
 * To add a guard: a function, a place in judges[] and in guard_docs[]; unbogus-plan(5) has the table.
 */
#include "change/guard.h"

#include "change/making.h"

#include <string.h>

struct verdict_of_guard {
	enum guard_verdict verdict;
	const char *reason;
	int64_t allows_at;
};

static struct verdict_of_guard
pass(void)
{
	return (struct verdict_of_guard){ GUARD_PASS, "", TIME_UNSET };
}

static struct verdict_of_guard
note(const char *reason)
{
	return (struct verdict_of_guard){ GUARD_PASS, reason, TIME_UNSET };
}

static struct verdict_of_guard
refuse(const char *reason, int64_t allows_at)
{
	return (struct verdict_of_guard){ GUARD_REFUSE, reason, allows_at };
}

static struct verdict_of_guard
ask(const char *reason, int64_t allows_at)
{
	return (struct verdict_of_guard){ GUARD_NEEDS_PHRASE, reason, allows_at };
}

/* ---- words of the theory ---- */

static int64_t
end_of(const struct world_version *v)
{
	return v->off == TIME_NEVER ? TIME_NEVER : v->off + v->ttl;
}

/* May some cache hold V once the step is taken? */
static bool
reachable(const struct making *m, const struct world_version *v)
{
	return v->rrs.n && end_of(v) > m->now;
}

/* Does DS lead to one of KEYS, by tag, algorithm and digest? */
static bool
ds_names(const struct making *m, const struct rr_list *ds, struct future_key k)
{
	uint8_t digest[64];

	for (size_t i = 0; i < ds->n; i++) {
		struct ds d;
		if (ds->v[i].type != T_DS || !ds_parse(ds->v[i].rdata, ds->v[i].rdlen, &d) ||
				d.tag != key_tag_of(k) || d.alg != k.rdata[3])
			continue;
		size_t n = ds_digest(&m->d->zone, k.rdata, k.len, d.digest_type, digest);
		if (n && n == d.digest_len && memcmp(digest, d.digest, n) == 0)
			return true;
	}
	return false;
}

/* A key of KEYS that DS names and that signs the DNSKEY set. */
static bool
ds_leads(const struct making *m, const struct rr_list *ds, const struct future_keys *keys,
	const struct future_keys *signers)
{
	for (size_t i = 0; i < keys->n; i++)
		if (future_keys_have(signers, keys->v[i]) && ds_names(m, ds, keys->v[i]))
			return true;
	return false;
}

static bool
set_has(const struct rr_list *rrs, struct future_key k)
{
	for (size_t i = 0; i < rrs->n; i++)
		if (rrs->v[i].type == T_DNSKEY && rrs->v[i].rdlen == k.len &&
				memcmp(rrs->v[i].rdata, k.rdata, k.len) == 0)
			return true;
	return false;
}

static const char *
ds_set_words(const struct making *m, const struct rr_list *rrs)
{
	const char *out = "";

	for (size_t i = 0; i < rrs->n; i++) {
		struct ds d;
		if (rrs->v[i].type == T_DS && ds_parse(rrs->v[i].rdata, rrs->v[i].rdlen, &d))
			out = mk(m, "%s%s%u", out, *out ? " " : "", d.tag);
	}
	return mk(m, "{%s}", out);
}

static bool
is(const struct making *m, const char *action)
{
	return strcmp(m->w->action->name, action) == 0;
}

/* Validation of what is served fails now for an empty cache: a repair may do what it must. */
static bool
broken_now(const struct making *m)
{
	return m->d->security == LINK_BOGUS;
}

/* ---- harm guards ---- */

/* A key leaves the set, or stops signing it, that some cached DS set needs. */
static struct verdict_of_guard
g1(const struct making *m)
{
	const struct world_list *ds = &m->o->input->ds;

	if (!m->o->set.keys || !m->o->set.publish.n)
		return pass();
	for (size_t i = ds->n; i-- > 0;) {
		const struct world_version *v = &ds->v[i];
		if (!reachable(m, v) || end_of(v) == TIME_NEVER ||
				!ds_leads(m, &v->rrs, &m->keys_now, &m->key_signers_now) ||
				ds_leads(m, &v->rrs, after_keys(m), after_key_signers(m)))
			continue;
		return ask(mk(m, "caches may hold DS %s until %s, and no key that it names would sign",
			ds_set_words(m, &v->rrs), when_words(m, end_of(v))), end_of(v));
	}
	return pass();
}

/* The last signer that the DS set of the parent names. */
static struct verdict_of_guard
g2(const struct making *m)
{
	const struct rr_list *ds = after_ds(m);

	if ((!m->o->set.keys && !m->o->set.ds) || !ds->n || !after_keys(m)->n)
		return pass();
	if (ds_leads(m, ds, after_keys(m), after_key_signers(m)))
		return pass();
	if (!ds_leads(m, &m->ds_now, &m->keys_now, &m->key_signers_now))
		return note("no DS leads to a signing key now either");
	return ask(mk(m, "no key that the parent's DS %s names would sign the DNSKEY set",
		ds_set_words(m, ds)), TIME_NEVER);
}

/* Unsigned while some cache has a DS; with the key cache a DS matters a DNSKEY TTL longer. */
static struct verdict_of_guard
g3(const struct making *m)
{
	const struct world_list *ds = &m->o->input->ds;
	int64_t until = TIME_UNSET;

	if (!m->o->set.keys || m->o->set.publish.n)
		return pass();
	for (size_t i = 0; i < ds->n; i++) {
		int64_t end = end_of(&ds->v[i]);
		if (!ds->v[i].rrs.n)
			continue;
		if (end != TIME_NEVER)
			end += m->p->ttl_dnskey > 0 ? m->p->ttl_dnskey : 0;
		if (end > m->now && end > until)
			until = end;
	}
	if (until == TIME_UNSET)
		return pass();
	return ask(until == TIME_NEVER ? "the parent has a DS: validators want signatures"
		: mk(m, "caches may hold a DS, and key sets validated with it, until %s", when_words(m, until)),
		until);
}

static bool
shares(const struct future_keys *a, const struct future_keys *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (future_keys_have(b, a->v[i]))
			return true;
	return false;
}

/* Data signed by nothing that a cached DNSKEY set has. */
static struct verdict_of_guard
g4(const struct making *m)
{
	const struct world_list *keys = &m->o->input->dnskey;
	const struct future_keys *after = after_data_signers(m);
	int64_t until = TIME_UNSET;

	if (!m->o->set.data || !after->n || shares(after, &m->data_signers_now) || !m->data_signers_now.n)
		return pass();
	for (size_t i = 0; i < keys->n; i++) {
		bool has = false;
		for (size_t k = 0; k < after->n; k++)
			has |= set_has(&keys->v[i].rrs, after->v[k]);
		/* the set that this step itself closes ends a TTL after it */
		if (reachable(m, &keys->v[i]) && !has && keys->v[i].on < m->now)
			until = keys->v[i].off >= m->now ? TIME_NEVER
				: end_of(&keys->v[i]) > until ? end_of(&keys->v[i]) : until;
	}
	for (size_t i = 0; i < m->data_signers_now.n && until == TIME_UNSET; i++)
		if (!future_keys_have(after_keys(m), m->data_signers_now.v[i]))
			until = TIME_NEVER; /* cached answers lose their key */
	if (until == TIME_UNSET || broken_now(m))
		return pass();
	return ask(mk(m, "a direct swap: caches hold DNSKEY sets without %s; publish it first",
		key_set_words(m, after)), until);
}

static int64_t
served_long_enough(const struct making *m, struct future_key k)
{
	const struct world_list *keys = &m->o->input->dnskey;
	int64_t until = TIME_UNSET;

	for (size_t i = 0; i < keys->n; i++)
		if (reachable(m, &keys->v[i]) && !set_has(&keys->v[i].rrs, k) && keys->v[i].on <= m->now &&
				end_of(&keys->v[i]) > until)
			until = end_of(&keys->v[i]);
	return until;
}

/* A DS for a key that caches do not have, or that does not sign. */
static struct verdict_of_guard
g5(const struct making *m)
{
	const struct rr_list *ds = &m->o->set.ds_set;

	if (!m->o->set.ds || m->o->set.ds_ahead)
		return pass(); /* double-DS: harmless while another key that the DS set names signs */
	for (size_t i = 0; i < m->o->set.made.n; i++)
		if (ds_names(m, ds, m->o->set.made.v[i]))
			return ask("the key of this DS does not exist yet: publish it first", TIME_NEVER);
	for (size_t i = 0; i < m->d->inventory->n; i++) {
		const struct key_row *r = &m->d->inventory->rows[i];
		struct future_key k = { r->rdata, r->rdlen };
		if (!r->rdata || !ds_names(m, ds, k) || ds_names(m, &m->ds_now, k))
			continue;
		if (!r->served || r->served < r->servers)
			return ask(mk(m, "key %u is served by %u of %u servers", r->tag, r->served, r->servers),
				TIME_NEVER);
		if (!r->signs_dnskey)
			return ask(mk(m, "key %u does not sign the DNSKEY set", r->tag), TIME_NEVER);
		int64_t until = served_long_enough(m, k);
		if (until != TIME_UNSET)
			return ask(mk(m, "caches may hold DNSKEY sets without key %u until %s", r->tag,
				when_words(m, until)), until);
	}
	return pass();
}

/* Our own verdict of the result, strict, at now and one TTL from now, with the real DS. */
static struct verdict_of_guard
g7(const struct making *m)
{
	int64_t ttl = m->p->ttl_dnskey > m->p->ttl_data ? m->p->ttl_dnskey : m->p->ttl_data;

	if (broken_now(m) || (!m->o->set.keys && !m->o->set.data && !m->o->set.ds))
		return pass();
	for (size_t i = 0; i < m->o->worlds->n; i++) {
		const struct broken *b = &m->o->worlds->v[i];
		if (b->old_ds || b->old_dnskey || b->old_data || b->from > m->now + ttl || b->until <= m->now)
			continue;
		return ask(mk(m, "an empty cache would call the result bogus: %s", b->reason), TIME_NEVER);
	}
	return pass();
}

/* The strongest digest type does not lead to every key that the DS set is for (RFC 4509 3 and
 * hardened validators). */
static struct verdict_of_guard
g9(const struct making *m)
{
	const struct rr_list *set = &m->o->set.ds_set;
	uint8_t strongest = 0;
	struct ds d, x;

	for (size_t i = 0; m->o->set.ds && i < set->n; i++)
		if (ds_parse(set->v[i].rdata, set->v[i].rdlen, &d) &&
				(d.digest_type == 2 || d.digest_type == 4) && d.digest_type > strongest)
			strongest = d.digest_type;
	for (size_t i = 0; m->o->set.ds && i < set->n; i++) {
		bool has = false;
		if (!ds_parse(set->v[i].rdata, set->v[i].rdlen, &d))
			continue;
		for (size_t k = 0; k < set->n; k++)
			has |= ds_parse(set->v[k].rdata, set->v[k].rdlen, &x) && x.tag == d.tag &&
				x.alg == d.alg && x.digest_type == strongest;
		if (!has && strongest)
			return ask(mk(m, "hardened validators look at digest type %u only, and key %u has none of it",
				strongest, d.tag), TIME_NEVER);
	}
	return pass();
}

/* What the worlds say, whatever the reason. */
static struct verdict_of_guard
harm(const struct making *m)
{
	if (!m->o->harm_new)
		return pass();
	return ask(mk(m, "%s", m->o->risk), m->o->safe_at);
}

/* The ZSK is at fault, by what was seen or by the signer's own message: KSK and DS do not mend it. */
static struct verdict_of_guard
cause(const struct making *m)
{
	const struct fact_signer *s = m->s->signer ? &m->s->signer->u.signer : NULL;
	bool parent = m->o->set.ds || is(m, "new-ksk") || is(m, "roll-ksk") || is(m, "roll-algorithm");

	if (m->o->misread)
		return ask(m->o->misread, TIME_NEVER);
	if (!parent || !s || !s->message_class || strcmp(s->message_class, "Z") != 0 || !m->d->n_causes)
		return pass();
	return ask("the signer lacks a ZSK: a KSK or a DS does not change that", TIME_NEVER);
}

/* ---- integrity guards ---- */

static struct verdict_of_guard
g6(const struct making *m)
{
	for (size_t i = 0; i < m->o->n_entry; i++)
		if (!m->o->entry[i].observed)
			return refuse(mk(m, "not observed: %s (%s)", m->o->entry[i].text, m->o->entry[i].evidence),
				TIME_NEVER);
	return pass();
}

static struct verdict_of_guard
g8(const struct making *m)
{
	if ((!m->signs && !m->o->set.deploy) || making_manual(m))
		return pass();
	if (!m->serial_known)
		return refuse("no server's serial is known", TIME_NEVER);
	if (m->serial_undefined)
		return refuse("servers' serials are 2^31 apart: which is newer is not defined (RFC 1982)",
			TIME_NEVER);
	if (serial_cmp(m->serial_new, m->serial_old, NULL) <= 0)
		return refuse(mk(m, "serial %u is not above %u", m->serial_new, m->serial_old), TIME_NEVER);
	return pass();
}

static struct verdict_of_guard
key_usable(const struct making *m, struct future_key k)
{
	const struct key_row *r = making_row(m, k);
	const struct fact_keyfile *f = r && r->file ? &r->file->u.keyfile : NULL;

	if (making_is_new(m, k))
		return pass();
	if (!f)
		return refuse(mk(m, "the file of key %u is not on this host", key_tag_of(k)), TIME_NEVER);
	if (f->problem)
		return refuse(mk(m, "%s: %s", text_clean_dup(m->a, f->path), text_clean_dup(m->a, f->problem)),
			TIME_NEVER);
	if (!f->private_state || strcmp(f->private_state, "present") != 0)
		return refuse(mk(m, "the private key of %u is %s", key_tag_of(k),
			f->private_state ? f->private_state : "not known"), TIME_NEVER);
	if (!m->w->action->renews && (r->timing == KEY_INACTIVE || r->timing == KEY_REMOVED ||
			r->timing == KEY_FUTURE))
		return refuse(mk(m, "%s; extend-%s first", r->state_text ? r->state_text
			: mk(m, "key %u is not active", r->tag), r->role == KEYROLE_KSK ? "ksk" : "zsk"), TIME_NEVER);
	if (f->private_hsm && m->signer == SIGNER_BUILT_IN)
		return refuse(mk(m, "key %u is in an HSM", key_tag_of(k)), TIME_NEVER);
	return pass();
}

static struct verdict_of_guard
zone_usable(const struct making *m)
{
	const struct fact_zonefile *f = m->s->source_file ? &m->s->source_file->u.zonefile : NULL;

	if (!f)
		return refuse("the unsigned zone file is not known here", TIME_NEVER);
	if (!f->readable)
		return refuse(mk(m, "%s: %s", text_clean_dup(m->a, f->path),
			f->why ? text_clean_dup(m->a, f->why) : "unreadable"), TIME_NEVER);
	if (f->error_count || !f->has_soa)
		return refuse(mk(m, "%s has %u errors", text_clean_dup(m->a, f->path), f->error_count),
			TIME_NEVER);
	if (!*m->signed_path)
		return refuse("the signed zone file is not known here", TIME_NEVER);
	return pass();
}

static struct verdict_of_guard
inputs(const struct making *m)
{
	const struct future_keys *lists[] = { after_key_signers(m), after_data_signers(m) };
	const struct obs *dir = m->s->keydir;

	if (m->managed && !making_manual(m) && (m->signs || m->o->set.made.n))
		return refuse("key state files say that another signer manages these keys", TIME_NEVER);
	if (making_manual(m) || (!m->signs && !m->o->set.made.n))
		return pass();
	if (!dir || !dir->u.keydir.readable)
		return refuse(mk(m, "the key folder %s", dir ? "cannot be read" : "is not known here"), TIME_NEVER);
	for (size_t i = 0; i < m->p->inputs.n; i++)
		if (!*m->p->inputs.v[i].sha256 && m->p->inputs.v[i].kind != INPUT_CLOCK)
			return refuse(mk(m, "%s could not be hashed", m->p->inputs.v[i].where), TIME_NEVER);
	for (size_t l = 0; m->signs && l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			struct verdict_of_guard v = key_usable(m, lists[l]->v[i]);
			if (v.verdict != GUARD_PASS)
				return v;
		}
	return m->signs ? zone_usable(m) : pass();
}

#define STALE (15 * INT64_C(60))

static struct verdict_of_guard
world(const struct making *m)
{
	const struct cut_state *child = snapshot_child(m->s);
	int64_t newest = TIME_UNSET;
	bool keys = false;

	if (!m->o->set.keys && !m->o->set.data && !m->o->set.ds && !m->o->set.deploy)
		return pass();
	for (size_t i = 0; child && i < child->n; i++) {
		const struct server_state *s = &child->servers[i];
		keys |= s->answer[PROBE_DNSKEY] && s->answer[PROBE_DNSKEY]->u.answer.rcode == 0;
		if (s->last_heard > newest)
			newest = s->last_heard;
	}
	if (newest == TIME_UNSET)
		return refuse("no server of the zone has answered", TIME_NEVER);
	if (newest / USEC < m->now - STALE)
		return refuse(mk(m, "the newest answer is from %s: look again", when_words(m, newest / USEC)),
			TIME_NEVER);
	if (!keys)
		return refuse("no server has given its DNSKEY set", TIME_NEVER);
	if (!m->ds_known)
		return refuse("no parent server has answered for the DS: silence is not \"no DS\"", TIME_NEVER);
	return pass();
}

/* ---- registrar ---- */

/* Changes of the DS set within the window, and when the oldest of them leaves it. */
static unsigned
changes_within(const struct making *m, int64_t window, int64_t *oldest)
{
	const struct version_list *ds = &m->s->history.ds;
	unsigned n = 0;

	*oldest = TIME_UNSET;
	for (size_t i = 1; i < ds->n; i++) {
		int64_t t = ds->v[i].on;
		if (t <= m->now - window)
			continue;
		n++;
		if (*oldest == TIME_UNSET || t < *oldest)
			*oldest = t;
	}
	return n;
}

/* A set that was served before, or whose keys all sign now: going back, or to what works. */
static bool
restores(const struct making *m)
{
	const struct version_list *ds = &m->s->history.ds;
	char wanted[PLAN_HASH], had[PLAN_HASH];

	plan_rrset_hash(m->a, wanted, &m->o->set.ds_set, &m->d->zone, T_DS);
	for (size_t i = 0; i < ds->n; i++) {
		const struct obs *o = ds->v[i].sample;
		const struct rr_list *rrs = !o ? NULL : o->fact == FACT_ANSWER ? &o->u.answer.rrs
			: o->fact == FACT_RESOLVE ? &o->u.resolve.rrs : NULL;
		if (!rrs)
			continue;
		plan_rrset_hash(m->a, had, rrs, &m->d->zone, T_DS);
		if (strcmp(wanted, had) == 0)
			return true;
	}
	return false;
}

static struct verdict_of_guard
registrar(const struct making *m)
{
	const struct config_registrar *r = m->z ? m->z->registrar : NULL;
	int64_t window = r ? config_span(r->per, 0) : 0, oldest;
	unsigned used;

	if (!m->o->set.ds || !r || !r->changes || !window)
		return m->o->set.ds ? note("no budget of the registrar is configured") : pass();
	used = changes_within(m, window, &oldest);
	if (used >= r->changes)
		return refuse(mk(m, "the registrar takes %u changes in %s: %u made", r->changes, r->per, used),
			oldest + window);
	if (used + 1 == r->changes && !restores(m) && r->changes > 1)
		return ask("it is the last change that the registrar takes: keep it for going back",
			oldest == TIME_UNSET ? TIME_NEVER : oldest + window);
	if (used + 1 == r->changes && !restores(m))
		return note(mk(m, "the registrar takes no other change for %s: it cannot be taken back before %s",
			r->per, when_words(m, m->now + window)));
	return pass();
}

/* ---- clock, proof, size ---- */

static bool
secure_at(const struct making *m, int64_t t)
{
	const struct worldview *w = worldview_make(m->a, m->s, 0);
	struct worlds_input in = w->in;

	/* what is served now, judged at T: when it was first seen does not matter */
	struct world_list *const lists[] = { &in.ds, &in.dnskey, &in.data, &in.negative };
	for (size_t l = 0; l < 4; l++)
		for (size_t i = 0; i < lists[l]->n; i++)
			if (lists[l]->v[i].off == TIME_NEVER)
				lists[l]->v[i].on = 0;
	in.now = t;
	return worlds_compute(m->a, &in, &profiles[0], NULL)->secure_now;
}

/* A clock that may be wrong refuses only where its error changes a verdict. */
static struct verdict_of_guard
clock_guard(const struct making *m)
{
	const struct fact_clock *c = m->s->clock ? &m->s->clock->u.clock : NULL;
	int64_t bound = c ? (c->max_error_us + (c->offset_us < 0 ? -c->offset_us : c->offset_us)) / USEC + 1
			  : 0;
	bool now = secure_at(m, m->now);

	if (!c || (!m->o->set.keys && !m->o->set.data))
		return pass();
	if (secure_at(m, m->now - bound) != now || secure_at(m, m->now + bound) != now)
		return refuse(mk(m, "the clock may be wrong by %lld s, and that changes what validates",
			(long long)bound), TIME_NEVER);
	return c->synchronised ? pass() : note("the clock is not synchronised; its error changes no verdict");
}

static struct verdict_of_guard
proof(const struct making *m)
{
	int64_t t = m->pred->proven_from;
	bool leaves = false;

	for (size_t i = 0; m->o->set.keys && i < m->keys_now.n; i++)
		leaves |= !future_keys_have(after_keys(m), m->keys_now.v[i]);
	if (!leaves || t == TIME_UNSET || t <= m->now)
		return pass();
	return note(mk(m, "cannot prove before %s that no cache holds an earlier version", when_words(m, t)));
}

static struct verdict_of_guard
size(const struct making *m)
{
	if (m->p->dnskey_size <= m->p->dnskey_limit || !m->o->set.keys)
		return pass();
	return note(mk(m, "the DNSKEY answer will have %lld octets: above %lld some paths need TCP",
		(long long)m->p->dnskey_size, (long long)m->p->dnskey_limit));
}

/* In the order of guard_docs. */
static struct verdict_of_guard (*const judges[])(const struct making *m) = { g1, g2, g3, g4, g5, g6,
	g7, g8, g9, harm, cause, inputs, world, registrar, clock_guard, proof, size };

const struct guard_doc guard_docs[] = {
	{ "G1", false, "A key leaves the DNSKEY set, or stops signing it, while some cache may hold a DS set "
		"that leads to no other key." },
	{ "G2", false, "No key that the parent's DS set names would sign the DNSKEY set." },
	{ "G3", false, "The zone is made unsigned while some cache may hold a DS, or a key set validated "
		"with one." },
	{ "G4", false, "Data are signed by keys that some cached DNSKEY set lacks: a direct swap." },
	{ "G5", false, "A DS is asked for whose key is not served by every server, does not sign, or is "
		"not in every cached DNSKEY set yet." },
	{ "G6", true, "A stage is entered whose condition nobody observed." },
	{ "G7", false, "Our own strict verdict of the result, with the real DS, now or one TTL from now, is "
		"bogus. It does not stand in the way where the zone is bogus already." },
	{ "G8", true, "The serial is not above every server's (RFC 1982), or none is known." },
	{ "G9", false, "The DS set mixes digest types so that hardened validators see one key only." },
	{ "harm", false, "Some class of caches would fail that does not fail if nothing is done." },
	{ "cause", false, "A ZSK is the cause, or the signer's message says that one is missing, and the plan "
		"is about a KSK or the DS (key-role-misread)." },
	{ "inputs", true, "A file that the plan rests on cannot be read or hashed, a private key is not "
		"here, a key that should sign has stopped, or another signer manages the keys." },
	{ "world", true, "No server, no DNSKEY or no DS was seen, or not lately: silence is not absence." },
	{ "registrar", true, "The registrar's changes within its window are used up; the last one is kept "
		"for going back unless the phrase is typed." },
	{ "clock", true, "The clock's error bound would change a verdict." },
	{ "proof", false, "Only said: before this time nobody can prove what caches hold." },
	{ "size", false, "Only said: the DNSKEY answer is larger than what every path carries." },
	{ .id = NULL },
};

_Static_assert(sizeof judges / sizeof *judges + 1 == sizeof guard_docs / sizeof *guard_docs,
	"a guard without its word, or a word without its guard");

void
make_guards(struct making *m)
{
	for (size_t i = 0; guard_docs[i].id; i++) {
		struct verdict_of_guard v = judges[i](m);
		arena_push(m->a, &m->p->guards, ((struct plan_guard){ guard_docs[i].id, v.verdict, v.reason,
			v.allows_at }));
	}
}
