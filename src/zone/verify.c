#include "zone/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "zone/verify_int.h"

/*
 * Every fault that a zone file can show, in the order of explanation: where two stand together the
 * upper one is the cause (a zone without keys has no valid signature; a key that is not a zone key
 * leaves its signatures without a key; a broken chain is a symptom of a missing link).
 * To add a fault: a row at its place, and the check that raises it.
 */
#define VALIDITY_LONG (180 * INT64_C(86400))

static const struct {
	const char *id;
	enum fault_severity severity;
} catalogue[] = {
	{ "zone-syntax", FAULT_CRITICAL },
	{ "soa-missing", FAULT_CRITICAL },
	{ "soa-multiple", FAULT_CRITICAL },
	{ "ds-at-apex", FAULT_HIGH },
	{ "ds-on-unsigned-zone", FAULT_CRITICAL },
	{ "zone-unsigned", FAULT_INFO },
	{ "dnskey-missing", FAULT_CRITICAL },
	{ "dnskey-zone-bit-unset", FAULT_CRITICAL },
	{ "dnskey-bad-protocol", FAULT_CRITICAL },
	{ "dnskey-alg-unsupported", FAULT_HIGH },
	{ "dnskey-alg-wrong", FAULT_CRITICAL },
	{ "dnskey-bad-length", FAULT_CRITICAL },
	{ "dnskey-corrupt", FAULT_CRITICAL },
	{ "dnskey-ksk-missing", FAULT_CRITICAL },
	{ "dnskey-zsk-missing", FAULT_CRITICAL },
	{ "ds-tag-mismatch", FAULT_CRITICAL },
	{ "ds-alg-mismatch", FAULT_CRITICAL },
	{ "ds-digest-mismatch", FAULT_CRITICAL },
	{ "ds-no-matching-dnskey", FAULT_CRITICAL },
	{ "dnskey-revoked-in-use", FAULT_CRITICAL },
	{ "dnskey-unsigned", FAULT_CRITICAL },
	{ "rrsig-expire-before-inception", FAULT_CRITICAL },
	{ "rrsig-not-yet-valid", FAULT_CRITICAL },
	{ "rrsig-expired", FAULT_CRITICAL },
	{ "rrsig-expired-dnskey", FAULT_CRITICAL },
	{ "rrsig-expired-partial", FAULT_CRITICAL },
	{ "rrsig-wrong-signer", FAULT_CRITICAL },
	{ "rrsig-alg-mismatch", FAULT_CRITICAL },
	{ "rrsig-over-rrsig", FAULT_WARNING },
	{ "rrsig-labels", FAULT_CRITICAL },
	{ "rrsig-bad-length", FAULT_CRITICAL },
	{ "rrsig-orig-ttl", FAULT_HIGH },
	{ "dnskey-rrsig-invalid", FAULT_CRITICAL },
	{ "dnskey-not-signed-by-sep", FAULT_CRITICAL },
	{ "validator-work-limits", FAULT_HIGH },
	{ "key-tag-collision", FAULT_WARNING },
	{ "signer-nsec3-with-nseconly-alg", FAULT_HIGH },
	{ "nsec3param-invalid", FAULT_HIGH },
	{ "nsec3param-missing", FAULT_CRITICAL },
	{ "nsec3param-mismatch", FAULT_CRITICAL },
	{ "nsec-nsec3-mixed", FAULT_HIGH },
	{ "nsec3-hash-unsupported", FAULT_CRITICAL },
	{ "nsec3-bad-owner", FAULT_CRITICAL },
	{ "nsec3-missing", FAULT_CRITICAL },
	{ "nsec3-extra", FAULT_WARNING },
	{ "nsec3-optout-wrong", FAULT_HIGH },
	{ "nsec3-chain-broken", FAULT_CRITICAL },
	{ "nsec3-bitmap-wrong", FAULT_HIGH },
	{ "nsec-multiple", FAULT_HIGH },
	{ "nsec-missing", FAULT_CRITICAL },
	{ "nsec-extra", FAULT_WARNING },
	{ "nsec-last-next-not-apex", FAULT_HIGH },
	{ "nsec-chain-broken", FAULT_CRITICAL },
	{ "rrsig-unknown-key", FAULT_HIGH },
	{ "rrsig-missing", FAULT_CRITICAL },
	{ "nsec-bitmap-wrong", FAULT_HIGH },
	{ "nsec-rrsig-missing-or-bad", FAULT_CRITICAL },
	{ "nsec3-rrsig-missing", FAULT_CRITICAL },
	{ "nsec3-rrsig-invalid", FAULT_CRITICAL },
	{ "rrsig-invalid", FAULT_CRITICAL },
	{ "algorithm-incomplete", FAULT_HIGH },
	{ "zonemd-mismatch", FAULT_HIGH },
	{ "cds-delete-invalid", FAULT_HIGH },
	{ "cds-cdnskey-mismatch", FAULT_HIGH },
	{ "cds-no-matching-dnskey", FAULT_HIGH },
	{ "cds-signer-wrong", FAULT_HIGH },
	{ "cname-and-other-data", FAULT_HIGH },
	{ "dname-children", FAULT_HIGH },
	{ "dnskey-not-at-apex", FAULT_INFO },
	{ "glue-missing", FAULT_HIGH },
	{ "ns-mismatch", FAULT_HIGH },
	{ "source-ahead-of-served", FAULT_WARNING },
	{ "rrsig-expiring-soon", FAULT_WARNING },
	{ "rrsig-clock-skew-margin", FAULT_WARNING },
	{ "revoked-not-signing", FAULT_WARNING },
	{ "sig-validity-shorter-than-cycle", FAULT_WARNING },
	{ "nsec3-iterations", FAULT_INFO },
	{ "dnskey-alg-deprecated", FAULT_INFO },
	{ "dnskey-rsa-weak", FAULT_INFO },
	{ "ds-digest-unsupported", FAULT_HIGH },
	{ "ds-alg-unsupported", FAULT_HIGH },
	{ "ds-digest-deprecated", FAULT_WARNING },
	{ "ds-stale-extra", FAULT_INFO },
	{ "ds-points-to-zsk", FAULT_WARNING },
	{ "ds-standby-not-signing", FAULT_INFO },
	{ "ds-missing", FAULT_INFO },
	{ "dnskey-sep-unset", FAULT_INFO },
	{ "cds-delete-accidental", FAULT_INFO },
	{ "nsec3-salt", FAULT_INFO },
	{ "rrsig-ttl-mismatch", FAULT_INFO },
	{ "rrsig-orphan-type", FAULT_INFO },
	{ "rrsig-validity-too-long", FAULT_INFO },
};
#define N_CATALOGUE (sizeof catalogue / sizeof *catalogue)

