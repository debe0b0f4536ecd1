/*
 * live: a zone watched now: the roles that do it (observe net, observe local, configured
 * producers), from the command line and the configuration, behind the supervisor (ui/super.h).
 */
#ifndef UI_CLI_LIVE_H
#define UI_CLI_LIVE_H

#include "base/arena.h"
#include "model/observation.h"
#include "ui/super.h"

#define LIVE_WORDS 128

/* The usage line of the options that live_option() takes. */
#define LIVE_USAGE                                                                              \
	"[-c FILE] [--state DIR] [--port N] [--root-hints FILE] [--trust-anchor FILE]\n"        \
	"       [--period SPAN] [--server NAME@ADDRESS[:PORT]]... [--parent ...]... [--vantage ...]...\n"       \
	"       [--keys DIR] [--zone-file FILE] [--signed-file FILE] [--signer-log FILE] [--source SPEC]"

/* Zero-initialise. Words are borrowed from the command line. */
struct live {
	const char *config; /* -c; NULL: the usual places */
	const char *anchor; /* --trust-anchor */
	const char *state;  /* --state; NULL: the usual place */
	const char *net[LIVE_WORDS], *local[LIVE_WORDS];
	size_t n_net, n_local;
};

/* Is argv[*I] an option for one of the roles? Then it is kept and *I is at its last word. */
bool live_option(struct live *l, int argc, char **argv, int *i);
/* Reads the configuration, starts everything; returns in the face (see super_split). Words are
 * made in A. False with E. */
bool live_start(struct arena *a, const struct live *l, const struct name *zone,
	struct super_face *face, struct err *e);
/*
 * The same through the record that watches the zone, or one of our own where none runs: one role,
 * which also remembers (unbogus record --own).
 */
bool live_start_recorded(struct arena *a, const struct live *l, const struct name *zone,
	struct super_face *face, struct err *e);
/*
 * The same for N zones at once: one observe net and the producers for all of them, an observe
 * local each. STREAM_ZONE[i] (of SUPER_ROLES) is the index of the zone that face->stream[i] is
 * about, -1: of all.
 */
bool live_start_many(struct arena *a, const struct live *l, const struct name *zones, size_t n,
	struct super_face *face, int *stream_zone, struct err *e);
/*
 * Gives every fact to ON_OBS (which takes over the reference) until the net and local rounds are
 * complete, and the vantages' where there are any, or until SECONDS are over.
 */
void live_round(const struct super_face *face, int64_t seconds,
	void (*on_obs)(void *ctx, struct obs *o),
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e), void *ctx);

#endif
