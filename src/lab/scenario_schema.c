/* The fields of a scenario file, for libcyaml. To add a field: a member in scenario.h, a row here,
 * its sentence in unbogus-scenario(5). */
#include "lab/scenario_schema.h"

#define ENTRIES 10000
#define OPT CYAML_FLAG_OPTIONAL
#define PTR CYAML_FLAG_POINTER
#define STR(s, m, key) CYAML_FIELD_STRING_PTR(key, PTR, struct s, m, 0, CYAML_UNLIMITED)
#define STR_OPT(s, m, key) CYAML_FIELD_STRING_PTR(key, PTR | OPT, struct s, m, 0, CYAML_UNLIMITED)
#define LIST(s, m, key, schema) CYAML_FIELD_SEQUENCE(key, PTR, struct s, m, &(schema), 0, ENTRIES)
#define LIST_OPT(s, m, key, schema) \
	CYAML_FIELD_SEQUENCE(key, PTR | OPT, struct s, m, &(schema), 0, ENTRIES)
#define NUM(s, m, key) CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, struct s, m)
#define NUM_OPT(s, m, key) CYAML_FIELD_UINT(key, OPT, struct s, m)
#define WORDS_OPT(s, m, key) LIST_OPT(s, m, key, word)
#define PART_OPT(s, m, key, fields) CYAML_FIELD_MAPPING(key, OPT, struct s, m, fields)
#define BOOL_OPT(s, m, key) CYAML_FIELD_BOOL(key, OPT, struct s, m)
#define ENTRY(s, fields) { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct s, fields) }

static const cyaml_strval_t roles[] = { { "zsk", SC_ZSK }, { "ksk", SC_KSK } };
static const cyaml_strval_t cuts[] = { { "root", SC_ROOT }, { "parent", SC_PARENT },
	{ "child", SC_CHILD }, { "primary", SC_PRIMARY } };
static const cyaml_schema_value_t word = { CYAML_VALUE_STRING(PTR, char, 0, CYAML_UNLIMITED) };

static const cyaml_schema_field_t key_fields[] = {
	STR(sc_key, id, "id"),
	CYAML_FIELD_ENUM("role", CYAML_FLAG_STRICT, struct sc_key, role, roles, 2),
	NUM(sc_key, tag, "tag"), NUM(sc_key, bits, "bits"), NUM_OPT(sc_key, alg, "algorithm"),
	STR_OPT(sc_key, private_key, "private"),
	STR(sc_key, created, "created"), STR_OPT(sc_key, publish, "publish"),
	STR_OPT(sc_key, activate, "activate"), STR_OPT(sc_key, inactive, "inactive"),
	STR_OPT(sc_key, removed, "delete"), CYAML_FIELD_END };
static const cyaml_schema_value_t key_entry = ENTRY(sc_key, key_fields);

static const cyaml_schema_field_t signed_fields[] = {
	STR(sc_signed, at, "at"), STR_OPT(sc_signed, variant, "variant"),
	STR(sc_signed, inception, "inception"), STR_OPT(sc_signed, old_inception, "old-inception"),
	STR_OPT(sc_signed, old_expiration, "old-expiration"),
	STR_OPT(sc_signed, nsec_lacks, "nsec-lacks"), BOOL_OPT(sc_signed, spread, "spread"),
	NUM_OPT(sc_signed, bad_every, "bad-every"),
	STR(sc_signed, expiration, "expiration"), NUM(sc_signed, serial, "serial"),
	LIST(sc_signed, publish, "publish", word), LIST(sc_signed, sign_keys, "sign-keys", word),
	LIST(sc_signed, sign_data, "sign-data", word), CYAML_FIELD_END };
static const cyaml_schema_value_t signed_entry = ENTRY(sc_signed, signed_fields);

static const cyaml_schema_field_t ds_fields[] = {
	STR(sc_ds, at, "at"), STR_OPT(sc_ds, variant, "variant"), LIST(sc_ds, keys, "keys", word), CYAML_FIELD_END };
static const cyaml_schema_value_t ds_entry = ENTRY(sc_ds, ds_fields);

static const cyaml_schema_field_t revision_fields[] = {
	STR(sc_revision, at, "at"), STR(sc_revision, revision, "revision"),
	STR(sc_revision, author, "author"), STR(sc_revision, message, "message"),
	STR_OPT(sc_revision, add, "add"), STR_OPT(sc_revision, variant, "variant"),
	BOOL_OPT(sc_revision, broken, "broken"), NUM(sc_revision, serial, "serial"), CYAML_FIELD_END };
static const cyaml_schema_value_t revision_entry = ENTRY(sc_revision, revision_fields);

