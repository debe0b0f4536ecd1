/* Keys: who signs what, which DS points at whom, and when it ends. */
#include <stdio.h>
#include <string.h>

#include "ui/tui/view.h"
#include "ui/tui/training.h"

enum { C_ROLE, C_TAG, C_ALG, C_BITS, C_FILE, C_DNSKEY, C_DS, C_SIGNS, C_STATE, C_ENDS, C_CACHED, C_N };
static const struct column columns[C_N] = {
	[C_ROLE] = { "ROLE", 4, 4, 0, false },
	[C_TAG] = { "TAG", 5, 6, 0, true },
	[C_ALG] = { "ALG", 3, 3, 4, true },
	[C_BITS] = { "BITS", 4, 5, 5, true },
	[C_FILE] = { "FILE", 4, 5, 7, false },
	[C_DNSKEY] = { "DNSKEY", 6, 7, 1, false },
	[C_DS] = { "DS", 5, 6, 2, false },
	[C_SIGNS] = { "SIGNS", 10, 10, 3, false },
	[C_STATE] = { "STATE", 10, 14, 0, false },
	[C_ENDS] = { "ENDS", 6, 8, 0, false },
	[C_CACHED] = { "CACHED", 8, 9, 6, false },
};

static const struct inventory *
keys_of(const struct view *v)
{
	return v->d ? v->d->inventory : NULL;
}

/* "1 KSK ok", "1 ZSK INACTIVE", "2 KSK (1 not served)" for one role. */
static void
count_role(const struct inventory *inv, enum key_role role, struct text *t)
{
	unsigned n = 0, bad = 0;
	const struct key_row *worst = NULL;

	for (size_t i = 0; i < inv->n; i++) {
		const struct key_row *k = &inv->rows[i];
		if (k->role != role)
			continue;
		n++;
		bad += k->severity > 0;
		if (!worst || k->severity > worst->severity)
			worst = k;
	}
	if (!n)
		return;
	text_add(t, "%s%u %s ", t->len ? ", " : "", n,
		role == KEYROLE_UNKNOWN ? "of no known role" : key_role_name(role));
	if (!bad)
		text_add(t, "ok");
	else if (n == 1)
		text_add_clean(t, worst->state);
	else {
		text_add(t, "(%u ", bad);
		text_add_clean(t, worst->state);
		text_add(t, ")");
	}
}

static void
header(const struct view *v, struct pane_header *h)
{
	const struct inventory *inv = keys_of(v);
	struct text t = { 0 };
	int worst = 0;

	h->mark = ST_UNKNOWN;
	if (!inv || !inv->n) {
		snprintf(h->text, sizeof h->text, "%s",
			!inv ? "nothing heard yet" : "no DNSKEY and no key file seen");
		return;
	}
	for (size_t i = 0; i < inv->n; i++)
		if (inv->rows[i].severity > worst)
			worst = inv->rows[i].severity;
	if (training_hides(v)) {
		snprintf(h->text, sizeof h->text, "%zu keys, states hidden until you name the cause", inv->n);
		return;
	}
	count_role(inv, KEYROLE_KSK, &t);
	count_role(inv, KEYROLE_ZSK, &t);
	count_role(inv, KEYROLE_CSK, &t);
	count_role(inv, KEYROLE_UNKNOWN, &t);
	h->mark = style_of_severity(worst);
	snprintf(h->text, sizeof h->text, "%zu key%s: %s%s", inv->n, inv->n == 1 ? "" : "s",
		text_str(&t), inv->have_keydir ? "" : "   (no key files seen)");
	text_free(&t);
}

static const char *
file_word(const struct key_row *k)
{
	if (!k->file)
		return "no";
	const char *s = k->file->u.keyfile.private_state;
	if (!s || strcmp(s, "present") == 0)
		return "yes";
	return strcmp(s, "missing") == 0 ? "no priv" : s;
}

static void
set_ends(const struct view *v, struct page *p, struct row *r, const struct key_row *k)
{
	char span[40];
	int64_t left = k->ends - v->now / USEC;

	if (k->ends == TIME_UNSET)
		row_set(r, C_ENDS, "-", ST_NORMAL, TIME_UNSET);
	else if (k->ends == TIME_NEVER)
		row_set(r, C_ENDS, "never", ST_NORMAL, TIME_NEVER);
	else
		row_printf(p, r, C_ENDS, left <= 0 ? style_of_severity(k->severity) : ST_NORMAL, left,
			"%s%s", left > 0 ? "+" : "", clock_span(span, sizeof span, left));
}

