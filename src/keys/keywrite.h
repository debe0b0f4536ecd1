/*
 * keywrite: new BIND key pairs (.key 0644, .private 0600, no .state), and changes of the timing lines
 * of existing pairs that leave every other octet as it is. Each file is replaced atomically.
 *
 * Only what may change things (act, sign, the lab) calls the functions that write; keywrite_edit() is
 * pure and also makes the diff that a plan shows.
 */
#ifndef KEYS_KEYWRITE_H
#define KEYS_KEYWRITE_H

#include "base/text.h"
#include "model/observation.h"
#include "zone/crypto.h"

/* A time to set; TIME_UNSET removes the line. */
struct keytime_edit {
	enum keytime k;
	int64_t t; /* Unix seconds */
};

/*
 * TEXT (N octets of a .key file, or of a .private file where PRIVATE) with the N_EDITS edits, appended
 * to OUT. A line that exists is replaced where it stands, a new one is put after the last timing line
 * that comes before it in BIND's order; all else is kept octet for octet. .key files do not show the
 * DS times (BIND's do not either): such an edit leaves them unchanged.
 */
void keywrite_edit(struct text *out, const char *text, size_t n, bool private,
	const struct keytime_edit *edits, size_t n_edits);

/*
 * The same for the pair BASE ("Kzone.+AAA+TTTTT", either suffix allowed) in DIR: .private first, since
 * that is the one that signers obey, then .key. Owner and mode are kept. Refuses a pair that has a
 * .state file (dnssec-policy manages it: ERR_UNSUPPORTED) and times that cannot be written with 14
 * digits. On failure between the two E says which file holds what; running it again mends it.
 */
bool keywrite_times(const char *dir, const char *base, const struct keytime_edit *edits,
	size_t n_edits, struct err *e);

struct keywrite_new {
	const char *dir;
	const struct name *zone;
	uint8_t alg;
	unsigned bits;	     /* RSA; 0: 2048 */
	uint16_t flags;	     /* 256 or 257 */
	uint32_t ttl;	     /* of the DNSKEY record; 0: none is written */
	int64_t time[KT_COUNT]; /* TIME_UNSET where there is none */
	const uint16_t *taken;	/* tags in use elsewhere: served DNSKEYs, DS */
	size_t n_taken;
};

/*
 * Generates a key whose tag, with and without the REVOKE bit, collides with no key file of the zone in
 * DIR and with none of TAKEN (signers.md 4.6; a collision makes validators try keys in vain), and
 * writes the pair. BASE (at least 300 octets) gets "Kzone.+AAA+TTTTT". NULL with E; existing files
 * are never overwritten.
 */
struct privkey *keywrite_generate(const struct keywrite_new *w, char *base, size_t size, struct err *e);
/* The same for a key that exists. ERR_CHANGED when its tag collides. */
bool keywrite_pair(const struct keywrite_new *w, const struct privkey *k, char *base, size_t size,
	struct err *e);

#endif
