#include "change/plan.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "change/plan_fields.h"

#define LIST_MAX 4096 /* rows of one list in a plan that is read */

struct list { /* what PLAN_LIST() looks like */
	void *v;
	size_t n, cap;
};

/* ---- hashes ---- */

void
plan_sha256(char out[PLAN_HASH], const void *p, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(p, n, digest, NULL, EVP_sha256(), NULL) == 1)
		text_hex(out, PLAN_HASH, digest, 32);
	else
		out[0] = '\0'; /* equal to nothing: see plan_moved() */
}

static int
by_rdata(const void *a, const void *b)
{
	const struct rr *x = *(const struct rr *const *)a, *y = *(const struct rr *const *)b;
	size_t n = x->rdlen < y->rdlen ? x->rdlen : y->rdlen;
	int c = n ? memcmp(x->rdata, y->rdata, n) : 0;

	return c ? c : (int)x->rdlen - (int)y->rdlen;
}

void
plan_rrset_hash(struct arena *a, char out[PLAN_HASH], const struct rr_list *rrs,
	const struct name *owner, uint16_t type)
{
	const struct rr **v = arena_new_array(a, const struct rr *, rrs->n + 1);
	size_t n = 0, len = 0;

	for (size_t i = 0; i < rrs->n; i++)
		if (rrs->v[i].type == type && name_equal(&rrs->v[i].owner, owner)) {
			v[n++] = &rrs->v[i];
			len += 2 + (size_t)rrs->v[i].rdlen;
		}
	qsort(v, n, sizeof *v, by_rdata);
	uint8_t *buf = arena_alloc(a, len + 2), *p = buf;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && by_rdata(&v[i - 1], &v[i]) == 0)
			continue; /* a set has no duplicates */
		*p++ = (uint8_t)(v[i]->rdlen >> 8);
		*p++ = (uint8_t)v[i]->rdlen;
		memcpy(p, v[i]->rdata, v[i]->rdlen);
		p += v[i]->rdlen;
	}
	plan_sha256(out, buf, (size_t)(p - buf));
}

/* ---- writing ---- */

static json_t *record_json(const struct plan_field *f, const char *base);

static json_t *
time_json(int64_t t)
{
	char out[40];

	if (t == TIME_UNSET)
		return json_null();
	return json_string(t == TIME_NEVER ? "never" : clock_rfc3339_s(out, sizeof out, t));
}

static json_t *
text_json(const char *s)
{
	return json_string(s ? s : "");
}

static json_t *
list_json(const struct plan_field *f, const char *at)
{
	const struct list *l = (const void *)at;
	json_t *out = json_array();

	for (size_t i = 0; i < l->n; i++) {
		json_t *item;
		if (f->kind == PF_TEXTS)
			item = text_json(((const char *const *)l->v)[i]);
		else if (f->kind == PF_TAGS)
			item = json_integer(((const int *)l->v)[i]);
		else
			item = record_json(f->fields, (const char *)l->v + i * f->size);
		json_array_append_new(out, item);
	}
	return out;
}

static json_t *
field_json(const struct plan_field *f, const char *at)
{
	switch (f->kind) {
	case PF_TEXT: return text_json(*(const char *const *)(const void *)at);
	case PF_BOOL: return json_boolean(*(const bool *)at);
	case PF_INT: return json_integer(*(const int *)(const void *)at);
	case PF_NUMBER: return json_integer(*(const int64_t *)(const void *)at);
	case PF_TIME: return time_json(*(const int64_t *)(const void *)at);
	case PF_ENUM: return json_string(f->names[*(const int *)(const void *)at]);
	case PF_RECORD: return record_json(f->fields, at);
	case PF_TEXTS:
	case PF_TAGS:
	case PF_LIST: return list_json(f, at);
	}
	return NULL;
}

static json_t *
record_json(const struct plan_field *f, const char *base)
{
	json_t *out = json_object();

	for (; f->name; f++)
		json_object_set_new(out, f->name, field_json(f, base + f->offset));
	return out;
}

json_t *
plan_to_json(const struct plan *p)
{
	return record_json(plan_fields, (const char *)p);
}

