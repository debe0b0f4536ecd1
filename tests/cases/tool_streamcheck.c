/* Reads a stream from standard input; prints counts, and one line for each verdict of a vantage. */
#include <stdio.h>
#include <unistd.h>

#include "model/stream.h"

static void
on_obs(void *ctx, struct obs *o)
{
	static const char *const cells[] = { "soa", "positive", "nodata", "nxdomain" };
	const struct fact_resolve *r = &o->u.resolve;

	(void)ctx;
	if (o->fact == FACT_RESOLVE && !r->cd && r->question <= VQ_NXDOMAIN)
		printf("%s %s %s\n", r->vantage, cells[r->question],
			r->rcode < 0 ? "silent" : r->rcode == 2 ? "servfail" : r->ad ? "ad" : "ok");
	obs_unref(o);
}

static void
on_bad(void *ctx, uint64_t line, const struct err *e)
{
	char text[1200];

	(void)ctx;
	fprintf(stderr, "line %llu: %s\n", (unsigned long long)line, err_str(e, text, sizeof text));
}

int
main(void)
{
	struct stream_reader r = { .on_obs = on_obs, .on_bad = on_bad };
	char buf[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof buf)) > 0)
		stream_feed(&r, buf, (size_t)n);
	stream_end(&r);
	printf("lines %llu bad %llu\n", (unsigned long long)r.good, (unsigned long long)r.bad);
	return r.bad != 0 || r.good == 0;
}
