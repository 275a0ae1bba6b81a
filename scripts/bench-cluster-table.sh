#!/usr/bin/env bash
# The tables of a cluster's bench, from the figures of its rounds in $BENCH_FIGURES:
#   scripts/bench-cluster-table.sh ROUNDS SECONDS SILOS MANY FEW CONNECTIONS WRITERS
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/figures.sh

rounds=$1 seconds=$2 silos=$3 many=$4 few=$5 connections=$6 writers=$7

# budgets NAME HOW-MANY
budgets() {
  local c
  for c in $connections; do
    echo "| $2 | $c | $(median "$1.$c") | $(range "$1.$c") | $(median "$1.$c.ratio") | $(range "$1.$c.ratio") | $(median "$1.$c.batch") | $(median "$1.$c.appends") | $(median "$1.$c.p50") | $(median "$1.$c.p99") | $(median "$1.$c.unknown") |"
  done
}

holds() { awk -v r="$(median "$1.ratio")" "BEGIN { printf(\"| charges/s of $2 budgets, $3 connections / direct's best | %.2f | ≥ 0.8 | %s |\n\", r, (r >= 0.8 ? \"PASS\" : \"short\")) }"; }

# grows NAME HOW-MANY: whether an append holds more the more there is to do.
grows() {
  local least=${connections%% *} greatest=${connections##* }
  awk -v a="$(median "$1.$least.batch")" -v b="$(median "$1.$greatest.batch")" \
    "BEGIN { printf(\"| events per append of $2 budgets, $least to $greatest connections | %.2f → %.2f | grows | %s |\n\", a, b, (b > a ? \"PASS\" : \"short\")) }"
}

cat << END
# Bench of a cluster

Made by \`scripts/bench-cluster.sh\`: medians of $rounds rounds of $seconds s each, in turns on one machine, load generator included. Azurite $(sed -n 's/.*"azurite": "\([^"]*\)".*/\1/p' tests/Peers/package.json)
with its tables in memory, one process of one thread. *Direct*: a program that sends the transactions of charges that come alone (the header on condition of its ETag,
and a row with one charge, made by the store's own functions), over $many journals, and does nothing else; the ratios are to the best of its numbers of writers in the same round.
*Cluster*: $silos silo$([ "$silos" -eq 1 ] || echo s), an API host and wrk; every charge has a key of its own, is decided, and is answered when its append is durable. An append of a busy budget holds
the charges of several callers, so that a ratio above 1 is not Azurite surpassed. Every acknowledged charge was counted in the silos' metric
\`budget.journal.events_per_append\`; *in doubt* are requests answered with 503 after three seconds, which are not counted as charges.

| | measured | wanted | |
|---|---|---|---|
$(for c in $connections; do holds "many.$c" "$many" "$c"; done)
$(grows few "$few")

| budgets | connections | charges/s | rounds | of direct's best | rounds | events per append | appends/s | p50 ms | p99 ms | % in doubt |
|---|---|---|---|---|---|---|---|---|---|---|
$(budgets many "$many")
$(budgets few "$few")

| direct, writers | transactions/s | rounds | p50 ms | p99 ms |
|---|---|---|---|---|
$(for w in $writers; do echo "| $w | $(median "direct.$w") | $(range "direct.$w") | $(median "direct.$w.p50") | $(median "direct.$w.p99") |"; done)

$(machine);
$(versions), Node.js $(node --version).
END
