#include "report/planes.h"

#include <string.h>

static const struct {
	const char *prefix;
	enum plane plane;
} table[] = {
	{ "key-", PLANE_KEYS },
	{ "zsk-", PLANE_KEYS },
	{ "ksk-", PLANE_KEYS },
	{ "policy-", PLANE_KEYS },
	{ "hsm-", PLANE_KEYS },
	{ "signer-output", PLANE_SERIALS },
	{ "signer-", PLANE_KEYS },
	{ "source-", PLANE_SERIALS },
	{ "serial-", PLANE_SERIALS },
	{ "secondary-", PLANE_SERIALS },
	{ "xfr-", PLANE_SERIALS },
	{ "inline-", PLANE_SERIALS },
	{ "lame", PLANE_SERIALS },
	{ "unreachable-", PLANE_SERIALS },
	{ "tcp-", PLANE_SERIALS },
	{ "cache-", PLANE_VALIDATION },
	{ "cached-", PLANE_VALIDATION },
	{ "negative-", PLANE_VALIDATION },
	{ "trust-", PLANE_VALIDATION },
	{ "nta-", PLANE_VALIDATION },
	{ "forwarder-", PLANE_VALIDATION },
	{ "resolver-", PLANE_VALIDATION },
	{ "validator-", PLANE_VALIDATION },
	{ "answer-", PLANE_VALIDATION },
	{ "ds-view-", PLANE_VALIDATION },
};

enum plane
plane_of(const char *id)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strncmp(id, table[i].prefix, strlen(table[i].prefix)) == 0)
			return table[i].plane;
	return PLANE_CHAIN;
}

bool
planes_parse(const char *list, unsigned *planes, const char **bad)
{
	static const struct {
		const char *word;
		enum plane plane;
	} words[] = { { "chain", PLANE_CHAIN }, { "keys", PLANE_KEYS },
		{ "serials", PLANE_SERIALS }, { "validation", PLANE_VALIDATION } };

	*planes = 0;
	while (*list) {
		size_t n = strcspn(list, ",");
		bool found = false;
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (strlen(words[i].word) == n && strncmp(words[i].word, list, n) == 0) {
				*planes |= words[i].plane;
				found = true;
			}
		if (!found) {
			*bad = list;
			return false;
		}
		list += n;
		list += *list == ',';
	}
	return *planes != 0;
}
