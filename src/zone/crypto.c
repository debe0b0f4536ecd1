#include "zone/crypto.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "zone/crypto_int.h"

#define RSA_BITS_MIN 512
#define RSA_BITS_MAX 4096
#define EXPONENT_MAX UINT64_C(0x100000001)
#define TAG_DRAWS 2000000u /* some 30 times what a tag of 16 bits needs on average */

/*
 * What OpenSSL needs to know of each algorithm. To add one: a row here, a vector in selftest.c, a
 * row in model/rr.c; nothing else in the program branches on algorithm numbers.
 */
static const struct scheme schemes[] = {
	{ 5, RSA_PKCS1, EVP_sha1, "RSA", NULL, 0, 0 },
	{ 7, RSA_PKCS1, EVP_sha1, "RSA", NULL, 0, 0 },
	{ 8, RSA_PKCS1, EVP_sha256, "RSA", NULL, 0, 0 },
	{ 10, RSA_PKCS1, EVP_sha512, "RSA", NULL, 0, 0 },
	{ 13, ECDSA, EVP_sha256, "EC", "prime256v1", 32, 64 },
	{ 14, ECDSA, EVP_sha384, "EC", "secp384r1", 48, 96 },
	{ 15, EDDSA, NULL, "ED25519", NULL, 32, 32 },
	{ 16, EDDSA, NULL, "ED448", NULL, 57, 57 },
};

const struct scheme *
scheme_find(uint8_t alg)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (schemes[i].alg == alg)
			return &schemes[i];
	return NULL;
}

struct pubkey {
	const struct scheme *scheme;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx; /* RSA and ECDSA: initialised once, verifies any number of digests */
	EVP_MD_CTX *md_ctx;
	const EVP_MD *md;
	size_t siglen;
};

const char *
ssl_reason(void)
{
	unsigned long code = ERR_get_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return why ? why : "refused by libcrypto";
}

EVP_PKEY *
pkey_from_params(const char *type, OSSL_PARAM *params, int selection)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* Finds exponent and modulus in a public key field (RFC 3110 2) and holds them to the limits. */
static bool
rsa_split(const struct dnskey *k, const uint8_t **exp, size_t *explen, const uint8_t **mod,
	size_t *modlen, struct err *e)
{
	size_t skip = 1, n;
	uint64_t value = 0;

	if (k->publen < 3)
		return err_set(e, ERR_PARSE, "DNSKEY", "RFC 3110 2", "exponent and modulus", "%u octets",
			k->publen);
	n = k->pub[0];
	if (n == 0) {
		skip = 3;
		n = (size_t)k->pub[1] << 8 | k->pub[2];
	}
	if (n == 0 || skip + n >= k->publen)
		return err_set(e, ERR_PARSE, "DNSKEY", "RFC 3110 2", "exponent and modulus",
			"an exponent of %zu octets in %u", n, k->publen);
	*exp = k->pub + skip;
	*explen = n;
	*mod = *exp + n;
	*modlen = k->publen - skip - n;
	for (size_t i = 0; i < n && value <= EXPONENT_MAX; i++)
		value = value << 8 | (*exp)[i];
	if (value < 3 || !(value & 1) || value > EXPONENT_MAX)
		return err_set(e, value > EXPONENT_MAX ? ERR_LIMIT : ERR_PARSE, "DNSKEY",
			"RSA exponent", "odd, 3 to 2^32+1", "another one");
	unsigned bits = dnskey_bits(k);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return err_set(e, ERR_LIMIT, "DNSKEY", "RFC 5702 2", "a modulus of 512 to 4096 bits",
			"%u bits", bits);
	return true;
}

