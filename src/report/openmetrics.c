#include "report/openmetrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "report/figures.h"

/* ---- the memory: a hash table of "name{labels}" ---- */

struct series {
	char *text;
	uint64_t hash;
	uint64_t shown; /* the exposition that it was in last */
};

struct openmetrics {
	struct series *v;
	size_t n, cap; /* cap: a power of two */
	uint64_t number; /* of the exposition that is being written */
};

struct openmetrics *
openmetrics_new(void)
{
	struct openmetrics *m = calloc(1, sizeof *m);

	if (!m)
		abort(); /* as arena_alloc() does */
	return m;
}

void
openmetrics_free(struct openmetrics *m)
{
	for (size_t i = 0; m && i < m->cap; i++)
		free(m->v[i].text);
	if (m)
		free(m->v);
	free(m);
}

static uint64_t
hash_of(const char *s, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(1099511628211);
	return h;
}

static struct series *
slot_of(const struct openmetrics *m, const char *s, size_t n, uint64_t h)
{
	size_t i = h & (m->cap - 1);

	while (m->v[i].text && (m->v[i].hash != h || strlen(m->v[i].text) != n ||
			memcmp(m->v[i].text, s, n) != 0))
		i = (i + 1) & (m->cap - 1);
	return &m->v[i];
}

static void
grow(struct openmetrics *m)
{
	struct openmetrics big = { .cap = m->cap ? 2 * m->cap : 256 };

	big.v = calloc(big.cap, sizeof *big.v);
	if (!big.v)
		abort();
	for (size_t i = 0; i < m->cap; i++)
		if (m->v[i].text)
			*slot_of(&big, m->v[i].text, strlen(m->v[i].text), m->v[i].hash) = m->v[i];
	free(m->v);
	m->v = big.v;
	m->cap = big.cap;
}

/* False: this exposition has the series already. */
static bool
remember(struct openmetrics *m, const char *s, size_t n)
{
	uint64_t h = hash_of(s, n);

	if (4 * (m->n + 1) > 3 * m->cap)
		grow(m);
	struct series *e = slot_of(m, s, n, h);
	if (!e->text) {
		if (m->n >= OPENMETRICS_REMEMBERED)
			return true;
		*e = (struct series){ .text = strndup(s, n), .hash = h };
		if (!e->text)
			abort();
		m->n++;
	} else if (e->shown == m->number)
		return false;
	e->shown = m->number;
	return true;
}

void
openmetrics_remember(struct openmetrics *m, const char *exposition)
{
	for (const char *line = exposition; *line;) {
		size_t n = strcspn(line, "\n"), name = 0;
		/* only our own series, with labels: what follows the last blank is the value */
		if (strncmp(line, "unbogus_", 8) == 0)
			for (size_t i = 0; i < n; i++)
				if (line[i] == ' ' && i > 0 && line[i - 1] == '}')
					name = i;
		if (name)
			remember(m, line, name);
		line += n + (line[n] == '\n');
	}
}

/* ---- series ---- */

/* Appends {a="b",c="d"} from name and value pairs; values are escaped as the format wants. */
static void
labels(struct text *out, const char *const *pairs)
{
	text_add(out, "{");
	for (size_t i = 0; pairs[i]; i += 2) {
		char clean[600];
		text_clean(clean, sizeof clean, pairs[i + 1] ? pairs[i + 1] : "");
		text_add(out, "%s%s=\"", i ? "," : "", pairs[i]);
		for (const char *p = clean; *p; p++) {
			if (*p == '"' || *p == '\\')
				text_add_n(out, "\\", 1);
			text_add_n(out, p, 1);
		}
		text_add(out, "\"");
	}
	text_add(out, "}");
}

#define L(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
number(struct text *out, const char *name, const char *const *pairs, int64_t v)
{
	text_add(out, "%s", name);
	labels(out, pairs);
	if (v == TIME_UNSET)
		text_add(out, " NaN\n");
	else if (v == TIME_NEVER)
		text_add(out, " +Inf\n");
	else
		text_add(out, " %lld\n", (long long)v);
}

static const char *
tag_text(char buf[8], unsigned tag)
{
	snprintf(buf, 8, "%u", tag);
	return buf;
}

static void
zone_state(struct text *out, const struct openmetrics_zone *z)
{
	enum state st = z->d && !z->stale ? z->d->state : STATE_UNKNOWN;

	for (int i = STATE_OK; i <= STATE_UNKNOWN; i++)
		number(out, "unbogus_zone_state",
			L("zone", z->name, "unbogus_zone_state", state_name((enum state)i)), (int)st == i);
}

