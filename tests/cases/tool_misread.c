/* tool_misread FILE: what a plan for a DS change, and one for the ZSK alone, are told of the cause. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "diagnose/misread.h"
#include "model/stream.h"

static void
on_obs(void *ctx, struct obs *o)
{
	ledger_add(ctx, o);
	obs_unref(o);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	size_t n;
	char *s = argc == 2 ? file_read(argv[1], 8u << 20, &n, &e) : NULL;

	if (!s)
		return 3;
	struct ledger *l = ledger_new();
	struct stream_reader r = { .on_obs = on_obs, .ctx = l };
	struct diagnose_options opt = { 0 };
	stream_feed(&r, s, n);
	stream_end(&r);
	struct snapshot *snap = ledger_snapshot(l, ledger_latest(l));
	struct diagnosis *d = diagnose(snap, &opt);
	const char *ds = misread_plan(d->arena, d, true, "a DS change"), *zsk = misread_plan(d->arena, d, false, "x");
	printf("ds: %s\nzsk: %s\n", ds ? ds : "-", zsk ? zsk : "-");
	snapshot_unref(snap);
	diagnosis_free(d);
	ledger_free(l);
	free(s);
	return 0;
}
