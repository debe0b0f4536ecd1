/* What people and monitoring say to the operator. */
#include "base/arena.h"
#include "lab/emit_parts.h"

void
lab_emit_message(const struct world *w, int64_t t, const char *who, const char *text, struct text *out)
{
	struct obs *o = lab_fact(w, FACT_MESSAGE, t);

	o->u.message.who = arena_strdup(o->arena, who);
	o->u.message.text = scenario_text(w->s, o->arena, text);
	lab_tell(out, o);
}