static void
cause_info(struct text *out, const struct openmetrics_zone *z)
{
	if (!z->d || z->d->n_causes == 0)
		number(out, "unbogus_cause_info", L("zone", z->name, "cause", z->d ? "none" : "unknown"), 1);
	for (size_t i = 0; z->d && i < z->d->n_causes; i++)
		number(out, "unbogus_cause_info",
			L("zone", z->name, "cause", z->d->findings[z->d->causes[i]].id), 1);
}

static void
each_vantage(struct text *out, const struct openmetrics_zone *z, const char *name,
	int64_t (*value)(const struct diagnosis *, const struct vantage_row *))
{
	for (size_t i = 0; z->d && i < z->d->n_vantages; i++) {
		const struct vantage_row *v = &z->d->vantages[i];
		number(out, name, L("zone", z->name, "vantage", v->v->v->name, "kind", v->v->v->kind),
			value(z->d, v));
	}
}

static int64_t
vantage_up(const struct diagnosis *d, const struct vantage_row *v)
{
	(void)d;
	return v->state != V_UNKNOWN;
}

static int64_t
vantage_secure(const struct diagnosis *d, const struct vantage_row *v)
{
	(void)d;
	return v->state == V_SECURE;
}

static int64_t
vantage_age(const struct diagnosis *d, const struct vantage_row *v)
{
	return v->heard == TIME_UNSET ? TIME_UNSET : (d->now - v->heard) / USEC;
}

static void
vantage_up_all(struct text *out, const struct openmetrics_zone *z)
{
	each_vantage(out, z, "unbogus_vantage_up", vantage_up);
}

static void
vantage_secure_all(struct text *out, const struct openmetrics_zone *z)
{
	each_vantage(out, z, "unbogus_vantage_secure", vantage_secure);
}

static void
vantage_age_all(struct text *out, const struct openmetrics_zone *z)
{
	each_vantage(out, z, "unbogus_vantage_probe_age_seconds", vantage_age);
}

static void
vantage_state_all(struct text *out, const struct openmetrics_zone *z)
{
	static const struct {
		enum vstate state;
		const char *word;
	} states[] = { { V_SECURE, "secure" }, { V_BOGUS, "bogus" }, { V_INSECURE, "insecure" },
		{ V_UNKNOWN, "unknown" }, { V_NOT_VALIDATING, "not-validating" } };

	for (size_t i = 0; z->d && i < z->d->n_vantages; i++)
		for (size_t k = 0; k < sizeof states / sizeof *states; k++)
			number(out, "unbogus_vantage_state",
				L("zone", z->name, "vantage", z->d->vantages[i].v->v->name,
					"unbogus_vantage_state", states[k].word),
				z->d->vantages[i].state == states[k].state);
}

/* Earliest expiration by covered type and key tag, over all servers. */
static void
rrsig_expiry(struct text *out, const struct openmetrics_zone *z)
{
	const struct chain *c = z->d ? z->d->chain : NULL;

	for (size_t i = 0; c && i < c->sigs.n; i++) {
		const struct sig_check *s = &c->sigs.v[i];
		int64_t first = s->expiration;
		bool earlier = false;
		if (!s->server || s->server->at.role != ROLE_CHILD)
			continue;
		for (size_t k = 0; k < c->sigs.n; k++) {
			const struct sig_check *o = &c->sigs.v[k];
			if (!o->server || o->server->at.role != ROLE_CHILD || o->covered != s->covered ||
				o->sig.tag != s->sig.tag)
				continue;
			earlier |= k < i;
			if (o->expiration < first)
				first = o->expiration;
		}
		char tag[8];
		if (!earlier)
			number(out, "unbogus_rrsig_expiry_timestamp_seconds",
				L("zone", z->name, "type", rrtype_name(s->covered), "keytag",
					tag_text(tag, s->sig.tag)), first);
	}
}

static void
key_inactive(struct text *out, const struct openmetrics_zone *z)
{
	for (size_t i = 0; z->d && z->d->inventory && i < z->d->inventory->n; i++) {
		const struct key_row *k = &z->d->inventory->rows[i];
		char tag[8];
		number(out, "unbogus_key_inactive_timestamp_seconds",
			L("zone", z->name, "keytag", tag_text(tag, k->tag), "role", key_role_name(k->role)),
			k->ends);
	}
}

