/*
 * wire: DNS messages as octets (RFC 1035 4, RFC 6891): builds questions, and reads replies that
 * anybody may have sent. Nothing is believed before it was checked: compression pointers go
 * strictly backwards and at most WIRE_POINTERS_MAX times a name, counts are bounded, every length
 * is inside the message. Names in RDATA are decompressed for the types that may hold compressed
 * ones (RFC 3597 4), so that struct rr always has uncompressed RDATA.
 *
 * wire_parse() allocates from the given arena only; the message may be freed afterwards.
 */
#ifndef OBSERVE_WIRE_H
#define OBSERVE_WIRE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/observation.h"

#define WIRE_MAX 65535u
#define WIRE_RRS_MAX 4096u
#define WIRE_OPTIONS_MAX 32u
#define WIRE_POINTERS_MAX 126u
#define WIRE_QUERY_MAX 512u /* a question of ours always fits */
#define WIRE_EDNS_SIZE 1232u

struct wire_question {
	uint16_t id;
	struct name qname;
	uint16_t qtype;
	bool rd, cd;
	bool dnssec; /* EDNS with DO */
	bool nsid;   /* RFC 5001; needs dnssec */
};

/* Writes a query into OUT (class IN, EDNS size WIRE_EDNS_SIZE); returns its octets. */
size_t wire_query(uint8_t out[WIRE_QUERY_MAX], const struct wire_question *q);

/* How a reply fits a question, from header and question section alone. */
enum wire_match {
	WIRE_MATCH,	/* ID, QR, opcode and question are ours */
	WIRE_OTHER,	/* answers something else, or is no reply: keep waiting */
	WIRE_GARBLED,	/* our ID, but the question cannot be read, or is missing */
};
enum wire_match wire_matches(const uint8_t *p, size_t n, const struct wire_question *q);

struct wire_message {
	uint16_t id;
	unsigned opcode;
	int rcode; /* extended by EDNS where there is OPT */
	bool qr, aa, tc, rd, ra, ad, cd;
	struct name qname; /* len 0: no question */
	uint16_t qtype, qclass;
	bool edns, do_bit;
	uint16_t edns_size;
	uint8_t edns_version;
	const uint8_t *nsid; /* NULL: none */
	uint16_t nsid_len;
	const uint8_t *cookie; /* RFC 7873, NULL: none */
	uint16_t cookie_len;
	struct ede_list ede;
	unsigned options;   /* EDNS options seen */
	struct rr_list rrs; /* all sections but OPT (and TSIG, SIG(0): counted in MORE) */
	unsigned more;
};

/* False with E (the rule that the message breaks) when it is malformed. */
bool wire_parse(struct arena *a, const uint8_t *p, size_t n, struct wire_message *m,
	struct err *e);

/*
 * Reads a possibly compressed name at P[AT] of a message of N octets. Returns the offset behind
 * it in the message, or 0 when it is malformed.
 */
size_t wire_name(const uint8_t *p, size_t n, size_t at, struct name *out);

#endif
