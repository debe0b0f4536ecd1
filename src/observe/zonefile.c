#include "observe/zonefile.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "zone/store.h"

#define ERRORS_MAX 20
#define MEMORY_MAX ((size_t)4 << 30)

static void
widen(int64_t *first, int64_t *last, int64_t t, bool fresh)
{
	if (fresh || t < *first)
		*first = t;
	if (fresh || t > *last)
		*last = t;
}

static void
take_rrsig(struct arena *a, struct fact_zonefile *f, const struct zrr *rr, int64_t now)
{
	struct signer_set *s = NULL;
	struct rrsig sig;

	if (!rrsig_parse(rr->rdata, rr->rdlen, &sig))
		return;
	for (size_t i = 0; i < f->signers.n && !s; i++)
		if (f->signers.v[i].tag == sig.tag && f->signers.v[i].alg == sig.alg)
			s = &f->signers.v[i];
	bool fresh = !s;
	if (fresh) {
		struct signer_set new = { .tag = sig.tag, .alg = sig.alg };
		arena_push(a, &f->signers, new);
		s = &f->signers.v[f->signers.n - 1];
	}
	if (sig.covered == T_DNSKEY)
		s->dnskey++;
	else
		s->rrsets++;
	widen(&s->first_expiration, &s->last_expiration, clock_from_rrsig(sig.expiration, now), fresh);
	widen(&s->first_inception, &s->last_inception, clock_from_rrsig(sig.inception, now), fresh);
}

/* Is the set authoritative data that a signed zone has an RRSIG for (RFC 4035 2.2)? */
static bool
wants_signature(const struct znode *n, const struct zset *s)
{
	if (s->n == 0 || s->type == T_RRSIG || n->flags & (ZNODE_BELOW | ZNODE_OUT | ZNODE_DNAME))
		return false;
	return !(n->flags & ZNODE_CUT) || s->type == T_DS || s->type == T_NSEC;
}

static void
take_apex(struct obs *o, const struct zone *z)
{
	struct fact_zonefile *f = &o->u.zonefile;
	const struct zset *keys = zone_apex_set(z, T_DNSKEY);
	struct soa soa;

	f->has_soa = zone_soa(z, &soa, &f->soa_ttl);
	if (f->has_soa) {
		f->serial = soa.serial;
		f->refresh = soa.refresh;
		f->retry = soa.retry;
		f->expire = soa.expire;
		f->minimum = soa.minimum;
	}
	for (uint32_t i = 0; keys && i < keys->n; i++) {
		const struct zrr *rr = z->rrs[keys->first + i];
		struct rr copy = { .owner = z->apex, .type = T_DNSKEY, .class = 1, .ttl = rr->ttl,
			.section = SECTION_ANSWER, .rdlen = rr->rdlen,
			.rdata = arena_memdup(o->arena, rr->rdata, rr->rdlen) };
		arena_push(o->arena, &f->dnskeys, copy);
	}
}

static void
take_zone(struct obs *o, const struct zone *z)
{
	struct fact_zonefile *f = &o->u.zonefile;

	take_apex(o, z);
	f->records = z->n_rrs;
	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct znode *n = &z->nodes[i];
		for (size_t k = 0; k < n->nsets; k++) {
			const struct zset *s = &z->sets[n->first_set + k];
			f->rrsets += s->n > 0;
			f->unsigned_rrsets += wants_signature(n, s) && s->nsig == 0;
			if (s->n && zset_ttl(z, s) > f->max_ttl)
				f->max_ttl = zset_ttl(z, s);
			for (uint32_t r = 0; r < s->nsig; r++)
				take_rrsig(o->arena, f, z->rrs[s->first + s->n + r], o->t / USEC);
		}
	}
	f->error_count = (uint32_t)z->n_problems;
	for (size_t i = 0; i < z->n_problems && i < ERRORS_MAX; i++) {
		const struct zone_problem *p = &z->problems[i];
		/* The line is the named file's; an included file is named in the words. */
		struct line_note note = { p->line, strcmp(p->file, f->path) == 0
			? arena_strdup(o->arena, p->what)
			: arena_printf(o->arena, "%s: %s", p->file, p->what) };
		arena_push(o->arena, &f->errors, note);
	}
}

struct obs *
zonefile_observe(const char *path, const char *which, const struct name *zone, const char *by,
	int64_t t)
{
	static const struct zone_limits limits = { .memory = MEMORY_MAX };
	struct obs *o = obs_new(FACT_ZONEFILE, t, by, zone);
	struct fact_zonefile *f = &o->u.zonefile;
	struct err e = { 0 };
	char said[900];
	struct stat st;

	f->which = arena_strdup(o->arena, which);
	f->path = arena_strdup(o->arena, path);
	f->mtime = TIME_UNSET;
	if (stat(path, &st) == 0) {
		f->mtime = st.st_mtime;
		f->size = (uint64_t)st.st_size;
	}
	char hash[65];
	struct zone *z = zone_load(path, zone, &limits, &e);
	if (z) {
		f->readable = true;
		take_zone(o, z);
		if (file_digest(path, hash, NULL))
			f->sha256 = arena_strdup(o->arena, hash);
	} else {
		f->why = e.code == ERR_PERMISSION ? "permission" : e.code == ERR_NOT_FOUND ? "missing"
			: arena_strdup(o->arena, err_str(&e, said, sizeof said));
	}
	zone_free(z);
	return o;
}

/* ---- only the serial ---- */

struct serial_search {
	const struct name *zone;
	uint32_t serial;
	bool found;
};

static bool
look_for_soa(void *ctx, const struct scan_record *r)
{
	struct serial_search *s = ctx;
	struct name owner;
	struct soa soa;

	if (r->type != T_SOA || !name_from_wire(&owner, r->owner, r->owner_len) ||
		!name_equal(&owner, s->zone) || !soa_parse(r->rdata, r->rdlen, &soa))
		return true;
	s->serial = soa.serial;
	s->found = true;
	return false;
}

bool
zonefile_serial(const char *name, const char *text, size_t n, const struct name *zone,
	uint32_t *serial)
{
	struct serial_search search = { .zone = zone };
	struct scan scan = { .origin = zone, .record = look_for_soa, .ctx = &search };

	scan_text(&scan, name, text, n, NULL);
	*serial = search.serial;
	return search.found;
}
