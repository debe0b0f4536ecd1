#include "lab/score.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "change/plan.h"

#define DIAGNOSIS 30
#define HARM 40
#define PART 5 /* each third of method and communication */
#define GUESS 5
#define BRANCH 10

static bool
is_act(const struct play_entry *e)
{
	return (e->kind == ENTRY_DO && strcmp(e->action, "wait") != 0) || e->kind == ENTRY_REFUSED;
}

static void
diagnosis(struct score *out, const struct play *p)
{
	const struct scenario *s = p->w->s;
	int64_t late, points = DIAGNOSIS;

	out->diagnosed = TIME_UNSET;
	for (size_t i = 0; i < p->entries.n && out->diagnosed == TIME_UNSET; i++) {
		const struct play_entry *e = &p->entries.v[i];
		if (e->kind == ENTRY_CAUSE && e->right)
			out->diagnosed = e->t;
		else if (e->kind == ENTRY_CAUSE)
			out->wrong_guesses++;
	}
	if (out->diagnosed == TIME_UNSET)
		return;
	late = (out->diagnosed - s->t_train) / USEC / 60 - (int64_t)s->par;
	points -= (late < 0 ? 0 : late > 15 ? 15 : late) + GUESS * (int64_t)out->wrong_guesses;
	out->diagnosis = points > 0 ? (unsigned)points : 0;
}

static void
harm(struct score *out, const struct play *p, double best, double nothing)
{
	double span = nothing - best, over = p->broken_minutes - best, cost = 0;

	if (span < 1) /* nothing fails by itself: an hour of everybody is all that can be lost */
		span = p->total * 60.0;
	over = over < 0 ? 0 : over / span;
	for (size_t i = 0; i < p->entries.n; i++) {
		const struct sc_wrong *w = is_act(&p->entries.v[i])
			? play_wrong(p->w, p->entries.v[i].text) : NULL;
		cost += w ? w->cost : 0;
		out->wrong_actions += w != NULL;
	}
	double points = HARM * (1 - (over > 1 ? 1 : over)) - cost;
	out->harm = points > 0 ? (unsigned)(points + 0.5) : 0;
}

/* Evidence before the first change; a prediction before each; a look after each. */
static void
method(struct score *out, const struct play *p)
{
	unsigned looks = 0, acts = 0, predicted = 0, verified = 0, before = 0;
	bool read = false, open = false;

	for (size_t i = 0; i < p->entries.n; i++) {
		const struct play_entry *e = &p->entries.v[i];
		if (e->kind == ENTRY_LOOK) {
			looks++;
			read |= strcmp(e->action, "predict") == 0;
			verified += open && strcmp(e->action, "look") == 0;
			open &= strcmp(e->action, "look") != 0;
		} else if (is_act(e)) {
			before = acts ? before : looks;
			acts++;
			predicted += read;
			read = false;
			open = true;
		}
	}
	if (!acts) {
		out->method = looks >= 2 ? 3 * PART : looks * PART;
		return;
	}
	out->method = (before >= 2 ? PART : 0) + PART * predicted / acts + PART * verified / acts;
}

/* The end that was said last, against the end that there was. */
static void
said_until(struct score *out, const struct play *p)
{
	int64_t said = TIME_UNSET, at = 0;
	bool none = false;

	for (size_t i = 0; i < p->entries.n; i++)
		if (strcmp(p->entries.v[i].action, "until") == 0) {
			none = strcmp(p->entries.v[i].text, "nobody") == 0;
			at = p->entries.v[i].t;
			if (!none && !clock_parse(p->entries.v[i].text, &said))
				said = TIME_UNSET;
		}
	out->until = "not said";
	if (!none && said == TIME_UNSET)
		return;
	if (none || p->harm_ended == TIME_UNSET) {
		out->until = none && p->harm_ended == TIME_UNSET ? "right" : "wrong";
		return;
	}
	int64_t off = llabs(said - p->harm_ended), allow = llabs(said - at) * 15 / 100;
	allow = allow > 600 * USEC ? allow : 600 * USEC;
	out->until = off <= allow ? "right" : "wrong";
}

