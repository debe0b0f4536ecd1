/*
 * verify: judges a zone file (zone/verify.h) and names what is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"
#include "zone/verify.h"

#define KEYS_MAX 256u
#define LISTED 1000u
#define LISTED_OF_ID 10u

struct inputs {
	const char *file, *ds, *keys, *source, *tree, *cache;
	struct name origin;
	bool have_origin, json;
	struct verify_opts o;
	struct zone *zone, *ds_zone, *source_zone, *key_zone[KEYS_MAX];
	size_t n_key_zones;
	struct dnskey key[KEYS_MAX];
	struct arena *text;
	const struct zrr **ds_rr;
};

static int
complain(const struct err *e)
{
	char text[1200];

	fprintf(stderr, "unbogus verify: %s\n", err_str(e, text, sizeof text));
	return 3;
}

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: unbogus verify FILE [--origin NAME] [--at TIME] [--ds FILE] [--keys DIR] [--source FILE]\n"
		"                      [--tree DIR] [--signed] [--threads N] [--cache FILE] [--json]\n");
	return status;
}

/* Public halves of K*.key files; their private halves are not opened. */
static bool
read_keys(struct inputs *in, struct err *why)
{
	DIR *d = opendir(in->keys);

	if (!d)
		return err_errno(why, in->keys, "folder of key files", errno);
	for (struct dirent *e; (e = readdir(d)) && in->n_key_zones < KEYS_MAX;) {
		char path[PATH_MAX];
		size_t n = strlen(e->d_name);
		if (e->d_name[0] != 'K' || n < 5 || strcmp(e->d_name + n - 4, ".key") != 0 ||
			snprintf(path, sizeof path, "%s/%s", in->keys, e->d_name) >= (int)sizeof path)
			continue;
		struct err bad = { 0 };
		struct zone *z = zone_load(path, &in->zone->apex, NULL, &bad);
		if (!z)
			complain(&bad);
		const struct zset *s = z ? zone_apex_set(z, T_DNSKEY) : NULL;
		if (s && dnskey_parse(z->rrs[s->first]->rdata, z->rrs[s->first]->rdlen, &in->key[in->o.n_keys])) {
			in->o.n_keys++;
			in->key_zone[in->n_key_zones++] = z;
		} else
			zone_free(z);
	}
	closedir(d);
	in->o.keys = in->key;
	return true;
}

/*
 * The file holds nothing of the zone that was asked for, and one whole other zone: that one is
 * judged, and the wrong name is said. (The answer carries the name of what was judged.)
 */
static bool
other_zone(struct inputs *in, struct err *e)
{
	const struct zone *z = in->zone;
	const struct znode *soa = NULL;
	char text[NAME_MAX_TEXT], asked[NAME_MAX_TEXT];

	for (size_t i = 0; i < z->n_nodes; i++) {
		const struct zset *s = znode_set(z, &z->nodes[i], T_SOA);
		if (!(z->nodes[i].flags & ZNODE_OUT) || (s && s->n && soa))
			return true;
		if (s && s->n)
			soa = &z->nodes[i];
	}
	if (!soa)
		return true;
	struct name apex;
	znode_name(soa, &apex);
	fprintf(stderr, "unbogus verify: %s holds nothing of %s but the zone %s: that one is judged\n",
		text_clean_dup(in->text, in->file), name_to_text(asked, &in->zone->apex), name_to_text(text, &apex));
	zone_free(in->zone);
	in->zone = zone_load(in->file, &apex, NULL, e);
	return in->zone != NULL;
}

static bool
read_ds(struct inputs *in, struct err *e)
{
	if (!(in->ds_zone = zone_load(in->ds, &in->zone->apex, NULL, e)))
		return false;
	const struct znode *n = zone_find(in->ds_zone, &in->zone->apex);
	const struct zset *s = n ? znode_set(in->ds_zone, n, T_DS) : NULL;
	in->o.have_ds = true;
	if (s) {
		in->o.ds = (const struct zrr *const *)(in->ds_zone->rrs + s->first);
		in->o.n_ds = s->n;
	}
	return true;
}

