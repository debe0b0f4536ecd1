#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The formats of clock_utc() and clock_local() are parameters on purpose; the header's
 * format attribute checks their callers. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * USEC + ts.tv_nsec / 1000;
}

int64_t
clock_usec(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_seconds(void)
{
	return clock_usec() / USEC;
}

int64_t
clock_monotonic_usec(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

const char *
clock_utc(char *out, size_t size, int64_t seconds, const char *format)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == TIME_NEVER)
		snprintf(out, size, "never");
	else if (seconds == TIME_UNSET || !gmtime_r(&t, &tm) || !strftime(out, size, format, &tm))
		snprintf(out, size, "?");
	return out;
}

void
clock_zone(const char *tz)
{
	if (tz && *tz)
		setenv("TZ", tz, 1);
	tzset();
}

const char *
clock_local(char *out, size_t size, int64_t seconds, const char *format)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == TIME_NEVER || seconds == TIME_UNSET)
		return clock_utc(out, size, seconds, format);
	if (!localtime_r(&t, &tm) || !strftime(out, size, format, &tm))
		snprintf(out, size, "?");
	return out;
}

const char *
clock_rfc3339_s(char *out, size_t size, int64_t seconds)
{
	return clock_utc(out, size, seconds, "%Y-%m-%dT%H:%M:%SZ");
}

const char *
clock_dnssec(char *out, size_t size, int64_t seconds)
{
	return clock_utc(out, size, seconds, "%Y%m%d%H%M%S");
}

const char *
clock_rfc3339(char *out, size_t size, int64_t usec)
{
	char date[40];
	int64_t s = floor_div(usec, USEC);

	clock_utc(date, sizeof date, s, "%Y-%m-%dT%H:%M:%S");
	snprintf(out, size, "%s.%06dZ", date, (int)(usec - s * USEC));
	return out;
}

const char *
clock_span(char *out, size_t size, int64_t seconds)
{
	const char *sign = "";

	if (seconds == TIME_NEVER || seconds == TIME_UNSET) {
		snprintf(out, size, seconds == TIME_NEVER ? "never" : "?");
		return out;
	}
	if (seconds < 0) {
		sign = "-";
		seconds = -seconds;
	}
	long long s = seconds;
	if (s < 60)
		snprintf(out, size, "%s%llds", sign, s);
	else if (s < 600 && s % 60)
		snprintf(out, size, "%s%lldm%02llds", sign, s / 60, s % 60);
	else if (s < 3600)
		snprintf(out, size, "%s%lldm", sign, s / 60);
	else if (s < 86400)
		snprintf(out, size, "%s%lldh%02lldm", sign, s / 3600, s % 3600 / 60);
	else if (s < 10 * 86400)
		snprintf(out, size, "%s%lldd%02lldh", sign, s / 86400, s % 86400 / 3600);
	else
		snprintf(out, size, "%s%lldd", sign, s / 86400);
	return out;
}

/* Reads exactly N digits at *S. */
static bool
digits(const char **s, int n, int *value)
{
	*value = 0;
	for (int i = 0; i < n; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return false;
		*value = *value * 10 + (**s - '0');
	}
	return true;
}

static bool
to_seconds(int y, int mo, int d, int h, int mi, int s, int64_t *seconds)
{
	struct tm tm = { .tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h,
		.tm_min = mi, .tm_sec = s };
	struct tm want = tm;

	if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60)
		return false;
	time_t t = timegm(&tm);
	if (tm.tm_mon != want.tm_mon || (s < 60 && tm.tm_mday != want.tm_mday))
		return false; /* 30 February */
	*seconds = t;
	return true;
}

static bool
parse_rfc3339(const char *s, int64_t *usec)
{
	int y, mo, d, h, mi, sec;
	int64_t seconds, frac = 0, scale = USEC;

	if (!digits(&s, 4, &y) || *s++ != '-' || !digits(&s, 2, &mo) || *s++ != '-' ||
		!digits(&s, 2, &d) || (*s != 'T' && *s != 't' && *s != ' '))
		return false;
	s++;
	if (!digits(&s, 2, &h) || *s++ != ':' || !digits(&s, 2, &mi) || *s++ != ':' ||
		!digits(&s, 2, &sec) || !to_seconds(y, mo, d, h, mi, sec, &seconds))
		return false;
	if (*s == '.') {
		if (!isdigit((unsigned char)*++s))
			return false;
		for (; isdigit((unsigned char)*s); s++)
			if (scale > 1) {
				scale /= 10;
				frac += (*s - '0') * scale;
			}
	}
	if (*s == 'Z' || *s == 'z')
		s++;
	else if (*s == '+' || *s == '-') {
		int sign = *s++ == '-' ? 1 : -1, oh, om;
		if (!digits(&s, 2, &oh) || *s++ != ':' || !digits(&s, 2, &om) || oh > 23 || om > 59)
			return false;
		seconds += sign * (oh * 3600 + om * 60);
	} else
		return false;
	*usec = seconds * USEC + frac;
	return *s == '\0';
}

bool
clock_parse(const char *s, int64_t *usec)
{
	size_t n = strlen(s);
	bool all_digits = n > 0 && strspn(s, "0123456789") == n;
	int y, mo, d, h, mi, sec;
	int64_t seconds;

	if (all_digits && n == 14) {
		if (!digits(&s, 4, &y) || !digits(&s, 2, &mo) || !digits(&s, 2, &d) ||
			!digits(&s, 2, &h) || !digits(&s, 2, &mi) || !digits(&s, 2, &sec) ||
			!to_seconds(y, mo, d, h, mi, sec, &seconds))
			return false;
		*usec = seconds * USEC;
		return true;
	}
	if (all_digits && n <= 11) {
		*usec = strtoll(s, NULL, 10) * USEC;
		return true;
	}
	return parse_rfc3339(s, usec);
}

bool
clock_parse_span(const char *s, int64_t *seconds)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 7 * 86400 } };
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	long long n = strtoll(s, &end, 10);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (*end == units[i].letter && (*end == '\0' || end[1] == '\0') &&
			n < INT64_MAX / units[i].seconds) {
			*seconds = n * units[i].seconds;
			return true;
		}
	return false;
}

int64_t
clock_from_rrsig(uint32_t t, int64_t near)
{
	return near + (int32_t)(t - (uint32_t)near);
}

int
serial_cmp(uint32_t a, uint32_t b, bool *undefined)
{
	uint32_t d = a - b;

	if (undefined)
		*undefined = d == UINT32_C(0x80000000);
	if (d == 0 || d == UINT32_C(0x80000000))
		return 0;
	return d < UINT32_C(0x80000000) ? 1 : -1;
}
