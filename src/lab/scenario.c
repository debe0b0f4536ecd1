#include "lab/scenario.h"

#include <cyaml/cyaml.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "lab/scenario_parts.h"
#include "lab/scenario_schema.h"

#define SCENARIO_MAX (4u << 20)

/*
 * The line (from 1) of entry INDEX of the top-level list FIELD, or of FIELD itself where it is no
 * list; 0 when it is not there.
 */
static size_t
line_of(const struct load *l, const char *field, unsigned index)
{
	yaml_parser_t p;
	yaml_event_t e;
	int depth = 0;
	bool key = false, here = false;
	unsigned item = 0;
	size_t line = 0;

	if (!l->text || !yaml_parser_initialize(&p))
		return 0;
	yaml_parser_set_input_string(&p, (const unsigned char *)l->text, l->len);
	for (bool end = false; !end && !line;) {
		if (!yaml_parser_parse(&p, &e))
			break;
		bool begins = e.type == YAML_SCALAR_EVENT || e.type == YAML_MAPPING_START_EVENT ||
			e.type == YAML_SEQUENCE_START_EVENT;
		if (depth == 1 && begins) {
			key = !key;
			if (key)
				here = e.type == YAML_SCALAR_EVENT &&
					strcmp((char *)e.data.scalar.value, field) == 0;
			else if (here && e.type != YAML_SEQUENCE_START_EVENT)
				line = e.start_mark.line + 1;
		} else if (depth == 2 && here && begins && item++ == index)
			line = e.start_mark.line + 1;
		depth += e.type == YAML_MAPPING_START_EVENT || e.type == YAML_SEQUENCE_START_EVENT;
		depth -= e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT;
		end = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return line;
}

static void
on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list ap)
{
	struct load *l = ctx;
	struct text line = { 0 };

	(void)level;
	text_vadd(&line, fmt, ap);
	size_t n = line.len;
	while (n && line.s[n - 1] == '\n')
		line.s[--n] = 0;
	if (n) {
		text_add_clean(l->problems, line.s);
		text_add(l->problems, "\n");
	}
	text_free(&line);
}

/* A mistake in entry INDEX of FIELD, with its line; FIELD NULL: of the whole file. */
void
scenario_problem(struct load *l, const char *field, unsigned index, const char *fmt, ...)
{
	struct text t = { 0 };
	size_t line = field ? line_of(l, field, index) : 0;
	va_list ap;

	text_add(&t, "%s:", l->file);
	if (line)
		text_add(&t, "%zu:", line);
	if (field)
		text_add(&t, " %s:", field);
	text_add(&t, " ");
	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	text_add_clean(l->problems, text_str(&t));
	text_add(l->problems, "\n");
	text_free(&t);
	l->bad = true;
}

/* USEC of TEXT, or UNSET where there is none. */
int64_t
scenario_moment(struct load *l, const char *field, unsigned i, const char *text, int64_t unset)
{
	int64_t t = unset;

	if (text && !clock_parse(text, &t))
		scenario_problem(l, field, i, "'%s' is no moment like 2013-05-15T23:44:31Z", text);
	return t;
}

static int64_t
seconds(struct load *l, const char *field, unsigned i, const char *text)
{
	int64_t t = scenario_moment(l, field, i, text, TIME_UNSET);

	return t == TIME_UNSET ? t : t / USEC;
}

static void
known_keys(struct load *l, const char *field, unsigned i, char *const *ids, unsigned n)
{
	for (unsigned k = 0; k < n; k++)
		if (!scenario_key(l->s, ids[k]))
			scenario_problem(l, field, i, "no key has the id '%s'", ids[k]);
}

