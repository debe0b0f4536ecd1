/*
 * sigcache: signatures that were found good before, by a hash of (key, signed data, signature), so
 * that verifying a zone again after an edit costs hashing. Only the cryptographic fact is kept: dates
 * are judged anew each time. It is safe to lose, bounded, and never grows in use: an entry without
 * room is left out.
 *
 * A cache may be asked and added to by any number of threads at once; load and save are for one.
 */
#ifndef ZONE_SIGCACHE_H
#define ZONE_SIGCACHE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SIGCACHE_ID 16u /* octets that stand for one good signature, or for a key */

struct sigcache;
struct sigcache *sigcache_new(size_t entries); /* room for so many; NULL without memory */
void sigcache_free(struct sigcache *c);

/*
 * The cache at PATH with room for ENTRIES more; an absent, damaged or foreign file (not of this user,
 * or writable by others) gives an empty cache, and E says why (not when it is absent).
 */
struct sigcache *sigcache_load(const char *path, size_t entries, struct err *e);
/* Replaces PATH, mode 0600. Entries that were asked for or added in this run come first, others
 * follow up to as many again. */
bool sigcache_save(const struct sigcache *c, const char *path, struct err *e);

bool sigcache_has(struct sigcache *c, const uint8_t id[SIGCACHE_ID]);
void sigcache_add(struct sigcache *c, const uint8_t id[SIGCACHE_ID]);
size_t sigcache_count(const struct sigcache *c);

/* Hashing, with a context of one thread. */
struct sighash {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};
bool sighash_begin(struct sighash *h);
void sighash_end(struct sighash *h);
void sighash_key(struct sighash *h, uint8_t id[SIGCACHE_ID], const uint8_t *dnskey, size_t len);
void sighash_sig(struct sighash *h, uint8_t id[SIGCACHE_ID], const uint8_t key[SIGCACHE_ID],
	const void *data, size_t len, const uint8_t *sig, size_t siglen);

#endif