static EVP_PKEY *
rsa_public(const struct dnskey *k, struct err *e)
{
	const uint8_t *exp = NULL, *mod = NULL;
	size_t explen = 0, modlen = 0;
	EVP_PKEY *pkey = NULL;

	if (!rsa_split(k, &exp, &explen, &mod, &modlen, e))
		return NULL;
	BIGNUM *bn = BN_bin2bn(mod, (int)modlen, NULL), *be = BN_bin2bn(exp, (int)explen, NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	if (bn && be && bld && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) &&
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) &&
		(params = OSSL_PARAM_BLD_to_param(bld)))
		pkey = pkey_from_params("RSA", params, EVP_PKEY_PUBLIC_KEY);
	if (!pkey)
		err_set(e, ERR_PARSE, "DNSKEY", "RFC 3110 2", "an RSA key", "%s", ssl_reason());
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(bn);
	BN_free(be);
	return pkey;
}

static EVP_PKEY *
curve_public(const struct scheme *s, const struct dnskey *k, struct err *e)
{
	uint8_t point[97] = { 4 }; /* SEC 1 2.3.3: uncompressed */
	EVP_PKEY *pkey;

	if (k->publen != s->publen) {
		err_set(e, ERR_PARSE, "DNSKEY", s->kind == ECDSA ? "RFC 6605 4" : "RFC 8080 3",
			"a public key of the curve's length", "%u octets instead of %zu", k->publen,
			s->publen);
		return NULL;
	}
	if (s->kind == EDDSA)
		pkey = EVP_PKEY_new_raw_public_key_ex(NULL, s->type, NULL, k->pub, k->publen);
	else {
		memcpy(point + 1, k->pub, k->publen);
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
				(char *)(uintptr_t)s->group, 0),
			OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
				k->publen + 1u),
			OSSL_PARAM_construct_end() };
		pkey = pkey_from_params(s->type, params, EVP_PKEY_PUBLIC_KEY);
	}
	if (!pkey)
		err_set(e, ERR_PARSE, "DNSKEY", "public key", "a point on the curve", "%s",
			ssl_reason());
	return pkey;
}

