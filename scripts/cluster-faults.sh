#!/usr/bin/env bash
# The fault tests of the cluster in the test run, with more and longer faults: scripts/cluster-faults.sh [faults, default 1000]. Silos are killed, and stand still for up to
# a minute; then the store is away for a minute. BUDGETS_SEED repeats a run.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install.sh dotnet azurite
scripts/long-run.sh SiloFaultsTests BUDGETS_FAULTS="${1:-1000}" BUDGETS_LONGEST_PAUSE=60 BUDGETS_LONGEST_REST=0
scripts/long-run.sh StoreOutageTests BUDGETS_OUTAGE=60
