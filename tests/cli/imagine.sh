# The embedded model, from words to files.
. "$(dirname "$0")/transcript.sh"

draw() { "$lienzo" imagine --model "$model" "$@"; }

expect 0 'one.png' draw 'un cubo rojo encima de un cubo azul' --seed 5 -o one.png
grep -q 'small world of solids and signs' stderr || fail 'nothing is said about the small world'
grep -qE 'seed 5; start .* model .* scene .* picture .* write' stderr || fail 'no times'
grep -q ': 0.00 s in all' stderr && fail 'the whole took no time'
expect 0 'to the pixel' draw --like one.png -o again.png
# Also where the new picture replaces the old one.
cp one.png same.png
expect 0 'to the pixel' draw --like same.png -o same.png
expect 0 'other.png' draw 'un cubo rojo encima de un cubo azul' --seed 6 -o other.png
cp one.png edited.png
python3 - edited.png other.png <<'SWAP' 2>/dev/null && expect 0 'differs from' draw --like edited.png -o edited.png
# The pixels of the second file under the texts of the first.
import struct, sys
def chunks(path):
    data = open(path, "rb").read()
    at, found = 8, []
    while at < len(data):
        size = struct.unpack(">I", data[at:at + 4])[0]
        found.append((data[at + 4:at + 8], data[at:at + size + 12]))
        at += size + 12
    return found
pixels = [whole for kind, whole in chunks(sys.argv[2]) if kind == b"IDAT"]
rest = [whole for kind, whole in chunks(sys.argv[1]) if kind != b"IDAT"]
open(sys.argv[1], "wb").write(b"\x89PNG\r\n\x1a\n" + b"".join(rest[:-1] + pixels + rest[-1:]))
SWAP
# Several like one: the seeds go on, each with the layout that it has alone.
expect 0 'like-3.png' draw --like one.png -n 3 -o like.png
expect 0 'to the pixel' draw --like like-1.png -o again.png
cmp -s like-1.png one.png || fail '--like -n 3 begins with another picture'
cmp -s like-2.png other.png || fail 'picture 2 of --like -n 3 is not what its seed gives alone'
# A layout that --like repeated is the model's all the same: another seed plans another.
expect 0 'to the pixel' draw --like one.png -o repeated.png
expect 0 'again.png' draw --like repeated.png --seed 6 -o again.png
cmp -s again.png other.png || fail '--like --seed of a repeated picture kept its layout'
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
# A scene of one's own stays, through other seeds and settings, until there are other words.
expect 0 '"background"' draw --like edited.png --seed 8 --show-scene -o moved.png
cmp -s stdout scene.json || fail '--like --seed changed a scene that was given'
expect 0 '"background"' draw --like moved.png --negative 'a cone' --show-scene -o moved.png
cmp -s stdout scene.json || fail '--like of --like changed a scene that was given'
expect 0 '"negative_prompt": "a cone"' draw --like moved.png --json -q -o moved.png
expect 0 'words.png' draw 'a yellow cone' --like moved.png -o words.png

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
