#!/usr/bin/env bash
# A cluster on this machine: Azurite, three silos and two API hosts on loopback. Needs the .NET SDK and Node.js 20.
#   scripts/cluster.sh up        builds and starts it, and says where it is; tables are in memory and gone with it
#   scripts/cluster.sh status    which of its processes run
#   scripts/cluster.sh down      stops all, in order
# Process ids, logs and the operator key are in .cluster/. Ports: CLUSTER_PORT (8080) and the next for the API, CLUSTER_STORE_PORT (10002),
# CLUSTER_SILO_PORT (11111) and the next two, CLUSTER_GATEWAY_PORT (30000) and the next two, CLUSTER_HEALTH_PORT (11180) and the next two.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

here=.cluster
silos=3 hosts=2
api=${CLUSTER_PORT:-8080} store=${CLUSTER_STORE_PORT:-10002} silo=${CLUSTER_SILO_PORT:-11111} gateway=${CLUSTER_GATEWAY_PORT:-30000} health=${CLUSTER_HEALTH_PORT:-11180}

# A process by its id and by when it started: after a reboot, an id is somebody else's.
alive() { LC_ALL=C ps -o lstart= -p "$1" 2> /dev/null; }
runs() { [ -f "$here/$1.pid" ] && [ "$(alive "$(head -1 "$here/$1.pid")")" = "$(tail -1 "$here/$1.pid")" ]; }

# start NAME COMMAND…
start() {
  local name=$1
  shift
  nohup "$@" > "$here/$name.log" 2>&1 < /dev/null &
  printf '%s\n%s\n' $! "$(alive $!)" > "$here/$name.pid"
}

# stop NAME: asks, and waits until it is gone.
stop() {
  runs "$1" || return 0
  local pid
  pid=$(head -1 "$here/$1.pid")
  kill "$pid"
  for _ in $(seq 400); do
    runs "$1" || break
    sleep 0.1
  done
  if runs "$1"; then kill -9 "$pid"; fi
  rm "$here/$1.pid"
  echo "stopped $1"
}

fail() {
  echo "cluster: $*" >&2
  exit 1
}

# listens PORT: whether anybody does.
listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# free SETTING PORT COUNT: nobody else may listen where it is about to.
free() {
  local port
  for port in $(seq "$2" $(($2 + $3 - 1))); do
    listens "$port" && fail "port $port is taken by another program; $1 puts it elsewhere"
  done
  return 0
}

# ready NAME COMMAND…: waits until the command says yes.
ready() {
  for _ in $(seq 600); do
    "${@:2}" > "$here/ready" && return
    runs "$1" || fail "$1 ended: $(tail -5 "$here/$1.log")"
    sleep 0.1
  done
  fail "$1 is not ready after a minute; see $here/$1.log"
}

names() {
  seq -f 'api-%g' "$hosts"
  seq -f 'silo-%g' "$silos"
  echo azurite
}

up() {
  local name
  for name in $(names); do
    runs "$name" && fail "$name runs already; scripts/cluster.sh down stops it"
  done
  scripts/install.sh dotnet azurite curl
  free CLUSTER_STORE_PORT "$store" 1
  free CLUSTER_SILO_PORT "$silo" "$silos"
  free CLUSTER_GATEWAY_PORT "$gateway" "$silos"
  free CLUSTER_HEALTH_PORT "$health" "$silos"
  free CLUSTER_PORT "$api" "$hosts"
  mkdir -p "$here"
  chmod 700 "$here"
  dotnet build ApiHost --configuration Release --verbosity quiet -clp:NoSummary

  local address=http://127.0.0.1:$store/devstoreaccount1
  start azurite node tests/Peers/node_modules/azurite/dist/src/table/main.js --silent --inMemoryPersistence --skipApiVersionCheck --disableTelemetry --tablePort "$store"
  # Azurite's own account and key: the same everywhere, and no secret.
  export ConnectionStrings__Storage="DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;TableEndpoint=$address;"
  export Budgets__Cluster=AzureStorage
  for _ in $(seq 100); do
    listens "$store" && break
    runs azurite || fail "azurite ended: $(tail -5 "$here/azurite.log")"
    sleep 0.1
  done

  local i
  for i in $(seq "$silos"); do
    Budgets__SiloPort=$((silo + i - 1)) Budgets__GatewayPort=$((gateway + i - 1)) Budgets__HealthPort=$((health + i - 1)) Budgets__AdvertisedAddress=127.0.0.1 \
      start "silo-$i" dotnet Silo/bin/Release/net10.0/Budgets.Silo.dll
  done
  [ -s "$here/operator.key" ] || (umask 077 && dotnet ApiHost/bin/Release/net10.0/Budgets.ApiHost.dll operator-key > "$here/operator.key")
  Budgets__OperatorKey=$(cat "$here/operator.key")
  export Budgets__OperatorKey
  for i in $(seq "$hosts"); do
    start "api-$i" dotnet ApiHost/bin/Release/net10.0/Budgets.ApiHost.dll --urls "http://127.0.0.1:$((api + i - 1))"
  done
  for i in $(seq "$silos"); do
    ready "silo-$i" env Budgets__HealthPort=$((health + i - 1)) dotnet Silo/bin/Release/net10.0/Budgets.Silo.dll health
  done
  for i in $(seq "$hosts"); do
    ready "api-$i" curl -fs "http://127.0.0.1:$((api + i - 1))/health/ready"
    echo "http://127.0.0.1:$((api + i - 1))"
  done
  echo "The operator key is in $here/operator.key."
}

status() {
  local name
  for name in $(names); do
    if runs "$name"; then echo "$name runs ($(head -1 "$here/$name.pid"))"; else echo "$name does not run"; fi
  done
}

down() {
  local name
  [[ $(status) == *' runs '* ]] || echo 'nothing of it runs'
  for name in $(names); do
    stop "$name"
  done
}

case "${1:-}" in
  up | status | down) "$1" ;;
  *) fail "scripts/cluster.sh up | status | down" ;;
esac
