#include "zone/respell.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 64u

struct word {
	const char *p;
	size_t n;
	bool quoted;
};

static const struct {
	const char *name;
	uint16_t type;
} string_types[] = {
	{ "X25", 19 }, { "ISDN", 20 }, { "GPOS", 27 }, { "NINFO", 56 }, { "AVC", 258 },
	{ "RESINFO", 261 }, { "WALLET", 262 }, { "CLA", 263 },
};

/* What a WKS record may call by name (RFC 1010); the rest must be numbers. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "ftp-data", 20 }, { "ftp", 21 }, { "ssh", 22 }, { "telnet", 23 }, { "smtp", 25 }, { "time", 37 },
	{ "nicname", 43 }, { "whois", 43 }, { "domain", 53 }, { "tftp", 69 }, { "gopher", 70 },
	{ "finger", 79 }, { "http", 80 }, { "pop2", 109 }, { "pop3", 110 }, { "sunrpc", 111 },
	{ "nntp", 119 }, { "ntp", 123 }, { "imap", 143 }, { "imap2", 143 }, { "snmp", 161 },
	{ "https", 443 }, { "exec", 512 }, { "login", 513 }, { "shell", 514 }, { "printer", 515 },
};

static bool
word_is(const struct word *w, const char *s)
{
	return !w->quoted && strlen(s) == w->n && strncasecmp(w->p, s, w->n) == 0;
}

/* The end of the word, string or comment that begins at I. */
static size_t
word_end(const char *p, size_t len, size_t i)
{
	if (p[i] == '"') {
		for (i++; i < len && p[i] != '"'; i++)
			i += p[i] == '\\' && i + 1 < len;
		return i < len ? i + 1 : len;
	}
	if (p[i] == ';') {
		while (i < len && p[i] != '\n')
			i++;
		return i;
	}
	while (i < len && !strchr(" \t\r\n();\"", p[i]))
		i += p[i] == '\\' && i + 1 < len ? 2 : 1;
	return i;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' || c == ')';
}

/* The words of the entry; more than there is room for are not needed here. */
static size_t
split(const char *p, size_t len, struct word *w)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < WORDS_MAX;) {
		if (blank(p[i])) {
			i++;
			continue;
		}
		size_t end = word_end(p, len, i);
		if (p[i] == '"')
			w[n++] = (struct word){ p + i + 1, end - i >= 2 ? end - i - 2 : 0, true };
		else if (p[i] != ';')
			w[n++] = (struct word){ p + i, end - i, false };
		i = end > i ? end : i + 1;
	}
	return n;
}

/* Index of the word that is the type; N when there is none. */
static size_t
type_word(const char *p, const struct word *w, size_t n)
{
	size_t i = *p != ' ' && *p != '\t' ? 1 : 0;

	while (i < n && (isdigit((unsigned char)w[i].p[0]) || word_is(&w[i], "IN") ||
		word_is(&w[i], "CH") || word_is(&w[i], "HS")))
		i++;
	return i;
}

bool
respell_type(const char *p, size_t len, char out[32])
{
	struct word w[WORDS_MAX];
	size_t n = len ? split(p, len, w) : 0, t = n ? type_word(p, w, n) : 0;

	if (t >= n || w[t].n == 0 || w[t].n >= 32 || w[t].quoted)
		return false;
	for (size_t i = 0; i < w[t].n; i++)
		if (!isalnum((unsigned char)w[t].p[i]) && w[t].p[i] != '-')
			return false;
	memcpy(out, w[t].p, w[t].n);
	out[w[t].n] = '\0';
	return true;
}

/* ---- types without text form ---- */

/* One character string into OUT of 256 octets (length first); 0 when it is none. */
static size_t
string_octets(const struct word *w, uint8_t out[256])
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		unsigned c = (unsigned char)w->p[i];
		if (c == '\\' && i + 1 < w->n) {
			c = (unsigned char)w->p[++i];
			if (isdigit((int)c) && i + 2 < w->n) {
				c = (c - '0') * 100 + (unsigned)(w->p[i + 1] - '0') * 10 + (unsigned)(w->p[i + 2] - '0');
				i += 2;
			}
		}
		if (c > 255 || n == 255)
			return 0;
		out[1 + n++] = (uint8_t)c;
	}
	out[0] = (uint8_t)n;
	return n + 1;
}

static size_t
strings_rdata(const struct word *w, size_t n, uint8_t *out, size_t room)
{
	size_t len = 0;
	uint8_t one[256];

	for (size_t i = 0; i < n; i++) {
		size_t k = string_octets(&w[i], one);
		if (!k || len + k > room)
			return 0;
		memcpy(out + len, one, k);
		len += k;
	}
	return len;
}

static int
number(const struct word *w, int max)
{
	int v = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (!isdigit((unsigned char)w->p[i]) || (v = v * 10 + w->p[i] - '0') > max)
			return -1;
	}
	return w->n ? v : -1;
}

