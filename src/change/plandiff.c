/* plandiff: what a plan changes, for people, and the size of the DNSKEY answer afterwards. */
#include "change/making.h"

#include <string.h>

#define SIGNATURE_SOON (3 * INT64_C(86400))

static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "Inactive: 20130514001200 (2013-05-14 00:12:00Z)" as it stands in the file. */
static const char *
timing_line(const struct making *m, enum keytime field, int64_t t)
{
	char stamp[40], human[40];

	return mk(m, "; %s: %s (%s)", keytime_name(field), clock_dnssec(stamp, sizeof stamp, t),
		clock_utc(human, sizeof human, t, "%a %b %e %H:%M:%S %Y"));
}

static void
diff_timing(struct making *m)
{
	struct plan_diff *d = &m->p->diff;

	for (size_t i = 0; i < m->p->steps.n; i++) {
		const struct plan_step *s = &m->p->steps.v[i];
		for (size_t k = 0; k < s->timing.n; k++) {
			const struct plan_timing *t = &s->timing.v[k];
			const char *object = file_name(s->file);
			if (t->old_time != TIME_UNSET)
				arena_push(m->a, &d->timing, ((struct diff_line){ "-", object,
					timing_line(m, t->field, t->old_time) }));
			if (t->new_time != TIME_UNSET)
				arena_push(m->a, &d->timing, ((struct diff_line){ "+", object,
					timing_line(m, t->field, t->new_time) }));
		}
	}
}

/* "257 3 8 AwEAAc3k...  ; KSK 42731" */
static const char *
dnskey_line(const struct making *m, struct future_key k)
{
	struct dnskey key;
	struct rr rr = { .owner = m->d->zone, .type = T_DNSKEY, .class = 1, .rdlen = k.len,
		.rdata = k.rdata };
	const char *full, *data;

	if (!dnskey_parse(k.rdata, k.len, &key))
		return "?";
	if (making_is_new(m, k))
		return mk(m, "%u 3 %u (made by this plan)  ; %s", key.flags, key.alg, key_words(m, k));
	full = rr_to_text(m->a, &rr);
	data = strrchr(full, ' ');
	return mk(m, "%u 3 %u %.8s...  ; %s", key.flags, key.alg, data ? data + 1 : "", key_words(m, k));
}

static void
diff_keys(struct making *m)
{
	const struct future_keys *after = after_keys(m);

	for (size_t i = 0; i < m->keys_now.n; i++)
		arena_push(m->a, &m->p->diff.dnskey, ((struct diff_line){
			future_keys_have(after, m->keys_now.v[i]) ? " " : "-", "DNSKEY",
			dnskey_line(m, m->keys_now.v[i]) }));
	for (size_t i = 0; i < after->n; i++)
		if (!future_keys_have(&m->keys_now, after->v[i]))
			arena_push(m->a, &m->p->diff.dnskey, ((struct diff_line){ "+", "DNSKEY",
				dnskey_line(m, after->v[i]) }));
}

/* Who signs SET before and after: "- RRSIG DNSKEY by KSK 42731". */
static void
diff_signers(struct making *m, const char *object, const struct future_keys *before,
	const struct future_keys *after)
{
	for (size_t i = 0; i < before->n; i++)
		if (!future_keys_have(after, before->v[i]))
			arena_push(m->a, &m->p->diff.dnskey, ((struct diff_line){ "-", object,
				mk(m, "by %s", key_words(m, before->v[i])) }));
	for (size_t i = 0; i < after->n; i++) {
		bool had = future_keys_have(before, after->v[i]);
		arena_push(m->a, &m->p->diff.dnskey, ((struct diff_line){ had ? "~" : "+", object,
			mk(m, "by %s", key_words(m, after->v[i])) }));
	}
}

static bool
has_ds(const struct rr_list *list, const struct rr *ds)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].rdlen == ds->rdlen && memcmp(list->v[i].rdata, ds->rdata, ds->rdlen) == 0)
			return true;
	return false;
}

static void
diff_ds(struct making *m)
{
	const struct rr_list *after = after_ds(m);

	for (size_t i = 0; i < m->ds_now.n; i++)
		arena_push(m->a, &m->p->diff.ds, ((struct diff_line){
			has_ds(after, &m->ds_now.v[i]) ? " " : "-", "DS", ds_text(m, &m->ds_now.v[i]) }));
	for (size_t i = 0; i < after->n; i++)
		if (!has_ds(&m->ds_now, &after->v[i]))
			arena_push(m->a, &m->p->diff.ds, ((struct diff_line){ "+", "DS", ds_text(m, &after->v[i]) }));
}

static void
diff_records(struct making *m)
{
	const struct fact_source *src = m->s->source ? &m->s->source->u.source : NULL;
	struct plan_diff *d = &m->p->diff;

	arena_push(m->a, &d->records, ((struct diff_line){ "-", "SOA", mk(m, "%u", m->serial_old) }));
	arena_push(m->a, &d->records, ((struct diff_line){ "+", "SOA", mk(m, "%u", m->serial_new) }));
	if (src && src->readable && src->has_serial && serial_cmp(src->serial, m->serial_old, NULL) > 0)
		arena_push(m->a, &d->records, ((struct diff_line){ "~", "source", mk(m, "%s by %s: %s",
			text_clean_dup(m->a, src->revision ? src->revision : "?"),
			text_clean_dup(m->a, src->author ? src->author : "?"),
			text_clean_dup(m->a, src->message ? src->message : "")) }));
}

