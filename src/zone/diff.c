#include "zone/diff.h"

#include <stdlib.h>
#include <string.h>

#include "zone/rrset.h"

static bool
is_chain(uint16_t type)
{
	return type == T_NSEC || type == T_NSEC3 || type == T_NSEC3PARAM;
}

/* Order of the RDATA of two records of one type in canonical form. */
static int
rr_cmp(const struct zrr *x, const struct zrr *y)
{
	if (!((x->flags | y->flags) & ZRR_UPPER))
		return rdata_cmp(x->rdata, x->rdlen, y->rdata, y->rdlen);
	uint8_t *lx = malloc((size_t)x->rdlen + y->rdlen + 1u), *ly = lx + x->rdlen;
	if (!lx)
		return rdata_cmp(x->rdata, x->rdlen, y->rdata, y->rdlen);
	memcpy(lx, x->rdata, x->rdlen);
	memcpy(ly, y->rdata, y->rdlen);
	rdata_lower(x->type, lx, x->rdlen);
	rdata_lower(y->type, ly, y->rdlen);
	int d = rdata_cmp(lx, x->rdlen, ly, y->rdlen);
	free(lx);
	return d;
}

/* Two sorted lists of records, told one difference at a time; counts what is in one and in both. */
struct pair {
	struct zrr *const *a, *const *b;
	uint32_t na, nb;
};

static void
count(const struct pair *p, uint64_t *added, uint64_t *removed, uint64_t *same)
{
	uint32_t i = 0, k = 0;

	while (i < p->na || k < p->nb) {
		int d = i == p->na ? 1 : k == p->nb ? -1 : rr_cmp(p->a[i], p->b[k]);
		*(d < 0 ? removed : d > 0 ? added : same) += 1;
		i += d <= 0;
		k += d >= 0;
	}
}

static struct pair
rrs_of(const struct zone *a, const struct zone *b, const struct zset *sa, const struct zset *sb, bool sigs)
{
	struct pair p = { 0 };

	if (sa) {
		p.a = a->rrs + sa->first + (sigs ? sa->n : 0);
		p.na = sigs ? sa->nsig : sa->n;
	}
	if (sb) {
		p.b = b->rrs + sb->first + (sigs ? sb->n : 0);
		p.nb = sigs ? sb->nsig : sb->n;
	}
	return p;
}

struct walk {
	const struct zone *a, *b;
	struct zdiff_counts *c;
	bool (*set)(void *ctx, const struct zdiff_set *s);
	void *ctx;
};

static bool
one_set(struct walk *w, const struct znode *node, const struct zset *sa, const struct zset *sb)
{
	uint16_t type = sb ? sb->type : sa->type;
	struct zdiff_counts *c = w->c;
	struct pair sigs = rrs_of(w->a, w->b, sa, sb, true), rrs = rrs_of(w->a, w->b, sa, sb, false);
	uint64_t added = 0, removed = 0, same = 0;

	if (sigs.na || sigs.nb)
		count(&sigs, &c->sigs_added, &c->sigs_removed, &c->sigs_same);
	if (!rrs.na && !rrs.nb)
		return true;
	if (is_chain(type)) {
		count(&rrs, &c->chain_added, &c->chain_removed, &c->chain_same);
		return true;
	}
	count(&rrs, &added, &removed, &same);
	bool ttl = rrs.na && rrs.nb && zset_ttl(w->a, sa) != zset_ttl(w->b, sb);
	if (!added && !removed && !ttl) {
		c->sets_same++;
		return true;
	}
	c->rrs_added += added;
	c->rrs_removed += removed;
	struct zdiff_set s = { .kind = !rrs.na ? ZDIFF_ADDED : !rrs.nb ? ZDIFF_REMOVED : ZDIFF_CHANGED,
		.type = type, .node = node, .a = rrs.na ? sa : NULL, .b = rrs.nb ? sb : NULL, .ttl = ttl };
	*(s.kind == ZDIFF_ADDED ? &c->sets_added : s.kind == ZDIFF_REMOVED ? &c->sets_removed
									   : &c->sets_changed) += 1;
	return !w->set || w->set(w->ctx, &s);
}

static bool
one_node(struct walk *w, const struct znode *na, const struct znode *nb)
{
	size_t i = 0, k = 0, la = na ? na->nsets : 0, lb = nb ? nb->nsets : 0;

	while (i < la || k < lb) {
		const struct zset *sa = i < la ? &w->a->sets[na->first_set + i] : NULL;
		const struct zset *sb = k < lb ? &w->b->sets[nb->first_set + k] : NULL;
		int d = !sa ? 1 : !sb ? -1 : sa->type - sb->type;
		if (!one_set(w, d < 0 ? na : nb, d <= 0 ? sa : NULL, d >= 0 ? sb : NULL))
			return false;
		i += d <= 0;
		k += d >= 0;
	}
	return true;
}

