#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every test. The last line is "N passed, N failed".
set -euo pipefail
LIENZO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$LIENZO_ROOT/tools/setup.sh"

lienzo_install_packages packages.txt packages-test.txt
lienzo_build all with-tests

# Four at a time on two processors, since many wait for a server or a browser. Passive waiting keeps the threads of
# tests that run side by side from burning each other's time.
export OMP_WAIT_POLICY=passive
output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
ctest --test-dir "$lienzo_build_dir" --output-on-failure --no-tests=error -j 4 | tee "$output" || status=$?

# "98% tests passed, 2 tests failed out of 100"
summary=$(sed -n 's/^[0-9]*% tests passed, \([0-9]*\) tests failed out of \([0-9]*\).*/\1 \2/p' "$output")
read -r failed total <<<"${summary:-1 1}"
skipped=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$output" || true)
[ "$skipped" -eq 0 ] || printf '%d skipped\n' "$skipped"
printf '%d passed, %d failed\n' $((total - failed - skipped)) "$failed"
exit "$status"
