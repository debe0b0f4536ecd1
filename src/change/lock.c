/* lock: who changes a zone, told to whoever comes second. */
#include "change/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static void
path_of(struct lock *l, const char *folder, const char *zone)
{
	char safe[256];
	size_t n = 0;

	for (; *zone && n + 1 < sizeof safe; zone++)
		safe[n++] = *zone == '/' ? '_' : *zone;
	while (n > 1 && safe[n - 1] == '.')
		n--;
	safe[n] = '\0';
	snprintf(l->path, sizeof l->path, "%.3800s/.%s.unbogus-lock", folder, safe);
}

static bool
tell_holder(struct lock *l, struct err *e)
{
	char text[320];
	ssize_t n = pread(l->fd, text, sizeof text - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err_set(e, ERR_CHANGED, l->path, "one change at a time", "nobody else changing this zone",
		"%s", *text ? text : "somebody who has just begun");
}

/* The file that was opened may have been removed by a holder that ended: then it locks nobody. */
static bool
still_there(const struct lock *l)
{
	struct stat mine, there;

	return fstat(l->fd, &mine) == 0 && lstat(l->path, &there) == 0 && mine.st_ino == there.st_ino &&
		mine.st_dev == there.st_dev;
}

bool
lock_take(struct lock *l, const char *folder, const char *zone, const char *who, const char *what,
	struct err *e)
{
	char host[65] = "", at[40], text[400];

	path_of(l, folder, zone);
	for (int i = 0; i < 10; i++) {
		struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		l->fd = open(l->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (l->fd < 0)
			return err_errno(e, l->path, "open", errno);
		if (fcntl(l->fd, F_OFD_SETLK, &f) != 0) {
			bool held = errno == EAGAIN || errno == EACCES;
			held ? tell_holder(l, e) : err_errno(e, l->path, "fcntl", errno);
			close(l->fd);
			l->fd = -1;
			return false;
		}
		if (still_there(l))
			break;
		close(l->fd);
		l->fd = -1;
	}
	if (l->fd < 0)
		return err_set(e, ERR_CHANGED, l->path, "lock", "a file that stays", "it is removed each time");
	gethostname(host, sizeof host - 1);
	int n = snprintf(text, sizeof text, "%.60s on %s, process %ld, since %s, %.120s\n", who, host,
		(long)getpid(), clock_rfc3339_s(at, sizeof at, clock_seconds()), what);
	if (ftruncate(l->fd, 0) != 0 || pwrite(l->fd, text, (size_t)n, 0) != n) {
		err_errno(e, l->path, "write", errno);
		lock_drop(l);
		return false;
	}
	return true;
}

void
lock_drop(struct lock *l)
{
	if (l->fd < 0)
		return;
	unlink(l->path); /* while it is held: who opens it now sees that it is not there any more */
	close(l->fd);
	l->fd = -1;
}
