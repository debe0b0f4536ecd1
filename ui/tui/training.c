#include "ui/tui/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/predict.h"
#include "lab/hands.h"

#define STRIP_ROWS 5

/* What a trainee chooses from. Ids of the catalogue; "none" closes a false alarm. */
static const char *const causes[] = { "none", "zsk-expired-signing-stopped",
	"ksk-inactive-signing-stopped", "rrsig-expired", "rrsig-expired-partial",
	"rrsig-expired-one-server", "rrsig-not-yet-valid", "rrsig-invalid", "rrsig-unknown-key",
	"ds-on-unsigned-zone", "ds-no-matching-dnskey", "ds-digest-mismatch", "dnskey-ksk-missing",
	"dnskey-not-signed-by-sep", "algorithm-incomplete", "cache-holds-old-dnskey",
	"cache-holds-old-ds", "serial-mismatch", "serial-went-backwards", "nsec-bitmap-wrong",
	"wildcard-denial-wrong", "signer-clock-wrong", "resolver-clock-wrong", "trust-anchor-stale" };
#define N_CAUSES (sizeof causes / sizeof *causes)

const struct fact_coach *
training_of(const struct view *v)
{
	return v->d && v->d->snapshot && v->d->snapshot->coach ? &v->d->snapshot->coach->u.coach : NULL;
}

bool
training_hides(const struct view *v)
{
	const struct fact_coach *c = training_of(v);

	return c && c->hidden;
}

int
training_rows(const struct view *v)
{
	return training_of(v) && v->h >= 20 ? STRIP_ROWS : 0;
}

void
training_draw(const struct view *v, struct grid *g)
{
	static const char *const levels[] = { "", "attention", "question", "pointer", "answer" };
	const struct fact_coach *c = training_of(v);
	struct arena *a = arena_new();
	const char *piece[2];
	int y = v->h - 1 - STRIP_ROWS;

	grid_fill(g, (struct rect){ 0, y, v->w, STRIP_ROWS }, ST_NORMAL);
	grid_hline(g, 0, y, v->w);
	if (c->level && c->level < 5)
		grid_printf(g, 2, y, v->w - 4, ST_TRAINING, " Coach (level %u of 4: %s) ", c->level,
			levels[c->level]);
	else
		grid_printf(g, 2, y, v->w - 4, ST_TRAINING, " Coach (%s) ", c->mode ? c->mode : "");
	size_t n = page_wrap(a, c->text ? c->text : "", v->w - 3, 0, piece, 2);
	for (size_t i = 0; i < n; i++)
		grid_text(g, 1, y + 1 + (int)i, v->w - 2, c->level ? ST_LABEL : ST_NORMAL, piece[i]);
	grid_printf(g, 1, y + 3, v->w - 2, ST_INFO, "hints %u  wrong %u  validators that fail %u  "
		"so far %u validator minutes  score %u", c->hints, c->wrong, c->broken, c->broken_minutes,
		c->score);
	grid_printf(g, 1, y + 4, v->w - 2, ST_KEY, "%s", c->over ? "over: [q] debrief" :
		"[g] name the cause  [h] hint  [Space] pause  [J] jump  [b] branch back  [:] act");
	arena_free(a);
}

static unsigned
send(struct view *v, const char *line)
{
	text_reset(&v->out);
	text_add_clean(&v->out, line);
	return EFFECT_TRAIN | EFFECT_DRAW;
}

bool
training_key(struct view *v, uint32_t key, unsigned *effect)
{
	const struct fact_coach *c = training_of(v);

	if (!c || c->over)
		return false;
	switch (key) {
	case 'g':
		v->dialog = DIALOG_CAUSES;
		v->dialog_row = v->dialog_top = 0;
		*effect = EFFECT_DRAW;
		return true;
	case 'h': *effect = send(v, "hint"); return true;
	case 'b': *effect = send(v, "back"); return true;
	case 'J': *effect = send(v, "jump"); return true;
	case ' ': *effect = send(v, c->paused ? "resume" : "pause"); return true;
	default: return false;
	}
}

