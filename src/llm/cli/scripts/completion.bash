# Completion of llm in bash. Load it in ~/.bashrc:  eval "$(llm completion bash)"

_llm_completion() {
    local command=$1 rest=$COMP_LINE index piece trimmed typed kind value closed=
    local -a words=()
    COMPREPLY=()

    # bash takes a colon, an equals sign and an at sign for the end of a word. In names of models they are not: pieces
    # between which there is no space are put together again.
    for (( index = 0; index <= COMP_CWORD; index++ )); do
        piece=${COMP_WORDS[index]}
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        if (( index > 1 )) && [[ $trimmed == "$rest" ]]; then
            words[${#words[@]} - 1]+=$piece
        elif (( index > 0 )); then
            words+=("$piece")
        fi
        rest=${trimmed#"$piece"}
    done

    # What is replaced is the last piece only, so candidates are given without the pieces before it.
    typed=${words[${#words[@]} - 1]}
    [[ $piece == *[!:=@]* ]] && typed=${typed%"$piece"}

    while IFS=$'\t' read -r kind value _; do
        case $kind in
            files | folders)
                closed=yes
                compopt -o filenames 2> /dev/null  # bash 3 has none
                [[ $kind == files ]] && kind=-f || kind=-d
                while IFS= read -r value; do
                    COMPREPLY+=("$value")
                done < <(compgen "$kind" -- "$piece")
                ;;
            *)
                [[ $kind == part ]] || closed=yes
                value=${value#"$typed"}
                [[ $piece == [\'\"]* ]] || printf -v value %q "$value"
                COMPREPLY+=("$value")
                ;;
        esac
    done < <("$command" completion bash -- "${words[@]}" 2> /dev/null)

    [[ -n $closed ]] || compopt -o nospace 2> /dev/null
}

complete -F _llm_completion llm
