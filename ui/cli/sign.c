/*
 * sign: the built-in signer for one file (zone/signfile.h).
 */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/state.h"
#include "base/text.h"
#include "keys/signkeys.h"
#include "ui/cli/options.h"
#include "zone/signfile.h"

#define PROGRESS_USEC 100000
#define WITHOUT_MAX 16u

extern const struct command cmd_sign;

static const struct opt own[] = {
	{ "--origin", NULL, "NAME", "the zone's name (default: the owner of its SOA)", NULL },
	{ "--keys", NULL, "DIR", "folder of the zone's key files", NULL },
	{ "--out", NULL, "FILE", "the signed zone; replaced whole, or left alone", NULL },
	{ "--denial", NULL, "KIND", "chain of denial (default: as it is; nsec for a new zone)", "nsec nsec3 optout" },
	{ "--without", NULL, "TAG", "take this key out of the zone; may be repeated", NULL },
	{ "--previous", NULL, "FILE", "keep signatures of this signed file (default: the file of --out)", NULL },
	{ "--serial", NULL, "POLICY", "how the serial rises (default increment)", "increment unixtime date" },
	{ "--validity", NULL, "SPAN", "of new signatures (default 30d)", NULL },
	{ "--refresh", NULL, "SPAN", "make anew what has less left (default: a quarter of the validity)", NULL },
	{ "--jitter", NULL, "SPAN", "spread ends over this span (default 1d)", NULL },
	{ "--at", NULL, "TIME", "sign as at this moment (default: now)", NULL },
	{ "--threads", NULL, "N", "at most so many (default: one a core)", NULL },
	{ "--memory", NULL, "MB", "refuse zones that take more (default: no limit)", NULL },
	{ "--verify", NULL, "WHAT", "before the file is replaced (default all)", "all none" },
	{ "--cache", NULL, "FILE", "good signatures are remembered here (default: in the state folder)", NULL },
	{ "--no-cache", NULL, NULL, "remember nothing", NULL },
	{ "--no-splice", NULL, NULL, "read and write the whole zone even where a part would do", NULL },
	{ "--state", NULL, "DIR", "state folder", NULL },
	{ "--group-keys", NULL, NULL, "accept .private files that their group may read", NULL },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };
static const struct opt *const tables[] = { own, NULL };

static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	interrupted = sig;
}

struct args {
	struct signfile f;
	struct name origin;
	struct zone_limits limits;
	struct privfile_opts priv;
	const char *keys, *state, *cache;
	char cache_path[PATH_MAX];
	uint16_t without[WITHOUT_MAX];
	bool json, no_cache, refresh_set;
	/* progress */
	bool terminal;
	int64_t next, phase_began;
	char phase[16];
};

/* ---- progress: on a terminal only, ten times a second ---- */

static bool
progress(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
	struct args *a = ctx;

	if (interrupted)
		return false;
	if (!a->terminal)
		return true;
	int64_t now = clock_monotonic_usec();
	if (strcmp(phase, a->phase) != 0) {
		snprintf(a->phase, sizeof a->phase, "%s", phase);
		a->phase_began = now;
		a->next = 0;
	}
	if (now < a->next)
		return true;
	a->next = now + PROGRESS_USEC;
	double spent = (double)(now - a->phase_began) / 1e6;
	if (total > 1 && done && spent > 0.2) {
		double rate = (double)done / spent;
		fprintf(stderr, "\r%-8s %3.0f %%  %llu of %llu, %.0f/s, %.0f s left\033[K", phase,
			100.0 * (double)done / (double)total, (unsigned long long)done, (unsigned long long)total, rate,
			(double)(total - done) / rate);
	} else
		fprintf(stderr, "\r%-8s\033[K", phase);
	fflush(stderr);
	return true;
}

static void
progress_end(const struct args *a)
{
	if (a->terminal)
		fprintf(stderr, "\r\033[K");
}

/* ---- the command line ---- */

static int
complain(const char *name, const char *value)
{
	char shown[200];

	text_clean(shown, sizeof shown, value ? value : "");
	fprintf(stderr, "unbogus sign: %s %s\nSee unbogus sign --help.\n", name, shown);
	return EXIT_USAGE;
}

