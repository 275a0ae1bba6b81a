#!/usr/bin/env bash
# The model check of the test run, with more operations: scripts/model-check.sh [operations], 5,000,000 unless told otherwise.
# A divergence prints its seed; BUDGETS_MODEL_SEED=… scripts/model-check.sh 1 shows that one again.
set -euo pipefail
cd "$(dirname "$0")/.."
export BUDGETS_MODEL_OPS="${1:-5000000}"
exec dotnet test tests -c Release --filter "FullyQualifiedName~ModelCheck" --logger "console;verbosity=detailed"
