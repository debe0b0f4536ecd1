/*
 * planworld: small worlds for the tests of plans: a scenario in a few lines, made by the lab with
 * real keys and signatures, looked at as often as wanted, spoilt where wanted, diagnosed.
 *
 * In the texts "@-26h" stands for a time that many hours before PW_NOW, "@-90m" for minutes.
 */
#ifndef TESTS_PLANWORLD_H
#define TESTS_PLANWORLD_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "change/make.h"
#include "lab/emit.h"
#include "model/stream.h"

#define PW_NOW INT64_C(1768478400) /* 2026-01-15T12:00:00Z */
#define PW_HOUR INT64_C(3600)

/* Changes O before it is taken, or leaves it out (false). LAST: of the newest look. */
typedef bool pw_spoil(struct obs *o, bool last);

struct pw {
	const char *keys, *signings, *delegations;
	int minutes[8]; /* before now, oldest first; the last one is 0 */
	const char *faults;
	pw_spoil *spoil;
	const struct config_zone *zone;
};

/* A world and its folder: made once for each scenario, since its RSA keys above the zone cost. */
struct pw_world {
	const char *keys, *signings, *delegations, *faults; /* identity: the same texts */
	struct world *w;
	struct scenario *s;
	struct arena *a;
	char dir[64];
};
#define PW_WORLDS 64

struct pw_made {
	struct arena *a;
	struct world *w; /* borrowed */
	struct scenario *s;
	struct diagnosis *d;
	/* of the feeding */
	struct ledger *ledger;
	pw_spoil *spoil;
	bool last;
};

#define K1 "  - {id: k1, role: ksk, tag: 0, bits: 256, created: @-9000h}\n"
#define K2 "  - {id: k2, role: ksk, tag: 0, bits: 256, created: @-60h}\n"
#define Z1 "  - {id: z1, role: zsk, tag: 0, bits: 256, created: @-9000h}\n"
#define Z2 "  - {id: z2, role: zsk, tag: 0, bits: 256, created: @-60h}\n"
#define SIGNED(at, serial, publish, keys, data) \
	"  - {at: " at ", serial: " serial ", inception: @-200h, expiration: @400h,\n" \
	"     publish: [" publish "], sign-keys: [" keys "], sign-data: [" data "]}\n"
#define DS(at, keys) "  - {at: " at ", keys: [" keys "]}\n"
#define HEALTHY SIGNED("@-100h", "2026010100", "k1, z1", "k1", "z1")
#define DS_OLD DS("@-5000h", "k1")

static const char pw_form[] =
	"name: planworld\ntitle: A small world\norigin: \"made up for tests\"\nlevel: 1\n"
	"zone: zone.example\nparent: example\nstart: @-200h\nmoment: @0h\nhost: signer\n"
	"algorithm: 15\nds-ttl: 86400\ndnskey-ttl: 3600\ndata-ttl: 3600\nsource-type: git\ncauses: []\n"
	"assumptions: [\"Everything.\"]\nkeys:\n%ssignings:\n%sdelegations:\n%s"
	"revisions:\n  - {at: @-190h, revision: 91b4d77, author: ops, message: \"new host\", serial: 2026010100}\n"
	"runs:\n  - {at: @-100h, exit: 0, lines: [\"{zone}.signed\"]}\n"
	"events:\n  - {at: @-1h, who: ops, text: \"look\"}\n"
	"servers:\n"
	"  - {name: a.root-servers.net., address: 198.41.0.4, cut: root, rtt: 12}\n"
	"  - {name: a.nic.example., address: 192.0.2.101, cut: parent, rtt: 21}\n"
	"  - {name: b.nic.example., address: 192.0.2.102, cut: parent, rtt: 34}\n"
	"  - {name: \"ns1.{zone}.\", address: 192.0.2.11, cut: child, rtt: 3}\n"
	"  - {name: \"ns2.{zone}.\", address: 192.0.2.12, cut: child, rtt: 14}\n"
	"  - {name: \"ns3.{zone}.\", address: 192.0.2.13, cut: child, rtt: 28}\n"
	"%s"
	"vantages:\n  - {name: own-fresh, kind: own, libunbound: true, counted: true, fresh: true, ede: true, rtt: 90}\n"
	"records: |\n  @ NS ns1\n  @ NS ns2\n  @ NS ns3\n  @ A 192.0.2.80\n  ns1 A 192.0.2.11\n"
	"  ns2 A 192.0.2.12\n  ns3 A 192.0.2.13\n  www A 192.0.2.80\n";

/* "@-26h" to a time. */
static void
pw_times(struct text *out, const char *in)
{
	char stamp[40], *end;

	while (*in) {
		if (*in != '@' || (in[1] != '-' && (in[1] < '0' || in[1] > '9'))) {
			text_add_n(out, in++, 1);
			continue;
		}
		int64_t n = strtoll(in + 1, &end, 10);
		text_add(out, "%s", clock_rfc3339_s(stamp, sizeof stamp, PW_NOW + n * (*end == 'm' ? 60 : PW_HOUR)));
		in = end + 1;
	}
}