static const cyaml_schema_field_t run_fields[] = {
	STR(sc_run, at, "at"), STR_OPT(sc_run, variant, "variant"), CYAML_FIELD_INT("exit", CYAML_FLAG_DEFAULT, struct sc_run, exit),
	LIST(sc_run, lines, "lines", word), CYAML_FIELD_END };
static const cyaml_schema_value_t run_entry = ENTRY(sc_run, run_fields);

static const cyaml_schema_field_t server_fields[] = {
	STR(sc_server, name, "name"), STR(sc_server, address, "address"),
	CYAML_FIELD_ENUM("cut", CYAML_FLAG_STRICT, struct sc_server, cut, cuts, 4),
	NUM_OPT(sc_server, rtt, "rtt"), NUM_OPT(sc_server, delay, "delay"), CYAML_FIELD_END };
static const cyaml_schema_value_t server_entry = ENTRY(sc_server, server_fields);

static const cyaml_schema_field_t filled_fields[] = {
	STR_OPT(sc_filled, ds, "ds"), STR_OPT(sc_filled, dnskey, "dnskey"),
	STR_OPT(sc_filled, soa, "soa"), STR_OPT(sc_filled, positive, "positive"),
	STR_OPT(sc_filled, nodata, "nodata"), STR_OPT(sc_filled, nxdomain, "nxdomain"),
	CYAML_FIELD_END };
static const cyaml_schema_field_t vantage_fields[] = {
	STR(sc_vantage, name, "name"), STR_OPT(sc_vantage, variant, "variant"),
	STR_OPT(sc_vantage, clock, "clock"), STR_OPT(sc_vantage, root_copy, "root-copy"), STR(sc_vantage, kind, "kind"),
	STR_OPT(sc_vantage, address, "address"), STR_OPT(sc_vantage, silent_from, "silent-from"),
	STR_OPT(sc_vantage, since, "since"), BOOL_OPT(sc_vantage, libunbound, "libunbound"),
	BOOL_OPT(sc_vantage, counted, "counted"), BOOL_OPT(sc_vantage, fresh, "fresh"),
	BOOL_OPT(sc_vantage, ede, "ede"),
	CYAML_FIELD_MAPPING("filled", OPT, struct sc_vantage, filled, filled_fields),
	STR_OPT(sc_vantage, wrong_digest, "wrong-digest"), STR_OPT(sc_vantage, wrong_from, "wrong-from"),
	STR_OPT(sc_vantage, wrong_until, "wrong-until"), NUM_OPT(sc_vantage, rtt, "rtt"),
	CYAML_FIELD_END };
static const cyaml_schema_value_t vantage_entry = ENTRY(sc_vantage, vantage_fields);

static const cyaml_schema_field_t event_fields[] = {
	STR(sc_event, at, "at"), STR_OPT(sc_event, variant, "variant"),
	NUM_OPT(sc_event, if_broken, "if-broken"), BOOL_OPT(sc_event, team, "team"), STR(sc_event, who, "who"), STR(sc_event, text, "text"),
	CYAML_FIELD_END };
static const cyaml_schema_value_t event_entry = ENTRY(sc_event, event_fields);

static const cyaml_strval_t faults[] = { { "down", SC_DOWN }, { "stale", SC_STALE },
	{ "lame", SC_LAME }, { "drops-udp", SC_DROPS_UDP }, { "no-tcp", SC_NO_TCP },
	{ "strips-signatures", SC_STRIPS } };
static const cyaml_schema_field_t fault_fields[] = {
	STR(sc_fault, server, "server"), STR(sc_fault, from, "from"), STR_OPT(sc_fault, until, "until"),
	STR_OPT(sc_fault, mended_by, "mended-by"), STR_OPT(sc_fault, variant, "variant"),
	CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, struct sc_fault, kind, faults, SC_FAULT_COUNT),
	CYAML_FIELD_END };
static const cyaml_schema_value_t fault_entry = ENTRY(sc_fault, fault_fields);

static const cyaml_schema_field_t group_fields[] = {
	STR(sc_group, name, "name"), STR(sc_group, kind, "kind"), STR_OPT(sc_group, profile, "profile"),
	STR_OPT(sc_group, clock, "clock"), STR_OPT(sc_group, variant, "variant"),
	NUM(sc_group, count, "count"), BOOL_OPT(sc_group, aggressive, "aggressive"),
	BOOL_OPT(sc_group, not_validating, "not-validating"), CYAML_FIELD_END };
static const cyaml_schema_value_t group_entry = ENTRY(sc_group, group_fields);

static const cyaml_schema_field_t registrar_fields[] = {
	STR_OPT(sc_registrar, latency, "latency"), NUM_OPT(sc_registrar, per_day, "per-day"),
	BOOL_OPT(sc_registrar, locked, "locked"), BOOL_OPT(sc_registrar, replace_all, "replace-all"),
	CYAML_FIELD_END };
