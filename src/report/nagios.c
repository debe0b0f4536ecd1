#include "report/nagios.h"

#include <stdio.h>
#include <string.h>

#include "report/figures.h"
#include "report/planes.h"

#define DAY INT64_C(86400)

static struct nagios_options
with_defaults(const struct nagios_options *opt)
{
	struct nagios_options o = opt ? *opt : (struct nagios_options){ 0 };

	if (!o.planes)
		o.planes = PLANE_ALL;
	if (!o.warn)
		o.warn = 14 * DAY;
	if (!o.crit)
		o.crit = 3 * DAY;
	if (!o.stale_warn)
		o.stale_warn = 30;
	if (!o.stale_crit)
		o.stale_crit = 60;
	return o;
}

static enum state
worse(enum state a, enum state b)
{
	/* UNKNOWN hides neither WARNING nor CRITICAL, and OK hides nothing. */
	static const int rank[] = { [STATE_OK] = 0, [STATE_UNKNOWN] = 1, [STATE_WARNING] = 2,
		[STATE_CRITICAL] = 3 };

	return rank[a] >= rank[b] ? a : b;
}

static enum state
of_severity(enum severity s)
{
	switch (s) {
	case SEV_INFO: return STATE_OK;
	case SEV_WARNING: return STATE_WARNING;
	case SEV_HIGH: return STATE_WARNING;
	case SEV_CRITICAL: return STATE_CRITICAL;
	}
	return STATE_UNKNOWN;
}

static enum state
left_state(int64_t left, const struct nagios_options *o)
{
	if (left == TIME_UNSET || left == TIME_NEVER)
		return STATE_OK;
	return left < o->crit ? STATE_CRITICAL : left < o->warn ? STATE_WARNING : STATE_OK;
}

enum state
nagios_state(const struct diagnosis *d, const struct nagios_options *opt)
{
	struct nagios_options o = with_defaults(opt);
	enum state st = STATE_OK;
	struct figures f;

	figures_of(&f, d);
	if (o.planes == PLANE_ALL)
		st = d->state;
	else
		for (size_t i = 0; i < d->n_findings; i++)
			if (plane_of(d->findings[i].id) & o.planes)
				st = worse(st, of_severity(d->findings[i].severity));
	if (o.planes & PLANE_KEYS)
		st = worse(st, left_state(f.key_left, &o));
	if (o.planes & PLANE_CHAIN)
		st = worse(st, left_state(f.rrsig_left, &o));
	if (st == STATE_OK && (f.age == TIME_UNSET || f.age >= o.stale_crit))
		st = STATE_UNKNOWN; /* old answers prove nothing about now */
	return st;
}

/* A zone's name as people write it: without the final dot. */
static void
plain_zone(char *out, size_t size, const struct name *zone)
{
	char text[NAME_MAX_TEXT];
	size_t n = strlen(name_to_text(text, zone));

	if (n > 1)
		text[n - 1] = '\0';
	snprintf(out, size, "%s", text);
}

static void
perf_seconds(struct text *out, const char *label, int64_t value, const struct nagios_options *o)
{
	if (value == TIME_UNSET || value == TIME_NEVER)
		return;
	text_add(out, " '%s'=%llds;%lld:;%lld:;0", label, (long long)value, (long long)o->warn,
		(long long)o->crit);
}

static void
perfdata(struct text *out, const struct figures *f, const struct nagios_options *o)
{
	text_add(out, " | 'bogus'=%u;0;0;0;%u 'unknown'=%u;0;%u;0;%u", f->bogus, f->vantages,
		f->unknown, f->vantages ? f->vantages - 1 : 0, f->vantages);
	perf_seconds(out, "rrsig_left", f->rrsig_left, o);
	perf_seconds(out, "key_left", f->key_left, o);
	text_add(out, " 'serial_lag'=%d;0;;0", f->serial_lag);
	if (f->age != TIME_UNSET)
		text_add(out, " 'probe_age'=%llds;%lld;%lld;0", (long long)f->age,
			(long long)o->stale_warn, (long long)o->stale_crit);
}

/* The words after the zone's name: the headline, or how much time is left. */
static void
summary(char *out, size_t size, const struct diagnosis *d, const struct figures *f, enum state st)
{
	char rrsig[24], key[24];

	if (d->state != STATE_OK && d->headline) {
		snprintf(out, size, "%s", d->headline);
		return;
	}
	clock_span(rrsig, sizeof rrsig, f->rrsig_left);
	if (f->key) {
		clock_span(key, sizeof key, f->key_left);
		snprintf(out, size, "%s%s %u stops in %s, signatures last %s",
			st == STATE_OK ? "" : "soon: ", key_role_name(f->key->role), f->key->tag, key,
			rrsig);
	} else
		snprintf(out, size, "%u of %u vantages secure, signatures last %s", f->secure,
			f->vantages, rrsig);
}

enum state
nagios_write(struct text *out, const struct diagnosis *d, const struct nagios_options *opt)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	struct nagios_options o = with_defaults(opt);
	enum state st = nagios_state(d, &o);
	char zone[NAME_MAX_TEXT], say[512], head[1600], line[1600];
	struct figures f;

	figures_of(&f, d);
	plain_zone(zone, sizeof zone, &d->zone);
	summary(say, sizeof say, d, &f, st);
	snprintf(line, sizeof line, "UNBOGUS %s %s: %s", words[st], zone, say);
	for (char *p = line; *p; p++)
		if (*p == '|')
			*p = '/'; /* a bar would begin the performance data */
	text_cut(head, sizeof head, line, 80, true);
	text_add_clean(out, head);
	perfdata(out, &f, &o);
	text_add(out, "\n");
	for (size_t i = 0; i < d->n_causes; i++) {
		const struct finding *c = &d->findings[d->causes[i]];
		text_add(out, "cause: %s%s", c->id, c->keytag >= 0 ? "" : "\n");
		if (c->keytag >= 0)
			text_add(out, " %d\n", c->keytag);
		text_add(out, "  ");
		text_add_clean(out, c->text ? c->text : "");
		text_add(out, "\n");
	}
	for (size_t i = 0; i < d->n_safe; i++) {
		text_add(out, "safe: ");
		text_add_clean(out, d->safe[i].text);
		text_add(out, "\n");
	}
	if (d->time_text && *d->time_text) {
		text_add(out, "time: ");
		text_add_clean(out, d->time_text);
		text_add(out, "\n");
	}
	return st;
}
