#!/usr/bin/env bash
# What a family costs: charges a second over REST by 1,000 leaves at depth 4 under one root's cap, and by 1,000 agents without parents, in turns on one host, in one run.
#   BENCH_ROUNDS=8 BENCH_SECONDS=5 scripts/bench-trees.sh
# Prints each pair, the median of their ratios, and how many charges of leaves there were for each report to the root. BENCH_DLL: a build elsewhere, instead of building.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

rounds=${BENCH_ROUNDS:-8} seconds=${BENCH_SECONDS:-5} bench=${BENCH_DLL:-bench/bin/Release/net10.0/Budgets.Bench.dll}
scripts/install.sh dotnet wrk curl
[ -n "${BENCH_DLL:-}" ] || dotnet build bench --configuration Release --verbosity quiet --nologo -clp:NoSummary

work=$(mktemp -d) host=
end() {
  [ -z "$host" ] || kill "$host" 2> /dev/null || true
  wait || true
  rm -rf "$work"
}
trap end EXIT
fail() {
  echo "bench: $*" >&2
  exit 1
}

Budgets__DataDirectory="$work" dotnet "$bench" host --urls http://127.0.0.1:0 > "$work/log" 2>&1 &
host=$!
for _ in $(seq 200); do
  address=$(sed -n 's/.*Now listening on: //p' "$work/log")
  [ -n "$address" ] && break
  sleep 0.1
done
[ -n "$address" ] || fail "the host does not listen: $(cat "$work/log")"
operator=$(cat "$work/operator.key")
echo "seed"
Budgets__OperatorKey=$operator dotnet "$bench" seed-trees "$address" "$work"

# Reports that the only root with children has taken so far.
told() {
  curl -sf -H "Authorization: Bearer $operator" "$address/metrics" | awk '/^budgets_trees_reports.*by="root"/ { n = $2 } END { printf "%d", n }'
}

run=0
# load SIDE: prints requests a second, and adds the requests to $work/SIDE.
load() {
  local requests took failed broken rest
  run=$((run + 1))
  wrk -t2 -c64 -d"${seconds}s" --timeout 10s --latency -s bench/wrk/spend.lua "$address" -- /v1/charges "$work/$1.keys" "trees$run" > "$work/wrk.log"
  read -r requests took failed broken rest < <(sed -n 's/^RESULT //p' "$work/wrk.log" | sed 's/[a-z0-9_]*=//g')
  [ "${requests:-0}" -gt 0 ] && [ "$failed" -eq 0 ] && [ "$broken" -eq 0 ] || fail "$(cat "$work/wrk.log")"
  echo "$requests" >> "$work/$1"
  awk "BEGIN { printf \"%.0f\", $requests / $took }"
}

# The first look starts the counting.
told > /dev/null
for _ in 1 2; do
  load alone > /dev/null
  load leaves > /dev/null
done
rm "$work/leaves"
before=$(told)
for round in $(seq "$rounds"); do
  if [ $((round % 2)) -eq 0 ]; then
    a=$(load alone) b=$(load leaves)
  else
    b=$(load leaves) a=$(load alone)
  fi
  awk -v a="$a" -v b="$b" 'BEGIN { printf "alone %d, leaves %d: %.3f\n", a, b, b / a }' | tee -a "$work/pairs"
done
after=$(told)
sed 's/.*: //' "$work/pairs" | sort -g | awk '{ v[NR] = $1 } END { printf "leaves / alone: median %.3f, from %.3f to %.3f\n", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2, v[1], v[NR] }'
awk -v reports=$((after - before)) '{ n += $1 } END { printf "%d charges of leaves, %d reports to the root: %.0f charges a report\n", n, reports, n / (reports ? reports : 1) }' "$work/leaves"
