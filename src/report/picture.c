#include "report/picture.h"

#include <string.h>

bool
picture_read(struct picture *p, const json_t *j)
{
	size_t i;
	json_t *k;

	memset(p, 0, sizeof *p);
	p->zone = json_string_value(json_object_get(j, "zone"));
	p->parent = json_string_value(json_object_get(j, "parent"));
	p->when = json_string_value(json_object_get(j, "time"));
	json_array_foreach(json_object_get(j, "keys"), i, k) {
		struct picture_node *n = &p->node[p->n];
		const char *role = json_string_value(json_object_get(k, "role"));
		if (p->n == PICTURE_MAX || !role)
			break;
		n->tag = (unsigned)json_integer_value(json_object_get(k, "tag"));
		n->role = role;
		n->ds = json_is_true(json_object_get(k, "ds"));
		n->served = json_is_true(json_object_get(k, "served"));
		n->signs_keys = json_is_true(json_object_get(k, "signs_keys"));
		n->signs_data = json_is_true(json_object_get(k, "signs_data"));
		p->n += n->ds || n->served || n->signs_keys || n->signs_data;
	}
	return p->zone && p->parent && p->when;
}

static void
escape(struct text *out, const char *s)
{
	struct text clean = { 0 };

	text_add_clean(&clean, s);
	for (const char *p = text_str(&clean); *p; p++)
		switch (*p) {
		case '&': text_add(out, "&amp;"); break;
		case '<': text_add(out, "&lt;"); break;
		case '>': text_add(out, "&gt;"); break;
		case '"': text_add(out, "&quot;"); break;
		default: text_add_n(out, p, 1);
		}
	text_free(&clean);
}

/* What a key does, in words: the same in all three forms. */
static void
describe(struct text *out, const struct picture_node *n)
{
	text_add(out, "%s %u: ", n->role, n->tag);
	text_add(out, "%s, ", n->ds ? "a DS at the parent names it" : "no DS names it");
	text_add(out, "%s", n->served ? "served" : "NOT served");
	text_add(out, "%s%s", n->signs_keys ? ", signs the DNSKEY set" : "", n->signs_data ? ", signs the data" : "");
	if (n->signs_data && !n->served)
		text_add(out, " (signatures from an unknown key)");
}

#define ROW 54
#define BOX 40

static void
box(struct text *out, int x, int y, int w, bool dashed, const char *title, const char *desc, const char *line)
{
	text_add(out, "<g><title>");
	escape(out, title);
	text_add(out, "</title><desc>");
	escape(out, desc);
	text_add(out, "</desc><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#fff\" stroke=\"#000\"%s/>"
		"<text x=\"%d\" y=\"%d\" font-family=\"sans-serif\" font-size=\"13\">", x, y, w, BOX,
		dashed ? " stroke-dasharray=\"5 4\"" : "", x + 8, y + 25);
	escape(out, line);
	text_add(out, "</text></g>\n");
}

static void
arrow(struct text *out, int x1, int y1, int x2, int y2, bool good)
{
	text_add(out, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#000\" stroke-width=\"%d\"%s "
		"marker-end=\"url(#a)\"/>\n", x1, y1, x2, y2, good ? 2 : 1, good ? "" : " stroke-dasharray=\"3 3\"");
	text_add(out, "<text x=\"%d\" y=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%s</text>\n",
		(x1 + x2) / 2 - 4, (y1 + y2) / 2 - 4, good ? "ok" : "x");
}

void
picture_svg(struct text *out, const struct picture *p)
{
	int rows = p->n > 1 ? (int)p->n : 1, height = 60 + rows * ROW, middle = 50 + (rows * ROW - BOX) / 2;
	struct text t = { 0 }, all = { 0 };

	for (unsigned i = 0; i < p->n; i++) {
		describe(&all, &p->node[i]);
		text_add(&all, ". ");
	}
	text_add(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 760 %d\" width=\"760\" "
		"height=\"%d\"><title>Chain of ", height, height);
	escape(out, p->zone);
	text_add(out, " at ");
	escape(out, p->when);
	text_add(out, "</title><desc>");
	escape(out, p->n ? text_str(&all) : "The zone has no DNSKEY and its parent has no DS.");
	text_add(out, "</desc>\n<defs><marker id=\"a\" markerWidth=\"9\" markerHeight=\"9\" refX=\"8\" refY=\"4\" "
		"orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\"/></marker></defs>\n"
		"<rect width=\"760\" height=\"%d\" fill=\"#fff\"/>\n"
		"<text x=\"10\" y=\"24\" font-family=\"sans-serif\" font-size=\"14\" font-weight=\"bold\">", height);
	escape(out, p->parent);
	text_add(out, " DS, then DNSKEY and data of ");
	escape(out, p->zone);
	text_add(out, ", ");
	escape(out, p->when);
	text_add(out, "</text>\n");
	for (unsigned i = 0; i < p->n; i++) {
		const struct picture_node *n = &p->node[i];
		int y = 50 + (int)i * ROW;
		char line[80];
		text_reset(&t);
		describe(&t, n);
		if (n->ds) {
			snprintf(line, sizeof line, "DS %u", n->tag);
			box(out, 10, y, 120, false, line, "DS record at the parent", line);
			arrow(out, 130, y + BOX / 2, 230, y + BOX / 2, n->served && n->signs_keys);
		}
		snprintf(line, sizeof line, "%s %u%s%s", n->role, n->tag, n->served ? "" : " not served",
			n->signs_keys ? ", signs keys" : "");
		box(out, 232, y, 250, !n->served, text_str(&t), text_str(&t), line);
		if (n->signs_data)
			arrow(out, 482, y + BOX / 2, 590, middle + BOX / 2, n->served);
	}
	box(out, 592, middle, 150, false, "data of the zone", "SOA, A, MX and all other RRsets", "data");
	text_add(out, "</svg>");
	text_free(&t);
	text_free(&all);
}

/* Inside a quoted DOT string. */
static void
quote(struct text *out, const char *s)
{
	struct text clean = { 0 };

	text_add_clean(&clean, s);
	for (const char *p = text_str(&clean); *p; p++) {
		if (*p == '"' || *p == '\\')
			text_add(out, "\\");
		text_add_n(out, p, 1);
	}
	text_free(&clean);
}

void
picture_dot(struct text *out, const struct picture *p)
{
	text_add(out, "digraph chain {\n  rankdir=LR;\n  data [shape=box,label=\"data\"];\n");
	for (unsigned i = 0; i < p->n; i++) {
		const struct picture_node *n = &p->node[i];
		text_add(out, "  k%u [shape=box,label=\"", i);
		quote(out, n->role);
		text_add(out, " %u\"%s];\n", n->tag, n->served ? "" : ",style=dashed");
		if (n->ds)
			text_add(out, "  d%u [label=\"DS %u\"];\n  d%u -> k%u%s;\n", i, n->tag, i, i,
				n->served && n->signs_keys ? "" : " [style=dashed,label=\"x\"]");
		if (n->signs_data)
			text_add(out, "  k%u -> data%s;\n", i, n->served ? "" : " [style=dashed,label=\"x\"]");
	}
	text_add(out, "}\n");
}

void
picture_tree(struct text *out, const struct picture *p)
{
	text_add(out, "%s (parent %s) at %s\n", p->zone, p->parent, p->when);
	for (unsigned i = 0; i < p->n; i++) {
		text_add(out, "  %s ", i + 1 < p->n ? "+-" : "`-");
		describe(out, &p->node[i]);
		text_add(out, "\n");
	}
	if (!p->n)
		text_add(out, "  `- no DNSKEY and no DS\n");
}
