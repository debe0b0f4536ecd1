/*
 * text: the one gate that bytes from outside pass before they reach a terminal, a log, a report
 * or JSON; and a growing string.
 *
 * Two kinds of bytes come in. DNS data (names, TXT, NSID, EDE text, why_bogus) is shown as
 * printable ASCII, everything else as \DDD (RFC 1035 5.1): text_dns(). Operators' text (file
 * names, VCS messages, signer output, notes) may hold UTF-8, but no control, format, surrogate,
 * private-use or unassigned characters and no more than four combining marks on a base:
 * text_clean(). Both write valid UTF-8 of known width and never a raw control byte, TAB or
 * newline.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Writes N bytes at P as printable ASCII into OUT (always terminated, cut at SIZE - 1 between
 * escapes). A backslash becomes two, anything outside 0x20..0x7e becomes \DDD.
 * Returns the length that would have been written, as snprintf does.
 */
size_t text_dns(char *out, size_t size, const void *p, size_t n);

/*
 * Writes the text S (or the N bytes at P) cleaned into OUT: printable UTF-8 as it is, bad bytes
 * as \xHH, unwanted code points as \u{HEX}. Text that is clean already comes out unchanged, so
 * cleaning twice is harmless. Returns the length that would have been written.
 */
size_t text_clean(char *out, size_t size, const char *s);
size_t text_clean_n(char *out, size_t size, const void *p, size_t n);

/* The same, allocated from A. */
char *text_clean_dup(struct arena *a, const char *s);
char *text_dns_dup(struct arena *a, const void *p, size_t n);

/* Is every byte of S what text_clean() would leave alone? For tests and assertions. */
bool text_is_clean(const char *s);

/* Columns that the clean UTF-8 text S takes on a terminal (wide characters take two). */
size_t text_width(const char *s);

/*
 * Copies S into OUT so that it takes at most COLS columns; what does not fit is replaced by an
 * ellipsis ("…", or "~" when ASCII) at the end, or in the middle for text_cut_middle().
 */
void text_cut(char *out, size_t size, const char *s, size_t cols, bool ascii);
void text_cut_middle(char *out, size_t size, const char *s, size_t cols, bool ascii);

/*
 * Decodes one code point of UTF-8 at P (N bytes left, N > 0) into *CP.
 * Returns its length in bytes, or 0 for malformed UTF-8 (overlong forms and surrogates included).
 */
size_t text_utf8(const void *p, size_t n, uint32_t *cp);

/* A growing string; zero-initialise, then text_add*(), then text_free(). Never NULL to read. */
struct text {
	char *s; /* NUL-terminated; NULL while empty: read it with text_str() */
	size_t len, cap;
};
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_vadd(struct text *t, const char *fmt, va_list ap);
void text_add_n(struct text *t, const void *p, size_t n);
void text_add_clean(struct text *t, const char *s);
const char *text_str(const struct text *t);
void text_reset(struct text *t); /* empty, storage kept */
void text_free(struct text *t);

/* Adds S as one word for a POSIX shell: as it is where that is plain, else in single quotes. */
void text_add_shell(struct text *t, const char *s);

/* Lower-case or upper-case hexadecimal without separators. */
void text_hex(char *out, size_t size, const void *p, size_t n);
/* Decodes hexadecimal text into OUT; returns the number of bytes or -1 (odd, bad digit, full). */
long text_unhex(void *out, size_t size, const char *hex);

/* A whole decimal number, digits and nothing else, of at most MAX; false: S is none. */
bool text_number(const char *s, uint64_t max, uint64_t *out);

/*
 * The word of WORDS (terminated by NULL) nearest to WORD by edit distance, or NULL when none is
 * near enough to be meant. For "unknown word X; did you mean Y?".
 */
const char *text_nearest(const char *word, const char *const *words);

#endif
