#!/bin/sh
# unbogus verify judges zones that dnssec-signzone made, healthy and broken.
set -u
command -v dnssec-signzone >/dev/null || { echo "skip verify - no dnssec-signzone"; exit 0; }
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
cd "$d" || exit 1
bad=0
printf '$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.2\na.ent TXT x\n*.w MX 5 www\nsub NS ns.sub\nns.sub A 192.0.2.3\nsec NS ns.sub\nsec DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000\n' >z
dnssec-keygen -q -a 13 -f KSK example. >/dev/null && dnssec-keygen -q -a 13 example. >/dev/null || exit 1
dnssec-dsfromkey -2 "$(grep -l ' 257 ' K*.key)" >ds
judge() { # NAME CAUSE FILE
	timeout 20 "$UNBOGUS" verify "$3" --origin example. --ds ds --json >out; st=$?
	want=2; [ "$2" = null ] && want=0
	if grep -q "\"cause\": $2" out && [ $st = $want ]; then
		echo "ok verify - $1"
	else
		echo "not ok verify - $1: exit $st, $(grep '"cause"' out)"; bad=1
	fi
}
for form in "" "-3 -" "-3 - -A"; do
	dnssec-signzone -q -S -P $form -o example. -f s z >/dev/null 2>&1 || exit 1
	judge "healthy zone ($form)" null s
	sed 's/192\.0\.2\.2$/192.0.2.9/' s >t
	judge "an edited record ($form)" '"rrsig-invalid"' t
done
exit $bad
