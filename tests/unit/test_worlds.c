/*
 * worlds: the worked examples of the safety theory, to the second, with real keys and signatures.
 * Times are in hours times 3600 from an arbitrary zero; TTL of DS 24 h, of DNSKEY and data 1 h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "verdict/worlds.h"
#include "zone/rrset.h"

#define T0 INT64_C(1400000000)
#define H INT64_C(3600)
#define FOREVER TIME_NEVER

enum { K1, K2, Z1, Z2, L1, KEYS };

struct fixture {
	struct arena *a;
	struct name zone;
	struct privkey *key[KEYS];
};
static struct fixture fx;

static int
set_up(void **state)
{
	static const uint16_t flags[KEYS] = { 257, 257, 256, 256, 257 };
	static const uint8_t algs[KEYS] = { 13, 13, 13, 13, 15 };

	(void)state;
	fx.a = arena_new();
	assert_true(name_from_text(&fx.zone, "example.org.", NULL));
	for (int i = 0; i < KEYS; i++) {
		fx.key[i] = privkey_generate(algs[i], 0, flags[i], NULL);
		assert_non_null(fx.key[i]);
	}
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < KEYS; i++)
		privkey_free(fx.key[i]);
	arena_free(fx.a);
	return 0;
}

static void
sign_into(struct rr_list *list, size_t n, int by, int64_t from, int64_t to)
{
	const struct rr *set[16];
	uint16_t len;

	for (size_t i = 0; i < n; i++)
		set[i] = &list->v[i];
	uint8_t *sig = rrset_sign(fx.a, fx.key[by], &fx.zone, set, n, from, to, &len, NULL);
	assert_non_null(sig);
	struct rr rr = { .owner = fx.zone, .type = T_RRSIG, .class = 1, .ttl = 3600, .rdlen = len, .rdata = sig };
	arena_push(fx.a, list, rr);
}

/* DNSKEY set of KEYS (ends with -1), signed by SIGNERS. */
static struct rr_list
dnskeys(const int *keys, const int *signers)
{
	struct rr_list list = { 0 };

	for (; *keys >= 0; keys++) {
		struct rr rr = { .owner = fx.zone, .type = T_DNSKEY, .class = 1, .ttl = 3600,
			.rdlen = fx.key[*keys]->dnskey_len, .rdata = fx.key[*keys]->dnskey };
		arena_push(fx.a, &list, rr);
	}
	size_t n = list.n;
	for (; *signers >= 0; signers++)
		sign_into(&list, n, *signers, T0 - 90 * 24 * H, T0 + 365 * 24 * H);
	return list;
}

static struct rr_list
data_until(int by, int64_t expiration)
{
	struct rr_list list = { 0 };
	struct rr rr;

	assert_true(rr_from_text(fx.a, "example.org. 3600 IN A 192.0.2.1", 3600, &rr, NULL));
	arena_push(fx.a, &list, rr);
	if (by >= 0)
		sign_into(&list, 1, by, T0 - 90 * 24 * H, expiration);
	return list;
}

static struct rr_list
data(int by)
{
	return data_until(by, T0 + 365 * 24 * H);
}

/* DS set; a negative number ~k means key k with a wrong digest. */
static struct rr_list
ds(const int *keys, int n)
{
	struct rr_list list = { 0 };

	for (int i = 0; i < n; i++) {
		bool wrong = keys[i] < 0;
		const struct privkey *k = fx.key[wrong ? ~keys[i] : keys[i]];
		uint8_t *rdata = arena_alloc(fx.a, 4 + 64);
		size_t len = ds_digest(&fx.zone, k->dnskey, k->dnskey_len, 2, rdata + 4);
		rdata[0] = (uint8_t)(k->tag >> 8);
		rdata[1] = (uint8_t)k->tag;
		rdata[2] = k->alg;
		rdata[3] = 2;
		if (wrong)
			rdata[4] ^= 1;
		arena_push(fx.a, &list, ((struct rr){ .owner = fx.zone, .type = T_DS, .class = 1,
			.ttl = 86400, .rdlen = (uint16_t)(len + 4), .rdata = rdata }));
	}
	return list;
}

