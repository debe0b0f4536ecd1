#!/bin/sh
# Every catalogue id that the diagnosis knows: a really signed world with that one thing broken must
# name it as the first cause with the right exit code, and worlds that are well must give no alarm.
tool=$BUILDDIR/obj/tests/cases/tool_world
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fail=0
"$tool" >"$dir/list"
while read -r name cause status; do
	"$tool" "$name" >"$dir/stream"
	timeout 20 "$BUILDDIR/unbogus" diagnose example.org --replay "$dir/stream" --json >"$dir/out" 2>"$dir/err"
	rc=$?
	got=$(sed -n '/^  "cause": {/,/^  }/s/^    "id": "\(.*\)",/\1/p' "$dir/out")
	[ -n "$got" ] || got=-
	note=${name#note-}
	found=yes
	[ "$note" = "$name" ] || grep -q "\"id\": \"$note\"" "$dir/out" || found=no
	if [ "$got" = "$cause" ] && [ $rc = "$status" ] && [ $found = yes ]; then
		echo "ok case $name - names ${cause}, exit $rc"
	else
		echo "not ok case $name - expected $cause exit $status, got $got exit $rc, note $found"
		sed -n 1,3p "$dir/err"
		fail=1
	fi
done <"$dir/list"
"$tool" signer-clock-wrong >"$dir/stream"
if "$BUILDDIR/unbogus" diagnose example.org --replay "$dir/stream" | grep "^Not the cause.*clock"; then
	echo "not ok ruled/clock - a clock that is off is the cause, and is called good"
	fail=1
else
	echo "ok ruled/clock - a clock that is off is not called good"
fi
for name in dnskey-inconsistent-servers lame tcp-broken malformed-response do-ignored multi-signer-missing-keys; do
	"$tool" $name >"$dir/stream"
	if "$BUILDDIR/unbogus" diagnose example.org --replay "$dir/stream" | grep "^Not the cause.*\[servers\]"; then
		echo "not ok ruled/$name - servers are at fault, and are called good"
		fail=1
	else
		echo "ok ruled/$name - servers at fault are not called good"
	fi
done
exit $fail
