#!/usr/bin/env bash
# The table of a bench run, from the figures of its rounds in $BENCH_FIGURES: scripts/bench-table.sh ROUNDS SECONDS AGENTS
set -euo pipefail
cd "$(dirname "$0")/.."

source scripts/figures.sh

figure() { echo "| $1 | $(median "$2") | $(range "$2") |"; }

bound() { awk -v a="$(median "$2")" -v s="$3" -v w="$4" -v t="$1" 'BEGIN { kept = s == "≥" ? (a >= w) : (a <= w); printf("| %s | %s | %s %s | %s |\n", t, a, s, w, (kept ? "PASS" : "short")) }'; }

cat << END
# Bench

Made by \`scripts/bench.sh\`: medians of $1 rounds of $2 s each, in turns on one machine, load generator included; 64 connections, $3 budgets.
PostgreSQL does the same work in one function (bench/postgres), called by \`pgbench -M prepared -c 64 -j 2\` over a Unix socket, durable.
Every answer's status was checked, and every acknowledged charge counted in the ledger.

| ratio | measured | wanted | |
|---|---|---|---|
$(ratio 'durable charge / empty endpoint' charge empty 0.5)
$(ratio 'durable charge / PostgreSQL' charge postgres 2)
$(ratio 'one hot budget / PostgreSQL, one hot row' hot postgres_hot 10)
$(bound 'batch of 100, charges/s' batch ≥ 150000)
$(ratio 'refusal / no-op grain call' refusal noop 1)
$(bound 'reserve, one client, p99 ms' lone.p99 ≤ 3)

| figure | median | rounds |
|---|---|---|
$(figure 'empty endpoint, requests/s' empty)
$(figure 'no-op grain call, requests/s' noop)
$(figure 'durable charge, requests/s' charge)
$(figure 'PostgreSQL, transactions/s' postgres)
$(figure 'one hot budget, requests/s' hot)
$(figure 'PostgreSQL, one hot row, transactions/s' postgres_hot)
$(figure 'batch of 100, charges/s' batch)
$(figure 'refusal at an exhausted budget, requests/s' refusal)
$(figure 'reserve, one client, requests/s' reserve)
$(figure 'reserve, one client, p50 ms' lone.p50)
$(figure 'reserve, one client, p99 ms' lone.p99)
$(figure 'the same by wrk, with its correction for stalls: p50 ms' reserve.p50)
$(figure 'p99 ms' reserve.p99)

$(machine), $(stat -f -c %T "$BENCH_FIGURES") file system;
$(versions), $(pgbench --version | awk '{ print "PostgreSQL", $3 }').
END
