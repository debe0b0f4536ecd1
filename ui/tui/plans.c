#include "ui/tui/plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change/consent.h"
#include "change/make.h"
#include "ui/tui/dialog.h"

struct plans {
	struct arena *a;
	struct diagnosis *d; /* owned: diagnosed anew from the snapshot of that moment */
	const struct ranking *r;
	size_t n; /* options that apply here */
	const struct plan *plan;
	bool from_menu;
	bool typing;
	struct consent consent;
	int64_t again_at; /* the safe time that w keeps; TIME_UNSET */
};

static struct plans *
plans_new(struct view *v)
{
	struct diagnose_options opt = v->diagnose;
	struct plans *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->a = arena_new();
	p->d = diagnose(v->d->snapshot, &opt);
	p->again_at = TIME_UNSET;
	return p;
}

void
plans_free(struct plans *p)
{
	if (!p)
		return;
	diagnosis_free(p->d);
	arena_free(p->a);
	free(p);
}

static bool
start(struct view *v)
{
	if (!v->d) {
		view_notice(v, "nothing was heard yet");
		return false;
	}
	plans_free(v->plans);
	v->plans = plans_new(v);
	v->dialog_top = v->dialog_row = 0;
	return v->plans != NULL;
}

bool
plans_open(struct view *v)
{
	if (!start(v))
		return false;
	struct plans *p = v->plans;
	p->r = rank_actions(p->a, p->d, 0);
	for (p->n = 0; p->n < p->r->n && !p->r->v[p->n].why_not; p->n++)
		continue;
	v->dialog = DIALOG_ACTIONS;
	return true;
}

static bool
show_plan(struct view *v, const struct action *act, int tag)
{
	struct plan_wish w = PLAN_WISH(act);
	struct plans *p = v->plans;
	struct err e = { 0 };

	w.tag = tag;
	p->plan = plan_make(p->a, p->d, v->config_zone, &w, &e);
	p->typing = false;
	if (!p->plan) {
		view_notice(v, "%s: %s", act->name, e.seen);
		return false;
	}
	v->dialog = DIALOG_PLAN;
	v->dialog_top = 0;
	return true;
}

void
plans_close(struct view *v)
{
	plans_free(v->plans);
	v->plans = NULL;
	v->dialog = DIALOG_NONE;
	v->dialog_top = 0;
}

bool
plans_open_safe(struct view *v)
{
	if (!start(v))
		return false;
	for (size_t i = 0; i < v->plans->d->n_safe; i++) {
		const struct step *s = &v->plans->d->safe[i];
		const struct action *act = action_find(s->action);
		if (act && act->change && show_plan(v, act, act->needs_tag ? s->keytag : -1))
			return true;
	}
	plans_close(v);
	view_notice(v, "no safe step to plan; a lists every action");
	return false;
}

bool
plans_open_named(struct view *v, const char *words)
{
	char name[40];
	int tag = -1, n = sscanf(words, "%39s %d", name, &tag);
	const struct action *act = n > 0 ? action_find(name) : NULL;

	if (!act || !act->change) {
		struct arena *a = arena_new();
		const char *near = n > 0 ? text_nearest(name, action_names(a)) : NULL;
		view_notice(v, near ? "no action of that name; %s?" : "name an action; a lists them%s",
			near ? near : "");
		arena_free(a);
		return false;
	}
	if (!start(v))
		return false;
	if (show_plan(v, act, tag))
		return true;
	char kept[sizeof v->notice];
	memcpy(kept, v->notice, sizeof kept);
	plans_close(v);
	memcpy(v->notice, kept, sizeof kept);
	return false;
}

/* ---- the menu ---- */

static enum style
option_mark(const struct option *o)
{
	return o->harm_new > 0 ? ST_CRIT : o->wrong || o->insecure ? ST_WARN : ST_OK;
}

/* What picks an action of the menu: no letter that moves in it or closes it (j k g q). */
static const char letters[] = "abcdefhilmnoprstuvwxyz";

static char
letter(size_t i)
{
	return i < sizeof letters - 1 ? letters[i] : ' ';
}

