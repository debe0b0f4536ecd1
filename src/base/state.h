/*
 * state: the folder where this program remembers what it saw and did (DECISIONS 9): --state DIR,
 * else for root /var/lib/unbogus, else $XDG_STATE_HOME/unbogus (~/.local/state/unbogus). Below it
 * a folder for each zone, whose name is the zone's, escaped. A folder that cannot be made or
 * written is no error: struct state_place then says so, and its owner keeps what it has in memory.
 *
 * A struct state_place owns nothing. state_find() only chooses; state_make() makes the folders (mode
 * 0700) and tries them; both run before a role confines itself.
 */
#ifndef BASE_STATE_H
#define BASE_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct state_place {
	char root[PATH_MAX]; /* "/var/lib/unbogus", absolute; "" when there is no place at all */
	char zone[PATH_MAX]; /* the zone's folder below it; "" without a zone */
	bool memory;	     /* nothing is kept: see notice */
	char notice[600];    /* why, for people; "" when all is well */
};

/*
 * ARG is --state's (NULL: the default; UBG_STATE in the environment comes before the default, for
 * tests). ZONE is a domain name in presentation form, as name_to_text() writes it, or NULL.
 * False with E when ARG is unusable (too long).
 */
bool state_find(struct state_place *s, const char *arg, const char *zone, struct err *e);
/* Makes the folders; where that fails s->memory and s->notice say so. Returns !s->memory. */
bool state_make(struct state_place *s);
/* "FOLDER/NAME" of the zone's folder (of the root where there is no zone); returns OUT. */
const char *state_path(const struct state_place *s, const char *name, char out[PATH_MAX]);

/*
 * The folder's name for ZONE: lower case, without the last dot; anything but letters, digits,
 * "-", "_" and inner dots becomes %HH; what would be longer than 200 octets is cut and ends with
 * a hash of the whole. The root is "%2E". Different zones have different names.
 */
void state_escape(char *out, size_t size, const char *zone);
/* The zone ("example.org.") that a folder's name stands for; false when it is none, or was cut. */
bool state_unescape(char *out, size_t size, const char *folder);

#endif