#define KEYS_OF(...) ((const int[]){ __VA_ARGS__, -1 })
#define DS_OF(...) ds((const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void
add(struct world_list *list, struct rr_list rrs, int64_t on, int64_t off, uint32_t ttl)
{
	arena_push(fx.a, list, ((struct world_version){ .rrs = rrs, .on = T0 + on,
		.off = off == FOREVER ? FOREVER : T0 + off, .ttl = ttl }));
}

/* What breaks within the next weeks: a year later the fixture's signatures end, of course. */
static const struct worlds *
compute(struct worlds_input *in, const char *profile)
{
	struct worlds *w = arena_new_one(fx.a, struct worlds);
	size_t n = 0;

	in->zone = fx.zone;
	*w = *worlds_compute(fx.a, in, profile_find(profile), NULL);
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].from < T0 + 1000 * H)
			w->v[n++] = w->v[i];
	w->n = n;
	return w;
}

/* The union of the broken intervals is exactly these, in seconds from T0. */
static void
expect_union(const struct worlds *w, size_t n, const int64_t (*want)[2])
{
	int64_t got[64][2];
	size_t k = 0;

	for (size_t i = 0; i < w->n; i++) {
		int64_t from = w->v[i].from - T0;
		int64_t until = w->v[i].until == FOREVER ? FOREVER : w->v[i].until - T0;
		if (k && from <= got[k - 1][1]) {
			if (until > got[k - 1][1])
				got[k - 1][1] = until;
		} else {
			assert_true(k < 64);
			got[k][0] = from;
			got[k++][1] = until;
		}
	}
	assert_int_equal(k, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i][0], want[i][0]);
		assert_int_equal(got[i][1], want[i][1]);
	}
}

/* Example 1: the day as it was. Minutes: DS 16:52, swap 17:27, old KSK out 18:25. */
static void
the_day_of_2013_breaks_twice(void **state)
{
	struct worlds_input in = { .now = T0 + 18 * H };
	int64_t ds2 = 16 * H + 52 * 60, swap = 17 * H + 27 * 60, out = 18 * H + 25 * 60;

	(void)state;
	add(&in.ds, DS_OF(K1), -100 * H, ds2, 86400);
	add(&in.ds, DS_OF(K1, K2), ds2, FOREVER, 86400);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, Z1), KEYS_OF(K1)), -100 * H, swap, 3600);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, K2, Z2), KEYS_OF(K1, K2)), swap, out, 3600);
	add(&in.dnskey, dnskeys(KEYS_OF(K2, Z2), KEYS_OF(K2)), out, FOREVER, 3600);
	add(&in.data, data(Z1), -100 * H, swap, 3600);
	add(&in.data, data(Z2), swap, FOREVER, 3600);
	const struct worlds *w = compute(&in, "strict");
	expect_union(w, 1, (const int64_t[][2]){ { swap, ds2 + 24 * H } });
	assert_true(w->secure_now);

	/* Without the step of 18:25 only the first hour breaks. */
	in.dnskey.n = 2;
	in.dnskey.v[1].off = FOREVER;
	w = compute(&in, "strict");
	expect_union(w, 1, (const int64_t[][2]){ { swap, swap + H } });
	for (size_t i = 0; i < w->n; i++)
		assert_true(w->v[i].old_dnskey || w->v[i].old_data);
}

