/* report: a diagnosis written as a plugin's output and as an exposition. Diagnoses made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "report/figures.h"
#include "report/nagios.h"
#include "report/openmetrics.h"
#include "report/planes.h"

#define NOW INT64_C(1368661471)
#define DAY INT64_C(86400)

struct fixture {
	struct diagnosis d;
	struct snapshot snap;
	struct cut_state cut;
	struct server_state server;
	struct key_row keys[2];
	struct inventory inv;
	struct finding findings[2];
	unsigned causes[1];
	struct vantage_row vantage;
	struct vantage_state vs;
	struct fact_vantage fv;
};

/* A healthy zone: a ZSK that stops in LEFT seconds, one vantage, an answer 2 s old. */
static void
healthy(struct fixture *f, int64_t left)
{
	memset(f, 0, sizeof *f);
	assert_true(name_from_text(&f->d.zone, "example.org.", NULL));
	f->snap = (struct snapshot){ .zone = f->d.zone, .now = NOW * USEC, .cuts = &f->cut, .n_cuts = 1 };
	f->cut = (struct cut_state){ .name = f->d.zone, .servers = &f->server, .n = 1 };
	f->server = (struct server_state){ .at = { .role = ROLE_CHILD, .cut = f->d.zone },
		.last_heard = (NOW - 2) * USEC };
	f->keys[0] = (struct key_row){ .tag = 25548, .alg = 8, .role = KEYROLE_ZSK, .signs_data = true,
		.ends = NOW + left, .served = 1 };
	f->inv = (struct inventory){ .rows = f->keys, .n = 1 };
	f->fv = (struct fact_vantage){ .name = "isp\"\\x", .kind = "isp" };
	f->vs.v = &f->fv;
	f->vantage = (struct vantage_row){ .v = &f->vs, .state = V_SECURE, .counted = true,
		.heard = (NOW - 4) * USEC };
	f->d.snapshot = &f->snap;
	f->d.now = NOW * USEC;
	f->d.state = STATE_OK;
	f->d.inventory = &f->inv;
	f->d.vantages = &f->vantage;
	f->d.n_vantages = 1;
	f->d.secure = 1;
	f->d.harm_until = TIME_UNSET;
}

static void
broken(struct fixture *f, enum state st, const char *id, enum severity sev, const char *headline)
{
	f->d.state = st;
	f->d.headline = headline;
	f->findings[0] = (struct finding){ .id = id, .severity = sev, .keytag = 25548,
		.text = "bars | are | harmless", .explained_by = -1 };
	f->d.findings = f->findings;
	f->d.n_findings = 1;
	f->d.causes = f->causes;
	f->d.n_causes = 1;
}

static enum state
plugin(struct fixture *f, const struct nagios_options *opt, struct text *out)
{
	text_reset(out);
	return nagios_write(out, &f->d, opt);
}

static void
test_states(void **state)
{
	static const struct {
		enum state verdict;
		int64_t left, age;
		struct nagios_options opt;
		enum state want;
	} rows[] = {
		{ STATE_OK, 40 * DAY, 2, { 0 }, STATE_OK },
		{ STATE_WARNING, 40 * DAY, 2, { 0 }, STATE_WARNING },
		{ STATE_CRITICAL, 40 * DAY, 2, { 0 }, STATE_CRITICAL },
		{ STATE_UNKNOWN, 40 * DAY, 2, { 0 }, STATE_UNKNOWN },
		/* the diagnosis has judged the key; only what was asked for comes on top */
		{ STATE_OK, 6 * DAY, 2, { 0 }, STATE_OK },
		{ STATE_OK, 6 * DAY, 2, { .warn = 7 * DAY, .crit = 3 * DAY }, STATE_WARNING },
		{ STATE_OK, 2 * DAY, 2, { .warn = 7 * DAY, .crit = 3 * DAY }, STATE_CRITICAL },
		{ STATE_OK, -DAY, 2, { .warn = 7 * DAY }, STATE_WARNING },
		{ STATE_OK, 40 * DAY, 61, { 0 }, STATE_UNKNOWN },	   /* old answers are no OK */
		{ STATE_CRITICAL, 40 * DAY, 61, { 0 }, STATE_CRITICAL }, /* and hide nothing */
		{ STATE_OK, 6 * DAY, 2, { .planes = PLANE_SERIALS, .warn = 7 * DAY }, STATE_OK },
	};
	struct text out = { 0 };
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		healthy(&f, rows[i].left);
		f.d.state = rows[i].verdict;
		f.server.last_heard = (NOW - rows[i].age) * USEC;
		assert_int_equal(plugin(&f, &rows[i].opt, &out), rows[i].want);
	}
	text_free(&out);
}

static void
test_planes(void **state)
{
	struct nagios_options keys = { .planes = PLANE_KEYS }, chain = { .planes = PLANE_CHAIN };
	struct text out = { 0 };
	struct fixture f;
	const char *bad;
	unsigned p;

	(void)state;
	healthy(&f, 40 * DAY);
	broken(&f, STATE_WARNING, "zsk-expired-signing-stopped", SEV_CRITICAL, "PUBLISH BLOCKED");
	assert_int_equal(plugin(&f, &keys, &out), STATE_WARNING); /* not worse than the whole */
	assert_non_null(strstr(text_str(&out), "cause: zsk-expired-signing-stopped 25548\n"));
	assert_int_equal(plugin(&f, &chain, &out), STATE_OK);
	assert_null(strstr(text_str(&out), "zsk-expired"));
	assert_null(strstr(text_str(&out), "PUBLISH"));
	assert_true(planes_parse("chain,keys", &p, &bad));
	assert_int_equal(p, PLANE_CHAIN | PLANE_KEYS);
	assert_false(planes_parse("chain,kezs", &p, &bad));
	assert_string_equal(bad, "kezs");
	assert_false(planes_parse("", &p, &bad));
	text_free(&out);
}

