/* configured: the configuration as every verb finds it: FILE (-c) or /etc and XDG (DESIGN.md 10). */
#ifndef UI_CLI_CONFIGURED_H
#define UI_CLI_CONFIGURED_H

#include "observe/config.h"

/* The folder of unbogus/unbogus.yaml. Not the build's --sysconfdir: manuals say /etc. */
#define UBG_SYSCONFDIR_READ "/etc"

/* NULL with E as config_load(); nothing configured is an empty configuration. */
const struct config *configured(struct arena *a, const char *file, struct err *e);

#endif
