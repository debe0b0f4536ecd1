/*
 * unixsock: stream sockets in the state folder, by which the program's processes find each other
 * (record and who attaches to it). Mode 0600, and the peer must be the same user or root.
 *
 * Paths may be longer than the 108 octets of a socket address: the folder is opened and its
 * descriptor's name is used. Both calls run before a role confines itself; the descriptors are
 * non-blocking and closed on exec.
 */
#ifndef BASE_UNIXSOCK_H
#define BASE_UNIXSOCK_H

#include <stdbool.h>

#include "base/err.h"

/* Listens at FOLDER/NAME; what lies there from an earlier run is replaced, so hold a lock. */
int unixsock_listen(const char *folder, const char *name, struct err *e); /* -1 with E */
/* ERR_NOT_FOUND: nobody listens there (no socket, or its owner is gone). */
int unixsock_connect(const char *folder, const char *name, struct err *e); /* -1 with E */
/* A connection on LISTENER whose peer may speak to us; -1: none now. */
int unixsock_accept(int listener);

/*
 * Takes the lock FOLDER/NAME for this process's life and writes its pid into it. Returns the
 * descriptor (close it to give the lock up). -1: *HOLDER is the pid of who has it, 0 when it could
 * not be taken for another reason; E says which.
 */
int lockfile_take(const char *folder, const char *name, long *holder, struct err *e);
/* The pid of who holds FOLDER/NAME, 0 when nobody does. */
long lockfile_holder(const char *folder, const char *name);

#endif
