# Files that are absent, damaged, foreign or cannot be written.
. "$(dirname "$0")/transcript.sh"

good="$source_tree/tests/golden/weights/types.safetensors"
expect 0 'sha256' "$lienzo" model info "$good"
expect 0 '"parameters"' "$lienzo" model info "$good" --json
head -c 40 "$good" >truncated.safetensors
expect 4 'truncated.safetensors' "$lienzo" model info truncated.safetensors
expect 3 "no file, folder or model 'nowhere.safetensors'" "$lienzo" model info nowhere.safetensors
mkdir empty
expect 3 'holds no model' "$lienzo" model info empty

expect 3 'nowhere.toml' "$lienzo" train nowhere.toml
printf 'kind = "scene-decoder"\n[train]\nstepz = 3\n' >wrong.toml
expect 2 "did you mean 'steps'" "$lienzo" train wrong.toml
printf 'kind = \n' >broken.toml
expect 2 'broken.toml' "$lienzo" train broken.toml
printf 'kind = "scene-painter"\n' >kind.toml
expect 2 'scene-painter' "$lienzo" train kind.toml

expect 3 'holds no model' "$lienzo" imagine 'a cube' --model "$work/empty"
expect 3 'nowhere.png' "$lienzo" imagine --like nowhere.png
printf 'GIF89a' >picture.gif
expect 5 'picture.gif' "$lienzo" imagine --like picture.gif
printf '{"background": ' >scene.json
expect 2 'not valid JSON' "$lienzo" imagine --scene scene.json
printf '{"objects": [{"shape": "cube", "x": 18446744073709551615}]}' >scene.json
expect 2 "'x' is 18446744073709551615, out of range" "$lienzo" imagine --scene scene.json

# A full disk: files may not grow beyond a block.
full_disk() { (trap '' XFSZ && ulimit -f 1 && exec "$@"); }
expect 7 'full.png' full_disk "$program" dataset preview -n 4 -o "$work/full.png"
left=$(ls -A "$work" | grep -e full -e '^\.lienzo-')
[ -z "$left" ] || fail "a full disk left $left"
to_full() { "$@" >/dev/full; }
expect 7 'cannot write the results' to_full "$lienzo" completion bash

# No permission. Root may write anywhere but into the kernel's own folders.
locked=/sys
[ "$(id -u)" -eq 0 ] || { mkdir locked && chmod 555 locked && locked=$work/locked; }
expect 7 "$locked" "$lienzo" dataset preview -n 1 -o "$locked/sheet.png"
finish
