/*
 * signfile: a zone file signed into another (or into itself): read, signed, written beside the target,
 * read again and verified as it was written, and only then put in the target's place. What fails,
 * whenever it fails, leaves the target as it was. See zone/sign.h for how a zone is signed.
 *
 * Where the target's earlier version, or the input itself, was verified by this program before and only
 * records at the apex change, the file is spliced instead (zone/splice.h): the rest is copied unread.
 */
#ifndef ZONE_SIGNFILE_H
#define ZONE_SIGNFILE_H

#include "zone/sign.h"

enum signfile_verify { SIGNFILE_VERIFY_ALL, SIGNFILE_VERIFY_NONE };

struct signfile {
	const char *in, *out;
	const struct name *origin;  /* NULL: the first SOA's owner */
	const char *previous;	    /* signed file whose signatures may be kept; NULL: OUT, where it exists
				     * and is not IN */
	struct sign_opts sign;	    /* previous and cache are filled in here */
	const struct zone_limits *limits;
	enum signfile_verify verify;
	const char *cache;	    /* path of the signature cache; NULL: none is kept */
	bool no_splice;
	/* Phases in words ("read", "chain", "sign", "write", "verify"); false cancels. May be NULL. */
	bool (*progress)(void *ctx, const char *phase, uint64_t done, uint64_t total);
	void *ctx;
};

struct signfile_result {
	uint64_t made, kept, dropped;
	uint64_t verified; /* signatures of the result that were found good */
	uint64_t computed; /* verifications done for it by cryptography, all others by the cache */
	uint64_t records, out_of_zone, warnings; /* warnings: faults of the data, which signing does not mend */
	uint32_t serial, serial_before;
	bool nsec3, optout, spliced;
	char fallback[160]; /* why it was not spliced; "" when it was, or nothing was there to splice */
	double cpu_read, cpu_sign, cpu_write, cpu_verify, cpu; /* seconds */
	long peak_kb;
};

/* False with E; the target is untouched then. E's rule is "cancelled" when PROGRESS said so. */
bool signfile(const struct signfile *f, struct signfile_result *r, struct err *e);

#endif
