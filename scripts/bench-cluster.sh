#!/usr/bin/env bash
# The speed of a cluster on Azurite beside what Azurite itself takes when the same rows are written to it directly, in one run.
# Prints a table and writes it to bench/results-cluster.md. Everything runs on this machine, in turns; takes about six minutes.
#   BENCH_ROUNDS=3 BENCH_SECONDS=6 BENCH_WARMUP=2 BENCH_SILOS=1 BENCH_MANY=1000 BENCH_FEW=10 BENCH_CONNECTIONS='8 64 256' \
#   BENCH_WRITERS='2 4 8 64' scripts/bench-cluster.sh
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/bench-shared.sh

rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-6} warmup=${BENCH_WARMUP:-2} silos=${BENCH_SILOS:-1}
many=${BENCH_MANY:-1000} few=${BENCH_FEW:-10} connections=${BENCH_CONNECTIONS:-8 64 256} writers=${BENCH_WRITERS:-2 4 8 64}

scripts/install.sh dotnet azurite wrk
build

address=
# Each with its tables empty and in memory.
start_azurite() {
  start azurite.log node tests/Peers/node_modules/azurite/dist/src/table/main.js \
    --inMemoryPersistence --skipApiVersionCheck --disableTelemetry --silent --tablePort "$(free_port)"
  address=http://$(await azurite.log 'successfully started on ')
  # Azurite's own account and key: the same everywhere, and no secret.
  export ConnectionStrings__Storage="DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;TableEndpoint=$address/devstoreaccount1;"
}

# start_cluster BUDGETS: silos and an API host, and budgets with room to spend.
start_cluster() {
  local i
  export Budgets__Cluster=AzureStorage
  for i in $(seq "$silos"); do
    Budgets__SiloPort=$(free_port) Budgets__GatewayPort=$(free_port) Budgets__AdvertisedAddress=127.0.0.1 start "silo-$i.log" dotnet "$bench" silo
    await "silo-$i.log" 'TALLY ' > /dev/null
  done
  Budgets__OperatorKey=$(dotnet "$host" operator-key)
  export Budgets__OperatorKey
  start api.log dotnet "$host" --urls http://127.0.0.1:0
  address=$(listening api.log)
  dotnet "$bench" seed "$1" "$address" "$work"
}

# All silos' "appends events" since their start, once they have told.
tally() {
  sleep 0.5
  for i in $(seq "$silos"); do grep TALLY "$work/silo-$i.log" | tail -1; done | sed 's/[a-zA-Z]*=*//g' | awk '{ a += $1; e += $2 } END { print a, e }'
}

# Nothing but transactions of one charge, each number of writers on a table of its own: the round's best is what its cluster is held against.
direct() {
  most=0
  local w appends took p50 p99
  for w in $writers; do
    start_azurite
    read -r appends took p50 p99 < <(dotnet "$bench" direct "$ConnectionStrings__Storage" "$many" "$w" "$warmup" "$seconds" | result)
    [ "${appends:-0}" -gt 0 ] || fail "direct: no appends with $w writers"
    note "direct.$w" "$(per_second "$appends" "$took")"
    [ "$appends" -le "$most" ] || most=$appends
    note "direct.$w.p50" "$p50"
    note "direct.$w.p99" "$p99"
    stop
  done
}

# charge NAME CONNECTIONS SECONDS RUN [warm]
charge() {
  local requests took failed broken p50 p99 appends events appends_before events_before
  read -r appends_before events_before < <(tally)
  wrk -t$(($2 > 1 ? 2 : 1)) -c"$2" -d"$3s" --timeout 10s --latency -s bench/wrk/spend.lua "$address" -- /v1/charges "$work/agents.keys" "$4" > "$work/wrk.log" \
    || fail "wrk: $(cat "$work/wrk.log")"
  read -r requests took failed broken p50 p99 < <(result "$work/wrk.log")
  # 503: a charge that waited longer than three seconds, whose outcome is to be asked for. It is none of those that were made.
  [ "${requests:-0}" -gt 0 ] && [ $((failed * 20)) -le "$requests" ] && [ "$broken" -eq 0 ] || fail "$1: $(cat "$work/wrk.log")"
  [ -z "${5:-}" ] || return 0
  read -r appends events < <(tally)
  appends=$((appends - appends_before)) events=$((events - events_before))
  # What was acknowledged was appended; so may be the others, and what was under way at the end.
  [ "$events" -ge $((requests - failed)) ] && [ "$events" -le $((requests + $2)) ] || fail "$1: $requests answers and $events events"
  note "$1.$2" "$(per_second $((requests - failed)) "$took")"
  note "$1.$2.ratio" "$(awk "BEGIN { printf \"%.2f\", ($requests - $failed) / $took / ($most / $seconds) }")"
  note "$1.$2.unknown" "$(awk "BEGIN { printf \"%.2f\", 100 * $failed / $requests }")"
  note "$1.$2.p50" "$p50"
  note "$1.$2.p99" "$p99"
  note "$1.$2.batch" "$(awk "BEGIN { printf \"%.2f\", $events / $appends }")"
  note "$1.$2.appends" "$(per_second "$appends" "$took")"
}

# cluster NAME BUDGETS ROUND
cluster() {
  local c
  start_azurite
  start_cluster "$2"
  for c in $connections; do
    charge "$1" "$c" "$warmup" "$1-$3-$c-warm" warm
    charge "$1" "$c" "$seconds" "$1-$3-$c"
  done
  stop
}

for round in $(seq "$rounds"); do
  echo "round $round of $rounds"
  direct
  cluster many "$many" "$round"
  cluster few "$few" "$round"
done

scripts/bench-cluster-table.sh "$rounds" "$seconds" "$silos" "$many" "$few" "$connections" "$writers" | tee bench/results-cluster.md