static void
set_ds(struct page *p, struct row *r, const struct key_row *k)
{
	static const char *const words[] = { [DS_UNKNOWN] = "?", [DS_NONE] = "-", [DS_MATCH] = "match",
		[DS_WRONG_DIGEST] = "WRONG" };

	if (k->ds == DS_MATCH && k->ds_parents < k->parents)
		row_printf(p, r, C_DS, ST_WARN, TIME_UNSET, "%u/%u", k->ds_parents, k->parents);
	else
		row_set(r, C_DS, words[k->ds], k->ds == DS_WRONG_DIGEST ? ST_CRIT : ST_NORMAL,
			TIME_UNSET);
}

static void
add_key(const struct view *v, struct page *p, const struct key_row *k)
{
	char id[80], when[40];
	enum style st = training_hides(v) ? ST_UNKNOWN : style_of_severity(k->severity);

	snprintf(id, sizeof id, "key:%u/%u/%u/%u", k->tag, k->alg, k->flags, k->rdlen);
	for (unsigned n = 2; page_find_id(p, id) >= 0; n++)
		snprintf(id, sizeof id, "key:%u/%u/%u/%u#%u", k->tag, k->alg, k->flags, k->rdlen, n);
	struct row *r = page_row(p, id, st);
	row_set(r, C_ROLE, key_role_name(k->role), ST_NORMAL, TIME_UNSET);
	row_printf(p, r, C_TAG, ST_NORMAL, k->tag, "%u", k->tag);
	row_printf(p, r, C_ALG, ST_NORMAL, k->alg, "%u", k->alg);
	row_printf(p, r, C_BITS, ST_NORMAL, k->bits, "%u", k->bits);
	row_set(r, C_FILE, file_word(k), ST_NORMAL, TIME_UNSET);
	if (k->servers)
		row_printf(p, r, C_DNSKEY, ST_NORMAL, k->served, "%u/%u", k->served, k->servers);
	else
		row_set(r, C_DNSKEY, "?", ST_UNKNOWN, TIME_UNSET);
	set_ds(p, r, k);
	row_set(r, C_SIGNS, k->signs, ST_NORMAL, TIME_UNSET);
	if (training_hides(v))
		row_set(r, C_STATE, "?", ST_UNKNOWN, TIME_UNSET);
	else
		row_printf(p, r, C_STATE, k->severity ? st : ST_NORMAL, TIME_UNSET, "%s%s",
			k->severity ? "! " : "", k->state ? k->state : "-");
	set_ends(v, p, r, k);
	if (k->cached_until != TIME_UNSET && k->cached_until > v->now / USEC)
		row_printf(p, r, C_CACHED, ST_WARN, k->cached_until, "to %s",
			view_when(v, when, sizeof when, k->cached_until));
	else
		row_set(r, C_CACHED, k->served ? "yes" : "-", ST_NORMAL, TIME_UNSET);
	r->obs = k->file;
	r->words = arena_printf(p->a, "algorithm:%s conflict:%s timing:%s", algorithm_name(k->alg),
		k->conflict ? "yes" : "no", key_timing_name(k->timing));
}

static void
build(const struct view *v, struct page *p, int width)
{
	const struct inventory *inv = keys_of(v);

	(void)width;
	for (size_t i = 0; inv && i < inv->n; i++)
		add_key(v, p, &inv->rows[i]);
}

static const struct key_row *
selected_key(const struct view *v, const struct row *r)
{
	const struct inventory *inv = keys_of(v);
	struct arena *a = arena_new();
	struct page all = { .a = a, .n_cols = C_N, .cols = columns };
	const struct key_row *k = NULL;

	build(v, &all, 0);
	long i = r->id ? page_find_id(&all, r->id) : -1;
	if (inv && i >= 0 && (size_t)i < inv->n)
		k = &inv->rows[i];
	arena_free(a);
	return k;
}

static void
file_lines(const struct view *v, struct page *p, const struct key_row *k, int width)
{
	const struct fact_keyfile *f = &k->file->u.keyfile;
	struct text t = { 0 };
	char when[40], when2[40], span[40];

	char path[1024];
	text_cut_middle(path, sizeof path, text_clean_dup(p->a, f->path), (size_t)(width > 30 ?
		width - 9 : 21), false);
	page_detail(p, width, 6, ST_NORMAL, ST_NORMAL, "%-5u %s", k->tag, path);
	for (int i = 0; i < KT_COUNT; i++)
		if (f->time[i] != TIME_UNSET &&
			(i == KT_INACTIVE || i == KT_DELETE || i == KT_REVOKE))
			text_add(&t, "%s: %sZ   ", keytime_name((enum keytime)i),
				clock_dnssec(when, sizeof when, f->time[i]));
	if (k->rrsigs && k->first_expiration != TIME_UNSET)
		text_add(&t, "RRSIGs it made%s: %u, valid to %s (%s)",
			k->rrsigs_from_file ? "" : " (in answers)", k->rrsigs,
			view_when(v, when2, sizeof when2, k->first_expiration),
			clock_span(span, sizeof span, k->first_expiration - v->now / USEC));
	else
		text_add(&t, "RRSIGs by it: none seen");
	page_detail(p, width, 6, ST_NORMAL, ST_NORMAL, "      %s", text_str(&t));
	text_free(&t);
}