/* ---- counts of RRSIGs, from the signed file ---- */

static const struct signer_set *
signer_in(const struct fact_zonefile *f, struct future_key k)
{
	for (size_t i = 0; i < f->signers.n; i++)
		if (f->signers.v[i].tag == key_tag_of(k) && f->signers.v[i].alg == k.rdata[3])
			return &f->signers.v[i];
	return NULL;
}

static int64_t
sets_signed(const struct fact_zonefile *f)
{
	int64_t most = 0;

	for (size_t i = 0; i < f->signers.n; i++)
		if (f->signers.v[i].rrsets > most)
			most = f->signers.v[i].rrsets;
	return most;
}

static void
count_rrsigs(struct making *m, const struct fact_zonefile *f)
{
	const struct future_keys *data = after_data_signers(m), *keys = after_key_signers(m);
	struct plan_diff *d = &m->p->diff;
	int64_t sets = sets_signed(f);

	d->rrsig_kept = d->rrsig_renewed = d->rrsig_removed = 0;
	for (size_t i = 0; i < data->n; i++) {
		const struct signer_set *s = signer_in(f, data->v[i]);
		bool good = s && s->rrsets && s->first_expiration > m->now + SIGNATURE_SOON &&
			s->last_inception <= m->now;
		d->rrsig_kept += good ? (int64_t)s->rrsets - 1 : 0; /* the SOA changes */
		d->rrsig_renewed += good ? 1 : sets;
	}
	d->rrsig_renewed += (int64_t)keys->n;
	for (size_t i = 0; i < f->signers.n; i++) {
		const struct signer_set *s = &f->signers.v[i];
		for (size_t k = 0; k < data->n && s; k++)
			if (s->tag == key_tag_of(data->v[k]))
				s = NULL;
		for (size_t k = 0; k < keys->n && s; k++)
			if (s->tag == key_tag_of(keys->v[k]))
				s = NULL;
		if (s)
			d->rrsig_removed += (int64_t)s->rrsets + s->dnskey;
	}
}

static void
diff_commands(struct making *m)
{
	for (size_t i = 0; i < m->p->steps.n; i++) {
		const struct plan_step *s = &m->p->steps.v[i];
		const char *line = "";
		for (size_t k = 0; k < s->argv.n; k++)
			line = mk(m, "%s%s%s", line, k ? " " : "", s->argv.v[k]);
		if (*line)
			arena_push(m->a, &m->p->diff.commands, line);
		for (size_t k = 0; k < s->commands.n; k++)
			arena_push(m->a, &m->p->diff.commands, s->commands.v[k]);
	}
}

void
make_diff(struct making *m)
{
	struct plan_diff *d = &m->p->diff;
	const struct fact_zonefile *f = m->s->signed_file ? &m->s->signed_file->u.zonefile : NULL;
	bool zone = m->signs || m->o->set.deploy;

	d->rrsig_kept = d->rrsig_renewed = d->rrsig_removed = -1;
	d->serial_old = m->serial_known ? (int64_t)m->serial_old : -1;
	d->serial_new = zone ? (int64_t)m->serial_new : -1;
	diff_timing(m);
	diff_keys(m);
	if (zone) {
		diff_signers(m, "RRSIG DNSKEY", &m->key_signers_now, after_key_signers(m));
		diff_signers(m, "RRSIG data", &m->data_signers_now, after_data_signers(m));
		diff_records(m);
	}
	diff_ds(m);
	if (m->signs && f && f->readable && f->signers.n)
		count_rrsigs(m, f);
	diff_commands(m);
}

/* ---- the answer's size ---- */

static int64_t
signature_length(const struct dnskey *k, int64_t rsa_bits)
{
	switch (k->alg) {
	case 13: case 15: return 64;
	case 14: return 96;
	case 16: return 114;
	default: return rsa_bits / 8;
	}
}

static int64_t
key_length(const struct dnskey *k, bool made, int64_t real)
{
	if (!made)
		return real;
	switch (k->alg) {
	case 13: return 4 + 64;
	case 14: return 4 + 96;
	case 15: return 4 + 32;
	case 16: return 4 + 57;
	default: return 4 + 4 + 256;
	}
}

int64_t
dnskey_answer_size(const struct making *m)
{
	const struct future_keys *keys = after_keys(m), *signers = after_key_signers(m);
	int64_t size = 12 + m->d->zone.len + 4 + 11; /* header, question, OPT */

	if (!keys->n)
		return -1;
	for (size_t i = 0; i < keys->n; i++) {
		struct dnskey k;
		if (!dnskey_parse(keys->v[i].rdata, keys->v[i].len, &k))
			return -1;
		size += 12 + key_length(&k, making_is_new(m, keys->v[i]), keys->v[i].len);
	}
	for (size_t i = 0; i < signers->n; i++) {
		const struct key_row *r = making_row(m, signers->v[i]);
		struct dnskey k;
		if (!dnskey_parse(signers->v[i].rdata, signers->v[i].len, &k))
			return -1;
		/* the signer's name is not compressed: RFC 4034 3.1.7 */
		size += 12 + 18 + m->d->zone.len + signature_length(&k, r && r->bits ? r->bits : 2048);
	}
	return size;
}
