/*
 * making: what the parts of plan_make() share: steps.c, plandiff.c, guard.c, manual.c, message.c.
 * Inside of src/change.
 */
#ifndef CHANGE_MAKING_H
#define CHANGE_MAKING_H

#include "change/make.h"
#include "change/predict.h"

/* Who signs. From MANUAL_FIRST on a person runs the commands. To add one: a row in making.c's
 * table of names, and its commands in manual.c where it is not driven. */
enum signer_kind { SIGNER_BUILT_IN, SIGNER_BIND_SIGNZONE, SIGNER_COMMAND, SIGNER_BIND_POLICY,
	SIGNER_KNOT, SIGNER_LDNS, SIGNER_POWERDNS, SIGNER_OPENDNSSEC, SIGNER_HOSTED, SIGNER_COUNT };
#define SIGNER_MANUAL_FIRST SIGNER_BIND_POLICY

struct making {
	struct arena *a;
	const struct diagnosis *d;
	const struct snapshot *s;
	const struct config_zone *z; /* may be NULL */
	const struct plan_wish *w;
	const struct option *o;
	const struct prediction *pred;
	struct plan *p;
	char zone[NAME_MAX_TEXT];    /* with the dot */
	char bare[NAME_MAX_TEXT];    /* without */
	int64_t now;
	enum signer_kind signer;
	bool managed;		     /* by a signer that keeps state of its own: files are not edited */
	bool signs;		     /* the zone is signed anew */
	const char *keys, *source_path, *signed_path; /* "" unknown */
	struct future_keys keys_now, key_signers_now, data_signers_now; /* served */
	struct rr_list ds_now;
	bool ds_known;
	/* serials */
	bool serial_known, serial_undefined;
	uint32_t serial_old, serial_new;
};

#define mk(m, ...) arena_printf((m)->a, __VA_ARGS__)

const char *signer_kind_name(enum signer_kind k); /* as in the configuration */
bool making_manual(const struct making *m);
/* What is published and who signs after the step: what the change says, else what is served. */
const struct future_keys *after_keys(const struct making *m);
const struct future_keys *after_key_signers(const struct making *m);
const struct future_keys *after_data_signers(const struct making *m);
const struct rr_list *after_ds(const struct making *m);
bool making_is_new(const struct making *m, struct future_key k); /* not made yet */
const struct key_row *making_row(const struct making *m, struct future_key k); /* NULL: not known */
uint16_t key_tag_of(struct future_key k);
/* "KSK 42731", "new ZSK". */
const char *key_words(const struct making *m, struct future_key k);
/* "{42731 52801 new}" */
const char *key_set_words(const struct making *m, const struct future_keys *keys);
const char *ds_text(const struct making *m, const struct rr *ds); /* "42731 8 2 49FD..." */
const char *when_words(const struct making *m, int64_t t);

void make_steps(struct making *m);
void make_diff(struct making *m);
void make_guards(struct making *m);
/* Commands that a person runs elsewhere for this action; appended. */
void manual_commands(struct making *m, struct texts *out);
void flush_commands(struct making *m, struct texts *out);
const char *make_message(struct making *m);
/* Octets of the answer to a DNSKEY question (RFC 1035, RFC 4034) after the step; -1 unknown. */
int64_t dnskey_answer_size(const struct making *m);
/* Moves of one key file's dates; 0: none. MAX rows at OUT. */
size_t timing_moves(const struct making *m, const struct key_row *r, struct plan_timing *out,
	size_t max);

#endif
