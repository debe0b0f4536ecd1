/* Private keys from and to the numbers that key files hold. Every number is cleansed when freed. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

#include "zone/crypto.h"
#include "zone/crypto_int.h"

static const char *const rsa_params[] = {
	[PRIV_MODULUS] = OSSL_PKEY_PARAM_RSA_N, [PRIV_PUBLIC_EXPONENT] = OSSL_PKEY_PARAM_RSA_E,
	[PRIV_EXPONENT] = OSSL_PKEY_PARAM_RSA_D, [PRIV_PRIME1] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[PRIV_PRIME2] = OSSL_PKEY_PARAM_RSA_FACTOR2, [PRIV_EXPONENT1] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[PRIV_EXPONENT2] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	[PRIV_COEFFICIENT] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};
#define RSA_NUMS (sizeof rsa_params / sizeof *rsa_params)

static EVP_PKEY *
rsa_private(const struct privnums *nums)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *bn[RSA_NUMS] = { 0 };
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	bool ok = b != NULL;

	for (size_t i = 0; ok && i < RSA_NUMS; i++) {
		bn[i] = BN_secure_new();
		ok = nums->v[i].len && bn[i] && BN_bin2bn(nums->v[i].b, nums->v[i].len, bn[i]) &&
			OSSL_PARAM_BLD_push_BN(b, rsa_params[i], bn[i]) == 1;
	}
	if (ok && (params = OSSL_PARAM_BLD_to_param(b)))
		pkey = pkey_from_params("RSA", params, EVP_PKEY_KEYPAIR);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	for (size_t i = 0; i < RSA_NUMS; i++)
		BN_clear_free(bn[i]);
	return pkey;
}

/* The point that belongs to SECRET, uncompressed; its length or 0. */
static size_t
curve_point(const char *group, const BIGNUM *secret, uint8_t *out, size_t size)
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(OBJ_sn2nid(group));
	EC_POINT *p = g ? EC_POINT_new(g) : NULL;
	size_t n = 0;

	if (p && BN_cmp(secret, EC_GROUP_get0_order(g)) < 0 && !BN_is_zero(secret) &&
		EC_POINT_mul(g, p, secret, NULL, NULL, NULL) == 1)
		n = EC_POINT_point2oct(g, p, POINT_CONVERSION_UNCOMPRESSED, out, size, NULL);
	EC_POINT_free(p);
	EC_GROUP_free(g);
	return n;
}

static EVP_PKEY *
ecdsa_private(const struct scheme *s, const struct privnums *nums)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *d = BN_secure_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;
	uint8_t point[128];
	size_t n = 0;

	if (b && d && nums->v[PRIV_SECRET].len &&
		BN_bin2bn(nums->v[PRIV_SECRET].b, nums->v[PRIV_SECRET].len, d))
		n = curve_point(s->group, d, point, sizeof point);
	if (n && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, s->group, 0) == 1 &&
		OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, n) == 1 &&
		(params = OSSL_PARAM_BLD_to_param(b)))
		pkey = pkey_from_params(s->type, params, EVP_PKEY_KEYPAIR);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	BN_clear_free(d);
	return pkey;
}

struct privkey *
privkey_from_nums(uint8_t alg, uint16_t flags, const struct privnums *nums, struct err *e)
{
	const struct scheme *s = scheme_find(alg);
	EVP_PKEY *pkey;

	if (!s) {
		err_set(e, ERR_UNSUPPORTED, "private key", "algorithm", "5, 7, 8, 10, 13 to 16", "%u", alg);
		return NULL;
	}
	if (s->kind == RSA_PKCS1)
		pkey = rsa_private(nums);
	else if (s->kind == ECDSA)
		pkey = ecdsa_private(s, nums);
	else
		pkey = EVP_PKEY_new_raw_private_key_ex(NULL, s->type, NULL, nums->v[PRIV_SECRET].b,
			nums->v[PRIV_SECRET].len);
	struct privkey *k = pkey ? privkey_from_pkey(pkey, alg, flags, e) : NULL;
	if (!k) {
		EVP_PKEY_free(pkey);
		if (!pkey)
			err_set(e, ERR_PARSE, "private key", "key numbers", "a key of its algorithm",
				"numbers that are none");
	}
	ERR_clear_error();
	return k;
}

bool
privkey_nums(const struct privkey *k, struct privnums *nums)
{
	const struct scheme *s = scheme_find(k->alg);
	size_t n = PRIV_MAX;
	bool ok = s != NULL;

	memset(nums, 0, sizeof *nums);
	for (size_t i = 0; ok && s->kind == RSA_PKCS1 && i < RSA_NUMS; i++) {
		BIGNUM *v = NULL;
		ok = EVP_PKEY_get_bn_param(k->pkey, rsa_params[i], &v) == 1 && BN_num_bytes(v) <= PRIV_MAX;
		if (ok)
			nums->v[i].len = (uint16_t)BN_bn2bin(v, nums->v[i].b);
		BN_clear_free(v);
	}
	if (ok && s->kind == ECDSA) {
		BIGNUM *v = NULL;
		ok = EVP_PKEY_get_bn_param(k->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &v) == 1 &&
			BN_bn2binpad(v, nums->v[PRIV_SECRET].b, (int)s->half) > 0;
		nums->v[PRIV_SECRET].len = (uint16_t)s->half;
		BN_clear_free(v);
	} else if (ok && s->kind == EDDSA) {
		ok = EVP_PKEY_get_raw_private_key(k->pkey, nums->v[PRIV_SECRET].b, &n) == 1;
		nums->v[PRIV_SECRET].len = (uint16_t)n;
	}
	ERR_clear_error();
	return ok;
}