static void
check_times(struct load *l)
{
	struct scenario *s = l->s;

	s->t_start = scenario_moment(l, "start", 0, s->start, 0);
	s->t_moment = scenario_moment(l, "moment", 0, s->moment, 0);
	for (unsigned i = 0; i < s->keys_count; i++) {
		struct sc_key *k = &s->keys[i];
		k->t_created = seconds(l, "keys", i, k->created);
		k->t_publish = k->publish ? seconds(l, "keys", i, k->publish) : k->t_created;
		k->t_activate = k->activate ? seconds(l, "keys", i, k->activate) : k->t_created;
		k->t_inactive = seconds(l, "keys", i, k->inactive);
		k->t_delete = seconds(l, "keys", i, k->removed);
	}
	for (unsigned i = 0; i < s->signings_count; i++) {
		struct sc_signed *z = &s->signings[i];
		z->t = scenario_moment(l, "signings", i, z->at, 0);
		z->t_old_inception = seconds(l, "signings", i, z->old_inception);
		z->t_old_expiration = seconds(l, "signings", i, z->old_expiration);
		z->t_inception = seconds(l, "signings", i, z->inception);
		z->t_expiration = seconds(l, "signings", i, z->expiration);
		known_keys(l, "signings", i, z->publish, z->publish_count);
		known_keys(l, "signings", i, z->sign_keys, z->sign_keys_count);
		known_keys(l, "signings", i, z->sign_data, z->sign_data_count);
	}
	for (unsigned i = 0; i < s->delegations_count; i++) {
		s->delegations[i].t = scenario_moment(l, "delegations", i, s->delegations[i].at, 0);
		known_keys(l, "delegations", i, s->delegations[i].keys, s->delegations[i].keys_count);
	}
	for (unsigned i = 0; i < s->revisions_count; i++)
		s->revisions[i].t = scenario_moment(l, "revisions", i, s->revisions[i].at, 0);
	for (unsigned i = 0; i < s->runs_count; i++)
		s->runs[i].t = scenario_moment(l, "runs", i, s->runs[i].at, 0);
	for (unsigned i = 0; i < s->events_count; i++)
		s->events[i].t = scenario_moment(l, "events", i, s->events[i].at, 0);
}

static void
check_vantages(struct load *l)
{
	for (unsigned i = 0; i < l->s->vantages_count; i++) {
		struct sc_vantage *v = &l->s->vantages[i];
		const char *const f[6] = { v->filled.soa, v->filled.positive, v->filled.nodata,
			v->filled.nxdomain, v->filled.dnskey, v->filled.ds };
		for (int q = 0; q < 6; q++)
			v->t_filled[q] = scenario_moment(l, "vantages", i, f[q], l->s->t_start);
		v->t_silent = scenario_moment(l, "vantages", i, v->silent_from, TIME_NEVER);
		v->t_since = scenario_moment(l, "vantages", i, v->since, TIME_UNSET);
		v->t_wrong = scenario_moment(l, "vantages", i, v->wrong_from, l->s->t_start);
		v->t_wrong_until = scenario_moment(l, "vantages", i, v->wrong_until, TIME_NEVER);
		if (v->wrong_digest && !scenario_key(l->s, v->wrong_digest))
			scenario_problem(l, "vantages", i, "no key has the id '%s'", v->wrong_digest);
	}
}

static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The order of SERIAL among all serials of the scenario. */
static unsigned
serial_rank(const uint32_t *all, unsigned n, uint32_t serial)
{
	unsigned rank = 0;

	for (unsigned i = 0; i < n; i++) {
		bool first = all[i] < serial;
		for (unsigned k = 0; k < i; k++)
			first &= all[k] != all[i];
		rank += first;
	}
	return rank;
}

static void
permute_serials(struct scenario *s, uint64_t r)
{
	unsigned n = s->signings_count + s->revisions_count;
	uint32_t *all = arena_new_array(s->arena, uint32_t, n + 1);

	for (unsigned i = 0; i < n; i++)
		all[i] = i < s->signings_count ? s->signings[i].serial
					       : s->revisions[i - s->signings_count].serial;
	for (unsigned i = 0; i < n; i++) {
		uint32_t *v = i < s->signings_count ? &s->signings[i].serial
						    : &s->revisions[i - s->signings_count].serial;
		unsigned rank = serial_rank(all, n, *v);
		if (r % 3 == 1)
			*v = (uint32_t)(1000 + r % 7919 + rank); /* a counter */
		else if (r % 3 == 2)
			*v = (uint32_t)(s->t_start / USEC) + rank * 3600; /* Unix time */
	}
}

