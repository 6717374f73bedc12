#compdef llm
# Completion of llm in zsh. Load it in ~/.zshrc, after compinit:  eval "$(llm completion zsh)"
# Or keep it as a file _llm in a folder of $fpath.

_llm() {
    local row name shown
    local -a rows fields described parts paths

    rows=("${(@f)$(${(Q)words[1]} completion zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}")
    for row in $rows; do
        fields=("${(@ps:\t:)row}")
        name=${${fields[2]//\\/\\\\}//:/\\:}
        shown=${fields[3]:+:${fields[3]}}
        case ${fields[1]} in
            value) described+=("$name$shown") ;;
            part) parts+=("$name$shown") ;;
            files) paths=(-g '*') ;;
            folders) paths=(-/) ;;
        esac
    done
    (( $#described )) && _describe -V llm described
    (( $#parts )) && _describe -V llm parts -S ''
    if (( $#paths )); then
        [[ $PREFIX == --*=* ]] && compset -P 1 '*='
        _files $paths
    fi
}

if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then
    _llm "$@"
else
    compdef _llm llm
fi
