/* replace: staged beside the old file, renamed over it, and judged by reading. */
#include "change/replace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/file.h"
#include "change/plan.h"

#ifndef NFS_SUPER_MAGIC
#define NFS_SUPER_MAGIC 0x6969
#endif
#define SMB_MAGIC 0xFE534D42u
#define CIFS_MAGIC 0xFF534D42u

bool
file_sha256(const char *path, char out[TARGET_HASH], struct err *e)
{
	struct err mine = { 0 };
	size_t len;
	char *data = file_read(path, TARGET_MAX, &len, &mine);

	out[0] = '\0';
	if (!data && mine.code == ERR_NOT_FOUND)
		return true;
	if (!data) {
		if (e)
			*e = mine;
		return false;
	}
	plan_sha256(out, data, len);
	free(data);
	return true;
}

void
target_temp_name(char out[NAME_MAX + 1], const char *name, const char *run)
{
	snprintf(out, NAME_MAX + 1, ".%.180s.unbogus-%.40s.tmp", name, run);
}

static bool
refuse(struct err *e, const struct target *t, const char *expected, const char *seen)
{
	return err_set(e, ERR_UNSUPPORTED, t->path, "safe replacement", expected, "%s", seen);
}

/* The folder of PATH without symlinks, and PATH itself as DIR/NAME. */
static bool
resolve(struct target *t, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char dir[PATH_MAX];

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, ERR_ARG, path, "path", "a file", "a folder");
	snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash ? slash - path : 1),
		slash ? path : ".");
	if (!realpath(dir, t->dir))
		return err_errno(e, dir, "realpath", errno);
	if (snprintf(t->path, sizeof t->path, "%s%s%s", t->dir, strcmp(t->dir, "/") ? "/" : "", name) >=
			(int)sizeof t->path)
		return err_set(e, ERR_LIMIT, path, "path", "", "too long");
	t->name = t->path + strlen(t->path) - strlen(name);
	return true;
}

static bool
folder_is_safe(const struct target *t, const struct stat *dir, struct err *e)
{
	struct statfs fs;

	if ((dir->st_mode & S_IWOTH) && !(dir->st_mode & S_ISVTX))
		return refuse(e, t, "a folder that not everybody may write", "mode lets others write");
	if (fstatfs(t->dirfd, &fs) != 0)
		return err_errno(e, t->dir, "fstatfs", errno);
	if (fs.f_type == NFS_SUPER_MAGIC || (uint32_t)fs.f_type == SMB_MAGIC ||
			(uint32_t)fs.f_type == CIFS_MAGIC)
		return refuse(e, t, "a local file system", "a network file system, where rename and lock "
			"do not hold what they promise");
	return true;
}

static bool
in_groups(gid_t gid)
{
	gid_t list[NGROUPS_MAX < 1024 ? NGROUPS_MAX : 1024];
	int n = getgroups((int)(sizeof list / sizeof *list), list);

	for (int i = 0; i < n; i++)
		if (list[i] == gid)
			return true;
	return gid == getegid();
}

