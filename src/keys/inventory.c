#include "keys/inventory.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SET 256

const char *
key_role_name(enum key_role r)
{
	static const char *const names[] = { "-", "KSK", "ZSK", "CSK" };

	return names[r];
}

const char *
key_timing_name(enum key_timing t)
{
	static const char *const names[] = { "unknown", "not yet published", "published", "active",
		"inactive", "removed" };

	return names[t];
}

/* ---- what the timing fields mean now (signers.md 1.2) ---- */

static enum key_timing
timing_of(const struct fact_keyfile *f, int64_t now)
{
	int64_t publish = f->time[KT_PUBLISH], activate = f->time[KT_ACTIVATE];
	int64_t inactive = f->time[KT_INACTIVE], delete = f->time[KT_DELETE];

	if (delete != TIME_UNSET && delete <= now)
		return KEY_REMOVED;
	if (inactive != TIME_UNSET && inactive <= now)
		return KEY_INACTIVE;
	if (activate != TIME_UNSET && activate <= now)
		return KEY_ACTIVE;
	if (publish != TIME_UNSET && publish <= now)
		return KEY_PUBLISHED;
	return publish == TIME_UNSET && activate == TIME_UNSET ? KEY_TIMING_UNKNOWN : KEY_FUTURE;
}

static int64_t
end_of(const struct fact_keyfile *f)
{
	int64_t inactive = f->time[KT_INACTIVE], delete = f->time[KT_DELETE];

	if (inactive == TIME_UNSET && delete == TIME_UNSET)
		return TIME_NEVER;
	if (inactive == TIME_UNSET || (delete != TIME_UNSET && delete < inactive))
		return delete;
	return inactive;
}

/* ---- collecting the rows ---- */

struct build {
	struct arena *a;
	const struct snapshot *s;
	struct {
		struct key_row *v;
		size_t n, cap;
	} rows;
};

/* The same key: algorithm and public key; flags may differ by REVOKE only. */
static bool
same_key(const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
	return an == bn && an > 4 && (a[1] & 0x7f) == (b[1] & 0x7f) && a[0] == b[0] &&
		memcmp(a + 2, b + 2, an - 2) == 0;
}

static struct key_row *
row_of(struct build *b, const uint8_t *rdata, uint16_t len)
{
	struct dnskey k;

	for (size_t i = 0; i < b->rows.n; i++)
		if (same_key(b->rows.v[i].rdata, b->rows.v[i].rdlen, rdata, len))
			return &b->rows.v[i];
	if (!dnskey_parse(rdata, len, &k))
		return NULL;
	arena_push(b->a, &b->rows, ((struct key_row){ .tag = k.tag, .flags = k.flags, .alg = k.alg,
		.bits = dnskey_bits(&k), .rdata = rdata, .rdlen = len, .ends = TIME_UNSET,
		.left_zone = TIME_UNSET, .cached_until = TIME_UNSET, .first_expiration = TIME_UNSET }));
	return &b->rows.v[b->rows.n - 1];
}

static void
add_files(struct build *b)
{
	for (size_t i = 0; i < b->s->keyfiles.n; i++) {
		const struct fact_keyfile *f = &b->s->keyfiles.v[i]->u.keyfile;
		struct key_row *r = f->rdata ? row_of(b, f->rdata, f->rdlen) : NULL;
		if (!r)
			continue;
		r->file = b->s->keyfiles.v[i];
		r->timing = timing_of(f, b->s->now / USEC);
		r->ends = end_of(f);
	}
}

static const struct fact_answer *
child_answer(const struct server_state *s, enum probe p)
{
	const struct obs *o = s->answer[p];

	return o && s->at.role == ROLE_CHILD && o->u.answer.rcode == 0 && !o->u.answer.tc ? &o->u.answer
											  : NULL;
}

