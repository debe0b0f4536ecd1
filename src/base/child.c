/* child: argv to process, with nothing inherited that was not meant. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define CHILD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define ENV_MAX 64

/* What a child may inherit. LD_*, MALLOC_*, OPENSSL_*, RES_OPTIONS and the rest stay here.
 * To add a variable: its name. */
static const char *const inherited[] = { "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME",
	"SSH_AUTH_SOCK", "TERM", "TZ", "USER", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR",
	"XDG_STATE_HOME", "UBG_SHARE", "UBG_STATE", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", NULL };

static bool
env_has(char **env, const char *pair)
{
	size_t name = strcspn(pair, "=");

	for (; *env; env++)
		if (strncmp(*env, pair, name + 1) == 0)
			return true;
	return false;
}

/* OUT (ENV_MAX entries) points into EXTRA and environ. */
static void
build_env(char **out, const char *const *extra)
{
	static char path[] = "PATH=" CHILD_PATH;
	size_t n = 0;

	out[0] = NULL;
	for (; extra && *extra && n < ENV_MAX / 2; extra++) {
		memcpy(&out[n++], extra, sizeof *out); /* execve's char *const: it writes nothing */
		out[n] = NULL;
	}
	for (size_t i = 0; inherited[i] && n < ENV_MAX - 2; i++)
		for (char **v = environ; v && *v; v++) {
			size_t len = strlen(inherited[i]);
			if (strncmp(*v, inherited[i], len) == 0 && (*v)[len] == '=' && !env_has(out, *v)) {
				out[n++] = *v;
				out[n] = NULL;
				break;
			}
		}
	if (!env_has(out, path)) {
		out[n++] = path;
		out[n] = NULL;
	}
}

/* The program's path into OUT: argv[0] itself, or the first executable of that name. */
static bool
find_program(const char *name, char *out, size_t size, struct err *e)
{
	if (strchr(name, '/')) {
		if ((size_t)snprintf(out, size, "%s", name) >= size)
			return err_set(e, ERR_ARG, name, "program", "a shorter path", "%zu octets", strlen(name));
		return true;
	}
	for (const char *p = CHILD_PATH; *p;) {
		size_t n = strcspn(p, ":");
		if ((size_t)snprintf(out, size, "%.*s/%s", (int)n, p, name) < size && access(out, X_OK) == 0)
			return true;
		p += n + (p[n] == ':');
	}
	return err_set(e, ERR_NOT_FOUND, name, "program", "an installed one", "none in " CHILD_PATH);
}

bool
child_pipe(int fds[2], struct err *e)
{
	return pipe2(fds, O_CLOEXEC) == 0 || err_errno(e, "pipe", "pipe2", errno);
}

/* After fork: only async-signal-safe calls. Tells errno through TELL and never returns. */
static void __attribute__((noreturn))
become(const struct child_spec *spec, const char *path, char **env, int tell, pid_t parent)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;
	int fds[3], error;
	char *const *argv;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!spec->same_group && setsid() < 0)
		goto fail;
	if (spec->death_signal) {
		if (prctl(PR_SET_PDEATHSIG, spec->death_signal) != 0)
			goto fail;
		if (getppid() != parent) /* it ended before prctl() */
			_exit(127);
	}
	for (int i = 0; i < 3; i++) { /* above 2 first, so that none is overwritten before its turn */
		int fd = spec->fds[i] >= 0 ? spec->fds[i] : open("/dev/null", O_RDWR);
		if (fd < 0 || (fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
			goto fail;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			goto fail;
	if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) != 0)
		for (int fd = 3; fd < 1024; fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (chdir(spec->cwd ? spec->cwd : "/") != 0)
		goto fail;
	memcpy(&argv, &spec->argv, sizeof argv);
	execve(path, argv, env);
fail:
	error = errno;
	while (write(tell, &error, sizeof error) < 0 && errno == EINTR)
		;
	_exit(127);
}

pid_t
child_spawn(const struct child_spec *spec, struct err *e)
{
	char path[4096], *env[ENV_MAX];
	int tell[2], error = 0;
	sigset_t all, old;

	if (!spec->argv || !spec->argv[0]) {
		err_set(e, ERR_ARG, "argv", "program", "at least one word", "none");
		return -1;
	}
	if (!find_program(spec->argv[0], path, sizeof path, e) || !child_pipe(tell, e))
		return -1;
	build_env(env, spec->env);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old); /* no handler of ours runs in the child */
	pid_t parent = getpid(), pid = fork();
	if (pid == 0)
		become(spec, path, env, tell[1], parent);
	error = errno;
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(tell[1]);
	if (pid < 0) {
		err_errno(e, spec->argv[0], "fork", error);
	} else {
		ssize_t n;
		while ((n = read(tell[0], &error, sizeof error)) < 0 && errno == EINTR)
			;
		if (n == (ssize_t)sizeof error) {
			while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
				;
			err_errno(e, spec->argv[0], "execve", error);
			pid = -1;
		}
	}
	close(tell[0]);
	return pid;
}

