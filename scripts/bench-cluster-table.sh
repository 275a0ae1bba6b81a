#!/usr/bin/env bash
# The tables of a cluster's bench, from the figures of its rounds in $BENCH_FIGURES: scripts/bench-cluster-table.sh ROUNDS SECONDS SILOS MANY FEW CONNECTIONS
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/figures.sh

share() { awk "BEGIN { printf \"%.2f\", $(median "$1") / $(median "$2") }"; }

# Each figure of a round with its range: budget NAME TITLE
budgets() {
  local c
  for c in $connections; do
    echo "| $2 | $c | $(median "$1.$c") | $(range "$1.$c") | $(share "$1.$c" "direct.$c") | $(median "$1.$c.batch") | $(median "$1.$c.p50") | $(median "$1.$c.p99") |"
  done
}

rounds=$1 seconds=$2 silos=$3 many=$4 few=$5 connections=$6
# The harshest place: every append holds one charge, and Azurite has as much to do as it can.
at=64
case " $connections " in *" $at "*) ;; *) at=${connections##* } ;; esac

cat << END
# Bench of a cluster

Made by \`scripts/bench-cluster.sh\`: medians of $rounds rounds of $seconds s each, in turns on one machine, load generator included. Azurite $(sed -n 's/.*"azurite": "\(.*\)".*/\1/p' tests/Peers/package.json)
with its tables in memory, one process of one thread, begins empty for each row of figures. *Direct*: a program that writes what a charge of a single caller comes to, one
transaction of two rows (the header on condition of its ETag, and a row with one charge), with as many writers as there are connections, over $many
journals, and does nothing else. *Cluster*: $silos silo$([ "$silos" -eq 1 ] || echo s), an API host and wrk; every charge has a key of its own, is decided, and is answered when its append is
durable. The ratio is charges answered per second to transactions written directly per second: an append of a busy budget holds the charges of
several callers. Every answer's status was checked, and every acknowledged charge counted in the silos' metric \`budgets.journal.events_per_append\`.

| ratio | measured | wanted | |
|---|---|---|---|
$(ratio "charges at $at connections and $many budgets / direct" "many.$at" "direct.$at" 0.8)

| budgets | connections | charges/s | rounds | of direct | events per append | p50 ms | p99 ms |
|---|---|---|---|---|---|---|---|
$(budgets many "$many")
$(budgets few "$few")

| direct, writers | transactions/s | rounds | p50 ms | p99 ms |
|---|---|---|---|---|
$(for c in $connections; do echo "| $c | $(median "direct.$c") | $(range "direct.$c") | $(median "direct.$c.p50") | $(median "direct.$c.p99") |"; done)

$(machine);
$(versions), Node.js $(node --version).
END
