/* actions_json: the ranking of actions as JSON "unbogus.actions/1", documented in
 * unbogus-actions(1). The reference returned is the caller's. */
#ifndef REPORT_ACTIONS_JSON_H
#define REPORT_ACTIONS_JSON_H

#include <jansson.h>

#include "change/rank.h"

json_t *json_actions(const struct diagnosis *d, const struct ranking *r);

#endif
