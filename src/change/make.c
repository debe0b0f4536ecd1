#include "change/make.h"

#include <stdio.h>
#include <string.h>

#include "change/consent.h"
#include "change/making.h"

#define DNSKEY_LIMIT 1232 /* DNS Flag Day 2020; RFC 9715: fits a 1,280 octet link with IPv6 */

/* ---- small words ---- */

static const char *const signer_names[] = { "built-in", "bind-signzone", "command", "bind-policy",
	"knot", "ldns", "powerdns", "opendnssec", "manual" };

const char *
signer_kind_name(enum signer_kind k)
{
	return signer_names[k];
}

bool
making_manual(const struct making *m)
{
	return m->signer >= SIGNER_MANUAL_FIRST;
}

const struct future_keys *
after_keys(const struct making *m)
{
	return m->o->set.keys ? &m->o->set.publish : &m->keys_now;
}

const struct future_keys *
after_key_signers(const struct making *m)
{
	return m->o->set.keys ? &m->o->set.sign_keys : &m->key_signers_now;
}

const struct future_keys *
after_data_signers(const struct making *m)
{
	return m->o->set.data ? &m->o->set.sign_data : &m->data_signers_now;
}

const struct rr_list *
after_ds(const struct making *m)
{
	return m->o->set.ds ? &m->o->set.ds_set : &m->ds_now;
}

bool
making_is_new(const struct making *m, struct future_key k)
{
	return future_keys_have(&m->o->set.made, k);
}

const struct key_row *
making_row(const struct making *m, struct future_key k)
{
	return inventory_by_rdata(m->d->inventory, k.rdata, k.len);
}

uint16_t
key_tag_of(struct future_key k)
{
	return dnskey_tag(k.rdata, k.len);
}

const char *
key_words(const struct making *m, struct future_key k)
{
	const struct key_row *r = making_row(m, k);
	const char *role = r && r->role != KEYROLE_UNKNOWN ? key_role_name(r->role)
		: k.rdata[1] & 1 ? "KSK" : "ZSK";

	return making_is_new(m, k) ? mk(m, "new %s", role) : mk(m, "%s %u", role, key_tag_of(k));
}

const char *
key_set_words(const struct making *m, const struct future_keys *keys)
{
	const char *out = "";

	for (size_t i = 0; i < keys->n; i++)
		out = making_is_new(m, keys->v[i]) ? mk(m, "%s%snew", out, *out ? " " : "")
			: mk(m, "%s%s%u", out, *out ? " " : "", key_tag_of(keys->v[i]));
	return mk(m, "{%s}", out);
}

const char *
ds_text(const struct making *m, const struct rr *ds)
{
	struct ds d;
	char hex[130] = "";

	if (!ds_parse(ds->rdata, ds->rdlen, &d))
		return "?";
	if (d.digest_len <= 64)
		text_hex(hex, sizeof hex, d.digest, d.digest_len);
	return mk(m, "%u %u %u %s", d.tag, d.alg, d.digest_type, hex);
}

const char *
when_words(const struct making *m, int64_t t)
{
	char out[40];

	if (t == TIME_NEVER)
		return "never";
	if (t == TIME_UNSET)
		return "unknown";
	return arena_strdup(m->a, clock_rfc3339_s(out, sizeof out, t));
}

/* ---- what is known ---- */

static enum signer_kind
signer_of(const struct making *m)
{
	const char *type = m->z && m->z->signer ? m->z->signer->type : NULL;

	for (int k = 0; type && k < SIGNER_COUNT; k++)
		if (strcmp(type, signer_names[k]) == 0)
			return (enum signer_kind)k;
	if (m->managed)
		return SIGNER_BIND_POLICY;
	return m->s->keyfiles.n ? SIGNER_BUILT_IN : SIGNER_HOSTED;
}

static const char *
path_of(const struct obs *o, const char *configured)
{
	return o && o->u.zonefile.path ? o->u.zonefile.path : configured ? configured : "";
}

