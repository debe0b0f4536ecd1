/*
 * child: other programs, started from an argv without a shell. A child gets a session (and so a
 * process group) of its own, the three standard descriptors that it was given and no others, a
 * fixed PATH and a short list of environment variables, default signal handling, and a working
 * folder. Nothing that it prints is trusted or unbounded.
 *
 * child_run() waits for the end; child_spawn() gives a pid to who has a loop of its own
 * (ui/super). Results own malloc()ed memory: child_result_free().
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Milliseconds between SIGTERM and SIGKILL of a group whose time is up. */
#define CHILD_GRACE_MS 1000
#define CHILD_OUTPUT_MAX (64u << 10) /* octets kept where a job gives no bound of its own */

/*
 * To start: ARGV ends with NULL; argv[0] with a slash is a path, without one it is looked for in
 * the fixed PATH. CWD NULL is "/". ENV (may be NULL, ends with NULL) holds NAME=VALUE and wins
 * over what is inherited. FDS: descriptors that become 0, 1 and 2; -1 is /dev/null.
 */
struct child_spec {
	const char *const *argv;
	const char *cwd;
	const char *const *env;
	int fds[3];
	bool same_group;  /* stay in the caller's session and group (a face on the terminal) */
	int death_signal; /* sent when the starting thread ends (prctl(2)); 0: none */
};

/* Returns the pid, or -1 with E (ERR_NOT_FOUND: no such program; what execve said otherwise). */
pid_t child_spawn(const struct child_spec *spec, struct err *e);

struct child_job {
	const char *const *argv; /* as above */
	const char *cwd;
	const char *const *env;
	const void *input; /* for its standard input; NULL: /dev/null */
	size_t input_len;
	int64_t timeout_ms; /* 0: 30 s */
	size_t output_max;  /* octets kept of standard output and of standard error, each; 0:
			     * CHILD_OUTPUT_MAX. What comes beyond is read and dropped. */
	int stop_fd; /* above 0: when its other end is closed, the job's time is up; nothing is read */
};

struct child_result {
	int status;	/* exit status, -1: it did not exit by itself */
	int signal;	/* that ended it, 0: none */
	bool timed_out; /* its time was up, and it was ended */
	bool out_cut, err_cut; /* there was more than output_max */
	char *out, *err;       /* NUL-terminated; may hold other NULs */
	size_t out_len, err_len;
	int64_t took_ms;
};

/*
 * Runs JOB to its end. True when it could be started, whatever its status; a child that was ended
 * for its time or by a signal is not an error either: look at R. False with E otherwise.
 * The child's whole group is ended with it: nothing stays behind that did not leave the session.
 */
bool child_run(const struct child_job *job, struct child_result *r, struct err *e);
void child_result_free(struct child_result *r);

/* "exit status 1", "signal 9 (Killed)", "timeout after 30.0s" into BUF; returns BUF. */
const char *child_result_str(const struct child_result *r, char *buf, size_t size);

/* Sends SIG to the group of PID, which child_spawn() made a session of. */
void child_kill_group(pid_t pid, int sig);

/* A pipe with both ends CLOEXEC; false with E. */
bool child_pipe(int fds[2], struct err *e);

/*
 * From here on SIGTERM, SIGINT and SIGHUP wait: this process is ending, and a second one must not turn
 * a clean end into a killed one while the handlers are taken down.
 */
void child_ending(void);

#endif
