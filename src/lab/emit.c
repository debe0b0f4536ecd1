#include "lab/emit.h"

#include "base/arena.h"
#include "lab/emit_parts.h"
#include "model/stream.h"

void
lab_tell(struct text *out, struct obs *o)
{
	stream_write(out, o);
	obs_unref(o);
}

struct obs *
lab_fact(const struct world *w, enum fact fact, int64_t t)
{
	struct obs *o = obs_new(fact, t, "lab", &w->s->apex);

	o->host = arena_strdup(o->arena, w->s->host);
	return o;
}

static void
round_mark(const struct world *w, int64_t t, bool end, struct text *out)
{
	struct obs *o = lab_fact(w, FACT_ROUND, t);

	o->u.round = (struct fact_round){ .end = end, .what = "full",
		.number = (uint32_t)((t - w->s->t_start) / (10 * USEC) + 1) };
	lab_tell(out, o);
}

void
lab_emit(const struct world *w, int64_t t, bool first, struct text *out)
{
	int64_t begin = t - 5 * USEC;

	if (first) {
		struct obs *o = lab_fact(w, FACT_HELLO, begin);
		o->u.hello = (struct fact_hello){ .version = STREAM_VERSION, .program = "unbogus lab",
			.sandbox = w->sandbox, .host = o->host, .note = "simulated Internet" };
		lab_tell(out, o);
	}
	round_mark(w, begin, false, out);
	lab_emit_vantages(w, begin, first, out);
	lab_emit_servers(w, t - 2 * USEC, first, out);
	lab_emit_local(w, t - USEC, out);
	round_mark(w, t, true, out);
}

void
lab_emit_tick(const struct world *w, int64_t t, struct text *out)
{
	lab_tell(out, lab_fact(w, FACT_TICK, t));
}
