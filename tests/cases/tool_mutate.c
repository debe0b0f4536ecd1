/*
 * tool_mutate FILE SEED ROUNDS: damages the stream in FILE in ROUNDS ways (bytes, numbers, lines),
 * reads each, diagnoses it and makes its JSON. Prints how many lines were still read; what it
 * protects is that nothing crashes, hangs or shows a raw byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "model/stream.h"
#include "report/json.h"

static uint64_t
next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void
on_obs(void *ctx, struct obs *o)
{
	ledger_add(ctx, o);
	obs_unref(o);
}

static size_t
line_start(const char *s, size_t n, size_t at)
{
	while (at > 0 && at < n && s[at - 1] != '\n')
		at--;
	return at;
}

static size_t
line_len(const char *s, size_t n, size_t at)
{
	size_t end = at;

	while (end < n && s[end++] != '\n')
		;
	return end - at;
}

/* One damage; S has room for 2 * N + 1 octets. Returns the new length. */
static size_t
damage(char *s, size_t n, uint64_t *seed)
{
	static const char bytes[] = "0123456789abcdef\"\\,:{}[]\x1b\xc3 -.";
	size_t at = next(seed) % n, b = line_start(s, n, at), len = line_len(s, n, b);

	switch (next(seed) % 6) {
	case 0: /* a line lost */
		memmove(s + b, s + b + len, n - b - len);
		return n - len;
	case 1: /* a line twice */
		if (len > 65536)
			return n;
		memmove(s + b + len, s + b, n - b);
		return n + len;
	case 2: /* a digit of hexadecimal or of a number */
		for (size_t i = at; i < n && i < at + 400; i++)
			if (s[i] >= '0' && s[i] <= '9') {
				s[i] = (char)('0' + next(seed) % 10);
				break;
			}
		return n;
	case 3:
		memmove(s + at, s + at + 1, n - at - 1);
		return n - 1;
	case 4: /* the end lost */
		return next(seed) % 8 ? n : at;
	default:
		s[at] = bytes[next(seed) % (sizeof bytes - 1)];
		return n;
	}
}

static bool
clean_ascii(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 && *s != '\n')
			return false;
	return true;
}

static bool
one(const char *s, size_t n, uint64_t *lines)
{
	struct ledger *l = ledger_new();
	struct stream_reader r = { .on_obs = on_obs, .ctx = l };
	struct diagnose_options opt = { 0 };
	bool ok = true;

	stream_feed(&r, s, n);
	stream_end(&r);
	*lines += r.good;
	int64_t now = ledger_latest(l);
	if (now != TIME_UNSET) {
		struct snapshot *snap = ledger_snapshot(l, now);
		struct diagnosis *d = diagnose(snap, &opt);
		json_t *j = json_diagnosis(d);
		char *out = j ? json_dumps(j, JSON_INDENT(1)) : NULL;
		ok = out && clean_ascii(out);
		free(out);
		json_decref(j);
		snapshot_unref(snap);
		diagnosis_free(d);
	}
	ledger_free(l);
	return ok;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	uint64_t seed, lines = 0;
	size_t n;

	char *s = argc == 4 ? file_read(argv[1], 8u << 20, &n, &e) : NULL;
	if (!s || n == 0)
		return 3;
	seed = strtoull(argv[2], NULL, 10) * UINT64_C(2654435761) + 1;
	unsigned long rounds = strtoul(argv[3], NULL, 10), bad = 0;
	for (unsigned long i = 0; i < rounds; i++) {
		size_t len = n;
		char *copy = malloc(n + 16 * 65536 + 1);
		if (!copy)
			return 3;
		memcpy(copy, s, n);
		for (uint64_t k = next(&seed) % 12 + 1; k > 0 && len > 1; k--)
			len = damage(copy, len, &seed);
		if (!one(copy, len, &lines)) {
			printf("not ok round %lu: no JSON, or a raw byte in it\n", i);
			bad++;
		}
		free(copy);
	}
	free(s);
	printf("%lu rounds, %llu lines read\n", rounds, (unsigned long long)lines);
	return bad != 0;
}
