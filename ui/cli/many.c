/* many: zones, observers and recordings to a board. */
#include "ui/cli/many.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/stream.h"
#include "observe/net.h"
#include "ui/cli/configured.h"
#include "ui/cli/join.h"
#include "ui/cli/judging.h"

int
many_option(struct many_options *o, int argc, char **argv, int *i)
{
	const char *name = argv[*i], *value = *i + 1 < argc ? argv[*i + 1] : NULL;
	const char **slot = strcmp(name, "--replay") == 0 ? &o->replay
		: strcmp(name, "--anchors") == 0	  ? &o->anchors
		: strcmp(name, "--at") == 0		  ? &o->at
		: strcmp(name, "--rate") == 0		  ? &o->rate
							  : NULL;

	if (slot && value) {
		*slot = value;
		++*i;
		return 1;
	}
	if (name[0] != '-') {
		if (o->n_zones == MANY_NAMED)
			return -1;
		o->zones[o->n_zones++] = name;
		return 1;
	}
	return live_option(&o->live, argc, argv, i);
}

/* ---- the board ---- */

/* What is judged by is the same for all zones but for their thresholds. */
static bool
add_zone(struct many *m, const struct many_options *o, const char *text, struct err *e)
{
	struct diagnose_options opt = m->board->opt;
	struct name zone;

	if (!name_from_text(&zone, text, e))
		return false;
	if (m->config)
		judging_zone(m->arena, m->config, &zone, &opt);
	(void)o;
	board_add(m->board, &zone, &opt);
	return true;
}

bool
many_prepare(struct many *m, const struct many_options *o, struct err *e)
{
	bool live = !o->replay;
	const char *anchors = o->anchors ? o->anchors : o->live.anchor;

	*m = (struct many){ .arena = arena_new(), .board = board_new(), .now = TIME_UNSET };
	m->board->replay = !live;
	if (live || o->live.config) {
		if (!(m->config = configured(m->arena, o->live.config, e)))
			return false;
	}
	if (!judging(m->arena, o->live.config, &name_root, anchors, live, &m->board->opt, e))
		return false;
	for (size_t i = 0; i < o->n_zones; i++)
		if (!add_zone(m, o, o->zones[i], e))
			return false;
	for (unsigned i = 0; o->n_zones == 0 && m->config && i < m->config->zones_count; i++)
		if (!add_zone(m, o, m->config->zones[i].name, e))
			return false;
	m->board->open = !live && m->board->n == 0;
	if (live && m->board->n == 0)
		return err_set(e, ERR_NOT_FOUND, "zones", "a zone on the command line or in the configuration",
			"unbogus.conf(5): zones", "none");
	m->board->period = m->config ? config_span(m->config->period, 0) : 0;
	if (!m->board->period && live)
		m->board->period = m->board->n > 1 ? NET_MANY_PERIOD_S : 0;
	return true;
}

static void
on_obs(void *ctx, struct obs *o)
{
	const struct many *m = ctx;

	if (m->now == TIME_UNSET || o->t <= m->now)
		board_take(m->board, o);
	else
		obs_unref(o);
}

static void
on_bad(void *ctx, uint64_t line, const struct err *e)
{
	struct many *m = ctx;
	char text[1200];

	if (m->bad++ < 5)
		fprintf(stderr, "unbogus: line %llu: %s (skipped)\n", (unsigned long long)line,
			err_str(e, text, sizeof text));
}

