#!/usr/bin/env bash
# Builds everything and runs every test: what CI runs. Needs the .NET SDK; installs the rest (Debian).
# The last line is "N passed, N failed"; the exit code is 0 only when tests ran and none failed.
#   scripts/test.sh                     all tests
#   scripts/test.sh --filter Crash      arguments go to dotnet test
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

passed=0 failed=0
results=$(mktemp -d)
finish() {
  local code=$?
  wait
  rm -rf "$results"
  if [ "$code" -eq 0 ] && { [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; }; then
    code=1
  fi
  echo "$passed passed, $failed failed"
  exit "$code"
}
trap finish EXIT

scripts/install.sh dotnet

# Downloads wait for others, and the compiler does not need them.
scripts/install.sh sqlite3 azurite promtool redis-server python3-requests python3-pandas chromedriver &
installing=$!

echo "restore"
dotnet restore Budgets.Orleans.sln --locked-mode --verbosity quiet

echo "build"
# An audit source that cannot be reached must not stop a build on a closed network.
dotnet build Budgets.Orleans.sln --configuration Release --no-restore --verbosity quiet -warnaserror '-warnnotaserror:NU1900;NU1905'
wait "$installing"

# The value of an attribute of the <Counters> of a trx file; 0 when it is not there.
counter() {
  local value
  value=$(grep -o '<Counters [^>]*>' "$1" | head -1 | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p")
  echo "${value:-0}"
}

while read -r project; do
  name=$(basename "$project" .csproj)
  trx="$results/$name.trx"
  echo "test $name"
  code=0
  dotnet test "$project" --configuration Release --no-build --nologo \
    --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' "$@" || code=$?
  p=0 f=0
  if [ -f "$trx" ]; then
    p=$(counter "$trx" passed)
    f=$(($(counter "$trx" failed) + $(counter "$trx" error) + $(counter "$trx" timeout) + $(counter "$trx" aborted)))
  fi
  if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
    echo "$name: the run broke off with exit code $code" >&2
    f=1
  fi
  echo "$name: $p passed, $f failed"
  passed=$((passed + p)) failed=$((failed + f))
done < <(grep -rl --include='*.csproj' '<IsTestProject>true' tests | sort)
