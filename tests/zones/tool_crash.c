/*
 * tool_crash: one apply (or recovery) in one process, for who wants to kill it at every system call.
 *
 *   tool_crash make DIR    keys (RSASHA256, a ZSK that stopped signing), a signed zone, a plan that
 *                          extends the ZSK, makes a new key and re-signs; prints nothing
 *   tool_crash apply DIR   carries the plan out; exits as unbogus apply
 *   tool_crash recover DIR ends what was cut off; exits 0, 10 when there was nothing, 3 when it failed
 *   tool_crash judge DIR   "old", "new" or "mixed": what zone and key files hold
 *
 * With CRASH_MODE=in-place in the environment (of all of them) the signer is a command that writes the
 * deployed file itself and fails half-way; with CRASH_MODE=broken the server cannot load the new zone.
 *
 * The servers are one that reads the zone file when it is told to; the file, key and journal code
 * is the real one, and nothing else runs.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "change/apply.h"
#include "change/consent.h"
#include "change/remake.h"
#include "change/replace.h"
#include "keys/keywrite.h"
#include "zone/sign.h"
#include "zone/verify.h"

#define ZONE "example.org."
#define OLD_SERIAL 2013051402u
#define NEW_SERIAL 2013051500u

static char dir[256], zone_file[400], signed_file[400], keys[400], state_dir[400], plan_file[400];
static uint32_t served = OLD_SERIAL; /* 0: it answers, without the zone */

static bool
mode(const char *name)
{
	const char *now = getenv("CRASH_MODE");

	return now && strcmp(now, name) == 0;
}

static void
die(const char *what, const struct err *e)
{
	char line[1200];

	fprintf(stderr, "tool_crash: %s: %s\n", what, e ? err_str(e, line, sizeof line) : "");
	exit(99);
}

static void
paths(const char *d)
{
	snprintf(dir, sizeof dir, "%s", d);
	snprintf(zone_file, sizeof zone_file, "%s/zone/example.org", d);
	snprintf(signed_file, sizeof signed_file, "%s/zone/example.org.signed", d);
	snprintf(keys, sizeof keys, "%s/keys", d);
	snprintf(state_dir, sizeof state_dir, "%s/state", d);
	snprintf(plan_file, sizeof plan_file, "%s/plan.json", d);
}

static struct name
apex(void)
{
	struct name n;

	name_from_text(&n, ZONE, NULL);
	return n;
}

/* ---- make ---- */

static struct privkey *
new_key(uint16_t flags, int64_t inactive, char base[320])
{
	struct name zone = apex();
	struct keywrite_new w = { .dir = keys, .zone = &zone, .alg = 8, .bits = 1024, .flags = flags };
	struct err e = { 0 };

	for (int k = 0; k < KT_COUNT; k++)
		w.time[k] = TIME_UNSET;
	w.time[KT_PUBLISH] = w.time[KT_ACTIVATE] = clock_seconds() - 40 * 86400;
	w.time[KT_INACTIVE] = inactive;
	struct privkey *k = keywrite_generate(&w, base, 320, &e);
	if (!k)
		die("key", &e);
	return k;
}

static void
write_signed(struct privkey *ksk, struct privkey *zsk)
{
	struct name zone = apex();
	struct err e = { 0 };
	struct zone *in = zone_load(zone_file, &zone, NULL, &e);
	struct sign_key v[2] = { { ksk->dnskey, ksk->dnskey_len, ksk->tag, 8, ksk, true, true, false, SIGN_CDS_KEEP },
		{ zsk->dnskey, zsk->dnskey_len, zsk->tag, 8, zsk, true, false, true, SIGN_CDS_KEEP } };
	struct sign_opts o = sign_defaults;
	struct text out = { 0 };

	o.keys = v;
	o.n_keys = 2;
	o.at = clock_seconds() - 5 * 86400;
	struct sign_result *r = in ? zone_sign(in, &o, &e) : NULL;
	if (!r)
		die("sign", &e);
	for (size_t i = 0; i < r->zone->n_nodes; i++)
		znode_text(&out, r->zone, &r->zone->nodes[i]);
	if (!file_replace(signed_file, text_str(&out), out.len, 0644, &e))
		die("write", &e);
	text_free(&out);
	sign_free(r);
	zone_free(in);
}

