#include "zone/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "zone/pool.h"
#include "zone/rrset.h"

#define BLOCK_FIRST (64u << 10)
#define BLOCK_SIZE (1u << 20)
#define PROBLEMS_KEPT 1000u

struct zone_block {
	struct zone_block *next;
	size_t used, cap, map; /* map: octets of the mapping */
	uint8_t data[];
};

/* Consecutive records of one owner, as they came. */
struct run {
	const uint8_t *name;
	uint32_t first, n;
	uint64_t key; /* the label below the apex, its first octets: orders most names by itself */
};

struct zone_builder {
	struct zone *z;
	struct run *runs;
	size_t n_runs, cap_runs;
	struct zrr **rrs;
	size_t n_rrs, cap_rrs;
	size_t limit;
	size_t raw_len; /* the last owner as it was written, for records that repeat it */
	uint8_t raw[NAME_MAX_WIRE];
	bool have_apex;
	struct err *e; /* while scanning */
};

/* ---- memory ---- */

static void *
list_alloc(struct zone_block **list, size_t *total, size_t size)
{
	struct zone_block *b = *list;

	size = (size + 3) & ~(size_t)3;
	if (!b || b->cap - b->used < size) {
		/* Small zones take little, large ones are taken in large pieces. */
		size_t map = !b ? BLOCK_FIRST : b->map < BLOCK_SIZE ? b->map * 2 : BLOCK_SIZE;
		bool big = size > map / 4;
		if (big)
			map = (size + sizeof *b + 4095) & ~(size_t)4095;
		b = pages_new(map);
		if (!b)
			return NULL;
		b->used = 0;
		b->map = map;
		b->cap = map - sizeof *b;
		if (big && *list) { /* of its own: keep filling the current one */
			b->next = (*list)->next;
			(*list)->next = b;
		} else {
			b->next = *list;
			*list = b;
		}
		*total += map;
	}
	void *p = b->data + b->used;
	b->used += size;
	return p;
}

static void *
block_alloc(struct zone *z, size_t size)
{
	return list_alloc(&z->blocks, &z->memory, size);
}

struct zrr *
zrr_new(struct zone_block **blocks, uint16_t type, uint32_t ttl, uint16_t rdlen)
{
	size_t total = 0;
	struct zrr *rr = list_alloc(blocks, &total, sizeof *rr + rdlen);

	if (rr)
		*rr = (struct zrr){ .ttl = ttl, .rdlen = rdlen, .type = type };
	return rr;
}

void
zone_adopt(struct zone *z, struct zone_block *blocks)
{
	while (blocks) {
		struct zone_block *b = blocks;
		blocks = b->next;
		z->memory += b->map;
		b->next = z->blocks ? z->blocks->next : NULL;
		if (z->blocks)
			z->blocks->next = b;
		else
			z->blocks = b;
	}
}

static bool
no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "zone", "malloc", "", "no memory");
}

/* Room for one more element of SIZE octets in a growing array (base/pages). */
static bool
room(void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t want = (*cap ? *cap + *cap / 2 : 512);
	want = ((want * size + 4095) & ~(size_t)4095) / size;
	void *p = pages_grow(*v, *cap * size, want * size);
	if (!p)
		return false;
	*v = p;
	*cap = want;
	return true;
}

void
zone_free(struct zone *z)
{
	if (!z)
		return;
	for (struct zone_block *b = z->blocks, *next; b; b = next) {
		next = b->next;
		pages_free(b, b->map);
	}
	for (size_t i = 0; i < z->n_files; i++)
		free(z->files[i]);
	free(z->files);
	for (size_t i = 0; i < z->n_problems; i++) {
		free((char *)(uintptr_t)z->problems[i].file);
		free((char *)(uintptr_t)z->problems[i].what);
	}
	free(z->problems);
	pages_free(z->nodes, z->cap_nodes * sizeof *z->nodes);
	pages_free(z->sets, z->cap_sets * sizeof *z->sets);
	pages_free(z->rrs, z->cap_rrs * sizeof *z->rrs);
	free(z);
}

/* ---- names ---- */

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

size_t
wire_name_len(const uint8_t *name)
{
	const uint8_t *p = name;

	while (*p)
		p += *p + 1;
	return (size_t)(p - name) + 1;
}

