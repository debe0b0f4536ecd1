/*
 * floor: what the work cannot be cheaper than on this machine, now, in CPU time of one thread:
 *   floor scan FILE         libzscanner alone over FILE: records, seconds
 *   floor crypto ALG BITS   OpenSSL's EVP with reused contexts: microseconds a signature, a verification
 *   floor load FILE ORIGIN THREADS   zone_load(): records, CPU seconds, wall seconds, octets a record, peak kB
 */
#include <fcntl.h>
#include <libzscanner/scanner.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "zone/crypto.h"
#include "zone/store.h"

static double
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long
peak(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static int
scan(const char *path)
{
	size_t n;
	char *text = file_read(path, (size_t)4 << 30, &n, NULL);
	zs_scanner_t *zs = calloc(1, sizeof *zs);
	uint64_t records = 0;

	if (!text || !zs || zs_init(zs, ".", 1, 3600) != 0)
		return 1;
	double best = 1e9;
	for (int round = 0; round < 3; round++) {
		zs_set_input_string(zs, text, n);
		records = 0;
		double t = cpu();
		while (zs_parse_record(zs) == 0 && zs->state != ZS_STATE_EOF && zs->state != ZS_STATE_STOP)
			records += zs->state == ZS_STATE_DATA;
		t = cpu() - t;
		best = t < best ? t : best;
		zs_deinit(zs);
		if (zs_init(zs, ".", 1, 3600) != 0)
			return 1;
	}
	printf("%llu %.4f\n", (unsigned long long)records, best);
	zs_deinit(zs);
	free(zs);
	free(text);
	return 0;
}

static int
crypto(uint8_t alg, unsigned bits)
{
	struct privkey *k = privkey_generate(alg, bits, 256, NULL);
	struct dnskey d;
	uint8_t data[93] = { 1 }, sig[1024];
	double sign = 1e9, verify = 1e9;

	if (!k || !dnskey_parse(k->dnskey, k->dnskey_len, &d))
		return 1;
	struct pubkey *p = pubkey_new(&d, NULL);
	for (int round = 0; round < 5; round++) {
		size_t n = 0, len = 0;
		double t = cpu(), spent;
		do {
			for (int i = 0; i < 50; i++, n++) {
				data[0]++;
				len = privkey_sign(k, data, sizeof data, sig, NULL);
			}
		} while ((spent = cpu() - t) < 0.15);
		sign = spent / (double)n < sign ? spent / (double)n : sign;
		n = 0;
		t = cpu();
		do {
			for (int i = 0; i < 50; i++, n++)
				if (pubkey_verify(p, data, sizeof data, sig, len) != CRYPTO_GOOD)
					return 1;
		} while ((spent = cpu() - t) < 0.15);
		verify = spent / (double)n < verify ? spent / (double)n : verify;
	}
	printf("%.3f %.3f\n", sign * 1e6, verify * 1e6);
	pubkey_free(p);
	privkey_free(k);
	return 0;
}

static int
load(const char *path, const char *origin, unsigned threads)
{
	struct name apex;
	struct err e = { 0 };
	struct zone_limits lim = { .threads = threads };
	long before = peak();
	int64_t wall = clock_monotonic_usec();
	double t = cpu();

	if (!name_from_text(&apex, origin, NULL))
		return 1;
	struct zone *z = zone_load(path, &apex, &lim, &e);
	if (!z) {
		char said[1200];
		fprintf(stderr, "%s\n", err_str(&e, said, sizeof said));
		return 1;
	}
	t = cpu() - t;
	wall = clock_monotonic_usec() - wall;
	printf("%zu %.4f %.4f %.1f %ld %.1f\n", z->n_rrs, t, (double)wall / 1e6,
		(double)z->memory / (double)z->n_rrs, peak() - before,
		(double)(peak() - before) * 1024 / (double)z->n_rrs);
	zone_free(z);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "scan") == 0)
		return scan(argv[2]);
	if (argc == 4 && strcmp(argv[1], "crypto") == 0)
		return crypto((uint8_t)atoi(argv[2]), (unsigned)atoi(argv[3]));
	if (argc == 5 && strcmp(argv[1], "load") == 0)
		return load(argv[2], argv[3], (unsigned)atoi(argv[4]));
	fprintf(stderr, "usage: floor scan FILE | crypto ALG BITS | load FILE ORIGIN THREADS\n");
	return 64;
}
