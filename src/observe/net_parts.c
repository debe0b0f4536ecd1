#include "observe/net.h"
#include "observe/vantage.h"

/* To add a part: its file in this folder with "const struct net_part part_NAME", and a row here. */
const struct net_part net_parts[] = {
	VANTAGE_PART,
	{ .name = NULL },
};
