/*
 * tool_many DIR N: a tree of really signed zones for tests with many of them: root, org and
 * z1.org to zN.org, each with a KSK, a ZSK and an NSEC chain, written as DIR/NAME.signed, with
 * DIR/root.hints and DIR/root.key. Made in a second, where dnssec-signzone takes minutes.
 *
 * Zone 3 has signatures that are over, zone 4 a DS with a wrong digest; every tenth has a third
 * server, 127.0.0.7, which nobody plays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "zone/rrset.h"

#define TTL "300"
#define DAY INT64_C(86400)

struct zone {
	struct arena *a;
	struct name apex;
	char text[80];
	struct {
		struct rr *v;
		size_t n, cap;
	} rrs;
	struct privkey *ksk, *zsk;
	int64_t from, to; /* of its signatures */
};

static void
die(const char *what)
{
	fprintf(stderr, "tool_many: %s\n", what);
	exit(1);
}

static void
add(struct zone *z, const char *fmt, ...)
{
	struct err e;
	struct text t = { 0 };
	struct rr rr;
	va_list ap;

	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	if (!rr_from_text(z->a, text_str(&t), 300, &rr, &e))
		die(text_str(&t));
	arena_push(z->a, &z->rrs, rr);
	text_free(&t);
}

static void
add_key(struct zone *z, const struct privkey *k)
{
	struct rr rr = { .owner = z->apex, .type = T_DNSKEY, .class = 1, .ttl = 300, .rdata = k->dnskey,
		.rdlen = k->dnskey_len };

	arena_push(z->a, &z->rrs, rr);
}

static void
begin(struct zone *z, const char *apex)
{
	*z = (struct zone){ .a = arena_new(), .from = clock_seconds() - 3600, .to = clock_seconds() + 30 * DAY };
	snprintf(z->text, sizeof z->text, "%s", apex);
	if (!name_from_text(&z->apex, apex, NULL) || !(z->ksk = privkey_generate(13, 0, 257, NULL)) ||
			!(z->zsk = privkey_generate(13, 0, 256, NULL)))
		die(apex);
	add_key(z, z->ksk);
	add_key(z, z->zsk);
}

static int
by_owner_type(const void *x, const void *y)
{
	const struct rr *a = x, *b = y;
	int c = name_cmp(&a->owner, &b->owner);

	return c ? c : (int)a->type - (int)b->type;
}

/* Is OWNER below a delegation (glue), or the delegation itself (*CUT)? */
static bool
glue(const struct zone *z, const struct name *owner, bool *cut)
{
	*cut = false;
	for (size_t i = 0; i < z->rrs.n; i++) {
		const struct rr *ns = &z->rrs.v[i];
		if (ns->type != T_NS || name_equal(&ns->owner, &z->apex) || !name_at_or_below(owner, &ns->owner))
			continue;
		if (!name_equal(owner, &ns->owner))
			return true;
		*cut = true;
	}
	return false;
}

static size_t
run_of(const struct zone *z, size_t i, bool type_too)
{
	size_t n = 1;

	while (i + n < z->rrs.n && name_equal(&z->rrs.v[i + n].owner, &z->rrs.v[i].owner) &&
			(!type_too || z->rrs.v[i + n].type == z->rrs.v[i].type))
		n++;
	return n;
}

/* An NSEC for every name that is not glue; the records are sorted by owner. */
static void
add_nsec(struct zone *z)
{
	size_t n = z->rrs.n, from = 0;
	char types[300], owner[NAME_MAX_TEXT], next[NAME_MAX_TEXT];
	bool cut;

	for (size_t i = 0; i < n; i = from) {
		size_t len = run_of(z, i, false);
		from = i + len;
		if (glue(z, &z->rrs.v[i].owner, &cut))
			continue;
		size_t k = from;
		bool c;
		while (k < n && glue(z, &z->rrs.v[k].owner, &c))
			k++;
		types[0] = '\0';
		for (size_t r = i; r < from; r += run_of(z, r, true))
			snprintf(types + strlen(types), sizeof types - strlen(types), " %s",
				rrtype_name(z->rrs.v[r].type));
		name_to_text(owner, &z->rrs.v[i].owner);
		name_to_text(next, k < n ? &z->rrs.v[k].owner : &z->apex);
		add(z, "%s " TTL " IN NSEC %s%s RRSIG NSEC", owner, next, types);
	}
}

static void
put(FILE *f, struct arena *a, const struct rr *rr)
{
	fprintf(f, "%s\n", rr_to_text(a, rr));
}

static void
sign_run(struct zone *z, FILE *f, size_t i, size_t n, struct privkey *k)
{
	const struct rr *set[4000];
	struct rr sig = { .owner = z->rrs.v[i].owner, .type = T_RRSIG, .class = 1, .ttl = 300 };
	struct err e;

	for (size_t r = 0; r < n; r++)
		set[r] = &z->rrs.v[i + r];
	sig.rdata = rrset_sign(z->a, k, &z->apex, set, n, z->from, z->to, &sig.rdlen, &e);
	if (!sig.rdata)
		die("signing");
	put(f, z->a, &sig);
}

