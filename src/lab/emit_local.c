/*
 * What the host of the signer shows: key files, zone files and log, read from the world's folder
 * by the same readers as on a true host; the source of truth and the clock out of the scenario.
 */
#include "base/arena.h"
#include "lab/emit_parts.h"
#include "observe/keydir.h"
#include "observe/signerlog.h"
#include "observe/zonefile.h"

struct sink {
	const struct world *w;
	struct text *out;
};

static void
emit(void *ctx, struct obs *o)
{
	const struct sink *s = ctx;

	o->host = arena_strdup(o->arena, s->w->s->host);
	lab_tell(s->out, o);
}

static const char *
zone_path(const struct world *w, struct arena *a, const char *form)
{
	return world_path(w, a, scenario_text(w->s, a, form));
}

static void
tell_source(const struct sink *s, int64_t t)
{
	const struct sc_revision *r = world_revision(s->w, t);
	struct obs *o = lab_fact(s->w, FACT_SOURCE, t);

	o->u.source = (struct fact_source){ .type = s->w->s->source_type, .readable = true,
		.path = zone_path(s->w, o->arena, "zones/{zone}"), .revision = r->revision,
		.author = r->author, .message = scenario_text(s->w->s, o->arena, r->message), .date = r->t / USEC,
		.has_serial = true, .serial = r->serial };
	lab_tell(s->out, o);
}

void
lab_emit_local(const struct world *w, int64_t t, struct text *out)
{
	const struct name *zone = &w->s->apex;
	struct arena *a = arena_new();
	struct sink s = { w, out };

	keydir_observe(world_path(w, a, "dnssec"), zone, "lab", t, emit, &s);
	emit(&s, zonefile_observe(zone_path(w, a, "zones/{zone}"), "source", zone, "lab", t));
	emit(&s, zonefile_observe(zone_path(w, a, "{zone}.signed"), "signed", zone, "lab", t));
	tell_source(&s, t);
	emit(&s, signerlog_observe(world_path(w, a, "signer.log"), w->messages, zone, "lab", t));
	struct obs *o = lab_fact(w, FACT_CLOCK, t);
	o->u.clock = (struct fact_clock){ .synchronised = true, .max_error_us = 20000,
		.source = "adjtimex" };
	lab_tell(out, o);
	arena_free(a);
}