/* Example 1c and 1d: keep Z1, or publish Z2 an hour before it signs: nothing breaks. */
static void
the_right_steps_break_nothing(void **state)
{
	struct worlds_input keep = { .now = T0 + 20 * H }, pre = { .now = T0 + 20 * H };

	(void)state;
	add(&keep.ds, DS_OF(K1), -100 * H, FOREVER, 86400);
	add(&keep.dnskey, dnskeys(KEYS_OF(K1, Z1), KEYS_OF(K1)), -100 * H, FOREVER, 3600);
	add(&keep.data, data(Z1), -100 * H, 17 * H, 3600);
	add(&keep.data, data(Z1), 17 * H, FOREVER, 3600);
	assert_int_equal(compute(&keep, "strict")->n, 0);

	add(&pre.ds, DS_OF(K1), -100 * H, FOREVER, 86400);
	add(&pre.dnskey, dnskeys(KEYS_OF(K1, Z1), KEYS_OF(K1)), -100 * H, 17 * H, 3600);
	add(&pre.dnskey, dnskeys(KEYS_OF(K1, Z1, Z2), KEYS_OF(K1)), 17 * H, FOREVER, 3600);
	add(&pre.data, data(Z1), -100 * H, 18 * H, 3600);
	add(&pre.data, data(Z2), 18 * H, FOREVER, 3600);
	assert_int_equal(compute(&pre, "strict")->n, 0);
}

/* Example 2: a wrong hash beside a good one is harmless until the good key goes. */
static void
a_wrong_hash_breaks_when_the_good_key_leaves(void **state)
{
	struct worlds_input in = { .now = T0 + H };

	(void)state;
	add(&in.ds, DS_OF(K1, ~K2), -100 * H, FOREVER, 86400);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, K2, Z2), KEYS_OF(K1, K2)), -100 * H, FOREVER, 3600);
	add(&in.data, data(Z2), -100 * H, FOREVER, 3600);
	assert_int_equal(compute(&in, "strict")->n, 0);
	in.dnskey.v[0].off = T0 + 2 * H;
	add(&in.dnskey, dnskeys(KEYS_OF(K2, Z2), KEYS_OF(K2)), 2 * H, FOREVER, 3600);
	const struct worlds *w = compute(&in, "strict");
	expect_union(w, 1, (const int64_t[][2]){ { 2 * H, FOREVER } });
	assert_string_equal(w->v[0].reason, "DS hash mismatches key");
	assert_true(w->v[0].keys_fail && w->v[0].direct);
}

/* Example 3: DS swapped at 0, old KSK removed at 2 h: broken until the old DS is gone at 24 h. */
static void
an_old_ds_breaks_until_its_ttl(void **state)
{
	struct worlds_input in = { .now = T0 + H };

	(void)state;
	add(&in.ds, DS_OF(K1), -100 * H, 0, 86400);
	add(&in.ds, DS_OF(K2), 0, FOREVER, 86400);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, K2, Z1), KEYS_OF(K1, K2)), -100 * H, 2 * H, 3600);
	add(&in.dnskey, dnskeys(KEYS_OF(K2, Z1), KEYS_OF(K2)), 2 * H, FOREVER, 3600);
	add(&in.data, data(Z1), -100 * H, FOREVER, 3600);
	const struct worlds *w = compute(&in, "strict");
	expect_union(w, 1, (const int64_t[][2]){ { 2 * H, 24 * H } });
	assert_true(w->v[0].old_ds && !w->v[0].old_dnskey && !w->v[0].old_data);
	assert_int_equal(w->v[0].heals[FAMILY_BIND], T0 + 24 * H + 30);
	assert_int_equal(w->v[0].heals[FAMILY_UNBOUND], T0 + 24 * H + 120);

	in.dnskey.v[0].off = in.dnskey.v[1].on = T0 + 24 * H;
	assert_int_equal(compute(&in, "strict")->n, 0);
}

