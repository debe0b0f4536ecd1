/*
 * signerlog: the last lines of the signer's log, and the message among them that decides.
 */
#ifndef OBSERVE_SIGNERLOG_H
#define OBSERVE_SIGNERLOG_H

#include "observe/messages.h"

/*
 * A FACT_SIGNER for the log at PATH by BY at T (usec); TABLE may be NULL (nothing is decoded).
 * An unreadable log is a fact too (readable false, why). At most the last 64 KiB are read.
 */
struct obs *signerlog_observe(const char *path, const struct message_table *table,
	const struct name *zone, const char *by, int64_t t);

/* Cuts the N octets at TEXT into F's lines, and decodes those that name no other zone than ZONE. */
void signerlog_parse(struct arena *a, const char *text, size_t n, const struct message_table *table,
	const struct name *zone, struct fact_signer *f);

#endif
