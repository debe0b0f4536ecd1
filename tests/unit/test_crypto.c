/* crypto, rrset: signatures made here are accepted by ldns and the other way round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "zone/crypto.h"
#include "zone/rrset.h"

static const uint8_t algs[] = { 5, 7, 8, 10, 13, 14, 15, 16 };
#define N_ALGS (sizeof algs)

static ldns_rr *
to_ldns(const struct rr *rr)
{
	uint8_t wire[2048];
	size_t n = rr->owner.len, pos = 0;
	ldns_rr *out = NULL;

	memcpy(wire, rr->owner.wire, n);
	const uint8_t head[10] = { (uint8_t)(rr->type >> 8), (uint8_t)rr->type, 0, 1,
		(uint8_t)(rr->ttl >> 24), (uint8_t)(rr->ttl >> 16), (uint8_t)(rr->ttl >> 8),
		(uint8_t)rr->ttl, (uint8_t)(rr->rdlen >> 8), (uint8_t)rr->rdlen };
	memcpy(wire + n, head, 10);
	memcpy(wire + n + 10, rr->rdata, rr->rdlen);
	assert_int_equal(ldns_wire2rr(&out, wire, n + 10 + rr->rdlen, &pos, LDNS_SECTION_ANSWER),
		LDNS_STATUS_OK);
	return out;
}

/* Records whose order, case, duplicates and wildcard owner all matter. */
static const char *const sets[][4] = {
	{ "www.Example.ORG. 3600 IN A 192.0.2.9", "www.Example.ORG. 3600 IN A 192.0.2.1", NULL },
	{ "example.org. 300 IN MX 10 MAIL.example.org.", "example.org. 300 IN MX 5 B.example.ORG.",
		"example.org. 300 IN MX 5 a.EXAMPLE.org.", NULL },
	{ "*.w.example.org. 60 IN TXT \"UPPER\" \"lower\"", NULL },
	{ "example.org. 3600 IN SOA NS.example.org. Host.example.org. 1 2 3 4 5", NULL },
	{ "s.example.org. 3600 IN SRV 1 2 3 TARGET.example.org.", NULL },
	{ "n.example.org. 3600 IN NAPTR 1 2 \"U\" \"E2U+sip\" \"!A!B!\" TARGET.example.org.", NULL },
	{ "example.org. 3600 IN NSEC B.example.org. A NS SOA RRSIG", NULL },
};

static size_t
load(struct arena *a, const char *const *text, struct rr *rrs, const struct rr **ptrs)
{
	size_t n = 0;

	for (; text[n] && n < 4; n++) {
		assert_true(rr_from_text(a, text[n], 3600, &rrs[n], NULL));
		ptrs[n] = &rrs[n];
	}
	return n;
}

static ldns_status
ldns_says(const struct rr *rrs, size_t n, const struct rr *rrsig, const struct privkey *k,
	const struct name *apex, int64_t now)
{
	ldns_rr_list *set = ldns_rr_list_new(), *keys = ldns_rr_list_new();
	struct rr key = { .owner = *apex, .type = T_DNSKEY, .class = 1, .ttl = 3600,
		.rdlen = k->dnskey_len, .rdata = k->dnskey };
	ldns_rr *sig = to_ldns(rrsig);

	for (size_t i = 0; i < n; i++)
		ldns_rr_list_push_rr(set, to_ldns(&rrs[i]));
	ldns_rr_list_push_rr(keys, to_ldns(&key));
	ldns_status st = ldns_verify_rrsig_keylist_notime(set, sig, keys, NULL);
	(void)now;
	ldns_rr_list_deep_free(set);
	ldns_rr_list_deep_free(keys);
	ldns_rr_free(sig);
	return st;
}

