/* door: a fixed table of commands, run by number for a process that confined itself. */
#include "base/door.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

struct door {
	const struct child_job *jobs;
	size_t n;
	int fd;
	pid_t server;
	bool broken; /* a reply was cut: nothing after it could be believed */
};

/* What goes through. Both ends are the same program, so that structs will do. */
struct question {
	uint64_t number, input_len;
};
struct answer {
	bool started;	       /* then RESULT and its output follow */
	struct err e;	       /* otherwise */
	struct child_result r; /* its pointers mean nothing at the other end */
};

/* All of LEN octets, or false: end of file, or an error. */
static bool
read_all(int fd, void *p, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, (char *)p + done, len - done);
		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* ---- the server ---- */

static bool
serve_one(int fd, const struct child_job *jobs, size_t n)
{
	struct question q;
	struct answer a = { .started = false };
	char *input = NULL;

	if (!read_all(fd, &q, sizeof q) || q.number >= n || q.input_len > DOOR_INPUT_MAX)
		return false;
	if (q.input_len && (!(input = malloc(q.input_len)) || !read_all(fd, input, q.input_len))) {
		free(input);
		return false;
	}
	struct child_job job = jobs[q.number];
	job.input = input;
	job.input_len = q.input_len;
	job.stop_fd = fd;
	a.started = child_run(&job, &a.r, &a.e);
	free(input);
	bool ok = file_write_all(fd, &a, sizeof a, "door", NULL) &&
		(!a.started || (file_write_all(fd, a.r.out, a.r.out_len, "door", NULL) &&
				       file_write_all(fd, a.r.err, a.r.err_len, "door", NULL)));
	if (a.started)
		child_result_free(&a.r);
	return ok;
}

static void __attribute__((noreturn))
serve(int fd, const struct child_job *jobs, size_t n)
{
	prctl(PR_SET_NAME, "unbogus-door");
	/* TERM and INT go to the whole group and mean the asker. Its end closes the socket, also when
	 * it was killed, and a running command is then ended with its group, not left behind. */
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	/* Nothing of the asker's may stay open here: its pipes must end with it. */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
		(fd != 3 && dup2(fd, 3) < 0) || fcntl(3, F_SETFD, FD_CLOEXEC) != 0)
		_exit(1);
	if (syscall(SYS_close_range, 4u, ~0u, 0u) != 0)
		for (int i = 4; i < 1024; i++)
			close(i);
	while (serve_one(3, jobs, n))
		;
	_exit(0);
}

/* ---- the asker ---- */

struct door *
door_open(const struct child_job *jobs, size_t n, struct err *e)
{
	struct door *d = calloc(1, sizeof *d);
	int fds[2];

	if (!d || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		free(d);
		err_errno(e, "door", "socketpair", errno);
		return NULL;
	}
	*d = (struct door){ .jobs = jobs, .n = n, .fd = fds[0] };
	d->server = fork();
	if (d->server == 0) {
		close(fds[0]);
		serve(fds[1], jobs, n);
	}
	close(fds[1]);
	if (d->server > 0)
		return d;
	err_errno(e, "door", "fork", errno);
	close(d->fd);
	free(d);
	return NULL;
}

void
door_close(struct door *d)
{
	if (!d)
		return;
	close(d->fd);
	while (waitpid(d->server, NULL, 0) < 0 && errno == EINTR)
		;
	free(d);
}

void
door_stop(void *door)
{
	struct door *d = door;

	if (d)
		shutdown(d->fd, SHUT_RDWR); /* the descriptor stays: the other thread may be reading */
}

static char *
take(struct door *d, size_t len)
{
	char *p = malloc(len + 1);

	if (!p || !read_all(d->fd, p, len)) {
		free(p);
		return NULL;
	}
	p[len] = '\0';
	return p;
}

static bool
broken(struct door *d, struct err *e)
{
	d->broken = true;
	return err_set(e, ERR_IO, d->jobs[0].argv[0], "door", "the server of the configured commands",
		"it has ended");
}

bool
door_run_nth(struct door *d, size_t n, const void *input, size_t len, struct child_result *r,
	struct err *e)
{
	struct question q = { n, len };
	struct answer a;

	*r = (struct child_result){ .status = -1 };
	if (n >= d->n)
		return err_set(e, ERR_ARG, "door", "command", "one of the table", "number %zu of %zu", n, d->n);
	if (len > DOOR_INPUT_MAX)
		return err_set(e, ERR_LIMIT, d->jobs[n].argv[0], "input", "at most 16 MiB", "%zu octets", len);
	if (d->broken || !file_write_all(d->fd, &q, sizeof q, "door", NULL) ||
		(len && !file_write_all(d->fd, input, len, "door", NULL)) ||
		!read_all(d->fd, &a, sizeof a))
		return broken(d, e);
	if (!a.started) {
		if (e)
			*e = a.e;
		return false;
	}
	*r = a.r;
	r->out = r->err = NULL;
	if (!(r->out = take(d, r->out_len)) || !(r->err = take(d, r->err_len))) {
		child_result_free(r);
		return broken(d, e);
	}
	return true;
}

static bool
same_words(const char *const *a, const char *const *b)
{
	for (; *a && *b; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b;
}

bool
door_run(void *door, const struct child_job *job, struct child_result *r, struct err *e)
{
	struct door *d = door;

	for (size_t i = 0; i < d->n; i++)
		if (same_words(d->jobs[i].argv, job->argv))
			return door_run_nth(d, i, job->input, job->input ? job->input_len : 0, r, e);
	*r = (struct child_result){ .status = -1 };
	return err_set(e, ERR_ARG, job->argv[0] ? job->argv[0] : "", "door", "a configured command",
		"other words");
}
