#include "model/stream.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/facts.h"

/* Keys end with their role and cut, so that a recording reads well. */
static const char *const role_names[] = { "root", "parent", "child", "primary", NULL };
static const char *const section_names[] = { "answer", "authority", "additional", NULL };

#define AT(base, off, type) (*(type *)((char *)(base) + (off)))

/* ---- writing ---- */

/* A JSON string of foreign text: what is not UTF-8 is written as \xHH. */
static json_t *
json_foreign(const char *s)
{
	if (!s)
		return json_null();
	json_t *j = json_string(s);
	if (j)
		return j;
	size_t n = text_clean(NULL, 0, s);
	char *clean = malloc(n + 1);
	if (!clean)
		return json_null();
	text_clean(clean, n + 1, s);
	j = json_string(clean);
	free(clean);
	return j ? j : json_null();
}

static json_t *
json_name(const struct name *n)
{
	char buf[NAME_MAX_TEXT];

	return n->len ? json_string(name_to_text(buf, n)) : json_null();
}

static json_t *
json_hex(const uint8_t *p, uint16_t len)
{
	if (!p)
		return json_null();
	char *hex = malloc(2 * (size_t)len + 1);
	if (!hex)
		return json_null();
	text_hex(hex, 2 * (size_t)len + 1, p, len);
	json_t *j = json_string(hex);
	free(hex);
	return j;
}

static json_t *
json_seconds(int64_t t)
{
	char buf[40];

	if (t == TIME_UNSET)
		return json_null();
	return json_string(t == TIME_NEVER ? "never" : clock_rfc3339_s(buf, sizeof buf, t));
}

static json_t *
json_endpoint(const struct endpoint *at)
{
	json_t *j = json_object();

	json_object_set_new(j, "ns", json_foreign(at->ns));
	json_object_set_new(j, "address", json_foreign(at->address));
	json_object_set_new(j, "port", json_integer(at->port));
	json_object_set_new(j, "role", json_string(role_names[at->role < ROLE_COUNT ? at->role : 0]));
	json_object_set_new(j, "cut", json_name(&at->cut));
	return j;
}

