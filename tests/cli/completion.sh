# The scripts for shells; bash's is tried out.
. "$(dirname "$0")/transcript.sh"

expect 2 'expected one of: bash, zsh, fish' "$lienzo" completion tcsh
expect 0 '#compdef lienzo' "$lienzo" completion zsh
if command -v zsh >/dev/null; then zsh -n stdout || fail 'zsh refuses its script'; fi
expect 0 'complete -c lienzo' "$lienzo" completion fish
if command -v fish >/dev/null; then fish --no-execute stdout || fail 'fish refuses its script'; fi
expect 0 'complete -F _lienzo lienzo' "$lienzo" completion bash
. ./stdout

# complete WORDS...: what the last, unfinished word may become.
complete_words() {
  COMP_WORDS=("$@")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _lienzo 2>/dev/null # compopt complains outside a completion
  printf '%s ' "${COMPREPLY[@]}"
}
same() { [ "$1" = "$2" ] || fail "completed '$1' instead of '$2'"; }
same "$(complete_words lienzo im)" 'imagine '
same "$(complete_words lienzo imagine --sampler he)" 'heun '
same "$(complete_words lienzo dataset p)" 'preview '
same "$(complete_words lienzo dataset preview --held)" '--held-out '
same "$(complete_words lienzo completion f)" 'fish '
touch recipe.toml
same "$(complete_words lienzo train rec)" 'recipe.toml '
touch 'my picture.png'
mkdir 'my folder'
for words in 'imagine --like my' 'train preview-noise my'; do
  complete_words lienzo $words >/dev/null
  same "$(printf '%s\n' "${COMPREPLY[@]}" | sort)" $'my folder\nmy picture.png'
done
complete_words lienzo dataset write my >/dev/null
same "$(printf '%s\n' "${COMPREPLY[@]}")" 'my folder'
finish
