#include "model/rr.h"

#include <arpa/inet.h>
#include <ldns/ldns.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"

static uint16_t
u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

const char *
rrtype_name(uint16_t type)
{
	static _Thread_local char buf[8][12];
	static _Thread_local unsigned next;
	const ldns_rr_descriptor *d = ldns_rr_descript(type);

	if (d && d->_name && d->_type == (ldns_rr_type)type && strncmp(d->_name, "TYPE", 4) != 0)
		return d->_name;
	char *out = buf[next++ % 8];
	snprintf(out, sizeof buf[0], "TYPE%u", type);
	return out;
}

bool
rrtype_from_name(const char *s, uint16_t *type)
{
	if (strncasecmp(s, "TYPE", 4) == 0 && s[4] >= '0' && s[4] <= '9') {
		uint64_t v;
		if (!text_number(s + 4, 65535, &v))
			return false;
		*type = (uint16_t)v;
		return true;
	}
	ldns_rr_type t = ldns_get_rr_type_by_name(s);
	*type = (uint16_t)t;
	return t != 0;
}

/* "\# 3 0102ff" (RFC 3597 5): for types that ldns does not know and for broken RDATA. */
static char *
unknown_rdata(struct arena *a, const uint8_t *rdata, uint16_t rdlen)
{
	size_t size = 2 * (size_t)rdlen + 16;
	char *out = arena_alloc(a, size);
	int n = snprintf(out, size, "\\# %u%s", rdlen, rdlen ? " " : "");

	text_hex(out + n, size - (size_t)n, rdata, rdlen);
	return out;
}

char *
rdata_to_text(struct arena *a, uint16_t type, const uint8_t *rdata, uint16_t rdlen)
{
	uint8_t wire[11] = { 0, (uint8_t)(type >> 8), (uint8_t)type, 0, 1, 0, 0, 0, 0,
		(uint8_t)(rdlen >> 8), (uint8_t)rdlen };
	ldns_rr *rr = NULL;
	size_t pos = 0;
	char *out = NULL;

	/* ldns would follow compression pointers into memory that is not a message: the record
	 * is parsed from a buffer of its own, and must end exactly where the RDATA ends. */
	uint8_t *buf = malloc(sizeof wire + rdlen);
	if (!buf)
		return unknown_rdata(a, rdata, rdlen);
	memcpy(buf, wire, sizeof wire);
	if (rdlen)
		memcpy(buf + sizeof wire, rdata, rdlen);
	if (ldns_wire2rr(&rr, buf, sizeof wire + rdlen, &pos, LDNS_SECTION_ANSWER) ==
			LDNS_STATUS_OK &&
		pos == sizeof wire + rdlen && ldns_rr_rd_count(rr) > 0) {
		struct text t = { 0 };
		for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
			char *s = ldns_rdf2str(ldns_rr_rdf(rr, i));
			if (i)
				text_add_n(&t, " ", 1);
			text_add_clean(&t, s ? s : "?");
			free(s);
		}
		out = arena_strdup(a, text_str(&t));
		text_free(&t);
	}
	ldns_rr_free(rr);
	free(buf);
	return out ? out : unknown_rdata(a, rdata, rdlen);
}

char *
rr_to_text(struct arena *a, const struct rr *rr)
{
	char owner[NAME_MAX_TEXT];

	return arena_printf(a, "%s %u %s %s %s", name_to_text(owner, &rr->owner), rr->ttl,
		rr->class == 1 ? "IN" : "CLASS?", rrtype_name(rr->type),
		rdata_to_text(a, rr->type, rr->rdata, rr->rdlen));
}

bool
rr_from_text(struct arena *a, const char *text, uint32_t default_ttl, struct rr *rr,
	struct err *e)
{
	ldns_rr *l = NULL;
	ldns_buffer *buf = NULL;
	bool ok = false;
	ldns_status st = ldns_rr_new_frm_str(&l, text, default_ttl, NULL, NULL);

