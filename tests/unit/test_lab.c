/* The lab's oracles: the table of states of mozilla.org, 2013-05-15 (incidents.md, I12), by the
 * verdicts that the simulated validators use; what hands do; hostile scenario files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lab/coach.h"
#include "lab/respond.h"

static struct scenario *
load(const char *name, const char *variant)
{
	const char *src = getenv("SRCDIR");
	struct text problems = { 0 };
	char path[4096];

	snprintf(path, sizeof path, "%s/share/scenarios/%s.yaml", src ? src : ".", name);
	struct scenario *s = scenario_load(path, 0, variant, &problems);
	if (!s)
		fprintf(stderr, "%s", text_str(&problems));
	text_free(&problems);
	assert_non_null(s);
	return s;
}

struct lab {
	struct scenario *s;
	struct world *w;
	struct crowd *c;
};

static void
open_lab(struct lab *l, const char *name)
{
	struct err e = { 0 };

	l->s = load(name, NULL);
	l->w = world_new(l->s, "", &e);
	assert_non_null(l->w);
	l->c = crowd_new(l->w, 100);
}

static void
close_lab(struct lab *l)
{
	crowd_free(l->c);
	world_free(l->w);
	scenario_free(l->s);
}

/* DS version, DNSKEY version, data version, at a moment. */
static enum verdict
sees(struct lab *l, int ds, int keys, int data, const char *at)
{
	int64_t t = 0;

	assert_true(clock_parse(at, &t));
	return crowd_verdict(l->c, &l->w->parents.v[ds], &l->w->zones.v[keys], &l->w->zones.v[data], "strict", t,
		NULL);
}

static keyset
keys(const struct lab *l, const char *a, const char *b, const char *c, const char *d)
{
	const char *const ids[] = { a, b, c, d };
	keyset out = 0;

	for (int i = 0; i < 4; i++)
		if (ids[i])
			out |= 1u << world_key(l->w, ids[i]);
	return out;
}

/* Another version of 17:27; returns its index. */
static int
what_if(struct lab *l, keyset publish, keyset sign_keys, keyset sign_data)
{
	struct lab_signing g = { .publish = publish, .sign_keys = sign_keys, .sign_data = sign_data,
		.serial = 2013051509 };
	struct err e = { 0 };

	clock_parse("2013-05-16T00:27:04Z", &g.t);
	g.inception = g.t / USEC - 3600;
	g.expiration = g.t / USEC + 30 * 86400;
	assert_true(world_sign(l->w, &g, &e));
	return (int)l->w->zones.n - 1;
}

