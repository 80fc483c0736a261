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

"$lienzo" train tiny.toml --output run >stdout 2>stderr &
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
expect 0 'scene-decoder' "$lienzo" model info run/model/decoder.safetensors
finish
