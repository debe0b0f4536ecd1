/* What the signers share. Inside of change/signers. */
#ifndef CHANGE_SIGNERS_SIGNERS_H
#define CHANGE_SIGNERS_SIGNERS_H

#include "base/child.h"
#include "change/signer.h"
#include "zone/sign.h"

extern const struct signer signer_builtin, signer_bind_signzone, signer_command, signer_manual;

void signer_zone_text(const struct zone *z, struct text *out);
/* IN without anything of DNSSEC, with SERIAL; refers to IN's records. NULL with E. */
struct zone *signer_unsigned(const struct zone *in, uint32_t serial, struct err *e);
/* IN with another serial, all else as it is. */
struct zone *signer_with_serial(const struct zone *in, uint32_t serial, struct err *e);
/* Runs JOB through the door; what it said is kept in s->said; false with E unless it exits with 0. */
bool signer_run(struct signing *s, const struct child_job *job, struct child_result *r, struct err *e);
/* The configured command with "{input}" and "{output}" replaced; ended with NULL. */
const char *const *signer_words(struct arena *a, const struct config_signer *c, const char *input,
	const char *output);

#endif
