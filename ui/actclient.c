/* The asking side of act: start it, ask it, understand it. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/state.h"
#include "base/text.h"
#include "ui/act.h"

#define BECOME_MAX 12

pid_t
act_start(const char *const *become, size_t n_become, int *fd, struct err *e)
{
	const char *argv[BECOME_MAX + 3];
	char self[4096];
	size_t n = 0;
	int pair[2];

	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	if (len <= 0 || n_become > BECOME_MAX) {
		err_set(e, ERR_IO, "act", "start", "this program's path", "%s", len <= 0 ? strerror(errno) : "too many words");
		return -1;
	}
	self[len] = '\0';
	for (size_t i = 0; i < n_become; i++)
		argv[n++] = become[i];
	argv[n++] = self;
	argv[n++] = "act";
	argv[n] = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		err_errno(e, "act", "socketpair", errno);
		return -1;
	}
	pid_t pid = child_spawn(&(struct child_spec){ .argv = argv, .cwd = ".",
		.fds = { pair[1], -1, STDERR_FILENO } }, e);
	close(pair[1]);
	if (pid < 0)
		close(pair[0]);
	else
		*fd = pair[0];
	return pid;
}

/* ---- the starter ---- */

#define START_MSEC 5000

struct started {
	bool ok;
	struct err e; /* why not */
};

/* The answer, and with it the descriptor FD where there is one. */
static bool
send_started(int to, const struct started *a, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec part = { (void *)(uintptr_t)a, sizeof *a };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		m.msg_control = &control;
		m.msg_controllen = sizeof control;
		control.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	}
	return sendmsg(to, &m, MSG_NOSIGNAL) == (ssize_t)sizeof *a;
}

/* Until the face is gone. It runs outside of the sandbox, and all that it reads is that an octet came. */
static void __attribute__((noreturn))
serve_starts(int fd, const char *const *become, size_t n_become)
{
	char c;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid(); /* the terminal's signals are the face's, and so is its screen */
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	while (read(fd, &c, 1) == 1) {
		struct started a = { .ok = false };
		int act = -1;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		a.ok = act_start(become, n_become, &act, &a.e) > 0;
		bool told = send_started(fd, &a, a.ok ? act : -1);
		if (act >= 0)
			close(act);
		if (!told)
			break;
	}
	_exit(0);
}

int
act_starter(const char *const *become, size_t n_become, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_errno(e, "act", "socketpair", errno), -1;
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		serve_starts(pair[1], become, n_become);
	}
	close(pair[1]);
	if (pid > 0)
		return pair[0];
	err_errno(e, "act", "fork", errno);
	close(pair[0]);
	return -1;
}

int
act_begin(int starter, struct err *e)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct started a = { .ok = false };
	struct iovec part = { &a, sizeof a };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof control };
	struct pollfd p = { .fd = starter, .events = POLLIN };
	int fd = -1;

	if (send(starter, "s", 1, MSG_NOSIGNAL) != 1 || poll(&p, 1, START_MSEC) != 1 ||
			recvmsg(starter, &m, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof a) {
		err_set(e, ERR_IO, "act", "start", "an answer within 5 s", "the process that starts it is gone");
		return -1;
	}
	const struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(h), sizeof fd);
	if (fd < 0 && e)
		*e = a.e;
	return fd;
}

static void
set(json_t *o, const char *name, const char *value)
{
	if (value)
		json_object_set_new(o, name, json_string(value));
}

bool
act_ask(int fd, const struct act_request *r, struct err *e)
{
	json_t *o = json_object();

	set(o, "plan-text", r->plan_text);
	set(o, "zone", r->zone);
	set(o, "config", r->config);
	set(o, "state", r->state);
	set(o, "phrase", r->phrase);
	set(o, "reason", r->reason);
	set(o, "who", r->who);
	set(o, "terminal", r->terminal);
	char *line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!line)
		return err_set(e, ERR_PARSE, "request", "UTF-8", "", "text that is not");
	bool ok = strlen(line) < ACT_REQUEST_MAX - 1 ||
		err_set(e, ERR_LIMIT, "request", "length", "", "too long");
	ok = ok && file_write_all(fd, line, strlen(line), "act", e) && file_write_all(fd, "\n", 1, "act", e);
	free(line);
	return ok;
}

static bool
parse(const char *line, char *buf, size_t size, struct act_progress *p)
{
	json_t *o = json_loads(line, 0, NULL);
	const char **const to[] = { &p->stage, &p->state, &p->text };
	static const char *const names[] = { "stage", "state", "text" };

	*p = (struct act_progress){ .end = -1 };
	for (int i = 0; o && i < 3; i++) {
		const char *s = json_string_value(json_object_get(o, names[i]));
		size_t n = text_clean(buf, size, s ? s : "") + 1;
		*to[i] = buf;
		n = n < size ? n : size - 1;
		buf += n;
		size -= n;
	}
	if (o && json_is_integer(json_object_get(o, "end")))
		p->end = (int)json_integer_value(json_object_get(o, "end"));
	json_decref(o);
	return o != NULL;
}

bool
act_lines_take(struct act_lines *l, char c, struct act_progress *p)
{
	if (c != '\n') {
		l->too_long |= l->n == sizeof l->line - 1;
		if (!l->too_long)
			l->line[l->n++] = c;
		return false;
	}
	l->line[l->n] = '\0';
	bool said = !l->too_long && parse(l->line, l->buf, sizeof l->buf, p);
	l->n = 0;
	l->too_long = false;
	return said;
}

/* Reads on at the end of the file, until the last line or until nothing was said for SECONDS. */
static int
follow_file(int fd, int seconds)
{
	struct act_progress p = { .end = -1 };
	struct act_lines lines = { .n = 0 };
	int idle = 0;
	char c;

	while (p.end < 0 && idle < 5 * seconds) {
		if (read(fd, &c, 1) <= 0) {
			idle++;
			usleep(200 * 1000);
			continue;
		}
		idle = 0;
		if (act_lines_take(&lines, c, &p))
			act_print(&p);
	}
	return p.end;
}

int
act_follow(const char *state, const struct name *zone)
{
	char text[NAME_MAX_TEXT], path[PATH_MAX];
	struct state_place s;
	struct stat st;

	if (!state_find(&s, state, name_to_text(text, zone), NULL))
		return -1;
	int fd = open(state_path(&s, ACT_PROGRESS, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || st.st_mtime < clock_seconds() - 3600) {
		close(fd);
		return -1;
	}
	int end = follow_file(fd, 150);
	close(fd);
	if (end < 0)
		fprintf(stderr, "unbogus: no more is said and there is no outcome: unbogus apply --recover %s\n", text);
	return end < 0 ? 3 : end;
}

void
act_print(const struct act_progress *p)
{
	if (!*p->text && p->end < 0)
		return;
	if (p->end < 0)
		printf("%-9s %-6s %s\n", p->stage, p->state, p->text);
	fflush(stdout);
}
