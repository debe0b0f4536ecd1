/*
 * unboundctx: a validating resolver of our own (libunbound, thread mode) on a libuv loop.
 *
 * One context is one cache, and libunbound cannot empty it: a cold verdict takes a new context
 * each time, a warm one keeps its context. Signature times are taken strictly (no skew). Creating
 * a context and its first question block for up to 40 ms (measured), so that is done on the
 * loop's thread pool; every question has a deadline of its own, because libunbound has none.
 *
 * Life cycle: unboundctx_new(), unboundctx_ask() any number of times, unboundctx_close(), which
 * frees it once the loop has closed its handles; callbacks are not called after that. A context
 * belongs to the thread that runs the loop. Confine the process before the first question: the
 * threads inherit it.
 *
 * It says what one validator with this library says: Debian's libunbound lacks ED448 and calls
 * such a zone insecure.
 */
#ifndef OBSERVE_UNBOUNDCTX_H
#define OBSERVE_UNBOUNDCTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "model/name.h"

/* Where a zone is asked instead of following delegations: a private root on a high port needs one
 * for every zone of the chain, because glue has no ports. */
struct unbound_stub {
	const char *zone;    /* "org." */
	const char *address; /* "192.0.2.1", "2001:db8::1" */
	uint16_t port;
};

struct unbound_conf {
	const char *const *anchors; /* records "ZONE. IN DS ..." or DNSKEY, presentation form */
	size_t n_anchors;
	const struct unbound_stub *stubs; /* empty: the library's own root servers, port 53 */
	size_t n_stubs;
	bool ipv4, ipv6; /* families that this host can reach */
};

struct unbound_answer {
	int rcode;		/* -1: no answer */
	const char *status;	/* "secure", "insecure", "bogus"; NULL without an answer */
	const char *why;	/* of bogus, or why there is no answer; NULL else. Foreign bytes */
	const uint8_t *packet;	/* the message, TTLs as they remain; NULL: none */
	size_t len;
	uint32_t rtt_us;
};
/* A is valid during the call. */
typedef void (*unbound_cb)(void *arg, const struct unbound_answer *a);

struct unboundctx;

/* Copies CONF. Makes no context yet; NULL with E when an anchor or a stub cannot be used. */
struct unboundctx *unboundctx_new(uv_loop_t *loop, const struct unbound_conf *conf,
	struct err *e);

/* Asks; CB is called once, from the loop, at most TIMEOUT_MS later ("timeout 13.0s"). */
void unboundctx_ask(struct unboundctx *c, const struct name *qname, uint16_t qtype,
	uint32_t timeout_ms, unbound_cb cb, void *arg);

void unboundctx_close(struct unboundctx *c); /* NULL is allowed */

#endif
