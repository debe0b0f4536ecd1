#!/bin/sh
# make install puts everything below DESTDIR, the installed program looks for its data in the prefix
# it was configured for, and make uninstall leaves no file.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0
ok() { # NAME - WHAT, then a test
	n=$1; shift
	if "$@" >/dev/null 2>&1; then echo "ok install-$n"; else echo "not ok install-$n - $*"; status=1; fi
}
unset UBG_SHARE MAKEFLAGS MAKELEVEL
make -s -C "$BUILDDIR" install DESTDIR="$dir" >"$dir.log" 2>&1 || { echo "not ok install - $(tail -n 1 "$dir.log")"; rm -f "$dir.log"; exit 1; }
rm -f "$dir.log"
program=$(find "$dir" -type f -name unbogus -path '*/bin/*')
ok program test -x "$program"
"$program" config paths >"$dir/paths"
data=$(sed -n 's/^share *\([^ ]*\).*/\1/p' "$dir/paths")
rm -f "$dir/paths"
ok data-is-in-the-prefix test -d "$dir$data"
for f in root.hints root.key causes messages/messages.tsv scenarios unbogus.yaml.sample doc; do
	ok "has-$f" test -e "$dir$data/$f"
done
want=$(find "$SRCDIR/share/man" -name 'unbogus*.[157]' | wc -l)
ok every-page test "$(find "$dir" -path '*/man/man?/*' -type f | wc -l)" = "$want"
ok sample sh -c 'UBG_SHARE=$1 "$2" config sample | grep -q "^zones:"' sh "$dir$data" "$program"
ok explains sh -c 'UBG_SHARE=$1 "$2" explain ds-missing | grep -q .' sh "$dir$data" "$program"
for f in bash-completion/completions/unbogus zsh/site-functions/_unbogus fish/vendor_completions.d/unbogus.fish; do
	ok "completion-$f" test -s "$dir${data%/unbogus}/$f"
done
make -s -C "$BUILDDIR" uninstall DESTDIR="$dir" >/dev/null 2>&1
left=$(find "$dir" ! -type d | head -n 3)
ok uninstall-leaves-nothing test -z "$left"
exit $status
