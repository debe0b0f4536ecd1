#include "base/unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 8

/* The address of FOLDER/NAME by the folder's descriptor, which is returned; -1 with E. */
static int
address(struct sockaddr_un *a, const char *folder, const char *name, struct err *e)
{
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		err_errno(e, folder, "open", errno);
		return -1;
	}
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	int n = snprintf(a->sun_path, sizeof a->sun_path, "/proc/self/fd/%d/%s", dir, name);
	if (n > 0 && n < (int)sizeof a->sun_path)
		return dir;
	close(dir);
	err_set(e, ERR_LIMIT, name, "socket name", "a shorter one", "%zu octets", strlen(name));
	return -1;
}

static int
new_socket(const char *name, struct err *e)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		err_errno(e, name, "socket", errno);
	return fd;
}

int
unixsock_listen(const char *folder, const char *name, struct err *e)
{
	struct sockaddr_un a;
	int dir = address(&a, folder, name, e), fd = dir < 0 ? -1 : new_socket(name, e);

	if (fd >= 0) {
		unlinkat(dir, name, 0);
		/* Linux gives the new file the mode of the socket */
		if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
				listen(fd, BACKLOG) != 0) {
			err_errno(e, name, "bind", errno);
			close(fd);
			fd = -1;
		}
	}
	if (dir >= 0)
		close(dir);
	return fd;
}

int
unixsock_connect(const char *folder, const char *name, struct err *e)
{
	struct sockaddr_un a;
	struct ucred peer;
	socklen_t len = sizeof peer;
	int dir = address(&a, folder, name, e), fd = dir < 0 ? -1 : new_socket(name, e);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		if (errno == ECONNREFUSED)
			err_set(e, ERR_NOT_FOUND, name, "connect", "a listener", "nobody");
		else
			err_errno(e, name, "connect", errno);
		close(fd);
		fd = -1;
	}
	if (fd >= 0 && (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 ||
			(peer.uid != geteuid() && peer.uid != 0))) {
		err_set(e, ERR_PERMISSION, name, "connect", "a listener of our own user, or root", "another's");
		close(fd);
		fd = -1;
	}
	if (dir >= 0)
		close(dir);
	return fd;
}

int
unixsock_accept(int listener)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
			(peer.uid == geteuid() || peer.uid == 0))
		return fd;
	close(fd);
	return -1;
}

static int
open_lock(const char *folder, const char *name, int flags, struct err *e)
{
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;

	if (dir < 0)
		err_errno(e, folder, "open", errno);
	else if ((fd = openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
		err_errno(e, name, "open", errno);
	if (dir >= 0)
		close(dir);
	return fd;
}

static long
read_pid(int fd)
{
	char s[32];
	ssize_t n = pread(fd, s, sizeof s - 1, 0);

	if (n <= 0)
		return 0;
	s[n] = '\0';
	long pid = strtol(s, NULL, 10);
	return pid > 0 ? pid : 0;
}

int
lockfile_take(const char *folder, const char *name, long *holder, struct err *e)
{
	char s[32];
	int fd = open_lock(folder, name, O_RDWR | O_CREAT, e);

	*holder = 0;
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		int n = snprintf(s, sizeof s, "%ld\n", (long)getpid());
		if (ftruncate(fd, 0) == 0 && pwrite(fd, s, (size_t)n, 0) == n)
			return fd;
		err_errno(e, name, "write", errno);
	} else if (errno == EWOULDBLOCK) {
		*holder = read_pid(fd);
		err_set(e, ERR_CHANGED, folder, "lock", "to be the only one", "process %ld has it", *holder);
	} else
		err_errno(e, name, "flock", errno);
	close(fd);
	return -1;
}

long
lockfile_holder(const char *folder, const char *name)
{
	int fd = open_lock(folder, name, O_RDONLY, NULL);
	long pid = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		pid = read_pid(fd);
	close(fd);
	return pid;
}