/* A context that takes digests, ready for any number of operations. */
static EVP_PKEY_CTX *
digest_ctx(const struct scheme *s, EVP_PKEY *pkey, const EVP_MD *md, bool sign)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	if (ctx && (sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1 &&
		(s->kind != RSA_PKCS1 ||
			EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
		EVP_PKEY_CTX_set_signature_md(ctx, md) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

struct pubkey *
pubkey_new(const struct dnskey *k, struct err *e)
{
	const struct scheme *s = scheme_find(k->alg);

	if (!s) {
		err_set(e, ERR_UNSUPPORTED, "DNSKEY", "algorithm", "one that can be verified here",
			"algorithm %u", k->alg);
		return NULL;
	}
	EVP_PKEY *pkey = s->kind == RSA_PKCS1 ? rsa_public(k, e) : curve_public(s, k, e);
	if (!pkey)
		return NULL;
	struct pubkey *p = calloc(1, sizeof *p);
	if (!p) {
		EVP_PKEY_free(pkey);
		err_set(e, ERR_MEMORY, "DNSKEY", "malloc", "", "no memory");
		return NULL;
	}
	p->scheme = s;
	p->pkey = pkey;
	p->md = s->md ? s->md() : NULL;
	p->md_ctx = EVP_MD_CTX_new();
	p->siglen = s->kind == RSA_PKCS1 ? (size_t)EVP_PKEY_get_size(pkey) : 2 * s->half;
	if (p->md)
		p->ctx = digest_ctx(s, pkey, p->md, false);
	if (!p->md_ctx || (p->md && !p->ctx)) {
		err_set(e, ERR_UNSUPPORTED, "DNSKEY", "algorithm", "one that can be verified here",
			"algorithm %u: %s", k->alg, ssl_reason());
		pubkey_free(p);
		return NULL;
	}
	return p;
}

void
pubkey_free(struct pubkey *p)
{
	if (!p)
		return;
	EVP_PKEY_CTX_free(p->ctx);
	EVP_MD_CTX_free(p->md_ctx);
	EVP_PKEY_free(p->pkey);
	free(p);
}

size_t
pubkey_siglen(const struct pubkey *p)
{
	return p->siglen;
}

/* One INTEGER of an ECDSA-Sig-Value (RFC 3279 2.2.3): no leading zeros, positive. */
static size_t
der_integer(uint8_t *out, const uint8_t *v, size_t n)
{
	while (n > 1 && *v == 0)
		v++, n--;
	size_t pad = *v & 0x80 ? 1 : 0;
	out[0] = 2;
	out[1] = (uint8_t)(n + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, v, n);
	return 2 + pad + n;
}

/* r|s of RFC 6605 4 to DER; OUT holds 2 + 2 * (3 + HALF) octets (HALF at most 48: short lengths). */
static size_t
der_from_raw(uint8_t *out, const uint8_t *sig, size_t half)
{
	size_t n = der_integer(out + 2, sig, half);

	n += der_integer(out + 2 + n, sig + half, half);
	out[0] = 0x30;
	out[1] = (uint8_t)n;
	return n + 2;
}

static bool
raw_integer(const uint8_t **p, const uint8_t *end, uint8_t *out, size_t half)
{
	if (end - *p < 2 || (*p)[0] != 2 || (*p)[1] > end - *p - 2)
		return false;
	const uint8_t *v = *p + 2;
	size_t n = (*p)[1];
	*p = v + n;
	while (n && *v == 0)
		v++, n--;
	if (n > half)
		return false;
	memset(out, 0, half - n);
	memcpy(out + half - n, v, n);
	return true;
}

static bool
raw_from_der(uint8_t *out, const uint8_t *der, size_t n, size_t half)
{
	const uint8_t *p = der + 2, *end = der + n;

	return n > 2 && der[0] == 0x30 && der[1] == n - 2 && raw_integer(&p, end, out, half) &&
		raw_integer(&p, end, out + half, half) && p == end;
}

/* The digest that is signed; false when the library fails. */
static bool
hash(EVP_MD_CTX *ctx, const EVP_MD *md, const void *data, size_t n, uint8_t *out, unsigned *len)
{
	/* With the context's own digest a NULL type keeps what was fetched the first time. */
	return EVP_DigestInit_ex(ctx, EVP_MD_CTX_get0_md(ctx) == NULL ? md : NULL, NULL) == 1 &&
		EVP_DigestUpdate(ctx, data, n) == 1 && EVP_DigestFinal_ex(ctx, out, len) == 1;
}

enum crypto_result
pubkey_verify(struct pubkey *p, const void *data, size_t n, const uint8_t *sig, size_t siglen)
{
	uint8_t digest[EVP_MAX_MD_SIZE], der[2 + 2 * (3 + 48)];
	unsigned digest_len;
	int ok;

	if (siglen != p->siglen)
		return CRYPTO_MALFORMED;
	if (!p->md) {
		EVP_MD_CTX_reset(p->md_ctx);
		if (EVP_DigestVerifyInit(p->md_ctx, NULL, NULL, NULL, p->pkey) != 1)
			ok = -1;
		else
			ok = EVP_DigestVerify(p->md_ctx, sig, siglen, data, n);
	} else if (!hash(p->md_ctx, p->md, data, n, digest, &digest_len))
		ok = -1;
	else if (p->scheme->kind == ECDSA) {
		siglen = der_from_raw(der, sig, p->scheme->half);
		ok = EVP_PKEY_verify(p->ctx, der, siglen, digest, digest_len);
	} else
		ok = EVP_PKEY_verify(p->ctx, sig, siglen, digest, digest_len);
	if (ok != 1)
		ERR_clear_error();
	return ok == 1 ? CRYPTO_GOOD : CRYPTO_BAD;
}

/* ---- private keys ---- */

static size_t
rsa_public_field(EVP_PKEY *pkey, uint8_t *out)
{
	BIGNUM *n = NULL, *e = NULL;
	size_t len = 0;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
		BN_num_bytes(e) <= 255 && BN_num_bytes(e) + BN_num_bytes(n) < 1000) {
		out[len++] = (uint8_t)BN_num_bytes(e);
		len += (size_t)BN_bn2bin(e, out + len);
		len += (size_t)BN_bn2bin(n, out + len);
	}
	BN_free(n);
	BN_free(e);
	return len;
}

size_t
dnskey_public(EVP_PKEY *pkey, uint8_t alg, uint8_t *out)
{
	const struct scheme *s = scheme_find(alg);
	uint8_t point[128];
	size_t n = 0;

	if (!s || EVP_PKEY_is_a(pkey, s->type) != 1)
		return 0;
	if (s->kind == RSA_PKCS1)
		return rsa_public_field(pkey, out);
	if (s->kind == EDDSA) {
		n = 1024;
		return EVP_PKEY_get_raw_public_key(pkey, out, &n) == 1 ? n : 0;
	}
	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
			&n) != 1 ||
		n != s->publen + 1 || point[0] != 4)
		return 0;
	memcpy(out, point + 1, s->publen);
	return s->publen;
}

