/*
 * tool_confine ADDRESS@PORT DS-OR-DNSKEY NAME: confines itself as `observe net` does, and then has
 * libunbound validate NAME A, in a thread of its own and over real sockets.
 * Prints "secure", "bogus: WHY" or "insecure", after the line that confine_describe() gives.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unbound.h>

#include "base/clock.h"
#include "base/confine.h"

struct verdict {
	bool done;
	int rc;
};

static void
arrived(void *arg, int rc, struct ub_result *r)
{
	struct verdict *v = arg;

	v->done = true;
	v->rc = rc;
	if (rc == 0)
		printf("%s%s\n", r->secure ? "secure" : r->bogus ? "bogus: " : "insecure",
			r->bogus && r->why_bogus ? r->why_bogus : "");
	ub_resolve_free(r);
}

int
main(int argc, char **argv)
{
	struct verdict v = { false, 0 };
	struct confined c;
	struct err e = { 0 };
	char line[1200];
	int id;

	if (argc != 4)
		return 64;
	if (!confine(&(struct confine_job){ .role = CONFINE_NET }, &c, &e)) {
		printf("%s\n", err_str(&e, line, sizeof line));
		return 3;
	}
	printf("%s\n", confine_describe(&c, line, sizeof line));
	struct ub_ctx *ctx = ub_ctx_create();
	if (!ctx || ub_ctx_async(ctx, 1) || ub_ctx_set_option(ctx, "do-not-query-localhost:", "no") ||
			ub_ctx_add_ta(ctx, argv[2]) || ub_ctx_set_stub(ctx, ".", argv[1], 0)) {
		printf("libunbound could not be set up\n");
		return 3;
	}
	ub_resolve_async(ctx, argv[3], 1, 1, &v, arrived, &id);
	for (int64_t end = clock_monotonic_usec() + 10 * USEC; !v.done && clock_monotonic_usec() < end;) {
		poll(&(struct pollfd){ .fd = ub_fd(ctx), .events = POLLIN }, 1, 100);
		ub_process(ctx);
	}
	ub_ctx_delete(ctx);
	if (!v.done)
		printf("no answer\n");
	return v.done && v.rc == 0 ? 0 : 3;
}
