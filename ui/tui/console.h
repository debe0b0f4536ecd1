/*
 * console: the full-screen face. It reads one or more streams (pipes, or a recorded file), keeps a
 * ledger, diagnoses when something changed and draws at most every 33 ms. It opens no socket, runs
 * nothing and writes no file: descriptors are given to it.
 *
 * Keys: from standard input when that is a terminal, else from tty_fd (a caller that streams
 * through standard input opens /dev/tty for it).
 */
#ifndef UI_TUI_CONSOLE_H
#define UI_TUI_CONSOLE_H

#include <stdio.h>

#include "diagnose/diagnosis.h"
#include "report/causes.h"
#include "ui/act.h"
#include "ui/tui/term.h"
#include "ui/tui/theme.h"

#define CONSOLE_STREAMS 16

struct console_stream {
	int fd;	  /* JSON lines; closed by the console at the end */
	int back; /* "probe [vantage]\n" is written here; -1 none */
};

struct console_options {
	struct name zone; /* len 0: the first that is seen */
	struct console_stream stream[CONSOLE_STREAMS];
	size_t n_streams;
	int record_fd; /* the merged stream is written here; -1 none */
	int tty_fd;    /* keys; STDIN_FILENO as a rule */
	/*
	 * replay: "now" is the largest time seen (or AT) and never the wall clock (DECISIONS 3).
	 * FEED is the word in the title: "live", "replay", "lab".
	 */
	bool replay;
	int64_t at; /* usec; TIME_UNSET */
	const char *sandbox; /* what confines this process, for the help; NULL: not said */
	const char *feed;
	const char *notice; /* for the bottom row at the start; may be NULL */
	struct diagnose_options diagnose;
	const struct cause_texts *causes; /* explanations of faults; may be NULL */
	enum choice colour, ascii;
	enum theme theme;
	bool utc, mouse;
	bool readonly; /* :rw is refused */
	const struct config_zone *config_zone; /* for plans; NULL nothing configured */
	/* Who starts what carries out plans (act_starter()), closed by the console; -1 nobody may. ACT is
	 * what every request begins with. */
	int act_starter;
	struct act_request act;
};

/* Zero is not a usable default for some fields: this is. */
void console_defaults(struct console_options *o);
/*
 * Runs until the operator leaves or the terminal is lost. Without a usable terminal it reads the
 * streams to their end and prints the verdict as plain text. Returns 0, 130 after ^C twice or a
 * signal, 3 when nothing was heard in plain mode.
 */
int console_run(const struct console_options *o);

/*
 * The same without a terminal, for tests: reads the streams to their end, then the script (one
 * step a line: "key NAME...", "type TEXT", "size WxH", "dump", "styles", "plain", "tick SECONDS",
 * "mouse X Y BUTTON", "expect TEXT", "refuse TEXT"; "said STAGE STATE TEXT", "said end N" and "lost"
 * stand for act; # comments) and writes what it asks for.
 * Returns 0, 1 when an expectation failed, 64 for a script that cannot be read.
 */
int console_script(const struct console_options *o, int w, int h, FILE *script, FILE *dump);

#endif
