/* The walk over a YAML document along the schema: every error with its line and column. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/name.h"
#include "observe/config_schema.h"

#define DEPTH_MAX 20
#define KEYS_MAX 64
#define PATH_MAX_TEXT 128

struct check {
	const char *name;
	yaml_document_t *doc;
	struct err *e;
};

static bool
fail(const struct check *c, const yaml_mark_t *at, const char *path, const char *expected,
	const char *seen)
{
	char object[300];

	snprintf(object, sizeof object, "%s:%zu:%zu", c->name, at->line + 1, at->column + 1);
	return err_set(c->e, ERR_PARSE, object, *path ? path : "config", expected, "%s", seen);
}

/* ---- forms of single values, by key ---- */

static bool
is_address(const char *s)
{
	unsigned char buf[16];

	return inet_pton(AF_INET, s, buf) == 1 || inet_pton(AF_INET6, s, buf) == 1;
}

static bool
is_span(const char *s)
{
	int64_t seconds;

	return clock_parse_span(s, &seconds) && seconds > 0;
}

static bool
is_span_or_percent(const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	return is_span(s) || (*s >= '0' && *s <= '9' && end[0] == '%' && !end[1] && v <= 100);
}

static bool
is_port(const char *s)
{
	uint64_t v;

	return text_number(s, 65535, &v) && v >= 1;
}

static bool
is_name(const char *s)
{
	struct name n;

	return name_from_text(&n, s, NULL);
}

/* PARENT: the key above, NULL: any. WORDS: the only ones allowed. */
static const struct form {
	const char *parent, *key;
	bool (*ok)(const char *s);
	const char *words[8];
	const char *expected;
} forms[] = {
	{ NULL, "address", is_address, { NULL }, "an IPv4 or IPv6 address" },
	{ NULL, "port", is_port, { NULL }, "1 to 65535" },
	{ NULL, "period", is_span, { NULL }, "a time span such as 10s" },
	{ NULL, "timeout", is_span, { NULL }, "a time span such as 120s" },
	{ NULL, "per", is_span, { NULL }, "a time span such as 24h" },
	{ NULL, "publication", is_span, { NULL }, "a time span such as 15m" },
	{ NULL, "propagation-margin", is_span, { NULL }, "a time span such as 60s" },
	{ NULL, "key-end", is_span, { NULL }, "time spans such as 14d" },
	{ NULL, "rrsig", is_span_or_percent, { NULL }, "parts such as 25%, or time spans" },
	{ NULL, "known-good", is_name, { NULL }, "domain names" },
	{ NULL, "known-bogus", is_name, { NULL }, "domain names" },
	{ "zones", "name", is_name, { NULL }, "a domain name" },
	{ "hooks", "states", NULL, { "ok", "warning", "critical", "unknown", "stale" },
		"ok, warning, critical, unknown, stale" },
	{ "source", "type", NULL, { "svn", "git", "file", "none" }, "svn, git, file or none" },
	{ "vantages", "type", NULL, { "libunbound", "resolver" }, "libunbound or resolver" },
	{ "vantages", "cache", NULL, { "none", "keep" }, "none or keep" },
	{ "signer", "type", NULL, { "built-in", "bind-signzone", "bind-policy", "ldns", "knot",
		"opendnssec", "command" }, "built-in, bind-signzone, command ..." },
};

static bool
check_form(const struct check *c, const yaml_node_t *n, const char *path, const char *parent,
	const char *key)
{
	const char *s = (const char *)n->data.scalar.value;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const struct form *f = &forms[i];
		bool good = f->ok && f->ok(s);
		if (strcmp(f->key, key) != 0 || (f->parent && strcmp(f->parent, parent) != 0))
			continue;
		for (size_t w = 0; w < sizeof f->words / sizeof *f->words && f->words[w]; w++)
			good |= strcmp(f->words[w], s) == 0;
		return good || fail(c, &n->start_mark, path, f->expected, s);
	}
	return true;
}

/* ---- the walk ---- */

static bool check_node(const struct check *c, int id, const cyaml_schema_value_t *schema,
	const char *path, const char *parent, const char *key);

static bool
check_number(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 9 && strspn(s, "0123456789") == n && (n == 1 || *s != '0');
}

static bool
check_scalar(const struct check *c, const yaml_node_t *n, const cyaml_schema_value_t *schema,
	const char *path, const char *parent, const char *key)
{
	const char *s = (const char *)n->data.scalar.value;
	const char *words[KEYS_MAX] = { NULL };

	if (n->type != YAML_SCALAR_NODE)
		return fail(c, &n->start_mark, path, "one value", n->type == YAML_MAPPING_NODE
			? "keys below it" : "a list");
	if (strlen(s) != n->data.scalar.length)
		return fail(c, &n->start_mark, path, "text", "a NUL octet");
	if (schema->type == CYAML_UINT && !check_number(s))
		return fail(c, &n->start_mark, path, "a whole number", *s ? s : "nothing");
	if (schema->type == CYAML_STRING && (!*s || n->data.scalar.length > schema->string.max))
		return fail(c, &n->start_mark, path, "a text of 1 to 4096 octets", *s ? "more" : "nothing");
	if (schema->type == CYAML_ENUM) {
		bool known = false;
		for (uint32_t i = 0; i < schema->enumeration.count && i + 1 < KEYS_MAX; i++) {
			words[i] = schema->enumeration.strings[i].str;
			known |= strcmp(words[i], s) == 0;
		}
		if (!known)
			return fail(c, &n->start_mark, path, "true or false", *s ? s : "nothing");
	}
	return check_form(c, n, path, parent, key);
}

