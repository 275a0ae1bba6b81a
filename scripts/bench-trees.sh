#!/usr/bin/env bash
# What a family costs: charges a second over REST by 1,000 leaves at depth 4 under one root's cap, and by 1,000 agents without parents, in turns on one host, in one run.
#   BENCH_ROUNDS=8 BENCH_SECONDS=5 scripts/bench-trees.sh
# Prints each pair, the median of their ratios, and how many charges of leaves there were for each report to the root.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/bench-shared.sh

rounds=${BENCH_ROUNDS:-8} seconds=${BENCH_SECONDS:-5}
scripts/install.sh dotnet wrk curl
build

Budgets__DataDirectory="$work" start log dotnet "$bench" host --urls http://127.0.0.1:0
address=$(listening log)
operator=$(cat "$work/operator.key")
echo "seed"
Budgets__OperatorKey=$operator dotnet "$bench" seed-trees "$address" "$work"

# Reports that the only root with children has taken so far.
told() {
  curl -sf -H "Authorization: Bearer $operator" "$address/metrics" | awk '/^budgets_trees_reports.*by="root"/ { n = $2 } END { printf "%d", n }'
}

load() {
  spend "$address" /v1/charges "$work/$1.keys" "$seconds"
  note "$1" "$requests"
}

# The first look starts the counting.
told > /dev/null
for _ in 1 2; do
  load alone
  load leaves
done
rm "$BENCH_FIGURES/leaves"
before=$(told)
in_turns "$rounds" alone leaves
after=$(told)
echo "leaves / alone: median $(median ratios), $(range ratios)"
awk -v reports=$((after - before)) '{ n += $1 } END { printf "%d charges of leaves, %d reports to the root: %.0f charges a report\n", n, reports, n / (reports ? reports : 1) }' "$BENCH_FIGURES/leaves"
