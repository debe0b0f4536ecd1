/*
 * share: where the program's own data lies (root hints, messages, scenarios, explanations).
 *
 * The first of these that there is: the folder named by the environment's UBG_SHARE; "share" beside
 * the program, which is how a build folder looks before "make install"; the folder that configure
 * was told. Nothing is kept; call it before confinement, which may hide /proc.
 */
#ifndef BASE_SHARE_H
#define BASE_SHARE_H

#include <stddef.h>

/* Writes the path of NAME ("root.hints", "scenarios/x.yaml"; "" for the folder) to OUT of SIZE
 * bytes and returns OUT. The file need not exist. */
const char *share_path(char *out, size_t size, const char *name);

#endif
