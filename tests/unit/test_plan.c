/*
 * plan: bad plans are refused, each with its reason: by the action ("it does not apply here"), by a
 * guard, by the reader of plan files, by consent, and when the world moved. One named test each;
 * and good plans, staged ones included, are made and survive their file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "change/consent.h"
#include "change/remake.h"
#include "diagnose/checks.h"
#include "tests/unit/planworld.h"

#define COUNT(v) (sizeof(v) / sizeof *(v))

/* ---- worlds ---- */

static const struct pw healthy = { K1 Z1, HEALTHY, DS_OLD, { 60, 0 }, NULL, NULL, NULL };
/* k2 was added 50 h ago, its DS 10 h ago */
static const struct pw two_ksk = { K1 K2 Z1, HEALTHY SIGNED("@-50h", "2026010101", "k1, k2, z1", "k1, k2",
	"z1"), DS_OLD DS("@-10h", "k1, k2"), { 6000, 4000, 3000, 2900, 660, 540, 60, 0 }, NULL, NULL, NULL };
/* the same without the DS */
static const struct pw spare_ksk = { K1 K2 Z1, HEALTHY SIGNED("@-50h", "2026010101", "k1, k2, z1",
	"k1, k2", "z1"), DS_OLD, { 6000, 4000, 3000, 2900, 60, 0 }, NULL, NULL, NULL };
static const struct pw young_ksk = { K1 K2 Z1, HEALTHY SIGNED("@-30m", "2026010101", "k1, k2, z1",
	"k1, k2", "z1"), DS_OLD, { 6000, 4000, 40, 20, 10, 0 }, NULL, NULL, NULL };
static const struct pw idle_ksk = { K1 K2 Z1, HEALTHY SIGNED("@-50h", "2026010101", "k1, k2, z1",
	"k1", "z1"), DS_OLD, { 6000, 4000, 3000, 2900, 60, 0 }, NULL, NULL, NULL };
/* the old DS is gone since 30 h, the old KSK is still there */
static const struct pw ds_swapped = { K1 K2 Z1, HEALTHY SIGNED("@-80h", "2026010101", "k1, k2, z1",
	"k1, k2", "z1"), DS_OLD DS("@-60h", "k1, k2") DS("@-30h", "k2"),
	{ 6000, 4700, 3700, 3500, 1900, 1700, 60, 0 }, NULL, NULL, NULL };
static const struct pw ds_swapped_lately = { K1 K2 Z1, HEALTHY SIGNED("@-80h", "2026010101",
	"k1, k2, z1", "k1, k2", "z1"), DS_OLD DS("@-10h", "k2"),
	{ 6000, 4700, 3700, 3500, 660, 540, 60, 0 }, NULL, NULL, NULL };
/* a new ZSK is published since 50 h */
static const struct pw spare_zsk = { K1 Z1 Z2, HEALTHY SIGNED("@-50h", "2026010101", "k1, z1, z2", "k1",
	"z1"), DS_OLD, { 6000, 4000, 3100, 2900, 60, 0 }, NULL, NULL, NULL };
static const struct pw young_zsk = { K1 Z1 Z2, HEALTHY SIGNED("@-30m", "2026010101", "k1, z1, z2", "k1",
	"z1"), DS_OLD, { 6000, 4000, 40, 20, 10, 0 }, NULL, NULL, NULL };
/* and signs since 30 h */
static const struct pw zsk_rolled = { K1 Z1 Z2, HEALTHY SIGNED("@-50h", "2026010101", "k1, z1, z2", "k1",
	"z1") SIGNED("@-30h", "2026010102", "k1, z1, z2", "k1", "z2"), DS_OLD,
	{ 6000, 4000, 3100, 2900, 1900, 1700, 60, 0 }, NULL, NULL, NULL };
static const struct pw zsk_swapped = { K1 Z1 Z2, HEALTHY SIGNED("@-30m", "2026010101", "k1, z2", "k1",
	"z2"), DS_OLD, { 6000, 4000, 40, 20, 10, 0 }, NULL, NULL, NULL };
#define NO_DS "  - {at: @-30h, keys: []}\n"
static const struct pw ds_gone = { K1 Z1, HEALTHY, DS_OLD NO_DS, { 6000, 4000, 1900, 1700, 60, 0 },
	NULL, NULL, NULL };
static const struct pw ds_gone_lately = { K1 Z1, HEALTHY, DS_OLD "  - {at: @-10h, keys: []}\n",
	{ 6000, 4000, 660, 540, 60, 0 }, NULL, NULL, NULL };
#define Z1_ENDED "  - {id: z1, role: zsk, tag: 0, bits: 256, created: @-9000h, inactive: @-30h}\n"
static const struct pw zsk_ended = { K1 Z1_ENDED, HEALTHY, DS_OLD, { 60, 0 }, NULL, NULL, NULL };
#define LATE "faults:\n  - {kind: stale, server: \"ns2.{zone}.\", from: @-60h}\n"
static const struct pw late_zsk = { K1 Z1 Z2, HEALTHY SIGNED("@-50h", "2026010101", "k1, z1, z2", "k1",
	"z1"), DS_OLD, { 6000, 4000, 3100, 2900, 60, 0 }, LATE, NULL, NULL };

/* ---- spoilt looks ---- */

static bool
is_answer(const struct obs *o, enum probe p)
{
	return o->fact == FACT_ANSWER && o->u.answer.probe == p;
}

static bool
no_soa(struct obs *o, bool last)
{
	(void)last;
	return !is_answer(o, PROBE_SOA);
}

static bool
no_answers(struct obs *o, bool last)
{
	(void)last;
	return o->fact != FACT_ANSWER;
}

static bool
no_dnskey(struct obs *o, bool last)
{
	(void)last;
	return !is_answer(o, PROBE_DNSKEY);
}

static bool
no_ds(struct obs *o, bool last)
{
	(void)last;
	return !is_answer(o, PROBE_DS);
}

static bool
old_answers(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_ANSWER || o->fact == FACT_RESOLVE || o->fact == FACT_ROUND)
		o->t -= 40 * 60 * USEC;
	return true;
}

