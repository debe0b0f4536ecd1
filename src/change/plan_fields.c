#include "change/plan_fields.h"

#define TEXT(s, m, d) { .name = #m, .kind = PF_TEXT, .offset = offsetof(struct s, m), .doc = d }
#define BOOL(s, m, d) { .name = #m, .kind = PF_BOOL, .offset = offsetof(struct s, m), .doc = d }
#define INT(s, m, lo, hi, d) { .name = #m, .kind = PF_INT, .offset = offsetof(struct s, m), \
	.min = lo, .max = hi, .doc = d }
#define NUMBER(s, m, lo, hi, d) { .name = #m, .kind = PF_NUMBER, .offset = offsetof(struct s, m), \
	.min = lo, .max = hi, .doc = d }
#define TIME(s, m, d) { .name = #m, .kind = PF_TIME, .offset = offsetof(struct s, m), .doc = d }
#define ENUM(s, m, list, d) { .name = #m, .kind = PF_ENUM, .offset = offsetof(struct s, m), \
	.names = list, .doc = d }
#define TEXTS(s, m, d) { .name = #m, .kind = PF_TEXTS, .offset = offsetof(struct s, m), .doc = d }
#define TAGS(s, m, d) { .name = #m, .kind = PF_TAGS, .offset = offsetof(struct s, m), .doc = d }
#define RECORD(s, m, f, d) { .name = #m, .kind = PF_RECORD, .offset = offsetof(struct s, m), \
	.fields = f, .doc = d }
#define LIST(s, m, t, f, d) { .name = #m, .kind = PF_LIST, .offset = offsetof(struct s, m), \
	.fields = f, .size = sizeof(struct t), .doc = d }
#define END { .name = NULL }

#define SECONDS_MAX (100 * INT64_C(366) * 86400)
#define COUNT_MAX INT64_C(1000000000000)

static const char *const input_kinds[] = { "key-file", "zone-file", "signed-file", "source",
	"served-dnskey", "served-serial", "parent-ds", "clock", NULL };
static const char *const step_kinds[] = { "edit-timing", "generate-key", "sign", "replace-zone",
	"reload", "wait", "registrar", "manual", "observe", NULL };
static const char *const observe_kinds[] = { "nothing", "serial", "dnskey", "ds", "secure", NULL };
static const char *const verdicts[] = { "pass", "needs-phrase", "refuse", NULL };
static const char *const keytimes[] = { "created", "publish", "activate", "revoke", "inactive",
	"delete", "sync-publish", "sync-delete", "ds-publish", "ds-delete", NULL };

const char *
input_kind_name(enum input_kind k)
{
	return input_kinds[k];
}

const char *
step_kind_name(enum step_kind k)
{
	return step_kinds[k];
}

const char *
guard_verdict_name(enum guard_verdict v)
{
	return verdicts[v];
}

static const struct plan_field input_fields[] = {
	ENUM(plan_input, kind, input_kinds, "what was looked at"),
	TEXT(plan_input, where, "a path, or NAME ADDRESS PORT of a server"),
	TEXT(plan_input, sha256, "of the octets of a file, of the sorted RDATA of a set, of a serial in "
		"decimal; empty where nothing could be hashed"),
	TEXT(plan_input, value, "for people"),
	TIME(plan_input, seen, "when"),
	END };

static const struct plan_field server_fields[] = {
	TEXT(plan_server, name, "name of the server"),
	TEXT(plan_server, address, "its address"),
	INT(plan_server, port, 1, 65535, "its port"),
	BOOL(plan_server, primary, "a hidden primary: it is reloaded first"),
	BOOL(plan_server, failing, "it was silent or wrong before the plan: named, never a reason to "
		"roll back"),
	NUMBER(plan_server, serial, -1, UINT32_MAX, "what it serves; -1 unknown"),
	END };

static const struct plan_field timing_fields[] = {
	ENUM(plan_timing, field, keytimes, "the line"),
	TIME(plan_timing, old_time, "null: the line is not there"),
	TIME(plan_timing, new_time, "null: the line is taken out"),
	END };

static const struct plan_field key_fields[] = {
	INT(plan_key, tag, -1, 65535, "-1: not made yet"),
	INT(plan_key, made_by, 0, 1000, "number of the step that makes it; 0: it exists"),
	INT(plan_key, alg, 0, 255, "DNSSEC algorithm number"),
	INT(plan_key, flags, 0, 65535, "256 ZSK, 257 KSK"),
	TEXT(plan_key, file, "its .key file"),
	TEXT(plan_key, rdata_sha256, "of the DNSKEY's RDATA"),
	BOOL(plan_key, publish, "it is in the DNSKEY set"),
	BOOL(plan_key, sign_keys, "it signs the DNSKEY set"),
	BOOL(plan_key, sign_data, "it signs everything else"),
	END };