bool
zone_diff(const struct zone *a, const struct zone *b, bool (*set)(void *ctx, const struct zdiff_set *s),
	void *ctx, struct zdiff_counts *c, struct err *e)
{
	struct walk w = { a, b, c, set, ctx };
	struct soa sa, sb;
	size_t i = 0, k = 0;

	*c = (struct zdiff_counts){ 0 };
	if (!name_equal(&a->apex, &b->apex)) {
		char x[NAME_MAX_TEXT], y[NAME_MAX_TEXT];
		return err_set(e, ERR_ARG, "diff", "two versions of one zone", name_to_text(x, &a->apex), "%s",
			name_to_text(y, &b->apex));
	}
	if ((c->have_serials = zone_soa(a, &sa, NULL) && zone_soa(b, &sb, NULL))) {
		c->serial_a = sa.serial;
		c->serial_b = sb.serial;
	}
	while (i < a->n_nodes || k < b->n_nodes) {
		const struct znode *na = i < a->n_nodes ? &a->nodes[i] : NULL;
		const struct znode *nb = k < b->n_nodes ? &b->nodes[k] : NULL;
		int d = !na ? 1 : !nb ? -1 : wire_name_cmp(na->name, nb->name);
		const struct znode *any = d <= 0 ? na : nb;
		i += d <= 0;
		k += d >= 0;
		if (!(any->flags & ZNODE_OUT) && !one_node(&w, d <= 0 ? na : NULL, d >= 0 ? nb : NULL))
			return false;
	}
	return true;
}

/* ---- text ---- */

static void
put(struct text *out, char sign, const struct znode *n, const struct zrr *rr)
{
	text_add_n(out, &sign, 1);
	text_add_n(out, " ", 1);
	zrr_text(out, n, rr);
}

void
zdiff_set_text(struct text *out, const struct zone *a, const struct zone *b, const struct zdiff_set *s)
{
	struct pair p = rrs_of(a, b, s->a, s->b, false);
	/* With another TTL every record of the set is another one. */
	for (int side = 0; side < 2; side++)
		for (uint32_t i = 0, k = 0; i < p.na || k < p.nb;) {
			int d = i == p.na ? 1 : k == p.nb ? -1 : rr_cmp(p.a[i], p.b[k]);
			if (side == 0 && d <= 0 && (d || s->ttl))
				put(out, '-', s->node, p.a[i]);
			if (side == 1 && d >= 0 && (d || s->ttl))
				put(out, '+', s->node, p.b[k]);
			i += d <= 0;
			k += d >= 0;
		}
}

static void
fold(struct text *out, const char *what, uint64_t added, uint64_t removed, uint64_t same)
{
	text_add(out, "%s: ", what);
	if (!added && !removed)
		text_add(out, "unchanged (%llu)", (unsigned long long)same);
	else
		text_add(out, "%llu new, %llu gone, %llu kept", (unsigned long long)added,
			(unsigned long long)removed, (unsigned long long)same);
}

void
zdiff_counts_text(struct text *out, const struct zdiff_counts *c)
{
	fold(out, "signatures", c->sigs_added, c->sigs_removed, c->sigs_same);
	fold(out, "; NSEC/NSEC3", c->chain_added, c->chain_removed, c->chain_same);
}

struct listing {
	struct text *out;
	const struct zone *a, *b;
	size_t max, told, left;
};

static bool
list_set(void *ctx, const struct zdiff_set *s)
{
	struct listing *l = ctx;

	if (l->max && l->told >= l->max)
		l->left++;
	else {
		zdiff_set_text(l->out, l->a, l->b, s);
		l->told++;
	}
	return true;
}

bool
zdiff_text(struct text *out, const struct zone *a, const struct zone *b, size_t max,
	struct zdiff_counts *c, struct err *e)
{
	struct listing l = { .out = out, .a = a, .b = b, .max = max };

	if (!zone_diff(a, b, list_set, &l, c, e))
		return false;
	if (l.left)
		text_add(out, "and %zu more RRsets that differ\n", l.left);
	if (l.told || c->sigs_added || c->sigs_removed || c->chain_added || c->chain_removed) {
		zdiff_counts_text(out, c);
		text_add_n(out, "\n", 1);
	}
	return true;
}
