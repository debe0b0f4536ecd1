/*
 * view: the model of the console: a diagnosis, the time, and what the operator did with the keys.
 * view_key() and view_diagnosis() change it; view_draw() is a pure function from it to a grid.
 * The view owns its diagnosis and its strings; it knows no terminal, no clock and no descriptor.
 *
 * What a key asks of the world outside comes back as effects, a set of bits; their texts are in
 * view->out until the next key.
 */
#ifndef UI_TUI_VIEW_H
#define UI_TUI_VIEW_H

#include "diagnose/diagnosis.h"
#include "observe/config.h"
#include "ui/tui/layout.h"
#include "ui/tui/pane.h"

enum effect {
	EFFECT_DRAW = 1,
	EFFECT_QUIT = 2,
	EFFECT_PROBE = 4,    /* ask again; out: a vantage's name or "" */
	EFFECT_COPY = 8,     /* out goes to the clipboard */
	EFFECT_PRINT = 16,   /* out is printed plainly, any key comes back */
	EFFECT_SUSPEND = 32,
	EFFECT_REPAINT = 64, /* whole terminal */
	EFFECT_NOTE = 128,   /* out is a note for the timeline */
	EFFECT_TRAIN = 256,  /* out is a line for the lab's producer */
	EFFECT_SEEK = 512,   /* another moment of a recording: v->seek */
	EFFECT_APPLY = 1024, /* a plan was consented to: plans_given() */
	EFFECT_FLUSH = 2048  /* keys typed ahead are thrown away */
};

enum dialog { DIALOG_NONE, DIALOG_HELP, DIALOG_EVIDENCE, DIALOG_OPEN,
	DIALOG_CAUSES, DIALOG_PROGRESS,
	/* of plans.h: */ DIALOG_ACTIONS, DIALOG_PLAN };
enum prompt { PROMPT_NONE, PROMPT_FIND, PROMPT_FILTER, PROMPT_COMMAND, PROMPT_NOTE };

struct pane_state {
	char sel[320];	/* identity of the selected row, "" none yet */
	size_t row, top;
	int sort; /* column, -1: as built */
	bool reverse, wide;
	int shift;
	char filter[200];
	int mode; /* the pane's own (v) */
};

struct verdict_change {
	int64_t t; /* usec */
	int severity;
	char text[320];
};

struct view {
	struct diagnosis *d; /* NULL until something was heard; owned */
	struct diagnosis *held; /* newest while frozen; owned */
	struct name zone;
	bool have_zone;
	int64_t now; /* usec, moves on between diagnoses */
	/* Time travel in a recording: what was asked for (EFFECT_SEEK), and where that led. */
	enum { SEEK_NONE, SEEK_STEP_BACK, SEEK_STEP_ON, SEEK_EVENT_BACK, SEEK_EVENT_ON, SEEK_TO } seek;
	int64_t seek_to;   /* usec, of SEEK_TO */
	int64_t past;	   /* usec: the moment that is shown; TIME_UNSET: the newest */
	int64_t from, until; /* usec: ends of the recording; TIME_UNSET: not a recording */
	int64_t mono; /* usec, monotonic, of the newest key: for what must not depend on the clock */
	struct diagnose_options diagnose; /* what plans are diagnosed with */
	const struct config_zone *config_zone; /* NULL: nothing configured */
	struct plans *plans; /* owned; NULL: no menu and no plan is open */
	struct progress *progress; /* owned; NULL: nothing was applied from here */
	bool pasting;
	int64_t pasted_at; /* usec, monotonic, of the newest key of the paste */
	bool readonly; /* :rw is refused */
	bool armed;
	int64_t armed_until; /* usec, monotonic */
	char armed_reason[200];
	char again[40]; /* an action to offer again, at again_at (seconds) */
	int again_tag;
	int64_t again_at;
	int64_t heard; /* usec of the newest fact, TIME_UNSET none */
	int64_t period; /* seconds between rounds */
	const char *sandbox; /* what confines this process; NULL: not said */
	const char *feed; /* "live", "replay", "lab", "ended" */
	bool live; /* facts should keep coming: silence is staleness */
	bool utc;
	enum theme theme; /* how the grid is to be shown; a mono row needs a symbol */
	bool ascii;
	int w, h;
	enum pane_id focus;
	bool zoom;
	struct pane_state pane[PANE_COUNT];
	bool frozen;
	int64_t frozen_at; /* usec */
	enum dialog dialog;
	size_t dialog_top, dialog_row; /* first line shown; selected evidence, then findings */
	int dialog_page;
	const struct obs *open_obs; /* DIALOG_OPEN: referenced */
	const char *open_text;	    /* DIALOG_OPEN without an observation: an explanation */
	const struct cause_texts *causes; /* of the faults; NULL: none */
	bool open_from_evidence;
	char open_title[200];
	enum prompt prompt;
	char input[200];
	char found[200];
	char history[8][200]; /* of commands, newest first */
	int history_at;
	char notice[240]; /* in the bottom row until the next key */
	int quit_asked;	  /* ^C once */
	struct verdict_change *changes; /* verdicts seen, oldest first */
	size_t n_changes, cap_changes;
	struct text out;
};

