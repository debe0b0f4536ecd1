/* operator: who sits at the terminal, as the journal names him. */
#ifndef UI_CLI_OPERATOR_H
#define UI_CLI_OPERATOR_H

#include <stddef.h>

/* "alice", or "alice (as root)" behind sudo; returns OUT. */
const char *operator_name(char *out, size_t size);

#endif