static const cyaml_schema_field_t wrong_fields[] = {
	STR(sc_wrong, action, "action"), STR(sc_wrong, lesson, "lesson"), NUM_OPT(sc_wrong, cost, "cost"),
	CYAML_FIELD_END };
static const cyaml_schema_value_t wrong_entry = ENTRY(sc_wrong, wrong_fields);
static const cyaml_schema_field_t said_fields[] = {
	STR(sc_said, action, "action"), STR(sc_said, text, "text"), CYAML_FIELD_END };
static const cyaml_schema_value_t said_entry = ENTRY(sc_said, said_fields);
static const cyaml_schema_field_t hint_fields[] = {
	STR(sc_hint, when, "when"), STR(sc_hint, text, "text"), NUM(sc_hint, level, "level"),
	CYAML_FIELD_END };
static const cyaml_schema_value_t hint_entry = ENTRY(sc_hint, hint_fields);
static const cyaml_schema_field_t step_fields[] = {
	STR(sc_step, at, "at"), STR_OPT(sc_step, variant, "variant"), STR(sc_step, act, "do"), CYAML_FIELD_END };
static const cyaml_schema_value_t step_entry = ENTRY(sc_step, step_fields);
static const cyaml_schema_field_t debrief_fields[] = {
	STR_OPT(sc_debrief, story, "story"), STR_OPT(sc_debrief, reconstruction, "reconstruction"),
	STR_OPT(sc_debrief, team, "team"), WORDS_OPT(sc_debrief, learn, "learn"),
	WORDS_OPT(sc_debrief, sources, "sources"), CYAML_FIELD_END };
static const cyaml_schema_field_t documented_fields[] = {
	NUM(sc_documented, from, "from"), NUM(sc_documented, to, "to"),
	BOOL_OPT(sc_documented, ttls_known, "ttls-known"), STR_OPT(sc_documented, note, "note"),
	CYAML_FIELD_END };
static const cyaml_schema_field_t variant_fields[] = {
	STR(sc_variant, id, "id"), STR(sc_variant, title, "title"),
	WORDS_OPT(sc_variant, causes, "causes"), CYAML_FIELD_END };
static const cyaml_schema_value_t variant_entry = ENTRY(sc_variant, variant_fields);

static const cyaml_schema_field_t top_fields[] = {
	STR(scenario, name, "name"), STR(scenario, title, "title"), STR(scenario, origin, "origin"),
	NUM(scenario, level, "level"), STR(scenario, zone, "zone"), STR(scenario, parent, "parent"),
	STR(scenario, start, "start"), STR(scenario, moment, "moment"), STR(scenario, host, "host"),
	NUM(scenario, alg, "algorithm"), NUM(scenario, dnskey_ttl, "dnskey-ttl"),
	NUM(scenario, data_ttl, "data-ttl"), NUM(scenario, ds_ttl, "ds-ttl"),
	STR(scenario, source_type, "source-type"), STR(scenario, records, "records"),
	LIST_OPT(scenario, assumptions, "assumptions", word), LIST_OPT(scenario, causes, "causes", word),
	LIST(scenario, keys, "keys", key_entry), LIST(scenario, signings, "signings", signed_entry),
	LIST(scenario, delegations, "delegations", ds_entry),
	LIST(scenario, revisions, "revisions", revision_entry), LIST_OPT(scenario, runs, "runs", run_entry),
	LIST(scenario, servers, "servers", server_entry),
	LIST_OPT(scenario, vantages, "vantages", vantage_entry),
	LIST_OPT(scenario, events, "events", event_entry),
	STR_OPT(scenario, train_from, "train-from"), STR_OPT(scenario, horizon, "horizon"),
	STR_OPT(scenario, signer, "signer"), STR_OPT(scenario, signer_clock, "signer-clock"),
	 NUM_OPT(scenario, par, "par"),
	LIST_OPT(scenario, faults, "faults", fault_entry),
	LIST_OPT(scenario, population, "population", group_entry),
	PART_OPT(scenario, registrar, "registrar", registrar_fields),
	LIST_OPT(scenario, wrong, "wrong", wrong_entry), LIST_OPT(scenario, praise, "praise", said_entry),
	LIST_OPT(scenario, hints, "hints", hint_entry), LIST_OPT(scenario, golden, "golden", step_entry),
	LIST_OPT(scenario, real_team, "real-team", step_entry),
	PART_OPT(scenario, debrief, "debrief", debrief_fields),
	PART_OPT(scenario, documented, "documented", documented_fields),
	LIST_OPT(scenario, variants, "variants", variant_entry), WORDS_OPT(scenario, accept, "accept"),
	WORDS_OPT(scenario, truth, "truth"),
	CYAML_FIELD_END };
const cyaml_schema_value_t scenario_schema = { CYAML_VALUE_MAPPING(PTR, struct scenario, top_fields) };