static void
key_info(struct text *out, const struct openmetrics_zone *z)
{
	static const char *const ds[] = { "unknown", "none", "match", "wrong-digest" };

	for (size_t i = 0; z->d && z->d->inventory && i < z->d->inventory->n; i++) {
		const struct key_row *k = &z->d->inventory->rows[i];
		char tag[8];
		number(out, "unbogus_key_info",
			L("zone", z->name, "keytag", tag_text(tag, k->tag), "role", key_role_name(k->role),
				"alg", algorithm_name(k->alg), "ds", ds[k->ds], "published",
				k->served ? "yes" : "no"), 1);
	}
}

static void
ds_match(struct text *out, const struct openmetrics_zone *z)
{
	const struct chain *c = z->d ? z->d->chain : NULL;
	const struct chain_link *l = c && c->n ? &c->links[c->n - 1] : NULL;

	for (size_t i = 0; l && i < l->n_ds; i++) {
		char tag[8];
		number(out, "unbogus_ds_match",
			L("zone", z->name, "keytag", tag_text(tag, l->ds[i].ds.tag), "digest",
				digest_name(l->ds[i].ds.digest_type)),
			l->ds[i].key_served && l->ds[i].digest_ok);
	}
}

/* Files and revisions are no label: each new one would be a new series. */
static void
zone_serial(struct text *out, const struct openmetrics_zone *z)
{
	for (size_t i = 0; z->d && i < z->d->n_serials; i++) {
		const struct serial_row *r = &z->d->serials[i];
		number(out, "unbogus_zone_serial",
			L("zone", z->name, "stage", r->stage, "server", r->server ? r->where : ""),
			r->known ? (int64_t)r->serial : TIME_UNSET);
	}
}

static void
serial_lag(struct text *out, const struct openmetrics_zone *z)
{
	for (size_t i = 0; z->d && i < z->d->n_serials; i++) {
		const struct serial_row *r = &z->d->serials[i];
		number(out, "unbogus_serial_lag",
			L("zone", z->name, "stage", r->stage, "server", r->server ? r->where : ""),
			r->known ? r->lag : TIME_UNSET);
	}
}

static void
cache_clear(struct text *out, const struct openmetrics_zone *z)
{
	number(out, "unbogus_cache_clear_timestamp_seconds", L("zone", z->name),
		z->d ? z->d->harm_until : TIME_UNSET);
}

static void
next_change(struct text *out, const struct openmetrics_zone *z)
{
	number(out, "unbogus_registrar_next_change_timestamp_seconds", L("zone", z->name), z->next_change);
}

static void
signatures_left(struct text *out, const struct openmetrics_zone *z)
{
	struct figures f = { .rrsig_left = TIME_UNSET };

	if (z->d)
		figures_of(&f, z->d);
	number(out, "unbogus_rrsig_left_seconds", L("zone", z->name), f.rrsig_left);
}

static void
answer_age(struct text *out, const struct openmetrics_zone *z)
{
	struct figures f = { .age = TIME_UNSET };

	if (z->d)
		figures_of(&f, z->d);
	number(out, "unbogus_answer_age_seconds", L("zone", z->name), f.age);
}

/* To add a family: a row here and its function. GONE is the value of a series that was shown once
 * and is not there now: 0 for what is true or false, else NaN. */
static const struct family {
	const char *name, *type, *unit, *help;
	void (*write)(struct text *, const struct openmetrics_zone *);
	const char *gone;
} families[] = {
	{ "unbogus_zone_state", "stateset", NULL, "Verdict on the zone.", zone_state, "0" },
	{ "unbogus_cause_info", "gauge", NULL, "Root cause by catalogue id.", cause_info, "0" },
	{ "unbogus_vantage_up", "gauge", NULL, "The vantage answers.", vantage_up_all, "NaN" },
	{ "unbogus_vantage_secure", "gauge", NULL, "The vantage validates the zone.", vantage_secure_all, "NaN" },
	{ "unbogus_vantage_state", "stateset", NULL, "What the vantage says.", vantage_state_all, "0" },
	{ "unbogus_vantage_probe_age_seconds", "gauge", "seconds", "Age of its newest answer.", vantage_age_all,
		"NaN" },
	{ "unbogus_answer_age_seconds", "gauge", "seconds", "Age of the newest answer of the zone's servers.",
		answer_age, "NaN" },
	{ "unbogus_rrsig_left_seconds", "gauge", "seconds", "Until the first of all signatures ends.",
		signatures_left, "NaN" },
	{ "unbogus_rrsig_expiry_timestamp_seconds", "gauge", "seconds",
		"Earliest expiration of the signatures seen.", rrsig_expiry, "NaN" },
	{ "unbogus_key_inactive_timestamp_seconds", "gauge", "seconds",
		"When the key stops signing by its file; +Inf: never.", key_inactive, "NaN" },
	{ "unbogus_key_info", "gauge", NULL, "The keys.", key_info, "0" },
	{ "unbogus_ds_match", "gauge", NULL, "The DS matches a served DNSKEY.", ds_match, "NaN" },
	{ "unbogus_zone_serial", "gauge", NULL, "SOA serial at each stage.", zone_serial, "NaN" },
	{ "unbogus_serial_lag", "gauge", NULL, "Behind (-1) or ahead of (1) the first stage.", serial_lag, "NaN" },
	{ "unbogus_cache_clear_timestamp_seconds", "gauge", "seconds",
		"When what fails now heals by itself.", cache_clear, "NaN" },
	{ "unbogus_registrar_next_change_timestamp_seconds", "gauge", "seconds",
		"When the registrar takes a change again.", next_change, "NaN" },
};

