/* model: names, the stream's round trip, snapshots from prefixes, version lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "model/backlog.h"
#include "model/facts.h"
#include "model/history.h"
#include "model/snapshot.h"
#include "model/stream.h"

static struct name
name_of(const char *s)
{
	struct name n;

	assert_true(name_from_text(&n, s, NULL));
	return n;
}

static void
names_compare_in_canonical_order(void **state)
{
	/* RFC 4034 6.1 */
	static const char *const order[] = { "example.", "a.example.", "yljkjljk.a.example.",
		"Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.", "*.z.example.",
		"\\200.z.example." };
	char text[NAME_MAX_TEXT];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof order / sizeof *order; i++) {
		struct name a = name_of(order[i]), b = name_of(order[i + 1]);
		assert_true(name_cmp(&a, &b) < 0 && name_cmp(&b, &a) > 0);
		assert_true(name_at_or_below(&a, &name_root));
	}
	struct name n = name_of("a\\.b\\027.Ex."), up;
	assert_string_equal(name_to_text(text, &n), "a\\.b\\027.Ex.");
	struct name ex = name_of("eX."), other = name_of("x.");
	assert_true(name_at_or_below(&n, &ex) && !name_at_or_below(&n, &other));
	assert_true(name_parent(&n, &up) && name_equal(&up, &ex));
	assert_false(name_from_text(&n, "a..b", NULL));
	assert_false(name_from_text(&n, "\\999.b", NULL));
}

static void
push_rr(struct obs *o, struct rr_list *list, const char *text)
{
	struct rr rr;

	assert_true(rr_from_text(o->arena, text, 0, &rr, NULL));
	arena_push(o->arena, list, rr);
}

static struct obs *
answer(int64_t seconds, enum probe probe, enum role role, const char *cut, const char *address,
	const char *const *rrs)
{
	struct name zone = name_of("example.org.");
	struct obs *o = obs_new(FACT_ANSWER, seconds * USEC, "net", &zone);
	struct fact_answer *f = &o->u.answer;

	f->probe = probe;
	f->at = (struct endpoint){ .ns = "ns1.example.org.", .address = address, .port = 53,
		.role = role, .cut = name_of(cut) };
	f->qname = zone;
	f->qtype = probe == PROBE_DNSKEY ? T_DNSKEY : probe == PROBE_DS ? T_DS : T_SOA;
	f->aa = true;
	f->nsid = "a\x1b[31mb";
	for (; rrs && *rrs; rrs++)
		push_rr(o, &f->rrs, *rrs);
	return o;
}

static const char *const key_a[] = { "example.org. 3600 IN DNSKEY 257 3 13 "
	"mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==", NULL };
static const char *const key_b[] = { "example.org. 3600 IN DNSKEY 256 3 13 "
	"oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==", NULL };

static void
take(void *ctx, struct obs *o)
{
	struct obs **slot = ctx;

	obs_unref(*slot);
	*slot = o;
}