	if (st != LDNS_STATUS_OK) {
		err_set(e, ERR_PARSE, text, "RFC 1035 5.1", "one record", "%s",
			ldns_get_errorstr_by_id(st));
		return false;
	}
	*rr = (struct rr){ .type = (uint16_t)ldns_rr_get_type(l),
		.class = (uint16_t)ldns_rr_get_class(l), .ttl = ldns_rr_ttl(l) };
	buf = ldns_buffer_new(LDNS_MAX_PACKETLEN);
	if (name_from_wire(&rr->owner, ldns_rdf_data(ldns_rr_owner(l)),
			ldns_rdf_size(ldns_rr_owner(l))) == 0 ||
		!buf || ldns_rr_rdata2buffer_wire(buf, l) != LDNS_STATUS_OK ||
		ldns_buffer_position(buf) > 65535)
		err_set(e, ERR_PARSE, text, "RFC 1035 3.2.1", "a record", "no wire form");
	else {
		rr->rdlen = (uint16_t)ldns_buffer_position(buf);
		rr->rdata = arena_memdup(a, ldns_buffer_begin(buf), rr->rdlen);
		ok = true;
	}
	if (buf)
		ldns_buffer_free(buf);
	ldns_rr_free(l);
	return ok;
}

uint16_t
dnskey_tag(const uint8_t *rdata, size_t len)
{
	uint32_t ac = 0;

	/* RFC 4034 appendix B; algorithm 1 is not worth its special case (RFC 4034 B.1). */
	for (size_t i = 0; i < len; i++)
		ac += i & 1 ? rdata[i] : (uint32_t)rdata[i] << 8;
	ac += ac >> 16 & 0xffff;
	return (uint16_t)ac;
}

bool
dnskey_parse(const uint8_t *rdata, size_t len, struct dnskey *k)
{
	if (len < 4 || len > 65535)
		return false;
	*k = (struct dnskey){ .flags = u16(rdata), .protocol = rdata[2], .alg = rdata[3],
		.pub = rdata + 4, .publen = (uint16_t)(len - 4), .tag = dnskey_tag(rdata, len) };
	return true;
}

unsigned
dnskey_bits(const struct dnskey *k)
{
	switch (k->alg) {
	case 5: case 7: case 8: case 10: { /* RFC 3110 2: exponent length, exponent, modulus */
		size_t skip = k->publen > 0 && k->pub[0] ? 1u + k->pub[0]
			: k->publen > 2			 ? 3u + u16(k->pub + 1)
							 : 0;
		if (!skip || skip >= k->publen)
			return 0;
		const uint8_t *m = k->pub + skip;
		size_t n = k->publen - skip;
		while (n && !*m)
			m++, n--;
		unsigned bits = (unsigned)n * 8;
		for (uint8_t top = n ? m[0] : 0; n && !(top & 0x80) && bits; top = (uint8_t)(top << 1))
			bits--;
		return bits;
	}
	case 13: case 15: return 256;
	case 14: return 384;
	case 16: return 456;
	default: return 0;
	}
}

bool
ds_parse(const uint8_t *rdata, size_t len, struct ds *d)
{
	if (len < 4 || len > 65535)
		return false;
	*d = (struct ds){ .tag = u16(rdata), .alg = rdata[2], .digest_type = rdata[3],
		.digest = rdata + 4, .digest_len = (uint16_t)(len - 4) };
	return true;
}

static const EVP_MD *
digest_md(uint8_t digest_type)
{
	switch (digest_type) {
	case 1: return EVP_sha1();
	case 2: return EVP_sha256();
	case 4: return EVP_sha384();
	default: return NULL;
	}
}

