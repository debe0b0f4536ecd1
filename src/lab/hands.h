/*
 * hands: what people can do to a world. Key files, the signer, the registrar and what is broken
 * beside DNSSEC, each as one action that changes the world at a moment. The names are those of the
 * table of actions (change/action.h) where that has them.
 *
 * hands_do() takes the steps of an action on the simulated host: metadata in the key files, a run
 * of the signer, a change at the registrar. It refuses what could not be done there (the signer
 * will not sign, the registrar's budget is used up, the private key is not here) and says how the
 * tools of the time would have said it. Whether it is wise is not judged here.
 *
 * "publish" takes what is in the world's folder as somebody else left it: the way of an apply, or
 * of a signer run by hand, on the real files.
 *
 * To add an action: a row in hands.c, its sentence in unbogus-scenario(5).
 */
#ifndef LAB_HANDS_H
#define LAB_HANDS_H

#include "lab/world.h"

enum hand_kind {
	HAND_ACT,    /* changes the world */
	HAND_SAY,    /* tells people: note, tell, until */
	HAND_LOOK,   /* opens evidence, reads a prediction */
	HAND_COMMIT, /* names the cause */
	HAND_WAIT,
};
struct hand {
	const char *name;
	enum hand_kind kind;
	bool needs_key;
	const char *title; /* "Re-sign with the same keys" */
	bool parent;	   /* asks the registrar */
};
extern const struct hand hands[]; /* ends with name == NULL */
const struct hand *hands_find(const char *name);
/* The hand that the first word of STEP ("extend-zsk zsk-old") names; NULL none. */
const struct hand *hands_verb(const char *step);

struct hands_result {
	bool done;	   /* false: refused; text says by whom and why */
	const char *text;  /* clean; memory of the world */
	int64_t effective; /* usec: when the world has changed; TIME_UNSET: not at all */
};
/* Takes STEP ("action [key, server or what it is about]") at T (usec). False with E only for a
 * step that cannot be read or a world that cannot be made. */
bool hands_do(struct world *w, int64_t t, const char *step, struct hands_result *r, struct err *e);

/* What the registrar still allows at T: edits left today, -1 without a budget. */
int hands_registrar_left(const struct world *w, int64_t t);

#endif
