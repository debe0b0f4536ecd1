/*
 * consent: the phrase that a plan asks for, and the field in which it is typed. Pure: the console
 * gives keys and times, act works the phrase out again from the plan and compares.
 *
 * There is no default and no single key: Enter counts only behind the whole phrase. Keys that were
 * typed before the dialog opened, or within CONSENT_DEAF of it, are dropped; a paste is dropped and
 * said.
 *
 * WHAT words of the long phrase, "ZONE TAG breaks WHAT" (unbogus-plan(5)): to add one: a row in
 * consent.c.
 */
#ifndef CHANGE_CONSENT_H
#define CHANGE_CONSENT_H

#include "change/plan.h"

#define CONSENT_DEAF (USEC * 3 / 2) /* usec after opening in which nothing counts */
#define CONSENT_COUNTDOWN 10	   /* seconds for what ends security */
#define CONSENT_MAX 300

extern const char *const consent_words[]; /* every WHAT, for the manual; ends with NULL */

/* From zone, action, tag, guards and prediction of P; P's own phrase is not read. */
void consent_phrase(struct arena *a, const struct plan *p, struct plan_phrase *out);
/* Is TYPED the phrase of P (as computed anew), and REASON there where it must be? WHY: what is wrong. */
bool consent_given(const struct plan *p, const char *typed, const char *reason, const char **why);

enum consent_end { CONSENT_OPEN, CONSENT_CANCELLED, CONSENT_GIVEN };

struct consent {
	const struct plan *plan;
	char phrase[CONSENT_MAX], typed[CONSENT_MAX], reason[CONSENT_MAX];
	bool long_form, in_reason, armed, stale;
	int64_t opened, open_at; /* usec, monotonic: when it opened, when Enter begins to count */
	enum consent_end end;
	const char *note; /* what was wrong with the last try; "" */
};

/* ARMED: changes are allowed (:rw). NOW: usec, monotonic. P must outlive C. */
void consent_open(struct consent *c, const struct plan *p, bool armed, int64_t now);
/* One code point typed at NOW: text, 8 or 127 back, 21 (^U) clear, 9 the other field, 13 Enter, 27
 * cancel. */
void consent_key(struct consent *c, uint32_t cp, int64_t now);
void consent_paste(struct consent *c); /* bracketed paste arrived: dropped */
/* The plan's inputs moved while the dialog was open: it can no more be given. */
void consent_stale(struct consent *c, const char *input);
/* Seconds until Enter counts, rounded up; 0: it does. */
int consent_wait(const struct consent *c, int64_t now);

#endif
