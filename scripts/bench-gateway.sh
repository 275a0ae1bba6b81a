#!/usr/bin/env bash
# What the gateway adds to a call of a model: a direct call, ours with a durable budget, and npm's @portkey-ai/gateway, against one provider that answers at once, by one client, in turns.
# Then what 1,000 open streams cost the host in memory. Prints two tables. Takes about a minute and a half.
#   BENCH_ROUNDS=3 BENCH_SECONDS=2 BENCH_STREAMS=1000 scripts/bench-gateway.sh
#   BENCH_OTHERS=no scripts/bench-gateway.sh      ours alone
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

rounds=${BENCH_ROUNDS:-3} seconds=${BENCH_SECONDS:-2} streams=${BENCH_STREAMS:-1000} others=${BENCH_OTHERS:-yes}
bench=bench/bin/Release/net10.0/Budgets.Bench.dll host=ApiHost/bin/Release/net10.0/Budgets.ApiHost.dll
scripts/install.sh dotnet sqlite3 curl
[ "$others" = no ] || scripts/install.sh portkey
[ -n "${BENCH_BUILT:-}" ] || dotnet build bench --configuration Release --verbosity quiet --nologo -clp:NoSummary

work=$(mktemp -d) started=()
end() {
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2> /dev/null || true
  wait || true
  rm -rf "$work"
}
trap end EXIT
fail() {
  echo "bench: $*" >&2
  exit 1
}
# listening NAME: the address that the server of this name says it listens on.
listening() {
  local address
  for _ in $(seq 200); do
    address=$(sed -n 's/.*Now listening on: //p' "$work/$1.log")
    [ -z "$address" ] || break
    sleep 0.1
  done
  [ -n "$address" ] || fail "$1 does not listen: $(cat "$work/$1.log")"
  echo "$address"
}

dotnet "$bench" provider --urls http://127.0.0.1:0 --Logging:LogLevel:Default=Warning --Logging:LogLevel:Microsoft.Hosting.Lifetime=Information > "$work/provider.log" 2>&1 &
started+=($!)
provider=$(listening provider)

start_host() {
  Budgets__DataDirectory=$work/data Budgets__Gateway__Providers__openai__ApiKey=sk-bench Budgets__Gateway__Providers__openai__BaseUrl="$provider/v1" \
    dotnet "$host" --urls http://127.0.0.1:0 > "$work/host.log" 2>&1 &
  ours=$!
  started+=("$ours")
  address=$(listening host)
}
start_host
Budgets__OperatorKey=$(cat "$work/data/operator.key") dotnet "$bench" seed 100 "$address" "$work"

portkey=
if [ "$others" != no ]; then
  port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
  NODE_ENV=production node bench/portkey/node_modules/@portkey-ai/gateway/build/start-server.js --headless --port="$port" > "$work/portkey.log" 2>&1 &
  started+=($!)
  portkey=http://127.0.0.1:$port
  for _ in $(seq 100); do
    curl -so /dev/null "$portkey" && break
    sleep 0.1
  done
fi

entries() { sqlite3 -readonly -cmd '.timeout 10000' "$work/data/budgets.db" 'SELECT coalesce(sum(count), 0) FROM entries'; }
# Once for nothing: what is run often is compiled anew, and again, for some seconds.
dotnet "$bench" gateway "$provider" "$address" "$portkey" "$work/agents.keys" 1 1 > /dev/null 2>&1
before=$(entries)
echo "$(nproc) cores for the client, the provider and the gateways together; medians of $rounds rounds of $seconds s."
[ -z "$portkey" ] || echo "Portkey $(node -p 'require("./bench/portkey/node_modules/@portkey-ai/gateway/package.json").version'), Node.js $(node --version)."
echo
dotnet "$bench" gateway "$provider" "$address" "$portkey" "$work/agents.keys" "$rounds" "$seconds" > "$work/table"
grep '^|' "$work/table"
calls=$(sed -n 's/^RESULT calls=//p' "$work/table")
sleep 0.5
booked=$(($(entries) - before))
[ "$booked" -ge $((2 * calls)) ] || fail "$calls calls were answered, and $booked holds and settlements are in the ledger"
echo
echo "$calls calls went through ours, and $booked holds and settlements are in its ledger."

kill "$ours"
wait "$ours" || true
start_host
dotnet "$bench" streams "$address" "$work/agents.keys" "$streams" "$ours" > "$work/streams"
read -r idle open growth < <(sed -n 's/^RESULT //p' "$work/streams" | sed 's/[a-z_]*=//g')
echo "$streams open streams: the host's resident memory grew by $growth MiB, from $idle to $open MiB."