static void
communication(struct score *out, const struct play *p)
{
	bool note = false, tell = false;

	for (size_t i = 0; i < p->entries.n; i++) {
		note |= strcmp(p->entries.v[i].action, "note") == 0;
		tell |= strcmp(p->entries.v[i].action, "tell") == 0;
	}
	said_until(out, p);
	out->communication = PART * (note + tell + (strcmp(out->until, "right") == 0));
}

void
score_of(struct score *out, const struct play *p, double best, double nothing)
{
	int64_t total;

	memset(out, 0, sizeof *out);
	diagnosis(out, p);
	harm(out, p, best, nothing);
	method(out, p);
	communication(out, p);
	out->hints = p->hints;
	out->branches = p->branches;
	out->broken_validator_minutes = p->broken_minutes;
	out->minutes_broken = p->minutes_broken;
	out->safe_end = play_safe(p);
	total = (int64_t)out->diagnosis + out->harm + out->method + out->communication - p->hint_cost -
		BRANCH * (int64_t)p->branches;
	out->total = total > 0 ? (unsigned)total : 0;
}

static double
tenth(double x)
{
	return (double)(int64_t)(x * 10 + 0.5) / 10;
}

static json_t *
stamp(int64_t usec)
{
	char t[40];

	return usec == TIME_UNSET ? json_null() : json_string(clock_rfc3339_s(t, sizeof t, usec / USEC));
}

/* At most 240 points of the curve, the highest of each part. */
static json_t *
curve_json(const struct play *p)
{
	json_t *out = json_array();
	size_t part = p->curve.n / 240 + 1;

	for (size_t i = 0; i < p->curve.n; i += part) {
		size_t high = i;
		for (size_t k = i; k < i + part && k < p->curve.n; k++)
			high = p->curve.v[k].broken > p->curve.v[high].broken ? k : high;
		json_array_append_new(out, json_pack("[o,f]", stamp(p->curve.v[high].t),
			tenth(p->curve.v[high].broken)));
	}
	return out;
}

const char *
reference_name(enum reference r)
{
	static const char *const names[] = { "golden", "real-team", "do-nothing" };

	return names[r];
}

bool
references_make(struct references *r, struct world *w, unsigned validators, struct err *e)
{
	bool ok = true;

	memset(r, 0, sizeof *r);
	for (int i = 0; ok && i < RUN_COUNT; i++) {
		r->play[i] = play_new(w, validators);
		ok = play_named(r->play[i], reference_name((enum reference)i), e);
		r->score[i].safe_end = play_safe(r->play[i]); /* the world is at this play's end only now */
	}
	for (int i = 0; ok && i < RUN_COUNT; i++) {
		bool safe = r->score[i].safe_end;
		references_score(r, r->play[i], &r->score[i]);
		r->score[i].safe_end = safe;
	}
	if (!ok)
		references_free(r);
	world_train(w);
	return ok;
}

void
references_free(struct references *r)
{
	for (int i = 0; i < RUN_COUNT; i++) {
		play_free(r->play[i]);
		r->play[i] = NULL;
	}
}

void
references_score(const struct references *r, const struct play *p, struct score *out)
{
	score_of(out, p, r->play[RUN_GOLDEN]->broken_minutes, r->play[RUN_NOTHING]->broken_minutes);
}

/* Each row has the hash of the one before, and its own over everything else in it. */
static void
chain(json_t *rows)
{
	char hash[PLAN_HASH] = "";
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		json_object_set_new(row, "row", json_integer((json_int_t)i + 1));
		json_object_set_new(row, "prev", json_string(hash));
		char *text = json_dumps(row, JSON_COMPACT | JSON_SORT_KEYS);
		if (text)
			plan_sha256(hash, text, strlen(text));
		free(text);
		json_object_set_new(row, "hash", json_string(hash));
	}
}

/* What the figures of a report come from, as the last row. */
static json_t *
score_row(const struct score *sc, const struct play *p)
{
	char text[300];

	snprintf(text, sizeof text, "%.0f validator minutes broken, %lld minutes in which at least 1 in 100 of "
		"%u validators failed; %u of 100 points", sc->broken_validator_minutes,
		(long long)sc->minutes_broken, p->total, sc->total);
	return json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:b}", "time", stamp(p->now), "who", "simulation",
		"kind", "score", "action", "", "text", text, "result", "", "predicted", "", "broken",
		tenth(p->broken), "right", 0);
}

