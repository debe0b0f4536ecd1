#include "ui/cli/load.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/file.h"
#include "base/text.h"
#include "model/stream.h"
#include "observe/net.h"
#include "report/json.h"
#include "ui/cli/join.h"
#include "ui/cli/judging.h"

#define LIVE_SECONDS 20 /* vantages wait 13 s before they say "no answer" */

static bool
take_value(const char **slot, int argc, char **argv, int *i, const char *option)
{
	size_t n = strlen(option);

	if (strcmp(argv[*i], option) == 0 && *i + 1 < argc) {
		*slot = argv[++*i];
		return true;
	}
	if (strncmp(argv[*i], option, n) == 0 && argv[*i][n] == '=') {
		*slot = argv[*i] + n + 1;
		return true;
	}
	return false;
}

int
load_options(struct load *l, int argc, char **argv, const char *verb)
{
	bool options = true;

	for (int i = 1; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (options && strcmp(argv[i], "--json") == 0)
			l->json = true;
		else if (options && strcmp(argv[i], "--evidence") == 0)
			l->evidence = true;
		else if (options && strcmp(argv[i], "--plain") == 0)
			l->plain = true;
		else if (options && (take_value(&l->replay, argc, argv, &i, "--replay") ||
				take_value(&l->record, argc, argv, &i, "--record") ||
				take_value(&l->at, argc, argv, &i, "--at") ||
				take_value(&l->anchors, argc, argv, &i, "--anchors") ||
				live_option(&l->live, argc, argv, &i)))
			continue;
		else if (!l->zone && (!options || argv[i][0] != '-'))
			l->zone = argv[i];
		else {
			fprintf(stderr, "usage: unbogus %s ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--json]\n"
				"       [--evidence] [--plain] [--anchors FILE]\n       " LIVE_USAGE "\n", verb);
			return 3;
		}
	}
	if (l->zone)
		return 0;
	fprintf(stderr, "unbogus %s: name a zone\n", verb);
	return 3;
}

/* ---- the stream ---- */

struct feed {
	struct ledger *ledger;
	int64_t until; /* usec; facts after it are left out */
	uint64_t bad;
	bool live; /* what becomes of the observers is said on standard error */
	int record_fd; /* -1 none */
	struct err record_error;
};

static void
write_down(struct feed *f, const struct obs *o)
{
	struct text line = { 0 };

	if (f->record_fd < 0 || f->record_error.code != ERR_NONE)
		return;
	stream_write(&line, o);
	file_write_all(f->record_fd, text_str(&line), line.len, "--record", &f->record_error);
	text_free(&line);
}

static void
on_obs(void *ctx, struct obs *o)
{
	struct feed *f = ctx;
	const struct fact_process *p = &o->u.process;

	if (o->fact == FACT_PROCESS && f->live && p->name && p->state && strcmp(p->state, "started") != 0) {
		char name[80], why[600];
		text_clean(name, sizeof name, p->name);
		text_clean(why, sizeof why, p->why ? p->why : "");
		fprintf(stderr, "unbogus: observer %s %s: %s\n", name, p->state, why);
	}
	write_down(f, o);
	if (o->t <= f->until)
		ledger_add(f->ledger, o);
	obs_unref(o);
}

static void
on_bad(void *ctx, uint64_t line, const struct err *e)
{
	struct feed *f = ctx;
	char text[1200];

	ledger_bad_line(f->ledger);
	if (f->bad++ < 5)
		fprintf(stderr, "unbogus: line %" PRIu64 ": %s (skipped)\n", line,
			err_str(e, text, sizeof text));
}

static bool
read_stream(struct feed *f, const char *path, struct err *e)
{
	struct stream_reader r = { .on_obs = on_obs, .on_bad = on_bad, .ctx = f };
	static const size_t size = 65536;
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	bool ok = false;
	char *buf = NULL;

	if (fd < 0)
		return err_errno(e, path, "open", errno);
	buf = malloc(size);
	if (!buf) {
		err_set(e, ERR_MEMORY, path, "malloc", "", "no memory");
		goto out;
	}
	for (;;) {
		ssize_t n = read(fd, buf, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_errno(e, path, "read", errno);
			goto out;
		}
		if (n == 0)
			break;
		stream_feed(&r, buf, (size_t)n);
	}
	ok = true;
out:
	stream_end(&r);
	free(buf);
	if (fd != STDIN_FILENO)
		close(fd);
	return ok;
}

static bool
give_up_rights(const struct load *l, struct err *e)
{
	struct confined done;

	if (l->in_face)
		l->in_face(l->face_ctx);
	return confine(&(struct confine_job){ .role = CONFINE_STATUS }, &done, e);
}

/* From the record that watches the zone. False without E: none does, or it went away. */
static bool
read_record(struct feed *f, const struct load *l, const struct name *zone, struct err *e)
{
	/* servers that were named are asked by ourselves: a record may not know them */
	int fd = l->live.n_net || l->live.n_local ? -1 : join_record(l->live.state, zone);

	if (fd < 0)
		return false;
	bool fresh = false, ok = give_up_rights(l, e) && join_round(fd, l->seconds ? l->seconds : LIVE_SECONDS, &fresh,
		on_obs, on_bad, f);
	close(fd);
	if (ok && !fresh)
		fprintf(stderr, "unbogus: the record's observers finished no new look in %u s: this stands on older "
			"answers\n", l->seconds ? l->seconds : LIVE_SECONDS);
	if (!ok && e->code == ERR_NONE)
		err_set(e, ERR_CHANGED, l->zone, "record", "its picture of the zone", "it ended meanwhile");
	return ok;
}

