/*
 * crypto: DNSSEC signatures and digests directly on OpenSSL's EVP (RFC 4034, 5702, 6605, 8080,
 * 8624, 3110). No canonical forms here: the caller gives the exact octets that are signed.
 *
 * A struct pubkey holds one decoded public key and may be used by one thread at a time. Limits:
 * RSA moduli of 512 to 4096 bits and exponents up to 2^32+1 (larger ones are a CPU attack).
 */
#ifndef ZONE_CRYPTO_H
#define ZONE_CRYPTO_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/rr.h"

enum crypto_result {
	CRYPTO_GOOD,
	CRYPTO_BAD,	    /* does not verify */
	CRYPTO_UNSUPPORTED, /* this host or this program cannot do the algorithm */
	CRYPTO_MALFORMED,   /* key or signature has an impossible form or length */
};

struct pubkey;
/* NULL with E: ERR_UNSUPPORTED or ERR_PARSE. */
struct pubkey *pubkey_new(const struct dnskey *k, struct err *e);
void pubkey_free(struct pubkey *p);
/* Verifies SIG (RRSIG form: r|s for ECDSA) over N octets at DATA. */
enum crypto_result pubkey_verify(struct pubkey *p, const void *data, size_t n, const uint8_t *sig,
	size_t siglen);
/* Length that every signature by P has (RFC 6605 4, 8080 4; the modulus for RSA). */
size_t pubkey_siglen(const struct pubkey *p);

/* ---- private keys: made and used for signing, cleansed when freed ---- */
struct privkey {
	EVP_PKEY *pkey;
	uint8_t alg;
	uint16_t flags;		/* 256 or 257 of its DNSKEY */
	uint16_t tag;
	uint8_t *dnskey;	/* DNSKEY RDATA */
	uint16_t dnskey_len;
	EVP_PKEY_CTX *sign_ctx; /* reused between signatures: RSA, ECDSA */
	EVP_MD_CTX *md_ctx;
	const EVP_MD *md;	/* NULL for EdDSA */
};
/* A new key. BITS for RSA only (512 to 4096); the public exponent is 65537. */
struct privkey *privkey_generate(uint8_t alg, unsigned bits, uint16_t flags, struct err *e);
/*
 * A new key whose tag is WANTED, for reproductions of incidents and for tests of tag collisions.
 * RSA: the public exponent (17 to 24 bits) is chosen to hit it; others: keys are drawn until one
 * does (seconds for P-256 and Ed25519, longer for the large curves).
 */
struct privkey *privkey_generate_tag(uint8_t alg, unsigned bits, uint16_t flags, uint16_t wanted,
	struct err *e);
/* The same key with contexts of its own, for another thread. */
struct privkey *privkey_dup(const struct privkey *k, struct err *e);
/* Takes over PKEY on success; makes the DNSKEY RDATA from it. */
struct privkey *privkey_from_pkey(EVP_PKEY *pkey, uint8_t alg, uint16_t flags, struct err *e);
void privkey_free(struct privkey *k);

/*
 * The numbers of a private key as key files hold them, big-endian: all eight for RSA (RFC 8017 3.2),
 * PRIV_SECRET alone for the curves (RFC 6605, RFC 8080). An absent one has LEN 0.
 */
enum privnum { PRIV_MODULUS, PRIV_PUBLIC_EXPONENT, PRIV_EXPONENT, PRIV_PRIME1, PRIV_PRIME2,
	PRIV_EXPONENT1, PRIV_EXPONENT2, PRIV_COEFFICIENT, PRIV_SECRET, PRIV_COUNT };
#define PRIV_MAX 640 /* octets of one number: 4096 bits and a little */
struct privnums {
	struct {
		uint16_t len;
		uint8_t b[PRIV_MAX];
	} v[PRIV_COUNT];
};
/* The key of NUMS; ERR_PARSE when they are not one of ALG. The caller cleanses NUMS. */
struct privkey *privkey_from_nums(uint8_t alg, uint16_t flags, const struct privnums *nums,
	struct err *e);
/* The numbers of K; the caller cleanses NUMS (OPENSSL_cleanse), also after a failure. */
bool privkey_nums(const struct privkey *k, struct privnums *nums);
/* Signs N octets; SIG must hold 1024 octets. Returns the signature's length, 0 with E. */
size_t privkey_sign(struct privkey *k, const void *data, size_t n, uint8_t *sig, struct err *e);

/* DNSKEY public key field of PKEY; OUT holds 1024 octets; returns the length or 0. */
size_t dnskey_public(EVP_PKEY *pkey, uint8_t alg, uint8_t *out);

/* Known-answer tests: can this host verify ALG, compute a DS of DIGEST_TYPE? A good answer must be
 * accepted and a spoilt one refused. */
bool crypto_self_test(uint8_t alg);
bool digest_self_test(uint8_t digest_type);

#endif