/* One server's serial half the number space away. */
static bool
odd_serial(struct obs *o, bool last)
{
	(void)last;
	if (!is_answer(o, PROBE_SOA) || strcmp(o->u.answer.at.address, "192.0.2.12") != 0)
		return true;
	for (size_t i = 0; i < o->u.answer.rrs.n; i++)
		if (o->u.answer.rrs.v[i].type == T_SOA) {
			struct rr *rr = &o->u.answer.rrs.v[i];
			uint8_t *copy = arena_memdup(o->arena, rr->rdata, rr->rdlen);
			copy[rr->rdlen - 20] ^= 0x80;
			rr->rdata = copy;
		}
	return true;
}

static bool
no_keydir(struct obs *o, bool last)
{
	(void)last;
	return o->fact != FACT_KEYDIR && o->fact != FACT_KEYFILE;
}

static bool
closed_keydir(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYDIR)
		o->u.keydir.readable = false;
	return true;
}

static bool
no_private(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYFILE)
		o->u.keyfile.private_state = "missing";
	return true;
}

static bool
unreadable_private(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYFILE)
		o->u.keyfile.private_state = "unreadable";
	return true;
}

static bool
broken_keyfile(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYFILE)
		o->u.keyfile.problem = "the name says key tag 1, the record has 2";
	return true;
}

static bool
hsm(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYFILE)
		o->u.keyfile.private_hsm = true;
	return true;
}

static bool
managed(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYFILE)
		o->u.keyfile.state = "DNSKEYState: omnipresent; DSState: omnipresent";
	return true;
}

static bool
unhashed(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_KEYFILE)
		o->u.keyfile.sha256 = NULL;
	return true;
}

static bool
source_is(struct obs *o)
{
	return o->fact == FACT_ZONEFILE && strcmp(o->u.zonefile.which, "source") == 0;
}

static bool
no_source(struct obs *o, bool last)
{
	(void)last;
	return !source_is(o);
}

static bool
closed_source(struct obs *o, bool last)
{
	(void)last;
	if (source_is(o)) {
		o->u.zonefile.readable = false;
		o->u.zonefile.why = "permission";
	}
	return true;
}

static bool
broken_source(struct obs *o, bool last)
{
	(void)last;
	if (source_is(o))
		o->u.zonefile.error_count = 2;
	return true;
}

static bool
no_signed(struct obs *o, bool last)
{
	(void)last;
	return o->fact != FACT_ZONEFILE || source_is(o);
}

/* The clock may be wrong by more than the signatures have left. */
static bool
wild_clock(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_CLOCK) {
		o->u.clock.synchronised = false;
		o->u.clock.max_error_us = 500 * PW_HOUR * USEC;
	}
	return true;
}

static bool
loose_clock(struct obs *o, bool last)
{
	(void)last;
	if (o->fact == FACT_CLOCK) {
		o->u.clock.synchronised = false;
		o->u.clock.max_error_us = 16 * USEC;
	}
	return true;
}

/* The DS has a digest type that this program's next DS will not have. */
static bool
sha1_too(struct obs *o, bool last)
{
	(void)last;
	if (!is_answer(o, PROBE_DS) || o->u.answer.at.cut.len < 5)
		return true;
	for (size_t i = 0; i < o->u.answer.rrs.n; i++) {
		struct rr copy = o->u.answer.rrs.v[i];
		if (copy.type != T_DS || copy.section != SECTION_ANSWER)
			continue;
		uint8_t *rdata = arena_alloc(o->arena, 52);
		memcpy(rdata, copy.rdata, 4);
		rdata[3] = 4;
		copy.rdata = rdata;
		copy.rdlen = 52;
		arena_push(o->arena, &o->u.answer.rrs, copy);
		break;
	}
	return true;
}

/* Only one parent server has the new DS. */
static bool
late_parent(struct obs *o, bool last)
{
	(void)last;
	if (is_answer(o, PROBE_DS) && strcmp(o->u.answer.at.address, "192.0.2.102") == 0) {
		struct rr_list *l = &o->u.answer.rrs;
		size_t n = 0, ds = 0;
		for (size_t i = 0; i < l->n; i++)
			if (l->v[i].type != T_DS || ds++ == 0)
				l->v[n++] = l->v[i];
		l->n = n;
	}
	return true;
}

/* ---- configurations ---- */

static struct config_registrar two_a_day = { .name = "reg", .changes = 2, .per = "24h" },
	one_a_day = { .name = "reg", .changes = 1, .per = "24h" };
static struct config_signer own_signer = { .type = "built-in" };
static const struct config_zone built_in = { .name = "zone.example", .signer = &own_signer };
static const struct config_zone with_two = { .name = "zone.example", .registrar = &two_a_day },
	with_one = { .name = "zone.example", .registrar = &one_a_day };

/* ---- a plan that some guard does not pass ---- */

struct guarded {
	const char *name;
	const struct pw *world;
	pw_spoil *spoil;
	const struct config_zone *zone;
	const char *action, *key, *method;
	const char *guard;
	enum guard_verdict verdict;
	const char *reason; /* part of it */
	int minutes; /* until it allows; -1: never; 0: not looked at */
};

#define PHRASE GUARD_NEEDS_PHRASE
#define REFUSE GUARD_REFUSE