const char *
fault_severity_name(enum fault_severity s)
{
	static const char *const names[] = { "info", "warning", "high", "critical" };

	return names[s];
}

static size_t
rank_of(const char *id)
{
	for (size_t i = 0; i < N_CATALOGUE; i++)
		if (strcmp(catalogue[i].id, id) == 0)
			return i;
	return N_CATALOGUE;
}

static void
vfault(struct fault_sink *s, int sev, const char *id, const struct znode *n, uint16_t type,
	int32_t tag, uint32_t line, const char *fmt, va_list ap)
{
	if (s->list.n >= FAULTS_KEPT) {
		s->dropped++;
		return;
	}
	size_t rank = rank_of(id);
	struct zone_fault f = { .id = rank < N_CATALOGUE ? catalogue[rank].id : id,
		.severity = sev >= 0 ? (enum fault_severity)sev
			: rank < N_CATALOGUE ? catalogue[rank].severity : FAULT_INFO,
		.rank = rank, .node = n, .type = type, .tag = tag, .line = line,
		.detail = text_clean_dup(s->arena, arena_vprintf(s->arena, fmt, ap)) };
	arena_push(s->arena, &s->list, f);
}

void
fault(struct fault_sink *s, const char *id, const struct znode *n, uint16_t type, int32_t tag,
	uint32_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfault(s, -1, id, n, type, tag, line, fmt, ap);
	va_end(ap);
}

