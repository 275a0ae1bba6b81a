#!/usr/bin/env bash
# How long a year of analytics takes of one budget with many charges: scripts/year.sh [charges, default 1000000].
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/long-run.sh YearTests BUDGETS_ENTRIES="${1:-1000000}"
