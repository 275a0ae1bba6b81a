#!/usr/bin/env bash
# The table of a bench run, from the figures of its rounds in $BENCH_FIGURES: scripts/bench-table.sh ROUNDS SECONDS AGENTS
set -euo pipefail
cd "$(dirname "$0")/.."

sorted() { sort -g "$BENCH_FIGURES/$1"; }
median() { sorted "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
range() { sorted "$1" | awk 'NR == 1 { low = $1 } END { print low " – " $1 }'; }
figure() { echo "| $1 | $(median "$2") | $(range "$2") |"; }

# ratio TEXT FIGURE BASE WANTED: FIGURE as a multiple of BASE must be at least WANTED.
ratio() { awk -v a="$(median "$2")" -v b="$(median "$3")" -v w="$4" -v t="$1" 'BEGIN { r = a / b; printf("| %s | %.2f | ≥ %s | %s |\n", t, r, w, (r >= w ? "PASS" : "short")) }'; }
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

$(nproc) cores of $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GB, $(stat -f -c %T "$BENCH_FIGURES") file system;
.NET $(dotnet --version), Orleans $(sed -n 's/.*"Microsoft.Orleans.Server" Version="\([^"]*\)".*/\1/p' Directory.Packages.props), $(wrk -v 2>&1 | awk 'NR == 1 { print $1, $2 }'), $(pgbench --version | awk '{ print "PostgreSQL", $3 }').
END
