# The throw-away PostgreSQL and Redis, and a served instance for the suites of the web. Sourced by tests/run.
# Each dies with tests/run even if that is killed, by its parent-death signal.

# Each is `SIGNAL PID`: SIGQUIT stops PostgreSQL at once, where SIGTERM would wait for its clients.
services=()

# A port of the loopback interface on which nothing listens.
free_port() {
  local port
  while :; do
    port=$((RANDOM % 20000 + 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

random_word() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# Waits up to 30 s until a command succeeds; fails at once when the process is gone.
wait_for() {
  local name=$1 pid=$2 log=$3
  shift 3
  local tries
  for tries in $(seq 300); do
    "$@" >/dev/null 2>&1 && return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  cat "$log" >&2
  echo "tests/run: $name does not start" >&2
  return 1
}

start_postgres() {
  local bin port data="$run_dir/postgres" admin owner
  bin=$(postgres_bin)
  port=$(free_port)
  admin=$(random_word)
  owner=$(random_word)
  local as_postgres=(setpriv --pdeathsig KILL --)
  mkdir "$data"
  printf '%s\n' "$admin" >"$run_dir/postgres.password"
  if [ "$(id -u)" -eq 0 ]; then # PostgreSQL refuses to run as root
    chown postgres "$data" "$run_dir/postgres.password"
    as_postgres=(setpriv --reuid postgres --regid postgres --init-groups --pdeathsig KILL --)
  fi
  (cd / && "${as_postgres[@]}" "$bin/initdb" --pgdata "$data" --username postgres --auth scram-sha-256 \
    --pwfile "$run_dir/postgres.password" --encoding UTF8 --locale C.UTF-8 --no-sync) >"$run_dir/postgres.log"
  cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$data'
max_connections = 300
fsync = off
full_page_writes = off
CONF
  "${as_postgres[@]}" "$bin/postgres" -D "$data" >>"$run_dir/postgres.log" 2>&1 </dev/null &
  services+=("QUIT $!")
  export SHEQUN_TEST_PG_BIN="$bin" # for servers that tests start themselves
  export SHEQUN_TEST_PG_ADMIN_URL="postgres://postgres:$admin@127.0.0.1:$port/postgres"
  export SHEQUN_TEST_PG_URL="postgres://shequn_owner:$owner@127.0.0.1:$port/postgres"
  wait_for PostgreSQL $! "$run_dir/postgres.log" "$bin/psql" "$SHEQUN_TEST_PG_ADMIN_URL" -qc 'SELECT 1'
  # No superuser: row security binds the role that migrates and serves.
  "$bin/psql" "$SHEQUN_TEST_PG_ADMIN_URL" -qc \
    "CREATE ROLE shequn_owner LOGIN PASSWORD '$owner' NOSUPERUSER NOBYPASSRLS CREATEROLE CREATEDB"
}

start_redis() {
  local port
  port=$(free_port)
  (cd "$run_dir" && exec setpriv --pdeathsig KILL -- redis-server --bind 127.0.0.1 --port "$port" \
    --save '' --appendonly no --daemonize no) >"$run_dir/redis.log" 2>&1 </dev/null &
  services+=("TERM $!")
  export SHEQUN_TEST_REDIS_URL="redis://127.0.0.1:$port"
  wait_for Redis $! "$run_dir/redis.log" redis-cli -p "$port" ping
}

# Serves the embedded default with its demo tenant; sets served_url.
start_served() {
  [ -z "${served_url:-}" ] || return 0
  local log="$run_dir/served.log"
  # With settings of its own only: the product refuses those it does not know.
  (cd "$run_dir" && exec env -i PATH="$PATH" HOME="$HOME" SHEQUN_DATA_DIR="$run_dir/served" SHEQUN_BIND=127.0.0.1:0 \
    setpriv --pdeathsig KILL -- "$SHEQUN_BIN" serve) >"$log" 2>&1 </dev/null &
  services+=("TERM $!")
  wait_for "the served instance" $! "$log" grep -q '^listening on http' "$log"
  served_url=$(sed -n 's|^listening on \(http://[^ ]*\).*|\1|p' "$log" | head -1)
  served_url=${served_url%/}
}

# Stops what runs and removes what was made; the exit status stays.
stop_everything() {
  local status=$? service
  trap - EXIT INT TERM
  [ -z "${suite_pid:-}" ] || kill -TERM -- "-$suite_pid" 2>/dev/null || true
  for service in "${services[@]}"; do
    kill "-${service% *}" "${service#* }" 2>/dev/null || true
  done
  for service in "${services[@]}"; do
    wait_for_end "${service#* }"
  done
  rm -rf "$run_dir"
  exit "$status"
}

wait_for_end() {
  local tries
  for tries in $(seq 100); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}
