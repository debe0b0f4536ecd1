#include "report/doc.h"

#include <string.h>

static const char style[] =
	"body{font-family:sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#111;background:#fff}"
	"table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.2em .5em;"
	"text-align:left;vertical-align:top}pre{background:#f2f2f2;padding:.5em;overflow:auto}"
	"svg{max-width:100%;height:auto}@media print{body{margin:0}}";

/* Cleaned, and with what the format would take for its own escaped. */
static void
put(struct doc *d, const char *s)
{
	struct text clean = { 0 };

	text_add_clean(&clean, s ? s : "");
	for (const char *p = text_str(&clean); *p; p++) {
		if (d->format == DOC_HTML) {
			const char *e = *p == '&' ? "&amp;" : *p == '<' ? "&lt;" : *p == '>' ? "&gt;"
				: *p == '"' ? "&quot;" : NULL;
			if (e)
				text_add(&d->out, "%s", e);
			else
				text_add_n(&d->out, p, 1);
		} else {
			if (strchr("\\`*_|<>[]", *p))
				text_add(&d->out, "\\");
			text_add_n(&d->out, p, 1);
		}
	}
	text_free(&clean);
}

static void
close_open(struct doc *d, bool list, bool table)
{
	if (d->in_list && !list) {
		text_add(&d->out, d->format == DOC_HTML ? "</ul>\n" : "\n");
		d->in_list = false;
	}
	if (d->in_table && !table) {
		text_add(&d->out, d->format == DOC_HTML ? "</table>\n" : "\n");
		d->in_table = false;
	}
}

void
doc_begin(struct doc *d, enum doc_format format, const char *title)
{
	d->format = format;
	if (format == DOC_HTML) {
		text_add(&d->out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>");
		put(d, title);
		text_add(&d->out, "</title>\n<style>%s</style></head><body>\n<h1>", style);
		put(d, title);
		text_add(&d->out, "</h1>\n");
		return;
	}
	text_add(&d->out, "# ");
	put(d, title);
	text_add(&d->out, "\n\n");
}

void
doc_heading(struct doc *d, const char *text)
{
	close_open(d, false, false);
	text_add(&d->out, d->format == DOC_HTML ? "<h2>" : "## ");
	put(d, text);
	text_add(&d->out, d->format == DOC_HTML ? "</h2>\n" : "\n\n");
}

void
doc_para(struct doc *d, const char *fmt, ...)
{
	struct text t = { 0 };
	va_list ap;

	close_open(d, false, false);
	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	text_add(&d->out, d->format == DOC_HTML ? "<p>" : "");
	put(d, text_str(&t));
	text_add(&d->out, d->format == DOC_HTML ? "</p>\n" : "\n\n");
	text_free(&t);
}

void
doc_item(struct doc *d, const char *fmt, ...)
{
	struct text t = { 0 };
	va_list ap;

	close_open(d, true, false);
	if (!d->in_list && d->format == DOC_HTML)
		text_add(&d->out, "<ul>\n");
	d->in_list = true;
	va_start(ap, fmt);
	text_vadd(&t, fmt, ap);
	va_end(ap);
	text_add(&d->out, d->format == DOC_HTML ? "<li>" : "- ");
	put(d, text_str(&t));
	text_add(&d->out, d->format == DOC_HTML ? "</li>\n" : "\n");
	text_free(&t);
}

void
doc_row(struct doc *d, const char *const *cells, unsigned n)
{
	bool head = !d->in_table, html = d->format == DOC_HTML;

	close_open(d, false, true);
	if (head && html)
		text_add(&d->out, "<table>\n");
	d->in_table = true;
	text_add(&d->out, html ? "<tr>" : "|");
	for (unsigned i = 0; i < n; i++) {
		text_add(&d->out, "%s", html ? (head ? "<th>" : "<td>") : " ");
		put(d, cells[i]);
		text_add(&d->out, "%s", html ? (head ? "</th>" : "</td>") : " |");
	}
	text_add(&d->out, html ? "</tr>\n" : "\n");
	if (head && !html) {
		text_add(&d->out, "|");
		for (unsigned i = 0; i < n; i++)
			text_add(&d->out, " --- |");
		text_add(&d->out, "\n");
	}
}

void
doc_pre(struct doc *d, const char *text)
{
	close_open(d, false, false);
	if (d->format == DOC_HTML)
		text_add(&d->out, "<pre>");
	for (const char *p = text, *end; *p; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		struct text one = { 0 }, clean = { 0 };
		text_add_n(&one, p, (size_t)(end - p));
		text_add_clean(&clean, text_str(&one));
		if (d->format == DOC_HTML) {
			put(d, text_str(&clean));
			text_add(&d->out, "\n");
		} else
			text_add(&d->out, "    %s\n", text_str(&clean));
		text_free(&one);
		text_free(&clean);
	}
	text_add(&d->out, d->format == DOC_HTML ? "</pre>\n" : "\n");
}

void
doc_svg(struct doc *d, const char *caption, const char *svg)
{
	close_open(d, false, false);
	if (d->format == DOC_HTML) {
		text_add(&d->out, "<figure>%s<figcaption>", svg);
		put(d, caption);
		text_add(&d->out, "</figcaption></figure>\n");
	} else
		doc_para(d, "%s", caption);
}

void
doc_end(struct doc *d)
{
	close_open(d, false, false);
	if (d->format == DOC_HTML)
		text_add(&d->out, "</body></html>\n");
}
