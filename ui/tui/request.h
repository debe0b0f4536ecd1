/*
 * request: what a key asks for. The table is requests.h; this is the keymap made from it, and the
 * names of keys, which term.c produces and scripts use.
 *
 * A key is a code point, or one of enum key for what has none. Control characters are themselves
 * (^D is 4).
 */
#ifndef UI_TUI_REQUEST_H
#define UI_TUI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key {
	K_NONE = 0,
	K_TAB = 9,
	K_ENTER = 13,
	K_ESC = 27,
	K_SPECIAL = 0x110000, /* above Unicode */
	K_UP, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PGUP, K_PGDN, K_BACKSPACE, K_DELETE,
	K_BACKTAB, K_MOUSE, K_RESIZE,
	K_PASTE, K_PASTE_END, /* what is between them was pasted, not typed */
	K_F0 = 0x110100 /* K_F0 + n is Fn */
};

enum request {
	REQ_NONE,
#define REQUEST(id, name, keys, group, help) REQ_##id,
#include "ui/tui/requests.h"
#undef REQUEST
	REQ_COUNT
};

enum request_group { REQUESTS_MOVE, REQUESTS_LOOK, REQUESTS_CHANGE };

struct request_row {
	const char *name, *keys, *help;
	enum request_group group;
};
extern const struct request_row requests[REQ_COUNT]; /* [REQ_NONE] is empty */

enum request request_of_key(uint32_t key);
/* By its palette name; REQ_NONE when there is none. */
enum request request_by_name(const char *name);
/* "j", "^D", "Tab", "F5", "Esc", "Space" to a key; K_NONE when it is none. */
uint32_t key_from_name(const char *name, size_t len);
/* The other way, into OUT (16 bytes are enough). */
const char *key_label(uint32_t key, char *out, size_t size);

#endif
