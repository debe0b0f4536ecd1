#!/bin/sh
# apply and recovery killed, or failing, at system calls: another sample (every one: make crash).
CRASH=150 CRASH_SEED=7 exec sh "$SRCDIR/tests/zones/test_crash.sh"
