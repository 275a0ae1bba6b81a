#!/usr/bin/env bash
# The simulation of families of agents, with more steps and new seeds: scripts/trees.sh [steps, default 10000000].
# A violation prints its seed; BUDGETS_SIM_SEED=… scripts/trees.sh shows that history again.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUDGETS_SIM_STEPS="${1:-10000000}"
exec dotnet test tests -c Release --filter "FullyQualifiedName~SimulationTests" --logger "console;verbosity=detailed"
