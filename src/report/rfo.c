#include "report/rfo.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/picture.h"

#define GAP (10 * 60) /* seconds without a row that are shown as a gap */

struct entry {
	int row;
	int64_t t; /* seconds */
	const char *who, *kind, *action, *text, *result, *predicted;
	double broken;
};
struct rfo {
	struct doc d;
	const json_t *in;
	struct entry *v;
	size_t n;
};

static const char *
member(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s ? s : "";
}

static bool
is(const struct entry *e, const char *kind)
{
	return strcmp(e->kind, kind) == 0;
}

static bool
is_action(const struct entry *e)
{
	return (is(e, "applied") || is(e, "REFUSED") || is(e, "outcome") || is(e, "refused")) &&
		strcmp(e->action, "wait") != 0;
}

/* ---- redaction ---- */

static bool
internal_address(const char *s, size_t *n)
{
	unsigned a, b, c, d;
	int used = 0;

	if (sscanf(s, "%3u.%3u.%3u.%3u%n", &a, &b, &c, &d, &used) == 4 && used &&
		(a == 10 || (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168))) {
		*n = (size_t)used;
		return true;
	}
	if ((s[0] == 'f' || s[0] == 'F') && strchr("cCdD", s[1]) && s[1]) {
		*n = strspn(s, "0123456789abcdefABCDEF:");
		return *n > 4 && memchr(s, ':', *n);
	}
	return false;
}

/* Does a path begin at S, after the octet BEFORE? What follows "scheme://" is a host and no path. */
static bool
begins_path(const char *s, char before)
{
	if (*s != '/' || !s[1] || s[1] == ' ' || before == '.' || before == '/')
		return false;
	return before != ':' || s[1] != '/' || s[2] == '/';
}

static void
redact(struct text *t, const char *s)
{
	bool word = false;
	char before = ' ';

	while (*s) {
		size_t n;
		if (!word && begins_path(s, before)) {
			text_add(t, "[path]");
			s += strcspn(s, " ,;)'\"");
		} else if (!word && (before != ':' || *s <= '9') && before != '.' && internal_address(s, &n)) {
			text_add(t, "[internal address]");
			s += n;
			word = true; /* "/24" behind it is no path */
		} else {
			before = *s;
			word = (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
			text_add_n(t, s++, 1);
		}
	}
}

static const char *
without_person(const char *who)
{
	static const char *const machines[] = { "simulation", "coach", "nagios", "signer", "engine", "probe",
		"checker", NULL };

	for (int i = 0; machines[i]; i++)
		if (strcmp(who, machines[i]) == 0)
			return who;
	return "a person";
}

json_t *
rfo_redacted(const json_t *in)
{
	static const char *const texts[] = { "text", "result", "predicted" };
	json_t *out = json_deep_copy(in), *row;
	size_t i;

	json_array_foreach(json_object_get(out, "rows"), i, row) {
		bool note = strcmp(member(row, "kind"), "note") == 0;
		json_object_set_new(row, "who", json_string(without_person(member(row, "who"))));
		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
			struct text t = { 0 };
			redact(&t, member(row, texts[k]));
			json_object_set_new(row, texts[k], json_string(note && k == 0 ? "[note withheld]" : text_str(&t)));
			text_free(&t);
		}
	}
	return out;
}

/* ---- the rows ---- */

static bool
read_rows(struct rfo *r, struct err *e)
{
	const json_t *rows = json_object_get(r->in, "rows");
	size_t i;
	json_t *x;

	if (!json_is_array(rows) || !member(r->in, "zone")[0])
		return err_set(e, ERR_PARSE, "report", "rows and zone", "a journal", "something else");
	r->v = calloc(json_array_size(rows) + 1, sizeof *r->v);
	if (!r->v)
		return err_set(e, ERR_MEMORY, "report", "rows", "", "no memory");
	json_array_foreach(rows, i, x) {
		struct entry *n = &r->v[r->n];
		int64_t t;
		if (!clock_parse(member(x, "time"), &t))
			return err_set(e, ERR_PARSE, "report", "time of a row", "RFC 3339", "row %zu: %s", i + 1,
				member(x, "time"));
		*n = (struct entry){ .row = (int)json_integer_value(json_object_get(x, "row")), .t = t / USEC,
			.who = member(x, "who"), .kind = member(x, "kind"), .action = member(x, "action"),
			.text = member(x, "text"), .result = member(x, "result"),
			.predicted = member(x, "predicted"), .broken = json_number_value(json_object_get(x, "broken")) };
		r->n++;
	}
	return true;
}

static const char *
utc(char out[40], int64_t t)
{
	return clock_utc(out, 40, t, "%Y-%m-%d %H:%M:%SZ");
}

/* ---- sections, in the order of such reports ---- */

static const struct entry *
first_of(const struct rfo *r, const char *kind)
{
	for (size_t i = 0; i < r->n; i++)
		if (is(&r->v[i], kind))
			return &r->v[i];
	return NULL;
}

