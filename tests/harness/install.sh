# Finds what the suites need and installs what is missing. Sourced by tests/run.

# The folder of the newest PostgreSQL server of 15 or later; empty when there is none.
postgres_bin() {
  local version
  for version in $(ls /usr/lib/postgresql 2>/dev/null | sort -rn); do
    if [ "$version" -ge 15 ] && [ -x "/usr/lib/postgresql/$version/bin/initdb" ]; then
      echo "/usr/lib/postgresql/$version/bin"
      return
    fi
  done
  if command -v initdb postgres >/dev/null && [ "$(postgres -V | grep -oE '[0-9]+' | head -1)" -ge 15 ]; then
    dirname "$(command -v initdb)"
  fi
}

# Where Ubuntu's browser is put, see install_chromium.
chromium_cache="${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/shequn-tests"

chromium_path() {
  local name
  for name in chromium google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then
      command -v "$name"
      return
    fi
  done
  find "$chromium_cache" -type f \( -name headless_shell -o -name chrome-headless-shell \) 2>/dev/null | head -1
}

node_is_new_enough() {
  command -v node npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]
}

# The names of what the given suites lack.
missing_for() {
  command -v cc >/dev/null || echo compiler
  node_is_new_enough || echo node # the console in the binary is built with it, so every suite needs it
  case " $* " in *" postgres "* | *" bench "*)
    [ -n "$(postgres_bin)" ] || echo postgresql
    command -v redis-server >/dev/null || echo redis
    ;;
  esac
  case " $* " in *" console "*) [ -n "$(chromium_path)" ] || echo chromium ;; esac
}

install_missing() {
  command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
  command -v setpriv >/dev/null || fail "setpriv is missing: it comes with util-linux"
  local missing
  missing=$(missing_for "$@")
  [ -n "$missing" ] || return 0
  if ! grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release 2>/dev/null || ! command -v apt-get >/dev/null; then
    fail "please install:" $missing "(tests/run installs by itself on Debian and Ubuntu only)"
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "please install, or give sudo:" $missing
    as_root=(sudo)
  fi
  echo "installing:" $missing
  keep_services_down install_packages $missing
  missing=$(missing_for "$@")
  [ -z "$missing" ] || fail "still missing after the installation:" $missing
}

install_packages() {
  packages update
  local name
  for name in "$@"; do
    case $name in
      compiler) packages install build-essential ;;
      node) packages install nodejs npm ;;
      redis) packages install redis-server ;;
      postgresql) install_postgresql ;;
      chromium) install_chromium ;;
    esac
  done
}

install_postgresql() {
  # Without this Debian's package makes and starts a cluster of its own.
  packages install postgresql-common
  "${as_root[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  packages install postgresql
}

# Ubuntu's package points to a snap, which containers cannot install: there the browser that Playwright publishes.
install_chromium() {
  if grep -q '^ID=ubuntu' /etc/os-release; then
    PLAYWRIGHT_BROWSERS_PATH="$chromium_cache" npx --yes playwright@1.65.1 install --with-deps --only-shell chromium </dev/null
    packages install fonts-noto-cjk
  else
    packages install chromium fonts-noto-cjk
  fi
}

packages() {
  local action=$1
  shift
  if [ "$action" = install ]; then set -- --no-install-recommends "$@"; fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$action" -y -q "$@" </dev/null
}

# Runs a command while packages may not start services: the tests start their own.
keep_services_down() {
  local policy=/usr/sbin/policy-rc.d ours=no
  if [ ! -e "$policy" ]; then
    ours=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod +x "$policy"
  fi
  "$@" || true # what is still missing afterwards is named
  [ "$ours" = no ] || "${as_root[@]}" rm -f "$policy"
}

fail() {
  echo "tests/run: $*" >&2
  exit 1
}
