/*
 * respell: one entry of a zone file in words that libzscanner reads: names with characters that
 * are legal (RFC 2181 11) and that the library refuses get a backslash, and types that it has no
 * text form for are written as RFC 3597 unknown types. For scan only; owns nothing.
 *
 * To add a type that is a list of character strings: a row in string_types.
 */
#ifndef ZONE_RESPELL_H
#define ZONE_RESPELL_H

#include <stdbool.h>
#include <stddef.h>

/* Room that OUT needs for an entry of LEN octets. */
#define RESPELL_ROOM(len) (16 * (size_t)(len) + 4096)

/* The LEN octets at P are one entry (parentheses and comments included). Returns the length of the
 * text at OUT, 0 when there is nothing to write otherwise. */
size_t respell_entry(const char *p, size_t len, char *out);

/* The word of the entry's type as written, into OUT of 32 octets; false when there is none. */
bool respell_type(const char *p, size_t len, char out[32]);

#endif
