#!/bin/sh
# Screens: scripts of keys with expected grids, four sizes x {UTF-8, ASCII} x {colour, mono}, from
# diagnoses written down in tool_screen.c; then the words of the whole program on a simulated
# world. GENERATE=1 rewrites the goldens: look at each before it is committed.
set -u
tool=$BUILDDIR/obj/tests/tui/tool_screen
golden=$SRCDIR/tests/tui/golden
tmp=$BUILDDIR/obj/tui-screens; rm -rf "$tmp"; mkdir -p "$tmp" "$golden"
bad=0
say() { # OK? NAME WHAT
	if [ "$1" = 0 ]; then echo "ok $2 - $3"; else echo "not ok $2 - $3"; bad=1; fi
}
compare() { # NAME WHAT: $tmp/NAME against its golden
	if [ -n "${GENERATE:-}" ]; then cp "$tmp/$1" "$golden/$1"; fi
	diff -u "$golden/$1" "$tmp/$1" >"$tmp/$1.diff" 2>&1
	status=$?
	[ $status = 0 ] || head -n 30 "$tmp/$1.diff"
	say $status "$1" "$2"
}

# 1. What the operator sees first, in every size and way of showing it.
for size in 80x24 120x40 200x60 40x10; do
	for how in utf8-colour utf8-mono ascii-colour ascii-mono; do
		args=$(echo "$how" | sed 's/utf8//; s/colour//; s/-/ /')
		printf 'dump\nstyles\n' | "$tool" blocked $size $args >"$tmp/blocked-$size-$how" 2>&1
		compare "blocked-$size-$how" "the blocked signer at $size, $how"
	done
done

# 2. Every pane, dialogs and prompts, with the keys that lead there.
cat >"$tmp/keys" <<'END'
dump
key 2
dump
key v
dump
key v 3
dump
key 4 j
dump
key 5
dump
key 6
dump
key 1 G
dump
key z
dump
key - ?
dump
key Space
dump
key Space
dump
key Esc e
dump
key Esc /
type ksk
key Enter
dump
key \
type role:zsk
dump
key Enter
dump
key Esc > > i
dump
key :
type ke
key Tab
dump
key Esc :
type frobnicate
key Enter
dump
key T
dump
key p
tick 12
dump
key p y
END
for size in 80x24 120x40; do
	"$tool" swapped $size <"$tmp/keys" >"$tmp/walk-$size" 2>&1
	compare "walk-$size" "a walk through all panes and dialogs at $size"
done
printf 'dump\nkey ?\ndump\nkey Esc 4\ndump\nkey z j a :\ndump\n' |
	"$tool" swapped 40x10 >"$tmp/walk-40x10" 2>&1
compare walk-40x10 "in the small window only q ? 1-5 work"
printf 'dump\nkey 3 G\ndump\nkey 4\ndump\nkey 1 G\ndump\n' | "$tool" big 80x24 >"$tmp/big-80x24" 2>&1
compare big-80x24 "26 servers, 40 keys and a 70-character name at 80x24"
printf 'dump\n' | "$tool" big 200x60 >"$tmp/big-200x60" 2>&1
compare big-200x60 "the same at 200x60"
printf 'dump\nkey e\ndump\n' | "$tool" fine 80x24 >"$tmp/fine-80x24" 2>&1
compare fine-80x24 "nothing is wrong"
printf 'dump\n' | "$tool" empty 80x24 >"$tmp/empty-80x24" 2>&1
compare empty-80x24 "before the first answer"
printf 'live\ntick 95\ndump\n' | "$tool" blocked 80x24 >"$tmp/stale-80x24" 2>&1
compare stale-80x24 "silence makes the verdict UNKNOWN, never OK"

# 3. Every key once, in every size; and no raw control byte whatever the foreign bytes were.
keys=$(awk 'BEGIN { for (i = 33; i < 127; i++) if (i != 113 && i != 81) printf "key %c\n", i;
	for (i = 1; i < 32; i++) if (i != 3 && i != 27) printf "key ^%c\n", i + 64 }'
	for k in Up Down Left Right Home End PgUp PgDn Tab S-Tab Enter Esc Space BS Del F1 F2 F3 F4 \
		F5 F6 F7 F8 F9; do echo "key $k"; echo "key Esc"; done)
