/* Any octets as a stream: read, kept, diagnosed, and made JSON. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/stream.h"
#include "report/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
on_obs(void *ctx, struct obs *o)
{
	ledger_add(ctx, o);
	obs_unref(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ledger *l = ledger_new();
	struct stream_reader r = { .on_obs = on_obs, .ctx = l };
	struct diagnose_options opt = { 0 };

	stream_feed(&r, (const char *)data, n);
	stream_end(&r);
	int64_t now = ledger_latest(l);
	if (now != TIME_UNSET) {
		struct snapshot *s = ledger_snapshot(l, now);
		struct diagnosis *d = diagnose(s, &opt);
		json_decref(json_diagnosis(d));
		snapshot_unref(s);
		diagnosis_free(d);
	}
	ledger_free(l);
	return 0;
}
