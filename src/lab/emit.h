/*
 * emit: what real producers would see of a world at one moment, as lines of the stream: answers of
 * every server, what every vantage says out of its cache, and the files of the signer's host.
 * Nothing that only the scenario knows is told.
 */
#ifndef LAB_EMIT_H
#define LAB_EMIT_H

#include "lab/world.h"

/* Appends one full round that ends at T (usec) to OUT; FIRST: with hello and declarations. The
 * files of the world must have been written for T (world_files). */
void lab_emit(const struct world *w, int64_t t, bool first, struct text *out);

/* Nothing new, but time goes on. */
void lab_emit_tick(const struct world *w, int64_t t, struct text *out);

/* Parts of it, each appending lines that end before T. */
void lab_emit_servers(const struct world *w, int64_t t, bool first, struct text *out);
void lab_emit_vantages(const struct world *w, int64_t t, bool first, struct text *out);
void lab_emit_local(const struct world *w, int64_t t, struct text *out);

/* A word to the operator: nagios, support, a colleague. */
void lab_emit_message(const struct world *w, int64_t t, const char *who, const char *text,
	struct text *out);

/* The records that a server of CUT gives for QNAME and QTYPE out of Z; returns the rcode. */
int lab_answer(struct arena *a, const struct lab_zone *z, const struct name *qname, uint16_t qtype,
	struct rr_list *out, bool *aa);

#endif
