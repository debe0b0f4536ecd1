/* Any octets as a scenario file: read and checked, no world is made of it. */
#include <stddef.h>
#include <stdint.h>

#include "lab/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct text problems = { 0 };
	struct scenario *s = scenario_parse((const char *)data, n, "fuzz", n & 3, NULL, &problems);

	scenario_free(s);
	text_free(&problems);
	return 0;
}
