#include "observe/probe.h"

/*
 * To add a question: a row here, and its name in enum probe. NODATA asks the apex for a PTR
 * record: no zone has one there, and no middlebox drops the type. The SOA is retried over TCP, so
 * that one round tells "dead" from "UDP is lost".
 */
const struct probe_row probe_rows[] = {
	{ PROBE_REFERRAL, AT_UPPER | AT_PARENT, ROUND_FULL, ASK_ZONE, T_NS, RETRY_UDP },
	{ PROBE_DS, AT_UPPER, ROUND_FULL, ASK_NEXT, T_DS, RETRY_UDP },
	{ PROBE_DS, AT_PARENT, ROUND_FULL | ROUND_DS, ASK_ZONE, T_DS, RETRY_UDP },
	{ PROBE_DNSKEY, AT_UPPER | AT_PARENT, ROUND_FULL, ASK_CUT, T_DNSKEY, RETRY_UDP },
	{ PROBE_SOA, AT_CHILD, ROUND_FULL | ROUND_SOA, ASK_ZONE, T_SOA, RETRY_TCP },
	{ PROBE_DNSKEY, AT_CHILD, ROUND_FULL | ROUND_DNSKEY, ASK_ZONE, T_DNSKEY, RETRY_UDP },
	{ PROBE_NS, AT_CHILD, ROUND_FULL, ASK_ZONE, T_NS, RETRY_UDP },
	{ PROBE_POSITIVE, AT_CHILD, ROUND_FULL, ASK_POSITIVE, T_A, RETRY_UDP },
	{ PROBE_NODATA, AT_CHILD, ROUND_FULL, ASK_ZONE, T_PTR, RETRY_UDP },
	{ PROBE_NXDOMAIN, AT_CHILD, ROUND_FULL, ASK_NXDOMAIN, T_A, RETRY_UDP },
	{ PROBE_CDS, AT_CHILD, ROUND_FULL, ASK_ZONE, T_CDS, RETRY_UDP },
	{ PROBE_CDNSKEY, AT_CHILD, ROUND_FULL, ASK_ZONE, T_CDNSKEY, RETRY_UDP },
	{ PROBE_NSEC3PARAM, AT_CHILD, ROUND_FULL, ASK_ZONE, T_NSEC3PARAM, RETRY_UDP },
};
const size_t n_probe_rows = sizeof probe_rows / sizeof *probe_rows;