for size in 1x1 3x2 40x10 60x16 80x24 120x40 200x60 300x100; do
	for scene in empty hostile big; do
		{ echo "$keys"; printf 'key Esc Esc Esc\ndump\n'; } |
			timeout 60 "$tool" $scene $size >"$tmp/all-$scene-$size" 2>&1
		status=$?
		raw=$(LC_ALL=C tr -d '\n\40-\176\200-\377' <"$tmp/all-$scene-$size" | wc -c)
		bidi=$(grep -c "$(printf '\342\200\256\|\342\200\213')" "$tmp/all-$scene-$size")
		[ $status = 0 ] && [ "$raw" = 0 ] && [ "$bidi" = 0 ]
		say $? "keys-$scene-$size" "every key once, no crash, no raw byte (exit $status, raw $raw)"
	done
done
# Random keys, words and sizes from 1x1 to 300x100, from a seed that the name tells.
for seed in 1 2 3 4; do
	awk -v seed=$seed 'BEGIN { srand(seed)
		split("Up Down Left Right Home End PgUp PgDn Tab S-Tab Enter Esc Space BS Del F1 F2 F3 F4 F5 F6 F7 F8 F9", k, " ")
		for (i = 0; i < 1500; i++) { r = rand()
			if (r < 0.5) { c = 33 + int(rand() * 94); if (c != 113 && c != 81) printf "key %c\n", c }
			else if (r < 0.85) print "key " k[1 + int(rand() * 24)]
			else if (r < 0.95) printf "size %dx%d\n", 1 + int(rand() * 300), 1 + int(rand() * 100)
			else print "tick " int(rand() * 90) } print "dump" }' >"$tmp/monkey.$seed"
	for scene in swapped hostile; do
		timeout 120 "$tool" $scene 80x24 <"$tmp/monkey.$seed" >"$tmp/monkey-$scene-$seed" 2>&1
		say $? "monkey-$scene-$seed" "1,500 random keys and sizes, no crash"
	done
done
printf 'plain\nkey Y\nkey P\nkey e y\n' | "$tool" hostile 80x24 >"$tmp/hostile-plain" 2>&1
raw=$(LC_ALL=C tr -d '\n\40-\176\200-\377' <"$tmp/hostile-plain" | wc -c)
[ "$raw" = 0 ]; say $? hostile-plain "copied and printed text is clean too"

# 4. The whole program: a simulated world's stream, keys, and what must be read on the screen.
story() { # NAME TIME EXPECTATIONS...
	name=$1 at=$2; shift 2
	"$UNBOGUS" --version >/dev/null 2>&1
	XDG_STATE_HOME=$tmp/state "$UNBOGUS" lab mozilla-2013 --at "$at" --once >"$tmp/$name.jsonl" 2>"$tmp/$name.err" || {
		echo "not ok $name - the lab gave no stream"; cat "$tmp/$name.err"; bad=1; return; }
	for e; do echo "$e"; done >"$tmp/$name.script"
	for size in 80x24 120x40 200x60; do
		"$UNBOGUS" console mozilla.org --replay "$tmp/$name.jsonl" --tz America/Los_Angeles \
			--size $size --script "$tmp/$name.script" --dump "$tmp/$name.$size" || {
			cat "$tmp/$name.$size"; say 1 "$name-$size" "what the screen must say"; continue; }
		say 0 "$name-$size" "the screen says what happened and what is safe"
	done
}
story story-1644 2013-05-15T23:44:31Z 'expect WARN' 'expect ZSK 25548' 'expect Safe' "expect Don't" \
	'expect nobody fails before' 'expect INACTIVE' 'key z 3' 'expect 2013051500' \
	'expect 2013051402' 'key 4' 'expect SECURE' 'refuse BOGUS' 'key 2' 'expect 42731'
story story-1805 2013-05-16T01:05:12Z 'expect CRIT' 'expect 40183' 'expect 18:27' 'expect BOGUS' \
	"expect Don't" 'key z 4' 'expect SF' 'key 2' 'expect 25548' 'key e' 'expect dig +'
exit $bad
