/*
 * feed: the streams of a console into one ledger, and from it a diagnosis into a view.
 * One reader a stream, so that lines of different producers never mix.
 */
#ifndef UI_TUI_FEED_H
#define UI_TUI_FEED_H

#include "model/snapshot.h"
#include "model/stream.h"
#include "ui/tui/console.h"
#include "ui/tui/view.h"

struct feed {
	struct ledger *ledger;
	struct stream_reader reader[CONSOLE_STREAMS];
	size_t n;
	int record_fd; /* -1 none */
	bool record_failed;
	uint64_t bad;
	char bad_text[300]; /* the last line that could not be read */
	/* A recording is kept, so that another moment of it can be shown. */
	bool keep;
	struct obs **all; /* in the order in which they came; references */
	size_t n_all, cap_all;
	int64_t first, last; /* usec: of those */
	struct name zone;
	bool has_zone;
	int64_t shown; /* usec: the ledger is of this moment; TIME_UNSET: of the newest */
	char note[300];	    /* of who keeps the history: shown once */
};

#define FEED_KEPT 400000u /* observations; what comes after them cannot be gone back to */

/* ZONE NULL: the first that is seen. LIVE: the streams come as they are made. */
void feed_init(struct feed *f, const struct name *zone, size_t streams, bool live, int record_fd);
void feed_done(struct feed *f);
void feed_bytes(struct feed *f, size_t stream, const void *p, size_t n);
void feed_end(struct feed *f, size_t stream);
int64_t feed_latest(const struct feed *f); /* usec; 0 when nothing was heard */
void feed_note(struct feed *f, int64_t now, const char *text);
/* Reads every stream to its end, in turn. */
void feed_read_all(struct feed *f, const struct console_options *o);
/* Goes where v->seek says; v->past, v->from and v->until follow. False: there is nothing there. */
bool feed_seek(struct feed *f, struct view *v);
/* A new diagnosis at v->now, if anything was heard. */
void feed_diagnose(struct feed *f, struct view *v, const struct diagnose_options *o);

#endif