static void
source(uint32_t serial)
{
	char text[400];
	int n = snprintf(text, sizeof text, "$TTL 300\n" ZONE " SOA ns1 h %u 180 180 1209600 300\n" ZONE
		" NS ns1." ZONE "\nns1." ZONE " A 192.0.2.1\nwww." ZONE " A 192.0.2.2\n", serial);

	if (!file_replace(zone_file, text, (size_t)n, 0644, NULL))
		die("source", NULL);
}

static void
input(struct arena *a, struct plan *p, enum input_kind kind, const char *path)
{
	char hash[TARGET_HASH];

	if (!file_sha256(path, hash, NULL))
		die(path, NULL);
	arena_push(a, &p->inputs, ((struct plan_input){ .kind = kind, .where = arena_strdup(a, path),
		.sha256 = arena_strdup(a, hash), .value = "", .seen = clock_seconds() }));
}

static struct plan_step
step(enum step_kind kind, int n)
{
	return (struct plan_step){ .n = n, .kind = kind, .text = "a step", .precondition = "", .expect = "",
		.undo = "", .file = "", .input = "", .output = "", .signer = "", .denial = "", .tag = -1,
		.serial = -1, .validity = -1, .until = TIME_UNSET, .value = "", .timeout = -1 };
}

static void
add_key(struct arena *a, struct plan_step *s, const struct privkey *k, const char *base, int made_by)
{
	char hash[PLAN_HASH] = "";

	if (k)
		plan_sha256(hash, k->dnskey, k->dnskey_len);
	arena_push(a, &s->keys, ((struct plan_key){ .tag = k ? k->tag : -1, .made_by = made_by, .alg = 8,
		.flags = k ? k->flags : 256, .file = k ? arena_printf(a, "%s/%s.key", keys, base) : "",
		.rdata_sha256 = arena_strdup(a, hash), .publish = true, .sign_keys = k && k->flags == 257,
		.sign_data = k && k->flags == 256 }));
}

static void
steps(struct arena *a, struct plan *p, const struct privkey *ksk, const char *kbase,
	const struct privkey *zsk, const char *zbase, int64_t inactive)
{
	struct plan_step s = step(STEP_EDIT_TIMING, 1);

	s.file = arena_printf(a, "%s/%s.key", keys, zbase);
	s.tag = zsk->tag;
	s.alg = 8;
	arena_push(a, &s.timing, ((struct plan_timing){ KT_INACTIVE, inactive, clock_seconds() + 30 * 86400 }));
	arena_push(a, &p->steps, s);
	s = step(STEP_GENERATE_KEY, 2);
	s.file = keys;
	s.alg = 8;
	s.flags = 256;
	s.bits = 1024;
	arena_push(a, &p->steps, s);
	s = step(STEP_SIGN, 3);
	s.signer = mode("in-place") ? "command" : "built-in";
	s.input = zone_file;
	s.output = signed_file;
	s.denial = "keep";
	s.serial = NEW_SERIAL;
	s.validity = 30 * 86400;
	add_key(a, &s, ksk, kbase, 0);
	add_key(a, &s, zsk, zbase, 0);
	add_key(a, &s, NULL, "", 2);
	arena_push(a, &p->steps, s);
	s = step(STEP_REPLACE_ZONE, 4);
	s.input = arena_printf(a, "%s.unbogus-new", signed_file);
	s.file = signed_file;
	arena_push(a, &p->steps, s);
	s = step(STEP_RELOAD, 5);
	arena_push(a, &s.argv, "reload");
	arena_push(a, &p->steps, s);
}

static void
write_plan(struct arena *a, struct plan *p)
{
	struct err e = { 0 };
	char *text;

	consent_phrase(a, p, &p->phrase);
	text = plan_print(p);
	if (!text || !plan_from_json(a, text, strlen(text), &e))
		die("plan", &e);
	if (!file_replace(plan_file, text, strlen(text), 0600, &e))
		die("plan", &e);
	free(text);
}

