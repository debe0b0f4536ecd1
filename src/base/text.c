#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/arena.h"

#define MAX_COMBINING 4

/* An output of bounded size that counts what it would have written. */
struct sink {
	char *out;
	size_t size, len;
	bool full;
};

/* Puts N bytes, all or none of them, so that an escape or a code point is never cut in two. */
static void
put(struct sink *k, const void *p, size_t n)
{
	if (!k->full && k->len + n < k->size)
		memcpy(k->out + k->len, p, n);
	else if (!k->full) {
		k->full = true;
		if (k->size)
			k->out[k->len] = '\0';
	}
	k->len += n;
}

static size_t
finish(struct sink *k)
{
	if (!k->full && k->size)
		k->out[k->len] = '\0';
	return k->len;
}

size_t
text_dns(char *out, size_t size, const void *p, size_t n)
{
	struct sink k = { .out = out, .size = size };
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++) {
		char esc[5];
		if (b[i] == '\\')
			put(&k, "\\\\", 2);
		else if (b[i] >= 0x20 && b[i] <= 0x7e)
			put(&k, &b[i], 1);
		else {
			snprintf(esc, sizeof esc, "\\%03u", b[i]);
			put(&k, esc, 4);
		}
	}
	return finish(&k);
}

size_t
text_utf8(const void *p, size_t n, uint32_t *cp)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t len = utf8proc_iterate(p, n > 4 ? 4 : (utf8proc_ssize_t)n, &c);

	if (len <= 0 || c < 0)
		return 0;
	*cp = (uint32_t)c;
	return (size_t)len;
}

/* May this code point be shown as it is? Decided by category, never by width: wcwidth gives
 * 0 for U+202E and U+200B, which reorder or hide what follows. */
static bool
showable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return false;
	default:
		return true;
	}
}

static bool
combining(uint32_t c)
{
	utf8proc_category_t cat = utf8proc_category((utf8proc_int32_t)c);

	return cat == UTF8PROC_CATEGORY_MN || cat == UTF8PROC_CATEGORY_ME;
}

size_t
text_clean_n(char *out, size_t size, const void *p, size_t n)
{
	struct sink k = { .out = out, .size = size };
	const unsigned char *b = p;
	unsigned marks = MAX_COMBINING; /* none may stand before a base */
	char esc[16];

	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t len = text_utf8(b + i, n - i, &c);
		if (!len) {
			snprintf(esc, sizeof esc, "\\x%02X", b[i]);
			put(&k, esc, 4);
			i++;
			continue;
		}
		bool mark = c >= 0x80 && combining(c);
		marks = mark ? marks + 1 : 0;
		if (showable(c) && marks <= MAX_COMBINING)
			put(&k, b + i, len);
		else {
			snprintf(esc, sizeof esc, "\\u{%X}", (unsigned)c);
			put(&k, esc, strlen(esc));
		}
		i += len;
	}
	return finish(&k);
}

size_t
text_clean(char *out, size_t size, const char *s)
{
	return text_clean_n(out, size, s, strlen(s));
}

char *
text_clean_dup(struct arena *a, const char *s)
{
	if (!s)
		return NULL;
	size_t n = text_clean(NULL, 0, s);
	char *copy = arena_alloc(a, n + 1);
	text_clean(copy, n + 1, s);
	return copy;
}

char *
text_dns_dup(struct arena *a, const void *p, size_t n)
{
	size_t len = text_dns(NULL, 0, p, n);
	char *copy = arena_alloc(a, len + 1);

	text_dns(copy, len + 1, p, n);
	return copy;
}

bool
text_is_clean(const char *s)
{
	size_t n = strlen(s);
	char *copy = malloc(n + 1);
	bool clean = copy && text_clean(copy, n + 1, s) == n && memcmp(copy, s, n) == 0;

	free(copy);
	return clean;
}

static size_t
width_of(uint32_t c)
{
	if (c < 0x80)
		return 1;
	int w = utf8proc_charwidth((utf8proc_int32_t)c);
	return w < 0 ? 0 : (size_t)w;
}

size_t
text_width(const char *s)
{
	size_t cols = 0, n = strlen(s);

	for (size_t i = 0; i < n;) {
		uint32_t c;
		size_t len = text_utf8(s + i, n - i, &c);
		cols += len ? width_of(c) : 1;
		i += len ? len : 1;
	}
	return cols;
}

