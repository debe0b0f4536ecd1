/*
 * planes: which part of the picture a catalogue id belongs to, for `check --only` and for readers
 * who watch one part. To place a new id: a row in planes.c where its prefix is not there yet.
 */
#ifndef REPORT_PLANES_H
#define REPORT_PLANES_H

#include <stdbool.h>

enum plane { PLANE_CHAIN = 1, PLANE_KEYS = 2, PLANE_SERIALS = 4, PLANE_VALIDATION = 8, PLANE_ALL = 15 };

enum plane plane_of(const char *id);
/* Parses "chain,keys"; false points *BAD at an unknown word. */
bool planes_parse(const char *list, unsigned *planes, const char **bad);

#endif