static void
test_mozilla_table(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, "mozilla-2013");
	/* step: a cold validator, then one that is warm with what was there before */
	assert_int_equal(sees(&l, 0, 0, 0, "2013-05-15T22:32:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 1, 0, 0, "2013-05-15T23:53:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 0, 0, 0, "2013-05-15T23:53:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 1, 1, 1, "2013-05-16T00:28:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 0, 0, 1, "2013-05-16T00:28:00Z"), VERDICT_BOGUS);
	/* 18:25: K1 away; whoever holds the DS of yesterday fails */
	assert_int_equal(sees(&l, 1, 2, 2, "2013-05-16T01:26:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 0, 2, 2, "2013-05-16T01:26:00Z"), VERDICT_BOGUS);
	/* Z1 kept in the set, only Z2 signs: no help for caches */
	keyset k12 = keys(&l, "ksk-old", "ksk-new", NULL, NULL);
	int v = what_if(&l, keys(&l, "ksk-old", "ksk-new", "zsk-old", "zsk-new"), k12,
		keys(&l, "zsk-new", NULL, NULL, NULL));
	assert_int_equal(sees(&l, 1, v, v, "2013-05-16T00:28:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 0, 0, v, "2013-05-16T00:28:00Z"), VERDICT_BOGUS);
	/* signed with both: nobody fails */
	v = what_if(&l, keys(&l, "ksk-old", "ksk-new", "zsk-old", "zsk-new"), k12,
		keys(&l, "zsk-old", "zsk-new", NULL, NULL));
	assert_int_equal(sees(&l, 1, v, v, "2013-05-16T00:28:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 0, 0, v, "2013-05-16T00:28:00Z"), VERDICT_SECURE);
	/* golden, and the way back at 17:30: the same Z1 */
	v = what_if(&l, keys(&l, "ksk-old", "zsk-old", "zsk-new", NULL), keys(&l, "ksk-old", NULL, NULL, NULL),
		keys(&l, "zsk-old", NULL, NULL, NULL));
	assert_int_equal(sees(&l, 0, v, v, "2013-05-16T00:28:00Z"), VERDICT_SECURE);
	assert_int_equal(sees(&l, 0, 0, v, "2013-05-16T00:28:00Z"), VERDICT_SECURE);
	close_lab(&l);
}

static void
test_populations(void **state)
{
	struct lab l;
	struct crowd_state s;
	int64_t t;

	(void)state;
	open_lab(&l, "mozilla-2013");
	clock_parse("2013-05-16T00:20:00Z", &t);
	crowd_at(l.c, t, &s);
	assert_true(s.broken == 0);
	clock_parse("2013-05-16T00:28:00Z", &t);
	crowd_at(l.c, t, &s);
	assert_true(s.broken > 80 && s.total == 100); /* nearly every cache holds the old set */
	clock_parse("2013-05-16T00:57:00Z", &t);
	crowd_at(l.c, t, &s);
	assert_true(s.broken > 30 && s.broken < 70); /* half of the TTL is over */
	clock_parse("2013-05-16T01:24:50Z", &t);
	crowd_at(l.c, t, &s);
	assert_true(s.broken < 10);
	close_lab(&l);
}

static const char *
act(struct lab *l, const char *step, bool *ok)
{
	struct hands_result r;
	struct err e = { 0 };

	assert_true(hands_do(l->w, l->s->t_train, step, &r, &e));
	*ok = r.done;
	return r.text;
}

static void
test_hands(void **state)
{
	struct lab l;
	bool ok;

	(void)state;
	open_lab(&l, "mozilla-2013");
	world_train(l.w);
	size_t zones = l.w->zones.n;
	assert_non_null(strstr(act(&l, "resign", &ok), "cannot find SOA RRSIGs"));
	assert_false(ok);
	assert_int_equal(l.w->zones.n, zones);
	act(&l, "new-ksk ksk-new", &ok);
	assert_false(ok); /* the key is there, the signer refuses all the same */
	act(&l, "add-ds ksk-new", &ok);
	assert_true(ok);
	act(&l, "add-ds", &ok);
	assert_true(ok);
	assert_non_null(strstr(act(&l, "remove-ds ksk-new", &ok), "no more than 2 DS changes"));
	assert_false(ok);
	act(&l, "extend-zsk ksk-old", &ok);
	assert_false(ok); /* a KSK */
	act(&l, "extend-zsk 25548", &ok);
	assert_true(ok);
	assert_int_equal(l.w->zones.v[l.w->zones.n - 1].serial, 2013051500);
	world_train(l.w);
	assert_int_equal(l.w->zones.n, zones);
	close_lab(&l);
}

static void
test_branch(void **state)
{
	struct lab l;
	struct err e = { 0 };

	(void)state;
	open_lab(&l, "mozilla-2013");
	struct play *p = play_new(l.w, 100);
	assert_true(play_do(p, "swap-zsk", NULL, &e));
	play_advance(p, p->now + 600 * USEC);
	assert_true(p->broken > 50);
	assert_true(play_branch_back(p, &e));
	play_advance(p, p->now + 600 * USEC);
	assert_true(p->broken == 0 && p->broken_minutes == 0 && p->branches == 1);
	assert_false(play_branch_back(p, &e)); /* nothing is left that changed anything */
	play_free(p);
	close_lab(&l);
}

static void
test_respond(void **state)
{
	static const uint8_t soa[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
		"\x07mozilla\x03org\x00\x00\x06\x00\x01";
	static uint8_t out[RESPOND_MAX];
	struct lab l;

	(void)state;
	open_lab(&l, "mozilla-2013");
	size_t n = respond(l.w, RESPOND_ALL, l.s->t_moment, soa, sizeof soa - 1, false, out);
	assert_true(n > 60 && out[0] == 0x12 && out[1] == 0x34 && (out[2] & 0x84) == 0x84 && (out[3] & 15) == 0);
	assert_int_equal(out[7], 1);
	assert_int_equal(respond(l.w, RESPOND_ALL, l.s->t_moment, out, n, false, out), 0); /* a reply */
	for (size_t cut = 0; cut < sizeof soa - 1; cut++)
		(void)respond(l.w, RESPOND_ALL, l.s->t_moment, soa, cut, true, out);
	close_lab(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mozilla_table), cmocka_unit_test(test_populations),
		cmocka_unit_test(test_hands), cmocka_unit_test(test_branch), cmocka_unit_test(test_respond) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
