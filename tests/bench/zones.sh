#!/bin/sh
# Zones at scale: unbogus sign and verify beside the other signers and verifiers, in one run.
#   zones.sh [--quick]      the same figures for smaller zones, in under two minutes
# CPU seconds are what counts (other work may share the machine); wall and peak memory are shown.
# Each row is the median of ROUNDS runs (quick: 1), the programs taking turns.
set -u
: "${BUILDDIR:=.}" "${UNBOGUS:=$BUILDDIR/unbogus}"
tools=$BUILDDIR/obj/tests/bench
quick=no; [ "${1:-}" = --quick ] && quick=yes
rounds=${ROUNDS:-3}; [ $quick = yes ] && rounds=1
d=$(mktemp -d "${TMPDIR:-/tmp}/unbogus-bench-XXXXXX") || exit 1
trap 'rm -rf "$d"' EXIT
cd "$d" || exit 1
zone=bench.example.
have() { command -v "$1" >/dev/null 2>&1; }
timed() { "$tools/tool_timed" "$@"; }

# measure LABEL COMMAND...: one run, kept in rows/LABEL
mkdir rows
measure() { label=$1; shift; timed "$@" >>"rows/$label"; }
median() { # LABEL FIELD
	sort -n -k "$2" "rows/$1" | awk -v f="$2" '{ v[NR] = $f } END { print v[int((NR + 1) / 2)] }'
}
row() { # LABEL FLOOR-SECONDS
	[ -s "rows/$1" ] || return
	if awk '$4 > 2 { bad = 1 } END { exit !bad }' "rows/$1"; then
		echo "| $1 | exit $(awk '{ print $4; exit }' "rows/$1") | | | |"; return
	fi
	c=$(median "$1" 1)
	printf '| %s | %s | %s | %s | %s |\n' "$1" "$c" "$(median "$1" 2)" \
		"$(awk -v k="$(median "$1" 3)" 'BEGIN { printf "%.0f", k / 1024 }')" \
		"$(awk -v c="$c" -v f="$2" 'BEGIN { if (f > 0) printf "%.2f", c / f; else printf "-" }')"
}
table() { echo; echo "$1"; echo; echo "| program | CPU s | wall s | peak MB | x floor |"; echo "|---|---|---|---|---|"; }
mul() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a * b / 1e6 }'; }

