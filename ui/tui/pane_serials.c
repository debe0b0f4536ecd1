/* Serials: the way of a change from the source of truth to every server, and where it stops. */
#include <stdio.h>
#include <string.h>

#include "ui/tui/view.h"

enum { C_STAGE, C_WHERE, C_SERIAL, C_SEEN, C_LAG, C_SIG, C_N };
static const struct column columns[C_N] = {
	[C_STAGE] = { "STAGE", 14, 17, 0, false },
	[C_WHERE] = { "WHERE", 15, 0, 1, false },
	[C_SERIAL] = { "SERIAL", 10, 11, 0, false },
	[C_SEEN] = { "SEEN", 5, 6, 2, true },
	[C_LAG] = { "LAG", 3, 4, 3, true },
	[C_SIG] = { "SIG-EXP", 7, 7, 4, true },
};

static void
header(const struct view *v, struct pane_header *h)
{
	const struct diagnosis *d = v->d;
	size_t silent = 0, known = 0, behind = 0, ahead = 0;
	const struct serial_row *first = NULL, *brk = NULL;
	uint32_t low = 0;

	h->mark = ST_UNKNOWN;
	snprintf(h->text, sizeof h->text, "nothing heard yet");
	if (!d || !d->n_serials)
		return;
	for (size_t i = 0; i < d->n_serials; i++) {
		const struct serial_row *r = &d->serials[i];
		silent += r->silent;
		if (!r->known)
			continue;
		known++;
		if (!first)
			first = r;
		if (r->lag < 0) {
			behind++;
			low = r->serial;
		}
		ahead += r->lag > 0;
		if (r->first_break && !brk)
			brk = r;
	}
	if (!first)
		return;
	h->mark = behind || ahead ? ST_WARN : silent ? ST_UNKNOWN : ST_OK;
	struct text t = { 0 };
	if (!behind && !ahead)
		text_add(&t, known == 1 ? "%u at the only one that answers" : "%u on all %zu that answer",
			first->serial, known);
	else if (behind) {
		text_add(&t, "%s %u > ", first->stage, first->serial);
		text_add(&t, "%s%s%u (%zu behind)", brk ? brk->stage : "", brk ? " " : "", low,
			behind);
	} else
		text_add(&t, "%zu of %zu differ from %u", ahead, known, first->serial);
	if (silent)
		text_add(&t, ", %zu silent", silent);
	snprintf(h->text, sizeof h->text, "%s", text_str(&t));
	text_free(&t);
}

/* "r61234 zones/example.org" of a long path: the end of it is what tells. */
static const char *
short_where(struct arena *a, const char *s)
{
	const char *slash = s ? strrchr(s, '/') : NULL;

	if (!slash || !slash[1] || strlen(s) < 28)
		return s;
	size_t lead = strcspn(s, " ");
	return s[lead] && s + lead < slash ? arena_printf(a, "%.*s %s", (int)lead, s, slash + 1) :
					     slash + 1;
}

static void
add_stage(const struct view *v, struct page *p, const struct serial_row *s)
{
	char age[40], span[40];
	enum style st, mark = s->silent ? ST_UNKNOWN :
		!s->known		? ST_UNKNOWN :
		s->first_break		? ST_CRIT :
		s->lag			? ST_WARN :
					  ST_OK;
	struct row *r = page_row(p, arena_printf(p->a, "serial:%s/%s", s->stage, s->where), mark);

	row_set(r, C_STAGE, s->stage, ST_NORMAL, TIME_UNSET);
	row_set(r, C_WHERE, short_where(p->a, s->where), ST_NORMAL, TIME_UNSET);
	if (s->known)
		row_printf(p, r, C_SERIAL, s->lag ? ST_WARN : ST_NORMAL, s->serial, "%u", s->serial);
	else
		row_set(r, C_SERIAL, s->silent ? "no answer" : "unknown", ST_UNKNOWN, TIME_UNSET);
	view_age(v, age, sizeof age, s->seen, &st);
	row_printf(p, r, C_SEEN, st, s->seen == TIME_UNSET ? TIME_UNSET : (v->now - s->seen) / USEC,
		"%s", age);
	if (s->known)
		row_printf(p, r, C_LAG, s->lag ? ST_WARN : ST_NORMAL, s->lag, "%s%d",
			s->lag > 0 ? "+" : "", s->lag);
	else
		row_set(r, C_LAG, "?", ST_UNKNOWN, TIME_UNSET);
	int64_t left = s->sig_expires - v->now / USEC;
	if (s->sig_expires == TIME_UNSET)
		row_set(r, C_SIG, "-", ST_NORMAL, TIME_UNSET);
	else
		row_printf(p, r, C_SIG, left <= 0 ? ST_CRIT : ST_NORMAL, left, "%s",
			clock_span(span, sizeof span, left));
	r->obs = s->obs;
}

