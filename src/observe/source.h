/*
 * source: the source of truth of a zone (Subversion, git or a plain file): which revision, by
 * whom, when, and with which serial. Programs are started through a function that the caller
 * gives, because a confined observer cannot start any: source_jobs() lists them all beforehand,
 * so that a door (base/door.h) can run them by their number.
 *
 * Nothing of a repository is executed: no hooks, file system monitors, pagers or filters. A
 * repository of somebody else ("dubious ownership") is reported, never bypassed.
 */
#ifndef OBSERVE_SOURCE_H
#define OBSERVE_SOURCE_H

#include "base/child.h"
#include "model/observation.h"

struct source_spec {
	const char *type; /* "svn", "git", "file" */
	const char *path; /* working copy, repository or URL; the file itself for "file" */
	const char *file; /* below PATH; NULL: PATH names the file (svn, file) */
	const char *revision; /* NULL: the newest */
	int64_t timeout_ms;   /* of one program; 0: 10 s */
};

/* As child_run(); CTX is the caller's. */
typedef bool source_run(void *ctx, const struct child_job *job, struct child_result *r,
	struct err *e);

#define SOURCE_JOBS 6
/* Every command that source_observe() may run for S, into OUT (SOURCE_JOBS of them), words in A.
 * Returns how many: 0 for a plain file. */
size_t source_jobs(struct arena *a, const struct source_spec *s, struct child_job *out);

/* Reads "svn:PATH:FILE", "git:PATH:FILE" or "file:PATH" (a URL keeps its colons), strings from A. */
bool source_parse(struct arena *a, const char *text, struct source_spec *s, struct err *e);

/* A FACT_SOURCE by BY at T (usec); RUN NULL is child_run(). Never NULL. */
struct obs *source_observe(const struct source_spec *s, source_run *run, void *ctx,
	const struct name *zone, const char *by, int64_t t);

/*
 * The text of the first <TAG> in XML (N octets), entities decoded, or of attribute ATTR of it when
 * ATTR is not NULL; NULL when there is none. For what svn --xml writes, no more.
 */
char *source_xml(struct arena *a, const char *xml, const char *tag, const char *attr);

#endif