/* DNSKEYs by server; a set served by some is counted against all that answered. */
static void
add_served(struct build *b)
{
	const struct cut_state *child = snapshot_child(b->s);
	unsigned servers = 0;

	for (size_t i = 0; child && i < child->n; i++) {
		const struct fact_answer *f = child_answer(&child->servers[i], PROBE_DNSKEY);
		const struct rr *set[MAX_SET];
		if (!f)
			continue;
		servers++;
		size_t n = rr_select(&f->rrs, &b->s->zone, T_DNSKEY, SECTION_ANSWER, set, MAX_SET);
		for (size_t k = 0; k < n; k++) {
			struct key_row *r = row_of(b, set[k]->rdata, set[k]->rdlen);
			struct dnskey key;
			if (!r || !dnskey_parse(set[k]->rdata, set[k]->rdlen, &key))
				continue;
			r->served++;
			/* What is served decides flags and tag: a revoked key has another tag. */
			r->flags = key.flags;
			r->tag = key.tag;
			r->rdata = set[k]->rdata;
		}
	}
	for (size_t i = 0; i < b->rows.n; i++)
		b->rows.v[i].servers = servers;
}

/* Keys in the signed file or in past and cached sets are keys too. */
static void
add_known(struct build *b)
{
	const struct obs *file = b->s->signed_file;

	for (size_t i = 0; file && i < file->u.zonefile.dnskeys.n; i++)
		row_of(b, file->u.zonefile.dnskeys.v[i].rdata, file->u.zonefile.dnskeys.v[i].rdlen);
	for (size_t v = 0; v < b->s->history.dnskey.n; v++) {
		const struct version *ver = &b->s->history.dnskey.v[v];
		const struct rr_list *rrs = !ver->sample ? NULL
			: ver->sample->fact == FACT_ANSWER ? &ver->sample->u.answer.rrs
			: ver->sample->fact == FACT_RESOLVE ? &ver->sample->u.resolve.rrs
							    : NULL;
		const struct rr *set[MAX_SET];
		size_t n = rrs ? rr_select(rrs, &b->s->zone, T_DNSKEY, SECTION_ANSWER, set, MAX_SET) : 0;
		for (size_t k = 0; k < n; k++) {
			struct key_row *r = row_of(b, set[k]->rdata, set[k]->rdlen);
			if (!r || ver->off == TIME_NEVER)
				continue;
			if (r->left_zone == TIME_UNSET || ver->off > r->left_zone)
				r->left_zone = ver->off;
			if (r->cached_until == TIME_UNSET || ver->off + ver->ttl > r->cached_until)
				r->cached_until = ver->off + ver->ttl;
		}
	}
	for (size_t i = 0; i < b->rows.n; i++)
		if (b->rows.v[i].served)
			b->rows.v[i].left_zone = b->rows.v[i].cached_until = TIME_UNSET;
}

/* ---- what a key signs ---- */

static void
first_time(int64_t *slot, int64_t t)
{
	if (t != TIME_UNSET && (*slot == TIME_UNSET || t < *slot))
		*slot = t;
}

static void
count_sig(struct build *b, const struct rrsig *sig, bool dnskey)
{
	for (size_t i = 0; i < b->rows.n; i++) {
		struct key_row *r = &b->rows.v[i];
		if (r->tag != sig->tag || r->alg != sig->alg)
			continue;
		if (dnskey)
			r->signs_dnskey = true;
		else
			r->signs_data = true;
		r->rrsigs++;
		first_time(&r->first_expiration, clock_from_rrsig(sig->expiration, b->s->now / USEC));
	}
}

/* RRSIGs in what one server serves; more servers would only count the same ones again. */
static void
add_served_sigs(struct build *b)
{
	static const enum probe probes[] = { PROBE_DNSKEY, PROBE_SOA, PROBE_NS, PROBE_POSITIVE,
		PROBE_NODATA, PROBE_NXDOMAIN, PROBE_NSEC3PARAM };
	const struct cut_state *child = snapshot_child(b->s);

	for (size_t p = 0; child && p < sizeof probes / sizeof *probes; p++)
		for (size_t i = 0; i < child->n; i++) {
			const struct fact_answer *f = child_answer(&child->servers[i], probes[p]);
			const struct obs *o = child->servers[i].answer[probes[p]];
			const struct rr_list *rrs = f ? &f->rrs
				: o && probes[p] == PROBE_NXDOMAIN && o->u.answer.rcode == 3 &&
					child->servers[i].at.role == ROLE_CHILD ? &o->u.answer.rrs : NULL;
			for (size_t k = 0; rrs && k < rrs->n; k++) {
				struct rrsig sig;
				if (rrs->v[k].type == T_RRSIG &&
					rrsig_parse(rrs->v[k].rdata, rrs->v[k].rdlen, &sig) &&
					name_equal(&sig.signer, &b->s->zone))
					count_sig(b, &sig, sig.covered == T_DNSKEY);
			}
		}
}

