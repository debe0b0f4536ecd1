#include "zone/rrset.h"

#include <stdlib.h>
#include <string.h>

/*
 * Where the names are inside RDATA: digits octets to skip (two digits at most), "n" a name, "t" a
 * character string, "a" the prefix part of A6. Types that are not here have none that count.
 */
static const char *const layouts[47] = {
	[2] = "n", [3] = "n", [4] = "n", [5] = "n", /* NS MD MF CNAME */
	[6] = "nn",				    /* SOA */
	[7] = "n", [8] = "n", [9] = "n", [12] = "n", /* MB MG MR PTR */
	[14] = "nn", [15] = "2n", [17] = "nn", [18] = "2n", [21] = "2n", /* MINFO MX RP AFSDB RT */
	[24] = "18n", [26] = "2nn", [30] = "n", [33] = "6n", /* SIG PX NXT SRV */
	[35] = "4tttn", [36] = "2n", [38] = "an", [39] = "n", [46] = "18n", /* NAPTR KX A6 DNAME RRSIG */
};

static const char *
layout_of(uint16_t type)
{
	return type < sizeof layouts / sizeof *layouts ? layouts[type] : NULL;
}

/* Lower-cases the name at P (only looks where OUT is NULL); returns its length, 0 when it does not end
 * within LEN. */
static size_t
lower_name(const uint8_t *p, uint8_t *out, size_t len, bool *changed)
{
	size_t i = 0;

	while (i < len) {
		uint8_t k = p[i++];
		if (k == 0)
			return i;
		if (k > 63 || k > len - i)
			return 0;
		for (size_t end = i + k; i < end; i++)
			if (p[i] >= 'A' && p[i] <= 'Z') {
				if (out)
					out[i] |= 0x20;
				*changed = true;
			}
	}
	return 0;
}

/* RDATA in place where OUT is RDATA itself; only looked at where it is NULL. */
static bool
walk_names(uint16_t type, const uint8_t *rdata, uint8_t *out, size_t len)
{
	const char *f = layout_of(type);
	size_t at = 0;
	bool changed = false;

	while (f && *f && at < len) {
		size_t step;
		if (*f == 'n') {
			step = lower_name(rdata + at, out ? out + at : NULL, len - at, &changed);
			if (step == 0)
				break;
		} else if (*f == 't')
			step = 1u + rdata[at];
		else if (*f == 'a')
			step = 1u + (rdata[at] <= 128 ? (128u - rdata[at] + 7) / 8 : 0);
		else {
			step = (size_t)(*f - '0');
			if (f[1] >= '0' && f[1] <= '9')
				step = step * 10 + (size_t)(*++f - '0');
		}
		at += step;
		f++;
	}
	return changed;
}

bool
rdata_lower(uint16_t type, uint8_t *rdata, size_t len)
{
	return walk_names(type, rdata, rdata, len);
}

bool
rdata_has_upper(uint16_t type, const uint8_t *rdata, size_t len)
{
	return walk_names(type, rdata, NULL, len);
}

int
rdata_cmp(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
	size_t least = na < nb ? na : nb;
	int d = least ? memcmp(a, b, least) : 0;

	return d ? d : na < nb ? -1 : na > nb;
}

const uint8_t *
rdata_canonical(struct arena *a, uint16_t type, const uint8_t *rdata, uint16_t len)
{
	if (!layout_of(type))
		return rdata;
	uint8_t *copy = arena_memdup(a, rdata, len);
	return rdata_lower(type, copy, len) ? copy : rdata;
}

/* Labels as the RRSIG counts them: neither the root nor a leading asterisk (RFC 4034 3.1.3). */
static unsigned
rrsig_labels(const struct name *n)
{
	return name_labels(n) - (n->len > 2 && n->wire[0] == 1 && n->wire[1] == '*');
}

