#!/usr/bin/env bash
# How long a start takes with many budgets in the file: scripts/million.sh [budgets, default 1000000].
set -euo pipefail
cd "$(dirname "$0")/.."
exec scripts/long-run.sh LargeFileTests BUDGETS_IN_FILE="${1:-1000000}"
