/* Any octets as a DNS reply: the parser, the match with a question, and every record as text. */
#include <stddef.h>
#include <stdint.h>

#include "observe/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = arena_new();
	struct wire_question q = { .qtype = T_SOA, .id = n > 1 ? (uint16_t)(data[0] << 8 | data[1]) : 0 };
	struct wire_message m;
	struct err e;

	q.qname = name_root;
	wire_matches(data, n, &q);
	if (wire_parse(a, data, n, &m, &e))
		for (size_t i = 0; i < m.rrs.n && i < 64; i++)
			rr_to_text(a, &m.rrs.v[i]);
	arena_free(a);
	return 0;
}