static bool
unknown_key(const struct check *c, const yaml_node_t *key, const cyaml_schema_field_t *fields,
	const char *path)
{
	const char *words[KEYS_MAX] = { NULL };
	char expected[128], seen[128];

	for (size_t i = 0; fields[i].key && i + 1 < KEYS_MAX; i++)
		words[i] = fields[i].key;
	const char *s = (const char *)key->data.scalar.value, *near = text_nearest(s, words);
	snprintf(expected, sizeof expected, near ? "%s" : "a known key", near);
	snprintf(seen, sizeof seen, "unknown key %.100s", s);
	return fail(c, &key->start_mark, path, expected, seen);
}

static bool
check_mapping(const struct check *c, const yaml_node_t *n, const cyaml_schema_value_t *schema,
	const char *path, const char *parent)
{
	const cyaml_schema_field_t *fields = schema->mapping.fields;
	bool have[KEYS_MAX] = { false };
	char below[PATH_MAX_TEXT];

	if (n->type != YAML_MAPPING_NODE)
		return fail(c, &n->start_mark, path, "keys with values", "something else");
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(c->doc, p->key);
		size_t i = 0;
		if (key->type != YAML_SCALAR_NODE)
			return fail(c, &key->start_mark, path, "a key", "a list or mapping as key");
		while (fields[i].key && strcmp(fields[i].key, (const char *)key->data.scalar.value) != 0)
			i++;
		if (!fields[i].key)
			return unknown_key(c, key, fields, path);
		if (have[i])
			return fail(c, &key->start_mark, path, "each key once", fields[i].key);
		have[i] = true;
		snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", fields[i].key);
		if (!check_node(c, p->value, &fields[i].value, below, parent, fields[i].key))
			return false;
	}
	for (size_t i = 0; fields[i].key; i++)
		if (!have[i] && !(fields[i].value.flags & CYAML_FLAG_OPTIONAL))
			return fail(c, &n->start_mark, path, fields[i].key, "a required key is missing");
	return true;
}

static bool
check_list(const struct check *c, const yaml_node_t *n, const cyaml_schema_value_t *schema,
	const char *path, const char *parent, const char *key)
{
	char below[PATH_MAX_TEXT];
	size_t i = 0;

	if (n->type != YAML_SEQUENCE_NODE)
		return fail(c, &n->start_mark, path, "a list", "something else");
	size_t count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	if (count < schema->sequence.min || count > schema->sequence.max)
		return fail(c, &n->start_mark, path, "another number of entries", "too few or too many");
	for (yaml_node_item_t *p = n->data.sequence.items.start; p < n->data.sequence.items.top; p++) {
		snprintf(below, sizeof below, "%s[%zu]", path, i++);
		if (!check_node(c, *p, schema->sequence.entry, below, parent, key))
			return false;
	}
	return true;
}

/* hold: [[/path/to/stop], [/path/to/start]] */
static bool
check_commands(const struct check *c, const yaml_node_t *n, const char *path)
{
	static const cyaml_schema_value_t word = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 4096) };
	static const cyaml_schema_value_t argv = { CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, char *, &word,
		1, 64) };
	static const cyaml_schema_value_t list = { CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, char *, &argv,
		2, 2) };

	return check_list(c, n, &list, path, "", "");
}

static bool
check_node(const struct check *c, int id, const cyaml_schema_value_t *schema, const char *path,
	const char *parent, const char *key)
{
	const yaml_node_t *n = yaml_document_get_node(c->doc, id);

	switch (schema->type) {
	case CYAML_MAPPING:
		return check_mapping(c, n, schema, path, key);
	case CYAML_SEQUENCE:
		return check_list(c, n, schema, path, parent, key);
	case CYAML_IGNORE:
		return check_commands(c, n, path);
	default:
		return check_scalar(c, n, schema, path, parent, key);
	}
}

/* What the document API hides: aliases, depth, a second document; and syntax. */
static bool
check_events(struct check *c, const char *text, size_t len)
{
	yaml_parser_t p;
	bool ok = true, end = false;
	int depth = 0, documents = 0;

	if (!yaml_parser_initialize(&p))
		return err_set(c->e, ERR_MEMORY, c->name, "YAML", "memory", "none");
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	while (ok && !end) {
		yaml_event_t ev;
		if (!yaml_parser_parse(&p, &ev)) {
			ok = fail(c, &p.problem_mark, "YAML", "", p.problem ? p.problem : "unreadable");
			break;
		}
		switch (ev.type) {
		case YAML_ALIAS_EVENT:
			ok = fail(c, &ev.start_mark, "config", "the value itself", "an alias (*)");
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (++documents > 1)
				ok = fail(c, &ev.start_mark, "config", "one document", "a second one (---)");
			break;
		case YAML_MAPPING_START_EVENT:
		case YAML_SEQUENCE_START_EVENT:
			if (++depth > DEPTH_MAX)
				ok = fail(c, &ev.start_mark, "config", "a flat file", "too deep nesting");
			break;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
			depth--;
			break;
		case YAML_STREAM_END_EVENT:
			end = true;
			break;
		default:
			break;
		}
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&p);
	return ok;
}

bool
config_check(const char *name, const char *text, size_t len, struct err *e)
{
	yaml_document_t doc;
	yaml_parser_t p;
	struct check c = { .name = name, .doc = &doc, .e = e };
	bool ok = false;

	if (!check_events(&c, text, len))
		return false;
	if (!yaml_parser_initialize(&p))
		return err_set(e, ERR_MEMORY, name, "YAML", "memory", "none");
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	if (!yaml_parser_load(&p, &doc)) {
		fail(&c, &p.problem_mark, "YAML", "", p.problem ? p.problem : "unreadable");
	} else {
		const yaml_node_t *root = yaml_document_get_root_node(&doc);
		ok = !root || check_mapping(&c, root, &config_schema, "", "");
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&p);
	return ok;
}