/* Contexts for signing; false with E. */
static bool
arm(struct privkey *k, struct err *e)
{
	const struct scheme *s = scheme_find(k->alg);

	k->md = s->md ? s->md() : NULL;
	k->md_ctx = EVP_MD_CTX_new();
	if (k->md)
		k->sign_ctx = digest_ctx(s, k->pkey, k->md, true);
	if (!k->md_ctx || (k->md && !k->sign_ctx))
		return err_set(e, ERR_UNSUPPORTED, "private key", "algorithm",
			"one that can be signed with here", "algorithm %u: %s", k->alg, ssl_reason());
	return true;
}

struct privkey *
privkey_from_pkey(EVP_PKEY *pkey, uint8_t alg, uint16_t flags, struct err *e)
{
	uint8_t rdata[4 + 1024] = { (uint8_t)(flags >> 8), (uint8_t)flags, 3, alg };
	size_t n = dnskey_public(pkey, alg, rdata + 4);
	struct privkey *k;

	if (n == 0) {
		err_set(e, ERR_UNSUPPORTED, "private key", "algorithm", "a key of its algorithm",
			"another kind of key for algorithm %u", alg);
		return NULL;
	}
	k = calloc(1, sizeof *k);
	if (!k || !(k->dnskey = malloc(n + 4))) {
		free(k);
		err_set(e, ERR_MEMORY, "private key", "malloc", "", "no memory");
		return NULL;
	}
	memcpy(k->dnskey, rdata, n + 4);
	k->dnskey_len = (uint16_t)(n + 4);
	k->alg = alg;
	k->flags = flags;
	k->tag = dnskey_tag(k->dnskey, k->dnskey_len);
	k->pkey = pkey;
	if (arm(k, e))
		return k;
	k->pkey = NULL; /* stays the caller's */
	privkey_free(k);
	return NULL;
}

struct privkey *
privkey_dup(const struct privkey *k, struct err *e)
{
	if (EVP_PKEY_up_ref(k->pkey) != 1)
		return NULL;
	struct privkey *d = privkey_from_pkey(k->pkey, k->alg, k->flags, e);
	if (!d)
		EVP_PKEY_free(k->pkey);
	return d;
}

void
privkey_free(struct privkey *k)
{
	if (!k)
		return;
	EVP_PKEY_CTX_free(k->sign_ctx);
	EVP_MD_CTX_free(k->md_ctx);
	EVP_PKEY_free(k->pkey); /* libcrypto cleanses the secret numbers */
	free(k->dnskey);
	free(k);
}

static EVP_PKEY *
generate_pkey(const struct scheme *s, unsigned bits)
{
	if (s->kind == RSA_PKCS1)
		return EVP_PKEY_Q_keygen(NULL, NULL, s->type, (size_t)bits);
	if (s->kind == ECDSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, s->type, s->group);
	return EVP_PKEY_Q_keygen(NULL, NULL, s->type);
}

