/*
 * genzone: deterministic zones for measurements, unsigned, on standard output.
 *   genzone small | medium | large | names N
 * small (774 records) and medium (155 k) are a company's zone: hosts, aliases, mail, one name in five
 * delegated, half of these with DS. large (2.7 M) is a registry: a million delegations, one in ten with
 * DS, three in ten with glue. "names N" is medium with N names, for the growth.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 20130515;

static uint64_t
next(void) /* splitmix64 */
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(next() % n);
}

static void
word(char *out, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		out[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[below(36)];
	out[n] = '\0';
}

static void
v4(const char *name, unsigned ttl)
{
	printf("%s %u IN A %u.%u.%u.%u\n", name, ttl, 11 + below(212), below(256), below(256), 1 + below(254));
}

static void
v6(const char *name, unsigned ttl)
{
	printf("%s %u IN AAAA 2001:db8:%x:%x::%x\n", name, ttl, below(65536), below(65536), 1 + below(65535));
}

static void
ds(const char *name)
{
	printf("%s 86400 IN DS %u 13 2 ", name, 1 + below(65535));
	for (int i = 0; i < 4; i++)
		printf("%016llX", (unsigned long long)next());
	putchar('\n');
}

static void
head(const char *zone)
{
	char ns[8] = "ns1";

	printf("$ORIGIN %s\n$TTL 3600\n@ 3600 IN SOA ns1.%s hostmaster.%s 2026010100 7200 3600 1209600 3600\n", zone,
		zone, zone);
	for (int i = 1; i < 5; i++)
		printf("@ 86400 IN NS ns%d.%s\n", i, zone);
	for (int i = 1; i < 5; i++) {
		ns[2] = (char)('0' + i);
		v4(ns, 86400);
		v6(ns, 86400);
	}
}

static void
host(unsigned i)
{
	char h[32], text[40], more[16];
	unsigned p = below(100);

	word(h, 6);
	snprintf(h + 6, sizeof h - 6, "%u", i);
	if (p < 45) {
		v4(h, 300);
		if (below(100) < 35)
			v6(h, 300);
	} else if (p < 55)
		printf("%s 3600 IN CNAME ns1\n", h);
	else if (p < 65) {
		printf("%s 3600 IN MX 10 mx1\n", h);
		if (below(2))
			printf("%s 3600 IN MX 20 mx2\n", h);
	} else if (p < 75) {
		word(text, 32);
		word(more, 12);
		printf("%s 3600 IN TXT \"site-verification=%s %s\"\n", h, text, more);
	} else if (p < 80) {
		v4(h, 300);
		printf("%s 300 IN TXT \"v=spf1 -all\"\n", h);
	} else {
		printf("%s 86400 IN NS ns1.%s.example.net.\n%s 86400 IN NS ns2.%s.example.net.\n", h, h, h, h);
		if (below(2))
			ds(h);
	}
}

static void
company(const char *zone, unsigned names)
{
	head(zone);
	printf("@ 3600 IN MX 10 mx1\n@ 3600 IN MX 20 mx2\n@ 3600 IN TXT \"v=spf1 mx -all\"\n");
	v4("mx1", 3600);
	v4("mx2", 3600);
	v4("@", 3600);
	v6("@", 3600);
	for (unsigned i = 7; i < names; i++)
		host(i);
}

static void
registry(const char *zone, unsigned names)
{
	char h[32], ns[40];

	head(zone);
	for (unsigned i = 0; i < names; i++) {
		word(h, 5);
		snprintf(h + 5, sizeof h - 5, "%u", i);
		if (below(100) < 30) {
			for (int k = 1; k < 3; k++)
				printf("%s 86400 IN NS ns%d.%s\n", h, k, h);
			for (int k = 1; k < 3; k++) {
				snprintf(ns, sizeof ns, "ns%d.%s", k, h);
				v4(ns, 86400);
			}
		} else {
			unsigned d = 1 + below(4000);
			for (int k = 1; k < 3; k++)
				printf("%s 86400 IN NS ns%d.hoster%u.example.\n", h, k, d);
		}
		if (below(100) < 10)
			ds(h);
	}
}

int
main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";

	if (strcmp(kind, "small") == 0)
		company("bench.example.", 500);
	else if (strcmp(kind, "medium") == 0)
		company("bench.example.", 100000);
	else if (strcmp(kind, "large") == 0)
		registry("bench.example.", 1000000);
	else if (strcmp(kind, "names") == 0 && argc == 3)
		company("bench.example.", (unsigned)strtoul(argv[2], NULL, 10));
	else {
		fprintf(stderr, "usage: genzone small|medium|large|names N\n");
		return 64;
	}
	return 0;
}
