/* What crypto.c and privnum.c share. Not for other modules. */
#ifndef ZONE_CRYPTO_INT_H
#define ZONE_CRYPTO_INT_H

#include <openssl/evp.h>
#include <openssl/params.h>
#include <stddef.h>
#include <stdint.h>

/* What OpenSSL needs to know of one algorithm: the table is in crypto.c. */
struct scheme {
	uint8_t alg;
	enum { RSA_PKCS1, ECDSA, EDDSA } kind;
	const EVP_MD *(*md)(void); /* NULL: EdDSA hashes by itself */
	const char *type, *group;
	size_t half; /* octets of r and of s, or half of an EdDSA signature */
	size_t publen;
};
const struct scheme *scheme_find(uint8_t alg); /* NULL: not one that we can do */

/* A key of TYPE from its numbers; NULL when the library refuses. */
EVP_PKEY *pkey_from_params(const char *type, OSSL_PARAM *params, int selection);
/* Why the library said no; also empties its queue, which belongs to the thread. */
const char *ssl_reason(void);

#endif
