/* super: starts, restarts and ends the other processes. */
#include "ui/super.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/stream.h"

#define BACKOFF_FIRST (200 * 1000)  /* usec; doubles */
#define BACKOFF_MAX (30 * USEC)
#define STEADY (60 * USEC) /* who ran that long begins again with the first */
#define END_GRACE (2 * USEC)
#define EXIT_BAD_USAGE 64 /* starting it again would not help */

struct running {
	const struct super_role *role;
	pid_t pid;	      /* 0: not running */
	int out, in;	      /* write end of its stream, read end of its standard input */
	int err;	      /* read end of its standard error, -1 none */
	char said[256];	      /* the newest of it */
	int64_t started, due; /* monotonic usec; due 0: it stays ended */
	int64_t backoff;
};

struct super {
	struct name zone;
	struct running r[SUPER_ROLES];
	size_t n;
	pid_t face;
	int face_status;
	bool face_ended, ending;
	int64_t kill_at; /* monotonic usec, 0: not yet */
	int signals;
};

struct super_role *
super_role_add(struct super_job *job, const char *name, const char *program)
{
	if (job->n_roles == SUPER_ROLES)
		return NULL;
	struct super_role *r = &job->role[job->n_roles++];
	*r = (struct super_role){ .name = name };
	super_word(r, program ? program : "/proc/self/exe");
	return r;
}

bool
super_word(struct super_role *r, const char *word)
{
	if (r->n == SUPER_WORDS)
		return false;
	r->argv[r->n++] = word;
	r->argv[r->n] = NULL;
	return true;
}

/*
 * A fact on the role's pipe. The newline before it ends a line that the role may have left half
 * written. A pipe that is full is left alone: its reader is busy, and we must not wait for it.
 */
static void
tell(const struct super *s, const struct running *r, const char *state, const char *why)
{
	struct pollfd p = { .fd = r->out, .events = POLLOUT };
	struct obs *o = obs_new(FACT_PROCESS, clock_usec(), "supervisor", &s->zone);
	struct text line = { 0 };

	o->u.process.name = arena_strdup(o->arena, r->role->name);
	o->u.process.state = arena_strdup(o->arena, state);
	o->u.process.why = arena_strdup(o->arena, why);
	o->u.process.pid = (uint32_t)r->pid;
	text_add(&line, "\n");
	stream_write(&line, o);
	if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT) && line.len <= 4096)
		if (write(r->out, text_str(&line), line.len) < 0 && errno == EPIPE)
			p.fd = -1; /* the face is gone: SIGCHLD tells */
	text_free(&line);
	obs_unref(o);
}

static void
start(struct super *s, struct running *r)
{
	struct err e = { 0 };
	char why[1200];
	int p[2];

	r->started = clock_monotonic_usec();
	r->due = 0;
	r->said[0] = '\0';
	if (!child_pipe(p, &e))
		p[0] = p[1] = -1;
	pid_t pid = child_spawn(&(struct child_spec){ .argv = r->role->argv, .cwd = ".",
		.fds = { r->in, r->out, p[1] }, .death_signal = SIGTERM }, &e);
	if (p[1] >= 0)
		close(p[1]);
	if (pid < 0) {
		if (p[0] >= 0)
			close(p[0]);
		tell(s, r, "failed", err_str(&e, why, sizeof why));
		return; /* a program that is not there does not come by itself */
	}
	r->pid = pid;
	r->err = p[0];
	if (r->err >= 0)
		fcntl(r->err, F_SETFL, O_NONBLOCK);
	tell(s, r, "started", NULL);
}

/* Keeps the end of what a role said on its standard error. */
static void
listen_to(struct running *r)
{
	char buf[4096];
	ssize_t n;

	while (r->err >= 0 && (n = read(r->err, buf, sizeof buf - 1)) != 0) {
		if (n < 0) {
			if (errno == EAGAIN || errno == EINTR)
				return;
			break;
		}
		while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\r'))
			n--;
		buf[n] = '\0';
		const char *last = strrchr(buf, '\n');
		if (n > 0)
			text_clean(r->said, sizeof r->said, last ? last + 1 : buf);
	}
	if (r->err >= 0)
		close(r->err);
	r->err = -1;
}

static void
ended(struct super *s, struct running *r, int status)
{
	int64_t now = clock_monotonic_usec();
	char why[512];
	bool again = !(WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
		WEXITSTATUS(status) == EXIT_BAD_USAGE));

	listen_to(r);
	if (r->err >= 0)
		close(r->err);
	r->err = -1;
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(why, sizeof why, "exit status %d", WEXITSTATUS(status));
	size_t n = strlen(why);
	if (r->said[0])
		snprintf(why + n, sizeof why - n, ": %s", r->said);
	r->backoff = now - r->started > STEADY || !r->backoff ? BACKOFF_FIRST : r->backoff * 2;
	if (r->backoff > BACKOFF_MAX)
		r->backoff = BACKOFF_MAX;
	if (!s->ending)
		tell(s, r, again ? "crashed" : "ended", why);
	r->pid = 0;
	r->due = again && !s->ending ? now + r->backoff : 0;
}