/* The signed file knows how many RRsets a key signed; answers only show a few. */
static void
add_file_sigs(struct build *b)
{
	const struct obs *o = b->s->signed_file;
	const struct cut_state *child = snapshot_child(b->s);
	bool current = !child || child->n == 0;
	uint32_t serial;

	if (!o || !o->u.zonefile.readable)
		return;
	for (size_t i = 0; child && i < child->n; i++)
		current |= server_serial(&child->servers[i], &b->s->zone, &serial) &&
			serial == o->u.zonefile.serial;
	for (size_t i = 0; current && i < o->u.zonefile.signers.n; i++) {
		const struct signer_set *s = &o->u.zonefile.signers.v[i];
		for (size_t k = 0; k < b->rows.n; k++) {
			struct key_row *r = &b->rows.v[k];
			if (r->tag != s->tag || r->alg != s->alg)
				continue;
			r->rrsigs = s->rrsets + s->dnskey;
			r->rrsigs_from_file = true;
			first_time(&r->first_expiration, s->first_expiration);
		}
	}
}

/* ---- DS ---- */

static void
add_ds(struct build *b)
{
	const struct cut_state *parent = snapshot_parent(b->s);
	unsigned answering = 0;

	for (size_t i = 0; parent && i < parent->n; i++) {
		const struct obs *o = parent->servers[i].answer[PROBE_DS];
		const struct rr *set[MAX_SET];
		if (!o || !o->u.answer.aa || (o->u.answer.rcode != 0 && o->u.answer.rcode != 3) ||
			!name_equal(&o->u.answer.qname, &b->s->zone))
			continue;
		answering++;
		size_t n = rr_select(&o->u.answer.rrs, &b->s->zone, T_DS, SECTION_ANSWER, set, MAX_SET);
		for (size_t k = 0; k < b->rows.n; k++) {
			struct key_row *r = &b->rows.v[k];
			bool match = false, wrong = false;
			for (size_t d = 0; d < n; d++) {
				struct ds ds;
				uint8_t digest[64];
				if (!ds_parse(set[d]->rdata, set[d]->rdlen, &ds) || ds.tag != r->tag ||
					ds.alg != r->alg)
					continue;
				size_t len = ds_digest(&b->s->zone, r->rdata, r->rdlen, ds.digest_type, digest);
				if (len && len == ds.digest_len && memcmp(digest, ds.digest, len) == 0)
					match = true;
				else if (len)
					wrong = true;
			}
			r->ds_parents += match;
			if (match)
				r->ds = DS_MATCH;
			else if (wrong && r->ds != DS_MATCH)
				r->ds = DS_WRONG_DIGEST;
			else if (r->ds == DS_UNKNOWN)
				r->ds = DS_NONE;
		}
	}
	for (size_t i = 0; i < b->rows.n; i++)
		b->rows.v[i].parents = answering;
}

/* ---- the role, three ways ---- */

static enum key_role
role_of_word(const char *s)
{
	return !s ? KEYROLE_UNKNOWN : strcmp(s, "ksk") == 0 ? KEYROLE_KSK
		: strcmp(s, "zsk") == 0 ? KEYROLE_ZSK : KEYROLE_UNKNOWN;
}

/* One SEP key that also signs the data is a CSK; a ZSK that signs the DNSKEY set too is still a
 * ZSK (BIND does so without -x), so use alone decides only between what it excludes. */