/* Takes one option; false when VALUE is none for it. */
static bool
take(struct args *a, const char *name, const char *v)
{
	struct sign_opts *o = &a->f.sign;
	uint64_t n;
	int64_t usec;

	if (strcmp(name, "--origin") == 0) {
		a->f.origin = &a->origin;
		return name_from_text(&a->origin, v, NULL);
	}
	if (strcmp(name, "--denial") == 0)
		o->denial = strcmp(v, "nsec") == 0 ? SIGN_DENIAL_NSEC : strcmp(v, "nsec3") == 0
			? SIGN_DENIAL_NSEC3 : SIGN_DENIAL_OPTOUT;
	else if (strcmp(name, "--serial") == 0)
		o->serial = strcmp(v, "date") == 0 ? SIGN_SERIAL_DATE : strcmp(v, "unixtime") == 0
			? SIGN_SERIAL_UNIXTIME : SIGN_SERIAL_INCREMENT;
	else if (strcmp(name, "--verify") == 0)
		a->f.verify = strcmp(v, "none") == 0 ? SIGNFILE_VERIFY_NONE : SIGNFILE_VERIFY_ALL;
	else if (strcmp(name, "--without") == 0) {
		if (!text_number(v, 65535, &n) || o->n_without == WITHOUT_MAX)
			return false;
		a->without[o->n_without++] = (uint16_t)n;
	} else if (strcmp(name, "--validity") == 0)
		return clock_parse_span(v, &o->validity) && o->validity > 0;
	else if (strcmp(name, "--refresh") == 0)
		return a->refresh_set = clock_parse_span(v, &o->refresh) && o->refresh >= 0;
	else if (strcmp(name, "--jitter") == 0)
		return clock_parse_span(v, &o->jitter) && o->jitter >= 0;
	else if (strcmp(name, "--at") == 0) {
		if (!clock_parse(v, &usec))
			return false;
		o->at = usec / USEC;
	} else if (strcmp(name, "--threads") == 0) {
		if (!text_number(v, 64, &n))
			return false;
		o->threads = (unsigned)n;
	} else if (strcmp(name, "--memory") == 0) {
		if (!text_number(v, 1u << 20, &n) || n == 0)
			return false;
		a->limits.memory = (size_t)n << 20;
	} else {
		static const char *const names[] = { "--keys", "--out", "--previous", "--cache", "--state" };
		const char **to[] = { &a->keys, &a->f.out, &a->f.previous, &a->cache, &a->state };
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (strcmp(name, names[i]) == 0)
				*to[i] = v;
	}
	return true;
}

static int
parse(struct args *a, int argc, char **argv)
{
	a->f.sign = sign_defaults;
	a->f.sign.at = clock_seconds();
	a->f.sign.without = a->without;
	a->f.limits = &a->limits;
	for (int i = 1; i < argc; i++) {
		const struct opt *o = strncmp(argv[i], "--", 2) == 0 ? options_find(&cmd_sign, argv[i]) : NULL;
		if (o && o->arg) {
			if (i + 1 >= argc || !take(a, argv[i], argv[i + 1]))
				return complain(argv[i], i + 1 < argc ? argv[i + 1] : "needs a value");
			i++;
		} else if (o) {
			a->json |= strcmp(o->name, "--json") == 0;
			a->no_cache |= strcmp(o->name, "--no-cache") == 0;
			a->f.no_splice |= strcmp(o->name, "--no-splice") == 0;
			a->priv.group_may_read |= strcmp(o->name, "--group-keys") == 0;
		} else if (!a->f.in)
			a->f.in = argv[i];
		else
			return complain("one input file, not also", argv[i]);
	}
	if (!a->f.in || !a->f.out || !a->keys || !a->f.origin)
		return complain("needs a zone file, --origin NAME, --keys DIR and --out FILE", "");
	if (!a->refresh_set)
		a->f.sign.refresh = a->f.sign.validity / 4;
	if (a->f.sign.jitter > a->f.sign.validity / 4)
		a->f.sign.jitter = a->f.sign.validity / 4;
	return 0;
}

/* Where good signatures are remembered: "" when nowhere. */
static void
find_cache(struct args *a)
{
	struct state_place st;
	char zone[NAME_MAX_TEXT];

	if (a->cache)
		a->f.cache = a->cache;
	if (a->cache || a->no_cache || !state_find(&st, a->state, name_to_text(zone, &a->origin), NULL) ||
		!state_make(&st))
		return;
	a->f.cache = state_path(&st, "signatures", a->cache_path);
}

/* ---- what was done ---- */