/* BIND keeps the changes of a dynamic or inline-signed zone in FILE.jnl: the file is its own. */
static bool
no_zone_journal(const struct target *t, struct err *e)
{
	static const char *const ends[] = { ".jnl", ".jbk" };
	char name[NAME_MAX + 1];
	struct stat st;

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(name, sizeof name, "%.*s%s", (int)(sizeof name - 5), t->name, ends[i]);
		if (fstatat(t->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return refuse(e, t, "a file that only its signer writes",
				"a journal of a dynamic zone lies beside it (.jnl): the server owns this zone");
	}
	return true;
}

static bool
file_is_safe(const struct target *t, const struct stat *dir, struct err *e)
{
	char to[256];

	if (S_ISLNK(t->st.st_mode)) {
		ssize_t n = readlinkat(t->dirfd, t->name, to, sizeof to - 1);
		to[n < 0 ? 0 : n] = '\0';
		return err_set(e, ERR_UNSUPPORTED, t->path, "safe replacement", "the file itself",
			"a symlink to %s: name that file", to);
	}
	if (!S_ISREG(t->st.st_mode))
		return refuse(e, t, "a regular file", "another kind of file");
	if (t->st.st_nlink > 1)
		return refuse(e, t, "one name for the file", "several hard links: the others would keep the old content");
	if (t->st.st_dev != dir->st_dev)
		return refuse(e, t, "a file of its folder", "a mount point");
	if (geteuid() != 0 && (t->st.st_uid != geteuid() || !in_groups(t->st.st_gid)))
		return refuse(e, t, "a file of this user and group",
			"another owner, which this user could not give back (act: become)");
	return true;
}

bool
target_open(struct target *t, const char *path, const char *run, bool may_create, bool secret,
	struct err *e)
{
	struct stat dir;

	*t = (struct target){ .dirfd = -1, .secret = secret };
	if (!resolve(t, path, e))
		return false;
	target_temp_name(t->temp, t->name, run);
	t->dirfd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dirfd < 0 || fstat(t->dirfd, &dir) != 0) {
		err_errno(e, t->dir, "open", errno);
		goto fail;
	}
	t->existed = fstatat(t->dirfd, t->name, &t->st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!t->existed && errno != ENOENT) {
		err_errno(e, t->path, "fstatat", errno);
		goto fail;
	}
	if (!t->existed && !may_create) {
		err_set(e, ERR_NOT_FOUND, t->path, "fstatat", "", "no such file");
		goto fail;
	}
	if (!folder_is_safe(t, &dir, e) || (t->existed && !file_is_safe(t, &dir, e)) ||
			!no_zone_journal(t, e) || (t->existed && !secret && !file_sha256(t->path, t->sha256, e)))
		goto fail;
	return true;
fail:
	target_close(t);
	return false;
}

char *
target_read(const struct target *t, size_t *len, struct err *e)
{
	int fd = openat(t->dirfd, t->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		err_errno(e, t->path, "open", errno);
		return NULL;
	}
	char *data = file_read_fd(fd, t->path, TARGET_MAX, len, e);
	close(fd);
	return data;
}

