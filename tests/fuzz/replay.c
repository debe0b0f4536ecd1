/* main() for fuzz targets without libFuzzer: runs the target over files, and over cuts of each. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

#define FILE_MAX (4u << 20)
#define CUTS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A copy of exactly N octets, so that a sanitizer sees the first one beyond. */
static void
run_copy(const char *text, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	for (size_t i = 0; copy && i < n; i++)
		copy[i] = (uint8_t)text[i];
	if (copy)
		LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	char said[900];

	for (int i = 1; i < argc; i++) {
		size_t n;
		char *text = file_read(argv[i], FILE_MAX, &n, &e);
		if (!text) {
			fprintf(stderr, "%s\n", err_str(&e, said, sizeof said));
			return 1;
		}
		run_copy(text, n);
		for (size_t cut = 0; cut < CUTS; cut++)
			run_copy(text, n * cut / CUTS);
		free(text);
	}
	printf("%d files\n", argc - 1);
	return argc > 1 ? 0 : 1;
}
