#!/usr/bin/env bash
# What a midnight costs those who are awake: the p99 of charges over REST by 1,000 agents, alone and while 100,000 idle budgets are due at one instant, on one host, in one run.
#   BENCH_DUE=100000 BENCH_ROUNDS=4 BENCH_SECONDS=15 scripts/bench-midnight.sh
# What is due is real: each idle budget holds one reservation that nobody settles, made through its grain, and all of them expire within a second. The host is started after
# that, so that every one of them is read from disk to be woken. Prints each round, the medians, their ratio, and how long the midnight took; counts that each expired once.
# BENCH_SEEDS: how many idle budgets a second this machine can make, at least.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/bench-shared.sh

due=${BENCH_DUE:-100000} rounds=${BENCH_ROUNDS:-4} seconds=${BENCH_SECONDS:-15} seeds=${BENCH_SEEDS:-1000}
scripts/install.sh dotnet wrk sqlite3
build

# How many budgets still have to be woken.
left() { ledger 'SELECT count(*) FROM dues'; }

# load SIDE: prints a round, and notes it.
load() {
  spend "$address" /v1/charges "$work/agents.keys" "$seconds"
  note "$1" "$rate"
  note "$1.p99" "$p99"
  echo "$1 $rate charges/s, p50 $p50 ms, p99 $p99 ms"
}

echo "seed"
midnight=$(($(date +%s) + due / seeds + 30 + (rounds + 1) * (seconds + 1)))
seeding=$SECONDS
Budgets__DataDirectory="$work/data" dotnet "$bench" seed-due "$due" "$midnight" > "$work/seed.log" 2>&1 || fail "not all could be made before midnight: set BENCH_SEEDS lower. $(grep -v "^ " "$work/seed.log" | tail -3)"
echo "$due idle budgets in $((SECONDS - seeding)) s"
[ "$(left)" -eq "$due" ] || fail "$(left) are due, not $due"
Budgets__DataDirectory="$work/data" start host.log dotnet "$bench" host --urls http://127.0.0.1:0
address=$(listening host.log)
Budgets__OperatorKey=$(cat "$work/data/operator.key") dotnet "$bench" seed 1000 "$address" "$work"

load warm > /dev/null
for _ in $(seq "$rounds"); do load quiet; done
[ "$(date +%s)" -lt "$midnight" ] || fail "it was midnight before the quiet rounds were over: set BENCH_SEEDS lower"

# Dues of different agents are spread over a step of ten seconds.
sleep $((midnight + 10 - $(date +%s)))
for _ in $(seq "$rounds"); do
  echo "$(left) left"
  load midnight
done
[ "$(left)" -gt 0 ] || fail "the midnight was over before its rounds were: more BENCH_DUE, or fewer or shorter rounds"
until [ "$(left)" -eq 0 ]; do sleep 1; done
echo "all woken $(($(date +%s) - midnight)) s after midnight"
for _ in $(seq "$rounds"); do load quiet; done

stop
expired=$(sqlite3 "$work/data/budgets.db" "SELECT count(*) || ' of ' || count(DISTINCT journal) FROM entries WHERE instr(CAST(events AS TEXT), '\"expired.v1\"') > 0")
[ "$expired" = "$due of $due" ] || fail "expiries written: $expired budgets, not $due of $due"
grep -E '^(warn|fail|crit)' "$work/host.log" | sort | uniq -c || true
awk -v q="$(median quiet.p99)" -v m="$(median midnight.p99)" -v qn="$(median quiet)" -v mn="$(median midnight)" -v due="$due" \
  'BEGIN { printf "p99: quiet %.3f ms, midnight of %d %.3f ms: %.2f times; charges/s: %d, %d: %.2f times\n", q, due, m, m / q, qn, mn, mn / qn }'
