/*
 * rawtext: an observation as people read it: an answer as dig prints one, anything else as
 * "field: value" lines. Foreign bytes come out cleaned.
 */
#ifndef UI_TUI_RAWTEXT_H
#define UI_TUI_RAWTEXT_H

#include "base/text.h"
#include "model/observation.h"

void rawtext(const struct obs *o, struct text *out);
/* A dig line that asks the same question again, or "" where it was not a question. */
void rawtext_dig(const struct obs *o, struct text *out);

#endif
