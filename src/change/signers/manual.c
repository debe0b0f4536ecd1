/* A signer that this program does not drive: a person does it elsewhere, the servers show it. */
#include "change/signers/signers.h"

static bool
sign(struct signing *s, struct text *out, struct err *e)
{
	(void)out;
	return err_set(e, ERR_UNSUPPORTED, s->job->zone->name, "signer", "one that this program drives",
		"manual: the plan's commands are run by a person, and seen to be done");
}

const struct signer signer_manual = { .name = "manual", .sign = sign };