static void
a_fact_survives_the_stream(void **state)
{
	struct obs *o = answer(1368661471, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.1", key_a);
	struct obs *got = NULL;
	struct text first = { 0 }, second = { 0 };
	struct stream_reader r = { .on_obs = take, .ctx = &got };

	(void)state;
	stream_write(&first, o);
	/* byte by byte, as a pipe may give it */
	for (size_t i = 0; i < first.len; i++)
		stream_feed(&r, first.s + i, 1);
	stream_end(&r);
	assert_non_null(got);
	stream_write(&second, got);
	assert_string_equal(text_str(&first), text_str(&second));
	assert_int_equal(got->u.answer.rrs.n, 1);
	assert_int_equal(dnskey_tag(got->u.answer.rrs.v[0].rdata, got->u.answer.rrs.v[0].rdlen),
		dnskey_tag(o->u.answer.rrs.v[0].rdata, o->u.answer.rrs.v[0].rdlen));
	obs_unref(o);
	obs_unref(got);
	text_free(&first);
	text_free(&second);
}

struct tally {
	struct ledger *l;
	unsigned bad;
	uint64_t line;
};

static void
add(void *ctx, struct obs *o)
{
	ledger_add(((struct tally *)ctx)->l, o);
	obs_unref(o);
}

static void
count_bad(void *ctx, uint64_t line, const struct err *e)
{
	struct tally *t = ctx;

	assert_true(text_is_clean(e->seen) && text_is_clean(e->object));
	t->bad++;
	t->line = line;
}

static void
a_malformed_line_is_named_and_skipped(void **state)
{
	struct tally t = { .l = ledger_new() };
	struct stream_reader r = { .on_obs = add, .on_bad = count_bad, .ctx = &t };
	struct text s = { 0 };
	struct obs *o = answer(1368661471, PROBE_SOA, ROLE_CHILD, "example.org.", "192.0.2.1", NULL);

	(void)state;
	stream_write(&s, o);
	text_add(&s, "{\"v\":1,\"t\":\"yesterday\"}\n");
	stream_write(&s, o);
	text_add(&s, "\x1b]0;x\x07\n{\"v\":1,\"t\":\"2013-05-15T00:00:00Z\",\"by\":\"x\",\"zone\":null,\"fact\":\"newer\"}");
	stream_feed(&r, s.s, s.len);
	stream_end(&r);
	assert_int_equal(t.bad, 2);
	assert_int_equal(t.line, 4);
	assert_int_equal(r.good, 3);
	struct snapshot *snap = ledger_snapshot(t.l, ledger_latest(t.l));
	assert_int_equal(snap->other_facts, 1);
	assert_int_equal(snapshot_child(snap)->n, 1);
	ledger_free(t.l);
	assert_string_equal(snap->cuts[0].servers[0].at.address, "192.0.2.1"); /* outlives the ledger */
	snapshot_unref(snap);
	obs_unref(o);
	text_free(&s);
}

static void
feed(struct ledger *l, struct obs *o)
{
	ledger_add(l, o);
	obs_unref(o);
}

static void
a_version_ends_when_the_last_server_leaves_it(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	feed(l, answer(1000, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.1", key_a));
	feed(l, answer(1000, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.2", key_a));
	feed(l, answer(1100, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.1", key_b));
	struct snapshot *s = ledger_snapshot(l, 1150 * USEC);
	assert_int_equal(s->history.dnskey.n, 2);
	assert_true(s->history.dnskey.v[0].off == TIME_NEVER || s->history.dnskey.v[1].off == TIME_NEVER);
	snapshot_unref(s);
	feed(l, answer(1200, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.2", key_b));
	s = ledger_snapshot(l, 1250 * USEC);
	assert_int_equal(s->history.dnskey.n, 2);
	assert_int_equal(s->history.dnskey.v[0].off, 1200);
	assert_int_equal(s->history.dnskey.v[0].ttl, 3600);
	assert_int_equal(s->history.dnskey.v[1].off, TIME_NEVER);
	snapshot_unref(s);
	ledger_free(l);
}

static void
a_set_that_only_a_cache_holds_is_inferred(void **state)
{
	struct ledger *l = ledger_new();
	struct name zone = name_of("example.org.");
	struct obs *v = obs_new(FACT_VANTAGE, 1000 * USEC, "net", &zone);
	struct obs *r = obs_new(FACT_RESOLVE, 1001 * USEC, "net", &zone);

	(void)state;
	v->u.vantage.name = "isp";
	r->u.resolve = (struct fact_resolve){ .vantage = "isp", .question = VQ_DNSKEY, .qname = zone,
		.qtype = T_DNSKEY, .cd = true };
	push_rr(r, &r->u.resolve.rrs, key_a[0]);
	r->u.resolve.rrs.v[0].ttl = 600; /* no RRSIG with it: 600 is all that is known */
	feed(l, answer(1000, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.1", key_b));
	feed(l, v);
	feed(l, r);
	struct snapshot *s = ledger_snapshot(l, 1002 * USEC);
	assert_int_equal(s->history.dnskey.n, 2);
	assert_true(s->history.dnskey.v[0].inferred);
	assert_true(s->history.dnskey.v[0].off >= 1001 && s->history.dnskey.v[0].off != TIME_NEVER);
	assert_false(s->history.dnskey.v[1].inferred);
	snapshot_unref(s);
	ledger_free(l);
}

/* ---- what is remembered ---- */

static struct obs *
round_obs(int64_t seconds, bool end)
{
	struct name zone = name_of("example.org.");
	struct obs *o = obs_new(FACT_ROUND, seconds * USEC, "net", &zone);

	o->u.round.what = "full";
	o->u.round.end = end;
	return o;
}

static struct obs *
silence(int64_t seconds, const char *address)
{
	struct name zone = name_of("example.org.");
	struct obs *o = obs_new(FACT_NO_ANSWER, seconds * USEC, "net", &zone);

	o->u.no_answer = (struct fact_no_answer){ .probe = PROBE_DNSKEY, .qname = zone, .qtype = T_DNSKEY,
		.at = { .ns = "ns2.example.org.", .address = address, .port = 53, .role = ROLE_CHILD,
			.cut = zone }, .why = "timeout", .final = true };
	return o;
}

/* A DNSKEY set that was served from ON to OFF; its value is the one that answers give. */
static struct obs *
remembered(const char *const *rrs, int64_t on, int64_t off, const char *held)
{
	struct obs *a = answer(on, PROBE_DNSKEY, ROLE_CHILD, "example.org.", "192.0.2.1", rrs);
	struct obs *o = obs_new(FACT_VERSION, on * USEC, "record", &a->zone);
	uint32_t ttl;

	o->u.version = (struct fact_version){ .of = VERSION_DNSKEY, .on = on, .off = off, .ttl = 3600,
		.on_before = on - 10, .held = held, .at = a->u.answer.at, .seen = on,
		.value = rrset_value(o->arena, &a->u.answer.rrs, &a->zone, T_DNSKEY, &ttl) };
	for (; *rrs; rrs++)
		push_rr(o, &o->u.version.rrs, *rrs);
	obs_unref(a);
	return o;
}

static void
give(struct ledger *l, struct obs *o)
{
	struct text line = { 0 };
	struct obs *again;
	struct err e = { 0 };

	stream_write(&line, o); /* as another process would give it */
	again = stream_parse(text_str(&line), line.len, &e);
	assert_non_null(again);
	ledger_add(l, again);
	obs_unref(again);
	obs_unref(o);
	text_free(&line);
}

static struct obs *
served(int64_t seconds, const char *address, const char *const *rrs)
{
	return answer(seconds, PROBE_DNSKEY, ROLE_CHILD, "example.org.", address, rrs);
}

static void
versions_begin_and_end_with_complete_looks(void **state)
{
	struct ledger *l = ledger_new();

	(void)state;
	give(l, round_obs(1000, false));
	give(l, served(1000, "192.0.2.1", key_a));
	give(l, served(1001, "192.0.2.2", key_a));
	give(l, round_obs(1002, true));
	give(l, served(1060, "192.0.2.1", key_a));
	give(l, served(1065, "192.0.2.2", key_a));
	give(l, served(1120, "192.0.2.1", key_b)); /* new here, ns2 was seen without it at 1065 */
	struct snapshot *s = ledger_snapshot(l, 1130 * USEC);
	assert_int_equal(s->history.dnskey.n, 2);
	assert_int_equal(s->history.dnskey.v[0].off, TIME_NEVER); /* ns2 may still serve it */
	assert_int_equal(s->history.dnskey.v[1].on, 1120);
	assert_int_equal(s->history.dnskey.v[1].on_before, 1060);
	snapshot_unref(s);
	/* ns2 falls silent: it goes on counting, through complete looks too */
	give(l, round_obs(1200, false));
	give(l, served(1200, "192.0.2.1", key_b));
	give(l, silence(1203, "192.0.2.2"));
	give(l, round_obs(1204, true));
	s = ledger_snapshot(l, 1210 * USEC);
	assert_int_equal(s->history.dnskey.v[0].off, TIME_NEVER);
	snapshot_unref(s);
	give(l, served(1500, "192.0.2.2", key_b));
	s = ledger_snapshot(l, 1510 * USEC);
	assert_int_equal(s->history.dnskey.v[0].off, 1500);
	snapshot_unref(s);
	ledger_margin(l, 60); /* behind an anycast address some may go on for a while */
	s = ledger_snapshot(l, 1510 * USEC);
	assert_int_equal(s->history.dnskey.v[0].off, 1560);
	assert_int_equal(s->history.dnskey.v[1].off, TIME_NEVER);
	snapshot_unref(s);
	ledger_free(l);
}

static void
what_is_remembered_goes_before_what_is_seen(void **state)
{
	struct name zone = name_of("example.org.");
	struct ledger *l = ledger_new();
	struct obs *h = obs_new(FACT_HISTORY, 5000 * USEC, "record", &zone);

	(void)state;
	h->u.history = (struct fact_history){ .store = "memory", .since = 100, .looked = 4000 };
	give(l, h);
	give(l, remembered(key_a, 100, 2000, NULL));
	give(l, remembered(key_b, 2000, TIME_NEVER, "192.0.2.1 53 1970-01-01T01:06:40Z"));
	give(l, round_obs(5000, false));
	give(l, served(5000, "192.0.2.1", key_b));
	give(l, served(4000, "192.0.2.1", key_a)); /* older than what is remembered of it */
	give(l, round_obs(5001, true));
	struct snapshot *s = ledger_snapshot(l, 5002 * USEC);
	assert_int_equal(s->history.since, 100);
	assert_int_equal(s->history.dnskey.n, 2);
	assert_int_equal(s->history.dnskey.v[0].on, 100);
	assert_int_equal(s->history.dnskey.v[0].off, 2000);
	assert_non_null(s->history.dnskey.v[0].sample);
	assert_false(s->history.dnskey.v[0].inferred);
	assert_int_equal(s->history.dnskey.v[1].on, 2000);
	assert_int_equal(s->history.dnskey.v[1].off, TIME_NEVER);
	assert_int_equal(s->events.n, 2); /* both changes are in the timeline, once */
	snapshot_unref(s);
	/* told again, as by a record that was restarted: nothing new */
	give(l, remembered(key_a, 100, 2000, NULL));
	give(l, remembered(key_b, 2000, TIME_NEVER, NULL));
	s = ledger_snapshot(l, 5003 * USEC);
	assert_int_equal(s->history.dnskey.n, 2);
	assert_int_equal(s->events.n, 2);
	snapshot_unref(s);
	ledger_free(l);
}

static void
a_remembered_version_that_nobody_holds_is_closed(void **state)
{
	(void)state;
	for (int silent = 0; silent < 2; silent++) {
		struct ledger *l = ledger_new();
		/* held by an address that left the zone while nobody watched */
		give(l, remembered(key_a, 100, TIME_NEVER, "192.0.2.9 53 1970-01-01T00:10:00Z"));
		give(l, round_obs(5000, false));
		give(l, served(5000, "192.0.2.1", key_b));
		if (silent)
			give(l, silence(5000, "192.0.2.9")); /* it did not leave: it is only silent */
		struct snapshot *s = ledger_snapshot(l, 5001 * USEC);
		assert_int_equal(s->history.dnskey.v[0].off, TIME_NEVER);
		snapshot_unref(s);
		give(l, round_obs(5002, true));
		s = ledger_snapshot(l, 5003 * USEC);
		if (silent)
			assert_true(s->history.dnskey.v[0].off == TIME_NEVER && s->history.dnskey.v[1].off == TIME_NEVER);
		else
			assert_true(s->history.dnskey.v[0].off == 5002);
		snapshot_unref(s);
		ledger_free(l);
	}
	/* nobody knows who held it, and one address was never heard: it may be there */
	struct ledger *l = ledger_new();
	give(l, remembered(key_a, 100, TIME_NEVER, NULL));
	give(l, round_obs(5000, false));
	give(l, served(5000, "192.0.2.1", key_b));
	give(l, silence(5000, "192.0.2.2"));
	give(l, round_obs(5002, true));
	struct snapshot *s = ledger_snapshot(l, 5003 * USEC);
	assert_int_equal(s->history.dnskey.v[0].off, TIME_NEVER);
	snapshot_unref(s);
	give(l, round_obs(6000, false));
	give(l, served(6000, "192.0.2.1", key_b));
	give(l, served(6000, "192.0.2.2", key_b));
	give(l, round_obs(6001, true));
	s = ledger_snapshot(l, 6003 * USEC);
	assert_int_equal(s->history.dnskey.v[0].off, 6001);
	snapshot_unref(s);
	ledger_free(l);
}

/* ---- the backlog ---- */

static void
into(struct ledger *l, struct backlog *b, struct obs *o)
{
	struct text line = { 0 };
	uint64_t before = ledger_changes(l);

	stream_write(&line, o);
	ledger_add(l, o);
	backlog_add(b, o, text_str(&line), line.len - 1, ledger_changes(l) != before);
	text_free(&line);
	obs_unref(o);
}

static void
reread(void *ctx, const char *line, size_t n)
{
	struct err e = { 0 };
	struct obs *o = stream_parse(line, n, &e);

	assert_non_null(o);
	ledger_add(ctx, o);
	obs_unref(o);
}

static struct obs *
key_file(int64_t t, const char *path)
{
	struct name zone = name_of("example.org.");
	struct obs *o = obs_new(FACT_KEYFILE, t * USEC, "local", &zone);

	o->u.keyfile.path = arena_strdup(o->arena, path);
	o->u.keyfile.owner = zone;
	return o;
}

static struct obs *
local_round(int64_t t, bool end)
{
	struct obs *o = round_obs(t, end);

	o->u.round.what = "local";
	return o;
}

static struct obs *
address_obs(int64_t t, const char *address)
{
	struct name zone = name_of("example.org.");
	struct obs *o = obs_new(FACT_SERVER, t * USEC, "net", &zone);

	o->u.server.at = (struct endpoint){ .ns = "ns.example.org.", .address = address, .port = 53,
		.role = ROLE_CHILD, .cut = zone };
	o->u.server.source = "referral";
	return o;
}

static void
who_joins_late_sees_the_same(void **state)
{
	struct ledger *all = ledger_new(), *late = ledger_new();
	struct backlog *b = backlog_new();

	(void)state;
	into(all, b, address_obs(990, "192.0.2.1"));
	into(all, b, address_obs(990, "192.0.2.2"));
	for (int i = 0; i < 200; i++) {
		int64_t t = 1000 + i * 10;
		into(all, b, round_obs(t, false));
		into(all, b, answer(t, PROBE_SOA, ROLE_CHILD, "example.org.", "192.0.2.1", NULL));
		into(all, b, served(t, "192.0.2.1", key_a));
		/* ns2 answers up to round 190, and is silent from then on */
		into(all, b, i < 190 ? served(t, "192.0.2.2", key_a) : silence(t, "192.0.2.2"));
		into(all, b, round_obs(t + 1, true));
		into(all, b, local_round(t + 2, false));
		into(all, b, key_file(t + 2, "a.key"));
		if (i < 195)
			into(all, b, key_file(t + 2, "b.key")); /* then it is gone */
		into(all, b, local_round(t + 3, true));
	}
	assert_true(backlog_lines(b) < 40);
	backlog_each(b, reread, late);
	struct snapshot *x = ledger_snapshot(all, 4000 * USEC), *y = ledger_snapshot(late, 4000 * USEC);
	const struct cut_state *cx = snapshot_child(x), *cy = snapshot_child(y);
	assert_int_equal(cx->n, cy->n);
	for (size_t i = 0; i < cx->n; i++)
		for (int p = 0; p < PROBE_COUNT; p++) {
			assert_true((cx->servers[i].answer[p] == NULL) == (cy->servers[i].answer[p] == NULL));
			assert_true((cx->servers[i].silence[p] == NULL) == (cy->servers[i].silence[p] == NULL));
			if (cx->servers[i].answer[p])
				assert_int_equal(cx->servers[i].answer[p]->t, cy->servers[i].answer[p]->t);
		}
	assert_int_equal(cx->servers[1].failures[PROBE_DNSKEY], 10);
	assert_int_equal(cy->servers[1].failures[PROBE_DNSKEY], 3); /* enough to be unreachable */
	assert_int_equal(x->keyfiles.n, 1);
	assert_int_equal(y->keyfiles.n, 1);
	assert_non_null(y->round_full);
	assert_int_equal(x->round_full->t, y->round_full->t);
	snapshot_unref(x);
	snapshot_unref(y);
	ledger_free(all);
	ledger_free(late);
	backlog_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_compare_in_canonical_order),
		cmocka_unit_test(a_fact_survives_the_stream),
		cmocka_unit_test(a_malformed_line_is_named_and_skipped),
		cmocka_unit_test(a_version_ends_when_the_last_server_leaves_it),
		cmocka_unit_test(a_set_that_only_a_cache_holds_is_inferred),
		cmocka_unit_test(versions_begin_and_end_with_complete_looks),
		cmocka_unit_test(what_is_remembered_goes_before_what_is_seen),
		cmocka_unit_test(a_remembered_version_that_nobody_holds_is_closed),
		cmocka_unit_test(who_joins_late_sees_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
