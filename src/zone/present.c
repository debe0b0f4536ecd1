/*
 * Presentation form of records for whole zones: absolute names, one line a record, always the same
 * text for the same record. The types that make up a signed zone are written here, fast; the rest
 * goes through model/rr.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "zone/store.h"

static const char hex_digits[] = "0123456789abcdef";

static void
put_char(struct text *t, char c)
{
	text_add_n(t, &c, 1);
}

static void
put_u32(struct text *t, uint32_t v)
{
	char buf[12];
	size_t i = sizeof buf;

	do
		buf[--i] = (char)('0' + v % 10);
	while (v /= 10);
	text_add_n(t, buf + i, sizeof buf - i);
}

static uint16_t
u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)u16(p) << 16 | u16(p + 2);
}

/* Writes the name at P; returns its length or 0 when it does not end within N octets. */
static size_t
put_name(struct text *t, const uint8_t *p, size_t n)
{
	char buf[NAME_MAX_TEXT];
	size_t i = 0, o = 0;

	if (n && p[0] == 0) {
		put_char(t, '.');
		return 1;
	}
	while (i < n && p[i] && i + p[i] + 1 < n && i < NAME_MAX_WIRE) {
		for (size_t end = i + p[i] + 1, k = i + 1; k < end && o < sizeof buf - 6; k++) {
			uint8_t c = p[k];
			if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
				c == '-' || c == '_' || c == '*' || c == '/' || c == '+' || c == '=')
				buf[o++] = (char)c;
			else if (c > 0x20 && c < 0x7f) {
				buf[o++] = '\\';
				buf[o++] = (char)c;
			} else
				o += (size_t)snprintf(buf + o, sizeof buf - o, "\\%03u", c);
		}
		buf[o++] = '.';
		i += p[i] + 1u;
	}
	if (i >= n || p[i] != 0)
		return 0;
	text_add_n(t, buf, o);
	return i + 1;
}

static void
put_hex(struct text *t, const uint8_t *p, size_t n)
{
	char buf[256];
	size_t o = 0;

	for (size_t i = 0; i < n; i++) {
		buf[o++] = hex_digits[p[i] >> 4];
		buf[o++] = hex_digits[p[i] & 15];
		if (o == sizeof buf || i + 1 == n) {
			text_add_n(t, buf, o);
			o = 0;
		}
	}
}

static void
put_base64(struct text *t, const uint8_t *p, size_t n)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char buf[256];
	size_t o = 0;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
			(left > 2 ? p[i + 2] : 0u);
		buf[o++] = set[v >> 18];
		buf[o++] = set[v >> 12 & 63];
		buf[o++] = left > 1 ? set[v >> 6 & 63] : '=';
		buf[o++] = left > 2 ? set[v & 63] : '=';
		if (o == sizeof buf || left <= 3) {
			text_add_n(t, buf, o);
			o = 0;
		}
	}
}

static void
put_base32hex(struct text *t, const uint8_t *p, size_t n)
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuv";
	char buf[416];
	size_t o = 0;
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | p[i];
		for (bits += 8; bits >= 5; bits -= 5)
			buf[o++] = set[acc >> (bits - 5) & 31];
	}
	if (bits)
		buf[o++] = set[acc << (5 - bits) & 31];
	text_add_n(t, buf, o);
}

static bool
put_bitmap(struct text *t, const uint8_t *p, size_t n)
{
	while (n >= 2) {
		unsigned window = p[0], len = p[1];
		if (len == 0 || len > 32 || len + 2 > n)
			return false;
		for (unsigned i = 0; i < len * 8; i++)
			if (p[2 + i / 8] & 0x80 >> i % 8) {
				const char *name = rrtype_name((uint16_t)(window << 8 | i));
				put_char(t, ' ');
				text_add_n(t, name, strlen(name));
			}
		p += 2 + len;
		n -= 2 + len;
	}
	return n == 0;
}

/* "20260101000000"; RRSIGs of one run share their dates, so the last ones are kept. */
static void
put_time(struct text *t, uint32_t v)
{
	static _Thread_local struct {
		uint32_t v;
		char s[16];
		bool set;
	} last[4];
	unsigned slot = v % 4;

	if (!last[slot].set || last[slot].v != v) {
		char s[40];
		clock_dnssec(s, sizeof s, v);
		memcpy(last[slot].s, s, 15);
		last[slot].v = v;
		last[slot].set = true;
	}
	text_add_n(t, last[slot].s, 14);
}

static bool
put_rrsig(struct text *t, const uint8_t *p, size_t n)
{
	if (n < 19)
		return false;
	const char *type = rrtype_name(u16(p));
	text_add_n(t, type, strlen(type));
	put_char(t, ' ');
	put_u32(t, p[2]);
	put_char(t, ' ');
	put_u32(t, p[3]);
	put_char(t, ' ');
	put_u32(t, u32(p + 4));
	put_char(t, ' ');
	put_time(t, u32(p + 8));
	put_char(t, ' ');
	put_time(t, u32(p + 12));
	put_char(t, ' ');
	put_u32(t, u16(p + 16));
	put_char(t, ' ');
	size_t len = put_name(t, p + 18, n - 18);
	if (len == 0 || 18 + len >= n)
		return false;
	put_char(t, ' ');
	put_base64(t, p + 18 + len, n - 18 - len);
	return true;
}

