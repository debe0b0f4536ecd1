/* Signatures: every RRSIG that was seen, who made it, whether it verifies, and when it ends. */
#include <stdio.h>
#include <string.h>

#include "ui/tui/view.h"

enum { C_RRSET, C_BY, C_INCEPTION, C_EXPIRES, C_LEFT, C_STATE, C_N };
static const struct column columns[C_N] = {
	[C_RRSET] = { "RRSET", 18, 0, 0, false },
	[C_BY] = { "BY", 5, 6, 0, true },
	[C_INCEPTION] = { "INCEPTION", 11, 12, 3, false },
	[C_EXPIRES] = { "EXPIRES", 11, 12, 2, false },
	[C_LEFT] = { "LEFT", 7, 8, 0, true },
	[C_STATE] = { "STATE", 8, 12, 1, false },
};

/* Of the zone and not a copy of one that another server gave. */
static bool
wanted(const struct view *v, const struct sig_list *l, size_t i)
{
	const struct sig_check *s = &l->v[i];

	if (!name_at_or_below(&s->owner, &v->d->zone) || !s->server)
		return false;
	for (size_t j = 0; j < i; j++) {
		const struct sig_check *o = &l->v[j];
		if (o->server && o->covered == s->covered && o->sig.tag == s->sig.tag &&
			o->sig.alg == s->sig.alg && o->expiration == s->expiration &&
			o->inception == s->inception && o->crypto == s->crypto &&
			name_equal(&o->owner, &s->owner))
			return false;
	}
	return true;
}

static const struct sig_list *
sigs_of(const struct view *v)
{
	return v->d && v->d->chain ? &v->d->chain->sigs : NULL;
}

static void
header(const struct view *v, struct pane_header *h)
{
	const struct sig_list *l = sigs_of(v);
	size_t n = 0, bad = 0;
	int64_t first = TIME_UNSET;
	char when[40], span[40];

	for (size_t i = 0; l && i < l->n; i++)
		if (wanted(v, l, i)) {
			n++;
			bad += !l->v[i].good;
			if (first == TIME_UNSET || l->v[i].expiration < first)
				first = l->v[i].expiration;
		}
	h->mark = !n ? ST_UNKNOWN : bad ? ST_WARN : ST_OK;
	if (!n)
		snprintf(h->text, sizeof h->text, "none seen");
	else
		snprintf(h->text, sizeof h->text, "%zu seen%s, first ends %s (%s)", n,
			bad ? ", some do not verify" : "", view_when(v, when, sizeof when, first),
			clock_span(span, sizeof span, first - v->now / USEC));
}

static const char *
sig_state(const struct sig_check *s, enum style *st)
{
	static const char *const crypto[] = { [SIG_GOOD] = "good", [SIG_BAD] = "BAD",
		[SIG_NO_KEY] = "no key", [SIG_UNSUPPORTED] = "unsupported",
		[SIG_MALFORMED] = "malformed", [SIG_TOO_EXPENSIVE] = "not checked",
		[SIG_NOT_CHECKED] = "not checked" };
	static const char *const dates[] = { [SIG_DATES_OK] = "", [SIG_EXPIRED] = "EXPIRED",
		[SIG_FUTURE] = "IN FUTURE", [SIG_DATES_IMPOSSIBLE] = "DATES?" };

	*st = s->good ? ST_NORMAL : s->crypto >= SIG_TOO_EXPENSIVE ? ST_UNKNOWN : ST_CRIT;
	return s->crypto == SIG_GOOD ? s->dates == SIG_DATES_OK ? "good" : dates[s->dates] :
				       crypto[s->crypto];
}

static void
build(const struct view *v, struct page *p, int width)
{
	const struct sig_list *l = sigs_of(v);
	char name[NAME_MAX_TEXT], when[40], span[40];

	(void)width;
	for (size_t i = 0; l && i < l->n; i++) {
		const struct sig_check *s = &l->v[i];
		enum style st;
		if (!wanted(v, l, i))
			continue;
		const char *state = sig_state(s, &st);
		const char *rrset = arena_printf(p->a, "%s %s", name_to_text(name, &s->owner),
			rrtype_name(s->covered));
		struct row *r = page_row(p, arena_printf(p->a, "sig:%s/%u/%lld/%d", rrset, s->sig.tag,
			(long long)s->expiration, (int)s->crypto), st == ST_NORMAL ? ST_OK : st);
		row_set(r, C_RRSET, rrset, ST_NORMAL, TIME_UNSET);
		row_printf(p, r, C_BY, ST_NORMAL, s->sig.tag, "%u", s->sig.tag);
		row_set(r, C_INCEPTION, arena_strdup(p->a, view_time(v, when, sizeof when,
			s->inception, "%m-%d %H:%M")), ST_NORMAL, s->inception);
		row_set(r, C_EXPIRES, arena_strdup(p->a, view_time(v, when, sizeof when,
			s->expiration, "%m-%d %H:%M")), ST_NORMAL, s->expiration);
		row_set(r, C_LEFT, arena_strdup(p->a, clock_span(span, sizeof span,
			s->expiration - v->now / USEC)), ST_NORMAL, s->expiration - v->now / USEC);
		row_set(r, C_STATE, state, st, TIME_UNSET);
		r->obs = s->obs;
	}
}

static const char *const help[] = {
	"Each RRSIG seen at a server, checked by this program; dates are",
	"judged apart from the cryptography. INCEPTION and EXPIRES are the",
	"signature's own; a key's end date (Keys) does not shorten them.",
	NULL
};

const struct pane_ops pane_signatures = { .title = "Signatures", .header = header,
	.columns = columns, .n_columns = C_N, .build = build, .help = help };
