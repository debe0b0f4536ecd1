/* configured: the configuration as every verb finds it: FILE (-c) or /etc and XDG (DESIGN.md 10). */
#ifndef UI_CLI_CONFIGURED_H
#define UI_CLI_CONFIGURED_H

#include "diagnose/diagnosis.h"
#include "observe/config.h"

/* The folder of unbogus/unbogus.yaml. Not the build's --sysconfdir: manuals say /etc. */
#define UBG_SYSCONFDIR_READ "/etc"

/* NULL with E as config_load(); nothing configured is an empty configuration. */
const struct config *configured(struct arena *a, const char *file, struct err *e);

/* The thresholds, period and kinds of serials of ZONE, where C has them, into OPT. */
void configured_thresholds(const struct config *c, const char *zone, struct diagnose_options *opt);

#endif
