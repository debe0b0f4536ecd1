# bash completion for unbogus; source it, or put it into bash-completion's folder as "unbogus".
_unbogus() {
	local line
	COMPREPLY=()
	while IFS= read -r line; do
		if [ "$line" = :file ]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
		else
			COMPREPLY+=("$line")
		fi
	done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _unbogus unbogus
