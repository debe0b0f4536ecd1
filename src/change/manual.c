/*
 * manual: the exact commands of signers that are not driven yet: a person runs them where the
 * signer is, and each step is done when the servers show it. Every command was run against the
 * version that the safety theory names; what their exit status says is not believed.
 *
 * To add a signer or an action: a row. {zone} is the zone without its dot, {tag} the key tag,
 * {keys} the key folder, {file} the zone file. A line that begins with # is a remark.
 */
#include "change/making.h"

#include <string.h>

static const struct manual {
	enum signer_kind signer;
	const char *action; /* words, separated by spaces; "*": every other one */
	const char *commands;
} table[] = {
	/* BIND dnssec-policy: key states are named's: K* files are not edited */
	{ SIGNER_BIND_POLICY, "resign resign-rrset repair-serial extend-zsk extend-ksk",
		"rndc dnssec -status {zone}\n"
		"rndc sign {zone}\n"
		"# rndc's exit status is 0 even when it fails: read its text" },
	{ SIGNER_BIND_POLICY, "resign-without",
		"rndc dnssec -status {zone}\n"
		"# only after no parent server gives the DS of key {tag}, and its TTL is over:\n"
		"rndc dnssec -checkds -key {tag} withdrawn {zone}" },
	{ SIGNER_BIND_POLICY, "restore-key",
		"# put the three files K{zone}.+*+{tag}.key, .private and .state back from the backup\n"
		"rndc loadkeys {zone}\n"
		"rndc dnssec -status {zone}\n"
		"# named that still logs \"some key files are missing\" after 5 s must be restarted" },
	{ SIGNER_BIND_POLICY, "roll-zsk prepublish-zsk",
		"rndc dnssec -status {zone}\n"
		"rndc dnssec -rollover -key {zsk} {zone}" },
	{ SIGNER_BIND_POLICY, "roll-ksk new-ksk",
		"rndc dnssec -status {zone}\n"
		"rndc dnssec -rollover -key {ksk} {zone}\n"
		"# only after every parent server gives the new DS:\n"
		"rndc dnssec -checkds -key NEW published {zone}\n"
		"# only after no parent server gives the old DS, and its TTL is over:\n"
		"rndc dnssec -checkds -key {ksk} withdrawn {zone}" },
	{ SIGNER_BIND_POLICY, "roll-algorithm",
		"rndc dnssec -status {zone}\n"
		"# \"ds: hidden\" while the parent has a DS: named removes both keys at once; stop here then\n"
		"# change \"algorithm\" in the zone's dnssec-policy in named.conf, then:\n"
		"rndc reconfig" },
	{ SIGNER_BIND_POLICY, "go-insecure unsign",
		"# only after no parent server gives a DS and its TTL and that of the DNSKEY set are over:\n"
		"# dnssec-policy insecure; for the zone in named.conf, then:\n"
		"rndc reconfig\n"
		"rndc dnssec -checkds -key {ksk} withdrawn {zone}" },
	{ SIGNER_BIND_POLICY, "publish", "rndc reload {zone}\nrndc notify {zone}" },
	{ SIGNER_BIND_POLICY, "look", "rndc dnssec -status {zone}\nls -l {keys}" },
	/* Knot DNS */
	{ SIGNER_KNOT, "resign resign-rrset repair-serial",
		"keymgr {zone} list human\n"
		"knotc -b zone-sign {zone}" },
	{ SIGNER_KNOT, "extend-zsk extend-ksk",
		"keymgr {zone} list human\n"
		"keymgr {zone} set {tag} retire=0 remove=0\n"
		"knotc zone-keys-load {zone}\n"
		"knotc -b zone-sign {zone}" },
	{ SIGNER_KNOT, "resign-without",
		"keymgr {zone} list human\n"
		"keymgr {zone} set {tag} remove=+0\n"
		"knotc zone-keys-load {zone}" },
	{ SIGNER_KNOT, "restore-key",
		"# put the key's PEM file back below keys/keys from the backup, or the whole with:\n"
		"knotc zone-restore +backupdir DIRECTORY {zone}\n"
		"keymgr {zone} set {tag} publish=+0 active=+0 retire=0 remove=0\n"
		"knotc zone-keys-load {zone}" },
	{ SIGNER_KNOT, "roll-zsk prepublish-zsk", "knotc zone-key-rollover {zone} zsk" },
	{ SIGNER_KNOT, "roll-ksk new-ksk",
		"knotc zone-key-rollover {zone} ksk\n"
		"keymgr {zone} ds\n"
		"# never zone-ksk-submitted before the old DS's TTL is over: it removes the old KSK at once" },
	{ SIGNER_KNOT, "roll-algorithm",
		"# change \"algorithm\" in the zone's policy in knot.conf, then:\n"
		"knotc reload\n"
		"keymgr {zone} list human" },
	{ SIGNER_KNOT, "go-insecure unsign",
		"# only after no parent server gives a DS and its TTL and that of the DNSKEY set are over:\n"
		"# dnssec-signing: off for the zone in knot.conf, then:\n"
		"knotc reload" },
	{ SIGNER_KNOT, "publish", "knotc zone-reload {zone}\nknotc zone-notify {zone}" },
	{ SIGNER_KNOT, "look", "keymgr {zone} list human\nknotc zone-status {zone}" },
	/* ldns-signzone and NSD: the keys are the command's arguments */
	{ SIGNER_LDNS, "publish", "nsd-checkzone {zone} {file}.signed\nnsd-control reload {zone}" },
	{ SIGNER_LDNS, "look", "ls -l {keys}\nldns-verify-zone {file}.signed" },
	{ SIGNER_LDNS, "*",
		"# the keys named are the keys that sign; any text on standard error is a failure\n"
		"ldns-signzone -u -f {file}.signed.new {file} {signers}\n"
		"ldns-verify-zone {file}.signed.new\n"
		"nsd-checkzone {zone} {file}.signed.new\n"
		"mv {file}.signed.new {file}.signed\n"
		"nsd-control reload {zone}" },
	/* PowerDNS signs on line */
	{ SIGNER_POWERDNS, "resign resign-rrset repair-serial publish",
		"pdnsutil list-keys {zone}\n"
		"pdnsutil increase-serial {zone}\n"
		"pdns_control purge {zone}\n"
		"pdns_control notify {zone}" },
	{ SIGNER_POWERDNS, "extend-zsk extend-ksk restore-key",
		"pdnsutil list-keys {zone}\n"
		"# ID is the number of key tag {tag} in that list\n"
		"pdnsutil publish-zone-key {zone} ID\n"
		"pdnsutil activate-zone-key {zone} ID" },
	{ SIGNER_POWERDNS, "resign-without",
		"pdnsutil list-keys {zone}\n"
		"# ID is the number of key tag {tag}; remove-zone-key cannot be taken back: keep the key\n"
		"pdnsutil export-zone-key {zone} ID >K{zone}.{tag}.backup\n"
		"pdnsutil deactivate-zone-key {zone} ID\n"
		"pdnsutil unpublish-zone-key {zone} ID" },
	{ SIGNER_POWERDNS, "roll-zsk prepublish-zsk",
		"pdnsutil add-zone-key {zone} zsk inactive published ecdsa256" },
	{ SIGNER_POWERDNS, "roll-ksk new-ksk",
		"pdnsutil add-zone-key {zone} ksk active published ecdsa256\n"
		"pdnsutil export-zone-ds {zone}" },
	{ SIGNER_POWERDNS, "go-insecure unsign",
		"# takes effect at once; only after the DS is gone everywhere and its TTL over:\n"
		"pdnsutil disable-dnssec {zone}" },
	{ SIGNER_POWERDNS, "look", "pdnsutil show-zone {zone}\npdnsutil check-zone {zone}" },
	/* OpenDNSSEC */
	{ SIGNER_OPENDNSSEC, "resign resign-rrset repair-serial extend-zsk extend-ksk publish",
		"ods-enforcer key list -v -z {zone}\n"
		"ods-signer sign {zone}" },
	{ SIGNER_OPENDNSSEC, "resign-without",
		"ods-enforcer key list -v -z {zone}\n"
		"# only after no parent server gives the DS of key {tag}, and its TTL is over:\n"
		"ods-enforcer key ds-gone -z {zone} -x {tag}" },
	{ SIGNER_OPENDNSSEC, "roll-zsk prepublish-zsk", "ods-enforcer key rollover -z {zone} -t ZSK" },
	{ SIGNER_OPENDNSSEC, "roll-ksk new-ksk",
		"ods-enforcer key rollover -z {zone} -t KSK\n"
		"ods-enforcer key export -z {zone} --keystate ready --keytype KSK --ds" },
	{ SIGNER_OPENDNSSEC, "look", "ods-enforcer key list -v -z {zone}\nods-enforcer rollover list -z {zone}" },
	/* key files here: what one would run to look */
	{ SIGNER_BUILT_IN, "look", "ls -l {keys}\nunbogus keys {zone}" },
	{ SIGNER_BIND_SIGNZONE, "look",
		"ls -l {keys}\n"
		"dnssec-signzone -S -K {keys} -o {zone} -f /dev/null {file}" },
	{ SIGNER_COMMAND, "look", "ls -l {keys}" },
	{ SIGNER_HOSTED, "look", "unbogus diagnose {zone}" },
	{ SIGNER_HOSTED, "*",
		"# ask whoever signs {zone} for this, and compare with what the servers give afterwards" },
};

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; (p = strstr(p, word)); p += n)
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static const char *
tag_of(const struct making *m, const struct future_keys *keys)
{
	return keys->n ? mk(m, "%u", key_tag_of(keys->v[0])) : "TAG";
}

