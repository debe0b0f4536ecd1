#include "lab/coach.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static const char *const modes[] = { "guided", "coach", "exam", "replay" };

const char *
coach_mode_name(enum coach_mode m)
{
	return modes[m];
}

bool
coach_mode_from_name(const char *s, enum coach_mode *m)
{
	for (int i = 0; i < COACH_MODE_COUNT; i++)
		if (strcmp(modes[i], s) == 0) {
			*m = (enum coach_mode)i;
			return true;
		}
	return false;
}

static const struct scenario *
scenario(const struct coach *c)
{
	return c->p->w->s;
}

static bool say(struct coach *c, unsigned level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool
say(struct coach *c, unsigned level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const char *raw = arena_vprintf(c->p->a, fmt, ap);
	va_end(ap);
	c->text = text_clean_dup(c->p->a, scenario_text(scenario(c), c->p->a, raw));
	c->level = level;
	if (level)
		play_entry_add(c->p, ENTRY_COACH, "coach", "", c->text, "");
	return true;
}

struct coach *
coach_new(struct play *p, const struct references *refs, enum coach_mode mode)
{
	struct coach *c = calloc(1, sizeof *c);

	if (!c)
		abort();
	c->p = p;
	c->refs = refs;
	c->mode = mode;
	c->hidden = mode != COACH_REPLAY;
	c->text = "";
	if (mode == COACH_GUIDED)
		say(c, 0, "Guided: do what is said here. First: %s", scenario(c)->golden_count
			? scenario(c)->golden[0].act : "look chain");
	else if (mode == COACH_REPLAY)
		say(c, 0, "Replay: 'next' takes the team's next step");
	else
		say(c, 0, "%s. Look around, then name the cause.", scenario(c)->title);
	return c;
}

void
coach_free(struct coach *c)
{
	free(c);
}

/* ---- hints ---- */

static bool
give(struct coach *c, unsigned i)
{
	if (i < 64)
		c->told |= UINT64_C(1) << i;
	return say(c, scenario(c)->hints[i].level, "%s", scenario(c)->hints[i].text);
}

static bool
was_told(const struct coach *c, unsigned i)
{
	return i >= 64 || c->told >> i & 1;
}

static bool
helps(const struct coach *c)
{
	return c->mode == COACH_COACH || c->mode == COACH_GUIDED;
}

/* On demand: each time one level more, for points. */
static void
ask_hint(struct coach *c)
{
	static const unsigned cost[] = { 0, 5, 5, 10, 15 };
	const struct scenario *s = scenario(c);
	unsigned best = s->hints_count;

	if (!helps(c)) {
		say(c, 0, "no hints in this mode");
		return;
	}
	for (unsigned i = 0; i < s->hints_count; i++)
		if (s->hints[i].level > c->asked_level && strncmp(s->hints[i].when, "before", 6) != 0 &&
			(best == s->hints_count || s->hints[i].level < s->hints[best].level))
			best = i;
	if (best == s->hints_count) {
		say(c, 0, "that was the last hint");
		return;
	}
	c->asked_level = s->hints[best].level;
	c->p->hints++;
	c->p->hint_cost += cost[c->asked_level];
	give(c, best);
}

bool
coach_idle(struct coach *c, int64_t seconds)
{
	const struct scenario *s = scenario(c);

	c->idle += seconds;
	for (unsigned i = 0; helps(c) && !c->over && i < s->hints_count; i++) {
		int64_t after;
		if (was_told(c, i) || strncmp(s->hints[i].when, "stall ", 6) != 0 ||
			!clock_parse_span(s->hints[i].when + 6, &after) || c->idle < after)
			continue;
		return give(c, i);
	}
	return false;
}

/* A pane looked at again and again, although the answer is not there. */
static void
note_pane(struct coach *c, const char *pane)
{
	const struct scenario *s = scenario(c);
	unsigned looks = 0;

	for (size_t i = 0; i < sizeof c->panes / sizeof *c->panes; i++)
		if (!c->panes[i].pane[0] || strcmp(c->panes[i].pane, pane) == 0) {
			text_clean(c->panes[i].pane, sizeof c->panes[i].pane, pane);
			looks = ++c->panes[i].looks;
			break;
		}
	for (unsigned i = 0; helps(c) && i < s->hints_count; i++) {
		const char *when = s->hints[i].when;
		size_t n = strlen(pane);
		if (!was_told(c, i) && strncmp(when, "pane ", 5) == 0 && strncmp(when + 5, pane, n) == 0 &&
			when[5 + n] == ' ' && looks >= (unsigned)atoi(when + 6 + n))
			give(c, i);
	}
}

/* ---- steps ---- */

/* Does STEP do what FORM ("new-ksk", "resign-without ksk-old") says? */
static bool
is_step(const struct coach *c, const char *form, const char *step)
{
	size_t n = strcspn(form, " "), m = strcspn(step, " ");

	if (n != m || strncmp(form, step, n) != 0)
		return false;
	const char *want = form + n + strspn(form + n, " "), *got = step + m + strspn(step + m, " ");
	return !*want || strcmp(want, got) == 0 ||
		(world_key(c->p->w, want) >= 0 && world_key(c->p->w, want) == world_key(c->p->w, got));
}

/* Asks before a step that is about to be wrong, once. */
static bool
asks(struct coach *c, const char *step)
{
	const struct scenario *s = scenario(c);

	if (!helps(c) || (c->held && strcmp(c->held, step) == 0))
		return false;
	for (unsigned i = 0; i < s->hints_count; i++)
		if (strncmp(s->hints[i].when, "before ", 7) == 0 && is_step(c, s->hints[i].when + 7, step) &&
			!was_told(c, i)) {
			c->held = arena_strdup(c->p->a, step);
			give(c, i);
			c->text = arena_printf(c->p->a, "%s (the same again goes on)", c->text);
			return true;
		}
	return false;
}

static void
comment(struct coach *c, const char *step, const struct hands_result *r)
{
	const struct scenario *s = scenario(c);
	const struct sc_wrong *w = play_wrong(c->p->w, step);

	if (!r->done) {
		say(c, 0, "%s", r->text);
		return;
	}
	for (unsigned i = 0; i < s->praise_count && c->mode != COACH_EXAM; i++)
		if (is_step(c, s->praise[i].action, step)) {
			say(c, 0, "%s", s->praise[i].text);
			return;
		}
	if (w && c->mode != COACH_EXAM)
		say(c, 0, "%s", w->lesson);
	else
		say(c, 0, "%s", r->text);
}

static void
named(struct coach *c)
{
	const struct play_entry *e = &c->p->entries.v[c->p->entries.n - 1];

	if (e->kind != ENTRY_CAUSE)
		return;
	c->hidden = c->hidden && c->mode == COACH_EXAM;
	if (e->right)
		say(c, 0, "Right: %s. Now the cheapest step that mends it.", e->text);
	else
		say(c, 0, "Not that. What speaks against it is in the panes; another cause costs 5 points.");
}

static bool
take(struct coach *c, const char *step, struct err *e)
{
	const struct hand *h = hands_verb(step);
	struct hands_result r;

	if (h->kind == HAND_ACT && asks(c, step))
		return true;
	c->held = NULL;
	if (!play_do(c->p, step, &r, e))
		return false;
	if (h->kind == HAND_ACT)
		comment(c, step, &r);
	else if (h->kind == HAND_COMMIT)
		named(c);
	else {
		say(c, 0, "%s", h->kind == HAND_SAY ? "written down" : "");
		if (strcmp(h->name, "look") == 0)
			note_pane(c, step + 4 + strspn(step + 4, " "));
	}
	return true;
}

/* Guided: what comes next, once the step that was asked for was taken. */
static void
guide(struct coach *c, const char *step)
{
	const struct scenario *s = scenario(c);

	if (c->mode != COACH_GUIDED || c->next >= s->golden_count)
		return;
	if (is_step(c, s->golden[c->next].act, step) ||
		(hands_verb(step)->kind == HAND_SAY && hands_verb(s->golden[c->next].act)->kind == HAND_SAY))
		c->next++;
	const char *now = c->text;
	if (c->next < s->golden_count)
		say(c, 0, "%s%sNext: %s", now, *now ? "  " : "", s->golden[c->next].act);
	else
		say(c, 0, "%s%sThat was all: 'finish' shows the debrief.", now, *now ? "  " : "");
}

static bool
replay_next(struct coach *c, struct err *e)
{
	const struct scenario *s = scenario(c);

	if (c->next >= s->real_team_count)
		return say(c, 0, "the team's last step was taken: 'finish' shows the debrief");
	const struct sc_step *step = &s->real_team[c->next++];
	play_advance(c->p, step->t);
	struct hands_result r;
	if (!play_do(c->p, step->act, &r, e))
		return false;
	return say(c, 0, "%s%s%s", step->act, *r.text ? ": " : "", r.text);
}

void
coach_look(struct coach *c)
{
	bool acted = false, named_it = false;

	for (size_t i = 0; i < c->p->entries.n; i++) {
		acted |= c->p->entries.v[i].kind == ENTRY_DO;
		named_it |= c->p->entries.v[i].right;
	}
	if (!c->over && acted && named_it && play_safe(c->p) && c->mode != COACH_GUIDED &&
		!strstr(c->text, "finish"))
		say(c, 0, "%s%sNobody fails and the source is served: 'finish' when you have told people.",
			c->text, *c->text ? "  " : "");
}

bool
coach_line(struct coach *c, const char *line, struct err *e)
{
	char step[400];

	c->idle = 0;
	text_clean(step, sizeof step, line);
	if (strcmp(step, "hint") == 0) {
		ask_hint(c);
		return true;
	}
	if (strcmp(step, "next") == 0) {
		if (c->mode == COACH_REPLAY)
			return replay_next(c, e);
		if (c->mode == COACH_GUIDED && c->next < scenario(c)->golden_count)
			return say(c, 0, "Next: %s", scenario(c)->golden[c->next].act);
		return say(c, 0, "'hint' helps, and costs points");
	}
	if (strcmp(step, "back") == 0)
		return play_branch_back(c->p, e) &&
			say(c, 0, "back to before the last change; that costs 10 points");
	if (strcmp(step, "finish") == 0) {
		c->over = true;
		c->hidden = false;
		play_advance(c->p, scenario(c)->t_horizon); /* what was left behind counts too */
		return say(c, 0, "Over. Leave with q: the debrief follows.");
	}
	if (!hands_verb(step))
		return err_set(e, ERR_ARG, step, "training", "a step, hint, back, next or finish", "neither");
	if (!take(c, step, e))
		return false;
	guide(c, step);
	coach_look(c);
	return true;
}

/* ---- the end ---- */

void
coach_score(const struct coach *c, struct score *out)
{
	references_score(c->refs, c->p, out);
}

#define CHART 60

/* Highest share of broken validators in each of CHART parts of the time. */
static void
chart(const struct coach *c, const char *label, const struct play *p, bool ascii, struct text *out)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char plain[] = " .:-=+*#@";
	int64_t from = scenario(c)->t_train, to = scenario(c)->t_horizon;
	double high[CHART] = { 0 };

	for (size_t i = 0; i < p->curve.n; i++) {
		int64_t k = (p->curve.v[i].t - from) * CHART / (to - from + 1);
		if (k >= 0 && k < CHART && p->curve.v[i].broken > high[k])
			high[k] = p->curve.v[i].broken;
	}
	text_add(out, "%-11s|", label);
	for (int i = 0; i < CHART; i++) {
		int level = p->total ? (int)(high[i] / p->total * 8 + 0.5) : 0;
		level = level == 0 && high[i] > 0.5 ? 1 : level;
		if (ascii)
			text_add(out, "%c", plain[level]);
		else
			text_add(out, "%s", blocks[level]);
	}
	text_add(out, "|\n");
}

