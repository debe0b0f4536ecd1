/*
 * tool_verdicts DIR ADDRESS: the cases of the safety theory's table of verdicts as real zones
 * cNN.vt: DIR/cNN.vt.signed, and DIR/vt.ds with the delegations and DS records for their parent.
 * Prints for each case what Algorithm A says of it for Unbound, BIND (strict) and a hardened
 * Unbound: "NN unbound strict hardened-or-dash words".
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "verdict/verdict.h"
#include "zone/rrset.h"

#define DAY 86400

/* Keys by what they are; a case names them by letter. */
enum { K1, K2, Z1, ZX, E1, EZ, S1, SZ, ONE, KEYS };
static const struct {
	uint8_t alg;
	uint16_t flags;
} kinds[KEYS] = { { 13, 257 }, { 13, 257 }, { 13, 256 }, { 13, 256 }, { 15, 257 }, { 15, 256 },
	{ 5, 257 }, { 5, 256 }, { 13, 256 } };


enum ds_kind { DS_GOOD, DS_BAD, DS_SHA1, DS_SHA384, DS_ODD_ALG, DS_ODD_DIGEST, DS_ALG16 };
struct case_ds {
	int key; /* -1 ends */
	enum ds_kind kind;
};
#define NONE -1
struct vcase {
	const char *words;
	struct case_ds ds[4];
	int keys[5];	    /* the DNSKEY set; NONE first: no DNSKEY */
	int key_signers[4];
	int data_signers[4];
	int revoked;	    /* this one is revoked in the set; NONE */
	int late_keys, late_data; /* seconds by which the signature's end is past; 0: valid */
	int early_data;	    /* seconds until it begins */
	bool hardened;	    /* asked of the hardened Unbound too */
};
#define END { NONE, DS_GOOD }
#define USUAL .keys = { K1, Z1, NONE }, .key_signers = { K1, NONE }, .data_signers = { Z1, NONE }, .revoked = NONE
#define ONLY_K2 .keys = { K2, Z1, NONE }, .key_signers = { K2, NONE }, .data_signers = { Z1, NONE }, .revoked = NONE

