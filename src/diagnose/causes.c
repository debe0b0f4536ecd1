/*
 * causes: which finding explains which, and the order of those that nothing explains: the one that
 * explains most comes first, and faults that do not explain each other stay several.
 *
 * To add a row: cause, symptom, and why the one makes the other. A row marked same_server holds
 * only where both are about the same server.
 */
#include <stdlib.h>
#include <string.h>

#include "diagnose/checks.h"

static const struct explains {
	const char *cause, *symptom;
	bool same_server;
	const char *why;
} table[] = {
	{ "zsk-expired-signing-stopped", "source-ahead-of-served", false, "no signed zone was made" },
	{ "zsk-expired-signing-stopped", "key-role-misread", false, "that ZSK was taken for a KSK" },
	{ "dnskey-zsk-missing", "key-role-misread", false, "a ZSK is missing, not a KSK" },
	{ "key-private-missing", "key-role-misread", false, "the ZSK's private half is missing" },
	{ "zsk-expired-signing-stopped", "key-file-not-in-zone", false, "a new key is not published while nothing is signed" },
	{ "zsk-expired-signing-stopped", "rrsig-expiring-soon", false, "nothing renews signatures" },
	{ "zsk-expired-signing-stopped", "rrsig-expired", false, "nothing renewed signatures" },
	{ "zsk-expired-signing-stopped", "rrsig-missing", false, "data were not signed" },
	{ "zsk-expired-signing-stopped", "signer-output-not-deployed", false, "the signer refuses" },
	{ "ksk-inactive-signing-stopped", "source-ahead-of-served", false, "no signed zone was made" },
	{ "ksk-inactive-signing-stopped", "rrsig-expiring-soon", false, "nothing renews signatures" },
	{ "ksk-inactive-signing-stopped", "rrsig-expired", false, "nothing renewed signatures" },
	{ "ksk-inactive-signing-stopped", "dnskey-unsigned", false, "no KSK signs" },
	{ "ksk-inactive-signing-stopped", "dnskey-not-signed-by-sep", false, "the KSK does not sign" },
	{ "key-activate-in-future", "source-ahead-of-served", false, "no key signs yet" },
	{ "key-activate-in-future", "rrsig-missing", false, "no key signs yet" },
	{ "key-activate-in-future", "key-file-not-in-zone", false, "it is not time" },
	{ "key-private-unreadable", "source-ahead-of-served", false, "the signer cannot sign" },
	{ "key-private-unreadable", "zsk-expired-signing-stopped", false, "the other key cannot be used" },
	{ "key-private-unreadable", "rrsig-expired", false, "the signer could not sign" },
	{ "key-private-unreadable", "rrsig-expiring-soon", false, "the signer cannot sign" },
	{ "key-private-missing", "source-ahead-of-served", false, "the signer cannot sign" },
	{ "key-private-missing", "rrsig-expired", false, "the signer could not sign" },
	{ "key-private-missing", "rrsig-expiring-soon", false, "the signer cannot sign" },
	{ "key-private-missing", "rrsig-missing", false, "the signer could not sign" },
	{ "signer-output-not-deployed", "source-ahead-of-served", false, "it was signed, not loaded" },
	{ "signer-output-not-deployed", "rrsig-expired", false, "fresh signatures are not loaded" },
	{ "signer-output-not-deployed", "rrsig-expiring-soon", false, "fresh signatures are not loaded" },
	{ "signer-output-not-deployed", "key-file-not-in-zone", false, "the new zone is not loaded" },
	{ "dnskey-zsk-missing", "rrsig-unknown-key", false, "the key that signs is not published" },
	{ "dnskey-zsk-missing", "key-file-not-in-zone", false, "it is that key" },
	{ "dnskey-ksk-missing", "ds-no-matching-dnskey", false, "the DS'd key left the zone" },
	{ "dnskey-ksk-missing", "key-file-not-in-zone", false, "it is that key" },
	{ "dnskey-ksk-missing", "dnskey-not-signed-by-sep", false, "the DS'd key is not there to sign" },
	{ "rrsig-expired-one-server", "serial-mismatch", true, "the server stopped following" },
	{ "rrsig-expired-one-server", "dnskey-inconsistent-servers", true, "the server stopped following" },
	{ "rrsig-missing", "dnskey-unsigned", false, "Knot serves no RRSIG at all for a zone that lacks some" },
	{ "rrsig-expired", "rrsig-expiring-soon", false, "the same signatures" },
	{ "rrsig-expired-one-server", "rrsig-expiring-soon", false, "the same signatures" },
	{ "serial-went-backwards", "serial-mismatch", false, "secondaries do not fetch an older serial" },
	{ "serial-mismatch", "dnskey-inconsistent-servers", false, "an old zone has the old keys" },
	{ "dnskey-inconsistent-servers", "rrsig-unknown-key", false, "signatures and keys come from different servers" },
	{ "algorithm-incomplete", "rrsig-unknown-key", false, "the algorithm's key is not complete" },
	{ "cache-holds-old-dnskey", "cached-servfail", false, "the failure of the old set is remembered" },
	{ "cache-holds-old-ds", "key-file-not-in-zone", false, "it is the key of the old DS" },
	{ "cache-holds-old-ds", "cache-holds-old-dnskey", true, "the old DS came with the old keys" },
	{ "cache-holds-old-ds", "cached-servfail", false, "the failure of the old set is remembered" },
	{ "ds-on-unsigned-zone", "rrsig-missing", false, "nothing is signed" },
	{ "multi-signer-missing-keys", "dnskey-inconsistent-servers", false, "each provider has a set of its own" },
	{ "multi-signer-missing-keys", "rrsig-unknown-key", false, "the key is in the other provider's set" },
	{ "do-ignored", "rrsig-missing", true, "the server leaves signatures out" },
	{ "do-ignored", "dnskey-unsigned", true, "the server leaves signatures out" },
	{ "signer-clock-wrong", "rrsig-not-yet-valid", false, "the signer took its clock's word" },
	{ "hsm-unavailable", "source-ahead-of-served", false, "the signer cannot sign" },
	{ "hsm-unavailable", "rrsig-expired", false, "the signer could not sign" },
	{ "hsm-unavailable", "rrsig-expiring-soon", false, "the signer cannot sign" },
	{ "inline-journal-out-of-sync", "source-ahead-of-served", false, "changes are not carried over" },
	{ "xfr-refused", "serial-mismatch", false, "the server is not let in" },
	{ "xfr-refused", "secondary-zone-expired", false, "the server was not let in for too long" },
	{ "xfr-refused", "rrsig-expired-one-server", false, "the server was not let in" },
	{ "key-timing-inconsistent", "zsk-expired-signing-stopped", false, "its dates are turned round" },
	{ "key-private-missing", "key-private-unreadable", false, "the file is not there" },
};