static void
ldns_accepts_what_we_sign(void **state)
{
	const int64_t now = 1700000000;
	struct name apex;

	(void)state;
	assert_true(name_from_text(&apex, "Example.org.", NULL));
	for (size_t ai = 0; ai < N_ALGS; ai++) {
		struct privkey *k = privkey_generate(algs[ai], 1024, 256, NULL);
		assert_non_null(k);
		for (size_t si = 0; si < sizeof sets / sizeof *sets; si++) {
			struct arena *a = arena_new();
			struct rr rrs[4];
			const struct rr *ptrs[4];
			size_t n = load(a, sets[si], rrs, ptrs);
			struct rr sig = { .owner = rrs[0].owner, .type = T_RRSIG, .class = 1,
				.ttl = rrs[0].ttl };
			sig.rdata = rrset_sign(a, k, &apex, ptrs, n, now, now + 86400, &sig.rdlen, NULL);
			assert_non_null(sig.rdata);
			assert_int_equal(ldns_says(rrs, n, &sig, k, &apex, now), LDNS_STATUS_OK);
			struct rrsig s;
			size_t len;
			assert_true(rrsig_parse(sig.rdata, sig.rdlen, &s));
			uint8_t *data = rrset_signed_data(a, &s, sig.rdata, ptrs, n, &len);
			struct dnskey dk;
			assert_true(dnskey_parse(k->dnskey, k->dnskey_len, &dk));
			struct pubkey *p = pubkey_new(&dk, NULL);
			assert_non_null(p);
			assert_int_equal(pubkey_siglen(p), s.siglen);
			for (int round = 0; round < 3; round++) {
				assert_int_equal(pubkey_verify(p, data, len, s.sig, s.siglen), CRYPTO_GOOD);
				data[0] ^= 1;
				assert_int_equal(pubkey_verify(p, data, len, s.sig, s.siglen), CRYPTO_BAD);
				data[0] ^= 1;
			}
			assert_int_equal(pubkey_verify(p, data, len, s.sig, s.siglen - 1u), CRYPTO_MALFORMED);
			pubkey_free(p);
			arena_free(a);
		}
		privkey_free(k);
	}
}

static void
we_accept_what_ldns_signs(void **state)
{
	static const struct { ldns_signing_algorithm alg; int bits; } kinds[] = {
		{ LDNS_SIGN_RSASHA1, 1024 }, { LDNS_SIGN_RSASHA256, 1024 }, { LDNS_SIGN_RSASHA512, 1024 },
		{ LDNS_SIGN_ECDSAP256SHA256, 256 }, { LDNS_SIGN_ECDSAP384SHA384, 384 },
		{ LDNS_SIGN_ED25519, 256 }, { LDNS_SIGN_ED448, 456 } };

	(void)state;
	for (size_t ki = 0; ki < sizeof kinds / sizeof *kinds; ki++)
		for (size_t si = 0; si < sizeof sets / sizeof *sets; si++) {
			struct arena *a = arena_new();
			struct rr rrs[4];
			const struct rr *ptrs[4];
			size_t n = load(a, sets[si], rrs, ptrs), len;
			ldns_key *key = ldns_key_new_frm_algorithm(kinds[ki].alg, (uint16_t)kinds[ki].bits);
			ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str("example.org."));
			ldns_key_set_flags(key, 256);
			ldns_rr *pub = ldns_key2rr(key);
			ldns_key_set_keytag(key, ldns_calc_keytag(pub));
			ldns_key_set_inception(key, 1700000000);
			ldns_key_set_expiration(key, 1700086400);
			ldns_key_list *keys = ldns_key_list_new();
			ldns_key_list_push_key(keys, key);
			ldns_rr_list *set = ldns_rr_list_new();
			for (size_t i = 0; i < n; i++)
				ldns_rr_list_push_rr(set, to_ldns(&rrs[i]));
			ldns_rr_list *sigs = ldns_sign_public(set, keys);
			assert_int_equal(ldns_rr_list_rr_count(sigs), 1);
			ldns_buffer *kb = ldns_buffer_new(4096), *sb = ldns_buffer_new(4096);
			ldns_rr_rdata2buffer_wire(kb, pub);
			ldns_rr_rdata2buffer_wire(sb, ldns_rr_list_rr(sigs, 0));
			struct dnskey dk;
			struct rrsig s;
			assert_true(dnskey_parse(ldns_buffer_begin(kb), ldns_buffer_position(kb), &dk));
			assert_true(rrsig_parse(ldns_buffer_begin(sb), ldns_buffer_position(sb), &s));
			assert_int_equal(dk.tag, s.tag);
			struct pubkey *p = pubkey_new(&dk, NULL);
			uint8_t *data = rrset_signed_data(a, &s, ldns_buffer_begin(sb), ptrs, n, &len);
			assert_non_null(data);
			assert_int_equal(pubkey_verify(p, data, len, s.sig, s.siglen), CRYPTO_GOOD);
			pubkey_free(p);
			ldns_buffer_free(kb);
			ldns_buffer_free(sb);
			ldns_rr_list_deep_free(set);
			ldns_rr_list_deep_free(sigs);
			ldns_rr_free(pub);
			ldns_key_list_free(keys);
			arena_free(a);
		}
}