static const struct vcase cases[] = {
	{ "one KSK, one DS", .ds = { { K1, DS_GOOD }, END }, USUAL, .hardened = true },
	{ "two DS, both KSKs sign", .ds = { { K1, DS_GOOD }, { K2, DS_GOOD }, END },
		.keys = { K1, K2, Z1, NONE }, .key_signers = { K1, K2, NONE }, .data_signers = { Z1, NONE }, .revoked = NONE },
	{ "two DS, only the second KSK is there", .ds = { { K1, DS_GOOD }, { K2, DS_GOOD }, END }, ONLY_K2 },
	{ "two DS, both KSKs there, the first signs", .ds = { { K1, DS_GOOD }, { K2, DS_GOOD }, END },
		.keys = { K1, K2, Z1, NONE }, .key_signers = { K1, NONE }, .data_signers = { Z1, NONE }, .revoked = NONE },
	{ "a good and a wrong DS, the good one's key signs", .ds = { { K1, DS_GOOD }, { K2, DS_BAD }, END },
		.keys = { K1, K2, Z1, NONE }, .key_signers = { K1, NONE }, .data_signers = { Z1, NONE }, .revoked = NONE },
	{ "the same tag with a bad digest beside the good one", .ds = { { K1, DS_BAD }, { K1, DS_GOOD }, END }, USUAL },
	{ "DS of a key that is gone", .ds = { { K1, DS_GOOD }, END }, ONLY_K2 },
	{ "DS of a key that is gone, and a wrong one", .ds = { { K1, DS_GOOD }, { K2, DS_BAD }, END }, ONLY_K2 },
	{ "DS of a key that is not there yet", .ds = { { K2, DS_GOOD }, END }, USUAL },
	{ "the DS's key is there and does not sign", .ds = { { K2, DS_GOOD }, END },
		.keys = { K1, K2, Z1, NONE }, .key_signers = { K1, NONE }, .data_signers = { Z1, NONE }, .revoked = NONE },
	{ "data signed by an unknown ZSK", .ds = { { K1, DS_GOOD }, END }, .keys = { K1, Z1, NONE },
		.key_signers = { K1, NONE }, .data_signers = { ZX, NONE }, .revoked = NONE },
	{ "data unsigned", .ds = { { K1, DS_GOOD }, END }, .keys = { K1, Z1, NONE },
		.key_signers = { K1, NONE }, .data_signers = { NONE }, .revoked = NONE },
	{ "the zone unsigned under a DS", .ds = { { K1, DS_GOOD }, END }, .keys = { NONE },
		.key_signers = { NONE }, .data_signers = { NONE }, .revoked = NONE },
	{ "every DS wrong", .ds = { { K1, DS_BAD }, { K2, DS_BAD }, END }, USUAL },
	{ "a wrong DS, and one of an unknown algorithm", .ds = { { K1, DS_BAD }, { K2, DS_ODD_ALG }, END }, USUAL },
	{ "a DS of algorithm 16, which the zone does not have", .ds = { { K1, DS_ALG16 }, END }, USUAL },
	{ "signed, no DS", .ds = { END }, USUAL },
	{ "a DS of an unknown algorithm only", .ds = { { K1, DS_ODD_ALG }, END }, USUAL, .hardened = true },
	{ "a DS of an unknown digest only", .ds = { { K1, DS_ODD_DIGEST }, END }, USUAL, .hardened = true },
	{ "not signed, no DS", .ds = { END }, .keys = { NONE }, .key_signers = { NONE },
		.data_signers = { NONE }, .revoked = NONE },
	{ "data expired 10 minutes ago", .ds = { { K1, DS_GOOD }, END }, USUAL, .late_data = 600 },
	{ "DNSKEY signature expired 10 minutes ago", .ds = { { K1, DS_GOOD }, END }, USUAL, .late_keys = 600 },
	{ "data valid in 10 minutes", .ds = { { K1, DS_GOOD }, END }, USUAL, .early_data = 600 },
	{ "SHA-1 of the first, SHA-256 of the second, only the first is there",
		.ds = { { K1, DS_SHA1 }, { K2, DS_GOOD }, END }, USUAL },
	{ "the only KSK is revoked", .ds = { { K1, DS_GOOD }, END }, USUAL },
	{ "data of algorithm 13 only, DS of 13 and 15", .ds = { { K1, DS_GOOD }, { E1, DS_GOOD }, END },
		.keys = { K1, E1, Z1, EZ, NONE }, .key_signers = { K1, E1, NONE }, .data_signers = { Z1, NONE },
		.revoked = NONE, .hardened = true },
	{ "DNSKEY of algorithm 13 only, DS of 13 and 15", .ds = { { K1, DS_GOOD }, { E1, DS_GOOD }, END },
		USUAL, .hardened = true },
	{ "algorithm 5", .ds = { { S1, DS_GOOD }, END }, .keys = { S1, SZ, NONE }, .key_signers = { S1, NONE },
		.data_signers = { SZ, NONE }, .revoked = NONE },
	{ "a SHA-1 DS only", .ds = { { K1, DS_SHA1 }, END }, USUAL },
	{ "a SHA-384 DS", .ds = { { K1, DS_SHA384 }, END }, USUAL },
	{ "a revoked key beside", .ds = { { K1, DS_GOOD }, END }, .keys = { K1, K2, Z1, NONE },
		.key_signers = { K1, K2, NONE }, .data_signers = { Z1, NONE }, .revoked = K2 },
	{ "a DS of a key of flags 256", .ds = { { ONE, DS_GOOD }, END }, .keys = { ONE, NONE },
		.key_signers = { ONE, NONE }, .data_signers = { ONE, NONE }, .revoked = NONE },
	{ "the KSK signs the data", .ds = { { K1, DS_GOOD }, END }, .keys = { K1, NONE },
		.key_signers = { K1, NONE }, .data_signers = { K1, NONE }, .revoked = NONE },
	{ "algorithms 13 and 15, both complete", .ds = { { K1, DS_GOOD }, { E1, DS_GOOD }, END },
		.keys = { K1, E1, Z1, EZ, NONE }, .key_signers = { K1, E1, NONE }, .data_signers = { Z1, EZ, NONE },
		.revoked = NONE, .hardened = true },
};
#define CASES (sizeof cases / sizeof *cases)
#define ONLY_KSK_REVOKED 24

static struct privkey *keys[KEYS];
static struct arena *a;
static int64_t now;

/* The DNSKEY RDATA of key K in case C, revoked or not. */
static const uint8_t *
key_rdata(const struct vcase *c, int k, uint16_t *len)
{
	uint8_t *r = arena_memdup(a, keys[k]->dnskey, keys[k]->dnskey_len);

	*len = keys[k]->dnskey_len;
	if (c->revoked == k || (c == &cases[ONLY_KSK_REVOKED] && k == K1))
		r[1] |= 0x80;
	return r;
}

static struct rr
rr_of(const struct name *owner, uint16_t type, const uint8_t *rdata, uint16_t len)
{
	return (struct rr){ .owner = *owner, .type = type, .class = 1, .ttl = 300, .rdlen = len,
		.rdata = rdata };
}

static struct rr
rr_text(const char *text)
{
	struct rr rr = { 0 };

	rr_from_text(a, text, 300, &rr, NULL);
	return rr;
}

/* Appends SET and its signatures by SIGNERS. */
static void
put(struct rr_list *out, const struct rr *set, size_t n, const struct vcase *c, const struct name *apex,
	const int *signers, int late, int early)
{
	const struct rr *v[8];

	for (size_t i = 0; i < n; i++) {
		v[i] = &set[i];
		arena_push(a, out, set[i]);
	}
	for (int s = 0; signers[s] != NONE; s++) {
		struct privkey as = *keys[signers[s]];
		uint16_t len;
		as.dnskey = (uint8_t *)(uintptr_t)key_rdata(c, signers[s], &len);
		as.tag = dnskey_tag(as.dnskey, len);
		const uint8_t *r = rrset_sign(a, &as, apex, v, n, early ? now + early : now - DAY,
			late ? now - late : now + DAY, &len, NULL);
		keys[signers[s]]->sign_ctx = as.sign_ctx;
		keys[signers[s]]->md_ctx = as.md_ctx;
		arena_push(a, out, rr_of(&set->owner, T_RRSIG, r, len));
	}
}

