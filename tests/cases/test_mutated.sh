#!/bin/sh
# Damaged streams: every round must end in a diagnosis whose JSON holds no raw byte. ROUNDS=N for more.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
tools=$BUILDDIR/obj/tests/cases
fail=0 seed=1
for c in zsk-expired-signing-stopped cache-holds-old-dnskey cache-holds-old-ds serial-went-backwards; do
	"$tools/tool_world" $c >"$dir/s"
	seed=$((seed + 1))
	if timeout "${LIMIT:-60}" "$tools/tool_mutate" "$dir/s" $seed "${ROUNDS:-100}" >"$dir/out" 2>&1; then
		echo "ok mutated $c - $(tail -n 1 "$dir/out")"
	else
		echo "not ok mutated $c - seed $seed: $(tail -n 3 "$dir/out")"
		fail=1
	fi
done
exit $fail
