#include "ui/tui/theme.h"

#include <stddef.h>
#include <string.h>

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE };
#define DEF (-1)
#define B LOOK_BOLD
#define D LOOK_DIM
#define U LOOK_UNDERLINE
#define R LOOK_REVERSE

struct style_row {
	const char *word;
	uint32_t mark;
	struct look look[THEME_COUNT]; /* default, light, colour-blind, high contrast, mono */
};

static const struct style_row STYLES[] = {
	[ST_NORMAL] = { "", 0,
		{ { DEF, DEF, 0 }, { DEF, DEF, 0 }, { DEF, DEF, 0 }, { DEF, DEF, 0 }, { DEF, DEF, 0 } } },
	[ST_OK] = { "OK", 0x2713,
		{ { GREEN, DEF, 0 }, { GREEN, DEF, 0 }, { CYAN, DEF, 0 }, { GREEN, DEF, B },
			{ DEF, DEF, 0 } } },
	[ST_INFO] = { "", 0x00b7,
		{ { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, 0 }, { DEF, DEF, D } } },
	[ST_WARN] = { "WARN", '!',
		{ { YELLOW, DEF, B }, { MAGENTA, DEF, B }, { YELLOW, DEF, B }, { YELLOW, DEF, B },
			{ DEF, DEF, B } } },
	[ST_CRIT] = { "CRIT", 0x2717,
		{ { WHITE, RED, B }, { WHITE, RED, B }, { WHITE, BLUE, B }, { WHITE, RED, B | U },
			{ DEF, DEF, R | B } } },
	[ST_UNKNOWN] = { "UNKNOWN", 0x25cc,
		{ { DEF, DEF, U }, { DEF, DEF, U }, { DEF, DEF, U }, { DEF, DEF, U }, { DEF, DEF, U } } },
	[ST_STALE] = { "STALE", '~',
		{ { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, U }, { DEF, DEF, D | U } } },
	[ST_INSECURE] = { "INSECURE", 0x25cb,
		{ { CYAN, DEF, B }, { CYAN, DEF, B }, { CYAN, DEF, B }, { CYAN, DEF, B }, { DEF, DEF, B } } },
	[ST_EXCLUDED] = { "*", '*',
		{ { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, 0 }, { DEF, DEF, D } } },
	[ST_ARMED] = { "ARMED", 0,
		{ { BLACK, YELLOW, 0 }, { BLACK, YELLOW, 0 }, { BLACK, YELLOW, 0 }, { BLACK, YELLOW, B },
			{ DEF, DEF, R } } },
	[ST_TRAINING] = { "TRAINING", 0,
		{ { BLACK, CYAN, 0 }, { BLACK, CYAN, 0 }, { BLACK, CYAN, 0 }, { BLACK, CYAN, B },
			{ DEF, DEF, R } } },
	[ST_LABEL] = { "", 0,
		{ { DEF, DEF, B }, { DEF, DEF, B }, { DEF, DEF, B }, { DEF, DEF, B }, { DEF, DEF, B } } },
	[ST_BORDER] = { "", 0,
		{ { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, D }, { DEF, DEF, 0 }, { DEF, DEF, 0 } } },
	[ST_KEY] = { "", 0,
		{ { DEF, DEF, B }, { DEF, DEF, B }, { DEF, DEF, B }, { DEF, DEF, B }, { DEF, DEF, B } } },
	[ST_FOUND] = { "", 0,
		{ { DEF, DEF, U | B }, { DEF, DEF, U | B }, { DEF, DEF, U | B }, { DEF, DEF, U | B },
			{ DEF, DEF, U | B } } },
	[ST_MARKED] = { "", 0,
		{ { DEF, DEF, 0 }, { DEF, DEF, 0 }, { DEF, DEF, 0 }, { DEF, DEF, 0 }, { DEF, DEF, 0 } } },
};
_Static_assert(sizeof STYLES / sizeof STYLES[0] == ST_COUNT, "a row for every style");

const char *const theme_names[] = { "default", "light", "cb", "hc", "mono", NULL };

struct look
theme_look(enum theme t, enum style s, bool selected)
{
	struct look l = STYLES[s].look[t];

	if (selected) {
		/* Reverse over the state's colour; over a reversed state the bold stays. */
		if (l.bg != DEF)
			l.fg = l.bg = DEF;
		l.attr = (uint8_t)((l.attr | R) & ~D);
	}
	return l;
}

bool
theme_from_name(const char *name, enum theme *t)
{
	for (int i = 0; theme_names[i]; i++)
		if (strcmp(theme_names[i], name) == 0) {
			*t = (enum theme)i;
			return true;
		}
	return false;
}

uint32_t
style_mark(enum style s)
{
	return STYLES[s].mark ? STYLES[s].mark : ' ';
}

const char *
style_word(enum style s)
{
	return STYLES[s].word;
}

enum style
style_of_mark(uint32_t cp)
{
	if (cp < 0x80 || cp == 0x00b7) /* "!", "~" and "*" are ordinary in text */
		return ST_COUNT;
	for (int s = 0; s < ST_COUNT; s++)
		if (STYLES[s].mark == cp)
			return (enum style)s;
	return ST_COUNT;
}
