# Completion of llm in fish. Load it in ~/.config/fish/config.fish:  llm completion fish | source

function __llm_completion
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline --cut-at-cursor --current-token)
    set -l option (string match --regex -- '^--[^=]+=' $current)
    set -l path (string replace -- "$option" '' $current)

    for row in ($program completion fish -- $words "$current" 2> /dev/null)
        set -l fields (string split \t -- $row)
        switch $fields[1]
            case files
                printf '%s\n' "$option"(__fish_complete_path $path)
            case folders
                printf '%s\n' "$option"(__fish_complete_directories $path)
            case '*'
                printf '%s\t%s\n' $fields[2] "$fields[3]"
        end
    end
end

complete --command llm --no-files --arguments '(__llm_completion)'
