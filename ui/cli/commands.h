/* The verbs, one a line in the order of --help: COMMAND(C name). */
COMMAND(worlds)
COMMAND(observe)
COMMAND(version)
COMMAND(lab)