static void
put_ds(struct rr_list *out, const struct vcase *c, const struct name *apex)
{
	static const uint8_t types[] = { [DS_GOOD] = 2, [DS_BAD] = 2, [DS_SHA1] = 1, [DS_SHA384] = 4,
		[DS_ODD_ALG] = 2, [DS_ODD_DIGEST] = 200, [DS_ALG16] = 2 };

	for (const struct case_ds *d = c->ds; d->key != NONE; d++) {
		uint8_t *r = arena_alloc(a, 68);
		uint16_t len;
		const uint8_t *key = key_rdata(c, d->key, &len);
		uint16_t tag = dnskey_tag(key, len);
		size_t n = ds_digest(apex, key, len, d->kind == DS_ODD_DIGEST ? 2 : types[d->kind], r + 4);
		r[0] = (uint8_t)(tag >> 8);
		r[1] = (uint8_t)tag;
		r[2] = d->kind == DS_ODD_ALG ? 200 : d->kind == DS_ALG16 ? 16 : key[3];
		r[3] = types[d->kind];
		if (d->kind == DS_BAD)
			r[10] ^= 0x55;
		arena_push(a, out, rr_of(apex, T_DS, r, (uint16_t)(4 + n)));
	}
}

static void
print_list(FILE *f, const struct rr_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		fprintf(f, "%s\n", rr_to_text(a, &l->v[i]));
}

static void
write_case(const char *dir, const char *address, size_t i, FILE *parent)
{
	const struct vcase *c = &cases[i];
	struct rr_list all = { 0 }, dnskey = { 0 }, data = { 0 }, ds = { 0 };
	char zone[40], path[500];
	struct name apex;
	struct rr set[5];
	size_t n = 0;

	snprintf(zone, sizeof zone, "c%02zu.vt.", i + 1);
	name_from_text(&apex, zone, NULL);
	for (int k = 0; c->keys[k] != NONE; k++) {
		uint16_t len;
		const uint8_t *r = key_rdata(c, c->keys[k], &len);
		set[n++] = rr_of(&apex, T_DNSKEY, r, len);
	}
	if (n)
		put(&dnskey, set, n, c, &apex, c->key_signers, c->late_keys, 0);
	struct rr www = rr_text(arena_printf(a, "www.%s 300 IN A 192.0.2.80", zone));
	put(&data, &www, 1, c, &apex, c->data_signers, c->late_data, c->early_data);
	struct rr soa = rr_text(arena_printf(a, "%s 300 IN SOA ns.%s h.%s 1 3600 900 1209600 300", zone, zone, zone));
	struct rr ns = rr_text(arena_printf(a, "%s 300 IN NS ns.%s", zone, zone));
	struct rr glue = rr_text(arena_printf(a, "ns.%s 300 IN A %s", zone, address));
	put(&all, &soa, 1, c, &apex, c->data_signers, c->late_data, c->early_data);
	put(&all, &ns, 1, c, &apex, c->data_signers, c->late_data, c->early_data);
	put(&all, &glue, 1, c, &apex, c->data_signers, c->late_data, c->early_data);
	put_ds(&ds, c, &apex);
	snprintf(path, sizeof path, "%s/c%02zu.vt.signed", dir, i + 1);
	FILE *f = fopen(path, "w");
	if (!f)
		return;
	print_list(f, &all);
	print_list(f, &dnskey);
	print_list(f, &data);
	fclose(f);
	fprintf(parent, "%s NS ns.%s\nns.%s A %s\n", zone, zone, zone, address);
	print_list(parent, &ds);
	const struct profile *p[] = { profile_find("unbound"), profile_find("strict"), profile_find("hardened") };
	struct memo *m = memo_new(a);
	printf("%02zu", i + 1);
	for (int k = 0; k < 3; k++)
		printf(" %s", k == 2 && !c->hardened ? "-"
			: verdict_name(verdict_of(m, &apex, &ds, &dnskey, &data, now, p[k], NULL)));
	printf(" %s\n", c->words);
}

int
main(int argc, char **argv)
{
	char path[500];
	struct err e = { 0 };

	if (argc != 3)
		return 64;
	a = arena_new();
	now = clock_seconds();
	for (int k = 0; k < KEYS; k++) {
		keys[k] = privkey_generate(kinds[k].alg, kinds[k].alg == 5 ? 1024 : 0, kinds[k].flags, &e);
		if (!keys[k]) {
			fprintf(stderr, "key %d: %s\n", k, e.seen);
			return 3;
		}
	}
	snprintf(path, sizeof path, "%s/vt.ds", argv[1]);
	FILE *parent = fopen(path, "w");
	if (!parent)
		return 3;
	for (size_t i = 0; i < CASES; i++)
		write_case(argv[1], argv[2], i, parent);
	fclose(parent);
	for (int k = 0; k < KEYS; k++)
		privkey_free(keys[k]);
	arena_free(a);
	return 0;
}
