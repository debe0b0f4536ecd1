/*
 * lock: one change of a zone at a time, on this host, whoever makes it and wherever he keeps his
 * state: an open-file-description lock on a file in the folder of the zone's signed file. The file
 * names the holder, so that the one who comes second is told who, since when and with what.
 *
 * The kernel gives the lock back when its holder dies; a file that is left behind locks nobody.
 */
#ifndef CHANGE_LOCK_H
#define CHANGE_LOCK_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"

struct lock {
	int fd; /* -1: not held */
	char path[PATH_MAX];
};

/* WHAT: what the holder does ("plan 1f77ab"); WHO: user. False with E: ERR_CHANGED, the holder in
 * its `seen`, or why the file could not be made. */
bool lock_take(struct lock *l, const char *folder, const char *zone, const char *who,
	const char *what, struct err *e);
void lock_drop(struct lock *l);

#endif
