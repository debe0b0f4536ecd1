/*
 * ask: a plan's phrase, typed by a person on a terminal (the rules are change/consent.h's). Pasted
 * text (bracketed paste) is refused, what was typed ahead is thrown away, an empty line means no.
 */
#ifndef UI_CLI_ASK_H
#define UI_CLI_ASK_H

#include "change/consent.h"

/* The plan as a person has to see it before: what, diff, prediction, guards, undo. */
void ask_show(const struct plan *p);

enum ask { ASK_GIVEN, ASK_CANCELLED, ASK_LOST };
/* PHRASE and REASON: CONSENT_MAX octets each; a REASON that is not empty is not asked for. */
enum ask ask_phrase(const struct plan *p, char *phrase, char *reason);

#endif
