/*
 * guard: what must hold before a plan may be done. The judging is inside of plan_make()
 * (change/making.h); here are the guards' names and what each stands for, for the manual and help.
 *
 * To add a guard: a function and a row in guard.c, and its row in guard_docs[] there.
 */
#ifndef CHANGE_GUARD_H
#define CHANGE_GUARD_H

#include <stdbool.h>

struct guard_doc {
	const char *id;
	bool refuses; /* an integrity guard: no phrase helps */
	const char *doc;
};
extern const struct guard_doc guard_docs[]; /* ends with id == NULL; in the order of judging */

#endif
