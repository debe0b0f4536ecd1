#!/bin/sh
# Validators differ: each profile's verdict and the moment from which it fails, and one sentence
# that says so where they disagree.
set -u
tool=$BUILDDIR/obj/tests/cases/tool_world
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
check() { # WORLD NAME PYTHON-EXPRESSION over p (profile name -> row) and d
	"$tool" "$1" >"$dir/s"
	timeout 20 "$UNBOGUS" diagnose example.org --replay "$dir/s" --json >"$dir/j" 2>"$dir/e"
	if python3 - "$dir/j" "$3" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
p = {r["name"]: r for r in d["profiles"]}
sys.exit(0 if eval(sys.argv[2]) else 1)
PY
	then echo "ok profiles/$1 - $2"; else
		echo "not ok profiles/$1 - $2: $(python3 -c 'import json,sys;print(json.load(open(sys.argv[1]))["profiles"])' "$dir/j")"; bad=1
	fi
}
check healthy "secure for all, BIND is the first that would fail" \
	'all(r["security"] == "secure" for r in p.values()) and p["strict"]["fails_from"] < p["unbound"]["fails_from"]'
check rrsig-expired "strict fails now, Unbound 23 h later (10 % of the life, at most a day)" \
	'p["strict"]["security"] == "bogus" and p["unbound"]["security"] == "secure" and p["unbound"]["fails_from"] == "2026-01-16T11:00:01Z"'
check hardened-algorithm "hardened fails now, the others do not" \
	'p["hardened"]["security"] == "bogus" and p["strict"]["security"] == "secure" and p["unbound"]["security"] == "secure"'
check dnskey-unsigned "all fail now" 'all(r["security"] == "bogus" for r in p.values())'
"$tool" rrsig-expired >"$dir/s"
if timeout 20 "$UNBOGUS" diagnose example.org --replay "$dir/s" | grep -q '^Cause: .*strict validators (BIND).*fail now; Unbound'; then
	echo "ok profiles/sentence - the finding says who fails and from when"
else
	echo "not ok profiles/sentence - not said"; bad=1
fi
exit $bad