unsigned
wire_label_offsets(const uint8_t *name, uint8_t at[128])
{
	unsigned n = 0, i = 0;

	while (name[i] && n < 128) {
		at[n++] = (uint8_t)i;
		i += name[i] + 1u;
	}
	return n;
}

int
wire_name_cmp(const uint8_t *a, const uint8_t *b)
{
	uint8_t at_a[128], at_b[128];
	unsigned na = wire_label_offsets(a, at_a), nb = wire_label_offsets(b, at_b);

	while (na > 0 && nb > 0) {
		const uint8_t *la = a + at_a[--na], *lb = b + at_b[--nb];
		unsigned least = la[0] < lb[0] ? la[0] : lb[0];
		for (unsigned i = 1; i <= least; i++) {
			int d = la[i] - lb[i];
			if (d && (d = lower(la[i]) - lower(lb[i])))
				return d;
		}
		if (la[0] != lb[0])
			return la[0] - lb[0];
	}
	return (int)na - (int)nb;
}

bool
wire_name_below(const uint8_t *a, size_t la, const uint8_t *b, size_t lb)
{
	if (la < lb)
		return false;
	while (la > lb) {
		if (a[0] + 1u > la - lb) /* B would begin inside this label; LA must not wrap */
			return false;
		la -= a[0] + 1u;
		a += a[0] + 1;
	}
	return la == lb && memcmp(a, b, lb) == 0;
}

void
znode_name(const struct znode *n, struct name *out)
{
	out->len = n->name_len;
	memcpy(out->wire, n->name, n->name_len);
}

/* ---- building ---- */

struct zone_builder *
zone_builder_new(const struct name *apex, size_t memory_limit)
{
	struct zone_builder *b = calloc(1, sizeof *b);

	if (!b || !(b->z = calloc(1, sizeof *b->z))) {
		free(b);
		return NULL;
	}
	b->limit = memory_limit;
	if (apex && apex->len) {
		b->z->apex = *apex;
		name_lower(&b->z->apex);
		b->have_apex = true;
	}
	return b;
}

void
zone_builder_free(struct zone_builder *b)
{
	if (!b)
		return;
	zone_free(b->z);
	pages_free(b->runs, b->cap_runs * sizeof *b->runs);
	pages_free(b->rrs, b->cap_rrs * sizeof *b->rrs);
	free(b);
}

/* The run that the next record of NAME goes to. */
static struct run *
run_for(struct zone_builder *b, const uint8_t *name, size_t len, bool copy)
{
	uint8_t low[NAME_MAX_WIRE];
	struct run *last = b->n_runs ? &b->runs[b->n_runs - 1] : NULL;

	if (!copy && last && last->name == name)
		return last;
	if (copy && last && b->raw_len == len && memcmp(b->raw, name, len) == 0)
		return last;
	b->raw_len = 0;
	for (size_t i = 0; i < len; i++)
		low[i] = lower(name[i]);
	if (last && wire_name_len(last->name) == len && memcmp(last->name, low, len) == 0)
		return last;
	if (copy) {
		memcpy(b->raw, name, len);
		b->raw_len = len;
	}
	if (b->n_rrs >= UINT32_MAX || !room((void **)&b->runs, b->n_runs, &b->cap_runs, sizeof *b->runs))
		return NULL;
	uint8_t *own = NULL;
	if (copy) {
		if (!(own = block_alloc(b->z, len)))
			return NULL;
		memcpy(own, low, len);
	}
	b->runs[b->n_runs] = (struct run){ .name = copy ? own : name, .first = (uint32_t)b->n_rrs };
	return &b->runs[b->n_runs++];
}

static bool
over_limit(const struct zone_builder *b)
{
	return b->limit && b->z->memory + b->cap_rrs * sizeof *b->rrs + b->cap_runs * sizeof *b->runs >
		b->limit;
}

static struct zrr *
add(struct zone_builder *b, const uint8_t *name, size_t name_len, uint16_t type, uint32_t ttl,
	const uint8_t *rdata, uint16_t rdlen)
{
	struct run *r = run_for(b, name, name_len, true);

	if (!r || !room((void **)&b->rrs, b->n_rrs, &b->cap_rrs, sizeof *b->rrs))
		return NULL;
	struct zrr *rr = block_alloc(b->z, sizeof *rr + rdlen);
	if (!rr)
		return NULL;
	*rr = (struct zrr){ .ttl = ttl, .rdlen = rdlen, .type = type };
	if (rdlen)
		memcpy(rr->rdata, rdata, rdlen);
	if (rdlen && rdata_has_upper(type, rdata, rdlen))
		rr->flags |= ZRR_UPPER;
	b->rrs[b->n_rrs++] = rr;
	r->n++;
	return rr;
}