static const struct scheme *
generate_check(uint8_t alg, unsigned bits, struct err *e)
{
	const struct scheme *s = scheme_find(alg);

	if (!s)
		err_set(e, ERR_UNSUPPORTED, "new key", "algorithm", "5, 7, 8, 10, 13 to 16", "%u", alg);
	else if (s->kind == RSA_PKCS1 && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)) {
		err_set(e, ERR_LIMIT, "new key", "RSA size", "512 to 4096 bits", "%u", bits);
		s = NULL;
	}
	return s;
}

struct privkey *
privkey_generate(uint8_t alg, unsigned bits, uint16_t flags, struct err *e)
{
	const struct scheme *s = generate_check(alg, bits, e);
	EVP_PKEY *pkey = s ? generate_pkey(s, bits) : NULL;

	if (!pkey) {
		if (s)
			err_set(e, ERR_UNSUPPORTED, "new key", "generate", "", "%s", ssl_reason());
		return NULL;
	}
	struct privkey *k = privkey_from_pkey(pkey, alg, flags, e);
	if (!k)
		EVP_PKEY_free(pkey);
	return k;
}

/*
 * The RSA key of P and Q with public exponent EXP; NULL when EXP does not fit them. The numbers
 * are freed cleansed.
 */
static EVP_PKEY *
rsa_with_exponent(const BIGNUM *p, const BIGNUM *q, uint32_t exp)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *v[8]; /* n e d phi dp dq qinv one */
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	for (int i = 0; i < 8; i++)
		v[i] = BN_new();
	BIGNUM *p1 = BN_dup(p), *q1 = BN_dup(q);
	bool ok = ctx && bld && p1 && q1 && v[7] && BN_set_word(v[1], exp) && BN_mul(v[0], p, q, ctx) &&
		BN_sub_word(p1, 1) && BN_sub_word(q1, 1) && BN_mul(v[3], p1, q1, ctx) &&
		BN_mod_inverse(v[2], v[1], v[3], ctx) && BN_mod(v[4], v[2], p1, ctx) &&
		BN_mod(v[5], v[2], q1, ctx) && BN_mod_inverse(v[6], q, p, ctx);
	static const char *const names[] = { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D, NULL, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	for (int i = 0; ok && i < 7; i++)
		ok = !names[i] || OSSL_PARAM_BLD_push_BN(bld, names[i], v[i]);
	ok = ok && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_FACTOR1, p) &&
		OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
	if (ok && (params = OSSL_PARAM_BLD_to_param(bld)))
		pkey = pkey_from_params("RSA", params, EVP_PKEY_KEYPAIR);
	ERR_clear_error();
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	for (int i = 0; i < 8; i++)
		BN_clear_free(v[i]);
	BN_clear_free(p1);
	BN_clear_free(q1);
	BN_CTX_free(ctx);
	return pkey;
}

/* The first exponent above FROM, of three octets, that gives the RDATA (made with 65537) WANTED. */
static uint32_t
exponent_for_tag(const uint8_t *rdata, size_t len, uint16_t wanted, uint32_t from)
{
	uint8_t r[4 + 1024];

	memcpy(r, rdata, len);
	r[5] = r[6] = r[7] = 0; /* length octet 3, then the exponent */
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? r[i] : (uint32_t)r[i] << 8;
	for (uint32_t e = from + 2; e < 1u << 24; e += 2) {
		uint32_t ac = sum + (e >> 16) + (e >> 8 & 255) * 256 + (e & 255);
		if (((ac + (ac >> 16 & 0xffff)) & 0xffff) == wanted)
			return e;
	}
	return 0;
}