static const struct plan_field step_fields[] = {
	INT(plan_step, n, 1, 1000, "its number, in the order in which steps are done"),
	ENUM(plan_step, kind, step_kinds, "what is done"),
	TEXT(plan_step, text, "in a sentence"),
	TEXT(plan_step, precondition, "what must be true before"),
	TEXT(plan_step, expect, "the observation that says that it is done"),
	TEXT(plan_step, undo, "how to go back"),
	TEXT(plan_step, file, "the file that is changed, or the folder of a new key"),
	TEXT(plan_step, input, "the file that is read"),
	TEXT(plan_step, output, "the file that is written"),
	TEXT(plan_step, signer, "built-in, bind-signzone, command or manual"),
	TEXT(plan_step, denial, "keep, nsec, nsec3, nsec3-opt-out or none (unsigned)"),
	INT(plan_step, tag, -1, 65535, "of the key; -1 none"),
	INT(plan_step, alg, 0, 255, "of the key; 0 none"),
	INT(plan_step, flags, 0, 65535, "of a new key; 0 none"),
	INT(plan_step, bits, 0, 8192, "of a new RSA key; 0: the algorithm's own"),
	LIST(plan_step, timing, plan_timing, timing_fields, "lines of the key's files that change"),
	LIST(plan_step, keys, plan_key, key_fields, "the DNSKEY set wanted and who signs what"),
	TAGS(plan_step, without, "key tags that must not be in the result"),
	TEXTS(plan_step, ds, "the complete DS set wanted at the parent: TAG ALGORITHM DIGEST-TYPE DIGEST"),
	TEXTS(plan_step, argv, "a command, word by word; no shell"),
	TEXTS(plan_step, commands, "for a person, in a shell elsewhere, a line each"),
	NUMBER(plan_step, serial, -1, UINT32_MAX, "of the result; -1: not this step's business"),
	NUMBER(plan_step, validity, -1, SECONDS_MAX, "seconds that a new RRSIG is valid; -1 none made"),
	TIME(plan_step, until, "of a wait"),
	ENUM(plan_step, what, observe_kinds, "what is looked for"),
	TEXT(plan_step, value, "and the value wanted"),
	NUMBER(plan_step, timeout, -1, SECONDS_MAX, "seconds given to it; -1 no bound of its own"),
	END };

static const struct plan_field line_fields[] = {
	TEXT(diff_line, sign, "-, +, ~ or a space"),
	TEXT(diff_line, object, "the file, name or set"),
	TEXT(diff_line, text, "the line"),
	END };

static const struct plan_field diff_fields[] = {
	LIST(plan_diff, timing, diff_line, line_fields, "timing lines of key files"),
	LIST(plan_diff, dnskey, diff_line, line_fields, "the DNSKEY set"),
	LIST(plan_diff, ds, diff_line, line_fields, "the DS set at the parent"),
	LIST(plan_diff, records, diff_line, line_fields, "what else changes in the zone"),
	NUMBER(plan_diff, rrsig_kept, -1, COUNT_MAX, "signatures kept; -1 unknown"),
	NUMBER(plan_diff, rrsig_renewed, -1, COUNT_MAX, "signatures made"),
	NUMBER(plan_diff, rrsig_removed, -1, COUNT_MAX, "signatures that go"),
	NUMBER(plan_diff, serial_old, -1, UINT32_MAX, "serial served now; -1 unknown"),
	NUMBER(plan_diff, serial_new, -1, UINT32_MAX, "serial after; -1: it does not change"),
	TEXTS(plan_diff, commands, "what will be run"),
	END };

static const struct plan_field class_fields[] = {
	TEXT(plan_class, name, "what such a cache holds"),
	TEXT(plan_class, now, "secure, insecure, bogus or unknown"),
	TEXT(plan_class, after, "the same, once the step is taken"),
	TIME(plan_class, until, "when the class is gone or heals"),
	TEXT(plan_class, reason, "in a validator's words"),
	BOOL(plan_class, forwarder, "only clients that validate behind another cache"),
	BOOL(plan_class, inferred, "it rests on a version that nobody saw being served"),
	TIME(plan_class, heals_unbound, "when Unbound has forgotten the failure"),
	TIME(plan_class, heals_bind, "BIND"),
	TIME(plan_class, heals_powerdns, "PowerDNS Recursor"),
	TIME(plan_class, heals_knot, "Knot Resolver"),
	END };

static const struct plan_field vantage_fields[] = {
	TEXT(plan_vantage, name, "its name"),
	TEXT(plan_vantage, kind, "own, internal, isp or public"),
	TEXT(plan_vantage, now, "what it says now"),
	TEXT(plan_vantage, after, "what it will say once the step is taken"),
	TIME(plan_vantage, until, "when it stops failing"),
	BOOL(plan_vantage, counted, "it counts in the verdict"),
	END };

