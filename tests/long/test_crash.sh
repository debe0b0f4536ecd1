#!/bin/sh
# apply and recovery killed, or failing, at every system call that changes something.
CRASH=all exec sh "$SRCDIR/tests/zones/test_crash.sh"
