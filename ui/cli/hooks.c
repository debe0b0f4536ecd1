/* hooks: who is told, when, and the thread that runs the commands. */
#include "ui/cli/hooks.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/door.h"
#include "base/text.h"
#include "report/line.h"

#define TIMEOUT_S 10
#define PER_S 60
#define QUEUE_MAX 256

/* The newest call of one hook for one zone and state. */
struct call {
	struct call *next;
	const struct board_zone *zone;
	enum board_state state;
	int64_t at;
	unsigned held; /* back since then */
	bool owed; /* the newest of them is made up for, if the zone still has that state */
	enum board_state from; /* of the one that is owed */
};

struct hook {
	const struct config_hook *c;
	int64_t per; /* seconds */
	struct call *calls;
};

struct job {
	size_t hook;
	char *input;
};

struct hooks {
	struct hook *v;
	size_t n;
	struct child_job *jobs;
	struct door *door;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct job queue[QUEUE_MAX];
	size_t first, count;
	bool ending;
};

bool
hooks_open(struct hooks **out, const struct config *c, struct err *e)
{
	*out = NULL;
	if (!c || c->hooks_count == 0)
		return true;
	struct hooks *h = calloc(1, sizeof *h);
	if (!h || !(h->v = calloc(c->hooks_count, sizeof *h->v)) ||
			!(h->jobs = calloc(c->hooks_count, sizeof *h->jobs)))
		abort();
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->more, NULL);
	h->n = c->hooks_count;
	for (size_t i = 0; i < h->n; i++) {
		const struct config_hook *k = &c->hooks[i];
		h->v[i] = (struct hook){ .c = k, .per = config_span(k->per, PER_S) };
		const char **argv = calloc(k->argv_count + 1, sizeof *argv);
		if (!argv)
			abort();
		for (unsigned w = 0; w < k->argv_count; w++)
			argv[w] = k->argv[w];
		h->jobs[i] = (struct child_job){ .argv = argv, .timeout_ms = 1000 * config_span(k->timeout, TIMEOUT_S),
			.output_max = 4096 };
	}
	*out = h;
	h->door = door_open(h->jobs, h->n, e);
	return h->door != NULL;
}

/* ---- the thread ---- */

static void
report(const struct hook *k, bool ran, const struct child_result *r, const struct err *e)
{
	char why[200], line[900], name[80];

	text_clean(name, sizeof name, k->c->name ? k->c->name : k->c->argv[0]);
	if (!ran)
		fprintf(stderr, "unbogus: hook %s: %s\n", name, err_str(e, line, sizeof line));
	else if (r->status != 0)
		fprintf(stderr, "unbogus: hook %s: %s\n", name, child_result_str(r, why, sizeof why));
}

