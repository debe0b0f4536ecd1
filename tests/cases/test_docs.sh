#!/bin/sh
# The manual is what the program's tables say: pages of formats as a whole, tables of options, keys
# and commands between the marks ".\" MADE PART COMMAND" and ".\" END" of a page; every command has
# a page that names its options and no others; pages are clean mdoc.
# GENERATE=1 rewrites what is made from tables.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
man=$SRCDIR/share/man
tool=$BUILDDIR/obj/tests/cases/tool_mandoc
status=0
export UBG_SHARE="$SRCDIR/share"
nok() {
	echo "not ok $*"
	status=1
}
same() { # NAME PAGE MADE WHAT
	[ "${GENERATE:-}" = 1 ] && ! cmp -s "$3" "$2" && cp "$3" "$2"
	if cmp -s "$3" "$2"; then echo "ok $1 - $4"; else
		nok "$1 - $(basename "$2") differs from the tables; GENERATE=1 rewrites it"
		diff "$2" "$3" | head -n 6
	fi
}
"$BUILDDIR/obj/tests/cases/tool_streamdoc" >"$dir/stream" || exit 1
same stream-page "$man/unbogus-stream.5" "$dir/stream" "unbogus-stream(5) documents every fact and field that is read"
"$BUILDDIR/obj/tests/cases/tool_plandoc" >"$dir/plan" || exit 1
same plan-page "$man/unbogus-plan.5" "$dir/plan" "unbogus-plan(5) documents every action, guard and member"

# ---- what stands between marks ----
marked=0
for page in "$man"/*.[1-8]; do
	grep -q '^\.\\" MADE ' "$page" || continue
	marked=$((marked + 1))
	skip=no
	while IFS= read -r line; do
		case $line in
		'.\" MADE '*)
			printf '%s\n' "$line"
			skip=yes
			# shellcheck disable=SC2086 # PART and COMMAND
			"$tool" ${line#*MADE } ;;
		'.\" END')
			skip=no
			printf '%s\n' "$line" ;;
		*) [ $skip = yes ] || printf '%s\n' "$line" ;;
		esac
	done <"$page" >"$dir/page"
	same "made-$(basename "$page")" "$page" "$dir/page" "its tables are the program's"
done
if [ $marked -ge 10 ]; then echo "ok made-pages - $marked pages have tables of the program"; else
	nok "made-pages - only $marked pages have marks"; fi

# ---- a page for every command, with its options and no others ----
for c in $("$tool" list); do
	page=$man/unbogus-$c.1
	if [ ! -e "$page" ]; then nok "page-$c - the command has no page"; continue; fi
	"$tool" names "$c" | sort -u >"$dir/has"
	# the first option after .It or .Op, and further ones of the same line
	sed -n 's/^\.It \(Fl .*\)/\1/p; s/^\.Op \(Fl .*\)/\1/p; s/^\.\(Fl .*\)/\1/p' "$page" |
		grep -o 'Fl [-a-z]*' | sed 's/^Fl //' | sort -u >"$dir/names"
	missing=$(comm -23 "$dir/has" "$dir/names" | tr '\n' ' ') strange=$(comm -13 "$dir/has" "$dir/names" | tr '\n' ' ')
	if [ -z "$missing$strange" ]; then echo "ok page-$c - names every option, and no other"; else
		nok "page-$c - missing: $missing; of no table: $strange"; fi
	for s in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' 'SEE ALSO'; do
		grep -q "^\.Sh $s\$" "$page" || nok "page-$c - no section $s"
	done
done

# ---- the configuration, the series ----
"$tool" config | sort -u >"$dir/has"
awk '/^\.Ss /{parent=$2; if (parent == "Top") parent=""} /^\.It Cm /{print parent "." $3}' \
	"$man/unbogus.conf.5" | sort -u >"$dir/names"
if cmp -s "$dir/has" "$dir/names"; then echo "ok config-page - $(wc -l <"$dir/has") keys, each documented"; else
	nok "config-page - $(comm -3 "$dir/has" "$dir/names" | tr -d '\t' | head -n 5 | tr '\n' ' ')"; fi
XDG_STATE_HOME=$dir "$UNBOGUS" lab mozilla-2013 --at 2013-05-15T23:44:31Z --once >"$dir/rec" 2>/dev/null
"$UNBOGUS" metrics --replay "$dir/rec" 2>/dev/null | sed -n 's/^# HELP \([a-z_]*\).*/\1/p' | sort -u >"$dir/has"
sed -n 's/^\.It Va \([a-z_]*\).*/\1/p' "$man/unbogus-metrics.1" | sort -u >"$dir/names"
if [ -s "$dir/has" ] && cmp -s "$dir/has" "$dir/names"; then
	echo "ok metrics-page - $(wc -l <"$dir/has") series, each documented"; else
	nok "metrics-page - $(comm -3 "$dir/has" "$dir/names" | tr -d '\t' | head -n 5 | tr '\n' ' ')"; fi

if ! command -v mandoc >/dev/null; then
	echo "skip mandoc - mandoc is not installed"
	exit $status
fi
for f in "$man"/*.[1-8]; do
	# references to pages that the host does not have are no fault of the page
	bad=$(mandoc -Tlint "$f" | grep -v 'referenced manual not found' | head -n 5)
	wide=$(mandoc -Tascii -O width=80 "$f" 2>/dev/null | sed 's/.\x08//g' | awk 'length > 80' | head -n 1)
	[ -z "$bad$wide" ] && echo "ok mandoc-$(basename "$f") - clean mdoc, within 80 columns" ||
		nok "mandoc-$(basename "$f") - $bad $wide"
	for x in $(sed -n 's/^\.It Xr \(unbogus[-a-z.]*\) \([1-8]\).*/\1.\2/p; s/^\.Xr \(unbogus[-a-z.]*\) \([1-8]\).*/\1.\2/p' "$f"); do
		[ -e "$man/$x" ] || nok "xref-$(basename "$f") - names $x, which does not exist"
	done
done
wide=$("$UNBOGUS" --help | awk 'length > 80' | head -n 2)
[ -z "$wide" ] && [ "$("$UNBOGUS" --help | wc -l)" -gt 25 ] && echo "ok help-width - --help within 80 columns" ||
	nok "help-width - $wide"
exit $status