static bool
same_server(const struct finding *a, const struct finding *b)
{
	return !a->server || !b->server || strcmp(a->server, b->server) == 0;
}

static void
explain(struct work *w)
{
	for (size_t s = 0; s < w->findings.n; s++)
		for (size_t t = 0; t < sizeof table / sizeof *table; t++) {
			struct finding *x = &w->findings.v[s];
			if (x->explained_by >= 0 || strcmp(table[t].symptom, x->id) != 0)
				continue;
			for (size_t c = 0; c < w->findings.n; c++) {
				const struct finding *f = &w->findings.v[c];
				if (c != s && strcmp(table[t].cause, f->id) == 0 && f->severity > SEV_INFO &&
					(!table[t].same_server || same_server(f, x)) && f->explained_by != (int)s) {
					x->explained_by = (int)c;
					break;
				}
			}
		}
	/* To the root of each explanation; the table has no cycles longer than the check above. */
	for (size_t round = 0; round < 4; round++)
		for (size_t s = 0; s < w->findings.n; s++) {
			int by = w->findings.v[s].explained_by;
			if (by >= 0 && w->findings.v[by].explained_by >= 0 &&
				w->findings.v[by].explained_by != (int)s)
				w->findings.v[s].explained_by = w->findings.v[by].explained_by;
		}
}