knot_conf() { # KEYS ALGORITHM
	mkdir -p knot && cat >knot.conf <<E2
server:
    rundir: "$d/knot"
database:
    storage: "$d/knot"
policy:
  - id: p
    algorithm: $2
    manual: on
    nsec3: on
    nsec3-iterations: 0
    nsec3-salt-length: 0
    signing-threads: 1
zone:
  - domain: $zone
    storage: "$d"
    file: knot.in
    dnssec-signing: on
    dnssec-policy: p
    journal-content: none
E2
	for k in "$1"/*.key; do keymgr -c knot.conf $zone import-bind "$k" >/dev/null 2>&1 || return 1; done
}

# one zone with one algorithm: sign, verify, re-sign without the old KSK
algorithm() { # KIND NUMBER NAME BITS DENIAL
	kind=$1 alg=$2 name=$3 bits=$4 denial=$5
	rm -rf rows keys oldkeys knot; mkdir rows keys
	b=; [ "$alg" = 8 ] && b="-b $bits"
	for f in "-f KSK" "-f KSK" ""; do
		# shellcheck disable=SC2086
		dnssec-keygen -q -K keys -a "$alg" $b $f $zone >/dev/null || exit 1
	done
	old=$(grep -l ' 257 ' keys/*.key | head -n 1); tag=$(echo "$old" | sed 's/.*+0*\([0-9]*\)\.key/\1/')
	n3=; ldns=; case $denial in nsec3) n3="-3 - -H 0"; ldns="-n -t 0" ;; optout) n3="-3 - -H 0 -A"; ldns="-n -t 0 -p" ;; esac
	# shellcheck disable=SC2086
	"$tools/tool_genzone" $kind >in.zone
	set -- $("$tools/tool_floor" crypto "$alg" "$bits"); sign_us=$1 verify_us=$2
	"$UNBOGUS" sign in.zone --origin $zone --keys keys --out base --denial "$denial" --cache c --json >base.json || exit 1
	sigs=$(sed -n 's/.*"made": \([0-9]*\).*/\1/p' base.json)
	floor_sign=$(mul "$sigs" "$sign_us") floor_verify=$(mul "$sigs" "$verify_us")
	i=0
	while [ $i -lt "$rounds" ]; do
		i=$((i + 1)); rm -f o[0-9]
		measure "unbogus sign --verify none" "$UNBOGUS" sign in.zone --origin $zone --keys keys --out o1 --denial "$denial" --no-cache --verify none --threads 1
		measure "unbogus sign (verifies)" "$UNBOGUS" sign in.zone --origin $zone --keys keys --out o2 --denial "$denial" --no-cache
		# shellcheck disable=SC2086
		measure "dnssec-signzone -P" dnssec-signzone -q -P -x -n 1 $n3 -S -K keys -d . -o $zone -f o3 in.zone
		# shellcheck disable=SC2086
		[ "$kind" = large ] || [ $quick = yes ] || measure "dnssec-signzone (verifies)" dnssec-signzone -q -x -n 1 $n3 -S -K keys -d . -o $zone -f o4 in.zone
		# shellcheck disable=SC2086
		[ "$kind" = large ] || ! have ldns-signzone || measure "ldns-signzone" ldns-signzone $ldns -o $zone -f o5 in.zone $(ls keys/*.key | sed 's/\.key$//')
		if have kzonesign && [ "$kind" != large ] && [ "$alg" != 8 ]; then
			cp in.zone knot.in; rm -rf knot
			[ "$denial" != optout ] && knot_conf keys "$name" && measure "kzonesign" kzonesign -c knot.conf -o . $zone
		fi
		measure "unbogus verify, 1 thread" "$UNBOGUS" verify base --origin $zone --threads 1
		measure "unbogus verify" "$UNBOGUS" verify base --origin $zone
		measure "dnssec-verify" dnssec-verify -q -x -o $zone base
		[ "$kind" = large ] || ! have ldns-verify-zone || measure "ldns-verify-zone" ldns-verify-zone -V 1 base
		[ "$kind" = large ] || ! have kzonecheck || measure "kzonecheck" kzonecheck -d on -o $zone base
		sed '0,/ IN A /s/ IN A [0-9.]*/ IN A 203.0.113.9/' base >edited
		"$UNBOGUS" verify base --origin $zone --cache vc >/dev/null
		measure "unbogus verify after an edit" "$UNBOGUS" verify edited --origin $zone --cache vc --threads 1
		measure "unbogus sign --without (splice)" "$UNBOGUS" sign base --origin $zone --keys keys --out o6 --cache c --without "$tag"
		measure "unbogus sign --without --no-splice" "$UNBOGUS" sign base --origin $zone --keys keys --out o7 --cache c --without "$tag" --no-splice
		rm -rf oldkeys; cp -r keys oldkeys; dnssec-settime -K oldkeys -I now -D now "$(basename "$old" .key)" >/dev/null 2>&1
		cp base s.in
		# shellcheck disable=SC2086
		measure "dnssec-signzone, KSK removed" dnssec-signzone -q -P -x -n 1 -N increment $n3 -S -K oldkeys -d . -o $zone -f o8 s.in
		measure "cp" cp base o9
	done
	"$UNBOGUS" sign base --origin $zone --keys keys --out o6 --cache c --without "$tag" --json >splice.json
	dnssec-verify -q -x -o $zone o6 >/dev/null 2>&1 && accepted=yes || accepted=no
	echo; echo "## $kind, $name, $denial: $sigs signatures, $(sed -n 's/.*"records": \([0-9]*\).*/\1/p' base.json) records"
	echo; echo "OpenSSL: $sign_us us a signature, $verify_us us a verification: floor $floor_sign s to sign, $floor_verify s to verify."
	table "Sign (floor $floor_sign s)"
	row "unbogus sign --verify none" "$floor_sign"; row "dnssec-signzone -P" "$floor_sign"; row ldns-signzone "$floor_sign"; row kzonesign "$floor_sign"
	both=$(awk -v a="$floor_sign" -v b="$floor_verify" 'BEGIN { print a + b }')
	table "Sign and verify the result (floor $both s)"
	row "unbogus sign (verifies)" "$both"; row "dnssec-signzone (verifies)" "$both"
	table "Verify (floor $floor_verify s)"
	for p in "unbogus verify, 1 thread" "unbogus verify" dnssec-verify ldns-verify-zone kzonecheck; do row "$p" "$floor_verify"; done
	table "After a change: one record edited; the old KSK taken out"
	for p in "unbogus verify after an edit" "unbogus sign --without (splice)" "unbogus sign --without --no-splice" "dnssec-signzone, KSK removed" cp; do row "$p" 0; done
	echo; echo "Without the old KSK: $(tr -d '\n' <splice.json | sed 's/.*"signatures": {\([^}]*\)}.*/\1/; s/  */ /g'), spliced $(sed -n 's/.*"spliced": \([a-z]*\).*/\1/p' splice.json), accepted by dnssec-verify: $accepted;" \
		"dnssec-signzone's CPU / ours: $(awk -v a="$(median "dnssec-signzone, KSK removed" 1)" -v b="$(median "unbogus sign --without (splice)" 1)" 'BEGIN { printf "%.0f", a / b }')"
	if [ "$kind" = medium ] || [ $quick = yes ]; then load_table; fi
}

load_table() {
	echo; echo "Loading the signed zone (libzscanner alone against the whole store):"; echo
	echo "| what | records/s | CPU s | wall s | octets a record (peak) |"; echo "|---|---|---|---|---|"
	best() { for _ in 1 2 3; do "$tools/tool_floor" "$@"; done | sort -n -k 2 | head -n 1; }
	best scan base | awk '{ printf "| libzscanner, 1 core | %.0f | %s | | |\n", $1 / $2, $2 }'
	for t in 1 2; do
		best load base $zone $t | awk -v t=$t '{ printf "| store, threads: %s | %.0f | %s | %s | %s (%s) |\n", t, $1 / $2, $2, $3, $4, $6 }'
	done
}

growth() { # SIZES...
	echo; echo "## Growth (ECDSA, NSEC3; CPU seconds, 1 thread)"; echo
	echo "| names | records | sign | verify | load | splice | peak MB (sign) | us a record (sign, verify, load) |"; echo "|---|---|---|---|---|---|---|---|"
	rm -rf keys rows; mkdir keys rows
	for f in "-f KSK" "-f KSK" ""; do
		# shellcheck disable=SC2086
		dnssec-keygen -q -K keys -a 13 $f $zone >/dev/null
	done
	tag=$(grep -l ' 257 ' keys/*.key | head -n 1 | sed 's/.*+0*\([0-9]*\)\.key/\1/')
	for n; do
		rm -f c c.files
		"$tools/tool_genzone" names "$n" >in.zone
		s=$(timed "$UNBOGUS" sign in.zone --origin $zone --keys keys --out g --denial nsec3 --no-cache --verify none --threads 1)
		v=$(timed "$UNBOGUS" verify g --origin $zone --threads 1 --cache vc.$n | cut -d ' ' -f 1)
		cp vc.$n c
		"$UNBOGUS" sign g --origin $zone --keys keys --out g1 --cache c >/dev/null
		p=$(timed "$UNBOGUS" sign g1 --origin $zone --keys keys --out g2 --cache c --without "$tag" | cut -d ' ' -f 1)
		set -- "$@"; l=$("$tools/tool_floor" load g $zone 1)
		echo "$n $l $s $v $p" | awk '{ printf "| %s | %s | %s | %s | %s | %s | %.0f | %.1f %.1f %.2f |\n", $1, $2, $8, $12, $3, $13, $10 / 1024, $8 / $2 * 1e6, $12 / $2 * 1e6, $3 / $2 * 1e6 }'
	done
}

echo "# unbogus: zones at scale"
echo
echo "$(date -u '+%Y-%m-%d %H:%M UTC'), $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), load $(cut -d ' ' -f 1-3 /proc/loadavg);"
echo "$("$UNBOGUS" --version 2>/dev/null | head -n 1), $(openssl version 2>/dev/null), BIND $(dnssec-signzone -V 2>&1 | awk '{ print $2; exit }'), $(ldns-signzone -v 2>/dev/null | tail -n 1), $(kzonesign --version 2>/dev/null); median of $rounds."
if [ $quick = yes ]; then
	algorithm small 13 ECDSAP256SHA256 256 nsec3
	algorithm "names 5000" 13 ECDSAP256SHA256 256 nsec3
	growth 1000 5000
else
	for a in ${ALGORITHMS:-13 15 8}; do
		case $a in
		13) algorithm medium 13 ECDSAP256SHA256 256 nsec3 ;;
		15) algorithm medium 15 ED25519 256 nsec3 ;;
		8) ROUNDS=1 algorithm medium 8 RSASHA256 2048 nsec3 ;;
		esac
	done
	[ "${LARGE:-yes}" = no ] || algorithm large 13 ECDSAP256SHA256 256 optout
	growth 1000 10000 100000 ${GROWTH_TOP:-1000000}
fi
