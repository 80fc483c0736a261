# Looking into models of both layouts, and turning one into the other.
. "$(dirname "$0")/transcript.sh"

tiny="$source_tree/tests/golden/stable_diffusion"
export XDG_CACHE_HOME="$work/cache"

expect 0 'Stable Diffusion 1.x for inpainting' "$lienzo" model info "$tiny/sd1_inpaint/original.safetensors"
expect 0 'v_prediction' "$lienzo" model info "$tiny/sd2/diffusers"
expect 0 'text_encoder_2' "$lienzo" model info "$tiny/sdxl/original.safetensors"
expect 0 '"family": "tiny autoencoder"' "$lienzo" model info "$tiny/taesd/taesd_encoder.safetensors" --json
expect 0 '"family": "Stable Diffusion XL refiner"' "$lienzo" model info "$tiny/sdxl_refiner/diffusers" --json
expect 0 'parameters, F16, in taesd_encoder.safetensors and 1 more' "$lienzo" model info "$tiny/taesd/taesd_encoder.safetensors"

expect 0 'brings no vocabulary' "$lienzo" model convert "$tiny/sdxl/original.safetensors" folder
[ "$(cat stdout)" = folder ] || fail "printed $(cat stdout)"
[ -f folder/unet/diffusion_pytorch_model.safetensors ] || fail 'no U-Net in the folder'
expect 0 'file.safetensors' "$lienzo" model convert folder file.safetensors
expect 0 'again.safetensors' "$lienzo" model convert file.safetensors again.safetensors
cmp file.safetensors again.safetensors || fail 'the same model gave two files'
expect 0 'small.safetensors' "$lienzo" model convert folder small.safetensors --dtype bf16
expect 0 'BF16' "$lienzo" model info small.safetensors
expect 0 'sd1' "$lienzo" model convert "$tiny/sd1/diffusers" sd1 --vae "$tiny/sdxl/diffusers"
cmp sd1/vae/diffusion_pytorch_model.safetensors "$tiny/sdxl/diffusers/vae/diffusion_pytorch_model.safetensors" ||
  grep -q 0.13025 sd1/vae/config.json || fail 'not the autoencoder asked for'
[ -f sd1/tokenizer/vocab.json ] || fail 'the vocabulary was left behind'

# Bad input: one message, and nothing half-written.
expect 2 'exists already' "$lienzo" model convert file.safetensors folder
for name in out.gguf out.ckpt out.bin; do
  expect 2 "$name is no name for a folder" "$lienzo" model convert file.safetensors "$name"
done
expect 2 'is no name for a folder' "$lienzo" model convert file.safetensors out.safetensors --layout diffusers
expect 2 'is no name for a safetensors file' "$lienzo" model convert folder out --layout original
expect 2 '--dtype' "$lienzo" model convert file.safetensors out.safetensors --dtype int8
expect 2 'holds no autoencoder' "$lienzo" model convert file.safetensors out.safetensors --vae "$tiny/lcm/diffusers"
expect 2 'holds nothing known' "$lienzo" model convert "$source_tree/tests/golden/weights/types.safetensors" out
expect 3 "variant 'fp16'" "$lienzo" model convert folder out.safetensors --variant fp16
expect 5 'diffusers layout' "$lienzo" model convert "$tiny/taesd/diffusers" out.safetensors
head -c 100000 file.safetensors >cut.safetensors
expect 4 'cut.safetensors' "$lienzo" model convert cut.safetensors out
full_disk() { (trap '' XFSZ && ulimit -f 1 && exec "$@"); }
expect 7 'out' full_disk "$program" model convert file.safetensors out
expect 7 'out.safetensors' full_disk "$program" model convert folder out.safetensors
left=$(ls -A | grep -e out -e tmp -e '^\.lienzo-' | grep -v '^stdout$')
[ -z "$left" ] || fail "left behind: $left"
finish
