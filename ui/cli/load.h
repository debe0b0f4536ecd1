/*
 * load: a diagnosis for the one-shot commands: from a recorded stream; from the record that watches
 * the zone, which looks once more; or from a live round and the history as it lies there. The
 * options that they share (--replay, --record, --at, --anchors) are read here.
 */
#ifndef UI_CLI_LOAD_H
#define UI_CLI_LOAD_H

#include <jansson.h>

#include "diagnose/diagnosis.h"
#include "ui/cli/command.h"
#include "ui/cli/live.h"

struct load {
	const char *zone;    /* argument */
	const char *replay;  /* a file, "-" for standard input; NULL: none */
	const char *at;	     /* NULL: the newest time in the stream */
	const char *anchors; /* file of DNSKEY or DS lines of the root; NULL: none */
	const char *record;  /* file that the merged stream is written to; NULL: none */
	bool json, evidence, plain;
	struct live live; /* without --replay the zone is watched for one round */
	unsigned seconds; /* of that round at most; 0: 20 */
	/* NULL, or called in the face as soon as it is one (a process of its own: ui/super.h) */
	void (*in_face)(void *face_ctx);
	void *face_ctx;
};

/* Fills L from the command line; returns 0, or the exit code with a message on standard error. */
int load_options(struct load *l, int argc, char **argv, const char *verb);
/* Reads the stream and diagnoses; NULL with E. Free with diagnosis_free(). */
struct diagnosis *load_diagnosis(const struct load *l, struct err *e);
/* A whole command that shows one part: JSON of WHAT, or PRINT. Returns the exit code. */
int load_run(int argc, char **argv, const struct command *c, const char *what,
	void (*print)(const struct diagnosis *d));
/* Prints J with two spaces of indent and releases it. */
void load_print_json(json_t *j);

#endif