static void
find_files(struct making *m)
{
	for (size_t i = 0; i < m->s->keyfiles.n; i++)
		m->managed |= m->s->keyfiles.v[i]->u.keyfile.state != NULL;
	m->keys = m->s->keydir && m->s->keydir->u.keydir.path ? m->s->keydir->u.keydir.path
		: m->z && m->z->keys					? m->z->keys
									: "";
	m->source_path = path_of(m->s->source_file, m->z ? m->z->zone_file : NULL);
	m->signed_path = path_of(m->s->signed_file, m->z ? m->z->signed_file : NULL);
	m->signer = signer_of(m);
	m->p->host = m->s->keydir && m->s->keydir->host ? text_clean_dup(m->a, m->s->keydir->host) : "";
}

/* Above every server by RFC 1982, and the source's own number where that is above them. */
static void
find_serials(struct making *m)
{
	uint32_t high = 0;

	for (size_t i = 0; i < m->d->n_serials; i++) {
		const struct serial_row *r = &m->d->serials[i];
		bool undefined = false;
		if (!r->server || !r->known)
			continue;
		if (!m->serial_known || serial_cmp(r->serial, high, &undefined) > 0)
			high = r->serial;
		m->serial_undefined |= undefined;
		m->serial_known = true;
	}
	const struct fact_source *src = m->s->source ? &m->s->source->u.source : NULL;
	const struct fact_zonefile *file = m->s->source_file ? &m->s->source_file->u.zonefile : NULL;
	const struct fact_zonefile *ready = m->s->signed_file ? &m->s->signed_file->u.zonefile : NULL;
	uint32_t wanted = high + 1;
	if (file && file->readable && file->has_soa)
		wanted = file->serial;
	else if (src && src->has_serial)
		wanted = src->serial;
	if (m->o->set.deploy && ready)
		wanted = ready->serial;
	m->serial_old = high;
	/* a file that was signed and is not loaded yet may be ahead of the servers */
	uint32_t above = ready && ready->readable && ready->has_soa && serial_cmp(ready->serial, high, NULL) > 0
		? ready->serial : high;
	m->serial_new = m->serial_known && !m->o->set.deploy && serial_cmp(wanted, above, NULL) <= 0
		? above + 1 : wanted;
	if (m->serial_new == 0)
		m->serial_new = 1; /* many programs take 0 for "none" */
}

static void
find_served(struct making *m)
{
	const struct worldview *v = worldview_make(m->a, m->s, 0);
	struct future *f = future_new(m->a, v, 0, 0);
	const struct cut_state *parent = snapshot_parent(m->s);

	future_served_keys(f, &m->keys_now);
	future_key_signers(f, &m->key_signers_now);
	future_data_signers(f, &m->data_signers_now);
	future_served_ds(f, &m->ds_now);
	for (size_t i = 0; parent && i < parent->n; i++)
		m->ds_known |= parent->servers[i].answer[PROBE_DS] != NULL;
	m->p->ttl_ds = v->in.ds.n ? (int64_t)v->ttl_ds : -1;
	m->p->ttl_dnskey = v->in.dnskey.n ? (int64_t)v->ttl_dnskey : -1;
	m->p->ttl_data = v->in.data.n ? (int64_t)v->ttl_data : -1;
}

/* ---- inputs ---- */

static const char *
clean(const struct making *m, const char *s)
{
	return s ? text_clean_dup(m->a, s) : "";
}

static void
add_input(struct making *m, enum input_kind kind, const char *where, const char *sha256,
	const char *value, const struct obs *o)
{
	arena_push(m->a, &m->p->inputs, ((struct plan_input){ kind, clean(m, where), sha256 ? sha256 : "",
		clean(m, value), o ? o->t / USEC : TIME_UNSET }));
}

static const char *
hash_of_text(const struct making *m, const char *s)
{
	char out[PLAN_HASH];

	plan_sha256(out, s, strlen(s));
	return arena_strdup(m->a, out);
}

static const char *
where_of(const struct making *m, const struct server_state *s)
{
	return mk(m, "%s %s %u", s->at.ns ? s->at.ns : "?", s->at.address, s->at.port);
}

