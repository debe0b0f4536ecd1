/*
 * facts: the table of every fact and field of the stream, from which the JSON reader, the JSON
 * writer and the FIELDS section of unbogus-stream(5) are made.
 */
#ifndef MODEL_FACTS_H
#define MODEL_FACTS_H

#include <stddef.h>

#include "model/observation.h"

enum field_kind {
	F_STR,	   /* const char *; NULL is null. Foreign bytes; bad UTF-8 as \xHH text */
	F_BYTES_TEXT, /* const char * of DNS bytes, shown as \DDD */
	F_BOOL, F_U8, F_U16, F_U32, F_U64, F_INT, F_I64,
	F_SECONDS, /* int64_t Unix seconds as RFC 3339; TIME_UNSET null, TIME_NEVER "never" */
	F_NAME,	   /* struct name in presentation form with the dot */
	F_TYPE,	   /* uint16_t as "DNSKEY" */
	F_ENUM,	   /* int-sized enum through NAMES */
	F_HEX,	   /* const uint8_t * whose uint16_t length is at OFFSET2 */
	F_ENDPOINT,
	F_RRS, F_EDES, F_LINES, F_SIGNERS,
	F_TIMES,   /* int64_t[KT_COUNT] as an object of set times */
	F_TIME_LINES,
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset, offset2;
	const char *const *names; /* F_ENUM: ends with NULL */
	const char *doc;	  /* for the manual: unit, source, RFC */
};

struct fact_desc {
	enum fact fact;
	const char *name; /* in the stream; FACT_ANSWER: "answer", the probe's name is written */
	const char *by;	  /* who says it */
	const char *doc;
	const struct field *fields; /* ends with name == NULL */
};

const struct fact_desc *fact_desc(enum fact fact);
const struct fact_desc *fact_by_name(const char *name, enum probe *probe);

#endif