static void
menu_lines(const struct view *v, struct lines *l, int width)
{
	const struct plans *p = v->plans;
	const struct diagnosis *d = p->d;
	int risk = width > 90 ? 46 : 29, name = width - risk - 13;

	if (d->n_causes)
		lines_wrapped(l, ST_LABEL, width, 2, arena_printf(l->a, "Cause: %s", d->cause_text));
	lines_add(l, ST_LABEL, ST_NORMAL, "    %-*s %-5s %s", name + 2, "  ACTION", "FIXES",
		"RISK TO VALIDATORS");
	for (size_t i = 0; i < p->n; i++) {
		const struct option *o = &p->r->v[i];
		bool sel = i == v->dialog_row;
		char title[400], shown[400];
		text_cut(title, sizeof title, o->title, (size_t)(name > 10 ? name : 10), false);
		text_cut(shown, sizeof shown, o->risk, (size_t)risk, false);
		if (sel)
			l->first = l->n;
		int pad = name - (int)text_width(title);
		lines_add(l, sel ? ST_LABEL : ST_NORMAL, option_mark(o), "%s%c %s%*s %-5s %s", sel ? "» " : "  ",
			letter(i), title, pad > 0 ? pad : 0, "", o->fixes ? "yes" : "no", shown);
		if (sel && o->wrong)
			lines_wrapped(l, ST_INFO, width - 8, 2, arena_printf(l->a, "    wrong: %s", o->wrong_why));
		if (sel && o->stage)
			lines_add(l, ST_INFO, ST_NORMAL, "    stage %d of %d: %s", o->stage, o->stages, o->stage_name);
		if (sel)
			l->last = l->n;
	}
	lines_add(l, ST_NORMAL, ST_NORMAL, "%s", "");
	lines_wrapped(l, ST_INFO, width, 2, v->armed ? "ARMED: a plan can be applied once its phrase is typed."
		: "READ-ONLY: plans can be made and shown, not applied. :rw MINUTES REASON arms");
}

/* ---- the plan ---- */

static const char *
until_words(const struct view *v, char *out, size_t size, int64_t t)
{
	char when[40], span[40];

	if (t == TIME_UNSET)
		return "-";
	if (t == TIME_NEVER)
		return "until it is undone";
	snprintf(out, size, "%s (%s)", view_when(v, when, sizeof when, t),
		clock_span(span, sizeof span, t - v->plans->plan->made));
	return out;
}

static void
diff_lines(struct lines *l, const struct diff_line *d, size_t n, bool object)
{
	for (size_t i = 0; i < n; i++)
		lines_add(l, *d[i].sign == '-' || *d[i].sign == '+' || *d[i].sign == '~' ? ST_NORMAL : ST_INFO,
			ST_NORMAL, "%s   %s%s%s", d[i].sign, object ? d[i].object : "", object ? " " : "", d[i].text);
}

static void
change_lines(struct lines *l, const struct plan *p)
{
	const struct plan_diff *d = &p->diff;
	char hash[PLAN_HASH];

	plan_hash(p, hash);
	lines_add(l, ST_LABEL, ST_NORMAL, "CHANGES   plan sha256 %.12s", hash);
	for (size_t i = 0; i < d->timing.n; i++)
		if (i == 0 || strcmp(d->timing.v[i].object, d->timing.v[i - 1].object) != 0) {
			lines_add(l, ST_NORMAL, ST_NORMAL, "  %s  (timing metadata only)", d->timing.v[i].object);
			size_t k = i;
			while (k < d->timing.n && strcmp(d->timing.v[k].object, d->timing.v[i].object) == 0)
				k++;
			diff_lines(l, d->timing.v + i, k - i, false);
		}
	diff_lines(l, d->dnskey.v, d->dnskey.n, true);
	diff_lines(l, d->ds.v, d->ds.n, true);
	diff_lines(l, d->records.v, d->records.n, true);
	if (d->rrsig_kept >= 0)
		lines_add(l, ST_NORMAL, ST_NORMAL, "~   RRSIG %lld kept, %lld made, %lld removed",
			(long long)d->rrsig_kept, (long long)d->rrsig_renewed, (long long)d->rrsig_removed);
	for (size_t i = 0; i < d->commands.n; i++)
		lines_add(l, ST_NORMAL, ST_NORMAL, "$   %s", d->commands.v[i]);
	if (p->dnskey_size > p->dnskey_limit)
		lines_add(l, ST_NORMAL, ST_WARN, "DNSKEY answer of %lld octets: above %lld some paths need TCP",
			(long long)p->dnskey_size, (long long)p->dnskey_limit);
}