static void
a_wanted_tag_is_hit(void **state)
{
	static const uint16_t tags[] = { 25548, 0, 1, 65534, 52207 };

	(void)state;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		struct privkey *k = privkey_generate_tag(8, i ? 1024 : 2048, i ? 256 : 257, tags[i], NULL);
		assert_non_null(k);
		assert_int_equal(k->tag, tags[i]);
		assert_int_equal(dnskey_tag(k->dnskey, k->dnskey_len), tags[i]);
		struct dnskey dk;
		uint8_t sig[1024];
		assert_true(dnskey_parse(k->dnskey, k->dnskey_len, &dk));
		struct pubkey *p = pubkey_new(&dk, NULL);
		size_t n = privkey_sign(k, "abc", 3, sig, NULL);
		assert_int_equal(pubkey_verify(p, "abc", 3, sig, n), CRYPTO_GOOD);
		pubkey_free(p);
		struct privkey *d = privkey_dup(k, NULL);
		assert_non_null(d);
		privkey_free(k);
		assert_int_equal(privkey_sign(d, "abc", 3, sig, NULL), n);
		privkey_free(d);
	}
}

static void
costly_and_broken_keys_are_refused(void **state)
{
	uint8_t pub[600] = { 3, 1, 0, 1 };
	struct dnskey k = { .flags = 256, .protocol = 3, .alg = 8, .pub = pub };
	struct err e = { 0 };

	(void)state;
	memset(pub + 4, 0xff, sizeof pub - 4);
	k.publen = sizeof pub; /* 4768 bits */
	assert_null(pubkey_new(&k, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	k.publen = 4 + 32; /* 256 bits */
	assert_null(pubkey_new(&k, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	pub[0] = 64; /* an exponent of 512 bits: a CPU attack */
	k.publen = 300;
	assert_null(pubkey_new(&k, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	for (uint16_t n = 0; n < 8; n++) {
		k.publen = n;
		assert_null(pubkey_new(&k, &e));
	}
	k.alg = 13;
	k.publen = 64; /* not on the curve */
	assert_null(pubkey_new(&k, &e));
	assert_int_equal(e.code, ERR_PARSE);
	k.publen = 63;
	assert_null(pubkey_new(&k, &e));
	k.alg = 12;
	assert_null(pubkey_new(&k, &e));
	assert_int_equal(e.code, ERR_UNSUPPORTED);
}

static void
this_host_knows_the_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ALGS; i++)
		assert_true(crypto_self_test(algs[i]));
	assert_false(crypto_self_test(12));
	assert_true(digest_self_test(1) && digest_self_test(2) && digest_self_test(4));
	assert_false(digest_self_test(3));
}

static void
names_in_short_rdata_are_left_alone(void **state)
{
	uint8_t broken[] = { 0, 1, 5, 'A', 'B' }, mx[] = { 'A', 'B', 1, 'C', 0 }, txt[] = { 1, 'A' };

	(void)state;
	rdata_lower(T_MX, broken, sizeof broken);
	assert_int_equal(broken[3], 'A');
	assert_true(rdata_lower(T_MX, mx, sizeof mx));
	assert_memory_equal(mx, "AB\1c", 5);
	assert_false(rdata_lower(T_TXT, txt, sizeof txt));
	assert_true(rdata_cmp(mx, 2, mx, 3) < 0 && rdata_cmp(mx, 0, mx, 0) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ldns_accepts_what_we_sign),
		cmocka_unit_test(we_accept_what_ldns_signs),
		cmocka_unit_test(a_wanted_tag_is_hit),
		cmocka_unit_test(costly_and_broken_keys_are_refused),
		cmocka_unit_test(this_host_knows_the_answers),
		cmocka_unit_test(names_in_short_rdata_are_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
