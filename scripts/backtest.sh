#!/usr/bin/env bash
# The forecast's backtest of the test run, over more days: scripts/backtest.sh [agent-days] [seed], 10,000 and 1 unless told otherwise. Prints its table.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUDGETS_BACKTEST_DAYS="${1:-10000}" BUDGETS_BACKTEST_SEED="${2:-1}"
exec dotnet test tests -c Release --filter "FullyQualifiedName~BacktestTests" --logger "console;verbosity=detailed"
