/* unbogus history ZONE: what was served when, as a record saw it; is its log whole? */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/confine.h"
#include "model/history.h"
#include "observe/histdb.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

extern const struct command cmd_history;

struct args {
	struct name zone;
	bool named, json, verify;
	const char *state;
};

/* "13/25548 13/40183", or the serial, or the signers. */
static const char *
short_value(struct arena *a, const struct fact_version *f)
{
	uint16_t type = f->of == VERSION_DS ? T_DS : T_DNSKEY;
	const char *all = NULL;

	if (!*f->value)
		return "none";
	if (f->of == VERSION_SIGNERS || f->of == VERSION_SERIAL)
		return f->value;
	for (size_t i = 0; i < f->rrs.n; i++) {
		const struct rr *rr = &f->rrs.v[i];
		struct ds ds;
		if (rr->type != type)
			continue;
		unsigned tag = type == T_DNSKEY ? dnskey_tag(rr->rdata, rr->rdlen)
			: ds_parse(rr->rdata, rr->rdlen, &ds) ? ds.tag : 0;
		all = arena_printf(a, "%s%s%u", all ? all : "", all ? " " : "", tag);
	}
	return all ? all : "?";
}

static const char *
when(char *out, size_t size, int64_t t, const char *never)
{
	return t == TIME_UNSET || t == TIME_NEVER ? never : clock_rfc3339_s(out, size, t);
}

static void
print_fact(void *ctx, struct obs *o)
{
	const struct fact_version *f = &o->u.version;
	const struct fact_history *h = &o->u.history;
	char on[40], off[40], text[1000];

	(void)ctx;
	if (o->fact == FACT_HISTORY) {
		text_clean(text, sizeof text, h->store ? h->store : "");
		printf("%s: %llu rows, without a gap since %s\n", text, (unsigned long long)h->rows,
			when(on, sizeof on, h->since, "nobody watches now"));
		if (h->note)
			printf("note: %s\n", text_clean_dup(o->arena, h->note));
	} else if (o->fact == FACT_VERSION) {
		text_clean(text, sizeof text, short_value(o->arena, f));
		printf("%-8s  %-20s  %-20s  %s\n", version_of_name(f->of), when(on, sizeof on, f->on, "?"),
			when(off, sizeof off, f->off, "served"), text);
	}
	obs_unref(o);
}

static void
add_fact(void *ctx, struct obs *o)
{
	json_t *j = ctx;
	const struct fact_version *f = &o->u.version;
	const struct fact_history *h = &o->u.history;
	char t[40];

	if (o->fact == FACT_HISTORY) {
		json_object_set_new(j, "store", json_string(text_clean_dup(o->arena, h->store)));
		json_object_set_new(j, "note", h->note ? json_string(text_clean_dup(o->arena, h->note)) : json_null());
		json_object_set_new(j, "rows", json_integer((json_int_t)h->rows));
	} else if (o->fact == FACT_VERSION) {
		json_t *v = json_pack("{s:s,s:s,s:s,s:I}", "of", version_of_name(f->of), "value",
			text_clean_dup(o->arena, short_value(o->arena, f)), "on",
			clock_rfc3339_s(t, sizeof t, f->on), "ttl", (json_int_t)f->ttl);
		json_object_set_new(v, "off", f->off == TIME_NEVER ? json_null()
			: json_string(clock_rfc3339_s(t, sizeof t, f->off)));
		json_object_set_new(v, "on-before", f->on_before == TIME_UNSET ? json_null()
			: json_string(clock_rfc3339_s(t, sizeof t, f->on_before)));
		json_object_set_new(v, "held", f->held ? json_string(text_clean_dup(o->arena, f->held)) : json_null());
		json_array_append_new(json_object_get(j, "versions"), v);
	}
	obs_unref(o);
}

static int
print(struct histdb *h, const struct args *x, struct err *e)
{
	struct chaindb_check c;
	char text[NAME_MAX_TEXT];

	if (!histdb_verify(h, &c, e))
		return 3;
	if (x->json) {
		json_t *j = json_pack("{s:s,s:s,s:b,s:o,s:[]}", "schema", "unbogus.history/1", "zone",
			name_to_text(text, &x->zone), "whole", c.bad == 0, "damage",
			c.bad ? json_string(c.why) : json_null(), "versions");
		histdb_emit(h, clock_usec(), 0, 0, add_fact, j);
		load_print_json(j);
	} else if (x->verify)
		printf("%s: %lld rows, %s\n", histdb_path(h), (long long)c.rows,
			c.bad ? c.why : "none changed or missing");
	else
		histdb_emit(h, clock_usec(), 0, 0, print_fact, NULL);
	return c.bad ? 2 : 0;
}

static int
run(int argc, char **argv)
{
	struct args x = { .named = false };
	struct state_place s;
	struct err e = { 0 };
	char text[NAME_MAX_TEXT], why[1200];
	int status = 3;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			x.json = true;
		else if (strcmp(argv[i], "--verify") == 0)
			x.verify = true;
		else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc)
			x.state = argv[++i];
		else if (x.named || !(x.named = name_from_text(&x.zone, argv[i], &e)))
			break;
	}
	if (!x.named || e.code) {
		fprintf(stderr, "usage: unbogus history %s\n", cmd_history.args);
		return EXIT_USAGE;
	}
	struct histdb *h = state_find(&s, x.state, name_to_text(text, &x.zone), &e)
		? histdb_open(&s, &x.zone, false, clock_usec(), &e) : NULL;
	if (h)
		status = print(h, &x, &e);
	histdb_close(h);
	if (e.code == ERR_NOT_FOUND) {
		fprintf(stderr, "unbogus history: %s: no history; unbogus record keeps one\n", text);
		return 1;
	}
	if (e.code != ERR_NONE)
		fprintf(stderr, "unbogus history: %s\n", err_str(&e, why, sizeof why));
	return status;
}

static const struct opt options[] = {
	{ "--state", NULL, "DIR", "where history and sockets are (root: /var/lib/unbogus)", NULL },
	{ "--json", NULL, NULL, "one JSON object", NULL },
	{ "--verify", NULL, NULL, "only whether no row was changed or removed", NULL },
	{ NULL, NULL, NULL, NULL, NULL } };

const struct command cmd_history = { .name = "history", .args = "ZONE [--state DIR] [--json] [--verify]",
	.summary = "which keys, DS and serials were served when, as a record saw it", .run = run,
	.operands = "ZONE",
	.options = (const struct opt *const[]){ options, NULL } };
