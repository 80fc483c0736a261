# Stable Diffusion, with the tiny models of tests/golden: from words, from pictures, through masks, and all that goes wrong.
. "$(dirname "$0")/transcript.sh"

tiny="$source_tree/tests/golden/stable_diffusion"
sd1="$tiny/sd1/diffusers"
export XDG_CACHE_HOME="$work/cache" LIENZO_MODELS="$work/models"
sized() { "$lienzo" imagine -m "$sd1" --steps 3 "$@"; }
draw() { sized --size 64x64 "$@"; }

expect 0 'one.png' draw 'a photo of a (red:1.3) cube' --seed 5 -o one.png
grep -q 'Stable Diffusion 1.x' stderr || fail 'the family is not told'
expect 0 'again.png' "$lienzo" imagine --like one.png -m "$sd1" -o again.png
cmp -s one.png again.png || fail '--like gave another picture'
expect 0 'two-2.png' draw 'a photo of a (red:1.3) cube' --seed 4 -n 2 -o two.png
python3 - one.png two-2.png <<'PIXELS' 2>/dev/null || ! command -v python3 >/dev/null || fail 'picture 2 of two is not what its seed gives alone'
import struct, sys
def pixels(path):
    data, at, found = open(path, "rb").read(), 8, b""
    while at < len(data):
        size = struct.unpack(">I", data[at:at + 4])[0]
        if data[at + 4:at + 8] == b"IDAT": found += data[at + 8:at + 8 + size]
        at += size + 12
    return found
sys.exit(pixels(sys.argv[1]) != pixels(sys.argv[2]))
PIXELS
expect 0 'file.png' "$lienzo" imagine 'a cat' -m "$tiny/sd1/original.safetensors" --tokenizer "$sd1/tokenizer" \
  --size 64x64 --steps 2 -o file.png
expect 0 '"sampler": "dpmpp_2m"' draw 'a cat' --sampler 'DPM++ 2M Karras' --json -q -o named.png
grep -q '"schedule": "karras"' stdout || fail 'the schedule in the name was lost'
strings named.png | grep -q 'Schedule type: Karras' || ! command -v strings >/dev/null || fail 'no text for other programs'
expect 0 '"generated_size": "72x64"' sized 'a cat' --size 70x64 --json -q -o odd.png
expect 0 'four.png' draw 'a cat [a dog:a cube:0.5] AND a photo' -n 4 --grid -o four.png
expect 0 'long.png' draw "$(printf 'a red cube on top of a blue cube, %.0s' {1..20})" -o long.png
grep -q 'parts of 75' stderr || fail 'nothing is said about a long prompt'
expect 0 '"width": 96' draw 'a cat' --hires 1.5 --hires-steps 2 --json -q -o hires.png
expect 0 'hires-again.png' "$lienzo" imagine --like hires.png -m "$sd1" -o hires-again.png
! command -v strings >/dev/null || strings hires.png | grep -q 'Size: 64x64.*RNG: CPU.*Hires upscale: 1.5' ||
  fail 'other programs would not find the noise and the size of the first pass'
cmp -s hires.png hires-again.png || fail '--like of two passes gave another picture'
expect 0 '"width": 64' "$lienzo" imagine --like hires.png --hires 1 -m "$sd1" --json -q -o small.png
expect 0 'previewed.png' draw 'a cat' --preview-every 2 -o previewed.png
[ -s previewed-preview.png ] || fail 'no preview'
expect 0 'tiny.png' draw 'a cat' --preview-every 2 --taesd "$tiny/taesd/diffusers" -o tiny.png
expect 0 'xl.png' "$lienzo" imagine 'a cat' -m "$tiny/sdxl/diffusers" --size 64x64 --steps 2 -o xl.png
expect 0 'v.png' "$lienzo" imagine 'a cat' -m "$tiny/sd2/diffusers" --size 64x64 --steps 2 --dtype fp32 -o v.png

expect 0 'edited.png' "$lienzo" edit one.png 'a dog' -m "$sd1" --steps 4 --strength 0.5 -o edited.png
expect 0 'refined.png' "$lienzo" edit one.png 'a dog' -m "$tiny/sdxl_refiner/diffusers" --steps 4 --strength 0.5 -o refined.png
expect 2 'lienzo edit PICTURE --like' "$lienzo" imagine --like edited.png -m "$sd1"
expect 0 'repeated.png' "$lienzo" edit one.png --like edited.png -m "$sd1" -o repeated.png
cmp -s edited.png repeated.png || fail 'edit --like gave another picture'
expect 0 'painted.png' "$lienzo" inpaint one.png 'a dog' --mask two-1.png -m "$sd1" --steps 2 -o painted.png
expect 0 'filled.png' "$lienzo" inpaint one.png 'a dog' --mask two-1.png -m "$tiny/sd1_inpaint/diffusers" --steps 2 --only-masked -o filled.png

