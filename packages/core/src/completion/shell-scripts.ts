/*
 * What a shell runs to complete `envctl`. Each asks `envctl completion resolve -- WORD…`, the last word being the unfinished one; the
 * answer is a line of hints and then a candidate per line, a tab and its description behind it.
 */

export const completionShells = ['bash', 'zsh', 'fish'] as const;
export type CompletionShell = (typeof completionShells)[number];

/** The script of the shell, and the line that a user puts into the shell's file. */
export function completionScript(shell: CompletionShell): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell];
}

/** Bash cuts words at `=`, `:` and keeps their quotes: the words are put together again, and of a candidate only what is behind the cut is given. */
const bashScript = `# bash completion of envctl. In ~/.bashrc: source <(envctl completion bash)
_envctl() {
  local -a words=()
  local i word glued='' quote='' line hints='' cut='' value
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ \${#words[@]} -gt 0 && ( $word == [=:] || -n $glued ) ]]; then
      words[\${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word == [=:] ]]; then glued=1; else glued=''; fi
  done
  for ((i = 0; i < \${#words[@]}; i++)); do
    word=\${words[i]}
    if [[ $word == [\\"\\']* ]]; then quote=\${word:0:1}; word=\${word:1}; word=\${word%"$quote"}; else quote=''; word=\${word//\\\\/}; fi
    words[i]=$word
  done
  word=\${words[\${#words[@]}-1]}
  if [[ -z $quote && $COMP_WORDBREAKS == *=* && $word == *=* ]]; then cut=\${word%"\${word##*=}"}; fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z \${hints:+x} ]]; then hints="x $line"; continue; fi
    value=\${line%%$'\\t'*}
    value=\${value#"$cut"}
    if [[ -z $quote ]]; then printf -v value '%q' "$value"; value=\${value//\\\\=/=}; fi
    COMPREPLY+=("$value")
  done < <(envctl completion resolve -- "\${words[@]}" 2>/dev/null)
  if [[ $hints == *files* ]]; then
    COMPREPLY+=($(compgen -f -- "\${word#"$cut"}"))
    type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
  fi
  if [[ $hints == *nospace* ]]; then type compopt >/dev/null 2>&1 && compopt -o nospace 2>/dev/null; fi
  return 0
}
complete -F _envctl envctl
`;

const zshScript = `#compdef envctl
# zsh completion of envctl. In ~/.zshrc: source <(envctl completion zsh)
_envctl() {
  local -a lines values shown blank
  local line hints
  lines=("\${(@f)$(envctl completion resolve -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  hints=$lines[1]
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    if [[ $line == *$'\\t'* ]]; then shown+=("\${line%%$'\\t'*}  -- \${line#*$'\\t'}"); else shown+=("$line"); fi
  done
  [[ $hints == *nospace* ]] && blank=(-S '')
  (( \${#values} )) && compadd -l -d shown "\${blank[@]}" -a values
  [[ $hints == *files* ]] && { [[ $PREFIX == *=* ]] && compset -P '*='; _files }
  return 0
}
if [[ \${funcstack[1]} == _envctl ]]; then
  _envctl "$@"
else
  (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit -D }
  compdef _envctl envctl
fi
`;

const fishScript = `# fish completion of envctl. In ~/.config/fish/config.fish: envctl completion fish | source
function __envctl_candidates
  set -l words (commandline -opc)
  set -l current (commandline -ct | string unescape)
  set -e words[1]
  set -l lines (envctl completion resolve -- $words "$current" 2>/dev/null)
  string match -q '*files*' -- "$lines[1]"; and __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
  set -e lines[1]
  test (count $lines) -gt 0; and printf '%s\\n' $lines
  return 0
end
complete -c envctl -f -a '(__envctl_candidates)'
`;