static void *
run_hooks(void *arg)
{
	struct hooks *h = arg;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		while (h->count == 0 && !h->ending)
			pthread_cond_wait(&h->more, &h->lock);
		if (h->count == 0)
			break;
		struct job j = h->queue[h->first];
		h->first = (h->first + 1) % QUEUE_MAX;
		h->count--;
		pthread_mutex_unlock(&h->lock);
		struct child_result r = { 0 };
		struct err e = { 0 };
		bool ran = door_run_nth(h->door, j.hook, j.input, strlen(j.input), &r, &e);
		report(&h->v[j.hook], ran, &r, &e);
		if (ran)
			child_result_free(&r);
		free(j.input);
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

bool
hooks_start(struct hooks *h, struct err *e)
{
	if (!h)
		return true;
	int error = pthread_create(&h->thread, NULL, run_hooks, h);
	h->running = error == 0;
	return h->running || err_errno(e, "hooks", "pthread_create", error);
}

/* ---- changes ---- */

static bool
wants(const struct config_hook *k, enum board_state s)
{
	if (k->on_count == 0)
		return true;
	for (unsigned i = 0; i < k->on_count; i++)
		if (strcmp(k->on[i], board_state_json(s)) == 0)
			return true;
	return false;
}

/* The note of this hook, zone and state; a new one says that it never ran. */
static struct call *
call_of(struct hook *k, const struct board_zone *z)
{
	for (struct call *c = k->calls; c; c = c->next)
		if (c->zone == z && c->state == z->state)
			return c;
	struct call *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	*c = (struct call){ .next = k->calls, .zone = z, .state = z->state, .at = TIME_UNSET };
	k->calls = c;
	return c;
}

static char *
change_json(const struct board_zone *z, enum board_state from, unsigned held)
{
	json_t *j = json_object();
	char t[40], line[600] = "", more[600] = "", zone[NAME_MAX_TEXT];

	if (z->d) {
		line_of(line, sizeof line, z->d);
		line_more(more, sizeof more, z->d);
	}
	json_object_set_new(j, "schema", json_string("unbogus.change/1"));
	json_object_set_new(j, "zone", json_string(name_to_text(zone, &z->name)));
	json_object_set_new(j, "time", json_string(clock_rfc3339_s(t, sizeof t, z->since / USEC)));
	json_object_set_new(j, "state", json_string(board_state_json(z->state)));
	json_object_set_new(j, "from", json_string(board_state_json(from)));
	json_object_set_new(j, "headline", json_string(line));
	json_object_set_new(j, "cause", z->d && z->d->n_causes
		? json_string(z->d->findings[z->d->causes[0]].id) : json_null());
	json_object_set_new(j, "text", json_string(more));
	json_object_set_new(j, "safe_step", z->d && z->d->n_safe ? json_string(z->d->safe[0].text) : json_null());
	json_object_set_new(j, "held_back", json_integer(held));
	char *s = json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(j);
	if (!s)
		abort();
	return s;
}

/* HELD: how many were held back before this one. False: too many wait, it is still owed. */
static bool
call_it(struct hooks *h, size_t hook, struct call *c, enum board_state from, unsigned held, int64_t now)
{
	pthread_mutex_lock(&h->lock);
	bool room = h->count < QUEUE_MAX; /* only this thread adds */
	pthread_mutex_unlock(&h->lock);
	if (!room)
		return false;
	char *input = change_json(c->zone, from, held);
	c->at = now;
	c->held = 0;
	c->owed = false;
	pthread_mutex_lock(&h->lock);
	h->queue[(h->first + h->count++) % QUEUE_MAX] = (struct job){ hook, input };
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	return true;
}

static bool
too_early(const struct hook *k, const struct call *c, int64_t now)
{
	return c->at != TIME_UNSET && now - c->at < k->per * USEC;
}

void
hooks_change(struct hooks *h, const struct board_zone *z, enum board_state from)
{
	int64_t now = clock_monotonic_usec();

	for (size_t i = 0; h && i < h->n; i++) {
		struct hook *k = &h->v[i];
		if (!wants(k->c, z->state))
			continue;
		struct call *c = call_of(k, z);
		if (!too_early(k, c, now) && call_it(h, i, c, from, c->held, now))
			continue;
		c->held++;
		c->owed = true;
		c->from = from;
	}
}

void
hooks_due(struct hooks *h)
{
	int64_t now = clock_monotonic_usec();

	for (size_t i = 0; h && i < h->n; i++)
		for (struct call *c = h->v[i].calls; c; c = c->next) {
			c->owed &= c->zone->state == c->state; /* else the state after it was told */
			if (c->owed && !too_early(&h->v[i], c, now))
				call_it(h, i, c, c->from, c->held - 1, now);
		}
}

void
hooks_close(struct hooks *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	if (h->running)
		pthread_join(h->thread, NULL);
	door_close(h->door);
	for (size_t i = 0; i < h->count; i++)
		free(h->queue[(h->first + i) % QUEUE_MAX].input);
	for (size_t i = 0; i < h->n; i++) {
		for (struct call *c = h->v[i].calls, *next; c; c = next) {
			next = c->next;
			free(c);
		}
		free((void *)(uintptr_t)h->jobs[i].argv);
	}
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->more);
	free(h->v);
	free(h->jobs);
	free(h);
}