/* What validators would see, in the bottom row; the producer is told that it was read. */
static void
predict_here(struct view *v, const char *what)
{
	char name[40], tag[40] = "";
	struct arena *a = arena_new();

	if (sscanf(what, "%39s %39s", name, tag) >= 1) {
		const struct action *action = action_find(name);
		const struct option *o = action
			? rank_option(a, v->d, action, tag[0] ? atoi(tag) : -1, NULL, v->now / USEC, 0) : NULL;
		if (!action)
			view_notice(v, "no action %s", name);
		else if (o && o->why_not)
			view_notice(v, "%s: %s", name, o->why_not);
		else if (o)
			view_notice(v, "%s: %s", o->title, predict(a, v->d, o)->verdict);
	}
	arena_free(a);
}

bool
training_command(struct view *v, const char *line, unsigned *effect)
{
	static const char *const own[] = { "hint", "back", "next", "finish", "pause", "resume", "speed", "step",
		"jump", "to" };
	char word[40];
	bool ours = false;

	if (!training_of(v))
		return false;
	snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		ours |= strcmp(own[i], word) == 0;
	if (!ours && !hands_find(word))
		return false;
	if (strcmp(word, "predict") == 0)
		predict_here(v, line + 7);
	*effect = send(v, line);
	return true;
}

unsigned
training_looked(struct view *v, enum pane_id before, enum dialog dialog, unsigned effect)
{
	char line[80];

	if (!training_of(v) || effect & (EFFECT_TRAIN | EFFECT_QUIT | EFFECT_COPY | EFFECT_PRINT | EFFECT_NOTE))
		return effect;
	if (v->focus != before)
		snprintf(line, sizeof line, "look %s", pane_table[v->focus]->title);
	else if (v->dialog != dialog && (v->dialog == DIALOG_EVIDENCE || v->dialog == DIALOG_OPEN))
		snprintf(line, sizeof line, "look evidence");
	else
		return effect;
	for (char *p = line; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	return effect | send(v, line);
}

/* ---- the list of causes ---- */

void
training_causes_draw(const struct view *v, struct grid *g)
{
	int h = v->h - 4 < (int)N_CAUSES + 2 ? v->h - 4 : (int)N_CAUSES + 2, w = v->w - 8 < 60 ? v->w - 8 : 60;
	struct rect r = { 4, 2, w, h };
	int rows = h - 2, top = (int)v->dialog_row >= rows ? (int)v->dialog_row - rows + 1 : 0;

	if (rows < 1 || w < 20)
		return;
	grid_fill(g, r, ST_NORMAL);
	grid_box(g, r);
	grid_text(g, r.x + 1, r.y, w - 2, ST_LABEL, "What is the cause? (a wrong one costs 5 points)");
	for (int i = 0; i < rows && top + i < (int)N_CAUSES; i++) {
		grid_text(g, r.x + 2, r.y + 1 + i, w - 3, ST_NORMAL, causes[top + i]);
		if (top + i == (int)v->dialog_row) {
			grid_select(g, (struct rect){ r.x + 1, r.y + 1 + i, w - 2, 1 });
			g->cx = r.x + 2;
			g->cy = r.y + 1 + i;
		}
	}
}

unsigned
training_causes_key(struct view *v, uint32_t key)
{
	char line[80];

	switch (request_of_key(key)) {
	case REQ_DOWN: v->dialog_row += v->dialog_row + 1 < N_CAUSES; break;
	case REQ_UP: v->dialog_row -= v->dialog_row > 0; break;
	case REQ_FIRST: v->dialog_row = 0; break;
	case REQ_LAST: v->dialog_row = N_CAUSES - 1; break;
	case REQ_OPEN:
		v->dialog = DIALOG_NONE;
		snprintf(line, sizeof line, "cause %s", causes[v->dialog_row]);
		return send(v, line);
	case REQ_CLOSE:
	case REQ_QUIT: v->dialog = DIALOG_NONE; break;
	default: view_notice(v, "Enter names it, Esc goes back");
	}
	return EFFECT_DRAW;
}