static const struct guarded guarded[] = {
	/* harm guards */
	{ "G1_ksk_leaves_while_its_ds_is_cached", &two_ksk, NULL, NULL, "resign-without", "k1", NULL, "G1",
		PHRASE, "caches may hold DS", 14 * 60 },
	{ "G1_too_early_after_the_ds_swap", &ds_swapped_lately, NULL, NULL, "resign-without", "k1", NULL,
		"G1", PHRASE, "caches may hold DS", 14 * 60 },
	{ "G1_roll_ksk_stage_4_too_early", &ds_swapped_lately, NULL, NULL, "roll-ksk", NULL, NULL, "G1",
		PHRASE, "caches may hold DS", 14 * 60 },
	{ "G2_last_signer_that_the_ds_names", &spare_ksk, NULL, NULL, "resign-without", "k1", NULL, "G2",
		PHRASE, "no key that the parent's DS", -1 },
	{ "G2_ds_of_the_only_signing_key_removed", &two_ksk, NULL, NULL, "unsign", NULL, NULL, "G3", PHRASE,
		"the parent has a DS", -1 },
	{ "G3_unsign_under_a_ds", &healthy, NULL, NULL, "unsign", NULL, NULL, "G3", PHRASE,
		"the parent has a DS", -1 },
	{ "G3_unsign_while_the_ds_is_cached", &ds_gone_lately, NULL, NULL, "unsign", NULL, NULL, "G3",
		PHRASE, "caches may hold a DS", 15 * 60 },
	{ "G3_go_insecure_stage_2_too_early", &ds_gone_lately, NULL, NULL, "go-insecure", NULL, NULL, "G3",
		PHRASE, "caches may hold a DS", 15 * 60 },
	{ "G4_direct_swap", &healthy, NULL, NULL, "swap-zsk", NULL, NULL, "G4", PHRASE, "a direct swap", -1 },
	{ "G4_sign_with_a_key_published_30_minutes_ago", &young_zsk, NULL, NULL, "roll-zsk", NULL, NULL,
		"G4", PHRASE, "a direct swap", 30 },
	{ "G5_ds_of_a_key_that_does_not_exist", &healthy, NULL, NULL, "add-ds", NULL, NULL, "G5", PHRASE,
		"does not exist yet", -1 },
	{ "G5_ds_of_a_key_published_30_minutes_ago", &young_ksk, NULL, NULL, "add-ds", "k2", NULL, "G5",
		PHRASE, "DNSKEY sets without key", 30 },
	{ "G5_ds_of_a_key_that_does_not_sign", &idle_ksk, NULL, NULL, "add-ds", "k2", NULL, "G5", PHRASE,
		"does not sign the DNSKEY set", -1 },
	{ "G5_roll_ksk_stage_2_too_early", &young_ksk, NULL, NULL, "roll-ksk", NULL, NULL, "G5", PHRASE,
		"DNSKEY sets without key", 30 },
	{ "G7_result_bogus_for_an_empty_cache", &healthy, NULL, NULL, "unsign", NULL, NULL, "G7", PHRASE,
		"an empty cache would call the result bogus", -1 },
	{ "G7_without_the_named_ksk", &spare_ksk, NULL, NULL, "resign-without", "k1", NULL, "G7", PHRASE,
		"an empty cache", -1 },
	{ "G9_mixed_digest_types", &spare_ksk, sha1_too, NULL, "add-ds", "k2", NULL, "G9", PHRASE,
		"hardened validators look at digest type 4 only", -1 },
	{ "harm_swap", &healthy, NULL, NULL, "swap-zsk", NULL, NULL, "harm", PHRASE, "stale caches fail for", -1 },
	{ "harm_unsign", &healthy, NULL, NULL, "unsign", NULL, NULL, "harm", PHRASE, "all validators fail", -1 },
	/* integrity guards */
	{ "G6_zsk_not_on_every_server", &late_zsk, NULL, NULL, "roll-zsk", NULL, NULL, "G6", REFUSE,
		"not observed: every server has DNSKEY", -1 },
	{ "G6_new_ds_not_at_every_parent", &two_ksk, late_parent, NULL, "roll-ksk", NULL, NULL, "G6", REFUSE,
		"not observed: every parent server has the DS", -1 },
	{ "G6_new_ksk_does_not_sign", &idle_ksk, NULL, NULL, "roll-ksk", NULL, NULL, "G6", REFUSE,
		"not observed: the DNSKEY set is signed by", -1 },
	{ "G8_no_serial_known", &healthy, no_soa, NULL, "resign", NULL, NULL, "G8", REFUSE,
		"no server's serial is known", -1 },
	{ "G8_serials_half_the_numbers_apart", &healthy, odd_serial, NULL, "resign", NULL, NULL, "G8", REFUSE,
		"not defined (RFC 1982)", -1 },
	{ "inputs_no_key_folder", &healthy, no_keydir, &built_in, "prepublish-zsk", NULL, NULL, "inputs",
		REFUSE, "is not known here", -1 },
	{ "inputs_key_folder_closed", &healthy, closed_keydir, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"cannot be read", -1 },
	{ "inputs_private_key_missing", &healthy, no_private, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"is missing", -1 },
	{ "inputs_private_key_unreadable", &healthy, unreadable_private, NULL, "resign", NULL, NULL, "inputs",
		REFUSE, "is unreadable", -1 },
	{ "inputs_key_file_with_a_wrong_tag", &healthy, broken_keyfile, NULL, "resign", NULL, NULL, "inputs",
		REFUSE, "the name says key tag", -1 },
	{ "inputs_key_in_an_hsm", &healthy, hsm, NULL, "resign", NULL, NULL, "inputs", REFUSE, "in an HSM", -1 },
	{ "inputs_key_file_not_hashed", &healthy, unhashed, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"could not be hashed", -1 },
	{ "inputs_no_zone_file", &healthy, no_source, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"the unsigned zone file is not known", -1 },
	{ "inputs_zone_file_unreadable", &healthy, closed_source, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"permission", -1 },
	{ "inputs_zone_file_with_errors", &healthy, broken_source, NULL, "resign", NULL, NULL, "inputs",
		REFUSE, "has 2 errors", -1 },
	{ "inputs_no_signed_file", &healthy, no_signed, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"the signed zone file is not known", -1 },
	{ "inputs_zsk_has_stopped_signing", &zsk_ended, NULL, NULL, "resign", NULL, NULL, "inputs", REFUSE,
		"extend-zsk first", -1 },
	{ "inputs_new_ksk_while_the_zsk_has_stopped", &zsk_ended, NULL, NULL, "new-ksk", NULL, NULL, "inputs",
		REFUSE, "extend-zsk first", -1 },
	{ "world_answers_are_old", &healthy, old_answers, NULL, "resign", NULL, NULL, "world", REFUSE,
		"look again", -1 },
	{ "world_parent_is_silent", &healthy, no_ds, NULL, "resign", NULL, NULL, "world", REFUSE,
		"silence is not", -1 },
	{ "registrar_budget_is_used", &two_ksk, NULL, &with_one, "remove-ds", "k1", NULL, "registrar", REFUSE,
		"1 changes in 24h", 14 * 60 },
	{ "registrar_last_change_is_kept", &two_ksk, NULL, &with_two, "add-ds", NULL, NULL, "registrar",
		PHRASE, "the last change", 14 * 60 },
	{ "clock_error_changes_the_verdict", &healthy, wild_clock, NULL, "resign", NULL, NULL, "clock",
		REFUSE, "changes what validates", -1 },
};

static const struct plan *
make(struct pw_made *m, const char *action, const char *key, const char *method,
	const struct config_zone *zone, struct err *e)
{
	const struct action *act = action_find(action);
	struct plan_wish w = PLAN_WISH(act);

	assert_non_null(act);
	if (key)
		w.tag = key[0] >= '0' && key[0] <= '9' ? atoi(key) : pw_tag(m, key);
	w.method = method;
	return plan_make(m->a, m->d, zone, &w, e);
}

