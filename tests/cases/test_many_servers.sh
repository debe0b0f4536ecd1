#!/bin/sh
# A zone with very many server addresses is judged like one with few, within a bounded time.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
say() { if [ "$1" = 0 ]; then echo "ok many/$2 - $3"; else echo "not ok many/$2 - $3"; bad=1; fi; }
"$UNBOGUS" lab mozilla-2013 --at 2013-05-15T23:44:31Z --once >"$dir/few" 2>"$dir/err" || { cat "$dir/err"; exit 1; }
python3 - "$dir/few" "$dir/many" "$dir/bare" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
one = [l for l in lines if l.get("at", {}).get("role") == "child"]
one = [l for l in one if l["at"]["address"] == one[0]["at"]["address"]]
with open(sys.argv[2], "w") as out:
    for l in lines:
        print(json.dumps(l), file=out)
    for i in range(1000):
        for l in one:
            at = dict(l["at"], ns="s%d.mozilla.org." % i, address="10.0.%d.%d" % (i >> 8, i & 255))
            print(json.dumps(dict(l, at=at)), file=out)
def bare(l):
    if l.get("at", {}).get("role") == "child" and "rrs" in l:
        l = dict(l, rrs=[r for r in l["rrs"] if r["type"] != "RRSIG"])
    return l
with open(sys.argv[3], "w") as out:
    for l in lines:
        print(json.dumps(bare(l)), file=out)
    for i in range(2000):
        for l in one:
            at = dict(l["at"], ns="s%d.mozilla.org." % i, address="10.0.%d.%d" % (i >> 8, i & 255))
            print(json.dumps(dict(bare(l), at=at)), file=out)
PY
for s in few many; do
	timeout 60 "$UNBOGUS" diagnose mozilla.org --replay "$dir/$s" --at 2013-05-15T23:44:31Z --json >"$dir/$s.json" 2>"$dir/err"
	say $([ $? = 1 ]; echo $?) "$s" "judged (WARNING) within its time"
done
python3 - "$dir" <<'PY'
import json, sys
few, many = (json.load(open("%s/%s.json" % (sys.argv[1], n))) for n in ("few", "many"))
sys.exit(few["causes"][0]["id"] != many["causes"][0]["id"] or few["state"] != many["state"])
PY
say $? same "a thousand servers more: the same state and cause"
timeout 30 "$UNBOGUS" diagnose mozilla.org --replay "$dir/bare" --at 2013-05-15T23:44:31Z --json >"$dir/bare.json" 2>"$dir/err"
say $([ $? = 2 ]; echo $?) bare "two thousand servers without a signature: judged (CRITICAL) within its time"
exit $bad