bool
zone_builder_add(struct zone_builder *b, const uint8_t *name, size_t name_len, uint16_t type,
	uint32_t ttl, const uint8_t *rdata, uint16_t rdlen, struct err *e)
{
	return add(b, name, name_len, type, ttl, rdata, rdlen) != NULL || no_memory(e);
}

bool
zone_builder_ref(struct zone_builder *b, const struct znode *n, struct zrr *rr, struct err *e)
{
	struct run *r = run_for(b, n->name, n->name_len, false);

	if (!r || !room((void **)&b->rrs, b->n_rrs, &b->cap_rrs, sizeof *b->rrs))
		return no_memory(e);
	b->rrs[b->n_rrs++] = rr;
	r->n++;
	return true;
}

/* False for a name that is not at or below the apex. */
static bool
run_key(struct run *r, const struct name *apex)
{
	const uint8_t *p = r->name, *label = NULL;
	size_t left = wire_name_len(p);

	while (left > apex->len) {
		label = p;
		left -= p[0] + 1u;
		p += p[0] + 1;
	}
	if (left != apex->len || memcmp(p, apex->wire, left) != 0)
		return false;
	r->key = 0;
	for (unsigned i = 1; label && i <= 8; i++)
		r->key = r->key << 8 | (i <= label[0] ? label[i] : 0);
	return true;
}

static void
key_runs(struct zone_builder *b)
{
	bool ok = true;

	for (size_t i = 0; i < b->n_runs && ok; i++)
		ok = run_key(&b->runs[i], &b->z->apex);
	for (size_t i = 0; i < b->n_runs && !ok; i++)
		b->runs[i].key = 0; /* names of other zones: the names themselves must do */
}

static int
run_cmp(const struct run *a, const struct run *b)
{
	return a->key != b->key ? a->key < b->key ? -1 : 1 : wire_name_cmp(a->name, b->name);
}

/*
 * Natural merge sort: signed zones are two or three sorted stretches (data, then NSEC3), which costs
 * one comparison a name; an unsorted file costs n log n.
 */
static bool
sort_runs(struct run *v, size_t n)
{
	size_t *at = NULL, stretches = 0, cap = 0;
	struct run *tmp = NULL;
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		if (i == 0 || run_cmp(&v[i - 1], &v[i]) > 0) {
			if (!(ok = room((void **)&at, stretches + 1, &cap, sizeof *at)))
				break;
			at[stretches++] = i;
		}
	if (ok && stretches > 1)
		ok = (tmp = pages_new(n * sizeof *tmp)) != NULL;
	while (ok && stretches > 1) {
		size_t left = 0;
		at[stretches] = n;
		for (size_t s = 0; s < stretches; s += 2) {
			size_t a = at[s], m = s + 1 < stretches ? at[s + 1] : n;
			size_t end = s + 2 < stretches ? at[s + 2] : n, b = m, o = a;
			while (a < m && b < end)
				tmp[o++] = run_cmp(&v[a], &v[b]) <= 0 ? v[a++] : v[b++];
			while (a < m)
				tmp[o++] = v[a++];
			while (b < end)
				tmp[o++] = v[b++];
			at[left++] = at[s];
		}
		memcpy(v, tmp, n * sizeof *v);
		stretches = left;
	}
	pages_free(tmp, n * sizeof *tmp);
	pages_free(at, cap * sizeof *at);
	return ok;
}

/* The type under which a record is filed: an RRSIG under the type that it covers. */
static uint16_t
filed(const struct zrr *rr)
{
	return rr->type == T_RRSIG && rr->rdlen >= 2 ? (uint16_t)(rr->rdata[0] << 8 | rr->rdata[1])
						      : rr->type;
}