/* One pair of primes: all its exponents that give WANTED are tried. */
static struct privkey *
rsa_try_tag(const struct privkey *base, uint16_t wanted, struct err *e)
{
	struct privkey *k = NULL;
	BIGNUM *p = NULL, *q = NULL;
	uint32_t exp = 65535;

	if (EVP_PKEY_get_bn_param(base->pkey, OSSL_PKEY_PARAM_RSA_FACTOR1, &p) == 1 &&
		EVP_PKEY_get_bn_param(base->pkey, OSSL_PKEY_PARAM_RSA_FACTOR2, &q) == 1)
		while (!k && (exp = exponent_for_tag(base->dnskey, base->dnskey_len, wanted, exp))) {
			EVP_PKEY *pkey = rsa_with_exponent(p, q, exp);
			if (pkey && !(k = privkey_from_pkey(pkey, base->alg, base->flags, e)))
				EVP_PKEY_free(pkey);
		}
	BN_clear_free(p);
	BN_clear_free(q);
	return k;
}

static struct privkey *
rsa_generate_tag(uint8_t alg, unsigned bits, uint16_t flags, uint16_t wanted, struct err *e)
{
	/* The tag fixes the exponent modulo 255 = 3 * 5 * 17: where p - 1 or q - 1 shares that
	 * factor no exponent fits, and other primes are drawn. */
	for (int i = 0; i < 64; i++) {
		struct privkey *base = privkey_generate(alg, bits, flags, e);
		struct privkey *k = base ? rsa_try_tag(base, wanted, e) : NULL;
		privkey_free(base);
		if (k || !base)
			return k;
	}
	err_set(e, ERR_UNSUPPORTED, "new key", "wanted tag", "", "no exponent gives %u", wanted);
	return NULL;
}

struct privkey *
privkey_generate_tag(uint8_t alg, unsigned bits, uint16_t flags, uint16_t wanted, struct err *e)
{
	const struct scheme *s = generate_check(alg, bits, e);

	if (!s)
		return NULL;
	if (s->kind == RSA_PKCS1)
		return rsa_generate_tag(alg, bits, flags, wanted, e);
	for (unsigned i = 0; i < TAG_DRAWS; i++) {
		uint8_t rdata[4 + 1024] = { (uint8_t)(flags >> 8), (uint8_t)flags, 3, alg };
		EVP_PKEY *pkey = generate_pkey(s, 0);
		size_t n = pkey ? dnskey_public(pkey, alg, rdata + 4) : 0;
		if (n && dnskey_tag(rdata, n + 4) == wanted)
			return privkey_from_pkey(pkey, alg, flags, e);
		EVP_PKEY_free(pkey);
		if (!n)
			break;
	}
	err_set(e, ERR_LIMIT, "new key", "wanted tag", "", "no key of tag %u was drawn", wanted);
	return NULL;
}

size_t
privkey_sign(struct privkey *k, const void *data, size_t n, uint8_t *sig, struct err *e)
{
	const struct scheme *s = scheme_find(k->alg);
	uint8_t digest[EVP_MAX_MD_SIZE], der[128];
	unsigned digest_len;
	size_t len = 1024;
	bool ok;

	if (!k->md) {
		EVP_MD_CTX_reset(k->md_ctx);
		ok = EVP_DigestSignInit(k->md_ctx, NULL, NULL, NULL, k->pkey) == 1 &&
			EVP_DigestSign(k->md_ctx, sig, &len, data, n) == 1;
	} else if (!hash(k->md_ctx, k->md, data, n, digest, &digest_len))
		ok = false;
	else if (s->kind == ECDSA) {
		size_t der_len = sizeof der;
		ok = EVP_PKEY_sign(k->sign_ctx, der, &der_len, digest, digest_len) == 1 &&
			raw_from_der(sig, der, der_len, s->half);
		len = 2 * s->half;
	} else
		ok = EVP_PKEY_sign(k->sign_ctx, sig, &len, digest, digest_len) == 1;
	if (ok)
		return len;
	err_set(e, ERR_UNSUPPORTED, "private key", "sign", "", "%s", ssl_reason());
	return 0;
}