void
child_kill_group(pid_t pid, int sig)
{
	if (pid > 1 && kill(-pid, sig) != 0 && errno == ESRCH)
		kill(pid, sig); /* before its setsid(), or same_group */
}

/* One of the child's two outputs while it is read. */
struct sink {
	int fd;
	char *buf;
	size_t len, max;
	bool cut;
};

static void
sink_read(struct sink *s)
{
	char scrap[16384];
	ssize_t n = read(s->fd, scrap, sizeof scrap);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(s->fd);
		s->fd = -1;
		return;
	}
	size_t take = (size_t)n < s->max - s->len ? (size_t)n : s->max - s->len;
	char *p = take ? realloc(s->buf, s->len + take + 1) : NULL;
	if (p) {
		memcpy(p + s->len, scrap, take);
		s->buf = p;
		s->len += take;
		p[s->len] = '\0';
	}
	if (!p || take < (size_t)n)
		s->cut = true;
}

struct run {
	const struct child_job *job;
	pid_t pid;
	int in;
	size_t in_done;
	struct sink out, err;
	int64_t started, deadline; /* monotonic usec */
	bool ended, termed;
	int wait_status;
};

static void
run_write(struct run *r)
{
	const char *p = r->job->input;
	ssize_t n = write(r->in, p + r->in_done, r->job->input_len - r->in_done);

	if (n > 0)
		r->in_done += (size_t)n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || r->in_done == r->job->input_len) {
		close(r->in);
		r->in = -1;
	}
}

static void
run_poll(struct run *r, int wait_ms)
{
	struct pollfd p[4] = { { .fd = r->out.fd, .events = POLLIN }, { .fd = r->err.fd, .events = POLLIN },
		{ .fd = r->in, .events = POLLOUT },
		{ .fd = r->job->stop_fd > 0 && !r->termed ? r->job->stop_fd : -1, .events = POLLRDHUP } };

	if (poll(p, 4, wait_ms) <= 0)
		return;
	if (p[3].revents)
		r->deadline = 0;
	if (p[0].revents)
		sink_read(&r->out);
	if (p[1].revents)
		sink_read(&r->err);
	if (p[2].revents)
		run_write(r);
}

/* TERM at the deadline, KILL after the grace. Returns false when nothing more is to be waited for. */
static bool
run_deadline(struct run *r, struct child_result *res)
{
	int64_t now = clock_monotonic_usec();

	if (now < r->deadline)
		return true;
	if (r->termed) {
		child_kill_group(r->pid, SIGKILL);
		return false;
	}
	res->timed_out = !r->ended;
	child_kill_group(r->pid, SIGTERM);
	r->termed = true;
	r->deadline = now + CHILD_GRACE_MS * 1000;
	return true;
}

/*
 * Until the child has ended and both outputs are closed. A grandchild that keeps an output open
 * after the child's own end gets the grace and is then ended with the group.
 */
