/*
 * net: the producer "observe net": asks every server from the root down to the zone, again and
 * again, and writes what it heard as a stream (model/stream.h). net_run() is a whole process'
 * work: it returns when the work is done (once), the reader has gone, or SIGTERM or SIGINT came.
 *
 * Other parts of the same process (vantages) hook into its loop: see struct net_part.
 */
#ifndef OBSERVE_NET_H
#define OBSERVE_NET_H

#include <uv.h>

#include "model/observation.h"
#include "observe/transport.h"

struct net_server {
	const char *name;    /* "ns1.example.org", or NULL */
	const char *address; /* never a name */
	uint16_t port;	     /* 0: net_options.port */
	bool primary;	     /* a hidden primary: ROLE_PRIMARY */
};

struct net_vantage {
	const char *name;
	enum vantage_type type;
	const char *kind;    /* "own", "internal", "isp", "public" */
	const char *address; /* resolver, or libunbound's forwarder (NULL: own recursion) */
	uint16_t port;	     /* 0: net_options.port */
	const char *anchor;  /* file; NULL: net_options.anchor */
	bool cache_kept, counted;
};

/* Everything that "observe net" can be told. Strings and arrays stay the caller's. */
struct net_options {
	const char *zone;
	const char *root_hints; /* file; NULL: built in */
	const char *anchor;	/* file; NULL: built in */
	uint16_t port;		/* 0: 53 */
	const struct net_server *servers, *parents; /* none: found from the root */
	size_t n_servers, n_parents;
	const struct net_vantage *vantages;
	size_t n_vantages;
	const char *const *known_good, *const *known_bogus; /* names that test a vantage */
	size_t n_known_good, n_known_bogus;
	int64_t period;	 /* seconds between looks at the serials; 0: 10 */
	int64_t timeout; /* seconds, of a whole run with once; 0: 30 */
	bool once;	 /* one full round, then end */
	int in_fd;	 /* back channel: lines "probe" and "probe VANTAGE"; -1: none */
	const char *sandbox; /* for hello; NULL: "none" */
};

/*
 * Many zones in one process, with one budget for each server's address: cheap questions first (a
 * server that does not give the SOA is asked nothing else), what the zones need alike is asked
 * once, and the times between looks vary by a tenth so that zones do not march in step.
 */
struct net_budget {
	unsigned rate; /* questions a second and address; 0: NET_MANY_RATE */
};
#define NET_MANY_RATE 100
#define NET_MANY_PERIOD_S 60 /* between looks at the serials where the options say nothing */

struct net; /* the running producer */

/* 0 done, 1 ended early (reader gone, timeout), 3 could not begin (E says why). */
int net_run(const struct net_options *o, int out_fd, struct err *e);

/* The same for the N zones of O. With N > 1 they share a budget (B NULL: the default one). The first
 * element's in_fd, once, timeout and sandbox hold for all. */
int net_run_many(const struct net_options *o, size_t n, const struct net_budget *b, int out_fd,
	struct err *e);
/* Is this one zone of many? Then it is sparing. */
bool net_sparing(const struct net *n);

/* For the parts. */
uv_loop_t *net_loop(struct net *n);
struct transport *net_transport(struct net *n);
const struct net_options *net_options(const struct net *n);
const struct name *net_zone(const struct net *n);
/* A new fact of now, by "net", about the zone; fill it, then net_emit(), which takes it over. */
struct obs *net_obs(struct net *n, enum fact fact);
void net_emit(struct net *n, struct obs *o);
/* Addresses that serve CUT as far as is known now (zone itself: the child's), for stubs. */
size_t net_servers(const struct net *n, const struct name *cut, struct endpoint *out, size_t max);
/* Zone cuts from the root down that are known now. */
size_t net_cuts(const struct net *n, struct name *out, size_t max);
/* A part that is busy keeps a run with "once" from ending: count up, and down again. */
void net_busy(struct net *n, int change);

/*
 * A part of the producer. Rows of net_parts[] in net_parts.c; a part keeps its state in *STATE.
 *   start   after hello, before the first round; false with E: the part is left out, shown as unknown
 *   round   a full round ended (the cuts are known; first == true the first time)
 *   probe   the line "probe [WHAT]" came; WHAT is "" for everything
 *   stop    close every handle that the part put on the loop; the loop runs until they are closed
 */
struct net_part {
	const char *name;
	bool (*start)(struct net *n, void **state, struct err *e);
	void (*round)(struct net *n, void *state, bool first);
	void (*probe)(struct net *n, void *state, const char *what);
	void (*stop)(struct net *n, void *state);
};
extern const struct net_part net_parts[]; /* ends with name == NULL */

#endif
