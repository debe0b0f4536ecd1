/*
 * config: the operator's configuration (YAML; unbogus.yaml(5) by example: share/unbogus.yaml.sample).
 * Nothing is required but a zone's name. A document is checked against the schema first, so that
 * every error has its line and column and an unknown key names the nearest one; libcyaml then loads
 * it. Aliases, a second document and duplicate keys are errors; an empty file is an empty
 * configuration.
 *
 * A struct config is immutable and lives in the arena that it was loaded into. Fields that are not
 * set are NULL, 0 or CONFIG_UNSET. Spans and numbers with units stay text that is known to parse.
 */
#ifndef OBSERVE_CONFIG_H
#define OBSERVE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

enum config_bool { CONFIG_UNSET, CONFIG_NO, CONFIG_YES };

struct config_argv {
	const char **argv; /* ends with NULL */
	unsigned argc;
};

struct config_server { /* also the primary */
	const char *name, *address;
	unsigned port;
	int hidden;	/* enum config_bool; the primary's */
	int own_serials; /* serials of its own: not compared with others */
	const char *tsig;
};

struct config_vantage {
	const char *name, *type; /* libunbound, resolver */
	const char *cache;	 /* none, keep */
	const char *address, *kind, *anchor, *refill;
	unsigned port;
	int counted; /* enum config_bool */
};

struct config_source {
	const char *type, *path, *file, *url, *revision;
	const char *serial_from, *before_publish;
};

struct config_signer {
	const char *type, *timeout, *log;
	int dry_run;
	const char **command, **reload; /* arguments; not ended by NULL */
	unsigned command_count, reload_count;
};

struct config_registrar {
	const char *name, *method, *per, *publication;
	unsigned changes, min_ds_ttl;
	const char **submit;
	unsigned submit_count;
};

struct config_thresholds { /* warning, critical */
	const char **key_end, **rrsig;
	unsigned key_end_count, rrsig_count;
};

struct config_zone {
	const char *name, *keys, *zone_file, *signed_file, *margin;
	unsigned port;
	int second_pair; /* a second pair of eyes must confirm */
	struct config_source *source;
	struct config_server *primary, *nameservers, *parents;
	unsigned nameservers_count, parents_count;
	struct config_vantage *vantages;
	unsigned vantages_count;
	struct config_signer *signer;
	struct config_registrar *registrar;
	struct config_thresholds *thresholds;
	struct config_argv *hold; /* what else re-signs the zone: stop, start */
	unsigned hold_count;
};

struct config_producer {
	const char *name;
	const char **argv;
	unsigned argv_count;
};

struct config_hook { /* told of a zone's new state (ui/cli/hooks.h) */
	const char *name;
	const char **argv;
	unsigned argv_count;
	const char **on; /* states; none: all */
	unsigned on_count;
	const char *timeout, *per;
};

struct config_control {
	const char *name, *type, *control;
};

struct config_act {
	const char **become;
	unsigned become_count;
};

struct config_report {
	const char *template, *timezone;
};

struct config {
	const char *root_hints, *trust_anchor, *period;
	unsigned port;
	const char **known_good, **known_bogus;
	unsigned known_good_count, known_bogus_count;
	struct config_zone *zones;
	unsigned zones_count;
	struct config_producer *producers;
	unsigned producers_count;
	struct config_hook *hooks;
	unsigned hooks_count;
	struct config_act *act;
	struct config_report *report;
	struct config_control *resolver_control;
	unsigned resolver_control_count;
};

/*
 * Loads PATH, and nothing else; with PATH NULL SYSCONFDIR/unbogus/unbogus.yaml and, over it,
 * XDG/unbogus/unbogus.yaml (each where it exists; NULL: left out), zones joined by name.
 * NULL with E: object "file:line:column", rule the key's path, expected, seen.
 */
const struct config *config_load(struct arena *a, const char *path, const char *sysconfdir,
	const char *xdg, struct err *e);

/* Parses LEN octets; NAME is shown in errors. For config_load(), tests and the fuzzer. */
const struct config *config_parse(struct arena *a, const char *name, const char *text, size_t len,
	struct err *e);

/* OVER on top of BASE: what OVER sets wins; zones are joined by name. Both must live in A. */
const struct config *config_merge(struct arena *a, const struct config *base,
	const struct config *over);

/* The zone called NAME (case and the last dot ignored), or NULL. */
const struct config_zone *config_zone_find(const struct config *c, const char *name);

/* Seconds of a span that was checked at loading; FALLBACK where TEXT is NULL. */
int64_t config_span(const char *text, int64_t fallback);

/*
 * Appends C as YAML that config_parse() reads back: what was said, in the order of the schema.
 * What was not said is left out. No secrets are in a configuration, only paths to them.
 */
void config_show(struct text *out, const struct config *c);

#endif
