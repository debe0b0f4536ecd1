#include "report/json.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static json_t *
text(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

/* Foreign bytes pass the gate. */
static json_t *
foreign(struct arena *a, const char *s)
{
	return s ? json_string(text_clean_dup(a, s)) : json_null();
}

static json_t *
seconds(int64_t t)
{
	char out[40];

	if (t == TIME_UNSET || t == TIME_NEVER)
		return json_null();
	return json_string(clock_rfc3339_s(out, sizeof out, t));
}

static json_t *
usec(int64_t t)
{
	return t == TIME_UNSET ? json_null() : seconds(t / USEC);
}

static json_t *
lower(const char *s)
{
	char out[40];
	size_t n = 0;

	for (; s[n] && n < sizeof out - 1; n++)
		out[n] = s[n] >= 'A' && s[n] <= 'Z' ? (char)(s[n] - 'A' + 'a') : s[n];
	out[n] = '\0';
	return json_string(out);
}

static json_t *
number_or_null(long v)
{
	return v < 0 ? json_null() : json_integer(v);
}

static json_t *
refs(const struct diagnosis *d, const struct ev_refs *r)
{
	json_t *a = json_array();

	for (unsigned i = 0; i < r->n; i++)
		json_array_append_new(a, json_string(d->evidence[r->v[i]].id));
	return a;
}

static json_t *
envelope(const struct diagnosis *d, const char *what)
{
	char name[NAME_MAX_TEXT], schema[60];

	snprintf(schema, sizeof schema, "unbogus.%s/1", what);
	return json_pack("{s:s,s:s,s:o,s:s,s:s}", "schema", schema, "zone",
		name_to_text(name, &d->zone), "time", usec(d->now), "state", state_name(d->state),
		"security", link_state_name(d->security));
}

static json_t *
profile_list(const struct diagnosis *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->n_profiles; i++) {
		const struct profile_row *p = &d->profiles[i];
		json_t *o = json_object();
		json_object_set_new(o, "name", json_string(p->name));
		json_object_set_new(o, "security", json_string(verdict_name(p->verdict)));
		json_object_set_new(o, "fails_from", seconds(p->fails_from));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *
finding(const struct diagnosis *d, const struct finding *f)
{
	return json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:s,s:o,s:o,s:o,s:o}", "id", f->id, "severity",
		severity_name(f->severity), "keytag", number_or_null(f->keytag), "algorithm",
		f->alg ? json_integer(f->alg) : json_null(), "server", text(f->server), "subject",
		text(f->subject), "text", f->text, "evidence", refs(d, &f->evidence), "since",
		seconds(f->since), "until", seconds(f->until), "explained_by",
		f->explained_by < 0 ? json_null() : json_string(d->findings[f->explained_by].id));
}

static json_t *
cause(const struct diagnosis *d, unsigned at)
{
	const struct finding *f = &d->findings[at];

	return json_pack("{s:s,s:o,s:o,s:s,s:o,s:s}", "id", f->id, "keytag", number_or_null(f->keytag),
		"server", text(f->server), "text", f->text, "evidence", refs(d, &f->evidence),
		"confidence", d->confidence);
}

static json_t *
steps(const struct step *v, size_t n, const char *why)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *args = json_array();
		if (v[i].keytag >= 0)
			json_array_append_new(args, json_integer(v[i].keytag));
		json_array_append_new(a, json_pack("{s:s,s:o,s:s,s:s}", "action", v[i].action, "args", args,
			"text", v[i].text, why, v[i].risk));
	}
	return a;
}

static json_t *
role(enum key_role r)
{
	return r == KEYROLE_UNKNOWN ? json_null() : lower(key_role_name(r));
}

static json_t *
ds_word(enum ds_match m)
{
	static const char *const words[] = { [DS_NONE] = "none", [DS_MATCH] = "match",
		[DS_WRONG_DIGEST] = "wrong-digest" };

	return m == DS_UNKNOWN ? json_null() : json_string(words[m]);
}

static json_t *
keys(const struct diagnosis *d)
{
	json_t *a = json_array();

	for (size_t i = 0; d->inventory && i < d->inventory->n; i++) {
		const struct key_row *r = &d->inventory->rows[i];
		const struct fact_keyfile *f = r->file ? &r->file->u.keyfile : NULL;
		json_t *times = json_object();
		for (int k = 0; f && k < KT_COUNT; k++)
			if (f->time[k] != TIME_UNSET)
				json_object_set_new(times, keytime_name((enum keytime)k), seconds(f->time[k]));
		json_array_append_new(a, json_pack(
			"{s:i,s:o,s:{s:o,s:o,s:o,s:o},s:i,s:i,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:i,s:i,s:i,s:o}",
			"tag", r->tag, "role", role(r->role), "role_by", "flags", role(r->by_flags), "comment",
			role(r->by_comment), "use", role(r->by_use), "ds", role(r->by_ds), "alg", r->alg, "flags",
			r->flags, "bits", r->bits ? json_integer(r->bits) : json_null(), "conflict",
			text(r->conflict), "state", text(r->state), "text", text(r->state_text), "file",
			f ? foreign(d->arena, f->path) : json_null(), "times", times, "inactive",
			f ? seconds(f->time[KT_INACTIVE]) : json_null(), "ends", seconds(r->ends), "ds",
			ds_word(r->ds), "served", r->served, "servers", r->servers, "rrsigs", r->rrsigs,
			"cached_until", seconds(r->cached_until)));
	}
	return a;
}

