/*
 * stream: observations as lines of JSON, {"v":1,"t":"...","by":"net","zone":"x.org.","fact":...}.
 * The format is unbogus-stream(5). A malformed line is an error with its number; what came before
 * and what comes after it is not touched.
 */
#ifndef MODEL_STREAM_H
#define MODEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "model/observation.h"

#define STREAM_VERSION 1
#define STREAM_ORIGINS 8
#define STREAM_CLOCK_SLACK (5 * USEC) /* less is the way of the hello, not the clock */
#define STREAM_LINE_MAX (4u << 20) /* octets; longer lines are an error and are skipped */

/* Appends O as one line with its newline to OUT. */
void stream_write(struct text *out, const struct obs *o);

/* Reads one line (without newline, N octets). NULL with E when it is malformed. */
struct obs *stream_parse(const char *line, size_t n, struct err *e);

/*
 * Cuts a byte stream into lines. Zero-initialise; feed with what read() gave, as often as wanted.
 * ON_OBS takes over the reference; ON_BAD is told the line's number (from 1) and what is wrong.
 */
struct stream_reader {
	struct text buf;
	uint64_t line, good, bad;
	bool overlong; /* inside a line that is too long: skip to its end */
	/*
	 * Set it where the stream comes as it is made: the producer's clock, as its hello shows it
	 * (or says it), is then set right: times become the reader's, and hello keeps the offset.
	 * A recording's times are the recorder's already.
	 */
	bool live;
	struct stream_origin {
		char by[64], host[256];
		int64_t offset; /* usec, subtracted from its times */
	} origin[STREAM_ORIGINS]; /* of each "by", from its hello */
	size_t n_origins;
	void (*on_obs)(void *ctx, struct obs *o);
	void (*on_bad)(void *ctx, uint64_t line, const struct err *e); /* may be NULL */
	/* NULL, or called before on_obs with the very line, without its newline */
	void (*on_line)(void *ctx, const char *line, size_t n);
	void *ctx;
};
void stream_feed(struct stream_reader *r, const void *p, size_t n);
void stream_end(struct stream_reader *r); /* a last line without newline counts; frees buf */

/*
 * Makes of O, a new FACT_UNKNOWN, the line that says that LINES facts did not go out because the
 * reader was too slow; releases O. malloc()ed.
 */
char *stream_lost(struct obs *o, uint64_t lines);

#endif