/* Is the story about keys that share a tag? Then tags are chosen also under a seed. */
static bool
same_tags(const struct scenario *s)
{
	for (unsigned i = 0; i < s->keys_count; i++)
		for (unsigned k = 0; k < i; k++)
			if (s->keys[i].tag && s->keys[i].tag == s->keys[k].tag)
				return true;
	return false;
}

static void
permute(struct scenario *s)
{
	static const char *const labels[] = { "harbour", "kestrel", "juniper", "basalt", "lantern",
		"meadow", "quarry", "saffron" };
	static const unsigned ttls[] = { 2700, 3600, 5400 }, algs[] = { 8, 10, 15 };
	uint64_t r = mix(s->seed);

	s->zone = arena_printf(s->arena, "%s%u.%s", labels[r % 8], (unsigned)(s->seed % 1000), s->parent);
	bool one_alg = true, twins = same_tags(s); /* a story about algorithms or tags keeps them */
	for (unsigned i = 0; i < s->keys_count; i++)
		one_alg &= !s->keys[i].alg;
	if (one_alg && !twins)
		s->alg = algs[mix(r) % 3];
	s->dnskey_ttl = s->data_ttl = ttls[mix(r + 1) % 3];
	unsigned shift = (unsigned)(mix(r + 3) % 60000) + 1; /* equal tags stay equal */
	for (unsigned i = 0; i < s->keys_count; i++)
		s->keys[i].tag = twins ? (uint16_t)((s->keys[i].tag + shift) % 65535 + 1) : 0;
	permute_serials(s, mix(r + 2));
}

const struct sc_key *
scenario_key(const struct scenario *s, const char *id)
{
	for (unsigned i = 0; i < s->keys_count; i++)
		if (strcmp(s->keys[i].id, id) == 0)
			return &s->keys[i];
	return NULL;
}

const char *
scenario_text(const struct scenario *s, struct arena *a, const char *in)
{
	struct text t = { 0 };
	size_t label = strcspn(s->zone, ".");

	for (; in && *in; in++) {
		if (strncmp(in, "{zone}", 6) == 0) {
			text_add(&t, "%s", s->zone);
			in += 5;
		} else if (strncmp(in, "{label}", 7) == 0) {
			text_add_n(&t, s->zone, label);
			in += 6;
		} else
			text_add_n(&t, in, 1);
	}
	const char *out = arena_strdup(a, text_str(&t));
	text_free(&t);
	return out;
}

static void
check_algorithm(struct load *l, const char *field, unsigned i, unsigned alg)
{
	if (alg != 7 && alg != 8 && alg != 10 && alg != 15)
		scenario_problem(l, field, i, "%u is not 7, 8, 10 or 15", alg);
}

/* What a folder or a file is named after. */
static void
check_plain(struct load *l, const char *field, const char *text, const char *extra)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	while (text[n] && strchr(extra, text[n]))
		n += 1 + strspn(text + n + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");
	if (text[n] || !text[0] || strlen(text) > 200 || strstr(text, ".."))
		scenario_problem(l, field, 0, "'%s' must be of a-z, 0-9, -%s%s", text, *extra ? " and " : "", extra);
}

static void
check_count(struct load *l, const char *field, unsigned n, unsigned max)
{
	if (n > max)
		scenario_problem(l, field, 0, "%u entries; more than %u are not played", n, max);
}

