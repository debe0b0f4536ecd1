#!/bin/sh
# A broken, hostile or huge scenario file: clear errors, no crash, bounded time, nothing outside its folder.
set -u
u=$BUILDDIR/unbogus
UBG_SHARE=$SRCDIR/share
export UBG_SHARE
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
status=0
good=$SRCDIR/share/scenarios/nothing-wrong.yaml
say() { if [ "$1" = 0 ]; then echo "ok hostile-$2 - $3"; else echo "not ok hostile-$2 - $3"; status=1; fi; }
refused() { # NAME WORDS: the file $tmp/x.yaml is refused within 10 s with these words and nothing is written
	mkdir -p "$tmp/state"
	UBG_STATE=$tmp/state timeout 10 "$u" lab "$tmp/x.yaml" --once >"$tmp/out" 2>"$tmp/err"
	rc=$?
	[ $rc = 3 ] && [ ! -s "$tmp/out" ] && grep -q "$2" "$tmp/err" && [ -z "$(find "$tmp/state" -type f)" ]
	say $? "$1" "exit $rc: $(head -n 1 "$tmp/err" | cut -c1-120)"
	UBG_STATE=$tmp/state timeout 10 "$u" lab run "$tmp/x.yaml" --script golden >/dev/null 2>&1
	[ $? = 3 ] || say 1 "$1-run" "a run of it is not refused"
}
sed 's/^name: .*/name: ..\/..\/evil/' "$good" >"$tmp/x.yaml"; refused name-outside "name: .*must be of a-z"
sed 's/^zone: .*/zone: "a\/..\/..\/b.example"/' "$good" >"$tmp/x.yaml"; refused zone-outside "zone: .*must be of a-z"
sed 's/^zone: .*/zone: "a..b.example"/' "$good" >"$tmp/x.yaml"; refused zone-dots "zone"
sed 's/bits: 256/bits: 900000/' "$good" >"$tmp/x.yaml"; refused huge-key "bits"
sed 's/^ds-ttl: .*/ds-ttl: 4294967295/' "$good" >"$tmp/x.yaml"; refused huge-ttl "ds-ttl"
sed 's/^horizon: .*/horizon: 90000d/' "$good" >"$tmp/x.yaml"; refused horizon "horizon"
printf 'a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nname: [*b,*b,*b,*b]\n' >"$tmp/x.yaml"; refused alias "."
head -c 5000000 /dev/zero | tr '\0' 'x' >"$tmp/x.yaml"; refused huge-file "."
: >"$tmp/x.yaml"; refused empty "."
head -c 3000 /dev/urandom >"$tmp/x.yaml"; refused noise "."
sed 's/do: "resign"/do: "rm -rf \/"/' "$good" >"$tmp/x.yaml"; refused unknown-step "nothing that can be done"
sed 's/when: "asked"/when: "whenever"/' "$good" >"$tmp/x.yaml"; refused trigger "is no trigger"
{ cat "$good"; echo 'population:'; for i in $(seq 60); do echo "  - {name: g$i, kind: isp, count: 90000}"; done; } >"$tmp/x.yaml"
refused crowd "validators"
{ grep -v '^records' "$good" | sed '/^  [@a-z]/d'; printf 'records: |\n  $INCLUDE /etc/passwd\n  @ NS ns1\n'; } >"$tmp/x.yaml"
UBG_STATE=$tmp/state timeout 10 "$u" lab "$tmp/x.yaml" --once >"$tmp/out" 2>"$tmp/err"
! grep -q root: "$tmp/out" && [ -z "$(grep -rl 'root:' "$tmp/state" 2>/dev/null)" ]
say $? include "a file of the host does not come in by \$INCLUDE: $(head -n 1 "$tmp/err" | cut -c1-100)"
cut=0
for n in 100 700 1500 2600 3400; do
	head -c $n "$good" >"$tmp/x.yaml"
	timeout 10 "$u" lab check "$tmp/x.yaml" >/dev/null 2>"$tmp/err"
	[ $? = 3 ] && [ -s "$tmp/err" ] || cut=1
done
say $cut cuts "files that end in the middle are explained"
exit $status
