#include "model/observation.h"

#include <string.h>

static const char *const probe_names[] = {
	[PROBE_REFERRAL] = "referral", [PROBE_DS] = "ds", [PROBE_SOA] = "soa", [PROBE_NS] = "ns",
	[PROBE_DNSKEY] = "dnskey", [PROBE_CDS] = "cds", [PROBE_CDNSKEY] = "cdnskey",
	[PROBE_NSEC3PARAM] = "nsec3param", [PROBE_POSITIVE] = "positive",
	[PROBE_NODATA] = "nodata", [PROBE_NXDOMAIN] = "nxdomain", [PROBE_ADDRESS] = "address",
};
_Static_assert(sizeof probe_names / sizeof *probe_names == PROBE_COUNT, "a name each");

static const char *const vq_names[] = {
	[VQ_SOA] = "soa", [VQ_POSITIVE] = "positive", [VQ_NODATA] = "nodata",
	[VQ_NXDOMAIN] = "nxdomain", [VQ_DNSKEY] = "dnskey", [VQ_DS] = "ds", [VQ_GOOD] = "known-good",
	[VQ_BOGUS] = "known-bogus",
};
_Static_assert(sizeof vq_names / sizeof *vq_names == VQ_COUNT, "a name each");

static const char *const keytime_names[] = {
	[KT_CREATED] = "Created", [KT_PUBLISH] = "Publish", [KT_ACTIVATE] = "Activate",
	[KT_REVOKE] = "Revoke", [KT_INACTIVE] = "Inactive", [KT_DELETE] = "Delete",
	[KT_SYNC_PUBLISH] = "SyncPublish", [KT_SYNC_DELETE] = "SyncDelete",
	[KT_DS_PUBLISH] = "DSPublish", [KT_DS_DELETE] = "DSDelete",
};
_Static_assert(sizeof keytime_names / sizeof *keytime_names == KT_COUNT, "a name each");

static const char *const version_names[] = { [VERSION_DS] = "ds", [VERSION_DNSKEY] = "dnskey",
	[VERSION_SIGNERS] = "signers", [VERSION_SERIAL] = "serial" };
_Static_assert(sizeof version_names / sizeof *version_names == VERSION_OF_COUNT, "a name each");

static bool
find(const char *const *names, size_t n, const char *s, unsigned *at)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], s) == 0) {
			*at = (unsigned)i;
			return true;
		}
	return false;
}

const char *
probe_name(enum probe p)
{
	return p < PROBE_COUNT ? probe_names[p] : "?";
}

bool
probe_from_name(const char *s, enum probe *p)
{
	unsigned i;

	if (!find(probe_names, PROBE_COUNT, s, &i))
		return false;
	*p = (enum probe)i;
	return true;
}

const char *
vq_name(enum vq q)
{
	return q < VQ_COUNT ? vq_names[q] : "?";
}

bool
vq_from_name(const char *s, enum vq *q)
{
	unsigned i;

	if (!find(vq_names, VQ_COUNT, s, &i))
		return false;
	*q = (enum vq)i;
	return true;
}

const char *
version_of_name(enum version_of of)
{
	return of < VERSION_OF_COUNT ? version_names[of] : "?";
}

const char *
keytime_name(enum keytime k)
{
	return k < KT_COUNT ? keytime_names[k] : "?";
}

struct obs *
obs_new(enum fact fact, int64_t t, const char *by, const struct name *zone)
{
	struct arena *a = arena_new();
	struct obs *o = arena_new_one(a, struct obs);

	o->refs = 1;
	o->arena = a;
	o->t = t;
	o->by = arena_strdup(a, by);
	if (zone)
		o->zone = *zone;
	o->fact = fact;
	if (fact == FACT_KEYFILE)
		for (int i = 0; i < KT_COUNT; i++)
			o->u.keyfile.time[i] = TIME_UNSET;
	if (fact == FACT_VANTAGE)
		o->u.vantage.cache_since = TIME_UNSET;
	return o;
}

struct obs *
obs_ref(const struct obs *o)
{
	struct obs *m = (struct obs *)o;

	if (m)
		m->refs++;
	return m;
}

void
obs_unref(const struct obs *o)
{
	struct obs *m = (struct obs *)o;

	if (m && --m->refs == 0)
		arena_free(m->arena);
}

size_t
rr_select(const struct rr_list *list, const struct name *owner, uint16_t type,
	enum rr_section section, const struct rr **out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n && n < max; i++)
		if (list->v[i].type == type && list->v[i].section == section &&
			name_equal(&list->v[i].owner, owner))
			out[n++] = &list->v[i];
	return n;
}
