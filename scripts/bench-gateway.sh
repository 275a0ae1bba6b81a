#!/usr/bin/env bash
# What the gateway adds to a call of a model: a direct call, ours with a durable budget, and npm's @portkey-ai/gateway, against one provider that answers at once, by one client, in turns.
# Then what 1,000 open streams cost the host in memory. Prints two tables. Takes about three minutes.
#   BENCH_ROUNDS=3 BENCH_SECONDS=2 BENCH_STREAMS=1000 scripts/bench-gateway.sh
#   BENCH_OTHERS=no scripts/bench-gateway.sh      ours alone
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/bench-shared.sh

rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-2} streams=${BENCH_STREAMS:-1000} others=${BENCH_OTHERS:-yes}
scripts/install.sh dotnet sqlite3 curl
[ "$others" = no ] || scripts/install.sh portkey
build

start_both() {
  start provider.log dotnet "$bench" provider --urls http://127.0.0.1:0 --Logging:LogLevel:Default=Warning --Logging:LogLevel:Microsoft.Hosting.Lifetime=Information
  provider=$(listening provider.log)
  Budgets__DataDirectory=$work/data Budgets__Gateway__Providers__openai__ApiKey=sk-bench Budgets__Gateway__Providers__openai__BaseUrl="$provider/v1" \
    start host.log dotnet "$host" --urls http://127.0.0.1:0
  address=$(listening host.log)
}
start_both
Budgets__OperatorKey=$(cat "$work/data/operator.key") dotnet "$bench" seed 100 "$address" "$work"

portkey=
if [ "$others" != no ]; then
  portkey=http://127.0.0.1:$(free_port)
  NODE_ENV=production start portkey.log node bench/portkey/node_modules/@portkey-ai/gateway/build/start-server.js --headless --port="${portkey##*:}"
  for _ in $(seq 100); do
    curl -so /dev/null "$portkey" && break
    sleep 0.1
  done
fi

entries() { ledger 'SELECT coalesce(sum(count), 0) FROM entries'; }
# Once for nothing: what is run often is compiled anew, and again, for some seconds.
dotnet "$bench" gateway "$provider" "$address" "$portkey" "$work/agents.keys" 1 1 > /dev/null 2>&1
before=$(entries)
echo "$(nproc) cores for the client, the provider and the gateways together; medians of $rounds rounds of $seconds s."
[ -z "$portkey" ] || echo "Portkey $(node -p 'require("./bench/portkey/node_modules/@portkey-ai/gateway/package.json").version'), Node.js $(node --version)."
echo
dotnet "$bench" gateway "$provider" "$address" "$portkey" "$work/agents.keys" "$rounds" "$seconds" > "$work/table"
grep '^|' "$work/table"
calls=$(result "$work/table")
sleep 0.5
booked=$(($(entries) - before))
[ "$booked" -ge $((2 * calls)) ] || fail "$calls calls were answered, and $booked holds and settlements are in the ledger"
echo
echo "$calls calls went through ours, and $booked holds and settlements are in its ledger."

stop
start_both
dotnet "$bench" streams "$address" "$work/agents.keys" "$streams" "${started[-1]}" > "$work/streams"
read -r idle open growth < <(result "$work/streams")
echo "$streams open streams: the host's resident memory grew by $growth MiB, from $idle to $open MiB."
