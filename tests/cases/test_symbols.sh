#!/bin/sh
# Names of functions: none twice in the archive, none that a library we link has too. The linker
# takes the first it finds and says nothing; a check once went silent that way.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
cd "$BUILDDIR" || exit 1
nm -g --defined-only libunbogus.a libunbogus-ui.a 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBR]/ { print $3 }' |
	sed 's/^__odr_asan.*//;/^$/d' | sort >"$dir/ours"
[ "$(wc -l <"$dir/ours")" -gt 500 ] || { echo "not ok symbols/read - nm shows $(wc -l <"$dir/ours") names"; exit 1; }
twice=$(uniq -d "$dir/ours" | tr '\n' ' ')
[ -z "$twice" ] && echo "ok symbols/once - $(wc -l <"$dir/ours") names, each defined once" ||
	{ echo "not ok symbols/once - defined twice: $twice"; bad=1; }
ldd ./unbogus | awk '$3 ~ /^\// { print $3 }' | grep -vE 'asan|ubsan|tsan' | while read -r lib; do
	nm -D --defined-only "$lib" 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBRi]/ { sub(/@.*/, "", $3); print $3 }'
done | sort -u >"$dir/theirs"
[ "$(wc -l <"$dir/theirs")" -gt 5000 ] || { echo "not ok symbols/libraries - only $(wc -l <"$dir/theirs") names"; exit 1; }
both=$(uniq "$dir/ours" | comm -12 - "$dir/theirs" | tr '\n' ' ')
[ -z "$both" ] && echo "ok symbols/libraries - none is a name of a library" ||
	{ echo "not ok symbols/libraries - also in a library: $both"; bad=1; }
exit $bad