static void
print_json(const struct args *a, const struct signfile_result *r)
{
	char zone[NAME_MAX_TEXT], at[40];
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:[I, I], s:s, s:b}",
		"schema", "unbogus.sign/1", "zone", name_to_text(zone, &a->origin), "time",
		clock_rfc3339_s(at, sizeof at, a->f.sign.at), "state", r->warnings ? "warning" : "ok", "signatures",
		"made", (json_int_t)r->made, "kept", (json_int_t)r->kept, "verified", (json_int_t)r->verified,
		"computed", (json_int_t)r->computed, "dropped", (json_int_t)r->dropped, "records",
		(json_int_t)r->records, "serial", (json_int_t)r->serial_before, (json_int_t)r->serial, "denial",
		r->optout ? "optout" : r->nsec3 ? "nsec3" : "nsec", "spliced", r->spliced);

	json_object_set_new(j, "fallback", r->fallback[0] ? json_string(r->fallback) : json_null());
	json_object_set_new(j, "out_of_zone", json_integer((json_int_t)r->out_of_zone));
	json_object_set_new(j, "cpu", json_pack("{s:f, s:f, s:f, s:f, s:f}", "total", r->cpu, "read", r->cpu_read,
		"sign", r->cpu_sign, "write", r->cpu_write, "verify", r->cpu_verify));
	json_object_set_new(j, "peak_kb", json_integer((json_int_t)r->peak_kb));
	json_dumpf(j, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(j);
}

static void
print_text(const struct args *a, const struct signfile_result *r)
{
	char zone[NAME_MAX_TEXT];

	printf("%s signed: serial %u -> %u, %llu records, %s%s\n", name_to_text(zone, &a->origin),
		r->serial_before, r->serial, (unsigned long long)r->records,
		r->optout ? "NSEC3 opt-out" : r->nsec3 ? "NSEC3" : "NSEC", r->spliced ? ", spliced" : "");
	printf("signatures: %llu made, %llu kept, ", (unsigned long long)r->made, (unsigned long long)r->kept);
	if (a->f.verify == SIGNFILE_VERIFY_NONE)
		printf("NOT verified\n");
	else
		printf("%llu verified (%llu computed, the rest known to be good)\n",
			(unsigned long long)r->verified, (unsigned long long)r->computed);
	if (r->fallback[0])
		printf("not spliced: %s\n", r->fallback);
	if (r->out_of_zone)
		printf("warning: %llu records outside the zone were left out\n", (unsigned long long)r->out_of_zone);
	if (r->warnings)
		printf("warning: %llu faults of the data stay: see unbogus verify\n", (unsigned long long)r->warnings);
	printf("CPU %.2f s (read %.2f, sign %.2f, write %.2f, verify %.2f), peak memory %ld MB\n", r->cpu,
		r->cpu_read, r->cpu_sign, r->cpu_write, r->cpu_verify, r->peak_kb / 1024);
}

static int
run(struct args *a)
{
	struct signkeys keys = { 0 };
	struct signfile_result r;
	struct err e = { 0 };
	char text[1200];

	a->f.progress = progress;
	a->f.ctx = a;
	bool ok = signkeys_load(&keys, a->keys, &a->origin, a->f.sign.at, &a->priv, &e);
	if (ok) {
		a->f.sign.keys = keys.v;
		a->f.sign.n_keys = keys.n;
		a->f.sign.dnskey_ttl = keys.ttl;
		find_cache(a);
		ok = signfile(&a->f, &r, &e);
	}
	progress_end(a);
	signkeys_free(&keys);
	if (ok) {
		(a->json ? print_json : print_text)(a, &r);
		return r.warnings || r.out_of_zone ? 1 : 0;
	}
	fprintf(stderr, "unbogus sign: %s\n", err_str(&e, text, sizeof text));
	return interrupted ? EXIT_INTERRUPTED : 3;
}

static int
run_sign(int argc, char **argv)
{
	struct args *a = calloc(1, sizeof *a);
	struct sigaction sa = { .sa_handler = on_signal };

	if (!a)
		abort();
	int status = parse(a, argc, argv);
	if (status == 0) {
		sigaction(SIGINT, &sa, NULL);
		sigaction(SIGTERM, &sa, NULL);
		sigaction(SIGHUP, &sa, NULL);
		a->terminal = isatty(STDERR_FILENO) && isatty(STDOUT_FILENO);
		status = run(a);
	}
	free(a);
	return status;
}

const struct command cmd_sign = { .name = "sign",
	.args = "FILE --origin NAME --keys DIR --out FILE [--denial KIND] [--without TAG] [--json]",
	.summary = "sign a zone file; keep what still serves, verify, replace", .run = run_sign,
	.operands = "FILE",
	.options = tables };
