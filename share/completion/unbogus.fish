# fish completion for unbogus; put it into ~/.config/fish/completions.
function __unbogus_complete
	set -l words (commandline -opc) (commandline -ct)
	for line in ($words[1] complete $words[2..-1] 2>/dev/null)
		if test "$line" = :file
			__fish_complete_path (commandline -ct)
		else
			echo $line
		end
	end
end
complete -c unbogus -f -a '(__unbogus_complete)'
