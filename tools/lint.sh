#!/usr/bin/env bash
# Checks the formatting (clang-format 14) and the code (clang-tidy 14) of the tree.
#   tools/lint.sh                     everything
#   tools/lint.sh src/lienzo/base     only what is under these paths
#   tools/lint.sh --format-only [clang-format]
#   tools/lint.sh --fix               formats in place and stops
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=all
case "${1-}" in
  --format-only) mode=format && shift ;;
  --fix) mode=fix && shift ;;
esac
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [ "$mode" = format ] && [ $# -gt 0 ]; then formatter=$1 && shift; fi
[ -n "$formatter" ] || { echo "clang-format 14 is not installed" >&2 && exit 1; }
if ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "skipped: $formatter is not version 14, which this tree is formatted with" >&2
  exit 77
fi

paths=("$@")
[ $# -gt 0 ] || paths=(src tests bench)
mapfile -t files < <(find "${paths[@]}" -name '*.h' -o -name '*.cpp' | sort)
if [ "$mode" = fix ]; then exec "$formatter" -i "${files[@]}"; fi
"$formatter" --dry-run -Werror "${files[@]}"
[ "$mode" = all ] || exit 0

# Without precompiled headers: clang cannot read those of gcc, and so every file must name what it includes.
cmake -S . -B build/lint -G Ninja -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON >/dev/null
status=0
printf '%s\n' "${files[@]}" | grep '^src/.*\.cpp$' |
  xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/lint \
    --extra-arg=-include --extra-arg="$PWD/tools/tidy_vector.h" || status=$?
exit "$status"