static void
input_rrset(struct making *m, enum input_kind kind, const struct server_state *s, enum probe probe,
	uint16_t type)
{
	const struct obs *o = s->answer[probe];
	struct rr_list rrs = { 0 };
	char hash[PLAN_HASH];
	const char *tags = "";

	if (!o || o->u.answer.rcode != 0)
		return;
	for (size_t i = 0; i < o->u.answer.rrs.n; i++) {
		const struct rr *rr = &o->u.answer.rrs.v[i];
		struct ds d;
		if (rr->section != SECTION_ANSWER || rr->type != type || !name_equal(&rr->owner, &m->s->zone))
			continue;
		arena_push(m->a, &rrs, *rr);
		unsigned tag = type == T_DNSKEY ? dnskey_tag(rr->rdata, rr->rdlen)
			: ds_parse(rr->rdata, rr->rdlen, &d) ? d.tag : 0;
		tags = mk(m, "%s%s%u", tags, *tags ? " " : "", tag);
	}
	plan_rrset_hash(m->a, hash, &rrs, &m->s->zone, type);
	add_input(m, kind, where_of(m, s), arena_strdup(m->a, hash), mk(m, "{%s}", tags), o);
}

static void
inputs_servers(struct making *m)
{
	const struct cut_state *child = snapshot_child(m->s), *parent = snapshot_parent(m->s);

	for (size_t i = 0; child && i < child->n; i++) {
		const struct server_state *s = &child->servers[i];
		uint32_t serial = 0;
		bool known = server_serial(s, &m->s->zone, &serial);
		const char *decimal = mk(m, "%u", serial);
		bool silent = !s->answer[PROBE_SOA] || s->silence[PROBE_SOA];
		input_rrset(m, INPUT_SERVED_DNSKEY, s, PROBE_DNSKEY, T_DNSKEY);
		if (known)
			add_input(m, INPUT_SERVED_SERIAL, where_of(m, s), hash_of_text(m, decimal), decimal,
				s->answer[PROBE_SOA]);
		arena_push(m->a, &m->p->servers, ((struct plan_server){ .name = clean(m, s->at.ns),
			.address = clean(m, s->at.address), .port = s->at.port ? s->at.port : 53,
			.primary = s->at.role == ROLE_PRIMARY, .failing = silent || !known,
			.serial = known ? (int64_t)serial : -1 }));
	}
	for (size_t i = 0; parent && i < parent->n; i++)
		input_rrset(m, INPUT_PARENT_DS, &parent->servers[i], PROBE_DS, T_DS);
	for (size_t i = 0; i < m->ds_now.n; i++)
		arena_push(m->a, &m->p->parent_ds, ds_text(m, &m->ds_now.v[i]));
}

static void
inputs_files(struct making *m)
{
	const struct snapshot *s = m->s;

	for (size_t i = 0; i < s->keyfiles.n; i++) {
		const struct fact_keyfile *f = &s->keyfiles.v[i]->u.keyfile;
		add_input(m, INPUT_KEY_FILE, f->path, f->sha256, mk(m, "%s%u", f->sha256 ? "" : "not hashed: ",
			f->name_tag), s->keyfiles.v[i]);
	}
	if (s->source_file)
		add_input(m, INPUT_ZONE_FILE, s->source_file->u.zonefile.path, s->source_file->u.zonefile.sha256,
			s->source_file->u.zonefile.sha256 ? mk(m, "%u", s->source_file->u.zonefile.serial)
							  : "not hashed", s->source_file);
	if (s->signed_file)
		add_input(m, INPUT_SIGNED_FILE, s->signed_file->u.zonefile.path, s->signed_file->u.zonefile.sha256,
			s->signed_file->u.zonefile.sha256 ? mk(m, "%u", s->signed_file->u.zonefile.serial)
							  : "not hashed", s->signed_file);
	if (s->source && s->source->u.source.readable)
		add_input(m, INPUT_SOURCE, s->source->u.source.path, hash_of_text(m,
			s->source->u.source.revision ? s->source->u.source.revision : ""),
			s->source->u.source.revision ? s->source->u.source.revision : "?", s->source);
	if (s->clock)
		add_input(m, INPUT_CLOCK, "this host", "", mk(m, "%s, error at most %lld ms",
			s->clock->u.clock.synchronised ? "synchronised" : "not synchronised",
			(long long)(s->clock->u.clock.max_error_us / 1000)), s->clock);
}

