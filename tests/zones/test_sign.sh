#!/bin/sh
# unbogus sign: what it makes is accepted by every other verifier here, for the list of forms that trip
# signers up, each kind of chain and three algorithms; and what it keeps, raises, refuses.
set -u
for p in dnssec-keygen dnssec-verify; do
	command -v $p >/dev/null || { echo "skip sign - no $p"; exit 0; }
done
d=$(mktemp -d) || exit 1
trap 'rm -rf "$d"' EXIT
cd "$d" || exit 1
bad=0
ok() { echo "ok sign - $1"; }
not_ok() { echo "not ok sign - $1: $(tr '\n' ' ' <said | tail -c 300)"; bad=1; }
sign() { timeout 60 "$UNBOGUS" sign "$@" >said 2>&1; }
field() { # of the JSON in said
	tr -d ' \n' <said | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}
peers() { # FILE ZONE: prints who refuses it
	dnssec-verify -q -x -o "$2" "$1" >peer 2>&1 || echo "dnssec-verify: $(cat peer)"
	! command -v ldns-verify-zone >/dev/null || ldns-verify-zone -V 1 "$1" >peer 2>&1 || echo "ldns: $(cat peer)"
	! command -v kzonecheck >/dev/null || kzonecheck -d on -o "$2" "$1" >peer 2>&1 || echo "knot: $(cat peer)"
	! command -v named-checkzone >/dev/null || named-checkzone -q "$2" "$1" >peer 2>&1 || echo "named: $(cat peer)"
	! command -v nsd-checkzone >/dev/null || nsd-checkzone "$2" "$1" >peer 2>&1 || echo "nsd: $(cat peer)"
}

# Wildcards, empty non-terminals, DNAME, CNAME, delegations with and without DS, glue and other data
# below a cut, mixed TTLs, duplicates, mixed case, escapes, 8-bit labels, unknown and new types.
cat >z <<'E2'
$TTL 300
@ SOA ns Hostmaster 1 3600 600 86400 120
@ NS ns
@ TXT "v=spf1 -all"
ns A 192.0.2.1
www A 192.0.2.2
www 60 A 192.0.2.22
WWW 60 A 192.0.2.22
a.b.c.ent TXT x
*.w MX 5 www
*.w TXT "wild"
sub NS ns.sub
ns.sub A 192.0.2.3
a.ns.sub TXT "occluded"
sec NS ns.sub
sec DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
dn DNAME other.example.org.
cn CNAME WWW.example.
x\.y TXT "dot"
\200x TXT "8bit \010"
t TYPE65280 \# 3 abcdef
h HTTPS 1 . alpn=h2
_443._tcp TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
_s SRV 1 2 3 WWW
rp RP Admin.example. txt.example.
caa CAA 0 issue "ca.example.net"
deep.below.insec NS ns.other.org.
deep.mixed NS ns.other.org.
also.mixed TXT y
E2
for a in 8 13 15; do
	mkdir k$a
	bits=; [ $a = 8 ] && bits='-b 1024'
	# shellcheck disable=SC2086
	dnssec-keygen -q -K k$a -a $a $bits -f KSK example. >/dev/null && dnssec-keygen -q -K k$a -a $a $bits example. >/dev/null || exit 1
	for c in nsec nsec3 optout; do
		f=s.$a.$c
		if ! sign z --origin example. --keys k$a --out $f --denial $c --no-cache; then
			not_ok "algorithm $a, $c"; continue
		fi
		peers $f example. >said
		if [ -s said ]; then not_ok "algorithm $a, $c: peers"; else ok "algorithm $a, $c: every peer accepts it"; fi
	done
done

# A label whose octets end as the empty non-terminal before it is not below that one.
{ cat z; printf '%s\n' 'a.foo NS ns.other.org.' 'g\003foo A 192.0.2.7'; } >zl
if sign zl --origin example. --keys k13 --out sl --denial optout --no-cache && dnssec-verify -q -x -o example. sl >said 2>&1 &&
	dnssec-signzone -q -S -K k13 -o example. -3 - -A -f bl zl >said 2>&1 && "$UNBOGUS" verify bl --origin example. >said 2>&1
