# Larger pictures, by Lanczos' filter and by the tiny upscalers of tests/golden.
. "$(dirname "$0")/transcript.sh"

upscalers="$source_tree/tests/golden/upscalers"
export LIENZO_MODELS="$work/models"
mkdir models
cp "$upscalers/srvgg_x2.pth" models/twice.pth
expect 0 'small.png' "$lienzo" dataset preview -n 1 -o small.png

expect 0 'small-large.png' "$lienzo" upscale small.png
grep -q 'adds no detail' stderr || fail 'not told that no model was named'
expect 0 'small-large-2.png' "$lienzo" upscale small.png
cmp -s small-large.png small-large-2.png || fail 'the same picture enlarged twice is another'
expect 0 'net.png' "$lienzo" upscale small.png -m twice -o net.png
grep -q 'twice: SRVGGNetCompact, 2 times larger' stderr || fail 'the upscaler is not told'
! cmp -s small-large.png net.png || fail 'the network changed nothing'
expect 0 '"scale": 1.5' "$lienzo" upscale small.png -m "$upscalers/esrgan_x4.pth" --scale 1.5 -o half.webp --json
grep -q '"model": "esrgan_x4"' stdout || fail 'no model in JSON'
expect 0 'net.jpg' "$lienzo" upscale small.png -m twice --format jpg -o net.jpg

# What is drawn keeps its record.
expect 0 'cube.png' "$lienzo" imagine 'a red cube' --size 64 --steps 2 --seed 5 -o cube.png
expect 0 'large.png' "$lienzo" upscale cube.png -m twice -o large.png
grep -aq 'a red cube' large.png || fail 'the record is lost'
grep -aq '"model": *"twice"' large.png || fail 'the record does not say what enlarged it'

expect 3 'nowhere.png' "$lienzo" upscale nowhere.png
expect 2 'expected above 1, up to 8' "$lienzo" upscale small.png --scale 1
expect 2 'expected above 1, up to 8' "$lienzo" upscale small.png --scale x
expect 2 'is no upscaler of pictures: Stable Diffusion 1.x' \
  "$lienzo" upscale small.png -m "$source_tree/tests/golden/stable_diffusion/sd1/original.safetensors"
expect 3 'no file, folder or model' "$lienzo" upscale small.png -m thrice
expect 2 'lienzo upscale' "$lienzo" imagine 'a cube' -m twice
printf 'no picture' >text.png
expect 5 'text.png' "$lienzo" upscale text.png
finish