static void
reap(struct super *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->face) {
			s->face_ended = true;
			s->face_status = WIFEXITED(status) ? WEXITSTATUS(status)
				: WTERMSIG(status) == SIGINT	? 130
								: 128 + WTERMSIG(status);
		}
		for (size_t i = 0; i < s->n; i++)
			if (s->r[i].pid == pid)
				ended(s, &s->r[i], status);
	}
}

static void
take_signals(struct super *s)
{
	struct signalfd_siginfo si;

	while (read(s->signals, &si, sizeof si) == (ssize_t)sizeof si)
		if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGHUP)
			kill(s->face, SIGTERM); /* it puts the terminal back, then all ends */
	reap(s);
}

/* The face is gone: everybody is asked to end, and made to after END_GRACE. */
static bool
end_all(struct super *s)
{
	int64_t now = clock_monotonic_usec();
	bool any = false;

	for (size_t i = 0; i < s->n; i++) {
		any |= s->r[i].pid != 0;
		if (s->r[i].pid && !s->ending)
			child_kill_group(s->r[i].pid, SIGTERM);
		if (s->r[i].pid && s->kill_at && now >= s->kill_at)
			child_kill_group(s->r[i].pid, SIGKILL);
	}
	if (!s->ending)
		s->kill_at = now + END_GRACE;
	s->ending = true;
	return !any;
}

static int
wait_ms(const struct super *s)
{
	int64_t now = clock_monotonic_usec(), next = s->ending ? now + 50000 : INT64_MAX;

	for (size_t i = 0; i < s->n; i++)
		if (s->r[i].due && s->r[i].due < next)
			next = s->r[i].due;
	return next == INT64_MAX ? -1 : next <= now ? 0 : (int)((next - now) / 1000) + 1;
}

static void __attribute__((noreturn))
supervise(struct super *s)
{
	for (size_t i = 0; i < s->n; i++)
		start(s, &s->r[i]);
	while (!s->face_ended || !end_all(s)) {
		struct pollfd p[SUPER_ROLES + 1] = { { .fd = s->signals, .events = POLLIN } };
		for (size_t i = 0; i < s->n; i++)
			p[i + 1] = (struct pollfd){ .fd = s->r[i].err, .events = POLLIN };
		if (poll(p, s->n + 1, wait_ms(s)) > 0)
			for (size_t i = 0; i < s->n; i++)
				if (p[i + 1].revents)
					listen_to(&s->r[i]);
		take_signals(s);
		for (size_t i = 0; i < s->n && !s->face_ended; i++)
			if (s->r[i].due && clock_monotonic_usec() >= s->r[i].due)
				start(s, &s->r[i]);
	}
	_exit(s->face_status);
}

/* In the face: back to what a process expects, and an end with the supervisor's. */
static void
be_face(const sigset_t *old, pid_t parent)
{
	sigprocmask(SIG_SETMASK, old, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(3);
}

static bool
make_pipes(struct super *s, const struct super_job *job, struct super_face *face, struct err *e)
{
	for (size_t i = 0; i < job->n_roles; i++) {
		int out[2], in[2];
		if (!child_pipe(out, e) || !child_pipe(in, e))
			return false;
		face->stream[i].fd = out[0];
		face->stream[i].back = in[1];
		s->r[i] = (struct running){ .role = &job->role[i], .out = out[1], .in = in[0], .err = -1 };
	}
	face->n = s->n = job->n_roles;
	return true;
}

bool
super_split(const struct super_job *job, struct super_face *face, struct err *e)
{
	struct super s = { .zone = job->zone };
	sigset_t mine, old;

	*face = (struct super_face){ .n = 0 };
	if (!make_pipes(&s, job, face, e))
		return false;
	fflush(NULL);
	sigemptyset(&mine);
	sigaddset(&mine, SIGCHLD);
	sigaddset(&mine, SIGTERM);
	sigaddset(&mine, SIGHUP);
	sigprocmask(SIG_BLOCK, &mine, &old);
	pid_t self = getpid();
	s.face = fork();
	if (s.face < 0)
		return err_errno(e, "face", "fork", errno);
	for (size_t i = 0; i < s.n; i++) { /* each end in one process only, so that EPIPE and EOF work */
		close(s.face == 0 ? s.r[i].out : face->stream[i].fd);
		close(s.face == 0 ? s.r[i].in : face->stream[i].back);
	}
	if (s.face == 0) {
		be_face(&old, self);
		return true;
	}
	signal(SIGINT, SIG_IGN); /* the face's */
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	s.signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
	supervise(&s);
}