then ok "opt-out beside a label that looks like a name"; else not_ok "opt-out beside a label that looks like a name"; fi

# A wildcard's signature pasted to a name of its own says that this name does not exist.
printf '%s\n' '$TTL 300' '@ SOA ns h 1 3600 600 86400 120' '@ NS ns' 'ns A 192.0.2.1' '*.w TXT "wild"' >zw
sign zw --origin example. --keys k13 --out sw --no-cache
{ cat sw; echo 'a.w.example. 300 IN TXT "wild"'; sed -n 's/^\*\(.*RRSIG TXT \)/a\1/p' sw; } >zp
if ! "$UNBOGUS" verify zp --origin example. >said 2>&1 && grep -q rrsig-labels said && sign zp --origin example. --keys k13 --out sp --no-cache &&
	grep -q '^a.w.example.*RRSIG TXT 13 3 ' sp && peers sp example. >said && ! [ -s said ]
then ok "a wildcard's signature is not kept for a name of its own"; else not_ok "a wildcard's signature is not kept for a name of its own"; fi

# Each signature is kept when nothing changed; SOA and the serial alone are new.
sign s.13.nsec3 --origin example. --keys k13 --out again --no-cache --json
made=$(field made) kept=$(field kept)
if [ "$made" = 1 ] && [ "$kept" -gt 30 ] && grep -q 'SOA ns.example. Hostmaster.example. 3 ' again; then
	ok "an unchanged zone: one signature made, $kept kept, serial raised"
else not_ok "an unchanged zone: made $made kept $kept"; fi