static struct pw_made *
world_of(const struct pw *world, pw_spoil *spoil)
{
	struct pw w = *world;

	w.spoil = spoil;
	return pw_make(&w);
}

static void
guard_test(void **state)
{
	const struct guarded *g = *state;
	struct pw_made *m = world_of(g->world, g->spoil);
	struct err e = { 0 };
	const struct plan *p = make(m, g->action, g->key, g->method, g->zone, &e);
	const char *why = "";

	if (!p)
		print_message("%s: %s\n", e.object, e.seen);
	assert_non_null(p);
	const struct plan_guard *v = pw_guard(p, g->guard);
	assert_non_null(v);
	if (v->verdict != g->verdict || !strstr(v->reason, g->reason))
		print_message("%s: %s: %s\n", v->id, guard_verdict_name(v->verdict), v->reason);
	assert_int_equal(v->verdict, g->verdict);
	assert_non_null(strstr(v->reason, g->reason));
	if (g->minutes < 0)
		assert_int_equal(v->allows_at, TIME_NEVER);
	else if (g->minutes > 0) {
		/* looks are minutes apart, so a change is known to a few minutes */
		int64_t left = v->allows_at - m->d->now / USEC;
		if (left < (g->minutes - 11) * 60 || left > (g->minutes + 61) * 60)
			print_message("allows in %lld minutes\n", (long long)left / 60);
		assert_in_range(left, (g->minutes - 11) * 60, (g->minutes + 61) * 60);
	}
	/* and the zone's name is not enough */
	assert_false(consent_given(p, "zone.example", "because", &why));
	assert_true(p->phrase.long_form);
	assert_int_equal(consent_given(p, p->phrase.text, "because", &why), plan_verdict(p) != GUARD_REFUSE);
	pw_free(m);
}

/* ---- a plan file that was edited: act makes the plan anew ---- */

static struct plan *
copy_of(struct pw_made *m, const struct plan *p)
{
	struct plan *x = arena_memdup(m->a, p, sizeof *p);

	x->guards.v = arena_memdup(m->a, p->guards.v, p->guards.n * sizeof *p->guards.v);
	x->steps.v = arena_memdup(m->a, p->steps.v, p->steps.n * sizeof *p->steps.v);
	x->prediction.classes.v = arena_memdup(m->a, p->prediction.classes.v,
		p->prediction.classes.n * sizeof *p->prediction.classes.v);
	return x;
}

static void
assert_remade(struct pw_made *m, const struct plan *p, const struct config_zone *zone, const char *rule)
{
	struct err e = { 0 };
	bool ok = remake_agrees(m->a, p, m->d, zone, "/state/example.org", &e);

	if (ok != !rule || (rule && !strstr(e.rule, rule)))
		print_message("%s: %s: %s (%s)\n", e.object, e.rule, e.seen, e.expected);
	assert_int_equal(ok, !rule);
	if (!rule)
		return;
	assert_int_equal(e.code, ERR_CHANGED);
	assert_non_null(strstr(e.rule, rule));
}

/* Lowered to "pass" and taken out: refused with the guard's name. As it was made: not. */
static void
lowered_test(void **state)
{
	const struct guarded *g = *state;
	struct pw_made *m = world_of(g->world, g->spoil);
	struct err e = { 0 };
	const struct plan *p = make(m, g->action, g->key, g->method, g->zone, &e);

	assert_non_null(p);
	assert_remade(m, p, g->zone, NULL);
	struct plan *x = copy_of(m, p);
	for (size_t i = 0; i < x->guards.n; i++)
		if (strcmp(x->guards.v[i].id, g->guard) == 0)
			x->guards.v[i].verdict = GUARD_PASS;
	assert_remade(m, x, g->zone, g->guard);
	x = copy_of(m, p);
	for (size_t i = 0; i < x->guards.n; i++)
		if (strcmp(x->guards.v[i].id, g->guard) == 0)
			x->guards.v[i] = x->guards.v[--x->guards.n];
	assert_remade(m, x, g->zone, g->guard);
	pw_free(m);
}

/* act judges these by what it finds itself, in its own words. */
static bool
is_judged_elsewhere(const struct guarded *g)
{
	return strcmp(g->guard, "G8") == 0 || strcmp(g->guard, "inputs") == 0 ||
		strcmp(g->guard, "world") == 0 || strcmp(g->guard, "clock") == 0;
}

static const char *
lowered_name(const char *name)
{
	static char names[COUNT(guarded)][100];
	static size_t n;

	snprintf(names[n], sizeof names[n], "lowered_%s", name);
	return names[n++];
}

struct edited {
	const char *name;
	const struct pw *world;
	const char *action, *key;
	void (*edit)(struct pw_made *m, struct plan *p);
	const char *rule; /* NULL: stricter than what is made now, and taken */
};

static void
no_class_breaks(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->prediction.breaks = false;
	for (size_t i = 0; i < p->prediction.classes.n; i++)
		p->prediction.classes.v[i].after = "secure";
	p->safe_at = p->made;
}

static void
all_guards_pass(struct pw_made *m, struct plan *p)
{
	no_class_breaks(m, p);
	for (size_t i = 0; i < p->guards.n; i++)
		p->guards.v[i].verdict = GUARD_PASS;
}

static void
no_guards(struct pw_made *m, struct plan *p)
{
	no_class_breaks(m, p);
	p->guards.n = 0;
}

/* The steps of one action under the name of a harmless one. */
static void
called_resign(struct pw_made *m, struct plan *p)
{
	all_guards_pass(m, p);
	p->action = "resign";
	p->tag = -1;
}

static void
called_nothing(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->action = "no-such-action";
}

static struct plan_step *
sign_step(struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_SIGN)
			return &p->steps.v[i];
	fail_msg("no signing step");
	return NULL;
}

static void
a_key_less(struct pw_made *m, struct plan *p)
{
	(void)m;
	sign_step(p)->keys.n--;
}

static void
data_unsigned(struct pw_made *m, struct plan *p)
{
	struct plan_step *s = sign_step(p);

	s->keys.v = arena_memdup(m->a, s->keys.v, s->keys.n * sizeof *s->keys.v);
	for (size_t i = 0; i < s->keys.n; i++)
		s->keys.v[i].sign_data = false;
}

static void
denial_changed(struct pw_made *m, struct plan *p)
{
	(void)m;
	sign_step(p)->denial = "none";
}

