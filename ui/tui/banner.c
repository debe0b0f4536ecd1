#include "ui/tui/banner.h"
#include "ui/tui/training.h"

#include <stdio.h>
#include <string.h>

/* One labelled item, before it is wrapped. */
struct item {
	const char *label;
	const char *text;
	enum style style;
	size_t most;	/* lines it may take at best */
	size_t lines;	/* what it needs at this width */
	size_t granted;
};

static const char *
join_ruled_out(struct arena *a, const struct diagnosis *d)
{
	struct text t = { 0 };

	for (size_t i = 0; i < d->n_ruled_out; i++)
		text_add(&t, "%s%s", i ? " " : "", d->ruled_out[i].why);
	const char *s = arena_strdup(a, text_str(&t));
	text_free(&t);
	return s;
}

static const char *
join_steps(struct arena *a, const struct step *s, size_t n, size_t most)
{
	struct text t = { 0 };

	for (size_t i = 0; i < n && i < most; i++) {
		if (n > 1 && most > 1)
			text_add(&t, "%s%zu. ", i ? "  " : "", i + 1);
		text_add(&t, "%s%s%s", s[i].text, s[i].risk && s[i].risk[0] ? ": " : "",
			s[i].risk ? s[i].risk : "");
	}
	const char *out = arena_strdup(a, text_str(&t));
	text_free(&t);
	return out;
}

static size_t
wrapped(struct arena *a, const char *text, int width)
{
	const char *piece[8];

	return page_wrap(a, text, width, 0, piece, 8);
}

/*
 * Gives each item one line in order, then further lines in the same order, until MAX are used:
 * what is most needed is never cut for the sake of what is less.
 */
static void
grant(struct item *it, size_t n, size_t max)
{
	size_t used = 0;

	for (size_t i = 0; i < n && used < max; i++)
		if (it[i].lines) {
			it[i].granted = 1;
			used++;
		}
	for (size_t more = 1; more && used < max;) {
		more = 0;
		for (size_t i = 0; i < n && used < max; i++)
			if (it[i].granted && it[i].granted < it[i].lines &&
				it[i].granted < it[i].most) {
				it[i].granted++;
				used++;
				more++;
			}
	}
}

static size_t
stale_items(const struct view *v, struct arena *a, struct item *it)
{
	char last[40];
	int64_t age;

	if (!view_stale(v, &age))
		return 0;
	it[0] = (struct item){ .label = "Last", .most = 1,
		.text = arena_printf(a, "%s: %s (heard %s); it may be different now",
			state_name(v->d->state), v->d->headline ? v->d->headline : "",
			view_when(v, last, sizeof last, v->heard / USEC)) };
	it[1] = (struct item){ .label = "Safe", .most = 1,
		.text = "change nothing on old answers; see whether the observers still run (R)" };
	return 2;
}

static size_t
verdict_items(const struct view *v, struct arena *a, size_t max, struct item *it)
{
	const struct diagnosis *d = v->d;
	size_t n = 0;

	if (training_hides(v)) {
		it[0] = (struct item){ .label = "Cause", .most = 2,
			.text = "?????  hidden until you name one: [g]" };
		it[1] = (struct item){ .label = "Safe", .most = 2,
			.text = "?????  name the cause, then read a prediction (:predict ACTION) before you act" };
		return 2;
	}
	if (d->cause_text && d->cause_text[0])
		it[n++] = (struct item){ .label = "Cause", .text = d->cause_text, .most = 3 };
	if (d->n_safe)
		it[n++] = (struct item){ .label = "Safe", .most = 3,
			.text = join_steps(a, d->safe, d->n_safe, max > 7 ? 3 : 1) };
	if (d->n_wrong)
		it[n++] = (struct item){ .label = "Don't", .most = 2,
			.text = join_steps(a, d->wrong, d->n_wrong, 1) };
	if (d->time_text && d->time_text[0])
		it[n++] = (struct item){ .label = "Time", .text = d->time_text, .most = 2 };
	if (d->n_ruled_out && max > 7)
		it[n++] = (struct item){ .label = "Not", .text = join_ruled_out(a, d), .most = 2 };
	return n;
}