char *
plan_print(const struct plan *p)
{
	json_t *j = plan_to_json(p);
	char *s = json_dumps(j, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	size_t n = s ? strlen(s) : 0;
	char *out = s ? realloc(s, n + 2) : NULL;

	json_decref(j);
	if (out)
		memcpy(out + n, "\n", 2);
	else
		free(s);
	return out;
}

void
plan_hash(const struct plan *p, char out[PLAN_HASH])
{
	json_t *j = plan_to_json(p);
	char *s = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);

	out[0] = '\0';
	if (s)
		plan_sha256(out, s, strlen(s));
	free(s);
	json_decref(j);
}

/* ---- reading ---- */

struct reader {
	struct arena *a;
	struct err *e;
	char path[200]; /* of the member that is being read */
};

static bool read_record(struct reader *r, const struct plan_field *f, char *base, const json_t *j);

static bool
bad(struct reader *r, const char *expected, const json_t *seen)
{
	char *s = seen ? json_dumps(seen, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	err_set(r->e, ERR_PARSE, r->path, "unbogus-plan(5)", expected, "%.120s", s ? s : "nothing");
	free(s);
	return false;
}

static bool
read_text(struct reader *r, const char **out, const json_t *j)
{
	if (!json_is_string(j))
		return bad(r, "a string", j);
	/* A message to send has lines; each of them is clean. */
	char *lines = arena_strdup(r->a, json_string_value(j));
	for (char *p = lines; (p = strchr(p, '\n'));)
		*p = ' ';
	if (strlen(lines) != json_string_length(j) || !text_is_clean(lines))
		return bad(r, "printable text", j);
	*out = arena_strdup(r->a, json_string_value(j));
	return true;
}

static bool
read_time(struct reader *r, int64_t *out, const json_t *j)
{
	const char *s = json_string_value(j);
	int64_t usec;

	if (json_is_null(j))
		*out = TIME_UNSET;
	else if (s && strcmp(s, "never") == 0)
		*out = TIME_NEVER;
	else if (s && strlen(s) == 20 && clock_parse(s, &usec))
		*out = usec / USEC;
	else
		return bad(r, "a time as 2013-05-15T23:44:31Z, null or \"never\"", j);
	return true;
}

static bool
read_number(struct reader *r, const struct plan_field *f, int64_t *out, const json_t *j)
{
	char expected[80];

	*out = json_integer_value(j);
	if (json_is_integer(j) && *out >= f->min && *out <= f->max)
		return true;
	snprintf(expected, sizeof expected, "an integer from %" PRId64 " to %" PRId64, f->min, f->max);
	return bad(r, expected, j);
}

static bool
read_enum(struct reader *r, const struct plan_field *f, int *out, const json_t *j)
{
	const char *s = json_string_value(j);

	for (int i = 0; s && f->names[i]; i++)
		if (strcmp(f->names[i], s) == 0) {
			*out = i;
			return true;
		}
	return bad(r, "one of its words", j);
}

static bool
read_item(struct reader *r, const struct plan_field *f, struct list *l, size_t i, const json_t *j)
{
	static const struct plan_field tag = { .min = 0, .max = 65535 };
	int64_t number;

	if (f->kind == PF_TEXTS)
		return read_text(r, (const char **)l->v + i, j);
	if (f->kind == PF_LIST)
		return read_record(r, f->fields, (char *)l->v + i * f->size, j);
	if (!read_number(r, &tag, &number, j))
		return false;
	((int *)l->v)[i] = (int)number;
	return true;
}

static bool
read_list(struct reader *r, const struct plan_field *f, struct list *l, const json_t *j)
{
	size_t size = f->kind == PF_TEXTS ? sizeof(char *) : f->kind == PF_TAGS ? sizeof(int) : f->size;
	size_t here = strlen(r->path);

	if (!json_is_array(j) || json_array_size(j) > LIST_MAX)
		return bad(r, "a list", j);
	l->n = l->cap = json_array_size(j);
	l->v = arena_alloc(r->a, size * (l->n + 1));
	for (size_t i = 0; i < l->n; i++) {
		snprintf(r->path + here, sizeof r->path - here, "[%zu]", i);
		if (!read_item(r, f, l, i, json_array_get(j, i)))
			return false;
	}
	r->path[here] = '\0';
	return true;
}

static bool
read_field(struct reader *r, const struct plan_field *f, char *at, const json_t *j)
{
	int64_t number;

	switch (f->kind) {
	case PF_TEXT: return read_text(r, (const char **)(void *)at, j);
	case PF_BOOL:
		if (!json_is_boolean(j))
			return bad(r, "true or false", j);
		*(bool *)at = json_is_true(j);
		return true;
	case PF_INT:
		if (!read_number(r, f, &number, j))
			return false;
		*(int *)(void *)at = (int)number;
		return true;
	case PF_NUMBER: return read_number(r, f, (int64_t *)(void *)at, j);
	case PF_TIME: return read_time(r, (int64_t *)(void *)at, j);
	case PF_ENUM: return read_enum(r, f, (int *)(void *)at, j);
	case PF_RECORD: return read_record(r, f->fields, at, j);
	case PF_TEXTS:
	case PF_TAGS:
	case PF_LIST: return read_list(r, f, (struct list *)(void *)at, j);
	}
	return false;
}

static bool
known(const struct plan_field *f, const char *name)
{
	for (; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return true;
	return false;
}

static bool
read_record(struct reader *r, const struct plan_field *f, char *base, const json_t *j)
{
	size_t here = strlen(r->path);
	const char *name;
	json_t *value;

	if (!json_is_object(j))
		return bad(r, "an object", j);
	json_object_foreach((json_t *)(uintptr_t)j, name, value) {
		if (known(f, name))
			continue;
		snprintf(r->path + here, sizeof r->path - here, "%s%s", here ? "." : "", name);
		return bad(r, "no such member", value);
	}
	for (; f->name; f++) {
		snprintf(r->path + here, sizeof r->path - here, "%s%s", here ? "." : "", f->name);
		value = json_object_get(j, f->name);
		if (!value)
			return bad(r, "a member of this name", NULL);
		if (!read_field(r, f, base + f->offset, value))
			return false;
	}
	r->path[here] = '\0';
	return true;
}

/* ---- what the members mean together ---- */

static bool
wrong(struct err *e, const struct plan_step *s, const char *member, const char *expected)
{
	char object[80];

	snprintf(object, sizeof object, "steps[%d].%s", s->n - 1, member);
	return err_set(e, ERR_PARSE, object, "unbogus-plan(5)", expected, "a step %s without",
		step_kind_name(s->kind));
}

static bool
check_sign(const struct plan *p, const struct plan_step *s, struct err *e)
{
	for (size_t i = 0; i < s->keys.n; i++) {
		const struct plan_key *k = &s->keys.v[i];
		bool made = k->made_by > 0 && k->made_by < s->n &&
			p->steps.v[k->made_by - 1].kind == STEP_GENERATE_KEY;
		if (k->made_by ? !made : k->tag < 0 || !*k->rdata_sha256)
			return wrong(e, s, "keys", "a tag and rdata_sha256, or the earlier step that makes it");
		for (size_t w = 0; w < s->without.n; w++)
			if (k->tag == s->without.v[w] && k->publish)
				return wrong(e, s, "without", "no key that keys[] publishes");
	}
	if (!*s->signer || !*s->denial)
		return wrong(e, s, "signer", "signer and denial");
	return s->serial >= 0 || strcmp(s->signer, "manual") == 0 || wrong(e, s, "serial", "a serial");
}

/* What a kind needs to be done at all. */
static bool
check_step(const struct plan *p, const struct plan_step *s, struct err *e)
{
	switch (s->kind) {
	case STEP_EDIT_TIMING:
		return (*s->file && s->timing.n) || wrong(e, s, "timing", "a file and lines");
	case STEP_GENERATE_KEY:
		return (*s->file && s->alg && (s->flags & 256)) || wrong(e, s, "alg", "folder, alg and flags");
	case STEP_SIGN: return check_sign(p, s, e);
	case STEP_REPLACE_ZONE: return (*s->input && *s->file) || wrong(e, s, "file", "input and file");
	case STEP_RELOAD: return s->argv.n || s->commands.n || wrong(e, s, "argv", "a command");
	case STEP_WAIT: return s->until != TIME_UNSET || wrong(e, s, "until", "a time");
	case STEP_REGISTRAR: return true; /* an empty DS set is a wish too */
	case STEP_MANUAL: return s->commands.n || wrong(e, s, "commands", "commands");
	case STEP_OBSERVE:
		return s->what != OBSERVE_NOTHING || wrong(e, s, "what", "what to look for");
	case STEP_KIND_COUNT: break;
	}
	return wrong(e, s, "kind", "a kind");
}

static bool
plan_check(const struct plan *p, struct err *e)
{
	struct name zone;
	char canonical[NAME_MAX_TEXT];

	if (strcmp(p->schema, PLAN_SCHEMA) != 0)
		return err_set(e, ERR_UNSUPPORTED, "schema", "unbogus-plan(5)", PLAN_SCHEMA, "%s", p->schema);
	if (!name_from_text(&zone, p->zone, e))
		return false;
	if (strcmp(name_to_text(canonical, &zone), p->zone) != 0)
		return err_set(e, ERR_PARSE, "zone", "unbogus-plan(5)", canonical, "%s", p->zone);
	if (p->made == TIME_UNSET || p->made == TIME_NEVER || p->snapshot_time == TIME_UNSET ||
			p->snapshot_time > p->made)
		return err_set(e, ERR_PARSE, "made", "unbogus-plan(5)", "made after its snapshot", "not so");
	if (!*p->phrase.text)
		return err_set(e, ERR_PARSE, "phrase.text", "unbogus-plan(5)", "a phrase", "nothing");
	for (size_t i = 0; i < p->inputs.n; i++) {
		size_t n = strlen(p->inputs.v[i].sha256);
		if (n && (n != PLAN_HASH - 1 || strspn(p->inputs.v[i].sha256, "0123456789abcdef") != n))
			return err_set(e, ERR_PARSE, "inputs", "unbogus-plan(5)", "64 hexadecimal digits", "%s",
				p->inputs.v[i].sha256);
	}
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct plan_step *s = &p->steps.v[i];
		if (s->n != (int)i + 1)
			return err_set(e, ERR_PARSE, "steps", "unbogus-plan(5)", "numbers in order from 1",
				"%d in place %zu", s->n, i + 1);
		if (!check_step(p, s, e))
			return false;
	}
	return true;
}

const struct plan *
plan_from_json(struct arena *a, const char *text, size_t len, struct err *e)
{
	struct reader r = { .a = a, .e = e };
	struct plan *p = arena_new_one(a, struct plan);
	json_error_t at;
	json_t *j;

	if (len > PLAN_MAX) {
		err_set(e, ERR_LIMIT, "plan", "unbogus-plan(5)", "at most 4 MiB", "%zu octets", len);
		return NULL;
	}
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &at);
	if (!j) {
		err_set(e, ERR_PARSE, "plan", "JSON", "", "line %d: %s", at.line, at.text);
		return NULL;
	}
	bool ok = read_record(&r, plan_fields, (char *)p, j) && plan_check(p, e);
	json_decref(j);
	return ok ? p : NULL;
}

