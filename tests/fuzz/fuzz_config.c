/* Any octets as a configuration file. */
#include <stddef.h>
#include <stdint.h>

#include "observe/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	const struct config *c = config_parse(a, "fuzz", (const char *)data, n, &e);

	if (c)
		config_merge(a, c, c);
	arena_free(a);
	return 0;
}
