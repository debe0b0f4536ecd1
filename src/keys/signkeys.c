#include "keys/signkeys.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "keys/keyfile.h"

/* One pair of files, before roles are known. */
struct pair {
	struct fact_keyfile f;
	const char *base;
	bool published, active;
};
struct pairs {
	struct pair *v;
	size_t n, cap;
};

static void
judge_times(struct pair *p, int64_t at)
{
	const int64_t *t = p->f.time;
	bool any = false;

	for (int i = 0; i < KT_COUNT; i++)
		any |= i != KT_CREATED && t[i] != TIME_UNSET;
	if (!any) {
		p->published = p->active = true;
		return;
	}
	bool removed = t[KT_DELETE] != TIME_UNSET && t[KT_DELETE] <= at;
	p->published = t[KT_PUBLISH] != TIME_UNSET && t[KT_PUBLISH] <= at && !removed;
	p->active = t[KT_ACTIVATE] != TIME_UNSET && t[KT_ACTIVATE] <= at && !removed &&
		!(t[KT_INACTIVE] != TIME_UNSET && t[KT_INACTIVE] <= at);
	/* An active key that is not published signs for nobody. */
	p->active &= p->published;
}

static bool
read_pairs(struct arena *a, const char *dir, const struct name *zone, int64_t at, struct pairs *ps,
	struct err *e)
{
	DIR *d = opendir(dir);

	if (!d)
		return err_errno(e, dir, "opendir", errno);
	for (struct dirent *x; (x = readdir(d));) {
		struct pair p = { 0 };
		struct name owner;
		uint8_t alg;
		uint16_t tag;
		const char *suffix;
		if (!keyfile_parse_name(x->d_name, &owner, &alg, &tag, &suffix) ||
			strcmp(suffix, ".key") != 0 || !name_equal(&owner, zone))
			continue;
		for (int i = 0; i < KT_COUNT; i++)
			p.f.time[i] = TIME_UNSET;
		keyfile_read(a, dir, x->d_name, &p.f);
		p.base = arena_strndup(a, x->d_name, (size_t)(suffix - x->d_name));
		if (!p.f.rdata) {
			err_set(e, ERR_PARSE, x->d_name, "key file", "a DNSKEY record", "%s",
				p.f.problem ? p.f.problem : "none");
			closedir(d);
			return false;
		}
		judge_times(&p, at);
		arena_push(a, ps, p);
	}
	closedir(d);
	return true;
}

static int
pair_cmp(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;

	return strcmp(a->base, b->base); /* the folder's order is nobody's order */
}

static bool
is_ksk(const struct pair *p)
{
	return (p->f.rdata[1] & DNSKEY_SEP) != 0;
}

/* Are there published keys of the other kind with this algorithm (active or not)? */
static bool
other_kind(const struct pairs *ps, const struct pair *p)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->v[i].published && ps->v[i].f.rdata[3] == p->f.rdata[3] && is_ksk(&ps->v[i]) != is_ksk(p))
			return true;
	return false;
}

static enum sign_cds
cds_of(const struct pair *p, int64_t at)
{
	const int64_t *t = p->f.time;

	if (t[KT_SYNC_DELETE] != TIME_UNSET && t[KT_SYNC_DELETE] <= at)
		return SIGN_CDS_REMOVE;
	if (t[KT_SYNC_PUBLISH] != TIME_UNSET && t[KT_SYNC_PUBLISH] <= at)
		return SIGN_CDS_PUBLISH;
	return SIGN_CDS_KEEP;
}

static void
grow(struct signkeys *k, struct sign_key x, const char *base)
{
	if (k->n == k->cap) {
		size_t cap = k->cap ? k->cap * 2 : 16;
		struct sign_key *v = arena_new_array(k->arena, struct sign_key, cap);
		const char **names = arena_new_array(k->arena, const char *, cap);
		if (k->n) {
			memcpy(v, k->v, k->n * sizeof *v);
			memcpy(names, k->names, k->n * sizeof *names);
		}
		k->v = v;
		k->names = names;
		k->cap = cap;
	}
	k->v[k->n] = x;
	k->names[k->n++] = base;
}

/* Nobody signs ROLE: says which key did, and since when it does not. */
static bool
nobody(const struct pairs *ps, bool ksk, int64_t at, const char *dir, struct err *e)
{
	const struct pair *best = NULL;
	char ended[40], span[40];

	for (size_t i = 0; i < ps->n; i++) {
		const struct pair *p = &ps->v[i];
		if (is_ksk(p) == ksk && !p->active && p->f.time[KT_INACTIVE] != TIME_UNSET &&
			p->f.time[KT_INACTIVE] <= at &&
			(!best || p->f.time[KT_INACTIVE] > best->f.time[KT_INACTIVE]))
			best = p;
	}
	const char *what = ksk ? "an active KSK" : "an active ZSK";
	if (!best)
		return err_set(e, ERR_ARG, dir, "keys", what, "none for this zone");
	int64_t t = best->f.time[KT_INACTIVE];
	return err_set(e, ERR_ARG, best->base, "key timing", what,
		"%s %u stopped signing %s ago (Inactive passed %s)", ksk ? "KSK" : "ZSK",
		dnskey_tag(best->f.rdata, best->f.rdlen), clock_span(span, sizeof span, at - t),
		clock_rfc3339_s(ended, sizeof ended, t));
}

static bool
check_roles(const struct signkeys *k, const struct pairs *ps, int64_t at, const char *dir, struct err *e)
{
	bool keys = false, data = false;

	for (size_t i = 0; i < k->n; i++) {
		keys |= k->v[i].publish && k->v[i].signs_keys;
		data |= k->v[i].publish && k->v[i].signs_data;
	}
	return (data || nobody(ps, false, at, dir, e)) && (keys || nobody(ps, true, at, dir, e));
}

bool
signkeys_load(struct signkeys *k, const char *dir, const struct name *zone, int64_t at,
	const struct privfile_opts *o, struct err *e)
{
	struct pairs ps = { 0 };

	*k = (struct signkeys){ .arena = arena_new() };
	if (!read_pairs(k->arena, dir, zone, at, &ps, e))
		return false;
	if (ps.n)
		qsort(ps.v, ps.n, sizeof *ps.v, pair_cmp);
	for (size_t i = 0; i < ps.n; i++) {
		const struct pair *p = &ps.v[i];
		bool alone = !other_kind(&ps, p);
		struct sign_key x = { .dnskey = p->f.rdata, .dnskey_len = p->f.rdlen, .alg = p->f.rdata[3],
			.tag = dnskey_tag(p->f.rdata, p->f.rdlen), .publish = p->published,
			.signs_keys = p->active && (is_ksk(p) || alone),
			.signs_data = p->active && (!is_ksk(p) || alone), .cds = cds_of(p, at) };
		if (p->f.ttl && !k->ttl)
			k->ttl = p->f.ttl;
		if (p->active && !(x.key = privfile_read(dir, p->base, o, NULL, NULL, e)))
			return false;
		grow(k, x, p->base);
	}
	return check_roles(k, &ps, at, dir, e);
}

void
signkeys_free(struct signkeys *k)
{
	for (size_t i = 0; i < k->n; i++)
		privkey_free(k->v[i].key);
	arena_free(k->arena);
	*k = (struct signkeys){ 0 };
}
