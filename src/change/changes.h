/*
 * changes: what each action serves, and the words in which a change is written: look up keys, set
 * what is published and who signs, refuse with a reason. Inside of src/change.
 */
#ifndef CHANGE_CHANGES_H
#define CHANGE_CHANGES_H

#include "change/action.h"

/* ---- words ---- */
struct arena *change_arena(const struct action_context *c);
bool change_refuse(struct action_context *c, const char *why); /* false */
/* The key that the action is about; false (refused) where none of that tag is known. */
bool change_target(struct action_context *c, struct future_key *k, const struct key_row **row);
bool row_private(const struct key_row *r); /* its private key is on this host */
struct future_key row_key(const struct key_row *r);
uint8_t change_algorithm(const struct action_context *c); /* of the keys in use */
/* Keys that sign data: those that do now, else what the files call an active ZSK or CSK. */
void change_data_signers(struct action_context *c, struct future_keys *out);
/* Keys that sign the DNSKEY set: those that do now, else those that a DS points to. */
void change_key_signers(struct action_context *c, struct future_keys *out);
struct future_key change_new_key(struct action_context *c, uint8_t alg, uint16_t flags);

/* From t0 on this is served; also written to c->set. */
void change_keys(struct action_context *c, const struct future_keys *keys,
	const struct future_keys *signers);
void change_data(struct action_context *c, const struct future_keys *signers);
void change_ds(struct action_context *c, const struct rr_list *ds);
/* Digest type of the DS set served; SHA-256 where there is none. */
uint8_t change_digest_type(const struct rr_list *ds);

/* A condition of the stage. */
void change_entry(struct action_context *c, bool observed, const char *text, const char *evidence);

/* ---- changes, by the names of their actions ---- */
bool change_nothing(struct action_context *c);
bool change_resign(struct action_context *c);
bool change_extend_zsk(struct action_context *c);
bool change_extend_ksk(struct action_context *c);
bool change_without(struct action_context *c);
bool change_restore(struct action_context *c);
bool change_double(struct action_context *c);
bool change_prepublish(struct action_context *c);
bool change_swap_zsk(struct action_context *c);
bool change_new_ksk(struct action_context *c);
bool change_add_ds(struct action_context *c);
bool change_remove_ds(struct action_context *c);
bool change_publish(struct action_context *c);
bool change_rollback(struct action_context *c);
bool change_unsign(struct action_context *c);
bool change_revert_insecure(struct action_context *c);
/* staged: stages.c */
bool change_roll_zsk(struct action_context *c);
bool change_roll_ksk(struct action_context *c);
bool change_roll_algorithm(struct action_context *c);
bool change_go_insecure(struct action_context *c);

#endif
