/* tool_crowd SCENARIO VALIDATORS: milliseconds that one event costs, with that many validators. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "lab/play.h"

int
main(int argc, char **argv)
{
	struct text problems = { 0 };
	struct err e = { 0 };
	struct crowd_state s;
	unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 10000, events = 0;
	struct scenario *sc = argc > 1 ? scenario_load(argv[1], 0, NULL, &problems) : NULL;
	struct world *w = sc ? world_new(sc, "", &e) : NULL;

	if (!w) {
		fprintf(stderr, "%s", text_str(&problems));
		return 1;
	}
	struct crowd *c = crowd_new(w, n);
	int64_t worst = 0, begin = clock_monotonic_usec();
	for (int64_t t = sc->t_start; t < sc->t_start + 6 * 3600 * USEC; t += 60 * USEC, events++) {
		int64_t a = clock_monotonic_usec();
		crowd_at(c, t, &s);
		a = clock_monotonic_usec() - a;
		worst = a > worst ? a : worst;
	}
	int64_t all = clock_monotonic_usec() - begin;
	printf("lab: %u validators, %u events: %.2f ms an event, %.2f ms the worst (goal 10)\n", n, events,
		(double)all / 1000 / events, (double)worst / 1000);
	crowd_free(c);
	world_free(w);
	scenario_free(sc);
	text_free(&problems);
	return (double)all / 1000 / events > 10;
}