# Another KSK comes, the old one goes.
new=$(dnssec-keygen -q -K k13 -a 13 -f KSK example.) || exit 1
old=$(cd k13 && grep -l ' 257 ' ./*.key | grep -v "$new" | sed 's/.*+0*\([0-9]*\)\.key/\1/')
sign s.13.nsec3 --origin example. --keys k13 --out two --no-cache && peers two example. >said
if [ -s two ] && ! [ -s said ] && [ "$(grep -c 'DNSKEY 257' two)" = 2 ]; then ok "a second KSK"; else not_ok "a second KSK"; fi
sign two --origin example. --keys k13 --out one --no-cache --without "$old" --json
made=$(field made)
peers one example. >said
if [ "$made" = 2 ] && ! [ -s said ] && [ "$(grep -c 'DNSKEY 257' one)" = 1 ]; then
	ok "without the old KSK: exactly 2 signatures, accepted"
else not_ok "without the old KSK: $made made"; fi

# An edited record in a signed file is signed anew, its neighbours are not; so is one in the source.
sed 's/192\.0\.2\.1$/192.0.2.99/' one >edited
sign edited --origin example. --keys k13 --out fixed --no-cache --without "$old" --json
made=$(field made); peers fixed example. >said
if [ "$made" = 2 ] && ! [ -s said ]; then ok "an edited record in a signed file: 2 signatures"; else not_ok "an edited record: $made made"; fi
sed 's/192\.0\.2\.1$/192.0.2.98/' z >z2
cp one kept
sign z2 --origin example. --keys k13 --out kept --denial nsec3 --no-cache --without "$old" --json
made=$(field made); peers kept example. >said
if [ "$made" = 2 ] && ! [ -s said ]; then ok "an edited record in the source: 2 signatures, the rest from the published file"
else not_ok "an edited source: $made made"; fi

# CDS, CDNSKEY and ZONEMD stay right.
{ cat z; grep -h ' 257 ' k15/*.key | sed 's/ DNSKEY / CDNSKEY /'; dnssec-dsfromkey -2 -C "$(grep -l ' 257 ' k15/*.key)"
	echo '@ ZONEMD 0 1 1 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000'; } >zc
sign zc --origin example. --keys k15 --out sc --denial nsec3 --no-cache; peers sc example. >said
ldns-verify-zone -ZZ -V 1 sc >peer 2>&1 || cat peer >>said
if [ -s sc ] && ! [ -s said ]; then ok "CDS, CDNSKEY and ZONEMD: the digest is right to ldns"; else not_ok "CDS, CDNSKEY, ZONEMD"; fi
k15=$(grep -l ' 257 ' k15/*.key | sed 's/.*+0*\([0-9]*\)\.key/\1/')
dnssec-keygen -q -K k15 -a 15 -f KSK example. >/dev/null
sign sc --origin example. --keys k15 --out sc2 --no-cache --without "$k15"; peers sc2 example. >said
if [ -s sc2 ] && ! [ -s said ] && ! grep -qE 'CDS|CDNSKEY' sc2 && grep -q ' ZONEMD 3 1 1 ' sc2; then
	ok "a CDS goes with its key, ZONEMD follows the serial"
else not_ok "a CDS whose key left"; fi

# What must be refused, with the old target untouched.
refused() { # WHAT PATTERN ARGS...
	what=$1 want=$2; shift 2
	echo old >target
	if sign "$@" --origin example. --out target --no-cache; then not_ok "$what was done"; return; fi
	if grep -q "$want" said && [ "$(cat target)" = old ] && ! ls -A | grep -q '^\.target'; then ok "$what: refused, target untouched"
	else not_ok "$what"; fi
}
mkdir ki && cp k13/* ki
zsk=$(cd ki && grep -l ' 256 ' ./*.key | sed 's/.*\///; s/\.key//')
dnssec-settime -K ki -I now-1d "$zsk" >/dev/null 2>&1
refused "a ZSK that stopped signing" "stopped signing .* ago (Inactive passed" z --keys ki
mkdir km && cp k13/* km && rm km/"$zsk".private
refused "an active key without its private half" "$zsk.private" z --keys km
mkdir kp && cp k13/* kp && chmod 644 kp/"$zsk".private
refused "a private key that everybody can read" "mode 0600" z --keys kp
refused "no keys" "active ZSK" z --keys .
refused "the only KSK taken out" "KSK" z --keys k8 --without "$(grep -l ' 257 ' k8/*.key | sed 's/.*+0*\([0-9]*\)\.key/\1/')"
refused "a tag that nobody has" "no\|0 keys of tag" z --keys k13 --without 1
printf 'this is not a zone\n' >notzone
refused "a file that is no zone" "" notzone --keys k13
sed 's/^@ SOA.*//' z >nosoa
refused "a zone without SOA" "SOA" nosoa --keys k13
printf '@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 1.2.3.4.5\n' >broken
refused "a record that cannot be read" "line 3" broken --keys k13

# Re-signing by splice: the rest of a file that was verified before is copied, the apex made anew.
sign z --origin example. --keys k13 --out v1 --denial nsec3 --cache c
sign v1 --origin example. --keys k13 --out v2 --cache c --without "$old" --json
made=$(field made) computed=$(field computed)
cp said json; peers v2 example. >said
if grep -q '"spliced": true' json && [ "$made" = 2 ] && [ "$computed" -lt 10 ] && ! [ -s said ] &&
	"$UNBOGUS" verify v2 --origin example. >/dev/null; then
	ok "splice without the old KSK: 2 signatures made, $computed computed, the whole accepted"
else cp json said; not_ok "splice: $made made"; fi
sign v2 --origin example. --keys k13 --out v2 --cache c --without "$old" --json; cp said json; peers v2 example. >said
if grep -q '"spliced": true' json && grep -q 'Hostmaster.example. 4 ' v2 && ! [ -s said ]; then
	ok "splice in place: the serial rises again"
else not_ok "splice in place"; fi
sed 's/192\.0\.2\.1$/192.0.2.7/' v2 >v3 # as long as before: found by its digest, not by its size
sign v3 --origin example. --keys k13 --out v4 --cache c --without "$old" --json
made=$(field made); cp said json; peers v4 example. >said
if grep -q '"spliced": false' json && grep -q 'follows the apex is not as' json && [ "$made" = 2 ] && ! [ -s said ]; then
	ok "a changed octet behind the apex: not spliced, says so, the edited record is signed"
else cp json said; not_ok "a changed octet"; fi
not_spliced() { # WHAT PATTERN ARGS...
	what=$1 want=$2; shift 2
	sign "$@" --origin example. --out v5 --cache c --json; cp said json
	[ -s v5 ] && peers v5 example. >said
	if grep -q '"spliced": false' json && grep -q "$want" json && ! [ -s said ]; then ok "not spliced, says so: $what"
	else cp json said; not_ok "$what"; fi
}
not_spliced "another chain" "another chain" v2 --keys k13 --without "$old" --denial nsec
sign v2 --origin example. --keys k13 --out v2 --cache c --without "$old"
not_spliced "signatures that are due" "are due" v2 --keys k13 --without "$old" --refresh 708h
cp -r k13 k13b && dnssec-keygen -q -K k13b -a 13 example. >/dev/null
sign v2 --origin example. --keys k13 --out v2 --cache c --without "$old"
not_spliced "another ZSK" "other keys" v2 --keys k13b --without "$old"
echo damaged >>c.files
not_spliced "a damaged list of known files" "no file of this zone" v2 --keys k13 --without "$old"
dd if=/dev/zero of=c bs=16 seek=3 count=2 conv=notrunc 2>/dev/null
sign v2 --origin example. --keys k13 --out v6 --cache c --without "$old" --no-splice --json
if [ "$(field computed)" -gt 20 ]; then ok "a damaged signature cache is not believed"; else not_ok "a damaged cache"; fi

# A signal ends it; nothing is left behind.
i=0; while [ $i -lt 6000 ]; do echo "n$i A 192.0.2.7"; i=$((i + 1)); done >many
cat z many >zl
mkdir kl && dnssec-keygen -q -K kl -a 8 -b 4096 -f KSK example. >/dev/null && dnssec-keygen -q -K kl -a 8 -b 4096 example. >/dev/null
echo old >target
"$UNBOGUS" sign zl --origin example. --keys kl --out target --no-cache >said 2>&1 &
pid=$!
sleep 1; kill -INT $pid; wait $pid; st=$?
if [ $st = 130 ] && [ "$(cat target)" = old ] && ! ls -A | grep -q '^\.target'; then ok "SIGINT: exit 130, old file, nothing left"
else not_ok "SIGINT: exit $st"; fi

# The same dates, records and order whatever the number of threads (random parts apart).
i=0; while [ $i -lt 600 ]; do echo "n$i A 192.0.2.7"; echo "n$i TXT t$i"; i=$((i + 1)); done >more
cat z more >zm
for t in 1 2 4; do sign zm --origin example. --keys k15 --out t$t --at 20270101000000 --threads $t --denial nsec3 --no-cache || not_ok "$t threads"; done
if cmp -s t1 t2 && cmp -s t1 t4; then ok "Ed25519: the same octets with 1, 2 and 4 threads"; else echo differ >said; not_ok "threads"; fi

# Serial policies never go back.
for p in increment unixtime date; do
	sed 's/Hostmaster 1 /Hostmaster 4294967295 /' z >zs
	sign zs --origin example. --keys k13 --out ss --serial $p --no-cache
	s=$(sed -n 's/.*SOA ns.example. Hostmaster.example. \([0-9]*\) .*/\1/p' ss | head -n 1)
	if [ "$s" != 4294967295 ] && [ "$s" -lt 2147483647 ]; then ok "serial $p after 4294967295: $s"; else not_ok "serial $p: $s"; fi
done
exit $bad