static void
summary(struct rfo *r)
{
	struct text causes = { 0 };
	bool training = strcmp(member(r->in, "kind"), "training") == 0;

	for (size_t i = 0; i < r->n; i++)
		if (is(&r->v[i], "cause"))
			text_add(&causes, "%s%s (#%d)", causes.len ? " -> " : "", r->v[i].text, r->v[i].row);
	doc_heading(&r->d, "Summary");
	doc_para(&r->d, "TODO: two sentences for people who were not there.");
	doc_para(&r->d, "From the rows: %s.", causes.len ? text_str(&causes) : "no cause was named");
	if (training)
		doc_para(&r->d, "This is the report of a training run (%s); what happened is simulated.",
			member(r->in, "title"));
	text_free(&causes);
}

static void
impact(struct rfo *r)
{
	const struct entry *score = first_of(r, "score");
	char from[40];
	bool any = false;

	doc_heading(&r->d, "Impact");
	for (size_t i = 0; i < r->n; i++)
		if (is(&r->v[i], "probe")) {
			doc_item(&r->d, "%s: %s (#%d)", utc(from, r->v[i].t), r->v[i].text,
				r->v[i].row);
			any = true;
		}
	if (!any)
		doc_para(&r->d, "No row says that validators failed. Non-validating resolvers were not affected.");
	if (score)
		doc_para(&r->d, "In all: %s (#%d).", score->text, score->row);
	doc_para(&r->d, "Share of real users: TODO (the journal counts validators, not people).");
}

static void
evidence(struct rfo *r)
{
	char at[40];
	unsigned n = 0;

	doc_heading(&r->d, "What was wrong");
	for (size_t i = 0; i < r->n; i++) {
		const struct entry *e = &r->v[i];
		if (is(e, "event") || is(e, "observed") || is(e, "look"))
			doc_item(&r->d, "E%u  %s  %s%s: %s (#%d)", ++n, utc(at, e->t), e->who,
				is(e, "look") ? " looked at" : "", e->text, e->row);
	}
	if (!n)
		doc_para(&r->d, "TODO: the journal has no evidence rows.");
}

static void
beliefs(struct rfo *r)
{
	char at[40];
	unsigned n = 0;

	doc_heading(&r->d, "What we believed, and when it changed");
	for (size_t i = 0; i < r->n; i++)
		if (is(&r->v[i], "cause")) {
			doc_item(&r->d, "%s  %s: %s (#%d)", utc(at, r->v[i].t), r->v[i].who, r->v[i].text,
				r->v[i].row);
			n++;
		}
	if (!n)
		doc_para(&r->d, "TODO: nobody wrote down what was believed.");
}

static void
timeline(struct rfo *r)
{
	static const char *const head[] = { "UTC", "Local", "Who", "Kind", "What", "Row" };
	char at[40], local[40], row[16], span[40], gap[80], what[1400];

	doc_heading(&r->d, "Timeline");
	doc_row(&r->d, head, 6);
	for (size_t i = 0; i < r->n; i++) {
		const struct entry *e = &r->v[i];
		if (i && e->t - r->v[i - 1].t > GAP) {
			snprintf(gap, sizeof gap, "gap of %s", clock_span(span, sizeof span, e->t - r->v[i - 1].t));
			const char *cells[] = { "", "", "", "gap", gap, "" };
			doc_row(&r->d, cells, 6);
		}
		snprintf(row, sizeof row, "#%d", e->row);
		snprintf(what, sizeof what, "%s%s%s", e->text, *e->result ? " -> " : "",
			e->result);
		const char *cells[] = { utc(at, e->t), clock_local(local, sizeof local, e->t, "%H:%M:%S %Z"),
			e->who, e->kind, what, row };
		doc_row(&r->d, cells, 6);
	}
}

/* What was seen between an action and the next one. */
static void
observed(const struct rfo *r, size_t i, char *out, size_t size)
{
	double high = r->v[i].broken;
	int row = r->v[i].row;
	const char *said = NULL;

	for (size_t k = i + 1; k < r->n && !is_action(&r->v[k]); k++) {
		if (r->v[k].broken > high) {
			high = r->v[k].broken;
			row = r->v[k].row;
		}
		if (is(&r->v[k], "observed"))
			said = r->v[k].text;
	}
	if (said)
		snprintf(out, size, "%s", said);
	else if (strcmp(member(r->in, "kind"), "training") == 0)
		snprintf(out, size, "at most %.0f validators failed until the next action (#%d)", high, row);
	else
		snprintf(out, size, "no row tells");
}

static void
actions_taken(struct rfo *r)
{
	char at[40], seen[400];
	unsigned n = 0;

	doc_heading(&r->d, "Actions taken");
	for (size_t i = 0; i < r->n; i++) {
		const struct entry *e = &r->v[i];
		if (!is_action(e))
			continue;
		observed(r, i, seen, sizeof seen);
		doc_item(&r->d, "Action %u, %s, %s%s: %s (#%d). %s", ++n, utc(at, e->t), e->who,
			is(e, "REFUSED") || is(e, "refused") ? ", REFUSED" : "", e->text, e->row,
			e->result);
		doc_item(&r->d, "Action %u predicted: %s", n, *e->predicted ? e->predicted : "no row tells");
		doc_item(&r->d, "Action %u observed: %s", n, seen);
	}
	if (!n)
		doc_para(&r->d, "Nothing was changed.");
}