/* A file from a stranger costs bounded work. */
static void
check_bounds(struct load *l)
{
	struct scenario *s = l->s;
	const unsigned ttls[] = { s->ds_ttl, s->dnskey_ttl, s->data_ttl };
	const char *const names[] = { "ds-ttl", "dnskey-ttl", "data-ttl" };

	check_plain(l, "name", s->name, "");
	check_plain(l, "zone", s->zone, ".");
	check_count(l, "keys", s->keys_count, 24);
	check_count(l, "signings", s->signings_count, 64);
	check_count(l, "delegations", s->delegations_count, 64);
	check_count(l, "revisions", s->revisions_count, 500);
	check_count(l, "runs", s->runs_count, 500);
	check_count(l, "servers", s->servers_count, 32);
	check_count(l, "vantages", s->vantages_count, 64);
	check_count(l, "events", s->events_count, 1000);
	check_count(l, "faults", s->faults_count, 200);
	check_count(l, "population", s->population_count, 64);
	check_count(l, "golden", s->golden_count, 500);
	check_count(l, "real-team", s->real_team_count, 500);
	for (int i = 0; i < 3; i++)
		if (ttls[i] > 604800)
			scenario_problem(l, names[i], 0, "%u seconds; at most 604800", ttls[i]);
	for (unsigned i = 0; i < s->keys_count; i++)
		if (s->keys[i].bits > 4096)
			scenario_problem(l, "keys", i, "%u bits; at most 4096", s->keys[i].bits);
	if (strlen(s->records) > 65536)
		scenario_problem(l, "records", 0, "at most 65536 octets");
}

static void
check(struct load *l, uint64_t seed, const char *variant)
{
	struct scenario *s = l->s;
	struct err e;

	s->seed = seed;
	check_bounds(l);
	if (l->bad) {
		s->zone = NULL;
		return;
	}
	scenario_choose(l, variant);
	check_times(l);
	check_vantages(l);
	scenario_check_train(l);
	if (!l->bad && seed)
		permute(s);
	else
		s->zone = arena_strdup(s->arena, s->zone);
	if (!name_from_text(&s->apex, s->zone, &e) || s->apex.len < 2)
		scenario_problem(l, "zone", 0, "'%s' is no domain name", s->zone);
	if (!name_from_text(&s->above, s->parent, &e) || s->above.len < 2 ||
		!name_at_or_below(&s->apex, &s->above))
		scenario_problem(l, "parent", 0, "'%s' is not above the zone", s->parent);
	check_algorithm(l, "algorithm", 0, s->alg);
	for (unsigned i = 0; i < s->keys_count; i++)
		if (s->keys[i].alg)
			check_algorithm(l, "keys", i, s->keys[i].alg);
	if (!s->signings_count || !s->delegations_count || !s->revisions_count)
		scenario_problem(l, NULL, 0, "signings, delegations and revisions must have an entry each");
}

struct scenario *
scenario_parse(const char *text, size_t n, const char *file, uint64_t seed, const char *variant,
	struct text *problems)
{
	struct load l = { .problems = problems, .file = file, .text = text, .len = n };
	cyaml_config_t config = { .log_fn = on_log, .log_ctx = &l, .mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING, .flags = CYAML_CFG_NO_ALIAS };

	cyaml_err_t r = cyaml_load_data((const uint8_t *)text, n, &config, &scenario_schema,
		(cyaml_data_t **)&l.s, NULL);
	if (r != CYAML_OK || !l.s) {
		scenario_problem(&l, NULL, 0, "%s", r == CYAML_OK ? "the file is empty" : cyaml_strerror(r));
		return NULL;
	}
	char *zone = l.s->zone;
	l.s->arena = arena_new();
	l.s->file = arena_strdup(l.s->arena, file);
	check(&l, seed, variant);
	free(zone);
	if (!l.bad)
		return l.s;
	scenario_free(l.s);
	return NULL;
}

struct scenario *
scenario_load(const char *path, uint64_t seed, const char *variant, struct text *problems)
{
	struct load l = { .problems = problems, .file = path };
	struct err e = { 0 };
	char line[1200];
	size_t n;
	char *text = file_read(path, SCENARIO_MAX, &n, &e);

	if (!text) {
		scenario_problem(&l, NULL, 0, "%s", err_str(&e, line, sizeof line));
		return NULL;
	}
	struct scenario *s = scenario_parse(text, n, path, seed, variant, problems);
	free(text);
	return s;
}

void
scenario_free(struct scenario *s)
{
	cyaml_config_t config = { .mem_fn = cyaml_mem, .flags = CYAML_CFG_NO_ALIAS };

	if (!s)
		return;
	scenario_restore(s);
	arena_free(s->arena);
	s->zone = NULL; /* was replaced by one in the arena */
	cyaml_free(&config, &scenario_schema, s, 0);
}