static void
last_step_gone(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->steps.n--;
}

static void
other_ds_wanted(struct pw_made *m, struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_REGISTRAR) {
			p->steps.v[i].ds = (struct texts){ 0 };
			arena_push(m->a, &p->steps.v[i].ds, "1 8 2 00");
		}
}

static void
other_parent_ds(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->parent_ds.n = 0;
}

static void
short_ttl(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->ttl_dnskey = 1;
}

static void
no_inputs(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->inputs.n = 0;
}

static void
deployed_elsewhere(struct pw_made *m, struct plan *p)
{
	(void)m;
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_REPLACE_ZONE)
			p->steps.v[i].file = "/var/lib/zones/example.com.signed";
}

static void
key_made_elsewhere(struct pw_made *m, struct plan *p)
{
	(void)m;
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_GENERATE_KEY)
			p->steps.v[i].file = "/var/lib/zones";
}

static void
short_validity(struct pw_made *m, struct plan *p)
{
	(void)m;
	sign_step(p)->validity = 7200;
}

static void
other_content(struct pw_made *m, struct plan *p)
{
	(void)m;
	sign_step(p)->input = "/tmp/example.org";
}

static void
content_of_a_backup(struct pw_made *m, struct plan *p)
{
	(void)m;
	sign_step(p)->input = "/state/example.org/run-0123456789ab/example.org.signed";
}

static void
content_above_the_backups(struct pw_made *m, struct plan *p)
{
	(void)m;
	sign_step(p)->input = "/state/example.org/../../tmp/example.org";
}

/* The dates of a key that a resign would not touch, as an undo has them. */
static void
dates_of(struct pw_made *m, struct plan *p, const char *file)
{
	struct plan_step s = *sign_step(p);

	s.kind = STEP_EDIT_TIMING;
	s.file = file;
	p->steps.v = NULL;
	p->steps.cap = p->steps.n = 0;
	arena_push(m->a, &p->steps, s);
}

static void
dates_of_another_zone(struct pw_made *m, struct plan *p)
{
	const struct plan *all = copy_of(m, p);

	dates_of(m, p, "/etc/dnssec/Kexample.com.+008+12345.key");
	for (size_t i = 0; i < all->steps.n; i++)
		arena_push(m->a, &p->steps, all->steps.v[i]);
}

static void
dates_of_this_zone(struct pw_made *m, struct plan *p)
{
	const struct plan *all = copy_of(m, p);
	const char *file = arena_printf(m->a, "/etc/dnssec/K%s+008+12345.key", p->zone);

	dates_of(m, p, file);
	for (size_t i = 0; i < all->steps.n; i++)
		arena_push(m->a, &p->steps, all->steps.v[i]);
}

static void
stricter(struct pw_made *m, struct plan *p)
{
	(void)m;
	p->guards.v[0].verdict = GUARD_NEEDS_PHRASE;
	p->prediction.breaks = true;
}

static const struct edited edited[] = {
	{ "edited_all_guards_pass_swap", &healthy, "swap-zsk", NULL, all_guards_pass, "G4" },
	{ "edited_all_guards_pass_unsign", &healthy, "unsign", NULL, all_guards_pass, "G3" },
	{ "edited_no_guards_resign_without", &two_ksk, "resign-without", "k1", no_guards, "G1" },
	{ "edited_phrase_made_short", &healthy, "swap-zsk", NULL, no_class_breaks, "consent" },
	{ "edited_another_action_named", &two_ksk, "resign-without", "k1", called_resign, "steps" },
	{ "edited_swap_called_resign", &healthy, "swap-zsk", NULL, called_resign, "steps" },
	{ "edited_unsign_called_resign", &healthy, "unsign", NULL, called_resign, "steps" },
	{ "edited_no_action", &healthy, "resign", NULL, called_nothing, "action" },
	{ "edited_key_taken_out", &healthy, "resign", NULL, a_key_less, "steps" },
	{ "edited_data_signed_by_nobody", &healthy, "resign", NULL, data_unsigned, "steps" },
	{ "edited_denial", &healthy, "resign", NULL, denial_changed, "steps" },
	{ "edited_observation_taken_out", &healthy, "resign", NULL, last_step_gone, "steps" },
	{ "edited_ds_wanted", &two_ksk, "remove-ds", "k1", other_ds_wanted, "steps" },
	{ "edited_ds_of_the_parent", &healthy, "resign", NULL, other_parent_ds, "DS set of the parent" },
	{ "edited_ttl", &healthy, "resign", NULL, short_ttl, "TTLs" },
	{ "edited_inputs_taken_out", &healthy, "resign", NULL, no_inputs, "inputs" },
	{ "edited_deployed_elsewhere", &healthy, "resign", NULL, deployed_elsewhere, "steps" },
	{ "edited_key_made_elsewhere", &healthy, "swap-zsk", NULL, key_made_elsewhere, "steps" },
	{ "edited_validity", &healthy, "resign", NULL, short_validity, "steps" },
	{ "edited_content", &healthy, "resign", NULL, other_content, "content to sign" },
	{ "edited_content_above_the_backups", &healthy, "resign", NULL, content_above_the_backups, "content to sign" },
	{ "edited_dates_of_another_zone", &healthy, "resign", NULL, dates_of_another_zone, "key file" },
	{ "undo_content_of_a_backup", &healthy, "resign", NULL, content_of_a_backup, NULL },
	{ "undo_dates_of_this_zone", &healthy, "resign", NULL, dates_of_this_zone, NULL },
	{ "edited_stricter", &healthy, "resign", NULL, stricter, NULL },
};

static void
edited_test(void **state)
{
	const struct edited *x = *state;
	struct pw_made *m = world_of(x->world, NULL);
	struct err e = { 0 };
	const struct plan *made = make(m, x->action, x->key, NULL, NULL, &e);

	assert_non_null(made);
	struct plan *p = copy_of(m, made);
	x->edit(m, p);
	assert_remade(m, p, NULL, x->rule);
	pw_free(m);
}

/* ---- a plan that does not apply ---- */

struct refused {
	const char *name;
	const struct pw *world;
	pw_spoil *spoil;
	const char *action, *key, *method, *reason;
};

