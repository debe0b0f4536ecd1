/*
 * coach: what stands between a trainee and a play. It takes the trainee's lines, asks before a
 * step that the scenario calls wrong, praises with the reason, gives hints on demand and when
 * nothing happens, and hides cause and safe steps until a cause was named. It never forbids: a
 * step that is asked for twice is taken, and the simulation is the lesson.
 *
 * coach_new() borrows play and references; coach_free() ends it. Text is clean.
 */
#ifndef LAB_COACH_H
#define LAB_COACH_H

#include "lab/score.h"

enum coach_mode { COACH_GUIDED, COACH_COACH, COACH_EXAM, COACH_REPLAY, COACH_MODE_COUNT };
const char *coach_mode_name(enum coach_mode m);
bool coach_mode_from_name(const char *s, enum coach_mode *m);

struct coach {
	struct play *p;
	const struct references *refs;
	enum coach_mode mode;
	const char *text; /* what it says now; "" nothing */
	unsigned level;	  /* 0 praise or news, 1 attention, 2 question, 3 pointer, 4 answer */
	bool hidden, over;
	uint64_t told;	  /* hints that were given, by index */
	unsigned asked_level; /* of the last hint that was asked for */
	unsigned next;	  /* step of the script that guides or is replayed */
	int64_t idle;	  /* seconds of true time without a line */
	struct {
		char pane[24];
		unsigned looks;
	} panes[12];
	const char *held; /* a step that was asked about; NULL */
};

struct coach *coach_new(struct play *p, const struct references *refs, enum coach_mode mode);
void coach_free(struct coach *c);
/* One line of the trainee: a step, "hint", "back" (branch back), "next" (guided: what now; replay:
 * takes the team's next step) or "finish". False with E: it is none of these. */
bool coach_line(struct coach *c, const char *line, struct err *e);
/* SECONDS of true time went by. True when the coach says something new. */
bool coach_idle(struct coach *c, int64_t seconds);
/* Something happened in the world (a message): the coach may say that it is safe now. */
void coach_look(struct coach *c);
void coach_score(const struct coach *c, struct score *out);
/* Score, curves beside the others, lessons: lines of plain text. ASCII: no block characters. */
void coach_debrief(const struct coach *c, bool ascii, struct text *out);

#endif
