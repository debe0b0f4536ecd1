/*
 * seedkey: key pairs that follow from a seed, so that the same scenario and seed give the same
 * bytes everywhere. For simulated worlds only: such a key is no secret.
 */
#ifndef LAB_SEEDKEY_H
#define LAB_SEEDKEY_H

#include "zone/crypto.h"

/*
 * The key of LABEL under SEED; ALG 8, 10 (RSA with BITS, exponent chosen so that the tag is
 * WANTED when that is not 0) or 15. NULL with E. The caller frees it with privkey_free().
 */
struct privkey *seedkey(uint64_t seed, const char *label, uint8_t alg, unsigned bits, uint16_t flags,
	uint16_t wanted, struct err *e);

#endif
