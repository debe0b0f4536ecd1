/* Chain: DS, DNSKEY and RRSIG links from the root to the zone's data, and what caches may hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/tui/view.h"

static const struct column columns[] = { { "CHAIN", 20, 0, 0, false } };

static const struct chain *
chain_of(const struct view *v)
{
	return v->d ? v->d->chain : NULL;
}

static const char *
mark_text(enum link_state s)
{
	return s == LINK_SECURE ? "✓" : s == LINK_BOGUS ? "✗" : s == LINK_INSECURE ? "○" : "◌";
}

static const char *
tags_text(struct arena *a, const uint16_t *tags, size_t n)
{
	struct text t = { 0 };

	for (size_t i = 0; i < n; i++)
		text_add(&t, "%s%u", i ? " " : "", tags[i]);
	const char *s = arena_strdup(a, n ? text_str(&t) : "none");
	text_free(&t);
	return s;
}

static const char *
set_tags(struct arena *a, const struct rr_list *set)
{
	uint16_t tags[64];
	size_t n = 0;

	for (size_t i = 0; i < set->n && n < 64; i++)
		tags[n++] = dnskey_tag(set->v[i].rdata, set->v[i].rdlen);
	return tags_text(a, tags, n);
}

static void
add_line(struct page *p, const char *id, enum style mark, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void
add_line(struct page *p, const char *id, enum style mark, const char *fmt, ...)
{
	va_list ap;
	struct row *r = page_row(p, id, mark);

	va_start(ap, fmt);
	row_set(r, 0, arena_vprintf(p->a, fmt, ap), ST_MARKED, TIME_UNSET);
	va_end(ap);
}

/* "RRSIG to 06-05 (20d)". */
static const char *
until(const struct view *v, struct arena *a, int64_t t)
{
	char when[40], span[40];

	if (t == TIME_UNSET || t == TIME_NEVER || !t)
		return "";
	int64_t left = t - v->now / USEC;
	if (left > 2 * 86400)
		view_time(v, when, sizeof when, t, "%m-%d");
	else
		view_when(v, when, sizeof when, t);
	return arena_printf(a, "RRSIG to %s (%s)", when, clock_span(span, sizeof span, left));
}

static const char *
short_name(struct arena *a, const struct name *n, size_t cols)
{
	char full[NAME_MAX_TEXT], cut[NAME_MAX_TEXT + 8];

	text_cut_middle(cut, sizeof cut, name_to_text(full, n), cols, false);
	return arena_strdup(a, cut);
}

/* Everything above the zone: a line for the keys, a line for the DS that they sign. */
static void
upper_link(const struct view *v, struct page *p, size_t i)
{
	const struct chain *c = chain_of(v);
	const struct chain_link *l = &c->links[i], *below = &c->links[i + 1];
	const char *name = short_name(p->a, &l->zone, 24);
	int deep = i ? (int)(i - 1) * 2 : 0;
	const char *id = arena_printf(p->a, "link:%zu", i);
	const char *lead = i ? arena_printf(p->a, "%*s└─▸", deep, "") : "";
	int pad = 15 - (int)text_width(lead) - (int)text_width(name);

	if (l->anchored)
		add_line(p, id, ST_NORMAL, "%s%s%*s KSK %s = trust anchor   %s %s", lead, name,
			pad > 0 ? pad : 0, "", tags_text(p->a, l->dnskey_signers, l->n_dnskey_signers),
			mark_text(l->state), link_state_name(l->state));
	else if (l->n_ds)
		add_line(p, id, ST_NORMAL, "%s%s%*s DS %u -> KSK %s   %s %s%s%s", lead, name,
			pad > 0 ? pad : 0, "", l->ds[0].ds.tag,
			tags_text(p->a, l->dnskey_signers, l->n_dnskey_signers), mark_text(l->state),
			link_state_name(l->state), l->reason && l->reason[0] ? ": " : "",
			l->reason ? l->reason : "");
	else
		add_line(p, id, ST_NORMAL, "%s%s%*s %s   %s %s", lead, name, pad > 0 ? pad : 0, "",
			l->dnskey.n ? "keys taken as they are" : "not seen", mark_text(l->state),
			link_state_name(l->state));
	if (below->n_ds)
		add_line(p, NULL, ST_NORMAL, "%*s%s%*s ZSK %u signs DS %s   %s", i ? deep + 2 : 0, "",
			"│", i ? 12 - deep : 14, "", below->ds_signer_tag,
			short_name(p->a, &below->zone, 30), until(v, p->a, below->ds_expiration));
	else
		add_line(p, NULL, ST_NORMAL, "%*s%s%*s %s for %s", i ? deep + 2 : 0, "", "│",
			i ? 12 - deep : 14, "", below->ds_absent ? "no DS" : "◌ DS not known",
			short_name(p->a, &below->zone, 40));
}

