/* The line at the bottom for finding, filtering, commands and notes (dialog.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "ui/tui/dialog.h"
#include "ui/tui/training.h"

#include "ui/tui/plans.h"
#include "ui/tui/progress.h"

static const char *const extra_commands[] = { "set", "why", "progress", NULL };

/* Every command that begins with START, into OUT; returns how many. */
static size_t
complete(const char *start, const char **out, size_t max)
{
	size_t n = 0, len = strlen(start);

	for (int r = 1; r < REQ_COUNT && n < max; r++)
		if (strncmp(requests[r].name, start, len) == 0)
			out[n++] = requests[r].name;
	for (int i = 0; i < 2 && n < max; i++)
		if (strncmp(extra_commands[i], start, len) == 0)
			out[n++] = extra_commands[i];
	return n;
}

void
prompt_draw(const struct view *v, struct grid *g)
{
	static const char *const lead[] = { "", "/", "\\", ":", "note: " };
	int y = v->h - 1, x;
	const char *fits[12];

	if (!v->prompt)
		return;
	grid_fill(g, (struct rect){ 0, y, v->w, 1 }, ST_NORMAL);
	x = grid_text(g, 0, y, v->w, ST_KEY, lead[v->prompt]);
	/* The end of a long line is what is being typed. */
	const char *s = v->input;
	while (text_width(s) > (size_t)(v->w > x + 2 ? v->w - x - 2 : 1)) {
		uint32_t cp;
		size_t len = text_utf8(s, strlen(s), &cp);
		s += len ? len : 1;
	}
	x += grid_text(g, x, y, v->w - x, ST_NORMAL, s);
	g->cx = x < v->w ? x : v->w - 1;
	g->cy = y;
	if (v->prompt == PROMPT_COMMAND && !strchr(v->input, ' ')) {
		size_t n = complete(v->input, fits, 12);
		x += 2;
		for (size_t i = 0; i < n && x < v->w - 8; i++)
			x += grid_text(g, x, y, v->w - x - 6, ST_INFO, fits[i]) + 1;
		grid_text(g, v->w - 6, y, 6, ST_INFO, n ? " [Tab]" : "");
	} else if (v->prompt == PROMPT_FILTER) {
		struct page p = { .a = arena_new() };
		long sel;
		view_page(v, v->focus, v->w, &p, &sel);
		grid_printf(g, x + 2, y, v->w - x - 2, ST_INFO, "%zu of %zu   [Esc] clear", p.rows.n,
			p.total);
		arena_free(p.a);
	}
}

