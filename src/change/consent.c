#include "change/consent.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* ---- the phrase ---- */

/* What a broken class is called. Matched from the top on the class's name as predict() gives it. */
static const struct {
	const char *name, *what;
} whats[] = {
	{ "empty cache", "all validators" },
	{ "DS ", "DS-cached validators" },
	{ "no DS", "DS-cached validators" },
	{ "DNSKEY ", "DNSKEY-cached validators" },
	{ "no DNSKEY", "DNSKEY-cached validators" },
	{ "answers ", "answer-cached validators" },
	{ "negative ", "answer-cached validators" },
};

const char *const consent_words[] = { "all validators", "DS-cached validators",
	"DNSKEY-cached validators", "answer-cached validators", "the chain of trust",
	"guard ID, where a guard asks and no class of caches fails", NULL };

/* The chain of trust ends on purpose. */
static bool
ends_security(const struct plan *p)
{
	static const char *const actions[] = { "go-insecure", "remove-ds", "unsign" };

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(p->action, actions[i]) == 0)
			return true;
	return false;
}

/* The worst class that fails after the step and does not fail now, or fails for longer. */
static const char *
what_breaks(struct arena *a, const struct plan *p)
{
	for (size_t w = 0; w < sizeof whats / sizeof *whats; w++)
		for (size_t i = 0; i < p->prediction.classes.n; i++) {
			const struct plan_class *c = &p->prediction.classes.v[i];
			if (strcmp(c->after, "bogus") == 0 && strcmp(c->now, "bogus") != 0 &&
					strncmp(c->name, whats[w].name, strlen(whats[w].name)) == 0)
				return whats[w].what;
		}
	for (size_t w = 0; w < sizeof whats / sizeof *whats; w++)
		for (size_t i = 0; i < p->prediction.classes.n; i++) {
			const struct plan_class *c = &p->prediction.classes.v[i];
			if (strcmp(c->after, "bogus") == 0 &&
					strncmp(c->name, whats[w].name, strlen(whats[w].name)) == 0)
				return whats[w].what;
		}
	if (ends_security(p))
		return "the chain of trust";
	for (size_t i = 0; i < p->guards.n; i++)
		if (p->guards.v[i].verdict == GUARD_NEEDS_PHRASE)
			return arena_printf(a, "guard %s", p->guards.v[i].id);
	return "validators"; /* harm without a class that is open now */
}

void
consent_phrase(struct arena *a, const struct plan *p, struct plan_phrase *out)
{
	size_t n = strlen(p->zone);
	int bare = (int)(n > 1 ? n - 1 : n);
	bool needs = p->prediction.breaks || plan_verdict(p) != GUARD_PASS;

	*out = (struct plan_phrase){ .long_form = needs || ends_security(p),
		.countdown = ends_security(p) ? CONSENT_COUNTDOWN : 0 };
	if (!out->long_form)
		out->text = arena_printf(a, "%.*s", bare, p->zone);
	else if (p->tag >= 0)
		out->text = arena_printf(a, "%.*s %d breaks %s", bare, p->zone, p->tag, what_breaks(a, p));
	else
		out->text = arena_printf(a, "%.*s %s breaks %s", bare, p->zone, p->action, what_breaks(a, p));
}

bool
consent_given(const struct plan *p, const char *typed, const char *reason, const char **why)
{
	struct arena *a = arena_new();
	struct plan_phrase phrase;
	bool ok = false;

	consent_phrase(a, p, &phrase);
	if (plan_verdict(p) == GUARD_REFUSE)
		*why = "a guard refuses this plan";
	else if (!typed || strcmp(typed, phrase.text) != 0)
		*why = "the phrase is not the one that this plan asks for";
	else if (phrase.long_form && (!reason || strspn(reason, " ") == strlen(reason)))
		*why = "this plan asks for a reason";
	else
		ok = true;
	arena_free(a);
	if (ok)
		*why = "";
	return ok;
}

/* ---- the field ---- */

void
consent_open(struct consent *c, const struct plan *p, bool armed, int64_t now)
{
	*c = (struct consent){ .plan = p, .armed = armed, .opened = now, .note = "",
		.open_at = now + CONSENT_DEAF, .long_form = p->phrase.long_form };
	if (p->phrase.countdown * USEC > CONSENT_DEAF)
		c->open_at = now + p->phrase.countdown * USEC;
	snprintf(c->phrase, sizeof c->phrase, "%s", p->phrase.text);
}

static void
put(char *field, uint32_t cp)
{
	size_t n = strlen(field);

	if (cp >= 0x20 && cp < 0x7f && n + 1 < CONSENT_MAX) {
		field[n] = (char)cp;
		field[n + 1] = '\0';
	}
}

static void
enter(struct consent *c, int64_t now)
{
	const char *why = "";

	if (c->stale)
		return; /* the note says what moved */
	if (!c->armed)
		c->note = "READ-ONLY: :rw MINUTES REASON arms";
	else if (now < c->open_at)
		c->note = "too early: read what it does";
	else if (c->long_form && !c->in_reason && strcmp(c->typed, c->phrase) == 0 && !*c->reason) {
		c->in_reason = true;
		c->note = "and the reason, for the journal";
	} else if (consent_given(c->plan, c->typed, c->reason, &why))
		c->end = CONSENT_GIVEN;
	else
		c->note = why;
}

void
consent_key(struct consent *c, uint32_t cp, int64_t now)
{
	char *field = c->in_reason ? c->reason : c->typed;
	size_t n = strlen(field);

	if (c->end != CONSENT_OPEN)
		return;
	if (cp == 27) {
		c->end = CONSENT_CANCELLED;
		return;
	}
	if (now < c->opened + CONSENT_DEAF)
		return; /* typed ahead, or a key that repeats */
	if (cp == 13 || cp == 10)
		enter(c, now);
	else if (cp == 9 && c->long_form)
		c->in_reason = !c->in_reason;
	else if ((cp == 8 || cp == 127) && n)
		field[n - 1] = '\0';
	else if (cp == 21)
		field[0] = '\0';
	else
		put(field, cp);
}

void
consent_paste(struct consent *c)
{
	if (c->end == CONSENT_OPEN)
		c->note = "a paste does not count: type it";
}

void
consent_stale(struct consent *c, const char *input)
{
	if (c->end != CONSENT_OPEN)
		return;
	c->stale = true;
	c->note = input;
}

int
consent_wait(const struct consent *c, int64_t now)
{
	return now >= c->open_at ? 0 : (int)((c->open_at - now + USEC - 1) / USEC);
}
