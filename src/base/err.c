#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const code_names[] = {
	[ERR_NONE] = "none",
	[ERR_ARG] = "usage",
	[ERR_PARSE] = "parse",
	[ERR_IO] = "io",
	[ERR_PERMISSION] = "permission",
	[ERR_NOT_FOUND] = "not-found",
	[ERR_TIMEOUT] = "timeout",
	[ERR_LIMIT] = "limit",
	[ERR_UNSUPPORTED] = "unsupported",
	[ERR_CHANGED] = "changed",
	[ERR_MEMORY] = "memory",
};
_Static_assert(sizeof code_names / sizeof *code_names == ERR_CODE_COUNT, "a name for each code");

const char *
err_code_name(enum err_code code)
{
	return code < ERR_CODE_COUNT ? code_names[code] : "unknown";
}

bool
err_set(struct err *e, enum err_code code, const char *object, const char *rule,
	const char *expected, const char *seen, ...)
{
	char raw[1024];
	va_list ap;

	if (!e)
		return false;
	e->code = code;
	text_clean(e->object, sizeof e->object, object ? object : "");
	text_clean(e->rule, sizeof e->rule, rule ? rule : "");
	text_clean(e->expected, sizeof e->expected, expected ? expected : "");
	va_start(ap, seen);
	vsnprintf(raw, sizeof raw, seen ? seen : "", ap);
	va_end(ap);
	text_clean(e->seen, sizeof e->seen, raw);
	return false;
}

bool
err_errno(struct err *e, const char *object, const char *call, int errno_value)
{
	enum err_code code = ERR_IO;

	if (errno_value == EACCES || errno_value == EPERM)
		code = ERR_PERMISSION;
	else if (errno_value == ENOENT)
		code = ERR_NOT_FOUND;
	else if (errno_value == ENOMEM)
		code = ERR_MEMORY;
	return err_set(e, code, object, call, "", "%s", strerror(errno_value));
}

const char *
err_str(const struct err *e, char *buf, size_t size)
{
	bool exp = e->expected[0], seen = e->seen[0];

	snprintf(buf, size, "%s%s%s%s%s%s%s", e->object, e->object[0] && e->rule[0] ? ": " : "",
		e->rule, exp ? ": expected " : "", e->expected, seen ? (exp ? ", seen " : ": ") : "",
		e->seen);
	return buf;
}
