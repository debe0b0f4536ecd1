/*
 * transport: questions to addresses and what came of them, on a libuv loop. Own sockets: every UDP
 * question has a connect()ed socket of its own with a random port and ID (getrandom), and takes
 * only a reply from that address whose ID, QR, opcode and question are ours; others are counted
 * and waited past. Truncation goes on over TCP.
 *
 * Life cycle: transport_new(loop), transport_ask() any number of times, transport_free(). Everything
 * runs in the loop's thread. Nothing blocks. A question is copied; its callback is called
 *   - at most once with final == false: "no answer yet", LATE_US have passed;
 *   - exactly once with final == true, unless it was cancelled; never from inside transport_ask().
 * What the result points to is valid during the callback only.
 *
 * Questions to one address and port are paced (burst TRANSPORT_BURST, then TRANSPORT_RATE a
 * second); its clocks start when the question is sent. RTT is that of the attempt that answered.
 */
#ifndef OBSERVE_TRANSPORT_H
#define OBSERVE_TRANSPORT_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include "observe/wire.h"

#define TRANSPORT_LATE_US 1100000u /* so that a dead server is named within 1.2 s of the question */
#define TRANSPORT_BURST 24
#define TRANSPORT_RATE 20
#define TRANSPORT_SHARE_US 30000000

union address {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};
/* Reads an IPv4 or IPv6 address (never a name); false when it is neither. */
bool address_parse(union address *out, const char *text, uint16_t port);

/* 0, or the errno of connect(): has this host a way to that address? Nothing is sent. */
int transport_route(const union address *to);

enum retry {
	RETRY_UDP,  /* after LATE_US once more over UDP (over TCP when replies did not match) */
	RETRY_TCP,  /* after LATE_US over TCP, still listening for the UDP reply */
	RETRY_NONE, /* wait until GIVE_UP_US */
};

enum outcome {
	OUTCOME_ANSWER,
	OUTCOME_TIMEOUT,     /* also with final == false */
	OUTCOME_REFUSED,     /* ICMP port unreachable */
	OUTCOME_UNREACHABLE, /* no route, network or host unreachable, or no such address family here */
	OUTCOME_MALFORMED,   /* it answered, but not with a DNS message; detail says the rule */
	OUTCOME_TCP_TIMEOUT,
	OUTCOME_TCP_REFUSED,
	OUTCOME_FAILED,	     /* this host could not ask (no descriptors ...); detail says why */
	OUTCOME_COUNT
};
const char *outcome_name(enum outcome o); /* as in unbogus-stream(5), no-answer's "why" */

struct query_result {
	enum outcome outcome;
	bool final;
	const struct wire_message *msg; /* OUTCOME_ANSWER, else NULL */
	uint32_t size;			/* octets of the message */
	bool tcp, tcp_after_tc;
	uint32_t rtt_us, waited_us;
	int64_t age_us; /* of a shared answer: how long ago it came; else 0 */
	unsigned attempts;   /* datagrams sent and connections tried */
	unsigned mismatched; /* replies thrown away */
	const char *detail;  /* may be NULL */
};

struct query;
typedef void query_cb(void *ctx, const struct query_result *r);

/* A question. Zero is a good default for everything but to, qname and qtype. */
struct query_spec {
	union address to;
	struct name qname;
	uint16_t qtype;
	bool rd, cd;
	bool no_dnssec;	     /* without EDNS, DO and NSID */
	bool tcp;	     /* TCP at once */
	/* Who asks the same server the same within TRANSPORT_SHARE_US may have the same answer: for
	 * what many zones need alike (a root's DNSKEY set), and only with transport_budget(). */
	bool share;
	enum retry retry;
	uint32_t late_us;    /* 0: TRANSPORT_LATE_US */
	uint32_t give_up_us; /* after sending; 0: 2 * late_us */
	query_cb *done;
	void *ctx;
};

struct transport;
struct transport *transport_new(uv_loop_t *loop);
/* Cancels all questions without calling back; handles close as the loop runs on. */
void transport_free(struct transport *t);

/* Another pace than TRANSPORT_RATE questions a second for each address (1 to 10,000), and answers
 * of spec.share are shared. For a process that watches many zones of the same servers. */
void transport_budget(struct transport *t, unsigned rate);

struct query *transport_ask(struct transport *t, const struct query_spec *spec);
void transport_cancel(struct query *q); /* no callback; q is gone */

/* Datagrams sent and connections opened so far, and questions that are under way. */
uint64_t transport_sent(const struct transport *t);
unsigned transport_pending(const struct transport *t);

#endif
