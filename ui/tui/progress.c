#include "ui/tui/progress.h"

#include <stdlib.h>
#include <string.h>

#include "change/apply.h"
#include "ui/tui/plans.h"

#define KEPT 400u /* lines; a run says some dozens */

struct progress {
	struct arena *a;
	struct said {
		const char *stage, *state, *text;
		int64_t at; /* usec */
	} *v;
	size_t n;
	const char *title;
	char zone[NAME_MAX_TEXT];
	int end; /* an enum apply_end; -1: not yet */
	bool lost;
};

/* How a state of a step looks. To add a state of act's: a row. */
static const struct {
	const char *state;
	enum style style;
} looks[] = { { "ok", ST_OK }, { "note", ST_INFO }, { "failed", ST_CRIT }, { "begin", ST_NORMAL } };

#define WAY_BACK "The way back is a plan of its own: unbogus journal list %s and then unbogus undo %s N"

/* What the end of an apply means, and what comes next ("%s": the zone). To add an end: a row. */
static const struct {
	enum apply_end end;
	enum style style;
	const char *text, *next;
} ends[] = {
	{ APPLY_DONE, ST_OK, "Applied: every server shows it.", WAY_BACK },
	{ APPLY_NOT_BEGUN, ST_CRIT, "Not begun: nothing was changed.", "" },
	{ APPLY_REFUSED, ST_WARN, "Refused: nothing was changed.", "Make the plan again: it is judged by what is now." },
	{ APPLY_ROLLED_BACK, ST_WARN, "Rolled back: the old files serve again.",
		"What failed is above; unbogus journal list %s has every step." },
	{ APPLY_UNVERIFIED, ST_WARN, "Applied; not every server is known to show it.",
		"Look at Serials before anything else. " WAY_BACK },
	{ APPLY_ROLLBACK_FAILED, ST_CRIT, "The way back failed too: page someone.",
		"unbogus journal list %s names the backups." },
};

static size_t
end_row(int end)
{
	size_t i = 0;

	while (i < sizeof ends / sizeof *ends && (int)ends[i].end != end)
		i++;
	return i;
}

void
progress_begin(struct view *v, const struct plan *p)
{
	progress_free(v->progress);
	struct arena *a = arena_new();
	v->progress = arena_new_one(a, struct progress);
	*v->progress = (struct progress){ .a = a, .v = arena_new_array(a, struct said, KEPT), .end = -1,
		.title = arena_strdup(a, p->title) };
	snprintf(v->progress->zone, sizeof v->progress->zone, "%s", p->zone);
	plans_close(v);
	progress_open(v);
}

bool
progress_said(struct view *v, const struct act_progress *said, char *what, size_t size)
{
	struct progress *p = v->progress;

	if (!p)
		return false;
	if (said->end >= 0) {
		size_t row = end_row(said->end);
		p->end = said->end;
		snprintf(what, size, "%s: %s", p->title, apply_end_name((enum apply_end)said->end));
		view_notice(v, "%s", row < sizeof ends / sizeof *ends ? ends[row].text : what);
		return true;
	}
	if (!*said->text || p->n == KEPT)
		return false;
	p->v[p->n++] = (struct said){ arena_strdup(p->a, said->stage), arena_strdup(p->a, said->state),
		arena_strdup(p->a, said->text), v->now };
	snprintf(what, size, "%s: %s", said->stage, said->text);
	return strcmp(said->state, "failed") == 0;
}

void
progress_lost(struct view *v)
{
	struct progress *p = v->progress;

	if (!p || p->end >= 0)
		return;
	p->lost = true;
	view_notice(v, "act went away: unbogus attach %s shows how it ended", p->zone);
}

bool
progress_runs(const struct view *v)
{
	return v->progress && v->progress->end < 0 && !v->progress->lost;
}

void
progress_open(struct view *v)
{
	if (!v->progress) {
		view_notice(v, "nothing was applied from this console");
		return;
	}
	v->dialog = DIALOG_PROGRESS;
	v->dialog_top = 100000; /* the newest line */
}

void
progress_free(struct progress *p)
{
	if (p)
		arena_free(p->a);
}

static enum style
look_of(const char *state)
{
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if (strcmp(looks[i].state, state) == 0)
			return looks[i].style;
	return ST_NORMAL;
}

static void
end_lines(const struct progress *p, struct lines *l, int width)
{
	size_t row = end_row(p->end);

	lines_add(l, ST_NORMAL, ST_NORMAL, "%s", "");
	if (p->end < 0) {
		if (p->lost)
			lines_wrapped(l, ST_CRIT, width, 0, arena_printf(l->a, "act went away without an outcome. "
				"Change nothing before you know: unbogus attach %s, then unbogus apply --recover %s",
				p->zone, p->zone));
		else
			lines_wrapped(l, ST_INFO, width, 0, "It runs, and goes on when this dialog, the console or the "
				"terminal is closed; unbogus attach shows the rest.");
		return;
	}
	if (row == sizeof ends / sizeof *ends)
		return;
	lines_add(l, ends[row].style, ends[row].style, "%s", ends[row].text);
	struct text next = { 0 };
	for (const char *at = ends[row].next; *at;) {
		size_t n = strcspn(at, "%");
		text_add(&next, "%.*s%s", (int)n, at, at[n] ? p->zone : "");
		at += n + (at[n] ? 2 : 0);
	}
	if (next.len)
		lines_wrapped(l, ST_INFO, width, 0, arena_strdup(l->a, text_str(&next)));
	text_free(&next);
}

void
progress_lines(const struct view *v, struct lines *l, int width)
{
	const struct progress *p = v->progress;
	char when[40];

	for (size_t i = 0; p && i < p->n; i++) {
		const struct said *s = &p->v[i];
		enum style st = look_of(s->state);
		lines_wrapped(l, st == ST_CRIT ? ST_CRIT : ST_NORMAL, width, 20, arena_printf(l->a, "%s %-9s %s%s",
			view_time(v, when, sizeof when, s->at / USEC, "%H:%M:%S"), s->stage,
			st == ST_OK ? "ok: " : st == ST_CRIT ? "FAILED: " : "", s->text));
	}
	if (p)
		end_lines(p, l, width);
}

const char *
progress_title(const struct view *v, struct arena *a)
{
	const struct progress *p = v->progress;

	return arena_printf(a, " %s: %s  (Esc close, :progress again) ", !p || p->end >= 0 || p->lost ? "Applied" :
		"Applying", p ? p->title : "");
}

void
progress_summary(const struct view *v, struct text *out)
{
	const struct progress *p = v->progress;

	if (!p)
		return;
	if (p->end >= 0)
		text_add(out, "%s: %s\n", p->title, apply_end_name((enum apply_end)p->end));
	else
		text_add(out, "%s goes on: unbogus attach %s shows the rest\n", p->title, p->zone);
}