/* The owner as it is signed: lower case, the wildcard's name where LABELS is smaller. */
static bool
signed_owner(const struct name *owner, unsigned labels, struct name *out)
{
	unsigned have = rrsig_labels(owner);

	*out = *owner;
	name_lower(out);
	if (labels > have)
		return false;
	if (labels == have)
		return true;
	for (unsigned all = name_labels(out); all > labels; all--)
		if (!name_parent(out, out))
			return false;
	return name_prepend(out, "*", out);
}

struct piece {
	const uint8_t *rdata;
	uint16_t len;
};

static int
piece_cmp(const void *x, const void *y)
{
	const struct piece *a = x, *b = y;

	return rdata_cmp(a->rdata, a->len, b->rdata, b->len);
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

uint8_t *
rrset_signed_data(struct arena *a, const struct rrsig *s, const uint8_t *rrsig_rdata,
	const struct rr *const *rrs, size_t n, size_t *len)
{
	struct name owner;

	if (n == 0 || !signed_owner(&rrs[0]->owner, s->labels, &owner))
		return NULL;
	struct piece *pieces = arena_new_array(a, struct piece, n);
	size_t size = s->prefix_len;
	for (size_t i = 0; i < n; i++) {
		pieces[i].rdata = rdata_canonical(a, rrs[i]->type, rrs[i]->rdata, rrs[i]->rdlen);
		pieces[i].len = rrs[i]->rdlen;
		size += owner.len + 10u + rrs[i]->rdlen;
	}
	qsort(pieces, n, sizeof *pieces, piece_cmp);
	uint8_t *out = arena_alloc(a, size), *p = out;
	memcpy(p, rrsig_rdata, s->prefix_len);
	rdata_lower(T_RRSIG, p, s->prefix_len);
	p += s->prefix_len;
	for (size_t i = 0; i < n; i++) {
		if (i && piece_cmp(&pieces[i - 1], &pieces[i]) == 0)
			continue; /* RFC 4034 6.3: duplicates count once */
		memcpy(p, owner.wire, owner.len);
		p = put16(p + owner.len, rrs[0]->type);
		p = put32(put16(p, rrs[0]->class), s->original_ttl);
		p = put16(p, pieces[i].len);
		if (pieces[i].len)
			memcpy(p, pieces[i].rdata, pieces[i].len);
		p += pieces[i].len;
	}
	*len = (size_t)(p - out);
	return out;
}

uint8_t *
rrset_sign(struct arena *a, struct privkey *k, const struct name *signer,
	const struct rr *const *rrs, size_t n, int64_t inception, int64_t expiration, uint16_t *len,
	struct err *e)
{
	uint8_t sig[1024], head[18 + NAME_MAX_WIRE], *p = head;
	struct name apex = *signer;
	struct rrsig s;
	size_t data_len;

	if (n == 0) {
		err_set(e, ERR_ARG, "RRset", "sign", "records", "none");
		return NULL;
	}
	name_lower(&apex);
	p = put16(p, rrs[0]->type);
	*p++ = k->alg;
	*p++ = (uint8_t)rrsig_labels(&rrs[0]->owner);
	p = put32(p, rrs[0]->ttl);
	p = put32(p, (uint32_t)expiration);
	p = put32(p, (uint32_t)inception);
	p = put16(p, k->tag);
	memcpy(p, apex.wire, apex.len);
	size_t prefix = (size_t)(p - head) + apex.len;
	if (!rrsig_parse(head, prefix + 1, &s)) { /* one octet for the parser's sake: no signature yet */
		err_set(e, ERR_ARG, "RRset", "sign", "a signer's name", "none");
		return NULL;
	}
	uint8_t *data = rrset_signed_data(a, &s, head, rrs, n, &data_len);
	if (!data) {
		err_set(e, ERR_ARG, "RRset", "RFC 4034 3.1.8.1", "an owner", "an impossible one");
		return NULL;
	}
	size_t siglen = privkey_sign(k, data, data_len, sig, e);
	if (!siglen)
		return NULL;
	uint8_t *out = arena_alloc(a, prefix + siglen);
	memcpy(out, head, prefix);
	memcpy(out + prefix, sig, siglen);
	*len = (uint16_t)(prefix + siglen);
	return out;
}
