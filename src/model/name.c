#include "model/name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct name name_root = { .len = 1, .wire = { 0 } };

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Reads one character of a label, escapes included; false on a bad escape. */
static bool
label_char(const char **s, uint8_t *c)
{
	const char *p = *s;

	if (*p != '\\') {
		*c = (uint8_t)*p;
		*s = p + 1;
		return true;
	}
	p++;
	if (isdigit((unsigned char)p[0])) {
		if (!isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]))
			return false;
		int v = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
		*c = (uint8_t)v;
		*s = p + 3;
		return v <= 255;
	}
	*c = (uint8_t)*p;
	*s = p + 1;
	return *p != '\0';
}

bool
name_from_text(struct name *n, const char *text, struct err *e)
{
	const char *s = text;
	size_t len = 0;

	n->len = 0;
	if (strcmp(text, ".") == 0) {
		*n = name_root;
		return true;
	}
	while (*s) {
		uint8_t label[64];
		size_t k = 0;
		while (*s && *s != '.') {
			uint8_t c;
			if (!label_char(&s, &c))
				return err_set(e, ERR_PARSE, text, "RFC 1035 5.1", "an escape \\DDD", "a bad escape");
			if (k == 63)
				return err_set(e, ERR_PARSE, text, "RFC 1035 2.3.4",
					"labels of at most 63 octets", "a longer one");
			label[k++] = c;
		}
		if (k == 0)
			return err_set(e, ERR_PARSE, text, "RFC 1035 3.1", "labels between the dots",
				"an empty label");
		if (len + k + 2 > NAME_MAX_WIRE)
			return err_set(e, ERR_PARSE, text, "RFC 1035 2.3.4", "at most 255 octets",
				"a longer name");
		n->wire[len++] = (uint8_t)k;
		memcpy(n->wire + len, label, k);
		len += k;
		if (*s == '.')
			s++;
	}
	if (len == 0)
		return err_set(e, ERR_PARSE, text, "RFC 1035 3.1", "a domain name", "nothing");
	n->wire[len++] = 0;
	n->len = (uint8_t)len;
	return true;
}

size_t
name_from_wire(struct name *n, const uint8_t *p, size_t len)
{
	size_t i = 0;

	n->len = 0;
	while (i < len && i < NAME_MAX_WIRE) {
		uint8_t k = p[i];
		if (k > 63)
			return 0;
		i += (size_t)k + 1;
		if (k == 0) {
			memcpy(n->wire, p, i);
			n->len = (uint8_t)i;
			return i;
		}
	}
	return 0;
}

const char *
name_to_text(char out[NAME_MAX_TEXT], const struct name *n)
{
	size_t o = 0;

	if (n->len <= 1) {
		snprintf(out, NAME_MAX_TEXT, "%s", n->len ? "." : "");
		return out;
	}
	for (size_t i = 0; i < n->len && n->wire[i]; i += (size_t)n->wire[i] + 1) {
		for (size_t k = 1; k <= n->wire[i]; k++) {
			uint8_t c = n->wire[i + k];
			if (c == '.' || c == '\\' || c == '"' || c == '(' || c == ')' || c == ';' ||
				c == '@' || c == '$')
				o += (size_t)snprintf(out + o, NAME_MAX_TEXT - o, "\\%c", c);
			else if (c > 0x20 && c < 0x7f)
				out[o++] = (char)c;
			else
				o += (size_t)snprintf(out + o, NAME_MAX_TEXT - o, "\\%03u", c);
		}
		out[o++] = '.';
	}
	out[o] = '\0';
	return out;
}

bool
name_equal(const struct name *a, const struct name *b)
{
	if (a->len != b->len)
		return false;
	/* Length octets are below 64, so lower() leaves them alone. */
	for (size_t i = 0; i < a->len; i++)
		if (lower(a->wire[i]) != lower(b->wire[i]))
			return false;
	return true;
}

/* Offsets of the labels; returns how many, the root label not counted. */
static unsigned
offsets(const struct name *n, uint8_t at[128])
{
	unsigned k = 0;

	for (size_t i = 0; i < n->len && n->wire[i] && k < 128; i += (size_t)n->wire[i] + 1)
		at[k++] = (uint8_t)i;
	return k;
}

int
name_cmp(const struct name *a, const struct name *b)
{
	uint8_t at_a[128], at_b[128];
	unsigned na = offsets(a, at_a), nb = offsets(b, at_b);

	while (na > 0 && nb > 0) {
		const uint8_t *la = a->wire + at_a[--na], *lb = b->wire + at_b[--nb];
		size_t least = la[0] < lb[0] ? la[0] : lb[0];
		for (size_t i = 1; i <= least; i++) {
			int d = lower(la[i]) - lower(lb[i]);
			if (d)
				return d;
		}
		if (la[0] != lb[0])
			return la[0] - lb[0];
	}
	return (int)na - (int)nb;
}

bool
name_at_or_below(const struct name *a, const struct name *b)
{
	uint8_t at[128];
	unsigned na = offsets(a, at), nb = name_labels(b);

	if (a->len < b->len || na < nb)
		return false;
	struct name tail = { .len = b->len };
	memcpy(tail.wire, a->wire + (na == nb ? 0 : nb == 0 ? a->len - 1 : at[na - nb]), b->len);
	return name_equal(&tail, b);
}

unsigned
name_labels(const struct name *n)
{
	uint8_t at[128];

	return offsets(n, at);
}

bool
name_parent(const struct name *n, struct name *parent)
{
	if (n->len <= 1)
		return false;
	size_t skip = (size_t)n->wire[0] + 1;
	struct name out = { .len = (uint8_t)(n->len - skip) };
	memcpy(out.wire, n->wire + skip, out.len);
	*parent = out;
	return true;
}

bool
name_prepend(const struct name *n, const char *label, struct name *out)
{
	struct name first, joined;

	if (!name_from_text(&first, label, NULL) || name_labels(&first) != 1)
		return false;
	size_t len = (size_t)first.len - 1 + n->len;
	if (len > NAME_MAX_WIRE)
		return false;
	memcpy(joined.wire, first.wire, first.len - 1u);
	memcpy(joined.wire + first.len - 1, n->wire, n->len);
	joined.len = (uint8_t)len;
	*out = joined;
	return true;
}

void
name_lower(struct name *n)
{
	for (size_t i = 0; i < n->len; i++)
		n->wire[i] = lower(n->wire[i]);
}
