/*
 * predict: what validators see now and after a step, a row for each class of cache that may exist
 * when the step is taken. Classes, not users: how many people sit behind each nobody can know.
 */
#ifndef CHANGE_PREDICT_H
#define CHANGE_PREDICT_H

#include "change/rank.h"

struct class_row {
	const char *name;   /* "empty cache", "DS {42731} cached", "DNSKEY {42731 25548} cached" ... */
	bool bogus_now, bogus_after;
	enum verdict now, after; /* VERDICT_BOGUS where it is bogus at some time until then */
	int64_t heals[FAMILY_COUNT]; /* when validators have forgotten it; TIME_UNSET: nothing fails */
	enum { CLASS_EMPTY, CLASS_DS, CLASS_DNSKEY, CLASS_DATA, CLASS_NEGATIVE } kind;
	size_t version; /* index into that list of the step's input */
	int64_t until;	    /* when the class is gone or heals, Unix seconds; TIME_NEVER; TIME_UNSET */
	const char *reason; /* a validator's words, of what is bogus after (or now) */
	bool forwarder;	    /* only clients that validate behind another cache */
	bool inferred;	    /* the class rests on a version that nobody saw being served */
};

struct prediction {
	struct class_row *v;
	size_t n;
	const char *verdict;  /* "FIXES THE CAUSE, breaks nobody." in words */
	bool breaks;	      /* some class fails that does not fail now, or fails for longer */
	int64_t proven_from;  /* before it: cannot prove; TIME_UNSET */
};

const struct prediction *predict(struct arena *a, const struct diagnosis *d, const struct option *o);

#endif
