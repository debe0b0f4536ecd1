/*
 * signer: how a plan's signing step is done, one adapter a file in change/signers/. The contract of
 * all: precheck, then sign, and what it gave is judged afterwards by our own verify and by what the
 * servers show. A signer's exit status and its "OK" prove nothing (measured: fact list of the
 * safety theory), and are only shown.
 *
 * To add a signer: a file in signers/, a row in signers[].
 */
#ifndef CHANGE_SIGNER_H
#define CHANGE_SIGNER_H

#include "base/text.h"
#include "change/apply.h"
#include "zone/crypto.h"
#include "zone/store.h"

struct signing {
	struct arena *a;
	const struct apply_job *job;
	const struct plan_step *step; /* STEP_SIGN */
	struct name apex;
	const char *signed_path; /* the deployed file that the result will replace */
	const char *folder;	 /* for scratch files; no private key may be put there */
	char run[RUN_ID];
	int64_t now;
	const struct zone *input;    /* step->input, loaded */
	const struct zone *deployed; /* what is signed and served now; NULL: nothing */
	const struct signing_made {
		int step; /* of the plan */
		struct privkey *key;
	} *made; /* keys that the plan has generated */
	size_t n_made;
	struct text said;	     /* the signer's own words, clean */
};

struct signer {
	const char *name; /* as in the configuration and in plans */
	bool reads_keys;  /* it reads the key files' dates: they are edited before it runs */
	/* Would it run at all (programs, keys readable)? May be NULL. */
	bool (*precheck)(struct signing *s, struct err *e);
	/* The signed zone's text into OUT. */
	bool (*sign)(struct signing *s, struct text *out, struct err *e);
	/* Does it write the deployed file itself, as far as it comes? NULL: never. */
	bool (*in_place)(const struct config_zone *zone);
	/* Its commands, appended to JOBS (of MAX, N used); returns the new N. May be NULL. */
	size_t (*commands)(struct arena *a, const struct config_zone *zone, const struct state_place *state,
		const struct plan_step *step, const char *run, struct child_job *jobs, size_t n, size_t max);
};
extern const struct signer *const signers[]; /* ends with NULL */
const struct signer *signer_find(const char *name);

/* The scratch folder of RUN: below the zone's folder of the state. */
const char *signer_folder(struct arena *a, const struct state_place *state, const char *run);

#endif