static json_t *
vantages(const struct diagnosis *d)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->n_vantages; i++) {
		const struct vantage_row *r = &d->vantages[i];
		const struct obs *o = r->v->heard[VQ_SOA][0];
		const struct fact_resolve *f = o ? &o->u.resolve : NULL;
		json_t *held = json_array();
		for (size_t k = 0; k < r->n_held; k++)
			json_array_append_new(held, json_integer(r->held_tags[k]));
		json_array_append_new(a, json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b,s:b,s:b,s:o,s:o,s:o,s:o,s:o}",
			"name", foreign(d->arena, r->v->v->name), "kind", foreign(d->arena, r->v->v->kind), "state",
			lower(vstate_name(r->state)), "ad", f && f->rcode >= 0 ? json_boolean(f->ad) : json_null(),
			"rcode", f && f->rcode >= 0 ? json_string(rcode_name(f->rcode)) : json_null(), "ede",
			number_or_null(r->ede), "age",
			r->heard == TIME_UNSET ? json_null() : json_integer((d->now - r->heard) / USEC), "counted",
			r->counted, "tested", r->tested, "validates", r->validates, "held", held, "ttl_left",
			r->ttl_left == TIME_UNSET ? json_null() : json_integer(r->ttl_left), "clears",
			seconds(r->clears), "cache-since", seconds(r->v->v->cache_since), "note", text(r->note)));
	}
	return a;
}

static json_t *
serials(const struct diagnosis *d)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->n_serials; i++) {
		const struct serial_row *r = &d->serials[i];
		json_array_append_new(a, json_pack("{s:s,s:o,s:o,s:o,s:b,s:b,s:o,s:o}", "stage", r->stage, "where",
			text(r->where), "serial", r->known ? json_integer(r->serial) : json_null(), "lag",
			r->known ? json_integer(r->lag) : json_null(), "first_break", r->first_break, "silent",
			r->silent, "seen", usec(r->seen), "signatures_end", seconds(r->sig_expires)));
	}
	return a;
}

static json_t *
ds_links(const struct chain_link *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n_ds; i++) {
		const struct ds_link *s = &l->ds[i];
		json_array_append_new(a, json_pack("{s:i,s:i,s:i,s:s,s:i,s:i,s:b,s:b,s:b,s:b}", "tag", s->ds.tag,
			"alg", s->ds.alg, "digest_type", s->ds.digest_type, "digest", s->hex ? s->hex : "",
			"parents", s->parents, "parents_asked", s->of, "key_served", s->key_served, "digest_ok",
			s->digest_ok, "key_signs", s->key_signs, "supported", s->supported));
	}
	return a;
}

static json_t *
tags(const uint16_t *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_integer(v[i]));
	return a;
}

static json_t *
chain(const struct diagnosis *d)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->chain->n; i++) {
		const struct chain_link *l = &d->chain->links[i];
		char name[NAME_MAX_TEXT];
		json_t *set = json_array();
		for (size_t k = 0; k < l->dnskey.n; k++)
			json_array_append_new(set, json_integer(dnskey_tag(l->dnskey.v[k].rdata, l->dnskey.v[k].rdlen)));
		json_array_append_new(a, json_pack("{s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "zone",
			name_to_text(name, &l->zone), "state", link_state_name(l->state), "reason", text(l->reason),
			"ds", ds_links(l), "dnskey", set, "dnskey_signers",
			tags(l->dnskey_signers, l->n_dnskey_signers), "data_signers",
			tags(l->data_signers, l->n_data_signers), "dnskey_ttl",
			l->dnskey.n ? json_integer(l->dnskey_ttl) : json_null(), "dnskey_expiration",
			seconds(l->dnskey_expiration), "data_expiration", seconds(l->data_expiration)));
	}
	return a;
}

static json_t *
evidence(const struct diagnosis *d)
{
	json_t *a = json_array();

	for (size_t i = 0; i < d->n_evidence; i++) {
		const struct evidence *e = &d->evidence[i];
		json_array_append_new(a, json_pack("{s:s,s:s,s:s,s:s,s:o,s:o}", "id", e->id, "kind", e->kind, "ref",
			e->who, "text", e->text, "time", usec(e->t), "reproduce", text(e->reproduce)));
	}
	return a;
}