static bool
load(struct inputs *in, struct err *e)
{
	static char path[3][PATH_MAX];

	if (in->tree) {
		static const char *const names[] = { "zone.db", "parent-ds.txt", "unsigned.db" };
		for (int i = 0; i < 3; i++)
			snprintf(path[i], sizeof path[i], "%s/%s", in->tree, names[i]);
		in->file = path[0];
		in->keys = in->tree;
		FILE *f;
		if ((f = fopen(path[1], "r"))) {
			in->ds = path[1];
			fclose(f);
		}
		if ((f = fopen(path[2], "r"))) {
			in->source = path[2];
			fclose(f);
		}
	}
	in->zone = zone_load(in->file, in->have_origin ? &in->origin : NULL, NULL, e);
	if (!in->zone)
		return false;
	if (!other_zone(in, e) || (in->keys && !read_keys(in, e)) || (in->ds && !read_ds(in, e)))
		return false;
	if (!in->source)
		return true;
	in->o.source = in->source_zone = zone_load(in->source, &in->zone->apex, NULL, e);
	return in->source_zone != NULL;
}

static const char *
owner_text(const struct zone *z, const struct zone_fault *f, char out[NAME_MAX_TEXT])
{
	struct name n = z->apex;

	if (f->node)
		znode_name(f->node, &n);
	return name_to_text(out, &n);
}

static void
print_json(const struct inputs *in, const struct verify_result *r)
{
	char text[NAME_MAX_TEXT], t[40];
	json_t *list = json_array();

	for (size_t i = 0, same = 0; i < r->n_faults; i++) {
		const struct zone_fault *f = &r->faults[i];
		/* Sorted by id within a severity: of a flood the first ones stand for the rest. */
		same = i && f->rank == r->faults[i - 1].rank ? same + 1 : 0;
		if (i >= LISTED && same >= LISTED_OF_ID)
			continue;
		json_t *o = json_pack("{ss ss ss ss# ss}", "id", f->id, "severity",
			fault_severity_name(f->severity), "owner", owner_text(in->zone, f, text), "type",
			f->type ? rrtype_name(f->type) : "", (int)(f->type ? strlen(rrtype_name(f->type)) : 0),
			"detail", f->detail);
		if (!o)
			continue;
		json_object_set_new(o, "keytag", f->tag >= 0 ? json_integer(f->tag) : json_null());
		json_object_set_new(o, "line", f->line ? json_integer(f->line) : json_null());
		json_array_append_new(list, o);
	}
	const char *state = !r->any || r->worst == FAULT_INFO ? "ok" : r->worst == FAULT_WARNING ? "warning"
		: "critical";
	json_t *root = json_pack("{ss ss ss ss sb ss? so s{sI sI sI sI sI sI} sI}", "schema", "unbogus.verify/1", "zone",
		name_to_text(text, &in->zone->apex), "time", clock_rfc3339_s(t, sizeof t, in->o.at), "state",
		state, "valid", r->worst < FAULT_HIGH, "cause", r->cause, "faults", list, "signatures", "total",
		(json_int_t)r->sigs, "good", (json_int_t)r->good, "bad", (json_int_t)r->bad, "expired",
		(json_int_t)r->expired, "future", (json_int_t)r->future, "unknown", (json_int_t)r->unknown, "faults_total",
		(json_int_t)(r->n_faults + r->dropped));
	json_t *notes = json_array();
	for (size_t i = 0; i < r->n_notes; i++)
		json_array_append_new(notes, json_string(r->notes[i]));
	json_object_set_new(root, "notes", notes);
	json_object_set_new(root, "zonemd", json_string(r->zonemd_good ? "good" : r->has_zonemd ? "bad"
		: zone_apex_set(in->zone, T_ZONEMD) ? "unsupported" : "absent"));
	if (root) {
		json_dumpf(root, stdout, JSON_INDENT(2));
		puts("");
	}
	json_decref(root);
}

static void
print_text(const struct inputs *in, const struct verify_result *r)
{
	char text[NAME_MAX_TEXT];

	printf("%s: %s%s\n", name_to_text(text, &in->zone->apex), r->worst >= FAULT_HIGH ? "not valid, cause "
		: r->cause ? "valid, note " : "valid", r->cause ? r->cause : "");
	for (size_t i = 0; i < r->n_faults && i < 50; i++) {
		const struct zone_fault *f = &r->faults[i];
		printf("%-8s %s %s %s", fault_severity_name(f->severity), f->id, owner_text(in->zone, f, text),
			f->type ? rrtype_name(f->type) : "");
		if (f->tag >= 0)
			printf(" key %d", f->tag);
		if (f->line)
			printf(" line %u", f->line);
		printf(": %s\n", f->detail);
	}
	if (r->n_faults > 50)
		printf("and %zu more\n", r->n_faults - 50);
	for (size_t i = 0; i < r->n_notes; i++)
		printf("note     %s\n", r->notes[i]);
	printf("signatures: %llu, good %llu, bad %llu, expired %llu, not yet valid %llu\n",
		(unsigned long long)r->sigs, (unsigned long long)r->good, (unsigned long long)r->bad,
		(unsigned long long)r->expired, (unsigned long long)r->future);
}

