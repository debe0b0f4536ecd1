#!/bin/sh
# key-role-misread: raised for a KSK or DS change that was made, and told to a plan that would make
# one, while the fault is of the ZSK; and not without such a fault.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
t=$BUILDDIR/obj/tests/cases
say() { # WORLD PATTERN-FOR-DS WORDS
	"$t/tool_world" "$1" >"$dir/s"
	"$t/tool_misread" "$dir/s" >"$dir/o"
	if grep -q "^ds: $2" "$dir/o" && grep -qx 'zsk: -' "$dir/o"; then echo "ok misread/$1 - $3"; else
		echo "not ok misread/$1 - $(cat "$dir/o")"; bad=1
	fi
}
say zsk-expired-signing-stopped 'key-role-misread: the cause is zsk-expired-signing-stopped of ZSK [0-9]*; a DS change does not mend it$' "a planned DS change is told of the ZSK"
say dnskey-zsk-missing 'key-role-misread: the cause is dnskey-zsk-missing' "also where the ZSK is not published"
say ds-no-matching-dnskey '-$' "a DS change is right where the DS is at fault"
say ksk-inactive-signing-stopped '-$' "a KSK that stopped is no misreading"
say healthy '-$' "nothing stands, nothing is said"
exit $bad