static const char *
evidence_hint(struct arena *a, const struct diagnosis *d)
{
	if (!d->n_evidence)
		return NULL;
	if (d->n_evidence == 1)
		return arena_printf(a, "[e] %s", d->evidence[0].id);
	return arena_printf(a, "[e] %s-%s", d->evidence[0].id, d->evidence[d->n_evidence - 1].id);
}

static size_t
waiting(const struct view *v, struct arena *a, struct banner_line *out, size_t max)
{
	char zone[NAME_MAX_TEXT] = "the zone";

	if (v->have_zone)
		name_to_text(zone, &v->zone);
	out[0] = (struct banner_line){ ST_UNKNOWN, "UNKNOWN",
		arena_printf(a, "nothing heard of %s yet: waiting for the first answers", zone), NULL,
		ST_UNKNOWN };
	if (max > 1)
		out[1] = (struct banner_line){ ST_NORMAL, "", "no verdict is given before that", NULL,
			ST_NORMAL };
	return max > 1 ? 2 : 1;
}

size_t
banner_make(const struct view *v, struct arena *a, int width, size_t max, struct banner_line *out)
{
	struct item it[6];
	const char *piece[8];
	size_t n = 0, items;
	int64_t age;
	char span[40];

	if (!max)
		return 0;
	if (!v->d)
		return waiting(v, a, out, max);
	memset(it, 0, sizeof it);
	enum style st = style_of_state(v->d->state);
	if (view_stale(v, &age)) {
		out[n++] = (struct banner_line){ ST_STALE, "UNKNOWN",
			arena_printf(a, "STALE: nothing heard for %s",
				clock_span(span, sizeof span, age)), NULL, ST_UNKNOWN };
		items = stale_items(v, a, it);
	} else {
		const char *head = v->d->headline;
		if (training_hides(v) && head) /* the class, not the reason */
			head = arena_printf(a, "%.*s (hidden)", (int)strcspn(head, ":;"), head);
		out[n++] = (struct banner_line){ st, style_word(st), head,
			training_hides(v) ? NULL : evidence_hint(a, v->d), st };
		items = verdict_items(v, a, max, it);
	}
	int room = width - 8;
	for (size_t i = 0; i < items; i++)
		it[i].lines = wrapped(a, it[i].text, room);
	grant(it, items, max - n);
	for (size_t i = 0; i < items; i++) {
		size_t k = page_wrap(a, it[i].text, room, 0, piece, it[i].granted);
		for (size_t j = 0; j < k; j++)
			out[n++] = (struct banner_line){ ST_NORMAL, j ? "" : it[i].label, piece[j],
				NULL, ST_NORMAL };
	}
	return n;
}

void
banner_draw(const struct view *v, struct grid *g, struct rect r)
{
	struct banner_line line[16];
	struct arena *a = arena_new();
	size_t n = banner_make(v, a, r.w, (size_t)layout_banner_max(v->w, v->h), line);

	for (size_t i = 0; i < n && (int)i < r.h; i++) {
		int y = r.y + (int)i, x = r.x + 2, right = r.x + r.w;
		const struct banner_line *l = &line[i];
		if (l->mark != ST_NORMAL)
			grid_char(g, r.x, y, l->mark, style_mark(l->mark));
		if (l->right) {
			int w = (int)text_width(l->right);
			grid_text(g, right - w, y, w, ST_KEY, l->right);
			right -= w + 1;
		}
		grid_text(g, x, y, right - x, l->style == ST_NORMAL ? ST_LABEL : l->style, l->label);
		int used = (int)text_width(l->label);
		x += used < 6 ? 6 : used + 1;
		grid_text(g, x, y, right - x, l->mark != ST_NORMAL ? ST_LABEL : ST_NORMAL, l->text);
	}
	arena_free(a);
}