static const char *
upper(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	for (char *c = out; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return out;
}

static enum style
class_mark(const struct plan_class *c)
{
	if (strcmp(c->after, "bogus") != 0)
		return strcmp(c->after, "secure") == 0 ? ST_OK : ST_INSECURE;
	return strcmp(c->now, "bogus") == 0 ? ST_WARN : ST_CRIT;
}

static void
prediction_lines(const struct view *v, struct lines *l, const struct plan *p, int width)
{
	const struct plan_prediction *d = &p->prediction;
	int name = width - 2 - 41;
	char until[80], cut[400];

	if (name < 16)
		name = 16;
	lines_add(l, ST_LABEL, ST_NORMAL, "%-*s %-8s %-8s %s", name + 2, "PREDICTED for caches that hold", "NOW",
		"AFTER", "UNTIL");
	for (size_t i = 0; i < d->classes.n; i++) {
		const struct plan_class *c = &d->classes.v[i];
		size_t n = strlen(c->name);
		const char *held = n > 7 && strcmp(c->name + n - 7, " cached") == 0
			? arena_strndup(l->a, c->name, n - 7) : c->name;
		text_cut(cut, sizeof cut, held, (size_t)name, false);
		lines_add(l, ST_NORMAL, class_mark(c), "%-*s %-8s %-8s %s", name, cut, upper(l->a, c->now),
			upper(l->a, c->after), until_words(v, until, sizeof until, c->until));
		if (c->forwarder && strcmp(c->after, "bogus") == 0)
			lines_add(l, ST_INFO, ST_NORMAL, "      only clients that validate behind another cache");
		if (c->inferred && strcmp(c->after, "bogus") == 0)
			lines_add(l, ST_INFO, ST_NORMAL, "      inferred: nobody of ours saw it being served");
	}
	size_t bad = 0;
	for (size_t i = 0; i < d->vantages.n; i++)
		bad += strcmp(d->vantages.v[i].after, "bogus") == 0;
	lines_add(l, ST_NORMAL, ST_NORMAL, "  vantages: %zu of %zu BOGUS afterwards", bad, d->vantages.n);
	lines_wrapped(l, ST_LABEL, width, 2, arena_printf(l->a, "  Verdict: %s", d->verdict));
	if (d->proven_from != TIME_UNSET && d->proven_from > p->made)
		lines_add(l, ST_INFO, ST_NORMAL, "  cannot prove before %s: an earlier version may be cached",
			view_when(v, until, sizeof until, d->proven_from));
}

static void
guard_lines(const struct view *v, struct lines *l, const struct plan *p, int width)
{
	char when[40];

	for (size_t i = 0; i < p->guards.n; i++) {
		const struct plan_guard *g = &p->guards.v[i];
		if (!*g->reason || strcmp(g->id, "proof") == 0 || strcmp(g->id, "size") == 0)
			continue;
		const char *allows = g->allows_at == TIME_UNSET ? ""
			: g->allows_at == TIME_NEVER ? "; not in this way"
			: arena_printf(l->a, "; allows at %s", view_when(v, when, sizeof when, g->allows_at));
		lines_add(l, ST_NORMAL, g->verdict == GUARD_REFUSE ? ST_CRIT : g->verdict == GUARD_PASS ? ST_INFO
			: ST_WARN, "guard %s", g->id);
		lines_wrapped(l, ST_NORMAL, width - 4, 0, arena_printf(l->a, "%s%s", g->reason, allows));
	}
}

static void
stage_lines(const struct view *v, struct lines *l, const struct plan *p)
{
	char when[40];

	if (!p->stage.number)
		return;
	lines_add(l, ST_LABEL, ST_NORMAL, "STAGE %d of %d: %s", p->stage.number, p->stage.of, p->stage.name);
	for (size_t i = 0; i < p->stage.entry.n; i++)
		lines_add(l, ST_NORMAL, p->stage.entry.v[i].observed ? ST_OK : ST_CRIT, "%s (%s)",
			p->stage.entry.v[i].text, p->stage.entry.v[i].evidence);
	if (*p->stage.next)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  then: %s, not before %s", p->stage.next,
			view_when(v, when, sizeof when, p->stage.next_at));
}