static void
ds_rows(struct page *p, const struct chain_link *z, int width)
{
	for (size_t i = 0; i < z->n_ds; i++) {
		const struct ds_link *d = &z->ds[i];
		const char *id = arena_printf(p->a, "ds:%u/%u/%u", d->ds.tag, d->ds.alg,
			d->ds.digest_type);
		char hex[24];
		bool ok = d->key_served && d->digest_ok;
		text_cut_middle(hex, sizeof hex, d->hex ? d->hex : "", 17, false);
		struct text t = { 0 };
		if (width >= 74)
			text_add(&t, "   DS %u alg %u %s %s  ──%s──▸ ", d->ds.tag, d->ds.alg,
				digest_name(d->ds.digest_type), hex, ok ? "✓" : "✗");
		else
			text_add(&t, "   DS %u %s ──%s─▸ ", d->ds.tag, digest_name(d->ds.digest_type),
				ok ? "✓" : "✗");
		if (!d->supported)
			text_add(&t, "algorithm or digest not supported here");
		else if (!d->key_served)
			text_add(&t, "no such DNSKEY is served");
		else if (!d->digest_ok)
			text_add(&t, "DNSKEY %u has another digest", d->ds.tag);
		else
			text_add(&t, "%s %u  %s", d->key_flags & DNSKEY_SEP ? "KSK" : "key", d->ds.tag,
				d->key_signs ? "signs DNSKEY ✓" : "does not sign DNSKEY ✗");
		if (d->parents < d->of)
			text_add(&t, "  on %u of %u parent servers", d->parents, d->of);
		add_line(p, id, ST_NORMAL, "%s", text_str(&t));
		text_free(&t);
	}
	if (!z->n_ds)
		add_line(p, "ds:none", ST_NORMAL, "   %s", z->ds_absent ?
			"no DS at the parent: nobody validates this zone" :
			"◌ DS not known: no parent server answered");
}

static void
zone_link(const struct view *v, struct page *p, int width)
{
	const struct chain *c = chain_of(v);
	const struct chain_link *z = &c->links[c->n - 1];
	int deep = c->n > 2 ? (int)(c->n - 2) * 2 : 0;
	char full[NAME_MAX_TEXT];

	add_line(p, "zone", ST_NORMAL, "%*s%s%s   %s %s", deep, "", c->n > 1 ? "└─▸" : "",
		name_to_text(full, &z->zone), mark_text(c->state), link_state_name(c->state));
	if (c->reason && c->reason[0])
		add_line(p, NULL, ST_NORMAL, "   %s", c->reason);
	ds_rows(p, z, width);
	if (!z->dnskey.n) {
		add_line(p, "dnskey", ST_NORMAL, "   ◌ no DNSKEY seen");
		return;
	}
	add_line(p, "dnskey", ST_NORMAL, "   DNSKEY set {%s}  TTL %u  signed by %s  %s",
		set_tags(p->a, &z->dnskey), z->dnskey_ttl,
		tags_text(p->a, z->dnskey_signers, z->n_dnskey_signers),
		until(v, p->a, z->dnskey_expiration));
	add_line(p, "data", ST_NORMAL, "   %s ──%s──▸ SOA and other data  %s",
		tags_text(p->a, z->data_signers, z->n_data_signers), z->n_data_signers ? "✓" : "✗",
		until(v, p->a, z->data_expiration));
}

/* Tags in a version's value: RDATA in hexadecimal, separated by blanks. */
static size_t
version_tags(const struct version *ver, bool dnskey, uint16_t *tags, size_t max)
{
	uint8_t rdata[4096];
	size_t n = 0;

	for (const char *s = ver->value; *s && n < max;) {
		size_t len = strcspn(s, " ");
		char *hex = strndup(s, len);
		long got = hex ? text_unhex(rdata, sizeof rdata, hex) : -1;
		if (got > 4)
			tags[n++] = dnskey ? dnskey_tag(rdata, (size_t)got) :
					     (uint16_t)(rdata[0] << 8 | rdata[1]);
		free(hex);
		s += len + (s[len] == ' ');
	}
	return n;
}

static bool
share_tag(const uint16_t *a, size_t n, const uint16_t *b, size_t m)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			if (a[i] == b[j])
				return true;
	return false;
}

