/*
 * board: many zones at once, from one stream: a ledger and the newest diagnosis of each. For the
 * faces that show or count zones (status, metrics).
 *
 * Life cycle: board_new(), board_add() for each zone that is to be watched (or OPEN: every zone that
 * the stream speaks of), board_take() for each fact, board_judge() now and then, board_free().
 * Times are the stream's: microseconds, the caller's "now".
 */
#ifndef UI_CLI_BOARD_H
#define UI_CLI_BOARD_H

#include "diagnose/diagnosis.h"
#include "model/ledger.h"

#define BOARD_MINUTES 60
#define BOARD_STALE_S 60 /* or three periods */

/* As enum state, and STALE: what is known is too old to say anything of now. */
enum board_state { BOARD_OK, BOARD_WARNING, BOARD_CRITICAL, BOARD_UNKNOWN, BOARD_STALE };
const char *board_state_word(enum board_state s); /* "OK", "WARN", "CRIT", "UNKNOWN", "STALE" */
const char *board_state_json(enum board_state s); /* "ok", "warning", ... */

struct board_zone {
	struct name name;
	char text[NAME_MAX_TEXT]; /* without the final dot */
	struct ledger *ledger;
	struct diagnose_options opt;
	struct diagnosis *d; /* newest; NULL: not yet */
	bool dirty;	     /* facts came after it */
	bool local;	     /* this host has files of it, and an observer of them runs */
	int64_t heard;	     /* usec: newest answer of its servers; TIME_UNSET */
	int64_t judged;	     /* usec of D */
	enum board_state state, before; /* before: what it was before it became stale */
	int64_t since;	     /* usec: when the state began */
	uint8_t minute[BOARD_MINUTES]; /* ring by minute of time: 1 + enum board_state, 0 nothing */
	int64_t minute_last; /* the newest minute that was noted */
	void *user;	     /* of whoever holds the board */
};

struct board {
	struct board_zone **v;
	size_t n, cap;
	struct board_zone **table; /* hash, cap_table a power of two */
	size_t cap_table;
	bool open;
	int64_t latest;	   /* usec: newest fact of any zone; TIME_UNSET */
	int64_t period;	   /* seconds between looks; 0: 10 */
	struct diagnose_options opt; /* for zones that OPEN adds */
	bool minutes;	   /* a diagnosis each minute of the stream, for the cells of the wallboard */
	/* A zone's state has changed (not at its first judgement). May be NULL. */
	void (*on_change)(void *ctx, struct board_zone *z, enum board_state from);
	void *ctx;
	int64_t minute_now;
	bool replay; /* "now" is the stream's */
};

struct board *board_new(void);
void board_free(struct board *b);
/* OPT is copied; what it points to must live as long as the board. */
struct board_zone *board_add(struct board *b, const struct name *zone, const struct diagnose_options *opt);
struct board_zone *board_find(const struct board *b, const struct name *zone);
/* Takes over the reference; a fact of a zone that is not watched is dropped. */
void board_take(struct board *b, struct obs *o);
/*
 * Diagnoses zones with new facts, and those whose diagnosis is older than a minute, oldest first,
 * for at most LIMIT_US of this process' time (0: all). NOW in usec. Returns how many are left.
 */
size_t board_judge(struct board *b, int64_t now, int64_t limit_us);
/* Worst state of all, as an exit code: a stale zone is unknown. */
enum state board_worst(const struct board *b);
/* Zones in the order of their badness, then by name; the array belongs to the board. */
struct board_zone *const *board_sorted(struct board *b);
/* State of zone Z in the minute that ended AGO minutes before the newest; -1 nothing known. */
int board_minute(const struct board *b, const struct board_zone *z, int ago);

#endif