static void
consent_lines(const struct view *v, struct lines *l, const struct plan *p, int width)
{
	const struct consent *c = &v->plans->consent;
	int wait = consent_wait(c, v->mono);

	lines_add(l, ST_LABEL, ST_NORMAL, "CONFIRM");
	if (p->phrase.long_form)
		lines_wrapped(l, ST_NORMAL, width, 2, p->prediction.breaks
			? "  This plan breaks validators that work now. To apply it anyway type exactly"
			: "  A guard asks for more than the zone's name. To apply it anyway type exactly");
	else
		lines_add(l, ST_NORMAL, ST_NORMAL, "  Type the zone name to apply:");
	lines_add(l, ST_LABEL, ST_NORMAL, "     %s", p->phrase.text);
	l->first = l->n;
	lines_add(l, ST_NORMAL, ST_NORMAL, "  > %s%s", c->typed, c->in_reason ? "" : "_");
	if (p->phrase.long_form) {
		if (c->in_reason)
			l->first = l->n;
		lines_add(l, ST_NORMAL, ST_NORMAL, "  reason (goes to the journal) > %s%s", c->reason,
			c->in_reason ? "_" : "");
	}
	if (*c->note)
		lines_wrapped(l, ST_WARN, width, 2, arena_printf(l->a, "  %s", c->note));
	else if (wait)
		lines_add(l, ST_INFO, ST_NORMAL, "  Enter counts in %d s", wait);
	l->last = l->n;
}

static void
foot_lines(const struct view *v, struct lines *l, const struct plan *p)
{
	char when[40];

	lines_add(l, ST_NORMAL, ST_NORMAL, "%s", "");
	if (plan_verdict(p) == GUARD_REFUSE)
		lines_add(l, ST_LABEL, ST_CRIT, "REFUSED: a guard refuses this plan; see above");
	if (p->safe_at != TIME_NEVER && p->safe_at > p->made)
		lines_add(l, ST_NORMAL, ST_NORMAL, "  [w] offer again at %s, when it is safe",
			view_when(v, when, sizeof when, p->safe_at));
	lines_add(l, ST_INFO, ST_NORMAL, v->armed ? "  [A] apply: asks for the phrase   [y] copy   [Esc] cancel (default)"
		: "  READ-ONLY: :rw MINUTES REASON arms   [y] copy   [Esc] back");
}

void
plans_lines(const struct view *v, struct lines *l, int width)
{
	const struct plan *p = v->plans ? v->plans->plan : NULL;

	if (v->dialog == DIALOG_ACTIONS && v->plans)
		menu_lines(v, l, width);
	if (v->dialog != DIALOG_PLAN || !p)
		return;
	stage_lines(v, l, p);
	change_lines(l, p);
	prediction_lines(v, l, p, width);
	guard_lines(v, l, p, width);
	if (*p->message) {
		lines_add(l, ST_LABEL, ST_NORMAL, "TEXT TO SEND");
		for (const char *s = p->message; *s;) {
			size_t n = strcspn(s, "\n");
			lines_wrapped(l, ST_NORMAL, width, 4, arena_strndup(l->a, s, n));
			s += n + (s[n] == '\n');
		}
	}
	if (v->plans->typing)
		consent_lines(v, l, p, width);
	else
		foot_lines(v, l, p);
}

const char *
plans_title(const struct view *v, struct arena *a)
{
	char name[NAME_MAX_TEXT];

	if (v->dialog == DIALOG_ACTIONS)
		return arena_printf(a, " Actions for %s  (Enter plan, changes nothing; ? why; Esc) ",
			v->have_zone ? name_to_text(name, &v->zone) : "?");
	return arena_printf(a, " Plan: %s ", v->plans && v->plans->plan ? v->plans->plan->title : "");
}

/* ---- keys ---- */

bool
plans_typing(const struct view *v)
{
	return v->dialog == DIALOG_PLAN && v->plans && v->plans->typing;
}

static void
menu_open(struct view *v, size_t i)
{
	struct plans *p = v->plans;

	if (i >= p->n)
		return;
	v->dialog_row = i;
	p->from_menu = true;
	show_plan(v, p->r->v[i].action, p->r->v[i].tag);
}

static bool
menu_key(struct view *v, uint32_t key)
{
	struct plans *p = v->plans;
	enum request r = request_of_key(key);

	if (r == REQ_CLOSE || r == REQ_QUIT)
		plans_close(v);
	else if (r == REQ_DOWN || r == REQ_PAGE_DOWN)
		v->dialog_row += v->dialog_row + 1 < p->n;
	else if (r == REQ_UP || r == REQ_PAGE_UP)
		v->dialog_row -= v->dialog_row > 0;
	else if (r == REQ_FIRST)
		v->dialog_row = 0;
	else if (r == REQ_LAST)
		v->dialog_row = p->n ? p->n - 1 : 0;
	else if (r == REQ_OPEN)
		menu_open(v, v->dialog_row);
	else if (r == REQ_HELP) {
		const struct option *o = v->dialog_row < p->n ? &p->r->v[v->dialog_row] : NULL;
		view_notice(v, "%s", !o ? "" : o->wrong ? o->wrong_why : o->risk);
	} else
		return false;
	return true;
}

