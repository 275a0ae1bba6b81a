# What the benches share: a folder that goes with the run, servers that end with it, loads and figures. Sourced, in the root of the repository.
# BENCH_DLL: a build elsewhere, instead of building.
source scripts/figures.sh
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# What fails within $(…) ends the run as well.
shopt -s inherit_errexit

bench=${BENCH_DLL:-bench/bin/Release/net10.0/Budgets.Bench.dll}
host=${bench%/*}/Budgets.ApiHost.dll
work=$(mktemp -d) started=()
export BENCH_FIGURES=$work/figures
mkdir "$BENCH_FIGURES"

build() { [ -n "${BENCH_DLL:-}" ] || dotnet build bench --configuration Release --verbosity quiet --nologo -clp:NoSummary; }

fail() {
  echo "bench: $*" >&2
  exit 1
}

# start LOG COMMAND…: a server; its process is ${started[-1]}.
start() {
  local log=$work/$1
  shift
  # A log of an earlier start would be read for this one's.
  : > "$log"
  "$@" >> "$log" 2>&1 &
  started+=($!)
}

# await LOG TEXT: until the newest server has written it; what follows TEXT in that line.
await() {
  local found
  for _ in $(seq 600); do
    found=$(sed -n "s/.*$2//p" "$work/$1")
    [ -z "$found" ] || { echo "$found" && return; }
    kill -0 "${started[-1]}" 2> /dev/null || break
    sleep 0.1
  done
  fail "no '$2' in $1: $(head -8 "$work/$1")"
}

# listening LOG: the address that the newest server says it listens on.
listening() { await "$1" 'Now listening on: '; }

# Ends what was started, newest first: silos before the tables they leave.
stop() {
  local i
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    kill "${started[i]}" 2> /dev/null || continue
    wait "${started[i]}" 2> /dev/null || true
  done
  started=()
}
trap 'stop; rm -rf "$work"' EXIT

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# ledger SQL: what it selects from the file of the host whose data are in $work/data.
ledger() { sqlite3 -readonly -cmd '.timeout 10000' -separator ' ' "$work/data/budgets.db" "$1"; }

per_second() { awk "BEGIN { printf \"%.0f\", $1 / $2 }"; }

# The figures of a "RESULT name=figure …", without their names.
result() { sed -n 's/^RESULT //p' "$@" | sed 's/[a-z0-9_]*=//g'; }

# spend ADDRESS PATH KEYS SECONDS: 64 connections of the agents whose keys are in that file; all must be answered well. Sets requests, rate (a second), p50 and p99 (ms).
spend() {
  local took failed broken
  wrk -t2 -c64 -d"$4s" --timeout 10s --latency -s bench/wrk/spend.lua "$1" -- "$2" "$3" "$(date +%s%N)" > "$work/wrk.log" || fail "wrk: $(cat "$work/wrk.log")"
  read -r requests took failed broken p50 p99 < <(result "$work/wrk.log")
  [ "${requests:-0}" -gt 0 ] && [ "$failed" -eq 0 ] && [ "$broken" -eq 0 ] || fail "$(cat "$work/wrk.log")"
  rate=$(per_second "$requests" "$took")
}

# in_turns ROUNDS ONE OTHER: calls `load ONE` and `load OTHER`, which set rate, and prints each pair; their ratios are the figure "ratios".
in_turns() {
  local round one other
  for round in $(seq "$1"); do
    # Whoever comes second has a warmer or a hotter machine: they take turns at that too.
    if [ $((round % 2)) -eq 0 ]; then
      load "$2"
      one=$rate
      load "$3"
      other=$rate
    else
      load "$3"
      other=$rate
      load "$2"
      one=$rate
    fi
    note ratios "$(awk "BEGIN { printf \"%.3f\", $other / $one }")"
    echo "$2 $one, $3 $other: $(tail -1 "$BENCH_FIGURES/ratios")"
  done
}
