# Getting and listing models, from a hub that the tests bring: model_pull.sh PROGRAM SOURCE_TREE FORKED_PROGRAM FAKE_HUB
fake_hub=$4
. "$(dirname "$0")/transcript.sh"
unset HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME XDG_CACHE_HOME XDG_DATA_HOME
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export HOME="$work/home" LIENZO_MODELS="$work/models"
mkdir home

# The hub ends with its input, which ends with this script.
coproc HUB { exec "$fake_hub"; }
read -r HF_ENDPOINT <&"${HUB[0]}"
export HF_ENDPOINT

# A plan brings nothing.
expect 0 'licence: openrail++' "$lienzo" model pull sd-turbo --dry-run
grep -q 'model_index.json' stdout || fail 'the plan lists no files'
grep -q 'safety_checker\|onnx\|tiny.safetensors' stdout && fail 'the plan lists what is not needed'
[ -e models ] && fail 'a plan brought something'

expect 0 "$work/models/sd-turbo" "$lienzo" model pull sd-turbo
[ "$(cat stdout)" = "$work/models/sd-turbo" ] || fail 'stdout is not the path alone'
[ "$(stat -c %s models/sd-turbo/unet/diffusion_pytorch_model.safetensors)" -eq 9000 ] || fail 'the weights are not there'
expect 0 'nothing to download: 13 files there, checksums are right' "$lienzo" model pull sd-turbo
printf '?' | dd of=models/sd-turbo/unet/diffusion_pytorch_model.safetensors conv=notrunc status=none
expect 0 'downloaded 1 file,' "$lienzo" model pull sd-turbo
expect 0 '"downloaded": 13' "$lienzo" model pull some/tiny --variant fp16 --json
[ -e models/some/tiny/unet/diffusion_pytorch_model.fp16.safetensors ] || fail 'no fp16 weights'

# A checkpoint brings the vocabulary along.
expect 0 'models/some/checkpoint/model.safetensors' "$lienzo" model pull some/checkpoint:model.safetensors
[ -e models/tokenizer/vocab.json ] && [ -e models/tokenizer/merges.txt ] || fail 'no vocabulary'
expect 0 'models/some/checkpoint/model.safetensors' "$lienzo" model pull some/checkpoint

# What is here.
expect 0 'StableDiffusionPipeline' "$lienzo" model list
grep -q '^mini  *embedded' stdout || fail 'the embedded model is not listed'
grep -q '^some/checkpoint/model.safetensors  *single file  *300.0 kB  *mit' stdout || fail 'the checkpoint is not listed'
expect 0 '"licence": "openrail++"' "$lienzo" model list --json
cp "$source_tree/tests/golden/stable_diffusion/sd2/original.safetensors" models/second.safetensors
expect 0 'second.safetensors' "$lienzo" model list
grep -q '^second.safetensors  *single file .*Stable Diffusion 2.x' stdout || fail 'the family of a file is not told'
rm models/second.safetensors
expect 0 'some/tiny' "$lienzo" model list --folder models
grep -q '^mini' stdout && fail 'another folder holds no embedded model'
expect 0 'No models in' "$lienzo" model list --folder nowhere

# Interrupted by the network, by the user, by damage.
expect 0 'models/some/flaky/model.safetensors' "$lienzo" model pull some/flaky
grep -q 'trying again' stderr || fail 'the broken transfer is not told'
"$program" model pull some/slow >stdout 2>stderr &
pid=$!
for _ in $(seq 100); do [ -s models/some/slow/model.safetensors.part ] && break; sleep 0.1; done
kill -INT "$pid"
wait "$pid"
[ $? -eq 130 ] || fail 'Ctrl-C does not end with 130'
grep -q 'what arrived is kept, go on with: lienzo model pull some/slow' stderr || fail "$(cat stderr)"
[ -s models/some/slow/model.safetensors.part ] || fail 'what arrived is not kept'
expect 4 'arrived damaged' "$lienzo" model pull some/damaged
ls models/some/damaged/*.safetensors* >/dev/null 2>&1 && fail 'damaged weights stay'
full_disk() { (trap '' XFSZ && ulimit -f 100 && exec "$@"); }
expect 7 'cannot write' full_disk "$program" model pull some/checkpoint --folder full
[ -e full/some/checkpoint/model.safetensors ] && fail 'half a file under its name'

# Refusals, each with what to do.
expect 7 'set HF_TOKEN' "$lienzo" model pull some/gated
HF_TOKEN=wrong expect 7 'with the account of your token' "$lienzo" model pull some/gated
mkdir -p home/.cache/huggingface
echo hf_secret >home/.cache/huggingface/token
expect 0 'models/some/gated' "$lienzo" model pull some/gated
expect 3 'no such model' "$lienzo" model pull some/nothing
expect 3 'no such branch' "$lienzo" model pull some/tiny --revision fp61
expect 3 "did you mean 'model.safetensors'?" "$lienzo" model pull some/checkpoint:model.safetensor
expect 3 "did you mean 'sd-turbo'?" "$lienzo" model pull sdturbo
expect 2 "no variant 'bf16'" "$lienzo" model pull some/tiny --variant bf16
expect 2 'no file of a repository' "$lienzo" model pull some/tiny:../../x
expect 4 'could leave the model' "$lienzo" model pull some/hostile
find . -name 'escaped*' | grep -q . && fail 'a path escaped'
HF_ENDPOINT=http://127.0.0.1:1 expect 7 'is this computer offline?' "$lienzo" model pull sd1.5
HF_ENDPOINT=hub expect 2 "'hub' is no URL" "$lienzo" model pull sd1.5

# Names in the place of paths.
expect 3 'lienzo model pull sdxl' "$lienzo" model info sdxl
expect 3 "did you mean 'some/flaky/model.safetensors'?" "$lienzo" model info some/flaky/model.safetensor
expect 0 '"sha256"' "$lienzo" model info mini --json
finish
