#!/usr/bin/env bash
# Whether Dockerfile, docker-compose.yml and haproxy.cfg are right, without a container engine. They are validated; then what they say is done on this machine: the
# build's steps in a copy of its context, and each service with its command, its environment and its health check, on free ports. A charge goes through the one port,
# is still there after everything was stopped and started again, and one API host of two is missed by nobody. Takes about two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

scripts/install.sh dotnet azurite docker-compose haproxy curl nc wget
work=$(mktemp -d)
declare -A pids=()
fail() {
  echo "compose: $*" >&2
  exit 1
}

# stop NAME…: asks, and waits until it is gone.
stop() {
  local name
  for name in "$@"; do
    kill "${pids[$name]}" 2> /dev/null || true
    wait "${pids[$name]}" 2> /dev/null || true
    unset "pids[$name]"
  done
}
end() {
  local name
  for name in "${!pids[@]}"; do kill -9 "${pids[$name]}" 2> /dev/null || true; done
  rm -rf "$work"
}
trap end EXIT

echo 'validate'
unset BUDGETS_OPERATOR_KEY
# An empty file in place of an .env that may be here.
: > "$work/env"
! docker-compose --env-file "$work/env" config > "$work/refusal" 2>&1 || fail 'it starts without an operator key'
grep -q 'says how to have one made' "$work/refusal" || fail "it does not say what is missing: $(cat "$work/refusal")"
BUDGETS_OPERATOR_KEY=some docker-compose config --quiet 2> "$work/complaint" || fail "docker-compose.yml: $(cat "$work/complaint")"
PATH=$PWD/tests/Peers/node_modules/.bin:$PATH
[ "$(dockerfile-utils lint Dockerfile)" = '' ] || fail "Dockerfile: $(dockerfile-utils lint Dockerfile)"
haproxy -c -f ApiHost/haproxy.cfg > "$work/haproxy.log" 2>&1 || fail "haproxy.cfg: $(cat "$work/haproxy.log")"

# said SERVICE KEY…: what docker-compose.yml says there; a list or a mapping (KEY=VALUE), an item a line.
said() {
  NODE_PATH=$PWD/tests/Peers/node_modules node -e '
    const [file, ...path] = process.argv.slice(1);
    const found = path.reduce((at, key) => at?.[key], require("yaml").parse(require("fs").readFileSync(file, "utf8"), { merge: true }).services);
    if (found === undefined) throw new Error(`nothing at ${path.join(".")}`);
    console.log(Array.isArray(found) ? found.join("\n") : typeof found === "object" ? Object.entries(found).map(([k, v]) => `${k}=${v}`).join("\n") : found);
  ' docker-compose.yml "$@"
}

# The context is what .dockerignore lets through: it names all that belongs to it, and what does not below that.
mapfile -t wanted < <(sed -n 's/^!//p' .dockerignore)
mapfile -t unwanted < <(sed -n 's/^\*\*\//--exclude=/p' .dockerignore)
mkdir "$work/context"
tar -c "${unwanted[@]}" "${wanted[@]}" | tar -x -C "$work/context"

# copy FROM TO: as COPY does, a directory's contents for a directory.
copy() {
  if [ -d "$1" ]; then mkdir -p "$2" && cp -r "$1/." "$2"; else mkdir -p "${2%/*}" && cp "$1" "$2"; fi
}

declare -A entrypoints=() folders=()
root= folder= stage=
while read -r instruction rest; do
  case $instruction in
    '' | '#'*) ;;
    FROM)
      stage=${rest##* } root=$work/images/${rest##* } folder=
      ;;
    WORKDIR)
      folder=$root$rest
      mkdir -p "$folder"
      folders[$stage]=$folder
      ;;
    COPY)
      from=$work/context
      [[ $rest != --from=* ]] || {
        from=${rest%% *} rest=${rest#* }
        from=$work/images/${from#--from=}
      }
      read -ra names <<< "$rest"
      for name in "${names[@]::${#names[@]}-1}"; do copy "$from/$name" "$folder/${names[-1]}"; done
      ;;
    RUN)
      echo "$rest"
      (cd "$folder" && bash -ec "$rest") > "$work/build.log" 2>&1 || fail "'$rest': $(tail -20 "$work/build.log")"
      ;;
    ENTRYPOINT) entrypoints[$stage]=$(node -p 'JSON.parse(process.argv[1]).join(" ")' "$rest") ;;
    USER) [ "$rest" = '$APP_UID' ] || fail "'$rest' is not the images' own user" ;;
    EXPOSE) ;;
    *) fail "no such instruction is understood: $instruction $rest" ;;
  esac
done < Dockerfile

for service in silo api; do [ "$(said "$service" build target)" = "$service" ] && [ -n "${entrypoints[$service]:-}" ] || fail "$service is not built from the stage of its name"; done

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
store=$(free_port) api=$(free_port) front=$(free_port) names=$(free_port)
# Names and ports of the containers' network as they are here.
here() { sed "s|//azurite:10002|//127.0.0.1:$store|; s|127.0.0.1 10002|127.0.0.1 $store|; s|127.0.0.1:8080|127.0.0.1:$front|"; }

# become NAME SERVICE SETTING… -- COMMAND…: with the environment that it has there, and what the settings put in its place here. For a subshell, which it replaces.
become() {
  local service=$2 settings=()
  shift 2
  mapfile -t environment < <(said "$service" environment 2> /dev/null | here | sed "s|\${BUDGETS_OPERATOR_KEY.*}|$key|")
  while [ "$1" != -- ]; do
    settings+=("$1")
    shift
  done
  shift
  cd "${folders[$service]:-.}"
  exec env -i PATH="$PATH" HOME="$work" "${environment[@]}" "${settings[@]}" "$@"
}

