/* Steps: what is safe to do next and what is tempting and wrong, in full. */
#include <stdio.h>

#include "ui/tui/view.h"
#include "ui/tui/training.h"

static const struct column columns[] = { { "STEP", 20, 0, 0, false } };

static void
header(const struct view *v, struct pane_header *h)
{
	h->mark = v->d ? ST_INFO : ST_UNKNOWN;
	if (!v->d)
		snprintf(h->text, sizeof h->text, "nothing heard yet");
	else
		snprintf(h->text, sizeof h->text, "%zu safe, %zu to keep away from", v->d->n_safe,
			v->d->n_wrong);
}

static void
add_step(struct page *p, const struct step *s, const char *word, enum style mark, int width, int n)
{
	const char *piece[12];
	char lead[32];

	snprintf(lead, sizeof lead, "%s", word);
	const char *text = arena_printf(p->a, "%-6s %s", lead, s->text);
	size_t k = page_wrap(p->a, text, width - 3, 7, piece, 12);
	for (size_t i = 0; i < k; i++) {
		struct row *r = page_row(p, i ? NULL : arena_printf(p->a, "step:%s/%d", word, n),
			i ? ST_NORMAL : mark);
		row_set(r, 0, piece[i], ST_NORMAL, TIME_UNSET);
		r->words = arena_printf(p->a, "action:%s", s->action ? s->action : "");
	}
	if (!s->risk || !s->risk[0])
		return;
	k = page_wrap(p->a, arena_printf(p->a, "       %s", s->risk), width - 3, 7, piece, 12);
	for (size_t i = 0; i < k; i++)
		row_set(page_row(p, NULL, ST_NORMAL), 0, piece[i], ST_INFO, TIME_UNSET);
}

static void
build(const struct view *v, struct page *p, int width)
{
	if (!v->d)
		return;
	if (training_hides(v)) {
		row_set(page_row(p, NULL, ST_NORMAL), 0, "hidden until you name the cause: [g]", ST_INFO,
			TIME_UNSET);
		return;
	}
	for (size_t i = 0; i < v->d->n_safe; i++)
		add_step(p, &v->d->safe[i], "safe", ST_OK, width, (int)i);
	for (size_t i = 0; i < v->d->n_wrong; i++)
		add_step(p, &v->d->wrong[i], "don't", ST_CRIT, width, (int)i);
	if (!v->d->n_safe && !v->d->n_wrong)
		row_set(page_row(p, NULL, ST_NORMAL), 0, "nothing to do", ST_INFO, TIME_UNSET);
}

static const char *const help[] = {
	"Safe steps come from what every kind of cache would see after",
	"them. Wrong steps are named because people under stress take",
	"them. This console changes nothing.",
	NULL
};

const struct pane_ops pane_steps = { .title = "Steps", .header = header, .columns = columns,
	.n_columns = 1, .free_form = true, .build = build, .help = help };
