#!/bin/sh
# unbogus sign and files that are no zones, too large, or change while they are read: a clear error in
# bounded memory, the old target untouched, nothing left beside it.
set -u
command -v dnssec-keygen >/dev/null || { echo "skip hostile - no dnssec-keygen"; exit 0; }
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
cd "$d" || exit 1
bad=0
mkdir k && dnssec-keygen -q -K k -a 13 -f KSK example. >/dev/null && dnssec-keygen -q -K k -a 13 example. >/dev/null || exit 1
# Sanitizers need address space of their own, so the bound is on what the program says it took.
refused() { # NAME PATTERN FILE OPTIONS...
	name=$1 want=$2 file=$3; shift 3
	echo old >target
	timeout 120 "$UNBOGUS" sign "$file" --origin example. --keys k --out target --no-cache "$@" >said 2>&1; st=$?
	if [ $st = 3 ] && grep -q "$want" said && [ "$(wc -l <said)" = 1 ] && [ "$(cat target)" = old ] && ! ls -A | grep -q '^\.target'; then
		echo "ok hostile - $name: $(cut -c1-120 said)"
	else
		echo "not ok hostile - $name: exit $st, $(head -c 300 said)"; bad=1
	fi
}
truncate -s 1G line # one line of a gigabyte (of NULs, without a newline)
refused "a line of 1 GB" "without a newline" line
head -c 3000000 /dev/urandom >noise
refused "random octets" "" noise
: >empty
refused "an empty file" "SOA" empty
mkdir dir
refused "a folder" "regular file" dir
mkfifo pipe
refused "a pipe" "regular file" pipe
refused "a file that is not there" "No such file" absent
{ echo '$TTL 60'; echo '@ SOA ns h 1 2 3 4 5'; echo '@ NS ns'; i=0; while [ $i -lt 40000 ]; do echo "n$i A 192.0.2.1"; i=$((i + 1)); done; } >big
refused "more memory than --memory allows" "memory" big --memory 1
printf '@ SOA ns h 1 2 3 4 5\n@ NS ns\n$INCLUDE loop\n' >loop
refused "an \$INCLUDE of itself" "INCLUDE\|deep" loop
printf '@ SOA ns h 1 2 3 4 5\n@ NS ns\nx ( A 192.0.2.1\n' >open
refused "a parenthesis that is never closed" "unclosed" open
printf '@ SOA ns h 1 2 3 4 5\n@ NS ns\n$GENERATE 1-1000000000 a$ A 192.0.2.1\n' >generate
refused "\$GENERATE" "line 3" generate

{ printf 'bad A 1.2.3\n'; cat big big big big; } >bigbad
refused "text that must be kept for an error, with --memory" "memory" bigbad --memory 1
sed '/GENERATE\|TTL/d' generate >plain
for t in link hard; do
	echo old >real; rm -f target2
	if [ $t = link ]; then ln -s real target2; else ln real target2; fi
	"$UNBOGUS" sign plain --origin example. --keys k --out target2 --no-cache >said 2>&1; st=$?
	if [ $st = 3 ] && [ "$(cat real)" = old ]; then echo "ok hostile - a target that is a $t: $(cut -c1-100 said)"
	else echo "not ok hostile - a target that is a $t: $st $(cat said)"; bad=1; fi
done

# A file that is written to, again and again, while it is read: an error, or one whole version of it.
{ echo '$TTL 60'; echo '@ SOA ns h 1 2 3 4 5'; echo '@ NS ns'; i=0; while [ $i -lt 60000 ]; do echo "name-$i TXT \"some text to make it longer and longer\""; i=$((i + 1)); done; } >moving
cp moving whole
(n=0; while [ $n -lt 400 ] && [ -e moving ]; do printf 'x A 192.0.2.1\n' >>moving; truncate -s -14 moving; n=$((n + 1)); done) &
writer=$!
changed=0 fine=0 odd=0
for _ in 1 2 3 4; do
	"$UNBOGUS" verify moving --origin example. >said 2>&1; st=$?
	if grep -qE 'changed while|shorter while' said; then changed=$((changed + 1))
	elif [ $st -le 2 ] && ! grep -q syntax said; then fine=$((fine + 1))
	else odd=$((odd + 1)); fi
done
rm -f moving; wait $writer
if [ $odd = 0 ]; then echo "ok hostile - a file that changes while it is read: $changed said so, $fine read whole"
else echo "not ok hostile - a file that changes while it is read: $(head -c 300 said)"; bad=1; fi
# Replaced by rename: the reader keeps the file that it opened.
cp whole moving
(n=0; while [ $n -lt 200 ] && [ -e moving ]; do cp noise new && mv new moving; cp whole new && mv new moving; n=$((n + 1)); done) 2>/dev/null &
writer=$!
crash=0
for _ in 1 2 3 4; do
	timeout 60 "$UNBOGUS" verify moving --origin example. >said 2>&1; [ $? -gt 3 ] && crash=1
done
rm -f moving; wait $writer; rm -f moving new
if [ $crash = 0 ]; then echo "ok hostile - a file that is replaced while it is read: never a crash"
else echo "not ok hostile - a file that is replaced: $(head -c 300 said)"; bad=1; fi
exit $bad
