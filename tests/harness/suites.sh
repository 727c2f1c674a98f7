# Builds once, runs the suites, counts. Sourced by tests/run.

passed=0
failed=0
minutes=()
suite_pid=

# `dev` builds faster and hides what only an optimised build does: for iterating, never for a verdict. What is measured
# is what users run.
profile_of() {
  case " $* " in *" bench "*) echo "${SHEQUN_TEST_PROFILE:-release}" ;; *) echo "${SHEQUN_TEST_PROFILE:-ci}" ;; esac
}

# One selection of packages for every build, so that no dependency is built twice with other features.
cargo_test_profile() {
  local command=$1
  shift
  cargo "$command" --profile "$profile" --workspace ${CI:+--locked} "$@" </dev/null
}

# The suites run copies: another run with the same CARGO_TARGET_DIR may build while this one tests.
build() {
  local start=$SECONDS target
  profile=$(profile_of "$@")
  target=$(cargo metadata --format-version 1 --no-deps | grep -o '"target_directory":"[^"]*"' | cut -d'"' -f4)
  [ "$profile" = dev ] && target+=/debug || target+="/$profile"
  mkdir "$run_dir/bin" "$run_dir/scratch"
  case " $* " in *" embedded "* | *" postgres "* | *" bench "*)
    cargo_test_profile build --bin shequn --features shequn/walls-off,shequn/movable-clock
    cp "$target/shequn" "$target/shequn-steered"
    cp "$target/shequn" "$run_dir/bin/shequn-steered"
    cp "$(test_binary)" "$run_dir/bin/it"
    ;;
  esac
  case " $* " in *" unit "*) cargo_test_profile test --lib --no-run ;; esac
  case " $* " in *" bench "*) cp "$(bench_binary)" "$run_dir/bin/bench" ;; esac
  cargo_test_profile build --bin shequn # last, so that the target folder keeps the one with both walls
  cp "$target/shequn" "$run_dir/bin/shequn"
  export SHEQUN_BIN="$run_dir/bin/shequn" SHEQUN_BIN_STEERED="$run_dir/bin/shequn-steered"
  export SHEQUN_TEST_DIR="$run_dir/scratch"
  note_minutes build "$start"
}

# Builds tests/it; prints where it is.
test_binary() {
  cargo_test_profile test --test it --no-run --message-format json-render-diagnostics |
    grep '"kind":\["test"\]' | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1
}

# Builds tests/bench; prints where it is.
bench_binary() {
  cargo_test_profile bench --bench bench --no-run --message-format json-render-diagnostics |
    grep '"kind":\["bench"\]' | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -1
}

# Runs one suite to its end, whatever comes of it, and counts.
run_suite() {
  local suite=$1 start=$SECONDS log="$run_dir/$1.log" status=0
  echo "== $suite"
  if ! "prepare_$suite"; then
    status=1
    : >"$log"
  else
    # A process group of its own: a signal to tests/run need not wait for the suite, and ends all of it.
    set -m
    (set -o pipefail && "suite_$suite" 2>&1 | tee "$log") </dev/null &
    suite_pid=$!
    set +m
    wait "$suite_pid" || status=$?
    suite_pid=
  fi
  count "$suite" "$status" "$log"
  note_minutes "$suite" "$start"
}

prepare_unit() { :; }
suite_unit() { cargo_test_profile test --lib --no-fail-fast; }

# The modules named after the other storage are left out: on this one they do not exist.
prepare_embedded() { :; }
suite_embedded() { SHEQUN_TEST_STORAGE=embedded run_it --skip on_postgres_and_redis::; }

prepare_postgres() { start_postgres && start_redis; }
suite_postgres() { SHEQUN_TEST_STORAGE=postgres run_it --skip on_embedded::; }

run_it() {
  "$run_dir/bin/it" --test-threads "${SHEQUN_TEST_THREADS:-4}" "$@" ${SHEQUN_TEST_FILTER:+"$SHEQUN_TEST_FILTER"}
}

prepare_bench() { [ -d "$run_dir/postgres" ] || prepare_postgres; }
suite_bench() {
  local status=0 storage
  for storage in embedded postgres; do
    SHEQUN_TEST_STORAGE=$storage "$run_dir/bin/bench" || status=1
    SHEQUN_TEST_STORAGE=$storage SHEQUN_TEST_IMPORT_MEMBERS=100000 "$run_dir/bin/it" --nocapture import::killed || status=1
  done
  return "$status"
}

prepare_schema() { install_web; }
suite_schema() { node "$run_dir/web/released.mjs" api/schema.released.graphql schema.graphql; }

prepare_audit() { start_served && install_web; }
suite_audit() { node "$run_dir/web/audit.mjs" "$served_url/graphql"; }

prepare_console() {
  start_served && install_web && make_second_tenant && mkdir -p "${SHEQUN_SCREENSHOTS:=$run_dir/screenshots}"
}
suite_console() {
  CHROMIUM=$(chromium_path) node "$run_dir/web/console.mjs" "$served_url" "$run_dir/served/demo.json" "$SHEQUN_SCREENSHOTS"
}

# The demo's owner works there too.
make_second_tenant() {
  local owner
  owner=$(sed -n 's/.*"email": *"\([^"]*\)".*/\1/p' "$run_dir/served/demo.json")
  env -i PATH="$PATH" HOME="$HOME" SHEQUN_DATA_DIR="$run_dir/served" SHEQUN_OWNER_PASSWORD=unused-by-an-account-that-is-there \
    "$SHEQUN_BIN" tenant create --slug second --name "Second house" --owner-email "$owner" >/dev/null
}

# Installs beside a copy, so that nothing is left in the checkout.
install_web() {
  [ ! -d "$run_dir/web" ] || return 0
  mkdir "$run_dir/web"
  cp tests/web/*.mjs tests/web/package.json tests/web/package-lock.json "$run_dir/web/"
  (cd "$run_dir/web" && npm ci --no-audit --no-fund --loglevel error </dev/null)
}

# Adds up `N passed` and `N failed` of a suite's summary lines; a suite that failed without saying so counts as one.
count() {
  local suite=$1 status=$2 log=$3 good bad
  good=$(summed "$log" passed)
  bad=$(summed "$log" failed)
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    bad=1
    echo "== $suite ended with status $status"
  elif [ "$status" -eq 0 ] && [ "$good" -eq 0 ]; then
    bad=1
    echo "== $suite ran no test"
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
}

# libtest prints `test result: ok. 5 passed; 0 failed; …`, the scripts of the web `5 passed, 0 failed`.
summed() {
  awk -v word="$2" '/^(test result: .* )?[0-9]+ passed[;,] [0-9]+ failed/ {
    if (match($0, "[0-9]+ " word)) sum += substr($0, RSTART, RLENGTH)
  } END { print sum + 0 }' "$1"
}

note_minutes() {
  minutes+=("$(awk -v name="$1" -v seconds=$((SECONDS - $2)) 'BEGIN { printf "%-9s %5.1f min", name, seconds / 60 }')")
}

report() {
  printf '\n'
  printf '%s\n' "${minutes[@]}"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