static const char *const short_titles[] = { "Keys", "Chain", "Ser", "Val", "Log" };

/* One pane's header alone, which is what 1-5 show here. */
static int
summary_pane(const struct view *v, struct grid *g, struct arena *a, int y)
{
	struct pane_header h = { .mark = ST_NORMAL };
	const char *piece[4];

	if (v->focus > PANE_TIMELINE)
		return y;
	pane_table[v->focus]->header(v, &h);
	const char *text = arena_printf(a, "%d %s: %s", (int)v->focus + 1,
		pane_table[v->focus]->title, h.text);
	size_t n = page_wrap(a, text, g->w - 2, 2, piece, g->h > 8 ? 3 : 1);
	for (size_t i = 0; i < n; i++, y++) {
		if (!i)
			grid_char(g, 0, y, h.mark, style_mark(h.mark));
		grid_text(g, 2, y, g->w - 2, ST_NORMAL, piece[i]);
	}
	return y;
}

static void
summary_marks(const struct view *v, struct grid *g, int y)
{
	int x = 0;

	for (int p = 0; p <= PANE_TIMELINE; p++) {
		struct pane_header h = { .mark = ST_NORMAL };
		pane_table[p]->header(v, &h);
		grid_char(g, x, y, h.mark, style_mark(h.mark));
		x += 1 + grid_printf(g, x + 1, y, g->w - x - 1, ST_NORMAL, "%d%s", p + 1,
			short_titles[p]) + 1;
	}
}

/* State, then what to do and when; what a window has no room for is left out from below. */
void
summary_draw(const struct view *v, struct grid *g)
{
	struct arena *a = arena_new();
	struct banner_line line[6];
	char zone[NAME_MAX_TEXT] = "", clock[40];
	banner_make(v, a, g->w > 20 ? g->w : 20, 6, line);
	enum style st = line[0].mark;
	int y = 0;

	if (v->have_zone)
		name_to_text(zone, &v->zone);
	view_time(v, clock, sizeof clock, v->now / USEC, "%H:%M:%S");
	grid_char(g, 0, 0, st, style_mark(st));
	int x = 2 + grid_text(g, 2, 0, g->w - 2, line[0].style, line[0].label) + 1;
	int room = g->w - x - (g->w > 30 ? 9 : 0);
	char name[NAME_MAX_TEXT + 8];
	text_cut_middle(name, sizeof name, zone, room > 0 ? (size_t)room : 0, false);
	grid_text(g, x, 0, room, ST_LABEL, name);
	if (g->w > 30)
		grid_text(g, g->w - 8, 0, 8, ST_NORMAL, clock);
	y = 1;
	const char *piece[4];
	size_t k = page_wrap(a, line[0].text ? line[0].text : "", g->w, 1, piece, g->h > 8 ? 2 : 1);
	for (size_t i = 0; i < k; i++)
		grid_text(g, 0, y++, g->w, ST_LABEL, piece[i]);
	if (v->d && g->h > 4) {
		const char *safe = v->d->n_safe ? v->d->safe[0].text : v->d->time_text;
		k = page_wrap(a, arena_printf(a, "%s%s", v->d->n_safe ? "safe: " : "",
			safe ? safe : ""), g->w, 1, piece, g->h > 8 ? 2 : 1);
		for (size_t i = 0; i < k; i++)
			grid_text(g, 0, y++, g->w, ST_NORMAL, piece[i]);
	}
	int below = g->h - 3;
	if (y < below)
		y = summary_pane(v, g, a, y);
	if (g->h > 3)
		summary_marks(v, g, g->h - 2);
	if (g->h > 2)
		grid_printf(g, 0, g->h - 1, g->w, ST_INFO, "%s",
			g->w >= 36 ? "q quit  ? help  1-5 pane  60x16: all" :
				     "q quit  1-5 pane");
	g->cx = 0;
	g->cy = 0;
	arena_free(a);
}
