/* observe_vantages: the vantages of "observe net" as options of the command line. */
#ifndef UI_CLI_OBSERVE_VANTAGES_H
#define UI_CLI_OBSERVE_VANTAGES_H

#include "observe/net.h"

#define VANTAGES_MAX 64

#define VANTAGES_USAGE "[--vantage NAME=ADDRESS[:PORT][,kind=own|internal|isp|public][,counted=no]]... [--no-own-vantages]"

/* Zero-initialise. Strings point into the arguments. */
struct vantage_args {
	struct net_vantage v[VANTAGES_MAX + 2];
	size_t n;
	bool no_own; /* without the two libunbound vantages */
};

/* Reads one --vantage; cuts ARG in place. False when it is not understood or one too many. */
bool vantage_args_add(struct vantage_args *x, char *arg);
/* Puts own-fresh and own-aged first, unless no_own, and gives everything to O. */
void vantage_args_give(struct vantage_args *x, struct net_options *o);

#endif
