/*
 * pane: a numbered part of the console. A pane is a row in the table PANES: a header line that
 * tells its own state even when it is closed, columns, and two functions that build its page from
 * the view. Drawing, selection, sorting, filtering and copying are shared (page.h, view.c).
 *
 * To add a pane: a file pane_NAME.c with "const struct pane_ops pane_NAME", an id in enum pane_id,
 * a row in pane_table (view.c), a place in layout.c for the wide layouts, a request PANE_n.
 */
#ifndef UI_TUI_PANE_H
#define UI_TUI_PANE_H

#include "ui/tui/page.h"
#include "ui/tui/request.h"

struct view;

enum pane_id { PANE_KEYS, PANE_CHAIN, PANE_SERIALS, PANE_VALIDATION, PANE_TIMELINE, PANE_STEPS,
	PANE_SIGNATURES, PANE_COUNT };

struct pane_header {
	enum style mark; /* ST_NORMAL: none */
	char text[320];
};

struct pane_ops {
	const char *title; /* "Keys" */
	void (*header)(const struct view *v, struct pane_header *h);
	const struct column *columns;
	int n_columns;
	bool free_form;	 /* lines instead of columns */
	bool newest_last; /* a log: without a selection the end is shown */
	void (*build)(const struct view *v, struct page *p, int width);
	/* Lines below the rows about SELECTED (NULL when nothing is); may be NULL. */
	void (*detail)(const struct view *v, struct page *p, const struct row *selected, int width);
	bool (*request)(struct view *v, enum request r); /* own keys; may be NULL */
	const char *const *help; /* lines about what is seen, ends with NULL */
};

extern const struct pane_ops pane_keys, pane_chain, pane_serials, pane_validation, pane_timeline,
	pane_steps, pane_signatures;
extern const struct pane_ops *const pane_table[PANE_COUNT];

#endif
