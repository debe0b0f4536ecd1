/*
 * unbogus act: the role that changes things. It waits for requests; each is carried out by a child
 * that opens its door to the configured commands, starts an observer, confines itself to the zone's
 * folders, and only then looks at keys.
 */
#include "ui/act.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/file.h"
#include "base/text.h"
#include "change/apply.h"
#include "model/stream.h"
#include "ui/cli/command.h"
#include "ui/cli/configured.h"
#include "ui/cli/join.h"
#include "ui/cli/judging.h"

#define JOBS_MAX 48
#define LOOK_SECONDS 20
#define ASK_AGAIN (USEC * 3 / 2)

struct act {
	struct arena *a;
	int face, progress; /* -1: gone */
	json_t *request;
	const struct config_zone *zone;
	struct state_place state;
	char name[NAME_MAX_TEXT];
	const struct plan *plan;
	const char *plan_text; /* the request's */
	size_t plan_len;
	struct child_job jobs[JOBS_MAX];
	struct door *door;
	struct diagnose_options judging;
	/* the observers' streams */
	struct ledger *ledger;
	struct stream_reader reader;
	int from, to;
	int local; /* of this host's files, once; -1: read to its end */
	bool began, ended; /* a full round, since we asked */
};

static const char *
asked(const struct act *x, const char *name)
{
	return json_string_value(json_object_get(x->request, name));
}

/* ---- telling ---- */

static void
send_line(struct act *x, const json_t *o)
{
	char *line = json_dumps(o, JSON_COMPACT);
	int *const to[] = { &x->face, &x->progress };

	for (int i = 0; line && i < 2; i++) {
		struct pollfd p = { .fd = *to[i], .events = POLLOUT };
		if (*to[i] < 0)
			continue;
		if (poll(&p, 1, 1000) <= 0 || !file_write_all(*to[i], line, strlen(line), "progress", NULL) ||
				!file_write_all(*to[i], "\n", 1, "progress", NULL))
			*to[i] = -1; /* who asked has gone away, or does not read: the work goes on */
	}
	free(line);
}

static void
tell(void *ctx, const char *stage, const char *state, const char *text)
{
	json_t *o = json_pack("{s:s s:s s:s}", "stage", stage, "state", state, "text", text);

	if (o)
		send_line(ctx, o);
	json_decref(o);
}

static void
tell_end(struct act *x, int end, const struct err *e)
{
	char why[1200] = "";
	json_t *o;

	if (e && e->code != ERR_NONE)
		err_str(e, why, sizeof why);
	if (*why)
		tell(x, "outcome", "failed", why);
	o = json_pack("{s:s s:s s:s s:i}", "stage", "end", "state", apply_end_name((enum apply_end)end), "text", why,
		"end", end);
	if (o)
		send_line(x, o);
	json_decref(o);
}

/* ---- looking ---- */

static void
on_obs(void *ctx, struct obs *o)
{
	struct act *x = ctx;

	ledger_add(x->ledger, o);
	if (o->fact == FACT_ROUND && o->u.round.what && strcmp(o->u.round.what, "full") == 0) {
		if (!o->u.round.end)
			x->began = true;
		else if (x->began)
			x->ended = true;
	}
	obs_unref(o);
}

/* What the observer of this host's files says, to its end. */
static bool
read_local(struct act *x, struct err *e)
{
	struct stream_reader r = { .on_obs = on_obs, .ctx = x };
	struct pollfd p = { .fd = x->local, .events = POLLIN };
	int64_t end = clock_monotonic_usec() + LOOK_SECONDS * USEC, left;
	char buf[65536];
	ssize_t n = 1;

	while (n != 0 && (left = end - clock_monotonic_usec()) > 0) {
		if (poll(&p, 1, (int)(left / 1000) + 1) <= 0)
			continue;
		n = read(x->local, buf, sizeof buf);
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0)
			stream_feed(&r, buf, (size_t)n);
	}
	stream_end(&r);
	close(x->local);
	x->local = -1;
	return n == 0 || err_set(e, ERR_TIMEOUT, "observer", "this host's files", "all of them", "not in %d s",
		LOOK_SECONDS);
}