static void
role_lines(struct page *p, const struct key_row *k, int width)
{
	if (k->conflict)
		page_detail(p, width, 6, ST_WARN, ST_WARN, "      %s", k->conflict);
	if (k->flags)
		page_detail(p, width, 6, ST_NORMAL, ST_NORMAL,
			"      flags %u (%s) -> %s. The file name does not tell; flags do.", k->flags,
			k->flags & DNSKEY_SEP ? "SEP bit" : "no SEP bit", key_role_name(k->by_flags));
	if (k->file && k->file->u.keyfile.comment)
		page_detail(p, width, 6, ST_INFO, ST_NORMAL, "      line 1 of the file: '%s'",
			k->file->u.keyfile.comment);
	page_detail(p, width, 6, ST_INFO, ST_NORMAL,
		"      role by flags: %s   by use: %s   by DS: %s   by comment: %s",
		key_role_name(k->by_flags), key_role_name(k->by_use), key_role_name(k->by_ds),
		key_role_name(k->by_comment));
}

static void
time_lines(const struct view *v, struct page *p, const struct key_row *k, int width)
{
	const struct fact_keyfile *f = &k->file->u.keyfile;
	struct text t = { 0 };
	char when[40];

	for (int i = 0; i < KT_COUNT; i++)
		if (f->time[i] != TIME_UNSET)
			text_add(&t, "%s %s   ", keytime_name((enum keytime)i),
				view_time(v, when, sizeof when, f->time[i], "%Y-%m-%d %H:%M"));
	page_detail(p, width, 6, ST_NORMAL, ST_NORMAL, "      %s",
		t.len ? text_str(&t) : "no timing fields in the file");
	text_free(&t);
	page_detail(p, width, 6, ST_NORMAL, ST_NORMAL, "      private part: %s%s   mode %04o %s",
		f->private_state ? f->private_state : "not looked for",
		f->private_hsm ? " (in an HSM)" : "", f->private_mode & 07777,
		f->private_owner ? f->private_owner : "");
	if (f->problem)
		page_detail(p, width, 6, ST_WARN, ST_WARN, "      %s", f->problem);
}

static void
cache_lines(const struct view *v, struct page *p, const struct key_row *k, int width)
{
	char left[40], until[40];

	if (k->left_zone == TIME_UNSET)
		return;
	page_detail(p, width, 6, ST_NORMAL, ST_NORMAL,
		"      left the zone %s; in caches until %s at the latest",
		view_when(v, left, sizeof left, k->left_zone),
		k->cached_until == TIME_UNSET ? "?" :
						view_when(v, until, sizeof until, k->cached_until));
}

static void
ds_line(const struct view *v, struct page *p, const struct key_row *k, int width)
{
	uint8_t digest[64];
	char hex[129];
	size_t n = k->rdata ? ds_digest(&v->d->zone, k->rdata, k->rdlen, 2, digest) : 0;

	if (!n)
		return;
	text_hex(hex, sizeof hex, digest, n);
	page_detail(p, width, 6, ST_INFO, ST_NORMAL, "      its DS would be: %u %u 2 %s", k->tag,
		k->alg, hex);
}

static void
detail(const struct view *v, struct page *p, const struct row *selected, int width)
{
	const struct key_row *k = selected ? selected_key(v, selected) : NULL;

	if (!k)
		return;
	if (k->file)
		file_lines(v, p, k, width);
	else
		page_detail(p, width, 6, ST_NORMAL, ST_NORMAL, "%-5u no key file seen%s", k->tag,
			v->d->inventory->have_keydir ? " in the key directory" :
						       " (no key directory is configured or readable)");
	if (k->severity && k->state_text && !training_hides(v))
		page_detail(p, width, 6, style_of_severity(k->severity), ST_NORMAL, "      %s",
			k->state_text);
	cache_lines(v, p, k, width);
	role_lines(p, k, width);
	if (k->file)
		time_lines(v, p, k, width);
	ds_line(v, p, k, width);
}

static const char *const help[] = {
	"One row a key, joined from key files, DNSKEY, DS and RRSIGs.",
	"DNSKEY n/m: n of m answering servers have it. DS: the parent",
	"points at it. ENDS: Inactive of the key file, not of signatures.",
	"KSK = flags 257, a DS points to it, signs the DNSKEY set only",
	"ZSK = flags 256, no DS, signs SOA and all other records",
	"CSK = one key for both",
	NULL
};

const struct pane_ops pane_keys = { .title = "Keys", .header = header, .columns = columns,
	.n_columns = C_N, .build = build, .detail = detail, .help = help };
