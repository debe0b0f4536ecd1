/*
 * confine: gives up, for good, what a role does not need: files through Landlock, system calls
 * through seccomp, capabilities and (for root) the user. Called once at start, while the process
 * has a single thread (Landlock does not reach threads that run already), after the files and
 * sockets that the role was given have been opened. Denied calls fail with EPERM or EACCES; the
 * process is not killed, so that a library's optional call does no harm.
 *
 * Where the kernel lacks a part, the rest is applied and struct confined says what is missing:
 * confine_describe() is meant for `hello`, `--version` and the help screen. After confining, the
 * role tries a dozen forbidden calls itself; one that succeeds is a failed confinement, which is
 * an error and not a note.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* To add a role: a row in the table of confine.c, and of the tests. */
enum confine_role {
	CONFINE_NET,	 /* IPv4 and IPv6 sockets that do not listen; no files, no programs */
	CONFINE_LOCAL,	 /* reads its folders; no sockets, writes, programs */
	CONFINE_CONSOLE, /* writes its state; no sockets, programs */
	CONFINE_RECORD,	 /* writes its state, listens on a Unix socket there */
	CONFINE_STATUS,	 /* reads its state; nothing else */
	CONFINE_LAB,	 /* writes its folder; no sockets, programs */
	CONFINE_SERVE,	 /* the lab's, and uses the sockets that it holds */
	CONFINE_HTTP,	 /* uses the listening socket that it was given; reads its state */
	CONFINE_TEXTFILE, /* writes its folder; no sockets, programs */
	CONFINE_ACT,	 /* writes its folders, owners and attributes too; no sockets, programs */
	CONFINE_ROLE_COUNT
};
const char *confine_role_name(enum confine_role role); /* "net" ... */

/* A folder (better: a rule on a file dies when the file is replaced) that stays reachable. */
struct confine_path {
	const char *path; /* NULL and missing ones are skipped */
	bool write;	  /* also create, change, rename and remove below it */
};

struct confine_job {
	enum confine_role role;
	const struct confine_path *paths;
	size_t n_paths;
	const char *user; /* root becomes this user where it exists; NULL: stays who it is */
	bool without_landlock, without_seccomp; /* for the tests of one half alone */
};

struct confined {
	enum confine_role role;
	int landlock;	   /* ABI that is in force, 0: none */
	bool seccomp;	   /* the filter is in force */
	unsigned tried, denied; /* calls of the self-test */
	char missing[256]; /* what this kernel lacks, for people; "" when nothing */
};

/*
 * Confines the calling process; fills C. False with E when a part that the kernel has could not
 * be applied, or when a forbidden call succeeded afterwards: the role must then end.
 */
bool confine(const struct confine_job *job, struct confined *c, struct err *e);

/* "landlock 7, seccomp, 16/16 denied" or "seccomp, 14/14 denied; no landlock: ..." */
const char *confine_describe(const struct confined *c, char *buf, size_t size);

/* What this kernel offers, without confining anybody: "landlock 7, seccomp". */
const char *confine_support(char *buf, size_t size);

#endif