static const struct refused refused[] = {
	{ "no_tag_given", &healthy, NULL, "resign-without", NULL, NULL, "none" },
	{ "unknown_tag", &healthy, NULL, "resign-without", "1", NULL, "no key of that tag" },
	{ "extend_zsk_of_a_ksk", &healthy, NULL, "extend-zsk", "k1", NULL, "it is a KSK" },
	{ "extend_ksk_of_a_zsk", &healthy, NULL, "extend-ksk", "z1", NULL, "it is a ZSK" },
	{ "extend_without_the_private_key", &zsk_ended, no_private, "extend-zsk", "z1", NULL,
		"its private key is not on this host" },
	{ "extend_a_key_that_left", &zsk_swapped, NULL, "extend-zsk", "z1", NULL, "use restore-key" },
	{ "without_the_only_ksk", &healthy, NULL, "resign-without", "k1", NULL, "no other key signs the DNSKEY" },
	{ "without_the_only_zsk", &healthy, NULL, "resign-without", "z1", NULL, "no other key signs the data" },
	{ "restore_a_key_that_signs", &healthy, NULL, "restore-key", "z1", NULL, "in the zone and signs" },
	{ "restore_without_the_private_key", &zsk_swapped, no_private, "restore-key", "z1", NULL,
		"its private key is not on this host" },
	{ "double_sign_with_one_zsk", &healthy, NULL, "double-sign", NULL, NULL, "only one key" },
	{ "publish_what_is_served", &healthy, NULL, "publish", NULL, NULL, "not newer" },
	{ "publish_nothing", &healthy, no_signed, "publish", NULL, NULL, "no signed file" },
	{ "rollback_without_a_past", &healthy, NULL, "rollback", NULL, NULL, "no earlier DNSKEY set" },
	{ "add_a_ds_that_is_there", &healthy, NULL, "add-ds", "k1", NULL, "its DS is there" },
	{ "remove_a_ds_of_another_tag", &healthy, NULL, "remove-ds", "z1", NULL, "no DS of that tag" },
	{ "remove_a_ds_where_there_is_none", &ds_gone, NULL, "remove-ds", "k1", NULL, "there is no DS" },
	{ "revert_what_is_secure", &healthy, NULL, "revert-insecure", NULL, NULL, "is signed and has a DS" },
	{ "roll_ksk_by_an_unknown_method", &healthy, NULL, "roll-ksk", NULL, "triple", "double-ksk and double-ds" },
	{ "resign_what_was_never_heard", &healthy, no_answers, "resign", NULL, NULL, "not known" },
	{ "resign_without_any_dnskey_seen", &healthy, no_dnskey, "resign", NULL, NULL, "not known" },
	{ "chmod_is_no_plan", &healthy, NULL, "chmod", NULL, NULL, "no plan does this" },
	{ "edit_is_no_plan", &healthy, NULL, "edit", NULL, NULL, "no plan does this" },
};

static void
refused_test(void **state)
{
	const struct refused *r = *state;
	struct pw_made *m = world_of(r->world, r->spoil);
	struct err e = { 0 };

	assert_null(make(m, r->action, r->key, r->method, NULL, &e));
	if (!strstr(e.seen, r->reason))
		print_message("%s: %s\n", e.object, e.seen);
	assert_non_null(strstr(e.seen, r->reason));
	pw_free(m);
}

/* ---- plans that are good ---- */

struct good {
	const char *name;
	const struct pw *world;
	pw_spoil *spoil;
	const char *action, *key, *method;
	int stage; /* 0: none */
	const char *name_of_stage; /* part of it */
	enum step_kind has;
};

static const struct good good[] = {
	{ "wait", &healthy, NULL, "wait", NULL, NULL, 0, "", STEP_WAIT },
	{ "look", &healthy, NULL, "look", NULL, NULL, 0, "", STEP_MANUAL },
	{ "resign", &healthy, NULL, "resign", NULL, NULL, 0, "", STEP_SIGN },
	{ "resign_rrset", &healthy, NULL, "resign-rrset", NULL, NULL, 0, "", STEP_SIGN },
	{ "repair_serial", &healthy, NULL, "repair-serial", NULL, NULL, 0, "", STEP_SIGN },
	{ "loose_clock_passes", &healthy, loose_clock, "resign", NULL, NULL, 0, "", STEP_SIGN },
	{ "extend_zsk", &zsk_ended, NULL, "extend-zsk", "z1", NULL, 0, "", STEP_EDIT_TIMING },
	{ "restore_key_after_a_swap", &zsk_swapped, NULL, "restore-key", "z1", NULL, 0, "", STEP_SIGN },
	{ "double_sign_after_a_swap", &zsk_swapped, NULL, "double-sign", NULL, NULL, 0, "", STEP_SIGN },
	{ "prepublish_zsk", &healthy, NULL, "prepublish-zsk", NULL, NULL, 0, "", STEP_GENERATE_KEY },
	{ "roll_zsk_1", &healthy, NULL, "roll-zsk", NULL, NULL, 1, "publish a new ZSK", STEP_GENERATE_KEY },
	{ "roll_zsk_2", &spare_zsk, NULL, "roll-zsk", NULL, NULL, 2, "sign with ZSK", STEP_SIGN },
	{ "roll_zsk_3", &zsk_rolled, NULL, "roll-zsk", NULL, NULL, 3, "remove ZSK", STEP_SIGN },
	{ "new_ksk", &healthy, NULL, "new-ksk", NULL, NULL, 0, "", STEP_GENERATE_KEY },
	{ "roll_ksk_1", &healthy, NULL, "roll-ksk", NULL, NULL, 1, "add a new KSK", STEP_GENERATE_KEY },
	{ "roll_ksk_2", &spare_ksk, NULL, "roll-ksk", NULL, NULL, 2, "add the DS of KSK", STEP_REGISTRAR },
	{ "roll_ksk_3", &two_ksk, NULL, "roll-ksk", NULL, NULL, 3, "remove the DS of KSK", STEP_REGISTRAR },
	{ "roll_ksk_4", &ds_swapped, NULL, "roll-ksk", NULL, NULL, 4, "remove KSK", STEP_SIGN },
	{ "roll_ksk_double_ds_1", &healthy, NULL, "roll-ksk", NULL, "double-ds", 1, "not published yet",
		STEP_REGISTRAR },
	{ "roll_algorithm_1", &healthy, NULL, "roll-algorithm", NULL, NULL, 1, "sign everything",
		STEP_GENERATE_KEY },
	{ "add_ds", &spare_ksk, NULL, "add-ds", "k2", NULL, 0, "", STEP_REGISTRAR },
	{ "go_insecure_2", &ds_gone, NULL, "go-insecure", NULL, NULL, 2, "unsign", STEP_SIGN },
	{ "revert_insecure", &ds_gone, NULL, "revert-insecure", NULL, NULL, 0, "", STEP_REGISTRAR },
	{ "flush_own", &zsk_swapped, NULL, "flush-own", NULL, NULL, 0, "", STEP_MANUAL },
	{ "resign_of_a_managed_zone_is_manual", &healthy, managed, "resign", NULL, NULL, 0, "", STEP_MANUAL },
};

