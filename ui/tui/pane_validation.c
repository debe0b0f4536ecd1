/* Validation: what validators and resolvers at several places say, side by side. */
#include <stdio.h>
#include <string.h>

#include "ui/tui/view.h"

enum { C_VANTAGE, C_KIND, C_SOA, C_POS, C_NODATA, C_NX, C_STATE, C_EDE, C_TTL, C_AGE, C_N };
static const struct column columns[C_N] = {
	[C_VANTAGE] = { "VANTAGE", 16, 22, 0, false },
	[C_KIND] = { "KIND", 8, 9, 6, false },
	[C_SOA] = { "SOA", 3, 4, 1, false },
	[C_POS] = { "POS", 3, 4, 2, false },
	[C_NODATA] = { "NOD", 3, 4, 3, false },
	[C_NX] = { "NX", 3, 4, 2, false },
	[C_STATE] = { "STATE", 8, 9, 0, false },
	[C_EDE] = { "EDE", 3, 4, 4, false },
	[C_TTL] = { "TTL", 4, 5, 5, true },
	[C_AGE] = { "AGE", 4, 5, 0, true },
};

static void
header(const struct view *v, struct pane_header *h)
{
	const struct diagnosis *d = v->d;
	char age[40];
	int64_t oldest = TIME_UNSET;

	h->mark = ST_UNKNOWN;
	if (!d || !d->n_vantages) {
		snprintf(h->text, sizeof h->text, d ? "no validator or resolver is asked" :
						      "nothing heard yet");
		return;
	}
	unsigned all = d->secure + d->bogus + d->insecure + d->unknown;
	for (size_t i = 0; i < d->n_vantages; i++) {
		int64_t t = d->vantages[i].heard;
		if (t != TIME_UNSET && (oldest == TIME_UNSET || t < oldest))
			oldest = t;
	}
	h->mark = d->bogus ? ST_CRIT : !all || d->unknown == all ? ST_UNKNOWN :
		d->insecure ? ST_INSECURE : d->unknown		 ? ST_WARN :
								   ST_OK;
	struct text t = { 0 };
	if (all && d->secure == all) {
		enum style st;
		text_add(&t, "%u of %u SECURE (AD), oldest answer %s", d->secure, all,
			view_age(v, age, sizeof age, oldest, &st));
	} else if (!all)
		text_add(&t, "%zu asked, none counts as a validator yet", d->n_vantages);
	else {
		const struct {
			unsigned n;
			const char *word;
		} part[] = { { d->bogus, "BOGUS" }, { d->secure, "SECURE" },
			{ d->insecure, "INSECURE" }, { d->unknown, "UNKNOWN" } };
		for (int i = 0; i < 4; i++)
			if (part[i].n)
				text_add(&t, "%s%u %s", t.len ? ", " : "", part[i].n, part[i].word);
	}
	if (d->n_vantages > all && all)
		text_add(&t, ", %zu not counted", d->n_vantages - all);
	snprintf(h->text, sizeof h->text, "%s", text_str(&t));
	text_free(&t);
}

static const char *
vantage_label(struct arena *a, const struct vantage_row *r)
{
	const struct fact_vantage *f = r->v->v;

	if (f->type == VANTAGE_LIBUNBOUND)
		return arena_printf(a, "%s%s", f->name, f->cache_kept ? " $" : "");
	if (f->address && strcmp(f->address, f->name) != 0)
		return arena_printf(a, "%s %s", f->name, f->address);
	return f->name;
}

static enum style
cell_style(const char *s)
{
	if (!s || strcmp(s, "SF") == 0)
		return s ? ST_CRIT : ST_UNKNOWN;
	return strcmp(s, "TMO") == 0 || strcmp(s, "...") == 0 || strcmp(s, "?") == 0 ? ST_UNKNOWN :
										     ST_NORMAL;
}

static void
add_vantage(const struct view *v, struct page *p, const struct vantage_row *r)
{
	const struct fact_vantage *f = r->v->v;
	enum style st = style_of_vstate(r->state), age_style;
	char span[40];
	struct row *row = page_row(p, arena_printf(p->a, "vantage:%s", f->name),
		r->counted ? st : r->state == V_BOGUS ? ST_WARN : ST_EXCLUDED);

	row_set(row, C_VANTAGE, vantage_label(p->a, r), ST_NORMAL, TIME_UNSET);
	row_set(row, C_KIND, f->kind, ST_NORMAL, TIME_UNSET);
	for (int i = 0; i < 4; i++)
		row_set(row, C_SOA + i, r->cell[i] ? r->cell[i] : "-", cell_style(r->cell[i]),
			TIME_UNSET);
	row_printf(p, row, C_STATE, st == ST_OK ? ST_NORMAL : st, TIME_UNSET, "%s%s",
		vstate_name(r->state), r->counted ? "" : "*");
	if (r->ede >= 0)
		row_printf(p, row, C_EDE, ST_NORMAL, r->ede, "%d", r->ede);
	else
		row_set(row, C_EDE, "-", ST_NORMAL, TIME_UNSET);
	if (r->ttl_left != TIME_UNSET)
		row_printf(p, row, C_TTL, ST_NORMAL, r->ttl_left, "%s",
			clock_span(span, sizeof span, r->ttl_left));
	else
		row_set(row, C_TTL, "-", ST_NORMAL, TIME_UNSET);
	row_set(row, C_AGE, "", ST_NORMAL, TIME_UNSET);
	view_age(v, span, sizeof span, r->heard, &age_style);
	row_printf(p, row, C_AGE, age_style,
		r->heard == TIME_UNSET ? TIME_UNSET : (v->now - r->heard) / USEC, "%s", span);
	for (int i = 0; i < VQ_COUNT && !row->obs; i++)
		row->obs = r->v->last[i][0];
	row->words = arena_printf(p->a, "type:%s counted:%s",
		f->type == VANTAGE_LIBUNBOUND ? "libunbound" : "resolver", r->counted ? "yes" : "no");
}

