/*
 * codes: extended DNS errors (RFC 8914 and the IANA registry) that say something about the
 * resolver and not about the zone. A code is a resolver's word: a note, never a verdict.
 *
 * To add a code: a row.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

static const struct {
	int code;
	const char *id;
	enum severity severity;
	const char *text;
} table[] = {
	{ 1, "resolver-policy-insecure", SEV_WARNING, "does not use the zone's algorithm: insecure there" },
	{ 2, "resolver-policy-insecure", SEV_WARNING, "does not use the DS digest: insecure there" },
	{ 3, "answer-stale", SEV_WARNING, "answers from data that have expired" },
	{ 19, "answer-stale", SEV_WARNING, "answers a stale NXDOMAIN" },
	{ 4, "answer-filtered", SEV_INFO, "forges answers for this name" },
	{ 15, "answer-filtered", SEV_INFO, "blocks this name" },
	{ 16, "answer-filtered", SEV_INFO, "is made to block this name" },
	{ 17, "answer-filtered", SEV_INFO, "filters this name for its user" },
	{ 18, "answer-filtered", SEV_INFO, "does not serve this client" },
	{ 5, "dnssec-indeterminate", SEV_INFO, "could not decide (no trust path)" },
	{ 29, "answer-synthesized", SEV_INFO, "made the answer from an NSEC in its cache" },
	{ 14, "resolver-not-ready-or-policy", SEV_INFO, "is not ready" },
	{ 21, "resolver-not-ready-or-policy", SEV_INFO, "does not support the question" },
	{ 26, "resolver-not-ready-or-policy", SEV_INFO, "refuses early data" },
	{ 28, "resolver-not-ready-or-policy", SEV_INFO, "cannot conform to its policy" },
	{ 30, "resolver-not-ready-or-policy", SEV_INFO, "refuses this type by policy" },
	{ 27, "validator-work-limits", SEV_WARNING, "refuses the zone's NSEC3 iterations" },
};

static bool
known(const struct work *w, const char *id, const char *server)
{
	for (size_t i = 0; i < w->findings.n; i++)
		if (strcmp(w->findings.v[i].id, id) == 0 && w->findings.v[i].server &&
			strcmp(w->findings.v[i].server, server) == 0)
			return true;
	return false;
}

static void
one_code(struct work *w, const struct obs *o, const struct ede *e)
{
	const char *who = text_clean_dup(w->a, o->u.resolve.vantage);

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (table[i].code != e->code || known(w, table[i].id, who))
			continue;
		struct finding f = finding_of(table[i].id, table[i].severity);
		f.server = who;
		f.text = say(w, "%s %s (EDE %d%s%s)", who, table[i].text, e->code, e->text && *e->text ? ": " : "",
			e->text ? text_clean_dup(w->a, e->text) : "");
		finding_prove(&f, ev_resolve(w, o, say(w, "EDE %d", e->code)));
		finding_add(w, f);
	}
}

void
check_codes(struct work *w)
{
	for (size_t i = 0; i < w->s->n_vantages; i++)
		for (int q = VQ_SOA; q <= VQ_DS; q++) {
			const struct obs *o = w->s->vantages[i].heard[q][0];
			for (size_t k = 0; o && k < o->u.resolve.ede.n; k++)
				one_code(w, o, &o->u.resolve.ede.v[k]);
		}
}