static void
lines(struct text *out, const char *title, char *const *v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		text_add(out, "%-11s", i ? "" : title);
		text_add_clean(out, v[i]);
		text_add(out, "\n");
	}
}

static void
line(struct text *out, const char *title, const char *s)
{
	char *one[] = { (char *)s };

	lines(out, title, one, s != NULL);
}

static void
points(struct text *out, const char *who, const struct score *s, unsigned total)
{
	text_add(out, "%-11s%3u   diagnosis %2u  harm %2u  method %2u  communication %2u   "
		"%.0f validator minutes broken, of %u validators\n", who, s->total, s->diagnosis, s->harm,
		s->method, s->communication, s->broken_validator_minutes, total);
}

void
coach_debrief(const struct coach *c, bool ascii, struct text *out)
{
	const struct scenario *s = scenario(c);
	struct score you;

	coach_score(c, &you);
	text_add(out, "Debrief: ");
	text_add_clean(out, s->title);
	text_add(out, " (");
	text_add_clean(out, s->name);
	text_add(out, ")\n\n");
	points(out, "you", &you, c->p->total);
	points(out, "golden", &c->refs->score[RUN_GOLDEN], c->p->total);
	points(out, "real team", &c->refs->score[RUN_TEAM], c->p->total);
	points(out, "nothing", &c->refs->score[RUN_NOTHING], c->p->total);
	text_add(out, "\nValidators that fail, over time\n");
	chart(c, "you", c->p, ascii, out);
	chart(c, "best", c->refs->play[RUN_GOLDEN], ascii, out);
	chart(c, "real team", c->refs->play[RUN_TEAM], ascii, out);
	chart(c, "nothing", c->refs->play[RUN_NOTHING], ascii, out);
	text_add(out, "\n");
	if (you.hints || you.wrong_guesses || you.wrong_actions || you.branches)
		text_add(out, "Hints %u (-%u), wrong guesses %u, wrong actions %u, branched back %u\n",
			you.hints, c->p->hint_cost, you.wrong_guesses, you.wrong_actions, you.branches);
	for (size_t i = 0; i < c->p->entries.n; i++) {
		const struct play_entry *e = &c->p->entries.v[i];
		const struct sc_wrong *w = e->kind == ENTRY_DO || e->kind == ENTRY_REFUSED
			? play_wrong(c->p->w, e->text) : NULL;
		if (w)
			text_add(out, "Lesson     %s: %s\n", e->text, w->lesson);
	}
	line(out, "Story", s->debrief.story);
	line(out, "The team", s->debrief.team);
	line(out, "Reconstr.", s->debrief.reconstruction);
	lines(out, "Learn", s->debrief.learn, s->debrief.learn_count);
	lines(out, "Sources", s->debrief.sources, s->debrief.sources_count);
	lines(out, "Assumed", s->assumptions, s->assumptions_count);
}