size_t
ds_digest(const struct name *owner, const uint8_t *rdata, size_t len, uint8_t digest_type,
	uint8_t out[64])
{
	const EVP_MD *md = digest_md(digest_type);
	struct name n = *owner;
	unsigned size = 0;
	EVP_MD_CTX *c = md ? EVP_MD_CTX_new() : NULL;

	name_lower(&n);
	if (!c || !EVP_DigestInit_ex(c, md, NULL) || !EVP_DigestUpdate(c, n.wire, n.len) ||
		!EVP_DigestUpdate(c, rdata, len) || !EVP_DigestFinal_ex(c, out, &size))
		size = 0;
	EVP_MD_CTX_free(c);
	return size;
}

bool
rrsig_parse(const uint8_t *rdata, size_t len, struct rrsig *s)
{
	if (len < 19 || len > 65535)
		return false;
	*s = (struct rrsig){ .covered = u16(rdata), .alg = rdata[2], .labels = rdata[3],
		.original_ttl = u32(rdata + 4), .expiration = u32(rdata + 8),
		.inception = u32(rdata + 12), .tag = u16(rdata + 16) };
	size_t n = name_from_wire(&s->signer, rdata + 18, len - 18);
	if (!n)
		return false;
	s->prefix_len = (uint16_t)(18 + n);
	s->sig = rdata + s->prefix_len;
	s->siglen = (uint16_t)(len - s->prefix_len);
	return true;
}

bool
soa_parse(const uint8_t *rdata, size_t len, struct soa *s)
{
	size_t a = name_from_wire(&s->mname, rdata, len);
	size_t b = a ? name_from_wire(&s->rname, rdata + a, len - a) : 0;

	if (!b || len - a - b != 20)
		return false;
	const uint8_t *p = rdata + a + b;
	s->serial = u32(p);
	s->refresh = u32(p + 4);
	s->retry = u32(p + 8);
	s->expire = u32(p + 12);
	s->minimum = u32(p + 16);
	return true;
}

static const struct algorithm algorithms[] = {
	{ 1, "RSAMD5", false, true },
	{ 3, "DSA", false, true },
	{ 5, "RSASHA1", true, true },
	{ 6, "DSA-NSEC3-SHA1", false, true },
	{ 7, "NSEC3RSASHA1", true, true },
	{ 8, "RSASHA256", true, false },
	{ 10, "RSASHA512", true, false },
	{ 12, "ECC-GOST", false, true },
	{ 13, "ECDSAP256SHA256", true, false },
	{ 14, "ECDSAP384SHA384", true, false },
	{ 15, "ED25519", true, false },
	{ 16, "ED448", true, false },
	{ 252, "INDIRECT", false, false },
	{ 253, "PRIVATEDNS", false, false },
	{ 254, "PRIVATEOID", false, false },
};

const struct algorithm *
algorithm_find(uint8_t number)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
		if (algorithms[i].number == number)
			return &algorithms[i];
	return NULL;
}

const char *
algorithm_name(uint8_t number)
{
	static _Thread_local char buf[4][8];
	static _Thread_local unsigned next;
	const struct algorithm *a = algorithm_find(number);

	if (a)
		return a->name;
	char *out = buf[next++ % 4];
	snprintf(out, sizeof buf[0], "ALG%u", number);
	return out;
}

const char *
digest_name(uint8_t digest_type)
{
	static _Thread_local char buf[12];

	switch (digest_type) {
	case 1: return "sha1";
	case 2: return "sha256";
	case 3: return "gost";
	case 4: return "sha384";
	default:
		snprintf(buf, sizeof buf, "digest%u", digest_type);
		return buf;
	}
}

bool
digest_supported(uint8_t digest_type)
{
	return digest_md(digest_type) != NULL;
}

const char *
rcode_name(int rcode)
{
	static const char *const names[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
		"REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE" };
	static _Thread_local char buf[20];

	if (rcode < 0)
		return "no answer";
	if ((size_t)rcode < sizeof names / sizeof *names)
		return names[rcode];
	snprintf(buf, sizeof buf, "RCODE%d", rcode);
	return buf;
}