/* ---- comparing ---- */

enum guard_verdict
plan_verdict(const struct plan *p)
{
	enum guard_verdict worst = GUARD_PASS;

	for (size_t i = 0; i < p->guards.n; i++)
		if (p->guards.v[i].verdict > worst)
			worst = p->guards.v[i].verdict;
	return worst;
}

static const struct plan_input *
input_like(const struct plan *p, const struct plan_input *in)
{
	for (size_t i = 0; i < p->inputs.n; i++)
		if (p->inputs.v[i].kind == in->kind && strcmp(p->inputs.v[i].where, in->where) == 0)
			return &p->inputs.v[i];
	return NULL;
}

const struct plan_input *
plan_moved(const struct plan *p, const struct plan *now)
{
	for (size_t i = 0; i < p->inputs.n; i++) {
		const struct plan_input *in = &p->inputs.v[i], *other;
		if (in->kind == INPUT_CLOCK)
			continue;
		other = input_like(now, in);
		if (!other || !*in->sha256 || strcmp(in->sha256, other->sha256) != 0)
			return in;
	}
	for (size_t i = 0; i < now->inputs.n; i++)
		if (now->inputs.v[i].kind != INPUT_CLOCK && !input_like(p, &now->inputs.v[i]))
			return &now->inputs.v[i];
	return NULL;
}
