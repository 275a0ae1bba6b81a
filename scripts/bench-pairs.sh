#!/usr/bin/env bash
# What a setting of the API host costs: charges a second over REST without it and with it, in turns on two hosts, in one run.
#   scripts/bench-pairs.sh Budgets__Dashboard=true
#   BENCH_ROUNDS=8 BENCH_SECONDS=5 BENCH_AGENTS=10000 BENCH_PATH=/v1/charges scripts/bench-pairs.sh NAME=VALUE…
# Prints each pair and the median of their ratios. BENCH_EACH_ROUND: a command that runs before each turn of the host with the setting, with $address and
# $operator set: a scrape, say. BENCH_DLL: a build elsewhere, instead of building.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

rounds=${BENCH_ROUNDS:-8} seconds=${BENCH_SECONDS:-5} agents=${BENCH_AGENTS:-10000} path=${BENCH_PATH:-/v1/charges}
bench=${BENCH_DLL:-bench/bin/Release/net10.0/Budgets.Bench.dll}
[ $# -gt 0 ] || {
  echo "scripts/bench-pairs.sh NAME=VALUE…" >&2
  exit 1
}
scripts/install.sh dotnet wrk
[ -n "${BENCH_DLL:-}" ] || dotnet build bench --configuration Release --verbosity quiet --nologo -clp:NoSummary

work=$(mktemp -d) hosts=()
end() {
  [ ${#hosts[@]} -eq 0 ] || kill "${hosts[@]}" 2> /dev/null || true
  wait || true
  rm -rf "$work"
}
trap end EXIT
fail() {
  echo "bench: $*" >&2
  exit 1
}

# start SIDE NAME=VALUE…: a host with those settings, its agents, and its address in $SIDE.address.
start() {
  local side=$1 address=
  shift
  mkdir "$work/$side"
  env "$@" Budgets__DataDirectory="$work/$side" dotnet "$bench" host --urls http://127.0.0.1:0 > "$work/$side/log" 2>&1 &
  hosts+=($!)
  for _ in $(seq 200); do
    address=$(sed -n 's/.*Now listening on: //p' "$work/$side/log")
    [ -n "$address" ] && break
    sleep 0.1
  done
  [ -n "$address" ] || fail "the host does not listen: $(cat "$work/$side/log")"
  echo "$address" > "$work/$side/address"
  Budgets__OperatorKey=$(cat "$work/$side/operator.key") dotnet "$bench" seed "$agents" "$address" "$work/$side"
}

run=0
# load SIDE SECONDS: prints requests a second.
load() {
  local requests took failed broken rest address
  address=$(cat "$work/$1/address")
  run=$((run + 1))
  [ "$1" = without ] || [ -z "${BENCH_EACH_ROUND:-}" ] || address=$address operator=$(cat "$work/$1/operator.key") bash -c "$BENCH_EACH_ROUND"
  wrk -t2 -c64 -d"$2s" --timeout 10s --latency -s bench/wrk/spend.lua "$address" -- "$path" "$work/$1/agents.keys" "pair$run" > "$work/wrk.log"
  read -r requests took failed broken rest < <(sed -n 's/^RESULT //p' "$work/wrk.log" | sed 's/[a-z0-9_]*=//g')
  [ "${requests:-0}" -gt 0 ] && [ "$failed" -eq 0 ] && [ "$broken" -eq 0 ] || fail "$(cat "$work/wrk.log")"
  awk "BEGIN { printf \"%.0f\", $requests / $took }"
}

echo "seed"
start without BENCH_SIDE=without
start with BENCH_SIDE=with "$@"
for _ in 1 2; do
  load without "$seconds" > /dev/null
  load with "$seconds" > /dev/null
done
for round in $(seq "$rounds"); do
  # Whoever comes second has a warmer or a hotter machine: they take turns at that too.
  if [ $((round % 2)) -eq 0 ]; then
    a=$(load without "$seconds") b=$(load with "$seconds")
  else
    b=$(load with "$seconds") a=$(load without "$seconds")
  fi
  awk -v a="$a" -v b="$b" 'BEGIN { printf "without %d, with %d: %.3f\n", a, b, b / a }' | tee -a "$work/pairs"
done
sed 's/.*: //' "$work/pairs" | sort -g | awk '{ v[NR] = $1 } END { printf "%s: median %.3f, from %.3f to %.3f\n", name, NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR] }' name="$*"
