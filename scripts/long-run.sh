#!/usr/bin/env bash
# Runs one test class with larger numbers and shows the counts it reports meanwhile: scripts/long-run.sh CLASS NAME=VALUE…
set -euo pipefail
cd "$(dirname "$0")/.."
class=$1
shift

BUDGETS_REPORT=$(mktemp)
export BUDGETS_REPORT "$@"
tail -n +1 -f "$BUDGETS_REPORT" &
follower=$!
trap 'sleep 1; kill "$follower"; rm -f "$BUDGETS_REPORT"' EXIT
dotnet build tests --configuration Release --verbosity quiet
dotnet test tests --configuration Release --no-build --nologo --filter "FullyQualifiedName~.$class." --logger 'console;verbosity=minimal'
