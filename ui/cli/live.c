/* live: options and configuration to roles, and one round of them. */
#include "ui/cli/live.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/stream.h"
#include "ui/cli/configured.h"

/* To pass another option on: a row. */
static const struct {
	const char *name;
	bool net, local;
} passed[] = { { "--port", true, false }, { "--root-hints", true, false },
	{ "--trust-anchor", true, false }, { "--period", true, true }, { "--timeout", true, false },
	{ "--server", true, false }, { "--parent", true, false }, { "--vantage", true, false },
	{ "--keys", false, true }, { "--zone-file", false, true }, { "--signed-file", false, true },
	{ "--signer-log", false, true }, { "--source", false, true } };

static void
keep(const char **list, size_t *n, const char *name, const char *value)
{
	if (*n + 2 <= LIVE_WORDS) {
		list[(*n)++] = name;
		list[(*n)++] = value;
	}
}

bool
live_option(struct live *l, int argc, char **argv, int *i)
{
	const char *name = argv[*i], *value = *i + 1 < argc ? argv[*i + 1] : NULL;

	if (!value)
		return false;
	if (strcmp(name, "-c") == 0 || strcmp(name, "--config") == 0) {
		l->config = value;
		++*i;
		return true;
	}
	if (strcmp(name, "--state") == 0) {
		l->state = value;
		++*i;
		return true;
	}
	for (size_t k = 0; k < sizeof passed / sizeof *passed; k++)
		if (strcmp(name, passed[k].name) == 0) {
			if (strcmp(name, "--trust-anchor") == 0)
				l->anchor = value;
			if (passed[k].net)
				keep(l->net, &l->n_net, passed[k].name, value);
			if (passed[k].local)
				keep(l->local, &l->n_local, passed[k].name, value);
			++*i;
			return true;
		}
	return false;
}

static void
word_if(struct super_role *r, const char *name, const char *value)
{
	if (value) {
		super_word(r, name);
		super_word(r, value);
	}
}

static bool
producers(struct super_job *job, const struct config *c, struct err *e)
{
	for (unsigned i = 0; i < c->producers_count; i++) {
		const struct config_producer *p = &c->producers[i];
		struct super_role *r = p->argv_count ? super_role_add(job, p->name, p->argv[0]) : NULL;
		for (unsigned k = 1; r && k < p->argv_count; k++)
			super_word(r, p->argv[k]);
		if (!r)
			return err_set(e, ERR_LIMIT, p->name, "config: producers", "a command, at most 10 of them",
				"%u", c->producers_count);
	}
	return true;
}

static void
words(struct super_role *r, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		super_word(r, v[i]);
}

/* What the command line does not say, observe net reads from the configuration itself. */
static bool
net_role(struct super_job *job, const struct live *l, const char *const *names, size_t n, struct err *e)
{
	struct super_role *r = super_role_add(job, "net", NULL);

	super_word(r, "observe");
	super_word(r, "net");
	word_if(r, "-c", l->config);
	words(r, l->net, l->n_net);
	words(r, names, n);
	return r->n < SUPER_WORDS || err_set(e, ERR_LIMIT, "observe net", "words of a command", "fewer than 192",
		"%zu", r->n);
}

static bool
local_role(struct super_job *job, const struct live *l, const char *name, struct err *e)
{
	struct super_role *r = super_role_add(job, "local", NULL);

	if (!r)
		return err_set(e, ERR_LIMIT, name, "zones", "fewer", "more than there are places");
	super_word(r, "observe");
	super_word(r, "local");
	word_if(r, "-c", l->config);
	words(r, l->local, l->n_local);
	super_word(r, name);
	return true;
}

bool
live_start_many(struct arena *a, const struct live *l, const struct name *zones, size_t n,
	struct super_face *face, int *stream_zone, struct err *e)
{
	const struct config *c = configured(a, l->config, e);
	struct super_job *job = arena_new_one(a, struct super_job);
	const char **names = arena_new_array(a, const char *, n);
	char text[NAME_MAX_TEXT];