/* Every server asked anew: what is believed was heard after this call began. */
static struct snapshot *
look(void *ctx, struct err *e)
{
	struct act *x = ctx;
	int64_t end = clock_monotonic_usec() + LOOK_SECONDS * USEC, left;
	char buf[65536];

	if (x->from < 0) {
		err_set(e, ERR_IO, "observer", "fresh server facts", "an observer", "none could be started");
		return NULL;
	}
	if (x->local >= 0 && !read_local(x, e))
		return NULL;
	struct pollfd p = { .fd = x->from, .events = POLLIN };
	while (poll(&p, 1, 0) == 1) { /* what was said before the question is old */
		ssize_t n = read(x->from, buf, sizeof buf);
		if (n <= 0)
			break;
		stream_feed(&x->reader, buf, (size_t)n);
	}
	x->began = x->ended = false;
	for (int64_t ask = 0; !x->ended && (left = end - clock_monotonic_usec()) > 0;) {
		/* a question in the middle of a round that runs already may be lost: ask again */
		if (!x->began && clock_monotonic_usec() >= ask) {
			if (write(x->to, "probe\n", 6) != 6)
				x->began = false; /* a periodic round will do */
			ask = clock_monotonic_usec() + ASK_AGAIN;
		}
		if (poll(&p, 1, 200) <= 0)
			continue;
		ssize_t n = read(x->from, buf, sizeof buf);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(e, ERR_IO, "observer", "fresh server facts", "a round", "it has ended");
			return NULL;
		}
		stream_feed(&x->reader, buf, (size_t)n);
	}
	if (!x->ended) {
		err_set(e, ERR_TIMEOUT, "observer", "fresh server facts", "a complete round", "none in %d s", LOOK_SECONDS);
		return NULL;
	}
	return ledger_snapshot(x->ledger, clock_usec());
}

/* "observe WHAT ZONE [OPTION]": *FROM is what it says, *TO (may be NULL) what it is told. */
static bool
start_observer(struct act *x, const char *what, const char *option, int *from, int *to, struct err *e)
{
	const char *config = asked(x, "config");
	const char *argv[] = { "/proc/self/exe", "observe", what, x->name, option, config ? "-c" : NULL,
		config, NULL };
	int out[2], in[2];

	if (!child_pipe(out, e))
		return false;
	if (!child_pipe(in, e)) {
		close(out[0]);
		close(out[1]);
		return false;
	}
	pid_t pid = child_spawn(&(struct child_spec){ .argv = argv, .cwd = ".", .fds = { in[0], out[1], -1 },
		.death_signal = SIGTERM }, e);
	close(in[0]);
	close(out[1]);
	if (pid < 0 || !to)
		close(in[1]);
	if (pid < 0) {
		close(out[0]);
		return false;
	}
	*from = out[0];
	if (to)
		*to = in[1];
	return true;
}

/* Who tells of the servers, again and again, and of this host's files and the history, once. */
static bool
start_observers(struct act *x, struct err *e)
{
	struct name zone;

	if (!name_from_text(&zone, x->name, e) ||
			!judging(x->a, asked(x, "config"), &zone, NULL, true, &x->judging, e))
		return false;
	x->ledger = ledger_new();
	ledger_zone(x->ledger, &zone);
	ledger_margin(x->ledger, x->judging.propagation);
	x->reader = (struct stream_reader){ .on_obs = on_obs, .ctx = x };
	if (!start_observer(x, "net", "--no-own-vantages", &x->from, &x->to, e) ||
			(x->plan && !start_observer(x, "local", "--once", &x->local, NULL, e)))
		return false;
	join_history(asked(x, "state"), &zone, on_obs, x);
	return true;
}