static void
build(const struct view *v, struct page *p, int width)
{
	(void)width;
	for (size_t i = 0; v->d && i < v->d->n_vantages; i++)
		add_vantage(v, p, &v->d->vantages[i]);
}

static const struct vantage_row *
selected_vantage(const struct view *v, const struct row *r)
{
	if (!r || !r->id || !v->d)
		return NULL;
	for (size_t i = 0; i < v->d->n_vantages; i++)
		if (strcmp(v->d->vantages[i].v->v->name, r->id + strlen("vantage:")) == 0)
			return &v->d->vantages[i];
	return NULL;
}

/* The latest answers to the SOA question, oldest first. */
static void
recent_line(const struct view *v, struct page *p, const struct vantage_row *r, int width)
{
	const struct obs_list *l = &r->v->recent[VQ_SOA][0];
	size_t most = width > 90 ? 40 : 20, from = l->n > most ? l->n - most : 0;
	struct text t = { 0 };
	int64_t first_bad = TIME_UNSET;
	char when[40];

	for (size_t i = from; i < l->n; i++) {
		const struct fact_resolve *f = &l->v[i]->u.resolve;
		bool bad = f->rcode == 2 || (f->status && strcmp(f->status, "bogus") == 0);
		if (bad && first_bad == TIME_UNSET)
			first_bad = l->v[i]->t / USEC;
		text_add(&t, "%s", f->rcode < 0 ? "◌" : bad ? "✗" : f->ad || (f->status &&
			strcmp(f->status, "secure") == 0) ? "✓" : "○");
	}
	if (l->n > 1)
		page_detail(p, width, 2, ST_MARKED, ST_NORMAL, "last %zu: %s%s%s", l->n - from,
			text_str(&t), first_bad != TIME_UNSET ? "   first ✗ " : "",
			first_bad != TIME_UNSET ? view_when(v, when, sizeof when, first_bad) : "");
	text_free(&t);
}

static void
held_line(const struct view *v, struct page *p, const struct vantage_row *r, int width)
{
	struct text t = { 0 };
	char when[40];

	if (!r->n_held)
		return;
	for (size_t i = 0; i < r->n_held; i++)
		text_add(&t, "%s%u", i ? " " : "", r->held_tags[i]);
	page_detail(p, width, 2, ST_NORMAL, ST_NORMAL, "with CD=1 it shows DNSKEY {%s}%s%s",
		text_str(&t), r->clears != TIME_UNSET ? ", in its cache until " : "",
		r->clears != TIME_UNSET ? view_when(v, when, sizeof when, r->clears) : "");
	text_free(&t);
}

static void
detail(const struct view *v, struct page *p, const struct row *selected, int width)
{
	const struct vantage_row *r = selected_vantage(v, selected);

	if (r) {
		const struct obs *o = r->v->heard[VQ_SOA][0];
		if (o)
			page_detail(p, width, 2, ST_LABEL, ST_NORMAL, "%s SOA: %s%s%s%s",
				r->v->v->name, rcode_name(o->u.resolve.rcode),
				o->u.resolve.ad ? " AD" : "", o->u.resolve.why ? ". " : "",
				o->u.resolve.why ? o->u.resolve.why : "");
		else
			page_detail(p, width, 2, ST_UNKNOWN, ST_NORMAL, "%s: no answer heard yet",
				r->v->v->name);
		for (size_t i = 0; o && i < o->u.resolve.ede.n; i++)
			page_detail(p, width, 2, ST_NORMAL, ST_NORMAL, "EDE %u %s",
				o->u.resolve.ede.v[i].code, o->u.resolve.ede.v[i].text ?
				o->u.resolve.ede.v[i].text : "");
		held_line(v, p, r, width);
		recent_line(v, p, r, width);
		if (r->note)
			page_detail(p, width, 2, ST_NORMAL, ST_EXCLUDED, "%s%s", r->note,
				r->counted ? "" : "; not counted");
		if (r->caches > 1)
			page_detail(p, width, 2, ST_NORMAL, ST_NORMAL,
				"%u of %u caches behind this address hold an older DNSKEY set",
				r->caches_old, r->caches);
	}
	page_detail(p, width, 2, ST_INFO, ST_NORMAL,
		"AD authentic  SF SERVFAIL  ok no AD  TMO no answer  $ aged  * not counted");
	page_detail(p, width, 2, ST_INFO, ST_NORMAL,
		"POS a name that exists  NOD no such type  NX no such name  TTL of its DNSKEY");
}

static const char *const help[] = {
	"Each vantage is asked the same questions, with checking and",
	"without (CD=1). A vantage counts only when it proved that it",
	"validates; a cache is not a user: many users share few caches.",
	"BOGUS here and good with CD=1: its cache or its clock, or yours.",
	NULL
};

const struct pane_ops pane_validation = { .title = "Validation", .header = header,
	.columns = columns, .n_columns = C_N, .build = build, .detail = detail, .help = help };
