/* Timeline: changes of state, as they were seen, and how the verdict changed with them. */
#include <stdio.h>
#include <string.h>

#include "ui/tui/view.h"
#include "ui/tui/training.h"

enum { C_TIME, C_WHO, C_KIND, C_WHAT, C_N };
static const struct column columns[C_N] = {
	[C_TIME] = { "TIME", 8, 14, 0, false },
	[C_WHO] = { "WHO", 6, 8, 2, false },
	[C_KIND] = { "KIND", 7, 8, 1, false },
	[C_WHAT] = { "WHAT", 20, 0, 0, false },
};

static const char *const kinds[EVENT_KIND_COUNT] = { [EVENT_SERIAL] = "serial",
	[EVENT_KEYS] = "keys", [EVENT_DS] = "ds", [EVENT_SIGNER] = "signer",
	[EVENT_SOURCE] = "source", [EVENT_SERVER] = "server", [EVENT_VANTAGE] = "vantage",
	[EVENT_FILE] = "file", [EVENT_NOTE] = "note" };

static size_t
count(const struct view *v)
{
	return (v->d && v->d->snapshot ? v->d->snapshot->events.n : 0) + v->n_changes;
}

static void
header(const struct view *v, struct pane_header *h)
{
	size_t n = count(v);
	char when[40];

	h->mark = ST_INFO;
	if (!n) {
		snprintf(h->text, sizeof h->text, "no change seen yet");
		return;
	}
	int64_t since = v->d && v->d->snapshot ? v->d->snapshot->history.since : TIME_UNSET;
	snprintf(h->text, sizeof h->text, "%zu change%s seen%s%s", n, n == 1 ? "" : "s",
		since == TIME_UNSET || !since ? "" : " since ",
		since == TIME_UNSET || !since ? "" : view_when(v, when, sizeof when, since));
}

static void
add_entry(const struct view *v, struct page *p, int64_t t, const char *who, const char *kind,
	const char *what, int severity, const struct obs *o, size_t serial)
{
	char when[40];
	bool today = (v->now - t) / USEC < 12 * 3600;
	struct row *r = page_row(p, arena_printf(p->a, "event:%lld/%s/%zu", (long long)t, kind, serial),
		severity ? style_of_severity(severity) : ST_INFO);

	row_set(r, C_TIME, arena_strdup(p->a,
		view_time(v, when, sizeof when, t / USEC, today ? "%H:%M:%S" : "%m-%d %H:%M:%S")),
		ST_NORMAL, t / USEC);
	row_set(r, C_WHO, who, ST_NORMAL, TIME_UNSET);
	row_set(r, C_KIND, kind, ST_NORMAL, TIME_UNSET);
	row_set(r, C_WHAT, what, severity > 1 ? ST_LABEL : ST_NORMAL, TIME_UNSET);
	r->obs = o;
}

static void
build(const struct view *v, struct page *p, int width)
{
	const struct event_list *e = v->d && v->d->snapshot ? &v->d->snapshot->events : NULL;
	size_t n = e ? e->n : 0, i = 0, j = 0;

	(void)width;
	while (i < n || j < v->n_changes) { /* two lists in time order, merged */
		if (j == v->n_changes || (i < n && e->v[i].t <= v->changes[j].t)) {
			const struct event *x = &e->v[i];
			add_entry(v, p, x->t, x->who, kinds[x->kind], x->text, x->severity, x->obs, i);
			i++;
		} else {
			const struct verdict_change *c = &v->changes[j];
			if (training_hides(v) || (v->past != TIME_UNSET && c->t > v->past)) {
				j++;
				continue;
			}
			add_entry(v, p, c->t, "engine", "cause", c->text, c->severity, NULL, j);
			j++;
		}
	}
}

/* Where in a recording the moment shown lies. */
static void
slider(const struct view *v, struct page *p, int width)
{
	char from[40], until[40], now[40], bar[200] = "";
	int n = width - 44, at;

	if (v->from == TIME_UNSET || v->until <= v->from || n < 10)
		return;
	n = n > 120 ? 120 : n;
	at = (int)((v->now - v->from) * (n - 1) / (v->until - v->from));
	at = at < 0 ? 0 : at >= n ? n - 1 : at;
	memset(bar, '-', (size_t)n);
	bar[at] = '#';
	page_detail(p, width, 0, ST_NORMAL, ST_INFO, "%s [%s] %s   now %s   [ ] looks  { } changes",
		view_time(v, from, sizeof from, v->from / USEC, "%H:%M"), bar,
		view_time(v, until, sizeof until, v->until / USEC, "%H:%M"),
		view_time(v, now, sizeof now, v->now / USEC, "%H:%M:%S"));
}

static void
detail(const struct view *v, struct page *p, const struct row *selected, int width)
{
	slider(v, p, width);
	if (selected && (int)text_width(selected->c[C_WHAT].text) > width - 30)
		page_detail(p, width, 2, ST_NORMAL, ST_NORMAL, "%s", selected->c[C_WHAT].text);
}

static const char *const help[] = {
	"Changes only, not every answer: serials, key sets, DS, servers,",
	"validators, files, the signer, and each new verdict (engine).",
	"F7 or :note TEXT adds what you did or were told.",
	NULL
};

const struct pane_ops pane_timeline = { .title = "Timeline", .header = header, .columns = columns,
	.n_columns = C_N, .newest_last = true, .build = build, .detail = detail, .help = help };