static void
erase_last(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && ((unsigned char)s[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		s[n - 1] = '\0';
}

static void
append(char *s, size_t size, uint32_t key)
{
	utf8proc_uint8_t b[4];
	size_t n = strlen(s);
	size_t len = (size_t)utf8proc_encode_char((utf8proc_int32_t)key, b);
	char one[8] = "";

	memcpy(one, b, len);
	if (n + len + 1 > size || !text_is_clean(one))
		return;
	memcpy(s + n, one, len + 1);
}

static void
tab_complete(struct view *v)
{
	const char *fits[40];
	size_t n = complete(v->input, fits, 40), same;

	if (!n || strchr(v->input, ' '))
		return;
	same = strlen(fits[0]);
	for (size_t i = 1; i < n; i++)
		while (same && strncmp(fits[0], fits[i], same) != 0)
			same--;
	if (same >= strlen(v->input))
		snprintf(v->input, sizeof v->input, "%.*s%s", (int)same, fits[0], n == 1 ? " " : "");
}

static void
remember(struct view *v)
{
	if (!v->input[0] || strcmp(v->history[0], v->input) == 0)
		return;
	memmove(v->history[1], v->history[0], sizeof v->history - sizeof v->history[0]);
	snprintf(v->history[0], sizeof v->history[0], "%s", v->input);
}

static void
recall(struct view *v, int step)
{
	int at = v->history_at + step;

	if (at < -1 || at >= (int)(sizeof v->history / sizeof v->history[0]) ||
		(at >= 0 && !v->history[at][0]))
		return;
	v->history_at = at;
	snprintf(v->input, sizeof v->input, "%s", at < 0 ? "" : v->history[at]);
}

static unsigned
note(struct view *v, const char *text)
{
	text_reset(&v->out);
	text_add_clean(&v->out, text);
	if (!v->out.len)
		return EFFECT_DRAW;
	view_notice(v, "noted in the timeline");
	return EFFECT_NOTE | EFFECT_DRAW;
}

static unsigned
accept(struct view *v)
{
	enum prompt p = v->prompt;
	char line[sizeof v->input];

	v->prompt = PROMPT_NONE;
	snprintf(line, sizeof line, "%s", v->input);
	switch (p) {
	case PROMPT_FIND:
		snprintf(v->found, sizeof v->found, "%s", line);
		if (line[0] && !view_find(v, 1))
			view_notice(v, "not found in this pane: %s", line);
		return EFFECT_DRAW;
	case PROMPT_COMMAND:
		remember(v);
		return command_run(v, line);
	case PROMPT_NOTE:
		return note(v, line);
	default:
		return EFFECT_DRAW;
	}
}

unsigned
prompt_key(struct view *v, uint32_t key)
{
	char *filter = v->pane[v->focus].filter;

	switch (key) {
	case K_ESC:
		if (v->prompt == PROMPT_FILTER)
			filter[0] = '\0';
		v->prompt = PROMPT_NONE;
		view_settle(v);
		return EFFECT_DRAW;
	case K_ENTER:
	case '\n':
		return accept(v);
	case K_BACKSPACE:
	case 8:
	case 127:
		if (!v->input[0])
			v->prompt = PROMPT_NONE;
		erase_last(v->input);
		break;
	case 21: /* ^U */
		v->input[0] = '\0';
		break;
	case K_TAB:
		if (v->prompt == PROMPT_COMMAND)
			tab_complete(v);
		break;
	case K_UP:
	case K_DOWN:
		if (v->prompt == PROMPT_COMMAND)
			recall(v, key == K_UP ? 1 : -1);
		break;
	default:
		if (key >= ' ' && key < K_SPECIAL)
			append(v->input, sizeof v->input, key);
	}
	if (v->prompt == PROMPT_FILTER) {
		snprintf(filter, sizeof v->pane[0].filter, "%s", v->input);
		view_settle(v);
	}
	return EFFECT_DRAW;
}

static unsigned
set_option(struct view *v, const char *arg)
{
	char name[32] = "", value[32] = "";

	if (sscanf(arg, "%31s %31s", name, value) < 1) {
		view_notice(v, "set theme|ascii|utc VALUE");
		return EFFECT_DRAW;
	}
	bool on = strcmp(value, "on") == 0 || strcmp(value, "yes") == 0;
	if (strcmp(name, "theme") == 0) {
		if (!theme_from_name(value, &v->theme))
			view_notice(v, "themes: default light cb hc mono");
	} else if (strcmp(name, "ascii") == 0)
		v->ascii = on;
	else if (strcmp(name, "utc") == 0)
		v->utc = on;
	else
		view_notice(v, "there is no setting %s; theme, ascii, utc", name);
	return EFFECT_DRAW | EFFECT_REPAINT;
}

/* Selects the row of PANE whose text has ARG. */
static unsigned
select_by(struct view *v, enum pane_id p, const char *arg)
{
	char old[sizeof v->found];

	v->focus = p;
	snprintf(old, sizeof old, "%s", v->found);
	snprintf(v->found, sizeof v->found, "%s", arg);
	if (!view_find(v, 1))
		view_notice(v, "nothing here is called %s", arg);
	snprintf(v->found, sizeof v->found, "%s", old);
	view_settle(v);
	return EFFECT_DRAW;
}

static unsigned
why(struct view *v, const char *id)
{
	for (size_t i = 0; v->d && i < v->d->n_findings; i++)
		if (strcmp(v->d->findings[i].id, id) == 0) {
			view_notice(v, "%s: %s", id, v->d->findings[i].text);
			return EFFECT_DRAW;
		}
	view_notice(v, "no finding %s now; e lists those there are", id);
	return EFFECT_DRAW;
}

static unsigned
unknown_command(struct view *v, const char *name)
{
	const char *all[REQ_COUNT + 8];
	size_t n = 0;

	for (int r = 1; r < REQ_COUNT; r++)
		all[n++] = requests[r].name;
	for (size_t i = 0; extra_commands[i]; i++)
		all[n++] = extra_commands[i];
	all[n] = NULL;
	const char *near = text_nearest(name, all);
	view_notice(v, "no command %s%s%s", name, near ? "; did you mean " : "", near ? near : "");
	return EFFECT_DRAW;
}

/* Another moment of a recording. */
static unsigned
go_to(struct view *v, const char *arg)
{
	if (v->live || !clock_parse(arg, &v->seek_to)) {
		view_notice(v, v->live ? "only a recording has other moments" : "at 2013-05-15T23:44:31Z");
		return EFFECT_DRAW;
	}
	v->seek = SEEK_TO;
	return EFFECT_DRAW | EFFECT_SEEK;
}

unsigned
command_run(struct view *v, const char *line)
{
	char name[32];
	size_t n = strcspn(line, " ");
	const char *arg = line + n + strspn(line + n, " ");

	if (!line[0])
		return EFFECT_DRAW;
	snprintf(name, sizeof name, "%.*s", (int)n, line);
	unsigned own;
	if (training_command(v, line, &own))
		return own;
	if (strcmp(name, "at") == 0)
		return go_to(v, arg);
	enum request r = request_by_name(name);
	if (strcmp(name, "set") == 0)
		return set_option(v, arg);
	if (strcmp(name, "why") == 0)
		return why(v, arg);
	if (strcmp(name, "progress") == 0) {
		progress_open(v);
		return EFFECT_DRAW;
	}
	if (r == REQ_NONE)
		return unknown_command(v, name);
	if (r == REQ_ARM) {
		view_arm(v, arg);
		return EFFECT_DRAW;
	}
	if (r == REQ_PLAN && arg[0]) {
		plans_open_named(v, arg);
		return EFFECT_DRAW;
	}
	if (r == REQ_PALETTE)
		return EFFECT_DRAW;
	if (r == REQ_NOTE && arg[0])
		return note(v, arg);
	if (r == REQ_FILTER && arg[0]) {
		snprintf(v->pane[v->focus].filter, sizeof v->pane[0].filter, "%s", arg);
		view_settle(v);
		return EFFECT_DRAW;
	}
	if (r >= REQ_PANE_1 && r <= REQ_PANE_7 && arg[0])
		return select_by(v, (enum pane_id)(r - REQ_PANE_1), arg);
	unsigned e = view_request(v, r);
	if (r == REQ_REFRESH)
		text_add_clean(&v->out, arg);
	return e;
}
