/* Weak stand-ins so that the console links before diagnose() and the inventory are there; the
 * real ones come first in the archive and win. */
#include "diagnose/diagnosis.h"
#define WEAK __attribute__((weak))
WEAK const char *state_name(enum state s) { return (const char *[]){ "ok", "warning", "critical", "unknown" }[s]; }
WEAK const char *severity_name(enum severity s) { return (const char *[]){ "info", "warning", "high", "critical" }[s]; }
WEAK const char *vstate_name(enum vstate s) { return (const char *[]){ "SECURE", "BOGUS", "INSECURE", "UNKNOWN", "no valid." }[s]; }
WEAK const char *key_role_name(enum key_role r) { return (const char *[]){ "-", "KSK", "ZSK", "CSK" }[r]; }
WEAK const char *key_timing_name(enum key_timing t) { return (const char *[]){ "unknown", "future", "published", "active", "inactive", "removed" }[t]; }
WEAK const char *link_state_name(enum link_state s) { return (const char *[]){ "secure", "bogus", "insecure", "unknown" }[s]; }
WEAK struct diagnosis *
diagnose(struct snapshot *s, const struct diagnose_options *opt)
{
	struct arena *a = arena_new();
	struct diagnosis *d = arena_new_one(a, struct diagnosis);

	(void)opt;
	d->arena = a;
	d->snapshot = snapshot_ref(s);
	d->zone = s->zone;
	d->now = s->now;
	d->state = STATE_UNKNOWN;
	d->headline = "no checks in this build";
	return d;
}
WEAK void
diagnosis_free(struct diagnosis *d)
{
	if (!d)
		return;
	snapshot_unref(d->snapshot);
	arena_free(d->arena);
}
