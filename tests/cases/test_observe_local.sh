#!/bin/sh
# observe local on real key files, zones and repositories, all made here.
set -u
: "${UNBOGUS:=./unbogus}"
T=$(mktemp -d "${TMPDIR:-/tmp}/ubg-local.XXXXXX") || exit 1
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -rf "$T"' EXIT
chmod 755 "$T"; cd "$T" || exit 1
export HOME="$T" GIT_CONFIG_NOSYSTEM=1
bad=0
ok() { echo "ok $1 - $2"; }
nok() { echo "not ok $1 - $2"; bad=1; }
have() { command -v "$1" >/dev/null 2>&1; }
# fact FILE FACT EXPRESSION: is EXPRESSION true for some fact f of that kind?
fact() {
	python3 - "$1" "$2" "$3" <<'PY'
import json, sys
found = False
for line in open(sys.argv[1]):
    f = json.loads(line)
    if f["fact"] == sys.argv[2] and eval(sys.argv[3]):
        found = True
sys.exit(0 if found else 1)
PY
}
look() { timeout 60 "$UNBOGUS" observe local example.org --once "$@" >out 2>err; }
expect() { # NAME WHAT FACT EXPRESSION
	if fact out "$3" "$4"; then ok "$1" "$2"; else nok "$1" "$2"; grep "\"fact\":\"$3\"" out | cut -c1-600 | head -5; head -3 err; fi
}

for p in dnssec-keygen dnssec-settime dnssec-signzone python3; do
	have $p || { echo "skip observe-local - $p is missing (--with-test-deps)"; exit 0; }
done

mkdir keys empty
ksk=$(dnssec-keygen -q -K keys -a 8 -b 2048 -f KSK example.org)
zsk=$(dnssec-keygen -q -K keys -a 8 -b 2048 example.org)
dnssec-keygen -q -K keys -a 13 example.net >/dev/null
dnssec-settime -K keys -I 20130514001200 "$zsk" >/dev/null 2>&1
printf '$TTL 3600\n@ SOA ns h 2013051500 7200 900 1209600 300\n NS ns\nns A 192.0.2.1\nsub NS ns.sub\nns.sub A 192.0.2.2\nbad A 1.2.3\nwww A 192.0.2.3\n' >zone
grep -v '^bad' zone >good
dnssec-settime -K keys -I none "$zsk" >/dev/null 2>&1
dnssec-signzone -q -S -K keys -o example.org -f signed good >/dev/null 2>&1
dnssec-settime -K keys -I 20130514001200 "$zsk" >/dev/null 2>&1

look --keys keys --zone-file zone --signed-file signed
expect keydir "the zone's keys are counted, another zone's are not" keydir 'f["files"] == 2 and f["readable"]'
expect key-times "dnssec-settime's Inactive is read, with its line" keyfile \
	'f["times"].get("Inactive") == "2013-05-14T00:12:00Z" and f["comment-role"] == "zsk" and f["private-state"] == "present"'
expect key-mode "mode and format of the private file are told" keyfile 'f["private-mode"] in (0o600, "600", "0600") and f["private-format"] == "v1.3"'
expect zone-errors "a bad line is named with its number" zonefile 'f["which"] == "source" and f["error-count"] == 1 and f["errors"][0]["line"] == 7 and f["serial"] == 2013051500'
expect zone-signed "who signs is counted; glue and the delegation want no RRSIG" zonefile \
	'f["which"] == "signed" and f["unsigned-rrsets"] == 0 and len(f["signers"]) == 2 and len(f["dnskeys"]) == 2'
expect unconfigured "what is not configured says what it would have told" unknown 'f["what"] == "signer log" and f["why"] == "not configured" and f["lost"]'
expect clock "the kernel's opinion of the clock" clock '"synchronised" in f'

# No private part of any key may be in the stream, in base64 or as hexadecimal.
leak=$(python3 - keys out <<'PY'
import base64, glob, sys
out = open(sys.argv[2]).read()
n = 0
for p in glob.glob(sys.argv[1] + "/*.private"):
    for line in open(p):
        k, _, v = line.strip().partition(": ")
        if k in ("PrivateKey", "PrivateExponent", "Prime1", "Prime2", "Exponent1", "Exponent2", "Coefficient"):
            n += 1
            if v in out or base64.b64decode(v).hex() in out.lower():
                print("leak", p, k)
print("looked at", n) if n >= 7 else print("leak: nothing to look for")
PY
)
case $leak in *leak*) nok secrets "$leak" ;; *) ok secrets "no private part reaches the stream ($leak)" ;; esac