bool
target_same(const struct target *t, struct err *e)
{
	char now[TARGET_HASH];
	struct stat st;

	if (fstatat(t->dirfd, t->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? !t->existed ||
			err_set(e, ERR_CHANGED, t->path, "as planned", "the same file", "it is gone")
			: err_errno(e, t->path, "fstatat", errno);
	if (!t->existed)
		return err_set(e, ERR_CHANGED, t->path, "as planned", "no such file", "it was made meanwhile");
	if (st.st_dev != t->st.st_dev || st.st_ino != t->st.st_ino || st.st_nlink != 1)
		return err_set(e, ERR_CHANGED, t->path, "as planned", "the same file", "another file in its place");
	if (t->secret)
		return (st.st_size == t->st.st_size && st.st_mtim.tv_sec == t->st.st_mtim.tv_sec &&
			st.st_mtim.tv_nsec == t->st.st_mtim.tv_nsec) ||
			err_set(e, ERR_CHANGED, t->path, "as planned", "the same file", "it was written meanwhile");
	if (!file_sha256(t->path, now, e))
		return false;
	if (strcmp(now, t->sha256) != 0)
		return err_set(e, ERR_CHANGED, t->path, "as planned", t->sha256, "%s", now);
	return true;
}

/* Extended attributes (ACLs and labels are among them) of the old file FROM on TO. */
static bool
copy_xattrs(int from, int to, const char *path, struct err *e)
{
	char names[4096], value[4096], has[4096];
	ssize_t n = flistxattr(from, names, sizeof names);

	if (n < 0)
		return errno == ENOTSUP || err_errno(e, path, "flistxattr", errno);
	for (char *p = names; p < names + n; p += strlen(p) + 1) {
		ssize_t len = fgetxattr(from, p, value, sizeof value);
		if (len < 0)
			return err_errno(e, path, "fgetxattr", errno);
		if (fsetxattr(to, p, value, (size_t)len, 0) == 0)
			continue;
		int error = errno; /* a label that the new file has by itself needs no right to set */
		ssize_t had = fgetxattr(to, p, has, sizeof has);
		if (had != len || memcmp(has, value, (size_t)len) != 0)
			return err_errno(e, path, "fsetxattr", error);
	}
	return true;
}

/* Owner, attributes and mode of the old file, then to the disk. */
static bool
finish(const struct target *t, int fd, mode_t mode, struct err *e)
{
	if (t->existed) {
		int old = openat(t->dirfd, t->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
		if (old < 0)
			return err_errno(e, t->path, "open", errno);
		bool ok = fchown(fd, t->st.st_uid, t->st.st_gid) == 0 ||
			err_errno(e, t->path, "fchown", errno);
		ok = ok && copy_xattrs(old, fd, t->path, e);
		close(old);
		if (!ok)
			return false;
		mode = t->st.st_mode & 07777;
	}
	if (fchmod(fd, mode) != 0)
		return err_errno(e, t->path, "fchmod", errno);
	return fsync(fd) == 0 || err_errno(e, t->path, "fsync", errno);
}

bool
target_stage(struct target *t, const void *data, size_t len, mode_t mode, struct err *e)
{
	int fd = openat(t->dirfd, t->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, t->path, "open", errno);
	t->staged = true;
	bool ok = file_write_all(fd, data, len, t->path, e) && finish(t, fd, mode, e);
	if (close(fd) != 0 && ok)
		ok = err_errno(e, t->path, "close", errno);
	return ok;
}

bool
target_adopt(struct target *t, struct err *e)
{
	struct stat st;
	int fd = openat(t->dirfd, t->temp, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_errno(e, t->path, "open", errno);
	t->staged = true;
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
	if (!ok)
		err_set(e, ERR_IO, t->path, "staged file", "a regular file", "something else");
	ok = ok && finish(t, fd, st.st_mode & 07777, e);
	close(fd);
	return ok;
}

enum swap
target_swap(struct target *t, struct err *e)
{
	int rc = t->existed ? renameat(t->dirfd, t->temp, t->dirfd, t->name)
		: renameat2(t->dirfd, t->temp, t->dirfd, t->name, RENAME_NOREPLACE);

	if (rc != 0) {
		if (errno == EBUSY)
			refuse(e, t, "a file of its folder", "a mount point (rename: busy)");
		else
			err_errno(e, t->path, "rename", errno);
		return SWAP_OLD;
	}
	t->staged = false;
	t->swapped = true;
	if (fsync(t->dirfd) != 0) {
		err_errno(e, t->dir, "fsync", errno);
		return SWAP_NEW_NOT_DURABLE;
	}
	return SWAP_NEW;
}

void
target_close(struct target *t)
{
	if (t->dirfd >= 0) {
		if (t->staged)
			unlinkat(t->dirfd, t->temp, 0);
		close(t->dirfd);
	}
	t->dirfd = -1;
	t->staged = false;
}

bool
backup_write(const char *path, const void *data, size_t len, struct err *e)
{
	char want[TARGET_HASH], have[TARGET_HASH];

	plan_sha256(want, data, len);
	if (!file_replace(path, data, len, 0600, e) || !file_sha256(path, have, e))
		return false;
	return strcmp(want, have) == 0 ||
		err_set(e, ERR_IO, path, "backup", "the octets that were written", "others, read back");
}

/* Does FILE begin with "K" and the zone's name, and end with END? */
static bool
key_file_of(const char *file, const char *zone, const char *end)
{
	size_t n = strlen(file), z = strlen(zone), k = strlen(end);

	return n > 1 + z + k && file[0] == 'K' && strncasecmp(file + 1, zone, z) == 0 &&
		(zone[z ? z - 1 : 0] == '.' ? file[1 + z] == '+' : file[1 + z] == '.') &&
		strcmp(file + n - k, end) == 0;
}

const char *
keys_managed_by(const char *folder, const char *zone)
{
	const char *word = NULL;
	struct dirent *d;
	DIR *dir = opendir(folder);

	while (dir && !word && (d = readdir(dir))) {
		if (key_file_of(d->d_name, zone, ".state"))
			word = "BIND's dnssec-policy (a K*.state file)";
		else if (strcmp(d->d_name, "data.mdb") == 0)
			word = "Knot's KASP database (data.mdb)";
		else if (strcmp(d->d_name, "kasp.db") == 0)
			word = "OpenDNSSEC's KASP database (kasp.db)";
	}
	if (dir)
		closedir(dir);
	return word;
}
