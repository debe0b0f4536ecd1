/*
 * door: how a process that confined itself still has commands run. Before it confines itself it
 * opens a door with a fixed table of commands (from the configuration and nowhere else); that
 * forks a small server outside the sandbox. Through the door goes the *number* of a command and
 * what its standard input shall be, never a program, a word or a variable; back come the exit
 * status and the output. Whoever takes over the confined process can run what the operator
 * configured, and nothing else.
 *
 *	static const char *const log[] = { "svn", "log", "-l1", "/srv/checkout/dns", NULL };
 *	struct child_job jobs[] = { { .argv = log, .timeout_ms = 10000 } };
 *	struct door *d = door_open(jobs, 1, &e);       before confine(), while single-threaded
 *	confine(...);
 *	door_run(d, &jobs[0], &result, &e);            as child_run()
 *	door_close(d);
 *
 * One command at a time and a door; a process that needs two at once opens two doors. The server
 * ends when its process ends or closes the door, and ends the running command (its whole group)
 * with it. It reads nothing but numbers and lengths; output it only passes on.
 *
 * Who uses it: observe local (svn, git), act (signer, hold, reload), record (hooks). Producers are
 * not commands: they run on, and the supervisor starts them (ui/super.h).
 */
#ifndef BASE_DOOR_H
#define BASE_DOOR_H

#include "base/child.h"

#define DOOR_INPUT_MAX ((size_t)16 << 20) /* octets of one command's standard input */

struct door;

/* JOBS (N of them) and what they point to must live as long as the door. Their input is ignored.
 * NULL with E when there can be no server. */
struct door *door_open(const struct child_job *jobs, size_t n, struct err *e);
void door_close(struct door *d); /* waits for the server's end; NULL is allowed */

/* From another thread: the command under way is ended, and door_run() returns false from now on. */
void door_stop(void *door);

/*
 * Runs the job of the table that has JOB's very words (compared by content), with JOB's input;
 * time and output bounds are the table's. Returns as child_run(); ERR_ARG when the table has no
 * such command. DOOR is a struct door *, so that this is a source_run as well.
 */
bool door_run(void *door, const struct child_job *job, struct child_result *r, struct err *e);
/* The same by number. */
bool door_run_nth(struct door *d, size_t n, const void *input, size_t len, struct child_result *r,
	struct err *e);

#endif
