/*
 * file: reading a whole file within a bound, and replacing one so that a reader sees the old or
 * the new content, never a mixture.
 *
 * file_read() reads into its own memory (a mapped file that shrinks would be a SIGBUS).
 * file_replace() writes a temporary file in the same folder, sets owner and mode of the old one,
 * fsyncs, renames and fsyncs the folder. What a SIGKILL leaves behind is the old file, with
 * perhaps a temporary file whose name begins with ".NAME.".
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct arena;

/*
 * Reads PATH (at most MAX bytes) into malloc()ed, NUL-terminated memory that the caller frees.
 * *LEN is the length without the NUL. Returns NULL with E: ERR_NOT_FOUND, ERR_PERMISSION,
 * ERR_LIMIT (larger than MAX), ERR_IO (also: not a regular file).
 */
char *file_read(const char *path, size_t max, size_t *len, struct err *e);
/* The same from an open descriptor of any kind, up to end of file. */
char *file_read_fd(int fd, const char *name, size_t max, size_t *len, struct err *e);

/* SHA-256 of the octets of PATH, in hexadecimal with NUL: OUT holds 65 octets. Reads in pieces. */
bool file_digest(const char *path, char *out, struct err *e);

/*
 * Replaces PATH atomically with LEN bytes at DATA; MODE is used where PATH did not exist. A link is
 * replaced by a file with the owner and mode of its target; a device, pipe or folder is an error.
 */
bool file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e);

/*
 * The same in steps, for what is written piece by piece: file_new_begin() makes a temporary file beside
 * PATH with the owner and mode of the old one (MODE where there is none) and gives its descriptor in
 * f->fd; file_new_commit() syncs it, puts it in PATH's place and syncs the folder; file_new_abort()
 * removes it (harmless after a commit, and on a zeroed struct).
 */
struct file_new {
	int fd;		/* to write to; may be read again */
	int dirfd;
	char temp[256]; /* its name in the folder; "" when there is none */
	char path[4096];
};
bool file_new_begin(struct file_new *f, const char *path, mode_t mode, struct err *e);
bool file_new_commit(struct file_new *f, struct err *e);
void file_new_abort(struct file_new *f);
/* "FOLDER/TEMP" of the temporary file, for who reads it again; returns OUT. */
const char *file_new_path(const struct file_new *f, char out[4400]);

/* Writes all N bytes, over short writes and EINTR. */
bool file_write_all(int fd, const void *p, size_t n, const char *name, struct err *e);

/* PATH from the root, links followed, in A; as it is where it does not exist; NULL stays NULL. */
const char *file_absolute(struct arena *a, const char *path);

/* Makes PATH and its parents, mode 0700 for those that are missing. */
bool file_mkdir_p(const char *path, struct err *e);

#endif
