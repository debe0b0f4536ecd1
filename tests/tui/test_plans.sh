#!/bin/sh
# Action menu, plan and consent in the console: on the story of 2013, in four sizes.
# GENERATE=1 rewrites the goldens: look at each before it is committed.
set -u
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export UBG_SHARE="$SRCDIR/share" UBG_STATE="$tmp" XDG_STATE_HOME="$tmp" TZ=America/Los_Angeles
golden=$SRCDIR/tests/tui/golden
bad=0
say() { # OK? NAME WHAT
	if [ "$1" = 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; bad=1; fi
}
for at in 2013-05-15T23:44:31Z 2013-05-16T01:22:48Z; do
	(cd "$tmp" && timeout 60 "$BUILDDIR/unbogus" lab mozilla-2013 --dir world-$at --at $at --once >"$at" 2>"err") ||
		cat "$tmp/err"
done
screens() { # STREAM SIZE SCRIPT: what it dumps; a plan's hash depends on the folder
	timeout 60 "$BUILDDIR/unbogus" console mozilla.org --replay "$tmp/$1" --script "$tmp/$3" --size "$2" \
		--dump "$tmp/dump" 2>"$tmp/err"
	status=$?
	sed 's/sha256 [0-9a-f]\{12\}/sha256 ............/' "$tmp/dump"
	cat "$tmp/err"
	return $status
}
cat >"$tmp/look" <<'END2'
key a
dump
key j j
dump
key g Enter
dump
key G
dump
key Esc Esc
END2
cat >"$tmp/danger" <<'END2'
key :
type rw 30 stale caches
key Enter
key :
type plan resign-without 42731
key Enter
key G
dump
key w
expect offered again at 05-16 16:55
key A
tick 2
type mozilla.org
key Enter
dump
END2
for size in 80x24 120x40 200x60 40x10; do
	for what in look:2013-05-15T23:44:31Z danger:2013-05-16T01:22:48Z; do
		name=plans-${what%%:*}-$size
		screens "${what#*:}" $size "${what%%:*}" >"$tmp/$name"
		[ -n "${GENERATE:-}" ] && cp "$tmp/$name" "$golden/$name"
		diff -u "$golden/$name" "$tmp/$name" >"$tmp/diff"
		status=$?
		head -n 30 "$tmp/diff"
		say $status "$name" "action menu, plan and consent at $size"
	done
done

# Consent: what must not count (safe plan at 16:44; its phrase is the zone's name).
script() { # NAME WHAT STREAM: a script on standard input that must pass; want: file or none
	cat >"$tmp/s"
	screens "$3" 80x24 s >"$tmp/out"
	status=$?
	[ $status = 0 ] || tail -n 30 "$tmp/out"
	say $status "$1" "$2"
}
applied() { grep -q '^\[apply\]' "$tmp/out"; }
plan='key F2
key A'
arm='key :
type rw 30 because
key Enter'
script consent-readonly "a plan is not applied while read-only" 2013-05-15T23:44:31Z <<END2
$plan
expect READ-ONLY: :rw MINUTES REASON arms
refuse CONFIRM
END2
script consent-enter "Enter a hundred times is no consent" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
$(i=0; while [ $i -lt 100 ]; do echo 'key Enter'; i=$((i + 1)); done)
expect the phrase is not the one
END2
applied; [ $? = 1 ]; say $? consent-enter-nothing "and nothing was given"
script consent-typeahead "keys within 1.5 s of opening are dropped" 2013-05-15T23:44:31Z <<END2
$arm
$plan
type mozilla.org
key Enter
refuse > mozilla.org
END2
applied; [ $? = 1 ]; say $? consent-typeahead-nothing "and nothing was given"
script consent-other-zone "the phrase of another zone does not count" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
type example.org
key Enter
expect the phrase is not the one
END2
script consent-paste "a paste does not count, and says so" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
paste
expect a paste does not count
END2
script paste-end-lost "a paste whose end mark was lost leaves no dead keys" 2013-05-15T23:44:31Z <<END2
paste
type ?
refuse S-Tab       pane before
tick 2
key ?
expect S-Tab       pane before
END2
script consent-disarmed "the time of :rw is over: read-only again" 2013-05-15T23:44:31Z <<END2
$arm
tick 1900
$plan
expect READ-ONLY
refuse CONFIRM
END2
script consent-cancel "Esc cancels, and nothing is given" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
type mozilla.org
key Esc
expect cancelled: nothing was changed
END2
script consent-given "the whole phrase, typed late enough, is consent" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
type mozilla.org
key Enter
END2
applied; say $? consent-given-once "and the plan is given to whoever may apply it"
script consent-long-needs-reason "a plan that breaks asks for a reason too" 2013-05-16T01:22:48Z <<END2
$arm
key :
type plan resign-without 42731
key Enter
key A
tick 2
type mozilla.org
key Enter
expect the phrase is not the one
key ^U
type mozilla.org 42731 breaks DS-cached validators
key Enter
expect and the reason, for the journal
key Enter
expect this plan asks for a reason
type we know
key Enter
END2
applied; say $? consent-long-given "and with it it is given"
script consent-wait "w keeps the plan for the safe time" 2013-05-16T01:22:48Z <<END2
key :
type plan resign-without 42731
key Enter
key w
expect offered again at 05-16 16:55
END2
# The progress of an apply: what act would say, line by line.
script progress "act's lines, a server that failed, the outcome and the way back" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
type mozilla.org
key Enter
expect Applying: Extend
expect It runs, and goes on when this dialog
said world begin inputs of the plan are looked at again
said sign note 5 signatures made, 0 kept
said observe failed 192.0.2.14 serves 2013051402
expect FAILED: 192.0.2.14 serves 2013051402
said observe ok 192.0.2.15 serves 2013051501
expect ok: 192.0.2.15 serves 2013051501
key Esc
refuse FAILED
key :
type progress
key Enter
expect FAILED: 192.0.2.14
said end 6
expect Applied; not every server is known to show it
expect mozilla.org. N
END2
grep -A1 '^\[note\]' "$tmp/out" | grep -q 'observe: 192.0.2.14' && grep -q ': applied, not verified' "$tmp/out"
say $? progress-noted "a failed step and the outcome are lines of the timeline"
script progress-lost "act went away: how to find the outcome" 2013-05-15T23:44:31Z <<END2
$arm
$plan
tick 2
type mozilla.org
key Enter
said replace begin /z/mozilla.org.signed
lost
expect unbogus attach mozilla.org., then unbogus apply --recover mozilla.org.
END2
script progress-none "nothing was applied from here" 2013-05-15T23:44:31Z <<END2
key :
type progress
key Enter
expect nothing was applied from this console
END2
# Every letter of the menu opens the line that it stands on; the keys that move are not among them.
printf 'key a\ndump\n' >"$tmp/m"
screens 2013-05-15T23:44:31Z 120x40 m >"$tmp/menu"
i=0
for k in $(sed -n 's/^.*[✓!✗] [» ] \([a-z]\) [A-Z].*/\1/p' "$tmp/menu"); do
	title=$(sed -n "s/^.*[✓!✗] [» ] $k \([A-Z][^,(…]*[a-z0-9]\).*/\1/p" "$tmp/menu" | head -n 1 | cut -c1-12)
	printf 'key a\nkey %s\nexpect Plan: %s\n' "$k" "$title" >"$tmp/s"
	screens 2013-05-15T23:44:31Z 120x40 s >"$tmp/out" || { echo "$k: $title"; tail -n 45 "$tmp/out"; i=-100; }
	i=$((i + 1))
done
[ $i -ge 15 ]; say $? menu-letters "each letter opens its own action ($i)"
script plan-unknown "an unknown action is said, with the nearest" 2013-05-15T23:44:31Z <<END2
key :
type plan extend-zks 25548
key Enter
expect extend-zsk?
END2
script plan-refused-here "an action that does not apply says why" 2013-05-15T23:44:31Z <<END2
key :
type plan resign-without 42731
key Enter
expect no other key signs the DNSKEY set
END2
exit $bad
