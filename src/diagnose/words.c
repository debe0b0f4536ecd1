/*
 * words: what a cause is called on the first screen, what to do about it and what not.
 *
 * To add a cause: a row: id, headline, safe steps, wrong steps. In texts {tag} is the finding's key
 * tag, {ksk} the KSK that the DS names, {zsk} the key that signs the data, {server}, {serial} the
 * source's serial (else the served one), {until} and {since} the finding's times. A step's tag is
 * that of the finding where `tag` is set, of the KSK where `ksk` is.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

struct step_words {
	const char *action;
	enum { NO_TAG, TAG, KSK } tag;
	const char *text, *risk;
};

#define NEW_KSK { "new-ksk", NO_TAG, "make a new KSK", \
	"the KSK and its DS are fine: a new one does not change the cause" }
#define ADD_DS { "add-ds", NO_TAG, "add or change a DS at the registrar", \
	"the DS is not the cause, registrars limit changes, and old DS records stay cached" }

static const struct words {
	const char *id, *headline;
	struct step_words safe[3], wrong[4];
} table[] = {
	{ "zsk-expired-signing-stopped", "signer has no active ZSK",
		{ { "extend-zsk", TAG, "extend the Inactive date of ZSK {tag} and re-sign {serial} with the same keys",
			"no cache at risk: DNSKEY and DS do not change" } },
		{ NEW_KSK, ADD_DS, { "swap-zsk", NO_TAG, "swap ZSK {tag} for a new one at once",
			"caches that hold the present DNSKEY set cannot check the new key's signatures" } } },
	{ "ksk-inactive-signing-stopped", "signer has no active KSK",
		{ { "extend-ksk", TAG, "clear the Inactive date of KSK {tag} and sign the DNSKEY set again",
			"no cache at risk: DNSKEY and DS do not change" } },
		{ NEW_KSK } },
	{ "key-filename-tag-mismatch", "a key file is named for another key",
		{ { "look", TAG, "rename both halves of the pair to tag {tag}", "no cache at risk" } },
		{ { "look", NO_TAG, "edit the record until it fits the name", "it becomes another key that no DS names" } } },
	{ "key-timing-inconsistent", "the dates of a key contradict each other",
		{ { "look", TAG, "set the dates of key {tag} in their order: publish, activate, inactive, delete", "no cache at risk" } },
		{ { "wait", NO_TAG, "wait", "the earlier date comes first and takes the key away" } } },
	{ "key-state-mismatch", "the signer believes what is not so",
		{ { "look", TAG, "look at the parent and at every server, then tell the signer what is true of key {tag}", "no cache at risk" } },
		{ { "look", NO_TAG, "remove its state files", "it then knows nothing, and may roll all keys at once" } } },
	{ "hsm-unavailable", "the token with the keys cannot be reached",
		{ { "look", NO_TAG, "bring the token back, or sign from the backup token, before signatures end", "no cache at risk" } },
		{ NEW_KSK, ADD_DS } },
	{ "inline-journal-out-of-sync", "the inline signer's journal does not apply",
		{ { "look", NO_TAG, "freeze, keep a copy, sync -clean, thaw", "no cache at risk" } },
		{ { "look", NO_TAG, "remove journal, signed zone and keys together", "the keys were fine" } } },
	{ "xfr-refused", "a transfer is refused",
		{ { "look", NO_TAG, "correct the key, the list or the clock of the server that is refused", "no cache at risk" } },
		{ { "look", NO_TAG, "open the transfer to everybody", "everybody gets the zone" } } },
	{ "signer-clock-wrong", "the signer's clock is wrong",
		{ { "resign", NO_TAG, "set the clock of the signing host, then sign again", "no cache at risk once it is signed" } },
		{ NEW_KSK } },
	{ "multi-signer-missing-keys", "providers do not publish each other's keys",
		{ { "prepublish-zsk", TAG, "let each provider publish the other's ZSK, {tag} first", "no cache at risk: sets only grow" } },
		{ { "look", NO_TAG, "turn one provider off", "its DS and its signatures stay in caches" } } },
	{ "ds-rrsig-missing-or-bad", "the parent's signature over the DS is not good",
		{ { "wait", NO_TAG, "call the registry: nothing in this zone helps", "no cache at risk" } },
		{ NEW_KSK, ADD_DS } },
	{ "do-ignored", "a server leaves signatures out",
		{ { "fix-server", NO_TAG, "upgrade {server} or take it out of the NS set", "no cache at risk" } },
		{ { "remove-ds", NO_TAG, "remove the DS", "the whole zone loses its protection for one server" } } },
	{ "secondary-zone-expired", "a server has no copy that it may serve",
		{ { "fix-server", NO_TAG, "restore the transfer to {server}, or repair what it cannot load", "no cache at risk" } },
		{ { "resign", NO_TAG, "sign the primary again", "it is fine" } } },
	{ "resolver-policy-insecure", "a resolver does not use this algorithm",
		{ { "wait", NO_TAG, "nothing fails; plan a roll to ECDSA P-256 and SHA-256", "no cache at risk" } },
		{ NEW_KSK } },
	{ "answer-stale", "a resolver answers from expired data",
		{ { "look", NO_TAG, "look at the authoritative servers now", "no cache at risk" } },
		{ { "wait", NO_TAG, "call it resolved", "the stale answer hides the outage" } } },
	{ "validator-work-limits", "the zone costs validators too much",
		{ { "resign", NO_TAG, "sign again with zero NSEC3 iterations", "no cache at risk" } },
		{ NEW_KSK } },
	{ "key-private-missing", "a private key is missing",
		{ { "restore-key", TAG, "restore the private file of key {tag} from the backup, then re-sign",
			"no cache at risk" } },
		{ { "resign-without", TAG, "remove DNSKEY {tag} from the zone", "its signatures are in caches" } } },
	{ "key-private-unreadable", "the signer cannot read a private key",
		{ { "resign", NO_TAG, "give the file of key {tag} back to the signer's user (mode 0600 or 0640), then re-sign",
			"no cache at risk" } },
		{ NEW_KSK, { "chmod", NO_TAG, "open the file to everybody, or run the signer as root",
			"it exposes the key" } } },
	{ "key-private-permissive", "a private key is open to others",
		{ { "look", NO_TAG, "set the file of key {tag} to mode 0600 and think of a roll: who read it?", "no cache at risk" } },
		{ { .action = NULL } } },
	{ "key-activate-in-future", "the only key does not sign yet",
		{ { "extend-zsk", TAG, "set Activate of key {tag} to now and re-sign", "no cache at risk while the key is published long enough" } },
		{ NEW_KSK } },
	{ "key-expiring-soon", "a key stops signing soon",
		{ { "prepublish-zsk", NO_TAG, "make a successor of key {tag} and publish it now, sign with it after the DNSKEY TTL", "no cache at risk" },
			{ "extend-zsk", TAG, "or extend the date of key {tag}", "no cache at risk" } },
		{ { "wait", NO_TAG, "wait", "nothing renews signatures after that" } } },
	{ "key-file-not-in-zone", "an active key is not published",
		{ { "prepublish-zsk", NO_TAG, "publish DNSKEY {tag}, wait for its TTL, then sign with it", "no cache at risk" } },
		{ { "swap-zsk", NO_TAG, "sign with it at once", "caches do not have it" } } },
	{ "key-in-zone-without-file", "a served key has no file here",
		{ { "look", NO_TAG, "find the other signer, or plan its removal after the TTL", "no cache at risk" } },
		{ { "resign-without", TAG, "remove it at once", "its signatures are in caches" } } },
	{ "key-comment-flags-mismatch", "a key file's comment is wrong",
		{ { "look", NO_TAG, "correct the comment, keep the flags", "no cache at risk" } },
		{ { "edit-flags", NO_TAG, "change the flags", "the key tag changes and the DS breaks" } } },
	{ "source-ahead-of-served", "the source of truth is ahead of every server",
		{ { "look", NO_TAG, "look only: run the signer dry and read what it says", "no cache at risk" } },
		{ { "publish", NO_TAG, "raise the serial again", "the cause is why it was not signed or loaded" } } },
	{ "signer-output-not-deployed", "the signed zone was not loaded",
		{ { "publish", NO_TAG, "load the signed file and read the server's log", "no cache at risk" } },
		{ { "resign", NO_TAG, "re-sign with a higher serial", "it will not be loaded either" } } },
	{ "dnskey-ksk-missing", "the KSK that the DS names left the zone",
		{ { "restore-key", TAG, "put KSK {tag} back and sign the DNSKEY set with it", "heals in minutes" } },
		{ NEW_KSK, { "add-ds", NO_TAG, "change the DS first", "waits for the DS TTL and the registrar" } } },
	{ "dnskey-zsk-missing", "the ZSK that signs is not published",
		{ { "restore-key", TAG, "publish ZSK {tag} again", "heals as caches fetch the DNSKEY set" },
			{ "resign", NO_TAG, "or re-sign with the ZSK that is published", "heals at once for fresh names" } },
		{ NEW_KSK, ADD_DS } },
	{ "dnskey-unsigned", "the DNSKEY set is not signed",
		{ { "resign", NO_TAG, "sign the DNSKEY set with the KSK that the DS names", "no cache at risk" } },
		{ NEW_KSK } },
	{ "dnskey-not-signed-by-sep", "the DNSKEY set is not signed by the DS'd key",
		{ { "restore-key", TAG, "sign the DNSKEY set with KSK {tag}", "no cache at risk" } },
		{ NEW_KSK } },
	{ "dnskey-missing", "the zone gives no DNSKEY",
		{ { "resign", NO_TAG, "put the DNSKEYs back and re-sign", "no cache at risk" } }, { NEW_KSK } },
	{ "dnskey-inconsistent-servers", "servers give different DNSKEY sets",
		{ { "look", NO_TAG, "repair the transfer to {server}", "no cache at risk" } },
		{ { "ask-flush", NO_TAG, "flush caches only", "they fetch both sets again" } } },
	{ "rrsig-missing", "signatures are missing",
		{ { "resign", NO_TAG, "re-sign the zone with the same keys", "no cache at risk" } },
		{ NEW_KSK, { "edit", NO_TAG, "edit the signed file", "it breaks more signatures" } } },
	{ "rrsig-expired", "signatures expired",
		{ { "resign", NO_TAG, "re-sign with the same keys, and find why it stopped", "no cache at risk" } },
		{ NEW_KSK, ADD_DS } },
	{ "rrsig-expired-one-server", "a server gives an old zone with expired signatures",
		{ { "look", NO_TAG, "repair the transfer to {server}, or withdraw it", "no cache at risk" } },
		{ { "resign", NO_TAG, "re-sign on the primary again", "that server does not fetch it" } } },
	{ "rrsig-expiring-soon", "signatures end soon",
		{ { "resign", NO_TAG, "re-sign with the same keys", "no cache at risk" } }, { NEW_KSK } },
	{ "rrsig-not-yet-valid", "signatures are not valid yet",
		{ { "resign", NO_TAG, "set the signer's clock right and re-sign", "no cache at risk" } }, { NEW_KSK } },
	{ "rrsig-invalid", "signatures do not verify",
		{ { "resign", NO_TAG, "re-sign, and compare the signed file with its source", "no cache at risk" } },
		{ NEW_KSK, { "edit", NO_TAG, "edit the signed file", "it breaks more signatures" } } },
	{ "rrsig-unknown-key", "data are signed by a key that is not published",
		{ { "resign", NO_TAG, "re-sign with the ZSK that is published, or publish key {tag} again", "heals at once for fresh names" } },
		{ NEW_KSK, ADD_DS } },
	{ "algorithm-incomplete", "an algorithm does not sign everything",
		{ { "resign", NO_TAG, "sign everything with it: first signatures, then DNSKEY, then DS", "no cache at risk" } },
		{ { "new-ksk", NO_TAG, "add another DNSKEY of it", "it promises more that is not there" } } },
	{ "ds-missing", "the zone is signed, but has no DS",
		{ { "add-ds", NO_TAG, "add the DS once the keys are on every server for their TTL", "nothing breaks" } },
		{ { .action = NULL } } },
	{ "ds-no-matching-dnskey", "no DS leads to a key of the zone",
		{ { "restore-key", TAG, "put KSK {tag} back and sign the DNSKEY set with it", "heals in minutes" } },
		{ { "add-ds", NO_TAG, "change the DS first", "waits for the DS TTL and the registrar" }, NEW_KSK } },
	{ "ds-digest-mismatch", "the DS has a wrong digest",
		{ { "add-ds", TAG, "correct the DS for key {tag} at the registrar", "heals as DS records leave caches" } },
		{ NEW_KSK } },
	{ "ds-on-unsigned-zone", "the zone is not signed, but its parent has a DS",
		{ { "restore-key", TAG, "sign again with the old keys (key {tag})", "heals in minutes" },
			{ "remove-ds", TAG, "or remove the DS and wait for its TTL", "fails until then" } },
		{ { "new-ksk", NO_TAG, "sign with new keys", "the DS does not match them" } } },
	{ "ds-inconsistent-parents", "parent servers differ",
		{ { "wait", NO_TAG, "wait, and call the registry if it stays", "no cache at risk" } },
		{ { "add-ds", NO_TAG, "edit the DS again", "it adds one more version to the caches" } } },
	{ "serial-mismatch", "servers have different serials",
		{ { "look", NO_TAG, "repair the transfer to the server that is behind", "no cache at risk" } },
		{ { "publish", NO_TAG, "raise the serial again", "the transfer is what fails" } } },
	{ "serial-went-backwards", "the serial went backwards",
		{ { "repair-serial", NO_TAG, "publish under a serial above every server's (RFC 1982)", "no cache at risk" } },
		{ { "delete", NO_TAG, "delete the secondaries' files everywhere at once", "they serve nothing meanwhile" } } },
	{ "lame", "a server is not authoritative",
		{ { "look", NO_TAG, "load the zone on {server}, or take it out of the delegation", "no cache at risk" } }, { { .action = NULL } } },
	{ "lame-refused", "a server refuses to answer",
		{ { "look", NO_TAG, "repair the access list of {server}", "no cache at risk" } }, { { .action = NULL } } },
	{ "unreachable-udp", "a server does not answer",
		{ { "look", NO_TAG, "repair the network or the server {server}", "no cache at risk" } }, { { .action = NULL } } },
	{ "tcp-broken", "a server does not answer over TCP",
		{ { "look", NO_TAG, "open port 53/tcp of {server}", "no cache at risk" } },
		{ { "edns", NO_TAG, "raise the EDNS size", "fragments are lost" } } },
	{ "malformed-response", "a server sends malformed messages",
		{ { "look", NO_TAG, "look at the software of {server} and what is between", "no cache at risk" } }, { { .action = NULL } } },
	{ "cache-holds-old-dnskey", "stale DNSKEY caches",
		{ { "wait", NO_TAG, "change no key; the last stale cache expires by {until}", "heals by itself" },
			{ "restore-key", TAG, "or publish ZSK {tag} again and sign with it too", "heals within a minute or two" },
			{ "ask-flush", NO_TAG, "ask the operators of those resolvers to flush the zone", "heals at once" } },
		{ { "resign-without", KSK, "re-sign without KSK {ksk}", "validators with an old DS cached fail until it leaves them" },
			NEW_KSK, { "swap-zsk", NO_TAG, "another roll", "it makes one more set that caches lack" } } },
	{ "cache-holds-old-ds", "stale DS caches",
		{ { "restore-key", TAG, "put KSK {tag} back until {until} and sign the DNSKEY set with both", "heals within a minute or two" },
			{ "wait", NO_TAG, "or wait: the last stale DS expires by {until}", "heals by itself" } },
		{ { "remove-ds", NO_TAG, "remove the new DS", "it adds one more version to the caches" } } },
	{ "resolver-clock-wrong", "a resolver's clock is wrong",
		{ { "look", NO_TAG, "repair the clock of {server}", "no cache at risk" } },
		{ { "resign", NO_TAG, "re-sign", "the signatures are good" } } },
	{ "cached-servfail", "a resolver remembers a failure",
		{ { "wait", NO_TAG, "wait two minutes and ask again, or flush the zone there", "heals by itself" } },
		{ { "swap-zsk", NO_TAG, "change anything", "nothing is wrong in the zone" } } },
};

static const struct words *
words_of(const char *id)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].id, id) == 0)
			return &table[i];
	return NULL;
}

const char *
words_action(size_t i)
{
	for (size_t r = 0; r < sizeof table / sizeof *table; r++) {
		for (size_t k = 0; k < 3 && table[r].safe[k].action; k++)
			if (i-- == 0)
				return table[r].safe[k].action;
		for (size_t k = 0; k < 4 && table[r].wrong[k].action; k++)
			if (i-- == 0)
				return table[r].wrong[k].action;
	}
	return NULL;
}

static const char *
serial_text(struct work *w)
{
	uint32_t v;

	if (w->s->source && w->s->source->u.source.has_serial)
		return say(w, "%u", w->s->source->u.source.serial);
	return newest_served(w, &v) ? say(w, "%u", v) : "the zone";
}

static const char *
value_of(struct work *w, const struct finding *f, const char *name, size_t n)
{
	const struct key_row *ksk = secure_ksk(w);

#define IS(word) (n == sizeof word - 1 && memcmp(name, word, n) == 0)
	if (IS("tag"))
		return f->keytag >= 0 ? say(w, "%d", f->keytag) : "(unknown)";
	if (IS("ksk"))
		return ksk ? say(w, "%u", ksk->tag) : "(unknown)";
	if (IS("zsk"))
		return w->link && w->link->n_data_signers ? say(w, "%u", w->link->data_signers[0]) : "(unknown)";
	if (IS("server"))
		return f->server ? f->server : "it";
	if (IS("serial"))
		return serial_text(w);
	if (IS("until"))
		return when(w, f->until);
	return when(w, f->since);
#undef IS
}

static const char *
fill(struct work *w, const struct finding *f, const char *text)
{
	struct text t = { 0 };

	for (const char *p = text; *p;) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;
		if (end) {
			text_add(&t, "%s", value_of(w, f, p + 1, (size_t)(end - p - 1)));
			p = end + 1;
		} else
			text_add_n(&t, p++, 1);
	}
	const char *out = arena_strdup(w->a, text_str(&t));
	text_free(&t);
	return out;
}

static size_t
steps(struct work *w, const struct finding *f, const struct step_words *in, size_t max,
	struct step **out)
{
	const struct key_row *ksk = secure_ksk(w);
	size_t n = 0;

	*out = arena_new_array(w->a, struct step, max + 1);
	for (size_t i = 0; i < max && in[i].action; i++) {
		if ((in[i].tag == KSK && !ksk) || (strstr(in[i].text, "{tag}") && f->keytag < 0))
			continue;
		(*out)[n++] = (struct step){ .action = in[i].action, .text = fill(w, f, in[i].text),
			.risk = in[i].risk,
			.keytag = in[i].tag == TAG ? f->keytag : in[i].tag == KSK ? ksk->tag : -1 };
	}
	return n;
}

/* ---- headline, cause and time ---- */