static const struct plan_field prediction_fields[] = {
	LIST(plan_prediction, classes, plan_class, class_fields, "a row for each class of cache"),
	LIST(plan_prediction, vantages, plan_vantage, vantage_fields, "a row for each vantage"),
	TEXT(plan_prediction, verdict, "in words"),
	BOOL(plan_prediction, breaks, "something fails that would not fail otherwise"),
	BOOL(plan_prediction, fixes, "it fixes the cause"),
	NUMBER(plan_prediction, harm, 0, SECONDS_MAX, "seconds of the next seven days in which some "
		"class fails"),
	TIME(plan_prediction, harm_until, "the end of the last of them"),
	NUMBER(plan_prediction, harm_new, 0, SECONDS_MAX, "seconds of harm that waiting would not have"),
	TIME(plan_prediction, wait_until, "when what fails now heals if nothing is done; null: nothing "
		"fails"),
	TIME(plan_prediction, proven_from, "before it an unknown earlier version may be cached"),
	END };

static const struct plan_field guard_fields[] = {
	TEXT(plan_guard, id, "G1 to G9, inputs, world, registrar, clock, hold, size"),
	ENUM(plan_guard, verdict, verdicts, "pass, needs-phrase or refuse"),
	TEXT(plan_guard, reason, "why it does not pass"),
	TIME(plan_guard, allows_at, "when it would; never: not in this way; null: it passes"),
	END };

static const struct plan_field phrase_fields[] = {
	BOOL(plan_phrase, long_form, "some class breaks: a reason is asked for too"),
	TEXT(plan_phrase, text, "exactly what is typed"),
	INT(plan_phrase, countdown, 0, 3600, "seconds that pass before it is looked at"),
	END };

static const struct plan_field entry_fields[] = {
	TEXT(plan_entry, text, "the condition"),
	BOOL(plan_entry, observed, "it was seen to hold"),
	TEXT(plan_entry, evidence, "who showed it"),
	END };

static const struct plan_field stage_fields[] = {
	INT(plan_stage, number, 0, 20, "of this stage; 0: the action has none"),
	INT(plan_stage, of, 0, 20, "how many there are"),
	TEXT(plan_stage, name, "its name"),
	LIST(plan_stage, entry, plan_entry, entry_fields, "conditions for entering it"),
	TEXT(plan_stage, next, "name of the next; empty: none"),
	TIME(plan_stage, next_at, "its earliest safe time, where this one is done now"),
	END };

const struct plan_field plan_fields[] = {
	TEXT(plan, schema, "unbogus.plan/1"),
	TEXT(plan, zone, "the zone, with its dot"),
	TEXT(plan, action, "name of the action"),
	INT(plan, tag, -1, 65535, "key tag that the action is about; -1 none"),
	TEXT(plan, reason, "the operator's"),
	TEXT(plan, title, "the action in words"),
	TIME(plan, made, "when the plan was made"),
	TIME(plan, snapshot_time, "when the world was last looked at"),
	TEXT(plan, host, "where the files are; empty: this host"),
	LIST(plan, inputs, plan_input, input_fields, "what the plan rests on"),
	LIST(plan, servers, plan_server, server_fields, "who must show the result"),
	TEXTS(plan, hold_stop, "command that stops what else signs this zone"),
	TEXTS(plan, hold_start, "command that starts it again"),
	TEXTS(plan, parent_ds, "the DS set at the parent now"),
	NUMBER(plan, ttl_ds, -1, UINT32_MAX, "largest TTL served of the DS set, seconds; -1 unknown"),
	NUMBER(plan, ttl_dnskey, -1, UINT32_MAX, "of the DNSKEY set"),
	NUMBER(plan, ttl_data, -1, UINT32_MAX, "of any other signed set"),
	LIST(plan, steps, plan_step, step_fields, "what is done, in order"),
	RECORD(plan, diff, diff_fields, "what changes"),
	RECORD(plan, prediction, prediction_fields, "what validators will see"),
	TIME(plan, safe_at, "earliest time at which it breaks nothing new; never: it must be split"),
	NUMBER(plan, dnskey_size, -1, 65535, "octets of the DNSKEY answer after; -1 unknown"),
	NUMBER(plan, dnskey_limit, 512, 65535, "octets that pass every path without fragments"),
	LIST(plan, guards, plan_guard, guard_fields, "the guards' verdicts"),
	RECORD(plan, phrase, phrase_fields, "what consent is"),
	RECORD(plan, stage, stage_fields, "where a staged action stands"),
	TEXT(plan, message, "a text to send: ask-flush, registrar"),
	END };