static bool
put_nsec3(struct text *t, const uint8_t *p, size_t n, bool param)
{
	if (n < 5 || n < 5u + p[4])
		return false;
	put_u32(t, p[0]);
	put_char(t, ' ');
	put_u32(t, p[1]);
	put_char(t, ' ');
	put_u32(t, u16(p + 2));
	put_char(t, ' ');
	if (p[4])
		put_hex(t, p + 5, p[4]);
	else
		put_char(t, '-');
	size_t at = 5u + p[4];
	if (param)
		return at == n;
	if (at + 1 > n || p[at] == 0 || at + 1 + p[at] > n)
		return false;
	put_char(t, ' ');
	put_base32hex(t, p + at + 1, p[at]);
	at += 1u + p[at];
	return put_bitmap(t, p + at, n - at);
}

static bool
put_ds(struct text *t, const uint8_t *p, size_t n)
{
	if (n < 5)
		return false;
	put_u32(t, u16(p));
	put_char(t, ' ');
	put_u32(t, p[2]);
	put_char(t, ' ');
	put_u32(t, p[3]);
	put_char(t, ' ');
	put_hex(t, p + 4, n - 4);
	return true;
}

static bool
put_dnskey(struct text *t, const uint8_t *p, size_t n)
{
	if (n < 5)
		return false;
	put_u32(t, u16(p));
	put_char(t, ' ');
	put_u32(t, p[2]);
	put_char(t, ' ');
	put_u32(t, p[3]);
	put_char(t, ' ');
	put_base64(t, p + 4, n - 4);
	return true;
}

static bool
put_soa(struct text *t, const uint8_t *p, size_t n)
{
	size_t a = put_name(t, p, n), b;

	if (!a)
		return false;
	put_char(t, ' ');
	if (!(b = put_name(t, p + a, n - a)) || n - a - b != 20)
		return false;
	for (int i = 0; i < 5; i++) {
		put_char(t, ' ');
		put_u32(t, u32(p + a + b + 4 * i));
	}
	return true;
}

static bool
put_txt(struct text *t, const uint8_t *p, size_t n)
{
	bool first = true;

	while (n > 0) {
		size_t len = p[0];
		if (len + 1 > n)
			return false;
		if (!first)
			put_char(t, ' ');
		first = false;
		put_char(t, '"');
		for (size_t i = 1; i <= len; i++) {
			uint8_t c = p[i];
			if (c >= 0x20 && c < 0x7f) {
				if (c == '"' || c == '\\')
					put_char(t, '\\');
				put_char(t, (char)c);
			} else {
				char esc[5];
				snprintf(esc, sizeof esc, "\\%03u", c);
				text_add_n(t, esc, 4);
			}
		}
		put_char(t, '"');
		p += len + 1;
		n -= len + 1;
	}
	return !first;
}

/* COUNT numbers of 16 bits, then one name. */
static bool
put_numbers_name(struct text *t, const uint8_t *p, size_t n, unsigned count)
{
	for (unsigned i = 0; i < count; i++, p += 2, n -= 2) {
		if (n < 3)
			return false;
		put_u32(t, u16(p));
		put_char(t, ' ');
	}
	return put_name(t, p, n) == n;
}

static bool
put_address(struct text *t, int family, const uint8_t *p, size_t n, size_t want)
{
	char buf[INET6_ADDRSTRLEN];

	if (n != want || !inet_ntop(family, p, buf, sizeof buf))
		return false;
	text_add_n(t, buf, strlen(buf));
	return true;
}

/* False for a type that is not written here and for RDATA that has not the type's form. */
static bool
put_known(struct text *t, uint16_t type, const uint8_t *p, size_t n)
{
	size_t len;

	switch (type) {
	case T_A: return put_address(t, AF_INET, p, n, 4);
	case T_AAAA: return put_address(t, AF_INET6, p, n, 16);
	case T_NS: case T_CNAME: case T_PTR: case T_DNAME: return put_numbers_name(t, p, n, 0);
	case T_MX: return put_numbers_name(t, p, n, 1);
	case T_SRV: return put_numbers_name(t, p, n, 3);
	case T_SOA: return put_soa(t, p, n);
	case T_TXT: return put_txt(t, p, n);
	case T_DS: case T_CDS: return put_ds(t, p, n);
	case T_DNSKEY: case T_CDNSKEY: return put_dnskey(t, p, n);
	case T_RRSIG: return put_rrsig(t, p, n);
	case T_NSEC: return (len = put_name(t, p, n)) != 0 && put_bitmap(t, p + len, n - len);
	case T_NSEC3: return put_nsec3(t, p, n, false);
	case T_NSEC3PARAM: return put_nsec3(t, p, n, true);
	case T_ZONEMD:
		if (n < 7)
			return false;
		put_u32(t, u32(p));
		put_char(t, ' ');
		put_u32(t, p[4]);
		put_char(t, ' ');
		put_u32(t, p[5]);
		put_char(t, ' ');
		put_hex(t, p + 6, n - 6);
		return true;
	default: return false;
	}
}

void
rr_wire_text(struct text *out, const uint8_t *owner, uint16_t type, uint32_t ttl,
	const uint8_t *rdata, uint16_t rdlen)
{
	const char *name = rrtype_name(type);

	put_name(out, owner, NAME_MAX_WIRE);
	put_char(out, ' ');
	put_u32(out, ttl);
	text_add_n(out, " IN ", 4);
	text_add_n(out, name, strlen(name));
	put_char(out, ' ');
	size_t at = out->len;
	if (!put_known(out, type, rdata, rdlen)) {
		out->len = at;
		struct arena *a = arena_new();
		const char *s = rdata_to_text(a, type, rdata, rdlen);
		text_add_n(out, s, strlen(s));
		arena_free(a);
	}
	put_char(out, '\n');
}

void
zrr_text(struct text *out, const struct znode *n, const struct zrr *rr)
{
	rr_wire_text(out, n->name, rr->type, rr->ttl, rr->rdata, rr->rdlen);
}
