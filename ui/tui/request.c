#include "ui/tui/request.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

const struct request_row requests[REQ_COUNT] = {
	[REQ_NONE] = { "", "", "", REQUESTS_MOVE },
#define REQUEST(id, name, keys, group, help) [REQ_##id] = { name, keys, help, REQUESTS_##group },
#include "ui/tui/requests.h"
#undef REQUEST
};

static const struct {
	const char *name;
	uint32_t key;
} names[] = {
	{ "Tab", K_TAB }, { "S-Tab", K_BACKTAB }, { "Enter", K_ENTER }, { "Esc", K_ESC },
	{ "Space", ' ' }, { "Up", K_UP }, { "Down", K_DOWN }, { "Left", K_LEFT },
	{ "Right", K_RIGHT }, { "Home", K_HOME }, { "End", K_END }, { "PgUp", K_PGUP },
	{ "PgDn", K_PGDN }, { "BS", K_BACKSPACE }, { "Del", K_DELETE },
};

uint32_t
key_from_name(const char *name, size_t len)
{
	uint32_t cp;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
			return names[i].key;
	if (len == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_')
		return (uint32_t)(name[1] - '@');
	if (len >= 2 && len <= 3 && name[0] == 'F' && name[1] >= '1' && name[1] <= '9') {
		uint32_t n = (uint32_t)(name[1] - '0');
		if (len == 3)
			n = n * 10 + (uint32_t)(name[2] - '0');
		return n <= 12 ? K_F0 + n : K_NONE;
	}
	return len && text_utf8(name, len, &cp) == len ? cp : K_NONE;
}

const char *
key_label(uint32_t key, char *out, size_t size)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].key == key) {
			snprintf(out, size, "%s", names[i].name);
			return out;
		}
	if (key > K_F0 && key <= K_F0 + 12)
		snprintf(out, size, "F%u", (unsigned)(key - K_F0));
	else if (key < 0x20)
		snprintf(out, size, "^%c", (char)(key + '@'));
	else if (key < 0x7f)
		snprintf(out, size, "%c", (char)key);
	else
		snprintf(out, size, "U+%04X", (unsigned)key);
	return out;
}

enum request
request_of_key(uint32_t key)
{
	for (int r = 1; r < REQ_COUNT; r++)
		for (const char *p = requests[r].keys; *p;) {
			size_t n = strcspn(p, " ");
			if (key_from_name(p, n) == key)
				return (enum request)r;
			p += n + (p[n] == ' ');
		}
	return REQ_NONE;
}

enum request
request_by_name(const char *name)
{
	for (int r = 1; r < REQ_COUNT; r++)
		if (strcmp(requests[r].name, name) == 0)
			return (enum request)r;
	return REQ_NONE;
}