void
fault_as(struct fault_sink *s, enum fault_severity sev, const char *id, const struct znode *n,
	uint16_t type, int32_t tag, uint32_t line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfault(s, (int)sev, id, n, type, tag, line, fmt, ap);
	va_end(ap);
}

bool
node_was_read(const struct zone *z, const struct znode *n)
{
	for (size_t i = 0; n && i < z->n_problems; i++)
		if (z->problems[i].owner.len == n->name_len &&
			memcmp(z->problems[i].owner.wire, n->name, n->name_len) == 0)
			return false;
	return true;
}

bool
set_is_signed(const struct zone *z, const struct znode *n, const struct zset *s)
{
	(void)z;
	if (!s->n || n->flags & (ZNODE_BELOW | ZNODE_OUT | ZNODE_DNAME))
		return false;
	return !(n->flags & ZNODE_CUT) || s->type == T_DS || s->type == T_NSEC || s->type == T_NSEC3;
}

static int
fault_cmp(const void *x, const void *y)
{
	const struct zone_fault *a = x, *b = y;

	if (a->severity != b->severity)
		return (int)b->severity - (int)a->severity;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	if (a->type != b->type)
		return a->type - b->type;
	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return strcmp(a->detail, b->detail);
}

/* The fault of the best rank among those above info; among the infos when there is nothing else. */
static void
find_cause(struct verify_result *r)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < r->n_faults; i++) {
		const struct zone_fault *f = &r->faults[i];
		bool counts = r->worst == FAULT_INFO || f->severity > FAULT_INFO;
		/* A warning explains no outage. */
		if (r->worst >= FAULT_HIGH && f->severity < FAULT_HIGH &&
			strcmp(f->id, "rrsig-over-rrsig") != 0 && strcmp(f->id, "nsec3-extra") != 0)
			counts = false;
		if (counts && f->rank < best) {
			best = f->rank;
			r->cause = f->id;
		}
	}
}

static void
syntax_faults(struct verify *v)
{
	for (size_t i = 0; i < v->z->n_problems; i++) {
		const struct zone_problem *p = &v->z->problems[i];
		/* A type that the reader has no text form for is legal: not judged, and no fault. */
		if (!p->type[0]) {
			fault(&v->sink, "zone-syntax", NULL, 0, -1, p->line, "%s", p->what);
			continue;
		}
		const struct znode *n = zone_find(v->z, &p->owner);
		fault_as(&v->sink, FAULT_INFO, "zone-syntax", n, 0, -1, p->line, "type %s is not judged", p->type);
		if (strcasecmp(p->type, "DELEG") == 0 && name_equal(&p->owner, &v->z->apex))
			fault(&v->sink, "ds-at-apex", v->z->apex_node, 0, -1, p->line,
				"a DELEG belongs to the parent");
	}
}

static void
look_for_signatures(struct verify *v)
{
	const struct zone *z = v->z;

	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct znode *n = &z->nodes[i];
		if (n->flags & (ZNODE_BELOW | ZNODE_OUT))
			continue;
		for (size_t k = 0; k < n->nsets; k++) {
			const struct zset *s = &z->sets[n->first_set + k];
			v->is_signed |= s->nsig > 0;
			v->has_nsec |= s->type == T_NSEC && s->n;
			v->has_nsec3 |= s->type == T_NSEC3 && s->n;
		}
	}
	v->is_signed |= v->has_nsec || v->has_nsec3 || zone_apex_set(z, T_DNSKEY) != NULL;
}