static const char *
upper_first(struct work *w, const char *s)
{
	char *out = arena_strdup(w->a, s);

	if (*out >= 'a' && *out <= 'z')
		*out = (char)(*out - 'a' + 'A');
	return out;
}

static const char *
headline(struct work *w, const struct finding *f, const char *what)
{
	const struct diagnosis *d = w->d;
	unsigned counted = d->secure + d->bogus + d->insecure + d->unknown;

	if (d->security == LINK_BOGUS)
		return say(w, "OUTAGE: the zone is BOGUS for every validator: %s", what);
	if (d->bogus)
		return say(w, "%s: %u of %u vantages BOGUS; %s",
			d->bogus == counted ? "OUTAGE" : "PARTIAL OUTAGE", d->bogus, counted, what);
	if (strncmp(f->id, "cache-holds-", 12) == 0)
		return say(w, "CACHES WILL FAIL: %s", what);
	if (strstr(f->id, "signing-stopped") || strcmp(f->id, "source-ahead-of-served") == 0 ||
		strcmp(f->id, "signer-output-not-deployed") == 0 || strncmp(f->id, "key-private-m", 13) == 0)
		return say(w, "PUBLISH BLOCKED, NOT AN OUTAGE: %s", what);
	return upper_first(w, what);
}

static const char *
healthy(struct work *w)
{
	const struct diagnosis *d = w->d;

	switch (d->security) {
	case LINK_SECURE: return d->n_findings ? "Secure, with notes" : "Secure";
	case LINK_INSECURE: return "Insecure: the zone is not signed, or no DS leads to it";
	case LINK_BOGUS: return say(w, "OUTAGE: the zone is BOGUS: %s", d->chain->reason);
	case LINK_UNKNOWN: break;
	}
	if (no_zone(w))
		return say(w, "Unknown: %s is no zone: %s", w->zone, no_zone(w));
	return "Unknown: too little was heard for a verdict";
}