/* To add a follow-up: the beginning of a cause's id, and what should be done. */
static const struct {
	const char *cause, *what;
} follow[] = {
	{ "zsk-", "alarm before a signing key's Inactive date (14 days and 3 days)" },
	{ "ksk-", "alarm before a key's Inactive date; write down how a KSK is rolled" },
	{ "rrsig-expired", "alarm on the oldest signature of the zone and on the signer's last success, not on the SOA" },
	{ "rrsig-invalid", "verify every signature of a zone before it is published" },
	{ "rrsig-not-yet", "watch the signer's clock" },
	{ "ds-", "no DS before its key is served and signs everywhere; check the parent's answer before publishing" },
	{ "dnskey-", "a publish gate that verifies against the parent's DS" },
	{ "cache-", "timers of a roll from the TTLs that are served; verify with a warm cache too" },
	{ "serial", "compare serials with RFC 1982 on every server" },
	{ "nsec", "probe names that do not exist and types that are absent" },
	{ "resolver-", "show who fails and who does not: one vantage against the others" },
};

static void
endings(struct rfo *r)
{
	const json_t *notes = json_object_get(r->in, "notes");
	size_t i;
	json_t *x;

	doc_heading(&r->d, "What went well, where we were lucky, what went wrong");
	doc_para(&r->d, "TODO");
	doc_heading(&r->d, "Still open");
	doc_para(&r->d, "TODO: keys to remove and not before when; what the registrar still has to do.");
	doc_heading(&r->d, "Follow-ups");
	for (size_t k = 0; k < sizeof follow / sizeof *follow; k++)
		for (i = 0; i < r->n; i++)
			if (is(&r->v[i], "cause") && strncmp(r->v[i].text, follow[k].cause, strlen(follow[k].cause)) == 0) {
				doc_item(&r->d, "%s (owner, due: TODO; because of #%d)", follow[k].what, r->v[i].row);
				break;
			}
	doc_item(&r->d, "rehearse this incident: unbogus train (owner, due: TODO)");
	if (json_array_size(notes)) {
		doc_heading(&r->d, "Assumptions and reconstruction");
		json_array_foreach(notes, i, x)
			doc_item(&r->d, "%s", json_string_value(x) ? json_string_value(x) : "");
	}
}

static void
one_picture(struct rfo *r, const char *name, const char *caption)
{
	struct picture p;
	struct text svg = { 0 }, dot = { 0 }, tree = { 0 };

	if (!picture_read(&p, json_object_get(r->in, name)))
		return;
	picture_svg(&svg, &p);
	picture_tree(&tree, &p);
	picture_dot(&dot, &p);
	doc_svg(&r->d, caption, text_str(&svg));
	doc_pre(&r->d, text_str(&tree));
	doc_pre(&r->d, text_str(&dot));
	text_free(&svg);
	text_free(&dot);
	text_free(&tree);
}

static void
pictures(struct rfo *r)
{
	if (json_object_get(r->in, "before")) {
		doc_heading(&r->d, "Chain pictures");
		one_picture(r, "before", "Before");
		one_picture(r, "after", "After");
	}
	doc_heading(&r->d, "Words");
	doc_item(&r->d, "KSK: a key that signs the DNSKEY set; the DS at the parent names it (flags 257).");
	doc_item(&r->d, "ZSK: a key that signs the data (flags 256).");
	doc_item(&r->d, "#N: row N of the journal; %zu rows, chain of hashes %s, newest sha256:%s", r->n,
		json_is_false(json_object_get(r->in, "chain_good")) ? "BROKEN" : "good", member(r->in, "hash"));
}

bool
rfo_write(struct text *out, const json_t *in, enum doc_format format, struct err *e)
{
	struct rfo r = { .in = in };
	struct text title = { 0 };
	char from[40] = "-", to[40] = "-";
	bool ok = read_rows(&r, e);

	if (ok) {
		if (r.n) {
			clock_utc(from, sizeof from, r.v[0].t, "%Y-%m-%d %H:%MZ");
			clock_utc(to, sizeof to, r.v[r.n - 1].t, "%Y-%m-%d %H:%MZ");
		}
		text_add(&title, "RFO: DNSSEC (%s) %s to %s [draft, sealed sha256:%.16s]", member(in, "zone"), from,
			to, member(in, "hash"));
		doc_begin(&r.d, format, text_str(&title));
		summary(&r);
		impact(&r);
		evidence(&r);
		beliefs(&r);
		timeline(&r);
		actions_taken(&r);
		endings(&r);
		pictures(&r);
		doc_end(&r.d);
		text_add_n(out, r.d.out.s, r.d.out.len);
	}
	text_free(&title);
	text_free(&r.d.out);
	free(r.v);
	return ok;
}
