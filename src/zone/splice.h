/*
 * splice: a signed file whose apex alone changes ("without the old KSK", another serial, CDS) made anew
 * by copying the rest of the earlier file, which this program wrote and verified itself.
 *
 * A "known file" is remembered beside the signature cache: the length and digest of its apex block and
 * of the rest, which keys signed the rest, with which chain, and until when the first signature serves.
 * A file is spliced only when its octets are those: the rest is copied by the kernel, then read from
 * the new file, and its digest must be the known one; the new apex is read from the new file too and
 * every signature in it verified. So the result is verified as a whole, at the price of hashing it.
 */
#ifndef ZONE_SPLICE_H
#define ZONE_SPLICE_H

#include "zone/signfile.h"

#define KNOWN_KEYS 16u
#define KNOWN_FILES 8u

struct known_file {
	uint64_t apex_len, rest_len, records, sigs; /* records and signatures of the rest */
	uint8_t apex[32], rest[32];		    /* SHA-256 */
	int64_t at, first_expiration;		    /* Unix seconds: when verified; of all signatures */
	bool nsec3, optout;
	uint8_t keys[KNOWN_KEYS][SIGCACHE_ID];	    /* that signed every RRset of the rest, sorted */
	size_t n_keys;
};

/* Reads and writes the list at PATH (absent or damaged: an empty list). The newest comes first. */
size_t known_load(const char *path, struct known_file *v);
bool known_add(const char *path, const struct known_file *k, struct err *e);
/* The keys of O that sign data, as ids; false when there are too many. */
bool known_keys(const struct sign_opts *o, struct known_file *k);

/*
 * Makes F->out from F->in by splicing. False with R->fallback in words when the file's form or the
 * change does not allow it: nothing was changed then, and the whole zone must be signed. False with E
 * (code set) when something is wrong that would be wrong for the whole zone as well.
 */
bool signfile_splice(const struct signfile *f, const char *known, struct signfile_result *r, struct err *e);

#endif
