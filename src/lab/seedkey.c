#include "lab/seedkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct stream { /* SHA-256 of (seed, label, counter) */
	uint8_t key[32];
	uint32_t counter;
};

static void
stream_start(struct stream *s, uint64_t seed, const char *label)
{
	char text[320];

	int n = snprintf(text, sizeof text, "unbogus lab %llu %s", (unsigned long long)seed, label);
	EVP_Digest(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1, s->key, NULL,
		EVP_sha256(), NULL);
	s->counter = 0;
}

static void
stream_bytes(struct stream *s, uint8_t *out, size_t n)
{
	uint8_t in[36], block[32];

	for (size_t done = 0; done < n; done += 32) {
		memcpy(in, s->key, 32);
		memcpy(in + 32, &(uint32_t){ __builtin_bswap32(++s->counter) }, 4);
		EVP_Digest(in, sizeof in, block, NULL, EVP_sha256(), NULL);
		memcpy(out + done, block, n - done < 32 ? n - done : 32);
	}
}

/* The first prime above a number of the stream whose two top bits are set. */
static BIGNUM *
draw_prime(struct stream *s, unsigned bits, BN_CTX *ctx)
{
	uint8_t raw[256];
	BIGNUM *p = BN_new();

	stream_bytes(s, raw, bits / 8);
	raw[0] |= 0xc0;
	raw[bits / 8 - 1] |= 1;
	BN_bin2bn(raw, (int)(bits / 8), p);
	while (BN_check_prime(p, ctx, NULL) == 0)
		BN_add_word(p, 2);
	return p;
}

static EVP_PKEY *
rsa_make(const BIGNUM *p, const BIGNUM *q, uint32_t exponent, BN_CTX *ctx)
{
	BIGNUM *n = BN_new(), *e = BN_new(), *d = BN_new(), *p1 = BN_new(), *q1 = BN_new(), *phi = BN_new(),
	       *dp = BN_new(), *dq = BN_new(), *qi = BN_new();
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

	BN_set_word(e, exponent);
	BN_mul(n, p, q, ctx);
	BN_sub(p1, p, BN_value_one());
	BN_sub(q1, q, BN_value_one());
	BN_mul(phi, p1, q1, ctx);
	if (!BN_mod_inverse(d, e, phi, ctx))
		goto out; /* the exponent shares a factor with p - 1 or q - 1 */
	BN_mod(dp, d, p1, ctx);
	BN_mod(dq, d, q1, ctx);
	BN_mod_inverse(qi, q, p, ctx);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_D, d);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi);
	params = OSSL_PARAM_BLD_to_param(b);
	if (!params || EVP_PKEY_fromdata_init(c) != 1 ||
		EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(c);
	BIGNUM *all[] = { n, e, d, p1, q1, phi, dp, dq, qi };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		BN_clear_free(all[i]);
	return pkey;
}

/* The next exponent of three octets after FROM that gives WANTED; 0 when there is none. */
static uint32_t
next_exponent(const uint8_t *rdata, size_t len, uint16_t wanted, uint32_t from)
{
	uint8_t r[1100];

	memcpy(r, rdata, len);
	r[5] = r[6] = r[7] = 0; /* the exponent, after its length octet */
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? r[i] : (uint32_t)r[i] << 8;
	for (uint32_t e = from + 2; e < 1u << 24; e += 2) {
		/* octets 5 and 7 are low halves of their words, octet 6 is a high one */
		uint32_t all = sum + (e >> 16) + (e & 0xff00) + (e & 0xff);
		if (((all + (all >> 16)) & 0xffff) == wanted)
			return e;
	}
	return 0;
}

static EVP_PKEY *
rsa_for_tag(const BIGNUM *p, const BIGNUM *q, uint8_t alg, uint16_t flags, uint16_t wanted, BN_CTX *ctx)
{
	EVP_PKEY *base = rsa_make(p, q, 65537, ctx);
	uint8_t rdata[4 + 1024] = { (uint8_t)(flags >> 8), (uint8_t)flags, 3, alg };

	if (!base || !wanted)
		return base;
	size_t n = dnskey_public(base, alg, rdata + 4);
	EVP_PKEY_free(base);
	for (uint32_t e = 65535; n && (e = next_exponent(rdata, n + 4, wanted, e));) {
		EVP_PKEY *k = rsa_make(p, q, e, ctx);
		if (k)
			return k;
	}
	return NULL;
}

struct privkey *
seedkey(uint64_t seed, const char *label, uint8_t alg, unsigned bits, uint16_t flags, uint16_t wanted,
	struct err *e)
{
	struct stream s;
	EVP_PKEY *pkey = NULL;
	BN_CTX *ctx = BN_CTX_new();

	stream_start(&s, seed, label);
	if (alg == 15) {
		uint8_t raw[32];
		stream_bytes(&s, raw, sizeof raw);
		pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
	}
	/* The tag fixes the exponent modulo 255: some pairs of primes have none. */
	for (int i = 0; i < 64 && alg != 15 && !pkey && bits >= 512 && bits <= 4096; i++) {
		BIGNUM *p = draw_prime(&s, bits / 2, ctx), *q = draw_prime(&s, bits / 2, ctx);
		pkey = BN_cmp(p, q) ? rsa_for_tag(p, q, alg, flags, wanted, ctx) : NULL;
		BN_clear_free(p);
		BN_clear_free(q);
	}
	BN_CTX_free(ctx);
	struct privkey *k = pkey ? privkey_from_pkey(pkey, alg, flags, e) : NULL;
	if (!k) {
		EVP_PKEY_free(pkey);
		if (!pkey)
			err_set(e, ERR_ARG, label, "key of a scenario", "", "no key of tag %u", wanted);
	}
	return k;
}
