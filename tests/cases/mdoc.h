/* mdoc: how the tools that print pages of the manual break their lines. */
#ifndef TESTS_CASES_MDOC_H
#define TESTS_CASES_MDOC_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One sentence a line, no line over 78 columns, as mandoc wants its input. */
static void
put(const char *s)
{
	size_t col = 0;

	while (*s) {
		size_t n = strcspn(s, " \n");
		if (col && col + 1 + n > 78) {
			putchar('\n');
			col = 0;
		}
		if (col)
			putchar(' ');
		fwrite(s, 1, n, stdout);
		col += n + (col != 0);
		bool sentence = n && (s[n - 1] == '.' || s[n - 1] == ':') && s[n] == ' ';
		bool line = s[n] == '\n';
		s += n + (s[n] != '\0');
		if (sentence || line) {
			putchar('\n');
			col = 0;
		}
	}
	if (col)
		putchar('\n');
}

#endif