static void
decide_role(struct build *b, struct key_row *r)
{
	bool other_zsk = false;

	for (size_t i = 0; i < b->rows.n; i++)
		other_zsk |= &b->rows.v[i] != r && b->rows.v[i].alg == r->alg &&
			!(b->rows.v[i].flags & DNSKEY_SEP) && (b->rows.v[i].served || b->rows.v[i].file);
	r->by_flags = r->flags & DNSKEY_SEP ? KEYROLE_KSK : KEYROLE_ZSK;
	r->by_use = r->signs_dnskey && r->signs_data ? KEYROLE_CSK : r->signs_dnskey ? KEYROLE_KSK
		: r->signs_data ? KEYROLE_ZSK : KEYROLE_UNKNOWN;
	r->by_ds = r->ds == DS_MATCH ? KEYROLE_KSK : KEYROLE_UNKNOWN;
	r->by_comment = r->file ? role_of_word(r->file->u.keyfile.comment_role) : KEYROLE_UNKNOWN;
	r->role = r->by_flags;
	if (r->by_use == KEYROLE_CSK && !other_zsk && (r->by_flags == KEYROLE_KSK || r->by_ds == KEYROLE_KSK))
		r->role = KEYROLE_CSK;
	if (r->by_flags == KEYROLE_ZSK && r->by_ds == KEYROLE_KSK)
		r->role = r->signs_data ? KEYROLE_CSK : KEYROLE_KSK;
}

static void
find_conflict(struct build *b, struct key_row *r)
{
	bool ksk_acts_as_zsk = r->by_flags == KEYROLE_KSK && r->signs_data && r->role != KEYROLE_CSK;

	if (r->by_comment != KEYROLE_UNKNOWN && r->by_comment != r->by_flags)
		r->conflict = arena_printf(b->a, "the comment says %s, the flags (%u) say %s: flags decide",
			key_role_name(r->by_comment), r->flags, key_role_name(r->by_flags));
	else if (r->by_flags == KEYROLE_ZSK && r->by_ds == KEYROLE_KSK)
		r->conflict = arena_printf(b->a, "a DS points to it though its flags are %u: rolling it as "
			"a ZSK would break the chain", r->flags);
	else if (ksk_acts_as_zsk)
		r->conflict = "a KSK signs data although there is a ZSK";
}

/* ---- words ---- */

static const char *
signs_words(const struct key_row *r)
{
	if (r->signs_dnskey && r->signs_data)
		return "all";
	return r->signs_dnskey ? "DNSKEY" : r->signs_data ? "all others" : "-";
}

static bool
used(const struct key_row *r)
{
	return r->served || r->signs_data || r->signs_dnskey;
}

static void
say_timing(struct build *b, struct key_row *r, int64_t now)
{
	const struct fact_keyfile *f = &r->file->u.keyfile;
	const char *role = key_role_name(r->role);
	char span[24];

	switch (r->timing) {
	case KEY_INACTIVE:
		r->state = used(r) ? "INACTIVE" : "inactive";
		r->severity = 1;
		clock_span(span, sizeof span, now - f->time[KT_INACTIVE]);
		r->state_text = arena_printf(b->a, "%s %u stopped signing %s ago (Inactive passed)%s", role,
			r->tag, span, r->served ? "; still published" : "");
		break;
	case KEY_REMOVED:
		r->state = used(r) ? "REMOVED" : "removed";
		r->severity = used(r) ? 1 : 0;
		clock_span(span, sizeof span, now - f->time[KT_DELETE]);
		r->state_text = arena_printf(b->a, "%s %u is to leave the zone since %s (Delete passed)%s",
			role, r->tag, span, r->served ? "; still published" : "");
		break;
	case KEY_FUTURE:
		r->state = "future";
		r->state_text = arena_printf(b->a, "%s %u is not to be published yet", role, r->tag);
		break;
	case KEY_PUBLISHED:
		r->state = r->served ? "standby" : "published";
		r->state_text = arena_printf(b->a, "%s %u is published and does not sign yet", role, r->tag);
		break;
	case KEY_ACTIVE:
		r->state = "active";
		if (r->ends == TIME_NEVER)
			r->state_text = arena_printf(b->a, "%s %u is active, without an end", role, r->tag);
		else
			r->state_text = arena_printf(b->a, "%s %u is active for another %s", role, r->tag,
				clock_span(span, sizeof span, r->ends - now));
		break;
	case KEY_TIMING_UNKNOWN:
		r->state = r->served ? "served" : "no times";
		r->state_text = arena_printf(b->a, "%s %u has no times in its file", role, r->tag);
		break;
	}
	if (!r->served && r->servers && r->timing == KEY_ACTIVE) {
		r->state = "not served";
		r->severity = 1;
	}
}

