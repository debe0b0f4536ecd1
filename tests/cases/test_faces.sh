#!/bin/sh
# The faces beside the console, on the recording of 2013-05-15 16:44 and 18:05: check, status, the
# wallboard, metrics: what they print, to the letter (tests/cases/golden; GENERATE=1 rewrites), and
# their exit codes.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export UBG_SHARE="$SRCDIR/share" XDG_STATE_HOME="$dir" XDG_CONFIG_HOME="$dir" TZ=America/Los_Angeles
fail=0
ok() { # NAME, then a test
	n=$1; shift
	if "$@" >/dev/null 2>&1; then echo "ok faces $n"; else echo "not ok faces $n - $*"; fail=1; fi
}
golden() { # NAME STATUS COMMAND...
	g=$SRCDIR/tests/cases/golden/$1 n=$1 want=$2; shift 2
	timeout 60 "$UNBOGUS" "$@" >"$dir/out" 2>"$dir/err"
	rc=$?
	[ "${GENERATE:-}" = 1 ] && cp "$dir/out" "$g"
	if [ $rc != "$want" ]; then echo "not ok faces $n - exit $rc, want $want: $(head -n 1 "$dir/err")"; fail=1
	elif cmp -s "$dir/out" "$g"; then echo "ok faces $n - exit $want, and every byte as written down"
	else echo "not ok faces $n - differs"; diff "$g" "$dir/out" | head -n 6; fail=1; fi
}
exits() { # STATUS COMMAND...
	want=$1; shift
	timeout 60 "$UNBOGUS" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	rc=$?
	if [ $rc = "$want" ]; then echo "ok faces exit $want of $1 ${2:-}"; else
		echo "not ok faces exit of $* - $rc, want $want"; fail=1; fi
}
"$UNBOGUS" lab mozilla-2013 --at 2013-05-15T23:44:31Z --once >"$dir/1644" 2>"$dir/err" &&
	"$UNBOGUS" lab mozilla-2013 --at 2013-05-16T01:05:12Z --once >"$dir/1805" 2>"$dir/err" ||
	{ echo "not ok faces - the lab: $(head -n 1 "$dir/err")"; exit 1; }
for t in 1644 1805; do
	rc=1; [ $t = 1805 ] && rc=2
	golden check-$t $rc check mozilla.org --replay "$dir/$t"
	golden check-keys-$t $rc check mozilla.org --replay "$dir/$t" --only keys,validation
	golden status-$t $rc status --replay "$dir/$t"
	golden status-plain-$t $rc status mozilla.org --replay "$dir/$t" --plain
	golden status-json-$t $rc status --replay "$dir/$t" --json
	golden wallboard-$t $rc status --wallboard --ascii no --replay "$dir/$t"
	golden wallboard-40x10-$t $rc status --wallboard --size 40x10 --ascii yes --replay "$dir/$t"
	golden metrics-$t 0 metrics --replay "$dir/$t"
	golden openmetrics-$t 0 metrics --openmetrics --compat-chrj --replay "$dir/$t"
done
ok "no wallboard line is wider than its screen" \
	awk 'length($0) > 40 { exit 1 }' "$SRCDIR/tests/cases/golden/wallboard-40x10-1805"

# a later moment: the same recording is stale, and every face says since when and as of when
later="--replay $dir/1644 --at 2013-05-16T01:44:31Z"
# shellcheck disable=SC2086 # words
{ ok "an old recording is stale on the wallboard, with its age" sh -c '"$@" --wallboard | grep -q "STALE  *no answer for 2h"' \
	sh "$UNBOGUS" status $later
ok "and the screen has that moment" sh -c '"$@" --wallboard | grep -q "18:44:31 PDT  01:44Z"' sh "$UNBOGUS" status $later
ok "status --json has the moment that it was judged at" sh -c '"$@" --json | grep -q "\"time\": \"2013-05-16T01:44:31Z\""' \
	sh "$UNBOGUS" status $later; }
cat "$dir/1644" "$dir/1805" >"$dir/both"
golden status-json-1644 1 status --replay "$dir/both" --at 2013-05-15T23:44:31Z --json

# a file of the run before: its series stay, and the file is replaced whole
"$UNBOGUS" metrics --replay "$dir/1644" --textfile "$dir/u.prom" &&
	"$UNBOGUS" metrics --replay "$dir/1805" --textfile "$dir/u.prom"
ok "a cause that is gone is 0, not absent" grep -q 'cause="zsk-expired-signing-stopped"} 0$' "$dir/u.prom"
ok "and the new one is 1" grep -q 'cause="cache-holds-old-dnskey"} 1$' "$dir/u.prom"
ok "nothing is left beside the file" [ "$(ls -A "$dir" | grep -c u.prom)" = 1 ]
# a reader may refuse all of an exposition that has a series twice
"$UNBOGUS" lab hbonow-2015 --once 2>"$dir/err" | "$UNBOGUS" metrics --replay - >"$dir/twice.prom"
ok "two findings of one cause are one series" grep -q 'cause="key-file-not-in-zone"} 1$' "$dir/twice.prom"
ok "and no series is there twice" sh -c '[ -z "$(grep -v "^#" "$1" | sed "s/ [^ ]*$//" | sort | uniq -d)" ]' sh "$dir/twice.prom"
if command -v promtool >/dev/null; then
	ok "promtool reads it" promtool check metrics <"$dir/u.prom"
