#!/usr/bin/env bash
# Installs what is missing, builds and runs Lienzo:
#   ./run.sh "un cubo rojo encima de un cubo azul"     a picture of these words
#   ./run.sh imagine|train|evaluate|dataset|... ...    any command of the program
set -euo pipefail
LIENZO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$LIENZO_ROOT/tools/setup.sh"

lienzo_install_packages packages.txt
lienzo_build lienzo

case "${1---help}" in
  imagine | edit | inpaint | train | evaluate | dataset | model | bench | serve | worker | key | completion | help | -*) ;;
  *) set -- imagine "$@" ;;
esac
# Not exec: the program tells how long it took since its process began.
"$lienzo_build_dir/bin/lienzo" "${@:---help}"
