#!/usr/bin/env bash
# What a midnight costs those who are awake: the p99 of charges over REST by 1,000 agents, alone and while 100,000 idle budgets are due at one instant, on one host, in one run.
#   BENCH_DUE=100000 BENCH_ROUNDS=4 BENCH_SECONDS=15 scripts/bench-midnight.sh
# What is due is real: each idle budget holds one reservation that nobody settles, made through its grain, and all of them expire within a second. The host is started after
# that, so that every one of them is read from disk to be woken. Prints each round, the medians, their ratio, and how long the midnight took; counts that each expired once.
# BENCH_SEEDS: how many idle budgets a second this machine can make, at least. BENCH_DLL: a build elsewhere, instead of building.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

due=${BENCH_DUE:-100000} rounds=${BENCH_ROUNDS:-4} seconds=${BENCH_SECONDS:-15} seeds=${BENCH_SEEDS:-1000} bench=${BENCH_DLL:-bench/bin/Release/net10.0/Budgets.Bench.dll}
scripts/install.sh dotnet wrk sqlite3
[ -n "${BENCH_DLL:-}" ] || dotnet build bench --configuration Release --verbosity quiet --nologo -clp:NoSummary

work=$(mktemp -d) host=
stop() {
  [ -z "$host" ] || kill "$host" 2> /dev/null || true
  wait || true
  host=
}
trap 'stop; rm -rf "$work"' EXIT
fail() {
  echo "bench: $*" >&2
  exit 1
}

start() {
  Budgets__DataDirectory="$work/data" dotnet "$bench" host --urls http://127.0.0.1:0 > "$work/log" 2>&1 &
  host=$!
  for _ in $(seq 300); do
    address=$(sed -n 's/.*Now listening on: //p' "$work/log")
    [ -n "$address" ] && return
    sleep 0.1
  done
  fail "the host does not listen: $(cat "$work/log")"
}

# How many budgets still have to be woken.
left() { sqlite3 -readonly -cmd '.timeout 10000' "$work/data/budgets.db" 'SELECT count(*) FROM dues'; }

run=0
# load SIDE: prints a round, and adds it to $work/SIDE.
load() {
  local requests took failed broken p50 p99
  run=$((run + 1))
  wrk -t2 -c64 -d"${2:-$seconds}s" --timeout 10s --latency -s bench/wrk/spend.lua "$address" -- /v1/charges "$work/agents.keys" "midnight$run" > "$work/wrk.log"
  read -r requests took failed broken p50 p99 < <(sed -n 's/^RESULT //p' "$work/wrk.log" | sed 's/[a-z0-9_]*=//g')
  [ "${requests:-0}" -gt 0 ] && [ "$failed" -eq 0 ] && [ "$broken" -eq 0 ] || fail "$(cat "$work/wrk.log")"
  awk -v side="$1" -v n="$requests" -v t="$took" -v p50="$p50" -v p99="$p99" 'BEGIN { printf "%s %.0f charges/s, p50 %.3f ms, p99 %.3f ms\n", side, n / t, p50, p99 }' | tee -a "$work/$1"
}

# middle SIDE FIELD
middle() { awk -v f="$2" '{ print $f }' "$work/$1" | sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

echo "seed"
midnight=$(($(date +%s) + due / seeds + 30 + (rounds + 1) * (seconds + 1)))
seeding=$SECONDS
Budgets__DataDirectory="$work/data" dotnet "$bench" seed-due "$due" "$midnight" > "$work/seed.log" 2>&1 || fail "not all could be made before midnight: set BENCH_SEEDS lower. $(grep -v "^ " "$work/seed.log" | tail -3)"
echo "$due idle budgets in $((SECONDS - seeding)) s"
[ "$(left)" -eq "$due" ] || fail "$(left) are due, not $due"
start
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
grep -E '^(warn|fail|crit)' "$work/log" | sort | uniq -c || true
awk -v q="$(middle quiet 8)" -v m="$(middle midnight 8)" -v qn="$(middle quiet 2)" -v mn="$(middle midnight 2)" -v due="$due" \
  'BEGIN { printf "p99: quiet %.3f ms, midnight of %d %.3f ms: %.2f times; charges/s: %d, %d: %.2f times\n", q, due, m, m / q, qn, mn, mn / qn }'
