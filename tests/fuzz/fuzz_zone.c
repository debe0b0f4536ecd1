/* Any octets as a zone file, judged in full; its own DS at the apex, if any, as the parent's. */
#include <stddef.h>
#include <stdint.h>

#include "zone/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct name origin;
	struct err e = { 0 };

	name_from_text(&origin, "example.", &e);
	struct zone *z = zone_parse("fuzz", (const char *)data, n, n % 2 ? &origin : NULL, &e);
	if (!z)
		return 0;
	const struct zset *ds = zone_apex_set(z, T_DS);
	struct verify_opts o = { .at = 1768478400, .threads = 1, .source = z };
	if (ds) {
		o.ds = (const struct zrr *const *)(z->rrs + ds->first);
		o.n_ds = ds->n;
		o.have_ds = true;
	}
	verify_free(zone_verify(z, &o, &e));
	zone_free(z);
	return 0;
}
