#include "observe/hostclock.h"

#include <errno.h>
#include <string.h>
#include <sys/timex.h>

struct obs *
hostclock_observe(const struct name *zone, const char *by, int64_t t)
{
	struct timex x = { .modes = 0 };
	int state = adjtimex(&x);
	struct obs *o;

	if (state < 0) {
		o = obs_new(FACT_UNKNOWN, t, by, zone);
		o->u.unknown = (struct fact_unknown){ .what = "host clock", .object = "adjtimex",
			.why = errno == EPERM ? "permission" : arena_strdup(o->arena, strerror(errno)),
			.lost = "whether times on this host can be trusted" };
		return o;
	}
	o = obs_new(FACT_CLOCK, t, by, zone);
	o->u.clock.synchronised = state != TIME_ERROR && !(x.status & STA_UNSYNC);
	o->u.clock.max_error_us = x.maxerror;
	o->u.clock.offset_us = x.status & STA_NANO ? x.offset / 1000 : x.offset;
	o->u.clock.source = "adjtimex";
	return o;
}
