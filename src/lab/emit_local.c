/* What the host of the signer shows: key files, zone files, source of truth, log, clock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "lab/emit_parts.h"

static void
tell_keyfile(const struct world *w, unsigned i, int64_t t, struct text *out)
{
	static const enum keytime order[] = { KT_CREATED, KT_PUBLISH, KT_ACTIVATE, KT_INACTIVE, KT_DELETE };
	const struct sc_key *k = &w->s->keys[i];
	const struct privkey *p = w->keys[i];
	const int64_t times[] = { k->t_created, k->t_publish, k->t_activate, k->t_inactive, k->t_delete };
	struct obs *o = lab_fact(w, FACT_KEYFILE, t);
	struct fact_keyfile *f = &o->u.keyfile;
	struct stat st = { 0 };
	uint32_t line = 1;

	*f = (struct fact_keyfile){ .path = world_key_path(w, o->arena, i, "key"), .owner = w->s->apex,
		.name_tag = p->tag, .name_alg = p->alg, .rdata = p->dnskey, .rdlen = p->dnskey_len,
		.comment = arena_printf(o->arena, "This is a %s-signing key, keyid %u, for %s.",
			k->role == SC_KSK ? "key" : "zone", p->tag, w->s->zone),
		.comment_role = k->role == SC_KSK ? "ksk" : "zsk",
		.private_path = world_key_path(w, o->arena, i, "private"), .private_state = "present",
		.private_format = "v1.3", .private_alg = p->alg };
	for (int n = 0; n < KT_COUNT; n++)
		f->time[n] = TIME_UNSET;
	for (size_t n = 0; n < sizeof order / sizeof *order; n++) {
		f->time[order[n]] = times[n];
		f->time_line[order[n]] = times[n] == TIME_UNSET ? 0 : ++line;
	}
	f->rdata_line = line + 1;
	if (stat(f->private_path, &st) != 0)
		f->private_state = errno == ENOENT ? "missing" : "unreadable";
	f->private_mode = st.st_mode & 07777;
	f->private_uid = st.st_uid;
	f->private_gid = st.st_gid;
	f->mtime = stat(f->path, &st) == 0 ? st.st_mtime : TIME_UNSET;
	lab_tell(out, o);
}

static void
tell_keys(const struct world *w, int64_t t, struct text *out)
{
	struct obs *o = lab_fact(w, FACT_KEYDIR, t);
	struct fact_keydir *f = &o->u.keydir;

	f->path = world_path(w, o->arena, "dnssec");
	f->readable = true;
	for (unsigned i = 0; i < w->s->keys_count; i++)
		f->files += w->s->keys[i].t_created * USEC <= t;
	lab_tell(out, o);
	for (unsigned i = 0; i < w->s->keys_count; i++)
		if (w->s->keys[i].t_created * USEC <= t)
			tell_keyfile(w, i, t, out);
}

static void
count_signature(struct arena *a, struct signer_list *l, const struct rrsig *s, int64_t near)
{
	int64_t from = clock_from_rrsig(s->inception, near), until = clock_from_rrsig(s->expiration, near);
	struct signer_set *v = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].tag == s->tag && l->v[i].alg == s->alg)
			v = &l->v[i];
	if (!v) {
		struct signer_set fresh = { .tag = s->tag, .alg = s->alg, .first_expiration = until,
			.last_expiration = until, .first_inception = from, .last_inception = from };
		arena_push(a, l, fresh);
		v = &l->v[l->n - 1];
	}
	v->rrsets += s->covered != T_DNSKEY;
	v->dnskey += s->covered == T_DNSKEY;
	v->first_expiration = until < v->first_expiration ? until : v->first_expiration;
	v->last_expiration = until > v->last_expiration ? until : v->last_expiration;
	v->first_inception = from < v->first_inception ? from : v->first_inception;
	v->last_inception = from > v->last_inception ? from : v->last_inception;
}

static void
count_zone(struct obs *o, const struct lab_zone *z, bool source, int64_t near)
{
	struct fact_zonefile *f = &o->u.zonefile;
	struct rrsig s;
	struct soa soa;

	for (size_t i = 0; i < z->n; i++) {
		const struct lab_set *set = &z->v[i];
		if (source && (set->type == T_NSEC || set->type == T_DNSKEY))
			continue;
		f->rrsets++;
		f->records += set->rrs.n + (source ? 0 : set->sigs.n);
		f->unsigned_rrsets += source || set->sigs.n == 0;
		f->max_ttl = set->rrs.v[0].ttl > f->max_ttl ? set->rrs.v[0].ttl : f->max_ttl;
		for (size_t k = 0; !source && k < set->sigs.n; k++)
			if (rrsig_parse(set->sigs.v[k].rdata, set->sigs.v[k].rdlen, &s))
				count_signature(o->arena, &f->signers, &s, near);
		for (size_t k = 0; set->type == T_DNSKEY && k < set->rrs.n; k++)
			arena_push(o->arena, &f->dnskeys, set->rrs.v[k]);
		if (set->type == T_SOA && soa_parse(set->rrs.v[0].rdata, set->rrs.v[0].rdlen, &soa)) {
			f->has_soa = true;
			f->serial = soa.serial;
			f->soa_ttl = set->rrs.v[0].ttl;
			f->refresh = soa.refresh, f->retry = soa.retry;
			f->expire = soa.expire, f->minimum = soa.minimum;
		}
	}
}

static void
tell_zonefile(const struct world *w, bool source, int64_t t, struct text *out)
{
	struct obs *o = lab_fact(w, FACT_ZONEFILE, t);
	struct fact_zonefile *f = &o->u.zonefile;
	const struct lab_zone *z = world_zone(w, t);
	const struct sc_revision *r = world_revision(w, t);
	struct stat st;

	for (unsigned i = 0; source && i < w->s->signings_count; i++)
		if (w->zones[i].serial == r->serial)
			z = &w->zones[i];
	count_zone(o, z, source, t / USEC);
	if (source)
		f->serial = r->serial;
	f->which = source ? "source" : "signed";
	f->path = world_path(w, o->arena, source ? arena_printf(o->arena, "zones/%s", w->s->zone)
						 : arena_printf(o->arena, "%s.signed", w->s->zone));
	f->readable = stat(f->path, &st) == 0;
	f->mtime = f->readable ? st.st_mtime : TIME_UNSET;
	f->size = f->readable ? (uint64_t)st.st_size : 0;
	lab_tell(out, o);
}

static void
tell_source(const struct world *w, int64_t t, struct text *out)
{
	const struct sc_revision *r = world_revision(w, t);
	struct obs *o = lab_fact(w, FACT_SOURCE, t);

	o->u.source = (struct fact_source){ .type = w->s->source_type, .readable = true,
		.path = world_path(w, o->arena, arena_printf(o->arena, "zones/%s", w->s->zone)),
		.revision = r->revision, .author = r->author, .message = scenario_text(w->s, r->message),
		.date = r->t / USEC, .has_serial = true, .serial = r->serial };
	lab_tell(out, o);
}

static bool
tell_signer(const struct world *w, int64_t t, struct text *out, struct err *e)
{
	const struct sc_run *run = world_run(w, t);
	struct obs *o;
	struct stat st;
	uint32_t line = 0;
	size_t n;

	if (!run)
		return true;
	o = lab_fact(w, FACT_SIGNER, t);
	struct fact_signer *f = &o->u.signer;
	f->path = world_path(w, o->arena, "signer.log");
	char *log = file_read(f->path, 1u << 20, &n, e);
	if (!log) {
		obs_unref(o);
		return false;
	}
	f->readable = true;
	f->mtime = stat(f->path, &st) == 0 ? st.st_mtime : TIME_UNSET;
	char *save = NULL;
	for (char *l = strtok_r(log, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		struct line_note note = { ++line, arena_strdup(o->arena, l) };
		arena_push(o->arena, &f->lines, note);
		f->has_exit |= sscanf(l, "exit status %d", &f->exit_status) == 1;
	}
	free(log);
	lab_tell(out, o);
	return true;
}

bool
lab_emit_local(const struct world *w, int64_t t, struct text *out, struct err *e)
{
	tell_keys(w, t, out);
	tell_zonefile(w, true, t, out);
	tell_zonefile(w, false, t, out);
	tell_source(w, t, out);
	if (!tell_signer(w, t, out, e))
		return false;
	struct obs *o = lab_fact(w, FACT_CLOCK, t);
	o->u.clock = (struct fact_clock){ .synchronised = true, .max_error_us = 20000,
		.source = "adjtimex" };
	lab_tell(out, o);
	return true;
}
