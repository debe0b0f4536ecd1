#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/text.h"

char *
file_read_fd(int fd, const char *name, size_t max, size_t *len, struct err *e)
{
	size_t cap = 4096, n = 0;
	char *buf = malloc(cap);

	for (;;) {
		if (!buf) {
			err_errno(e, name, "malloc", ENOMEM);
			return NULL;
		}
		ssize_t got = read(fd, buf + n, cap - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_errno(e, name, "read", errno);
			break;
		}
		if (got == 0) {
			buf[n] = '\0';
			*len = n;
			return buf;
		}
		n += (size_t)got;
		if (n > max) {
			err_set(e, ERR_LIMIT, name, "size", "", "more than %zu bytes", max);
			break;
		}
		if (cap - n < 2) {
			char *more = realloc(buf, cap *= 2);
			if (!more) {
				err_errno(e, name, "realloc", ENOMEM);
				break;
			}
			buf = more;
		}
	}
	free(buf);
	return NULL;
}

char *
file_read(const char *path, size_t max, size_t *len, struct err *e)
{
	struct stat st;
	char *buf = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		err_errno(e, path, "open", errno);
		return NULL;
	}
	if (fstat(fd, &st) != 0)
		err_errno(e, path, "fstat", errno);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_IO, path, "open", "a regular file", "another kind of file");
	else
		buf = file_read_fd(fd, path, max, len, e);
	close(fd);
	return buf;
}

bool
file_write_all(int fd, const void *p, size_t n, const char *name, struct err *e)
{
	const char *b = p;

	while (n > 0) {
		ssize_t put = write(fd, b, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(e, name, "write", errno);
		b += put;
		n -= (size_t)put;
	}
	return true;
}

/* Splits PATH into folder and name. */
static void
split(const char *path, char dir[PATH_MAX], const char **name)
{
	const char *slash = strrchr(path, '/');

	if (!slash) {
		snprintf(dir, PATH_MAX, ".");
		*name = path;
	} else {
		snprintf(dir, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
		*name = slash + 1;
	}
}

static bool
like_old(int fd, const char *path, const struct stat *old, mode_t mode, struct err *e)
{
	if (old && fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM)
		return err_errno(e, path, "fchown", errno);
	if (fchmod(fd, old ? old->st_mode & 07777 : mode) != 0)
		return err_errno(e, path, "fchmod", errno);
	return true;
}

bool
file_new_begin(struct file_new *f, const char *path, mode_t mode, struct err *e)
{
	char dir[PATH_MAX];
	const char *name;
	struct stat old;

	*f = (struct file_new){ .fd = -1, .dirfd = -1 };
	split(path, dir, &name);
	if (snprintf(f->temp, sizeof f->temp, ".%s.%ld.tmp", name, (long)getpid()) >= (int)sizeof f->temp ||
		snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path) {
		f->temp[0] = '\0';
		return err_set(e, ERR_LIMIT, path, "file name", "", "too long");
	}
	f->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dirfd < 0) {
		f->temp[0] = '\0';
		return err_errno(e, dir, "open", errno);
	}
	/* of a link, what it points to: a link's own mode is 0777, and a new file must not have that */
	bool had = fstatat(f->dirfd, name, &old, 0) == 0;
	if (had && !S_ISREG(old.st_mode)) { /* root would put a file in the place of /dev/null */
		f->temp[0] = '\0';
		file_new_abort(f);
		return err_set(e, ERR_ARG, path, "file", "a regular file, or none", "something else");
	}
	f->fd = openat(f->dirfd, f->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (f->fd < 0) {
		err_errno(e, path, "open", errno);
		f->temp[0] = '\0'; /* what is there is not ours */
		file_new_abort(f);
		return false;
	}
	if (like_old(f->fd, path, had ? &old : NULL, mode, e))
		return true;
	file_new_abort(f);
	return false;
}

bool
file_new_commit(struct file_new *f, struct err *e)
{
	const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
	bool ok = fsync(f->fd) == 0 || err_errno(e, f->path, "fsync", errno);

	if (close(f->fd) != 0 && ok)
		ok = err_errno(e, f->path, "close", errno);
	f->fd = -1;
	if (ok && renameat(f->dirfd, f->temp, f->dirfd, name) != 0)
		ok = err_errno(e, f->path, "rename", errno);
	if (ok) {
		f->temp[0] = '\0';
		if (fsync(f->dirfd) != 0)
			ok = err_errno(e, f->path, "fsync of its folder", errno);
	}
	file_new_abort(f);
	return ok;
}

void
file_new_abort(struct file_new *f)
{
	if (f->path[0] == '\0')
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->temp[0] && f->dirfd >= 0)
		unlinkat(f->dirfd, f->temp, 0);
	if (f->dirfd >= 0)
		close(f->dirfd);
	*f = (struct file_new){ .fd = -1, .dirfd = -1 };
}

const char *
file_new_path(const struct file_new *f, char out[4400])
{
	const char *slash = strrchr(f->path, '/');

	snprintf(out, 4400, "%.*s%s", slash ? (int)(slash - f->path) + 1 : 0, f->path, f->temp);
	return out;
}

bool
file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	struct file_new f;

	if (!file_new_begin(&f, path, mode, e))
		return false;
	bool ok = file_write_all(f.fd, data, len, path, e) && file_new_commit(&f, e);
	if (!ok)
		file_new_abort(&f);
	return ok;
}

bool
file_mkdir_p(const char *path, struct err *e)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return err_set(e, ERR_LIMIT, path, "path", "", "too long");
	for (char *p = part + 1;; p++) {
		bool end = *p == '\0';
		if (*p != '/' && !end)
			continue;
		*p = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return err_errno(e, part, "mkdir", errno);
		if (end)
			return true;
		*p = '/';
	}
}

static bool
hash_fd(int fd, const char *path, EVP_MD_CTX *md, struct err *e)
{
	static const size_t size = 65536;
	char *buf = malloc(size);
	ssize_t n = -1;

	if (!buf || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1) {
		err_set(e, ERR_MEMORY, path, "SHA-256", "", "no memory");
		goto out;
	}
	while ((n = read(fd, buf, size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_errno(e, path, "read", errno);
			break;
		}
		EVP_DigestUpdate(md, buf, (size_t)n);
	}
out:
	free(buf);
	return n == 0;
}

bool
file_digest(const char *path, char *out, struct err *e)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	EVP_MD_CTX *md = NULL;
	bool ok = false;

	if (fd < 0)
		return err_errno(e, path, "open", errno);
	md = EVP_MD_CTX_new();
	if (!md) {
		err_set(e, ERR_MEMORY, path, "SHA-256", "", "no memory");
		goto out;
	}
	if (!hash_fd(fd, path, md, e))
		goto out;
	ok = EVP_DigestFinal_ex(md, digest, NULL) == 1;
	text_hex(out, 65, digest, 32);
out:
	EVP_MD_CTX_free(md);
	close(fd);
	return ok;
}

const char *
file_absolute(struct arena *a, const char *path)
{
	char *full = path ? realpath(path, NULL) : NULL;
	const char *out = full ? arena_strdup(a, full) : path;

	free(full);
	return out;
}
