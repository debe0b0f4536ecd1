/*
 * probe: the table of what is asked of whom, and when. A row is one question; what it costs is the
 * budget of a complete picture: 3 for the root, 3 for a parent server, 4 + 5 for a child server.
 */
#ifndef OBSERVE_PROBE_H
#define OBSERVE_PROBE_H

#include "observe/transport.h"

enum { /* which servers */
	AT_UPPER = 1,  /* one server of a cut above the parent, the root included */
	AT_PARENT = 2, /* every server of the zone's parent */
	AT_CHILD = 4,  /* every server of the zone */
};
enum { /* which rounds */
	ROUND_FULL = 1,
	ROUND_SOA = 2,
	ROUND_DNSKEY = 4,
	ROUND_DS = 8,
};
enum asked_name { ASK_ZONE, ASK_CUT, ASK_NEXT, ASK_POSITIVE, ASK_NXDOMAIN };

struct probe_row {
	enum probe probe;
	unsigned at, rounds;
	enum asked_name name;
	uint16_t qtype; /* of ASK_POSITIVE: A or AAAA, as the server's own name has */
	enum retry retry;
};
extern const struct probe_row probe_rows[];
extern const size_t n_probe_rows;

#endif