static int
run_verify(int argc, char **argv)
{
	static const struct option opts[] = { { "origin", 1, NULL, 'o' }, { "at", 1, NULL, 'a' },
		{ "ds", 1, NULL, 'd' }, { "keys", 1, NULL, 'k' }, { "source", 1, NULL, 's' },
		{ "tree", 1, NULL, 't' }, { "signed", 0, NULL, 'S' }, { "threads", 1, NULL, 'n' }, { "cache", 1, NULL, 'c' },
		{ "json", 0, NULL, 'j' }, { "help", 0, NULL, 'h' }, { 0 } };
	struct inputs *in = calloc(1, sizeof *in);
	struct err e = { 0 };
	int64_t usec = 0;
	uint64_t n;
	bool have_at = false;
	int c, status = 3;

	if (!in)
		return 3;
	optind = 1;
	while ((c = getopt_long(argc, argv, "", opts, NULL)) != -1) {
		bool ok = true;
		switch (c) {
		case 'o': ok = in->have_origin = name_from_text(&in->origin, optarg, &e); break;
		case 'a': ok = have_at = clock_parse(optarg, &usec); break;
		case 'd': in->ds = optarg; break;
		case 'k': in->keys = optarg; break;
		case 's': in->source = optarg; break;
		case 't': in->tree = optarg; break;
		case 'S': in->o.expect_signed = true; break;
		case 'c': in->cache = optarg; break;
		case 'n':
			if ((ok = text_number(optarg, UINT_MAX, &n)))
				in->o.threads = (unsigned)n;
			break;
		case 'j': in->json = true; break;
		case 'h': free(in); return usage(stdout, 0);
		default: ok = false;
		}
		if (!ok) {
			free(in);
			return usage(stderr, EXIT_USAGE);
		}
	}
	in->file = optind < argc ? argv[optind] : NULL;
	if (!in->file && !in->tree) {
		free(in);
		return usage(stderr, EXIT_USAGE);
	}
	in->text = arena_new();
	in->o.at = have_at ? usec / USEC : clock_seconds();
	bool loaded = load(in, &e);
	if (loaded && in->cache) /* good signatures of earlier runs; a damaged one is like none */
		in->o.cache = sigcache_load(in->cache, in->zone->n_rrs, NULL);
	struct verify_result *r = loaded ? zone_verify(in->zone, &in->o, &e) : NULL;
	if (r && in->o.cache)
		sigcache_save(in->o.cache, in->cache, NULL);
	sigcache_free(in->o.cache);
	if (r) {
		(in->json ? print_json : print_text)(in, r);
		status = !r->any || r->worst == FAULT_INFO ? 0 : r->worst == FAULT_WARNING ? 1 : 2;
	} else
		complain(&e);
	verify_free(r);
	for (size_t i = 0; i < in->n_key_zones; i++)
		zone_free(in->key_zone[i]);
	zone_free(in->source_zone);
	zone_free(in->ds_zone);
	zone_free(in->zone);
	arena_free(in->text);
	free(in);
	return status;
}

static const struct opt own[] = {
	{ "--origin", NULL, "NAME", "the zone's name (default: the owner of the first SOA)", NULL },
	{ "--at", NULL, "TIME", "judge at this time, not now", NULL },
	{ "--ds", NULL, "FILE", "the parent's DS records", NULL },
	{ "--keys", NULL, "DIR", "folder of the zone's key files", NULL },
	{ "--source", NULL, "FILE", "the unsigned source", NULL },
	{ "--tree", NULL, "DIR", "all of it from one folder", NULL },
	{ "--signed", NULL, NULL, "an unsigned zone is a fault", NULL },
	{ "--threads", NULL, "N", "at most so many (default: one a core, at most 8)", NULL },
	{ "--cache", NULL, "FILE", "good signatures are remembered here", NULL },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

static const struct opt *const tables[] = { own, NULL };

const struct command cmd_verify = { .name = "verify", .args = "FILE [--origin NAME] [--at TIME] [--ds FILE] [--json]",
	.summary = "judge a zone file and name what is wrong", .run = run_verify,
	.operands = "FILE",
	.options = tables };
