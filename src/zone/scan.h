/*
 * scan: zone text to records, one at a time, on libzscanner (RFC 1035 5, RFC 3597 and every type
 * that the library knows). The file is read into memory of our own, $INCLUDE is followed by us
 * (relative to the including file, bounded depth), a relative $ORIGIN is understood, and after an
 * error that stops the library reading goes on with the next line, so that one bad line never
 * hides the rest. $GENERATE is an error.
 *
 * Nothing is kept: the records passed to the callback are valid during the call only. Owner names
 * are absolute and keep their case. Each record carries the file, the line where it begins and
 * its octets, for messages and for splicing.
 *
 * Limits (octets of text, records, depth and number of includes, length of one line, problems that
 * are reported, work spent on restarts) are errors of code ERR_LIMIT, never memory or time.
 */
#ifndef ZONE_SCAN_H
#define ZONE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/name.h"

struct scan_record {
	const uint8_t *owner; /* wire form as written */
	uint8_t owner_len;
	uint16_t type, class;
	uint32_t ttl;
	const uint8_t *rdata; /* uncompressed wire form */
	uint16_t rdlen;
	uint16_t file;	/* 0 is the file that was named */
	uint32_t line;	/* where it begins, from 1 */
	size_t begin, end; /* octets in that file: from the first of its first line to after its last */
};

struct scan_problem {
	const char *file; /* path; foreign bytes possible */
	uint32_t line;
	const char *what; /* of the library, or ours */
	bool fatal;	  /* the library would have stopped here */
	/* A record whose type has no text form here: its type as written and its owner; else NULL. */
	const char *type;
	const uint8_t *owner;
	uint8_t owner_len;
};

struct scan_limits {
	size_t text;	       /* octets of all files together */
	size_t line;	       /* octets of one line */
	uint64_t records;
	unsigned depth, files; /* of $INCLUDE */
	unsigned problems;     /* then the scan ends with ERR_LIMIT */
	size_t window;	       /* octets of text in memory at once: one, as a rule; all, after an error */
};
extern const struct scan_limits scan_default_limits; /* 2 GiB, 16 MiB, 100 M, 8, 1000, 1000, 2 GiB */

struct scan_stats {
	uint64_t records, problems;
	size_t text;	      /* octets read */
	uint16_t files;
	bool directives;      /* $ORIGIN or $TTL after the first record, or $INCLUDE */
	bool relative_origin; /* a relative $ORIGIN was resolved */
};

struct scan {
	const struct name *origin;	  /* initial $ORIGIN; NULL or empty: the root */
	uint32_t default_ttl;		  /* where neither $TTL nor the record gives one */
	const struct scan_limits *limits; /* NULL: the default */
	/* Returns false to stop; the scan then fails with ERR_LIMIT ("stopped by the caller"). */
	bool (*record)(void *ctx, const struct scan_record *r);
	void (*problem)(void *ctx, const struct scan_problem *p); /* may be NULL */
	/* Tells the path behind scan_record.file before its first record; may be NULL. */
	void (*file)(void *ctx, uint16_t file, const char *path);
	void *ctx;
	struct scan_stats stats; /* filled in */
	bool part;		 /* of scan_part(): the file is not told */
	uint32_t lines;		 /* of scan_part(): lines of the part */
};

/*
 * Scans PATH, or LEN octets at TEXT (NAME is shown in messages; includes are relative to its
 * folder). Returns false with E when the file cannot be read, a limit was hit, or the callback
 * stopped; problems in the text are told to the callback and counted, and are no failure here.
 */
bool scan_file(struct scan *s, const char *path, struct err *e);
bool scan_text(struct scan *s, const char *name, const char *text, size_t len, struct err *e);

/*
 * One large file in parts for several threads: scan_split() opens it once and finds where lines begin
 * with a name; scan_part() scans one part (0 to n - 1), records in it have line numbers from 1;
 * scan_split_end() closes it, false with E when it changed meanwhile. A part is what the whole would
 * give only when every part has no problems and no directives (stats): else scan the whole.
 * S->origin and S->default_ttl must be those of all parts.
 */
#define SCAN_PARTS 8u
struct scan_split {
	const char *path;
	int fd;
	unsigned n; /* 1: not worth it, or not possible */
	size_t at[SCAN_PARTS + 1];
	int64_t changed;
	bool have_head; /* directives before the first record: */
	struct name origin;
	uint32_t ttl;
};
bool scan_split(const struct scan *s, const char *path, unsigned parts, struct scan_split *sp,
	struct err *e);
bool scan_part(struct scan *s, const struct scan_split *sp, unsigned part, struct err *e);
bool scan_split_end(struct scan_split *sp, struct err *e);

#endif