else
	echo "skip faces promtool - prometheus is not installed (./configure --with-test-deps)"
fi

# config: what is shown is a configuration that says the same; unknown words name the nearest
"$UNBOGUS" config show -c "$SRCDIR/share/unbogus.yaml.sample" >"$dir/shown.yaml"
ok "config show is a configuration" "$UNBOGUS" config check -c "$dir/shown.yaml"
ok "and says the same again" sh -c '"$1" config show -c "$2" | cmp -s - "$2"' sh "$UNBOGUS" "$dir/shown.yaml"
printf 'zones:\n  - {name: a.example, second-pair: yes}\n' >"$dir/pair.yaml"
ok "config check says what it does not keep" sh -c '"$1" config check -c "$2" | grep -q "note: a.example: second-pair is read and not used"' sh "$UNBOGUS" "$dir/pair.yaml"
ok "and nothing where nothing is asked" sh -c 'echo "zones: [{name: a.example}]" >"$2"; [ "$("$1" config check -c "$2" | wc -l)" = 1 ]' sh "$UNBOGUS" "$dir/pair.yaml"
ok "config paths names what is read" sh -c '"$1" config paths | grep -q "^share  *$2$"' sh "$UNBOGUS" "$UBG_SHARE"
ok "config paths says what is not there" sh -c '"$1" config paths -c /nowhere/x | grep -q "/nowhere/x  (is not there)"' sh "$UNBOGUS"
for w in "config shwo:show" "observe nett a.example:net" "diagnos:diagnose" "keys a.example --jsn:--json" \
	"verify z --orign x:--origin"; do
	# shellcheck disable=SC2086 # words
	"$UNBOGUS" ${w%:*} >/dev/null 2>"$dir/err"
	[ $? = 64 ] && grep -q "did you mean ${w##*:}" "$dir/err" && echo "ok faces nearest of ${w%:*}" ||
		{ echo "not ok faces nearest of ${w%:*} - $(head -n 1 "$dir/err")"; fail=1; }
done

# mistakes on the command line are never WARNING or CRITICAL
exits 3 check
exits 3 check mozilla.org --only keys,kezs --replay "$dir/1644"
exits 3 check mozilla.org --no-such
exits 3 check mozilla.org --replay /nonexistent
exits 3 status --no-such
exits 3 status --replay /nonexistent
exits 64 metrics --no-such
exits 64 metrics --listen 127.0.0.1:1 --textfile x
exits 3 metrics --replay /nonexistent
# a recording that is read is not emptied
cp "$dir/1644" "$dir/same"; ln "$dir/same" "$dir/linked"
exits 3 diagnose mozilla.org --replay "$dir/same" --record "$dir/linked"
ok "a recording that is read is not written over" cmp "$dir/1644" "$dir/same"
exits 1 diagnose mozilla.org --replay "$dir/same" --record "$dir/other"
ok "another file gets its facts" test -s "$dir/other"
# a part of what is unknown is not OK
"$UNBOGUS" lab nothing-wrong --once 2>"$dir/err" >"$dir/well"
grep -v '"fact":"resolve"' "$dir/well" >"$dir/mute"
grep -vE '"role":"parent"|"fact":"(vantage|resolve)"' "$dir/well" >"$dir/orphan"
exits 0 check fjord.example --replay "$dir/well" --only validation
exits 0 check fjord.example --replay "$dir/well" --only chain
exits 3 check fjord.example --replay "$dir/orphan"
exits 3 check fjord.example --replay "$dir/orphan" --only chain
ok "and says why" grep -q '^UNBOGUS UNKNOWN fjord.example: Unknown: too little was heard' "$dir/out"
exits 3 check fjord.example --replay "$dir/mute" --only validation
exits 0 check fjord.example --replay "$dir/mute" --only keys,serials
exits 0 check fjord.example --replay "$dir/orphan" --only keys,serials
exits 64 chek mozilla.org
ok "the nearest command is named" grep -q 'did you mean check?' "$dir/err"
exits 3 check mozilla.org --warnin 3d
ok "the nearest option is named" grep -q 'did you mean --warning?' "$dir/err"
exits 0 check --help
for c in check status metrics; do
	"$UNBOGUS" $c --help >"$dir/help"
	ok "unbogus $c --help fits into 80 columns" awk 'length($0) > 80 { exit 1 }' "$dir/help"
done
# a bar in what the network says is no performance data
sed 's/"name":"comcast"/"name":"com|cast"/g' "$dir/1644" >"$dir/bar"
"$UNBOGUS" check mozilla.org --replay "$dir/bar" >"$dir/out"
ok "one bar in the plugin's output" [ "$(tr -cd '|' <"$dir/out" | wc -c)" = 1 ]
exit $fail