static void
keep_for_later(struct view *v)
{
	const struct plan *p = v->plans->plan;
	char when[40];

	if (p->safe_at == TIME_NEVER)
		view_notice(v, "it must be split into steps: no time is safe for this one");
	else if (p->safe_at <= p->made)
		view_notice(v, "it is safe now");
	else {
		v->again_at = p->safe_at;
		v->again_tag = p->tag;
		snprintf(v->again, sizeof v->again, "%s", p->action);
		view_notice(v, "offered again at %s", view_when(v, when, sizeof when, p->safe_at));
	}
}

static void
copy_command(struct view *v)
{
	const struct plan *p = v->plans->plan;

	text_reset(&v->out);
	text_add(&v->out, "unbogus plan ");
	text_add_shell(&v->out, p->zone);
	text_add(&v->out, " %s", p->action);
	if (p->tag >= 0)
		text_add(&v->out, " %d", p->tag);
	text_add(&v->out, " -o PLAN");
	view_notice(v, "copied: %s", text_str(&v->out));
}

static void
back(struct view *v)
{
	if (v->plans->from_menu) {
		v->dialog = DIALOG_ACTIONS;
		v->plans->plan = NULL;
		v->dialog_top = 0;
	} else
		plans_close(v);
}

static unsigned
typing_key(struct view *v, uint32_t key)
{
	struct consent *c = &v->plans->consent;

	if (key == K_BACKSPACE)
		key = 127;
	if (key < K_SPECIAL)
		consent_key(c, key, v->mono);
	if (c->end == CONSENT_CANCELLED) {
		v->plans->typing = false;
		view_notice(v, "cancelled: nothing was changed");
	}
	if (c->end != CONSENT_GIVEN)
		return EFFECT_DRAW;
	v->plans->typing = false;
	return EFFECT_APPLY | EFFECT_DRAW;
}

bool
plans_key(struct view *v, uint32_t key, unsigned *effect)
{
	*effect = EFFECT_DRAW;
	if (!v->plans)
		return false;
	if (v->dialog == DIALOG_ACTIONS) {
		const char *at = key < 128 && key ? strchr(letters, (int)key) : NULL;
		if (at && (size_t)(at - letters) < v->plans->n) {
			menu_open(v, (size_t)(at - letters));
			return true;
		}
		return menu_key(v, key);
	}
	if (v->plans->typing) {
		*effect = typing_key(v, key);
		return true;
	}
	if (key == K_ESC || key == 'q')
		back(v);
	else if (key == 'w')
		keep_for_later(v);
	else if (key == 'y') {
		copy_command(v);
		*effect |= EFFECT_COPY;
	} else if (key == 'A') {
		if (!v->armed)
			view_notice(v, "READ-ONLY: :rw MINUTES REASON arms");
		else if (plan_verdict(v->plans->plan) == GUARD_REFUSE)
			view_notice(v, "a guard refuses this plan");
		else {
			consent_open(&v->plans->consent, v->plans->plan, v->armed, v->mono);
			v->plans->typing = true;
			*effect |= EFFECT_FLUSH;
		}
	} else
		return false;
	return true;
}

void
plans_paste(struct view *v)
{
	if (plans_typing(v))
		consent_paste(&v->plans->consent);
}

/* The plan rests on what was seen when it was made: does the newest look still show it? */
void
plans_moved(struct view *v)
{
	struct plans *p = v->plans;
	struct plan_wish w;
	struct err e = { 0 };

	if (!p || !p->plan || !v->d)
		return;
	struct arena *a = arena_new();
	w = PLAN_WISH(action_find(p->plan->action));
	w.tag = p->plan->tag;
	const struct plan *now = plan_make(a, v->d, v->config_zone, &w, &e);
	const struct plan_input *in = now ? plan_moved(p->plan, now) : NULL;
	if (in && p->typing)
		consent_stale(&p->consent, arena_printf(p->a, "STALE: %s of %s is not what it was: plan again",
			input_kind_name(in->kind), in->where));
	else if (in)
		view_notice(v, "the plan is stale: %s of %s changed", input_kind_name(in->kind), in->where);
	arena_free(a);
}

const struct plan *
plans_given(const struct view *v, const char **phrase, const char **reason)
{
	if (!v->plans || v->plans->consent.end != CONSENT_GIVEN)
		return NULL;
	*phrase = v->plans->consent.typed;
	*reason = v->plans->consent.reason;
	return v->plans->plan;
}