static void
say(struct build *b, struct key_row *r)
{
	int64_t now = b->s->now / USEC;
	const char *role = key_role_name(r->role);

	r->signs = signs_words(r);
	if (r->file)
		say_timing(b, r, now);
	else if (r->served) {
		r->state = r->signs_dnskey || r->signs_data ? "signing" : "standby";
		r->state_text = arena_printf(b->a, "%s %u is served%s%s", role, r->tag,
			used(r) && (r->signs_dnskey || r->signs_data) ? " and signs" : " and does not sign",
			b->s->keydir && b->s->keydir->u.keydir.readable ? "; there is no file of it here" : "");
	} else {
		r->state = r->cached_until != TIME_UNSET && r->cached_until > now ? "cached" : "gone";
		r->state_text = arena_printf(b->a, "%s %u is not served any more", role, r->tag);
	}
	if (r->flags & DNSKEY_REVOKE) {
		r->state = "REVOKED";
		r->severity = 1;
	}
	if (r->ds == DS_WRONG_DIGEST)
		r->severity = 1;
	if (r->ds == DS_MATCH && !r->served && r->servers)
		r->severity = 2;
	if (r->cached_until != TIME_UNSET && r->cached_until > now && r->severity == 0)
		r->severity = 1;
}

static int
by_role(const void *a, const void *b)
{
	const struct key_row *x = a, *y = b;
	bool xk = x->role == KEYROLE_KSK || x->role == KEYROLE_CSK;
	bool yk = y->role == KEYROLE_KSK || y->role == KEYROLE_CSK;

	if (xk != yk)
		return xk ? -1 : 1;
	if (!x->served != !y->served)
		return x->served ? -1 : 1;
	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->alg - y->alg;
}

const struct inventory *
inventory_make(struct arena *a, const struct snapshot *s)
{
	struct inventory *inv = arena_new_one(a, struct inventory);
	struct build b = { .a = a, .s = s };

	add_files(&b);
	add_served(&b);
	add_known(&b);
	add_served_sigs(&b);
	add_file_sigs(&b);
	add_ds(&b);
	for (size_t i = 0; i < b.rows.n; i++) {
		decide_role(&b, &b.rows.v[i]);
		find_conflict(&b, &b.rows.v[i]);
	}
	for (size_t i = 0; i < b.rows.n; i++)
		say(&b, &b.rows.v[i]);
	if (b.rows.n)
		qsort(b.rows.v, b.rows.n, sizeof *b.rows.v, by_role);
	inv->rows = b.rows.v;
	inv->n = b.rows.n;
	inv->have_keydir = s->keydir && s->keydir->u.keydir.readable;
	return inv;
}

const struct key_row *
inventory_by_rdata(const struct inventory *inv, const uint8_t *rdata, size_t len)
{
	for (size_t i = 0; i < inv->n; i++)
		if (same_key(inv->rows[i].rdata, inv->rows[i].rdlen, rdata, len))
			return &inv->rows[i];
	return NULL;
}

const struct key_row *
inventory_by_tag(const struct inventory *inv, uint16_t tag, uint8_t alg)
{
	for (size_t i = 0; i < inv->n; i++)
		if (inv->rows[i].tag == tag && inv->rows[i].alg == alg)
			return &inv->rows[i];
	return NULL;
}
