/* config_schema: the inside of config: the schema that checking, loading and merging share. */
#ifndef OBSERVE_CONFIG_SCHEMA_H
#define OBSERVE_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>
#include <yaml.h>

#include "base/err.h"

extern const cyaml_schema_value_t config_schema;
extern const cyaml_schema_field_t *const config_zone_fields; /* of one zone */

/* Checks a whole YAML text against the schema. False with E at the first error's place. */
bool config_check(const char *name, const char *text, size_t len, struct err *e);

#endif
