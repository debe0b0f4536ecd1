/*
 * remake: a plan file is only a file: who edits it must not get rid of a guard, of the long phrase or
 * of a step's conditions. Before anything is changed act makes the plan anew from what it has just
 * seen and holds the file against that.
 *
 * A file may be stricter than the world is now; it may not be laxer, and its steps must be those
 * that plan_make() gives. Pure; everything lives in the arena given.
 */
#ifndef CHANGE_REMAKE_H
#define CHANGE_REMAKE_H

#include "change/make.h"

/*
 * Does P say at least what a plan of the same action, made from D now, says? ZONE: what is configured
 * (may be NULL). BACKUPS: the folder below which a plan may take content to sign besides the zone's own
 * file ("" none). False with E (ERR_CHANGED; rule: the guard, phrase or part of the plan; expected:
 * what the plan made now says) otherwise, and where no such plan can be made any more.
 *
 * Guards that act judges by itself (files, serials, the clock: G8, inputs, world, clock) are not
 * looked at here.
 */
bool remake_agrees(struct arena *a, const struct plan *p, const struct diagnosis *d,
	const struct config_zone *zone, const char *backups, struct err *e);

#endif
