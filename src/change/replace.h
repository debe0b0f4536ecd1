/*
 * replace: one of the operator's files put in the place of another so that a crash at any moment
 * leaves the old or the new one, never a mixture; and the word with which a file is refused that
 * cannot be replaced safely.
 *
 * target_open() resolves the path once and judges it; target_stage() writes the new content beside
 * it (same folder; owner, mode and extended attributes of the old file; fsync), where nobody reads
 * it; target_swap() renames it into place and syncs the folder. Between them, target_same() says
 * whether the file is still the one that was opened. target_close() frees what was opened and
 * removes what was staged and not swapped.
 *
 * A rename whose folder could not be synced is a third outcome, "new, not durable": the file is
 * new, and a power loss may bring back the old one (SWAP_NEW_NOT_DURABLE). Which of the three a
 * file is in is decided by reading it again (target_state()), never by a return code.
 */
#ifndef CHANGE_REPLACE_H
#define CHANGE_REPLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

#define TARGET_HASH 65 /* plan_sha256() of a content, and NUL */
#define TARGET_MAX ((size_t)2 << 30)

struct target {
	char path[PATH_MAX]; /* resolved: no symlink in it */
	char dir[PATH_MAX];
	const char *name;    /* its last part; points into path */
	char temp[NAME_MAX + 1];
	int dirfd;
	bool existed, secret, staged, swapped;
	struct stat st;	     /* of the old file; valid where it existed */
	char sha256[TARGET_HASH]; /* of the old content; "" where there was none */
};

/*
 * Looks at PATH for a replacement by run RUN (a few letters and digits that make the temporary
 * file's name unique and known to the journal). A missing file is allowed when MAY_CREATE. A SECRET
 * file is never read: instead of its octets its times tell whether it is the same.
 * False with E for: a symlink, another kind of file, several hard links, a mount point, a folder
 * that everybody may write, a network file system, an owner that this user cannot give back, and a
 * journal of a dynamic zone beside it (BIND's .jnl).
 */
bool target_open(struct target *t, const char *path, const char *run, bool may_create, bool secret,
	struct err *e);
/* The name that target_open() gives the temporary file, for who has to know it before. */
void target_temp_name(char out[NAME_MAX + 1], const char *name, const char *run);
/* Reads the old content again: malloc()ed, for the caller; NULL with E. */
char *target_read(const struct target *t, size_t *len, struct err *e);
/* Is it still the same file with the same octets? False with E (ERR_CHANGED). */
bool target_same(const struct target *t, struct err *e);
/* MODE is used where no old file gives one. */
bool target_stage(struct target *t, const void *data, size_t len, mode_t mode, struct err *e);
/* Takes what another program wrote at the temporary name as staged: owner, mode, fsync. */
bool target_adopt(struct target *t, struct err *e);

enum swap { SWAP_OLD, SWAP_NEW, SWAP_NEW_NOT_DURABLE };
/* A file that did not exist is put there, never over one that appeared meanwhile. */
enum swap target_swap(struct target *t, struct err *e);
void target_close(struct target *t);

/* What PATH holds: its SHA-256 into OUT; "" when there is no such file. False with E otherwise. */
bool file_sha256(const char *path, char out[TARGET_HASH], struct err *e);

/*
 * A copy of LEN octets at DATA at PATH (0600), synced and read back. Never for private keys.
 */
bool backup_write(const char *path, const void *data, size_t len, struct err *e);

/*
 * Whose are the keys in FOLDER? A word when another program manages them (BIND's K*.state, a KASP
 * database): nothing there may be edited. NULL: nobody's but the operator's.
 */
const char *keys_managed_by(const char *folder, const char *zone);

#endif