/* Example 4 with correction C1: withdrawn at 1 h, unsigned at 26 h is the first safe moment. */
static void
a_validated_key_set_outlives_its_ds(void **state)
{
	struct worlds_input in = { .now = T0 + H };
	struct rr_list none = { 0 };

	(void)state;
	add(&in.ds, DS_OF(K1), -100 * H, H, 86400);
	add(&in.ds, none, H, FOREVER, 86400);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, Z1), KEYS_OF(K1)), -100 * H, 25 * H, 3600);
	add(&in.dnskey, none, 25 * H, FOREVER, 3600);
	add(&in.data, data(Z1), -100 * H, 25 * H, 3600);
	add(&in.data, data(-1), 25 * H, FOREVER, 3600);
	/* TTLds alone (25 h) is not enough: caches hold the key set one hour longer. */
	expect_union(compute(&in, "strict"), 1, (const int64_t[][2]){ { 25 * H, 26 * H } });
	for (size_t i = 0; i < 2; i++) {
		in.dnskey.v[i].on = i ? T0 + 26 * H : in.dnskey.v[i].on;
		in.data.v[i].on = i ? T0 + 26 * H : in.data.v[i].on;
	}
	in.dnskey.v[0].off = in.data.v[0].off = T0 + 26 * H;
	assert_int_equal(compute(&in, "strict")->n, 0);
	/* Unsigned together with the withdrawal, as in 2021: a day and the key set's hour. */
	in.dnskey.v[0].off = in.data.v[0].off = in.dnskey.v[1].on = in.data.v[1].on = T0 + H;
	expect_union(compute(&in, "strict"), 1, (const int64_t[][2]){ { H, 25 * H } });
}

/* C5: valid through the whole second of the expiration; Unbound forgives, strict does not. */
static void
an_interval_is_cut_at_the_expiration(void **state)
{
	struct worlds_input in = { .now = T0 };
	int64_t validity = 90 * 24 * H + 10 * H;

	(void)state;
	add(&in.ds, DS_OF(K1), -100 * H, FOREVER, 86400);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, Z1), KEYS_OF(K1)), -100 * H, FOREVER, 3600);
	add(&in.data, data_until(Z1, T0 + 10 * H), -100 * H, 365 * 24 * H - 10, 3600);
	const struct worlds *w = compute(&in, "strict");
	assert_int_equal(w->n > 0 ? w->v[0].from : 0, T0 + 10 * H + 1);
	assert_string_equal(w->v[0].reason, "signature expired");
	int64_t skew = validity / 10 > 86400 ? 86400 : validity / 10;
	assert_int_equal(compute(&in, "unbound")->v[0].from, T0 + 10 * H + skew + 1);
}

/* 4.3 and C8: algorithms and digests, where the profiles disagree. */
static void
hardened_wants_every_algorithm(void **state)
{
	struct worlds_input in = { .now = T0 };

	(void)state;
	add(&in.ds, DS_OF(K1, L1), -100 * H, FOREVER, 86400);
	add(&in.dnskey, dnskeys(KEYS_OF(K1, Z1), KEYS_OF(K1)), -100 * H, FOREVER, 3600);
	add(&in.data, data(Z1), -100 * H, FOREVER, 3600);
	assert_true(compute(&in, "strict")->secure_now && compute(&in, "unbound")->secure_now);
	assert_false(compute(&in, "hardened")->secure_now);
}

static void
bad_files_are_named(void **state)
{
	static const struct {
		const char *json, *object;
	} cases[] = {
		{ "{", "input" },
		{ "{\"now\":1}", "zone" },
		{ "{\"zone\":\"x.\",\"now\":\"soon\"}", "now" },
		{ "{\"zone\":\"x.\",\"now\":1,\"ds\":[{\"rrs\":[],\"on\":5,\"off\":4,\"ttl\":1}]}", "ds" },
		{ "{\"zone\":\"x.\",\"now\":1,\"dnskey\":[{\"rrs\":[],\"on\":5,\"ttl\":-1}]}", "dnskey" },
		{ "{\"zone\":\"x.\",\"now\":1,\"data\":{}}", "data" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = { 0 };
		assert_null(worlds_read(fx.a, cases[i].json, strlen(cases[i].json), &e));
		assert_string_equal(e.object, cases[i].object);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_day_of_2013_breaks_twice),
		cmocka_unit_test(the_right_steps_break_nothing),
		cmocka_unit_test(a_wrong_hash_breaks_when_the_good_key_leaves),
		cmocka_unit_test(an_old_ds_breaks_until_its_ttl),
		cmocka_unit_test(a_validated_key_set_outlives_its_ds),
		cmocka_unit_test(an_interval_is_cut_at_the_expiration),
		cmocka_unit_test(hardened_wants_every_algorithm),
		cmocka_unit_test(bad_files_are_named),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
