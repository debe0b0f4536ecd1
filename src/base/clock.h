/*
 * clock: the only reader of the wall clock and of the monotonic clock, and the arithmetic and text
 * forms of times. Everything else is given its times as parameters.
 *
 * Units: "seconds" are int64_t Unix seconds UTC; "usec" are int64_t Unix microseconds UTC;
 * RRSIG times are uint32_t seconds in serial arithmetic (RFC 4034 3.1.5, RFC 1982).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USEC INT64_C(1000000)
#define TIME_NEVER INT64_MAX /* "no end": sorts after every time */
#define TIME_UNSET INT64_MIN /* a time that is not known or not set */

int64_t clock_usec(void);	    /* wall clock, Unix microseconds */
int64_t clock_seconds(void);	    /* wall clock, Unix seconds */
int64_t clock_monotonic_usec(void); /* for deadlines and round-trip times */

/* Text forms; each returns OUT. SIZE of 40 is enough for all of them. */
const char *clock_rfc3339(char *out, size_t size, int64_t usec); /* 2013-05-15T23:44:31.000000Z */
const char *clock_rfc3339_s(char *out, size_t size, int64_t seconds); /* 2013-05-15T23:44:31Z */
const char *clock_dnssec(char *out, size_t size, int64_t seconds); /* 20130515234431 */

/*
 * A time in the operator's zone, TZ name or "" for UTC: FORMAT as strftime. The zone is set once
 * with clock_zone(); without it UTC is used.
 */
void clock_zone(const char *tz); /* IANA name; NULL or "" for the host's own TZ */
const char *clock_local(char *out, size_t size, int64_t seconds, const char *format)
	__attribute__((format(strftime, 4, 0)));
const char *clock_utc(char *out, size_t size, int64_t seconds, const char *format)
	__attribute__((format(strftime, 4, 0)));

/* Spans for people: "31s", "22m", "6m31s", "1h05m", "1d23h", "28d"; negative with "-". */
const char *clock_span(char *out, size_t size, int64_t seconds);

/*
 * Parses RFC 3339, YYYYMMDDHHMMSS, or plain Unix seconds (at most 11 digits) into microseconds.
 * Returns false for anything else, impossible dates included.
 */
bool clock_parse(const char *s, int64_t *usec);
/* Parses "10s", "3m", "4h", "14d", "2w" or plain seconds. */
bool clock_parse_span(const char *s, int64_t *seconds);

/* The Unix second nearest to NEAR that a 32-bit RRSIG time stands for (RFC 4034 3.1.5). */
int64_t clock_from_rrsig(uint32_t t, int64_t near);

/* RFC 1982 serial arithmetic: <0 when A is before B, 0 equal, >0 after; 2^31 apart gives 0
 * with *UNDEFINED (may be NULL) set. */
int serial_cmp(uint32_t a, uint32_t b, bool *undefined);

#endif