/* RFC 1035 3.4.2: address, protocol, bit map of ports. */
static size_t
wks_rdata(const struct word *w, size_t n, uint8_t out[5 + 128])
{
	char address[16];
	size_t len = 5;

	if (n < 2 || w[0].n >= sizeof address)
		return 0;
	memcpy(address, w[0].p, w[0].n);
	address[w[0].n] = '\0';
	int proto = word_is(&w[1], "tcp") ? 6 : word_is(&w[1], "udp") ? 17 : number(&w[1], 255);
	if (inet_pton(AF_INET, address, out) != 1 || proto < 0)
		return 0;
	memset(out + 4, 0, 129);
	out[4] = (uint8_t)proto;
	for (size_t i = 2; i < n; i++) {
		int port = number(&w[i], 1023);
		for (size_t k = 0; port < 0 && k < sizeof services / sizeof *services; k++)
			if (word_is(&w[i], services[k].name))
				port = services[k].port;
		if (port < 0)
			return 0;
		out[5 + port / 8] |= (uint8_t)(0x80 >> port % 8);
		if (5u + (size_t)port / 8 + 1 > len)
			len = 5u + (size_t)port / 8 + 1;
	}
	return len;
}

static size_t
unknown_type(const char *p, size_t len, char *out)
{
	struct word w[WORDS_MAX];
	size_t n = split(p, len, w), t = type_word(p, w, n), k = 0, rdlen = 0;
	uint8_t rdata[4096];
	unsigned type = 0;

	if (t + 1 >= n || n == WORDS_MAX)
		return 0;
	if (word_is(&w[t], "WKS")) {
		type = 11;
		rdlen = wks_rdata(w + t + 1, n - t - 1, rdata);
	}
	for (size_t i = 0; !type && i < sizeof string_types / sizeof *string_types; i++)
		if (word_is(&w[t], string_types[i].name)) {
			type = string_types[i].type;
			rdlen = strings_rdata(w + t + 1, n - t - 1, rdata, sizeof rdata);
		}
	if (!rdlen)
		return 0;
	size_t head = (size_t)(w[t].p - p);
	for (size_t i = 0; i < head; i++)
		out[k++] = p[i] == '(' || p[i] == ')' || p[i] == '\n' ? ' ' : p[i];
	k += (size_t)snprintf(out + k, 40, "TYPE%u \\# %zu ", type, rdlen);
	for (size_t i = 0; i < rdlen; i++) {
		static const char hex[] = "0123456789abcdef";
		out[k++] = hex[rdata[i] >> 4];
		out[k++] = hex[rdata[i] & 15];
	}
	out[k++] = '\n';
	return k;
}

/* ---- names ---- */

/* Base64 has a plus sign of its own: in these entries only words with a dot are names. */
static bool
has_base64(const struct word *w)
{
	static const char *const types[] = { "RRSIG", "SIG", "DNSKEY", "CDNSKEY", "KEY", "CERT",
		"OPENPGPKEY", "DHCID", "HIP", "IPSECKEY", "SVCB", "HTTPS" };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (word_is(w, types[i]))
			return true;
	return false;
}

static size_t
escape_names(const char *p, size_t len, char *out)
{
	size_t n = 0;
	bool owner = *p != ' ' && *p != '\t', base64 = false, changed = false;

	for (size_t i = 0, end; i < len; i = end) {
		end = blank(p[i]) ? i + 1 : word_end(p, len, i);
		end = end > i ? end : i + 1;
		if (p[i] == ';')
			continue; /* comments are left out */
		struct word w = { p + i, end - i, p[i] == '"' };
		bool name = !blank(p[i]) && !w.quoted && !word_is(&w, "@") &&
			(owner || !base64 || memchr(w.p, '.', w.n));
		/* Not in RDATA: colon, comma and equals also join keys and values, and parts of addresses. */
		const char *odd = owner ? "!#%&'+<>?@[]^`{|}~$,:=" : "!#%&'+<>?@[]^`{|}~$";
		base64 |= has_base64(&w);
		for (size_t k = i; k < end; k++) {
			if (name && p[k] == '\\' && k + 1 < end)
				out[n++] = p[k++];
			else if (name && p[k] && strchr(odd, p[k])) {
				out[n++] = '\\';
				changed = true;
			}
			out[n++] = p[k];
		}
		owner &= blank(p[i]);
	}
	return changed ? n : 0;
}

size_t
respell_entry(const char *p, size_t len, char *out)
{
	if (len == 0 || *p == '$')
		return 0;
	/* The other type is written into the second half, its names from there into the first. */
	char *half = out + RESPELL_ROOM(len) / 2;
	size_t n = unknown_type(p, len, half);
	if (!n)
		return escape_names(p, len, out);
	size_t escaped = escape_names(half, n, out);
	if (!escaped)
		memmove(out, half, n);
	return escaped ? escaped : n;
}