static void
same_from_file(struct arena *a, const struct plan *p)
{
	char first[PLAN_HASH], second[PLAN_HASH], line[1200];
	struct err e = { 0 };
	char *text = plan_print(p);
	const struct plan *q = plan_from_json(a, text, strlen(text), &e);

	if (!q)
		print_message("%s\n", err_str(&e, line, sizeof line));
	assert_non_null(q);
	plan_hash(p, first);
	plan_hash(q, second);
	assert_string_equal(first, second);
	assert_int_equal(strlen(first), 64);
	free(text);
}

static void
good_test(void **state)
{
	const struct good *g = *state;
	struct pw_made *m = world_of(g->world, g->spoil);
	struct text script = { 0 };
	struct err e = { 0 };
	bool has = false;
	const struct plan *p = make(m, g->action, g->key, g->method, NULL, &e);

	if (!p)
		print_message("%s: %s\n", e.object, e.seen);
	assert_non_null(p);
	for (size_t i = 0; i < p->guards.n; i++)
		if (p->guards.v[i].verdict != GUARD_PASS)
			print_message("%s: %s\n", p->guards.v[i].id, p->guards.v[i].reason);
	assert_int_equal(plan_verdict(p), GUARD_PASS);
	assert_false(p->prediction.breaks);
	assert_int_equal(p->stage.number, g->stage);
	if (g->stage)
		assert_non_null(strstr(p->stage.name, g->name_of_stage));
	for (size_t i = 0; i < p->steps.n; i++)
		has |= p->steps.v[i].kind == g->has;
	assert_true(has);
	same_from_file(m->a, p);
	assert_remade(m, p, NULL, NULL);
	plan_script(&script, p);
	assert_true(script.len > 100);
	text_free(&script);
	pw_free(m);
}

/* ---- plan files that are refused ---- */

struct spoilt {
	const char *name, *from, *to; /* the first FROM in the file becomes TO */
	const char *object, *expected; /* parts of the error */
};

static const struct spoilt spoilt[] = {
	{ "file_not_json", "{", "[", "plan", "" },
	{ "file_other_schema", "unbogus.plan/1", "unbogus.plan/2", "schema", "unbogus.plan/1" },
	{ "file_unknown_member", "\"action\":", "\"akcion\":", "akcion", "no such member" },
	{ "file_missing_member", "\"reason\": \"\",", "", "reason", "a member of this name" },
	{ "file_text_for_a_number", "\"ttl_ds\": 86400", "\"ttl_ds\": \"86400\"", "ttl_ds", "an integer" },
	{ "file_number_out_of_range", "\"dnskey_limit\": 1232", "\"dnskey_limit\": 12", "dnskey_limit", "512" },
	{ "file_time_without_zone", "\"made\": \"2026-01-15T12:00:00Z\"", "\"made\": \"2026-01-15 12:00\"",
		"made", "a time" },
	{ "file_unknown_kind_of_input", "\"kind\": \"key-file\"", "\"kind\": \"key\"", "inputs[0].kind",
		"one of its words" },
	{ "file_unknown_kind_of_step", "\"kind\": \"sign\"", "\"kind\": \"sing\"", ".kind", "one of its words" },
	{ "file_hash_too_short", "\"sha256\": \"", "\"sha256\": \"0", "inputs", "64 hexadecimal" },
	{ "file_steps_out_of_order", "\"n\": 1,", "\"n\": 2,", "steps", "numbers in order" },
	{ "file_sign_without_serial", "\"serial\": 2026010101,\n   \"validity\"", "\"serial\": -1,\n   \"validity\"",
		"serial", "a serial" },
	{ "file_sign_without_signer", "\"signer\": \"built-in\"", "\"signer\": \"\"", "signer", "signer" },
	{ "file_key_made_by_no_step", "\"made_by\": 0", "\"made_by\": 1", "keys", "the earlier step" },
	{ "file_key_tag_too_large", "\"tag\": -1,\n \"reason\"", "\"tag\": 70000,\n \"reason\"", "tag", "65535" },
	{ "file_replace_without_file", "\"file\": \"/tmp", "\"fiel\": \"/tmp", "fiel", "no such member" },
	{ "file_zone_without_dot", "\"zone\": \"zone.example.\"", "\"zone\": \"zone.example\"", "zone",
		"zone.example." },
	{ "file_zone_is_no_name", "\"zone\": \"zone.example.\"", "\"zone\": \"zone..example.\"", "", "" },
	{ "file_without_phrase", "\"text\": \"zone.example\"", "\"text\": \"\"", "phrase.text", "a phrase" },
	{ "file_with_an_escape", "\"title\": \"", "\"title\": \"\\u001b[2J", "title", "printable" },
	{ "file_with_a_bidi_character", "\"title\": \"", "\"title\": \"\\u202e", "title", "printable" },
	{ "file_with_a_member_twice", "\"zone\": \"zone.example.\",",
		"\"zone\": \"zone.example.\", \"zone\": \"zone.example.\",", "plan", "" },
	{ "file_made_before_its_snapshot", "\"made\": \"2026-01-15T12", "\"made\": \"2026-01-15T11", "made",
		"after its snapshot" },
	{ "file_bool_as_number", "\"breaks\": false", "\"breaks\": 0", "breaks", "true or false" },
	{ "file_list_as_object", "\"parent_ds\": [", "\"parent_ds\": [1, ", "parent_ds[0]", "a string" },
};

static struct pw_made *healthy_world; /* made once: nothing changes it */

