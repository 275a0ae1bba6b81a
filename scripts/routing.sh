#!/usr/bin/env bash
# The router's backtest of the test run, in more runs: scripts/routing.sh [runs], 200 unless told otherwise. Prints its table.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUDGETS_ROUTING_RUNS="${1:-200}"
exec dotnet test tests -c Release --filter "FullyQualifiedName~RoutingBacktestTests" --logger "console;verbosity=detailed"