look --keys empty; expect empty "an empty folder is readable and has no keys" keydir 'f["files"] == 0 and f["readable"]'
look --keys "$T/none"; expect missing "a missing folder is unknown: missing" unknown 'f["what"] == "key directory" and f["why"] == "missing"'
mv "keys/$ksk.private" "keys/$ksk.away"; look --keys keys
expect private-gone "a missing private file is told" keyfile 'f["private-state"] == "missing"'
mv "keys/$ksk.away" "keys/$ksk.private"

if [ "$(id -u)" = 0 ] && have setpriv; then
	timeout 20 setpriv --reuid 65534 --clear-groups "$UNBOGUS" observe local example.org --once --keys keys >out 2>err
	expect private-unreadable "as another user the private file is unreadable, the public one is read" keyfile 'f["private-state"] == "unreadable" and f["rdata"]'
	chmod 700 keys
	timeout 20 setpriv --reuid 65534 --clear-groups "$UNBOGUS" observe local example.org --once --keys keys >out 2>err
	expect keydir-unreadable "a closed folder is unknown: permission" unknown 'f["what"] == "key directory" and f["why"] == "permission" and f["lost"]'
else
	echo "skip unreadable - not root or no setpriv"
fi

if have ldns-keygen; then
	mkdir ldns && (cd ldns && ldns-keygen -a ECDSAP256SHA256 example.org >/dev/null 2>&1)
	look --keys ldns; expect v1.2 "ldns-keygen's v1.2 is named, without times" keyfile 'f["private-format"] == "v1.2" and not f["times"]'
else
	echo "skip v1.2 - ldns-keygen is missing"
fi

# 2,000 files: 1,000 pairs.
mkdir many
python3 - "keys/$zsk" many <<'PY'
import sys
key, private = open(sys.argv[1] + ".key").read(), open(sys.argv[1] + ".private").read()
for i in range(1000):
    for s, text in ((".key", key), (".private", private)):
        open("%s/Kexample.org.+008+%05d%s" % (sys.argv[2], i, s), "w").write(text)
PY
t0=$(date +%s%N); look --keys many; t1=$(date +%s%N); ms=$(((t1 - t0) / 1000000))
if [ "$(grep -c '"fact":"keyfile"' out)" = 1000 ] && [ $ms -lt 40000 ]; then ok huge "2,000 files in $ms ms"; else nok huge "2,000 files: $(wc -l <out) facts in $ms ms"; fi

# Every truncation of a key pair, in one folder.
mkdir cut
python3 - "keys/$ksk" cut <<'PY'
import sys
key, private = open(sys.argv[1] + ".key", "rb").read(), open(sys.argv[1] + ".private", "rb").read()
for i in range(max(len(key), len(private))):
    open("%s/Kexample.org.+008+%05d.key" % (sys.argv[2], i), "wb").write(key[:i])
    open("%s/Kexample.org.+008+%05d.private" % (sys.argv[2], i), "wb").write(private[:i])
PY
if look --keys cut && fact out keydir 'f["files"] > 200' && fact out keyfile 'f["private-state"] == "malformed"'; then ok truncated "every truncation of a pair is a fact, none a crash"; else nok truncated "status, see $(head -1 err)"; fi

# Names and text of others do not get out raw.
mkdir evil; cp "keys/$zsk.key" "evil/Kexample.org.+008+00001.key"
printf '; \033[31mred\tand \342\200\256bidi\n' | cat - "keys/$zsk.key" >"evil/Kexample.org.+008+00002.key"
look --keys evil
if LC_ALL=C grep -q "$(printf '[\033\t]')" out; then nok escapes "a raw control byte is in the stream"; else ok escapes "control bytes of a comment are escaped in the stream"; fi

if have svn && have svnadmin; then
	svnadmin create repo && svn -q co "file://$T/repo" co && mkdir co/zones && cp good co/zones/x@y &&
		svn -q add co/zones && svn -q commit -m "first & <foremost>
second line" co
	look --source svn:"$T"/co:zones/x@y
	expect svn "revision, author, message and serial of a working copy" source 'f["revision"] == "r1" and f["serial"] == 2013051500 and f["message"] == "first & <foremost>" and f["author"] and f["date"] and not f["modified"]'
	echo 'new A 192.0.2.9' >>co/zones/x@y; look --source svn:"$T"/co:zones/x@y
	expect svn-modified "a change that is not committed is told" source 'f["modified"] and f["serial"] == 2013051500'
	look --source "svn:file://$T/repo:zones/x@y"
	expect svn-url "a repository's URL does as well" source 'f["revision"] == "r1" and f["has-serial"]'
	mv repo repo.away; look --source svn:"$T"/co:zones/x@y
	expect svn-offline "without the repository the working copy speaks, and it is said" source 'f["readable"] and f["serial"] == 2013051500 and "working copy" in f["why"]'
	mv repo.away repo; look --source svn:"$T"/nowhere:x
	expect svn-none "no working copy is unknown" unknown 'f["what"] == "source of truth"'
