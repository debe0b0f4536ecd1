/* What the servers show after a change: the only thing that counts as success. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "change/apply_int.h"
#include "verdict/chain.h"

#define LOOK_EVERY_US (300 * 1000)
#define BROKEN_LOOKS 4 /* a server that answers badly that often after the reload will not mend itself */

static const char *const words[] = { [SERVED_NEW] = "new", [SERVED_OLD] = "old",
	[SERVED_OTHER] = "other", [SERVED_SILENT] = "silent", [SERVED_BROKEN] = "broken" };

static bool
failed_before(const struct plan *p, const struct server_state *s)
{
	for (size_t i = 0; i < p->servers.n; i++)
		if (p->servers.v[i].port == s->at.port && strcmp(p->servers.v[i].address, s->at.address) == 0)
			return p->servers.v[i].failing;
	return false;
}

static enum served
served(const struct run *r, const struct server_state *s, uint32_t serial, int64_t *has)
{
	uint32_t now;

	*has = -1;
	if (s->silence[PROBE_SOA] || !s->answer[PROBE_SOA])
		return SERVED_SILENT;
	if (!server_serial(s, &r->apex, &now))
		return SERVED_BROKEN;
	*has = now;
	if (now == serial)
		return SERVED_NEW;
	int before = serial_cmp(now, serial, NULL);
	return before < 0 ? SERVED_OLD : SERVED_OTHER;
}

void
watch_free(struct watch *w)
{
	json_decref(w->json);
	w->json = NULL;
}

static void
count(struct watch *w, enum served how, bool failed, const char *who, int64_t has, struct text *late)
{
	unsigned *const by[] = { [SERVED_NEW] = &w->new, [SERVED_OLD] = &w->old, [SERVED_OTHER] = &w->other,
		[SERVED_SILENT] = &w->silent, [SERVED_BROKEN] = &w->broken };

	w->servers++;
	(*by[how])++;
	w->failed_before += how != SERVED_NEW && failed;
	json_array_append_new(w->json, json_pack("{s:s s:s s:o s:b}", "server", who, "state", words[how],
		"serial", has >= 0 ? json_integer(has) : json_null(), "failed_before", failed));
	if (how == SERVED_NEW)
		return;
	text_add(late, "; %s ", who);
	if (how == SERVED_SILENT)
		text_add(late, "is silent%s", failed ? ", as before" : "");
	else if (how == SERVED_BROKEN)
		text_add(late, "answers, but not with the zone%s", failed ? ", as before" : "");
	else
		text_add(late, "serves %lld", (long long)has);
}

static bool
look_once(struct run *r, uint32_t serial, struct watch *w, struct err *e)
{
	struct snapshot *s = r->job->io.look(r->job->io.ctx, e);
	const struct cut_state *c = s ? snapshot_child(s) : NULL;
	struct text late = { 0 };
	char who[300], clean[300];

	if (!s)
		return false;
	watch_free(w);
	*w = (struct watch){ .json = json_array() };
	for (size_t i = 0; c && i < c->n; i++) {
		const struct server_state *x = &c->servers[i];
		int64_t has;
		enum served how = served(r, x, serial, &has);
		snprintf(who, sizeof who, "%s %s", x->at.ns ? x->at.ns : "-", x->at.address);
		text_clean(clean, sizeof clean, who);
		count(w, how, failed_before(r->plan, x), clean, has, &late);
	}
	snprintf(w->words, sizeof w->words, "%u of %u servers serve %u%.900s", w->new, w->servers, serial,
		text_str(&late));
	text_free(&late);
	snapshot_unref(r->after);
	r->after = s;
	return true;
}

bool
watch_servers(struct run *r, uint32_t serial, int64_t timeout, struct watch *w, struct err *e)
{
	int64_t end = clock_monotonic_usec() + timeout * USEC;
	unsigned broken = 0, last = UINT32_MAX;

	for (;;) {
		if (!look_once(r, serial, w, e))
			return false;
		if (w->new != last)
			run_tell(r, "observe", "note", "%s", w->words);
		last = w->new;
		unsigned missing = w->servers - w->new - w->failed_before;
		broken = w->broken && !w->new ? broken + 1 : 0;
		if ((w->servers && !missing) || broken >= BROKEN_LOOKS || clock_monotonic_usec() >= end)
			return true;
		usleep(LOOK_EVERY_US);
	}
}