bool
many_replay(struct many *m, const struct many_options *o, struct err *e)
{
	struct stream_reader r = { .on_obs = on_obs, .on_bad = on_bad, .ctx = m };
	char *buf;
	ssize_t n;

	if (o->at && !clock_parse(o->at, &m->now))
		return err_set(e, ERR_ARG, "--at", "RFC 3339", "a time as 2013-05-15T23:44:31Z", "%s", o->at);
	int fd = strcmp(o->replay, "-") == 0 ? STDIN_FILENO : open(o->replay, O_RDONLY | O_CLOEXEC);
	buf = malloc(65536);
	if (fd < 0 || !buf) {
		free(buf);
		return err_errno(e, o->replay, "open", errno);
	}
	while ((n = read(fd, buf, 65536)) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			stream_feed(&r, buf, (size_t)n);
	if (n < 0)
		err_errno(e, o->replay, "read", errno);
	stream_end(&r);
	free(buf);
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return false;
	if (m->board->latest == TIME_UNSET)
		return err_set(e, ERR_NOT_FOUND, o->replay, "stream", "facts of the zones", "none");
	if (m->now == TIME_UNSET)
		m->now = m->board->latest;
	board_judge(m->board, m->now, 0);
	return true;
}

/* ---- observers ---- */

static void
words(struct super_role *r, const char *name, const char *value)
{
	if (value) {
		super_word(r, name);
		super_word(r, value);
	}
}

/* Are there zones with files on this host? Their local round is waited for. */
static bool
mark_local(struct many *m)
{
	const struct config *c = m->config;
	bool any = false;

	for (unsigned i = 0; i < c->zones_count; i++) {
		const struct config_zone *z = &c->zones[i];
		struct name name;
		if (!z->keys && !z->zone_file && !z->signed_file && !z->source && !(z->signer && z->signer->log))
			continue;
		struct board_zone *b = name_from_text(&name, z->name, NULL) ? board_find(m->board, &name) : NULL;
		if (b)
			b->local = any = true;
	}
	return any;
}

bool
many_start(struct many *m, const struct many_options *o, struct err *e)
{
	struct super_job *job = arena_new_one(m->arena, struct super_job);
	struct super_role *net = super_role_add(job, "net", NULL);

	job->zone = m->board->v[0]->name;
	super_word(net, "observe");
	super_word(net, "net");
	words(net, "-c", o->live.config);
	words(net, "--rate", o->rate);
	for (size_t i = 0; i < o->live.n_net; i++)
		super_word(net, o->live.net[i]);
	if (o->n_zones == 0)
		super_word(net, "--all");
	for (size_t i = 0; i < o->n_zones; i++)
		super_word(net, o->zones[i]);
	if (mark_local(m)) {
		struct super_role *local = super_role_add(job, "local", NULL);
		super_word(local, "observe");
		super_word(local, "local");
		super_word(local, "--all");
		words(local, "-c", o->live.config);
	}
	for (unsigned i = 0; i < m->config->producers_count; i++) {
		const struct config_producer *p = &m->config->producers[i];
		struct super_role *r = p->argv_count ? super_role_add(job, p->name, p->argv[0]) : NULL;
		for (unsigned k = 1; r && k < p->argv_count; k++)
			super_word(r, p->argv[k]);
		if (!r)
			return err_set(e, ERR_LIMIT, p->name, "config: producers", "a command, at most 10 of them", "%u",
				m->config->producers_count);
	}
	if (!super_split(job, &m->face, e))
		return false;
	for (size_t i = 0; i < m->board->n; i++) /* what a record wrote, where there is one */
		join_history(o->live.state, &m->board->v[i]->name, on_obs, m);
	m->readers = arena_new_array(m->arena, struct stream_reader, m->face.n);
	for (size_t i = 0; i < m->face.n; i++) {
		m->readers[i] = (struct stream_reader){ .on_obs = on_obs, .on_bad = on_bad, .ctx = m };
		fcntl(m->face.stream[i].fd, F_SETFL, O_NONBLOCK);
	}
	m->observing = true;
	return true;
}

size_t
many_fds(const struct many *m, int *fds, size_t max)
{
	size_t n = 0;

	for (; n < m->face.n && n < max; n++)
		fds[n] = m->face.stream[n].fd;
	return n;
}

bool
many_read(struct many *m, size_t i)
{
	char buf[65536];
	ssize_t n = m->face.stream[i].fd < 0 ? 0 : read(m->face.stream[i].fd, buf, sizeof buf);

	if (n > 0)
		stream_feed(&m->readers[i], buf, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return true;
	m->face.stream[i].fd = -1;
	return false;
}

bool
many_complete(const struct many *m)
{
	for (size_t i = 0; i < m->board->n; i++) {
		const struct board_zone *z = m->board->v[i];
		if (!z->ledger->one[LEDGER_ROUND_FULL] || (z->local && !z->ledger->local_ended))
			return false;
	}
	return true;
}

void
many_first_round(struct many *m, int64_t seconds)
{
	int64_t end = clock_monotonic_usec() + seconds * USEC, left;
	struct pollfd p[SUPER_ROLES];

	while ((left = end - clock_monotonic_usec()) > 0 && !many_complete(m)) {
		size_t open = 0;
		for (size_t i = 0; i < m->face.n; i++) {
			p[i] = (struct pollfd){ .fd = m->face.stream[i].fd, .events = POLLIN };
			open += p[i].fd >= 0;
		}
		if (!open || poll(p, m->face.n, (int)(left / 1000) + 1) <= 0)
			break;
		for (size_t i = 0; i < m->face.n; i++)
			if (p[i].revents)
				many_read(m, i);
	}
	board_judge(m->board, clock_usec(), 0);
}

void
many_free(struct many *m)
{
	for (size_t i = 0; m->readers && i < m->face.n; i++) {
		m->readers[i].on_bad = NULL; /* a line cut by our own end is nobody's mistake */
		stream_end(&m->readers[i]);
	}
	board_free(m->board);
	if (m->arena)
		arena_free(m->arena);
}