static void
build(const struct view *v, struct page *p, int width)
{
	(void)width;
	for (size_t i = 0; v->d && i < v->d->n_serials; i++)
		add_stage(v, p, &v->d->serials[i]);
}

static void
source_line(const struct view *v, struct page *p, int width)
{
	const struct obs *o = v->d->snapshot ? v->d->snapshot->source : NULL;
	char when[40];

	if (!o)
		return;
	const struct fact_source *s = &o->u.source;
	if (!s->readable)
		page_detail(p, width, 2, ST_UNKNOWN, ST_NORMAL, "%s: not readable: %s", s->type,
			s->why ? s->why : "");
	else
		page_detail(p, width, 2, ST_NORMAL, ST_NORMAL, "%s %s by %s %s '%s'%s", s->type,
			s->revision ? s->revision : "", s->author ? s->author : "?",
			view_when(v, when, sizeof when, s->date), s->message ? s->message : "",
			s->modified ? " (working copy has changes)" : "");
}

static void
signer_line(const struct view *v, struct page *p, int width)
{
	const struct obs *o = v->d->snapshot ? v->d->snapshot->signer : NULL;
	char when[40];

	if (!o)
		return;
	const struct fact_signer *s = &o->u.signer;
	if (!s->readable) {
		page_detail(p, width, 2, ST_UNKNOWN, ST_NORMAL, "signer log not readable: %s",
			s->why ? s->why : "");
		return;
	}
	struct text t = { 0 };
	text_add(&t, "signer last ran %s", view_when(v, when, sizeof when, s->mtime));
	if (s->has_exit)
		text_add(&t, ", exit %d", s->exit_status);
	if (s->message_line)
		text_add(&t, ": '%s'", s->message_line);
	if (s->message_id)
		text_add(&t, " (known message %s)", s->message_id);
	page_detail(p, width, 2, s->has_exit && s->exit_status ? ST_WARN : ST_NORMAL, ST_NORMAL, "%s",
		text_str(&t));
	text_free(&t);
}

static void
detail(const struct view *v, struct page *p, const struct row *selected, int width)
{
	const struct diagnosis *d = v->d;

	(void)selected;
	if (!d)
		return;
	for (size_t i = 1; i < d->n_serials; i++)
		if (d->serials[i].first_break)
			page_detail(p, width, 2, ST_LABEL, ST_NORMAL, "First break: %s -> %s",
				d->serials[i - 1].stage, d->serials[i].stage);
	source_line(v, p, width);
	signer_line(v, p, width);
	page_detail(p, width, 2, ST_INFO, ST_NORMAL,
		"serial arithmetic: RFC 1982   SEEN: age of the answer   [Enter] raw answer");
}

static const char *const help[] = {
	"The flow of a change: source of truth, signed file, hidden",
	"primary, then every server address. The first stage that differs",
	"from the one before is where the change got stuck.",
	"LAG -1: behind the source, +1: ahead of it. SIG-EXP: time left",
	"of the earliest signature seen there.",
	NULL
};

const struct pane_ops pane_serials = { .title = "Serials", .header = header, .columns = columns,
	.n_columns = C_N, .build = build, .detail = detail, .help = help };
