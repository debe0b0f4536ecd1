/*
 * To add a key: a member in config.h, a row here, an example in share/unbogus.yaml.sample; where its
 * text has a form of its own, a row in the table of config_check.c.
 */
#include "observe/config_schema.h"

#include "observe/config.h"

#define ITEMS_MAX 10000
#define OPT CYAML_FLAG_OPTIONAL
#define STR(key, type, member)                                                                 \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | OPT, type, member, 1, 4096)
#define NEED(key, type, member) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 1, 4096)
#define NUM(key, type, member) CYAML_FIELD_UINT(key, OPT, type, member)
#define YESNO(key, type, member)                                                               \
	CYAML_FIELD_ENUM(key, OPT | CYAML_FLAG_STRICT, type, member, yes_no, CYAML_ARRAY_LEN(yes_no))
#define LIST(key, type, member, entry)                                                         \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | OPT, type, member, entry, 0, ITEMS_MAX)
#define PART(key, type, member, fields)                                                        \
	CYAML_FIELD_MAPPING_PTR(key, CYAML_FLAG_POINTER | OPT, type, member, fields)

static const cyaml_strval_t yes_no[] = { { "false", CONFIG_NO }, { "true", CONFIG_YES },
	{ "no", CONFIG_NO }, { "yes", CONFIG_YES } };
static const cyaml_schema_value_t word = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 4096) };

static const cyaml_schema_field_t server_fields[] = {
	NEED("name", struct config_server, name),
	NEED("address", struct config_server, address),
	NUM("port", struct config_server, port),
	YESNO("hidden", struct config_server, hidden),
	YESNO("own-serials", struct config_server, own_serials),
	STR("tsig", struct config_server, tsig),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t server = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
	struct config_server, server_fields) };

static const cyaml_schema_field_t vantage_fields[] = {
	NEED("name", struct config_vantage, name),
	NEED("type", struct config_vantage, type),
	STR("cache", struct config_vantage, cache),
	STR("address", struct config_vantage, address),
	NUM("port", struct config_vantage, port),
	STR("kind", struct config_vantage, kind),
	STR("anchor", struct config_vantage, anchor),
	STR("refill", struct config_vantage, refill),
	YESNO("counted", struct config_vantage, counted),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t vantage = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
	struct config_vantage, vantage_fields) };

static const cyaml_schema_field_t source_fields[] = {
	NEED("type", struct config_source, type),
	STR("path", struct config_source, path),
	STR("file", struct config_source, file),
	STR("url", struct config_source, url),
	STR("revision", struct config_source, revision),
	STR("serial-from", struct config_source, serial_from),
	STR("before-publish", struct config_source, before_publish),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t signer_fields[] = {
	NEED("type", struct config_signer, type),
	LIST("command", struct config_signer, command, &word),
	YESNO("dry-run", struct config_signer, dry_run),
	STR("timeout", struct config_signer, timeout),
	STR("log", struct config_signer, log),
	LIST("reload", struct config_signer, reload, &word),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t registrar_fields[] = {
	NEED("name", struct config_registrar, name),
	STR("method", struct config_registrar, method),
	NUM("changes", struct config_registrar, changes),
	STR("per", struct config_registrar, per),
	STR("publication", struct config_registrar, publication),
	NUM("min-ds-ttl", struct config_registrar, min_ds_ttl),
	LIST("submit", struct config_registrar, submit, &word),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t threshold_fields[] = {
	LIST("key-end", struct config_thresholds, key_end, &word),
	LIST("rrsig", struct config_thresholds, rrsig, &word),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t zone_fields[] = {
	NEED("name", struct config_zone, name),
	STR("keys", struct config_zone, keys),
	STR("zone-file", struct config_zone, zone_file),
	STR("signed-file", struct config_zone, signed_file),
	STR("propagation-margin", struct config_zone, margin),
	NUM("port", struct config_zone, port),
	YESNO("second-pair", struct config_zone, second_pair),
	PART("source", struct config_zone, source, source_fields),
	PART("primary", struct config_zone, primary, server_fields),
	LIST("nameservers", struct config_zone, nameservers, &server),
	LIST("parents", struct config_zone, parents, &server),
	LIST("vantages", struct config_zone, vantages, &vantage),
	PART("signer", struct config_zone, signer, signer_fields),
	PART("registrar", struct config_zone, registrar, registrar_fields),
	PART("thresholds", struct config_zone, thresholds, threshold_fields),
	/* Lists of lists are beyond libcyaml: config.c takes it from the document. */
	CYAML_FIELD_IGNORE("hold", OPT),
	CYAML_FIELD_END
};
const cyaml_schema_field_t *const config_zone_fields = zone_fields;
static const cyaml_schema_value_t zone = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
	struct config_zone, zone_fields) };

static const cyaml_schema_field_t producer_fields[] = {
	NEED("name", struct config_producer, name),
	CYAML_FIELD_SEQUENCE("argv", CYAML_FLAG_POINTER, struct config_producer, argv, &word, 1, 256),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t producer = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
	struct config_producer, producer_fields) };

static const cyaml_schema_field_t control_fields[] = {
	NEED("name", struct config_control, name),
	NEED("type", struct config_control, type),
	STR("control", struct config_control, control),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t control = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
	struct config_control, control_fields) };

static const cyaml_schema_field_t hook_fields[] = {
	NEED("name", struct config_hook, name),
	CYAML_FIELD_SEQUENCE("argv", CYAML_FLAG_POINTER, struct config_hook, argv, &word, 1, 256),
	LIST("states", struct config_hook, on, &word),
	STR("timeout", struct config_hook, timeout),
	STR("per", struct config_hook, per),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t hook = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
	struct config_hook, hook_fields) };

static const cyaml_schema_field_t act_fields[] = {
	CYAML_FIELD_SEQUENCE("become", CYAML_FLAG_POINTER, struct config_act, become, &word, 1, 64),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t report_fields[] = {
	STR("template", struct config_report, template),
	STR("timezone", struct config_report, timezone),
	CYAML_FIELD_END
};

static const cyaml_schema_field_t top_fields[] = {
	STR("root-hints", struct config, root_hints),
	STR("trust-anchor", struct config, trust_anchor),
	NUM("port", struct config, port),
	STR("period", struct config, period),
	LIST("known-good", struct config, known_good, &word),
	LIST("known-bogus", struct config, known_bogus, &word),
	LIST("zones", struct config, zones, &zone),
	LIST("producers", struct config, producers, &producer),
	LIST("hooks", struct config, hooks, &hook),
	PART("act", struct config, act, act_fields),
	PART("report", struct config, report, report_fields),
	LIST("resolver-control", struct config, resolver_control, &control),
	CYAML_FIELD_END
};
const cyaml_schema_value_t config_schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config,
	top_fields) };