static int
rdata_order(const struct zrr *a, const struct zrr *b)
{
	if (!((a->flags | b->flags) & ZRR_UPPER))
		return rdata_cmp(a->rdata, a->rdlen, b->rdata, b->rdlen);
	uint8_t *la = malloc((size_t)a->rdlen + b->rdlen + 1), *lb = la + a->rdlen;
	if (!la)
		return rdata_cmp(a->rdata, a->rdlen, b->rdata, b->rdlen);
	memcpy(la, a->rdata, a->rdlen);
	memcpy(lb, b->rdata, b->rdlen);
	rdata_lower(a->type, la, a->rdlen);
	rdata_lower(b->type, lb, b->rdlen);
	int d = rdata_cmp(la, a->rdlen, lb, b->rdlen);
	free(la);
	return d;
}

static int
zrr_order(const void *x, const void *y)
{
	const struct zrr *a = *(struct zrr *const *)x, *b = *(struct zrr *const *)y;
	int d = filed(a) - filed(b);

	if (!d)
		d = (a->type == T_RRSIG) - (b->type == T_RRSIG);
	return d ? d : rdata_order(a, b);
}

/* Insertion for the few records of a normal node, qsort beyond. */
static void
sort_node(struct zrr **v, size_t n)
{
	if (n > 24) {
		qsort(v, n, sizeof *v, zrr_order);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct zrr *x = v[i];
		size_t k = i;
		for (; k > 0 && zrr_order(&v[k - 1], &x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* Cuts the N sorted records at FIRST into sets; returns false without memory. */
static bool
make_sets(struct zone *z, struct znode *node, size_t first, size_t n)
{
	size_t out = first;

	node->first_set = (uint32_t)z->n_sets;
	for (size_t i = first; i < first + n;) {
		uint16_t type = filed(z->rrs[i]);
		struct zset s = { .first = (uint32_t)out, .type = type };
		struct zrr *prev = NULL;
		for (; i < first + n && filed(z->rrs[i]) == type; i++) {
			struct zrr *rr = z->rrs[i];
			if (prev && zrr_order(&prev, &rr) == 0) {
				z->duplicates++;
				continue;
			}
			z->rrs[out++] = prev = rr;
			if (rr->type == T_RRSIG)
				s.nsig++;
			else {
				if (s.n && rr->ttl != z->rrs[s.first]->ttl)
					s.flags |= ZSET_TTL_MIXED;
				s.n++;
			}
		}
		if (node->nsets == UINT16_MAX || !room((void **)&z->sets, z->n_sets, &z->cap_sets, sizeof s))
			return false;
		z->sets[z->n_sets++] = s;
		node->nsets++;
	}
	z->n_rrs = out;
	return true;
}

/* Delegations, what lies below them, NSEC3 names, names outside: one walk in canonical order. */
static void
classify(struct zone *z)
{
	const struct znode *cut = NULL, *dname = NULL;

	for (size_t i = 0; i < z->n_nodes; i++) {
		struct znode *n = &z->nodes[i];
		if (!wire_name_below(n->name, n->name_len, z->apex.wire, z->apex.len)) {
			n->flags |= ZNODE_OUT;
			for (size_t s = 0; s < n->nsets; s++)
				z->out_of_zone += z->sets[n->first_set + s].n;
			continue;
		}
		bool apex = n->name_len == z->apex.len;
		if (apex)
			z->apex_node = n;
		const struct zset *nsec3 = znode_set(z, n, T_NSEC3), *ns = znode_set(z, n, T_NS),
				  *dn = znode_set(z, n, T_DNAME);
		if (nsec3)
			n->flags |= ZNODE_NSEC3;
		if (cut && wire_name_below(n->name, n->name_len, cut->name, cut->name_len))
			n->flags |= ZNODE_BELOW;
		else if (dname && !nsec3 && wire_name_below(n->name, n->name_len, dname->name, dname->name_len))
			n->flags |= ZNODE_DNAME;
		else {
			cut = NULL;
			if (ns && ns->n && !apex) {
				n->flags |= ZNODE_CUT;
				cut = n;
			}
			if (dn && dn->n)
				dname = n;
		}
	}
}

static bool
find_apex(struct zone_builder *b, struct err *e)
{
	for (size_t i = 0; i < b->n_runs && !b->have_apex; i++)
		for (uint32_t k = 0; k < b->runs[i].n && !b->have_apex; k++)
			if (b->rrs[b->runs[i].first + k]->type == T_SOA)
				b->have_apex = name_from_wire(&b->z->apex, b->runs[i].name,
						       wire_name_len(b->runs[i].name)) > 0;
	return b->have_apex ||
		err_set(e, ERR_PARSE, b->z->n_files ? b->z->files[0] : "zone", "RFC 1035 5.2",
			"an SOA record or --origin", "neither");
}

struct zone *
zone_builder_finish(struct zone_builder *b, struct err *e)
{
	struct zone *z = b->z;
	size_t at = 0;
	bool ok = find_apex(b, e);

	if (ok)
		key_runs(b);
	if (ok && !sort_runs(b->runs, b->n_runs))
		ok = no_memory(e);
	z->cap_rrs = b->n_rrs + 1;
	if (ok && !(z->rrs = pages_new(z->cap_rrs * sizeof *z->rrs)))
		ok = no_memory(e);
	for (size_t i = 0; ok && i < b->n_runs;) {
		struct znode node = { .name = b->runs[i].name,
			.name_len = (uint8_t)wire_name_len(b->runs[i].name) };
		size_t n = 0;
		at = z->n_rrs;
		for (size_t first = i; i < b->n_runs && (i == first ||
			run_cmp(&b->runs[first], &b->runs[i]) == 0); i++) {
			memcpy(z->rrs + at + n, b->rrs + b->runs[i].first, b->runs[i].n * sizeof *z->rrs);
			n += b->runs[i].n;
		}
		sort_node(z->rrs + at, n);
		if (!make_sets(z, &node, at, n) ||
			!room((void **)&z->nodes, z->n_nodes, &z->cap_nodes, sizeof node))
			ok = no_memory(e);
		else
			z->nodes[z->n_nodes++] = node;
	}
	if (ok) {
		classify(z);
		z->memory += z->cap_nodes * sizeof *z->nodes + z->cap_sets * sizeof *z->sets +
			z->cap_rrs * sizeof *z->rrs;
		b->z = NULL;
	}
	zone_builder_free(b);
	return ok ? z : NULL;
}

static int
by_set(const void *x, const void *y)
{
	const struct zone_sig *a = x, *b = y;

	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	return zrr_order(&a->rr, &b->rr);
}

bool
zone_attach(struct zone *z, const struct zone_sig *sigs, size_t n, struct err *e)
{
	size_t cap = z->n_rrs + n + 1;
	struct zrr **rrs = pages_new(cap * sizeof *rrs);
	struct zone_sig *own = NULL;
	const struct zone_sig *v = sigs;
	size_t out = 0, k = 0;
	bool sorted = true;

	for (size_t i = 1; i < n && sorted; i++)
		sorted = v[i - 1].set < v[i].set;
	if (!sorted && (v = own = malloc((n + 1) * sizeof *own))) {
		memcpy(own, sigs, n * sizeof *own);
		qsort(own, n, sizeof *own, by_set);
	}
	if (!rrs || !v) {
		pages_free(rrs, cap * sizeof *rrs);
		free(own);
		return no_memory(e);
	}
	for (size_t i = 0; i < z->n_sets; i++) {
		struct zset *s = &z->sets[i];
		memcpy(rrs + out, z->rrs + s->first, s->n * sizeof *rrs);
		s->first = (uint32_t)out;
		out += s->n;
		for (s->nsig = 0; k < n && v[k].set == i; k++, s->nsig++)
			rrs[out++] = v[k].rr;
	}
	pages_free(z->rrs, z->cap_rrs * sizeof *z->rrs);
	free(own);
	z->rrs = rrs;
	z->cap_rrs = cap;
	z->n_rrs = out;
	z->memory += n * sizeof *rrs;
	return true;
}

/* ---- reading ---- */

static bool
on_record(void *ctx, const struct scan_record *r)
{
	struct zone_builder *b = ctx;

	if (r->class != 1) {
		b->z->other_class++;
		return true;
	}
	struct zrr *rr = add(b, r->owner, r->owner_len, r->type, r->ttl, r->rdata, r->rdlen);
	if (!rr)
		return no_memory(b->e);
	rr->line = r->line;
	rr->file = r->file;
	return !over_limit(b) ||
		err_set(b->e, ERR_LIMIT, "zone", "memory", "", "more than %zu octets, in line %u", b->limit,
			r->line);
}

static void
on_problem(void *ctx, const struct scan_problem *p)
{
	struct zone *z = ((struct zone_builder *)ctx)->z;
	struct zone_problem copy = { .file = strdup(p->file), .line = p->line, .what = strdup(p->what),
		.fatal = p->fatal };

	if (p->type) {
		snprintf(copy.type, sizeof copy.type, "%s", p->type);
		if (name_from_wire(&copy.owner, p->owner, p->owner_len))
			name_lower(&copy.owner);
	}
	if (!z->problems)
		z->problems = calloc(PROBLEMS_KEPT, sizeof *z->problems);
	if (z->problems && z->n_problems < PROBLEMS_KEPT && copy.file && copy.what)
		z->problems[z->n_problems++] = copy;
	else {
		free((char *)(uintptr_t)copy.file);
		free((char *)(uintptr_t)copy.what);
	}
}

static void
on_file(void *ctx, uint16_t file, const char *path)
{
	struct zone *z = ((struct zone_builder *)ctx)->z;
	char **v = realloc(z->files, (file + 1u) * sizeof *v);

	if (!v)
		return;
	z->files = v;
	while (z->n_files <= file)
		z->files[z->n_files++] = strdup(path);
}

static struct scan
scan_for(struct zone_builder *b, const struct name *origin, const struct zone_limits *lim)
{
	return (struct scan){ .origin = origin, .default_ttl = 3600, .limits = lim ? lim->scan : NULL,
		.record = on_record, .problem = on_problem, .file = on_file, .ctx = b };
}

static struct zone *
read_zone(const char *path, const char *text, size_t len, const struct name *origin,
	const struct zone_limits *lim, struct err *e)
{
	struct err why = { 0 };
	struct zone_builder *b = zone_builder_new(origin, lim ? lim->memory : 0);
	struct scan s = scan_for(b, origin, lim);

	if (!b) {
		no_memory(e);
		return NULL;
	}
	struct err inner = { 0 };
	b->e = &inner;
	bool ok = text ? scan_text(&s, path, text, len, &why) : scan_file(&s, path, &why);
	if (!ok) {
		if (e)
			*e = inner.code ? inner : why;
		zone_builder_free(b);
		return NULL;
	}
	b->z->stats = s.stats;
	return zone_builder_finish(b, e);
}

/* ---- reading in parts: what threads read is put together as if one had read it ---- */

struct parts {
	struct scan_split split;
	struct scan scan[SCAN_PARTS];
	struct zone_builder *b[SCAN_PARTS];
	struct err inner[SCAN_PARTS], e[SCAN_PARTS];
	bool ok[SCAN_PARTS];
};

static void
read_part(void *ctx, unsigned worker, size_t begin, size_t end)
{
	struct parts *p = ctx;

	(void)worker;
	for (; begin < end; begin++)
		p->ok[begin] = scan_part(&p->scan[begin], &p->split, (unsigned)begin, &p->e[begin]);
}

/* Anything out of the ordinary in any part: one reader for all of it gives the better answer. */
static bool
parts_are_plain(const struct parts *p)
{
	for (unsigned i = 0; i < p->split.n; i++) {
		const struct scan_stats *st = &p->scan[i].stats;
		if (!p->ok[i] || st->problems || st->directives || st->files != 1 || p->b[i]->z->other_class)
			return false;
	}
	return true;
}

/* Moves what B has behind what A has; LINES come before it in the file. */
static bool
append(struct zone_builder *a, struct zone_builder *b, uint32_t lines)
{
	for (size_t i = 0; i < b->n_rrs; i++) {
		if (!room((void **)&a->rrs, a->n_rrs + i, &a->cap_rrs, sizeof *a->rrs))
			return false;
		b->rrs[i]->line += lines;
		a->rrs[a->n_rrs + i] = b->rrs[i];
	}
	for (size_t i = 0; i < b->n_runs; i++) {
		if (!room((void **)&a->runs, a->n_runs, &a->cap_runs, sizeof *a->runs))
			return false;
		a->runs[a->n_runs] = b->runs[i];
		a->runs[a->n_runs++].first += (uint32_t)a->n_rrs;
	}
	a->n_rrs += b->n_rrs;
	zone_adopt(a->z, b->z->blocks);
	b->z->blocks = NULL;
	return a->n_rrs < UINT32_MAX;
}

static struct zone_builder *
join(struct parts *p)
{
	struct zone_builder *a = p->b[0];
	uint32_t lines = p->scan[0].lines;

	a->z->stats = p->scan[0].stats;
	for (unsigned i = 1; i < p->split.n; i++) {
		if (!append(a, p->b[i], lines))
			return NULL;
		lines += p->scan[i].lines;
		a->z->stats.records += p->scan[i].stats.records;
		a->z->stats.text += p->scan[i].stats.text;
	}
	p->b[0] = NULL;
	return a;
}

/* NULL without an error: the file must be read by one thread. */
static struct zone *
read_in_parts(const char *path, const struct name *origin, const struct zone_limits *lim, struct err *e)
{
	struct parts *p = calloc(1, sizeof *p);
	struct scan probe = scan_for(NULL, origin, lim);
	struct zone_builder *all = NULL;
	unsigned n = pool_threads(lim ? lim->threads : 0, SIZE_MAX);

	if (!p || n < 2 || !scan_split(&probe, path, n, &p->split, NULL)) {
		free(p);
		return NULL;
	}
	bool ok = p->split.n > 1;
	for (unsigned i = 0; ok && i < p->split.n; i++) {
		p->b[i] = zone_builder_new(origin, lim ? lim->memory / p->split.n : 0);
		p->scan[i] = scan_for(p->b[i], origin, lim);
		ok = p->b[i] != NULL;
		if (ok)
			p->b[i]->e = &p->inner[i];
	}
	if (ok) {
		on_file(p->b[0], 0, path);
		pool_run(p->split.n, p->split.n, 1, read_part, p);
	}
	ok = scan_split_end(&p->split, NULL) && ok;
	if (ok && parts_are_plain(p))
		all = join(p);
	for (unsigned i = 0; i < SCAN_PARTS; i++)
		zone_builder_free(p->b[i]);
	free(p);
	return all ? zone_builder_finish(all, e) : NULL;
}

struct zone *
zone_load(const char *path, const struct name *origin, const struct zone_limits *lim, struct err *e)
{
	struct zone_limits both;
	struct scan_limits text;

	if (lim && lim->memory) { /* holds for the text as well */
		both = *lim;
		text = lim->scan ? *lim->scan : scan_default_limits;
		if (!text.window || text.window > lim->memory)
			text.window = lim->memory;
		both.scan = &text;
		lim = &both;
	}
	struct err why = { 0 };
	struct zone *z = read_in_parts(path, origin, lim, &why);

	return z ? z : read_zone(path, NULL, 0, origin, lim, e);
}

struct zone *
zone_parse(const char *name, const char *text, size_t len, const struct name *origin, struct err *e)
{
	return read_zone(name, text, len, origin, NULL, e);
}

/* ---- looking up ---- */

size_t
zone_lower_bound(const struct zone *z, const uint8_t *name)
{
	size_t lo = 0, hi = z->n_nodes;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (wire_name_cmp(z->nodes[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct znode *
zone_find(const struct zone *z, const struct name *name)
{
	size_t i = zone_lower_bound(z, name->wire);

	return i < z->n_nodes && wire_name_cmp(z->nodes[i].name, name->wire) == 0 ? &z->nodes[i] : NULL;
}

const struct zset *
znode_set(const struct zone *z, const struct znode *n, uint16_t type)
{
	for (size_t i = 0; i < n->nsets; i++)
		if (z->sets[n->first_set + i].type == type)
			return &z->sets[n->first_set + i];
	return NULL;
}

const struct zset *
zone_apex_set(const struct zone *z, uint16_t type)
{
	const struct zset *s = z->apex_node ? znode_set(z, z->apex_node, type) : NULL;

	return s && s->n ? s : NULL;
}

uint32_t
zset_ttl(const struct zone *z, const struct zset *s)
{
	uint32_t ttl = s->n + s->nsig ? z->rrs[s->first]->ttl : 0;

	if (s->flags & ZSET_TTL_MIXED)
		for (uint32_t i = 1; i < s->n; i++)
			if (z->rrs[s->first + i]->ttl < ttl)
				ttl = z->rrs[s->first + i]->ttl;
	return ttl;
}

bool
zone_soa(const struct zone *z, struct soa *soa, uint32_t *ttl)
{
	const struct zset *s = zone_apex_set(z, T_SOA);

	if (!s || !soa_parse(z->rrs[s->first]->rdata, z->rrs[s->first]->rdlen, soa))
		return false;
	if (ttl)
		*ttl = zset_ttl(z, s);
	return true;
}