/* ---- prediction ---- */

static int64_t
heals(const struct class_row *r, enum family f)
{
	return r->bogus_after || r->bogus_now ? r->heals[f] : TIME_UNSET;
}

static void
add_classes(struct making *m)
{
	for (size_t i = 0; i < m->pred->n; i++) {
		const struct class_row *r = &m->pred->v[i];
		arena_push(m->a, &m->p->prediction.classes, ((struct plan_class){ .name = r->name,
			.now = verdict_name(r->now), .after = verdict_name(r->after), .until = r->until,
			.reason = clean(m, r->reason), .forwarder = r->forwarder, .inferred = r->inferred,
			.heals_unbound = heals(r, FAMILY_UNBOUND), .heals_bind = heals(r, FAMILY_BIND),
			.heals_powerdns = heals(r, FAMILY_POWERDNS), .heals_knot = heals(r, FAMILY_KNOT) }));
	}
}

/* Does the vantage hold, as its answer with CD=1 says, version I of the class's list? */
static bool
holds(const struct making *m, const struct vantage_row *v, const struct class_row *r)
{
	const struct world_list *list = r->kind == CLASS_DS ? &m->o->input->ds : &m->o->input->dnskey;
	uint16_t type = r->kind == CLASS_DS ? T_DS : T_DNSKEY;
	const struct obs *o = v->v->heard[r->kind == CLASS_DS ? VQ_DS : VQ_DNSKEY][1];
	char held[PLAN_HASH], wanted[PLAN_HASH];

	if (r->kind == CLASS_EMPTY)
		return true; /* what it does not hold it fetches */
	if (v->v->v->type == VANTAGE_LIBUNBOUND && !v->v->v->cache_kept)
		return false; /* a new cache for every verdict */
	if ((r->kind != CLASS_DS && r->kind != CLASS_DNSKEY) || !o || o->u.resolve.rcode != 0)
		return false;
	plan_rrset_hash(m->a, held, &o->u.resolve.rrs, &m->s->zone, type);
	plan_rrset_hash(m->a, wanted, &list->v[r->version].rrs, &m->s->zone, type);
	return strcmp(held, wanted) == 0;
}

static void
add_vantage(struct making *m, const struct vantage_row *v)
{
	static const char *const now[] = { "secure", "bogus", "insecure", "unknown", "does not validate" };
	struct plan_vantage out = { .name = clean(m, v->v->v->name), .kind = clean(m, v->v->v->kind),
		.now = now[v->state], .after = "unknown", .until = TIME_UNSET, .counted = v->counted };
	enum verdict worst = VERDICT_SECURE;
	bool known = false;

	for (size_t i = 0; i < m->pred->n && v->state != V_UNKNOWN && v->state != V_NOT_VALIDATING; i++) {
		const struct class_row *r = &m->pred->v[i];
		if (!holds(m, v, r))
			continue;
		known = true;
		if (r->after >= worst)
			worst = r->after;
		if (r->bogus_after && (out.until == TIME_UNSET || r->until > out.until))
			out.until = r->until;
	}
	if (known)
		out.after = verdict_name(worst);
	arena_push(m->a, &m->p->prediction.vantages, out);
}

static void
make_prediction(struct making *m)
{
	struct plan_prediction *p = &m->p->prediction;

	m->pred = predict(m->a, m->d, m->o);
	add_classes(m);
	for (size_t i = 0; i < m->d->n_vantages; i++)
		add_vantage(m, &m->d->vantages[i]);
	p->verdict = m->pred->verdict;
	p->breaks = m->pred->breaks;
	p->fixes = m->o->fixes;
	p->harm = m->o->harm;
	p->harm_until = m->o->harm_until;
	p->harm_new = m->o->harm_new;
	p->wait_until = m->o->wait_until;
	p->proven_from = m->pred->proven_from;
	m->p->safe_at = m->o->harm_new ? m->o->safe_at : m->now;
}

/* ---- stage ---- */

