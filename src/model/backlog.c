#include "model/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CHANGES_MAX 300
#define LINES_MAX 20000
#define FORGET (7 * 86400 * USEC) /* what nobody repeated for a week is no picture of now */

struct kept_line {
	uint64_t hash;
	char *key; /* NULL: an older line that is kept for its change */
	char *line;
	size_t n;
	int64_t t;
	bool change, stays; /* STAYS: said once and true for long */
};

struct backlog {
	struct kept_line *v;
	size_t n, cap, changes; /* changes: lines without a key */
};

struct backlog *
backlog_new(void)
{
	struct backlog *b = calloc(1, sizeof *b);

	if (!b)
		abort(); /* as base/arena */
	return b;
}

static void
drop(struct backlog *b, size_t i)
{
	b->changes -= b->v[i].key == NULL;
	free(b->v[i].key);
	free(b->v[i].line);
	memmove(&b->v[i], &b->v[i + 1], (--b->n - i) * sizeof *b->v);
}

void
backlog_free(struct backlog *b)
{
	while (b && b->n)
		drop(b, b->n - 1);
	if (b)
		free(b->v);
	free(b);
}

size_t
backlog_lines(const struct backlog *b)
{
	return b->n;
}

void
backlog_each(const struct backlog *b, void (*fn)(void *ctx, const char *line, size_t n), void *ctx)
{
	for (size_t i = 0; i < b->n; i++)
		fn(ctx, b->v[i].line, b->v[i].n);
}

static void
add_endpoint(struct text *k, const struct endpoint *at)
{
	char cut[NAME_MAX_TEXT];

	text_add(k, " %s %u %d %s", at->address ? at->address : "", at->port, (int)at->role,
		name_to_text(cut, &at->cut));
}

static const char *
str(const char *s)
{
	return s ? s : "";
}

/* What O is the newest of; returns how many of them are of use, 0: none (the history tells). */
static unsigned
key_of(struct text *k, const struct obs *o)
{
	text_add(k, "%d %s %s", (int)o->fact, o->by, str(o->host));
	switch (o->fact) {
	case FACT_HELLO:
	case FACT_TICK:
	case FACT_COACH:
	case FACT_KEYDIR:
	case FACT_SOURCE:
	case FACT_SIGNER:
	case FACT_CLOCK: return 1;
	case FACT_ROUND: text_add(k, " %s %d", str(o->u.round.what), o->u.round.end); return 1;
	case FACT_SERVER: add_endpoint(k, &o->u.server.at); return 1;
	case FACT_ANSWER:
		text_add(k, " %d", (int)o->u.answer.probe);
		add_endpoint(k, &o->u.answer.at);
		return 1;
	case FACT_NO_ANSWER: /* failures in a row count */
		text_add(k, " %d", (int)o->u.no_answer.probe);
		add_endpoint(k, &o->u.no_answer.at);
		return 3;
	case FACT_VANTAGE: text_add(k, " %s", str(o->u.vantage.name)); return 1;
	case FACT_RESOLVE: /* a resolver may be many caches */
		text_add(k, " %s %d %d %d", str(o->u.resolve.vantage), (int)o->u.resolve.question,
			o->u.resolve.cd, o->u.resolve.pending);
		return o->u.resolve.pending ? 1 : 10;
	case FACT_KEYFILE: text_add(k, " %s", str(o->u.keyfile.path)); return 1;
	case FACT_ZONEFILE: text_add(k, " %s", str(o->u.zonefile.which)); return 1;
	case FACT_PROCESS: text_add(k, " %s", str(o->u.process.name)); return 1;
	case FACT_UNKNOWN: text_add(k, " %s %s", str(o->u.unknown.what), str(o->u.unknown.object)); return 1;
	case FACT_MESSAGE: return 20;
	case FACT_OTHER: text_add(k, " %s", str(o->u.other)); return 1;
	case FACT_HISTORY:
	case FACT_VERSION:
	case FACT_COUNT: break;
	}
	return 0;
}

static uint64_t
hash_of(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

static void
drop_changes(struct backlog *b, size_t most)
{
	for (size_t i = 0; i < b->n && b->changes > most;)
		if (!b->v[i].key)
			drop(b, i);
		else
			i++;
}

/* Makes room: of KEY all but MOST - 1 go, or lose their key where they are kept as a change. */
static void
make_room(struct backlog *b, const char *key, uint64_t hash, unsigned most)
{
	unsigned same = 0;

	for (size_t i = b->n; i-- > 0;) {
		struct kept_line *l = &b->v[i];
		if (!l->key || l->hash != hash || strcmp(l->key, key) != 0 || ++same < most)
			continue;
		if (!l->change) {
			drop(b, i);
			continue;
		}
		free(l->key);
		l->key = NULL;
		b->changes++;
	}
	drop_changes(b, CHANGES_MAX);
}

static void
drop_stale(struct backlog *b, int64_t t)
{
	for (size_t i = 0; i < b->n;)
		if (b->n > LINES_MAX || (!b->v[i].stays && b->v[i].t < t - FORGET))
			drop(b, i);
		else
			i++;
}

void
backlog_add(struct backlog *b, const struct obs *o, const char *line, size_t n, bool change)
{
	struct text key = { 0 };
	unsigned most = key_of(&key, o);

	if (most) {
		struct kept_line l = { .hash = hash_of(text_str(&key)), .n = n, .t = o->t,
			/* answers change what the history tells better */
			.change = change && o->fact != FACT_ANSWER,
			.stays = o->fact == FACT_HELLO || o->fact == FACT_SERVER || o->fact == FACT_VANTAGE };
		make_room(b, text_str(&key), l.hash, most);
		drop_stale(b, o->t);
		l.key = strdup(text_str(&key));
		l.line = malloc(n + 1);
		if (b->n == b->cap) {
			b->cap = b->cap ? 2 * b->cap : 64;
			b->v = realloc(b->v, b->cap * sizeof *b->v);
		}
		if (!l.key || !l.line || !b->v)
			abort();
		memcpy(l.line, line, n);
		l.line[n] = '\0';
		b->v[b->n++] = l;
	}
	text_free(&key);
}
