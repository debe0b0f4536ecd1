/* The file of `unbogus worlds` and its answer. */
#include <string.h>

#include "verdict/worlds.h"

#define MAX_VERSIONS 256
#define MAX_RECORDS 1024

static bool
bad(struct err *e, const char *where, const char *expected)
{
	return err_set(e, ERR_PARSE, where, "unbogus-worlds(1)", expected, "something else");
}

/* Unix seconds or RFC 3339; null means NEVER where that is allowed. */
static bool
read_time(json_t *j, bool may_be_null, int64_t *t)
{
	int64_t usec;

	if (may_be_null && (!j || json_is_null(j))) {
		*t = TIME_NEVER;
		return true;
	}
	if (json_is_integer(j)) {
		*t = json_integer_value(j);
		return true;
	}
	if (!json_is_string(j) || !clock_parse(json_string_value(j), &usec))
		return false;
	*t = usec / USEC;
	return true;
}

static bool
read_version(struct arena *a, json_t *j, const char *where, struct world_list *list, struct err *e)
{
	json_t *rrs = json_object_get(j, "rrs"), *ttl = json_object_get(j, "ttl"), *s;
	struct world_version v = { 0 };
	size_t i;

	if (!json_is_object(j) || !json_is_array(rrs) || json_array_size(rrs) > MAX_RECORDS)
		return bad(e, where, "versions with rrs, on, off and ttl");
	if (!read_time(json_object_get(j, "on"), false, &v.on))
		return bad(e, where, "on: Unix seconds or RFC 3339");
	if (!read_time(json_object_get(j, "off"), true, &v.off) || v.off < v.on)
		return bad(e, where, "off: a time not before on, or null");
	if (!json_is_integer(ttl) || json_integer_value(ttl) < 0 || json_integer_value(ttl) > INT32_MAX)
		return bad(e, where, "ttl: seconds");
	v.ttl = (uint32_t)json_integer_value(ttl);
	json_array_foreach (rrs, i, s) {
		struct rr rr;
		if (!json_is_string(s))
			return bad(e, where, "records in presentation form");
		if (!rr_from_text(a, json_string_value(s), v.ttl, &rr, e))
			return false;
		arena_push(a, &v.rrs, rr);
	}
	arena_push(a, list, v);
	return true;
}

static bool
read_list(struct arena *a, json_t *j, const char *where, struct world_list *list, struct err *e)
{
	json_t *v;
	size_t i;

	if (!j)
		return true;
	if (!json_is_array(j) || json_array_size(j) > MAX_VERSIONS)
		return bad(e, where, "a list of at most 256 versions");
	json_array_foreach (j, i, v)
		if (!read_version(a, v, where, list, e))
			return false;
	return true;
}

const struct worlds_input *
worlds_read(struct arena *a, const char *json, size_t n, struct err *e)
{
	json_error_t je;
	json_t *j = json_loadb(json, n, JSON_REJECT_DUPLICATES, &je);
	struct worlds_input *in = arena_new_one(a, struct worlds_input);
	const char *zone = json_string_value(json_object_get(j, "zone"));
	bool ok = false;

	if (!j)
		err_set(e, ERR_PARSE, "input", "JSON (RFC 8259)", "one object", "%s in line %d", je.text,
			je.line);
	else if (!zone)
		bad(e, "zone", "a domain name");
	else if (!name_from_text(&in->zone, zone, e))
		;
	else if (!read_time(json_object_get(j, "now"), false, &in->now))
		bad(e, "now", "Unix seconds or RFC 3339");
	else
		ok = read_list(a, json_object_get(j, "ds"), "ds", &in->ds, e) &&
			read_list(a, json_object_get(j, "dnskey"), "dnskey", &in->dnskey, e) &&
			read_list(a, json_object_get(j, "data"), "data", &in->data, e) &&
			read_list(a, json_object_get(j, "negative"), "negative", &in->negative, e);
	json_decref(j);
	return ok ? in : NULL;
}

static json_t *
seconds(int64_t t)
{
	return t == TIME_NEVER ? json_null() : json_integer(t);
}

static json_t *
broken_json(const struct broken *b)
{
	json_t *j = json_object(), *needs = json_array(), *heals = json_object();

	json_object_set_new(j, "from", json_integer(b->from));
	json_object_set_new(j, "until", seconds(b->until));
	json_object_set_new(j, "ds", json_integer((json_int_t)b->ds));
	json_object_set_new(j, "dnskey", json_integer((json_int_t)b->dnskey));
	json_object_set_new(j, b->negative ? "negative" : "data", json_integer((json_int_t)b->data));
	json_object_set_new(j, "reason", json_string(b->reason));
	if (b->old_ds)
		json_array_append_new(needs, json_string("ds"));
	if (b->old_dnskey)
		json_array_append_new(needs, json_string("dnskey"));
	if (b->old_data)
		json_array_append_new(needs, json_string("data"));
	json_object_set_new(j, "needs", needs);
	json_object_set_new(j, "path", json_string(b->direct ? "direct" : "behind a forwarder"));
	for (int f = 0; f < FAMILY_COUNT; f++)
		json_object_set_new(heals, family_name((enum family)f), seconds(b->heals[f]));
	json_object_set_new(j, "heals", heals);
	return j;
}

json_t *
worlds_json(const struct worlds *w)
{
	json_t *j = json_object(), *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(list, broken_json(&w->v[i]));
	json_object_set_new(j, "schema", json_string("unbogus.worlds/1"));
	json_object_set_new(j, "broken", list);
	json_object_set_new(j, "secure_now", json_boolean(w->secure_now));
	json_object_set_new(j, "security", json_string(verdict_name(w->now_verdict)));
	json_object_set_new(j, "reason", *w->now_reason ? json_string(w->now_reason) : json_null());
	return j;
}