static const char *
time_text(struct work *w)
{
	const struct diagnosis *d = w->d;

	if (d->security == LINK_BOGUS)
		return "everybody who validates fails until it is repaired";
	if (d->harm_from == TIME_UNSET)
		return d->security == LINK_INSECURE ? "nobody fails: nothing is validated" : "";
	if (d->harm_from <= w->now) {
		if (d->harm_until == TIME_UNSET)
			return "some clients behind a forwarder fail now";
		if (d->harm_until == TIME_NEVER)
			return "some caches fail now, until something is changed";
		return say(w, "stale caches fail until %s (%s)", when(w, d->harm_until),
			span(w, d->harm_until - w->now));
	}
	return say(w, "nobody fails before %s (%s)", when(w, d->harm_from), span(w, d->harm_from - w->now));
}

static const char *
cause_text(struct work *w, const struct finding *f)
{
	const struct key_row *ksk = secure_ksk(w);

	if (ksk && (strcmp(f->id, "zsk-expired-signing-stopped") == 0))
		return say(w, "%s. KSK %u and its DS are fine.", f->text, ksk->tag);
	if (strcmp(f->id, "cache-holds-old-dnskey") == 0 && ksk)
		return say(w, "%s. It is no DS or KSK fault.", f->text);
	return say(w, "%s.", f->text);
}

static const char *
confidence(const struct work *w, const struct finding *f)
{
	if (f->evidence.n >= 2)
		return "high";
	for (size_t i = 0; i < w->d->n_findings; i++)
		if (w->d->findings[i].explained_by == (int)(f - w->d->findings))
			return "high";
	return f->evidence.n ? "medium" : "low";
}

void
words_fill(struct work *w)
{
	struct diagnosis *d = w->d;

	d->time_text = time_text(w);
	d->confidence = "high";
	d->cause_text = "";
	if (!d->n_causes) {
		d->headline = healthy(w);
		if (d->security == LINK_UNKNOWN)
			d->confidence = "low";
		return;
	}
	const struct finding *f = &d->findings[d->causes[0]];
	const struct words *words = words_of(f->id);
	d->headline = headline(w, f, words ? words->headline : f->id);
	d->cause_text = cause_text(w, f);
	d->confidence = confidence(w, f);
	if (words) {
		d->n_safe = steps(w, f, words->safe, 3, &d->safe);
		d->n_wrong = steps(w, f, words->wrong, 4, &d->wrong);
	}
}