static void
run_loop(struct run *r, struct child_result *res)
{
	while (!r->ended || r->out.fd >= 0 || r->err.fd >= 0) {
		siginfo_t si = { 0 };
		/* WNOWAIT: the pid stays ours until the group has been ended */
		if (!r->ended && waitid(P_PID, (id_t)r->pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0 &&
				si.si_pid) {
			int64_t grace = clock_monotonic_usec() + CHILD_GRACE_MS * 1000;
			r->ended = true;
			r->deadline = grace < r->deadline ? grace : r->deadline;
		}
		if (r->ended && r->out.fd < 0 && r->err.fd < 0)
			break;
		if (!run_deadline(r, res))
			break;
		bool open = r->out.fd >= 0 || r->err.fd >= 0;
		run_poll(r, open && !r->ended ? 50 : 10);
	}
	child_kill_group(r->pid, SIGKILL); /* whoever is left in its group */
	while (waitpid(r->pid, &r->wait_status, 0) < 0 && errno == EINTR)
		;
}

static void
close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static bool
run_start(struct run *r, struct err *e)
{
	const struct child_job *job = r->job;
	int p[6] = { -1, -1, -1, -1, -1, -1 }; /* in, out, err: read end, write end */

	if ((job->input && !child_pipe(&p[0], e)) || !child_pipe(&p[2], e) || !child_pipe(&p[4], e))
		goto fail;
	r->pid = child_spawn(&(struct child_spec){ .argv = job->argv, .cwd = job->cwd, .env = job->env,
		.fds = { p[0], p[3], p[5] }, .death_signal = SIGKILL }, e);
	if (r->pid < 0)
		goto fail;
	close_all((int[]){ p[0], p[3], p[5] }, 3);
	r->in = p[1];
	r->out.fd = p[2];
	r->err.fd = p[4];
	if (r->in >= 0)
		fcntl(r->in, F_SETFL, O_NONBLOCK);
	return true;
fail:
	close_all(p, 6);
	return false;
}

bool
child_run(const struct child_job *job, struct child_result *res, struct err *e)
{
	size_t max = job->output_max ? job->output_max : CHILD_OUTPUT_MAX;
	struct run r = { .job = job, .in = -1, .out.max = max, .err.max = max };
	struct sigaction ign = { .sa_handler = SIG_IGN }, old;

	*res = (struct child_result){ .status = -1 };
	r.started = clock_monotonic_usec();
	r.deadline = r.started + (job->timeout_ms ? job->timeout_ms : 30000) * 1000;
	if (!run_start(&r, e))
		return false;
	sigaction(SIGPIPE, &ign, &old); /* a child that reads no input must not end us */
	run_loop(&r, res);
	sigaction(SIGPIPE, &old, NULL);
	close_all((int[]){ r.in, r.out.fd, r.err.fd }, 3);
	if (WIFEXITED(r.wait_status))
		res->status = WEXITSTATUS(r.wait_status);
	else if (WIFSIGNALED(r.wait_status))
		res->signal = WTERMSIG(r.wait_status);
	res->out = r.out.buf ? r.out.buf : calloc(1, 1);
	res->err = r.err.buf ? r.err.buf : calloc(1, 1);
	res->out_len = r.out.len;
	res->err_len = r.err.len;
	res->out_cut = r.out.cut;
	res->err_cut = r.err.cut;
	res->took_ms = (clock_monotonic_usec() - r.started) / 1000;
	return true;
}

void
child_result_free(struct child_result *r)
{
	free(r->out);
	free(r->err);
	*r = (struct child_result){ .status = -1 };
}

const char *
child_result_str(const struct child_result *r, char *buf, size_t size)
{
	if (r->timed_out)
		snprintf(buf, size, "timeout after %.1fs", (double)r->took_ms / 1000);
	else if (r->signal)
		snprintf(buf, size, "signal %d (%s)", r->signal, strsignal(r->signal));
	else
		snprintf(buf, size, "exit status %d", r->status);
	return buf;
}

void
child_ending(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}
