#!/bin/sh
# Keeps the direction of includes: a file may include its own folder and folders of a lower rank.
# base < model < zone < keys < observe, verdict < diagnose < change < report, lab < ui
set -u
cd "${SRCDIR:-.}" || exit 1
rank() {
	case $1 in
	base) echo 0 ;; model) echo 1 ;; zone) echo 2 ;; keys) echo 3 ;;
	observe|verdict) echo 4 ;; diagnose) echo 5 ;; change) echo 6 ;; report|lab) echo 7 ;;
	*) echo 9 ;;
	esac
}
bad=0 n=0
for f in $(find src -name '*.[ch]'); do
	own=${f#src/}; own=${own%%/*}; own_rank=$(rank "$own")
	n=$((n + 1))
	for inc in $(sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' "$f" | sort -u); do
		[ "$inc" = "$own" ] && continue
		if [ "$(rank "$inc")" -ge "$own_rank" ]; then
			echo "not ok layers - $f ($own) includes $inc/"; bad=1
		fi
	done
	if grep -q '#include <\(n\?curses\|ncursesw\).*' "$f"; then
		echo "not ok layers - $f includes curses"; bad=1
	fi
done
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
