#include "change/action.h"

#include <string.h>

#include "change/changes.h"

#define CACHED "cache-holds-old-dnskey cache-holds-old-ds"
#define EXPIRY "rrsig-expired rrsig-expired-dnskey rrsig-expired-partial rrsig-expiring-soon " \
	"rrsig-not-yet-valid"
#define BROKEN_DATA "rrsig-invalid rrsig-missing dnskey-unsigned dnskey-rrsig-invalid " \
	"dnskey-missing rrsig-unknown-key algorithm-incomplete"
#define PARENT true
#define STAGED true
#define RENEWS true

const struct action actions[] = {
	{ "wait", false, RUNG_LOOK, "Wait and watch",
		CACHED " cached-servfail ds-inconsistent-parents", false, false, false, change_nothing },
	{ "look", false, RUNG_LOOK, "Look only: change nothing, read what the signer says", "", false,
		false, false, change_nothing },
	{ "fix-server", false, RUNG_LOOK, "Repair the server that is named", "do-ignored "
		"secondary-zone-expired lame lame-refused unreachable-udp tcp-broken", false, false, false,
		change_nothing },
	{ "extend-zsk", true, RUNG_METADATA, "Extend ZSK %d, re-sign",
		"zsk-expired-signing-stopped key-expiring-soon key-activate-in-future", false, false,
		RENEWS, change_extend_zsk },
	{ "extend-ksk", true, RUNG_METADATA, "Extend KSK %d, sign the DNSKEY set again",
		"ksk-inactive-signing-stopped key-expiring-soon key-activate-in-future", false, false,
		RENEWS, change_extend_ksk },
	{ "resign", false, RUNG_RESIGN, "Re-sign with the same keys", EXPIRY " " BROKEN_DATA
		" key-private-unreadable", false, false, false, change_resign },
	{ "resign-rrset", false, RUNG_RESIGN, "Re-sign the RRsets that fail",
		"rrsig-invalid rrsig-expired-partial", false, false, false, change_resign },
	{ "repair-serial", false, RUNG_RESIGN, "Re-sign under a serial above every server's",
		"serial-went-backwards", false, false, false, change_resign },
	{ "publish", false, RUNG_RESIGN, "Publish the signed file that is ready",
		"signer-output-not-deployed source-ahead-of-served", false, false, false, change_publish },
	{ "resign-without", true, RUNG_RESIGN, "Re-sign without key %d", "", false, false,
		false, change_without },
	{ "rollback", false, RUNG_RESTORE, "Back to the DNSKEY set before this one", CACHED, false,
		false, RENEWS, change_rollback },
	{ "restore-key", true, RUNG_RESTORE, "Put key %d back and sign with it",
		CACHED " dnskey-ksk-missing ds-no-matching-dnskey dnskey-zsk-missing rrsig-unknown-key "
		"dnskey-not-signed-by-sep ds-on-unsigned-zone key-private-missing", false, false,
		RENEWS, change_restore },
	{ "double-sign", false, RUNG_DOUBLE_SIGN, "Sign with the old and the new ZSK",
		"cache-holds-old-dnskey", false, false, RENEWS, change_double },
	{ "prepublish-zsk", false, RUNG_PREPUBLISH, "Publish a new ZSK, go on signing with the old",
		"key-expiring-soon zsk-expired-signing-stopped key-file-not-in-zone", false, STAGED,
		RENEWS, change_prepublish },
	{ "roll-zsk", false, RUNG_PREPUBLISH, "Roll the ZSK: publish, wait, sign, wait, remove",
		"key-expiring-soon", false, STAGED, RENEWS, change_roll_zsk },
	{ "swap-zsk", false, RUNG_PREPUBLISH, "Swap the ZSK for a new one now",
		"zsk-expired-signing-stopped", false, false, false, change_swap_zsk },
	{ "new-ksk", false, RUNG_PARENT, "Add a new KSK", "", false, false, false, change_new_ksk },
	{ "roll-ksk", false, RUNG_PARENT, "Roll the KSK: add, wait, change the DS, wait, remove", "",
		PARENT, STAGED, false, change_roll_ksk },
	{ "roll-algorithm", false, RUNG_PARENT,
		"Roll the algorithm: signatures, keys, DS, and back in that order", "", PARENT, STAGED,
		false, change_roll_algorithm },
	{ "add-ds", false, RUNG_PARENT, "Add a DS at the parent", "ds-missing ds-digest-mismatch",
		PARENT, false, false, change_add_ds },
	{ "remove-ds", true, RUNG_PARENT, "Remove DS %d at the parent", "ds-stale-extra", PARENT,
		false, false, change_remove_ds },
	{ "revert-insecure", false, RUNG_PARENT, "Take going insecure back", "ds-missing "
		"ds-on-unsigned-zone", PARENT, false, RENEWS, change_revert_insecure },
	{ "go-insecure", false, RUNG_UNSIGN, "Go insecure: remove every DS, wait, then unsign",
		"ds-on-unsigned-zone", PARENT, STAGED, false, change_go_insecure },
	{ "unsign", false, RUNG_UNSIGN, "Publish the zone unsigned", "", false, false, false, change_unsign },
	{ "flush-own", false, RUNG_LOOK, "Flush your own resolvers", CACHED " cached-servfail", false,
		false, false, change_nothing },
	{ "ask-flush", false, RUNG_LOOK, "Ask ISPs to flush", CACHED, false, false, false, change_nothing },
	/* Wrong steps that tempt: named by a diagnosis so that nobody takes them; no plan does them. */
	{ "chmod", false, RUNG_UNSIGN, "Open a private key file to everybody", "", false, false, false, NULL },
	{ "edit", false, RUNG_UNSIGN, "Edit the signed file by hand", "", false, false, false, NULL },
	{ "edit-flags", false, RUNG_UNSIGN, "Change the flags in a key file", "", false, false, false, NULL },
	{ "edns", false, RUNG_UNSIGN, "Raise the EDNS size", "", false, false, false, NULL },
	{ "delete", false, RUNG_UNSIGN, "Delete the secondaries' files", "", false, false, false, NULL },
	{ .name = NULL },
};

const struct action *
action_find(const char *name)
{
	for (const struct action *a = actions; a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

const char *const *
action_names(struct arena *a)
{
	const char **out = arena_new_array(a, const char *, sizeof actions / sizeof *actions + 1);
	size_t n = 0;

	for (const struct action *act = actions; act->name; act++)
		if (act->change)
			out[n++] = act->name;
	return out;
}

bool
action_fixes(const struct action *a, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = a->fixes; (p = strstr(p, id)); p += n)
		if ((p == a->fixes || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}
