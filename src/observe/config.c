#include "observe/config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/file.h"
#include "observe/config_schema.h"

#define CONFIG_MAX (1u << 20)

static const cyaml_config_t loader = { .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR,
	.flags = CYAML_CFG_NO_ALIAS };

static void
free_loaded(void *p)
{
	cyaml_free(&loader, &config_schema, p, 0);
}

/* ---- hold, which libcyaml cannot load ---- */

static const yaml_node_t *
value_of(yaml_document_t *doc, const yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(doc, p->key);
		if (k->type == YAML_SCALAR_NODE && strcmp((const char *)k->data.scalar.value, key) == 0)
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

static unsigned
items(const yaml_node_t *n)
{
	return n && n->type == YAML_SEQUENCE_NODE
		? (unsigned)(n->data.sequence.items.top - n->data.sequence.items.start) : 0;
}

static void
take_hold(struct arena *a, yaml_document_t *doc, const yaml_node_t *hold, struct config_zone *z)
{
	z->hold_count = items(hold);
	z->hold = z->hold_count ? arena_new_array(a, struct config_argv, z->hold_count) : NULL;
	for (unsigned i = 0; i < z->hold_count; i++) {
		const yaml_node_t *argv = yaml_document_get_node(doc, hold->data.sequence.items.start[i]);
		struct config_argv *out = &z->hold[i];
		out->argc = items(argv);
		out->argv = arena_new_array(a, const char *, out->argc + 1);
		for (unsigned k = 0; k < out->argc; k++)
			out->argv[k] = arena_strdup(a, (const char *)yaml_document_get_node(doc,
				argv->data.sequence.items.start[k])->data.scalar.value);
	}
}

static void
take_holds(struct arena *a, const char *text, size_t len, struct config *c)
{
	yaml_document_t doc;
	yaml_parser_t p;

	if (!yaml_parser_initialize(&p))
		return;
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	if (yaml_parser_load(&p, &doc)) {
		const yaml_node_t *zones = value_of(&doc, yaml_document_get_root_node(&doc), "zones");
		for (unsigned i = 0; i < items(zones) && i < c->zones_count; i++)
			take_hold(a, &doc, value_of(&doc, yaml_document_get_node(&doc,
				zones->data.sequence.items.start[i]), "hold"), &c->zones[i]);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&p);
}

/* ---- loading ---- */

static bool
zones_differ(const char *name, const struct config *c, struct err *e)
{
	for (unsigned i = 0; i < c->zones_count; i++)
		if (config_zone_find(c, c->zones[i].name) != &c->zones[i])
			return err_set(e, ERR_PARSE, name, "config: zones", "each zone once", "%s",
				c->zones[i].name);
	return true;
}

const struct config *
config_parse(struct arena *a, const char *name, const char *text, size_t len, struct err *e)
{
	struct config *c = NULL;

	if (!config_check(name, text, len, e))
		return NULL;
	cyaml_err_t status = cyaml_load_data((const uint8_t *)text, len, &loader, &config_schema,
		(cyaml_data_t **)&c, NULL);
	if (status != CYAML_OK) {
		err_set(e, ERR_PARSE, name, "config", "", "%s", cyaml_strerror(status));
		return NULL;
	}
	if (!c)
		return arena_new_one(a, struct config);
	arena_on_free(a, free_loaded, c);
	take_holds(a, text, len, c);
	return zones_differ(name, c, e) ? c : NULL;
}

static const struct config *
load_file(struct arena *a, const char *path, struct err *e)
{
	size_t n;
	char *text = file_read(path, CONFIG_MAX, &n, e);
	const struct config *c = text ? config_parse(a, path, text, n, e) : NULL;

	free(text);
	return c;
}

/* ---- merging, along the schema ---- */

static void
merge_fields(void *into, const void *over, const cyaml_schema_field_t *fields)
{
	static const char nothing[64];

	for (; fields->key; fields++) {
		const char *from = (const char *)over + fields->data_offset;
		size_t size = fields->value.flags & CYAML_FLAG_POINTER ? sizeof(void *)
			: fields->value.data_size;
		if (fields->value.type == CYAML_IGNORE || size > sizeof nothing ||
			memcmp(from, nothing, size) == 0)
			continue;
		memcpy((char *)into + fields->data_offset, from, size);
		if (fields->value.type == CYAML_SEQUENCE)
			memcpy((char *)into + fields->count_offset, (const char *)over + fields->count_offset,
				fields->count_size);
	}
}

const struct config *
config_merge(struct arena *a, const struct config *base, const struct config *over)
{
	struct config *c = arena_memdup(a, base, sizeof *base);
	unsigned n = base->zones_count;

	merge_fields(c, over, config_schema.mapping.fields);
	c->zones = arena_new_array(a, struct config_zone, n + over->zones_count + 1);
	if (n)
		memcpy(c->zones, base->zones, sizeof *c->zones * n);
	c->zones_count = n;
	for (unsigned i = 0; i < over->zones_count; i++) {
		const struct config_zone *z = &over->zones[i];
		struct config_zone *mine = (struct config_zone *)config_zone_find(c, z->name);
		if (!mine) {
			c->zones[c->zones_count++] = *z;
			continue;
		}
		merge_fields(mine, z, config_zone_fields);
		if (z->hold) {
			mine->hold = z->hold;
			mine->hold_count = z->hold_count;
		}
	}
	return c;
}

const struct config *
config_load(struct arena *a, const char *path, const char *sysconfdir, const char *xdg,
	struct err *e)
{
	const char *dirs[] = { sysconfdir, xdg };
	const struct config *c = arena_new_one(a, struct config);

	if (path)
		return load_file(a, path, e);
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		struct err why = { 0 };
		const struct config *one = dirs[i]
			? load_file(a, arena_printf(a, "%s/unbogus/unbogus.yaml", dirs[i]), &why) : NULL;
		if (!one && dirs[i] && why.code != ERR_NOT_FOUND) {
			if (e)
				*e = why;
			return NULL;
		}
		c = one ? config_merge(a, c, one) : c;
	}
	return c;
}

const struct config_zone *
config_zone_find(const struct config *c, const char *name)
{
	size_t n = strlen(name);

	n -= n > 1 && name[n - 1] == '.';
	for (unsigned i = 0; i < c->zones_count; i++) {
		const char *z = c->zones[i].name;
		size_t k = strlen(z);
		k -= k > 1 && z[k - 1] == '.';
		if (k == n && strncasecmp(z, name, n) == 0)
			return &c->zones[i];
	}
	return NULL;
}

int64_t
config_span(const char *text, int64_t fallback)
{
	int64_t seconds;

	return text && clock_parse_span(text, &seconds) ? seconds : fallback;
}
