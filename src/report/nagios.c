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

struct limits {
	int64_t warn, crit; /* seconds; 0: none */
};

/* Shown as thresholds: those asked for, else what the diagnosis itself judges keys by. */
static struct limits
key_limits(const struct nagios_options *o)
{
	bool own = o->warn || o->crit;

	return (struct limits){ own ? o->warn : 14 * DAY, own ? o->crit : 3 * DAY };
}

static enum state
left_state(int64_t left, struct limits l)
{
	if (left == TIME_UNSET || left == TIME_NEVER)
		return STATE_OK;
	if (l.crit && left < l.crit)
		return STATE_CRITICAL;
	return l.warn && left < l.warn ? STATE_WARNING : STATE_OK;
}

/* Was too little heard for the planes that were asked for? Keys and serials stand on answers alone. */
static bool
unheard(const struct diagnosis *d, const struct figures *f, unsigned planes)
{
	if (planes == PLANE_VALIDATION && f->vantages == f->unknown)
		return true; /* no validator said anything */
	return (planes & (PLANE_CHAIN | PLANE_VALIDATION)) && d->state == STATE_UNKNOWN;
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
	if (worse(st, d->state) == st && d->state != STATE_UNKNOWN)
		st = d->state; /* a part is not worse than the whole */
	if (o.planes & PLANE_KEYS)
		st = worse(st, left_state(f.key_left, (struct limits){ o.warn, o.crit }));
	if (o.planes & PLANE_CHAIN)
		st = worse(st, left_state(f.rrsig_left, (struct limits){ o.warn, o.crit }));
	if (st == STATE_OK && (f.age == TIME_UNSET || f.age >= o.stale_crit || unheard(d, &f, o.planes)))
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
perf_seconds(struct text *out, const char *label, int64_t value, struct limits l)
{
	if (value == TIME_UNSET || value == TIME_NEVER)
		return;
	text_add(out, " '%s'=%llds;", label, (long long)value);
	if (l.warn)
		text_add(out, "%lld:", (long long)l.warn);
	text_add(out, ";");
	if (l.crit)
		text_add(out, "%lld:", (long long)l.crit);
	text_add(out, ";"); /* no minimum: what has ended is below zero */
}

static void
perfdata(struct text *out, const struct figures *f, const struct nagios_options *o)
{
	text_add(out, " | 'bogus'=%u;0;0;0;%u 'unknown'=%u;0;%u;0;%u", f->bogus, f->vantages,
		f->unknown, f->vantages ? f->vantages - 1 : 0, f->vantages);
	perf_seconds(out, "rrsig_left", f->rrsig_left, (struct limits){ o->warn, o->crit });
	perf_seconds(out, "key_left", f->key_left, key_limits(o));
	text_add(out, " 'serial_lag'=%d;0;;0", f->serial_lag);
	if (f->age != TIME_UNSET)
		text_add(out, " 'probe_age'=%llds;%lld;%lld;0", (long long)f->age,
			(long long)o->stale_warn, (long long)o->stale_crit);
}

/* The words after the zone's name: the headline, or how much time is left. */
static void
summary(char *out, size_t size, const struct diagnosis *d, const struct figures *f,
	unsigned planes, enum state st)
{
	char rrsig[60], key[24];
	bool all = planes == PLANE_ALL || (st == STATE_UNKNOWN && d->state == STATE_UNKNOWN);

	if (all && d->state != STATE_OK && d->headline) {
		snprintf(out, size, "%s", d->headline);
		return;
	}
	for (size_t i = 0; planes != PLANE_ALL && i < d->n_findings; i++)
		if ((plane_of(d->findings[i].id) & planes) && of_severity(d->findings[i].severity) != STATE_OK) {
			snprintf(out, size, "%s", d->findings[i].text);
			return;
		}
	if (f->rrsig_left == TIME_UNSET)
		snprintf(rrsig, sizeof rrsig, "no signature seen");
	else
		snprintf(rrsig, sizeof rrsig, "signatures last %s", clock_span(key, sizeof key, f->rrsig_left));
	clock_span(key, sizeof key, f->key_left < 0 ? -f->key_left : f->key_left);
	if (f->key)
		snprintf(out, size, "%s %u %s %s%s, %s", key_role_name(f->key->role), f->key->tag,
			f->key_left < 0 ? "stopped signing" : "stops in", key, f->key_left < 0 ? " ago" : "", rrsig);
	else
		snprintf(out, size, "%u of %u vantages secure, %s", f->secure, f->vantages, rrsig);
}

/* A bar would begin performance data, also in the long output. */
static void
add_barless(struct text *out, const char *s)
{
	size_t from = out->len;

	text_add_clean(out, s);
	for (size_t i = from; i < out->len; i++)
		if (out->s[i] == '|')
			out->s[i] = '/';
}

static void
add_line(struct text *out, const char *label, const char *s)
{
	if (!s || !*s)
		return;
	text_add(out, "%s", label);
	add_barless(out, s);
	text_add(out, "\n");
}

enum state
nagios_write(struct text *out, const struct diagnosis *d, const struct nagios_options *opt)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	struct nagios_options o = with_defaults(opt);
	enum state st = nagios_state(d, &o);
	char zone[NAME_MAX_TEXT], say[512], head[1600], line[1600], clean[4000];
	struct figures f;

	figures_of(&f, d);
	plain_zone(zone, sizeof zone, &d->zone);
	summary(say, sizeof say, d, &f, o.planes, st);
	snprintf(line, sizeof line, "UNBOGUS %s %s: %s", words[st], zone, say);
	text_clean(clean, sizeof clean, line); /* escapes are longer than what they stand for */
	text_cut(head, sizeof head, clean, 80, true);
	add_barless(out, head);
	perfdata(out, &f, &o);
	text_add(out, "\n");
	for (size_t i = 0; i < d->n_causes; i++) {
		const struct finding *c = &d->findings[d->causes[i]];
		if (!(plane_of(c->id) & o.planes))
			continue;
		text_add(out, "cause: %s", c->id);
		if (c->keytag >= 0)
			text_add(out, " %d", c->keytag);
		text_add(out, "\n");
		add_line(out, "  ", c->text);
	}
	if (o.planes != PLANE_ALL)
		return st;
	for (size_t i = 0; i < d->n_safe; i++)
		add_line(out, "safe: ", d->safe[i].text);
	for (size_t i = 0; i < d->n_wrong; i++)
		add_line(out, "do not: ", d->wrong[i].text);
	add_line(out, "time: ", d->time_text);
	return st;
}