void view_init(struct view *v, int w, int h);
void view_done(struct view *v);
/* Takes D over. HEARD: time of the newest fact (usec). */
void view_diagnosis(struct view *v, struct diagnosis *d, int64_t heard);
void view_resize(struct view *v, int w, int h);
unsigned view_key(struct view *v, uint32_t key); /* effects */
unsigned view_request(struct view *v, enum request r);
/* :rw MINUTES REASON; and what ends it. Plans can be applied while it is armed. */
void view_arm(struct view *v, const char *words);
void view_disarm(struct view *v, const char *why);
/* Monotonic time, before each key and once a second. */
void view_time_passed(struct view *v, int64_t mono);
/* A click or a turn of the wheel at a cell: button 1, 4 (up), 5 (down); twice: double click. */
unsigned view_mouse(struct view *v, int x, int y, int button, bool twice);
void view_notice(struct view *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void view_draw(const struct view *v, struct grid *g);
/* A pane as lines of plain text, cleaned. */
void view_print(const struct view *v, enum pane_id p, struct text *out);
/* Banner and panes as plain lines: for terminals that cannot do more, and pipes. */
void view_plain(const struct view *v, struct text *out);
/* Three lines for the shell's screen after the console closed. */
void view_summary(const struct view *v, struct text *out);

/* For panes and dialogs. */
void view_settle(struct view *v); /* selection and scrolling after something changed */
void view_select(struct view *v, enum pane_id p, const char *id);
/* The next row with v->found, from the selected one; false when there is none. */
bool view_find(struct view *v, int step);
/* Builds pane P as it is shown: filtered, sorted, with detail; *SEL is the selected row or -1. */
void view_page(const struct view *v, enum pane_id p, int width, struct page *page, long *sel);
/* A time in the operator's zone or UTC; FMT as strftime. SECONDS may be TIME_UNSET/NEVER. */
const char *view_time(const struct view *v, char *out, size_t size, int64_t seconds, const char *fmt)
	__attribute__((format(strftime, 5, 0)));
/* "17:27" today, "05-13 17:12" another day. */
const char *view_when(const struct view *v, char *out, size_t size, int64_t seconds);
/* Age of something heard at T usec: "4s"; "~ 47s" when it is stale. Style in *STYLE. */
const char *view_age(const struct view *v, char *out, size_t size, int64_t t, enum style *style);
bool view_stale(const struct view *v, int64_t *age); /* nothing heard for three periods */
enum style style_of_state(enum state s);
enum style style_of_vstate(enum vstate s);
enum style style_of_link(enum link_state s);
enum style style_of_severity(int severity); /* 0, 1, 2 */

#endif
