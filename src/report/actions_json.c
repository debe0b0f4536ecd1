#include "report/actions_json.h"

static json_t *
time_of(int64_t t)
{
	char out[40];

	if (t == TIME_UNSET)
		return json_null();
	return json_string(t == TIME_NEVER ? "never" : clock_rfc3339_s(out, sizeof out, t));
}

static json_t *
text(const char *s)
{
	return s && *s ? json_string(s) : json_null();
}

static json_t *
stage(const struct option *o)
{
	json_t *entry = json_array();

	if (!o->stage) {
		json_decref(entry);
		return json_null();
	}
	for (size_t i = 0; i < o->n_entry; i++)
		json_array_append_new(entry, json_pack("{s:s,s:b,s:o}", "text", o->entry[i].text, "observed",
			o->entry[i].observed, "evidence", text(o->entry[i].evidence)));
	return json_pack("{s:i,s:i,s:s,s:o,s:o}", "number", o->stage, "of", o->stages, "name",
		o->stage_name, "next", text(o->next_name), "entry", entry);
}

static json_t *
option(const struct option *o)
{
	json_t *args = json_array();

	if (o->tag >= 0)
		json_array_append_new(args, json_integer(o->tag));
	return json_pack("{s:s,s:o,s:s,s:b,s:o,s:b,s:b,s:o,s:s,s:I,s:I,s:o,s:o,s:o}", "action",
		o->action->name, "args", args, "title", o->title, "possible", !o->why_not, "why_not",
		text(o->why_not), "fixes", o->fixes, "wrong", o->wrong, "wrong_why", text(o->wrong_why),
		"risk", o->risk, "harm", (json_int_t)o->harm, "harm_new", (json_int_t)o->harm_new,
		"harm_until", time_of(o->harm_until), "safe_at", time_of(o->safe_at), "stage", stage(o));
}

json_t *
json_actions(const struct diagnosis *d, const struct ranking *r)
{
	char name[NAME_MAX_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(list, option(&r->v[i]));
	return json_pack("{s:s,s:s,s:o,s:s,s:s,s:I,s:o,s:o}", "schema", "unbogus.actions/1", "zone",
		name_to_text(name, &d->zone), "time", time_of(d->now / USEC), "state",
		state_name(d->state), "security", link_state_name(d->security), "horizon",
		(json_int_t)r->horizon, "proven_from", time_of(r->proven_from), "actions", list);
}
