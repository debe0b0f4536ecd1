/*
 * err: what went wrong, in the four parts an operator needs: the object (file, server, record),
 * the rule that it breaks (an RFC section, a policy, an operating system call), what was expected
 * and what was seen.
 *
 * A struct err lives on the caller's stack and owns nothing. Functions that can fail take a
 * struct err * (which may be NULL) and return false or NULL after filling it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum err_code {
	ERR_NONE = 0,
	ERR_ARG,	/* the caller or the operator gave something unusable */
	ERR_PARSE,	/* foreign bytes do not have the form that they should have */
	ERR_IO,		/* the operating system refused or failed */
	ERR_PERMISSION, /* it exists but may not be read or changed */
	ERR_NOT_FOUND,
	ERR_TIMEOUT,
	ERR_LIMIT,	 /* too large, too many, too deep, too expensive */
	ERR_UNSUPPORTED, /* this host or this build cannot do it */
	ERR_CHANGED,	 /* the world is not what it was when we looked */
	ERR_MEMORY,
	ERR_CODE_COUNT
};

struct err {
	enum err_code code;
	char object[256];   /* "Kexample.org.+008+25548.key:3", "ns1.example.org 192.0.2.1" */
	char rule[128];	    /* "RFC 4034 2.1.2", "config: period" */
	char expected[128]; /* may be empty */
	char seen[384];	    /* may be empty */
};

/*
 * Fills E (when not NULL). SEEN is a printf format for what was seen. Foreign bytes in OBJECT and
 * SEEN are passed through base/text, so that an err may be shown anywhere.
 * Returns false always, so that "return err_set(...)" reads well.
 */
bool err_set(struct err *e, enum err_code code, const char *object, const char *rule,
	const char *expected, const char *seen, ...) __attribute__((format(printf, 6, 7)));

/* The same for a failed system call: rule is the call's name, seen is strerror(errno_value). */
bool err_errno(struct err *e, const char *object, const char *call, int errno_value);

/* Writes one line, "object: rule: expected X, seen Y", into BUF (always terminated). */
const char *err_str(const struct err *e, char *buf, size_t size);

const char *err_code_name(enum err_code code);

#endif
