/*
 * plan_fields: the table of every member of a plan, from which the JSON writer, the strict reader
 * and the tables of unbogus-plan(5) are made. Inside of plan.c; the manual's test reads it too.
 */
#ifndef CHANGE_PLAN_FIELDS_H
#define CHANGE_PLAN_FIELDS_H

#include <stddef.h>

#include "change/plan.h"

enum plan_field_kind {
	PF_TEXT,   /* const char *, clean, never NULL */
	PF_BOOL,
	PF_INT,	   /* int, within [min, max] */
	PF_NUMBER, /* int64_t, within [min, max] */
	PF_TIME,   /* int64_t seconds */
	PF_ENUM,   /* int-sized, through NAMES */
	PF_TEXTS,  /* struct texts */
	PF_TAGS,   /* struct tags */
	PF_RECORD, /* a struct in place */
	PF_LIST,   /* a list of structs of SIZE octets */
};

struct plan_field {
	const char *name;
	enum plan_field_kind kind;
	size_t offset;
	int64_t min, max;
	const char *const *names;	 /* ends with NULL */
	const struct plan_field *fields; /* of a record or list; ends with name == NULL */
	size_t size;
	const char *doc;
};

extern const struct plan_field plan_fields[];

#endif
