# A few pictures of each kind, measured.
. "$(dirname "$0")/transcript.sh"

evaluate() { "$lienzo" evaluate faithfulness --model "$model" --checker "$source_tree/models/checker" "$@"; }

expect 0 'strict' evaluate --set seen --language en --count 2 -q
cp stdout first
expect 0 'strict' evaluate --set seen --language en --count 2 -q
cmp -s stdout first || fail 'the same prompts give two results'
expect 0 '"reports"' evaluate --set signs --language both --count 1 --json -q -o report
for file in signs-es.json signs-en.txt; do
  [ -s "report/$file" ] || fail "no report/$file"
done
# Without a font there is no sheet of failures, but all the figures.
printf '<fontconfig><cachedir>%s/fonts</cachedir></fontconfig>' "$work" >fonts.conf
expect 0 'strict' env FONTCONFIG_FILE="$work/fonts.conf" "$program" evaluate faithfulness --model "$model" \
  --checker "$source_tree/models/checker" --set seen --count 4 -q -o fontless
[ -s fontless/seen-es.json ] || fail 'no report without a font'
expect 0 'layouts' "$lienzo" evaluate faithfulness --model "$model" --layouts --count 3 -q
expect 2 'expected one of: held-out' evaluate --set everything
expect 3 'expected checker.safetensors' "$lienzo" evaluate faithfulness --checker "$work"
finish