/* One round of the live zone. The roles are other processes; this one reads what they write. */
static bool
read_live(struct feed *f, struct arena *a, const struct load *l, const struct name *zone,
	struct err *e)
{
	struct super_face face;

	if (read_record(f, l, zone, e))
		return true;
	if (e->code != ERR_NONE || !live_start(a, &l->live, zone, &face, e))
		return false;
	join_history(l->live.state, zone, on_obs, f);
	if (!give_up_rights(l, e))
		return false;
	live_round(&face, l->seconds ? l->seconds : LIVE_SECONDS, on_obs, on_bad, f);
	return true;
}

/* REPLAY is what is read, or NULL: opening it for writing would empty it first. */
static bool
open_record(struct feed *f, const char *path, const char *replay, struct err *e)
{
	struct stat from, to;

	if (path && replay && stat(path, &to) == 0 && S_ISREG(to.st_mode) &&
			(strcmp(replay, "-") == 0 ? fstat(STDIN_FILENO, &from) : stat(replay, &from)) == 0 &&
			from.st_dev == to.st_dev && from.st_ino == to.st_ino)
		return err_set(e, ERR_ARG, path, "--record", "another file than --replay reads", "the same");
	f->record_fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	return !path || f->record_fd >= 0 || err_errno(e, path, "open", errno);
}

/* The moment of the judgement ends the recording, so that a replay has the same. */
static bool
close_record(struct feed *f, const struct name *zone, int64_t now, struct err *e)
{
	if (f->record_fd < 0)
		return true;
	struct obs *o = obs_new(FACT_TICK, now, "live", zone);
	write_down(f, o);
	obs_unref(o);
	if (close(f->record_fd) != 0 && f->record_error.code == ERR_NONE)
		err_errno(&f->record_error, "--record", "close", errno);
	f->record_fd = -1;
	if (f->record_error.code != ERR_NONE && e)
		*e = f->record_error;
	return f->record_error.code == ERR_NONE;
}

static void
free_arena(void *a)
{
	arena_free(a);
}

struct diagnosis *
load_diagnosis(const struct load *l, struct err *e)
{
	struct feed f = { .until = INT64_MAX, .record_fd = -1 };
	struct diagnose_options opt = { 0 };
	struct arena *a = arena_new();
	struct diagnosis *d = NULL;
	struct name zone;
	int64_t now;

	f.ledger = ledger_new();
	f.live = !l->replay;
	if (!name_from_text(&zone, l->zone, e))
		goto out;
	if (l->at && !clock_parse(l->at, &f.until)) {
		err_set(e, ERR_ARG, "--at", "RFC 3339", "a time as 2013-05-15T23:44:31Z", "%s", l->at);
		goto out;
	}
	const char *anchors = l->anchors ? l->anchors : l->live.anchor;
	if (!judging(a, l->live.config, &zone, anchors, !l->replay, &opt, e))
		goto out;
	ledger_zone(f.ledger, &zone);
	ledger_margin(f.ledger, opt.propagation);
	if (!open_record(&f, l->record, l->replay, e))
		goto out;
	if (l->replay ? !read_stream(&f, l->replay, e) : !read_live(&f, a, l, &zone, e))
		goto out;
	now = l->at ? f.until : l->replay ? ledger_latest(f.ledger) : clock_usec();
	if (now == TIME_UNSET || ledger_latest(f.ledger) == TIME_UNSET) {
		err_set(e, ERR_NOT_FOUND, l->replay ? l->replay : l->zone, "stream", "facts of the zone", "none");
		goto out;
	}
	if (!close_record(&f, &zone, now, e))
		goto out;
	struct snapshot *s = ledger_snapshot(f.ledger, now);
	d = diagnose(s, &opt);
	snapshot_unref(s);
	arena_on_free(d->arena, free_arena, a); /* the chain points into the anchors */
out:
	if (f.record_fd >= 0)
		close(f.record_fd);
	ledger_free(f.ledger);
	if (!d)
		arena_free(a);
	return d;
}

void
load_print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(j);
}

int
load_run(int argc, char **argv, const struct command *c, const char *what,
	void (*print)(const struct diagnosis *d))
{
	struct load l = { 0 };
	struct err e = { 0 };
	char line[1200];
	int status = load_options(&l, argc, argv, c->name);

	if (status)
		return status;
	struct diagnosis *d = load_diagnosis(&l, &e);
	if (!d) {
		fprintf(stderr, "unbogus %s: %s\n", c->name, err_str(&e, line, sizeof line));
		return 3;
	}
	if (l.json)
		load_print_json(json_part(d, what));
	else
		print(d);
	status = (int)d->state;
	diagnosis_free(d);
	return status;
}