static int64_t
next_at(const struct making *m)
{
	const struct plan *p = m->p;
	int64_t ds = p->ttl_ds > 0 ? p->ttl_ds : 0, key = p->ttl_dnskey > 0 ? p->ttl_dnskey : 0;
	int64_t data = p->ttl_data > 0 ? p->ttl_data : 0;

	switch (m->o->wait) {
	case WAIT_NOTHING: return m->now;
	case WAIT_DNSKEY: return m->now + key;
	case WAIT_DATA: return m->now + (data > key ? data : key);
	case WAIT_DS: return m->now + ds;
	case WAIT_DS_DNSKEY: return m->now + ds + key;
	}
	return TIME_UNSET;
}

static void
make_stage(struct making *m)
{
	struct plan_stage *s = &m->p->stage;

	*s = (struct plan_stage){ .number = m->o->stage, .of = m->o->stages,
		.name = m->o->stage_name ? m->o->stage_name : "", .next = m->o->next_name ? m->o->next_name : "",
		.next_at = TIME_UNSET };
	for (size_t i = 0; i < m->o->n_entry; i++)
		arena_push(m->a, &s->entry, ((struct plan_entry){ m->o->entry[i].text, m->o->entry[i].observed,
			m->o->entry[i].evidence }));
	if (m->o->stage && *s->next)
		s->next_at = next_at(m);
}

/* ---- the whole ---- */

static void
hold_commands(struct making *m)
{
	for (unsigned h = 0; m->z && h < m->z->hold_count && h < 2; h++) {
		struct texts *out = h == 0 ? &m->p->hold_stop : &m->p->hold_start;
		for (unsigned i = 0; i < m->z->hold[h].argc; i++)
			arena_push(m->a, out, clean(m, m->z->hold[h].argv[i]));
	}
}

static bool
refused(const struct plan_wish *w, const struct option *o, struct err *e)
{
	char object[80];

	if (w->tag >= 0)
		snprintf(object, sizeof object, "%s %d", w->action->name, w->tag);
	else
		snprintf(object, sizeof object, "%s", w->action->name);
	return err_set(e, ERR_UNSUPPORTED, object, "actions", "an action that applies here", "%s",
		o->why_not);
}

const struct plan *
plan_make(struct arena *a, const struct diagnosis *d, const struct config_zone *zone,
	const struct plan_wish *w, struct err *e)
{
	struct making m = { .a = a, .d = d, .s = d->snapshot, .z = zone, .w = w, .now = d->now / USEC };

	if (w->action->needs_tag && w->tag < 0) {
		err_set(e, ERR_ARG, w->action->name, "unbogus-plan(1)", "a key tag", "none");
		return NULL;
	}
	m.p = arena_new_one(a, struct plan);
	m.o = rank_option(a, d, w->action, w->tag, w->method, m.now, 0);
	if (m.o->why_not) {
		refused(w, m.o, e);
		return NULL;
	}
	name_to_text(m.zone, &d->zone);
	snprintf(m.bare, sizeof m.bare, "%.*s", (int)(strlen(m.zone) > 1 ? strlen(m.zone) - 1 : 1), m.zone);
	*m.p = (struct plan){ .schema = PLAN_SCHEMA, .zone = arena_strdup(a, m.zone),
		.action = w->action->name, .tag = w->tag, .reason = clean(&m, w->reason),
		.title = m.o->title, .made = m.now, .snapshot_time = m.now, .host = "", .message = "",
		.dnskey_limit = DNSKEY_LIMIT };
	m.signs = m.o->set.resign && !m.o->set.deploy;
	find_files(&m);
	find_served(&m);
	find_serials(&m);
	inputs_files(&m);
	inputs_servers(&m);
	hold_commands(&m);
	make_prediction(&m);
	make_stage(&m);
	make_steps(&m);
	make_diff(&m);
	m.p->dnskey_size = dnskey_answer_size(&m);
	m.p->message = make_message(&m);
	make_guards(&m);
	consent_phrase(a, m.p, &m.p->phrase);
	return m.p;
}

bool
plan_is_empty(const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind != STEP_WAIT && p->steps.v[i].kind != STEP_OBSERVE)
			return false;
	return !*p->message;
}
