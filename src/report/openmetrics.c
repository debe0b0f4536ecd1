#include "report/openmetrics.h"

#include <stdio.h>

#include "report/figures.h"

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
	enum state st = z->d ? z->d->state : STATE_UNKNOWN;

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

static void
zone_serial(struct text *out, const struct openmetrics_zone *z)
{
	for (size_t i = 0; z->d && i < z->d->n_serials; i++) {
		const struct serial_row *r = &z->d->serials[i];
		number(out, "unbogus_zone_serial",
			L("zone", z->name, "stage", r->stage, "server", r->where),
			r->known ? (int64_t)r->serial : TIME_UNSET);
	}
}

static void
serial_lag(struct text *out, const struct openmetrics_zone *z)
{
	for (size_t i = 0; z->d && i < z->d->n_serials; i++) {
		const struct serial_row *r = &z->d->serials[i];
		number(out, "unbogus_serial_lag",
			L("zone", z->name, "stage", r->stage, "server", r->where),
			r->known ? r->lag : TIME_UNSET);
	}
}

static void
cache_clear(struct text *out, const struct openmetrics_zone *z)
{
	number(out, "unbogus_cache_clear_timestamp_seconds", L("zone", z->name),
		z->d ? z->d->harm_until : TIME_UNSET);
}

/* To add a family: a row here and its function. */
static const struct family {
	const char *name, *type, *unit, *help;
	void (*write)(struct text *, const struct openmetrics_zone *);
} families[] = {
	{ "unbogus_zone_state", "stateset", NULL, "Verdict on the zone.", zone_state },
	{ "unbogus_cause_info", "gauge", NULL, "Root cause by catalogue id.", cause_info },
	{ "unbogus_vantage_up", "gauge", NULL, "The vantage answers.", vantage_up_all },
	{ "unbogus_vantage_secure", "gauge", NULL, "The vantage validates the zone.", vantage_secure_all },
	{ "unbogus_vantage_state", "stateset", NULL, "What the vantage says.", vantage_state_all },
	{ "unbogus_vantage_probe_age_seconds", "gauge", "seconds", "Age of its newest answer.", vantage_age_all },
	{ "unbogus_rrsig_expiry_timestamp_seconds", "gauge", "seconds",
		"Earliest expiration of the signatures seen.", rrsig_expiry },
	{ "unbogus_key_inactive_timestamp_seconds", "gauge", "seconds",
		"When the key stops signing by its file; +Inf: never.", key_inactive },
	{ "unbogus_key_info", "gauge", NULL, "The keys.", key_info },
	{ "unbogus_ds_match", "gauge", NULL, "The DS matches a served DNSKEY.", ds_match },
	{ "unbogus_zone_serial", "gauge", NULL, "SOA serial at each stage.", zone_serial },
	{ "unbogus_serial_lag", "gauge", NULL, "Behind (-1) or ahead of (1) the first stage.", serial_lag },
	{ "unbogus_cache_clear_timestamp_seconds", "gauge", "seconds",
		"When what fails now heals by itself.", cache_clear },
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

void
openmetrics_write(struct text *out, const struct openmetrics_zone *zones, size_t n, bool compat)
{
	for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
		text_add(out, "# TYPE %s %s\n", families[f].name, families[f].type);
		if (families[f].unit)
			text_add(out, "# UNIT %s %s\n", families[f].name, families[f].unit);
		text_add(out, "# HELP %s %s\n", families[f].name, families[f].help);
		for (size_t i = 0; i < n; i++)
			families[f].write(out, &zones[i]);
	}
	if (compat)
		compat_series(out, zones, n);
	text_add(out, "# EOF\n");
}
