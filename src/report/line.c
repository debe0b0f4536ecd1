#include "report/line.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "report/figures.h"

static void
add(char *out, size_t size, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	if (n < size)
		vsnprintf(out + n, size - n, fmt, ap);
	va_end(ap);
}

void
line_of(char *out, size_t size, const struct diagnosis *d)
{
	static const char *const security[] = { [LINK_SECURE] = "secure", [LINK_INSECURE] = "insecure" };
	struct figures f;
	char span[24];

	out[0] = '\0';
	if (d->state != STATE_OK && d->headline) {
		text_clean(out, size, d->headline);
		return;
	}
	figures_of(&f, d);
	if (f.vantages)
		add(out, size, "%u of %u SECURE", f.secure, f.vantages);
	else if (d->security == LINK_SECURE || d->security == LINK_INSECURE)
		add(out, size, "%s", security[d->security]);
	if (f.key)
		add(out, size, "%s%s %u %s %s", *out ? "  " : "", key_role_name(f.key->role), f.key->tag,
			f.key_left < 0 ? "stopped" : "stops in",
			clock_span(span, sizeof span, f.key_left < 0 ? -f.key_left : f.key_left));
	if (f.rrsig_left != TIME_UNSET)
		add(out, size, "%sRRSIG %s", *out ? "  " : "", clock_span(span, sizeof span, f.rrsig_left));
	if (!*out)
		add(out, size, "nothing known yet");
}

void
line_more(char *out, size_t size, const struct diagnosis *d)
{
	out[0] = '\0';
	if (d->state == STATE_OK)
		return;
	if (d->cause_text && *d->cause_text)
		text_clean(out, size, d->cause_text);
	else if (d->time_text)
		text_clean(out, size, d->time_text);
}

static struct deadline *
deadline_add(struct deadline *out, size_t *n, size_t max, int64_t at, int64_t now)
{
	if (at == TIME_UNSET || at == TIME_NEVER || at <= now || *n == max)
		return NULL;
	out[*n] = (struct deadline){ .at = at };
	return &out[(*n)++];
}

size_t
line_deadlines(const struct diagnosis *d, struct deadline *out, size_t max)
{
	int64_t now = d->now / USEC;
	struct deadline *t;
	struct figures f;
	size_t n = 0;

	figures_of(&f, d);
	if (d->bogus > 0 && (t = deadline_add(out, &n, max, d->harm_until, now)))
		snprintf(t->text, sizeof t->text, "what fails now has healed by itself");
	if ((t = deadline_add(out, &n, max, d->harm_from, now)))
		snprintf(t->text, sizeof t->text, "until then nobody fails");
	if (f.key && (t = deadline_add(out, &n, max, f.key->ends, now)))
		snprintf(t->text, sizeof t->text, "%s %u stops signing: no new signatures after that",
			key_role_name(f.key->role), f.key->tag);
	if (f.rrsig_left != TIME_UNSET && (t = deadline_add(out, &n, max, now + f.rrsig_left, now)))
		snprintf(t->text, sizeof t->text, "earliest RRSIG ends (%s by key %u)",
			rrtype_name(f.rrsig_type), f.rrsig_tag);
	return n;
}
