/*
 * privfile: private keys out of BIND .private files (v1.2 and v1.3; RSA, ECDSA, EdDSA) into keys that
 * can sign, and the text of such a file. Only what signs uses this: act, sign and the lab. Observers
 * read keyfile.h instead, which passes the secret lines over.
 *
 * The file is opened without following links and must be a regular file of the user who runs this,
 * or of root, that nobody else can write or read. Every buffer that a secret went through is cleansed;
 * nothing of a secret is ever put into an error.
 */
#ifndef KEYS_PRIVFILE_H
#define KEYS_PRIVFILE_H

#include "base/text.h"
#include "model/name.h"
#include "zone/crypto.h"

struct privfile_opts {
	bool group_may_read; /* mode 0640 is accepted: sites where the signer is a group */
};

/*
 * Reads the pair BASE.key and BASE.private (BASE may carry either suffix) in the folder DIR ("" or
 * NULL: BASE is a path). The role and the tag are those of the DNSKEY in the .key file; the two
 * halves must belong together: a signature made by the private half must verify with the public one.
 *
 * Returns a key to be freed with privkey_free(), or NULL with E: ERR_NOT_FOUND, ERR_PERMISSION (not
 * readable, or readable by others), ERR_UNSUPPORTED (in an HSM, unknown algorithm or format),
 * ERR_PARSE (no key, or halves that do not match). OWNER and TTL (0: none) are filled when not NULL.
 */
struct privkey *privfile_read(const char *dir, const char *base, const struct privfile_opts *o,
	struct name *owner, uint32_t *ttl, struct err *e);

/*
 * The numbers in N octets of .private text: the pure part of privfile_read(), for tests and fuzzing.
 * The caller cleanses NUMS. *ALG is the file's algorithm.
 */
bool privfile_parse(const char *text, size_t n, uint8_t *alg, struct privnums *nums, struct err *e);

/* A signature by K verifies with the public key of RDATA (N octets). */
bool privkey_matches(struct privkey *k, const uint8_t *rdata, size_t n);

/*
 * Writes the fields of a .private file for K (format v1.3, without times) to the empty OUT, whose
 * storage must be cleansed before it is freed: text_wipe(). False when the key does not give its numbers.
 */
bool privfile_text(struct text *out, const struct privkey *k);
void text_wipe(struct text *t); /* cleanses, then text_free() */

#endif