static int
make(void)
{
	struct arena *a = arena_new();
	struct plan *p = arena_new_one(a, struct plan);
	char kbase[320], zbase[320], path[800], hex[129];
	int64_t inactive = clock_seconds() - 2 * 86400;
	uint8_t digest[64];
	struct name zone = apex();

	mkdir(dir, 0700);
	snprintf(path, sizeof path, "%s/zone", dir);
	mkdir(path, 0755);
	mkdir(keys, 0700);
	mkdir(state_dir, 0700);
	source(OLD_SERIAL - 1);
	struct privkey *ksk = new_key(257, TIME_UNSET, kbase), *zsk = new_key(256, inactive, zbase);
	write_signed(ksk, zsk);
	source(NEW_SERIAL);
	*p = (struct plan){ .schema = PLAN_SCHEMA, .zone = ZONE, .action = "extend-zsk", .tag = zsk->tag,
		.reason = "", .title = "Extend ZSK, re-sign", .made = clock_seconds(), .snapshot_time = clock_seconds(),
		.host = "", .ttl_ds = 300, .ttl_dnskey = 300, .ttl_data = 300, .safe_at = clock_seconds(),
		.dnskey_size = -1, .dnskey_limit = 1232, .message = "", .diff = { .rrsig_kept = -1, .rrsig_renewed = -1,
		.rrsig_removed = -1, .serial_old = OLD_SERIAL, .serial_new = NEW_SERIAL }, .prediction = { .verdict = "",
		.fixes = true, .harm_until = TIME_UNSET, .wait_until = TIME_UNSET, .proven_from = TIME_UNSET },
		.stage = { .name = "", .next = "", .next_at = TIME_UNSET } };
	size_t n = ds_digest(&zone, ksk->dnskey, ksk->dnskey_len, 2, digest);
	text_hex(hex, sizeof hex, digest, n);
	arena_push(a, &p->parent_ds, arena_printf(a, "%u 8 2 %s", ksk->tag, hex));
	snprintf(path, sizeof path, "%s/%s.key", keys, zbase);
	input(a, p, INPUT_KEY_FILE, path);
	input(a, p, INPUT_ZONE_FILE, zone_file);
	input(a, p, INPUT_SIGNED_FILE, signed_file);
	steps(a, p, ksk, kbase, zsk, zbase, inactive);
	write_plan(a, p);
	privkey_free(ksk);
	privkey_free(zsk);
	arena_free(a);
	return 0;
}

/* ---- the one server ---- */

static uint32_t
serial_of_file(void)
{
	struct name zone = apex();
	struct zone *z = zone_load(signed_file, &zone, NULL, NULL);
	struct soa soa = { .serial = 0 };

	if (z)
		zone_soa(z, &soa, NULL);
	zone_free(z);
	return soa.serial;
}

/* As much of a zone as fits before it dies. */
static void
half_sign(void)
{
	FILE *f = fopen(signed_file, "w");

	fprintf(f, ZONE " 300 SOA ns1." ZONE " h." ZONE " %u 180 180 1209600 300\n", NEW_SERIAL);
	fflush(f);
	fprintf(f, ZONE " 300 NS ns1." ZONE "\n" ZONE " 300 DNSK");
	fclose(f);
}

static bool
run_command(void *ctx, const struct child_job *job, struct child_result *r, struct err *e)
{
	(void)ctx;
	(void)e;
	*r = (struct child_result){ .status = 0, .out = strdup("ok"), .err = strdup("") };
	if (strcmp(job->argv[0], "reload") == 0) {
		served = serial_of_file();
		if (served == NEW_SERIAL && mode("broken"))
			served = 0;
	} else if (strcmp(job->argv[0], "sign") == 0) {
		half_sign();
		r->status = 1;
	}
	return true;
}

static struct snapshot *
look(void *ctx, struct err *e)
{
	struct name zone = apex();
	struct ledger *l = ledger_new();
	struct obs *o = obs_new(FACT_ANSWER, clock_usec(), "net", &zone);
	char text[200];

	(void)ctx;
	(void)e;
	snprintf(text, sizeof text, ZONE " 300 IN SOA ns1." ZONE " h." ZONE " %u 180 180 1209600 300", served);
	o->u.answer = (struct fact_answer){ .probe = PROBE_SOA, .qname = zone, .qtype = T_SOA, .aa = true,
		.at = { .ns = "ns1", .address = "192.0.2.1", .port = 53, .role = ROLE_CHILD, .cut = zone } };
	struct rr rr = { 0 };
	if (served && rr_from_text(o->arena, text, 300, &rr, NULL))
		arena_push(o->arena, &o->u.answer.rrs, rr);
	ledger_add(l, o);
	obs_unref(o);
	struct snapshot *s = ledger_snapshot(l, clock_usec());
	ledger_free(l);
	return s;
}