static void
pw_obs(void *ctx, struct obs *o)
{
	struct pw_made *m = ctx;

	if (!m->spoil || m->spoil(o, m->last))
		ledger_add(m->ledger, o);
	obs_unref(o);
}

static void
pw_look(struct pw_made *m, int64_t t, bool first)
{
	struct stream_reader r = { .on_obs = pw_obs, .ctx = m };
	struct text out = { 0 };

	assert_true(world_files(m->w, t, NULL));
	lab_emit(m->w, t, first, &out);
	stream_feed(&r, out.s, out.len);
	stream_end(&r);
	text_free(&out);
}

static void
pw_world_make(struct pw_world *x, const char *path, uint64_t seed)
{
	struct text problems = { 0 };
	char messages[4096];
	const char *srcdir = getenv("SRCDIR");
	struct err e = { 0 };

	strcpy(x->dir, "/tmp/unbogus-plan-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	x->a = arena_new();
	x->s = scenario_load(path, seed, NULL, &problems);
	if (!x->s)
		fprintf(stderr, "%s", text_str(&problems));
	assert_non_null(x->s);
	text_free(&problems);
	x->w = world_new(x->s, x->dir, &e);
	assert_non_null(x->w);
	x->w->sandbox = "none";
	snprintf(messages, sizeof messages, "%s/share/messages/messages.tsv", srcdir ? srcdir : ".");
	x->w->messages = messages_load(x->a, messages, NULL);
}

static int
pw_remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static void
pw_world_free(struct pw_world *x)
{
	world_free(x->w);
	scenario_free(x->s);
	arena_free(x->a);
	nftw(x->dir, pw_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Looks at X MINUTES before NOW, one after the other, and diagnoses. */
static struct pw_made *
pw_look_at(const struct pw_world *x, const int *minutes, int64_t now, pw_spoil *spoil)
{
	struct pw_made *m = calloc(1, sizeof *m);
	struct diagnose_options opt = { 0 };

	assert_non_null(m);
	*m = (struct pw_made){ .a = arena_new(), .w = x->w, .s = x->s, .spoil = spoil,
		.ledger = ledger_new() };
	ledger_zone(m->ledger, &m->s->apex);
	for (int i = 0; !m->last; i++) {
		m->last = minutes[i] == 0;
		pw_look(m, (now - minutes[i] * 60) * USEC, i == 0);
	}
	struct snapshot *s = ledger_snapshot(m->ledger, ledger_latest(m->ledger));
	m->d = diagnose(s, &opt);
	snapshot_unref(s);
	return m;
}

static void
pw_free(struct pw_made *m)
{
	diagnosis_free(m->d);
	ledger_free(m->ledger);
	arena_free(m->a);
	free(m);
}

static struct pw_world pw_worlds[PW_WORLDS];
static size_t pw_n_worlds;

static const struct pw_world *
pw_world_of(const struct pw *p)
{
	struct text raw = { 0 }, yaml = { 0 };
	char path[] = "/tmp/unbogus-world-XXXXXX";
	struct pw_world *x;

	for (x = pw_worlds; x < pw_worlds + pw_n_worlds; x++)
		if (x->keys == p->keys && x->signings == p->signings && x->delegations == p->delegations &&
				x->faults == p->faults)
			return x;
	assert_true(pw_n_worlds < PW_WORLDS);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	text_add(&raw, pw_form, p->keys, p->signings, p->delegations, p->faults ? p->faults : "");
	pw_times(&yaml, text_str(&raw));
	assert_true(file_write_all(fd, yaml.s, yaml.len, path, NULL));
	close(fd);
	*x = (struct pw_world){ .keys = p->keys, .signings = p->signings, .delegations = p->delegations,
		.faults = p->faults };
	pw_world_make(x, path, 0);
	pw_n_worlds++;
	unlink(path);
	text_free(&raw);
	text_free(&yaml);
	return x;
}

static void
pw_worlds_free(void)
{
	while (pw_n_worlds)
		pw_world_free(&pw_worlds[--pw_n_worlds]);
}

static struct pw_made *
pw_make(const struct pw *p)
{
	return pw_look_at(pw_world_of(p), p->minutes, PW_NOW, p->spoil);
}

/* The tag of the scenario's key ID. */
static int
pw_tag(const struct pw_made *m, const char *id)
{
	int k = world_key(m->w, id);

	assert_true(k >= 0);
	return m->w->keys[k].priv->tag;
}

static const struct plan_guard *
pw_guard(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->guards.n; i++)
		if (strcmp(p->guards.v[i].id, id) == 0)
			return &p->guards.v[i];
	return NULL;
}

#endif