/* Bytes at the start of S that take at most COLS columns. */
static size_t
head_bytes(const char *s, size_t cols)
{
	size_t i = 0, n = strlen(s), used = 0;

	while (i < n) {
		uint32_t c;
		size_t len = text_utf8(s + i, n - i, &c);
		size_t w = len ? width_of(c) : 1;
		if (used + w > cols)
			break;
		used += w;
		i += len ? len : 1;
	}
	return i;
}

void
text_cut(char *out, size_t size, const char *s, size_t cols, bool ascii)
{
	if (!size)
		return;
	if (text_width(s) <= cols)
		snprintf(out, size, "%s", s);
	else if (!cols)
		out[0] = '\0';
	else
		snprintf(out, size, "%.*s%s", (int)head_bytes(s, cols - 1), s, ascii ? "~" : "…");
}

void
text_cut_middle(char *out, size_t size, const char *s, size_t cols, bool ascii)
{
	size_t width = text_width(s);

	if (width <= cols || cols < 3) {
		text_cut(out, size, s, cols, ascii);
		return;
	}
	size_t left = (cols - 1) / 2, right = cols - 1 - left;
	size_t tail = head_bytes(s, width - right);
	snprintf(out, size, "%.*s%s%s", (int)head_bytes(s, left), s, ascii ? "~" : "…", s + tail);
}

static void
reserve(struct text *t, size_t more)
{
	if (t->len + more + 1 <= t->cap)
		return;
	size_t cap = t->cap ? t->cap : 64;
	while (cap < t->len + more + 1)
		cap *= 2;
	char *s = realloc(t->s, cap);
	if (!s)
		abort();
	t->s = s;
	t->cap = cap;
}

void
text_add_n(struct text *t, const void *p, size_t n)
{
	reserve(t, n);
	if (n)
		memcpy(t->s + t->len, p, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void
text_vadd(struct text *t, const char *fmt, va_list ap)
{
	va_list again;

	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n <= 0)
		return;
	reserve(t, (size_t)n);
	vsnprintf(t->s + t->len, (size_t)n + 1, fmt, ap);
	t->len += (size_t)n;
}

void
text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vadd(t, fmt, ap);
	va_end(ap);
}

void
text_add_clean(struct text *t, const char *s)
{
	size_t n = text_clean(NULL, 0, s);

	reserve(t, n);
	text_clean(t->s + t->len, n + 1, s);
	t->len += n;
}

const char *
text_str(const struct text *t)
{
	return t->s ? t->s : "";
}

void
text_reset(struct text *t)
{
	t->len = 0;
	if (t->s)
		t->s[0] = '\0';
}

void
text_free(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}

void
text_hex(char *out, size_t size, const void *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = p;
	size_t o = 0;

	for (size_t i = 0; i < n && o + 2 < size; i++) {
		out[o++] = digits[b[i] >> 4];
		out[o++] = digits[b[i] & 15];
	}
	if (size)
		out[o] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

long
text_unhex(void *out, size_t size, const char *hex)
{
	unsigned char *b = out;
	size_t n = 0;

	for (; hex[0]; hex += 2) {
		int hi = hex_digit(hex[0]), lo = hex[1] ? hex_digit(hex[1]) : -1;
		if (hi < 0 || lo < 0 || n == size)
			return -1;
		b[n++] = (unsigned char)(hi << 4 | lo);
	}
	return (long)n;
}

bool
text_number(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');
		if (digit > 9 || v > max / 10 || (v == max / 10 && digit > max % 10))
			return false;
		v = 10 * v + digit;
	}
	*out = v;
	return true;
}

/* Levenshtein distance, words of at most 63 bytes. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[64];
	size_t na = strlen(a), nb = strlen(b);

	if (na > 63 || nb > 63)
		return 64;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned diag = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned sub = diag + (a[i - 1] != b[j - 1]);
			unsigned gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diag = row[j];
			row[j] = sub < gap ? sub : gap;
		}
	}
	return row[nb];
}

const char *
text_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned limit = (unsigned)strlen(word) / 3 + 1, least = limit + 1;

	for (; *words; words++) {
		unsigned d = distance(word, *words);
		if (d < least) {
			least = d;
			best = *words;
		}
	}
	return best;
}

void
text_add_shell(struct text *t, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"_./+:=,-";

	if (*s && strspn(s, plain) == strlen(s)) {
		text_add(t, "%s", s);
		return;
	}
	text_add(t, "'");
	for (; *s; s++) {
		if (*s == '\'')
			text_add(t, "'\\''");
		else
			text_add_n(t, s, 1);
	}
	text_add(t, "'");
}
