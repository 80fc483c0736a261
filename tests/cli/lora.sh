# LoRA, with the tiny models and LoRAs of tests/golden: by file, by name, in prompts, repeated, and all that goes wrong.
. "$(dirname "$0")/transcript.sh"

tiny="$source_tree/tests/golden/stable_diffusion"
loras="$source_tree/tests/golden/loras"
sd1="$tiny/sd1/diffusers"
export XDG_CACHE_HOME="$work/cache" LIENZO_MODELS="$work/models"
mkdir -p models/loras
cp "$loras/sd1_kohya.safetensors" models/loras/style.safetensors
cp "$loras/sd1_locon.safetensors" models/loras/detail.safetensors
cp "$loras/sdxl_sgm.safetensors" models/large.safetensors
draw() { "$lienzo" imagine -m "$sd1" --size 64x64 --steps 2 --seed 3 "$@"; }

expect 0 'plain.png' draw 'a cat' -o plain.png
expect 0 'tag.png' draw 'a cat<lora:style:0.8>' -o tag.png
grep -q 'LoRA style, weight 0.8' stderr || fail 'the LoRA is not told'
! cmp -s plain.png tag.png || fail 'the LoRA changed nothing'
expect 0 '"name": "style"' draw 'a cat' --lora style:0.8 --json -o option.png
grep -q '"sha256": "' stdout || fail 'no digest'
expect 0 'file.png' draw 'a cat' --lora models/loras/style.safetensors:0.8 -o file.png
cmp -s option.png file.png || fail 'a LoRA by its file is another'
expect 0 'two.png' draw --lora style:te=0.5:unet=-0.25 --lora loras/detail 'a cat' -o two.png
grep -q 'weight -0.25 in the U-Net, 0.5 in the text encoder' stderr || fail 'the weights are not told'
expect 0 'edited.png' "$lienzo" edit plain.png 'a dog' --lora style -m "$sd1" --steps 2 --strength 0.5 -o edited.png

for name in tag option two; do
  expect 0 'again.png' "$lienzo" imagine --like $name.png -m "$sd1" -o again.png
  cmp -s $name.png again.png || fail "--like $name.png gave another picture"
done
expect 0 'other.png' "$lienzo" imagine --like two.png -m "$sd1" --lora style -o other.png
! grep -q 'detail' stderr || fail 'what is typed does not take the place of the record'
if command -v strings >/dev/null; then
  strings two.png | grep -q 'a cat <lora:style:0.5:-0.25> <lora:loras/detail:1>' || fail 'no tags for other programs'
  strings two.png | grep -q 'Lora hashes: "style: [0-9a-f]\{12\}, loras/detail: [0-9a-f]\{12\}"' || fail 'no sums for other programs'
fi

expect 0 'LoRA' "$lienzo" model list
grep 'loras/style.safetensors' stdout | grep -q 'LoRA .*for Stable Diffusion 1.x' || fail 'the list does not say what a LoRA is for'
grep 'large.safetensors' stdout | grep -q 'for Stable Diffusion XL' || fail 'XL is not told'
expect 0 'for         Stable Diffusion XL' "$lienzo" model info large

expect 3 "did you mean 'style'?" draw 'a <lora:stlye:1> cat'
expect 3 'it holds detail, style, large' draw 'a cat' --lora nothing
expect 3 "no LoRA '../models/loras/style'" draw 'a <lora:../models/loras/style:1> cat'
expect 2 "the weight 'much'" draw 'a <lora:style:much> cat'
expect 2 "the weight 'nan'" draw 'a cat' --lora style:nan
expect 2 'is given twice' draw 'a cat' --lora style --lora style:0.5
expect 2 'is in the prompt as well' draw 'a <lora:style> cat' --lora style
expect 5 'dyn=4' draw 'a <lora:style:1:dyn=4> cat'
expect 2 'large.safetensors is for Stable Diffusion XL' draw 'a <lora:large> cat'
expect 2 'whole model (Stable Diffusion 1.x); give it as --model' draw 'a cat' --lora "$tiny/sd1/original.safetensors"
expect 2 'and this as --lora' "$lienzo" imagine 'a cat' -m style
head -c 3000 models/loras/style.safetensors >broken.safetensors
expect 4 'broken.safetensors' draw 'a cat' --lora broken.safetensors
expect 5 '--lora] is for Stable Diffusion' "$lienzo" imagine 'a cat' --lora style

cp "$loras/sd1_peft.safetensors" models/loras/style.safetensors
expect 2 "is another file than the 'style'" "$lienzo" imagine --like option.png -m "$sd1"
rm models/loras/style.safetensors
expect 3 "no LoRA 'style'" "$lienzo" imagine --like tag.png -m "$sd1"
expect 0 'plain-syntax.png' draw 'a <lora:style:much> cat' --syntax plain -o plain-syntax.png
finish
