# The embedded model, from words to files.
. "$(dirname "$0")/transcript.sh"

draw() { "$lienzo" imagine --model "$model" "$@"; }

expect 0 'one.png' draw 'un cubo rojo encima de un cubo azul' --seed 5 -o one.png
grep -q 'small world of solids and signs' stderr || fail 'nothing is said about the small world'
grep -qE 'seed 5; start .* model .* scene .* picture .* write' stderr || fail 'no times'
grep -q ': 0.00 s in all' stderr && fail 'the whole took no time'
expect 0 'to the pixel' draw --like one.png -o again.png
expect 0 'again.png' draw 'un cubo rojo encima de un cubo azul' --seed 5 --threads 1 -o again.png
"$lienzo" imagine --model "$model" --like one.png -q -o again.png 2>stderr
[ ! -s stderr ] || fail "a quiet repetition says: $(cat stderr)"
expect 0 'does not know: guacamole' draw 'a red cube with guacamole' -o two.png

# Names are never taken from files that exist; the seed is told.
expect 0 'lienzo-9.png' draw 'a red cube' --seed 9
expect 0 'lienzo-9-2.png' draw 'a red cube' --seed 9
expect 0 'folder/lienzo-4.webp' draw 'a red cube' -n 2 --seed 3 -o folder/ --format webp
expect 0 'four.jpg' draw 'a red cube' -n 4 --grid -o four.jpg

expect 0 '"unknown_words"' draw 'a red cube' --seed 6 --json -q -o json.png
python3 -c 'import json; json.load(open("stdout"))' 2>/dev/null || ! command -v python3 >/dev/null || fail 'not JSON'
expect 0 '"background"' draw 'a red cube' --seed 6 --show-scene -o shown.png
[ -s shown-scene.png ] || fail 'no picture of the boxes'
cp stdout scene.json
sed -i 's/"red"/"green"/' scene.json
expect 0 'edited.png' draw --scene scene.json --seed 6 -o edited.png

expect 5 'squares' draw 'a red cube' --size 256x128
expect 2 '5000' draw 'a red cube' --size 5000
expect 2 'is a name for png' draw 'a red cube' --format jpg -o name.png
expect 3 'there is no folder' draw 'a red cube' -o nowhere/name.png

cp -r "$model" damaged
chmod -R u+w damaged
head -c 100000 "$model/decoder.safetensors" >damaged/decoder.safetensors
model=$work/damaged expect 4 'decoder.safetensors' draw 'a red cube' -o damaged.png
[ ! -e damaged.png ] || fail 'a picture by a damaged model'
finish
