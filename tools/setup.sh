# Sourced by run.sh and test.sh: installs what is missing and builds. Set LIENZO_ROOT first.
# Everything here is quick when there is nothing to do, and then needs neither network nor root.

lienzo_build_dir="$LIENZO_ROOT/build/release"

lienzo_fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# lienzo_missing_packages LIST...: the packages of these files that are not installed.
lienzo_missing_packages() {
  local wanted
  wanted=$(cd "$LIENZO_ROOT" && sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$@")
  # dpkg-query fails for unknown names, which are exactly the missing ones.
  # shellcheck disable=SC2086  # one word per package
  comm -23 <(sort -u <<<"$wanted") \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# lienzo_install_packages LIST...
lienzo_install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    [ -d "$lienzo_build_dir" ] || printf '%s\n' "This is not Debian: install the libraries named in docs/dependencies.md yourself." >&2
    return
  fi
  local missing start=$SECONDS log
  missing=$(lienzo_missing_packages "$@")
  [ -n "$missing" ] || return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || lienzo_fail "Packages are missing, and neither root nor sudo is at hand. As root, run:
  apt-get install --no-install-recommends $(tr '\n' ' ' <<<"$missing")"
    as_root=(sudo)
  fi
  printf 'Installing %s packages: %s\n' "$(wc -l <<<"$missing")" "$(tr '\n' ' ' <<<"$missing")" >&2
  "${as_root[@]}" true || lienzo_fail "sudo refused; run this once as root to install the packages."
  log=$(mktemp)
  # A failing update may still leave lists that are good enough, so only the installation decides.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1 || true
  # shellcheck disable=SC2086
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y --no-install-recommends install $missing </dev/null >>"$log" 2>&1; then
    tail -n 20 "$log" >&2
    lienzo_fail "apt could not install the packages; the whole log is $log."
  fi
  rm -f "$log"
  printf 'Set-up took %d s.\n' $((SECONDS - start)) >&2
}

# As many compilers as there are cores, but one per 1.5 GB of free memory: libtorch is heavy to compile against.
lienzo_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo 2>/dev/null || echo "$cores")
  [ "${memory:-1}" -ge 1 ] || memory=1
  echo $((memory < cores ? memory : cores))
}

# Shows ninja's steps as one line that rewrites itself on a terminal, as a line per tenth elsewhere. Compiler
# output goes to the log only.
lienzo_show_progress() {
  local log=$1 line done_steps all_steps tenth last=-1
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    [[ $line =~ ^@([0-9]+)/([0-9]+)\  ]] || continue
    done_steps=${BASH_REMATCH[1]} all_steps=${BASH_REMATCH[2]}
    if [ -t 2 ]; then
      printf '\rBuilding %d of %d ' "$done_steps" "$all_steps" >&2
    else
      tenth=$((done_steps * 10 / all_steps))
      [ "$tenth" -eq "$last" ] || printf 'Building %d of %d\n' "$done_steps" "$all_steps" >&2
      last=$tenth
    fi
  done
  if [ -t 2 ] && [ -n "$done_steps" ]; then printf '\r\033[K' >&2; fi
}

# lienzo_build TARGET [with-tests]: configures when needed, builds TARGET, says how long it took when there was
# something to do. Without tests nothing of packages-test.txt is needed.
lienzo_build() {
  local target=$1 tests=OFF start=$SECONDS log="$lienzo_build_dir/build.log"
  if [ "${2-}" = with-tests ]; then tests=ON; fi
  mkdir -p "$lienzo_build_dir"
  exec 9>"$LIENZO_ROOT/build/.lock"
  flock 9 # two builds in one folder would spoil each other

  # A cache made elsewhere (the clone was moved or copied) cannot be used here.
  if [ -f "$lienzo_build_dir/CMakeCache.txt" ] &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$LIENZO_ROOT" "$lienzo_build_dir/CMakeCache.txt"; then
    rm -rf "$lienzo_build_dir"
    mkdir -p "$lienzo_build_dir"
  fi
  if [ ! -f "$lienzo_build_dir/build.ninja" ] ||
    { [ $tests = ON ] && grep -qE '^LIENZO_(TESTS|BENCH):BOOL=OFF' "$lienzo_build_dir/CMakeCache.txt"; }; then
    printf 'Configuring ...\n' >&2
    (cd "$LIENZO_ROOT" && cmake --preset release -DLIENZO_TESTS=$tests -DLIENZO_BENCH=$tests) >"$log" 2>&1 || {
      tail -n 30 "$log" >&2
      lienzo_fail "CMake could not configure the build; the whole log is $log."
    }
  fi
  : >"$log"
  if ! NINJA_STATUS='@%f/%t ' ninja -C "$lienzo_build_dir" -j "$(lienzo_jobs)" "$target" 2>&1 | lienzo_show_progress "$log"; then
    grep -v '^@' "$log" | head -n 60 >&2
    lienzo_fail "The build failed; the whole log is $log."
  fi
  exec 9>&-
  if ! grep -q 'no work to do' "$log"; then printf 'Build took %d s.\n' $((SECONDS - start)) >&2; fi
}
