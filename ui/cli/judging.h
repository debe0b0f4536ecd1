/*
 * judging: how the faces judge a zone, from the configuration: trust anchors, thresholds, servers
 * with serials of their own. Every face asks here, so that two of them cannot differ.
 */
#ifndef UI_CLI_JUDGING_H
#define UI_CLI_JUDGING_H

#include "base/arena.h"
#include "diagnose/diagnosis.h"
#include "observe/config.h"

/*
 * Fills OUT for ZONE. CONFIG is -c's file (NULL: the usual places). ANCHORS: a file of root DNSKEY
 * or DS lines that wins over the configuration's; LIVE: where there is neither, the built-in
 * anchors count. A recording is judged alike everywhere: only a CONFIG that was named counts.
 * What OUT points to lives in A. False with E.
 */
bool judging(struct arena *a, const char *config, const struct name *zone, const char *anchors,
	bool live, struct diagnose_options *out, struct err *e);
/* The thresholds and servers of ZONE alone, from a configuration that is loaded, over what OUT has:
 * for a face with many zones. */
void judging_zone(struct arena *a, const struct config *c, const struct name *zone,
	struct diagnose_options *out);

#endif