static void
finish(struct zone *z, const char *dir)
{
	char path[4096];
	bool cut;

	qsort(z->rrs.v, z->rrs.n, sizeof *z->rrs.v, by_owner_type);
	add_nsec(z);
	qsort(z->rrs.v, z->rrs.n, sizeof *z->rrs.v, by_owner_type);
	snprintf(path, sizeof path, "%s/%.*s.signed", dir, z->apex.len == 1 ? 4 : (int)strlen(z->text) - 1,
		z->apex.len == 1 ? "root" : z->text);
	FILE *f = fopen(path, "w");
	if (!f)
		die(path);
	for (size_t i = 0, n; i < z->rrs.n; i += n) {
		n = run_of(z, i, true);
		for (size_t r = i; r < i + n; r++)
			put(f, z->a, &z->rrs.v[r]);
		uint16_t type = z->rrs.v[i].type;
		if (glue(z, &z->rrs.v[i].owner, &cut) || (cut && type != T_DS && type != T_NSEC))
			continue;
		sign_run(z, f, i, n, type == T_DNSKEY ? z->ksk : z->zsk);
	}
	if (fclose(f) != 0)
		die(path);
}

/* The DS of Z's KSK as text. */
static const char *
ds_of(struct zone *z, bool spoilt)
{
	uint8_t digest[64];
	char hex[129];
	size_t n = ds_digest(&z->apex, z->ksk->dnskey, z->ksk->dnskey_len, 2, digest);

	if (n == 0)
		die("digest");
	if (spoilt)
		digest[0] ^= 1;
	text_hex(hex, sizeof hex, digest, n);
	return arena_printf(z->a, "%s " TTL " IN DS %u 13 2 %s", z->text, z->ksk->tag, hex);
}

static void
drop(struct zone *z)
{
	privkey_free(z->ksk);
	privkey_free(z->zsk);
	arena_free(z->a);
}

static void
leaf(const char *dir, unsigned i, struct zone *org)
{
	unsigned servers = i % 10 == 0 ? 3 : 2;
	struct zone z;
	char apex[80];

	snprintf(apex, sizeof apex, "z%u.org.", i);
	begin(&z, apex);
	if (i == 3) {
		z.from -= 30 * DAY;
		z.to = clock_seconds() - 3600;
	}
	add(&z, "%s " TTL " IN SOA ns1.%s h.%s 2013051500 180 180 1209600 300", apex, apex, apex);
	add(&z, "www.%s " TTL " IN A 192.0.2.1", apex);
	for (unsigned s = 0; s < servers; s++) {
		add(&z, "%s " TTL " IN NS ns%u.%s", apex, s + 1, apex);
		add(&z, "ns%u.%s " TTL " IN A 127.0.0.%u", s + 1, apex, s + 5);
		add(org, "%s " TTL " IN NS ns%u.%s", apex, s + 1, apex);
		add(org, "ns%u.%s " TTL " IN A 127.0.0.%u", s + 1, apex, s + 5);
	}
	add(org, "%s", ds_of(&z, i == 4));
	finish(&z, dir);
	drop(&z);
}

static void
hints_and_anchor(const char *dir, struct zone *root)
{
	struct rr key = { .owner = root->apex, .type = T_DNSKEY, .class = 1, .ttl = 300, .rdata = root->ksk->dnskey,
		.rdlen = root->ksk->dnskey_len };
	char path[4096];

	snprintf(path, sizeof path, "%s/root.hints", dir);
	FILE *f = fopen(path, "w");
	if (!f || fprintf(f, ". 3600000 NS a.root.\na.root. 3600000 A 127.0.0.2\n") < 0 || fclose(f) != 0)
		die(path);
	snprintf(path, sizeof path, "%s/root.key", dir);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%s\n", rr_to_text(root->a, &key)) < 0 || fclose(f) != 0)
		die(path);
}

int
main(int argc, char **argv)
{
	struct zone root, org;
	unsigned n = argc == 3 ? (unsigned)atoi(argv[2]) : 0;

	if (n == 0) {
		fprintf(stderr, "usage: tool_many DIR N\n");
		return 64;
	}
	begin(&root, ".");
	begin(&org, "org.");
	add(&org, "org. " TTL " IN SOA a.org. h.org. 1 3600 900 1209600 300");
	add(&org, "org. " TTL " IN NS a.org.");
	add(&org, "a.org. " TTL " IN A 127.0.0.3");
	add(&root, ". " TTL " IN SOA a.root. h.root. 1 3600 900 1209600 300");
	add(&root, ". " TTL " IN NS a.root.");
	add(&root, "a.root. " TTL " IN A 127.0.0.2");
	add(&root, "org. " TTL " IN NS a.org.");
	add(&root, "a.org. " TTL " IN A 127.0.0.3");
	add(&root, "%s", ds_of(&org, false));
	for (unsigned i = 1; i <= n; i++)
		leaf(argv[1], i, &org);
	finish(&org, argv[1]);
	hints_and_anchor(argv[1], &root);
	finish(&root, argv[1]);
	drop(&org);
	drop(&root);
	return 0;
}
