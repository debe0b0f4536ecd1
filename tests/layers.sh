#!/bin/sh
# Keeps the direction of includes: a file may include its own folder and folders of a lower rank.
# base < model < zone < keys < observe, verdict < diagnose < change < report, lab < ui
set -u
cd "${SRCDIR:-.}" || exit 1
bad=0
# one pass: a process a file takes a minute on a busy machine
found=$(find src -name '*.[ch]' | xargs awk '
	BEGIN { split("base 0 model 1 zone 2 keys 3 observe 4 verdict 4 diagnose 5 change 6 report 7 lab 7", a, " ")
		for (i = 1; i in a; i += 2) rank[a[i]] = a[i + 1] }
	function of(layer) { return layer in rank ? rank[layer] : 9 }
	FNR == 1 { split(FILENAME, part, "/"); own = part[2]; n++ }
	/^#include "[a-z]*\// { split($2, inc, /["\/]/)
		if (inc[2] != own && of(inc[2]) >= of(own))
			print "not ok layers - " FILENAME " (" own ") includes " inc[2] "/" }
	/#include <(n?curses|ncursesw)/ { print "not ok layers - " FILENAME " includes curses" }
	END { print "files " n }')
n=$(echo "$found" | sed -n 's/^files //p')
wrong=$(echo "$found" | grep '^not ok')
[ -z "$wrong" ] || { echo "$wrong"; bad=1; }
curses=$(grep -lE '#include <(ncursesw/)?n?curses.h>' ui/*.c ui/*/*.c ui/*/*.h 2>/dev/null | wc -l)
[ "$curses" -le 1 ] || { echo "not ok layers - $curses files include curses, one may"; bad=1; }
clock=$(grep -nE '(^|[^a-z_.>])(time|clock_gettime|gettimeofday)[[:space:]]*\(' $(find src ui -name '*.c') |
	grep -v '^src/base/clock.c:' | head -n 5)
[ -z "$clock" ] || { echo "not ok layers - the clock is read outside base/clock:"; echo "$clock"; bad=1; }
calls=$(grep -nE '(^|[^a-z_])(system|popen|strcpy|strcat|sprintf|vsprintf|gets|tmpnam|mktemp|getaddrinfo|initscr|ldns_pkt2str|ldns_send|ldns_key_new_frm_fp|ldns_zone_new_frm_fp)[[:space:]]*\(' \
	$(find src ui -name '*.c') | head -n 5)
[ -z "$calls" ] || { echo "not ok layers - calls that the design rules out:"; echo "$calls"; bad=1; }
[ $n -gt 20 ] || { echo "not ok layers - only $n sources found: wrong folder?"; bad=1; }
[ $bad = 0 ] && echo "ok layers - includes of $n files point downwards; one file has curses, one the clock"
exit $bad
