#!/bin/sh
# Completions: words from the program's tables, configuration and state folder, without a network;
# the shells' files offer them without a terminal.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export UBG_SHARE="$SRCDIR/share" XDG_CONFIG_HOME="$dir" UBG_STATE="$dir/state"
mkdir -p "$dir/unbogus" "$dir/state/kept.example" "$dir/bin"
ln -s "$UNBOGUS" "$dir/bin/unbogus"
printf 'zones:\n  - name: conf.example\n' >"$dir/unbogus/unbogus.yaml"
status=0
want() { # NAME WANTED WORD...: the lines, apart by blanks
	n=$1 w=$2; shift 2
	got=$("$UNBOGUS" complete "$@" | sort | tr '\n' ' ')
	if [ "$got" = "$w" ]; then echo "ok complete-$n"; else echo "not ok complete-$n - $got"; status=1; fi
}
want command "diagnose diff " di
want zone "kept.example " diagnose k
want zone-configured "conf.example " keys conf
want action "extend-ksk extend-zsk " plan conf.example ext
want action-after-option "extend-zsk " plan --until 2030 conf.example extend-z
want option "--evidence " diagnose --ev
want value "exam " train --mode e
want file ":file " verify ""
want sub "show " config sh
want scenario "mozilla-2013 mozilla-2013-day " train mozilla
want fault "ds-missing " explain ds-mis
want nothing "" version x
if command -v bash >/dev/null; then
	got=$(PATH=$dir/bin:$PATH bash -c '. "$1"; COMP_WORDS=(unbogus plan conf.example ext) COMP_CWORD=3; _unbogus; echo "${COMPREPLY[*]}"' bash "$SRCDIR/share/completion/unbogus.bash")
	case $got in *extend-zsk*) echo "ok complete-bash" ;; *) echo "not ok complete-bash - $got"; status=1 ;; esac
fi
if command -v fish >/dev/null; then
	got=$(HOME=$dir PATH=$dir/bin:$PATH timeout 20 fish -c "source '$SRCDIR/share/completion/unbogus.fish'; complete -C'unbogus plan conf.example ext'" 2>&1)
	case $got in *extend-zsk*) echo "ok complete-fish" ;; *) echo "not ok complete-fish - $got"; status=1 ;; esac
else echo "skip complete-fish - fish is not installed"; fi
if command -v zsh >/dev/null; then
	got=$(PATH=$dir/bin:$PATH timeout 20 zsh -fc "words=(unbogus plan conf.example ext); CURRENT=4; compadd() { print -r -- \$found; }; source '$SRCDIR/share/completion/_unbogus'; _unbogus" 2>&1)
	case $got in *extend-zsk*) echo "ok complete-zsh" ;; *) echo "not ok complete-zsh - $got"; status=1 ;; esac
else echo "skip complete-zsh - zsh is not installed"; fi
exit $status