static void
test_line(void **state)
{
	struct text out = { 0 };
	struct fixture f;

	(void)state;
	healthy(&f, 6 * DAY);
	plugin(&f, NULL, &out);
	assert_string_equal(text_str(&out), "UNBOGUS OK example.org: ZSK 25548 stops in 6d00h, no signature seen"
		" | 'bogus'=0;0;0;0;1 'unknown'=0;0;0;0;1 'key_left'=518400s;1209600:;259200:; "
		"'serial_lag'=0;0;;0 'probe_age'=2s;30;60;0\n");
	broken(&f, STATE_CRITICAL, "rrsig-expired", SEV_CRITICAL,
		"evil | \033[2J bytes, and a headline that is very much longer than what fits into a line");
	plugin(&f, NULL, &out);
	const char *s = text_str(&out), *nl = strchr(s, '\n'), *bar = strchr(s, '|');
	assert_true(bar && bar < nl && bar - s <= 81);
	assert_null(strchr(bar + 1, '|')); /* neither in the line nor in the long output */
	assert_null(strchr(s, '\033'));
	assert_non_null(strstr(s, "bars / are / harmless"));
	text_free(&out);
}

/* How often a line begins with PREFIX. */
static unsigned
lines(const char *s, const char *prefix)
{
	unsigned n = 0;

	for (const char *p = s; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		n += strncmp(p, prefix, strlen(prefix)) == 0;
	return n;
}

static void
test_series_stay(void **state)
{
	struct openmetrics *m = openmetrics_new();
	const struct openmetrics_options opt = { 0 };
	struct text out = { 0 }, again = { 0 };
	struct fixture f;

	(void)state;
	healthy(&f, 6 * DAY);
	broken(&f, STATE_CRITICAL, "rrsig-expired", SEV_CRITICAL, "OUTAGE");
	struct openmetrics_zone z = { "example.org", &f.d, false, TIME_UNSET };
	openmetrics_write(&out, m, &z, 1, &opt);
	assert_non_null(strstr(text_str(&out),
		"\nunbogus_key_inactive_timestamp_seconds{zone=\"example.org\",keytag=\"25548\",role=\"ZSK\"} 1369179871\n"));
	assert_non_null(strstr(text_str(&out), "vantage=\"isp\\\"\\\\x\"")); /* escaped */
	assert_non_null(strstr(text_str(&out),
		"\nunbogus_zone_state{zone=\"example.org\",unbogus_zone_state=\"critical\"} 1\n"));
	/* the key goes, the cause changes: nothing vanishes */
	f.inv.n = 0;
	f.findings[0].id = "ds-digest-mismatch";
	text_reset(&again);
	openmetrics_write(&again, m, &z, 1, &opt);
	assert_non_null(strstr(text_str(&again), "keytag=\"25548\",role=\"ZSK\"} NaN\n"));
	assert_non_null(strstr(text_str(&again), "{zone=\"example.org\",cause=\"rrsig-expired\"} 0\n"));
	assert_non_null(strstr(text_str(&again), "{zone=\"example.org\",cause=\"ds-digest-mismatch\"} 1\n"));
	/* nor when nothing at all is known, nor in the next process, which reads the last file */
	openmetrics_free(m);
	m = openmetrics_new();
	openmetrics_remember(m, text_str(&again));
	z.d = NULL;
	text_reset(&out);
	openmetrics_write(&out, m, &z, 1, &opt);
	for (const char *p = text_str(&again); *p; p = strchr(p, '\n') + 1) {
		const char *brace = strchr(p, '}'), *nl = strchr(p, '\n');
		char series[400];
		if (*p == '#' || !brace || brace > nl)
			continue;
		snprintf(series, sizeof series, "%.*s ", (int)(brace - p) + 1, p);
		assert_int_equal(lines(text_str(&out), series), 1);
	}
	assert_non_null(strstr(text_str(&out), "unbogus_zone_state=\"unknown\"} 1\n"));
	text_free(&out);
	text_free(&again);
	openmetrics_free(m);
}

static void
test_formats(void **state)
{
	struct text om = { 0 }, prom = { 0 };
	struct fixture f;

	(void)state;
	healthy(&f, 6 * DAY);
	struct openmetrics_zone z = { "example.org", &f.d, false, TIME_UNSET };
	openmetrics_write(&om, NULL, &z, 1, &(struct openmetrics_options){ 0 });
	openmetrics_write(&prom, NULL, &z, 1, &(struct openmetrics_options){ .prometheus = true, .compat = true });
	assert_non_null(strstr(text_str(&om), "# TYPE unbogus_zone_state stateset\n"));
	assert_non_null(strstr(text_str(&om), "# UNIT unbogus_rrsig_left_seconds seconds\n"));
	assert_null(strstr(text_str(&prom), "stateset\n"));
	assert_null(strstr(text_str(&prom), "# UNIT"));
	assert_non_null(strstr(text_str(&prom), "# TYPE dnssec_zone_record_days_left gauge\n"));
	assert_null(strstr(text_str(&om), "dnssec_zone"));
	assert_string_equal(om.s + om.len - 6, "# EOF\n");
	assert_int_equal(lines(text_str(&om), "# EOF"), 1);
	/* a family once, and its series right behind it */
	assert_int_equal(lines(text_str(&om), "# TYPE unbogus_zone_state "), 1);
	text_free(&om);
	text_free(&prom);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_planes),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_series_stay),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
