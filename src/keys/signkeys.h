/*
 * signkeys: which key files of a folder sign a zone at one moment, and what each signs (signers.md 1.2:
 * published = Publish <= now < Delete, active = Activate <= now < Inactive; a pair without any times is
 * always both). The role is the SEP flag's: KSKs sign DNSKEY, CDS and CDNSKEY, ZSKs all others; an
 * algorithm with keys of one kind only lets those sign everything (CSK).
 *
 * An active key whose private half cannot be read is an error, never a reason to sign with the rest.
 * Private keys are held until signkeys_free().
 */
#ifndef KEYS_SIGNKEYS_H
#define KEYS_SIGNKEYS_H

#include "base/arena.h"
#include "keys/privfile.h"
#include "zone/sign.h"

struct signkeys {
	struct sign_key *v;
	size_t n, cap;
	const char **names; /* "Kexample.org.+013+12345"; NULL: a DNSKEY of the zone without file */
	uint32_t ttl;	    /* of a DNSKEY record in the files; 0: none says */
	struct arena *arena;
};

/*
 * Reads DIR for ZONE at AT (Unix seconds). False with E; when no key is active E says which key
 * stopped signing and when, since that is what an operator must know.
 */
bool signkeys_load(struct signkeys *k, const char *dir, const struct name *zone, int64_t at,
	const struct privfile_opts *o, struct err *e);
void signkeys_free(struct signkeys *k);

#endif
