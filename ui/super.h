/*
 * super: the supervisor. super_split() forks: the parent stays behind as the supervisor, which
 * starts the roles, restarts those that crash, ends them with the face, and parses and draws
 * nothing; the child returns and is the face, with one descriptor a role.
 *
 * A role's pipe outlives the role: what a restarted one writes comes through the same descriptor.
 * What happened in between is a fact "process" on that pipe, which the supervisor writes.
 */
#ifndef UI_SUPER_H
#define UI_SUPER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/name.h"

#define SUPER_ROLES 40
#define SUPER_WORDS 192

struct super_role {
	const char *name;		     /* "net", "local", a producer's */
	const char *argv[SUPER_WORDS + 1]; /* argv[0] NULL: this program */
	size_t n;
};

struct super_job {
	struct name zone; /* for the facts that it writes */
	struct super_role role[SUPER_ROLES];
	size_t n_roles;
};

struct super_face {
	struct {
		int fd;	  /* the role's stream */
		int back; /* "probe" lines for its standard input */
	} stream[SUPER_ROLES];
	size_t n;
};

/* A role with its first words (argv[0] included, NULL for this program); NULL when there are too
 * many. super_word() appends one; words are borrowed. */
struct super_role *super_role_add(struct super_job *job, const char *name, const char *program);
bool super_word(struct super_role *r, const char *word);

/*
 * Returns true in the face. The supervisor never returns: it exits with the face's status (130
 * when a SIGINT ended it). False with E in the only process when it could not fork.
 */
bool super_split(const struct super_job *job, struct super_face *face, struct err *e);

#endif
