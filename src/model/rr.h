/*
 * rr: resource records in wire form and the fixed fields of the DNSSEC types (RFC 4034).
 * Records are values that point into memory of somebody else (an observation's arena, a zone
 * store); nothing here owns memory unless an arena is given.
 */
#ifndef MODEL_RR_H
#define MODEL_RR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/name.h"

struct arena;

enum {
	T_A = 1, T_NS = 2, T_CNAME = 5, T_SOA = 6, T_PTR = 12, T_MX = 15, T_TXT = 16, T_AAAA = 28,
	T_SRV = 33, T_DNAME = 39, T_OPT = 41, T_DS = 43, T_RRSIG = 46, T_NSEC = 47,
	T_DNSKEY = 48, T_NSEC3 = 50, T_NSEC3PARAM = 51, T_CDS = 59, T_CDNSKEY = 60,
	T_ZONEMD = 63, T_SVCB = 64, T_HTTPS = 65, T_ANY = 255,
};

enum rr_section { SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL };

struct rr {
	struct name owner;
	uint16_t type, class;
	uint32_t ttl;
	enum rr_section section;
	uint16_t rdlen;
	const uint8_t *rdata; /* uncompressed wire form */
};

/* "DNSKEY", "TYPE65280"; static or from a small per-thread buffer: copy it to keep it. */
const char *rrtype_name(uint16_t type);
bool rrtype_from_name(const char *s, uint16_t *type);

/* RDATA in presentation form, clean ASCII, allocated from A ("\# n hex" where it is unknown). */
char *rdata_to_text(struct arena *a, uint16_t type, const uint8_t *rdata, uint16_t rdlen);
/* A whole record "owner ttl IN TYPE rdata". */
char *rr_to_text(struct arena *a, const struct rr *rr);
/* Parses one record in presentation form; memory from A; TTL defaults to DEFAULT_TTL. */
bool rr_from_text(struct arena *a, const char *text, uint32_t default_ttl, struct rr *rr,
	struct err *e);

/* Fixed fields. Each returns false when RDATA is too short or its names are broken. */
struct dnskey {
	uint16_t flags;
	uint8_t protocol, alg;
	const uint8_t *pub;
	uint16_t publen;
	uint16_t tag; /* RFC 4034 appendix B, of the RDATA as it is (REVOKE included) */
};
#define DNSKEY_ZONE 0x0100
#define DNSKEY_REVOKE 0x0080
#define DNSKEY_SEP 0x0001
bool dnskey_parse(const uint8_t *rdata, size_t len, struct dnskey *k);
uint16_t dnskey_tag(const uint8_t *rdata, size_t len);
/* Bits of the key: RSA modulus, or the curve's size; 0 when it cannot be read. */
unsigned dnskey_bits(const struct dnskey *k);

struct ds {
	uint16_t tag;
	uint8_t alg, digest_type;
	const uint8_t *digest;
	uint16_t digest_len;
};
bool ds_parse(const uint8_t *rdata, size_t len, struct ds *d);
/*
 * Digest of a DNSKEY for a DS (RFC 4034 5.1.4): OUT must hold 64 octets.
 * Returns its length, or 0 for an unsupported digest type.
 */
size_t ds_digest(const struct name *owner, const uint8_t *dnskey_rdata, size_t len,
	uint8_t digest_type, uint8_t out[64]);

struct rrsig {
	uint16_t covered;
	uint8_t alg, labels;
	uint32_t original_ttl, expiration, inception;
	uint16_t tag;
	struct name signer;
	const uint8_t *sig;
	uint16_t siglen;
	uint16_t prefix_len; /* octets of RDATA before the signature */
};
bool rrsig_parse(const uint8_t *rdata, size_t len, struct rrsig *s);

struct soa {
	struct name mname, rname;
	uint32_t serial, refresh, retry, expire, minimum;
};
bool soa_parse(const uint8_t *rdata, size_t len, struct soa *s);

/* Algorithm and digest names and what we can do with them (IANA registries). */
struct algorithm {
	uint8_t number;
	const char *name;  /* "RSASHA256" */
	bool supported;	   /* this program can verify and sign with it */
	bool deprecated;   /* RFC 8624 / RFC 9905: do not sign with it */
};
const struct algorithm *algorithm_find(uint8_t number); /* NULL when unassigned */
const char *algorithm_name(uint8_t number);		 /* never NULL; "ALG200" style */
const char *digest_name(uint8_t digest_type);		 /* "sha256" */
bool digest_supported(uint8_t digest_type);

const char *rcode_name(int rcode); /* "NOERROR", "SERVFAIL"; negative: "no answer" */

#endif