static bool
run_job(void *ctx, const struct child_job *job, struct child_result *r, struct err *e)
{
	struct act *x = ctx;

	return door_run(x->door, job, r, e);
}

/* ---- getting ready ---- */

/* None asks for the end of what was cut off. */
static bool
read_plan(struct act *x, struct err *e)
{
	x->plan_text = asked(x, "plan-text");
	if (!x->plan_text)
		return true;
	x->plan_len = strlen(x->plan_text);
	x->plan = plan_from_json(x->a, x->plan_text, x->plan_len, e);
	return x->plan != NULL;
}

static bool
prepare(struct act *x, struct err *e)
{
	const char *zone = asked(x, "zone");
	struct name name;

	if (!read_plan(x, e))
		return false;
	zone = x->plan ? x->plan->zone : zone;
	if (!zone || !name_from_text(&name, zone, e))
		return err_set(e, ERR_ARG, "request", "zone or plan", "one of them", "none");
	name_to_text(x->name, &name);
	const struct config *c = configured(x->a, asked(x, "config"), e);
	if (!c)
		return false;
	x->zone = config_zone_find(c, x->name);
	if (!x->zone)
		return err_set(e, ERR_NOT_FOUND, x->name, "config: zones", "this zone's files and servers",
			"it is not configured");
	if (!state_find(&x->state, asked(x, "state"), x->name, e))
		return false;
	return state_make(&x->state) || err_set(e, ERR_PERMISSION, x->state.zone, "state folder",
		"a place for the journal and the backups", "%s", x->state.notice);
}

/* The old content goes: it was of the run before. While that one goes on the file is its own: whoever
 * follows it must not read how somebody else was refused. */
