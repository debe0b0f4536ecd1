/* scenario_schema: the fields of a scenario file. */
#ifndef LAB_SCENARIO_SCHEMA_H
#define LAB_SCENARIO_SCHEMA_H

#include <cyaml/cyaml.h>

#include "lab/scenario.h"

extern const cyaml_schema_value_t scenario_schema; /* of a struct scenario */

#endif