static const char *
word(const struct making *m, const char *s)
{
	struct text t = { 0 };

	text_add_shell(&t, s);
	const char *out = text_clean_dup(m->a, text_str(&t));
	text_free(&t);
	return out;
}

static const char *
signer_files(const struct making *m)
{
	const struct future_keys *lists[] = { after_key_signers(m), after_data_signers(m) };
	const char *out = "";

	for (size_t l = 0; l < 2; l++)
		for (size_t i = 0; i < lists[l]->n; i++) {
			struct future_key k = lists[l]->v[i];
			if (l == 1 && future_keys_have(lists[0], k))
				continue;
			out = making_is_new(m, k) ? mk(m, "%s%sNEWKEY", out, *out ? " " : "")
				: mk(m, "%s%s%s", out, *out ? " " : "", word(m, mk(m, "%s/K%s.+%03u+%05u",
					m->keys, m->bare, k.rdata[3], key_tag_of(k))));
		}
	return out;
}

static const char *
value_of(const struct making *m, const char *name, size_t n)
{
	const struct {
		const char *name, *value;
	} values[] = { { "zone", word(m, m->bare) }, { "tag", m->o->tag >= 0 ? mk(m, "%d", m->o->tag) : "TAG" },
		{ "keys", *m->keys ? word(m, m->keys) : "KEYS" }, { "file", *m->source_path ? word(m, m->source_path) : "FILE" },
		{ "zsk", tag_of(m, &m->data_signers_now) }, { "ksk", tag_of(m, &m->key_signers_now) },
		{ "signers", signer_files(m) } };

	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (strlen(values[i].name) == n && memcmp(values[i].name, name, n) == 0)
			return values[i].value;
	return "?";
}

