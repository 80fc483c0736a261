# Sourced by the transcripts: transcript.sh PROGRAM SOURCE_TREE FORKED_PROGRAM. They run in an empty folder of their own.
# "$lienzo" is the program without the second that it takes to start (forked_lienzo.cpp). "$program" is the program itself,
# for what another program runs (env, exec) or a signal ends.
set -u
program=$1
lienzo=run_forked
source_tree=$2
model="$source_tree/models/mini"
failures=0
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C.UTF-8 OMP_WAIT_POLICY=passive

pipes=$(mktemp -d)
mkfifo "$pipes/asked" "$pipes/answered"
"$3" <"$pipes/asked" >"$pipes/answered" &
exec {asked}>"$pipes/asked" {answered}<"$pipes/answered"
rm -r "$pipes"

# Runs the program with these arguments, here and now: with this folder, environment and output.
run_forked() {
  local out err code=125
  exec {out}>&1 {err}>&2
  {
    printf '%s\0' "$PWD"
    env -0
    printf '%s\0' '' $(($# + 1)) lienzo "$@" "/proc/$BASHPID/fd/$out" "/proc/$BASHPID/fd/$err"
  } >&"$asked"
  read -r code <&"$answered"
  exec {out}>&- {err}>&-
  return "$code"
}

fail() {
  printf 'FAILED: %s\n' "$*"
  failures=$((failures + 1))
}

# expect CODE TEXT COMMAND...: the exit code, and a text somewhere in what was printed; output goes to the files
# stdout and stderr. Whatever goes wrong is told in one message, without a stack trace.
expect() {
  local code=$1 text=$2 got
  shift 2
  "$@" >"$work/stdout" 2>"$work/stderr"
  got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got instead of $code: $*
$(head -5 "$work/stderr")"
  grep -qF -- "$text" "$work/stdout" "$work/stderr" || fail "no '$text' from: $*
$(head -5 "$work/stdout" "$work/stderr")"
  if [ "$code" -ne 0 ] && [ "$code" -ne 130 ]; then
    [ "$(grep -c '^lienzo: ' "$work/stderr")" -eq 1 ] || fail "not one message from: $*
$(cat "$work/stderr")"
    if grep -qE 'terminate called|frame #|Exception raised from' "$work/stderr"; then fail "a stack trace from: $*"; fi
  fi
}

finish() {
  [ "$failures" -eq 0 ] && echo "as expected"
  exit "$failures"
}
