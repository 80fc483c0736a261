# A training of seconds: to the end, stopped by Ctrl-C and resumed.
. "$(dirname "$0")/transcript.sh"

cat >tiny.toml <<'RECIPE'
kind = "scene-decoder"
name = "tiny"
[train]
steps = 1000000
batch_size = 2
threads = 1
checkpoint_every = 0
[task]
size = 16
validation_pictures = 1
sample_steps = 1
[task.network]
widths = [16, 16]
blocks = [1, 1]
embedding = 32
head = 8
RECIPE

"$program" train tiny.toml --output run >stdout 2>stderr &
for _ in {1..600}; do
  [ -s run/metrics.csv ] && [ "$(wc -l <run/metrics.csv)" -ge 2 ] && break
  sleep 0.1
done
kill -INT $!
wait $!
code=$?
[ "$code" -eq 130 ] || fail "exit code $code instead of 130 after Ctrl-C: $(tail -3 stderr)"
grep -q 'stopped after step' stderr || fail "no word about stopping: $(tail -3 stderr)"
ls run/checkpoints/*.safetensors >/dev/null || fail 'nothing saved on Ctrl-C'

expect 2 'already holds a training' "$lienzo" train tiny.toml --output run
step=$(ls run/checkpoints | sed -n 's/step-0*\([0-9]*\).*/\1/p' | sort -n | tail -1)
expect 0 'run/model' "$lienzo" train tiny.toml --output run --resume --steps $((step + 5))
rm -r run/model
expect 0 'run/model' "$lienzo" train tiny.toml --output run --export
expect 2 'excludes' "$lienzo" train tiny.toml --output run --export --resume
expect 0 'scene-decoder' "$lienzo" model info run/model/decoder.safetensors

# A folder of one's own pictures, with nothing else said; and pictures by what came of it.
expect 0 'pictures' "$lienzo" dataset write pictures -n 6 --size 64
expect 0 'own/model' "$lienzo" train pictures --output own --steps 2
expect 0 'two.png' "$lienzo" imagine 'a cube' --model own/model --steps 2 --seed 1 -o two.png
expect 0 'to the pixel' "$lienzo" imagine --like two.png --model own/model -o again.png
# A record of another model leaves the size to the model.
cp -r own/model other
sed -i 's/"name": *"[^"]*"/"name": "other"/' other/model.json
expect 0 '"width": 64' "$lienzo" imagine --like two.png --model other --steps 2 --json -o three.png
grep -q 'another model' stderr || fail 'a renamed model is taken for the same'
expect 5 'without a scene' "$lienzo" imagine 'a cube' --model own/model --show-scene -o scene.png

expect 0 'strip.png' "$lienzo" train preview-noise pictures/000001.png -o strip.png
expect 3 'nowhere.png' "$lienzo" train preview-noise nowhere.png -o strip.png
expect 2 'RECIPE' "$lienzo" train
finish