static json_t *
picture_json(const struct play *p, const struct play_picture *x)
{
	json_t *keys = json_array();

	for (unsigned i = 0; i < p->w->n_keys; i++) {
		keyset one = 1u << i;
		if ((x->ds | x->publish | x->sign_keys | x->sign_data) & one)
			json_array_append_new(keys, json_pack("{s:i,s:s,s:b,s:b,s:b,s:b}", "tag",
				(int)p->w->keys[i].priv->tag, "role",
				p->w->keys[i].sc.role == SC_KSK ? "KSK" : "ZSK", "ds", (x->ds & one) != 0,
				"served", (x->publish & one) != 0, "signs_keys", (x->sign_keys & one) != 0,
				"signs_data", (x->sign_data & one) != 0));
	}
	return json_pack("{s:o,s:s,s:s,s:o}", "time", stamp(x->t), "zone", p->w->s->zone, "parent",
		p->w->s->parent, "keys", keys);
}

static json_t *
notes_json(const struct scenario *s)
{
	json_t *out = json_array();

	for (unsigned i = 0; i < s->assumptions_count; i++)
		json_array_append_new(out, json_string(s->assumptions[i]));
	if (s->debrief.reconstruction)
		json_array_append_new(out, json_pack("s+", "Reconstruction: ", s->debrief.reconstruction));
	if (s->documented.note)
		json_array_append_new(out, json_sprintf("Documented: %u to %u minutes, %s", s->documented.from,
			s->documented.to, s->documented.note));
	return out;
}

static json_t *
entries_json(const struct score *sc, const struct play *p)
{
	json_t *out = json_array();

	for (size_t i = 0; i < p->entries.n; i++) {
		const struct play_entry *e = &p->entries.v[i];
		json_array_append_new(out, json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:f,s:b}", "time",
			stamp(e->t), "who", e->who, "kind", entry_kind_name(e->kind), "action", e->action,
			"text", e->text, "result", e->result, "predicted", e->predicted, "broken",
			tenth(e->broken), "right", (int)e->right));
	}
	json_array_append_new(out, score_row(sc, p));
	chain(out);
	return out;
}

static void
put_points(json_t *j, const struct score *sc, const struct play *p)
{
	json_object_set_new(j, "total", json_integer(sc->total));
	json_object_set_new(j, "diagnosis", json_integer(sc->diagnosis));
	json_object_set_new(j, "harm", json_integer(sc->harm));
	json_object_set_new(j, "method", json_integer(sc->method));
	json_object_set_new(j, "communication", json_integer(sc->communication));
	json_object_set_new(j, "broken_validator_minutes",
		json_integer((json_int_t)(sc->broken_validator_minutes + 0.5)));
	json_object_set_new(j, "minutes_broken", json_integer(sc->minutes_broken));
	json_object_set_new(j, "secure_end", json_boolean(sc->safe_end));
	json_object_set_new(j, "curve", curve_json(p));
}

json_t *
score_json(const struct score *sc, const struct play *p, const char *run, const struct references *r)
{
	const struct scenario *s = p->w->s;
	json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:I,s:o,s:o,s:o,s:i,s:i,s:i,s:i,s:i,s:s,s:o}", "schema",
		"unbogus.score/1", "scenario", s->name, "zone", s->zone, "run", run, "seed",
		(json_int_t)s->seed, "from", stamp(s->t_train), "to", stamp(p->now), "diagnosed",
		stamp(sc->diagnosed), "validators", (int)p->total, "wrong_guesses", (int)sc->wrong_guesses,
		"wrong_actions", (int)sc->wrong_actions, "hints", (int)sc->hints, "branches",
		(int)sc->branches, "until", sc->until, "entries", entries_json(sc, p));

	json_object_set_new(j, "before", picture_json(p, &p->before));
	json_object_set_new(j, "after", picture_json(p, &p->after));
	json_object_set_new(j, "notes", notes_json(s));

	put_points(j, sc, p);
	json_t *others = r ? json_object() : NULL;
	for (int i = 0; r && i < RUN_COUNT; i++) {
		json_t *one = json_object();
		put_points(one, &r->score[i], r->play[i]);
		json_object_set_new(others, reference_name((enum reference)i), one);
	}
	if (others)
		json_object_set_new(j, "compared", others);
	return j;
}
