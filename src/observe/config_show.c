/* config_show: a configuration written back as YAML, along the schema that it was read by. */
#include <string.h>

#include "observe/config.h"
#include "observe/config_schema.h"

#define STEP 2 /* columns an inner block stands further right */

static void
add_word(struct text *out, const char *s)
{
	text_add(out, "\"");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			text_add(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			text_add(out, "\\x%02X", c);
		else
			text_add_n(out, s, 1);
	}
	text_add(out, "\"");
}

static uint64_t
read_uint(const char *at, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, at, size < sizeof v ? size : sizeof v); /* little-endian, as libcyaml itself has it */
	return v;
}

static const char *
enum_word(const cyaml_schema_value_t *v, uint64_t value)
{
	const char *word = NULL;

	/* the last of two names for a value is the one that people write */
	for (uint32_t i = 0; i < v->enumeration.count; i++)
		if ((uint64_t)v->enumeration.strings[i].val == value)
			word = v->enumeration.strings[i].str;
	return word;
}

static void add_fields(struct text *out, const char *data, const cyaml_schema_field_t *f, int indent,
	bool dash);

static void
add_sequence(struct text *out, const char *items, size_t n, const cyaml_schema_value_t *entry, int indent)
{
	if (entry->type != CYAML_MAPPING) {
		text_add(out, " [");
		for (size_t i = 0; i < n; i++) {
			text_add(out, "%s", i ? ", " : "");
			add_word(out, ((const char *const *)(const void *)items)[i]);
		}
		text_add(out, "]\n");
		return;
	}
	text_add(out, "\n");
	for (size_t i = 0; i < n; i++)
		add_fields(out, items + i * entry->data_size, entry->mapping.fields, indent + STEP, true);
}

/* What is said of field F at AT; NULL-like values were not said. Returns whether it was. */
static bool
add_field(struct text *out, const char *data, const cyaml_schema_field_t *f, int indent, const char *lead)
{
	const char *at = data + f->data_offset, *pointed = NULL;
	const cyaml_schema_value_t *v = &f->value;
	uint64_t count = 0, value = 0;

	if (v->type == CYAML_IGNORE)
		return false;
	if (v->flags & CYAML_FLAG_POINTER)
		memcpy(&pointed, at, sizeof pointed);
	else
		value = read_uint(at, v->data_size);
	if (!pointed && !value)
		return false;
	if (v->type == CYAML_SEQUENCE && !(count = read_uint(data + f->count_offset, f->count_size)))
		return false;
	text_add(out, "%s%s:", lead, f->key);
	if (v->type == CYAML_STRING) {
		text_add(out, " ");
		add_word(out, pointed);
		text_add(out, "\n");
	} else if (v->type == CYAML_SEQUENCE)
		add_sequence(out, pointed, count, v->sequence.entry, indent);
	else if (v->type == CYAML_MAPPING) {
		text_add(out, "\n");
		add_fields(out, pointed, v->mapping.fields, indent + STEP, false);
	} else if (v->type == CYAML_ENUM)
		text_add(out, " %s\n", enum_word(v, value));
	else
		text_add(out, " %llu\n", (unsigned long long)value);
	return true;
}

/* DASH: it is an item of a list, and its first line has the dash. */
static void
add_fields(struct text *out, const char *data, const cyaml_schema_field_t *f, int indent, bool dash)
{
	const struct config_zone *z = f == config_zone_fields ? (const void *)data : NULL;
	char lead[80], first[80];

	snprintf(lead, sizeof lead, "%*s", indent + (dash ? STEP : 0), "");
	snprintf(first, sizeof first, "%*s- ", indent, "");
	for (bool begun = !dash; f->key; f++)
		begun |= add_field(out, data, f, (int)strlen(lead), begun ? lead : first);
	if (!z || !z->hold_count)
		return;
	text_add(out, "%shold:\n", lead); /* a list of lists, which the schema does not know */
	for (unsigned i = 0; i < z->hold_count; i++) {
		text_add(out, "%s%*s-", lead, STEP, "");
		add_sequence(out, (const void *)z->hold[i].argv, z->hold[i].argc, &(cyaml_schema_value_t){
			.type = CYAML_STRING }, indent);
	}
}

void
config_show(struct text *out, const struct config *c)
{
	add_fields(out, (const char *)c, config_schema.mapping.fields, 0, false);
}