/* Severity of what it stands for, then how much it explains. */
static int
weight(const struct work *w, size_t c)
{
	int worst = (int)w->findings.v[c].severity, n = 0;

	for (size_t s = 0; s < w->findings.n; s++)
		if (w->findings.v[s].explained_by == (int)c) {
			n++;
			if ((int)w->findings.v[s].severity > worst)
				worst = (int)w->findings.v[s].severity;
		}
	return worst * 100 + n * 10 + (int)w->findings.v[c].severity;
}

static void
order_findings(struct work *w)
{
	size_t n = w->findings.n;
	struct {
		int key;
		unsigned at;
	} *o = arena_alloc(w->a, (n + 1) * sizeof *o);
	unsigned *place = arena_new_array(w->a, unsigned, n + 1);
	struct finding *out = arena_new_array(w->a, struct finding, n + 1);

	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &w->findings.v[i];
		bool cause = f->explained_by < 0 && f->severity > SEV_INFO;
		o[i].at = (unsigned)i;
		o[i].key = cause ? 100000 + weight(w, i) : (int)f->severity * 10 + (f->explained_by < 0);
	}
	for (size_t i = 1; i < n; i++) /* few: insertion keeps equal ones in order */
		for (size_t k = i; k > 0 && o[k].key > o[k - 1].key; k--) {
			__typeof__(*o) swap = o[k];
			o[k] = o[k - 1];
			o[k - 1] = swap;
		}
	for (size_t i = 0; i < n; i++)
		place[o[i].at] = (unsigned)i;
	for (size_t i = 0; i < n; i++) {
		out[i] = w->findings.v[o[i].at];
		if (out[i].explained_by >= 0)
			out[i].explained_by = (int)place[out[i].explained_by];
	}
	w->d->findings = out;
	w->d->n_findings = n;
	w->findings.v = out;
}

/* The evidence of the first cause is E1 and on. */
static void
order_evidence(struct work *w)
{
	size_t n = w->evidence.n, next = 0;
	unsigned *place = arena_new_array(w->a, unsigned, n + 1);
	struct evidence *out = arena_new_array(w->a, struct evidence, n + 1);

	for (size_t i = 0; i < n; i++)
		place[i] = (unsigned)n;
	for (size_t f = 0; f < w->d->n_findings; f++)
		for (unsigned k = 0; k < w->d->findings[f].evidence.n; k++) {
			unsigned *at = &place[w->d->findings[f].evidence.v[k]];
			if (*at == n)
				*at = (unsigned)next++;
		}
	for (size_t i = 0; i < n; i++)
		if (place[i] == n)
			place[i] = (unsigned)next++;
	for (size_t i = 0; i < n; i++) {
		out[place[i]] = w->evidence.v[i];
		out[place[i]].id = say(w, "E%u", place[i] + 1);
	}
	for (size_t f = 0; f < w->d->n_findings; f++)
		for (unsigned k = 0; k < w->d->findings[f].evidence.n; k++)
			w->d->findings[f].evidence.v[k] = place[w->d->findings[f].evidence.v[k]];
	w->evidence.v = out;
	w->evidence.cap = n; /* the next one moves it */
}

void
causes_rank(struct work *w)
{
	explain(w);
	order_findings(w);
	order_evidence(w);
	w->d->causes = arena_new_array(w->a, unsigned, w->d->n_findings + 1);
	for (size_t i = 0; i < w->d->n_findings; i++)
		if (w->d->findings[i].explained_by < 0 && w->d->findings[i].severity > SEV_INFO)
			w->d->causes[w->d->n_causes++] = (unsigned)i;
}
