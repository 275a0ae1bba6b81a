#!/usr/bin/env bash
# The test of alerts under kill -9 of the test run, with more of both: scripts/alerts.sh [alerts, default 10000] [kills, default 10]. BUDGETS_SEED repeats a run.
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/long-run.sh KillNineAlertTests BUDGETS_ALERTS="${1:-10000}" BUDGETS_KILLS="${2:-10}"