/* Sets that are no longer served but may still be in caches, against what is signed now. */
static size_t
cache_rows(const struct view *v, struct page *p, const struct version_list *list, bool dnskey)
{
	const struct chain *c = chain_of(v);
	const struct chain_link *z = &c->links[c->n - 1];
	char off[40], gone[40];
	size_t shown = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct version *ver = &list->v[i];
		uint16_t tags[64];
		if (ver->off == TIME_NEVER || ver->off + (int64_t)ver->ttl <= v->now / USEC)
			continue;
		size_t n = version_tags(ver, dnskey, tags, 64);
		bool ok = dnskey ? share_tag(tags, n, z->data_signers, z->n_data_signers) :
				   share_tag(tags, n, z->dnskey_signers, z->n_dnskey_signers);
		add_line(p, arena_printf(p->a, "cache:%d/%zu", dnskey, i), ok ? ST_OK : ST_CRIT,
			"%s {%s} fetched before %s, until %s: %s%s", dnskey ? "DNSKEY" : "DS",
			tags_text(p->a, tags, n), view_when(v, off, sizeof off, ver->off),
			view_when(v, gone, sizeof gone, ver->off + ver->ttl),
			ok	 ? "still fits" :
			dnskey ? "lacks today's signer" :
				   "no such key signs now",
			ver->inferred ? " (inferred)" : "");
		shown++;
	}
	return shown;
}

/* Is there a set that a cache may hold and that cannot check what is signed now? */
static bool
bad_caches(const struct view *v)
{
	const struct history *h = &v->d->snapshot->history;
	struct page p = { .a = arena_new() };
	bool bad = false;

	cache_rows(v, &p, &h->dnskey, true);
	cache_rows(v, &p, &h->ds, false);
	for (size_t i = 0; i < p.rows.n; i++)
		bad |= p.rows.v[i].mark == ST_CRIT;
	arena_free(p.a);
	return bad;
}

static void
header(const struct view *v, struct pane_header *h)
{
	const struct chain *c = chain_of(v);

	h->mark = ST_UNKNOWN;
	if (!c || !c->n) {
		snprintf(h->text, sizeof h->text, "nothing heard yet");
		return;
	}
	const struct chain_link *z = &c->links[c->n - 1];
	char parent[NAME_MAX_TEXT] = "parent", ds[80];
	if (c->n > 1)
		name_to_text(parent, &c->links[c->n - 2].zone);
	const struct ds_link *fits = z->n_ds ? &z->ds[0] : NULL;
	for (size_t i = 0; i < z->n_ds; i++)
		if (z->ds[i].digest_ok && z->ds[i].key_signs) {
			fits = &z->ds[i];
			break;
		}
	if (fits)
		snprintf(ds, sizeof ds, "DS %u", fits->ds.tag);
	else
		snprintf(ds, sizeof ds, "%s", z->ds_absent ? "no DS" : "DS not known");
	h->mark = style_of_link(c->state);
	if (c->state == LINK_SECURE && bad_caches(v)) {
		h->mark = ST_WARN;
		snprintf(h->text, sizeof h->text,
			"served chain secure; some caches hold sets that do not fit it");
		return;
	}
	if (c->state == LINK_SECURE && fits)
		snprintf(h->text, sizeof h->text, "%.60s %s%s -> DNSKEY %u -> SOA: secure%s", parent,
			ds, z->n_ds > 1 ? " ..." : "", fits->ds.tag,
			c->wholly_known ? "" : " (links above not seen)");
	else
		snprintf(h->text, sizeof h->text, "%.60s %s: %s%s%s", parent, ds,
			link_state_name(c->state), c->reason && c->reason[0] ? ", " : "",
			c->reason ? c->reason : "");
}

static void
build(const struct view *v, struct page *p, int width)
{
	const struct chain *c = chain_of(v);

	if (!c || !c->n)
		return;
	if (v->pane[PANE_CHAIN].mode == 0) {
		for (size_t i = 0; i + 1 < c->n; i++)
			upper_link(v, p, i);
		zone_link(v, p, width);
	}
	add_line(p, NULL, ST_NORMAL, "%s", "");
	add_line(p, NULL, ST_NORMAL, "In caches (sets no longer served, by when they were fetched)");
	const struct history *h = &v->d->snapshot->history;
	if (cache_rows(v, p, &h->dnskey, true) + cache_rows(v, p, &h->ds, false) == 0)
		add_line(p, NULL, ST_NORMAL, "no older DNSKEY or DS set was seen%s",
			v->pane[PANE_CHAIN].mode ? ", as far as was watched" : "");
}

static bool
request(struct view *v, enum request r)
{
	if (r != REQ_VIEW)
		return false;
	v->pane[PANE_CHAIN].mode = !v->pane[PANE_CHAIN].mode;
	view_notice(v, "chain: %s", v->pane[PANE_CHAIN].mode ? "what caches may hold" : "as served");
	return true;
}

static const char *const help[] = {
	"From the trust anchor down: which DS fits which DNSKEY, which",
	"key signs what. Every signature is verified by this program.",
	"Below: older sets that validators may still hold, and whether",
	"they can check what is signed now. v shows only these.",
	NULL
};

const struct pane_ops pane_chain = { .title = "Chain", .header = header, .columns = columns,
	.n_columns = 1, .free_form = true, .build = build, .request = request, .help = help };
