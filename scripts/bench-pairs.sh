#!/usr/bin/env bash
# What a setting of the API host costs: charges a second over REST without it and with it, in turns on two hosts, in one run.
#   scripts/bench-pairs.sh Budgets__Dashboard=true
#   BENCH_ROUNDS=8 BENCH_SECONDS=5 BENCH_AGENTS=10000 BENCH_PATH=/v1/charges scripts/bench-pairs.sh NAME=VALUE…
# Prints each pair and the median of their ratios. BENCH_EACH_ROUND: a command that runs before each turn of the host with the setting, with $address and
# $operator set: a scrape, say.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/bench-shared.sh

rounds=${BENCH_ROUNDS:-8} seconds=${BENCH_SECONDS:-5} agents=${BENCH_AGENTS:-10000} path=${BENCH_PATH:-/v1/charges}
[ $# -gt 0 ] || {
  echo "scripts/bench-pairs.sh NAME=VALUE…" >&2
  exit 1
}
scripts/install.sh dotnet wrk
build

# start_side SIDE NAME=VALUE…: a host with those settings, its agents, and its address in $work/SIDE/address.
start_side() {
  local side=$1 address
  shift
  mkdir "$work/$side"
  start "$side/log" env "$@" Budgets__DataDirectory="$work/$side" dotnet "$bench" host --urls http://127.0.0.1:0
  address=$(listening "$side/log")
  echo "$address" > "$work/$side/address"
  Budgets__OperatorKey=$(cat "$work/$side/operator.key") dotnet "$bench" seed "$agents" "$address" "$work/$side"
}

load() {
  local address
  address=$(cat "$work/$1/address")
  [ "$1" = without ] || [ -z "${BENCH_EACH_ROUND:-}" ] || address=$address operator=$(cat "$work/$1/operator.key") bash -c "$BENCH_EACH_ROUND"
  spend "$address" "$path" "$work/$1/agents.keys" "$seconds"
}

echo "seed"
start_side without BENCH_SIDE=without
start_side with BENCH_SIDE=with "$@"
for _ in 1 2; do
  load without
  load with
done
in_turns "$rounds" without with
echo "$*: median $(median ratios), $(range ratios)"