static void
unsigned_zone(struct verify *v)
{
	if (v->o->n_ds)
		fault(&v->sink, "ds-on-unsigned-zone", NULL, T_DS, -1, 0,
			"the parent has a DS, the zone is not signed at all");
	bool meant = v->o->n_ds || v->o->expect_signed || v->o->n_keys;
	fault_as(&v->sink, v->o->n_ds ? FAULT_CRITICAL : meant ? FAULT_HIGH : FAULT_INFO, "zone-unsigned",
		NULL, 0, -1, 0, "no DNSKEY, no RRSIG, no NSEC or NSEC3");
}

static void
compare_source(struct verify *v)
{
	struct soa ours, source;

	if (v->o->source && zone_soa(v->z, &ours, NULL) && zone_soa(v->o->source, &source, NULL) &&
		serial_cmp(source.serial, ours.serial, NULL) > 0)
		fault(&v->sink, "source-ahead-of-served", v->z->apex_node, T_SOA, -1, 0,
			"serial %u in the source, %u here", source.serial, ours.serial);
}

/* A secondary serves its copy until SOA expire (RFC 6781 4.4.2): signatures must live longer. */
static void
signatures_outlive_zone(struct verify *v)
{
	struct soa soa;
	char a[40], b[40];

	if (v->count.longest > VALIDITY_LONG)
		fault(&v->sink, "rrsig-validity-too-long", v->z->apex_node, 0, -1, 0,
			"signatures are valid for %s: who keeps an old answer can replay it that long",
			clock_span(a, sizeof a, v->count.longest));
	if (v->count.longest > 0 && zone_soa(v->z, &soa, NULL) && v->count.longest < (int64_t)soa.expire)
		fault(&v->sink, "sig-validity-shorter-than-cycle", v->z->apex_node, T_SOA, -1, 0,
			"signatures are valid for %s, a secondary that is cut off serves them for %s",
			clock_span(a, sizeof a, v->count.longest), clock_span(b, sizeof b, soa.expire));
}

struct verify_result *
zone_verify(const struct zone *z, const struct verify_opts *o, struct err *e)
{
	struct verify v = { .z = z, .o = o, .count.first_expiration = TIME_NEVER };
	struct verify_result *r = calloc(1, sizeof *r);

	if (!r) {
		err_set(e, ERR_MEMORY, "verify", "malloc", "", "no memory");
		return NULL;
	}
	r->arena = v.sink.arena = arena_new();
	syntax_faults(&v);
	look_for_signatures(&v);
	verify_structure(&v);
	if (!v.is_signed)
		unsigned_zone(&v);
	else {
		verify_keys(&v);
		verify_sigs(&v);
		verify_ds(&v);
		verify_absent(&v);
		verify_cds_signer(&v);
		verify_revoked(&v);
		signatures_outlive_zone(&v);
		verify_denial(&v);
	}
	verify_rolls(&v);
	verify_zonemd(&v, r);
	compare_source(&v);
	r->faults = v.sink.list.v;
	r->n_faults = v.sink.list.n;
	r->dropped = v.sink.dropped;
	if (r->n_faults)
		qsort(r->faults, r->n_faults, sizeof *r->faults, fault_cmp);
	r->any = r->n_faults > 0;
	r->worst = r->any ? r->faults[0].severity : FAULT_INFO;
	find_cause(r);
	r->sigs = v.count.sigs;
	r->good = v.count.good;
	r->bad = v.count.bad;
	r->expired = v.count.expired;
	r->future = v.count.future;
	r->unknown = v.count.unknown;
	r->computed = v.count.computed;
	r->first_expiration = v.count.first_expiration;
	r->is_signed = v.is_signed;
	r->notes = v.notes.v;
	r->n_notes = v.notes.n;
	return r;
}

void
verify_free(struct verify_result *r)
{
	if (!r)
		return;
	arena_free(r->arena);
	free(r);
}