# start NAME SERVICE SETTING… -- COMMAND…
start() {
  local name=$1
  (become "$@") > "$work/$name.log" 2>&1 &
  pids[$name]=$!
}

# healthy NAME SERVICE SETTING…: waits until the service's health check says so.
healthy() {
  local name=$1
  mapfile -t check < <(said "$2" healthcheck test | tail -n +2 | paste -sd ' ' | here | tr ' ' '\n')
  for _ in $(seq 120); do
    (become "$@" -- "${check[@]}") > "$work/health.log" 2>&1 && return
    kill -0 "${pids[$name]}" 2> /dev/null || fail "$name ended: $(tail -20 "$work/$name.log")"
    sleep 0.25
  done
  fail "$name does not become healthy: $(cat "$work/health.log" "$work/$name.log")"
}

up() {
  local i azurite
  read -ra azurite < <(said azurite command)
  [ "$(said azurite volumes)" = tables:/data ] || fail 'Azurite has no volume at /data'
  start azurite azurite -- "${azurite[@]/#\/data/$work/data}" --tablePort "$store"
  healthy azurite azurite
  for i in $(seq "$silos"); do
    start "silo-$i" silo "${silo[$i]}" "Budgets__SiloPort=${silo_port[$i]}" "Budgets__GatewayPort=${gateway_port[$i]}" -- ${entrypoints[silo]}
  done
  for i in $(seq "$silos"); do healthy "silo-$i" silo "${silo[$i]}"; done
  for i in $(seq "$hosts"); do start "api-$i" api "${host[$i]}" -- ${entrypoints[api]}; done
  for i in $(seq "$hosts"); do healthy "api-$i" api "${host[$i]}"; done

  # In place of the containers' name server: one that knows the hosts.
  node -e '
    const [port, hosts] = process.argv.slice(1).map(Number);
    const server = require("dgram").createSocket("udp4");
    server.on("message", (question, { port, address }) => {
      const end = question.indexOf(0, 12) + 5;
      const known = question.toString("latin1", 13, 16) === "api" && question.readUInt16BE(end - 4) === 1;
      const head = Buffer.from(question.subarray(0, 12));
      head.writeUInt16BE(0x8180, 2);
      head.writeUInt16BE(known ? hosts : 0, 6);
      head.writeUInt32BE(0, 8);
      const answers = Array.from({ length: known ? hosts : 0 }, (_, i) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, i + 2]));
      server.send(Buffer.concat([head, question.subarray(12, end), ...answers]), port, address);
    }).bind(port, "127.0.0.1");
  ' "$names" "$hosts" > "$work/names.log" 2>&1 &
  pids[names]=$!
  sed "s|127.0.0.11:53|127.0.0.1:$names|; s|bind :8080|bind 127.0.0.1:$front|; s|api:8080|api:$api|" ApiHost/haproxy.cfg > "$work/haproxy.cfg"
  start proxy proxy -- haproxy -f "$work/haproxy.cfg"
  healthy proxy proxy
}

down() {
  local i
  stop proxy names
  for i in $(seq "$hosts"); do [ -z "${pids[api-$i]:-}" ] || stop "api-$i"; done
  for i in $(seq "$silos"); do stop "silo-$i"; done
  stop azurite
}

# call KEY METHOD PATH [BODY [HEADER]]: status and body.
call() {
  curl -sS -o "$work/answer" -w '%{http_code} ' -X "$2" "http://127.0.0.1:$front$3" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' ${4:+-d "$4"} ${5:+-H "$5"}
  cat "$work/answer"
}

silos=$(said silo deploy replicas) hosts=$(said api deploy replicas) key=
key=$(become key api -- ${entrypoints[api]} operator-key)
silo=() silo_port=() gateway_port=() host=()
for i in $(seq "$silos"); do silo[$i]=Budgets__HealthPort=$(free_port) silo_port[$i]=$(free_port) gateway_port[$i]=$(free_port); done
for i in $(seq "$hosts"); do host[$i]=ASPNETCORE_URLS=http://127.0.0.$((i + 1)):$api; done

echo "start $silos silos and $hosts API hosts"
up
agent=$(call "$key" POST /v1/agents '{"name": "first", "budget": {"daily_limit": 10}}')
[[ $agent == 201\ * ]] || fail "no agent: $agent"
agent=$(sed 's/.*"api_key":"\([^"]*\)".*/\1/' <<< "$agent")
charged=$(call "$agent" POST /v1/charges '{"amount": 2.5}' 'Idempotency-Key: one')
[[ $charged == 201\ * ]] || fail "no charge: $charged"

# Azurite writes its tables every five seconds; what it was told since is lost now and then, even if it is asked to end. An account of Azure Storage has no such gap.
touch -d '+1 second' "$work/charged"
for _ in $(seq 100); do
  [ ! "$work/data/__azurite_db_table__.json" -nt "$work/charged" ] || break
  sleep 0.1
done

echo 'start again'
down
up
usage=$(call "$agent" GET '/v1/agents/usage?period=all')
again=$(call "$agent" POST /v1/charges '{"amount": 2.5}' 'Idempotency-Key: one')
[[ $again == 20* ]] && [ "${again#* }" = "${charged#* }" ] || fail "the charge is not there any more: $charged, then $again, and $usage"

echo 'one API host less'
for i in $(seq 40); do
  [ "$i" -ne 10 ] || kill "${pids[api-1]}"
  charged=$(call "$agent" POST /v1/charges '{"amount": 0.1}')
  [[ $charged == 201\ * ]] || fail "charge $i while an API host ends: $charged"
done
stop api-1
down
echo 'docker-compose.yml, Dockerfile and haproxy.cfg hold'
