/*
 * figures: the numbers of a diagnosis that monitoring compares and draws. Seconds, and
 * TIME_UNSET or TIME_NEVER where there is no number.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "diagnose/diagnosis.h"

struct figures {
	unsigned vantages, bogus, secure, unknown; /* counted ones */
	int64_t rrsig_left;  /* until the earliest expiration of a signature that is served */
	uint16_t rrsig_tag;  /* whose it is */
	uint16_t rrsig_type;
	int64_t key_left;    /* until the first key that signs stops (its file's Inactive) */
	const struct key_row *key;
	int serial_lag;	     /* servers that are behind the first stage of the serial's way */
	int64_t age;	     /* of the newest answer of any server */
};

void figures_of(struct figures *f, const struct diagnosis *d);

#endif
