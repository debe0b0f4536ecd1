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
write_temp(int fd, const char *path, const void *data, size_t len, const struct stat *old,
	mode_t mode, struct err *e)
{
	if (old && fchown(fd, old->st_uid, old->st_gid) != 0 && errno != EPERM)
		return err_errno(e, path, "fchown", errno);
	if (fchmod(fd, old ? old->st_mode & 07777 : mode) != 0)
		return err_errno(e, path, "fchmod", errno);
	if (!file_write_all(fd, data, len, path, e))
		return false;
	if (fsync(fd) != 0)
		return err_errno(e, path, "fsync", errno);
	return true;
}

bool
file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *e)
{
	char dir[PATH_MAX], temp[NAME_MAX + 1];
	const char *name;
	struct stat old;
	bool ok = false;

	split(path, dir, &name);
	if (snprintf(temp, sizeof temp, ".%s.%ld.tmp", name, (long)getpid()) >= (int)sizeof temp)
		return err_set(e, ERR_LIMIT, path, "file name", "", "too long");
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_errno(e, dir, "open", errno);
	bool had = fstatat(dirfd, name, &old, AT_SYMLINK_NOFOLLOW) == 0;
	int fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		err_errno(e, path, "open", errno);
	else {
		ok = write_temp(fd, path, data, len, had ? &old : NULL, mode, e);
		if (close(fd) != 0 && ok)
			ok = err_errno(e, path, "close", errno);
		if (ok && renameat(dirfd, temp, dirfd, name) != 0)
			ok = err_errno(e, path, "rename", errno);
		if (!ok)
			unlinkat(dirfd, temp, 0);
		else if (fsync(dirfd) != 0)
			ok = err_errno(e, dir, "fsync", errno);
	}
	close(dirfd);
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