static json_t *
json_rrs(struct arena *a, const struct rr_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct rr *rr = &list->v[i];
		json_t *j = json_object();
		json_object_set_new(j, "owner", json_name(&rr->owner));
		json_object_set_new(j, "type", json_string(rrtype_name(rr->type)));
		if (rr->class != 1)
			json_object_set_new(j, "class", json_integer(rr->class));
		json_object_set_new(j, "ttl", json_integer(rr->ttl));
		if (rr->section != SECTION_ANSWER)
			json_object_set_new(j, "section", json_string(section_names[rr->section]));
		json_object_set_new(j, "rdata", json_hex(rr->rdata ? rr->rdata : (const uint8_t *)"", rr->rdlen));
		json_object_set_new(j, "text", json_string(rdata_to_text(a, rr->type, rr->rdata, rr->rdlen)));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *
json_edes(const struct ede_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		json_t *j = json_object();
		json_object_set_new(j, "code", json_integer(list->v[i].code));
		json_object_set_new(j, "text", json_foreign(list->v[i].text));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *
json_lines(const struct line_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		json_t *j = json_object();
		json_object_set_new(j, "line", json_integer(list->v[i].line));
		json_object_set_new(j, "text", json_foreign(list->v[i].text));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *
json_signers(const struct signer_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->n; i++) {
		const struct signer_set *s = &list->v[i];
		json_t *j = json_object();
		json_object_set_new(j, "tag", json_integer(s->tag));
		json_object_set_new(j, "alg", json_integer(s->alg));
		json_object_set_new(j, "rrsets", json_integer(s->rrsets));
		json_object_set_new(j, "dnskey", json_integer(s->dnskey));
		json_object_set_new(j, "first-expiration", json_seconds(s->first_expiration));
		json_object_set_new(j, "last-expiration", json_seconds(s->last_expiration));
		json_object_set_new(j, "first-inception", json_seconds(s->first_inception));
		json_object_set_new(j, "last-inception", json_seconds(s->last_inception));
		json_array_append_new(array, j);
	}
	return array;
}

static json_t *
json_times(const int64_t *time)
{
	json_t *j = json_object();

	for (int k = 0; k < KT_COUNT; k++)
		if (time[k] != TIME_UNSET)
			json_object_set_new(j, keytime_name(k), json_seconds(time[k]));
	return j;
}

static json_t *
json_time_lines(const uint32_t *line)
{
	json_t *j = json_object();

	for (int k = 0; k < KT_COUNT; k++)
		if (line[k])
			json_object_set_new(j, keytime_name(k), json_integer(line[k]));
	return j;
}

static json_t *
write_field(struct arena *a, const struct field *f, const void *rec)
{
	void *b = (void *)rec;

	switch (f->kind) {
	case F_STR:
	case F_BYTES_TEXT: return json_foreign(AT(b, f->offset, const char *));
	case F_BOOL: return json_boolean(AT(b, f->offset, bool));
	case F_U8: return json_integer(AT(b, f->offset, uint8_t));
	case F_U16: return json_integer(AT(b, f->offset, uint16_t));
	case F_U32: return json_integer(AT(b, f->offset, uint32_t));
	case F_U64: return json_integer((json_int_t)AT(b, f->offset, uint64_t));
	case F_INT: return json_integer(AT(b, f->offset, int));
	case F_I64: return json_integer(AT(b, f->offset, int64_t));
	case F_SECONDS: return json_seconds(AT(b, f->offset, int64_t));
	case F_NAME: return json_name(&AT(b, f->offset, struct name));
	case F_TYPE: return json_string(rrtype_name(AT(b, f->offset, uint16_t)));
	case F_ENUM: return json_string(f->names[AT(b, f->offset, unsigned)]);
	case F_HEX: return json_hex(AT(b, f->offset, const uint8_t *), AT(b, f->offset2, uint16_t));
	case F_ENDPOINT: return json_endpoint(&AT(b, f->offset, struct endpoint));
	case F_RRS: return json_rrs(a, &AT(b, f->offset, struct rr_list));
	case F_EDES: return json_edes(&AT(b, f->offset, struct ede_list));
	case F_LINES: return json_lines(&AT(b, f->offset, struct line_list));
	case F_SIGNERS: return json_signers(&AT(b, f->offset, struct signer_list));
	case F_TIMES: return json_times(&AT(b, f->offset, int64_t));
	case F_TIME_LINES: return json_time_lines(&AT(b, f->offset, uint32_t));
	}
	return json_null();
}

static int
dump_to_text(const char *buffer, size_t size, void *data)
{
	text_add_n(data, buffer, size);
	return 0;
}

void
stream_write(struct text *out, const struct obs *o)
{
	const struct fact_desc *d = fact_desc(o->fact);
	char t[40];

	if (!d)
		return;
	struct arena *a = arena_new();
	json_t *j = json_object();
	json_object_set_new(j, "v", json_integer(STREAM_VERSION));
	json_object_set_new(j, "t", json_string(clock_rfc3339(t, sizeof t, o->t)));
	json_object_set_new(j, "by", json_foreign(o->by));
	if (o->host)
		json_object_set_new(j, "host", json_foreign(o->host));
	json_object_set_new(j, "zone", json_name(&o->zone));
	json_object_set_new(j, "fact", json_string(o->fact == FACT_ANSWER
		? probe_name(o->u.answer.probe) : d->name));
	for (const struct field *f = d->fields; f->name; f++)
		json_object_set_new(j, f->name, write_field(a, f, &o->u));
	json_dump_callback(j, dump_to_text, out, JSON_COMPACT);
	text_add_n(out, "\n", 1);
	json_decref(j);
	arena_free(a);
}

/* ---- reading ---- */

struct reading {
	struct arena *a;
	struct err *e;
	const char *fact;
};

static bool
bad(const struct reading *r, const char *field, const char *expected)
{
	char object[96];

	snprintf(object, sizeof object, "%.40s.%.40s", r->fact, field);
	return err_set(r->e, ERR_PARSE, object, "unbogus-stream(5)", expected, "something else");
}

static bool
read_string(const struct reading *r, const char *field, json_t *j, const char **out)
{
	if (json_is_null(j) || !j) {
		*out = NULL;
		return true;
	}
	if (!json_is_string(j))
		return bad(r, field, "a string");
	*out = arena_strdup(r->a, json_string_value(j));
	return true;
}

static bool
read_number(const struct reading *r, const char *field, json_t *j, json_int_t min, json_int_t max,
	json_int_t *out)
{
	if (!j) {
		*out = 0;
		return true;
	}
	if (!json_is_integer(j) || json_integer_value(j) < min || json_integer_value(j) > max)
		return bad(r, field, "a number within range");
	*out = json_integer_value(j);
	return true;
}

static bool
read_name(const struct reading *r, const char *field, json_t *j, struct name *out)
{
	if (!j || json_is_null(j)) {
		out->len = 0;
		return true;
	}
	if (!json_is_string(j) || !name_from_text(out, json_string_value(j), NULL))
		return bad(r, field, "a domain name");
	return true;
}

static bool
read_seconds(const struct reading *r, const char *field, json_t *j, int64_t *out)
{
	int64_t usec;

	*out = TIME_UNSET;
	if (!j || json_is_null(j))
		return true;
	if (json_is_string(j) && strcmp(json_string_value(j), "never") == 0)
		*out = TIME_NEVER;
	else if (json_is_string(j) && clock_parse(json_string_value(j), &usec))
		*out = usec / USEC;
	else
		return bad(r, field, "an RFC 3339 time");
	return true;
}

static bool
read_hex(const struct reading *r, const char *field, json_t *j, const uint8_t **out, uint16_t *len)
{
	*out = NULL;
	*len = 0;
	if (!j || json_is_null(j))
		return true;
	size_t n = json_is_string(j) ? json_string_length(j) / 2 : 65536;
	if (n > 65535)
		return bad(r, field, "hexadecimal, at most 65535 octets");
	uint8_t *b = arena_alloc(r->a, n + 1);
	long got = text_unhex(b, n, json_string_value(j));
	if (got < 0)
		return bad(r, field, "hexadecimal");
	*out = b;
	*len = (uint16_t)got;
	return true;
}

static bool
read_enum(const struct reading *r, const char *field, json_t *j, const char *const *names,
	unsigned *out)
{
	if (!j) {
		*out = 0;
		return true;
	}
	for (unsigned i = 0; json_is_string(j) && names[i]; i++)
		if (strcmp(names[i], json_string_value(j)) == 0) {
			*out = i;
			return true;
		}
	return bad(r, field, "one of its words");
}

static bool
read_endpoint(const struct reading *r, const char *field, json_t *j, struct endpoint *out)
{
	json_int_t port;
	unsigned role;

	if (!json_is_object(j))
		return bad(r, field, "an endpoint");
	if (!read_string(r, "ns", json_object_get(j, "ns"), &out->ns) ||
		!read_string(r, "address", json_object_get(j, "address"), &out->address) ||
		!read_number(r, "port", json_object_get(j, "port"), 0, 65535, &port) ||
		!read_enum(r, "role", json_object_get(j, "role"), role_names, &role) ||
		!read_name(r, "cut", json_object_get(j, "cut"), &out->cut))
		return false;
	if (!out->address)
		return bad(r, "address", "a string");
	out->port = (uint16_t)port;
	out->role = role;
	return true;
}

/* The elements of an array field, each an object. */
static bool
read_array(const struct reading *r, const char *field, json_t *j, size_t *n)
{
	*n = 0;
	if (!j || json_is_null(j))
		return true;
	if (!json_is_array(j))
		return bad(r, field, "an array");
	*n = json_array_size(j);
	if (*n > 65536)
		return bad(r, field, "at most 65536 elements");
	return true;
}

static bool
read_rrs(const struct reading *r, const char *field, json_t *array, struct rr_list *list)
{
	size_t n;

	if (!read_array(r, field, array, &n))
		return false;
	list->v = arena_new_array(r->a, struct rr, n + 1); /* exact: these are kept by the thousand */
	list->cap = n + 1;
	for (size_t i = 0; i < n; i++) {
		json_t *j = json_array_get(array, i), *type = json_object_get(j, "type");
		json_int_t ttl, class = 1;
		unsigned section;
		struct rr rr = { 0 };
		if (!json_is_string(type) || !rrtype_from_name(json_string_value(type), &rr.type) ||
			!read_name(r, "owner", json_object_get(j, "owner"), &rr.owner) || !rr.owner.len ||
			!read_number(r, "ttl", json_object_get(j, "ttl"), 0, UINT32_MAX, &ttl) ||
			!read_enum(r, "section", json_object_get(j, "section"), section_names, &section) ||
			!read_hex(r, "rdata", json_object_get(j, "rdata"), &rr.rdata, &rr.rdlen) ||
			(json_object_get(j, "class") &&
				!read_number(r, "class", json_object_get(j, "class"), 0, 65535, &class)))
			return bad(r, field, "records with owner, type, ttl and rdata");
		rr.ttl = (uint32_t)ttl;
		rr.class = (uint16_t)class;
		rr.section = section;
		if (!rr.rdata)
			rr.rdata = (const uint8_t *)"";
		arena_push(r->a, list, rr);
	}
	return true;
}

static bool
read_edes(const struct reading *r, const char *field, json_t *array, struct ede_list *list)
{
	size_t n;

	if (!read_array(r, field, array, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *j = json_array_get(array, i);
		json_int_t code;
		struct ede ede = { 0 };
		if (!read_number(r, "code", json_object_get(j, "code"), 0, 65535, &code) ||
			!read_string(r, "text", json_object_get(j, "text"), &ede.text))
			return false;
		ede.code = (uint16_t)code;
		arena_push(r->a, list, ede);
	}
	return true;
}

static bool
read_lines(const struct reading *r, const char *field, json_t *array, struct line_list *list)
{
	size_t n;

	if (!read_array(r, field, array, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *j = json_array_get(array, i);
		json_int_t line;
		struct line_note note = { 0 };
		if (!read_number(r, "line", json_object_get(j, "line"), 0, UINT32_MAX, &line) ||
			!read_string(r, "text", json_object_get(j, "text"), &note.text))
			return false;
		note.line = (uint32_t)line;
		if (!note.text)
			note.text = "";
		arena_push(r->a, list, note);
	}
	return true;
}

static bool
read_signers(const struct reading *r, const char *field, json_t *array, struct signer_list *list)
{
	size_t n;

	if (!read_array(r, field, array, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		json_t *j = json_array_get(array, i);
		json_int_t tag, alg, rrsets, dnskey;
		struct signer_set s = { 0 };
		if (!read_number(r, "tag", json_object_get(j, "tag"), 0, 65535, &tag) ||
			!read_number(r, "alg", json_object_get(j, "alg"), 0, 255, &alg) ||
			!read_number(r, "rrsets", json_object_get(j, "rrsets"), 0, UINT32_MAX, &rrsets) ||
			!read_number(r, "dnskey", json_object_get(j, "dnskey"), 0, UINT32_MAX, &dnskey) ||
			!read_seconds(r, "first-expiration", json_object_get(j, "first-expiration"), &s.first_expiration) ||
			!read_seconds(r, "last-expiration", json_object_get(j, "last-expiration"), &s.last_expiration) ||
			!read_seconds(r, "first-inception", json_object_get(j, "first-inception"), &s.first_inception) ||
			!read_seconds(r, "last-inception", json_object_get(j, "last-inception"), &s.last_inception))
			return false;
		s.tag = (uint16_t)tag;
		s.alg = (uint8_t)alg;
		s.rrsets = (uint32_t)rrsets;
		s.dnskey = (uint32_t)dnskey;
		arena_push(r->a, list, s);
	}
	return true;
}

static bool
read_times(const struct reading *r, json_t *j, int64_t *time)
{
	for (int k = 0; k < KT_COUNT; k++)
		if (!read_seconds(r, keytime_name(k), json_object_get(j, keytime_name(k)), &time[k]))
			return false;
	return true;
}

static bool
read_time_lines(const struct reading *r, json_t *j, uint32_t *line)
{
	for (int k = 0; k < KT_COUNT; k++) {
		json_int_t v;
		if (!read_number(r, keytime_name(k), json_object_get(j, keytime_name(k)), 0, UINT32_MAX, &v))
			return false;
		line[k] = (uint32_t)v;
	}
	return true;
}

#define READ_NUMBER(type, lo, hi)                                                              \
	do {                                                                                   \
		if (!read_number(r, f->name, j, (lo), (hi), &v))                               \
			return false;                                                          \
		AT(rec, f->offset, type) = (type)v;                                            \
		return true;                                                                   \
	} while (0)

static bool
read_field(const struct reading *r, const struct field *f, json_t *j, void *rec)
{
	json_int_t v;
	const char *s;

	switch (f->kind) {
	case F_STR:
	case F_BYTES_TEXT: return read_string(r, f->name, j, &AT(rec, f->offset, const char *));
	case F_BOOL:
		if (j && !json_is_boolean(j))
			return bad(r, f->name, "true or false");
		AT(rec, f->offset, bool) = json_is_true(j);
		return true;
	case F_U8: READ_NUMBER(uint8_t, 0, 255);
	case F_U16: READ_NUMBER(uint16_t, 0, 65535);
	case F_U32: READ_NUMBER(uint32_t, 0, UINT32_MAX);
	case F_U64: READ_NUMBER(uint64_t, 0, INT64_MAX);
	case F_INT: READ_NUMBER(int, INT32_MIN, INT32_MAX);
	case F_I64: READ_NUMBER(int64_t, INT64_MIN, INT64_MAX);
	case F_SECONDS: return read_seconds(r, f->name, j, &AT(rec, f->offset, int64_t));
	case F_NAME: return read_name(r, f->name, j, &AT(rec, f->offset, struct name));
	case F_TYPE:
		s = json_string_value(j);
		if (!s || !rrtype_from_name(s, &AT(rec, f->offset, uint16_t)))
			return bad(r, f->name, "a record type");
		return true;
	case F_ENUM: return read_enum(r, f->name, j, f->names, &AT(rec, f->offset, unsigned));
	case F_HEX:
		return read_hex(r, f->name, j, &AT(rec, f->offset, const uint8_t *),
			&AT(rec, f->offset2, uint16_t));
	case F_ENDPOINT: return read_endpoint(r, f->name, j, &AT(rec, f->offset, struct endpoint));
	case F_RRS: return read_rrs(r, f->name, j, &AT(rec, f->offset, struct rr_list));
	case F_EDES: return read_edes(r, f->name, j, &AT(rec, f->offset, struct ede_list));
	case F_LINES: return read_lines(r, f->name, j, &AT(rec, f->offset, struct line_list));
	case F_SIGNERS: return read_signers(r, f->name, j, &AT(rec, f->offset, struct signer_list));
	case F_TIMES: return read_times(r, j, &AT(rec, f->offset, int64_t));
	case F_TIME_LINES: return read_time_lines(r, j, &AT(rec, f->offset, uint32_t));
	}
	return false;
}

static struct obs *
read_object(json_t *j, struct err *e)
{
	const char *fact = json_string_value(json_object_get(j, "fact"));
	const char *t = json_string_value(json_object_get(j, "t"));
	const char *by = json_string_value(json_object_get(j, "by"));
	json_t *zone_json = json_object_get(j, "zone"), *v = json_object_get(j, "v");
	struct name zone = { 0 };
	enum probe probe = 0;
	int64_t usec;

	if (!json_is_integer(v) || json_integer_value(v) < 1)
		err_set(e, ERR_PARSE, "v", "unbogus-stream(5)", "the format's version", "nothing usable");
	else if (!fact)
		err_set(e, ERR_PARSE, "fact", "unbogus-stream(5)", "the fact's name", "nothing");
	else if (!t || !clock_parse(t, &usec))
		err_set(e, ERR_PARSE, "t", "unbogus-stream(5)", "an RFC 3339 time", "%s", t ? t : "nothing");
	else if (!by)
		err_set(e, ERR_PARSE, "by", "unbogus-stream(5)", "the producer's name", "nothing");
	else if (!json_is_null(zone_json) && (!json_is_string(zone_json) ||
			!name_from_text(&zone, json_string_value(zone_json), NULL)))
		err_set(e, ERR_PARSE, "zone", "unbogus-stream(5)", "a domain name", "something else");
	else {
		const struct fact_desc *d = fact_by_name(fact, &probe);
		struct obs *o = obs_new(d ? d->fact : FACT_OTHER, usec, by, &zone);
		struct reading r = { .a = o->arena, .e = e, .fact = fact };
		const char *host = json_string_value(json_object_get(j, "host"));
		o->host = arena_strdup(o->arena, host);
		if (!d)
			o->u.other = arena_strdup(o->arena, fact);
		for (const struct field *f = d ? d->fields : NULL; f && f->name; f++)
			if (!read_field(&r, f, json_object_get(j, f->name), &o->u)) {
				obs_unref(o);
				return NULL;
			}
		if (o->fact == FACT_ANSWER)
			o->u.answer.probe = probe;
		return o;
	}
	return NULL;
}

struct obs *
stream_parse(const char *line, size_t n, struct err *e)
{
	json_error_t je;
	json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, &je);
	struct obs *o = NULL;

	if (!j)
		err_set(e, ERR_PARSE, "line", "JSON (RFC 8259)", "one object", "%s at column %d", je.text,
			je.column);
	else if (!json_is_object(j))
		err_set(e, ERR_PARSE, "line", "unbogus-stream(5)", "one object", "another JSON value");
	else
		o = read_object(j, e);
	json_decref(j);
	return o;
}

static struct stream_origin *
origin_of(struct stream_reader *r, const char *by, bool make)
{
	for (size_t i = 0; i < r->n_origins; i++)
		if (strcmp(r->origin[i].by, by) == 0)
			return &r->origin[i];
	if (!make || r->n_origins == STREAM_ORIGINS || strlen(by) >= sizeof r->origin[0].by)
		return NULL;
	struct stream_origin *o = &r->origin[r->n_origins++];
	snprintf(o->by, sizeof o->by, "%s", by);
	return o;
}

/* A fact keeps the host and the clock of the hello before it. */
static void
take_origin(struct stream_reader *r, struct obs *o)
{
	struct stream_origin *from = origin_of(r, o->by, o->fact == FACT_HELLO);
	struct fact_hello *h = &o->u.hello;

	if (!from)
		return;
	if (o->fact == FACT_HELLO) {
		snprintf(from->host, sizeof from->host, "%s", h->host ? h->host : "");
		from->offset = 0;
		if (r->live) {
			int64_t off = h->clock_offset_us ? h->clock_offset_us : o->t - clock_usec();
			from->offset = off > STREAM_CLOCK_SLACK || off < -STREAM_CLOCK_SLACK ? off : 0;
			h->clock_offset_us = from->offset;
		}
	}
	if (!o->host && from->host[0])
		o->host = arena_strdup(o->arena, from->host);
	o->t -= from->offset;
}

static void
take_line(struct stream_reader *r, const char *line, size_t n)
{
	struct err e = { 0 };

	r->line++;
	if (n && line[n - 1] == '\r')
		n--;
	if (!n)
		return;
	struct obs *o = stream_parse(line, n, &e);
	if (o) {
		r->good++;
		if (r->on_line)
			r->on_line(r->ctx, line, n);
		take_origin(r, o);
		r->on_obs(r->ctx, o);
	} else {
		r->bad++;
		if (r->on_bad)
			r->on_bad(r->ctx, r->line, &e);
	}
}

static void
overlong(struct stream_reader *r)
{
	struct err e = { 0 };

	r->line++;
	r->bad++;
	r->overlong = true;
	err_set(&e, ERR_LIMIT, "line", "unbogus-stream(5)", "at most 4 MiB", "a longer one");
	if (r->on_bad)
		r->on_bad(r->ctx, r->line, &e);
	text_reset(&r->buf);
}

void
stream_feed(struct stream_reader *r, const void *p, size_t n)
{
	const char *s = p;

	while (n > 0) {
		const char *nl = memchr(s, '\n', n);
		size_t part = nl ? (size_t)(nl - s) : n;
		if (r->overlong)
			r->overlong = !nl;
		else if (r->buf.len + part > STREAM_LINE_MAX) {
			overlong(r);
			r->overlong = !nl;
		} else if (!nl)
			text_add_n(&r->buf, s, part);
		else if (r->buf.len) {
			text_add_n(&r->buf, s, part);
			take_line(r, text_str(&r->buf), r->buf.len);
			text_reset(&r->buf);
		} else
			take_line(r, s, part);
		if (!nl)
			return;
		s += part + 1;
		n -= part + 1;
	}
}

void
stream_end(struct stream_reader *r)
{
	if (r->buf.len)
		take_line(r, text_str(&r->buf), r->buf.len);
	text_free(&r->buf);
}

char *
stream_lost(struct obs *o, uint64_t lines)
{
	struct text t = { 0 };

	o->u.unknown = (struct fact_unknown){ .what = "stream", .object = "reader",
		.why = "the reader was too slow",
		.lost = arena_printf(o->arena, "%llu facts", (unsigned long long)lines) };
	stream_write(&t, o);
	obs_unref(o);
	return t.s;
}
