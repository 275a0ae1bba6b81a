#!/usr/bin/env bash
# The kill -9 tests of the test run, of single budgets and of families, with more kills: scripts/kill-9.sh [kills, default 1000]. BUDGETS_SEED repeats a run.
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/long-run.sh KillNineTests BUDGETS_KILLS="${1:-1000}" BUDGETS_LONGEST_LIFE=3