static void
open_progress(struct act *x)
{
	char path[PATH_MAX];

	x->progress = open(state_path(&x->state, ACT_PROGRESS, path),
		O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (x->progress >= 0 && (flock(x->progress, LOCK_EX | LOCK_NB) != 0 || ftruncate(x->progress, 0) != 0)) {
		close(x->progress);
		x->progress = -1;
	}
}

/* No core dump may hold a key, and no other process of this user may look into this one. */
static bool
guard_memory(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return err_errno(e, "act", "setrlimit", errno);
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || err_errno(e, "act", "prctl(PR_SET_DUMPABLE)", errno);
}

static bool
confine_act(struct act *x, struct err *e)
{
	struct apply_folders f;
	struct confine_path paths[34];
	struct confine_job job = { .role = CONFINE_ACT, .paths = paths };
	struct confined done;
	char said[512];

	apply_folders(x->a, x->zone, &x->state, x->plan, &f);
	for (size_t i = 0; i < f.n_write; i++)
		paths[job.n_paths++] = (struct confine_path){ f.write[i], true };
	for (size_t i = 0; i < f.n_read; i++)
		paths[job.n_paths++] = (struct confine_path){ f.read[i], false };
	if (!guard_memory(e) || !confine(&job, &done, e))
		return false;
	tell(x, "act", "note", confine_describe(&done, said, sizeof said));
	return true;
}

static int
carry_out(struct act *x, struct err *e)
{
	const char *who = asked(x, "who");
	struct apply_job job = { .zone = x->zone, .state = &x->state, .io = { .ctx = x, .run = run_job, .look = look, .tell = tell },
		.judging = &x->judging, .plan = x->plan, .plan_text = x->plan_text, .plan_len = x->plan_len, .phrase = asked(x, "phrase"),
		.reason = asked(x, "reason"), .who = who, .terminal = asked(x, "terminal") };
	bool found = false;
	int end = APPLY_NOT_BEGUN;

	job.journal = journal_open(&x->state, x->name, true, e);
	if (!job.journal)
		return end;
	journal_who(job.journal, who ? who : "?");
	if (apply_recover(&job, &found, e)) {
		if (!x->plan && !found)
			tell(x, "recovery", "ok", "nothing was cut off");
		end = x->plan ? (int)apply_plan(&job, e) : APPLY_DONE;
	} else if (e->code == ERR_CHANGED)
		end = APPLY_REFUSED;
	journal_close(job.journal);
	return end;
}

static int
serve(struct act *x)
{
	struct err e = { 0 };
	int end = APPLY_NOT_BEGUN;
	size_t n;

	if (!prepare(x, &e))
		goto out;
	open_progress(x);
	n = apply_commands(x->a, x->zone, &x->state, x->plan, x->jobs, JOBS_MAX);
	x->door = door_open(x->jobs, n, &e);
	if (!x->door || !start_observers(x, &e) || !confine_act(x, &e))
		goto out;
	end = carry_out(x, &e);
out:
	tell_end(x, end, &e);
	if (x->to >= 0)
		close(x->to);
	if (x->local >= 0)
		close(x->local);
	stream_end(&x->reader);
	ledger_free(x->ledger);
	door_close(x->door);
	json_decref(x->request);
	arena_free(x->a);
	return end;
}

/* ---- requests ---- */

/* One line, octet by octet: the next request must stay in the socket. */
static json_t *
read_request(int fd)
{
	char *line = calloc(1, ACT_REQUEST_MAX);
	size_t n = 0;
	json_t *o = NULL;

	while (line && n < ACT_REQUEST_MAX - 1 && read(fd, line + n, 1) == 1 && line[n] != '\n')
		n++;
	if (line)
		o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	free(line);
	return o;
}

/*
 * The other end must be this program on a terminal: a script with a pipe is no person. What cannot
 * be looked at (the face runs as another user) is judged by its name.
 */
static bool
asked_by_a_face(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;
	struct stat mine, theirs;
	char path[64], text[256] = "";
	size_t n;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.pid <= 0)
		return false;
	snprintf(path, sizeof path, "/proc/%ld/exe", (long)peer.pid);
	if (stat(path, &theirs) == 0)
		return stat("/proc/self/exe", &mine) == 0 && mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev;
	snprintf(path, sizeof path, "/proc/%ld/comm", (long)peer.pid);
	char *comm = file_read(path, 4096, &n, NULL);
	snprintf(text, sizeof text, "%s", comm ? comm : "");
	free(comm);
	return strcmp(text, "unbogus\n") == 0;
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int
run(int argc, char **argv)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int status = 0;
	char c;

	(void)argv;
	if (argc != 1 || !asked_by_a_face(STDIN_FILENO)) {
		fprintf(stderr, "unbogus: act is started by unbogus apply and by the console, on a terminal\n");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	for (int s = 0; s < 5; s++) /* the terminal's troubles are not ours */
		signal((const int[]){ SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTOU }[s], SIG_IGN);
	while (poll(&p, 1, -1) >= 0 || errno == EINTR) {
		if (recv(STDIN_FILENO, &c, 1, MSG_PEEK) <= 0)
			break;
		pid_t pid = fork();
		if (pid == 0) {
			struct act x = { .a = arena_new(), .face = STDIN_FILENO, .progress = -1, .from = -1, .to = -1, .local = -1 };
			x.request = read_request(STDIN_FILENO);
			signal(SIGTERM, SIG_IGN); /* half a change is worse than a late end */
			exit(serve(&x));
		}
		status = pid > 0 ? wait_for(pid) : APPLY_NOT_BEGUN;
		if (pid > 0 && status == 128) /* it crashed: whoever waits is told */
			dprintf(STDIN_FILENO, "{\"stage\":\"end\",\"state\":\"cut off\",\"text\":\"act was killed\",\"end\":3}\n");
	}
	return status;
}

const struct command cmd_act = { .name = "act", .args = "", .summary =
	"carries out plans for apply and the console; never by hand", .run = run };