static void
compat_series(struct text *out, const struct openmetrics_zone *zones, size_t n)
{
	text_add(out, "# TYPE dnssec_zone_record_days_left gauge\n");
	for (size_t i = 0; i < n; i++) {
		struct figures f = { .rrsig_left = TIME_UNSET };
		if (zones[i].d)
			figures_of(&f, zones[i].d);
		number(out, "dnssec_zone_record_days_left",
			L("zone", zones[i].name, "record", "@", "type",
				f.rrsig_type ? rrtype_name(f.rrsig_type) : "SOA"),
			f.rrsig_left == TIME_UNSET ? TIME_UNSET : f.rrsig_left / 86400);
	}
	text_add(out, "# TYPE dnssec_zone_record_resolves gauge\n");
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; zones[i].d && k < zones[i].d->n_vantages; k++)
			number(out, "dnssec_zone_record_resolves",
				L("resolver", zones[i].d->vantages[k].v->v->name, "zone", zones[i].name,
					"record", "@", "type", "SOA"),
				zones[i].d->vantages[k].state == V_SECURE);
}

/*
 * The series of F that OUT holds from FROM on are remembered; those of before are shown as gone. Two
 * findings of one cause, or two keys of one tag, are one series: the formats have each once, and a
 * reader may refuse the whole exposition for one that is there twice.
 */
static void
never_vanish(struct text *out, size_t from, struct openmetrics *m, const struct family *f)
{
	size_t len = strlen(f->name);

	for (size_t at = from; at < out->len;) {
		size_t n = strcspn(out->s + at, "\n"), name = 0;
		for (size_t i = 1; i < n; i++)
			if (out->s[at + i] == ' ' && out->s[at + i - 1] == '}')
				name = i;
		if (name && !remember(m, out->s + at, name)) {
			memmove(out->s + at, out->s + at + n + 1, out->len - at - n); /* with the final NUL */
			out->len -= n + 1;
		} else
			at += n + 1;
	}
	for (size_t i = 0; i < m->cap; i++)
		if (m->v[i].text && m->v[i].shown != m->number && strncmp(m->v[i].text, f->name, len) == 0 &&
				m->v[i].text[len] == '{')
			text_add(out, "%s %s\n", m->v[i].text, f->gone);
}

static void
build_info(struct text *out)
{
	text_add(out, "# TYPE unbogus_build_info gauge\n# HELP unbogus_build_info The program.\n");
	number(out, "unbogus_build_info", L("version", UBG_VERSION), 1);
}

void
openmetrics_write(struct text *out, struct openmetrics *m, const struct openmetrics_zone *zones, size_t n,
	const struct openmetrics_options *opt)
{
	if (m)
		m->number++;
	for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
		const struct family *fam = &families[f];
		/* the old format knows no state sets */
		text_add(out, "# TYPE %s %s\n", fam->name, opt->prometheus ? "gauge" : fam->type);
		if (fam->unit && !opt->prometheus)
			text_add(out, "# UNIT %s %s\n", fam->name, fam->unit);
		text_add(out, "# HELP %s %s\n", fam->name, fam->help);
		size_t from = out->len;
		for (size_t i = 0; i < n; i++)
			fam->write(out, &zones[i]);
		if (m)
			never_vanish(out, from, m, fam);
	}
	build_info(out);
	if (opt->compat)
		compat_series(out, zones, n);
	text_add(out, "# EOF\n");
}