static void
verdict(json_t *j, const struct diagnosis *d)
{
	json_t *causes = json_array(), *out = json_array(), *all = json_array();

	for (size_t i = 0; i < d->n_causes; i++)
		json_array_append_new(causes, cause(d, d->causes[i]));
	for (size_t i = 0; i < d->n_ruled_out; i++)
		json_array_append_new(out, json_pack("{s:s,s:s,s:o}", "id", d->ruled_out[i].id, "why",
			d->ruled_out[i].why, "evidence", refs(d, &d->ruled_out[i].evidence)));
	for (size_t i = 0; i < d->n_findings; i++)
		json_array_append_new(all, finding(d, &d->findings[i]));
	json_object_set_new(j, "headline", text(d->headline));
	json_object_set_new(j, "cause", d->n_causes ? cause(d, d->causes[0]) : json_null());
	json_object_set_new(j, "cause_text", text(d->cause_text));
	json_object_set_new(j, "time_text", text(d->time_text));
	json_object_set_new(j, "profiles", profile_list(d));
	json_object_set_new(j, "harm_from", seconds(d->harm_from));
	json_object_set_new(j, "harm_until", seconds(d->harm_until));
	json_object_set_new(j, "causes", causes);
	json_object_set_new(j, "ruled_out", out);
	json_t *safe = steps(d->safe, d->n_safe, "risk");
	json_object_set_new(j, "safe_step", json_array_size(safe) ? json_incref(json_array_get(safe, 0))
								  : json_null());
	json_object_set_new(j, "safe_steps", safe);
	json_object_set_new(j, "tempting_wrong", steps(d->wrong, d->n_wrong, "why"));
	json_object_set_new(j, "findings", all);
}

/* Key tags of a version's DS or DNSKEY records, ascending. */
static json_t *
version_tags(const struct diagnosis *d, const struct version *v, uint16_t type)
{
	const struct rr_list *rrs = !v->sample ? NULL
		: v->sample->fact == FACT_ANSWER	? &v->sample->u.answer.rrs
							: &v->sample->u.resolve.rrs;
	const struct rr *set[64];
	size_t n = rrs ? rr_select(rrs, &d->zone, type, SECTION_ANSWER, set, 64) : 0;
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		struct ds ds;
		json_int_t tag = type == T_DNSKEY ? dnskey_tag(set[i]->rdata, set[i]->rdlen)
			: ds_parse(set[i]->rdata, set[i]->rdlen, &ds) ? ds.tag : -1;
		size_t at = 0;
		while (at < json_array_size(a) && json_integer_value(json_array_get(a, at)) < tag)
			at++;
		json_array_insert_new(a, at, json_integer(tag));
	}
	return a;
}

/* Oldest first. TYPE 0: the value says it all. */
static json_t *
versions(const struct diagnosis *d, const struct version_list *l, uint16_t type)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct version *v = &l->v[i];
		bool served = v->off == TIME_NEVER;
		json_t *j = json_pack("{s:o,s:o,s:o,s:b,s:I,s:o,s:b,s:o}", "on", seconds(v->on), "on-before",
			seconds(v->on_before), "off", seconds(v->off), "served", served, "ttl",
			(json_int_t)v->ttl, "cached-until", served ? json_null() : seconds(v->off + v->ttl),
			"inferred", v->inferred, "why", foreign(d->arena, v->why));
		if (type)
			json_object_set_new(j, "tags", version_tags(d, v, type));
		else
			json_object_set_new(j, "value", text(v->value));
		json_array_append_new(a, j);
	}
	return a;
}

/* What was served when, seen by us or by a record; "store" null: by nobody before this run. */
static json_t *
history(const struct diagnosis *d)
{
	const struct history *h = &d->snapshot->history;
	const struct fact_history *r = d->snapshot->record ? &d->snapshot->record->u.history : NULL;

	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "since", seconds(h->since), "store",
		foreign(d->arena, r ? r->store : NULL), "note", foreign(d->arena, r ? r->note : NULL), "ds",
		versions(d, &h->ds, T_DS), "dnskey", versions(d, &h->dnskey, T_DNSKEY), "signers",
		versions(d, &h->signers, 0), "serials", versions(d, &h->serial, 0));
}

json_t *
json_diagnosis(const struct diagnosis *d)
{
	json_t *j = envelope(d, "diagnosis");

	verdict(j, d);
	json_object_set_new(j, "counts", json_pack("{s:i,s:i,s:i,s:i}", "secure", d->secure, "bogus",
		d->bogus, "insecure", d->insecure, "unknown", d->unknown));
	json_object_set_new(j, "keys", keys(d));
	json_object_set_new(j, "chain", chain(d));
	json_object_set_new(j, "serials", serials(d));
	json_object_set_new(j, "vantages", vantages(d));
	json_object_set_new(j, "history", history(d));
	json_object_set_new(j, "evidence", evidence(d));
	return j;
}

json_t *
json_part(const struct diagnosis *d, const char *what)
{
	json_t *j = envelope(d, what);
	json_t *part = strcmp(what, "keys") == 0 ? keys(d) : strcmp(what, "chain") == 0 ? chain(d)
		: strcmp(what, "serials") == 0 ? serials(d) : vantages(d);

	json_object_set_new(j, what, part);
	return j;
}
