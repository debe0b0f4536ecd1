/*
 * picture: the chain from the parent's DS to the zone's data, drawn: as SVG of our own (readable in
 * grey, every node with title and description), as DOT for those who have graphviz, as a text tree.
 */
#ifndef REPORT_PICTURE_H
#define REPORT_PICTURE_H

#include <jansson.h>

#include "base/text.h"

#define PICTURE_MAX 24 /* keys or DS that are drawn */

struct picture {
	const char *zone, *parent, *when; /* borrowed, foreign */
	struct picture_node {
		unsigned tag;
		const char *role; /* "KSK", "ZSK" */
		bool ds, served, signs_keys, signs_data;
	} node[PICTURE_MAX];
	unsigned n;
};

/* From {"time","zone","parent","keys":[{"tag","role","ds","served","signs_keys","signs_data"}]};
 * strings stay the JSON's. False: it has not that form. */
bool picture_read(struct picture *p, const json_t *j);

/* The tree is not cleaned: its lines go to doc_pre(). */
void picture_svg(struct text *out, const struct picture *p);
void picture_dot(struct text *out, const struct picture *p);
void picture_tree(struct text *out, const struct picture *p);

#endif