static int
set_up(void **state)
{
	(void)state;
	healthy_world = world_of(&healthy, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pw_free(healthy_world);
	pw_worlds_free();
	return 0;
}

static void
spoilt_test(void **state)
{
	const struct spoilt *s = *state;
	struct pw_made *m = healthy_world;
	struct err e = { 0 };
	struct text out = { 0 };
	char *text = plan_print(make(m, "resign", NULL, NULL, NULL, &e));
	char *at = strstr(text, s->from), line[1200];

	assert_non_null(at);
	text_add_n(&out, text, (size_t)(at - text));
	text_add(&out, "%s%s", s->to, at + strlen(s->from));
	assert_null(plan_from_json(m->a, out.s, out.len, &e));
	if (!strstr(e.object, s->object) || !strstr(e.expected, s->expected))
		print_message("%s\n", err_str(&e, line, sizeof line));
	assert_non_null(strstr(e.object, s->object));
	assert_non_null(strstr(e.expected, s->expected));
	text_free(&out);
	free(text);
}

static void
too_large(void **state)
{
	struct arena *a = arena_new();
	struct err e = { 0 };

	(void)state;
	assert_null(plan_from_json(a, "{}", PLAN_MAX + 1, &e));
	assert_int_equal(e.code, ERR_LIMIT);
	arena_free(a);
}

/* What a diagnosis advises or warns of is in the table of actions. */
static void
advice_is_an_action(void **state)
{
	size_t n = 0;

	(void)state;
	for (const char *name; (name = words_action(n)); n++) {
		if (!action_find(name))
			print_message("%s is no action\n", name);
		assert_non_null(action_find(name));
	}
	assert_true(n > 50);
}

/* ---- the world moved ---- */

struct moved {
	const char *name;
	enum input_kind kind;
};

static const struct moved moved[] = {
	{ "moved_key_file", INPUT_KEY_FILE },
	{ "moved_zone_file", INPUT_ZONE_FILE },
	{ "moved_signed_file", INPUT_SIGNED_FILE },
	{ "moved_source", INPUT_SOURCE },
	{ "moved_served_dnskey", INPUT_SERVED_DNSKEY },
	{ "moved_served_serial", INPUT_SERVED_SERIAL },
	{ "moved_parent_ds", INPUT_PARENT_DS },
};

static void
moved_test(void **state)
{
	const struct moved *v = *state;
	struct pw_made *m = healthy_world;
	struct err e = { 0 };
	const struct plan *p = make(m, "resign", NULL, NULL, NULL, &e);
	struct plan *q = arena_memdup(m->a, p, sizeof *p);
	bool found = false;

	assert_null(plan_moved(p, q));
	q->inputs.v = arena_memdup(m->a, p->inputs.v, p->inputs.n * sizeof *p->inputs.v);
	for (size_t i = 0; i < q->inputs.n && !found; i++)
		if (q->inputs.v[i].kind == v->kind) {
			char *hash = arena_strdup(m->a, q->inputs.v[i].sha256);
			hash[0] = hash[0] == '0' ? '1' : '0';
			q->inputs.v[i].sha256 = hash;
			found = true;
		}
	assert_true(found);
	assert_non_null(plan_moved(p, q));
	assert_int_equal(plan_moved(p, q)->kind, v->kind);
	/* one that is gone, and one that is new, count too */
	q->inputs.n = 0;
	assert_non_null(plan_moved(p, q));
	assert_non_null(plan_moved(q, p));
}

/* A script runs in a shell: a folder's name stays a word, whatever is in it. */
static void
script_quotes_the_key_folder(void **state)
{
	static const struct { const char *file, *word; } folders[] = { { "/k; reboot/Kz.key", " -K '/k; reboot' " },
		{ "/k/Kz.key", " -K /k " }, { "/Kz.key", " -K / " }, { "Kz.key", " -K . " } };
	struct pw_made *m = healthy_world;
	struct err e = { 0 };
	struct plan *p = arena_memdup(m->a, make(m, "resign", NULL, NULL, NULL, &e), sizeof *p);
	struct plan_step *sign = NULL;

	(void)state;
	p->steps.v = arena_memdup(m->a, p->steps.v, p->steps.n * sizeof *p->steps.v);
	for (size_t i = 0; i < p->steps.n; i++)
		if (p->steps.v[i].kind == STEP_SIGN)
			sign = &p->steps.v[i];
	assert_non_null(sign);
	assert_true(sign->keys.n > 0);
	sign->keys.v = arena_memdup(m->a, sign->keys.v, sign->keys.n * sizeof *sign->keys.v);
	for (size_t i = 0; i < COUNT(folders); i++) {
		struct text script = { 0 };
		sign->keys.v[0].file = folders[i].file;
		plan_script(&script, p);
		assert_non_null(strstr(text_str(&script), folders[i].word));
		text_free(&script);
	}
}

/* ---- running them by name ---- */


int
main(void)
{
	static struct CMUnitTest tests[2 * COUNT(guarded) + COUNT(edited) + COUNT(refused) + COUNT(good) + COUNT(spoilt) +
		COUNT(moved) + 3];
	size_t n = 0;

	for (size_t i = 0; i < COUNT(guarded); i++)
		tests[n++] = (struct CMUnitTest){ guarded[i].name, guard_test, NULL, NULL, (void *)(uintptr_t)&guarded[i] };
	for (size_t i = 0; i < COUNT(guarded); i++)
		if (!is_judged_elsewhere(&guarded[i]))
			tests[n++] = (struct CMUnitTest){ lowered_name(guarded[i].name), lowered_test, NULL, NULL,
				(void *)(uintptr_t)&guarded[i] };
	for (size_t i = 0; i < COUNT(edited); i++)
		tests[n++] = (struct CMUnitTest){ edited[i].name, edited_test, NULL, NULL, (void *)(uintptr_t)&edited[i] };
	for (size_t i = 0; i < COUNT(refused); i++)
		tests[n++] = (struct CMUnitTest){ refused[i].name, refused_test, NULL, NULL, (void *)(uintptr_t)&refused[i] };
	for (size_t i = 0; i < COUNT(good); i++)
		tests[n++] = (struct CMUnitTest){ good[i].name, good_test, NULL, NULL, (void *)(uintptr_t)&good[i] };
	for (size_t i = 0; i < COUNT(spoilt); i++)
		tests[n++] = (struct CMUnitTest){ spoilt[i].name, spoilt_test, NULL, NULL, (void *)(uintptr_t)&spoilt[i] };
	for (size_t i = 0; i < COUNT(moved); i++)
		tests[n++] = (struct CMUnitTest){ moved[i].name, moved_test, NULL, NULL, (void *)(uintptr_t)&moved[i] };
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(too_large);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(advice_is_an_action);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(script_quotes_the_key_folder);
	return _cmocka_run_group_tests("plan", tests, n, set_up, tear_down);
}
