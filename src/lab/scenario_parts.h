/* scenario_parts: what the files that read a scenario share. */
#ifndef LAB_SCENARIO_PARTS_H
#define LAB_SCENARIO_PARTS_H

#include "lab/scenario.h"

struct load {
	struct scenario *s;
	struct text *problems;
	const char *file, *text; /* of the scenario, for the lines of problems */
	size_t len;
	bool bad;
};

/* A mistake in entry INDEX of FIELD, with its line; FIELD NULL: of the whole file. */
void scenario_problem(struct load *l, const char *field, unsigned index, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* USEC of TEXT, or UNSET where there is none. */
int64_t scenario_moment(struct load *l, const char *field, unsigned i, const char *text, int64_t unset);

/* Leaves out the entries of other variants; scenario_restore() before it is freed. */
void scenario_choose(struct load *l, const char *variant);
void scenario_restore(struct scenario *s);
/* Everything of the scenario happens BY usec later. */
void scenario_shift(struct scenario *s, int64_t by);
void scenario_check_train(struct load *l); /* times, names and rules of the training's part */

#endif
