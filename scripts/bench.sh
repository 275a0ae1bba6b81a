#!/usr/bin/env bash
# The speed of the service over REST, beside an endpoint of the same host that does nothing and PostgreSQL doing the same work, in one run.
# Prints a table and writes it to bench/results.md. Everything runs on this machine, in turns; takes about seven minutes.
#   BENCH_ROUNDS=3 BENCH_SECONDS=8 BENCH_WARMUP=4 BENCH_AGENTS=10000 scripts/bench.sh
#   scripts/bench.sh micro              the ledger alone, with BenchmarkDotNet
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/bench-shared.sh

rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-8} warmup=${BENCH_WARMUP:-4} agents=${BENCH_AGENTS:-10000}

scripts/install.sh dotnet
build
if [ "${1:-}" = micro ]; then
  shift
  dotnet "$bench" micro "$@"
  exit
fi
scripts/install.sh wrk sqlite3 postgres

pg=$(mktemp -d)
# PostgreSQL does not run as root.
as_postgres() { if [ "$(id -u)" -eq 0 ]; then (cd "$pg" && runuser -u postgres -- "$@"); else "$@"; fi; }
bin=/usr/lib/postgresql/15/bin
trap 'stop; as_postgres "$bin/pg_ctl" -D "$pg/data" stop -m immediate > /dev/null 2>&1 || true; rm -rf "$work" "$pg"' EXIT

start_host() {
  Budgets__DataDirectory=$work/data start host.log dotnet "$bench" host --urls http://127.0.0.1:0
  address=$(listening host.log)
  Budgets__OperatorKey=$(cat "$work/data/operator.key")
  export Budgets__OperatorKey
  dotnet "$bench" seed "$agents" "$address" "$work"
}

start_postgres() {
  [ "$(id -u)" -ne 0 ] || chown postgres "$pg"
  as_postgres "$bin/initdb" -D "$pg/data" -U bench -A trust --no-sync > "$work/pg.log" 2>&1 || fail "initdb: $(cat "$work/pg.log")"
  # Durable, as it comes; with the memory and the room for WAL that its manual advises for a machine like this.
  as_postgres "$bin/pg_ctl" -D "$pg/data" -w -l "$pg/log" -o \
    "-c listen_addresses= -c unix_socket_directories=$pg -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=30min" start > /dev/null \
    || fail "postgres: $(cat "$pg/log")"
  export PGHOST=$pg PGUSER=bench PGDATABASE=postgres
  psql -qX -v ON_ERROR_STOP=1 -v agents="$agents" -f bench/postgres/schema.sql
  psql -qX -c 'VACUUM ANALYZE'
}

# The events in the ledger after entry $1, and the last entry.
events_after() { ledger "SELECT coalesce(sum(count), 0), coalesce(max(id), $1) FROM entries WHERE id > $1"; }
run=0 last_entry=0

# rest NAME SCRIPT PATH KEYS EXPECTED-STATUS EVENTS-PER-REQUEST CONNECTIONS SECONDS [count]
rest() {
  local name=$1 script=$2 path=$3 keys=$4 expected=$5 per=$6 connections=$7 duration=$8 count=${9:-}
  local threads=$((connections > 1 ? 2 : 1)) requests took failed broken p50 p99 events statuses
  run=$((run + 1))
  wrk -t"$threads" -c"$connections" -d"${duration}s" --timeout 10s --latency -s "bench/wrk/$script.lua" "$address" -- \
    "$path" "$work/$keys.keys" "run$run" "$count" > "$work/wrk.log" || fail "wrk: $(cat "$work/wrk.log")"
  read -r requests took failed broken p50 p99 < <(result "$work/wrk.log")
  [ "${requests:-0}" -gt 0 ] || fail "$name: no answers: $(cat "$work/wrk.log")"
  [ "$broken" -eq 0 ] || fail "$name: $broken requests without an answer"
  [ "$failed" -eq "$([ "$expected" -lt 400 ] && echo 0 || echo "$requests")" ] || fail "$name: $failed of $requests answers are 400 and above"
  if [ -n "$count" ]; then
    statuses=$(sed -n 's/^STATUSES//p' "$work/wrk.log")
    for status in $statuses; do
      [ "${status%=*}" = "$expected" ] || fail "$name: expected only $expected, came$statuses"
    done
  fi
  # What was acknowledged is in the ledger; requests that were under way at the end may be, too, once they have come to theirs.
  sleep 0.5
  read -r events last_entry < <(events_after "$last_entry")
  [ "$events" -ge $((requests * per)) ] && [ "$events" -le $(((requests + connections) * per)) ] \
    || fail "$name: $requests answers and $events events in the ledger, $per each"
  [ -n "$count" ] && return
  note "$name" "$(awk "BEGIN { printf \"%.0f\", $requests * ($per > 1 ? $per : 1) / $took }")"
  note "$name.p50" "$p50"
  note "$name.p99" "$p99"
}

# lone NAME PATH SECONDS: what a single client waits for each of its requests.
lone() {
  local requests p50 p99 events
  read -r requests p50 p99 < <(dotnet "$bench" latency "$address" "$2" "$work/agents.keys" "$3" | result)
  [ "${requests:-0}" -gt 0 ] || fail "$1: no answers"
  read -r events last_entry < <(events_after "$last_entry")
  [ "$events" -ge "$requests" ] || fail "$1: $requests answers and $events events in the ledger"
  note "$1.p50" "$p50"
  note "$1.p99" "$p99"
}

# postgres NAME SCRIPT SECONDS [warm]
postgres() {
  local name=$1 script=$2 duration=$3 warm=${4:-}
  pgbench -n -M prepared -c 64 -j 2 -T "$duration" -D agents="$agents" -f "bench/postgres/$script.sql" > "$work/pgbench.log" 2>&1 \
    || fail "pgbench: $(cat "$work/pgbench.log")"
  grep -q 'number of failed transactions: 0 ' "$work/pgbench.log" || fail "$name: $(cat "$work/pgbench.log")"
  [ -n "$warm" ] || note "$name" "$(sed -n 's/^tps = \([0-9]*\).*/\1/p' "$work/pgbench.log")"
}

everything() {
  rest empty spend /bench/empty agents 200 0 64 "$@"
  rest charge spend /v1/charges agents 201 1 64 "$@"
  postgres postgres spread "$1" "${2:+warm}"
  rest noop spend /bench/noop exhausted 200 0 64 "$@"
  rest refusal spend /v1/charges exhausted 402 0 64 "$@"
  rest hot spend /v1/charges hot 201 1 64 "$@"
  postgres postgres_hot hot "$1" "${2:+warm}"
  rest batch batch /v1/charges agents 200 100 64 "$@"
  rest reserve spend /v1/reservations agents 201 1 1 "$@"
  [ -n "${2:-}" ] || lone lone /v1/reservations "$1"
}

echo "seed $agents agents"
start_host
start_postgres
read -r _ last_entry < <(events_after 0)
echo "warm up"
everything "$warmup" count
for round in $(seq "$rounds"); do
  echo "round $round of $rounds"
  everything "$seconds"
done

scripts/bench-table.sh "$rounds" "$seconds" "$agents" | tee bench/results.md
