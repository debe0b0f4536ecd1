#!/bin/sh
# The report of a training: sections in the order of such reports, every number has its row, redaction.
set -u
u=$BUILDDIR/unbogus
UBG_SHARE=$SRCDIR/share TZ=America/Los_Angeles
export UBG_SHARE TZ
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' 0
status=0
say() { if [ "$1" = 0 ]; then echo "ok report-$2 - $3"; else echo "not ok report-$2 - $3"; status=1; fi; }
for run in golden real-team; do
	timeout 120 "$u" lab run mozilla-2013 --script $run --score "$tmp/$run" >/dev/null 2>"$tmp/err" &&
		"$u" report --training "$tmp/$run" >"$tmp/$run.md" 2>>"$tmp/err" &&
		"$u" report --training "$tmp/$run" --format html >"$tmp/$run.html" 2>>"$tmp/err" &&
		"$u" report --training "$tmp/$run" --format json >"$tmp/$run.json" 2>>"$tmp/err"
	say $? "made-$run" "md, html and json of the $run run $(head -c 200 "$tmp/err")"
	got=$(sed -n 's/^## //p' "$tmp/$run.md" | tr '\n' '|')
	want='Summary|Impact|What was wrong|What we believed, and when it changed|Timeline|Actions taken|What went well, where we were lucky, what went wrong|Still open|Follow-ups|Assumptions and reconstruction|Chain pictures|Words|'
	[ "$got" = "$want" ]
	say $? "order-$run" "sections: $got"
	if command -v python3 >/dev/null; then
		python3 - "$tmp/$run" "$tmp/$run.md" <<'PY'
import json, re, sys
run = json.load(open(sys.argv[1])); md = open(sys.argv[2]).read()
rows = {r["row"]: r for r in run["entries"]}
refs = [int(n) for n in re.findall(r"#(\d+)", md)]
assert refs and all(n in rows for n in refs), "a row that is not there"
# every figure of the Impact section stands in the row that it names
impact = md.split("## Impact")[1].split("\n## ")[0]
for line in impact.splitlines():
    m = re.search(r"\(\\?#(\d+)\)", line)
    if not m:
        assert not re.search(r"\d{2,}", line), "a number without a row: " + line
        continue
    row = rows[int(m.group(1))]
    body = line[:m.start()].replace("\\", "")
    body = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "", body)
    for n in re.findall(r"\d+", body):
        assert n in row["text"], "%s is not in row %d" % (n, row["row"])
# predicted against observed for each action that was taken
acts = [r for r in run["entries"] if r["kind"] in ("applied", "REFUSED")]
assert md.count(" predicted: ") == len(acts) and md.count(" observed: ") == len(acts)
PY
		say $? "traceable-$run" "every number has its row, every action predicted and observed"
	fi
	! grep -qiE '<script|src=|href=' "$tmp/$run.html" && grep -q '<svg' "$tmp/$run.html" &&
		grep -q '<title>KSK 42731' "$tmp/$run.html" && grep -q '<desc>' "$tmp/$run.html"
	say $? "html-$run" "HTML stands alone, with pictures that have titles and descriptions"
	grep -q 'digraph chain' "$tmp/$run.md" && grep -q 'gap of' "$tmp/$run.md" && grep -q 'PDT' "$tmp/$run.md"
	say $? "parts-$run" "DOT, gaps, UTC and local time"
done
grep -q 'resign-without' "$tmp/real-team.md" && grep -q 'REFUSED' "$tmp/real-team.md" &&
	grep -q 'the last until 2013-05-16T23' "$tmp/real-team.md" && grep -q 'econstruct' "$tmp/real-team.md"
say $? real "the team's run: what was predicted of the last step, and that it is a reconstruction"
"$u" report --training "$tmp/real-team" --format svg >"$tmp/a.svg" 2>/dev/null
if command -v python3 >/dev/null; then
	python3 -c "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])" "$tmp/a.svg" 2>"$tmp/err"
	say $? svg "the picture is well-formed XML $(tail -n 1 "$tmp/err")"
fi
sed 's/"text": "it was the ZSK after all"/"text": "it was the ZSK of course"/' "$tmp/real-team" >"$tmp/changed"
"$u" report --training "$tmp/changed" | grep -q 'hashes BROKEN' && grep -q 'hashes good' "$tmp/real-team.md"
say $? sealed "a row that was changed is noticed"
"$u" report --training "$tmp/real-team" --redact >"$tmp/redacted" 2>&1
! grep -q 'it was the ZSK after all' "$tmp/redacted" && grep -q 'note withheld' "$tmp/redacted" && ! grep -q '| operator |' "$tmp/redacted"
say $? redact "notes and people are withheld"
sed -e 's,"predicted": "no cache class fails","predicted": "ns-master:/etc/p 10.8.75.2/24",' -e 's,"text": "keys","text": "file:///srv/t by:10.1.2.3",' \
	-e 's,"kind": "look","kind": "observed",' -e 's,"text": "zsk-expired-signing-stopped","text": "zsk-x: /home/c on fd00::1",' \
	"$tmp/golden" >"$tmp/inside"
for f in md html json; do
	"$u" report --training "$tmp/inside" --format $f >"$tmp/all" && grep -q 10.8.75.2 "$tmp/all" &&
		grep -q file: "$tmp/all" && grep -q /home/c "$tmp/all" && grep -q 'fd00::1' "$tmp/all" &&
		"$u" report --training "$tmp/inside" --format $f --redact >"$tmp/part" &&
		! grep -E '/etc|/srv|/home|10\.8\.75|10\.1\.2|fd00|"operator"' "$tmp/part" && grep -q 'internal address' "$tmp/part"
	say $? "redact-$f" "no address, path or person is left in any section of $f"
done
sed 's/"who": "operator"/"who": "<img src=x>|`\\u001b[31m"/' "$tmp/golden" >"$tmp/hostile"
"$u" report --training "$tmp/hostile" --format html >"$tmp/h.html" && ! grep -q '<img' "$tmp/h.html" && ! LC_ALL=C grep -q "$(printf '\033')" "$tmp/h.html"
say $? hostile "foreign bytes stay text"
sed 's/"role": "KSK"/"role": "x\\",URL=\\"y\\u001b\\n\\\\"/g' "$tmp/golden" >"$tmp/hostile"
"$u" report --training "$tmp/hostile" --format dot >"$tmp/h.dot" && grep -qF 'label="x\",URL=\"y\\u{1B}\\u{A}\\ 42731"' "$tmp/h.dot"
say $? hostile-dot "and inside their label in DOT"
UBG_STATE=$tmp/none "$u" report no-such.example >"$tmp/out" 2>"$tmp/err"
[ $? = 3 ] && [ -s "$tmp/err" ]
say $? none "a zone without a journal is said so: $(head -c 120 "$tmp/err")"
exit $status
