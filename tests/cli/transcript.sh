# Sourced by the transcripts: transcript.sh PROGRAM SOURCE_TREE. They run in an empty folder of their own.
set -u
lienzo=$1
source_tree=$2
model="$source_tree/models/mini"
failures=0
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
export LC_ALL=C.UTF-8

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