else
	echo "skip svn - Subversion is missing"
fi

if have git; then
	git init -q g && cd g && git config user.name "Nomen Nescio" && git config user.email n@example.org && mkdir zones &&
		cp ../good zones/x && git add . && git commit -qm "serial $(printf '\033')[1m up" && cd ..
	look --source git:"$T"/g:zones/x
	expect git "commit, author, message and serial" source 'len(f["revision"]) == 12 and f["author"] == "Nomen Nescio" and f["serial"] == 2013051500 and not f["modified"]'
	git -C g config core.fsmonitor "touch $T/ran; false"; git -C g config core.pager "touch $T/ran"
	git -C g config log.showSignature true; git -C g config gpg.program "$T/gpg"
	echo x >>g/zones/x; look --source git:"$T"/g:zones/x
	expect git-modified "a change that is not committed is told" source 'f["modified"]'
	if [ -e ran ]; then nok git-runs-nothing "a program of the repository ran"; else ok git-runs-nothing "programs that the repository's configuration names do not run"; fi
	git clone -q --bare g g.git; look --source git:"$T"/g.git:zones/x
	expect git-bare "a bare repository does as well" source 'f["serial"] == 2013051500'
	if [ "$(id -u)" = 0 ]; then
		chown -R 65534 g; look --source git:"$T"/g:zones/x
		expect git-owner "another owner is dubious ownership, not bypassed" unknown '"dubious ownership" in f["why"]'
	else
		echo "skip git-owner - not root"
	fi
else
	echo "skip git - git is missing"
fi

# A change of a key file is told without waiting for the period.
chmod 755 keys
sleep 60 | timeout 30 "$UNBOGUS" observe local example.org --keys keys --period 1h >live 2>err &
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do grep -q '"end":true,"number":1' live && break; sleep 0.2; done
sleep 0.3
dnssec-settime -K keys -I none "$zsk" >/dev/null 2>&1
for i in $(seq 20); do grep -q '"end":true,"number":2' live && break; sleep 0.2; done
if grep -q '"end":true,"number":2' live; then ok watch "a changed key file is a new round within seconds"; else nok watch "no round after a change"; tail -2 live; fi
kill "$pid" 2>/dev/null; pid=

for a in "" "example.org --bogus" "a..b" "x y" "x --source cvs:y"; do
	timeout 5 "$UNBOGUS" observe local $a --once >out 2>err; s=$?
	[ $s = 64 ] && [ -s err ] || { nok usage "'$a' gave $s"; }
done
ok usage "bad arguments are refused with 64"

cat >c.yaml <<'Y'
zones:
  - name: example.org
    keys: keys
    zone-file: zone
    source: {type: file, path: zone}
    signer: {type: bind-signzone, log: signer.log}
Y
echo 'SOA is not signed (keys offline or inactive?)' >signer.log
look -c c.yaml
expect config "keys, files, source and log come from -c FILE" source 'f["type"] == "file" and f["serial"] == 2013051500'
expect signer "the signer's log is decoded" signer 'f["message-id"] == "Z2" and f["message-class"] == "Z"'
if timeout 5 "$UNBOGUS" config sample >s.yaml && timeout 5 "$UNBOGUS" config check -c s.yaml >out; then
	ok config-sample "the sample is accepted: $(cat out)"
else
	nok config-sample "the sample is refused"
fi
echo '    keyz: /k' >>c.yaml
timeout 5 "$UNBOGUS" config check -c c.yaml 2>err; s=$?
if [ $s = 3 ] && grep -q 'c.yaml:7:5' err && grep -q 'expected keys' err; then
	ok config-broken "a broken configuration names line and nearest key"
else
	nok config-broken "status $s: $(cat err)"
fi

dnssec-settime -K keys -I 20130514001200 "$zsk" >/dev/null 2>&1
dnssec-signzone -S -K keys -o example.org -f never good >signed.log 2>&1
if timeout 5 "$UNBOGUS" explain --message - <signed.log >out && grep -q '^Z[23]' out && grep -q 'not: *a new KSK' out; then
	ok explain "the output of dnssec-signzone with an inactive ZSK is explained: $(grep -o '^Z[23]' out | head -1)"
else
	nok explain "$(cat signed.log out)"
fi
timeout 5 "$UNBOGUS" explain --message 'all is well' >out; [ $? = 3 ] && ok explain-unknown "an unknown message is said to be unknown" || nok explain-unknown "not 3"
exit $bad
