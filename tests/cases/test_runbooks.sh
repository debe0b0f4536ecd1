#!/bin/sh
# Every action, command and fault that a runbook of share/doc names exists; an operator at night
# cannot guess what a wrong word was meant to be.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0
nok() {
	echo "not ok $*"
	status=1
}
"$BUILDDIR/obj/tests/cases/tool_mandoc" list >"$dir/commands" || exit 1
# unbogus-plan(5) is made from the table of actions (test_docs.sh)
awk '/^\.Ss Actions/{on=1} on && /^\.It Cm/{print $3} /^Wrong steps/{exit}' \
	"$SRCDIR/share/man/unbogus-plan.5" | sort -u >"$dir/actions"
[ "$(wc -l <"$dir/actions")" -ge 10 ] || nok "runbooks - the actions cannot be read"
for f in "$SRCDIR"/share/doc/*.md; do
	name=$(basename "$f")
	tr '\n' ' ' <"$f" | grep -o '`unbogus [^`]*`' | tr -d '\140' | tr -s ' ' >"$dir/said"
	n=0
	while read -r _ command zone word _; do
		grep -qx "$command" "$dir/commands" || nok "runbook-$name - no command $command"
		case $command in
		plan)
			n=$((n + 1))
			grep -qx -e "$word" "$dir/actions" || nok "runbook-$name - no action $word" ;;
		explain)
			[ -e "$SRCDIR/share/causes/$zone.md" ] || nok "runbook-$name - no fault $zone" ;;
		esac
	done <"$dir/said"
	if [ $n -gt 0 ]; then echo "ok runbook-$name - names $n actions; those, commands and faults exist"; else
		nok "runbook-$name - names no action"; fi
	awk 'length > 105' "$f" | grep -q . && nok "runbook-$name - a line is longer than 105"
done
exit $status
