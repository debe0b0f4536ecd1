/*
 * name: domain names in uncompressed wire form (RFC 1035 3.1), as values that own themselves.
 * Case is kept as seen; comparison ignores ASCII case (RFC 4343).
 */
#ifndef MODEL_NAME_H
#define MODEL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NAME_MAX_WIRE 255
#define NAME_MAX_TEXT 1025 /* every octet as \DDD, dots, the end */

struct name {
	uint8_t len; /* octets of wire, root label included; 0 means "no name" */
	uint8_t wire[NAME_MAX_WIRE];
};

extern const struct name name_root;

/* Reads presentation form, with or without the trailing dot, \DDD and \X escapes understood. */
bool name_from_text(struct name *n, const char *text, struct err *e);
/* Reads one uncompressed name at P; returns its length or 0 when it is not one. */
size_t name_from_wire(struct name *n, const uint8_t *p, size_t len);
/* Presentation form with the trailing dot, printable ASCII only; returns OUT. */
const char *name_to_text(char out[NAME_MAX_TEXT], const struct name *n);

bool name_equal(const struct name *a, const struct name *b);
/* Canonical order (RFC 4034 6.1): negative, 0, positive. */
int name_cmp(const struct name *a, const struct name *b);
/* Is A the same as B, or below it? */
bool name_at_or_below(const struct name *a, const struct name *b);
/* Labels without the root label: 0 for ".", 2 for "example.org.". */
unsigned name_labels(const struct name *n);
/* Removes the first label; false for the root. */
bool name_parent(const struct name *n, struct name *parent);
/* Puts LABEL (presentation, one label) before N; false when the result is too long. */
bool name_prepend(const struct name *n, const char *label, struct name *out);
/* Lower-cases A-Z (RFC 4034 6.2). */
void name_lower(struct name *n);

#endif
