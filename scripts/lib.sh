# Shared by the scripts: where the checkout is, how to say things, how to build. Source it, do not run it.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export LC_ALL=C.UTF-8
jobs=${LASTKM_JOBS:-$(nproc)}

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' red='' plain=''; fi
say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }
note() { printf '%s    %s%s\n' "$dim" "$*" "$plain" >&2; }
die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# With the rights to install: nothing for root, sudo for others.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else
    command -v sudo >/dev/null || die "'$1' needs root; install sudo or run scripts/setup once as root"
    sudo "$@"
  fi
}

release=(-DCMAKE_BUILD_TYPE=Release -DLASTKM_TESTS=OFF)

# build FOLDER TARGETS… -- CMAKE-OPTIONS…: configures (again only where options changed) and builds.
build() {
  local folder=$1 targets=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do targets+=("$1") && shift; done
  [ $# -gt 0 ] && shift
  cmake -S "$top" -B "$folder" -G Ninja "$@" >"$folder.cmake.log" 2>&1 || {
    tail -n 40 "$folder.cmake.log" >&2
    die "cmake cannot configure $folder"
  }
  rm -f "$folder.cmake.log"
  ninja -C "$folder" -j "$jobs" ${targets[@]+"${targets[@]}"} || die "the build in $folder failed"
}