static const char *
fill(const struct making *m, const char *line, size_t n)
{
	struct text t = { 0 };

	for (size_t i = 0; i < n;) {
		const char *end = line[i] == '{' ? memchr(line + i, '}', n - i) : NULL;
		if (end) {
			text_add_clean(&t, value_of(m, line + i + 1, (size_t)(end - line) - i - 1));
			i = (size_t)(end - line) + 1;
		} else
			text_add_n(&t, line + i++, 1);
	}
	const char *out = arena_strdup(m->a, text_str(&t));
	text_free(&t);
	return out;
}

static void
add_lines(const struct making *m, struct texts *out, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");
		arena_push(m->a, out, fill(m, lines, n));
		lines += n + (lines[n] == '\n');
	}
}

void
manual_commands(struct making *m, struct texts *out)
{
	if (strcmp(m->w->action->name, "fix-server") == 0) {
		add_lines(m, out, "# on the server that the diagnosis names: its log, its configuration, its transfer\n"
			"unbogus serials {zone}");
		return;
	}
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].signer == m->signer && (has_word(table[i].action, m->w->action->name) ||
				strcmp(table[i].action, "*") == 0)) {
			add_lines(m, out, table[i].commands);
			return;
		}
	add_lines(m, out, "# this signer has no command for it: ask its operator");
}

/* ---- own resolvers ---- */

void
flush_commands(struct making *m, struct texts *out)
{
	static const char *const any[] = { "# on each of your own resolvers, as it is one:",
		"unbound-control flush_zone {zone}", "rndc flushtree {zone}",
		"rec_control wipe-cache {zone}$", "kresctl cache clear {zone}" };

	for (size_t i = 0; i < m->d->n_vantages; i++) {
		const struct fact_vantage *v = m->d->vantages[i].v->v;
		if (v->type == VANTAGE_RESOLVER && v->kind && strcmp(v->kind, "internal") == 0)
			arena_push(m->a, out, mk(m, "# %s %s", text_clean_dup(m->a, v->name),
				v->address ? text_clean_dup(m->a, v->address) : ""));
	}
	for (size_t i = 0; i < sizeof any / sizeof *any; i++)
		add_lines(m, out, any[i]);
}
