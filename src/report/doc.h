/*
 * doc: a report as a sequence of headings, paragraphs, items and tables, in Markdown or in HTML
 * that stands alone (no script, nothing loaded from elsewhere). Text is cleaned and escaped here;
 * callers give it raw.
 *
 * Zero-initialise, doc_begin(), doc_*(), doc_end(); the result is in out.
 */
#ifndef REPORT_DOC_H
#define REPORT_DOC_H

#include "base/text.h"

enum doc_format { DOC_MARKDOWN, DOC_HTML };

struct doc {
	enum doc_format format;
	struct text out;
	bool in_list, in_table;
};

void doc_begin(struct doc *d, enum doc_format format, const char *title);
void doc_heading(struct doc *d, const char *text);
void doc_para(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void doc_item(struct doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* N cells; the first row of a table is its head. */
void doc_row(struct doc *d, const char *const *cells, unsigned n);
/* Lines as they are, in a fixed width. */
void doc_pre(struct doc *d, const char *text);
/* SVG of our own, in HTML as it is, in Markdown left out (CAPTION stays). */
void doc_svg(struct doc *d, const char *caption, const char *svg);
void doc_end(struct doc *d);

#endif