/* ---- the plan's observing steps ---- */

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* "{42731 25548}" of the DNSKEY or DS set that an answer holds, tags in order. */
static void
tags_of(const struct obs *o, const struct name *owner, uint16_t type, char *out, size_t size)
{
	int tags[64];
	size_t n = 0;

	for (size_t i = 0; o && i < o->u.answer.rrs.n && n < 64; i++) {
		const struct rr *rr = &o->u.answer.rrs.v[i];
		struct ds d;
		if (rr->type != type || !name_equal(&rr->owner, owner))
			continue;
		int tag = type == T_DNSKEY ? dnskey_tag(rr->rdata, rr->rdlen)
			: ds_parse(rr->rdata, rr->rdlen, &d) ? d.tag : -1;
		bool seen = false;
		for (size_t k = 0; k < n; k++)
			seen |= tags[k] == tag;
		if (!seen)
			tags[n++] = tag;
	}
	qsort(tags, n, sizeof *tags, by_number);
	size_t at = (size_t)snprintf(out, size, "{");
	for (size_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%d", i ? " " : "", tags[i]);
	if (at < size)
		snprintf(out + at, size - at, "}");
}

/* The same set of numbers in two texts "{b a}"? */
static bool
same_tags(const char *a, const char *b)
{
	int x[2][64];
	size_t n[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		for (const char *p = i ? b : a; *p && n[i] < 64;) {
			char *end;
			long v = strtol(p, &end, 10);
			if (end == p)
				p++;
			else {
				x[i][n[i]++] = (int)v;
				p = end;
			}
		}
		qsort(x[i], n[i], sizeof **x, by_number);
	}
	return n[0] == n[1] && memcmp(x[0], x[1], n[0] * sizeof **x) == 0;
}

static bool
sets_shown(struct run *r, const struct plan_step *step, const struct cut_state *c, uint16_t type,
	char *said, size_t size)
{
	enum probe p = type == T_DS ? PROBE_DS : PROBE_DNSKEY;
	unsigned good = 0, heard = 0;
	char seen[256], last[256] = "nothing";

	for (size_t i = 0; c && i < c->n; i++) {
		const struct server_state *s = &c->servers[i];
		if (s->silence[p] || !s->answer[p])
			continue;
		heard++;
		tags_of(s->answer[p], &r->apex, type, seen, sizeof seen);
		if (same_tags(seen, step->value))
			good++;
		else
			snprintf(last, sizeof last, "%s", seen);
	}
	if (heard && good == heard)
		snprintf(said, size, "%u of %u answering servers have %s %.200s", good, heard,
			type == T_DS ? "DS" : "DNSKEY", step->value);
	else
		snprintf(said, size, "%u of %u answering servers have %s %.200s, others %.200s", good, heard,
			type == T_DS ? "DS" : "DNSKEY", step->value, last);
	return heard && good == heard;
}

static bool
shown(struct run *r, const struct plan_step *step, const struct snapshot *s, char *said, size_t size)
{
	if (step->what == OBSERVE_DNSKEY)
		return sets_shown(r, step, snapshot_child(s), T_DNSKEY, said, size);
	if (step->what == OBSERVE_DS)
		return sets_shown(r, step, snapshot_parent(s), T_DS, said, size);
	const struct chain *c = chain_make(r->a, s, NULL, 0);
	enum link_state want = strcmp(step->value, "insecure") == 0 ? LINK_INSECURE : LINK_SECURE;
	snprintf(said, size, "a fresh validator sees %s%s%s", link_state_name(c->state),
		c->reason && *c->reason ? ": " : "", c->reason ? c->reason : "");
	return c->state == want;
}

bool
watch_step(struct run *r, const struct plan_step *step, char *said, size_t size, struct err *e)
{
	int64_t timeout = step->timeout > 0 ? step->timeout : 60;
	int64_t end = clock_monotonic_usec() + timeout * USEC;

	if (step->what == OBSERVE_NOTHING) {
		snprintf(said, size, "%s", step->expect);
		return true;
	}
	if (step->what == OBSERVE_SERIAL) {
		struct watch w = { 0 };
		bool ok = watch_servers(r, (uint32_t)strtoul(step->value, NULL, 10), timeout, &w, e) &&
			w.new > 0 && w.new + w.failed_before == w.servers;
		snprintf(said, size, "%s", w.words);
		watch_free(&w);
		return ok;
	}
	for (;;) {
		struct snapshot *s = r->job->io.look(r->job->io.ctx, e);
		if (!s)
			return false;
		bool ok = shown(r, step, s, said, size);
		snapshot_unref(r->after);
		r->after = s;
		if (ok || clock_monotonic_usec() >= end)
			return ok;
		usleep(LOOK_EVERY_US);
	}
}