# --like repeats a picture with all that was asked for, down to the record.
repeats() {
  local file=$1
  shift
  expect 0 "$file" "$lienzo" "$@" -m "$sd1" -o "$file"
  local command=("$1")
  [ "$1" = imagine ] || command+=("$2")
  [ "$1" = inpaint ] && command+=(--mask two-1.png)
  expect 0 "again-$file" "$lienzo" "${command[@]}" --like "$file" -m "$sd1" -o "again-$file"
  cmp -s "$file" "again-$file" || fail "${command[*]} --like $file gave another picture"
}
mkdir -p models
ln -s "$tiny/sd2/diffusers/vae" models/other-vae
ln -s "$tiny/taesd/diffusers" models/tiny-vae
repeats sized.png edit one.png 'a dog' --steps 4 --size 96x72
repeats larger.png edit one.png 'a dog' --steps 4 --size 70x66 --strength 0.6 --hires 1.5
repeats whole.png inpaint one.png 'a dog' --mask two-1.png --steps 2 --size 72x80
repeats part.png inpaint one.png 'a dog' --mask two-1.png --steps 2 --size 72x80 --only-masked --padding 3
repeats through.png inpaint one.png 'a dog' --mask two-1.png --steps 2 --through-autoencoder
repeats decoded.png imagine 'a cat' --steps 2 --size 64x64 --vae other-vae
repeats predicted.png imagine 'a cat' --steps 2 --size 64x64 --prediction v_prediction
repeats sheet.png imagine 'a cat' --steps 2 --size 64x64 -n 3 --grid
expect 0 'levels.png' "$lienzo" imagine 'a cat' -m "$sd1" --size 64x64 --sigmas 14,5,1,0 -o levels.png
expect 0 '"steps": 2,' "$lienzo" imagine --like levels.png -m "$sd1" --steps 2 --json -q -o fewer.png
expect 0 '"width": 96' "$lienzo" edit sized.png --like one.png -m "$sd1" --json -q -o as-picture.png
grep -q '"strength": 0.75' stdout || fail 'a picture takes the strength of words'
expect 0 'was drawn by other weights' "$lienzo" imagine --like one.png -m "$tiny/sd2/diffusers" --steps 4 -o other.png
rm models/other-vae
expect 3 "the autoencoder 'other-vae'" "$lienzo" imagine --like decoded.png -m "$sd1"

expect 2 'lienzo inpaint PICTURE --mask MASK --like part.png' "$lienzo" imagine --like part.png -m "$sd1"
touch plain
expect 2 "plain is there and no folder" draw 'a cat' -o plain
expect 2 'not written to standard output' draw 'a cat' -o -

# What is typed in vain is told.
expect 0 'nothing with euler' draw 'a cat' --sampler euler --eta 0.5 -q -o vain.png
expect 0 'nothing while --guidance is 1' draw 'a cat' --guidance 1 --negative 'a dog' -q -o vain.png
expect 0 'ask for them with --preview-every' draw 'a cat' --taesd tiny-vae -q -o vain.png
expect 0 'is for --only-masked' "$lienzo" inpaint one.png 'a dog' --mask two-1.png -m "$sd1" --steps 2 --padding 3 -q -o vain.png
expect 2 'leave out --steps' draw 'a cat' --sigmas 14,5,0
expect 2 'leave out --schedule' "$lienzo" imagine 'a cat' -m "$sd1" --sigmas 14,5,0 --schedule karras

expect 3 'lienzo model pull clip-vocabulary' "$lienzo" imagine 'a cat' -m "$tiny/sd1/original.safetensors"
expect 3 'nowhere.safetensors' "$lienzo" imagine 'a cat' -m nowhere.safetensors
expect 2 "did you mean 'euler'" draw 'a cat' --sampler eulre
expect 2 'karras' draw 'a cat' --schedule karas
expect 2 'expected 64 to 8192' sized 'a cat' --size 16000x16000
expect 2 '100000' sized 'a cat' --size 100000
expect 2 'impossible size 0' sized 'a cat' --size 0
expect 2 '--steps' "$lienzo" imagine 'a cat' -m "$sd1" --steps -1
expect 2 'guidance is -1' draw 'a cat' --guidance -1
expect 2 'LOW:HIGH' draw 'a cat' --guidance-interval 5
expect 2 'is empty; say what to draw' draw ''
expect 2 'characters long' draw "$(printf 'a%.0s' {1..100000})"
expect 2 '--hires 2' draw 'a cat' --hires-steps 3
expect 5 'for the embedded model' draw 'a cat' --show-scene
expect 5 '--schedule] is for Stable Diffusion' "$lienzo" imagine 'a cat' --schedule karras
expect 5 'draws from words alone' "$lienzo" edit one.png 'a dog'
expect 5 'give it a picture and a mask' "$lienzo" imagine 'a cat' -m "$tiny/sd1_inpaint/diffusers"
expect 5 'refines pictures' "$lienzo" imagine 'a cat' -m "$tiny/sdxl_refiner/diffusers"
expect 2 'make them the same size' "$lienzo" inpaint one.png 'a dog' --mask hires.png -m "$sd1"
head -c 300 one.png >broken.png
expect 4 'broken.png' "$lienzo" edit broken.png 'a dog' -m "$sd1"
head -c 100000 "$tiny/sd1/original.safetensors" >broken.safetensors
expect 4 'broken.safetensors' "$lienzo" imagine 'a cat' -m broken.safetensors
[ -z "$(find . -name '*.tmp*' -o -name '.lienzo*')" ] || fail 'half-written files are left'
finish