/* ---- apply, recover ---- */

/* In place of the library's: the plan is written by hand above, from a world that is the zone's files and
 * one serial. What remake says of plans is tested in tests/unit/test_plan.c. */
bool
remake_agrees(struct arena *a, const struct plan *p, const struct diagnosis *d,
	const struct config_zone *zone, const char *backups, struct err *e)
{
	(void)backups;
	(void)a;
	(void)p;
	(void)d;
	(void)zone;
	(void)e;
	return true;
}

static int
act(bool recover)
{
	static const char *reload[] = { "reload" }, *sign[] = { "sign" };
	static const char *const hold_stop[] = { "stop", NULL }, *const hold_start[] = { "start", NULL };
	struct arena *a = arena_new();
	struct config_signer signer = { .type = "built-in", .reload = reload, .reload_count = 1, .command = sign,
		.command_count = 1 };
	struct config_argv hold[2] = { { arena_memdup(a, hold_stop, sizeof hold_stop), 1 },
		{ arena_memdup(a, hold_start, sizeof hold_start), 1 } };
	struct config_zone zone = { .name = ZONE, .keys = keys, .zone_file = zone_file, .signed_file = signed_file,
		.signer = &signer, .hold = hold, .hold_count = 2 };
	struct state_place st;
	struct err e = { 0 };
	bool found = false;
	char line[1200];
	size_t n;
	int end = APPLY_NOT_BEGUN;

	if (!state_find(&st, state_dir, ZONE, &e) || !state_make(&st))
		return APPLY_NOT_BEGUN;
	struct apply_job job = { .zone = &zone, .state = &st, .io = { .run = run_command, .look = look }, .who = "test",
		.reason = "test", .journal = journal_open(&st, ZONE, true, &e) };
	char *text = recover || !job.journal ? NULL : file_read(plan_file, PLAN_MAX, &n, &e);
	job.plan = text ? plan_from_json(a, text, n, &e) : NULL;
	if (job.journal && recover) {
		bool ok = apply_recover(&job, &found, &e);
		end = !ok ? 3 : found ? 0 : 10;
	} else if (job.plan) {
		job.plan_text = text;
		job.plan_len = n;
		job.phrase = job.plan->phrase.text;
		end = (int)apply_plan(&job, &e);
	}
	if (e.code != ERR_NONE)
		fprintf(stderr, "%s\n", err_str(&e, line, sizeof line));
	journal_close(job.journal);
	free(text);
	arena_free(a);
	return end;
}

/* ---- judge ---- */

static unsigned
key_files(void)
{
	DIR *d = opendir(keys);
	unsigned n = 0;

	for (struct dirent *f; d && (f = readdir(d));)
		n += f->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static int
judge(void)
{
	struct name zone = apex();
	struct zone *z = zone_load(signed_file, &zone, NULL, NULL);
	struct verify_opts o = { .at = clock_seconds(), .expect_signed = true };
	struct verify_result *v = z && !z->n_problems ? zone_verify(z, &o, NULL) : NULL;
	uint32_t serial = serial_of_file();
	unsigned n = key_files();
	bool good = v && v->worst < FAULT_HIGH;

	printf("%s\n", good && serial == OLD_SERIAL && n == 4 ? "old" : good && serial == NEW_SERIAL && n == 6 ? "new"
		: good && serial == OLD_SERIAL ? "old zone, new keys" : good && serial == NEW_SERIAL ? "new zone, old keys" : "mixed");
	verify_free(v);
	zone_free(z);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc != 3)
		return 64;
	paths(argv[2]);
	if (strcmp(argv[1], "make") == 0)
		return make();
	if (strcmp(argv[1], "apply") == 0)
		return act(false);
	if (strcmp(argv[1], "recover") == 0)
		return act(true);
	return strcmp(argv[1], "judge") == 0 ? judge() : 64;
}