	if (!c)
		return false;
	for (size_t i = 0; i < n; i++)
		names[i] = arena_strdup(a, name_to_text(text, &zones[i]));
	job->zone = zones[0];
	for (size_t i = 0; i < SUPER_ROLES; i++)
		stream_zone[i] = -1;
	if (!net_role(job, l, names, n, e))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (job->n_roles < SUPER_ROLES)
			stream_zone[job->n_roles] = (int)i;
		if (!local_role(job, l, names[i], e))
			return false;
	}
	return producers(job, c, e) && super_split(job, face, e);
}

bool
live_start(struct arena *a, const struct live *l, const struct name *zone, struct super_face *face,
	struct err *e)
{
	int stream_zone[SUPER_ROLES];

	return live_start_many(a, l, zone, 1, face, stream_zone, e);
}

bool
live_start_recorded(struct arena *a, const struct live *l, const struct name *zone,
	struct super_face *face, struct err *e)
{
	struct super_job *job = arena_new_one(a, struct super_job);
	struct super_role *r = super_role_add(job, "record", NULL);
	char text[NAME_MAX_TEXT];

	if (!configured(a, l->config, e)) /* said here, while the terminal is still a line printer */
		return false;
	job->zone = *zone;
	super_word(r, "record");
	super_word(r, arena_strdup(a, name_to_text(text, zone)));
	super_word(r, "--own");
	word_if(r, "-c", l->config);
	word_if(r, "--state", l->state);
	words(r, l->net, l->n_net);
	words(r, l->local, l->n_local);
	return super_split(job, face, e);
}

/* What a round is waiting for. */
struct waiting {
	bool net, local, vantages, vantages_seen;
	void (*on_obs)(void *ctx, struct obs *o);
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e);
	void *ctx;
};

static void
take_bad(void *ctx, uint64_t line, const struct err *e)
{
	const struct waiting *w = ctx;

	if (w->on_bad)
		w->on_bad(w->ctx, line, e);
}

static void
take(void *ctx, struct obs *o)
{
	struct waiting *w = ctx;
	bool vantage = o->fact == FACT_VANTAGE || o->fact == FACT_RESOLVE;

	w->vantages_seen |= vantage;
	if (o->fact == FACT_ROUND && o->u.round.end && o->u.round.what) {
		const char *what = o->u.round.what;
		w->net |= strcmp(what, "full") == 0;
		w->local |= strcmp(what, "local") == 0;
		w->vantages |= strcmp(what, "vantages") == 0;
	}
	if (o->fact == FACT_PROCESS && o->u.process.name && o->u.process.state &&
			strcmp(o->u.process.state, "started") != 0) {
		/* it will say no more, or not in time */
		w->net |= strcmp(o->u.process.name, "net") == 0;
		w->vantages |= strcmp(o->u.process.name, "net") == 0;
		w->local |= strcmp(o->u.process.name, "local") == 0;
	}
	w->on_obs(w->ctx, o);
}

static bool
read_some(int fd, struct stream_reader *r)
{
	char buf[65536];
	ssize_t n = read(fd, buf, sizeof buf);

	if (n > 0)
		stream_feed(r, buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

void
live_round(const struct super_face *face, int64_t seconds, void (*on_obs)(void *ctx, struct obs *o),
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e), void *ctx)
{
	struct waiting w = { .on_obs = on_obs, .on_bad = on_bad, .ctx = ctx };
	struct stream_reader r[SUPER_ROLES];
	int64_t end = clock_monotonic_usec() + seconds * USEC, left;
	struct pollfd p[SUPER_ROLES];

	for (size_t i = 0; i < face->n; i++) {
		p[i] = (struct pollfd){ .fd = face->stream[i].fd, .events = POLLIN };
		r[i] = (struct stream_reader){ .on_obs = take, .on_bad = take_bad, .ctx = &w,
			.live = true };
	}
	while ((left = end - clock_monotonic_usec()) > 0) {
		if (w.net && w.local && (w.vantages || !w.vantages_seen))
			break;
		if (poll(p, face->n, (int)(left / 1000) + 1) <= 0)
			continue;
		for (size_t i = 0; i < face->n; i++)
			if (p[i].revents && !read_some(p[i].fd, &r[i]))
				p[i].fd = -1;
	}
	for (size_t i = 0; i < face->n; i++) {
		r[i].on_bad = NULL; /* a line cut by our own end is nobody's mistake */
		stream_end(&r[i]);
	}
}
