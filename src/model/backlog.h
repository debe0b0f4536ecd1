/*
 * backlog: of a stream that goes on for weeks, the lines that somebody who joins now needs: the
 * newest of each kind (of each server and probe, vantage and question, file ...), in the order in
 * which they came, and the older ones that changed the picture (for the timeline). What servers
 * served before is not in it: that is the history's (observe/histdb).
 *
 * A ledger that reads the backlog and then the stream has the same picture as one that read all.
 */
#ifndef MODEL_BACKLOG_H
#define MODEL_BACKLOG_H

#include "model/observation.h"

struct backlog;
struct backlog *backlog_new(void);
void backlog_free(struct backlog *b); /* NULL is allowed */
/* LINE (N octets, no newline) is O as it was written. CHANGE: it made a line in the timeline. */
void backlog_add(struct backlog *b, const struct obs *o, const char *line, size_t n, bool change);
void backlog_each(const struct backlog *b, void (*fn)(void *ctx, const char *line, size_t n), void *ctx);
size_t backlog_lines(const struct backlog *b);

#endif
